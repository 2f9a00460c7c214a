"""Step 12: the books close. Money, plans, hiring, and who leaves."""

import math

from revorg.simulation.chance import FORECAST, normal, stream
from revorg.simulation.codes import (
    ARR_USD,
    BOOKED_USD,
    FORECAST_USD,
    HEADS,
    HEALTH,
    MATURITY,
    MISSES,
    NEWCOMERS,
    PLAN_USD,
    PLANS_KEPT,
    REPS_WANTED,
    TARGET_USD,
    WEEKS_A_QUARTER,
    WEEKS_A_YEAR,
    Column,
)
from revorg.simulation.compiling import loop
from revorg.simulation.record import (
    R_AFTER_MISS,
    R_ARR,
    R_CHURNED,
    R_CONTRACTION,
    R_FORECAST_ERROR,
    R_FORECAST_MISSED,
    R_HEADS,
    R_MARKETING_COST,
    R_MISSED,
    R_MISSED_AFTER_MISS,
    R_NEW_ARR,
    R_OTHER_COST,
    R_PLAN_HOURS,
    R_QUARTERS,
    R_REVENUE,
    R_SALES_COST,
    R_SERVICE_COST,
    R_TARGET,
)
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import FREE, NOTHING_HELD, StandIns
from revorg.simulation.state import Firm, Fronts, People, Reps
from revorg.simulation.submodels.rules import posts_wanted
from revorg.simulation.submodels.staffing import _leaders_leave, _open_posts, _staff

HEAD_COST_USD = 100_000.0  # pay of one person in success or operations; turns their budgets into heads
HOURS_A_YEAR = 2080.0  # 52 weeks of 40 hours


def close_books(
    firm: Firm, fronts: Fronts, reps: Reps, people: People, history: Column, now: int, world: Scenario, seed: int,
    week: int, held: StandIns = NOTHING_HELD,
) -> bool:  # fmt: skip
    """Close the week's books, and the quarter's and year's when they end; return whether a leader left.

    Parameters
    ----------
    history : array of shape (weeks, columns)
        The weekly record so far; `now` is the row of this week.
    """
    rules, sales = world.finance, world.sales
    quota = sales.on_target_earnings_usd * sales.quota_multiple
    _close_week(
        firm.gauges, firm.shortfall, fronts.partner, fronts.arr_usd, reps.active, reps.share, people.level, history,
        now, week, rules.growth_plan, rules.infrastructure_share, rules.serve_share, world.operations.cost_relief,
        world.operations.staff_share_of_arr * world.operations.cost_of(world.levers.operations_stage),
        rules.partner_share, rules.leader_pay_usd, rules.overhead_share, sales.on_target_earnings_usd,
        rules.target_retention, rules.target_health, rules.target_cost_share,
    )  # fmt: skip
    quarter_ends = (week + 1) % WEEKS_A_QUARTER == 0
    if quarter_ends:
        _close_quarter(
            firm.gauges, reps.active, reps.share, reps.hired, reps.morale, reps.booked_quarter, history, now, seed,
            week, rules.growth_plan, rules.plan_stretch, rules.forecast_noise, world.strategy.transparency_effect,
            quota, sales.attainment, sales.ramp_weeks, rules.least_post,
        )  # fmt: skip
    _staff(
        firm.gauges, reps.active, reps.share, reps.generation, reps.hired, reps.opens, reps.skill, reps.morale,
        reps.booked_quarter, reps.booked_year, reps.quota_year, history[now], seed, week, rules.quits_per_year,
        rules.quits_per_miss, rules.hiring_weeks, rules.least_post, sales.rep_skill_sd, quota, held.staffing,
    )  # fmt: skip
    if quarter_ends and not held.staffing and firm.gauges[MISSES] < rules.freeze_quarters:
        _open_posts(reps.share, reps.opens, firm.gauges[REPS_WANTED], week + rules.hiring_weeks, rules.least_post)
    return bool(
        _leaders_leave(
            people.place, people.line, people.measures, people.arrived, people.answers_from, people.vacant_until,
            people.replaced,
            firm.gauges, firm.alignment, firm.shortfall, history[now], seed, week, rules.dismissal_per_quarter,
            rules.dismissal_per_miss, rules.burnout_per_year, rules.search_weeks, quarter_ends,
            rules.random_dismissal_per_quarter if world.rivals.random_exits else FREE, held.exits,
        )
    )  # fmt: skip


