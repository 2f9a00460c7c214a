"""Estimators on numbers small enough for the back of an envelope: each factor, guard and degree of freedom shows."""

from math import inf, nan, sqrt

import numpy as np
import pytest
from scipy import stats

from revorg.experiments.analysis.contrasts import (
    Effect,
    contrast,
    jackknife_error,
    mean_contrast,
    pairing_of,
    pooled_contrast,
    t_point,
)
from revorg.experiments.analysis.precision import BATCH, FULL, QUICK, STANDARD, is_precise, pairs_needed

DIFFERENCE = np.array([1.0, -1.0])
NOTHING = (nan, nan, nan)


def ends(effect: Effect) -> list[float]:
    """Return estimate and interval."""
    return [effect.effect, effect.low, effect.high]


def test_t_point() -> None:
    """One degree of freedom less than seeds; none without two."""
    assert t_point(2) == pytest.approx(12.7062, abs=1e-4)
    assert t_point(32) == pytest.approx(2.0395, abs=1e-4)
    assert np.isnan([t_point(1), t_point(0)]).all()


def test_mean_of_three() -> None:
    """Differences 1, 2, 6: mean 3, variance 7, error √(7/3)."""
    found = mean_contrast(np.array([[2.0, 4.0, 9.0], [1.0, 2.0, 3.0]]), DIFFERENCE)
    margin = stats.t.ppf(0.975, 2) * sqrt(7 / 3)
    assert ends(found) == pytest.approx([3, 3 - margin, 3 + margin])
    assert (found.pairs, found.seeds, found.empty) == (3, 3, 0)


def test_weights_are_taken_as_they_are() -> None:
    """Neither scaled to one nor to their sign."""
    values = np.array([[2.0, 4.0, 9.0], [1.0, 2.0, 3.0]])
    plain, tripled = mean_contrast(values, DIFFERENCE), mean_contrast(values, 3 * DIFFERENCE)
    assert ends(tripled) == pytest.approx([3 * end for end in ends(plain)])
    assert mean_contrast(values, np.array([0.5, -2.0])).effect == pytest.approx(0.5 * 5 - 2 * 2)
    ones = np.ones_like(values)
    assert pooled_contrast(values, ones, np.array([0.5, -2.0])).effect == pytest.approx(0.5 * 5 - 2 * 2)


def test_pooled_of_two() -> None:
    """(1 + 6)/(2 + 3) − (1 + 1)/(1 + 3); leaving out the first gives 2 − 1/3, the second 1/2 − 1."""
    tops, bottoms = np.array([[1.0, 6.0], [1.0, 1.0]]), np.array([[2.0, 3.0], [1.0, 3.0]])
    found = pooled_contrast(tops, bottoms, DIFFERENCE)
    half = (2 - 1 / 3 - (1 / 2 - 1)) / 2
    margin = stats.t.ppf(0.975, 1) * sqrt((1 / 2) * 2 * half**2)
    assert ends(found) == pytest.approx([7 / 5 - 1 / 2, 0.9 - margin, 0.9 + margin])


def test_empty_runs_count_nothing_whatever_stands_above() -> None:
    """A numerator over nothing adds nothing to a ratio of sums, and is dropped from a mean."""
    tops, bottoms = np.array([[1.0, 6.0, 99.0], [1.0, 1.0, 2.0]]), np.array([[2.0, 3.0, 0.0], [1.0, 3.0, 4.0]])
    pooled = contrast(tops, bottoms, DIFFERENCE, ratio=True)
    assert pooled.effect == pytest.approx(7 / 5 - 4 / 8)
    assert (pooled.pairs, pooled.seeds, pooled.empty) == (3, 3, 1)
    zero = np.where(bottoms == 0, 0.0, tops)
    assert ends(contrast(zero, bottoms, DIFFERENCE, ratio=True)) == ends(pooled)
    mean = contrast(tops, bottoms, DIFFERENCE, ratio=False)
    assert mean.effect == pytest.approx(((1 / 2 - 1) + (2 - 1 / 3)) / 2)
    assert (mean.pairs, mean.seeds, mean.empty) == (2, 3, 1)


def test_seeds_that_measure_no_number_are_dropped_and_counted() -> None:
    """NaN above or below, in either arm."""
    tops = np.array([[1.0, 6.0, nan, 5.0, 5.0], [1.0, 1.0, 2.0, 2.0, inf]])
    bottoms = np.array([[2.0, 3.0, 1.0, 1.0, 1.0], [1.0, 3.0, 4.0, nan, 1.0]])
    for ratio, effect in ((True, 7 / 5 - 1 / 2), (False, ((1 / 2 - 1) + (2 - 1 / 3)) / 2)):
        found = contrast(tops, bottoms, DIFFERENCE, ratio=ratio)
        assert found.effect == pytest.approx(effect)
        assert (found.pairs, found.seeds, found.empty) == (2, 5, 3)


