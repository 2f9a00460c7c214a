"""From runs to chunks to results: about a second of work at a time, never more than the run executor can hold."""

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import dataclass, field

from revorg.experiments.runs.executors import InProcess, RunExecutor, WarmProcesses
from revorg.experiments.runs.jobs import Block, Chunk, ChunkResult, RunOptions, RunResult

CHUNK_SECONDS = 1.0
LOOK_SECONDS = 0.5
RECENT = 0.2
"""Weight of the latest chunk in the measured pace."""
SMALL_SECONDS = 6.0
"""A job that this process finishes sooner needs no others: they take seconds to start."""
LOSSES = 2
"""A run whose process ends so many times is given up."""


class ExecutorLost(RuntimeError):  # noqa: N818  (it names what happened)
    """The executor broke and nobody here can mend it."""


@dataclass
class Pace:
    """How long runs take, measured as they come in; decides how many make a chunk."""

    per_run: float = 0.0
    """Seconds that a run takes; 0 before the first."""

    def note(self, report: ChunkResult) -> None:
        """Take in how long a chunk took; what is recent counts most."""
        if report.ran:
            latest = report.seconds / len(report.ran)
            self.per_run += (latest - self.per_run) * (RECENT if self.per_run else 1.0)

    @property
    def chunk_runs(self) -> int:
        """Runs that make up a chunk."""
        return max(1, round(CHUNK_SECONDS / self.per_run)) if self.per_run else 1


def chunks_of(units: Iterable[Block], terms: RunOptions, pace: Pace) -> Iterator[Chunk]:
    """Put units together, lazily, so that each chunk takes about a second."""
    held: list[Block] = []
    size = 0
    for unit in units:
        held.append(unit)
        size += len(unit.arms)
        if size >= pace.chunk_runs:
            yield Chunk(terms, tuple(held))
            held, size = [], 0
    if held:
        yield Chunk(terms, tuple(held))


@dataclass
class Dispatch:
    """One job under way: what waits, what is at work, what was lost.

    Parameters
    ----------
    chunks : iterator of Chunk
    run_executor : RunExecutor
    pace : Pace
        Told of every report.
    """

    chunks: Iterator[Chunk]
    run_executor: RunExecutor
    pace: Pace
    _again: deque[Chunk] = field(default_factory=deque)
    _at_work: dict[Future[ChunkResult], Chunk] = field(default_factory=dict)
    _losses: Counter[str] = field(default_factory=Counter)

    def reports(self) -> Iterator[tuple[Chunk, ChunkResult]]:
        """Yield chunks and what came of them, in the order in which they finish.

        Raises
        ------
        ExecutorLost
            When the executor broke for good.
        OtherModel
            When a worker runs another version of the model.
        """
        self._hand_over()
        while self._at_work:
            done, _ = wait(self._at_work, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            self.run_executor.look_after()
            finished = [pair for future in done for pair in self._taken(future, self._at_work.pop(future))]
            self._hand_over()
            yield from finished

    def _hand_over(self) -> None:
        while len(self._at_work) < self.run_executor.slots:
            chunk = self._again.popleft() if self._again else next(self.chunks, None)
            if chunk is None:
                return
            try:
                self._at_work[self.run_executor.submit(chunk)] = chunk
            except BrokenExecutor as fault:
                raise ExecutorLost(f"the executor broke ({fault})") from fault

    def _taken(self, future: Future[ChunkResult], chunk: Chunk) -> list[tuple[Chunk, ChunkResult]]:
        try:
            report = future.result()
        except (BrokenExecutor, CancelledError) as fault:
            if not self.run_executor.renews_itself:
                raise ExecutorLost(f"the executor broke ({type(fault).__name__})") from fault
            return self._lost(chunk)
        self.pace.note(report)
        return [(chunk, report)]

    def _lost(self, chunk: Chunk) -> list[tuple[Chunk, ChunkResult]]:
        """Try the runs of a lost chunk again, one by one; give up one that ended its process again and again."""
        given_up = []
        for single in chunk.single():
            ((_, arm),) = single.runs
            self._losses[arm.run] += len(chunk.runs) == 1
            if self._losses[arm.run] < LOSSES:
                self._again.append(single)
            else:
                ran = RunResult.failed(len(chunk.terms.windows), f"WorkerLost: its process ended {LOSSES} times")
                given_up.append((single, ChunkResult((ran,), 0.0)))
        return given_up


def timed(
    chunks: Iterator[Chunk], run_executor: RunExecutor, pace: Pace, seconds: float
) -> Iterator[tuple[Chunk, ChunkResult]]:
    """Carry out chunks until so many seconds are over, to measure what a run takes."""
    started = time.perf_counter()
    while time.perf_counter() - started < seconds and (chunk := next(chunks, None)) is not None:
        yield from Dispatch(iter([chunk]), run_executor, pace).reports()


def executor_for(runs: int, pace: Pace, workers: int) -> RunExecutor:
    """Return who should carry out so many runs: this process when that takes only seconds."""
    return InProcess() if workers == 1 or runs * pace.per_run < SMALL_SECONDS else WarmProcesses(workers)
