"""Hours of reps, posts in sales and matters of deals: what has to hold for any firm, down to the smallest."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_worlds import key, small, warmed

from revorg.simulation import initialization
from revorg.simulation.codes import LEAD, OPPORTUNITY, PROCESS_CHANGE, PROSPECT, Column, gauge
from revorg.simulation.compiling import plain
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.parameters.mechanisms import Levers
from revorg.simulation.record import RECORD, record
from revorg.simulation.submodels import deals as sales
from revorg.simulation.submodels import finance, rules, staffing, strategy
from revorg.simulation.submodels.matters import raise_matter

FEW_REPS = 3


@given(st.integers(0, 10_000), st.floats(0.0, 2.0))
def test_a_rep_who_is_short_of_hours_leaves_none_unused(seed: int, exponent: float) -> None:
    """Hours given are the lesser of load and hours; nobody gets more than needed; the unserved share by priority."""
    draws = np.random.default_rng(seed)
    deals = int(draws.integers(1, 30))
    size, rep = draws.lognormal(sigma=0.7, size=deals), draws.integers(0, FEW_REPS, deals)
    needs, priorities = 2.0 * size**0.3, size**exponent
    hours = draws.uniform(0.0, 20.0, FEW_REPS)
    load, weight = np.bincount(rep, needs, FEW_REPS), np.bincount(rep, priorities, FEW_REPS)
    per_priority = plain(sales._share_out)(np.arange(deals), rep, needs, priorities, hours, load, weight)
    given = np.minimum(needs, per_priority[rep] * priorities)
    assert np.bincount(rep, given, FEW_REPS) == pytest.approx(np.minimum(load, hours), rel=1e-9)
    for one in range(FEW_REPS):
        short = (rep == one) & (given < needs * (1.0 - 1e-9))
        parts = (given / priorities)[short]
        assert parts == pytest.approx(np.broadcast_to(parts[:1], parts.shape))


def weeks_of_deals(pace: float, hours: float) -> Column:
    """Return how many weeks deals take that all begin at once and are held up by nothing."""
    world = small("simple-single", accounts=3000).changed({
            "sales.pace_weeks": pace, "sales.deal_hours": hours, "sales.capacity_limit": 10.0,
            "decisions.exceptions_per_deal_week": 0.0, "sales.stall_per_week": 0.0, "run.initial_reps": 100,
        })  # fmt: skip
    model = RevenueOrganization(world, seed=2)
    accounts, reps = model.accounts, model.rep_slots
    accounts.stage[:], accounts.rep[:], accounts.progress[:], accounts.waiting[:] = LEAD, -1, 0.0, 0
    accounts.due[:], reps.hired[:] = 1000, -1000
    weeks, attempts = np.zeros(accounts.count), accounts.attempt.copy()
    for week in range(40):
        sums = np.zeros(len(RECORD))
        model.decisions.entries[0] = 0
        open_before = accounts.stage == OPPORTUNITY
        sales.work_deals(accounts, model.fronts, reps, model.firm, model.decisions, sums, world, model.seed, week)
        weeks += open_before | ((accounts.since == week) & (accounts.attempt > attempts))
        accounts.due[accounts.stage != LEAD] = 1000
        accounts.stage[accounts.stage == LEAD] = PROSPECT
    return weeks[weeks > 0]


@pytest.mark.parametrize("pace", [4.0, 6.5, 8.25])
def test_a_pace_need_not_be_whole_weeks(pace: float) -> None:
    """Deals with all the hours they want take the pace on the mean, and never a week more or less than it."""
    weeks = weeks_of_deals(pace, hours=0.5)
    assert len(weeks) > 1000
    assert set(np.unique(weeks)) <= {np.floor(pace), np.ceil(pace)}
    assert weeks.mean() == pytest.approx(pace, abs=4.0 * 0.5 / np.sqrt(len(weeks)) + 1e-9)


def test_hours_used_are_those_there_are() -> None:
    """In a whole week of a busy firm, no hour is lost: each rep uses all hours, or all that is asked for."""
    model = warmed("complex-multi", accounts=3000).run(weeks=30)
    model.step()
    reps = model.rep_slots
    at_work = reps.active == 1
    row = model.record[model.warm_up_weeks + model.week - 1]
    assert row[record.USED_HOURS] == pytest.approx(np.minimum(reps.load, reps.hours)[at_work].sum())
    assert row[record.USED_HOURS] <= row[record.CAPACITY_HOURS]


def test_a_deal_whose_rep_left_for_good_ends_in_no_decision() -> None:
    """Begun deals are told apart from leads that nobody ever worked."""
    model = warmed("simple-single")
    accounts, reps = model.accounts, model.rep_slots
    accounts.stage[:], accounts.progress[:], accounts.rep[:] = PROSPECT, 0.0, -1
    accounts.stage[:10], accounts.due[:10] = LEAD, -1
    accounts.progress[:4] = 0.3
    reps.active[:] = 0
    sums = np.zeros(len(RECORD))
    sales.work_deals(accounts, model.fronts, reps, model.firm, model.decisions, sums, model.scenario, model.seed, 0)
    assert (sums[record.DEALS_NO_DECISION], sums[record.LEADS_UNWORKED]) == (4.0, 6.0)
    assert np.all(accounts.progress[:10] == 0.0)


def test_a_single_rep_works_all_segments() -> None:
    """In a firm too small to have somebody for each, no segment is left out."""
    world = small("complex-multi").changed({"run.initial_reps": 1, "finance.quits_per_year": 0.0,
                                             "finance.quits_per_miss": 0.0, "finance.growth_plan": 0.01})  # fmt: skip
    model = RevenueOrganization(world, seed=3)
    begun = np.bincount(model.fronts.segment[model.accounts.front], model.accounts.attempt, 4)
    assert begun.min() > 0.25 * begun.mean()


@pytest.mark.parametrize("accounts", [200, 600, 6000])
def test_posts_at_the_start_are_what_the_plan_needs(accounts: int) -> None:
    """To less than the smallest post."""
    world = small("complex-multi", accounts)
    reps = initialization.reps_at_start(world, seed=1)
    plan = world.finance.growth_plan * initialization.arr_reference_usd(world)
    quota = world.sales.on_target_earnings_usd * world.sales.quota_multiple
    needed = rules.reps_needed(plan, quota, world.sales.attainment)
    least = world.finance.least_post
    assert max(needed, least) - least < reps.share.sum() <= max(needed, least) + 1e-12
    assert np.array_equal(reps.active == 1, reps.share > 0.0)


def test_part_timers_work_longer_before_posts_are_opened() -> None:
    """What the plan wants is filled up to less than the smallest post, and never beyond."""
    share, opens = np.array([1.0, 0.4, 0.0, 0.0, 0.0]), np.full(5, -1)
    staffing._open_posts(share, opens, 3.3, 77, 0.25)
    assert share.tolist() == pytest.approx([1.0, 1.0, 1.0, 0.3, 0.0])
    assert opens.tolist() == [-1, -1, 77, 77, -1]
    staffing._open_posts(share, opens, 3.4, 88, 0.25)
    assert share.tolist() == pytest.approx([1.0, 1.0, 1.0, 0.4, 0.0])
    assert opens.tolist() == [-1, -1, 77, 77, -1]


@pytest.mark.parametrize("name", ["simple-single", "complex-multi"])
def test_the_smallest_firm_goes_on_selling(name: str) -> None:
    """Nobody gives up the last post, whatever the plan has come to."""
    for seed in range(8):
        model = RevenueOrganization(small(name, accounts=200), seed).run()
        assert model.rep_slots.share.sum() >= model.scenario.finance.least_post - 1e-12


@pytest.mark.parametrize("frozen", [True, False])
def test_leavers_are_replaced_by_no_more_than_they_worked(frozen: bool) -> None:
    """A part-timer's post comes back as it was, in a freeze or not; what the plan no longer wants does not."""
    model = warmed("simple-single")
    world = small("simple-single").changed({"finance.quits_per_year": 5.0, "finance.hiring_weeks": 52})
    reps, firm, people = model.rep_slots, model.firm, model.people
    reps.share[:], reps.active[:] = 0.0, 0
    reps.share[:5] = 1.0, 0.25, 0.5, 0.25, 1.0
    reps.active[:5] = 1
    firm.gauges[gauge.MISSES] = 9.0 if frozen else 0.0
    history = np.zeros((60, len(RECORD)))
    for week in range(1, 12):  # no quarter ends
        firm.gauges[gauge.REPS_WANTED] = 2.6
        before = reps.share.copy()
        finance.close_books(firm, model.fronts, reps, people, history, week, world, model.seed, week)
        assert np.all(reps.share <= before)
    assert reps.active.sum() < 5
    assert 2.6 - 0.25 < reps.share.sum() < 3.0


