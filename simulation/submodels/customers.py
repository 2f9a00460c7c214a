"""Steps 8 and 9: success serves customers, and customers decide to stay, shrink, grow or leave."""

from functools import lru_cache

import numpy as np
from scipy.special import betaincinv

from revorg.simulation.chance import CHURN, EXPANSION, ISSUE, RELATION, SHRINK, normal, stream, uniform
from revorg.simulation.chance import ESCALATION as ESCALATES
from revorg.simulation.chance import HEALTH as HEALTH_NOISE
from revorg.simulation.codes import (
    ARR_USD,
    CUSTOMER,
    CUSTOMER_WORK,
    ESCALATION,
    HEALTH,
    LOST,
    MATURITY,
    OWNERSHIP,
    PLANNED,
    WEEKS_A_QUARTER,
    WEEKS_A_YEAR,
    Column,
)
from revorg.simulation.compiling import loop, rule
from revorg.simulation.record import (
    R_ACCOUNT_HOURS,
    R_ARR,
    R_BASE_EXPANSION,
    R_CHAMPION_WORTH,
    R_CHURNED,
    R_CHURNED_CUSTOMERS,
    R_CONTRACTION,
    R_CRITIC_WORTH,
    R_CUSTOMERS,
    R_EQUITY,
    R_EXPANSION,
    R_FIRST_DUE,
    R_FIRST_RENEWED,
    R_HEALTH_SUM,
    R_ISSUES,
    R_PLAN_HOURS,
    R_RIVAL_CHURNED,
)
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import NOTHING_HELD, StandIns
from revorg.simulation.state import Accounts, Decisions, Firm, Fronts
from revorg.simulation.submodels.heaps import list_rows
from revorg.simulation.submodels.matters import raise_matter
from revorg.simulation.submodels.rules import customer_value, held_or, logistic, margin_share, responsive

PLANS = ("none", "best", "everywhere")
"""Which customers get an account plan, in the order of the loop's codes."""


@rule
def health_after(health: float, delivered: float, pace: float, noise: float) -> float:
    """Health moves toward what was delivered this week. [0..1]  Source: assumption C3 (exponential smoothing).

    >>> round(health_after(0.5, delivered=0.9, pace=0.1, noise=0.0), 2)
    0.54
    """
    return min(max(health + pace * (delivered - health) + noise, 0.0), 1.0)


@rule
def adoption_after(adoption: float, weeks: float) -> float:
    """Adoption a week later: it closes the same share of its gap every week. [0..1]

    >>> adoption_after(0.0, weeks=16.0)
    0.0625
    """
    return adoption + (1.0 - adoption) / weeks


@rule
def relations_after(
    chance: float, champion: int, sponsors: int, critics: int, group: int, champion_loss: float,
    champion_return: float, critic_rate: float, sponsor_gain: float,
) -> tuple[int, int, int]:  # fmt: skip
    """Champion, sponsors and critics a week later: at most one change, drawn by one chance.

    The champion leaves, or is found again the sooner the more sponsors there are; critics come at a constant rate and
    go in proportion to their number; sponsors beyond the first leave at the champion's hazard; a sponsor is won.
    Source: assumption C2 (constant hazards).

    >>> relations_after(0.0, 1, 2, 0, 5, champion_loss=0.01, champion_return=0.1, critic_rate=0.01, sponsor_gain=0.1)
    (0, 2, 0)
    >>> relations_after(0.99, 1, 2, 0, 5, champion_loss=0.01, champion_return=0.1, critic_rate=0.01, sponsor_gain=0.1)
    (1, 3, 0)
    """
    moves = champion_loss if champion == 1 else champion_return * sponsors
    critic_goes = moves + critic_rate + 2.0 * critic_rate * critics
    if chance < moves:
        return 1 - champion, sponsors, critics
    if chance < moves + critic_rate:
        return champion, sponsors, min(critics + 1, group)
    if chance < critic_goes:
        return champion, sponsors, critics - 1
    if chance < critic_goes + champion_loss * (sponsors - 1):
        return champion, sponsors - 1, critics
    if chance > 1.0 - sponsor_gain and sponsors < group:
        return champion, sponsors + 1, critics
    return champion, sponsors, critics


