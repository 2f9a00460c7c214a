"""Executives as Mesa agents, and views on customers and reps."""

import gc
import weakref
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_worlds import differences, small, warmed

from revorg.simulation.codes import CUSTOMER, FUNCTION_SERVED, OPPORTUNITY
from revorg.simulation.compiling import alone
from revorg.simulation.errors import BadInput
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import Now, world_of
from revorg.simulation.organization import DOMAINS, HEADS, MEASURES
from revorg.simulation.people import Customer, Deal, Executive, SalesRep, attention_between, calls_on, demand_for
from revorg.simulation.record import RECORD
from revorg.simulation.submodels.leadership import contribute

SHARES = st.lists(st.floats(0.0, 10.0), min_size=4, max_size=4)


class OneTrack(Executive):
    """Somebody who sees nothing but customers."""

    def look(self) -> list[float]:
        """Return a demand for customer work alone."""
        return [0.0, 0.0, 0.0, 1.0]


class Hermit(Executive):
    """Somebody who meets nobody."""

    def set_policy(self) -> None:
        """Do as everybody does, but keep the door closed."""
        super().set_policy()
        self.model.people.meeting_hours[self.row] = 0.0


def led(seat: str = "cro", profile: str = "strategist") -> Any:
    """Return a small scenario with a chief."""
    return small().with_leader(seat=seat, profile=profile)


# Attention


@given(demand=SHARES, inclination=SHARES, habit=st.floats(0.0, 1.0))
def test_attention_is_shares_whatever_draws(demand: list[float], inclination: list[float], habit: float) -> None:
    """Four shares that sum to 1, also where nothing draws at all."""
    shares = attention_between(demand, inclination, habit)
    assert sum(shares) == pytest.approx(1.0)
    assert min(shares) >= 0.0


def test_habit_bends_attention_from_demand_to_inclination() -> None:
    """Without habit demand decides, with nothing else inclination does, and in between both."""
    demand, inclination = [4.0, 1.0, 1.0, 2.0], [0.1, 0.2, 0.3, 0.4]
    assert attention_between(demand, inclination, 0.0) == pytest.approx([0.5, 0.125, 0.125, 0.25])
    assert attention_between(demand, inclination, 1.0) == pytest.approx(inclination)
    first = [attention_between(demand, inclination, habit)[0] for habit in np.linspace(0.0, 1.0, 11)]
    assert first == sorted(first, reverse=True)


def test_a_shortfall_draws_attention_to_what_its_measure_calls_for() -> None:
    """On plan or better there is the floor; short of it, more, by the weight of the measure."""
    calls = [(1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0)]
    assert demand_for([-0.5, 0.0], [0.5, 0.5], calls, 0.3, 2.0) == pytest.approx([0.15, 0.15, 0.0, 0.0])
    assert demand_for([0.0, 0.4], [0.5, 0.5], calls, 0.3, 2.0) == pytest.approx([0.15, 0.55, 0.0, 0.0])


CALLS = [(0.4, 0.4, 0.1, 0.1), (0.1, 0.1, 0.2, 0.6)]


def test_a_domain_counts_as_far_as_it_serves_the_line() -> None:
    """Work for functions outside the line counts less; the domains' order is not that of the functions."""
    marketing, success, operations = 0b0001, 0b0100, 0b1000
    assert calls_on(marketing, CALLS, 0.5) == [
        pytest.approx((0.4, 0.2, 0.05, 0.05)),
        pytest.approx((0.1, 0.05, 0.1, 0.3)),
    ]
    assert calls_on(success | operations, CALLS, 0.0) == [(0.0, 0.0, 0.1, 0.1), (0.0, 0.0, 0.2, 0.6)]
    assert calls_on(success, CALLS, 0.0) == [(0.0, 0.0, 0.0, 0.1), (0.0, 0.0, 0.0, 0.6)]


def test_a_seat_without_a_line_has_no_outside() -> None:
    """Nor has one that leads everything, nor any where what is outside counts in full."""
    assert calls_on(0, CALLS, 0.0) == calls_on(0b1111, CALLS, 0.0) == calls_on(0b0010, CALLS, 1.0) == CALLS


