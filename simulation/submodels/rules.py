"""Rules that several submodels share."""

import math
from typing import Any

from revorg.simulation.codes import WEEKS_A_YEAR, Column
from revorg.simulation.compiling import phase, rule
from revorg.simulation.numbers import World
from revorg.simulation.state import Reps


@rule
def held_or(held: float, free: float) -> float:
    """What is held in place of a mechanism, or what the mechanism gives where nothing (NaN) is held.

    >>> held_or(float("nan"), 2.0), held_or(1.0, 2.0)
    (2.0, 1.0)
    """
    return free if math.isnan(held) else held


@rule
def logistic(logit: float) -> float:
    """Probability of a logit. (0..1)

    >>> logistic(0.0)
    0.5
    """
    return 1.0 / (1.0 + math.exp(-logit))


@rule
def kept_after(weeks: float, half_life_weeks: float) -> float:
    """Share of a deviation that is left after some weeks. [0..1]

    >>> kept_after(52.0, half_life_weeks=52.0)
    0.5
    """
    return 0.5 ** (weeks / half_life_weeks)


@rule
def margin_share(costs: float, relief: float, maturity: float) -> float:
    """Share of a contract left after running and serving it; mature processes save some of the costs. [..1]

    >>> round(margin_share(0.4, relief=0.5, maturity=0.5), 2)
    0.7
    """
    return 1.0 - costs * (1.0 - relief * maturity)


@rule
def customer_value(contract_usd: float, margin: float, churn_a_year: float, discount: float) -> float:
    """Value of a customer: margin for as long as it stays, discounted. [USD]  Source: Gupta & Lehmann (2003).

    >>> customer_value(100.0, margin=0.6, churn_a_year=0.1, discount=0.1)
    300.0
    """
    return contract_usd * margin / (discount + churn_a_year)


@rule
def responsive(gain: float, lift: float) -> float:
    """Multiplier that a lift of leaders' work gives: 1 for the neutral firm, never below a tenth.

    >>> responsive(0.5, lift=0.2)
    1.1
    """
    return max(0.1, 1.0 + gain * lift)


@rule
def most_contested(pressure: Column, reach: Column) -> int:
    """Open front under most pressure from competitors; −1 where all of several are under the same.

    >>> import numpy
    >>> ones, last_closed = numpy.ones(2), numpy.array([1.0, 0.0])
    >>> most_contested(numpy.array([0.1, 0.3]), ones), most_contested(numpy.zeros(2), ones)
    (1, -1)
    >>> most_contested(numpy.array([0.1, 0.3]), last_closed), most_contested(numpy.zeros(2), last_closed)
    (0, 0)
    """
    most, are_open, differs = -1, 0, False
    for f in range(pressure.shape[0]):
        if reach[f] == 0.0:
            continue
        are_open += 1
        differs = differs or (most >= 0 and pressure[f] != pressure[most])
        if most < 0 or pressure[f] > pressure[most]:
            most = f
    return most if differs or are_open == 1 else -1


@rule
def selling_share(maturity: float, admin_share: float, relief: float) -> float:
    """Share of a rep's hours left for selling; mature processes take off some of the administration. [0..1]

    >>> round(selling_share(0.5, admin_share=0.4, relief=0.5), 2)
    0.7
    """
    return 1.0 - admin_share * (1.0 - relief * maturity)


@rule
def deal_hours_of(size: float, base_hours: float, exponent: float) -> float:
    """Hours of work that a deal takes; larger accounts take more. [h]

    >>> deal_hours_of(1.0, base_hours=14.0, exponent=0.3)
    14.0
    """
    return base_hours * size**exponent


@rule
def priority_of(size: float, exponent: float) -> float:
    """Weight with which an overloaded rep gives hours to a deal.

    >>> priority_of(4.0, exponent=0.5)
    2.0
    """
    return size if exponent == 1.0 else size**exponent  # a power takes longer than all else that a deal needs


@rule
def arr_reference_usd(market: Any) -> float:
    """ARR of the firm that a world's numbers are told for, the yardstick of its scale. [USD]

    >>> from revorg.simulation.parameters.market import Market
    >>> arr_reference_usd(Market(accounts=1000, reference_customers_share=0.1, contract_usd=20_000.0))
    2000000.0
    """
    at_home = 1.0 - market.abroad_channels / market.channels
    return max(1.0, market.accounts * market.reference_customers_share * at_home) * market.contract_usd


@rule
def quota_usd(sales: Any) -> float:
    """New ARR that a full post is to bring in a year. [USD]

    >>> from revorg.simulation.parameters.market import Sales
    >>> quota_usd(Sales(on_target_earnings_usd=100_000.0, quota_multiple=5.0))
    500000.0
    """
    return sales.on_target_earnings_usd * sales.quota_multiple


@rule
def rep_year_usd(sales: Any, support: float) -> float:
    """What a full post in sales costs in a year, its support included. [USD]

    >>> from revorg.simulation.parameters.market import Sales
    >>> rep_year_usd(Sales(on_target_earnings_usd=100_000.0), support=2.5)
    350000.0
    """
    return sales.on_target_earnings_usd * (1.0 + support)


@rule
def rep_hour_usd(year_usd: float, rep_hours: float) -> float:
    """What an hour of a rep costs, whatever it is spent on. [USD]

    >>> rep_hour_usd(104_000.0, rep_hours=40.0)
    50.0
    """
    return year_usd / (WEEKS_A_YEAR * rep_hours)


@rule
def bought_a_post(bought_hours: float, posts: float, rep_hours: float) -> float:
    """Hours a week that each full post at work has beside its own, or lacks: all alike, and never below none. [h]

    >>> bought_a_post(20.0, posts=4.0, rep_hours=40.0), bought_a_post(-200.0, posts=4.0, rep_hours=40.0)
    (5.0, -40.0)
    """
    return max(bought_hours / posts, -rep_hours) if posts > 0.0 else 0.0


@rule
def front_review_hours(strategy: Any, products: int) -> float:
    """Effective hours that one review of one front takes: more with more products. [h]

    >>> from revorg.simulation.parameters.firm import Strategy
    >>> front_review_hours(Strategy(review_hours=6.0, review_hours_per_product=1.0), products=4)
    9.0
    """
    return strategy.review_hours + strategy.review_hours_per_product * (products - 1)


@rule
def open_fronts(market: Any, expands: bool) -> int:
    """Fronts on which somebody can be reached: not those abroad before the firm expands.

    >>> from revorg.simulation.parameters.market import Market
    >>> market = Market(channels=4, segments=2, abroad_channels=1)
    >>> open_fronts(market, expands=False), open_fronts(market, expands=True)
    (6, 8)
    """
    channels = market.channels if expands else market.channels - market.abroad_channels
    if market.partner_reach == 0.0:
        channels = min(channels, market.channels - market.partner_channels)
    return channels * market.segments


@phase
def posts_at_work(reps: Reps) -> float:
    """Posts in sales that somebody holds, in full ones."""
    posts = 0.0
    for r in range(reps.active.shape[0]):
        posts += reps.active[r] * reps.share[r]
    return posts


@phase
def review_need(world: World) -> float:
    """Effective hours a week that reviewing every open front once in a policy period takes. [h]"""
    market = world.market
    cost = front_review_hours(world.strategy, market.products)
    return open_fronts(market, world.levers.expansion) * cost / world.leadership.policy_weeks
