"""Steps 3 and 5: strategy is reviewed, and what was adopted is carried out.

A review turns what was seen of a front into belief. The belief about a front that nobody reviews stays what it was;
only when the front is looked at again is it aged over the weeks gone by.
"""

import math

from revorg.simulation.chance import OBSERVATION, PROCESS_CHANGE, STAKES, normal, stream, uniform
from revorg.simulation.codes import (
    DAYS_A_WEEK,
    EXECUTION_WORK,
    MATURITY,
    MOVING,
    NEVER,
    OPERATIONS_WORK,
    PROPOSAL_OPEN,
    REVIEW_BANK,
    REVIEW_HOURS,
    STRATEGY_MOVE,
    Column,
)
from revorg.simulation.codes import PROCESS_CHANGE as CHANGE
from revorg.simulation.compiling import loop, rule
from revorg.simulation.record import (
    R_INITIATIVES_DONE,
    R_INITIATIVES_OPEN,
    R_REGRET,
    R_SHIFT_DISTANCE,
    R_STRATEGY_HOURS,
)
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Decisions, Firm, Fronts, Initiatives
from revorg.simulation.submodels.matters import enter
from revorg.simulation.submodels.rules import held_or, kept_after, week_or_never


@rule
def kalman_gain(prior_variance: float, observation_variance: float) -> float:
    """Weight of a new observation against the prior belief. [0..1]  Source: Kalman (1960).

    >>> kalman_gain(1.0, 1.0)
    0.5
    """
    return prior_variance / (prior_variance + observation_variance)


@rule
def aged_variance(variance: float, kept: float, sd: float) -> float:
    """Variance of a belief after weeks in which a share `kept` of every deviation is left.

    >>> aged_variance(0.2, kept=1.0, sd=0.5)
    0.2
    """
    return kept * kept * variance + sd * sd * (1.0 - kept * kept)


@rule
def observation_variance(sd: float, weeks: float, most_weeks: float, maturity: float, transparency: float) -> float:
    """Variance of what a review sees: less after more weeks of data and in a transparent firm.

    >>> observation_variance(0.6, weeks=9.0, most_weeks=6.0, maturity=0.0, transparency=0.5)
    0.06
    """
    noise = sd * (1.0 - transparency * maturity)
    return noise * noise / min(max(weeks, 1.0), most_weeks)


@rule
def pull(belief: float, temperature: float, reach: float, accounts: float) -> float:
    """Weight of a front in the allocation that a belief calls for: softmax of belief, times who can be reached.

    >>> pull(0.0, 0.5, reach=1.0, accounts=100.0)
    100.0
    """
    return math.exp(belief / temperature) * reach * accounts


@rule
def demand_on(
    allocation: float, exponent: float, accounts: float, all_accounts: float, prospects: float, reach: float,
    attractiveness: float,
) -> float:  # fmt: skip
    """Demand that an allocation share draws from a front, up to a common factor.

    >>> demand_on(0.5, 0.6, 50.0, 100.0, prospects=40.0, reach=1.0, attractiveness=0.0)
    40.0
    """
    if accounts == 0.0:
        return 0.0
    spend = allocation * all_accounts / accounts
    return prospects * reach * spend**exponent * math.exp(attractiveness)


@rule
def hours_after_switching(hours: float, at_work: int, loss: float) -> float:
    """Hours that are left for the work itself when several pieces of it are under way at once. [h]

    >>> hours_after_switching(10.0, at_work=3, loss=0.1)
    8.0
    """
    return hours * max(0.0, 1.0 - loss * (at_work - 1)) if at_work > 0 else 0.0


def front_review_hours(world: Scenario) -> float:
    """Effective hours that one review of one front takes: more with more products."""
    return world.strategy.review_hours + world.strategy.review_hours_per_product * (world.market.products - 1)


def review_need(world: Scenario) -> float:
    """Effective hours a week that reviewing every front once in a policy period takes."""
    return world.market.channels * world.market.segments * front_review_hours(world) / world.leadership.policy_weeks


def review(
    fronts: Fronts, firm: Firm, decisions: Decisions, record: Column, world: Scenario, seed: int, week: int,
    held_hours: float = math.nan,
) -> None:  # fmt: skip
    """Review the stalest and largest fronts as far as hours go; once a policy period propose a better allocation."""
    rules, market = world.strategy, world.market
    _review(
        fronts.attractiveness, fronts.belief, fronts.uncertainty, fronts.reviewed, fronts.reach, fronts.accounts,
        fronts.prospects, fronts.allocation, fronts.proposal, fronts.shift_target, firm.gauges, decisions.entry_kind,
        decisions.entry_row, decisions.entry_day, decisions.entry_climbs, decisions.entry_at_stake, decisions.entries,
        record, seed, week, front_review_hours(world), rules.observation_sd, rules.observation_weeks,
        rules.transparency_effect, rules.temperature, rules.move_threshold, market.drift_half_life_weeks,
        market.attractiveness_sd, world.decisions.escalate_share, world.demand.front_exponent,
        week % world.leadership.policy_weeks == 0, week_or_never(market.shift_week), world.rivals.over_steering,
        held_hours,
    )  # fmt: skip


