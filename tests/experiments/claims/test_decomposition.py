"""Cells taken apart: known effects are found again, noise is not taken for fit."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_runs import MadeUpRuns, Rule, noisy

from revorg.experiments.claims.claim import registry
from revorg.experiments.claims.decomposition import (
    PARTS,
    Decomposition,
    fit_of,
    shares_of,
    sums_of_squares,
    take_apart,
    without_each_seed,
)
from revorg.experiments.runs.jobs import FOUR_YEARS
from revorg.experiments.runs.pairs import Measurements, tasks_of

FACTORIAL = registry().factorial
MATCHED = {f"{seat}:{person}": 0.02 for seat, person in FACTORIAL.matching.items()}


def decomposed(rule: Rule, metric: str = "arr_growth", seeds: Iterable[int] = range(32)) -> Decomposition:
    """Take made-up cells apart."""
    measurements = Measurements()
    arms = [(world, design) for world in FACTORIAL.worlds for design in FACTORIAL.designs]
    for outcomes in MadeUpRuns(rule).run(tasks_of(arms, seeds, (FOUR_YEARS,))):
        measurements.add(outcomes)
    parts = take_apart(measurements, FACTORIAL, metric)
    assert parts is not None
    return parts


@given(st.integers(0, 10_000))
def test_squares_add_up(seed: int) -> None:
    """Seat, person and fit make up all the differences between cells."""
    cells = np.random.default_rng(seed).normal(size=(4, 5))
    assert sums_of_squares(cells).sum() == pytest.approx(((cells - cells.mean()) ** 2).sum())


def test_cells_that_add_have_no_fit() -> None:
    """Seat plus person leaves nothing."""
    cells = np.arange(4.0)[:, None] + np.array([0.0, 3.0, 1.0, 7.0, 2.0])
    assert fit_of(cells) == pytest.approx(np.zeros((4, 5)))


@pytest.mark.parametrize("metric", ["arr_growth", "logo_churn"])
def test_fit_of_the_registered_matching_is_found(metric: str) -> None:
    """Means and ratios of sums alike: the matching ranks first, and its advantage is what was put in."""
    parts = decomposed(noisy(MATCHED), metric)
    overall = parts.matchings[-1]
    assert (overall.rank, overall.of, overall.best) == (1, 24, overall.registered)
    # A matching hits a registered pair of a seat in one of four matchings.
    assert overall.low < 0.02 * (1 - 1 / 4) < overall.high
    assert all(share.share > 0.5 for share in parts.shares if share.part == "fit")


def test_shares_sum_to_one_in_every_world() -> None:
    """They are shares of the same whole."""
    parts = decomposed(noisy(MATCHED))
    for world in FACTORIAL.worlds:
        shares = [share.share for share in parts.shares if share.world == world]
        assert len(shares) == len(PARTS)
        assert sum(shares) == pytest.approx(1)


def test_noise_is_not_taken_for_fit() -> None:
    """Cells that differ by seat only: squares of person and fit are zero on average, not positive."""
    by_seat = {f"{seat}:{p}": 0.01 * k for k, seat in enumerate(FACTORIAL.seats) for p in FACTORIAL.persons}
    squares: dict[str, list[float]] = {part: [] for part in PARTS}
    for first_seed in range(0, 12_000, 1000):
        for share in decomposed(noisy(by_seat, own=0.02), seeds=range(first_seed, first_seed + 16)).shares:
            squares[share.part].append(share.sum_of_squares)
    noise = 12 * 0.02**2 / 16  # what the plain sum of squares of fit would hold of pure noise: 12 degrees of freedom
    fit = np.array(squares["fit"])
    assert abs(fit.mean()) < 3 * fit.std() / np.sqrt(len(fit)) + 0.05 * noise
    assert np.mean(squares["seat"]) == pytest.approx(20 * np.var([0, 0.01, 0.02, 0.03]), rel=0.15)


def test_leaving_each_seed_out() -> None:
    """Both estimators against plain sums."""
    tops, bottoms = np.array([[1.0, 2.0, 6.0]]), np.array([[1.0, 4.0, 3.0]])
    pooled, without = without_each_seed(tops, bottoms, ratio=True)
    assert (pooled.tolist(), without[:, 0].tolist()) == ([9 / 8], [8 / 7, 7 / 4, 3 / 5])
    mean, without = without_each_seed(tops, bottoms, ratio=False)
    assert mean[0] == pytest.approx((1 + 0.5 + 2) / 3)
    assert without[:, 0].tolist() == [1.25, 1.5, 0.75]


def test_part_of_the_factorial_is_not_taken_apart() -> None:
    """Without all cells there is nothing to say."""
    assert take_apart(Measurements(), FACTORIAL, "arr_growth") is None


@pytest.mark.parametrize(("seeds", "noise"), [(40, 0.03), (128, 0.01)])
def test_intervals_of_shares_cover_the_truth(seeds: int, noise: float) -> None:
    """Nineteen times in twenty, also where noise is larger than what it hides."""
    draws, covered = np.random.default_rng(11), []
    shape = (len(FACTORIAL.worlds), len(FACTORIAL.seats), len(FACTORIAL.persons))
    for _ in range(60):
        cells = draws.normal(0.0, 0.01, shape)
        seen = cells[..., None] + draws.normal(0.0, noise, (*shape, seeds))
        numerators = seen.reshape(-1, seeds)
        estimates, left_out = without_each_seed(numerators, np.ones_like(numerators), ratio=False)
        found = shares_of(estimates.reshape(shape), left_out.reshape(-1, *shape), FACTORIAL.worlds)
        squares = sums_of_squares(cells)
        truth = (squares / squares.sum(axis=-1, keepdims=True)).ravel()
        covered += [one.low <= share <= one.high for one, share in zip(found, truth, strict=True)]
    assert 0.92 < np.mean(covered) < 0.98
