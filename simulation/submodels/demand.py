"""Step 6: marketing makes leads, and hands them over to sales."""

import math
from typing import Any

import numpy as np

from revorg.simulation.chance import purpose, stream, uniform
from revorg.simulation.codes import (
    LEAD,
    LOST,
    MARKETING,
    PROSPECT,
    SALES,
    STRATEGY_WORK,
    WEEKS_A_YEAR,
    Column,
    gauge,
)
from revorg.simulation.compiling import phase, rule, step
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import record
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Accounts, Firm, Fronts
from revorg.simulation.submodels.heaps import list_set
from revorg.simulation.submodels.plays import play_cost
from revorg.simulation.submodels.rules import arr_reference_usd, held_or, most_contested, responsive


@rule
def lead_hazard(
    base: float, budget: float, budget_exponent: float, spend: float, front_exponent: float, attractiveness: float,
    strategy: float, references: float, reach: float,
) -> float:  # fmt: skip
    """Probability that a prospect turns lead this week. [0..1]

    `budget` and `spend` are relative: the budget to the reference firm's, the front's spend an account to the mean.
    Source: trial (one exponent for both made growth collapse); diminishing returns as in Little (1979).

    >>> round(lead_hazard(0.002, 1.0, 0.9, 1.0, 0.6, 0.0, strategy=1.0, references=1.0, reach=0.5), 6)
    0.001
    """
    hazard = base * budget**budget_exponent * spend**front_exponent * math.exp(attractiveness)
    return min(1.0, hazard * strategy * references * reach)


@rule
def handoff_probability(alignment: float, base: float, by_alignment: float) -> float:
    """Probability that what one function hands over is taken up by the next. [0..1]

    >>> handoff_probability(0.5, base=0.5, by_alignment=0.5)
    0.75
    """
    return min(max(base + by_alignment * alignment, 0.0), 1.0)


@rule
def references_on(referrers: float, accounts: float, usual_share: float, gain: float) -> float:
    """Multiplier of leads by references: healthy customers on a front against half of a young firm's share. [.1..]

    >>> references_on(3.0, accounts=100.0, usual_share=0.06, gain=0.3)
    1.0
    """
    usual = max(usual_share, 0.001)
    return max(0.1, 1.0 + gain * (referrers / accounts - 0.5 * usual) / usual)


@rule
def moved_away(weeks_to_lose: float) -> float:
    """Share of this week's marketing budget that a move of the allocation costs, half of it at most. [0...5]

    >>> moved_away(2.0), moved_away(0.1)
    (0.5, 0.1)
    """
    return min(weeks_to_lose, 0.5)


@step
def make_leads(
    accounts: Accounts, fronts: Fronts, firm: Firm, sums: Column, world: World, held: StandIns, now: Now
) -> None:  # fmt: skip
    """Let prospects turn leads, hand the leads over, and bring lost accounts back to the market."""
    gauges = firm.gauges
    lost = held_or(held.moved_share, moved_away(gauges[gauge.MOVING]))
    gauges[gauge.MOVING] = max(gauges[gauge.MOVING] - lost, 0.0)
    sums[record.MOVED] = lost
    _spend(fronts, gauges, sums, world)
    usual = max(gauges[gauge.ARR_USD] / arr_reference_usd(world.market), 1e-6)
    budget = usual * (1.0 + gauges[gauge.REINVESTED]) * (1.0 - lost)
    hazard = _hazards(fronts, firm, sums, budget, world, held)
    rules = world.demand
    aligned = held_or(held.alignment[MARKETING, SALES], firm.alignment[MARKETING, SALES])
    taken_up = handoff_probability(aligned, rules.handoff_base, rules.handoff_alignment)
    _count_prospects(accounts, fronts, sums)
    _note_plays(fronts, sums, held.play_fit)
    hands = stream(now.seed, purpose.HANDOFF, now.week)
    for i in movers(accounts, hazard, stream(now.seed, purpose.BECOMES_LEAD, now.week), now.week):
        accounts.since[i] = now.week
        if accounts.stage[i] == LOST:
            accounts.stage[i] = PROSPECT
        elif uniform(hands, i) < taken_up:
            accounts.stage[i], accounts.due[i] = LEAD, now.week + rules.lead_patience_weeks
            sums[record.LEADS] += 1.0
        else:
            accounts.stage[i], accounts.due[i] = LOST, now.week + rules.unworked_return_weeks
            sums[record.LEADS] += 1.0
            sums[record.LEADS_LOST] += 1.0


