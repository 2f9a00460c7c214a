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

from revorg.experiments.runs.cache import Parts, RunCache, keep_report
from revorg.experiments.runs.dispatch import Dispatch, Pace, chunks_of, executor_for, timed
from revorg.experiments.runs.executors import InProcess, RunExecutor
from revorg.experiments.runs.jobs import Arm, BaseScenario, Block, Chunk, ChunkResult, RunOptions, zip_runs
from revorg.experiments.runs.keys import run_key, scenario_number
from revorg.experiments.runs.worker import carry_out
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.metrics import METRICS

Cell = tuple[str, str]  # world, design
Place = tuple[str, str, str]  # world, design, window

_COLUMN = {metric: column for column, metric in enumerate(METRICS)}

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
        Each as its text.
    windows : tuple of str
        The windows to measure, as ``first-last`` weeks.
    changes : str
        What is otherwise in the world, as a JSON object of values by dotted path; nothing when empty.
    """

    world: str
    seed: int
    designs: tuple[str, ...]
    windows: tuple[str, ...]
    changes: str = ""

    @property
    def unit(self) -> Block:
        """The task as the unit of work that it is."""
        arms = (_arm(self.world, self.changes, design) for design in self.designs)
        return Block(
            _base(self.world, self.changes), self.seed, tuple(Arm(run_key(n, self.seed), text) for n, text in arms)
        )

    def settings_of(self, design: str) -> dict[str, object]:
        """What is set in the world for one design."""
        return {**_settings(self.changes), **Design.parse(design).settings}


@dataclass(frozen=True)
class TaskResult:
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


def _settings(changes: str) -> dict[str, object]:
    settings: dict[str, object] = json.loads(changes) if changes else {}
    return settings


@lru_cache(maxsize=64)
def _base(world: str, changes: str) -> BaseScenario:
    scenario = load(world).changed(_settings(changes))
    return BaseScenario(scenario_number(scenario), scenario)


@lru_cache(maxsize=1024)
def _arm(world: str, changes: str, design: str) -> tuple[int, str]:
    settings = Design.parse(design).settings
    return scenario_number(_base(world, changes).scenario.changed(settings)), json.dumps(settings)


def outcomes_of(task: Task) -> TaskResult:
    """Run every design of a task from one common past.

    Raises
    ------
    RunsFailed
        When one of them fails.
    """
    chunk = Chunk(RunOptions(windows=task.windows), (task.unit,))
    ran = carry_out(chunk).ran
    failures = [(task, design, one.error) for design, one in zip(task.designs, ran, strict=True) if one.error]
    if failures:
        raise RunsFailed(failures)
    return TaskResult(task, np.array([one.parts for one in ran]))


@dataclass
class Tally:
    """How many runs were made, and how many were there."""

    made: int = 0
    reused: int = 0
    started: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        seconds = time.monotonic() - self.started
        return f"{self.made + self.reused} runs: {self.made} run, {self.reused} reused, 0 failed, in {seconds:.1f} s"


class PairedRuns:
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
        self._kept, self._pace = RunCache(), Pace()
        self._run_executor: RunExecutor = InProcess()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run_executor.leave(fault is not None)

    def missing(self, tasks: Sequence[Task]) -> int:
        """Return how many runs of these tasks are not kept."""
        return sum(len(task.designs) for task in tasks) - len(self._found(tasks))

    def run(self, tasks: Iterable[Task]) -> Iterator[TaskResult]:
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

    def _take(self, chunk: Chunk, report: ChunkResult, found: dict[str, Parts], errors: dict[str, str]) -> None:
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

    def _carried(self, units: Sequence[Block], windows: tuple[str, ...]) -> Iterator[tuple[Chunk, ChunkResult]]:
        """Make runs; processes start when there is work for more than a few seconds."""
        chunks = chunks_of(units, RunOptions(windows=windows), self._pace)
        if not self._pace.per_run:
            yield from timed(chunks, InProcess(), self._pace, TRIAL_SECONDS)
        if isinstance(self._run_executor, InProcess):
            self._run_executor = executor_for(sum(len(unit.arms) for unit in units), self._pace, self.count)
        yield from Dispatch(chunks, self._run_executor, self._pace).reports()


def _gathered(task: Task, unit: Block, found: Mapping[str, Parts]) -> TaskResult:
    return TaskResult(task, np.array([found[arm.run] for arm in unit.arms]))


def tasks_of(cells: Iterable[Cell], seeds: Iterable[int], windows: tuple[str, ...], changes: str = "") -> list[Task]:
    """Return one task a world and seed, with every design that runs there, in a fixed order."""
    by_world: dict[str, list[str]] = {}
    for world, design in sorted(cells):
        by_world.setdefault(world, []).append(design)
    worlds = [(world, tuple(designs)) for world, designs in by_world.items()]
    return [Task(world, seed, designs, windows, changes) for seed in seeds for world, designs in worlds]


@dataclass
class Measurements:
    """Numerators and denominators of every outcome of every run so far."""

    _parts: dict[Place, dict[int, NDArray[np.float64]]] = field(default_factory=dict)

    def add(self, outcomes: TaskResult) -> None:
        """File what came of one task; order does not matter."""
        task = outcomes.task
        for design, by_window in zip(task.designs, outcomes.parts, strict=True):
            for window, parts in zip(task.windows, by_window, strict=True):
                self._parts.setdefault((task.world, design, window), {})[task.seed] = parts

    def include(self, others: Self) -> None:
        """File what others hold too; where both hold a run, theirs counts."""
        for place, by_seed in others._parts.items():
            self._parts.setdefault(place, {}).update(by_seed)

    def seeds(self, places: Iterable[Place]) -> list[int]:
        """Return the seeds that all of these have in common, in order."""
        common = [set(self._parts.get(place, {})) for place in places]
        return sorted(set.intersection(*common)) if common else []

    def parts(
        self, metric: str, places: Sequence[Place], seeds: Sequence[int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return numerators and denominators of a metric, each of shape (places, seeds)."""
        rows = [self._parts[place] for place in places]
        block = np.array([[row[seed][_COLUMN[metric]] for seed in seeds] for row in rows])
        return block[..., 0], block[..., 1]