def matters(value_usd: float, rate: float) -> tuple[float, Column, float]:
    """Raise matters of many accounts; return how often they come, what hangs on them and how many climb."""
    accounts, weeks = 2000, 20
    table = [np.zeros(accounts) for _ in range(5)]
    stakes, climbing = [], 0.0
    for week in range(weeks):
        count = np.zeros(1, np.int64)
        for row in range(accounts):
            raise_matter(*table, count, 0, row, week, key(5, 3, week), rate, value_usd, 1.0, 0.35)
        stakes.append(table[4][: count[0]].copy())
        climbing += table[3][: count[0]].sum()
    found = np.concatenate(stakes)
    return len(found) / (accounts * weeks), found, climbing / len(found)


@pytest.mark.parametrize("value", [0.2, 1.0, 6.0])
def test_stakes_are_pareto_whatever_the_size_of_the_firm(value: float) -> None:
    """Matters with more than a share x at stake come at rate ÷ x; about .35 climb, however small the firm."""
    rate = 0.08
    often, stakes, climbing = matters(value, rate)
    assert often == pytest.approx(rate * value, rel=0.06)
    for share in (0.3, 0.6, 0.999):
        reaching = min(rate * value, rate / share)
        assert often * np.mean(stakes >= share) == pytest.approx(reaching, rel=0.08)
    assert climbing == pytest.approx(0.35, abs=0.03)


