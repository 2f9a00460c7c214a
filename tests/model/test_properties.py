"""What holds in every run, whatever the world, the seats, the people, the parameters and the seed."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_worlds import CORE, small, warmed

from revorg.scenarios.loading import profiles, seats
from revorg.simulation.codes import CUSTOMER, LEAD, LOST, OPEN, OPPORTUNITY, PROSPECT, gauge
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.parameters.ranges import Parameter
from revorg.simulation.record import RECORD
from revorg.simulation.scenario import Scenario

SEATS = sorted(name for name, seat in seats().items() if len(seat.leads) < 4 and not name.startswith("head_of_"))
PEOPLE = sorted(profiles())


@cache
def swept(name: str) -> tuple[Parameter, ...]:
    """Return the parameters that a sweep of a world may vary."""
    return tuple(row for row in small(name).parameters() if row.plausible and row.path != "market.accounts")


def value_in(row: Parameter, share: float) -> Any:
    """Return the value at a share of a parameter's plausible range."""
    low, high = row.plausible or (row.low, row.high)
    value = low + share * (high - low)
    return round(value) if isinstance(row.value, int) else value


@st.composite
def scenarios_drawn(draw: st.DrawFn) -> Scenario:
    """Draw a small world with up to six plausible parameters, and a chief."""
    name = draw(st.sampled_from(CORE))
    rows = [row for row in swept(name) if isinstance(row.value, int | float) and not _is_shape(row.path)]
    chosen = draw(st.lists(st.sampled_from(rows), max_size=6, unique_by=lambda row: row.path))
    values = {row.path: value_in(row, draw(st.sampled_from([0.0, 0.3, 1.0]))) for row in chosen}
    values |= {"run.warm_up_weeks": draw(st.sampled_from([0, 13, 104]))}
    world = small(name).changed(values)
    return world.with_leader(seat=draw(st.sampled_from(SEATS)), profile=draw(st.sampled_from(PEOPLE)))


def _is_shape(path: str) -> bool:
    """Tell whether a parameter belongs to the core world's shape, in which others have to fit."""
    return path in ("market.channels", "market.partner_channels", "market.segments", "market.abroad_channels")


def check_accounts(model: RevenueOrganization) -> None:
    """Every account is in exactly one stage, and the stages add up to what the week recorded."""
    accounts, week = model.accounts, model.record[model.warm_up_weeks + model.week - 1]
    told = dict(zip(RECORD, week.tolist(), strict=True))
    count = np.bincount(accounts.stage, minlength=5)
    assert len(count) == 5
    assert count.sum() == accounts.rows
    assert count[CUSTOMER] == told["customers"]
    ended = told["deals_won"] + told["deals_rival"] + told["deals_no_decision"]
    assert count[OPPORTUNITY] == told["deals_open"] - ended
    assert np.all((accounts.rep >= 0) == (accounts.stage == OPPORTUNITY))
    assert np.all((accounts.contract_usd > 0) == (accounts.stage == CUSTOMER))
    assert accounts.contract_usd.sum() == pytest.approx(told["arr"], rel=1e-9)
    assert set(np.unique(accounts.stage)) <= {PROSPECT, LEAD, OPPORTUNITY, CUSTOMER, LOST}


def check_ranges(model: RevenueOrganization) -> None:
    """Every state is in its range."""
    accounts, people, firm, fronts = model.accounts, model.people, model.firm, model.fronts
    unit = [
        accounts.health, accounts.adoption, accounts.champion, firm.alignment, firm.gauges[gauge.MATURITY],
        firm.gauges[gauge.OWNERSHIP], firm.gauges[gauge.PLANS_KEPT], people.consult_scope, people.consult_beyond,
        people.tray_share, people.attention, fronts.allocation, model.rep_slots.morale, accounts.progress,
    ]  # fmt: skip
    for values in unit:
        assert np.all((values >= 0.0) & (values <= 1.0 + 1e-12))
    assert fronts.allocation.sum() == pytest.approx(1.0)
    assert people.attention.sum(axis=1) == pytest.approx(1.0)
    customers = accounts.stage == CUSTOMER
    assert np.all((accounts.critics >= 0) & (accounts.critics <= accounts.group))
    assert np.all((accounts.sponsors[customers] >= 1) & (accounts.sponsors[customers] <= accounts.group[customers]))
    assert np.all(accounts.due[customers] > model.week - 1)
    assert np.all(fronts.uncertainty >= 0.0)
    assert np.all(np.abs(firm.shortfall) <= 1.0)
    assert np.array_equal(firm.alignment, firm.alignment.T)
    initiatives = model.initiatives
    assert np.all(initiatives.hours[initiatives.kind >= 0] > 0.0)


