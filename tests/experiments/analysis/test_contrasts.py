"""Effects and their intervals against hand-made and brute-force results, and against chance itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from revorg.experiments.analysis.contrasts import (
    Effect,
    Floats,
    contrast,
    jackknife_error,
    mean_contrast,
    pairing_of,
    pooled_contrast,
    t_point,
)

DIFFERENCE = np.array([1.0, -1.0])


def brute_force_pooled(tops: Floats, bottoms: Floats, weights: Floats) -> tuple[float, float]:
    """Delete-one jackknife of the complete contrast, written out."""
    seeds = tops.shape[1]

    def complete(kept: NDArray[np.bool_]) -> float:
        return float(sum(w * tops[k, kept].sum() / bottoms[k, kept].sum() for k, w in enumerate(weights)))

    everything = np.ones(seeds, dtype=bool)
    left_out = []
    for seed in range(seeds):
        kept = everything.copy()
        kept[seed] = False
        left_out.append(complete(kept))
    error = np.sqrt((seeds - 1) / seeds * np.sum((np.array(left_out) - np.mean(left_out)) ** 2))
    return complete(everything), float(error)


def test_mean_contrast_is_the_paired_t_interval() -> None:
    """Mean contrast is the paired t interval."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(2, 20))
    found = mean_contrast(values, DIFFERENCE)
    expected = stats.ttest_rel(values[0], values[1])
    low, high = expected.confidence_interval(0.95)
    assert (found.effect, found.low, found.high) == pytest.approx((np.mean(values[0] - values[1]), low, high))
    assert (found.pairs, found.empty) == (20, 0)


def test_interaction_is_computed_within_each_seed() -> None:
    """Interaction is computed within each seed."""
    values = np.array([[3.0, 4.0], [1.0, 1.0], [2.0, 0.0], [1.0, 1.0]])
    found = mean_contrast(values, np.array([1.0, -1.0, -1.0, 1.0]))
    assert found.effect == pytest.approx((1 + 4) / 2)
    assert found.half_width == pytest.approx(t_point(2) * np.std([1, 4], ddof=1) / np.sqrt(2))


def test_pooled_contrast_is_a_ratio_of_sums_with_a_delete_one_jackknife() -> None:
    """Pooled contrast is a ratio of sums with a delete one jackknife."""
    rng = np.random.default_rng(2)
    bottoms = rng.integers(1, 40, size=(4, 12)).astype(float)
    tops = rng.binomial(bottoms.astype(int), 0.3).astype(float)
    weights = np.array([0.5, 0.5, -0.25, -0.75])
    found = pooled_contrast(tops, bottoms, weights)
    effect, error = brute_force_pooled(tops, bottoms, weights)
    assert found.effect == pytest.approx(effect)
    assert found.half_width == pytest.approx(t_point(12) * error)


def test_pooled_contrast_with_equal_denominators_is_the_mean_contrast() -> None:
    """Pooled contrast with equal denominators is the mean contrast."""
    values = np.random.default_rng(3).normal(size=(2, 15))
    pooled = pooled_contrast(7 * values, np.full_like(values, 7.0), DIFFERENCE)
    plain = mean_contrast(values, DIFFERENCE)
    assert (pooled.effect, pooled.low, pooled.high) == pytest.approx((plain.effect, plain.low, plain.high))
    assert (pooled.pair_correlation, pooled.saving) == pytest.approx((plain.pair_correlation, plain.saving))


def test_what_a_ratio_is_told_beyond_is_pooled_by_itself() -> None:
    """The difference of two ratios of sums, with a delete-one jackknife of it all; pairs count a term once."""
    rng = np.random.default_rng(9)
    bottoms = rng.integers(1, 16, size=(2, 2, 12)).astype(float)
    tops = rng.binomial(bottoms.astype(int), 0.6).astype(float)
    found = pooled_contrast(tops[0], bottoms[0], DIFFERENCE, (tops[1], bottoms[1]))
    effect, error = brute_force_pooled(tops.reshape(4, 12), bottoms.reshape(4, 12), np.array([1.0, -1.0, -1.0, 1.0]))
    assert found.effect == pytest.approx(effect)
    assert found.half_width == pytest.approx(t_point(12) * error)
    assert contrast(tops[0], bottoms[0], DIFFERENCE, ratio=True, beyond=(tops[1], bottoms[1])) == found
    averaged = (tops[0] / bottoms[0] - tops[1] / bottoms[1]).mean(axis=1) @ DIFFERENCE
    assert abs(found.effect - averaged) > 0.01  # pooled, not averaged
    alike = pooled_contrast(tops[0], bottoms[0], DIFFERENCE, (tops[0], bottoms[0]))
    assert (alike.effect, alike.half_width) == pytest.approx((0.0, 0.0))


