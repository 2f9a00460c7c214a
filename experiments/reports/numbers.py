"""Numbers as people say them: shares as percent, their differences as percentage points."""

from dataclasses import dataclass
from math import isfinite, isnan

from revorg.simulation.metrics import METRICS

MINUS = "−"


@dataclass(frozen=True)
class Scale:
    """How a metric is written.

    Attributes
    ----------
    factor : float
        By which a value is multiplied before it is written.
    level, difference : str
        Units of a value and of a difference of two.
    """

    factor: float
    level: str
    difference: str


def scale_of(metric: str) -> Scale:
    """Return how a metric is written."""
    unit = METRICS[metric].unit
    if unit in ("per year", "share per year"):
        return Scale(100, "% a year", "pp/yr")
    if unit == "share":
        return Scale(100, "%", "pp")
    if unit in metric:
        return Scale(1, "", "")  # alignment in alignment: the name says it
    return Scale(1, unit, unit)


def written(value: float, *, sign: bool = False) -> str:
    """Write a number with about three significant digits and a true minus sign.

    Parameters
    ----------
    value : float
        NaN is written as a dot: nothing to measure.
    sign : bool
        Whether a plus is written too.

    Examples
    --------
    >>> written(-0.0123), written(2.5, sign=True), written(1234567.0), written(float("nan"))
    ('−0.012', '+2.50', '1,234,567', '·')
    """
    if isnan(value):
        return "·"
    size = abs(value)
    places = next((n for n, least in enumerate((100, 10, 0.1)) if size >= least), 3 if size >= 0.0005 else 2)
    text = f"{size:,.{places}f}"
    is_zero = not any(digit in text for digit in "123456789")
    return ("" if is_zero else MINUS if value < 0 else "+" if sign else "") + text


def finite(value: float) -> float | None:
    """Return the number, or None where there is none: JSON knows neither NaN nor infinity."""
    return float(value) if isfinite(value) else None
