"""Blocks of measurements in one process, taken in turns, with their median and spread."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_FINE_SECONDS = 1e-6
clock: Callable[[], float] = (
    time.process_time if time.get_clock_info("process_time").resolution <= _FINE_SECONDS else time.perf_counter
)
"""Processor time where it is counted finely, so that other programs disturb less; the time of day elsewhere."""


@dataclass(frozen=True)
class Blocks:
    """What the blocks of one measurement found, in the order in which they were taken."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Middle value."""
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """Smallest value."""
        return min(self.values)

    @property
    def high(self) -> float:
        """Largest value."""
        return max(self.values)

    def times(self, factor: float) -> "Blocks":
        """Return the same in another unit."""
        return Blocks(tuple(value * factor for value in self.values))

    def over(self, other: "Blocks") -> "Blocks":
        """Return the ratios to another measurement, block by block."""
        return Blocks(tuple(mine / theirs for mine, theirs in zip(self.values, other.values, strict=True)))


def seconds(work: Callable[[], object], now: Callable[[], float] = clock) -> float:
    """Return how long some work takes; by the time of day where other threads or processes share it."""
    begin = now()
    work()
    return now() - begin


def in_turns(works: Mapping[str, Callable[[], float]], blocks: int) -> dict[str, Blocks]:
    """Let every work be done once a block, and return what each said: its own seconds, say.

    The order turns by one with every block, so that none always comes after the same other.

    >>> found = in_turns({"one": lambda: 1.0, "two": lambda: 2.0}, blocks=3)
    >>> found["two"].over(found["one"]).median
    2.0
    """
    names = list(works)
    found: dict[str, list[float]] = {name: [] for name in names}
    for block in range(blocks):
        first = block % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(works[name]())
    return {name: Blocks(tuple(values)) for name, values in found.items()}
