"""Steps 3 and 5: strategy is reviewed, and what was adopted is carried out.

A review turns what was seen of a front into belief. The belief about a front that nobody reviews stays what it was;
only when the front is looked at again is it aged over the weeks gone by.
"""

import math

from revorg.simulation.chance import normal, purpose, stream, uniform
from revorg.simulation.codes import (
    DAYS_A_WEEK,
    ESCALATION,
    EXECUTION_WORK,
    OPERATIONS_WORK,
    PROCESS_CHANGE,
    STRATEGY_MOVE,
    Column,
    gauge,
)
from revorg.simulation.compiling import phase, rule, step
from revorg.simulation.numbers import ABSENT, Now, World
from revorg.simulation.record import record
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Decisions, Firm, Fronts, Initiatives
from revorg.simulation.submodels.matters import enter, raise_small
from revorg.simulation.submodels.plays import LAST_LOOK, look_at_play
from revorg.simulation.submodels.rules import front_review_hours, held_or, kept_after

_FRONTS_STAKES = 4  # the first four entities of the draw of stakes are the kinds of decisions


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


@step
def review(
    fronts: Fronts, firm: Firm, decisions: Decisions, sums: Column, world: World, held: StandIns, now: Now
) -> None:  # fmt: skip
    """Review the stalest and largest fronts as far as hours go, propose what fits them better, and where to spend."""
    hours = held_or(held.review_hours, firm.gauges[gauge.REVIEW_HOURS])
    sums[record.STRATEGY_HOURS] = hours
    _review_fronts(fronts, firm.gauges, hours, world, now)
    _propose_plays(fronts, decisions, world, now)
    exponent = world.demand.front_exponent
    sums[record.REGRET] = _regret(fronts, exponent)
    shift_week = world.market.shift_week
    if now.week == shift_week:
        _best_allocation(fronts, exponent)
    if ABSENT < shift_week <= now.week:
        for f in range(fronts.channel.shape[0]):
            sums[record.SHIFT_DISTANCE] += 0.5 * abs(fronts.shift_target[f] - fronts.allocation[f])
    if now.week % world.leadership.policy_weeks == 0 and firm.gauges[gauge.PROPOSAL_OPEN] <= 0.0:
        _propose_allocation(fronts, firm, decisions, world, now)


@phase
def _review_fronts(fronts: Fronts, gauges: Column, hours: float, world: World, now: Now) -> None:
    """Look at one front after the other, for as long as the hours saved up pay for it."""
    cost = front_review_hours(world.strategy, world.market.products)
    gauges[gauge.REVIEW_BANK] = min(gauges[gauge.REVIEW_BANK] + hours, 2.0 * cost + hours)
    noise, plays = stream(now.seed, purpose.OBSERVATION, now.week), stream(now.seed, purpose.PLAY_SEEN, now.week)
    for _ in range(fronts.channel.shape[0]):
        if gauges[gauge.REVIEW_BANK] < cost:
            break
        stalest, most = -1, 0.0
        for f in range(fronts.channel.shape[0]):
            score = (now.week - fronts.reviewed[f]) * fronts.accounts[f]
            if score > most and fronts.reach[f] > 0.0:
                stalest, most = f, score
        if stalest < 0:
            break
        gauges[gauge.REVIEW_BANK] -= cost
        look_at_play(fronts, stalest, gauges[gauge.MATURITY], uniform(plays, stalest), world, now.week)
        _look_at(fronts, stalest, gauges[gauge.MATURITY], normal(noise, stalest), world, now.week)


@phase
def _look_at(fronts: Fronts, f: int, maturity: float, noise: float, world: World, week: int) -> None:
    """Turn what is seen of a front into belief, the old belief aged over the weeks gone by."""
    rules, market = world.strategy, world.market
    weeks = float(week - fronts.reviewed[f])
    kept = kept_after(weeks, market.drift_half_life_weeks)
    seen_with = observation_variance(
        rules.observation_sd, weeks, rules.observation_weeks, maturity, rules.transparency_effect
    )
    seen = fronts.attractiveness[f] + math.sqrt(seen_with) * noise
    prior = kept * fronts.belief[f]
    prior_variance = aged_variance(fronts.uncertainty[f], kept, market.attractiveness_sd)
    gain = 1.0 if world.readings.review == LAST_LOOK else kalman_gain(prior_variance, seen_with)
    fronts.belief[f] = prior + gain * (seen - prior)
    fronts.uncertainty[f] = (1.0 - gain) * prior_variance
    fronts.reviewed[f] = week


