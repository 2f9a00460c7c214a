"""Matters below the floor of stakes: how many there are, whose they are and what they take; and the mix of probes."""

from typing import Any

import numpy as np
import pytest
from small_worlds import key, small, warmed

from revorg.scenarios.loading import load
from revorg.simulation.codes import DAYS_A_WEEK, ORIGIN_OF_KIND, STRATEGY_MOVE
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import world_of
from revorg.simulation.organization import HEADS, PLACES
from revorg.simulation.state import empty_decisions
from revorg.simulation.submodels import decisions, matters

NO_SMALL = {
    "decisions.small_floor_share": 1.0, "decisions.campaign_matters": 0.0, "decisions.service_matters": 0.0,
    "decisions.process_matters": 0.0,
}  # fmt: skip


def loads(weekly: Any) -> dict[str, float]:
    """Return the mean load of every head's desk."""
    return {head: float(weekly[f"load_{head}"].mean()) for head in HEADS}


# How many


@pytest.mark.parametrize(("value", "share"), [(1.0, 0.2), (0.3, 0.5), (5.0, 0.1)])
def test_small_matters_follow_the_law_of_the_large(value: float, share: float) -> None:
    """They come 1 ÷ share − 1 times as often as those above the floor, as long as there is but one a week."""
    accounts, weeks, rate = 2000, 30, 0.015
    rules = world_of(small().changed({"decisions.small_floor_share": share})).decisions
    table = empty_decisions(accounts)
    large = little = 0
    for week in range(weeks):
        table.entries[0] = 0
        for row in range(accounts):
            raised = matters.raise_matter(table, 0, row, week, key(5, 3, week), rate, value, 1.0, rules)
            assert not raised or table.entry_small[table.entries[0] - 1] == 0
        count = int(table.entries[0])
        is_small = table.entry_small[:count] == 1
        little, large = little + int(is_small.sum()), large + int((~is_small).sum())
        days = table.entry_day[:count] / DAYS_A_WEEK - week - 1
        assert np.all((days >= 0.0) & (days < 1.0))
        assert np.all(table.entry_at_stake[:count][is_small] == 0.0)
    expected = rate * value * accounts * weeks
    assert abs(large - expected) < 4.0 * np.sqrt(expected)
    assert abs(little - expected * (1.0 / share - 1.0)) < 4.0 * np.sqrt(expected / share)


def test_the_number_at_a_quantile_is_that_of_the_poisson_law() -> None:
    """Mean and variance are the rate, and the ends of the range end."""
    draws = (np.arange(20_000) + 0.5) / 20_000
    for rate in (0.0, 0.4, 8.0, 90.0):
        numbers = np.array([matters.poisson_quantile(chance, rate) for chance in draws])
        assert numbers.mean() == pytest.approx(rate, rel=0.01)
        assert numbers.var() == pytest.approx(rate, rel=0.02)
        assert matters.poisson_quantile(1.0 - 2.0**-53, rate) < rate + 20.0 * np.sqrt(rate) + 20.0


def test_small_matters_grow_with_managers_not_with_customers() -> None:
    """Ten times the accounts bring heads a little more: each of the fewer and larger ones raises one a week at most."""
    a_week = []
    for accounts in (6_000, 60_000):
        model = RevenueOrganization(load("complex-multi").changed({"market.accounts": accounts}), 1).run(26)
        a_week.append(model.weekly["small_settled"].mean())
    assert 38.0 < a_week[0] < 100.0
    assert 0.9 < a_week[1] / a_week[0] < 1.5


# Whose, and what they take


def test_a_small_matter_is_for_the_head_of_its_function_alone() -> None:
    """Nobody is asked, nothing climbs, and where the head is missing it goes where that function's decisions go."""
    model = warmed()
    model.run(weeks=4)
    vacant = model.organization.row_of("head_of_sales")
    model.people.vacant_until[vacant] = 5
    model.run(weeks=1)
    table = model.decisions
    entered = (table.small == 1) & (table.week == 4)
    assert np.count_nonzero(entered) > 20
    origin = ORIGIN_OF_KIND[table.kind[entered]]
    assert np.array_equal(table.scope[entered], 1 << origin)
    assert not table.asked[entered].any()
    assert not table.climbs[entered].any()
    heads = np.array([model.organization.row_of(head) for head in HEADS])
    heads[1] = model.routes.parent[vacant]
    assert np.array_equal(table.owner[entered], heads[origin])


@pytest.mark.parametrize("seed", [2, 3])
def test_small_matters_do_nothing_but_take_hours(seed: int) -> None:
    """Work that takes no time leaves a firm with small matters as one without, but for what counts them.

    A week sums latencies in the order of the table, in which small matters have rows: the last digits may differ.
    """
    one = RevenueOrganization(small().changed({"decisions.small_hours": 0.0}), seed).run(weeks=60)
    other = RevenueOrganization(small().changed(NO_SMALL), seed).run(weeks=60)
    assert one.weekly["small_settled"].sum() > 1000
    differing = ["small_settled", "work_latency_days"]
    assert one.weekly.drop(columns=differing).equals(other.weekly.drop(columns=differing))
    latencies = [run.weekly["work_latency_days"].to_numpy() for run in (one, other)]
    assert latencies[0] == pytest.approx(latencies[1], rel=1e-12)


