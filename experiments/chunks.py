"""What is handed to a worker and what it hands back: plain data that knows nothing of how a run is lived."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from experiments.fingerprint import fingerprint
from simulation.metrics import METRICS
from simulation.parameters import Scenario

if TYPE_CHECKING:
    from simulation.people import Executive

DONE, FAILED = "done", "failed"
WHOLE = "whole"
"""The window from week 0 to the end, however long a run is."""


@dataclass(frozen=True)
class Base:
    """A scenario that runs start from; two with the same number are the same.

    Attributes
    ----------
    number : int
        Stands for the scenario's content.
    scenario : Scenario
    """

    number: int
    scenario: Scenario = field(compare=False, repr=False)


@dataclass(frozen=True)
class Arm:
    """One run: its key, what is set in the base scenario (as JSON), and how a table describes it."""

    run: str
    settings: str
    told: tuple[object, ...] = ()


@dataclass(frozen=True)
class Unit:
    """Runs that share a seed and a warm-up."""

    base: Base
    seed: int
    arms: tuple[Arm, ...]

    def without(self, runs: Container[str]) -> "Unit":
        """Return the unit without some of its runs."""
        left = tuple(arm for arm in self.arms if arm.run not in runs)
        return self if len(left) == len(self.arms) else Unit(self.base, self.seed, left)


@dataclass(frozen=True)
class Terms:
    """What is the same for all runs of a job.

    Attributes
    ----------
    windows : tuple of str
        The windows to measure, as ``first-last`` weeks, or `WHOLE`.
    weekly : tuple of str
        Columns of the weekly record to keep.
    seconds : float
        How long a run may take.
    model : str
        Fingerprint that the worker's model must have.
    executives : dict of str to class
        A user's own executives, by seat.
    """

    windows: tuple[str, ...] = (WHOLE,)
    weekly: tuple[str, ...] = ()
    seconds: float = 600.0
    model: str = field(default_factory=fingerprint)
    executives: Mapping[str, "type[Executive]"] = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk:
    """What a worker is given at once: about a second of work."""

    terms: Terms
    units: tuple[Unit, ...]

    @property
    def runs(self) -> list[tuple[Unit, Arm]]:
        """All runs, in the order in which a report has them."""
        return [(unit, arm) for unit in self.units for arm in unit.arms]

    def single(self) -> list[Self]:
        """Return the same work in chunks of one run."""
        return [replace(self, units=(replace(unit, arms=(arm,)),)) for unit, arm in self.runs]


@dataclass(frozen=True)
class Ran:
    """What came of one run.

    Attributes
    ----------
    parts : array, shape (windows, metrics, 2)
        Numerator and denominator of every metric, in the order of ``METRICS``; a denominator of 0 means that there
        was nothing to measure.
    error : str
        Why it failed; empty when it did not.
    weeks : array, shape (weeks, kept columns), optional
    """

    parts: NDArray[np.float64]
    error: str = ""
    weeks: NDArray[np.float64] | None = None

    @classmethod
    def failed(cls, windows: int, error: str) -> Self:
        """Return a run that came to nothing."""
        return cls(np.zeros((windows, len(METRICS), 2)), error)


@dataclass(frozen=True)
class Report:
    """What came of a chunk, run by run, and how long it took."""

    ran: tuple[Ran, ...]
    seconds: float


def zip_runs(chunk: Chunk, report: Report) -> Iterator[tuple[tuple[Unit, Arm], Ran]]:
    """Return every run of a chunk with what came of it."""
    return zip(chunk.runs, report.ran, strict=True)
