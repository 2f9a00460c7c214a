"""Money: it scales, support and heads are paid, posts have quotas of their own, and margin can be put into growth."""

from typing import Any

import numpy as np
import pytest
from small_worlds import small, warmed

from revorg.simulation.codes import Column, gauge
from revorg.simulation.metrics import METRICS
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.record import NOTED, RECORD
from revorg.simulation.scenario import Scenario
from revorg.simulation.submodels.finance import budget_added, forecast_error, share_of

FACTOR = 1000.0
NOTHING = {"market.initial_customers_share": 0.0, "demand.budget_exponent": 0.0}
YEAR = 52


# Scale


def in_other_money(scenario: Scenario) -> Scenario:
    """Return a copy in which everything that is told in USD is told in thousandths of one."""
    amounts = [row for row in scenario.parameters() if row.unit.startswith("USD")]
    assert len(amounts) == 4
    return scenario.changed({row.path: FACTOR * row.value for row in amounts})


def scaled(units: list[str], values: Column) -> Column:
    """Return values of which those in USD are made smaller again."""
    is_money = [unit.startswith("USD") and not unit.startswith("USD per USD") for unit in units]
    return np.where(is_money, values / FACTOR, values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("simple-single", {}),
        (
            "complex-multi",
            {"levers.account_plans": "best", "levers.reinvest_share": 0.5, "finance.leader_pay_usd": 20_000.0},
        ),
        ("simple-single", NOTHING),
        ("simple-single", NOTHING | {"decisions.stakes_floor_share": 0.0}),
    ],
)
def test_all_money_times_a_thousand_changes_no_rate(name: str, values: dict[str, Any]) -> None:
    """Neither a week's record nor an outcome, also in a firm that begins with nothing and needs no budget for leads."""
    scenario = small(name, 3000).changed(values | {"run.warm_up_weeks": 26}).with_leader("cro", "executor")
    plain, other = (RevenueOrganization(one, seed=3).run(weeks=120) for one in (scenario, in_other_money(scenario)))
    found = scaled([NOTED[column].unit for column in RECORD], other.record[:146])
    assert found == pytest.approx(plain.record[:146], rel=1e-9, abs=1e-9)
    outcomes = scaled([metric.unit for metric in METRICS.values()], other.outcomes.to_numpy())
    assert outcomes == pytest.approx(plain.outcomes.to_numpy(), rel=1e-9, abs=1e-9, nan_ok=True)
    assert plain.weekly["new_arr"].sum() > 0.0
    assert (plain.weekly["reinvested"].sum() > 0.0) == ("levers.reinvest_share" in values)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_shares_know_no_smallest_amount(scale: float) -> None:
    """A millionth of a dollar of a millionth is as much as a million of a million."""
    assert share_of(1.5 * scale, 2.0 * scale) == pytest.approx(0.75)
    assert forecast_error(1.5 * scale, 2.0 * scale) == pytest.approx(0.25)
    assert budget_added(1.5 * scale, 2.0 * scale, 0.5) == pytest.approx(0.375)


# Support of sales


def test_sales_costs_reps_and_their_support_by_hand() -> None:
    """Reps at work at their earnings; support by posts, also while the next rep is sought; heads of both."""
    model = warmed("simple-single", accounts=3000)
    model.rep_slots.active[0] = 0  # the first rep has just left
    model.rep_slots.opens[0] = 40
    supported, leaders = model.rep_slots.share.sum(), model.people.seats
    posts = supported - model.rep_slots.share[0]
    week = model.run(weeks=1).weekly.iloc[0]
    scenario = model.scenario
    earnings, rules = scenario.sales.on_target_earnings_usd / YEAR, scenario.finance
    support = rules.support_per_rep * supported * earnings
    assert 0.0 < posts < supported
    assert week["sales_cost"] == pytest.approx(posts * earnings + support)
    served_heads = week["service_cost"] * YEAR / rules.head_pay_usd
    heads = leaders + posts + served_heads + support * YEAR / rules.head_pay_usd
    assert model.firm.gauges[gauge.HEADS] == pytest.approx(heads)
    assert week["heads"] > heads  # those who keep the processes


