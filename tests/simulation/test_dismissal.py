"""Who is dismissed for what: one bracket, two kinds of shortfall."""

import pytest

from revorg.simulation.compiling import plain
from revorg.simulation.submodels.staffing import dismissal_probability


@pytest.mark.parametrize(
    ("misses", "weight", "other", "expected"),
    [
        (2.0, 0.5, 0.0, 0.03 + 0.08),
        (2.0, 0.5, 0.4, 0.03 + 0.08 * 1.4),  # what else is measured presses as much a point as misses do
        (0.0, 0.5, 0.4, 0.03 + 0.08 * 0.4),
        (3.0, 0.25, 2.0, 0.03 + 0.08 * 2.75),
        (0.0, 1.0, 0.0, 0.03),
        (20.0, 1.0, 5.0, 1.0),
    ],
)
def test_dismissal_is_base_plus_a_price_of_all_that_is_missed(
    misses: float, weight: float, other: float, expected: float
) -> None:
    """Misses by their weight and other shortfalls stand in one bracket, and no probability exceeds one."""
    found = plain(dismissal_probability)(0.03, 0.08, misses, weight, other)
    assert found == pytest.approx(expected)
