"""Step 6: marketing makes leads, and hands them over to sales."""

import math

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
    budget = max(gauges[gauge.ARR_USD] / arr_reference_usd(world.market), 1e-6) * (1.0 - lost)
    hazard = _hazards(fronts, firm, sums, budget, world, held)
    rules = world.demand
    aligned = held_or(held.alignment[MARKETING, SALES], firm.alignment[MARKETING, SALES])
    taken_up = handoff_probability(aligned, rules.handoff_base, rules.handoff_alignment)
    becomes = stream(now.seed, purpose.BECOMES_LEAD, now.week)
    hands = stream(now.seed, purpose.HANDOFF, now.week)
    fronts.prospects[:] = 0
    leads, leads_lost, open_market = 0, 0, 0
    for i in range(accounts.stage.shape[0]):
        if accounts.stage[i] == PROSPECT:
            f = accounts.front[i]
            fronts.prospects[f] += 1
            open_market += 1
            if uniform(becomes, i) < hazard[f]:
                accounts.since[i] = now.week
                leads += 1
                if uniform(hands, i) < taken_up:
                    accounts.stage[i], accounts.due[i] = LEAD, now.week + rules.lead_patience_weeks
                else:
                    accounts.stage[i], accounts.due[i] = LOST, now.week + rules.unworked_return_weeks
                    leads_lost += 1
        elif accounts.stage[i] == LOST and now.week >= accounts.due[i]:
            accounts.stage[i], accounts.since[i] = PROSPECT, now.week
    sums[record.LEADS] = leads
    sums[record.LEADS_LOST] = leads_lost
    sums[record.PROSPECTS] = open_market


@phase
def _spend(fronts: Fronts, gauges: Column, sums: Column, world: World) -> None:
    """Book the marketing budget, and how the most contested front stands."""
    sums[record.MARKETING_COST] = world.finance.marketing_share * gauges[gauge.ARR_USD] / WEEKS_A_YEAR
    for f in range(fronts.channel.shape[0]):
        sums[record.ABROAD_SPEND] += sums[record.MARKETING_COST] * fronts.allocation[f] * (1 - fronts.home[f])
    contested = most_contested(fronts.pressure)
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
    usual = world.market.initial_customers_share
    everyone = 0.0
    for f in range(hazard.shape[0]):
        everyone += fronts.accounts[f]
    for f in range(hazard.shape[0]):
        if fronts.accounts[f] == 0:
            hazard[f] = 0.0
            continue
        referred = references_on(fronts.referrers[f], fronts.accounts[f], usual, rules.reference_gain)
        references = held_or(held.references, referred)
        sums[record.REFERENCES] += references * fronts.accounts[f] / everyone
        hazard[f] = lead_hazard(
            rules.lead_hazard_per_week, budget, rules.budget_exponent,
            fronts.allocation[f] * everyone / fronts.accounts[f], rules.front_exponent, fronts.attractiveness[f],
            strategy, references, fronts.reach[f],
        )  # fmt: skip
    return hazard
