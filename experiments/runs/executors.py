"""Who carries out chunks: this process, warm processes of its own, or any executor.

A run executor takes one chunk for each slot it has and gives back a future. A process of a pool that dies takes down
the one chunk that it was at, since every process has a pool of its own.
"""

import multiprocessing
import multiprocessing.resource_tracker
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from time import monotonic as clock
from types import FrameType, ModuleType
from typing import Protocol

from revorg.experiments.runs.jobs import Chunk, ChunkResult
from revorg.experiments.runs.machine import processors
from revorg.experiments.runs.worker import carry_out, load_code

GRACE_SECONDS = 30.0
"""How long a process may overrun its runs' limit of time before it is ended from outside."""
LONGEST_LOOK_SECONDS = 5.0
"""More than so much between two looks at a process means that this one was stopped, or the machine asleep."""
SAFE_PATH = "PYTHONSAFEPATH"
"""Set to anything, Python does not look for modules in the current folder."""


class RunExecutor(Protocol):
    """Somebody who carries out chunks."""

    @property
    def slots(self) -> int:
        """How many chunks to hand over before waiting for one."""

    @property
    def hands(self) -> int:
        """How many chunks are carried out at once."""

    def submit(self, chunk: Chunk) -> Future[ChunkResult]:
        """Hand a chunk over."""

    def look_after(self) -> None:
        """End what is stuck; called about twice a second."""

    @property
    def renews_itself(self) -> bool:
        """Whether others take the place of processes that died."""

    def leave(self, at_once: bool) -> None:
        """Let go of everything, without waiting for work when in a hurry."""


class InProcess:
    """The process that asks."""

    slots = hands = 1
    renews_itself = False

    def submit(self, chunk: Chunk) -> Future[ChunkResult]:
        """Carry the chunk out before returning."""
        future: Future[ChunkResult] = Future()
        future.set_result(carry_out(chunk))
        return future

    def look_after(self) -> None:
        """Nothing can be stuck."""

    def leave(self, at_once: bool) -> None:
        """There is nothing to let go of."""


@dataclass
class _Slot:
    """One warm process, and what it is at."""

    pool: ProcessPoolExecutor
    process: BaseProcess
    ready: Future[None]
    work: Future[ChunkResult] | None = None
    allowed_seconds: float = 0.0
    spent_seconds: float = 0.0
    looked: float | None = None

    @property
    def idle(self) -> bool:
        return self.work is None or self.work.done()

    def renew(self) -> None:
        """Put a new process in the place of one that died."""
        self.pool.shutdown(wait=False)
        self.pool, self.process, self.ready = _new_process()

    @property
    def overruns(self) -> bool:
        """Whether it is at its work for too long, the time until it was ready not counted."""
        if self.idle or not self.ready.done():
            return False
        now = clock()
        self.spent_seconds += min(now - (self.looked or now), LONGEST_LOOK_SECONDS)
        self.looked = now
        return self.spent_seconds > self.allowed_seconds


class WarmProcesses:
    """Warm processes on this machine.

    Parameters
    ----------
    count : int
        How many.

    Notes
    -----
    They are always spawned, never forked: that is the same on every system. They do not run the caller's script again,
    so that neither a notebook nor ``python -c`` nor a script needs a guard around its main part.
    """

    renews_itself = True

    def __init__(self, count: int) -> None:
        self.slots = self.hands = count
        self._slots: list[_Slot] = []
        try:
            with _interrupts_later():  # until all that has started is known here, and can be ended
                for _ in range(count):
                    self._slots.append(_Slot(*_new_process()))
        except BaseException:
            self.leave(at_once=True)
            raise

    def submit(self, chunk: Chunk) -> Future[ChunkResult]:
        """Hand a chunk to an idle process."""
        place = next(place for place in self._slots if place.idle)
        try:
            work = place.pool.submit(carry_out, chunk)
        except BrokenExecutor:
            place.renew()
            work = place.pool.submit(carry_out, chunk)
        place.work, place.spent_seconds, place.looked = work, 0.0, None
        place.allowed_seconds = len(chunk.runs) * chunk.terms.seconds + GRACE_SECONDS
        return work

    def look_after(self) -> None:
        """End processes that overrun by far: something that no limit inside can stop."""
        for place in self._slots:
            if place.overruns:
                place.process.kill()

    def leave(self, at_once: bool) -> None:
        """End the processes; in a hurry, in the middle of their work."""
        for place in self._slots:
            if at_once:
                place.process.kill()
            place.pool.shutdown(wait=not at_once, cancel_futures=True)


class GivenExecutor:
    """Somebody else's executor, which is left as it was found.

    Parameters
    ----------
    executor : concurrent.futures.Executor
    slots : int
        Chunks to hand over before waiting for one.
    """

    renews_itself = False

    def __init__(self, executor: Executor, slots: int) -> None:
        self.slots, self.hands = slots, (slots + 1) // 2
        self._executor = executor
        self._waiting: set[Future[ChunkResult]] = set()

    def submit(self, chunk: Chunk) -> Future[ChunkResult]:
        """Hand a chunk over."""
        future = self._executor.submit(carry_out, chunk)
        self._waiting = {other for other in self._waiting if not other.done()} | {future}
        return future

    def look_after(self) -> None:
        """It looks after itself."""

    def leave(self, at_once: bool) -> None:
        """Take back what has not begun."""
        for future in self._waiting:
            future.cancel()


def slots_of(executor: Executor) -> int:
    """Return how many chunks keep an executor busy: twice its workers where it says how many it has."""
    return 2 * int(getattr(executor, "_max_workers", None) or processors())


def _new_process() -> tuple[ProcessPoolExecutor, BaseProcess, Future[None]]:
    pool = ProcessPoolExecutor(1, mp_context=_safe_context(), initializer=_settle_in)
    with _interrupts_later(), _script_hidden():
        before = set(multiprocessing.active_children())
        ready = pool.submit(load_code)
        (process,) = set(multiprocessing.active_children()) - before
    return pool, process, ready


class _SafeProcess(SpawnProcess):
    """A spawned process that finds modules where this one does, and until it knows where, not in the current folder."""

    def start(self) -> None:
        with _safe_path():
            super().start()


class _SafeContext(SpawnContext):
    Process = _SafeProcess


def _safe_context() -> _SafeContext:
    if os.name == "posix":
        with _deaf(), _safe_path():  # a process of Python's own, which counts semaphores
            multiprocessing.resource_tracker.ensure_running()
    return _SafeContext()


@contextmanager
def _safe_path() -> Iterator[None]:
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before


def _settle_in() -> None:
    """Leave Ctrl-C to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _script_hidden() -> Iterator[None]:
    """Keep new processes from running the caller's script once more: they need nothing of it."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Let Ctrl-C wait: it is not lost here, and processes that start here are deaf to it until they ignore it.

    A mask alone would not do: the system may hand the signal to any other thread, and Python would still raise here.
    """
    with _deaf(), _deferred():
        yield


@contextmanager
def _deaf() -> Iterator[None]:
    """Block Ctrl-C and the loss of the terminal in this thread, and in processes that it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _deferred() -> Iterator[None]:
    """Do what Ctrl-C would have done at the end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard and callable(before):
        before(*heard[0])


def process_pool(count: int) -> AbstractContextManager[Executor | None]:
    """Return a pool of processes, or None to work in this one, as a context."""
    if count == 1:
        return nullcontext()
    return ProcessPoolExecutor(count, mp_context=_safe_context(), initializer=_leave_interrupts_to_parent)


def _leave_interrupts_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
