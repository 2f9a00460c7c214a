"""What a worker does: it lives through a chunk of runs and hands back what it measured.

The unit of work is one warm-up at one seed, from which all designs are forked that can share it. What comes of a
run is a pure function of its scenario, seed and model, and is filed under the run's key, so that neither the number
of workers nor the order in which they finish changes a bit.
"""

import json
import time
import traceback
from collections.abc import Container, Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from types import FrameType

import numpy as np

from revorg.experiments.runs.compilation import compile_loops, live_through_a_quarter
from revorg.experiments.runs.jobs import BaseScenario, Block, Chunk, ChunkResult, RunOptions, RunResult
from revorg.experiments.runs.progress import Progress
from revorg.experiments.runs.time_limit import time_limit
from revorg.simulation import compiling
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.metrics import METRICS
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.record import RECORD, window_weeks
from revorg.simulation.scenario import Scenario

LONGEST_ERROR = 300


class OtherModel(RuntimeError):  # noqa: N818  (it names what was found)
    """A worker runs another version of the model than the study asks for."""


class NotFinite(ArithmeticError):  # noqa: N818  (it names what was found)
    """The state of a run is no longer made of numbers."""


def carry_out(chunk: Chunk) -> ChunkResult:
    """Live through every run of a chunk; a run that fails does not stop the others.

    Raises
    ------
    OtherModel
        When this process has another version of the model than was asked for.
    """
    if fingerprint() != chunk.terms.model:
        raise OtherModel(f"a worker has model {fingerprint()}, the job began with {chunk.terms.model}")
    load_code()
    started = time.perf_counter()
    ran = tuple(one for unit in chunk.units for one in _live(unit, chunk.terms))
    return ChunkResult(ran, time.perf_counter() - started)


@cache
def load_code() -> None:
    """Load the machine code of all loops, once a process, so that no run's time has it in it."""
    live_through_a_quarter()


def _live(unit: Block, terms: RunOptions) -> Iterator[RunResult]:
    """Run every arm of a unit, from one common past where there are several."""
    past: RevenueOrganization | None = None
    for arm in unit.arms:
        try:
            with time_limit(terms.seconds):
                scenario = _scenario(unit.base, arm.settings)
                if len(unit.arms) == 1 or terms.executives:
                    model = RevenueOrganization(scenario, unit.seed, terms.executives)
                else:
                    past = past or RevenueOrganization(scenario.warm_up(), unit.seed)
                    model = past.fork(scenario)
                ran = _measured(model.run(), terms)
        except (Exception, SystemExit) as fault:  # whatever a user's executive raises is this run's alone
            ran = RunResult.failed(len(terms.windows), _told(fault, terms.executives.values()))
        yield ran


@lru_cache(maxsize=256)
def _scenario(base: BaseScenario, settings: str) -> Scenario:
    return base.scenario.changed(json.loads(settings))


def _measured(model: RevenueOrganization, terms: RunOptions) -> RunResult:
    lived = model.record[: model.warm_up_weeks + model.week]
    if not np.isfinite(lived).all():
        row, column = np.argwhere(~np.isfinite(lived))[0]
        raise NotFinite(f"{RECORD[column]} is {lived[row, column]} in week {row - model.warm_up_weeks}")
    measured = [model.parts(*window_weeks(name)) for name in terms.windows] or [model.parts()]
    parts = np.array([[found[metric] for metric in METRICS] for found in measured], dtype=np.float64)
    columns = [RECORD.index(name) for name in terms.weekly]
    return RunResult(parts, weeks=lived[model.warm_up_weeks :, columns].copy() if columns else None)


def _told(fault: BaseException, executives: Iterable[type]) -> str:
    """Say in a line what went wrong, and in which line of a user's own file."""
    text = f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__
    place = _place(fault, {base.__module__ for kind in executives for base in kind.__mro__})
    return f"{' '.join(text.split())[: LONGEST_ERROR - len(place)]}{place}"


def _place(fault: BaseException, modules: Container[str]) -> str:
    """Return the innermost line of some modules that a fault went through; nothing where they are not to blame."""
    frames = [(frame, line) for frame, line in traceback.walk_tb(fault.__traceback__) if _is_of(frame, modules)]
    if not frames:
        return ""
    code, line = frames[-1][0].f_code, frames[-1][1]
    return f" ({Path(code.co_filename).name}, line {line}, in {code.co_name})"


def _is_of(frame: FrameType, modules: Container[str]) -> bool:
    name = str(frame.f_globals.get("__name__"))
    return name in modules and name.split(".")[0] not in ("revorg", "mesa")


def make_ready(progress: Progress) -> None:
    """Compile the model's loops when no earlier run has left them on disk, and say so."""
    if not compiling.is_compiled():
        with progress.waiting("Compiling the model, once for this version of it (up to half a minute)"):
            compile_loops()
