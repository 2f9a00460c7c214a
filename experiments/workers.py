"""Who carries out chunks: this process, warm processes of its own, or any executor.

A crew takes one chunk for each place it has and gives back a future. A process of a pool that dies takes down the
one chunk that it was at, since every process has a pool of its own.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Protocol

from experiments.processors import processors
from experiments.runs import Chunk, Report, carry_out

GRACE_SECONDS = 30.0
"""How long a process may overrun its runs' limit of time before it is ended from outside."""


class Crew(Protocol):
    """Somebody who carries out chunks."""

    @property
    def places(self) -> int:
        """How many chunks to hand over before waiting for one."""

    @property
    def hands(self) -> int:
        """How many chunks are carried out at once."""

    def submit(self, chunk: Chunk) -> Future[Report]:
        """Hand a chunk over."""

    def look_after(self) -> None:
        """End what is stuck; called about twice a second."""

    def replace_lost(self) -> bool:
        """Put others in the place of processes that died; False when there is no way to."""

    def leave(self, at_once: bool) -> None:
        """Let go of everything, without waiting for work when in a hurry."""


class Here:
    """The process that asks."""

    places = hands = 1

    def submit(self, chunk: Chunk) -> Future[Report]:
        """Carry the chunk out before returning."""
        future: Future[Report] = Future()
        future.set_result(carry_out(chunk))
        return future

    def look_after(self) -> None:
        """Nothing can be stuck."""

    def replace_lost(self) -> bool:
        """Nothing is lost without this process."""
        return False

    def leave(self, at_once: bool) -> None:
        """There is nothing to let go of."""


@dataclass
class _Place:
    """One warm process, and what it is at."""

    pool: ProcessPoolExecutor
    process: BaseProcess
    work: Future[Report] | None = None
    deadline: float = field(default=float("inf"))

    @property
    def idle(self) -> bool:
        return self.work is None or self.work.done()


class Processes:
    """Warm processes on this machine.

    Parameters
    ----------
    count : int
        How many.

    Notes
    -----
    Processes are always spawned, never forked: that is the same on every system. They do not run the caller's script
    again, so that neither a notebook nor ``python -c`` nor a script needs a guard around its main part.
    """

    def __init__(self, count: int) -> None:
        self.places = self.hands = count
        self._places = [_new_place() for _ in range(count)]

    def submit(self, chunk: Chunk) -> Future[Report]:
        """Hand a chunk to an idle process."""
        place = next(place for place in self._places if place.idle)
        place.work = place.pool.submit(carry_out, chunk)
        place.deadline = time.monotonic() + len(chunk.runs) * chunk.terms.seconds + GRACE_SECONDS
        return place.work

    def look_after(self) -> None:
        """End processes that overrun by far: something that no limit inside can stop."""
        for place in self._places:
            if not place.idle and time.monotonic() > place.deadline:
                place.process.kill()

    def replace_lost(self) -> bool:
        """Start new processes where some died."""
        for number, place in enumerate(self._places):
            if not place.process.is_alive():
                place.pool.shutdown(wait=False, cancel_futures=True)
                self._places[number] = _new_place()
        return True

    def leave(self, at_once: bool) -> None:
        """End the processes; in a hurry, in the middle of their work."""
        for place in self._places:
            if at_once:
                place.process.kill()
            place.pool.shutdown(wait=not at_once, cancel_futures=True)


class Borrowed:
    """Somebody else's executor, which is left as it was found.

    Parameters
    ----------
    executor : concurrent.futures.Executor
    places : int
        Chunks to hand over before waiting for one.
    """

    def __init__(self, executor: Executor, places: int) -> None:
        self.places, self.hands = places, (places + 1) // 2
        self._executor = executor
        self._waiting: set[Future[Report]] = set()

    def submit(self, chunk: Chunk) -> Future[Report]:
        """Hand a chunk over."""
        future = self._executor.submit(carry_out, chunk)
        self._waiting = {other for other in self._waiting if not other.done()} | {future}
        return future

    def look_after(self) -> None:
        """It looks after itself."""

    def replace_lost(self) -> bool:
        """It cannot be replaced from here."""
        return False

    def leave(self, at_once: bool) -> None:
        """Take back what has not begun."""
        for future in self._waiting:
            future.cancel()


def places_of(executor: Executor) -> int:
    """Return how many chunks keep an executor busy: twice its workers where it says how many it has."""
    return 2 * int(getattr(executor, "_max_workers", None) or processors())


def _new_place() -> _Place:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=context, initializer=_settle_in)
    with _interrupts_ignored(), _script_hidden():
        before = set(multiprocessing.active_children())
        pool.submit(_ready)
        (process,) = set(multiprocessing.active_children()) - before
    return _Place(pool, process)


def _ready() -> None:
    """Do nothing, which makes a process import all that it needs."""


def _settle_in() -> None:
    """Leave Ctrl-C to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
def _interrupts_ignored() -> Iterator[None]:
    """Let processes that start here ignore Ctrl-C before they can say so themselves."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
