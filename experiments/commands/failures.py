"""The command that repeats one run, for the list of those that failed."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from revorg.experiments.runs.jobs import FAILED
from revorg.experiments.studies.plan import Plan
from revorg.experiments.studies.results import table_of
from revorg.experiments.studies.study import Study

if TYPE_CHECKING:
    from revorg.experiments.runs.pairs import RunsFailed


FEW = 10
"""Failed runs that are told one by one."""


def command(scenario: str, settings: Mapping[str, Any], seed: int) -> str:
    """Return the command that repeats a run.

    Examples
    --------
    >>> print(command("mid", {"organization.chief": {"seat": "cro", "holder": "executor"}, "run.weeks": 52}, seed=3))
    revorg run mid --set 'organization.chief={seat = "cro", holder = "executor"}' --set run.weeks=52 --seed 3
    """
    changes = [word for path, value in settings.items() for word in ("--set", f"{path}={_toml(value)}")]
    return shlex.join(["revorg", "run", scenario, *changes, "--seed", str(seed)])


def _toml(value: Any) -> str:
    """Write a value as a scenario file would."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def failures(study: Study, folder: Path, most: int) -> Iterator[str]:
    """Yield what to say of the runs that failed: error, seed, and the command that repeats it."""
    plan, frame = Plan.of(study), table_of(folder)
    pairings = {(pairing.scenario_name, pairing.design_name): pairing for pairing in plan.pairings}
    failed = frame[frame["status"] == FAILED]
    for row in failed.head(most).to_dict("records"):
        pairing = pairings[row["scenario"], row["design"]]
        settings = {**pairing.settings, **{path: row[path] for path in plan.paths}}
        yield f"{row['error']} (seed {row['seed']})\n  {command(pairing.scenario_name, settings, row['seed'])}"
    if len(failed) > most:
        yield f"… and {len(failed) - most} more, all in {folder}"


def tell_failures(fault: "RunsFailed") -> None:
    """List runs that failed, and the command that repeats each."""
    print(fault, file=sys.stderr)
    for task, design, error in fault.failures[:FEW]:
        again = command(task.world, task.settings_of(design), task.seed)
        print(f"  {error}\n    {again}", file=sys.stderr)