def check_hours(model: RevenueOrganization) -> None:
    """Nobody spends more hours than the week has."""
    people, rules = model.people, model.scenario.leadership
    span = rules.span_hours * people.span
    assert np.all(span + people.meeting_hours + people.tray_hours <= people.week_hours + 1e-9)
    assert np.all(people.tray_hours <= people.tray_share * people.week_hours + 1e-9)
    assert np.all(people.tray_hours >= -1e-9)
    assert np.all(model.rep_slots.hours >= 0.0)
    table = model.decisions
    is_open = table.state == OPEN
    assert np.all(table.work[is_open, 0] >= 0.0)
    at_work = np.bincount(table.owner[is_open & (table.serving == 1)], minlength=people.seats)
    assert at_work.max(initial=0) <= 1
    late = table.raised + model.scenario.decisions.time_limit_days <= 5.0 * model.week
    assert not np.any(is_open & late & (table.serving == 0))
    assert np.all((table.awaited[is_open] > 0) == np.any(table.work[is_open, 1:] >= 0.0, axis=1))


def check_books(model: RevenueOrganization) -> None:
    """Money, customers and hours of the weekly record, from the first week of the warm-up on."""
    told = {name: model.record[: model.warm_up_weeks + model.week, column] for column, name in enumerate(RECORD)}
    assert np.all(np.isfinite(model.record))
    arr, customers = told["arr"], told["customers"]
    moved = told["new_arr"] + told["expansion_arr"] - told["contraction_arr"] - told["churned_arr"]
    assert arr[1:] == pytest.approx(arr[:-1] + moved[1:], rel=1e-6, abs=1e-6)
    assert np.array_equal(customers[1:], customers[:-1] + told["new_customers"][1:] - told["churned_customers"][1:])
    assert np.all(told["used_hours"] <= told["capacity_hours"] * (1.0 + 1e-9) + 1e-9)
    assert np.array_equal(told["new_customers"], told["deals_won"])
    assert np.array_equal(told["onboardings"], told["deals_won"])
    parts = {"leads_lost": "leads", "onboardings_bad": "onboardings", "first_renewed": "first_due"}
    parts |= {"decisions_defaulted": "decisions_settled", "decisions_wrong": "decisions_settled"}
    parts |= {"decisions_reworked": "decisions_settled", "scope_asked": "scope_others", "health_sum": "customers"}
    parts |= {"chief_present": "chief_weeks", "reps_at_quota": "reps_judged", "base_expansion_arr": "expansion_arr"}
    for part, whole in parts.items():
        assert np.all((told[part] >= 0.0) & (told[part] <= told[whole] * (1.0 + 1e-9))), part
    for share in ("regret", "alignment", "ownership", "maturity"):
        assert np.all((told[share] >= 0.0) & (told[share] <= 1.0)), share
    signed = {name for name in RECORD if name.startswith("lift_")} | {"champion_worth", "critic_worth"}
    for name in set(RECORD) - signed:
        assert np.all(told[name] >= 0.0), name


def live(scenario: Scenario, seed: int, weeks: int) -> RevenueOrganization:
    """Run a scenario, checking all that is conserved week by week."""
    model = RevenueOrganization(scenario, seed)
    for _ in range(weeks):
        model.step()
        check_accounts(model)
        check_ranges(model)
        check_hours(model)
    check_books(model)
    return model


@settings(max_examples=60)
@given(scenario=scenarios_drawn(), seed=st.integers(0, 10_000), weeks=st.sampled_from([20, 60]))
def test_accounts_money_and_hours_are_conserved(scenario: Scenario, seed: int, weeks: int) -> None:
    """Week by week, in plausible worlds under any chief of the catalogue."""
    live(scenario, seed, weeks)


@pytest.mark.parametrize("name", CORE)
def test_whole_runs_conserve_everything(name: str) -> None:
    """Four years of each core world."""
    live(small(name).with_leader(seat="cro", profile="strategist"), seed=7, weeks=208)


def extremes() -> list[tuple[str, str]]:
    """Return every number of the simplest world with either end of its allowed range."""
    rows = [row for row in small("simple-multi").parameters() if isinstance(row.value, int | float)]
    inert = (
        "market.accounts", "market.partner_channels", "market.channels", "market.segments", "market.abroad_channels",
        "run.",
    )  # fmt: skip
    return [(row.path, end) for row in rows if not row.path.startswith(inert) for end in ("low", "high")]


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("table", ["market", "leadership", "strategy", "decisions", "demand", "sales", "customers",
                                   "operations", "alignment", "finance"])  # fmt: skip
def test_the_ends_of_allowed_ranges_give_finite_numbers(table: str, end: str) -> None:
    """One parameter at a time: what a scenario may say, the model can run, without a NaN anywhere."""
    rows = {row.path: row for row in small("simple-multi").parameters()}
    broken = {}
    for path, which in extremes():
        if not path.startswith(f"{table}.") or which != end:
            continue
        row = rows[path]
        value = type(row.value)(row.low if end == "low" else row.high)
        world = small("simple-multi", accounts=400).changed({path: value, "run.warm_up_weeks": 0})
        model = RevenueOrganization(world, seed=1).run(weeks=30)
        columns = [name for column, name in enumerate(RECORD) if not np.all(np.isfinite(model.record[:, column]))]
        states = (model.accounts.health, model.firm.gauges, model.firm.shortfall, model.fronts.belief)
        if columns or not all(np.all(np.isfinite(state)) for state in states):
            broken[path] = (value, columns)
    assert broken == {}


