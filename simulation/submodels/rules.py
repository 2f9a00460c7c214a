"""Rules that several submodels share."""

import math

from revorg.simulation.codes import NEVER, Column
from revorg.simulation.compiling import rule


@rule
def held_or(held: float, free: float) -> float:
    """What is held in place of a mechanism, or what the mechanism gives where nothing (NaN) is held.

    >>> held_or(float("nan"), 2.0), held_or(1.0, 2.0)
    (2.0, 1.0)
    """
    return free if math.isnan(held) else held


def week_or_never(week: int | None) -> int:
    """A week as compiled loops take it: one that never comes where there is none.

    >>> week_or_never(None) < -100_000, week_or_never(0)
    (True, 0)
    """
    return NEVER if week is None else week


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
def most_contested(pressure: Column) -> int:
    """Front under most pressure from competitors; −1 where all of several are under the same.

    >>> import numpy
    >>> most_contested(numpy.array([0.1, 0.3])), most_contested(numpy.zeros(2)), most_contested(numpy.zeros(1))
    (1, -1, 0)
    """
    most = 0
    differs = pressure.shape[0] == 1
    for f in range(1, pressure.shape[0]):
        differs = differs or pressure[f] != pressure[0]
        if pressure[f] > pressure[most]:
            most = f
    return most if differs else -1


@rule
def reps_needed(new_arr_a_year_usd: float, quota_usd: float, attainment: float) -> float:
    """Full posts that carry a year's new ARR at a usual attainment of quota. Source: trial.

    >>> reps_needed(1_920_000.0, quota_usd=480_000.0, attainment=0.8)
    5.0
    """
    return new_arr_a_year_usd / (quota_usd * attainment)


@rule
def posts_wanted(new_arr_a_year_usd: float, quota_usd: float, attainment: float, least: float) -> float:
    """Full posts that a plan calls for; a firm never gives up selling, however small its plan.

    >>> posts_wanted(1_920_000.0, 480_000.0, 0.8, least=0.25), posts_wanted(0.0, 480_000.0, 0.8, least=0.25)
    (5.0, 0.25)
    """
    return max(reps_needed(new_arr_a_year_usd, quota_usd, attainment), least)


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
    return size**exponent
