"""Step 2: what leaders' hours become. Span first, then meetings and the in-tray, the rest by attention to a domain.

What the in-tray left of last week went to the domains, and bears fruit this week: so hours are conserved exactly.

How a leader sets attention is the agent's own affair (`people.Executive`); here the hours are carried to the domains.
"""

import math

from revorg.simulation.codes import ARR_USD, EXECUTION_WORK, FUNCTION_SERVED, REVIEW_HOURS, STRATEGY_WORK, Column
from revorg.simulation.compiling import loop, rule
from revorg.simulation.record import R_EXECUTION_HOURS, R_LIFT_STRATEGY
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Firm, People
from revorg.simulation.submodels.rules import held_or


@rule
def influence_outside(
    collaboration: float, alignment: float, level: float, base: float, by_collaboration: float, by_alignment: float,
    by_level: float,
) -> float:  # fmt: skip
    """Reach of a leader into a function outside the own line. [0..1]  Source: assumption L4 (the form of the trial).

    >>> round(influence_outside(0.5, 0.4, 2.0, base=0.1, by_collaboration=0.3, by_alignment=0.15, by_level=0.05), 2)
    0.36
    """
    reach = base + by_collaboration * collaboration + by_alignment * alignment + by_level * (level - 1.0)
    return min(max(reach, 0.0), 1.0)


@rule
def hours_left(week_hours: float, span_hours: float, meeting_hours: float, tray_hours: float) -> float:
    """Hours a week for the domains, after span, meetings and the in-tray. [h]

    >>> hours_left(50.0, span_hours=12.0, meeting_hours=4.0, tray_hours=9.0)
    25.0
    """
    return max(week_hours - span_hours - meeting_hours - tray_hours, 0.0)


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


def contribute(
    people: People, firm: Firm, world: Scenario, arr_reference_usd: float, review_need_hours: float, record: Column,
    week: int, held_reach: float = math.nan,
) -> None:  # fmt: skip
    """Turn the hours and policies of all seats into contributions, lifts and hours of strategy review."""
    rules = world.leadership
    _contribute(
        people.parent, people.level, people.line, people.span, people.week_hours, people.say, people.skill,
        people.collaboration, people.attention, people.meeting_hours, people.tray_hours, people.arrived,
        people.vacant_until, firm.gauges, firm.alignment, firm.contribution, firm.lift, FUNCTION_SERVED, record, week,
        rules.span_hours, rules.influence_base, rules.influence_collaboration, rules.influence_alignment,
        rules.influence_level, rules.contribution_exponent, rules.neutral_strategy_hours,
        rules.neutral_execution_hours, rules.neutral_operations_hours, rules.neutral_customer_hours,
        rules.scale_with_arr, arr_reference_usd, world.finance.newcomer_weeks, review_need_hours, held_reach,
    )  # fmt: skip


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


@loop
def _contribute(
    parent: Column, level: Column, line: Column, span: Column, week_hours: Column, say: Column, skill: Column,
    collaboration: Column, attention: Column, meeting_hours: Column, tray_hours: Column, arrived: Column,
    vacant_until: Column, gauges: Column, alignment: Column, contribution: Column, lift: Column,
    function_served: Column, record: Column, week: int, span_hours: float, base: float, by_collaboration: float,
    by_alignment: float, by_level: float, exponent: float, neutral_strategy: float, neutral_execution: float,
    neutral_operations: float, neutral_customer: float, scale_with_arr: float, arr_reference: float,
    newcomer_weeks: float, review_need: float, held_reach: float,
) -> None:  # fmt: skip
    contribution[:] = 0.0
    review = 0.0
    kept_for_review = 0.0
    for s in range(parent.shape[0]):
        # The root decides but works in no domain; an empty seat does neither.
        if parent[s] < 0 or week < vacant_until[s]:
            continue
        hours = hours_left(week_hours[s], span_hours * span[s], meeting_hours[s], tray_hours[s])
        hours *= settled_in(float(week - arrived[s]), newcomer_weeks)
        for d in range(4):
            function = function_served[d]
            reach = 1.0
            if not (line[s] >> function) & 1:
                aligned = alignment_with(line[s], function, alignment)
                reach = held_or(held_reach, influence_outside(
                    collaboration[s], aligned, float(level[s]), base, by_collaboration, by_alignment, by_level
                ))  # fmt: skip
            work = hours * attention[s, d] * skill[s, d]
            if d == STRATEGY_WORK:
                review += work * say[s]
                kept_for_review += work * say[s] * reach
                work *= 1.0 - say[s]
            contribution[d] += work * reach
    # Nobody reviews a front twice in one period: hours beyond the need go back to the function's own work.
    if review > review_need:
        contribution[STRATEGY_WORK] += kept_for_review * (1.0 - review_need / review)
        review = review_need
    gauges[REVIEW_HOURS] = review
    record[R_EXECUTION_HOURS] = contribution[EXECUTION_WORK]
    scale = (max(gauges[ARR_USD], 1.0) / arr_reference) ** scale_with_arr
    neutral = (neutral_strategy, neutral_execution, neutral_operations, neutral_customer)
    for d in range(4):
        lift[d] = lift_of(contribution[d], neutral[d] * scale, exponent)
        record[R_LIFT_STRATEGY + d] = lift[d]