def test_the_hours_of_small_matters_are_in_tray_hours_and_paid() -> None:
    """Heads' desks take the hours that the work takes at their skill, no more than their share, and lifts fall."""
    base = {"market.interdependence": 0.0, "decisions.escalate_share": 1.0}  # heads are asked nothing, decide nothing
    busy = RevenueOrganization(small().changed(base), 3).run(weeks=100)
    idle = RevenueOrganization(small().changed(base | NO_SMALL), 3).run(weeks=100)
    rules, people = busy.scenario.decisions, busy.people
    head = busy.organization.row_of("head_of_marketing")
    hours_a_week = people.tray_share[head] * people.week_hours[head]
    factor = rules.skill_offset - people.skill[head, 0]
    expected = rules.campaign_matters * rules.small_hours * factor / hours_a_week
    asked = loads(idle.weekly)["head_of_marketing"]  # beyond need, now and then
    assert loads(busy.weekly)["head_of_marketing"] - asked == pytest.approx(expected, rel=0.1)
    assert busy.weekly["lift_strategy"].mean() < idle.weekly["lift_strategy"].mean()


def test_the_load_recorded_is_the_share_of_hours_that_the_desks_took() -> None:
    """Place by place; a desk that is closed has none."""
    model = warmed().run(weeks=1)
    people, rules = model.people, model.scenario.leadership
    left = people.week_hours - rules.span_hours * people.span - people.meeting_hours
    expected = people.tray_hours / np.minimum(people.tray_share * people.week_hours, left)
    for row, place in enumerate(people.place.tolist()):
        assert model.weekly[f"load_{PLACES[place]}"].iloc[0] == pytest.approx(expected[row], rel=1e-12)
    assert decisions.load_of(1.0, 0.0) == 0.0


def test_heads_desks_have_load_and_what_comes_to_them_waits() -> None:
    """Under the neutral organization every head has between a fifth and two thirds, and works through it."""
    busy = RevenueOrganization(load("complex-multi").neutral(), 1).run(weeks=104)
    idle = RevenueOrganization(load("complex-multi").neutral().changed(NO_SMALL), 1).run(weeks=104)
    assert all(0.2 < load < 0.67 for load in loads(busy.weekly).values())
    assert all(loads(busy.weekly)[head] > loads(idle.weekly)[head] + 0.1 for head in HEADS)
    alone = {"market.interdependence": 0.0, "decisions.escalate_share": 0.0}  # heads decide whatever comes
    waits = []
    for values in (alone, alone | NO_SMALL):
        world = load("complex-multi").neutral().changed(values)
        waits.append(RevenueOrganization(world, 1).run(weeks=104).outcomes["decision_latency"])
    assert waits[0] > waits[1] + 0.1


def test_every_design_meets_the_same_small_matters() -> None:
    """Those of campaigns, service and processes on the same days; those of accounts as far as accounts are alike."""
    model = warmed(accounts=3000)
    seen = []
    for seat, profile in (("cro", "strategist"), ("coo", "operator")):
        twin = model.fork(model.scenario.with_leader(seat=seat, profile=profile))
        twin.run(weeks=20)
        count = int(twin.decisions.entries[0])
        table, is_new = twin.decisions, twin.decisions.entry_small[:count] == 1
        entries = zip(table.entry_kind[:count][is_new], table.entry_row[:count][is_new], strict=True)
        days = table.entry_day[:count][is_new].tolist()
        seen.append({(int(kind), int(row)): day for (kind, row), day in zip(entries, days, strict=True)})
    without_account = [{key: day for key, day in one.items() if key[1] >= 1 << 30} for one in seen]
    assert without_account[0] == without_account[1]
    assert len(without_account[0]) > 20
    common = seen[0].keys() & seen[1].keys() - without_account[0].keys()
    assert len(common) > 3


# Probes


def test_probes_mirror_what_comes_to_desks() -> None:
    """In the proportions of the last year before week 0 and for ever after; what never comes is never probed."""
    model = RevenueOrganization(load("simple-single").changed({"plays.count": 1}), 1)
    mix = model.decisions.mix.copy()
    assert mix[STRATEGY_MOVE] == 0.0  # with one front and one play there is nothing to move
    probed = np.zeros(4)
    for _ in range(200):
        model.step()
        table = model.decisions
        fresh = (table.probe == 1) & (table.week == model.week - 1)
        probed += np.bincount(table.kind[fresh], minlength=4)
    assert probed.sum() > 300  # a slot may have been taken over already
    assert np.array_equal(model.decisions.mix, mix)
    assert probed / probed.sum() == pytest.approx(mix / mix.sum(), abs=0.08)
    assert probed[STRATEGY_MOVE] == 0.0


def test_the_mix_is_that_of_the_matters_that_came() -> None:
    """Counted here from what was raised, week by week, small ones apart."""
    world = small("complex-multi", 3000).changed({"run.warm_up_weeks": 0}).neutral()
    model = RevenueOrganization(world, 1)
    assert not model.decisions.mix.any()
    model.week, model.warm_up_weeks = -120, 120
    came = np.zeros(4)
    for _ in range(120):
        table, proposed = model.decisions, model.firm.gauges[7]
        count = int(table.entries[0])
        large = table.entry_kind[:count][table.entry_small[:count] == 0]
        model.step()
        new = np.bincount(large, minlength=4) + np.array([0, 0, model.firm.gauges[7] > proposed, 0])
        came += (new - came) / 52.0
    assert model.decisions.mix[[0, 1, 3]] == pytest.approx(came[[0, 1, 3]])
