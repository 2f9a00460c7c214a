"""Controls on made-up numbers: each bound is met from inside and missed from outside."""

from collections.abc import Sequence
from math import nan

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from revorg.experiments.claims import controls, statistical_controls
from revorg.experiments.claims.controls import planted_exactly
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.metrics import METRICS
from revorg.simulation.scenario import Scenario

WORLD = load("simple-single")
DESIGN = Design.parse("cro:strategist")
SHAPE = (1, len(METRICS), 2)


def lived(monkeypatch: pytest.MonkeyPatch, margins: Sequence[float], planted: Sequence[float]) -> controls.Control:
    """Return the control of a planted cost on made-up margins, and falls of the margin, one a seed."""
    dear = 1.5 * WORLD.finance.overhead_share

    def outcomes(world: Scenario, designs: Sequence[Design], seed: int = 0) -> NDArray[np.float64]:
        assert world.finance.target_cost_share == 3.0
        found = np.ones(SHAPE)
        fall = planted[seed] if world.finance.overhead_share > min(dear, WORLD.finance.overhead_share + 0.01) else 0.0
        found[0, list(METRICS).index("operating_margin"), 0] = margins[seed] - fall
        return found

    monkeypatch.setattr(controls, "_outcomes", outcomes)
    return planted_exactly(WORLD, DESIGN, planted=0.05, pairs=len(margins))


@pytest.mark.parametrize(
    ("planted", "passed"),
    [
        ([0.05, 0.05, 0.05], True),
        ([0.0501, 0.0501, 0.0501], False),  # exact, and another number
        ([0.05 + 1e-7] * 3, False),
        ([0.04, 0.05, 0.06], False),  # right on the mean, within an interval
        ([-0.05, -0.05, -0.05], False),  # the other sign
        ([nan, nan, nan], False),
        ([0.05, nan, nan], False),
        ([0.0, 0.0, 0.0], False),
    ],
)
def test_a_planted_cost_is_found_exactly_or_the_control_fails(
    planted: list[float], passed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Estimate and both ends of the interval are the planted number, whatever the seeds have in common."""
    control = lived(monkeypatch, [0.3, 0.1, -0.2], planted)
    assert control.passed is passed
    assert "-5.00 pp of operating margin planted in simple-single" in control.detail


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (1.0, 1.0, True),
        (nan, nan, True),
        (nan, 1.0, False),
        (1.0, nan, False),
        (1.0, 1.0 + 1e-12, False),
        (0.0, 1e-3, False),
    ],
)
@pytest.mark.parametrize("place", [(0, 0), (3, 1)])
def test_arms_are_alike_to_the_bit_or_not(one: float, other: float, alike: bool, place: tuple[int, int]) -> None:
    """Any one number of any run, numerator or denominator, is enough to fail."""
    first, second = np.ones((2, len(METRICS), 2)), np.ones((2, len(METRICS), 2))
    first[(1, *place)], second[(1, *place)] = one, other
    control = controls._compare("a name", first, second, "two arms")
    assert (control.name, control.passed) == ("a name", alike)
    count = len(METRICS)
    metric = list(METRICS)[place[0]]
    said = f"no bit of {count} outcomes differs" if alike else f"1 of {count} outcomes differ ({metric})"
    assert control.detail == f"two arms: {said}"


@pytest.mark.parametrize(("count", "dots"), [(5, False), (6, True)])
def test_five_differing_outcomes_are_named(count: int, dots: bool) -> None:
    """More are dots."""
    first, second = np.ones(SHAPE), np.ones(SHAPE)
    second[0, :count] = 2
    detail = controls._compare("x", first, second, "w").detail
    assert detail.endswith(f"({', '.join(list(METRICS)[:5])}{' …' * dots})")


def amid(effects: Sequence[float], half_width: float, metrics: int = 1) -> NDArray[np.float64]:
    """Return contrasts of two pairs whose estimates and half-widths are as said."""
    ripple = half_width / 12.706204736432095
    parts = np.ones((len(effects), 2, 2, metrics, 2))
    parts[:, 0, :, :, 0] += (np.array(effects)[:, None] + np.array([ripple, -ripple]))[..., None]
    return parts


@pytest.mark.parametrize(
    ("effects", "half_width", "passed"),
    [
        ([1.0] * 20, 0.5, True),
        ([1.0] * 20, 0.0, True),  # an end that touches covers
        ([1.0] * 16 + [1.6] * 4, 0.5, True),  # sixteen cover
        ([1.0] * 15 + [1.6] * 5, 0.5, False),
        ([1.0] * 19 + [0.4], 0.5, False),  # one does not exclude zero
        ([1.0] * 20, 1.1, False),  # none excludes zero
        ([-1.0] * 20, 0.5, False),
        ([nan] * 20, 0.5, False),
        ([1.0] * 19 + [nan], 0.5, False),
    ],
)
def test_a_planted_rate_is_covered_and_clear(effects: list[float], half_width: float, passed: bool) -> None:
    """At least sixteen of twenty intervals cover it, and every one excludes zero."""
    control = statistical_controls.planted_amid_noise(amid(effects, half_width))
    assert control.passed is passed


@pytest.mark.parametrize(
    ("covering", "passed"), [((180, 180), True), ((198, 198), True), ((179, 190), False), ((190, 199), False)]
)
def test_intervals_of_equal_arms_cover_zero_as_often_as_they_should(covering: tuple[int, int], passed: bool) -> None:
    """Each of the two outcomes, neither too seldom nor too often; one is not enough."""
    parts = np.concatenate([amid([0.0] * count + [1.0] * (200 - count), 0.5) for count in covering], axis=3)
    control = statistical_controls.alike_arms(parts)
    assert control.passed is passed
    first, second = statistical_controls.HEADLINE
    assert control.detail.startswith(f"{covering[0]} ({first}), {covering[1]} ({second}) of 200 intervals cover zero")
    assert control.detail.endswith("2 pairs of fresh seeds each")


def test_bounds_are_those_of_chance() -> None:
    """So many intervals of 95 % cover, but once in a thousand times, or less than three."""
    low, high = statistical_controls.COVERING
    contrasts, plants = statistical_controls.CONTRASTS, statistical_controls.PLANTS
    assert (contrasts, plants) == (200, 20)
    assert stats.binom.cdf(low - 1, contrasts, 0.95) + stats.binom.sf(high, contrasts, 0.95) < 2e-3
    assert stats.binom.cdf(low, contrasts, 0.95) > 1e-3
    assert stats.binom.sf(high - 1, contrasts, 0.95) > 2e-3
    assert stats.binom.cdf(statistical_controls.PLANTS_COVERING - 1, plants, 0.95) < 3e-3
    assert stats.binom.cdf(statistical_controls.PLANTS_COVERING, plants, 0.95) > 3e-3
    assert (statistical_controls.PAIRS, statistical_controls.PLANT_PAIRS, statistical_controls.PLANTED) == (6, 24, 1.0)


def test_alike_arms_say_their_pairs() -> None:
    """Arms that are one and the same have no width: each interval covers zero, which is too often to be true."""
    control = statistical_controls.alike_arms(np.ones((200, 2, 6, 2, 2)))
    assert not control.passed
    assert control.detail.startswith("200 (arr_growth), 200 (decision_latency) of 200 intervals cover zero, 180 to 198")
    assert control.detail.endswith("; 6 pairs of fresh seeds each")