@pytest.mark.parametrize(
    ("tops", "bottoms"),
    [
        ([[1.0], [1.0]], [[1.0], [1.0]]),  # one seed
        ([[1.0, 2.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]),  # an arm that never measures
        ([[1.0, 2.0], [1.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]]),  # an arm that all rests on one seed
        ([[1.0, nan], [1.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]),  # one seed that is left
    ],
)
@pytest.mark.parametrize("ratio", [True, False])
def test_too_little_is_no_number(tops: list[list[float]], bottoms: list[list[float]], ratio: bool) -> None:
    """Neither an estimate nor an interval, and the seeds are counted all the same."""
    found = contrast(np.array(tops), np.array(bottoms), DIFFERENCE, ratio=ratio)
    assert np.isnan(ends(found)).all()
    assert found.seeds == len(tops[0])
    assert np.isnan([found.pair_correlation, found.saving]).all()


def test_two_seeds_are_enough() -> None:
    """The fewest that have an interval."""
    for ratio in (True, False):
        found = contrast(np.array([[1.0, 3.0], [1.0, 1.0]]), np.ones((2, 2)), DIFFERENCE, ratio=ratio)
        assert ends(found) == pytest.approx([1, 1 - 12.7062, 1 + 12.7062], abs=1e-4)


def test_jackknife_of_three() -> None:
    """√(2/3 · (1 + 0 + 1)), column by column."""
    left_out = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    assert jackknife_error(left_out) == pytest.approx([sqrt(4 / 3), 10 * sqrt(4 / 3)])


def test_pairing_of_three_seeds() -> None:
    """Variances 1 and 4 with covariance 2 less noise, by hand; weights count by their size."""
    one, other = np.array([1.0, 2.0, 3.0]), np.array([2.0, 6.0, 4.0])
    correlation, saving = pairing_of(np.array([one, other]), DIFFERENCE)
    assert correlation == pytest.approx(np.corrcoef(one, other)[0, 1]) == pytest.approx(0.5)
    assert saving == pytest.approx((1 + 4) / np.var(one - other, ddof=1)) == pytest.approx(5 / 3)
    correlation, saving = pairing_of(np.array([one, other]), np.array([1.0, -2.0]))
    assert (correlation, saving) == pytest.approx((0.5, (1 + 16) / np.var(one - 2 * other, ddof=1)))


def test_pairing_of_an_interaction() -> None:
    """Terms of one sign are added up before they are correlated with the others."""
    terms = np.array([[1.0, 2.0, 4.0], [0.0, 1.0, 0.0], [2.0, 2.0, 3.0], [1.0, 0.0, 2.0]])
    correlation, _ = pairing_of(terms, np.array([1.0, -1.0, -1.0, 1.0]))
    assert correlation == pytest.approx(np.corrcoef(terms[0] + terms[3], terms[1] + terms[2])[0, 1])


def test_pairing_without_spread() -> None:
    """Arms that move as one save everything; arms that do not move at all, nothing that could be said."""
    one = np.array([1.0, 2.0, 4.0])
    assert pairing_of(np.array([one, one]), DIFFERENCE) == pytest.approx((1, inf))
    assert np.isnan(pairing_of(np.ones((2, 3)), DIFFERENCE)).all()
    correlation, saving = pairing_of(np.array([one, np.ones(3)]), DIFFERENCE)
    assert np.isnan(correlation)
    assert saving == pytest.approx(1)


def test_pairing_of_ratios_weighs_runs_by_size() -> None:
    """Influence values: what a seed adds to the ratio, so that the saving is that of the interval."""
    tops, bottoms = np.array([[3.0, 5.0, 9.0], [2.0, 6.0, 5.0]]), np.array([[10.0, 20.0, 30.0], [10.0, 30.0, 20.0]])
    ratios = tops.sum(axis=1) / bottoms.sum(axis=1)
    influence = (tops - ratios[:, None] * bottoms) / bottoms.mean(axis=1)[:, None]
    found = pooled_contrast(tops, bottoms, DIFFERENCE)
    assert (found.pair_correlation, found.saving) == pytest.approx(pairing_of(influence, DIFFERENCE))


def test_half_width() -> None:
    """Half of what lies between the ends."""
    assert Effect(0.0, -1.0, 2.0, 3).half_width == 1.5
    assert Effect(0.0, 0.0, 0.0, 3).seeds == Effect(0.0, 0.0, 0.0, 3).empty == 0


@pytest.mark.parametrize(
    ("low", "high", "pairs", "target", "needed"),
    [
        (-1.0, 1.0, 40, 1.0, 40),  # as it is
        (-2.0, 2.0, 32, 1.0, 128),
        (-1.01, 1.01, 32, 1.0, 64),  # a little more than a batch is two
        (-2.0, 2.0, 64, 1.0, 256),
        (-2.0, 2.0, 32, 0.0, None),
        (-2.0, 2.0, 32, -1.0, None),
        (0.0, 0.0, 32, 0.0, 32),
        (nan, nan, 0, 1.0, None),
    ],
)
def test_pairs_needed(low: float, high: float, pairs: int, target: float, needed: int | None) -> None:
    """In whole batches; none where nothing helps."""
    assert pairs_needed(Effect(0.0, low, high, pairs), target) == needed


def test_precision() -> None:
    """Half the SESOI, a quarter with --full; one batch with --quick, else sixteen; the end belongs."""
    assert [(p.target(2.0), p.most_pairs) for p in (QUICK, STANDARD, FULL)] == [(1.0, 32), (1.0, 512), (0.5, 512)]
    assert BATCH == 32
    assert is_precise(1.0, 2.0, 0.5)
    assert not is_precise(1.0, 2.001, 0.5)
    assert not is_precise(nan, nan, 0.5)