@loop
def _close_week(
    gauges: Column, shortfall: Column, partner: Column, arr_usd: Column, active: Column, share: Column, level: Column,
    history: Column, now: int, week: int, growth_plan: float, infrastructure: float, serve: float, cost_relief: float,
    staff_share: float, partner_share: float, leader_pay: float, overhead: float, earnings: float,
    target_retention: float, target_health: float, target_cost: float,
) -> None:  # fmt: skip
    record = history[now]
    weekly = gauges[ARR_USD] / WEEKS_A_YEAR
    through_partners, everyone = 0.0, 0.0
    for f in range(arr_usd.shape[0]):
        everyone += arr_usd[f]
        through_partners += arr_usd[f] * partner[f]
    kept = 1.0 - partner_share * through_partners / max(everyone, 1.0)
    reps, levels = 0.0, 0
    for r in range(active.shape[0]):
        reps += active[r] * share[r]
    for s in range(level.shape[0]):
        levels += level[s]
    relief = 1.0 - cost_relief * gauges[MATURITY]
    served = serve * relief * weekly + record[R_PLAN_HOURS] * HEAD_COST_USD / HOURS_A_YEAR
    staff = staff_share * gauges[MATURITY] * weekly
    record[R_REVENUE] = weekly * kept
    record[R_SALES_COST] = reps * earnings / WEEKS_A_YEAR
    record[R_SERVICE_COST] = served
    record[R_OTHER_COST] = (infrastructure + overhead) * relief * weekly + staff + leader_pay * levels / WEEKS_A_YEAR
    # Those who keep the processes do not dilute them.
    heads, before = level.shape[0] + reps + served * WEEKS_A_YEAR / HEAD_COST_USD, gauges[HEADS]
    gauges[NEWCOMERS] = heads / before - 1.0 if before > 0.0 else 0.0
    gauges[HEADS] = heads
    record[R_HEADS] = heads + staff * WEEKS_A_YEAR / HEAD_COST_USD
    record[R_TARGET] = gauges[TARGET_USD] * (1.0 + growth_plan) ** (week / WEEKS_A_YEAR)

    quarter, year = min(now + 1, WEEKS_A_QUARTER), min(now + 1, WEEKS_A_YEAR)
    new_arr, lost = 0.0, 0.0
    for w in range(now + 1 - quarter, now + 1):
        new_arr += history[w, R_NEW_ARR]
    for w in range(now + 1 - year, now + 1):
        lost += history[w, R_CHURNED] + history[w, R_CONTRACTION]
    start = max(history[max(now - year, 0), R_ARR], 1.0)
    lost_share = lost / start * WEEKS_A_YEAR / year
    cost = record[R_MARKETING_COST] + record[R_SALES_COST] + record[R_SERVICE_COST] + record[R_OTHER_COST]
    cost_share = cost / max(record[R_REVENUE], 1.0)
    found = (
        1.0 - new_arr * WEEKS_A_QUARTER / quarter / max(gauges[PLAN_USD], 1.0),
        lost_share / max(1.0 - target_retention, 0.001) - 1.0,
        (target_health - gauges[HEALTH]) / max(1.0 - target_health, 0.001),
        cost_share / max(target_cost, 0.001) - 1.0,
    )
    for m in range(4):
        shortfall[m] += 0.25 * (min(max(found[m], -1.0), 1.0) - shortfall[m])


@loop
def _close_quarter(
    gauges: Column, active: Column, share: Column, hired: Column, morale: Column, booked_quarter: Column,
    history: Column, now: int, seed: int, week: int, growth_plan: float, stretch: float, forecast_noise: float,
    transparency: float, quota: float, attainment: float, ramp_weeks: float, least_post: float,
) -> None:  # fmt: skip
    record = history[now]
    booked, plan = gauges[BOOKED_USD], gauges[PLAN_USD]
    missed = booked < plan
    record[R_QUARTERS] = 1.0
    record[R_MISSED] = missed
    record[R_AFTER_MISS] = gauges[MISSES] > 0.0
    record[R_MISSED_AFTER_MISS] = missed and gauges[MISSES] > 0.0
    error = abs(booked - gauges[FORECAST_USD]) / max(gauges[FORECAST_USD], 1.0)
    record[R_FORECAST_ERROR] = error
    record[R_FORECAST_MISSED] = error > 0.1
    gauges[MISSES] = gauges[MISSES] + 1.0 if missed else 0.0
    gauges[PLANS_KEPT] += 0.25 * ((0.0 if missed else 1.0) - gauges[PLANS_KEPT])
    growth = growth_plan
    if now >= WEEKS_A_YEAR:
        won = 0.0
        for w in range(now + 1 - WEEKS_A_YEAR, now + 1):
            won += history[w, R_NEW_ARR]
        growth = won / max(history[now - WEEKS_A_YEAR, R_ARR], 1.0)
    gauges[PLAN_USD] = growth * stretch * gauges[ARR_USD] / 4.0
    gauges[REPS_WANTED] = posts_wanted(4.0 * gauges[PLAN_USD], quota, attainment, least_post)
    # The forecast leans on the plan and on the last quarter, seen through the noise that processes leave.
    noise = forecast_noise * (1.0 - transparency * gauges[MATURITY])
    seen = math.exp(noise * normal(stream(seed, FORECAST, week), 0))
    gauges[FORECAST_USD] = (0.5 * gauges[PLAN_USD] + 0.5 * booked) * seen
    gauges[BOOKED_USD] = 0.0
    for r in range(active.shape[0]):
        if active[r] == 1:
            ready = min(max(week - hired[r], 0) / ramp_weeks, 1.0)
            made = 1.0 if booked_quarter[r] >= 0.25 * quota * share[r] * attainment * ready else 0.0
            morale[r] += 0.3 * (made - morale[r])
        booked_quarter[r] = 0.0