@rule
def worth_of_sponsors(
    champion: int, champion_worth: float, sponsors: int, sponsor_worth: float, adoption: float
) -> float:
    """What champions and sponsors add to the value a customer perceives. [health]

    Relations cushion each other: the loss of a champion hurts less where other sponsors stand and use is deep.

    >>> worth_of_sponsors(1, 0.1, sponsors=1, sponsor_worth=0.03, adoption=0.5)
    0.0
    >>> worth_of_sponsors(0, 0.1, sponsors=1, sponsor_worth=0.03, adoption=0.5)
    -0.1
    """
    worth = sponsor_worth * (sponsors - 1)
    if champion == 0:
        worth -= champion_worth * (1.5 - adoption) / max(sponsors, 1)
    return worth


@rule
def delivered_to(
    neutral: float, service: float, adoption: float, adoption_worth: float, sponsors: float, critics: float,
    ownership: float, ownership_worth: float,
) -> float:  # fmt: skip
    """Value a customer perceives this week, before issues; `sponsors` and `critics` are worths. [0..1 unclipped]

    >>> delivered_to(0.65, 0.0, 0.8, 0.25, sponsors=0.0, critics=0.0, ownership=0.5, ownership_worth=0.1)
    0.65
    """
    value = neutral + service + adoption_worth * (adoption - 0.8) + ownership_worth * (ownership - 0.5)
    return value + sponsors + critics


@rule
def churn_probability(churn_logit: float, health: float, neutral: float, slope: float) -> float:
    """Probability of leaving at term. [0..1]

    With neutral health it is the customer's lasting Beta-distributed disposition, which makes cohorts survive as in
    the shifted-beta-geometric model. Source: Fader & Hardie (2007).

    >>> churn_probability(0.0, health=0.65, neutral=0.65, slope=5.0)
    0.5
    """
    return logistic(churn_logit + slope * (neutral - health))


@rule
def drawn_away(pressure: float, critics: float, pull: float) -> float:
    """What rivals add to the odds of leaving: their pressure on the front, more where critics speak for them. [logit]

    >>> drawn_away(0.4, critics=1.0, pull=0.5)
    0.4
    """
    return pull * pressure * (1.0 + critics)


@rule
def expansion_hazard(
    base: float, health: float, neutral: float, service: float, alignment: float, room: float
) -> float:
    """Probability that a customer buys more this week. [0..1]

    >>> expansion_hazard(0.01, health=0.65, neutral=0.65, service=1.0, alignment=0.5, room=1.0)
    0.01
    """
    return min(1.0, base * (health / neutral) * service * (0.5 + alignment) * room)


@rule
def potential_of(first_contract_usd: float, land_share: float, products: int, by_product: float) -> float:
    """ARR that an account could buy of what it owns: the first contract is a share, each further product adds. [USD]

    >>> potential_of(30.0, land_share=0.5, products=3, by_product=0.25)
    90.0
    """
    return first_contract_usd / land_share * (1.0 + by_product * (products - 1))


@rule
def room_to_grow(contract_usd: float, potential_usd: float, groups: int, group: int) -> float:
    """Share of an account's potential that could be sold next: half of it opens only with further groups. [0..1]

    >>> room_to_grow(25.0, potential_usd=100.0, groups=2, group=4)
    0.5
    """
    return max(0.0, 0.5 + 0.5 * min(1.0, groups / group) - contract_usd / potential_usd)