@loop
def _review(
    attractiveness: Column, belief: Column, uncertainty: Column, reviewed: Column, reach: Column, accounts: Column,
    prospects: Column, allocation: Column, proposal: Column, shift_target: Column, gauges: Column, entry_kind: Column,
    entry_row: Column, entry_day: Column, entry_climbs: Column, entry_at_stake: Column, entries: Column,
    record: Column, seed: int, week: int, cost: float, observation_sd: float, observation_weeks: float,
    transparency: float, temperature: float, threshold: float, half_life: float, sd: float, escalate_share: float,
    exponent: float, may_propose: bool, shift_week: int, over_steering: bool, held_hours: float,
) -> None:  # fmt: skip
    fronts = belief.shape[0]
    hours = held_or(held_hours, gauges[REVIEW_HOURS])
    record[R_STRATEGY_HOURS] = hours
    gauges[REVIEW_BANK] = min(gauges[REVIEW_BANK] + hours, 2.0 * cost + hours)
    noise = stream(seed, OBSERVATION, week)
    for _ in range(fronts):
        if gauges[REVIEW_BANK] < cost:
            break
        stalest, most = -1, 0.0
        for f in range(fronts):
            score = (week - reviewed[f]) * accounts[f]
            if score > most:
                stalest, most = f, score
        if stalest < 0:
            break
        f = stalest
        gauges[REVIEW_BANK] -= cost
        weeks = float(week - reviewed[f])
        kept = kept_after(weeks, half_life)
        seen_with = observation_variance(observation_sd, weeks, observation_weeks, gauges[MATURITY], transparency)
        seen = attractiveness[f] + math.sqrt(seen_with) * normal(noise, f)
        prior, prior_variance = kept * belief[f], aged_variance(uncertainty[f], kept, sd)
        gain = 1.0 if over_steering else kalman_gain(prior_variance, seen_with)
        belief[f] = prior + gain * (seen - prior)
        uncertainty[f] = (1.0 - gain) * prior_variance
        reviewed[f] = week
    record[R_REGRET] = _regret(allocation, prospects, accounts, reach, attractiveness, exponent)
    if week == shift_week:
        _best_allocation(shift_target, prospects, accounts, reach, attractiveness, exponent)
    if NEVER < shift_week <= week:
        for f in range(fronts):
            record[R_SHIFT_DISTANCE] += 0.5 * abs(shift_target[f] - allocation[f])
    if not may_propose or gauges[PROPOSAL_OPEN] > 0.0:
        return
    total = 0.0
    for f in range(fronts):
        total += pull(belief[f], temperature, reach[f], accounts[f])
    moved = 0.0
    for f in range(fronts):
        share = pull(belief[f], temperature, reach[f], accounts[f]) / total
        moved += 0.5 * abs(share - allocation[f])
    if moved <= threshold:
        return
    for f in range(fronts):
        proposal[f] = pull(belief[f], temperature, reach[f], accounts[f]) / total
    climbs = uniform(stream(seed, STAKES, week), STRATEGY_MOVE) < escalate_share
    day = DAYS_A_WEEK * week + 0.5
    if enter(
        entry_kind, entry_row, entry_day, entry_climbs, entry_at_stake, entries, STRATEGY_MOVE, 0, day, climbs, 1.0
    ):
        gauges[PROPOSAL_OPEN] = 1.0


@rule
def _regret(
    allocation: Column, prospects: Column, accounts: Column, reach: Column, attractiveness: Column, exponent: float
) -> float:
    """Share of reachable demand forgone against the best allocation for what the fronts really are. [0..1]"""
    fronts = allocation.shape[0]
    everyone, weights = 0.0, 0.0
    for f in range(fronts):
        everyone += accounts[f]
    for f in range(fronts):
        weights += _best_weight(prospects[f], reach[f], attractiveness[f], accounts[f], exponent)
    if weights <= 0.0:
        return 0.0
    actual, best = 0.0, 0.0
    for f in range(fronts):
        share = _best_weight(prospects[f], reach[f], attractiveness[f], accounts[f], exponent) / weights
        theta, n, p, r = attractiveness[f], accounts[f], prospects[f], reach[f]
        best += demand_on(share, exponent, n, everyone, p, r, theta)
        actual += demand_on(allocation[f], exponent, n, everyone, p, r, theta)
    return max(0.0, 1.0 - actual / best)


