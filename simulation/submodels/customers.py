"""Steps 8 and 9: success serves customers, and customers decide to stay, shrink, grow or leave."""

from typing import Any, NamedTuple

import numpy as np

from revorg.simulation.chance import normal, purpose, stream, uniform
from revorg.simulation.codes import (
    CUSTOMER,
    CUSTOMER_WORK,
    ESCALATION,
    LOST,
    MARKETING,
    SALES,
    SUCCESS,
    WEEKS_A_QUARTER,
    WEEKS_A_YEAR,
    Column,
    gauge,
)
from revorg.simulation.compiling import phase, step
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import record
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Accounts, Decisions, Firm, Fronts
from revorg.simulation.submodels.heaps import below, list_rows, list_set
from revorg.simulation.submodels.loyalty import (
    adoption_after,
    churn_probability,
    delivered_to,
    drawn_away,
    expansion_hazard,
    gets_plan,
    health_after,
    potential_of,
    relations_after,
    relieved,
    room_to_grow,
    work_with_plan,
    worth_of_sponsors,
)
from revorg.simulation.submodels.matters import raise_matter
from revorg.simulation.submodels.rules import customer_value, held_or, logistic, margin_share, responsive


class Service(NamedTuple):
    """What success can do for every customer this week, and how it is counted."""

    worth: float  # health that leaders' customer work adds
    unplanned_work: float  # multiplier of growth in an account without a plan
    planned_work: float  # the same with a plan
    mean_contract: float  # USD
    aligned: float  # how well sales and marketing work with success
    issue_rate: float  # a week
    floor: float  # least stakes of a matter that reaches a desk, USD
    margin: float  # share of a contract left after running and serving it


@step
def serve(
    accounts: Accounts, fronts: Fronts, firm: Firm, decisions: Decisions, sums: Column, world: World, held: StandIns,
    now: Now,
) -> None:  # fmt: skip
    """Serve every customer for a week, and let those decide whose time has come."""
    customers = list_rows(accounts.stage, CUSTOMER)
    service, gauges = _service_of(fronts, firm, world), firm.gauges
    work, planned = _share_work(accounts, customers, service, world.levers.account_plans)
    delivered = _care(accounts, customers, work, gauges[gauge.OWNERSHIP], service.worth, sums, world, held, now)
    _meet_issues(accounts, customers, delivered, decisions, service, sums, world, now)
    _move_health(accounts, customers, delivered, world.customers, now)
    _renew(accounts, customers, fronts.pressure, sums, world, now)
    _buy(accounts, customers, work, service, sums, world, now)
    _count(accounts, customers, fronts, gauges, sums, world.customers)
    if (now.week + 1) % WEEKS_A_QUARTER == 0:
        _value(accounts, customers, fronts.partner, service.margin, sums, world)
    gauges[gauge.PLANNED] = planned
    sums[record.PLAN_HOURS] = world.customers.plan_hours * planned
    sums[record.ACCOUNT_HOURS] += sums[record.PLAN_HOURS]


@phase
def _service_of(fronts: Fronts, firm: Firm, world: World) -> Service:
    """What success can do this week."""
    rules, gauges = world.customers, firm.gauges
    costs = world.finance.infrastructure_share + world.finance.serve_share
    unplanned = responsive(rules.expansion_gain, firm.lift[CUSTOMER_WORK])
    contributed = firm.contribution[CUSTOMER_WORK]
    return Service(
        rules.service_gain * firm.lift[CUSTOMER_WORK],
        unplanned,
        work_with_plan(unplanned, rules.plan_gain, contributed, rules.plans_per_hour, gauges[gauge.PLANNED]),
        gauges[gauge.ARR_USD] / max(fronts.customers.sum(), 1),
        0.5 * (firm.alignment[SALES, SUCCESS] + firm.alignment[MARKETING, SUCCESS]),
        relieved(rules.issues_per_week, gauges[gauge.MATURITY], rules.issue_relief),
        world.decisions.stakes_floor_share * gauges[gauge.ARR_USD],
        margin_share(costs, world.operations.cost_relief, gauges[gauge.MATURITY]),
    )


@phase
def _share_work(accounts: Accounts, customers: Column, service: Service, plans: int) -> tuple[Column, int]:
    """Multiplier of growth that account work gives each customer, by whether it has a plan; and how many have one."""
    work, planned = np.empty(customers.shape[0]), 0
    for place in range(customers.shape[0]):
        has_plan = gets_plan(plans, accounts.contract_usd[customers[place]], service.mean_contract)
        work[place] = service.planned_work if has_plan else service.unplanned_work
        planned += has_plan
    return work, planned


