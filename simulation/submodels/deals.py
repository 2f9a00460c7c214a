"""Step 7: reps work deals. Hours move a deal; every member of the buying group has to agree in the end."""

import numpy as np

from revorg.simulation.chance import DEAL_AGREES, DEAL_RIVAL, EXCEPTION, ONBOARDING, STALL, stream, uniform
from revorg.simulation.codes import (
    ARR_USD,
    BOOKED_USD,
    CUSTOMER,
    CUSTOMER_WORK,
    DEAL_EXCEPTION,
    EXECUTION_WORK,
    LOST,
    MATURITY,
    OPERATIONS_WORK,
    OPPORTUNITY,
    SALES,
    SUCCESS,
    WEEKS_A_YEAR,
    Column,
)
from revorg.simulation.compiling import loop, rule
from revorg.simulation.record import (
    R_ABROAD_ARR,
    R_CONTESTED_CLOSED,
    R_CONTESTED_WON,
    R_CYCLE,
    R_DEALS_OPEN,
    R_LIFETIME_MARGIN,
    R_NEW_ARR,
    R_NEW_CUSTOMERS,
    R_NO_DECISION,
    R_ONBOARDINGS,
    R_ONBOARDINGS_BAD,
    R_PIPELINE,
    R_RIVAL,
    R_USED,
    R_WON,
)
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import NOTHING_HELD, StandIns
from revorg.simulation.state import Accounts, Decisions, Firm, Fronts, Reps
from revorg.simulation.submodels.heaps import list_rows
from revorg.simulation.submodels.matters import raise_matter
from revorg.simulation.submodels.reps import _rep_hours, _take_leads
from revorg.simulation.submodels.rules import (
    customer_value,
    deal_hours_of,
    logistic,
    margin_share,
    most_contested,
    priority_of,
)


@rule
def hours_given(needed: float, per_priority: float, priority: float) -> float:
    """Hours that a deal gets this week: what it needs, or its part of what there is. [h]

    >>> hours_given(3.0, per_priority=2.0, priority=1.0), hours_given(3.0, per_priority=2.0, priority=4.0)
    (2.0, 3.0)
    """
    return min(needed, per_priority * priority)


@rule
def step_of_deal(hours: float, needed: float, pace_weeks: float) -> float:
    """Share of a deal done in a week: what the hours allow, but never faster than the buyer's own pace. [0..1]

    >>> step_of_deal(hours=7.0, needed=14.0, pace_weeks=10.0)
    0.1
    """
    return min(hours / needed, 1.0 / pace_weeks)


@rule
def group_agrees(
    members: int, base: float, gain: float, sales: float, service: float, technical: float, leaders: float
) -> float:
    """Probability that every member of a buying group agrees. [0..1]

    Members are answered in turn by sales (buyer), success (users), operations (technicians) and whoever leads
    (sponsor): a large group needs several functions to be good at once. Source: assumption S5, after
    Dixon & McKenna (2022) on deals lost to indecision.

    >>> round(group_agrees(2, base=0.0, gain=1.0, sales=0.0, service=0.0, technical=0.0, leaders=0.0), 2)
    0.25
    """
    probability = 1.0
    for member in range(members):
        role = member % 4
        lift = sales if role == 0 else service if role == 1 else technical if role == 2 else leaders
        probability *= logistic(base + gain * lift)
    return probability


@rule
def rival_wins(base: float, pressure: float, attractiveness: float, by_attractiveness: float, help: float) -> float:
    """Probability that a group which agrees to buy buys elsewhere. [0..1]

    >>> rival_wins(0.0, pressure=0.0, attractiveness=0.0, by_attractiveness=0.9, help=0.0)
    0.5
    """
    return logistic(base + pressure - by_attractiveness * attractiveness - help)


@rule
def bad_start(alignment: float, by_alignment: float) -> float:
    """Probability that an onboarding begins late or badly; less when sales and success are aligned. [0..1]

    >>> bad_start(0.5, by_alignment=0.5)
    0.25
    """
    return by_alignment * (1.0 - alignment)


