"""Many settings of a scenario at once, by dotted path, and the key under which a run is known everywhere."""

import ast
import inspect
import json
import textwrap
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any

from revorg.simulation.errors import BadInput
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.scenario import DESIGNED, Scenario, leaves

LABELS = ("description", "calibration")
"""Tables of a scenario that say something about it and are no part of it."""
SUM = 2**128


def leaf_number(path: str, value: Any) -> int:
    """Return a number that stands for one value at one place."""
    text = f"{path} = {json.dumps(value)}"
    return int.from_bytes(blake2b(text.encode(), digest_size=16).digest(), "little")


@lru_cache(maxsize=4096)
def _leaf_number(path: str, kind: str, value: Any) -> int:
    return leaf_number(path, value)  # 1 and 1.0 are equal as keys and differ as values: the kind tells them apart


def _kind(value: Any) -> str:
    return type(value).__name__


def scenario_number(scenario: Scenario) -> int:
    """Return a number that stands for all that a run of a scenario depends on: a sum, to which changes are added."""
    tables = {name: table for name, table in scenario.as_tables().items() if name not in LABELS}
    return sum(leaf_number(path, value) for path, value in leaves(tables)) % SUM


def moved(number: int, path: str, before: Any, after: Any) -> int:
    """Return the number of a scenario in which one value is another."""
    return (number + _leaf_number(path, _kind(after), after) - _leaf_number(path, _kind(before), before)) % SUM


def past_number(scenario: Scenario) -> int:
    """Return a number that stands for all that the warm-up depends on: equal for designs that can share it."""
    tables = scenario.as_tables()
    used = tables["neutral_organization"].values()
    for catalogue, role in (("seats", "seat"), ("profiles", "holder")):
        tables[catalogue] = {member[role]: tables[catalogue][member[role]] for member in used}
    kept = {name: table for name, table in tables.items() if name not in (*LABELS, *DESIGNED)}
    kept["run"] = {**kept["run"], "weeks": None}
    return sum(leaf_number(path, value) for path, value in leaves(kept)) % SUM


def run_key(scenario: int, seed: int, executives: str = "") -> str:
    """Return the key of a run: a hash of its scenario's number, its seed, the model and the user's classes."""
    told = f"{scenario:x} {seed} {fingerprint()} {executives}"
    return blake2b(told.encode(), digest_size=12).hexdigest()


def executives_hash(executives: Mapping[str, type]) -> str:
    """Return a hash of a user's classes of executives by their syntax trees; empty without any.

    Raises
    ------
    BadInput
        When the source of a class cannot be read.
    """
    if not executives:
        return ""
    digest = sha256()
    for seat, kind in sorted(executives.items()):
        try:
            source = textwrap.dedent(inspect.getsource(kind))
        except (OSError, TypeError):
            raise BadInput(f"executives: the source of {kind.__name__} cannot be read; write it into a file") from None
        digest.update(f"{seat} {ast.dump(ast.parse(source))}".encode())
    return digest.hexdigest()[:16]