def test_jackknife_of_a_mean_is_its_standard_error() -> None:
    """Jackknife of a mean is its standard error."""
    sample = np.random.default_rng(4).normal(size=30)
    left_out = (sample.sum() - sample) / 29
    assert jackknife_error(left_out) == pytest.approx(sample.std(ddof=1) / np.sqrt(30))


def test_jackknife_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Two arms, common noise, random denominators: 95 % of intervals cover the true difference."""
    rng = np.random.default_rng(5)
    rates, covered, samples = np.array([0.30, 0.24]), 0, 2000
    for _ in range(samples):
        common = rng.normal(0, 0.04, size=32)
        bottoms = rng.poisson(60, size=(2, 32)).astype(float) + 1
        tops = rng.binomial(bottoms.astype(int), np.clip(rates[:, None] + common, 0, 1)).astype(float)
        found = pooled_contrast(tops, bottoms, DIFFERENCE)
        covered += found.low <= rates[0] - rates[1] <= found.high
    assert 0.935 <= covered / samples <= 0.965


def test_pairing_saves_what_correlation_promises() -> None:
    """Pairing saves what correlation promises."""
    rng = np.random.default_rng(6)
    common, own = rng.normal(size=200_000), rng.normal(size=(2, 200_000))
    correlation, saving = pairing_of(np.sqrt(0.8) * common + np.sqrt(0.2) * own, DIFFERENCE)
    assert correlation == pytest.approx(0.8, abs=0.01)
    assert saving == pytest.approx(1 / (1 - 0.8), rel=0.02)


def test_pairing_of_unrelated_arms_saves_nothing() -> None:
    """Pairing of unrelated arms saves nothing."""
    correlation, saving = pairing_of(np.random.default_rng(7).normal(size=(2, 200_000)), DIFFERENCE)
    assert correlation == pytest.approx(0, abs=0.01)
    assert saving == pytest.approx(1, rel=0.02)


def test_identical_arms_differ_by_exactly_nothing() -> None:
    """Identical arms differ by exactly nothing."""
    values = np.random.default_rng(8).normal(size=20)
    found = mean_contrast(np.array([values, values]), DIFFERENCE)
    assert (found.effect, found.low, found.high) == (0.0, 0.0, 0.0)
    assert found.saving == np.inf


def test_seed_without_anything_to_measure_is_dropped_and_counted_never_zero() -> None:
    """Seed without anything to measure is dropped and counted never zero."""
    values = np.array([[1.0, 2.0, 3.0, 50.0], [0.0, 0.0, 0.0, 0.0]])
    denominators = np.ones_like(values)
    denominators[1, 3] = 0.0
    found = contrast(values, denominators, DIFFERENCE, ratio=False)
    assert (found.effect, found.pairs, found.seeds, found.empty) == (2.0, 3, 4, 1)


def test_empty_run_adds_nothing_to_a_ratio_of_sums_and_is_counted() -> None:
    """Empty run adds nothing to a ratio of sums and is counted."""
    tops = np.array([[1.0, 2.0, 0.0], [1.0, 1.0, 1.0]])
    bottoms = np.array([[2.0, 2.0, 0.0], [4.0, 4.0, 4.0]])
    found = contrast(tops, bottoms, DIFFERENCE, ratio=True)
    assert found.effect == pytest.approx(3 / 4 - 3 / 12)
    assert (found.pairs, found.seeds, found.empty) == (3, 3, 1)


@pytest.mark.parametrize("ratio", [True, False])
def test_nothing_to_measure_at_all_is_no_number(ratio: bool) -> None:
    """Nothing to measure at all is no number."""
    found = contrast(np.zeros((2, 8)), np.zeros((2, 8)), DIFFERENCE, ratio=ratio)
    assert np.isnan([found.effect, found.low, found.high]).all()
    assert found.empty == 8


def test_one_seed_gives_no_interval() -> None:
    """One seed gives no interval."""
    assert np.isnan(mean_contrast(np.ones((2, 1)), DIFFERENCE).low)


@given(st.integers(3, 20), st.floats(0.01, 100), st.floats(-5, 5))
def test_effect_moves_with_scale_and_not_with_level(seeds: int, scale: float, level: float) -> None:
    """Effect moves with scale and not with level."""
    values = np.random.default_rng(seeds).normal(size=(2, seeds))
    plain, moved = mean_contrast(values, DIFFERENCE), mean_contrast(scale * values + level, DIFFERENCE)
    assert (moved.effect, moved.half_width) == pytest.approx((scale * plain.effect, scale * plain.half_width), rel=1e-6)


def test_half_width_is_half_the_interval() -> None:
    """Half width is half the interval."""
    assert Effect(0.0, -1.0, 3.0, pairs=32).half_width == 2.0