def work_deals(
    accounts: Accounts, fronts: Fronts, reps: Reps, firm: Firm, decisions: Decisions, record: Column, world: Scenario,
    seed: int, week: int, held: StandIns = NOTHING_HELD,
) -> None:  # fmt: skip
    """Give reps their hours, let them take new deals, and move every open deal by a week."""
    rules, customers = world.sales, world.customers
    _rep_hours(
        reps.active, reps.share, reps.hired, reps.skill, reps.hours, reps.load, reps.weight, firm.gauges, firm.lift,
        record, week, rules.rep_hours, rules.admin_share, rules.admin_relief, rules.ramp_weeks, rules.coaching_gain,
        held.coaching_lift,
    )  # fmt: skip
    _take_leads(
        accounts.stage, accounts.since, accounts.due, accounts.attempt, accounts.rep, accounts.progress,
        accounts.heat, accounts.size, accounts.front, fronts.segment, fronts.pressure, reps.active, reps.segment,
        reps.hours, reps.load, reps.weight, record, seed, week, world.market.segments, rules.deal_hours,
        rules.hours_exponent, rules.pace_weeks, rules.capacity_limit, rules.priority_exponent,
        world.demand.lead_patience_weeks, world.demand.unworked_return_weeks, world.demand.lost_return_weeks,
    )  # fmt: skip
    _work_deals(
        accounts.stage, accounts.since, accounts.due, accounts.attempt, accounts.rep, accounts.progress,
        accounts.heat, accounts.waiting, accounts.size, accounts.group, accounts.front, accounts.churn_logit,
        accounts.contract_usd, accounts.health, accounts.adoption, accounts.champion, accounts.sponsors,
        accounts.critics, accounts.products_owned, accounts.groups_reached, fronts.attractiveness, fronts.pressure,
        fronts.partner, fronts.home, reps.hours, reps.load, reps.weight, reps.booked_quarter, reps.booked_year,
        firm.gauges, firm.lift, firm.lift if held.group_lift is None else held.group_lift,
        firm.alignment if held.alignment is None else held.alignment, decisions.entry_kind, decisions.entry_row,
        decisions.entry_day, decisions.entry_climbs, decisions.entry_at_stake, decisions.entries, record, seed, week,
        rules.deal_hours, rules.hours_exponent, rules.pace_weeks, rules.priority_exponent, rules.agreement_logit,
        rules.deal_help_gain, rules.competitor_logit, rules.competition_gain, rules.attractiveness_gain,
        rules.stall_per_week, rules.stall_after_paces, world.market.contract_usd,
        world.decisions.exceptions_per_deal_week, customers.issue_relief, world.decisions.stakes_floor_share,
        world.decisions.escalate_share, world.demand.lost_return_weeks, customers.term_weeks,
        customers.neutral_health, customers.onboarding_alignment,
        world.finance.infrastructure_share + world.finance.serve_share, world.operations.cost_relief,
        world.finance.partner_share, world.finance.discount_a_year,
    )  # fmt: skip


@rule
def _share_out(
    rows: Column, rep: Column, needs: Column, priorities: Column, hours: Column, load: Column, weight: Column
) -> Column:
    """Hours that each rep has for a unit of priority; infinitely many where there are hours for all deals.

    What a deal does not need of its part goes to the rep's other deals: the part is raised until no further deal has
    all it needs, so that nobody who is short of hours leaves any unused.
    """
    left, others = hours.copy(), weight.copy()
    per_priority = np.full(hours.shape[0], np.inf)
    for r in range(hours.shape[0]):
        if load[r] > hours[r]:
            per_priority[r] = hours[r] / weight[r]
    satisfied = np.zeros(needs.shape[0], np.bool_)
    raised = True
    while raised:
        raised = False
        for d in range(needs.shape[0]):
            r = rep[rows[d]]
            if satisfied[d] or per_priority[r] == np.inf or needs[d] > per_priority[r] * priorities[d]:
                continue
            satisfied[d] = raised = True
            left[r] -= needs[d]
            others[r] -= priorities[d]
        for r in range(hours.shape[0]):
            if per_priority[r] < np.inf and others[r] > 1e-9 * weight[r]:
                per_priority[r] = max(left[r], 0.0) / others[r]
    return per_priority


