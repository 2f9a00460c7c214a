"""What a firm plans for the coming quarter: how much new ARR, and how many posts in sales.

A firm at rest must be able to stay there: so a plan carries the trend of new ARR forward and is right on average, and
posts follow the hours that leads and deals ask for.
"""

import math
from typing import Any

from revorg.simulation.codes import WEEKS_A_QUARTER, WEEKS_A_YEAR, Column, gauge
from revorg.simulation.compiling import phase, rule
from revorg.simulation.numbers import World
from revorg.simulation.record import record
from revorg.simulation.submodels.rules import bought_a_post, quota_usd, selling_share

HALF_A_YEAR = 26  # weeks over which demand is read
BY_DEMAND = 0  # the first of the readings of how posts are filled


@rule
def reps_needed(new_arr_a_year_usd: float, quota_usd: float, attainment: float) -> float:
    """Full posts that carry a year's new ARR at a usual attainment of quota. Source: trial.

    >>> reps_needed(1_920_000.0, quota_usd=480_000.0, attainment=0.8)
    5.0
    """
    return new_arr_a_year_usd / (quota_usd * attainment)


@rule
def quarter_of_trend(won_usd: float, trend: float, years: float) -> float:
    """New ARR of the coming quarter where that of some years has grown, and goes on growing, at a log rate. [USD]

    Under steady growth it is what will be booked. Source: the integral of an exponential over the quarter to come,
    against that over the time gone by.

    >>> quarter_of_trend(400.0, trend=0.0, years=1.0)
    100.0
    >>> round(quarter_of_trend(400.0, trend=0.4, years=1.0), 1)
    127.6
    """
    if abs(trend) < 1e-9:
        return 0.25 * won_usd / years
    return won_usd * (math.exp(0.25 * trend) - 1.0) / (1.0 - math.exp(-trend * years))


@rule
def growth_between(before: float, now: float, otherwise: float) -> float:
    """Growth from one year to the next, as a log; what it is otherwise where one of them is nothing.

    >>> growth_between(100.0, 100.0, otherwise=0.3), growth_between(0.0, 5.0, otherwise=0.3)
    (0.0, 0.3)
    """
    return math.log(now / before) if before > 0.0 and now > 0.0 else otherwise


@rule
def mean_deal_hours(base_hours: float, exponent: float, sigma: float) -> float:
    """Mean hours of a deal over accounts whose size is lognormal with mean 1. [h]

    >>> mean_deal_hours(14.0, exponent=1.0, sigma=0.7)
    14.0
    """
    return base_hours * math.exp(0.5 * exponent * (exponent - 1.0) * sigma * sigma)


@rule
def carried_forward(trend: float, hiring_weeks: float, ramp_weeks: float) -> float:
    """Factor on today's demand for whom is hired now: its own trend over half the lead time and a quarter.

    Whoever is hired comes when the search is over, and is half as good as others for half the ramp. Extreme years are
    not taken for trends. Source: trial (looking ahead by the growth of ARR hires too many).

    >>> carried_forward(0.0, hiring_weeks=16.0, ramp_weeks=22.0)
    1.0
    """
    ahead = 0.5 * (hiring_weeks + 0.5 * ramp_weeks) + WEEKS_A_QUARTER
    return math.exp(min(max(trend, -0.3), 0.5) * ahead / WEEKS_A_YEAR)


@rule
def posts_for(hours_a_week: float, hours_a_post: float, target_use: float, least: float) -> float:
    """Full posts whose hours are used as far as intended; a firm never gives up selling, however little is asked.

    >>> posts_for(80.0, hours_a_post=20.0, target_use=0.8, least=0.25), posts_for(0.0, 20.0, 0.8, least=0.25)
    (5.0, 0.25)
    """
    return max(hours_a_week / (target_use * hours_a_post), least) if hours_a_post > 0.0 else least


@phase
def planned_new_arr(history: Column, row: int, rules: Any) -> float:
    """New ARR that is planned for the coming quarter, stretch included; what there is of a first year counts. [USD]"""
    weeks = min(row + 1, WEEKS_A_YEAR)
    now = _summed(history, record.NEW_ARR, row + 1 - weeks, row + 1)
    growth = math.log(1.0 + rules.growth_plan)
    if row + 1 >= 2 * WEEKS_A_YEAR:
        before = _summed(history, record.NEW_ARR, row + 1 - 2 * WEEKS_A_YEAR, row + 1 - WEEKS_A_YEAR)
        growth = growth_between(before, now, 0.0)
    return rules.plan_stretch * quarter_of_trend(now, rules.plan_trend * growth, weeks / WEEKS_A_YEAR)


@phase
def posts_wanted(history: Column, row: int, gauges: Column, posts_now: float, world: World) -> float:
    """Full posts in sales that the firm wants: for the hours asked of it, or for what is planned."""
    sales, least = world.sales, world.finance.least_post
    if world.readings.posts != BY_DEMAND:
        return max(reps_needed(4.0 * gauges[gauge.PLAN_USD], quota_usd(sales), sales.attainment), least)
    a_deal = mean_deal_hours(sales.deal_hours, sales.hours_exponent, world.market.potential_sigma)
    half = max(row + 1 - HALF_A_YEAR, 0)
    asked = _asked_hours(history, half, row + 1, a_deal) / (row + 1 - half)
    new = sales.rep_hours * selling_share(gauges[gauge.MATURITY], sales.admin_share, sales.admin_relief)
    # Hours bought for leaders' pay are beside a post's own: they are not hired away again.
    bought = bought_a_post(gauges[gauge.BOUGHT_HOURS], posts_now, sales.rep_hours)
    capacity = history[row, record.CAPACITY_HOURS] * sales.rep_hours / max(sales.rep_hours + bought, 1e-9)
    a_post = capacity / posts_now if posts_now > 0.0 and capacity > 0.0 else new
    trend = math.log(1.0 + world.finance.growth_plan)
    if row + 1 >= 2 * WEEKS_A_YEAR:
        year = row + 1 - WEEKS_A_YEAR
        before = _asked_hours(history, year - WEEKS_A_YEAR, year, a_deal)
        trend = growth_between(before, _asked_hours(history, year, row + 1, a_deal), 0.0)
    asked *= carried_forward(trend, world.finance.hiring_weeks, sales.ramp_weeks)
    return posts_for(asked, a_post, world.finance.target_use, least)


@rule
def _asked_hours(history: Column, first: int, last: int, a_deal: float) -> float:
    """Selling hours that were used in some weeks, and those that leads nobody took would have taken. [h]"""
    used = _summed(history, record.USED_HOURS, first, last)
    return used + a_deal * _summed(history, record.LEADS_UNWORKED, first, last)


@rule
def _summed(history: Column, column: int, first: int, last: int) -> float:
    """Sum of a column of the record over some weeks."""
    total = 0.0
    for w in range(first, last):
        total += history[w, column]
    return total