@pytest.mark.parametrize("measure", ["new_arr", "retention", "experience", "cost"])
def test_heads_of_equal_measures_look_to_their_own_function(measure: str) -> None:
    """Whatever two heads are both measured on, each sees more of the own function than another does, and so attends."""
    scenario = led().changed({f"seats.{head}.measures.{m}": float(m == measure) for head in HEADS for m in MEASURES})
    model = warmed().fork(scenario)
    look = np.array([model.executives[model.organization.row_of(head)].look() for head in HEADS])
    attention = np.array([model.people.attention[model.organization.row_of(head)] for head in HEADS])
    for seen in (look / look.sum(axis=1, keepdims=True), attention):
        for domain, function in enumerate(FUNCTION_SERVED.tolist()):
            assert np.all(seen[function, domain] > np.delete(seen[:, domain], function))


@pytest.mark.parametrize("head", HEADS)
def test_the_more_counts_what_is_outside_the_less_a_head_spends_inside(head: str) -> None:
    """From nothing but the own function, where habit cannot bring others in, to an even look."""
    own = []
    for outside in (0.0, 0.25, 0.5, 1.0):
        model = warmed().fork(led().changed({"leadership.outside_attention": outside}))
        row = model.organization.row_of(head)
        domain = FUNCTION_SERVED.tolist().index(HEADS.index(head))
        own.append(model.people.attention[row, domain])
    assert own[0] == pytest.approx(1.0)
    assert own == sorted(own, reverse=True)
    assert len(set(own)) == len(own)


def test_an_own_look_is_taken_as_it_is_and_knows_the_own_calls() -> None:
    """Whoever overrides `look` is not seen through the line a second time; the line's own calls are at hand."""
    model = warmed().fork(led())
    usual = model.executives[model.organization.row_of("head_of_sales")]

    class Outspoken(Executive):
        def look(self) -> list[float]:
            return [sum(called) for called in zip(*self.calls, strict=True)]

    other = RevenueOrganization(led(), seed=1, executives={"head_of_sales": Outspoken, "cro": OneTrack})
    own = other.executives[usual.row]
    assert own.calls == usual.calls
    expected = attention_between([sum(c) for c in zip(*usual.calls, strict=True)], usual.inclination, usual.habit)
    assert list(own.attention.values()) == pytest.approx(expected)
    assert other.people.attention[1, 3] == 1.0


def test_the_same_hours_reach_the_domains_that_the_in_tray_and_others_leave() -> None:
    """With all skill and all reach, contributions are exactly the hours that are left, summed over the seats."""
    tables = led().as_tables()
    for person in tables["profiles"].values():
        person |= dict.fromkeys(DOMAINS, 1.0)
    for seat in tables["seats"].values():
        seat["say"] = 0.0
    tables["leadership"] |= {"influence_base": 1.0}
    world = type(led()).of(tables)
    model = warmed().fork(world).run(weeks=9)
    people, rules = model.people, world.leadership
    spent = rules.span_hours * people.span + people.meeting_hours + people.tray_hours
    spent = spent + np.where(people.parent < 0, rules.outside_share * people.week_hours, 0.0)
    left = people.week_hours - spent
    sums, now = np.zeros(len(RECORD)), Now(seed=1, week=9, row=0)
    alone(contribute)(people, model.firm, sums, world_of(world), model.held, now)
    assert np.all(people.vacant_until <= 9)
    assert model.firm.contribution.sum() == pytest.approx(left.sum())


# Executives


def test_executives_are_the_agents_of_a_mesa_model() -> None:
    """One a seat, in the order of places, and nobody else is registered."""
    model = warmed().fork(led())
    assert isinstance(model, mesa.Model)
    assert all(isinstance(agent, mesa.Agent) for agent in model.executives)
    assert [agent.seat for agent in model.agents] == list(model.organization.names)
    assert [agent.holder for agent in model.agents] == list(model.organization.holders)
    assert set(model.agents) == set(model.executives)