@rule
def gets_plan(plans: int, contract_usd: float, mean_contract_usd: float) -> bool:
    """Whether a customer gets an account plan: nobody, the larger customers, or all.

    >>> gets_plan(0, 9.0, 5.0), gets_plan(1, 9.0, 5.0), gets_plan(1, 4.0, 5.0), gets_plan(2, 4.0, 5.0)
    (False, True, False, True)
    """
    return plans == 2 or (plans == 1 and contract_usd > mean_contract_usd)


@rule
def work_with_plan(account_work: float, gain: float, hours: float, plans_per_hour: float, planned: float) -> float:
    """Multiplier of growth in an account with a plan: plans thin out when leaders' hours do not reach for all.

    Source: assumption C6.

    >>> work_with_plan(1.0, gain=0.5, hours=10.0, plans_per_hour=4.0, planned=80.0)
    1.25
    """
    return account_work * (1.0 + gain * min(1.0, hours * plans_per_hour / max(planned, 1.0)))


@rule
def relieved(rate: float, maturity: float, relief: float) -> float:
    """Rate of something that mature processes make rarer.

    >>> relieved(0.04, maturity=0.5, relief=0.5)
    0.03
    """
    return rate * (1.0 - relief * maturity)


@lru_cache(maxsize=16)
def _disposition_table(a: float, b: float) -> Column:
    """Logits of Beta(a, b) quantiles on an even grid of logits of the probability, from −30 to 30."""
    probability = 1.0 / (1.0 + np.exp(-np.linspace(-30.0, 30.0, 6001)))
    quantile = np.clip(betaincinv(a, b, probability), 1e-15, 1.0 - 1e-15)
    return np.log(quantile / (1.0 - quantile))


def churn_logits(chances: Column, a: float, b: float) -> Column:
    """Lasting dispositions to leave, in logits, for uniform chances of shape (accounts,)."""
    logits = np.log(chances / (1.0 - chances))
    return np.interp(logits, np.linspace(-30.0, 30.0, 6001), _disposition_table(a, b))


def serve(
    accounts: Accounts, fronts: Fronts, firm: Firm, decisions: Decisions, record: Column, world: Scenario, seed: int,
    week: int, held: StandIns = NOTHING_HELD,
) -> None:  # fmt: skip
    """Serve every customer for a week, and let those decide whose time has come."""
    rules = world.customers
    _serve(
        accounts.stage, accounts.since, accounts.due, accounts.waiting, accounts.front, accounts.group, accounts.size,
        accounts.churn_logit, accounts.contract_usd, accounts.health, accounts.adoption, accounts.champion,
        accounts.sponsors, accounts.critics, accounts.products_owned, accounts.groups_reached, fronts.pressure,
        fronts.partner, fronts.customers, fronts.arr_usd, fronts.referrers, firm.gauges, firm.lift, firm.contribution,
        firm.alignment, decisions.entry_kind, decisions.entry_row, decisions.entry_day, decisions.entry_climbs,
        decisions.entry_at_stake, decisions.entries, record, seed, week, world.market.contract_usd,
        world.market.products, rules.health_slope, rules.neutral_health, rules.health_pace, rules.health_noise,
        rules.service_gain, rules.expansion_gain, rules.expansion_per_week, rules.expansion_step, rules.land_share,
        rules.champion_loss_per_year, rules.champion_return_per_week, rules.champion_worth,
        rules.sponsor_gain_per_week, rules.sponsor_worth, rules.critic_rate_per_year, rules.critic_loss,
        rules.issues_per_week, rules.issue_relief, rules.issue_loss, rules.escalated_share, rules.adoption_weeks,
        rules.adoption_worth, rules.term_weeks, rules.shrink_logit, rules.shrink_share, rules.healthy_reference,
        rules.care_hours, rules.issue_hours, rules.product_potential, rules.cross_sale_share,
        PLANS.index(world.levers.account_plans), rules.plan_gain, rules.plans_per_hour, rules.plan_hours,
        world.alignment.ownership_worth, world.decisions.stakes_floor_share, world.decisions.escalate_share,
        world.demand.churned_return_weeks, rules.rival_pull,
        world.finance.infrastructure_share + world.finance.serve_share, world.operations.cost_relief,
        world.finance.partner_share, world.finance.discount_a_year, (week + 1) % WEEKS_A_QUARTER == 0,
        held.champion_worth, held.critic_worth,
    )  # fmt: skip


