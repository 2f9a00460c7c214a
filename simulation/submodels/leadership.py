"""Step 2: what leaders' hours become. Other duties, span, meetings and the in-tray first, the rest by attention.

What the in-tray left of last week went to the domains, and bears fruit this week; what a seat has no hours for, the
others do: so hours are conserved exactly.

How a leader sets attention is the agent's own affair (`people.Executive`); here the hours are carried to the domains.
"""

from typing import Any

import numpy as np

from revorg.simulation.codes import EXECUTION_WORK, FUNCTION_SERVED, STRATEGY_WORK, Column, gauge
from revorg.simulation.compiling import phase, rule, step
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import record
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Firm, People
from revorg.simulation.submodels.rules import arr_reference_usd, held_or, review_need


@rule
def influence_outside(collaboration: float, alignment: float, level: float, leadership: Any) -> float:
    """Reach of a leader into a function outside the own line. [0..1]  Source: assumption L4 (the form of the trial).

    >>> from revorg.simulation.parameters.firm import Leadership
    >>> round(influence_outside(0.5, 0.4, 2.0, Leadership(influence_base=0.1)), 2)
    0.36
    """
    reach = leadership.influence_base + leadership.influence_collaboration * collaboration
    reach = reach + leadership.influence_alignment * alignment + leadership.influence_level * (level - 1.0)
    return min(max(reach, 0.0), 1.0)


@rule
def hours_left(
    week_hours: float, outside_hours: float, span_hours: float, meeting_hours: float, tray_hours: float
) -> float:
    """Hours a week after duties outside revenue, span, meetings and the in-tray; below 0 where they do not fit. [h]

    >>> hours_left(50.0, outside_hours=0.0, span_hours=12.0, meeting_hours=4.0, tray_hours=9.0)
    25.0
    >>> hours_left(50.0, outside_hours=25.0, span_hours=16.0, meeting_hours=6.0, tray_hours=9.0)
    -6.0
    """
    return week_hours - outside_hours - span_hours - meeting_hours - tray_hours


@rule
def share_kept(left: float, lacking: float) -> float:
    """Share of their hours that leaders keep for the domains, once they have done what others lack hours for. [0..1]

    Source: assumption L7 (hours are conserved: no duty goes away because its seat is full).

    >>> share_kept(200.0, lacking=10.0), share_kept(0.0, lacking=0.0)
    (0.95, 0.0)
    """
    return max(1.0 - lacking / left, 0.0) if left > 0.0 else 0.0


@rule
def lift_of(contribution: float, neutral_hours: float, exponent: float) -> float:
    """Contribution relative to the neutral one, with diminishing returns below exponent 1, minus 1. [−1..]

    >>> lift_of(12.0, neutral_hours=12.0, exponent=0.6)
    0.0
    """
    return (contribution / neutral_hours) ** exponent - 1.0


@rule
def settled_in(weeks: float, newcomer_weeks: float) -> float:
    """Share of full effect that a new holder reaches: half on the first day, all after the newcomer's weeks. [0..1]

    >>> settled_in(0.0, 13.0), settled_in(20.0, 13.0)
    (0.5, 1.0)
    """
    if weeks >= newcomer_weeks:
        return 1.0
    return 0.5 + 0.5 * weeks / newcomer_weeks


@rule
def alignment_with(line: int, function: int, alignment: Column) -> float:
    """Mean alignment between the functions of a line and another function; of all others for a seat without a line.

    >>> import numpy
    >>> float(alignment_with(0b0010, 0, numpy.full((4, 4), 0.4)))
    0.4
    """
    total, count = 0.0, 0
    for own in range(4):
        if own != function and (line == 0 or (line >> own) & 1):
            total += alignment[own, function]
            count += 1
    return total / count if count else 1.0


@step
def contribute(people: People, firm: Firm, sums: Column, world: World, held: StandIns, now: Now) -> None:
    """Turn the hours and policies of all seats into contributions, lifts and hours of strategy review."""
    firm.contribution[:] = 0.0
    review = 0.0
    kept_for_review = 0.0
    domain_hours = np.zeros(people.place.shape[0])
    _share_hours(people, domain_hours, sums, world.leadership, now.week)
    for s in range(people.place.shape[0]):
        if domain_hours[s] == 0.0:
            continue
        # A newcomer makes less of the hours.
        hours = domain_hours[s] * settled_in(float(now.week - people.arrived[s]), world.finance.newcomer_weeks)
        for d in range(4):
            reach = _reach_of(people, s, FUNCTION_SERVED[d], firm.alignment, world.leadership, held.reach)
            work = hours * people.attention[s, d] * people.skill[s, d]
            if d == STRATEGY_WORK:
                review += work * people.say[s]
                kept_for_review += work * people.say[s] * reach
                work *= 1.0 - people.say[s]
            firm.contribution[d] += work * reach
    # Nobody reviews a front twice in one period: hours beyond the need go back to the function's own work.
    needed = review_need(world)
    if review > needed:
        firm.contribution[STRATEGY_WORK] += kept_for_review * (1.0 - needed / review)
        review = needed
    firm.gauges[gauge.REVIEW_HOURS] = review
    sums[record.EXECUTION_HOURS] = firm.contribution[EXECUTION_WORK]
    _lift(firm, sums, world)


@phase
def _share_hours(people: People, domain_hours: Column, sums: Column, rules: Any, week: int) -> None:
    """Find the hours a week that each seat has for the domains, and note what the others go to.

    What one has no hours for, and what an empty seat leads, falls to all others in proportion to what they have left.
    """
    left, lacking = 0.0, 0.0
    for s in range(people.place.shape[0]):
        span = rules.span_hours * people.span[s]
        sums[record.SPAN_HOURS] += span
        if week < people.vacant_until[s]:
            lacking += span
            continue
        # Whoever reports to nobody has duties outside revenue.
        outside = rules.outside_share * people.week_hours[s] if people.parent[s] < 0 else 0.0
        hours = hours_left(people.week_hours[s], outside, span, people.meeting_hours[s], people.tray_hours[s])
        domain_hours[s] = max(hours, 0.0)
        left += domain_hours[s]
        lacking += max(-hours, 0.0)
        sums[record.OUTSIDE_HOURS] += outside
        sums[record.MEETING_HOURS] += people.meeting_hours[s]
        sums[record.TRAY_HOURS] += people.tray_hours[s]
    domain_hours *= share_kept(left, lacking)
    sums[record.DOMAIN_HOURS] = left * share_kept(left, lacking)


@phase
def _reach_of(people: People, s: int, function: int, alignment: Column, leadership: Any, held: float) -> float:
    """Reach of the holder of a seat into a function: all of it inside the own line. [0..1]"""
    if (people.line[s] >> function) & 1:
        return 1.0
    aligned = alignment_with(people.line[s], function, alignment)
    return held_or(held, influence_outside(people.collaboration[s], aligned, float(people.level[s]), leadership))


@phase
def _lift(firm: Firm, sums: Column, world: World) -> None:
    """Hold the contributions against those of the neutral firm."""
    rules, market = world.leadership, world.market
    scale = max(firm.gauges[gauge.ARR_USD] / arr_reference_usd(market), 1e-6) ** rules.scale_with_arr
    neutral = (
        rules.neutral_strategy_hours, rules.neutral_execution_hours, rules.neutral_operations_hours,
        rules.neutral_customer_hours,
    )  # fmt: skip
    for d in range(4):
        firm.lift[d] = lift_of(firm.contribution[d], neutral[d] * scale, rules.contribution_exponent)
        sums[record.LIFT_STRATEGY + d] = firm.lift[d]
