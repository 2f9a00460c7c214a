"""Step 12: the books close. Money, plans, and what the quarter came to."""

import math
from typing import Any

from revorg.simulation.chance import normal, purpose, stream
from revorg.simulation.codes import WEEKS_A_QUARTER, WEEKS_A_YEAR, Column, gauge
from revorg.simulation.compiling import phase, rule, step
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import record
from revorg.simulation.state import Firm, Fronts, People, Reps
from revorg.simulation.submodels.plans import planned_new_arr, posts_wanted
from revorg.simulation.submodels.rules import bought_a_post, posts_at_work, quota_usd, rep_hour_usd, rep_year_usd

HOURS_A_YEAR = 2080.0  # 52 weeks of 40 hours


@rule
def cost_of(operations: Any, stage: int) -> float:
    """Cost of the staff of a stage (none, analyst, team, governance), in shares of a team's.

    >>> from revorg.simulation.parameters.firm import Operations
    >>> cost_of(Operations(analyst_cost=0.4), 1)
    0.4
    """
    return (0.0, operations.analyst_cost, 1.0, operations.governance_cost)[stage]


@rule
def share_of(part: float, whole: float) -> float:
    """What a part is of a whole; of nothing it is either nothing or more than any share. [0..]

    >>> share_of(1.0, 4.0), share_of(0.0, 0.0), share_of(1.0, 0.0)
    (0.25, 0.0, inf)
    """
    return part / whole if whole > 0.0 else math.inf if part > 0.0 else 0.0


@rule
def forecast_error(booked: float, forecast: float) -> float:
    """Miss of a forecast, of that forecast; where nothing was forecast, all that was booked is missed. [0..]

    >>> forecast_error(90.0, forecast=120.0), forecast_error(90.0, forecast=0.0), forecast_error(0.0, forecast=0.0)
    (0.25, 1.0, 0.0)
    """
    if forecast > 0.0:
        return abs(booked - forecast) / forecast
    return 1.0 if booked != forecast else 0.0


@rule
def budget_added(beyond_usd: float, usual_usd: float, share: float) -> float:
    """What reinvested margin adds to the marketing budget, in shares of the usual one; a loss adds nothing. [0..]

    >>> budget_added(40.0, usual_usd=100.0, share=0.5), budget_added(-40.0, usual_usd=100.0, share=0.5)
    (0.2, 0.0)
    """
    return share * max(beyond_usd, 0.0) / usual_usd if usual_usd > 0.0 else 0.0


@step
def close_books(
    firm: Firm, fronts: Fronts, reps: Reps, people: People, history: Column, world: World, now: Now
) -> None:  # fmt: skip
    """Close the week's books, and the quarter's when it ends.

    `history` has shape (weeks, columns): the weekly record so far, this week's row included.
    """
    _pay(firm, fronts, reps, people, history[now.row], world, now.week)
    _reinvest(firm.gauges, history[now.row], world)
    _hold_against_plan(firm, history, world.finance, now.row)
    if (now.week + 1) % WEEKS_A_QUARTER == 0:
        _judge_quarter(firm.gauges, history[now.row])
        _plan_quarter(firm.gauges, reps, history, world, now)
        _judge_reps(reps, world, now.week)


@phase
def _pay(
    firm: Firm, fronts: Fronts, reps: Reps, people: People, sums: Column, world: World, week: int
) -> None:  # fmt: skip
    """Book the week's revenue and costs, and count the people paid."""
    rules, operations, gauges = world.finance, world.operations, firm.gauges
    weekly = gauges[gauge.ARR_USD] / WEEKS_A_YEAR
    posts, supported, levels = posts_at_work(reps), 0.0, 0
    for r in range(reps.active.shape[0]):
        supported += reps.share[r]  # who supports a rep stays while the next one is sought
    for s in range(people.level.shape[0]):
        levels += people.level[s]
    relief = 1.0 - operations.cost_relief * gauges[gauge.MATURITY]
    served = rules.serve_share * relief * weekly + sums[record.PLAN_HOURS] * rules.head_pay_usd / HOURS_A_YEAR
    staff_share = operations.staff_share_of_arr * cost_of(operations, world.levers.operations_stage)
    staff = staff_share * gauges[gauge.MATURITY] * weekly
    sums[record.REVENUE] = weekly * _kept(fronts, rules.partner_share)
    own_hours, earnings = world.sales.rep_hours, world.sales.on_target_earnings_usd / WEEKS_A_YEAR
    bought = bought_a_post(gauges[gauge.BOUGHT_HOURS], posts, own_hours)
    support = rules.support_per_rep * supported * earnings
    beside = posts * bought * rep_hour_usd(rep_year_usd(world.sales, rules.support_per_rep), own_hours)
    sums[record.SALES_COST] = posts * earnings + support + beside
    sums[record.SERVICE_COST] = served
    running = (rules.infrastructure_share + rules.overhead_share) * relief * weekly
    sums[record.OTHER_COST] = running + staff + rules.leader_pay_usd * levels / WEEKS_A_YEAR
    # Those who keep the processes do not dilute them.
    paid_heads = (served + support) * WEEKS_A_YEAR / rules.head_pay_usd
    heads, before = people.level.shape[0] + posts + paid_heads, gauges[gauge.HEADS]
    gauges[gauge.NEWCOMERS] = heads / before - 1.0 if before > 0.0 else 0.0
    gauges[gauge.HEADS] = heads
    sums[record.HEADS] = heads + staff * WEEKS_A_YEAR / rules.head_pay_usd
    sums[record.TARGET] = gauges[gauge.TARGET_USD] * (1.0 + rules.growth_plan) ** (week / WEEKS_A_YEAR)


