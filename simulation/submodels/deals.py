"""Step 7: reps work deals. Hours move a deal; every member of the buying group has to agree in the end."""

import math
from typing import Any, NamedTuple

import numpy as np

from revorg.simulation.chance import purpose, stream, uniform
from revorg.simulation.codes import (
    CUSTOMER,
    CUSTOMER_WORK,
    DEAL_EXCEPTION,
    EXECUTION_WORK,
    LOST,
    OPERATIONS_WORK,
    OPPORTUNITY,
    SALES,
    STRATEGY_WORK,
    SUCCESS,
    WEEKS_A_YEAR,
    Column,
    gauge,
)
from revorg.simulation.compiling import phase, rule, step
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import record
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Accounts, Decisions, Firm, Fronts, Reps
from revorg.simulation.submodels.heaps import list_rows
from revorg.simulation.submodels.matters import raise_matter
from revorg.simulation.submodels.plays import play_cost
from revorg.simulation.submodels.rules import (
    customer_value,
    deal_hours_of,
    held_or,
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
def rivalry(base: float, competitors: int, exponent: float) -> float:
    """Odds that a group which agrees buys from one of the competitors; none where there is none. [logit]

    Told for two of them. In a nested logit n equally attractive competitors weigh like one that is better by
    exponent × ln n: by nothing where they are all the same to a buyer, by ln n where they are as different from each
    other as from the firm. Source: McFadden (1978).

    >>> rivalry(0.25, competitors=2, exponent=0.5), rivalry(0.25, competitors=0, exponent=0.5)
    (0.25, -inf)
    """
    return base + exponent * math.log(competitors / 2.0) if competitors > 0 else -math.inf


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


class Offer(NamedTuple):
    """What the firm can do for every deal this week, and how deals are counted."""

    sales: float  # lift of the work that answers the buyer
    service: float  # of the work that answers the users
    technical: float  # of the work that answers the technicians
    leaders: float  # mean lift, which answers the sponsor
    bad_start: float  # probability that an onboarding begins badly
    exception_rate: float  # a deal and week
    floor: float  # least stakes of a matter that reaches a desk, USD
    rivalry: float  # odds for competitors who are neither attacking nor answered, logit
    margin: float  # share of a contract left after running and serving it
    contested: int  # front under most pressure, −1 for none
    play_fit: float  # how far plays fit on all fronts alike; NaN where each front has its own


@step
def work(
    accounts: Accounts, fronts: Fronts, reps: Reps, firm: Firm, decisions: Decisions, sums: Column, world: World,
    held: StandIns, now: Now,
) -> None:  # fmt: skip
    """Move every open deal by a week: it is worked, it stalls, or it closes."""
    deals = list_rows(accounts.stage, OPPORTUNITY)
    offer = _offer_of(fronts, firm, world, held)
    _work_on(accounts, deals, reps, sums, world)
    _stall(accounts, deals, decisions, offer, sums, world, now)
    _close(accounts, deals, fronts, reps, firm, offer, sums, world, now)
    sums[record.DEALS_OPEN] += deals.shape[0]


@phase
def _offer_of(fronts: Fronts, firm: Firm, world: World, held: StandIns) -> Offer:
    """What the firm can do for every deal this week."""
    maturity, lift = firm.gauges[gauge.MATURITY], np.empty(4)
    for d in range(4):
        lift[d] = held_or(held.group_lift[d], firm.lift[d])
    aligned = held_or(held.alignment[SALES, SUCCESS], firm.alignment[SALES, SUCCESS])
    costs = world.finance.infrastructure_share + world.finance.serve_share
    return Offer(
        lift[EXECUTION_WORK],
        lift[CUSTOMER_WORK],
        lift[OPERATIONS_WORK],
        lift.mean(),
        bad_start(aligned, world.customers.onboarding_alignment),
        world.decisions.exceptions_per_deal_week * (1.0 - world.customers.issue_relief * maturity),
        world.decisions.stakes_floor_share * firm.gauges[gauge.ARR_USD],
        rivalry(world.sales.competitor_logit, world.market.competitors, world.sales.rivals_exponent),
        margin_share(costs, world.operations.cost_relief, maturity),
        most_contested(fronts.pressure, fronts.reach),
        held.play_fit,
    )


@phase
def _what_deals_need(accounts: Accounts, deals: Column, sales: Any) -> tuple[Column, Column]:
    """Hours a week that each deal can use, and its priority; none for one that is done."""
    needs, priorities = np.zeros(deals.shape[0]), np.zeros(deals.shape[0])
    for place in range(deals.shape[0]):
        i = deals[place]
        if accounts.progress[i] < 1.0:
            needs[place] = deal_hours_of(accounts.size[i], sales.deal_hours, sales.hours_exponent) / sales.pace_weeks
            priorities[place] = priority_of(accounts.size[i], sales.priority_exponent)
    return needs, priorities


@phase
def _share_out(deals: Column, rep: Column, needs: Column, priorities: Column, reps: Reps) -> Column:
    """Hours that each rep has for a unit of priority; infinitely many where there are hours for all deals.

    What a deal does not need of its part goes to the rep's other deals: the part is raised until no further deal has
    all it needs, so that nobody who is short of hours leaves any unused.
    """
    left, others = reps.hours.copy(), reps.weight.copy()
    per_priority = np.full(left.shape[0], np.inf)
    for r in range(left.shape[0]):
        if reps.load[r] > reps.hours[r]:
            per_priority[r] = reps.hours[r] / reps.weight[r]
    satisfied = np.zeros(needs.shape[0], np.bool_)
    raised = True
    while raised:
        raised = False
        for d in range(needs.shape[0]):
            r = rep[deals[d]]
            if satisfied[d] or per_priority[r] == np.inf or needs[d] > per_priority[r] * priorities[d]:
                continue
            satisfied[d] = raised = True
            left[r] -= needs[d]
            others[r] -= priorities[d]
        for r in range(left.shape[0]):
            if per_priority[r] < np.inf and others[r] > 1e-9 * reps.weight[r]:
                per_priority[r] = max(left[r], 0.0) / others[r]
    return per_priority


@phase
def _work_on(accounts: Accounts, deals: Column, reps: Reps, sums: Column, world: World) -> None:
    """Move deals by the hours that they are given."""
    sales, pipeline, used = world.sales, 0.0, 0.0
    needs, priorities = _what_deals_need(accounts, deals, sales)
    per_priority = _share_out(deals, accounts.rep, needs, priorities, reps)
    for place in range(deals.shape[0]):
        i = deals[place]
        pipeline += world.market.contract_usd * accounts.size[i]
        if accounts.progress[i] >= 1.0:
            continue
        given = hours_given(needs[place], per_priority[accounts.rep[i]], priorities[place])
        used += given
        done = accounts.progress[i] + step_of_deal(given, needs[place] * sales.pace_weeks, sales.pace_weeks)
        accounts.progress[i] = 1.0 if done > 1.0 - 1e-9 else done
    sums[record.PIPELINE_USD] = pipeline
    sums[record.USED_HOURS] = used


@phase
def _stall(
    accounts: Accounts, deals: Column, decisions: Decisions, offer: Offer, sums: Column, world: World, now: Now
) -> None:  # fmt: skip
    """Let deals that cannot close come to nothing after a while, or raise an exception.

    A deal cannot close while an exception of it is open.
    """
    sales = world.sales
    stalls = stream(now.seed, purpose.STALL, now.week)
    exceptions = stream(now.seed, purpose.EXCEPTION, now.week)
    for place in range(deals.shape[0]):
        i = deals[place]
        if accounts.progress[i] >= 1.0 and accounts.waiting[i] != 1:
            continue
        is_old = now.week - accounts.since[i] > sales.stall_after_paces * sales.pace_weeks
        if is_old and uniform(stalls, i) < sales.stall_per_week:
            accounts.stage[i], accounts.rep[i], accounts.progress[i] = LOST, -1, 0.0
            accounts.due[i] = now.week + world.demand.lost_return_weeks
            sums[record.DEALS_NO_DECISION] += 1.0
            sums[record.CONTESTED_CLOSED] += accounts.front[i] == offer.contested
        elif accounts.waiting[i] == 0:
            accounts.waiting[i] = raise_matter(
                decisions, DEAL_EXCEPTION, i, now.week, exceptions, offer.exception_rate,
                world.market.contract_usd * accounts.size[i], offer.floor, world.decisions,
            )  # fmt: skip


@phase
def _close(
    accounts: Accounts, deals: Column, fronts: Fronts, reps: Reps, firm: Firm, offer: Offer, sums: Column,
    world: World, now: Now,
) -> None:  # fmt: skip
    """Let the buying groups of deals that are done decide: not at all, for a competitor, or for the firm."""
    rules, back = world.sales, now.week + world.demand.lost_return_weeks
    for place in range(deals.shape[0]):
        i = deals[place]
        if accounts.stage[i] != OPPORTUNITY or accounts.progress[i] < 1.0 or accounts.waiting[i] == 1:
            continue
        f, r, heat, attempt = accounts.front[i], accounts.rep[i], accounts.heat[i], accounts.attempt[i]
        accounts.rep[i], accounts.progress[i] = -1, 0.0
        sums[record.CONTESTED_CLOSED] += f == offer.contested
        agrees = group_agrees(
            accounts.group[i], rules.agreement_logit + heat, rules.deal_help_gain, offer.sales, offer.service,
            offer.technical, offer.leaders,
        )  # fmt: skip
        help = rules.competition_gain * firm.lift[EXECUTION_WORK] + rules.positioning_gain * firm.lift[STRATEGY_WORK]
        help += heat
        help -= play_cost(fronts.play[f], fronts.best_play[f], world.plays.gain, offer.play_fit)
        pressure, attractiveness = fronts.pressure[f], fronts.attractiveness[f]
        lost = rival_wins(offer.rivalry, pressure, attractiveness, rules.attractiveness_gain, help)
        if uniform(stream(now.seed, purpose.DEAL_AGREES, attempt), i) >= agrees:
            accounts.stage[i], accounts.due[i] = LOST, back
            sums[record.DEALS_NO_DECISION] += 1.0
        elif uniform(stream(now.seed, purpose.DEAL_RIVAL, attempt), i) < lost:
            accounts.stage[i], accounts.due[i] = LOST, back
            sums[record.DEALS_RIVAL] += 1.0
        else:
            sums[record.CONTESTED_WON] += f == offer.contested
            _win(accounts, i, reps, r, fronts, firm.gauges, offer, sums, world)
            _begin_as_customer(accounts, i, offer.bad_start, sums, world.customers, now)


@phase
def _win(
    accounts: Accounts, i: int, reps: Reps, r: int, fronts: Fronts, gauges: Column, offer: Offer, sums: Column,
    world: World,
) -> None:  # fmt: skip
    """Book a first contract: in the record, for the quarter, for the rep."""
    f, contract = accounts.front[i], world.market.contract_usd * accounts.size[i]
    accounts.contract_usd[i] = contract
    sums[record.DEALS_WON] += 1.0
    sums[record.NEW_ARR] += contract
    sums[record.ABROAD_ARR] += contract * (1 - fronts.home[f])
    gauges[gauge.BOOKED_USD] += contract
    reps.booked_quarter[r] += contract
    reps.booked_year[r] += contract
    leaves = logistic(accounts.churn_logit[i]) * WEEKS_A_YEAR / world.customers.term_weeks
    kept = offer.margin - fronts.partner[f] * world.finance.partner_share
    sums[record.LIFETIME_MARGIN] += customer_value(contract, kept, leaves, world.finance.discount_a_year)


@phase
def _begin_as_customer(
    accounts: Accounts, i: int, bad_start: float, sums: Column, customers: Any, now: Now
) -> None:  # fmt: skip
    """Give an account all that it begins with as a customer; its onboarding may go badly."""
    sums[record.NEW_CUSTOMERS] += 1.0
    sums[record.ONBOARDINGS] += 1.0
    sums[record.CYCLE_WEEKS] += now.week - accounts.since[i] + 1.0
    accounts.stage[i], accounts.since[i], accounts.due[i] = CUSTOMER, now.week, now.week + customers.term_weeks
    accounts.champion[i], accounts.sponsors[i], accounts.critics[i] = 1, 1, 0
    accounts.products_owned[i], accounts.groups_reached[i] = 1, 1
    accounts.health[i], accounts.adoption[i] = customers.neutral_health, 0.25
    if uniform(stream(now.seed, purpose.ONBOARDING, accounts.attempt[i]), i) < bad_start:
        sums[record.ONBOARDINGS_BAD] += 1.0
        accounts.health[i], accounts.adoption[i] = customers.neutral_health - 0.1, 0.0
