"""One figure of a submodel beside what theory says of it, and the error of a mean over correlated values."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

BATCHES = 100
ORDER_ERRORS = 3.0
"""Standard errors by which a difference has to be above 0 to be an order."""


@dataclass(frozen=True)
class DockFigure:
    """What theory expects of a submodel, and what the submodel does.

    Attributes
    ----------
    case : str
        Which of several figures of the same row; empty when there is only one.
    expected, simulated : float
        In the unit that `unit` names.
    standard_error : float
        Of the simulated figure; 0 where no chance is involved.
    tolerance : float
        How far the simulated figure may be from the expected one.
    unit : str
    """

    case: str
    expected: float
    simulated: float
    standard_error: float
    tolerance: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether the figure is as near to theory as it has to be; a figure that is no number is not."""
        return abs(self.simulated - self.expected) <= self.tolerance


@dataclass(frozen=True)
class MoreFigure(DockFigure):
    """A figure of which theory says only that it is larger than another: that by more than the tolerance."""

    @property
    def passed(self) -> bool:
        """Whether the figure lies above what is expected by more than its tolerance."""
        return self.simulated - self.expected > self.tolerance


def more_than_nothing(case: str, differences: Numbers, unit: str) -> MoreFigure:
    """Return the mean of paired differences, which has to be above 0 by three standard errors."""
    mean, error = over_seeds(differences)
    return MoreFigure(case, 0.0, mean, error, ORDER_ERRORS * error, unit)


def mean_and_error(values: Numbers, batches: int = BATCHES, dropped: float = 0.01) -> tuple[float, float]:
    """Return the mean of a stationary series and its standard error by batch means.

    Parameters
    ----------
    values : array, shape (n,)
        In order; neighbours may be correlated, batches must not be.
    batches : int
        Number of batches.
    dropped : float
        Share of the series that is left out at the beginning, where the desk is still filling.
    """
    steady = values[int(dropped * len(values)) :]
    means = np.array([batch.mean() for batch in np.array_split(steady, batches)])
    return float(steady.mean()), float(means.std(ddof=1) / math.sqrt(batches))


def over_seeds(values: Numbers) -> tuple[float, float]:
    """Return the mean over seeds, and its standard error, of an array of shape (seeds,)."""
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))