@rule
def _best_allocation(
    best: Column, prospects: Column, accounts: Column, reach: Column, attractiveness: Column, exponent: float
) -> None:
    """Fill in the shares of the allocation that draws most demand from the fronts as they are."""
    total = 0.0
    for f in range(best.shape[0]):
        best[f] = _best_weight(prospects[f], reach[f], attractiveness[f], accounts[f], exponent)
        total += best[f]
    for f in range(best.shape[0]):
        best[f] /= max(total, 1e-300)


@rule
def _best_weight(prospects: float, reach: float, attractiveness: float, accounts: float, exponent: float) -> float:
    """Weight of a front where marginal demand is equal on all fronts (the first-order condition of the best split)."""
    if accounts == 0.0:
        return 0.0
    return (prospects * reach * math.exp(attractiveness) * accounts**-exponent) ** (1.0 / (1.0 - exponent))


def propose_changes(firm: Firm, decisions: Decisions, world: Scenario, seed: int, week: int) -> None:
    """Let operations propose a change of process, the oftener the more its leaders put into it."""
    _propose_changes(
        firm.lift, decisions.entry_kind, decisions.entry_row, decisions.entry_day, decisions.entry_climbs,
        decisions.entry_at_stake, decisions.entries, seed, week, world.operations.changes_per_week,
        world.decisions.escalate_share,
    )  # fmt: skip


@loop
def _propose_changes(
    lift: Column, entry_kind: Column, entry_row: Column, entry_day: Column, entry_climbs: Column,
    entry_at_stake: Column, entries: Column, seed: int, week: int, per_week: float, escalate_share: float,
) -> None:  # fmt: skip
    chance = uniform(stream(seed, PROCESS_CHANGE, week), 0)
    probability = min(1.0, per_week * (1.0 + lift[OPERATIONS_WORK]))
    if chance < probability:
        climbs = uniform(stream(seed, STAKES, week), CHANGE) < escalate_share
        enter(
            entry_kind, entry_row, entry_day, entry_climbs, entry_at_stake, entries, CHANGE, 0,
            DAYS_A_WEEK * (week + 1 + chance / probability), climbs, 1.0,
        )  # fmt: skip


def carry_out(
    initiatives: Initiatives, fronts: Fronts, firm: Firm, record: Column, world: Scenario,
    held_hours: float = math.nan, held_maturity: float = math.nan,
) -> None:  # fmt: skip
    """Spend sales management's hours on the initiatives at work; what is finished takes effect."""
    rules = world.strategy
    _carry_out(
        initiatives.kind, initiatives.hours, initiatives.order, fronts.allocation, fronts.proposal, firm.gauges,
        firm.contribution, record, rules.initiative_share, rules.initiatives_at_once, rules.switching_loss,
        rules.moving_cost_weeks * (2.0 if world.rivals.over_steering else 1.0), world.operations.change_step,
        held_hours, held_maturity,
    )  # fmt: skip


@loop
def _carry_out(
    kind: Column, hours: Column, order: Column, allocation: Column, proposal: Column, gauges: Column,
    contribution: Column, record: Column, share: float, at_once: int, switching_loss: float, moving_cost_weeks: float,
    change_step: float, held_hours: float, held_maturity: float,
) -> None:  # fmt: skip
    slots = kind.shape[0]
    waiting = 0
    for i in range(slots):
        waiting += kind[i] >= 0
    at_work = min(waiting, at_once)
    hours_a_week = share * held_or(held_hours, contribution[EXECUTION_WORK])
    available = hours_after_switching(hours_a_week, at_work, switching_loss)
    last = -math.inf
    for _ in range(at_work):
        first = -1
        for i in range(slots):
            if kind[i] >= 0 and order[i] > last and (first < 0 or order[i] < order[first]):
                first = i
        last = order[first]
        hours[first] -= available / at_work
        if hours[first] > 0.0:
            continue
        record[R_INITIATIVES_DONE] += 1.0
        waiting -= 1
        if kind[first] == CHANGE:
            gauges[MATURITY] = held_or(held_maturity, min(1.0, gauges[MATURITY] + change_step))
        else:
            moved = 0.0
            for f in range(allocation.shape[0]):
                moved += 0.5 * abs(proposal[f] - allocation[f])
                allocation[f] = proposal[f]
            gauges[MOVING] += moved * moving_cost_weeks
            gauges[PROPOSAL_OPEN] = 0.0
        kind[first] = -1
    record[R_INITIATIVES_OPEN] = waiting