def test_a_new_chief_does_not_answer_for_earlier_misses() -> None:
    """With nine quarters missed before a design took over, its chief is judged by its own first quarter."""
    dismissed = missed = 0
    for seed in range(12):
        model = warmed("simple-single", seed=seed)
        model.firm.gauges[gauge.MISSES] = 9.0
        world = small("simple-single").changed({
            "finance.dismissal_per_quarter": 0.0, "finance.dismissal_per_miss": 0.12, "finance.burnout_per_year": 0.0,
        }).with_leader("cso", "generalist")  # fmt: skip
        twin = model.fork(world).run(weeks=13)
        dismissed += int(twin.weekly["dismissals"].sum())
        missed += int(twin.weekly["quarter_missed"].sum())
    assert missed >= 4  # who misses nothing is not at risk, whatever was missed before
    assert dismissed <= 5  # for all nine they would have been twelve of twelve


def test_hiring_staff_for_processes_does_not_dilute_them() -> None:
    """In the weeks after an efficiency team becomes full governance, maturity is not lower for it."""
    model = warmed("complex-multi")
    levels = []
    for stage in ("team", "governance"):
        levers = Levers(operations_stage=stage)
        twin = model.fork(model.scenario.model_copy(update={"levers": levers})).run(weeks=6)
        levels.append(twin.weekly["maturity"].to_numpy())
    assert np.all(levels[1] >= levels[0])


def test_held_maturity_is_held_through_the_week() -> None:
    """A finished change of process moves nothing that is held, not even until the week's end."""
    model = warmed("complex-multi")
    todo = model.initiatives
    todo.kind[:], todo.kind[0], todo.hours[0], todo.order[0] = -1, PROCESS_CHANGE, 0.0, -10.0
    sums: Any = np.zeros(len(RECORD))
    world = model.scenario
    free, held = model.firm.copy(), model.firm.copy()
    before = held.gauges[gauge.MATURITY] = free.gauges[gauge.MATURITY] = 0.5
    strategy.carry_out(todo.copy(), model.fronts.copy(), free, sums, world)
    strategy.carry_out(todo.copy(), model.fronts.copy(), held, sums, world, held_maturity=0.5)
    assert held.gauges[gauge.MATURITY] == before < free.gauges[gauge.MATURITY]


def test_stand_in_of_waiting_is_a_years_mean() -> None:
    """In-tray hours that are held come from the last year of the warm-up, place by place."""
    hours: list[Column] = []

    class Watched(RevenueOrganization):
        def _live_a_week(self) -> None:
            super()._live_a_week()
            hours.append(self.people.tray_hours.copy())

    model = Watched(small("simple-single"), seed=4)
    expected = np.zeros(len(model.neutral.tray_hours))
    expected[model.people.place] = np.mean(hours[-52:], axis=0)
    assert model.neutral.tray_hours == pytest.approx(expected)


def test_nobody_abroad_is_counted_before_expansion() -> None:
    """The ARR that plans and budgets start from is that of the channels at home."""
    abroad = small("simple-multi").changed({"market.abroad_channels": 2})
    for accounts in (20_000, 60_000):
        at_first = initialization.accounts_at_start(
            abroad.changed({"market.accounts": accounts}), seed=1
        ).contract_usd.sum()
        assert initialization.arr_reference_usd(abroad.changed({"market.accounts": accounts})) == pytest.approx(
            at_first, rel=0.1
        )