def test_a_leaver_takes_no_support_along() -> None:
    """When a rep leaves, and when the next comes, the heads who might dilute processes change by one."""
    changes = []
    for support in (0.0, 4.0):
        model = warmed("complex-single", accounts=3000)
        assert model.rep_slots.share[0] == 1.0
        settings = {
            "finance.support_per_rep": support, "finance.quits_per_year": 0.0, "finance.quits_per_miss": 0.0,
            "levers.held_maturity": 0.5,
        }  # fmt: skip
        twin = model.fork(model.scenario.changed(settings)).run(weeks=1)
        before = float(twin.firm.gauges[gauge.HEADS])
        twin.rep_slots.active[0], twin.rep_slots.opens[0] = 0, 40
        changes.append(float(twin.run(weeks=1).firm.gauges[gauge.HEADS]) - before)
    assert changes[1] == pytest.approx(changes[0])
    assert changes[0] < -0.5


# Quotas of their own


def test_a_post_is_judged_by_its_own_quota() -> None:
    """Who is asked for nothing makes it and takes heart; who is asked for a hundredfold does not."""
    model = warmed("simple-single", accounts=3000)
    still = {"finance.quits_per_year": 0.0, "finance.quits_per_miss": 0.0}
    model = model.fork(model.scenario.changed(still))
    slots = model.rep_slots
    at_work = np.flatnonzero(slots.active == 1)
    assert len(at_work) >= 4
    slots.quota[at_work[::2]], slots.quota[at_work[1::2]] = 0.0, 100.0
    slots.hired[at_work], slots.morale[at_work] = -1000, 0.5
    lived = model.run(weeks=YEAR)
    morale = lived.rep_slots.morale[at_work]
    assert morale[::2] == pytest.approx(1.0 - 0.5 * 0.7**4)
    assert morale[1::2] == pytest.approx(0.5 * 0.7**4)
    judged, made = lived.weekly[["reps_judged", "reps_at_quota"]].sum()
    assert (judged, made) == (len(at_work), len(at_work[::2]))


def test_a_post_has_the_usual_quota_unless_it_is_set() -> None:
    """Slots to come as well as those there are."""
    model = warmed()
    assert np.all(model.rep_slots.quota == 1.0)
    while model.rep_slots.slots == warmed().rep_slots.slots:
        model.rep_slots.active[:] = 1
        model.run(weeks=1)
    assert np.all(model.rep_slots.quota == 1.0)


# Margin that is put into growth


def reinvesting(share: float, seed: int, kept: float = 0.0) -> RevenueOrganization:
    """Return a firm with room for more deals that puts a share of its margin into marketing."""
    model = warmed("simple-single", seed, accounts=3000)
    settings = {
        "levers.reinvest_share": share, "finance.kept_margin": kept, "sales.deal_hours": 8.0,
        "finance.overhead_share": 0.0, "finance.leader_pay_usd": 50_000.0,
    }  # fmt: skip
    return model.fork(model.scenario.changed(settings)).run(weeks=104)


def test_reinvestment_by_hand() -> None:
    """Next week's budget has the share of what the week left beyond the kept margin, and all of it is a cost."""
    weeks = reinvesting(0.5, seed=1, kept=0.05).weekly
    costs = weeks[["marketing_cost", "sales_cost", "service_cost", "other_cost"]].sum(axis=1) - weeks["reinvested"]
    beyond = np.maximum((0.95 * weeks["revenue"] - costs).to_numpy(), 0.0)
    assert weeks["reinvested"].iloc[0] == 0.0
    assert weeks["reinvested"].iloc[1:].to_numpy() == pytest.approx(0.5 * beyond[:-1])
    assert weeks["reinvested"].iloc[1:].min() > 0.0
    usual = small().finance.marketing_share * weeks["arr"].iloc[:-1].to_numpy() / YEAR
    found = (weeks["marketing_cost"] - weeks["reinvested"]).iloc[1:].to_numpy()
    assert found == pytest.approx(usual)


def test_who_reinvests_grows_faster_and_keeps_less() -> None:
    """Growth on the mean of seeds, margin on each: who reinvests all keeps what is to be kept, and no more."""
    more = []
    for seed in range(6):
        none, all_ = (reinvesting(share, seed).outcomes for share in (0.0, 1.0))
        more.append(all_["arr_growth"] - none["arr_growth"])
        assert none["operating_margin"] > 0.05 > 0.02 > all_["operating_margin"] > -0.02
    assert np.mean(more) > 2.0 * np.std(more, ddof=1) / np.sqrt(len(more))


def test_a_firm_without_margin_reinvests_nothing() -> None:
    """Nor does one that keeps all of it."""
    assert reinvesting(1.0, seed=1, kept=0.9).weekly["reinvested"].sum() == 0.0
