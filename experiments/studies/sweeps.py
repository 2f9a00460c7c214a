"""Sweeps: every run of a study, on whatever carries it out, into a folder that outlives the machine."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import islice, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from revorg.experiments.runs.cache import Parts, RunCache, keep_report
from revorg.experiments.runs.dispatch import Dispatch, Pace, chunks_of, executor_for, timed
from revorg.experiments.runs.executors import GivenExecutor, InProcess, RunExecutor, slots_of
from revorg.experiments.runs.jobs import DONE, FAILED, Block, Chunk, ChunkResult, RunOptions, RunResult, zip_runs
from revorg.experiments.runs.keys import executives_hash
from revorg.experiments.runs.machine import processors
from revorg.experiments.runs.progress import Counter, NoProgress, Progress, duration
from revorg.experiments.runs.worker import make_ready
from revorg.experiments.studies.plan import Plan
from revorg.experiments.studies.results import table_of
from revorg.experiments.studies.sampling import size_told
from revorg.experiments.studies.store import Store
from revorg.experiments.studies.study import Study, read_study
from revorg.simulation.errors import BadInput
from revorg.simulation.metrics import METRICS
from revorg.simulation.people import Executive

TRIAL_SECONDS = 0.5
FLUSH_SECONDS = 1.0
"""How much work a kill can cost at most."""
FLUSH_ROWS = 50_000
ASKED_AT_ONCE = 1024
"""Blocks for which it is looked up together whether they are finished."""
CELL_BYTES = 7.5
"""What a number takes on disk, about."""


@dataclass
class Sweep:
    """What a sweep has done.

    Attributes
    ----------
    folder : Path
    asked, run, reused, failed : int
        Runs in the study; made now; found finished; recorded as failed, now or before.
    seconds : float
        How long it took.
    bytes : int
        How much room the results take.
    """

    folder: Path
    asked: int
    run: int = 0
    reused: int = 0
    failed: int = 0
    seconds: float = 0.0
    bytes: int = 0

    @property
    def told(self) -> str:
        """One line."""
        return (
            f"{self.asked} runs: {self.run} run, {self.reused} reused, {self.failed} failed, in {self.seconds:.1f} s; "
            f"{_size(self.bytes)} in {self.folder}"
        )


def _size(count: float) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def sweep(
    study: Study | str | Path,
    out: str | Path,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    executives: Mapping[str, type[Executive]] | None = None,
    fresh: bool = False,
) -> pd.DataFrame:
    """Run a study into a folder, going on from what is finished there, and return its table.

    Parameters
    ----------
    study : Study or path of a TOML file
    out : path
        The study's folder; made when it is not there.
    workers : int, optional
        Processes of this machine; as many as it has processors unless given. Small jobs are done in this process.
    executor : concurrent.futures.Executor, optional
        Carries out the runs instead; it is not shut down.
    executives : dict of str to class, optional
        Your own executives, by seat; importable from a module unless ``workers`` is 1.
    fresh : bool
        Leave the user's cache alone, which otherwise lends and takes runs that other commands ask for as well.

    Returns
    -------
    DataFrame
        One row a run: its key, seed, every varied parameter, status, error and every outcome.

    Raises
    ------
    BadInput
        When the study is not sound, or the folder holds something else.
    Taken
        When another process works on the folder.
    """
    asked = study if isinstance(study, Study) else read_study(study)
    run_executor = None if executor is None else GivenExecutor(executor, slots_of(executor))
    carry_out_study(asked, Path(out), workers=workers, run_executor=run_executor, executives=executives, fresh=fresh)
    return table_of(out)


def carry_out_study(
    study: Study,
    out: Path,
    *,
    workers: int | None = None,
    run_executor: RunExecutor | None = None,
    executives: Mapping[str, type[Executive]] | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Sweep:
    """Run a study into a folder; as :func:`sweep`, and say how it went.

    Raises
    ------
    BadInput, Taken, ExecutorLost, OtherModel, OSError
        OSError when there is no room; whatever was finished before stays.
    """
    classes = dict(executives or {})
    if any(kind.__module__ == "__main__" for kind in classes.values()) and (run_executor or workers != 1):
        raise BadInput("executives of a script or notebook stay in its process: workers=1, or move them into a module")
    plan = Plan.of(study, executives_hash(classes))
    progress = progress or NoProgress()
    with Store(out, plan, progress.say) as store:
        make_ready(progress)
        shares = not fresh and _can_share(plan, classes)
        kept = RunCache() if shares else None
        terms = _terms(plan, classes, shares)
        return Job(plan, store, terms, progress, workers or processors(), run_executor, kept).carry_out()


@dataclass
class Job:
    """One sweep under way."""

    plan: Plan
    store: Store
    terms: RunOptions
    progress: Progress
    workers: int
    run_executor: RunExecutor | None
    kept: RunCache | None
    pace: Pace = field(default_factory=Pace)
    made: int = 0
    shared: int = 0
    _waiting: list[tuple[Chunk, ChunkResult]] = field(default_factory=list)
    _flushed: float = field(default_factory=time.monotonic)
    _counter: Counter | None = None

    def carry_out(self) -> Sweep:
        """Do all that is left to do."""
        started, asked, before = time.monotonic(), len(self.plan), len(self.store.finished)
        if self.plan.study.sampling:
            self.progress.say(size_told(self.plan.study.sampling, len(self.plan.study.ranged)))
        self.progress.say(f"{asked} runs in {self.store.folder}, {before} of them finished before")
        if before < asked:
            try:
                self._run(asked - before)
            finally:
                self._flush()
        self.store.tidy()
        seconds = time.monotonic() - started
        return Sweep(
            self.store.folder, asked, self.made, before + self.shared, self.store.failed, seconds, self.store.bytes
        )

    def _run(self, left: int) -> None:
        chunks = chunks_of(self._units(), self.terms, self.pace)
        for chunk, report in timed(chunks, InProcess(), self.pace, TRIAL_SECONDS):
            self._take(chunk, report)
        left -= self.made + self.shared
        if left <= 0:
            return
        run_executor = self.run_executor or executor_for(left, self.pace, self.workers)
        hurry = True
        try:
            self._estimate(left, run_executor)
            with self.progress.counting("Runs", left, "runs") as self._counter:
                for chunk, report in Dispatch(chunks, run_executor, self.pace).reports():
                    self._take(chunk, report)
            hurry = False
        finally:
            run_executor.leave(hurry)

    def _estimate(self, left: int, run_executor: RunExecutor) -> None:
        """Say what is to come: runs, time, disk."""
        weeks = len(self.plan.study.kept_weekly) * self.plan.bases[0][1].run.weeks
        room = left * CELL_BYTES * (len(self.plan.study.outcomes) + weeks + 6)
        seconds = left * self.pace.per_run / run_executor.hands
        self.progress.say(
            f"{left} runs × {1000 * self.pace.per_run:.0f} ms a run, {run_executor.hands} at a time: "
            f"about {duration(seconds)} and {_size(room)}"
        )

    def _units(self) -> Iterator[Block]:
        """Yield what is left to do, one after another as it is asked for; take what the cache has."""
        units = self.plan.units()
        while some := list(islice(units, ASKED_AT_ONCE)):
            finished = self.store.finished.among([arm.run for unit in some for arm in unit.arms])
            left = [unit for unit in map(Block.without, some, repeat(finished)) if unit.arms]
            kept = self._kept({arm.run for unit in left for arm in unit.arms})
            for unit in left:
                missing = unit.without(kept)
                if len(missing.arms) < len(unit.arms):
                    self._take_kept(unit.without({arm.run for arm in missing.arms}), kept)
                if missing.arms:
                    yield missing

    def _take_kept(self, unit: Block, kept: Mapping[str, Parts]) -> None:
        self.shared += len(unit.arms)
        ran = tuple(RunResult(kept[arm.run][np.newaxis]) for arm in unit.arms)
        self._note(Chunk(self.terms, (unit,)), ChunkResult(ran, 0.0))

    def _kept(self, runs: set[str]) -> Mapping[str, Parts]:
        return self.kept.found(runs, self.terms.windows[0]) if self.kept is not None and runs else {}

    def _take(self, chunk: Chunk, report: ChunkResult) -> None:
        """Take in what was run just now, and share it."""
        self.made += len(report.ran)
        if self.kept is not None:
            keep_report(self.kept, chunk, report)
        self._note(chunk, report)

    def _note(self, chunk: Chunk, report: ChunkResult) -> None:
        """Count finished runs; every few seconds what came in is written down."""
        self._waiting.append((chunk, report))
        if self._counter is not None:
            self._counter.advance(len(report.ran), sum(bool(ran.error) for ran in report.ran))
        rows = sum(len(waiting.ran) for _, waiting in self._waiting)
        if rows >= FLUSH_ROWS or time.monotonic() - self._flushed > FLUSH_SECONDS:
            self._flush()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._flushed = time.monotonic()
        if waiting:
            self.store.write(rows_of(self.plan, waiting), weeks_of(self.plan, waiting))


def _terms(plan: Plan, executives: Mapping[str, type[Executive]], shares: bool) -> RunOptions:
    weeks = plan.bases[0][1].run.weeks
    return RunOptions(
        windows=(f"0-{weeks}",) if shares else (),
        weekly=plan.study.kept_weekly,
        seconds=plan.study.time_limit_seconds,
        executives=executives,
    )


def _can_share(plan: Plan, executives: Mapping[str, type[Executive]]) -> bool:
    """Tell whether other commands could ask for these runs: worlds of files under designs, and nothing else."""
    lengths = {scenario.run.weeks for _, scenario in plan.bases}
    return not (plan.paths or plan.study.set or plan.study.kept_weekly or executives) and len(lengths) == 1


def rows_of(plan: Plan, reports: Sequence[tuple[Chunk, ChunkResult]]) -> dict[str, list[Any]]:
    """Return finished runs as the columns of the table of runs."""
    done = [(unit, arm, ran) for chunk, report in reports for (unit, arm), ran in zip_runs(chunk, report)]
    rows: dict[str, list[Any]] = {
        "run": [arm.run for _, arm, _ in done],
        "seed": [unit.seed for unit, _, _ in done],
    }
    for place, column in enumerate(plan.columns):
        rows[column] = [arm.label[place] for _, arm, _ in done]
    rows["status"] = [FAILED if ran.error else DONE for _, _, ran in done]
    rows["error"] = [ran.error or None for _, _, ran in done]
    parts = np.array([ran.parts[0] for _, _, ran in done])
    with np.errstate(divide="ignore", invalid="ignore"):
        outcomes = np.where(parts[..., 1] != 0, parts[..., 0] / parts[..., 1], np.nan)
    places = {metric: place for place, metric in enumerate(METRICS)}
    return rows | {metric: _nullable(outcomes[:, places[metric]]) for metric in plan.study.outcomes}


def _nullable(values: NDArray[np.float64]) -> list[float | None]:
    """Return numbers, and nothing where there was nothing to measure."""
    return [None if np.isnan(value) else value for value in values.tolist()]


def weeks_of(plan: Plan, reports: Sequence[tuple[Chunk, ChunkResult]]) -> pd.DataFrame | None:
    """Return weekly series, one row a run and week; None when they are not kept."""
    if not plan.study.kept_weekly:
        return None
    blocks = []
    for chunk, report in reports:
        for (_, arm), ran in zip_runs(chunk, report):
            if ran.weeks is not None:
                block = pd.DataFrame(ran.weeks, columns=list(plan.study.kept_weekly))
                block.insert(0, "run", arm.run)
                block.insert(1, "week", np.arange(len(block)))
                blocks.append(block)
    return pd.concat(blocks, ignore_index=True) if blocks else None