@pytest.mark.parametrize(
    ("path", "value"),
    [("finance.target_retention", 1.0), ("market.initial_customers_share", 0.0), ("market.attractiveness_sd", 0.0)],
)
def test_values_at_which_a_formula_would_divide_by_zero_are_harmless(path: str, value: float) -> None:
    """Allowed in between, or only together with others: finite numbers, and no stampede of leads."""
    world = small("simple-multi").changed({path: value, "run.warm_up_weeks": 0})
    model = RevenueOrganization(world, seed=1).run(weeks=30)
    check_books(model)
    for state in (model.firm.shortfall, model.people.attention, model.fronts.belief):
        assert np.all(np.isfinite(state))
    assert model.weekly["leads"].max() < 0.1 * model.accounts.rows


def test_a_market_with_empty_fronts_runs() -> None:
    """Two hundred accounts on 64 fronts leave some of them without any."""
    values = {"market.accounts": 200, "market.channels": 8, "market.segments": 8, "market.initial_customers_share": 0.2}
    model = live(small("simple-single").changed(values), seed=1, weeks=60)
    assert np.any(model.fronts.accounts == 0)


@example(share=0.0, reps=0)
@example(share=0.5, reps=300)
@settings(max_examples=4)
@given(share=st.floats(0.0, 0.5), reps=st.integers(0, 300))
def test_firms_without_customers_or_with_crowds_of_reps_run(share: float, reps: int) -> None:
    """A firm may begin with nothing, or with far too much of it."""
    values = {"market.initial_customers_share": share, "run.initial_reps": reps, "run.warm_up_weeks": 20}
    live(small("simple-single").changed(values), seed=1, weeks=40)


# What designs cost

FACTORIAL = ("cro", "cso", "coo", "cco", "cso_with_cro_measures", "placebo")


def test_every_design_of_the_factorial_costs_the_same() -> None:
    """The same places, levels, hours, say and pay, and the same total of skill, whoever sits in the chief's seat."""
    neutral = small().neutral().organization
    for seat in FACTORIAL:
        for person in PEOPLE:
            organization = small().with_leader(seat=seat, profile=person).organization
            assert organization.places == neutral.places
            for column in ("level", "week_hours", "say"):
                assert np.array_equal(getattr(organization, column), getattr(neutral, column))
            assert organization.skills.sum(axis=1) == pytest.approx(2.4)
            assert organization.span.sum() == neutral.span.sum() == 4


@pytest.mark.parametrize("seat", FACTORIAL)
def test_every_design_has_the_same_heads_and_payroll(seat: str) -> None:
    """In the books of its first week: as many people, and the same pay, which is what a firm without pay saves."""
    model = warmed()
    found = set()
    for person in PEOPLE:
        design = small().with_leader(seat=seat, profile=person)
        paying, unpaid = model.fork(design), model.fork(design.changed({"finance.leader_pay_usd": 0.0}))
        paying.step()
        unpaid.step()
        payroll = paying.weekly["other_cost"].iloc[0] - unpaid.weekly["other_cost"].iloc[0]
        found.add((round(payroll, 4), paying.people.seats, paying.weekly["sales_cost"].iloc[0]))
    finance, neutral = model.scenario.finance, model.scenario.organization
    expected = finance.leader_pay_usd * neutral.level.sum() / 52
    assert found == {(round(expected, 4), len(neutral), model.fork().run(weeks=1).weekly["sales_cost"].iloc[0])}


def rates(model: RevenueOrganization, first: int, last: int) -> list[float]:
    """Return churn, lead and deal rates of a stretch of weeks, the warm-up counted from row 0."""
    told = dict(zip(RECORD, model.record[first:last].sum(axis=0).tolist(), strict=True))
    ended = told["deals_won"] + told["deals_rival"] + told["deals_no_decision"]
    return [
        told["churned_customers"] / told["customers"],
        told["leads"] / told["prospects"],
        told["deals_won"] / ended,
        told["issues"] / told["customers"],
    ]


@pytest.mark.parametrize("name", ["simple-single", "complex-multi"])
def test_the_neutral_world_shows_no_trend_in_its_first_year(name: str) -> None:
    """Rates in the year after the warm-up are those of the year before, but for chance and a fifth of their size."""
    changes, sizes = [], []
    for seed in range(24):
        model = warmed(name, seed=seed, accounts=2000).run(weeks=52)
        before, after = rates(model, 52, 104), rates(model, 104, 156)
        changes.append(np.subtract(after, before))
        sizes.append(before)
    error = np.std(changes, axis=0, ddof=1) / np.sqrt(len(changes))
    assert np.all(np.abs(np.mean(changes, axis=0)) < 3.0 * error + 0.2 * np.mean(sizes, axis=0))
    assert np.all(3.0 * error < np.mean(sizes, axis=0)), "too few seeds to tell"