@loop
def _work_deals(
    stage: Column, since: Column, due: Column, attempt: Column, rep: Column, progress: Column, heat: Column,
    waiting: Column, size: Column, group: Column, front: Column, churn_logit: Column, contract: Column,
    health: Column, adoption: Column, champion: Column, sponsors: Column, critics: Column, products_owned: Column,
    groups_reached: Column, attractiveness: Column, pressure: Column, partner: Column, home: Column, hours: Column,
    load: Column, weight: Column, booked_quarter: Column, booked_year: Column, gauges: Column, lift: Column,
    group_lift: Column, alignment: Column, entry_kind: Column, entry_row: Column, entry_day: Column,
    entry_climbs: Column, entry_at_stake: Column, entries: Column, record: Column, seed: int, week: int,
    deal_hours: float, hours_exponent: float, pace_weeks: float, priority_exponent: float, agreement_logit: float,
    deal_help: float, competitor_logit: float, competition_gain: float, attractiveness_gain: float,
    stall_per_week: float, stall_after: float, contract_usd: float, exceptions_per_week: float,
    exception_relief: float, floor_share: float, escalate_share: float, return_weeks: float, term_weeks: int,
    neutral_health: float, onboarding: float, costs: float, cost_relief: float, partner_share: float, discount: float,
) -> None:  # fmt: skip
    stalls, exceptions = stream(seed, STALL, week), stream(seed, EXCEPTION, week)
    floor = max(floor_share * gauges[ARR_USD], 1.0)
    exception_rate = exceptions_per_week * (1.0 - exception_relief * gauges[MATURITY])
    sales, service = group_lift[EXECUTION_WORK], group_lift[CUSTOMER_WORK]
    technical, leaders = group_lift[OPERATIONS_WORK], group_lift.mean()
    bad = bad_start(alignment[SALES, SUCCESS], onboarding)
    contested = most_contested(pressure)
    margin = margin_share(costs, cost_relief, gauges[MATURITY])
    pipeline, used = 0.0, 0.0
    rows = np.empty(stage.shape[0], np.int64)
    deals = list_rows(stage, OPPORTUNITY, rows)
    needs, priorities = np.zeros(deals), np.zeros(deals)
    for place in range(deals):
        i = rows[place]
        if progress[i] < 1.0:
            needs[place] = deal_hours_of(size[i], deal_hours, hours_exponent) / pace_weeks
            priorities[place] = priority_of(size[i], priority_exponent)
    per_priority = _share_out(rows[:deals], rep, needs, priorities, hours, load, weight)
    for place in range(deals):
        i = rows[place]
        r, f = rep[i], front[i]
        pipeline += contract_usd * size[i]
        if progress[i] < 1.0:
            given = hours_given(needs[place], per_priority[r], priorities[place])
            used += given
            progress[i] += step_of_deal(given, needs[place] * pace_weeks, pace_weeks)
            if progress[i] > 1.0 - 1e-9:
                progress[i] = 1.0
        age = week - since[i]
        # A deal cannot close while an exception of it is open.
        if progress[i] < 1.0 or waiting[i] == 1:
            if age > stall_after * pace_weeks and uniform(stalls, i) < stall_per_week:
                stage[i], due[i], rep[i], progress[i] = LOST, week + return_weeks, -1, 0.0
                record[R_NO_DECISION] += 1.0
                record[R_CONTESTED_CLOSED] += f == contested
            elif waiting[i] == 0:
                waiting[i] = raise_matter(
                    entry_kind, entry_row, entry_day, entry_climbs, entry_at_stake, entries, DEAL_EXCEPTION, i, week,
                    exceptions, exception_rate, contract_usd * size[i], floor, escalate_share,
                )  # fmt: skip
            continue
        rep[i], progress[i] = -1, 0.0
        record[R_CONTESTED_CLOSED] += f == contested
        agrees = group_agrees(group[i], agreement_logit + heat[i], deal_help, sales, service, technical, leaders)
        if uniform(stream(seed, DEAL_AGREES, attempt[i]), i) >= agrees:
            stage[i], due[i] = LOST, week + return_weeks
            record[R_NO_DECISION] += 1.0
            continue
        help = competition_gain * lift[EXECUTION_WORK] + heat[i]
        lost = rival_wins(competitor_logit, pressure[f], attractiveness[f], attractiveness_gain, help)
        if uniform(stream(seed, DEAL_RIVAL, attempt[i]), i) < lost:
            stage[i], due[i] = LOST, week + return_weeks
            record[R_RIVAL] += 1.0
            continue
        record[R_WON] += 1.0
        record[R_CONTESTED_WON] += f == contested
        record[R_CYCLE] += age + 1.0
        contract[i] = contract_usd * size[i]
        record[R_NEW_ARR] += contract[i]
        record[R_ABROAD_ARR] += contract[i] * (1 - home[f])
        leaves = logistic(churn_logit[i]) * WEEKS_A_YEAR / term_weeks
        kept = margin - partner[f] * partner_share
        record[R_LIFETIME_MARGIN] += customer_value(contract[i], kept, leaves, discount)
        record[R_NEW_CUSTOMERS] += 1.0
        record[R_ONBOARDINGS] += 1.0
        gauges[BOOKED_USD] += contract[i]
        booked_quarter[r] += contract[i]
        booked_year[r] += contract[i]
        stage[i], since[i], due[i] = CUSTOMER, week, week + term_weeks
        champion[i], sponsors[i], critics[i] = 1, 1, 0
        products_owned[i], groups_reached[i] = 1, 1
        health[i], adoption[i] = neutral_health, 0.25
        if uniform(stream(seed, ONBOARDING, attempt[i]), i) < bad:
            record[R_ONBOARDINGS_BAD] += 1.0
            health[i], adoption[i] = neutral_health - 0.1, 0.0
    record[R_DEALS_OPEN] += deals
    record[R_PIPELINE] = pipeline
    record[R_USED] = used
