"""The model as a whole: its week, its runs and forks, what it refuses, and Mesa's contract."""

from collections.abc import Mapping
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest
from small_worlds import differences, differing, small, warmed

from revorg.scenarios import loading
from revorg.scenarios.loading import load
from revorg.simulation import initialization
from revorg.simulation.errors import BadInput
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import world_of
from revorg.simulation.record import RECORD
from revorg.simulation.state import empty_decisions
from revorg.simulation.submodels.rules import arr_reference_usd


@pytest.mark.parametrize("name", loading.names())
def test_every_scenario_runs(name: str) -> None:
    """From its file to half a year under its organization, in finite numbers and a living market."""
    scenario = load(name).changed({"run.warm_up_weeks": 26})
    model = RevenueOrganization(scenario, seed=1).run(weeks=26)
    assert np.all(np.isfinite(model.weekly.to_numpy()))
    assert model.weekly["leads"].sum() > 0
    assert model.weekly["arr"].min() > 0
    assert model.weekly["new_arr"].sum() > 0


def test_the_week_is_counted_from_the_design_on() -> None:
    """The warm-up is the past: negative weeks in a frame of their own."""
    model = RevenueOrganization(small().changed({"run.warm_up_weeks": 20, "run.weeks": 30}), seed=1)
    assert model.week == 0
    assert model.warm_up.index.tolist() == list(range(-20, 0))
    assert model.weekly.empty
    model.step()
    assert model.week == 1
    assert model.run() is model
    assert model.week == 30
    assert not model.running
    assert model.weekly.index.tolist() == list(range(30))
    assert list(model.weekly) == list(RECORD)
    model.run(weeks=45)
    assert model.week == 75
    assert len(model.weekly) == 75
    assert np.all(model.weekly["arr"] > 0)


def test_frames_are_copies() -> None:
    """Whoever writes into a frame of weeks changes no run."""
    model = warmed().run(weeks=3)
    for frame in (model.weekly, model.warm_up):
        frame["arr"] = 0.0
    assert model.weekly["arr"].min() > 0
    assert model.warm_up["arr"].min() > 0


def test_decisions_take_as_long_before_week_0_as_after_it() -> None:
    """Nothing in the desks hangs on the sign of a day: under one organization latencies are those of the past."""
    before, after = [], []
    for seed in range(8):
        model = warmed("complex-multi", seed=seed).run(weeks=90)
        probes = ["probe_one_days", "probe_two_days"]
        before.append(model.warm_up[probes].iloc[:90].to_numpy().mean())
        after.append(model.weekly[probes].iloc[:80].to_numpy().mean())
    assert np.mean(after) == pytest.approx(np.mean(before), rel=0.25)


def test_what_was_recorded_does_not_change() -> None:
    """A week's numbers are final when it ends, but for the days of probes that were still waiting then."""
    model = warmed().run(weeks=20)
    early = model.weekly
    late = model.run(weeks=20).weekly.iloc[:20]
    later = [column for column in RECORD if not early[column].equals(late[column])]
    assert set(later) <= {"probe_one_days", "probe_two_days"}


def test_nobody_abroad_is_counted_before_expansion() -> None:
    """The ARR that plans and budgets start from is that of the channels at home."""
    for accounts in (20_000, 60_000):
        world = small("simple-multi").changed({
            "market.abroad_channels": 2, "market.accounts": accounts, "market.reference_customers_share": 0.06,
            "market.initial_customers_share": 0.06,
        })  # fmt: skip
        at_first = initialization.accounts_at_start(world, seed=1).contract_usd.sum()
        assert arr_reference_usd(world_of(world).market) == pytest.approx(at_first, rel=0.1)


def test_the_warm_up_belongs_to_the_world_not_to_the_design() -> None:
    """Whatever the chief, week 0 begins where the neutral organization left the firm."""
    neutral = warmed(seed=3)
    for seat, profile in (("cro", "strategist"), ("coo", "operator")):
        model = RevenueOrganization(small().with_leader(seat=seat, profile=profile), seed=3)
        assert model.warm_up.equals(neutral.warm_up)
        for name in ("accounts", "fronts", "rep_slots", "firm", "initiatives"):
            mine, theirs = getattr(model, name), getattr(neutral, name)
            assert mine.__class__ is theirs.__class__
            assert differing(mine, theirs) == set()


def test_open_decisions_go_to_their_new_owners_with_days_and_replies_kept() -> None:
    """A change of organization reroutes what is open, and loses nothing of it."""
    values = {"decisions.exceptions_per_deal_week": 1.0, "decisions.stakes_floor_share": 1e-6}
    values |= {"decisions.time_limit_days": 60.0, "market.interdependence": 0.5}
    world = small("simple-single", 6000).changed(values)
    model = RevenueOrganization(world, seed=1).run(weeks=10)
    twin = model.fork(world.with_leader(seat="cro", profile="strategist"))
    before, after = model.decisions, twin.decisions
    is_open = before.state == 1
    assert is_open.sum() > 3
    for column in ("state", "kind", "row", "raised", "arrives", "work", "reply", "awaited", "asked", "scope"):
        assert np.array_equal(getattr(before, column), getattr(after, column))
    organization = twin.organization
    for slot in np.flatnonzero(is_open):
        owner = int(organization.owner[after.scope[slot]])
        if after.climbs[slot] and organization.parent[owner] >= 0:
            owner = int(organization.parent[owner])
        assert after.owner[slot] == owner