@phase
def _propose_plays(fronts: Fronts, decisions: Decisions, world: World, now: Now) -> None:
    """Propose another play on each front of which this week's review says that it is likely enough to fit better."""
    days, stakes = stream(now.seed, purpose.PLAY_RAISED, now.week), stream(now.seed, purpose.STAKES, now.week)
    for f in range(fronts.channel.shape[0]):
        if fronts.reviewed[f] != now.week or fronts.play_proposed[f] >= 0:
            continue
        likeliest = fronts.play_belief[f].argmax()
        ahead = fronts.play_belief[f, likeliest] - fronts.play_belief[f, fronts.play[f]]
        if ahead <= world.plays.threshold:
            continue
        climbs = uniform(stakes, _FRONTS_STAKES + f) < world.decisions.escalate_share
        if enter(decisions, STRATEGY_MOVE, 1 + f, DAYS_A_WEEK * (now.week + uniform(days, f)), climbs, 1.0):
            fronts.play_proposed[f] = likeliest


@phase
def _propose_allocation(fronts: Fronts, firm: Firm, decisions: Decisions, world: World, now: Now) -> None:
    """Propose the allocation that the beliefs call for, where it differs enough from the one in force."""
    temperature = world.strategy.temperature
    total = 0.0
    for f in range(fronts.channel.shape[0]):
        total += pull(fronts.belief[f], temperature, fronts.reach[f], fronts.accounts[f])
    moved = 0.0
    for f in range(fronts.channel.shape[0]):
        share = pull(fronts.belief[f], temperature, fronts.reach[f], fronts.accounts[f]) / total
        moved += 0.5 * abs(share - fronts.allocation[f])
    if moved <= world.strategy.move_threshold:
        return
    for f in range(fronts.channel.shape[0]):
        fronts.proposal[f] = pull(fronts.belief[f], temperature, fronts.reach[f], fronts.accounts[f]) / total
    climbs = uniform(stream(now.seed, purpose.STAKES, now.week), STRATEGY_MOVE) < world.decisions.escalate_share
    if enter(decisions, STRATEGY_MOVE, 0, DAYS_A_WEEK * now.week + 0.5, climbs, 1.0):
        firm.gauges[gauge.PROPOSAL_OPEN] = 1.0


@phase
def _regret(fronts: Fronts, exponent: float) -> float:
    """Share of reachable demand forgone against the best allocation for what the fronts really are. [0..1]"""
    everyone, weights = 0.0, 0.0
    for f in range(fronts.channel.shape[0]):
        everyone += fronts.accounts[f]
    for f in range(fronts.channel.shape[0]):
        weights += _best_weight(fronts, f, exponent)
    if weights <= 0.0:
        return 0.0
    actual, best = 0.0, 0.0
    for f in range(fronts.channel.shape[0]):
        share = _best_weight(fronts, f, exponent) / weights
        theta, n, p, r = fronts.attractiveness[f], fronts.accounts[f], fronts.prospects[f], fronts.reach[f]
        best += demand_on(share, exponent, n, everyone, p, r, theta)
        actual += demand_on(fronts.allocation[f], exponent, n, everyone, p, r, theta)
    return max(0.0, 1.0 - actual / best)


@phase
def _best_allocation(fronts: Fronts, exponent: float) -> None:
    """Fill in the shares of the allocation that draws most demand from the fronts as they are."""
    best, total = fronts.shift_target, 0.0
    for f in range(best.shape[0]):
        best[f] = _best_weight(fronts, f, exponent)
        total += best[f]
    for f in range(best.shape[0]):
        best[f] /= max(total, 1e-300)


