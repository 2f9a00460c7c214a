"""Pay is paid: what leaders cost more or less than those of the warm-up goes from or to selling."""

import numpy as np
import pytest
from small_worlds import small, warmed

from revorg.scenarios.designs import Design
from revorg.simulation.codes import gauge
from revorg.simulation.errors import BadInput
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.pay import Pay
from revorg.simulation.scenario import Scenario

PAY = 20_000.0
"""A year and level: little enough that the few reps of a small world pay for another leader."""
STAFF = '{"name": "staff", "set": {"organization.staff_1": {"seat": "cso", "holder": "executor"}}}'
DESIGNS = ("cro:strategist", "nobody", "vp_sales:executor", STAFF)
LEVELS_SAVED = dict(zip(DESIGNS, (0, 2, 1, -2), strict=True))


def world(name: str = "complex-multi") -> Scenario:
    """Return a small world in which leaders cost little."""
    return small(name).changed({"finance.leader_pay_usd": PAY})


def led(design: str, name: str = "complex-multi", **changes: float) -> RevenueOrganization:
    """Return a model in week 0 under a design, with other numbers of its books from there on."""
    finance = {f"finance.{key}": value for key, value in changes.items()}
    return warmed(name).fork(Design.parse(design).apply(world(name).changed(finance)))


def hour_usd(scenario: Scenario) -> float:
    """Return what an hour of a rep costs, with its support."""
    return (
        scenario.sales.on_target_earnings_usd * (1 + scenario.finance.support_per_rep) / 52 / scenario.sales.rep_hours
    )


@pytest.mark.parametrize("design", DESIGNS)
def test_leaders_and_selling_hours_cost_the_same_together(design: str) -> None:
    """In week 0 and in each week of two years, whoever leads: what the books say of reps, and leaders' pay.

    Without support, which goes with posts: those of two designs part in the end.
    """
    model, neutral = led(design, support_per_rep=0.0), led("placebo:generalist", support_per_rep=0.0)
    both = [run.run(weeks=104).weekly for run in (model, neutral)]
    own_pay = [weekly["reps"] * model.scenario.sales.on_target_earnings_usd / 52 for weekly in both]
    leaders = [PAY * run.people.level.sum() / 52 for run in (model, neutral)]
    spent = [weekly["sales_cost"] - own + pay for weekly, own, pay in zip(both, own_pay, leaders, strict=True)]
    assert spent[0].to_numpy() == pytest.approx(spent[1].to_numpy(), rel=1e-12)
    assert both[0]["reps"].iloc[0] == both[1]["reps"].iloc[0]
    total = [weekly["sales_cost"].iloc[0] + pay for weekly, pay in zip(both, leaders, strict=True)]
    assert total[0] == pytest.approx(total[1], rel=1e-12)


@pytest.mark.parametrize("design", DESIGNS)
def test_a_difference_in_pay_becomes_hours_of_the_reps_of_week_0(design: str) -> None:
    """All posts alike: more hours where levels are saved, fewer where there are more, none where there are as many."""
    model, neutral = led(design), led("placebo:generalist")
    saved = LEVELS_SAVED[design] * PAY / 52 / hour_usd(model.scenario)
    assert model.firm.gauges[gauge.BOUGHT_HOURS] == pytest.approx(saved, rel=1e-12, abs=0)
    for run in (model, neutral):
        run.held = run.held._replace(coaching_lift=0.0)
        run.step()
    slots, posts = model.rep_slots, neutral.rep_slots.share[neutral.rep_slots.active == 1].sum()
    expected = neutral.rep_slots.hours * (1.0 + saved / posts / model.scenario.sales.rep_hours)
    assert slots.hours == pytest.approx(expected, rel=1e-12)
    assert np.sign(slots.hours.sum() - neutral.rep_slots.hours.sum()) == np.sign(LEVELS_SAVED[design])


def test_bought_hours_stay_with_the_firm_when_a_rep_leaves() -> None:
    """Those at work have them; when nobody is, they are neither worked nor paid."""
    model = led("nobody", support_per_rep=0.0)
    active = np.flatnonzero(model.rep_slots.active == 1)
    bought = model.firm.gauges[gauge.BOUGHT_HOURS]
    for left in range(1, len(active) + 1):
        twin = model.fork()
        twin.rep_slots.active[active[:left]] = 0
        twin.step()
        week = twin.weekly.iloc[0]
        assert week["reps"] == twin.rep_slots.share[active[left:]].sum()
        paid = week["sales_cost"] - week["reps"] * twin.scenario.sales.on_target_earnings_usd / 52
        assert paid == pytest.approx(bought * hour_usd(twin.scenario) if left < len(active) else 0.0)


def test_reps_give_no_more_than_all_their_hours() -> None:
    """When so many have left that the rest cannot pay for the leaders, selling stops, and costs nothing."""
    model = led(STAFF, support_per_rep=0.0)
    active = np.flatnonzero(model.rep_slots.active == 1)
    model.rep_slots.share[active] = 0.0
    model.rep_slots.share[active[0]] = 0.1
    assert model.firm.gauges[gauge.BOUGHT_HOURS] < -0.1 * model.scenario.sales.rep_hours
    model.step()
    assert model.weekly["capacity_hours"].iloc[0] == model.weekly["sales_cost"].iloc[0] == 0.0
    assert model.fork(model.scenario).firm.gauges[gauge.BOUGHT_HOURS] == model.firm.gauges[gauge.BOUGHT_HOURS]


def test_leaders_that_selling_cannot_pay_for_are_refused() -> None:
    """With what they cost, in what and how much there is of it; the firm is left as it was."""
    dear = Design.parse(STAFF).apply(world().changed({"finance.leader_pay_usd": 5e6}))
    model = warmed("complex-multi")
    before = model.organization
    with pytest.raises(BadInput, match=r"cost 10,000,000 USD a year more .* would take [\d,]+ paid hours .* reps have"):
        model.fork(dear)
    with pytest.raises(BadInput, match="leaders cost 10,000,000 USD"):
        model.take_over(dear)
    assert model.organization is before
    assert model.firm.gauges[gauge.BOUGHT_HOURS] == 0.0


def test_pay_counts_heads_and_levels() -> None:
    """Of the organization in force, held against the warm-up's."""
    neutral = Pay.of(world())
    assert neutral == (6, 9 * PAY, 0.0, 0.0)
    empty = Pay.of(Design.parse("nobody").apply(world()))
    assert empty[:3] == (5, 7 * PAY, 2 * PAY)
    assert empty.hours == pytest.approx(2 * PAY / 52 / hour_usd(world()))


def test_nobody_in_the_chiefs_place() -> None:
    """Heads report to the top, nobody leaves, and a place that a file empties can be filled again."""
    empty = Design.parse("nobody").apply(world())
    organization = empty.organization
    assert (empty.chief, "chief" in organization.places, organization.span[0]) == ("nobody", False, 4)
    assert Scenario.of(empty.as_tables()) == empty
    model = warmed("complex-multi").fork(empty).run(weeks=26)
    assert model.weekly[["chief_weeks", "dismissals", "burnouts"]].to_numpy().sum() == 0.0
    assert np.isnan(model.outcomes["leader_exit_rate"])
    assert empty.with_leader("cro", "strategist") == world().with_leader("cro", "strategist")
