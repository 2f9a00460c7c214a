"""Step 6: marketing makes leads, and hands them over to sales."""

import math

from revorg.simulation.chance import BECOMES_LEAD, HANDOFF, stream, uniform
from revorg.simulation.codes import (
    ARR_USD,
    LEAD,
    LOST,
    MARKETING,
    MOVING,
    PROSPECT,
    SALES,
    STRATEGY_WORK,
    WEEKS_A_YEAR,
    Column,
)
from revorg.simulation.compiling import loop, rule
from revorg.simulation.record import (
    R_ABROAD_SPEND,
    R_CONTESTED_SHARE,
    R_CONTESTED_WEEKS,
    R_LEADS,
    R_LEADS_LOST,
    R_MARKETING_COST,
    R_MOVED,
    R_PROSPECTS,
    R_REFERENCES,
)
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import NOTHING_HELD, StandIns
from revorg.simulation.state import Accounts, Firm, Fronts
from revorg.simulation.submodels.rules import held_or, most_contested, responsive


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


def make_leads(
    accounts: Accounts, fronts: Fronts, firm: Firm, record: Column, world: Scenario, arr_reference_usd: float,
    seed: int, week: int, held: StandIns = NOTHING_HELD,
) -> None:  # fmt: skip
    """Let prospects turn leads, hand the leads over, and bring lost accounts back to the market."""
    rules = world.demand
    _make_leads(
        accounts.stage, accounts.since, accounts.due, accounts.front, fronts.attractiveness, fronts.reach,
        fronts.accounts, fronts.allocation, fronts.prospects, fronts.customers, fronts.referrers, fronts.home,
        fronts.pressure, firm.gauges, firm.lift, firm.alignment if held.alignment is None else held.alignment, record,
        seed, week, arr_reference_usd, rules.lead_hazard_per_week, rules.budget_exponent, rules.front_exponent,
        rules.strategy_gain, rules.reference_gain, rules.handoff_base, rules.handoff_alignment,
        rules.lead_patience_weeks, rules.unworked_return_weeks, world.finance.marketing_share,
        world.market.initial_customers_share, held.moved_share, held.references,
    )  # fmt: skip


@loop
def _make_leads(
    stage: Column, since: Column, due: Column, front: Column, attractiveness: Column, reach: Column, accounts: Column,
    allocation: Column, prospects: Column, customers: Column, referrers: Column, home: Column, pressure: Column,
    gauges: Column, lift: Column, alignment: Column, record: Column, seed: int, week: int, arr_reference: float,
    base: float, budget_exponent: float, front_exponent: float, strategy_gain: float, reference_gain: float,
    handoff_base: float, handoff_alignment: float, patience_weeks: float, return_weeks: float, marketing_share: float,
    usual_customers: float, held_moved: float, held_references: float,
) -> None:  # fmt: skip
    fronts = reach.shape[0]
    lost = held_or(held_moved, moved_away(gauges[MOVING]))
    gauges[MOVING] = max(gauges[MOVING] - lost, 0.0)
    record[R_MOVED] = lost
    budget = max(gauges[ARR_USD] / arr_reference, 1e-6) * (1.0 - lost)
    record[R_MARKETING_COST] = marketing_share * gauges[ARR_USD] / WEEKS_A_YEAR
    for f in range(fronts):
        record[R_ABROAD_SPEND] += record[R_MARKETING_COST] * allocation[f] * (1 - home[f])
    contested = most_contested(pressure)
    if contested >= 0:
        record[R_CONTESTED_WEEKS] = 1.0
        record[R_CONTESTED_SHARE] = customers[contested] / max(accounts[contested], 1)
    hazard = _hazards(
        attractiveness, reach, accounts, allocation, customers, referrers, budget, base, budget_exponent,
        front_exponent, responsive(strategy_gain, lift[STRATEGY_WORK]), reference_gain, usual_customers,
        held_references, record,
    )  # fmt: skip
    taken_up = handoff_probability(alignment[MARKETING, SALES], handoff_base, handoff_alignment)
    becomes, hands = stream(seed, BECOMES_LEAD, week), stream(seed, HANDOFF, week)
    for f in range(fronts):
        prospects[f] = 0
    leads, leads_lost, open_market = 0, 0, 0
    for i in range(stage.shape[0]):
        if stage[i] == PROSPECT:
            f = front[i]
            prospects[f] += 1
            open_market += 1
            if uniform(becomes, i) < hazard[f]:
                since[i] = week
                leads += 1
                if uniform(hands, i) < taken_up:
                    stage[i], due[i] = LEAD, week + patience_weeks
                else:
                    stage[i], due[i] = LOST, week + return_weeks
                    leads_lost += 1
        elif stage[i] == LOST and week >= due[i]:
            stage[i], since[i] = PROSPECT, week
    record[R_LEADS] = leads
    record[R_LEADS_LOST] = leads_lost
    record[R_PROSPECTS] = open_market


@rule
def _hazards(
    attractiveness: Column, reach: Column, accounts: Column, allocation: Column, customers: Column, referrers: Column,
    budget: float, base: float, budget_exponent: float, front_exponent: float, strategy: float, reference_gain: float,
    usual_customers: float, held_references: float, record: Column,
) -> Column:  # fmt: skip
    fronts = reach.shape[0]
    hazard = attractiveness.copy()
    everyone = 0.0
    for f in range(fronts):
        everyone += accounts[f]
    for f in range(fronts):
        if accounts[f] == 0:
            hazard[f] = 0.0
            continue
        references = held_or(held_references, references_on(referrers[f], accounts[f], usual_customers, reference_gain))
        record[R_REFERENCES] += references * accounts[f] / everyone
        spend = allocation[f] * everyone / accounts[f]
        hazard[f] = lead_hazard(
            base, budget, budget_exponent, spend, front_exponent, attractiveness[f], strategy, references, reach[f],
        )  # fmt: skip
    return hazard
