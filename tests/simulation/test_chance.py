"""Draws are pure functions of their keys, distributed as they say, and unrelated to one another."""

import ast
import inspect
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from small_worlds import key

from revorg.simulation import initialization
from revorg.simulation.chance import exponential, fill_normal, fill_uniform, normal, normal_quantile, purpose, uniform

COUNT = 100_000
WEEKS = st.integers(-1040, 100_000)
SEEDS = st.integers(0, 2**32 - 1)
ROWS = st.integers(0, 2**52)
MASK = (1 << 64) - 1


def draws(seed: int = 1, purpose: int = 1, week: int = 0, count: int = COUNT) -> NDArray[np.float64]:
    """Return the uniform draws of the first entities."""
    values = np.empty(count)
    fill_uniform(values, seed, purpose, week)
    return values


def scrambled(x: int) -> int:
    """Return the finalizer of splitmix64 in Python's own whole numbers."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


@given(seed=SEEDS, purpose=st.integers(1, 60), week=WEEKS, row=ROWS)
def test_a_draw_is_the_published_hash_of_its_key(seed: int, purpose: int, week: int, row: int) -> None:
    """Computed anew in whole numbers of any size, the draw is the same bit for bit: no state, no order."""
    golden = 0x9E3779B97F4A7C15
    folded = scrambled((seed * golden + purpose) & MASK)
    folded = scrambled((folded + week * 0xD1342543DE82EF95) & MASK)
    bits = scrambled(scrambled((folded + row * golden) & MASK))
    assert uniform(key(seed, purpose, week), row) == ((bits >> 12) + 0.5) / 2.0**52


@given(seed=SEEDS, week=WEEKS, count=st.integers(1, 50))
def test_filling_an_array_asks_the_same_draws(seed: int, week: int, count: int) -> None:
    """Neither the number of entities nor their order changes anybody's draw."""
    one_by_one = [uniform(key(seed, 3, week), row) for row in reversed(range(count))][::-1]
    assert draws(seed, 3, week, count).tolist() == one_by_one
    normals = np.empty(count)
    fill_normal(normals, seed, 3, week)
    assert normals.tolist() == [normal(key(seed, 3, week), row) for row in range(count)]


def test_uniform_draws_are_uniform_and_normal_ones_normal() -> None:
    """Their distributions pass Kolmogorov and Smirnov's test, on each of 20 streams."""
    for week in range(20):
        assert stats.kstest(draws(week=week), "uniform").pvalue > 1e-4
    normals = np.empty(COUNT)
    fill_normal(normals, 1, 2, 0)
    assert stats.kstest(normals, "norm").pvalue > 1e-4
    waits = [exponential(key(1, 2, 3), row) for row in range(20_000)]
    assert stats.kstest(waits, "expon").pvalue > 1e-4


def test_draws_never_leave_the_open_unit_interval() -> None:
    """Logarithms and quantiles of them are finite."""
    assert uniform.py_func is not None  # type: ignore[attr-defined]
    values = np.concatenate([draws(week=week) for week in range(20)])
    assert 0.0 < values.min() < 1e-5
    assert 1.0 - 1e-5 < values.max() < 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"week": 1}),
        ({"week": -1}, {"week": 0}),
        ({}, {"seed": 2}),
        ({}, {"purpose": 2}),
        ({"seed": 1, "purpose": 2}, {"seed": 2, "purpose": 1}),
        ({"week": 52}, {"week": 104}),
    ],
)
def test_streams_are_unrelated(one: dict[str, int], other: dict[str, int]) -> None:
    """No correlation between streams of neighbouring weeks, seeds and purposes, nor at a shift of entities."""
    first, second = draws(**one), draws(**other)
    for shift in (0, 1, 4, 8):
        correlation = np.corrcoef(first[shift:], second[: len(second) - shift])[0, 1]
        assert abs(correlation) < 5.0 / np.sqrt(COUNT)


def test_neighbouring_entities_are_unrelated() -> None:
    """Neither one after the other nor at the distances at which decisions and deals key their draws."""
    values = draws()
    for distance in (1, 2, 4, 8, 32, 1024):
        correlation = np.corrcoef(values[distance:], values[:-distance])[0, 1]
        assert abs(correlation) < 5.0 / np.sqrt(COUNT)
    pairs = stats.chisquare(np.histogram2d(values[::2], values[1::2], bins=16)[0].ravel())
    assert pairs.pvalue > 1e-4


def test_one_entity_over_the_weeks_is_unrelated() -> None:
    """A customer's luck of one week says nothing about the next."""
    values = np.array([uniform(key(1, 5, week), 77) for week in range(20_000)])
    assert stats.kstest(values, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 5.0 / np.sqrt(len(values))


@pytest.mark.parametrize("p", [1e-300, 1e-16, 1e-9, 0.01, 0.075, 0.4, 0.5, 0.9, 0.925, 1.0 - 1e-12])
def test_normal_quantiles_are_those_of_scipy(p: float) -> None:
    """Wichura's algorithm, in its three ranges."""
    assert normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=1e-12, abs=1e-14)


@given(st.lists(st.floats(1e-12, 1.0 - 1e-12), min_size=2, max_size=20))
def test_normal_quantiles_rise(chances: list[float]) -> None:
    """A larger chance never gives a smaller quantile, also across the borders of ranges."""
    quantiles = [normal_quantile(p) for p in sorted(chances)]
    assert all(below <= above for below, above in pairwise(quantiles))


def test_every_purpose_has_a_number_of_its_own() -> None:
    """Two purposes with one number would share their draws."""
    assert len(purpose) >= 40
    assert all(isinstance(number, int) for number in purpose)
    assert len(set(purpose)) == len(purpose)


def test_at_the_beginning_every_purpose_is_used_once() -> None:
    """Rows of two tables with one purpose would share draws: account 3 and front 3 have nothing in common."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(initialization))) if isinstance(node, ast.Call)]
    filled = [
        call.args[2].attr
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id in ("_uniforms", "_normals")
        and isinstance(call.args[2], ast.Attribute)
    ]
    assert len(filled) >= 8
    assert set(filled) <= set(purpose._fields)
    assert sorted(filled) == sorted(set(filled))