@loop
def _serve(
    stage: Column, since: Column, due: Column, waiting: Column, front: Column, group: Column, size: Column,
    churn_logit: Column, contract: Column, health: Column, adoption: Column, champion: Column, sponsors: Column,
    critics: Column, products_owned: Column, groups_reached: Column, pressure: Column, partner: Column,
    customers: Column, arr_usd: Column, referrers: Column, gauges: Column, lift: Column, contribution: Column,
    alignment: Column, entry_kind: Column, entry_row: Column, entry_day: Column, entry_climbs: Column,
    entry_at_stake: Column, entries: Column, record: Column, seed: int, week: int, contract_usd: float, products: int,
    slope: float, neutral: float, pace: float, noise: float, service_gain: float, expansion_gain: float,
    expansion_per_week: float, expansion_step: float, land_share: float, champion_loss_per_year: float,
    champion_return: float, champion_worth: float, sponsor_gain: float, sponsor_worth: float,
    critic_rate_per_year: float, critic_loss: float, issues_per_week: float, issue_relief: float, issue_loss: float,
    escalated_share: float, adoption_weeks: float, adoption_worth: float, term_weeks: int, shrink_logit: float,
    shrink_share: float, healthy: float, care_hours: float, issue_hours: float, product_potential: float,
    cross_sale_share: float, plans: int, plan_gain: float, plans_per_hour: float, plan_hours: float,
    ownership_worth: float, floor_share: float, escalate_share: float, return_weeks: float, rival_pull: float,
    costs: float, cost_relief: float, partner_share: float, discount: float, values_customers: bool,
    held_champion: float, held_critic: float,
) -> None:  # fmt: skip
    noises, relations = stream(seed, HEALTH_NOISE, week), stream(seed, RELATION, week)
    grows, churns, shrinks = stream(seed, EXPANSION, week), stream(seed, CHURN, week), stream(seed, SHRINK, week)
    issues, escalates = stream(seed, ISSUE, week), stream(seed, ESCALATES, week)
    floor = max(floor_share * gauges[ARR_USD], 1.0)
    margin = margin_share(costs, cost_relief, gauges[MATURITY])
    service = service_gain * lift[CUSTOMER_WORK]
    unplanned_work = responsive(expansion_gain, lift[CUSTOMER_WORK])
    planned_work = work_with_plan(
        unplanned_work, plan_gain, contribution[CUSTOMER_WORK], plans_per_hour, gauges[PLANNED]
    )
    mean_contract = gauges[ARR_USD] / max(customers.sum(), 1)
    aligned = 0.5 * (alignment[1, 2] + alignment[0, 2])
    issue_rate = relieved(issues_per_week, gauges[MATURITY], issue_relief)
    champion_loss, critic_rate = champion_loss_per_year / WEEKS_A_YEAR, critic_rate_per_year / WEEKS_A_YEAR
    for f in range(customers.shape[0]):
        customers[f] = referrers[f] = 0
        arr_usd[f] = 0.0
    count, planned, arr, health_sum, hours = 0, 0, 0.0, 0.0, 0.0
    rows = np.empty(stage.shape[0], np.int64)
    for place in range(list_rows(stage, CUSTOMER, rows)):
        i = rows[place]
        has_plan = gets_plan(plans, contract[i], mean_contract)
        account_work = planned_work if has_plan else unplanned_work
        planned += has_plan
        champion[i], sponsors[i], critics[i] = relations_after(
            uniform(relations, i), champion[i], sponsors[i], critics[i], group[i], champion_loss, champion_return,
            critic_rate, sponsor_gain * account_work,
        )  # fmt: skip
        groups_reached[i] = max(groups_reached[i], sponsors[i])
        adoption[i] = adoption_after(adoption[i], adoption_weeks)
        sponsored = worth_of_sponsors(champion[i], champion_worth, sponsors[i], sponsor_worth, adoption[i])
        worn = -critic_loss * critics[i]
        record[R_CHAMPION_WORTH] += sponsored
        record[R_CRITIC_WORTH] += worn
        delivered = delivered_to(
            neutral, service, adoption[i], adoption_worth, held_or(held_champion, sponsored),
            held_or(held_critic, worn), gauges[OWNERSHIP], ownership_worth,
        )  # fmt: skip
        hours += care_hours
        chance = uniform(issues, i)
        if chance < issue_rate:
            delivered -= issue_loss
            record[R_ISSUES] += 1.0
            hours += issue_hours
            if waiting[i] == 0:
                waiting[i] = raise_matter(
                    entry_kind, entry_row, entry_day, entry_climbs, entry_at_stake, entries, ESCALATION, i, week,
                    escalates, escalated_share, contract[i], floor, escalate_share,
                )  # fmt: skip
        health[i] = health_after(health[i], delivered, pace, noise * normal(noises, i))
        potential = potential_of(contract_usd * size[i], land_share, products_owned[i], product_potential)
        if week >= due[i]:
            first = week - since[i] <= term_weeks
            record[R_FIRST_DUE] += first
            rivals = drawn_away(pressure[front[i]], float(critics[i]), rival_pull)
            chance = uniform(churns, i)
            if chance < churn_probability(churn_logit[i] + rivals, health[i], neutral, slope):
                if chance >= churn_probability(churn_logit[i], health[i], neutral, slope):
                    record[R_RIVAL_CHURNED] += 1.0
                record[R_CHURNED] += contract[i]
                record[R_CHURNED_CUSTOMERS] += 1.0
                stage[i], since[i], due[i], contract[i] = LOST, week, week + return_weeks, 0.0
                continue
            record[R_FIRST_RENEWED] += first
            due[i] += term_weeks
            if uniform(shrinks, i) < logistic(shrink_logit + slope * (neutral - health[i])):
                record[R_CONTRACTION] += shrink_share * contract[i]
                contract[i] *= 1.0 - shrink_share
        room = room_to_grow(contract[i], potential, groups_reached[i], group[i])
        hazard = expansion_hazard(expansion_per_week, health[i], neutral, account_work, aligned, room)
        chance = uniform(grows, i)
        if chance < hazard:
            if products_owned[i] < products and chance < cross_sale_share * hazard:
                products_owned[i] += 1
                potential = potential_of(contract_usd * size[i], land_share, products_owned[i], product_potential)
            added = min(expansion_step * potential, potential - contract[i])
            contract[i] += added
            record[R_EXPANSION] += added
            record[R_BASE_EXPANSION] += added * min(1.0, (week - since[i]) / WEEKS_A_YEAR)
        if values_customers:
            leaves = churn_probability(churn_logit[i], health[i], neutral, slope) * WEEKS_A_YEAR / term_weeks
            kept = margin - partner[front[i]] * partner_share
            record[R_EQUITY] += customer_value(contract[i], kept, leaves, discount)
        count += 1
        arr += contract[i]
        health_sum += health[i]
        customers[front[i]] += 1
        arr_usd[front[i]] += contract[i]
        if health[i] > healthy:
            referrers[front[i]] += 1
    gauges[ARR_USD] = arr
    gauges[HEALTH] = health_sum / count if count > 0 else neutral
    record[R_ARR] = arr
    record[R_CUSTOMERS] = count
    record[R_HEALTH_SUM] = health_sum
    gauges[PLANNED] = planned
    record[R_PLAN_HOURS] = plan_hours * planned
    record[R_ACCOUNT_HOURS] = hours + record[R_PLAN_HOURS]
