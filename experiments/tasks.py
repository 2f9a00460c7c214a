"""Designs on common seeds, as claims ask for them: what the cache has is taken from there, the rest is run."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from experiments.carrying import Carrying, Pace, chunks_of, crew_for, timed
from experiments.chunks import Arm, Base, Chunk, Report, Terms, Unit, zip_runs
from experiments.designs import Design
from experiments.kept_runs import KeptRuns, Parts, keep_report
from experiments.runs import carry_out
from experiments.settings import changed, run_key, scenario_number
from experiments.workers import Crew, Here
from scenarios import load

TRIAL_SECONDS = 0.2


@dataclass(frozen=True)
class Task:
    """One world at one seed, and the designs to run there.

    Attributes
    ----------
    world : str
        A scenario's name, or the path of one.
    seed : int
        The seed that all designs share.
    designs : tuple of str
        Each as ``seat:person``.
    windows : tuple of str
        The windows to measure, as ``first-last`` weeks.
    rival : str
        A rival mechanism in place of ours; none when empty.
    """

    world: str
    seed: int
    designs: tuple[str, ...]
    windows: tuple[str, ...]
    rival: str = ""

    @property
    def unit(self) -> Unit:
        """The task as the unit of work that it is."""
        arms = (_arm(self.world, self.rival, design) for design in self.designs)
        return Unit(
            _base(self.world, self.rival), self.seed, tuple(Arm(run_key(n, self.seed), text) for n, text in arms)
        )

    def settings_of(self, design: str) -> dict[str, object]:
        """What is set in the world for one design."""
        rival = {f"rivals.{self.rival}": True} if self.rival else {}
        return {**rival, **Design.parse(design).settings}


@dataclass(frozen=True)
class Outcomes:
    """What came of a task.

    Attributes
    ----------
    task : Task
    parts : array, shape (designs, windows, metrics, 2)
        Numerator and denominator of every metric, in the order of ``METRICS``; a denominator of 0 means that
        there was nothing to measure.
    """

    task: Task
    parts: NDArray[np.float64]


class RunsFailed(RuntimeError):  # noqa: N818  (it names what happened)
    """Runs failed without which there is no answer.

    Attributes
    ----------
    failures : list of (Task, design, error)
    """

    def __init__(self, failures: list[tuple[Task, str, str]]) -> None:
        super().__init__(f"{len(failures)} runs failed; the first with {failures[0][2]}")
        self.failures = failures


@lru_cache(maxsize=64)
def _base(world: str, rival: str) -> Base:
    scenario = load(world).set(f"rivals.{rival}", True) if rival else load(world)
    return Base(scenario_number(scenario), scenario)


@lru_cache(maxsize=1024)
def _arm(world: str, rival: str, design: str) -> tuple[int, str]:
    settings = Design.parse(design).settings
    return scenario_number(changed(_base(world, rival).scenario, settings)), json.dumps(settings)


def outcomes_of(task: Task) -> Outcomes:
    """Run every design of a task from one common past.

    Raises
    ------
    RunsFailed
        When one of them fails.
    """
    chunk = Chunk(Terms(windows=task.windows), (task.unit,))
    ran = carry_out(chunk).ran
    failures = [(task, design, one.error) for design, one in zip(task.designs, ran, strict=True) if one.error]
    if failures:
        raise RunsFailed(failures)
    return Outcomes(task, np.array([one.parts for one in ran]))


@dataclass
class Tally:
    """How many runs were made, and how many were there."""

    made: int = 0
    reused: int = 0
    started: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        seconds = time.monotonic() - self.started
        return f"{self.made + self.reused} runs: {self.made} run, {self.reused} reused, 0 failed, in {seconds:.1f} s"


class Workers:
    """Carries out tasks, in this process or in warm ones, and keeps what was run; a context manager.

    Parameters
    ----------
    count : int
        How many processes; 1 means this one. Small jobs are done in this one in any case.
    fresh : bool
        Make every run anew; they are kept all the same.
    """

    def __init__(self, count: int = 1, *, fresh: bool = False) -> None:
        self.count, self.fresh = count, fresh
        self.tally = Tally()
        self._kept, self._pace = KeptRuns(), Pace()
        self._crew: Crew = Here()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._crew.leave(fault is not None)

    def missing(self, tasks: Sequence[Task]) -> int:
        """Return how many runs of these tasks are not kept."""
        return sum(len(task.designs) for task in tasks) - len(self._found(tasks))

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcomes]:
        """Yield what comes of each task, in the order in which they finish.

        Raises
        ------
        RunsFailed
            When all are done and some failed.
        """
        todo = list(tasks)
        units, found = {task: task.unit for task in todo}, self._found(todo)
        self.tally.reused += len(found)
        failures = []
        for task in todo:
            if all(arm.run in found for arm in units[task].arms):
                yield _gathered(task, units[task], found)
        waiting = {
            (unit.base.number, unit.seed): task
            for task, unit in units.items()
            if any(arm.run not in found for arm in unit.arms)
        }
        missing = [units[task].without(found) for task in waiting.values()]
        errors: dict[str, str] = {}
        for chunk, report in self._carried(missing, todo[0].windows if todo else ()):
            self._take(chunk, report, found, errors)
            for key in {(unit.base.number, unit.seed) for unit in chunk.units}:
                task = waiting[key]
                runs = [arm.run for arm in units[task].arms]
                if all(run in found for run in runs):
                    failures += [(task, d, errors[r]) for d, r in zip(task.designs, runs, strict=True) if r in errors]
                    yield _gathered(task, units[task], found)
        if failures:
            raise RunsFailed(failures)

    def _take(self, chunk: Chunk, report: Report, found: dict[str, Parts], errors: dict[str, str]) -> None:
        keep_report(self._kept, chunk, report)
        self.tally.made += len(report.ran)
        for (_, arm), ran in zip_runs(chunk, report):
            found[arm.run] = ran.parts
            if ran.error:
                errors[arm.run] = ran.error

    def _found(self, tasks: Sequence[Task]) -> dict[str, Parts]:
        """Return runs that are kept with every window asked for, each of shape (windows, metrics, 2)."""
        if self.fresh or not tasks:
            return {}
        runs = [arm.run for task in tasks for arm in task.unit.arms]
        by_window = [self._kept.found(runs, window) for window in tasks[0].windows]
        common = set.intersection(*(set(found) for found in by_window))
        return {run: np.array([found[run] for found in by_window]) for run in common}

    def _carried(self, units: Sequence[Unit], windows: tuple[str, ...]) -> Iterator[tuple[Chunk, Report]]:
        """Make runs; processes start when there is work for more than a few seconds."""
        chunks = chunks_of(units, Terms(windows=windows), self._pace)
        if not self._pace.per_run:
            yield from timed(chunks, Here(), self._pace, TRIAL_SECONDS)
        if isinstance(self._crew, Here):
            self._crew = crew_for(sum(len(unit.arms) for unit in units), self._pace, self.count)
        yield from Carrying(chunks, self._crew, self._pace).reports()


def _gathered(task: Task, unit: Unit, found: Mapping[str, Parts]) -> Outcomes:
    return Outcomes(task, np.array([found[arm.run] for arm in unit.arms]))
