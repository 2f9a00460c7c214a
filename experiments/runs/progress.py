"""How a long job tells what it is doing, without knowing who listens."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


def duration(seconds: float) -> str:
    """Write an estimate in the unit that people would take.

    >>> duration(0.2), duration(95), duration(5400), duration(4e5)
    ('1 s', '95 s', '90 minutes', '111 hours')
    """
    for size, unit in ((3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(1, round(seconds))} s"


class Progress(Protocol):
    """Somebody who wants to know how a long job is going."""

    def say(self, text: str) -> None:
        """Take one sentence for the user."""

    def waiting(self, what: str) -> AbstractContextManager[None]:
        """Show that something of unknown length is going on while the context is open."""

    def counting(self, what: str, total: int, pieces: str = "worlds × seeds") -> AbstractContextManager["Counter"]:
        """Show how many of ``total`` pieces of work are done while the context is open."""


class Counter(Protocol):
    """Counts finished pieces of work."""

    def advance(self, count: int = 1, failed: int = 0) -> None:
        """So many more are done, some of which failed."""


class NoProgress:
    """A progress who is not interested."""

    def say(self, text: str) -> None:
        """Ignore the sentence."""

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show nothing."""
        yield

    @contextmanager
    def counting(self, what: str, total: int, pieces: str = "worlds × seeds") -> Iterator[Counter]:
        """Show nothing."""
        yield self

    def advance(self, count: int = 1, failed: int = 0) -> None:
        """Ignore it."""
