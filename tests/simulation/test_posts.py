"""Plans and posts: right on average under steady growth, and enough posts for the hours that are asked for."""

import math

import numpy as np
import pytest
from small_worlds import small

from revorg.simulation.codes import GAUGES, gauge
from revorg.simulation.compiling import loop
from revorg.simulation.numbers import World, world_of
from revorg.simulation.record import RECORD, record
from revorg.simulation.submodels import plans

WEEKS = 156


def steady(growth: float, **weekly: float) -> np.ndarray:
    """Return a record in which some columns grow at a log rate a year, from what they are in its first week."""
    history = np.zeros((WEEKS, len(RECORD)))
    for name, first in weekly.items():
        history[:, RECORD.index(name)] = first * np.exp(growth * np.arange(WEEKS) / 52)
    return history


@loop
def planned(history: np.ndarray, row: int, world: World) -> float:
    """Call a phase."""
    return plans.planned_new_arr(history, row, world.finance)


@loop
def asked(history: np.ndarray, row: int, gauges: np.ndarray, posts: float, world: World) -> float:
    """Call a phase."""
    return plans.posts_wanted(history, row, gauges, posts, world)


def wanted(history: np.ndarray, row: int, plan: float, world: World, bought: float = 0.0) -> float:
    """Return the posts wanted in a firm of ten posts with a plan, a maturity and hours bought beside."""
    gauges = np.zeros(len(GAUGES))
    gauges[[gauge.PLAN_USD, gauge.MATURITY, gauge.BOUGHT_HOURS]] = plan, 0.5, bought
    return asked(history, row, gauges, 10.0, world)


@pytest.mark.parametrize("growth", [-0.2, 0.0, 0.25, 0.6])
def test_a_plan_is_what_steady_growth_brings(growth: float) -> None:
    """Where all of the trend is believed, the plan of the next quarter is what it then books; stretch comes on top."""
    world = world_of(small("simple-single").changed({"finance.plan_trend": 1.0, "finance.plan_stretch": 1.0}))
    history = steady(growth, new_arr=50_000.0)
    row = 129
    booked = history[row + 1 : row + 14, record.NEW_ARR].sum()
    assert planned(history, row, world) == pytest.approx(booked, rel=1e-9)
    stretched = world._replace(finance=world.finance._replace(plan_stretch=1.2))
    assert planned(history, row, stretched) == pytest.approx(1.2 * booked, rel=1e-9)


def test_growth_that_slows_is_not_planned_on() -> None:
    """Part of the trend alone is carried forward: the plan lies between a flat quarter and the full trend."""
    history, row = steady(0.4, new_arr=50_000.0), 129
    year = history[row - 51 : row + 1, record.NEW_ARR].sum()
    plans_by_trend = [
        planned(history, row, world_of(small("simple-single").changed({"finance.plan_trend": share})))
        for share in (0.0, 0.75, 1.0)
    ]
    assert plans_by_trend == sorted(plans_by_trend)
    assert plans_by_trend[0] == pytest.approx(0.25 * year)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_first_year_plans_by_what_it_has_booked(quarters: int) -> None:
    """Growth is taken to be what the first plan asked for, as there is no year before; where it is so, all is right."""
    world = world_of(small("simple-single").changed({"finance.plan_trend": 1.0, "finance.plan_stretch": 1.0}))
    history = steady(math.log(1.0 + world.finance.growth_plan), new_arr=50_000.0)
    row = 13 * quarters - 1
    booked = history[row + 1 : row + 14, record.NEW_ARR].sum()
    assert planned(history, row, world) == pytest.approx(booked, rel=1e-9)


def test_posts_use_hours_as_intended() -> None:
    """What deals took and what leads that nobody took would have taken, over the hours of a post and the target."""
    world = small("simple-single").changed({"finance.target_use": 0.8, "sales.hours_exponent": 0.5})
    history = steady(0.0, used_hours=160.0, capacity_hours=200.0, reps=10.0, leads_unworked=2.0)
    a_deal = world.sales.deal_hours * math.exp(-0.125 * world.market.potential_sigma**2)
    assert wanted(history, 129, 0.0, world_of(world)) == pytest.approx((160.0 + 2.0 * a_deal) / (0.8 * 20.0))


def test_bought_hours_are_not_hired_away() -> None:
    """What leaders' pay buys is beside the posts: ten of them that sell a quarter more hours are still ten."""
    world = small("simple-single").changed({"sales.rep_hours": 40.0})
    history = steady(0.0, used_hours=160.0, capacity_hours=200.0, reps=10.0)
    more = history.copy()
    more[:, record.CAPACITY_HOURS] *= 1.25
    alike = wanted(more, 129, 0.0, world_of(world), bought=100.0)
    assert alike == pytest.approx(wanted(history, 129, 0.0, world_of(world)))


def test_posts_look_ahead_by_the_trend_of_demand() -> None:
    """Over half the time until whom one hires is of use, and a quarter; a boom is not taken for a trend."""
    world = world_of(small("simple-single").changed({"finance.hiring_weeks": 16}))
    flat, ahead = steady(0.0, used_hours=160.0, capacity_hours=200.0, reps=10.0), 0.5 * (16 + 11.0) + 13.0
    for growth, carried in ((0.2, 0.2), (-0.2, -0.2), (2.0, 0.5), (-0.6, -0.3)):
        history = flat.copy()
        history[:, record.USED_HOURS] *= np.exp(growth * np.arange(WEEKS) / 52)
        asked = history[104:130, record.USED_HOURS].mean()
        expected = asked * math.exp(carried * ahead / 52) / (world.finance.target_use * 20.0)
        assert wanted(history, 129, 0.0, world) == pytest.approx(expected)


def test_the_other_reading_fills_posts_by_the_plan() -> None:
    """Whatever hours are asked for; a firm never gives up selling."""
    world = world_of(small("simple-single").changed({"readings.posts": "plan"}))
    quota = world.sales.on_target_earnings_usd * world.sales.quota_multiple * world.sales.attainment
    for hours in (10.0, 1000.0):
        history = steady(0.0, used_hours=hours, capacity_hours=200.0, reps=10.0)
        assert wanted(history, 129, 0.5 * quota, world) == pytest.approx(2.0)
        assert wanted(history, 129, 0.0, world) == world.finance.least_post