def test_attention_by_name_is_the_row_of_policy() -> None:
    """What an executive shows is what the week's steps read."""
    model = warmed().fork(led())
    for agent in model.executives:
        assert list(agent.attention) == list(DOMAINS)
        assert list(agent.attention.values()) == model.people.attention[agent.row].tolist()
        assert agent.is_present


@pytest.mark.parametrize("seat", ["cro", "head_of_success"])
def test_an_own_class_decides_for_the_named_seat_alone(seat: str) -> None:
    """Whoever overrides `look` turns the holder of one seat, and nobody else."""
    usual = RevenueOrganization(led(), seed=1)
    other = RevenueOrganization(led(), seed=1, executives={seat: OneTrack})
    row = usual.organization.names.index(seat)
    changed_rows = np.flatnonzero(np.any(usual.people.attention != other.people.attention, axis=1))
    assert changed_rows.tolist() == [row]
    assert other.people.attention[row, 3] == 1.0
    assert usual.warm_up.equals(other.warm_up)
    assert isinstance(other.executives[row], OneTrack)
    assert differences(usual.run(weeks=30), other.run(weeks=30))


def test_an_own_policy_lives_on_in_forks() -> None:
    """A twin keeps the classes of the seats that are still in force, and drops the others."""
    model = RevenueOrganization(led(), seed=1, executives={"cro": Hermit})
    row = model.organization.names.index("cro")
    assert model.people.meeting_hours[row] == 0.0
    assert model.fork(led(profile="advocate")).people.meeting_hours[row] == 0.0
    assert model.fork().run(weeks=5).people.meeting_hours[row] == 0.0
    assert warmed().fork(led()).people.meeting_hours[row] > 0.0
    assert [type(agent) for agent in model.fork(led(seat="cso")).executives] == [Executive] * 6


def test_an_unknown_seat_is_refused_with_those_in_force() -> None:
    """A class for nobody is a typing error."""
    with pytest.raises(BadInput, match="no seat crow is in force; in force are ceo, cro, head_of_marketing"):
        RevenueOrganization(led(), seed=1, executives={"crow": OneTrack})


def test_a_leader_who_leaves_is_missing_and_a_newcomer_comes() -> None:
    """With dismissal certain, the chief's seat is empty for the search and then held again, by the same profile."""
    values = {"finance.dismissal_per_quarter": 1.0, "finance.search_weeks": 10}
    model = RevenueOrganization(led().changed(values), seed=1)
    row = model.organization.names.index("cro")
    present = []
    for _ in range(60):
        present.append(model.executives[row].is_present)
        owned = model.decisions.owner[model.decisions.state == 1]
        assert present[-1] or not np.any(owned == row)
        model.step()
    weekly = model.weekly
    assert present == [week % 13 >= 10 or week < 13 for week in range(60)]
    assert weekly["dismissals"].tolist() == [float(week % 13 == 12) for week in range(60)]
    assert weekly["chief_present"].tolist() == [float(there) for there in present]
    assert model.executives[row].holder == "strategist"
    assert all(agent.is_present for agent in model.executives if agent.row != row)


# Views


def test_views_are_mesa_agents_of_the_rows_that_count() -> None:
    """Customers are the accounts at that stage, reps the active slots."""
    model = warmed().fork(led()).run(weeks=4)
    rows = np.flatnonzero(model.accounts.stage == CUSTOMER).tolist()
    assert [customer.row for customer in model.customers] == rows
    assert [rep.row for rep in model.reps] == np.flatnonzero(model.rep_slots.active == 1).tolist()
    assert all(isinstance(view, Customer) and isinstance(view, mesa.Agent) for view in model.customers)
    assert all(isinstance(view, SalesRep) for view in model.reps)


def test_views_read_and_write_the_columns() -> None:
    """A view holds a row and nothing else."""
    model = warmed()
    customer, rep = next(iter(model.customers)), next(iter(model.reps))
    assert customer.health == model.accounts.health[customer.row]
    assert rep.skill == model.rep_slots.skill[rep.row]
    customer.health, rep.morale = 0.25, 0.75
    assert model.accounts.health[customer.row] == 0.25
    assert model.rep_slots.morale[rep.row] == 0.75
    model.accounts.health[customer.row] = 0.5
    assert customer.health == 0.5
    assert "health" in dir(customer)
    assert repr(customer) == f"<Customer {customer.row}>"
    with pytest.raises(AttributeError, match="Customer has no helth"):
        _ = customer.helth


