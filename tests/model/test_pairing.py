"""Paired chance: what is done to one customer, rep or design shifts no draw of anybody else."""

from typing import Any

import numpy as np
import pytest
from small_worlds import SMALL, beyond, differences, differing, key, small, warmed

from revorg.scenarios.loading import load
from revorg.simulation.chance import purpose, uniform
from revorg.simulation.codes import CUSTOMER, LEAD, OPPORTUNITY, PROSPECT, Column, gauge
from revorg.simulation.compiling import alone
from revorg.simulation.initialization import more_slots
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import Now, world_of
from revorg.simulation.record import RECORD, record
from revorg.simulation.state import Accounts, Columns, Decisions, copied, larger
from revorg.simulation.submodels import customers, deals, finance, reps, staffing

TREATED = 50


def rows_that_differ(one: Columns, other: Columns, count: int) -> set[int]:
    """Return the rows in which any column of two tables differs."""
    columns = [getattr(one, name) != getattr(other, name) for name in differing(one, other)]
    return {int(row) for column in columns for row in np.flatnonzero(column.reshape(count, -1).any(axis=1))}


def some_customers(model: RevenueOrganization) -> Column:
    """Return rows of customers to be treated."""
    rows = np.flatnonzero(model.accounts.stage == CUSTOMER)
    assert len(rows) >= TREATED
    return rows[:: len(rows) // TREATED][:TREATED]


# Customers


def test_in_the_customers_loop_only_treated_customers_change() -> None:
    """With the firm held as it is, 50 sour customers leave every other account as it was, bit for bit."""
    model = warmed("simple-single", accounts=3000)
    rows = some_customers(model)
    arms: list[Accounts] = []
    for treated in (False, True):
        accounts, decisions = copied(model.accounts), copied(model.decisions)
        if treated:
            accounts.health[rows] -= 0.3
        for week in range(80):
            fronts, firm = copied(model.fronts), copied(model.firm)
            decisions.entries[0] = 0
            accounts.waiting[:] = 0
            sums = np.zeros(len(RECORD))
            now = Now(model.seed, week, 0)
            alone(customers.serve)(accounts, fronts, firm, decisions, sums, model.numbers, model.held, now)
        arms.append(accounts)
    changed_rows = rows_that_differ(arms[0], arms[1], arms[0].rows)
    assert changed_rows <= set(rows.tolist())
    assert len(changed_rows) > TREATED // 2  # health may meet its twin's again, at either end of its range


CUT: dict[str, Any] = {
    "demand.reference_gain": 0.0, "demand.budget_exponent": 0.0, "decisions.stakes_floor_share": 1.0,
    "decisions.exceptions_per_deal_week": 0.0, "customers.escalated_share": 0.0, "leadership.scale_with_arr": 0.0,
    "leadership.shortfall_weight": 0.0, "finance.plan_stretch": 0.5, "finance.quits_per_year": 0.0,
    "finance.quits_per_miss": 0.0, "finance.dismissal_per_quarter": 0.0, "finance.dismissal_per_miss": 0.0,
    "finance.burnout_per_year": 0.0, "alignment.plans_kept": 0.0, "operations.dilution": 0.0,
    "demand.churned_return_weeks": 200.0,
}  # fmt: skip
"""A world in which what one customer does reaches no other: no references, no budget, plan or desk hangs on it."""


def treated_for_a_year(model: RevenueOrganization) -> tuple[RevenueOrganization, Column]:
    """Live a year with and without a loss of health of some customers; return the treated twin and their rows."""
    twin = model.fork()
    rows = some_customers(twin)
    twin.accounts.health[rows] -= 0.3
    model.run(weeks=52)
    twin.run(weeks=52)
    return twin, rows


def test_without_feedback_only_treated_customers_change_in_the_whole_model() -> None:
    """All thirteen steps over a year: every other account lives through the same draws."""
    world = small("simple-single", accounts=3000).changed(CUT)
    model = RevenueOrganization(world, seed=2)
    twin, rows = treated_for_a_year(model)
    changed_rows = rows_that_differ(model.accounts, twin.accounts, model.accounts.rows)
    assert changed_rows <= set(rows.tolist())
    assert len(changed_rows) > TREATED // 2
    assert not differing(model.rep_slots, twin.rep_slots)
    assert not differing(model.decisions, twin.decisions)
    assert model.weekly["new_arr"].sum() > 0
    assert np.all(model.weekly["health_sum"].iloc[:13] > twin.weekly["health_sum"].iloc[:13])


def test_with_feedback_treatment_is_felt_elsewhere() -> None:
    """The same treatment in the world as it is does reach others: the test above is not empty."""
    model = warmed("simple-single", accounts=3000)
    twin, rows = treated_for_a_year(model)
    assert rows_that_differ(model.accounts, twin.accounts, model.accounts.rows) - set(rows.tolist())


# The market


@pytest.mark.parametrize("name", ["complex-multi", "simple-single"])
def test_two_designs_meet_the_same_market(name: str) -> None:
    """Whoever leads, fronts drift and rivals attack alike, and every account is who it is."""
    model = warmed(name)
    scenario = model.scenario
    arms = [
        model.fork(scenario.with_leader(seat="cro", profile="strategist")),
        model.fork(scenario.with_leader(seat="coo", profile="executor")),
    ]
    for arm in arms:
        arm.run(weeks=60)
    one, other = arms
    for column in ("attractiveness", "pressure", "accounts", "reach"):
        assert getattr(one.fronts, column).tobytes() == getattr(other.fronts, column).tobytes()
    for column in ("front", "group", "size", "churn_logit"):
        assert getattr(one.accounts, column).tobytes() == getattr(other.accounts, column).tobytes()
    assert differences(one, other)


def test_probes_are_the_same_decisions_in_every_design() -> None:
    """Scope, kind, day and stakes of the probes do not depend on who decides."""
    model = warmed()
    seen = []
    for seat, profile in (("cro", "strategist"), ("cso", "executor")):
        twin = model.fork(model.scenario.with_leader(seat=seat, profile=profile))
        raised = {}
        for _ in range(12):
            twin.step()
            table = twin.decisions
            for slot in np.flatnonzero(table.probe == 1):
                identity = (int(table.week[slot]), int(table.row[slot]))
                if identity[0] >= 0:
                    told = (table.kind[slot], table.scope[slot], table.climbs[slot], table.raised[slot])
                    raised[identity] = tuple(float(value) for value in told)
        seen.append(raised)
    common = seen[0].keys() & seen[1].keys()
    assert len(common) >= 10
    assert all(seen[0][identity] == seen[1][identity] for identity in common)


# Deals


def finished_deals(model: RevenueOrganization, week: int, attempt: int) -> tuple[Accounts, Column]:
    """Let every account's deal come to its end in a week; return the accounts and the rows of the deals."""
    accounts, slots, firm = copied(model.accounts), copied(model.rep_slots), copied(model.firm)
    fronts, decisions = copied(model.fronts), copied(model.decisions)
    rows = np.flatnonzero(accounts.stage != CUSTOMER)
    accounts.stage[rows], accounts.rep[rows], accounts.progress[rows] = OPPORTUNITY, 0, 1.0 - 1e-12
    accounts.attempt[rows], accounts.since[rows], accounts.heat[rows] = attempt, week - 5, 0.0
    accounts.waiting[rows] = 0
    slots.active[0], slots.hired[0] = 1, -1000
    decisions.entries[0] = 0
    sums = np.zeros(len(RECORD))
    world, held, now = model.numbers, model.held, Now(model.seed, week, 0)
    alone(reps.take_leads)(accounts, fronts, slots, firm, sums, world, held, now)
    alone(deals.work)(accounts, fronts, slots, firm, decisions, sums, world, held, now)
    assert not np.any(accounts.stage[rows] == OPPORTUNITY)
    return accounts, rows


def test_the_luck_of_a_deal_belongs_to_its_attempt_not_to_its_week() -> None:
    """Closed sooner or later, the same deal under the same conditions ends the same; the next attempt differs."""
    model = warmed()
    now, rows = finished_deals(model, week=3, attempt=1)
    later, _ = finished_deals(model, week=40, attempt=1)
    again, _ = finished_deals(model, week=3, attempt=2)
    assert np.array_equal(now.stage[rows], later.stage[rows])
    assert np.array_equal(now.health[rows], later.health[rows])
    won, won_again = now.stage[rows] == CUSTOMER, again.stage[rows] == CUSTOMER
    assert 0.02 < won.mean() < 0.6
    assert 0.0 < np.mean(won != won_again) < 1.0


def test_the_draw_of_a_deal_is_keyed_by_account_and_attempt() -> None:
    """A deal agrees exactly when the draw of (seed, purpose, account, attempt) is below its probability."""
    world = beyond(small("complex-multi"), sales={"competitor_logit": -100.0, "agreement_logit": 1.5})
    model = warmed()
    model.numbers = world_of(world)
    model.firm.lift[:] = 0.0
    accounts, rows = finished_deals(model, week=7, attempt=4)
    agrees = (1.0 / (1.0 + np.exp(-1.5))) ** accounts.group[rows]
    drawn = np.array([uniform(key(model.seed, purpose.DEAL_AGREES, 4), int(row)) for row in rows])
    assert np.array_equal(accounts.stage[rows] == CUSTOMER, drawn < agrees)


def test_leads_are_taken_up_in_the_order_of_their_own_draws() -> None:
    """Whose turn it is does not hang on how many others wait, nor on the row: one more lead takes one turn."""
    model = warmed("simple-single", accounts=3000)  # some reps, who take more leads than a few
    world = world_of(model.scenario.changed({"sales.hours_exponent": 0.0, "sales.deal_hours": 60.0}))
    now, taken = Now(model.seed, 0, 0), []
    for count in (200, 201):
        accounts, slots = copied(model.accounts), copied(model.rep_slots)
        accounts.stage[:], accounts.rep[:], accounts.progress[:] = PROSPECT, -1, 0.0
        leads = np.arange(count) if count == 200 else np.append(np.arange(200), 300)
        accounts.stage[leads], accounts.since[leads], accounts.due[leads] = LEAD, 0, 0
        slots.hired[:] = -1000
        decisions, sums = copied(model.decisions), np.zeros(len(RECORD))
        alone(reps.take_leads)(accounts, model.fronts, slots, model.firm, sums, world, model.held, now)
        alone(deals.work)(accounts, model.fronts, slots, model.firm, decisions, sums, world, model.held, now)
        rows = np.flatnonzero(accounts.stage != PROSPECT)
        turns = {int(row): uniform(key(model.seed, purpose.TURN, 0), int(row)) for row in rows}
        taken.append({int(row) for row in rows if accounts.stage[row] != LEAD})
        assert 5 < len(taken[-1]) < 150
        assert taken[-1] == set(sorted(turns, key=turns.__getitem__)[: len(taken[-1])])
    assert len(taken[0] ^ taken[1]) <= 2


# Reps


def books_with(extra: bool) -> list[Column]:
    """Close the books of a large staff for two years, alone; return the slots' columns at the end."""
    model = warmed("simple-single")
    world = world_of(model.scenario.changed({"finance.quits_per_year": 1.0, "finance.quits_per_miss": 0.0}))
    slots, firm, people = copied(model.rep_slots), copied(model.firm), copied(model.people)
    history = np.zeros((200, len(RECORD)))
    history[:, record.ARR], history[:, record.NEW_ARR] = 1.0, 1e6  # so good a past that every head is wanted
    firm.gauges[gauge.REPS_WANTED] = 1e6
    slots.active[:-1], slots.share[:-1] = 1, 1.0
    slots.active[-1] = slots.share[-1] = extra
    for week in range(104):
        now = Now(model.seed, week, week + 60)
        alone(finance.close_books)(firm, model.fronts, slots, people, history, world, now)
        alone(staffing.hire_and_leave)(firm, slots, people, history[now.row], world, model.held, now)
        history[week + 60, record.NEW_ARR] = 1e6
        firm.gauges[gauge.REPS_WANTED] = 1e6
    assert slots.generation[:-1].sum() > 20
    return [getattr(slots, name)[:-1] for name in ("active", "share", "generation", "hired", "opens", "skill")]


def test_one_more_rep_changes_nobody_elses_draws() -> None:
    """Who quits when, and who comes after, is each slot's own affair."""
    with_one, without = books_with(extra=True), books_with(extra=False)
    assert all(np.array_equal(one, other) for one, other in zip(with_one, without, strict=True))


def test_one_more_rep_leaves_the_market_as_it_is() -> None:
    """In the whole model a hired rep may take deals, but shifts no draw of fronts or of colleagues."""
    world = small("simple-single", accounts=3000).changed({"finance.quits_per_miss": 0.0, "finance.plan_stretch": 0.5})
    model = RevenueOrganization(world, seed=3)
    twin = model.fork()
    slot = int(np.flatnonzero((twin.rep_slots.active == 0) & (twin.rep_slots.opens < -1000))[-1])
    twin.rep_slots.active[slot], twin.rep_slots.share[slot], twin.rep_slots.hired[slot] = 1, 1.0, -100
    model.run(weeks=52)
    twin.run(weeks=52)
    assert model.fronts.attractiveness.tobytes() == twin.fronts.attractiveness.tobytes()
    assert twin.weekly["used_hours"].sum() != model.weekly["used_hours"].sum()
    others = np.arange(model.rep_slots.slots) != slot
    same = (model.rep_slots.generation == twin.rep_slots.generation)[others]
    assert np.array_equal(model.rep_slots.skill[others][same], twin.rep_slots.skill[others][same])


# Forks


@pytest.fixture(params=["cro", "cso", "coo"])
def design(request: pytest.FixtureRequest) -> Any:
    """Return a scenario with a chief in place."""
    return small().with_leader(seat=request.param, profile="executor")


def test_a_model_is_the_fork_of_its_neutral_world(design: Any) -> None:
    """Warming up for a design or forking it off a neutral model in week 0 is the same, bit for bit."""
    for seed in (1, 5):
        own = RevenueOrganization(design, seed).run(weeks=30)
        twin = warmed(seed=seed).fork(design).run(weeks=30)
        assert differences(own, twin) == set()


@pytest.mark.parametrize("week", [0, 1, 30])
def test_a_fork_lives_on_as_the_original_would(week: int) -> None:
    """Without a new design a twin has the same future, and the original is not touched by it."""
    model = warmed().fork(small().with_leader(seat="cro", profile="advocate")).run(weeks=week)
    twin, kept = model.fork(), model.fork()
    twin.run(weeks=40)
    assert differences(model, kept) == set()
    model.run(weeks=40)
    assert differences(model, twin) == set()
    assert (twin.week, twin.steps, twin.running) == (model.week, model.steps, model.running)


def test_a_fork_of_a_fork_is_a_fork(design: Any) -> None:
    """However often it is copied, the past is the same."""
    model = warmed().run(weeks=20)
    once, twice = model.fork(design), model.fork().fork().fork(design)
    assert differences(once.run(weeks=30), twice.run(weeks=30)) == set()


def test_another_design_changes_the_future_not_the_past(design: Any) -> None:
    """The weeks before a fork are the same rows in both; the weeks after it are not.

    What a probe took is written down in the week that raised it, so that of the last four weeks may still come in.
    """
    model = warmed().run(weeks=20)
    twin = model.fork(design).run(weeks=30)
    model.run(weeks=30)
    answers = ["probe_one_days", "probe_two_days"]
    assert model.weekly.iloc[:16].equals(twin.weekly.iloc[:16])
    assert model.weekly.iloc[:20].drop(columns=answers).equals(twin.weekly.iloc[:20].drop(columns=answers))
    assert not model.weekly.iloc[20:].equals(twin.weekly.iloc[20:])


def test_looking_and_running_in_pieces_changes_nothing() -> None:
    """Week by week with frames and outcomes read in between, or all at once."""
    one, other = warmed(), warmed()
    one.run(weeks=24)
    for _ in range(24):
        other.step()
        assert len(other.weekly) == other.week
        assert len(other.outcomes) > 0
        assert len(other.customers) == int(other.weekly["customers"].iloc[-1])
        assert len(other.reps) >= 0
    assert differences(one, other) == set()


def test_other_seeds_are_other_worlds() -> None:
    """Nothing of the market is shared between seeds."""
    one, other = warmed(seed=1), warmed(seed=2)
    assert not np.any(one.fronts.attractiveness == other.fronts.attractiveness)
    assert {"accounts.size", "accounts.stage", "rep_slots.skill", "arr"} <= differences(
        one.run(weeks=1), other.run(weeks=1)
    )


def test_a_decision_enters_in_the_week_it_is_dated_or_before_it() -> None:
    """Nothing that waits to be entered was raised in a week whose desks have already been served."""
    model = warmed("simple-single", accounts=3000)
    found: set[int] = set()
    for _ in range(104):
        model.step()
        table: Decisions = model.decisions
        count = int(table.entries[0])
        days = table.entry_day[:count]
        assert np.all((days >= 5.0 * model.week) & (days < 5.0 * (model.week + 1)))
        found |= set(table.entry_kind[:count][table.entry_small[:count] == 0].tolist())
    assert len(found) == 3  # exceptions, escalations, changes of process; moves are entered at once


def test_a_settled_design_is_the_same_in_a_larger_table() -> None:
    """Room for more decisions, reps or weeks is bookkeeping: it changes no bit of the record."""
    one, other = warmed(), warmed()
    other.record = np.concatenate([other.record, np.zeros_like(other.record)])
    other.decisions = larger(other.decisions)
    other.rep_slots = more_slots(other.rep_slots, other.scenario.market.segments)
    one.run(weeks=60)
    other.run(weeks=60)
    assert one.weekly.equals(other.weekly)
    assert not differing(one.accounts, other.accounts)


def test_the_number_of_accounts_is_the_only_thing_small_about_a_small_world() -> None:
    """The worlds of these tests differ from the core worlds in size and length alone."""
    mine = {row.path: row.value for row in small("complex-multi").parameters()}
    core = {row.path: row.value for row in load("complex-multi").parameters()}
    assert {path for path in core if core[path] != mine[path]} == {"market.accounts"}
    assert mine["market.accounts"] == SMALL