@phase
def _care(
    accounts: Accounts, customers: Column, work: Column, ownership: float, worth: float, sums: Column, world: World,
    held: StandIns, now: Now,
) -> Column:  # fmt: skip
    """Move relations and adoption by a week; return the value that each customer perceives, before issues."""
    rules, draws = world.customers, stream(now.seed, purpose.RELATION, now.week)
    champion_loss, critic_rate = rules.champion_loss_per_year / WEEKS_A_YEAR, rules.critic_rate_per_year / WEEKS_A_YEAR
    delivered = np.empty(customers.shape[0])
    for place in range(customers.shape[0]):
        i = customers[place]
        champion, sponsors, critics = relations_after(
            uniform(draws, i), accounts.champion[i], accounts.sponsors[i], accounts.critics[i], accounts.group[i],
            champion_loss, rules.champion_return_per_week, critic_rate, rules.sponsor_gain_per_week * work[place],
        )  # fmt: skip
        adoption = adoption_after(accounts.adoption[i], rules.adoption_weeks)
        accounts.champion[i], accounts.sponsors[i], accounts.critics[i] = champion, sponsors, critics
        accounts.groups_reached[i] = max(accounts.groups_reached[i], sponsors)
        accounts.adoption[i] = adoption
        sponsored = worth_of_sponsors(champion, rules.champion_worth, sponsors, rules.sponsor_worth, adoption)
        worn = -rules.critic_loss * critics
        sums[record.CHAMPION_WORTH] += sponsored
        sums[record.CRITIC_WORTH] += worn
        delivered[place] = delivered_to(
            rules.neutral_health, worth, adoption, rules.adoption_worth, held_or(held.champion_worth, sponsored),
            held_or(held.critic_worth, worn), ownership, world.alignment.ownership_worth,
        )  # fmt: skip
    return delivered


@phase
def _meet_issues(
    accounts: Accounts, customers: Column, delivered: Column, decisions: Decisions, service: Service, sums: Column,
    world: World, now: Now,
) -> None:  # fmt: skip
    """Count the hours of care; let issues come up and take off what was delivered, and large ones be escalated."""
    rules, hours = world.customers, 0.0
    comes_up = below(stream(now.seed, purpose.ISSUE, now.week), customers, service.issue_rate)
    escalates = stream(now.seed, purpose.ESCALATION, now.week)
    for place in range(customers.shape[0]):
        hours += rules.care_hours
        if not comes_up[place]:
            continue
        i = customers[place]
        delivered[place] -= rules.issue_loss
        hours += rules.issue_hours
        sums[record.ISSUES] += 1.0
        if accounts.waiting[i] == 0:
            accounts.waiting[i] = raise_matter(
                decisions, ESCALATION, i, now.week, escalates, rules.escalated_share, accounts.contract_usd[i],
                service.floor, world.decisions,
            )  # fmt: skip
    sums[record.ACCOUNT_HOURS] = hours


@phase
def _move_health(accounts: Accounts, customers: Column, delivered: Column, rules: Any, now: Now) -> None:
    """Move every customer's health toward what was delivered."""
    draws = stream(now.seed, purpose.HEALTH, now.week)
    for place in range(customers.shape[0]):
        i = customers[place]
        noise = rules.health_noise * normal(draws, i)
        accounts.health[i] = health_after(accounts.health[i], delivered[place], rules.health_pace, noise)


@phase
def _renew(
    accounts: Accounts, customers: Column, pressure: Column, sums: Column, world: World, now: Now
) -> None:  # fmt: skip
    """Let customers decide whose term is over: they leave, or they renew and perhaps shrink."""
    rules = world.customers
    neutral, slope = rules.neutral_health, rules.health_slope
    draws = stream(now.seed, purpose.CHURN, now.week)
    for place in range(customers.shape[0]):
        i = customers[place]
        if now.week < accounts.due[i]:
            continue
        first = now.week - accounts.since[i] <= rules.term_weeks
        sums[record.FIRST_DUE] += first
        rivals = drawn_away(pressure[accounts.front[i]], float(accounts.critics[i]), rules.rival_pull)
        chance, disposition, health = uniform(draws, i), accounts.churn_logit[i], accounts.health[i]
        if chance < churn_probability(disposition + rivals, health, neutral, slope):
            if chance >= churn_probability(disposition, health, neutral, slope):
                sums[record.RIVAL_CHURNED] += 1.0
            sums[record.CHURNED_ARR] += accounts.contract_usd[i]
            sums[record.CHURNED_CUSTOMERS] += 1.0
            accounts.stage[i], accounts.since[i], accounts.contract_usd[i] = LOST, now.week, 0.0
            accounts.due[i] = now.week + world.demand.churned_return_weeks
            continue
        sums[record.FIRST_RENEWED] += first
        accounts.due[i] += rules.term_weeks
        shrinks = uniform(stream(now.seed, purpose.SHRINK, now.week), i)
        if shrinks < logistic(rules.shrink_logit + slope * (neutral - health)):
            sums[record.CONTRACTION_ARR] += rules.shrink_share * accounts.contract_usd[i]
            accounts.contract_usd[i] *= 1.0 - rules.shrink_share


