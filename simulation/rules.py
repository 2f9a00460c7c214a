"""Rules that several submodels share."""

import math
from typing import Any

from simulation.chance import uniform
from simulation.compiling import rule
from simulation.tables import DAYS_A_WEEK, NEVER, Column

_STAKES = 1 << 40  # sets the draw of a matter's stakes apart from the draw of its coming


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
def reaches_desk(rate: float, value_usd: float, floor_usd: float) -> float:
    """Probability that a matter of an account comes up whose stakes pass the floor for its origin to settle it. [0..1]

    `rate` is that of matters with the account's value or more at stake. Stakes are Pareto with exponent 1: x times that
    value or more is at stake 1 ÷ x as often, be x small or large (a precedent is worth more than the deal), so the
    number that reaches a desk grows with value ÷ floor. As the floor rises with ARR, the top sees a roughly constant
    number a week. Source: assumption D1 (Zipf-like sizes).

    >>> reaches_desk(0.1, 25_000.0, 50_000.0)
    0.05
    """
    return min(1.0, rate * value_usd / floor_usd)


@rule
def at_stake(rate: float, probability: float, chance: float) -> float:
    """Share of an account that hangs on a matter which came up with a probability: a Pareto quantile, 1 at most. [0..1]

    >>> at_stake(0.1, probability=0.4, chance=0.5), at_stake(0.1, probability=0.05, chance=0.5)
    (0.5, 1.0)
    """
    return min(1.0, rate / (probability * chance))


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
def enter(
    entry_kind: Column, entry_row: Column, entry_day: Column, entry_climbs: Column, entry_at_stake: Column,
    entries: Column, kind: int, row: int, day: float, climbs: bool, stake: float,
) -> bool:  # fmt: skip
    """Hand a matter to the decisions step; false when the week's list is full, and its origin settles it alone.

    >>> import numpy
    >>> kinds, rows, days, climbing, stakes, count = (numpy.zeros(1) for _ in range(6))
    >>> count = count.astype(int)
    >>> enter(kinds, rows, days, climbing, stakes, count, kind=2, row=7, day=0.5, climbs=True, stake=1.0)
    True
    >>> enter(kinds, rows, days, climbing, stakes, count, kind=2, row=8, day=0.5, climbs=True, stake=1.0)
    False
    """
    count = entries[0]
    if count >= entry_kind.shape[0]:
        return False
    entry_kind[count] = kind
    entry_row[count] = row
    entry_day[count] = day
    entry_climbs[count] = 1 if climbs else 0
    entry_at_stake[count] = stake
    entries[0] = count + 1
    return True


@rule
def raise_matter(
    entry_kind: Column, entry_row: Column, entry_day: Column, entry_climbs: Column, entry_at_stake: Column,
    entries: Column, kind: int, row: int, week: int, draws: Any, rate: float, value_usd: float, floor_usd: float,
    escalate_share: float,
) -> bool:  # fmt: skip
    """Raise next week, perhaps, a matter of an account; whether it was raised.

    One draw says whether and on which day; another gives the stakes, the largest of which pass the authority of the
    lowest seat.

    >>> import numpy
    >>> kinds, rows, days, climbing, stakes, count = (numpy.zeros(1) for _ in range(6))
    >>> with numpy.errstate(over="ignore"):
    ...     raise_matter(kinds, rows, days, climbing, stakes, count, 0, 7, 3, numpy.uint64(1), 0.0, 1.0, 1.0, 0.3)
    False
    """
    chance, probability = uniform(draws, row), reaches_desk(rate, value_usd, floor_usd)
    if chance >= probability:
        return False
    day = DAYS_A_WEEK * (week + 1 + chance / probability)
    stakes = uniform(draws, row + _STAKES)
    return enter(
        entry_kind, entry_row, entry_day, entry_climbs, entry_at_stake, entries, kind, row, day,
        stakes < escalate_share, at_stake(rate, probability, stakes),
    )  # fmt: skip


@rule
def list_rows(stage: Column, wanted: int, rows: Column) -> int:
    """List the rows at a stage in the order of the table; return how many there are.

    Written without a branch: which stage comes next cannot be guessed, and a wrong guess costs more than the work on
    a row. Loops that then go over the list are as fast as their own work.

    >>> import numpy
    >>> rows = numpy.zeros(4, int)
    >>> int(list_rows(numpy.array([3, 0, 3, 1]), 3, rows)), rows[:2].tolist()
    (2, [0, 2])
    """
    count = 0
    for i in range(stage.shape[0]):
        rows[count] = i
        count += stage[i] == wanted
    return count


@rule
def push(keys: Column, items: Column, size: int, key: float, item: int) -> int:
    """Add to a binary heap ordered by key, then item; return its new size.

    >>> import numpy
    >>> keys, items = numpy.zeros(2), numpy.zeros(2, int)
    >>> push(keys, items, push(keys, items, 0, 2.0, 7), 1.0, 8), int(items[0])
    (2, 8)
    """
    here = size
    while here > 0:
        above = (here - 1) >> 1
        if keys[above] < key or (keys[above] == key and items[above] <= item):
            break
        keys[here], items[here] = keys[above], items[above]
        here = above
    keys[here], items[here] = key, item
    return size + 1


@rule
def drop_first(keys: Column, items: Column, size: int) -> int:
    """Take the first entry off a binary heap; return its new size.

    >>> import numpy
    >>> keys, items = numpy.array([1.0, 2.0]), numpy.array([8, 7])
    >>> drop_first(keys, items, 2), int(items[0])
    (1, 7)
    """
    size -= 1
    key, item = keys[size], items[size]
    here = 0
    while True:
        below = 2 * here + 1
        if below >= size:
            break
        right = below + 1
        if right < size and (
            keys[right] < keys[below] or (keys[right] == keys[below] and items[right] < items[below])
        ):
            below = right
        if key < keys[below] or (key == keys[below] and item <= items[below]):
            break
        keys[here], items[here] = keys[below], items[below]
        here = below
    keys[here], items[here] = key, item
    return size
