"""Runs of many designs on common seeds: what one worker does, and the workers.

The unit of work is one world at one seed: the warm-up is run once, and every design is forked from it. A
result is a pure function of its task, and results are filed under their names, so that neither the number of
workers nor the order in which they finish changes a bit.
"""

import multiprocessing
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from experiments.claims import window_weeks
from experiments.designs import Design
from experiments.first_run import compile_loops
from experiments.listening import Listener
from scenarios import load
from simulation import RevenueOrganization, compiling
from simulation.metrics import METRICS
from simulation.parameters import Scenario


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


@lru_cache(maxsize=32)
def _world(name: str, rival: str) -> Scenario:
    return load(name).set(f"rivals.{rival}", True) if rival else load(name)


def outcomes_of(task: Task) -> Outcomes:
    """Run every design of a task from one common past."""
    world = _world(task.world, task.rival)
    past = RevenueOrganization(world, seed=task.seed)
    parts = [_run(past.fork(Design.parse(name).apply(world)), task.windows) for name in task.designs]
    return Outcomes(task, np.array(parts))


def _run(model: RevenueOrganization, windows: tuple[str, ...]) -> NDArray[np.float64]:
    model.run()
    measured = [model.parts(*window_weeks(window)) for window in windows]
    return np.array([[parts[metric] for metric in METRICS] for parts in measured], dtype=np.float64)


def make_ready(listener: Listener) -> None:
    """Compile the model's loops when no earlier run has left them on disk, and say so."""
    if not compiling.is_compiled():
        with listener.waiting("Compiling the model, once for this version of it (up to half a minute)"):
            compile_loops()


class Workers:
    """Runs tasks, in this process or in a pool of warm ones; a context manager.

    Parameters
    ----------
    count : int
        How many processes; 1 means this one.

    Notes
    -----
    Processes are always spawned: the default differs between systems, and importing mesa sets it. A script
    of one's own that asks for more than one worker therefore needs ``if __name__ == "__main__":``.
    """

    def __init__(self, count: int = 1) -> None:
        context = multiprocessing.get_context("spawn")
        self.count = count
        self._started: set[BaseProcess] = set()
        self._pool = (
            ProcessPoolExecutor(count, mp_context=context, initializer=_leave_interrupts_to_parent)
            if count > 1
            else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is None:
            return
        if fault is not None:  # after Ctrl-C nobody waits for tasks that are at work
            for process in self._started:
                process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcomes]:
        """Yield what comes of each task, in the order in which they finish."""
        if self._pool is None:
            yield from map(outcomes_of, tasks)
            return
        with _interrupts_ignored():  # inherited by workers that start here, until they ignore them themselves
            others = set(multiprocessing.active_children())
            waiting: list[Future[Outcomes]] = [self._pool.submit(outcomes_of, task) for task in tasks]
            self._started |= set(multiprocessing.active_children()) - others
        for done in as_completed(waiting):
            yield done.result()


def _leave_interrupts_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
