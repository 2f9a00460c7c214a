"""Matters that arise from the work and reach a desk: the owner's when much hangs on them, else their head's or none."""

import math
from typing import Any

from revorg.simulation.chance import purpose, stream, uniform
from revorg.simulation.codes import DAYS_A_WEEK
from revorg.simulation.compiling import phase, rule
from revorg.simulation.numbers import Now
from revorg.simulation.state import Decisions

_NO_ACCOUNT = 1 << 30  # rows from here on raise what has no account
_STAKES = 1 << 40  # sets the draw of a matter's stakes apart from the draw of its coming


@rule
def reaches_desk(rate: float, value_usd: float, floor_usd: float) -> float:
    """Probability that a matter of an account comes up whose stakes pass the floor for its origin to settle it. [0..1]

    `rate` is that of matters with the account's value or more at stake. Stakes are Pareto with exponent 1: x times that
    value or more is at stake 1 ÷ x as often, be x small or large (a precedent is worth more than the deal), so the
    number that reaches a desk grows with value ÷ floor. As the floor rises with ARR, the top sees a roughly constant
    number a week. Source: assumption D1 (Zipf-like sizes).

    >>> reaches_desk(0.1, 25_000.0, 50_000.0)
    0.05
    >>> reaches_desk(0.1, value_usd=100.0, floor_usd=0.0), reaches_desk(0.0, value_usd=100.0, floor_usd=0.0)
    (1.0, 0.0)
    """
    most = rate * value_usd
    return 1.0 if most > floor_usd else most / floor_usd if floor_usd > 0.0 else 0.0


@rule
def at_stake(rate: float, probability: float, chance: float) -> float:
    """Share of an account that hangs on a matter which came up with a probability: a Pareto quantile, 1 at most. [0..1]

    >>> at_stake(0.1, probability=0.4, chance=0.5), at_stake(0.1, probability=0.05, chance=0.5)
    (0.5, 1.0)
    """
    return min(1.0, rate / (probability * chance))


@rule
def poisson_quantile(chance: float, mean: float) -> int:
    """Number of matters at a quantile of a Poisson law.

    >>> poisson_quantile(0.1, mean=2.0), poisson_quantile(0.5, mean=2.0), poisson_quantile(0.99, mean=0.0)
    (0, 2, 0)
    """
    count, term = 0, math.exp(-mean)
    reached = term
    while chance > reached and (count < mean or term > 1e-17):  # beyond, terms are lost in rounding
        count += 1
        term *= mean / count
        reached += term
    return count


@phase
def enter(decisions: Decisions, kind: int, row: int, day: float, climbs: bool, stake: float) -> bool:
    """Hand a matter to the decisions step; false when the week's list is full, and its origin settles it alone.

    >>> from revorg.simulation.state import empty_decisions
    >>> decisions = empty_decisions(1)
    >>> enter(decisions, kind=2, row=7, day=0.5, climbs=True, stake=1.0)
    True
    >>> enter(decisions, kind=2, row=8, day=0.5, climbs=True, stake=1.0)
    False
    """
    count = decisions.entries[0]
    if count >= decisions.entry_kind.shape[0]:
        return False
    decisions.entry_kind[count] = kind
    decisions.entry_row[count] = row
    decisions.entry_day[count] = day
    decisions.entry_climbs[count] = 1 if climbs else 0
    decisions.entry_at_stake[count] = stake
    decisions.entry_small[count] = 0
    decisions.entries[0] = count + 1
    return True


@phase
def enter_small(decisions: Decisions, kind: int, row: int, day: float) -> None:
    """Hand a small matter to the decisions step: nothing hangs on it but the hours of its function's head."""
    if enter(decisions, kind, row, day, False, 0.0):
        decisions.entry_small[decisions.entries[0] - 1] = 1


@phase
def raise_small(decisions: Decisions, kind: int, a_week: float, now: Now) -> None:
    """Raise next week's small matters of work that has no accounts: a Poisson number, each on a day of its own."""
    number = poisson_quantile(uniform(stream(now.seed, purpose.SMALL_NUMBER, now.week), kind), a_week)
    days = stream(now.seed, purpose.SMALL_DAY, now.week)
    for j in range(number):
        day = uniform(days, 4 * j + kind)
        enter_small(decisions, kind, _NO_ACCOUNT + j, DAYS_A_WEEK * (now.week + 1 + day))


@phase
def raise_matter(
    decisions: Decisions, kind: int, row: int, week: int, draws: Any, rate: float, value_usd: float, floor_usd: float,
    rules: Any,
) -> bool:  # fmt: skip
    """Raise next week, perhaps, a matter of an account; whether one was raised that is not small.

    One draw says whether, how large and on which day; another gives the stakes, the largest of which pass the authority
    of the lowest seat. `rules` are those of decisions.

    >>> import numpy
    >>> from revorg.simulation.parameters.firm import Decisions
    >>> from revorg.simulation.state import empty_decisions
    >>> with numpy.errstate(over="ignore"):
    ...     raise_matter(empty_decisions(1), 0, 7, 3, numpy.uint64(1), 0.0, 1.0, 1.0, Decisions())
    False
    """
    chance, probability = uniform(draws, row), reaches_desk(rate, value_usd, floor_usd)
    if chance >= probability:
        heard = reaches_desk(rate, value_usd, rules.small_floor_share * floor_usd)
        if chance < heard:
            passed = (chance - probability) / (heard - probability)
            enter_small(decisions, kind, row, DAYS_A_WEEK * (week + 1 + passed))
        return False
    day = DAYS_A_WEEK * (week + 1 + chance / probability)
    stakes = uniform(draws, row + _STAKES)
    return enter(decisions, kind, row, day, stakes < rules.escalate_share, at_stake(rate, probability, stakes))