def test_mesa_can_select_and_shuffle_views() -> None:
    """Agent sets of views behave as Mesa's others do."""
    model = warmed()
    sour = model.customers.select(lambda customer: customer.health < 0.6)
    assert len(sour) == np.count_nonzero((model.accounts.stage == CUSTOMER) & (model.accounts.health < 0.6))
    assert model.customers.get("contract_usd") == model.accounts.contract_usd[model.accounts.stage == CUSTOMER].tolist()
    model.customers.set("health", 0.5)
    assert set(model.accounts.health[model.accounts.stage == CUSTOMER].tolist()) == {0.5}


def test_a_view_is_the_same_object_as_long_as_its_table_is() -> None:
    """Looked at twice, a customer is one agent; a twin's customer is another."""
    model = warmed()
    first = next(iter(model.customers))
    assert next(iter(model.customers)) is first
    other = next(iter(model.fork().customers))
    assert other is not first
    assert other.row == first.row


def test_looking_registers_nobody_and_changes_no_run() -> None:
    """Views are not registered, take no numbers and draw nothing."""
    one, other = warmed().fork(led()), warmed().fork(led())
    for _ in range(12):
        one.step()
        other.step()
        agents = len(other.agents)
        other.customers.shuffle().do(lambda customer: customer.health)
        other.reps.get("skill")
        assert len(other.agents) == agents == 6
    assert differences(one, other) == set()


def test_views_are_data_as_well() -> None:
    """One row a customer, deal or rep, one column an attribute, under the row by which other columns name it."""
    model = warmed().fork(led()).run(weeks=4)
    customers, deals, reps = model.customers.to_frame(), model.deals.to_frame(), model.reps.to_frame()
    assert customers.index.tolist() == np.flatnonzero(model.accounts.stage == CUSTOMER).tolist()
    assert deals.index.tolist() == np.flatnonzero(model.accounts.stage == OPPORTUNITY).tolist()
    assert len(deals) > 0
    assert all(isinstance(deal, Deal) for deal in model.deals)
    assert set(deals["rep"]) - {-1} <= set(reps.index)
    for frame, table in ((customers, model.accounts), (deals, model.accounts), (reps, model.rep_slots)):
        assert frame.index.name == "row"
        assert list(frame.columns) == list(table._fields)
        for name in table._fields:
            pd.testing.assert_series_equal(
                frame[name], pd.Series(getattr(table, name)[frame.index], index=frame.index, name=name)
            )
    customers.loc[:, "health"] = -1.0
    assert model.accounts.health.min() >= 0.0


def test_a_selection_of_views_is_data_too() -> None:
    """What Mesa selects, sorts and shuffles keeps its order as a frame, and an empty one its columns."""
    model = warmed()
    largest = model.customers.sort("contract_usd").select(at_most=3).to_frame()
    expected = model.customers.to_frame().sort_values("contract_usd", ascending=False, kind="stable").head(3)
    pd.testing.assert_frame_equal(largest, expected)
    nobody = model.deals.select(lambda deal: False).to_frame()
    assert nobody.dtypes.equals(model.deals.to_frame().dtypes)
    assert nobody.empty
    assert sorted(model.reps.shuffle().to_frame().index) == model.reps.to_frame().index.tolist()
    reps = model.reps
    assert reps.select() is not reps
    assert reps.sort("skill", inplace=True) is reps
    assert reps.select().to_frame()["skill"].is_monotonic_decreasing


def test_a_model_that_nobody_holds_is_forgotten() -> None:
    """Whoever runs thousands of models in one process has room for the last."""
    model = RevenueOrganization(small(accounts=200, weeks=4), 1).run()
    lived = weakref.ref(model), weakref.ref(model.fork())
    del model
    gc.collect()
    assert [each() for each in lived] == [None, None]
