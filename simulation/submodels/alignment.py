"""Step 11: functions grow together or apart, and customers come to be everybody's or nobody's.

Alignment comes from meeting hours that leaders really pay. Hours reach further inside a leader's own line; a common
line has no effect of its own.
"""

import math

from revorg.simulation.codes import CUSTOMER_WORK, OWNERSHIP, PLANS_KEPT, Column
from revorg.simulation.compiling import loop, rule
from revorg.simulation.record import R_ALIGNMENT, R_OWNERSHIP
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Firm, People
from revorg.simulation.submodels.rules import held_or


@rule
def alignment_target(
    hours: float, kept: float, shared: float, base: float, contact: float, scale: float, by_kept: float, by_goals: float
) -> float:
    """Alignment that a pair of functions settles at. [0..1]  Source: trial; contact saturates.

    >>> alignment_target(0.0, 0.0, 0.0, base=0.2, contact=0.56, scale=4.0, by_kept=0.1, by_goals=0.1)
    0.2
    """
    target = base + contact * (1.0 - math.exp(-hours / scale)) + by_kept * kept + by_goals * shared
    return min(max(target, 0.0), 1.0)


@rule
def moved_toward(value: float, target: float, pace: float) -> float:
    """A state a week later, on its way to a target.

    >>> moved_toward(0.0, 1.0, pace=0.25)
    0.25
    """
    return value + pace * (target - value)


@rule
def yield_of_hour(line: int, one: int, other: int, outside: float) -> float:
    """What an hour of meeting is worth to a pair of functions: less for each that is not in the leader's line. [0..1]

    >>> yield_of_hour(0b0011, 0, 1, outside=0.6), yield_of_hour(0b0001, 0, 1, outside=0.6)
    (1.0, 0.6)
    """
    worth = 1.0
    if not (line >> one) & 1:
        worth *= outside
    if not (line >> other) & 1:
        worth *= outside
    return worth


@rule
def shared_goals(measures: Column, one: int, other: int) -> float:
    """Overlap of what two heads are measured on. [0..1]

    >>> import numpy
    >>> float(shared_goals(numpy.array([[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0]]), 0, 1))
    0.5
    """
    overlap = 0.0
    for m in range(4):
        overlap += min(measures[one, m], measures[other, m])
    return overlap


def meet(
    people: People, firm: Firm, head_of: Column, record: Column, world: Scenario, week: int,
    held_ownership: float = math.nan,
) -> None:  # fmt: skip
    """Move the alignment of every pair of functions, and the ownership of customers, by a week."""
    rules = world.alignment
    _meet(
        people.parent, people.line, people.meeting_hours, people.vacant_until, people.measures, firm.alignment,
        firm.gauges, firm.lift, head_of, record, week, rules.pace, rules.base, rules.contact,
        rules.contact_scale_hours, rules.plans_kept, rules.goals, rules.outside_efficiency, rules.ownership_pace,
        rules.ownership_base, rules.ownership_work, rules.ownership_meeting, held_ownership,
    )  # fmt: skip


@loop
def _meet(
    parent: Column, line: Column, meeting_hours: Column, vacant_until: Column, measures: Column, alignment: Column,
    gauges: Column, lift: Column, head_of: Column, record: Column, week: int, pace: float, base: float,
    contact: float, scale: float, by_kept: float, by_goals: float, outside: float, ownership_pace: float,
    ownership_base: float, ownership_work: float, ownership_meeting: float, held_ownership: float,
) -> None:  # fmt: skip
    total = 0.0
    for one in range(4):
        for other in range(one + 1, 4):
            hours = 0.0
            for s in range(parent.shape[0]):
                if week < vacant_until[s] or meeting_hours[s] <= 0.0:
                    continue
                # Hours go where they yield most: in proportion to the yield of each of the six pairs.
                yields = 0.0
                for a in range(4):
                    for b in range(a + 1, 4):
                        yields += yield_of_hour(line[s], a, b, outside)
                here = yield_of_hour(line[s], one, other, outside)
                if yields > 0.0:
                    hours += meeting_hours[s] * here / yields * here
            shared = shared_goals(measures, head_of[one], head_of[other])
            target = alignment_target(hours, gauges[PLANS_KEPT], shared, base, contact, scale, by_kept, by_goals)
            alignment[one, other] = moved_toward(alignment[one, other], target, pace)
            alignment[other, one] = alignment[one, other]
            total += alignment[one, other]
    mean = total / 6.0
    work = min(max(0.5 * (1.0 + lift[CUSTOMER_WORK]), 0.0), 1.0)
    target = ownership_base + ownership_work * work + ownership_meeting * mean
    moved = min(max(moved_toward(gauges[OWNERSHIP], target, ownership_pace), 0.0), 1.0)
    gauges[OWNERSHIP] = held_or(held_ownership, moved)
    record[R_ALIGNMENT] = mean
    record[R_OWNERSHIP] = gauges[OWNERSHIP]
