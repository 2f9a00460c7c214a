"""A limit of time on one run, on every system and in every thread."""

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TICKS = 20
"""Into so many a limit is cut: a process that is stopped and goes on later loses one of them, not all its time."""


class TimeLimit(Exception):  # noqa: N818  (it names what was reached)
    """A run took longer than it may."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeLimit` inside the context when it lasts longer than so many seconds.

    In the main thread of a process an alarm of the system does it, which also ends a sleep, and does not count time in
    which the process was stopped; in other threads, and on Windows, it takes effect between two steps of the
    interpreter.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and hasattr(signal, "setitimer"):
        with _alarm(seconds):
            yield
    else:
        with _timer(seconds):
            yield


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    left = iter(range(1, TICKS))

    def ring(_number: int, _frame: FrameType | None) -> None:
        if next(left, None) is None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise TimeLimit(f"longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds / TICKS, seconds / TICKS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _timer(seconds: float) -> Iterator[None]:
    thread, lock, over = threading.get_ident(), threading.Lock(), threading.Event()

    def ring() -> None:
        with lock:
            if not over.is_set():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TimeLimit))

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            over.set()
        timer.cancel()