@phase
def _reinvest(gauges: Column, sums: Column, world: World) -> None:
    """Put a share of the margin beyond what is kept into next week's marketing budget."""
    rules = world.finance
    # The margin is that before this week's reinvestment: what was put in does not lower what can be put in.
    beyond = (1.0 - rules.kept_margin) * sums[record.REVENUE] - (_cost(sums) - sums[record.REINVESTED])
    usual = rules.marketing_share * gauges[gauge.ARR_USD] / WEEKS_A_YEAR
    gauges[gauge.REINVESTED] = budget_added(beyond, usual, world.levers.reinvest_share)


@phase
def _cost(sums: Column) -> float:
    """All costs of the week. [USD]"""
    return (
        sums[record.MARKETING_COST] + sums[record.SALES_COST] + sums[record.SERVICE_COST] + sums[record.OTHER_COST]
    )  # fmt: skip


@phase
def _kept(fronts: Fronts, partner_share: float) -> float:
    """Share of revenue that the firm keeps, after what partners take of the contracts that come through them. [0..1]"""
    through_partners, everyone = 0.0, 0.0
    for f in range(fronts.arr_usd.shape[0]):
        everyone += fronts.arr_usd[f]
        through_partners += fronts.arr_usd[f] * fronts.partner[f]
    return 1.0 - partner_share * through_partners / everyone if everyone > 0.0 else 1.0


@phase
def _hold_against_plan(firm: Firm, history: Column, rules: Any, row: int) -> None:
    """Move the share by which each measure is short of its plan."""
    sums = history[row]
    quarter, year = min(row + 1, WEEKS_A_QUARTER), min(row + 1, WEEKS_A_YEAR)
    new_arr, lost = 0.0, 0.0
    for w in range(row + 1 - quarter, row + 1):
        new_arr += history[w, record.NEW_ARR]
    for w in range(row + 1 - year, row + 1):
        lost += history[w, record.CHURNED_ARR] + history[w, record.CONTRACTION_ARR]
    lost_share = share_of(lost, history[max(row - year, 0), record.ARR]) * WEEKS_A_YEAR / year
    cost_share = share_of(_cost(sums), sums[record.REVENUE])
    found = (
        1.0 - share_of(new_arr * WEEKS_A_QUARTER / quarter, firm.gauges[gauge.PLAN_USD]),
        lost_share / max(1.0 - rules.target_retention, 0.001) - 1.0,
        (rules.target_health - firm.gauges[gauge.HEALTH]) / max(1.0 - rules.target_health, 0.001),
        cost_share / max(rules.target_cost_share, 0.001) - 1.0,
    )
    for m in range(4):
        firm.shortfall[m] += 0.25 * (min(max(found[m], -1.0), 1.0) - firm.shortfall[m])


@rule
def _judge_quarter(gauges: Column, sums: Column) -> None:
    """Hold what was booked against plan and forecast."""
    booked = gauges[gauge.BOOKED_USD]
    missed = booked < gauges[gauge.PLAN_USD]
    sums[record.QUARTERS] = 1.0
    sums[record.QUARTER_MISSED] = missed
    sums[record.QUARTER_AFTER_MISS] = gauges[gauge.MISSES] > 0.0
    sums[record.QUARTER_MISSED_AFTER_MISS] = missed and gauges[gauge.MISSES] > 0.0
    error = forecast_error(booked, gauges[gauge.FORECAST_USD])
    sums[record.FORECAST_ERROR] = error
    sums[record.FORECAST_MISSED] = error > 0.1
    gauges[gauge.MISSES] = gauges[gauge.MISSES] + 1.0 if missed else 0.0
    gauges[gauge.PLANS_KEPT] += 0.25 * ((0.0 if missed else 1.0) - gauges[gauge.PLANS_KEPT])


@phase
def _plan_quarter(gauges: Column, reps: Reps, history: Column, world: World, now: Now) -> None:
    """Plan and forecast the next quarter, and say how many posts are wanted."""
    rules, row = world.finance, now.row
    plan = planned_new_arr(history, row, rules)
    gauges[gauge.PLAN_USD] = plan
    gauges[gauge.REPS_WANTED] = posts_wanted(history, row, gauges, posts_at_work(reps), world)
    # The forecast leans on the plan and on the last quarter, seen through the noise that processes leave.
    noise = rules.forecast_noise * (1.0 - world.strategy.transparency_effect * gauges[gauge.MATURITY])
    seen = math.exp(noise * normal(stream(now.seed, purpose.FORECAST, now.week), 0))
    gauges[gauge.FORECAST_USD] = (0.5 * plan + 0.5 * gauges[gauge.BOOKED_USD]) * seen
    gauges[gauge.BOOKED_USD] = 0.0


@phase
def _judge_reps(reps: Reps, world: World, week: int) -> None:
    """Let the quarter lift or lower the morale of every rep."""
    sales, quota = world.sales, quota_usd(world.sales)
    for r in range(reps.active.shape[0]):
        if reps.active[r] == 1:
            ready = min(max(week - reps.hired[r], 0) / sales.ramp_weeks, 1.0)
            due = 0.25 * quota * reps.quota[r] * reps.share[r] * sales.attainment * ready
            made = 1.0 if reps.booked_quarter[r] >= due else 0.0
            reps.morale[r] += 0.3 * (made - reps.morale[r])
        reps.booked_quarter[r] = 0.0