@pytest.mark.parametrize(
    "values", [{"market.accounts": 700}, {"market.channels": 2, "market.partner_channels": 0}, {"market.segments": 2}]
)
def test_a_design_for_another_market_cannot_take_over(values: dict[str, Any]) -> None:
    """The tables have the rows of the market they were made for."""
    model = warmed()
    with pytest.raises(BadInput, match=r"cannot change market\.accounts, market\.channels or market\.segments"):
        model.fork(small().changed(values))
    assert differences(model, warmed()) == set()


def test_parameters_may_change_in_mid_run() -> None:
    """A twin may live on in a world with other numbers: prices of everything but its shape."""
    model = warmed().run(weeks=10)
    twin = model.fork(small().changed({"customers.champion_loss_per_year": 5.0})).run(weeks=30)
    model.run(weeks=30)
    assert twin.outcomes["customer_health"] < model.outcomes["customer_health"]


def test_the_longest_and_the_shortest_past() -> None:
    """A firm may take office on its first day; the record then has no past at all."""
    model = RevenueOrganization(small().changed({"run.warm_up_weeks": 0}), seed=1)
    assert model.warm_up.empty
    model.run(weeks=30)
    assert np.all(np.isfinite(model.weekly.to_numpy()))
    assert np.isfinite(model.outcomes["arr_growth"])


def test_large_seeds_are_seeds() -> None:
    """Any whole number that a generator takes is a world of its own."""
    seeds = (0, 1, 2**31, 2**32 - 1)
    arr = [
        RevenueOrganization(small().changed({"run.warm_up_weeks": 4}), seed).warm_up["arr"].iloc[-1] for seed in seeds
    ]
    assert len(set(arr)) == len(seeds)


# Whole periods and single weeks


def lived_by_the_week(model: RevenueOrganization, weeks: int) -> list[tuple[int, int]]:
    """Live week by week; return how many slots there were for decisions and for reps in each week."""
    slots = []
    for _ in range(weeks):
        model.step()
        slots.append((model.decisions.slots, model.rep_slots.slots))
    return slots


def in_mid_period(model: RevenueOrganization, first: int, slots: list[int]) -> set[int]:
    """Return the weeks, not the first of a policy period, in which a table was made larger."""
    grown = {first + place for place in range(1, len(slots)) if slots[place] > slots[place - 1]}
    return {week for week in grown if week % model.scenario.leadership.policy_weeks}


@pytest.mark.parametrize("began", [0, 6])
def test_whole_periods_are_their_weeks(began: int) -> None:
    """Compiled or asked for week by week, a chief who is replaced now and then has the same life, bit for bit."""
    values = {"finance.dismissal_per_quarter": 0.6, "finance.search_weeks": 6}
    model = warmed().fork(small().with_leader("cro", "executor").changed(values)).run(weeks=began)
    weekly = model.fork()
    lived_by_the_week(weekly, 61)
    assert differences(model.run(weeks=61), weekly) == set()
    assert model.weekly["dismissals"].sum() > 1


def test_decisions_that_find_no_room_in_mid_period_get_it() -> None:
    """A table that is full in the middle of a period is made larger there, as it is for single weeks."""
    values = {"decisions.exceptions_per_deal_week": 1.0, "decisions.stakes_floor_share": 1e-6}
    model = RevenueOrganization(small("simple-single", 3000).changed(values), seed=1).run(weeks=4)
    model.decisions, model.accounts.waiting[:] = empty_decisions(4), 0
    weekly = model.fork()
    slots = [decisions for decisions, _ in lived_by_the_week(weekly, 30)]
    assert differences(model.run(weeks=30), weekly) == set()
    assert in_mid_period(model, 4, slots)
    assert model.decisions.slots == slots[-1] >= 32


def test_reps_who_find_no_room_at_a_quarters_end_get_it() -> None:
    """Where every slot is taken as a quarter begins, amid a policy period, there are twice as many from then on."""
    values = {"finance.quits_per_year": 0.0, "finance.quits_per_miss": 0.0}
    model = RevenueOrganization(small().changed(values), seed=1).run(weeks=9)
    model.rep_slots.active[:], model.rep_slots.share[:] = 1, 1.0
    weekly, count = model.fork(), model.rep_slots.slots
    slots = [reps for _, reps in lived_by_the_week(weekly, 20)]
    assert slots == [count] * 4 + [2 * count] * 16
    assert in_mid_period(model, 9, slots) == {13}
    assert differences(model.run(weeks=20), weekly) == set()


# Mesa's contract


class SmallFirm(RevenueOrganization):
    """A firm whose chief and seed are what a batch varies."""

    def __init__(self, profile: str = "strategist", seed: int = 0) -> None:
        scenario = small().changed({"run.weeks": 6, "run.warm_up_weeks": 8})
        super().__init__(scenario.with_leader(seat="cro", profile=profile), seed=seed)


def test_mesas_batches_take_the_model() -> None:
    """`batch_run` runs it to its horizon for every combination, and reports each week as the model recorded it."""
    varied: Mapping[str, Any] = {"profile": ["strategist", "executor"], "seed": [1, 2]}
    rows = mesa.batch_run(
        SmallFirm, varied, number_processes=1, data_collection_period=1, display_progress=False, max_steps=100
    )
    frame = pd.DataFrame(rows)
    assert len(frame) == 2 * 2 * 6
    for (profile, seed), told in frame.groupby(["profile", "seed"]):
        own = SmallFirm(str(profile), int(str(seed))).run().weekly
        assert told["Step"].tolist() == own.index.tolist()
        assert (
            told[["arr", "leads", "alignment"]].to_numpy().tolist()
            == own[["arr", "leads", "alignment"]].to_numpy().tolist()
        )


def test_the_model_stops_by_itself() -> None:
    """Mesa's own loop ends at the horizon."""
    model = SmallFirm()
    model.run_model()
    assert (model.week, model.steps, model.running) == (6, 6, False)
