"""What is handed to a worker and what it hands back: plain data that knows nothing of how a run is lived."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.metrics import METRICS
from revorg.simulation.scenario import Scenario

if TYPE_CHECKING:
    from revorg.simulation.people import Executive


DONE, FAILED = "done", "failed"
FOUR_YEARS = "0-208"
"""The window of a run of the usual length."""


@dataclass(frozen=True)
class BaseScenario:
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
    label: tuple[object, ...] = ()


@dataclass(frozen=True)
class Block:
    """Runs that share a seed and a warm-up."""

    base: BaseScenario
    seed: int
    arms: tuple[Arm, ...]

    def without(self, runs: Container[str]) -> "Block":
        """Return the unit without some of its runs."""
        left = tuple(arm for arm in self.arms if arm.run not in runs)
        return self if len(left) == len(self.arms) else Block(self.base, self.seed, left)


@dataclass(frozen=True)
class RunOptions:
    """What is the same for all runs of a job.

    Attributes
    ----------
    windows : tuple of str
        The windows to measure, as ``first-last`` weeks; when empty the whole run is measured, however long it is.
    weekly : tuple of str
        Columns of the weekly record to keep.
    seconds : float
        How long a run may take.
    model : str
        Fingerprint that the worker's model must have.
    executives : dict of str to class
        A user's own executives, by seat.
    """

    windows: tuple[str, ...] = ()
    weekly: tuple[str, ...] = ()
    seconds: float = 600.0
    model: str = field(default_factory=fingerprint)
    executives: Mapping[str, "type[Executive]"] = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk:
    """What a worker is given at once: about a second of work."""

    terms: RunOptions
    units: tuple[Block, ...]

    @property
    def runs(self) -> list[tuple[Block, Arm]]:
        """All runs, in the order in which a report has them."""
        return [(unit, arm) for unit in self.units for arm in unit.arms]

    def single(self) -> list[Self]:
        """Return the same work in chunks of one run."""
        return [replace(self, units=(replace(unit, arms=(arm,)),)) for unit, arm in self.runs]


@dataclass(frozen=True)
class RunResult:
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
        """Return a run that came to nothing, of which so many windows were to be measured, or the whole."""
        return cls(np.zeros((max(windows, 1), len(METRICS), 2)), error)


@dataclass(frozen=True)
class ChunkResult:
    """What came of a chunk, run by run, and how long it took."""

    ran: tuple[RunResult, ...]
    seconds: float


def zip_runs(chunk: Chunk, report: ChunkResult) -> Iterator[tuple[tuple[Block, Arm], RunResult]]:
    """Return every run of a chunk with what came of it."""
    return zip(chunk.runs, report.ran, strict=True)