@phase
def _count_prospects(accounts: Accounts, fronts: Fronts, sums: Column) -> None:
    """Count the prospects, in all and on their fronts."""
    fronts.prospects[:] = 0
    if fronts.prospects.shape[0] == 1:  # a sum takes a tenth of the time of a tally
        fronts.prospects[0] = (accounts.stage == PROSPECT).sum()
    else:
        for i in range(accounts.stage.shape[0]):
            fronts.prospects[accounts.front[i]] += accounts.stage[i] == PROSPECT
    sums[record.PROSPECTS] = fronts.prospects.sum()


@phase
def _note_plays(fronts: Fronts, sums: Column, held_fit: float) -> None:
    """Note how many of the prospects within reach are on fronts whose play fits."""
    for f in range(fronts.channel.shape[0]):
        if fronts.reach[f] > 0.0:
            sums[record.PLAYS_FACED] += fronts.prospects[f]
            sums[record.PLAYS_FIT] += fronts.prospects[f] * (
                1.0 - play_cost(fronts.play[f], fronts.best_play[f], 1.0, held_fit)
            )


@phase
def movers(accounts: Accounts, hazard: Column, draws: Any, week: int) -> Column:
    """List the prospects who turn lead this week, and the lost accounts that come back to the market.

    Hardly any draw says "this week". So all are drawn in one loop without a branch, against the largest hazard of
    any front; the few who pass are asked again with the hazard of their own. The same accounts move as if each had
    been asked in turn.
    """
    largest, may = hazard.max(), np.empty(accounts.stage.shape[0], np.uint8)
    for i in range(may.shape[0]):
        drawn = (accounts.stage[i] == PROSPECT) & (uniform(draws, i) < largest)
        may[i] = drawn | ((accounts.stage[i] == LOST) & (accounts.due[i] <= week))
    rows, count = list_set(may), 0
    for i in rows:
        if accounts.stage[i] == LOST or uniform(draws, i) < hazard[accounts.front[i]]:
            rows[count] = i
            count += 1
    return rows[:count]


@phase
def _spend(fronts: Fronts, gauges: Column, sums: Column, world: World) -> None:
    """Book the marketing budget, and how the most contested front stands."""
    usual = world.finance.marketing_share * gauges[gauge.ARR_USD] / WEEKS_A_YEAR
    sums[record.REINVESTED] = usual * gauges[gauge.REINVESTED]
    sums[record.MARKETING_COST] = usual + sums[record.REINVESTED]
    for f in range(fronts.channel.shape[0]):
        sums[record.ABROAD_SPEND] += sums[record.MARKETING_COST] * fronts.allocation[f] * (1 - fronts.home[f])
    contested = most_contested(fronts.pressure, fronts.reach)
    if contested >= 0:
        sums[record.CONTESTED_WEEKS] = 1.0
        sums[record.CONTESTED_SHARE] = fronts.customers[contested] / max(fronts.accounts[contested], 1)


@phase
def _hazards(
    fronts: Fronts, firm: Firm, sums: Column, budget: float, world: World, held: StandIns
) -> Column:  # fmt: skip
    """Probability that a prospect turns lead this week, front by front."""
    rules, hazard = world.demand, fronts.attractiveness.copy()
    strategy = responsive(rules.strategy_gain, firm.lift[STRATEGY_WORK])
    usual = world.market.reference_customers_share
    everyone = 0.0
    for f in range(hazard.shape[0]):
        everyone += fronts.accounts[f] if fronts.reach[f] > 0.0 else 0
    for f in range(hazard.shape[0]):
        if fronts.accounts[f] == 0 or not fronts.reach[f] > 0.0:
            hazard[f] = 0.0
            continue
        referred = references_on(fronts.referrers[f], fronts.accounts[f], usual, rules.reference_gain)
        references = held_or(held.references, referred)
        sums[record.REFERENCES] += references * fronts.accounts[f] / everyone
        attractiveness = fronts.attractiveness[f]
        attractiveness -= play_cost(fronts.play[f], fronts.best_play[f], world.plays.gain, held.play_fit)
        hazard[f] = lead_hazard(
            rules.lead_hazard_per_week, budget, rules.budget_exponent,
            fronts.allocation[f] * everyone / fronts.accounts[f], rules.front_exponent, attractiveness, strategy,
            references, fronts.reach[f],
        )  # fmt: skip
    return hazard
