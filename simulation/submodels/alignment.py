"""Step 11: functions grow together or apart, and customers come to be everybody's or nobody's.

Alignment comes from meeting hours that leaders really pay. Hours reach further inside a leader's own line; a common
line has no effect of its own.
"""

import math
from typing import Any

from revorg.simulation.codes import CUSTOMER_WORK, Column, gauge
from revorg.simulation.compiling import phase, rule, step
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import record
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Firm, People, Routes
from revorg.simulation.submodels.rules import held_or


@rule
def alignment_target(hours: float, kept: float, shared: float, alignment: Any) -> float:
    """Alignment that a pair of functions settles at. [0..1]  Source: trial; contact saturates.

    >>> from revorg.simulation.parameters.firm import Alignment
    >>> alignment_target(0.0, 0.0, 0.0, Alignment(base=0.2))
    0.2
    """
    contact = alignment.contact * (1.0 - math.exp(-hours / alignment.contact_scale_hours))
    target = alignment.base + contact + alignment.plans_kept * kept + alignment.goals * shared
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


@step
def meet(
    people: People, routes: Routes, firm: Firm, sums: Column, world: World, held: StandIns, now: Now
) -> None:  # fmt: skip
    """Move the alignment of every pair of functions, and the ownership of customers, by a week."""
    rules, gauges = world.alignment, firm.gauges
    total = 0.0
    for one in range(4):
        for other in range(one + 1, 4):
            hours = _hours_for(people, one, other, rules.outside_efficiency, now.week)
            shared = shared_goals(people.measures, routes.head_of[one], routes.head_of[other])
            target = alignment_target(hours, gauges[gauge.PLANS_KEPT], shared, rules)
            firm.alignment[one, other] = moved_toward(firm.alignment[one, other], target, rules.pace)
            firm.alignment[other, one] = firm.alignment[one, other]
            total += firm.alignment[one, other]
    mean = total / 6.0
    work = min(max(0.5 * (1.0 + firm.lift[CUSTOMER_WORK]), 0.0), 1.0)
    target = rules.ownership_base + rules.ownership_work * work + rules.ownership_meeting * mean
    moved = min(max(moved_toward(gauges[gauge.OWNERSHIP], target, rules.ownership_pace), 0.0), 1.0)
    gauges[gauge.OWNERSHIP] = held_or(held.ownership, moved)
    sums[record.ALIGNMENT] = mean
    sums[record.OWNERSHIP] = gauges[gauge.OWNERSHIP]


@phase
def _hours_for(people: People, one: int, other: int, outside: float, week: int) -> float:
    """Meeting hours of all leaders that reach a pair of functions, by what an hour is worth to it. [h a week]

    Hours go where they yield most: in proportion to the yield of each of the six pairs.
    """
    hours = 0.0
    for s in range(people.place.shape[0]):
        if week < people.vacant_until[s] or people.meeting_hours[s] <= 0.0:
            continue
        line, yields = people.line[s], 0.0
        for a in range(4):
            for b in range(a + 1, 4):
                yields += yield_of_hour(line, a, b, outside)
        here = yield_of_hour(line, one, other, outside)
        if yields > 0.0:
            hours += people.meeting_hours[s] * here / yields * here
    return hours