@phase
def _best_weight(fronts: Fronts, f: int, exponent: float) -> float:
    """Weight of a front where marginal demand is equal on all fronts (the first-order condition of the best split)."""
    accounts = fronts.accounts[f]
    if accounts == 0.0:
        return 0.0
    drawn = fronts.prospects[f] * fronts.reach[f] * math.exp(fronts.attractiveness[f]) * accounts**-exponent
    return drawn ** (1.0 / (1.0 - exponent))


@step
def propose_changes(firm: Firm, decisions: Decisions, world: World, now: Now) -> None:
    """Let operations propose a change of process, the oftener the more its leaders put into it.

    Campaigns, the running of service and that of processes raise small matters, which no account has to do with.
    """
    chance = uniform(stream(now.seed, purpose.PROCESS_CHANGE, now.week), 0)
    probability = min(1.0, world.operations.changes_per_week * (1.0 + firm.lift[OPERATIONS_WORK]))
    if chance < probability:
        stakes = uniform(stream(now.seed, purpose.STAKES, now.week), PROCESS_CHANGE)
        day = DAYS_A_WEEK * (now.week + 1 + chance / probability)
        enter(decisions, PROCESS_CHANGE, 0, day, stakes < world.decisions.escalate_share, 1.0)
    raise_small(decisions, STRATEGY_MOVE, world.decisions.campaign_matters, now)
    raise_small(decisions, ESCALATION, world.decisions.service_matters, now)
    raise_small(decisions, PROCESS_CHANGE, world.decisions.process_matters, now)


@step
def carry_out(
    initiatives: Initiatives, fronts: Fronts, firm: Firm, sums: Column, world: World, held: StandIns
) -> None:  # fmt: skip
    """Spend sales management's hours on the initiatives at work; what is finished takes effect."""
    rules = world.strategy
    waiting = 0
    for i in range(initiatives.kind.shape[0]):
        waiting += initiatives.kind[i] >= 0
    at_work = min(waiting, rules.initiatives_at_once)
    hours_a_week = rules.initiative_share * held_or(held.execution_hours, firm.contribution[EXECUTION_WORK])
    available = hours_after_switching(hours_a_week, at_work, rules.switching_loss)
    last = -math.inf
    for done in range(at_work):
        first = _next_after(initiatives, last)
        last = initiatives.order[first]
        # Even parts; what one does not need any more goes to those behind it.
        spent = min(available / (at_work - done), initiatives.hours[first])
        available -= spent
        initiatives.hours[first] -= spent
        if initiatives.hours[first] > 1e-9:
            continue
        sums[record.INITIATIVES_DONE] += 1.0
        waiting -= 1
        f = initiatives.row[first] - 1
        if initiatives.kind[first] == PROCESS_CHANGE:
            grown = min(1.0, firm.gauges[gauge.MATURITY] + world.operations.change_step)
            firm.gauges[gauge.MATURITY] = held_or(held.maturity, grown)
        elif f >= 0:
            fronts.play[f], fronts.play_proposed[f] = fronts.play_proposed[f], -1
        else:
            _move(fronts, firm.gauges, world)
        initiatives.kind[first] = -1
    sums[record.INITIATIVES_OPEN] = waiting


@phase
def _next_after(initiatives: Initiatives, last: float) -> int:
    """Slot of the initiative that was adopted first of those after a day; −1 for none."""
    first = -1
    for i in range(initiatives.kind.shape[0]):
        order = initiatives.order[i]
        if initiatives.kind[i] >= 0 and order > last and (first < 0 or order < initiatives.order[first]):
            first = i
    return first


@phase
def _move(fronts: Fronts, gauges: Column, world: World) -> None:
    """Put the proposed allocation in force, and note the budget that the move will cost."""
    moved = 0.0
    for f in range(fronts.channel.shape[0]):
        moved += 0.5 * abs(fronts.proposal[f] - fronts.allocation[f])
        fronts.allocation[f] = fronts.proposal[f]
    gauges[gauge.MOVING] += moved * world.strategy.moving_cost_weeks
    gauges[gauge.PROPOSAL_OPEN] = 0.0