@phase
def _buy(
    accounts: Accounts, customers: Column, work: Column, service: Service, sums: Column, world: World, now: Now
) -> None:  # fmt: skip
    """Let customers who stay buy more, some of them a further product."""
    rules, draws = world.customers, stream(now.seed, purpose.EXPANSION, now.week)
    most_work = max(service.planned_work, service.unplanned_work)
    largest = expansion_hazard(
        rules.expansion_per_week, 1.0, rules.neutral_health, most_work, service.aligned, room=1.0
    )  # fmt: skip
    for place in list_set(below(draws, customers, largest)):
        i = customers[place]
        if accounts.stage[i] != CUSTOMER:
            continue
        contract, products = accounts.contract_usd[i], accounts.products_owned[i]
        first_contract = world.market.contract_usd * accounts.size[i]
        potential = potential_of(first_contract, rules.land_share, products, rules.product_potential)
        room = room_to_grow(contract, potential, accounts.groups_reached[i], accounts.group[i])
        hazard = expansion_hazard(
            rules.expansion_per_week, accounts.health[i], rules.neutral_health, work[place], service.aligned, room
        )
        chance = uniform(draws, i)
        if chance >= hazard:
            continue
        if products < world.market.products and chance < rules.cross_sale_share * hazard:
            accounts.products_owned[i] += 1
            potential = potential_of(first_contract, rules.land_share, products + 1, rules.product_potential)
        added = min(rules.expansion_step * potential, potential - contract)
        accounts.contract_usd[i] += added
        sums[record.EXPANSION_ARR] += added
        sums[record.BASE_EXPANSION_ARR] += added * min(1.0, (now.week - accounts.since[i]) / WEEKS_A_YEAR)


@phase
def _count(
    accounts: Accounts, customers: Column, fronts: Fronts, gauges: Column, sums: Column, rules: Any
) -> None:  # fmt: skip
    """Count those who stay, in all and on their fronts."""
    fronts.customers[:] = 0
    fronts.referrers[:] = 0
    fronts.arr_usd[:] = 0.0
    count, arr, health = 0, 0.0, 0.0
    for place in range(customers.shape[0]):
        i = customers[place]
        if accounts.stage[i] != CUSTOMER:
            continue
        f = accounts.front[i]
        count += 1
        arr += accounts.contract_usd[i]
        health += accounts.health[i]
        fronts.customers[f] += 1
        fronts.arr_usd[f] += accounts.contract_usd[i]
        fronts.referrers[f] += accounts.health[i] > rules.healthy_reference
    gauges[gauge.ARR_USD] = arr
    gauges[gauge.HEALTH] = health / count if count > 0 else rules.neutral_health
    sums[record.ARR] = arr
    sums[record.CUSTOMERS] = count
    sums[record.HEALTH_SUM] = health


@phase
def _value(
    accounts: Accounts, customers: Column, partner: Column, margin: float, sums: Column, world: World
) -> None:  # fmt: skip
    """Sum up what those who stay are worth, for as long as they will stay."""
    rules = world.customers
    for place in range(customers.shape[0]):
        i = customers[place]
        if accounts.stage[i] != CUSTOMER:
            continue
        health, disposition = accounts.health[i], accounts.churn_logit[i]
        leaves = churn_probability(disposition, health, rules.neutral_health, rules.health_slope)
        a_year = leaves * WEEKS_A_YEAR / rules.term_weeks
        kept = margin - partner[accounts.front[i]] * world.finance.partner_share
        worth = customer_value(accounts.contract_usd[i], kept, a_year, world.finance.discount_a_year)
        sums[record.EQUITY] += worth
