"""What is held in place of a mechanism that is switched off: the neutral organization's life over the same weeks."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_worlds import differences, small, warmed

from revorg.simulation.model import RevenueOrganization
from revorg.simulation.parameters.mechanisms import Mechanisms
from revorg.simulation.people import Executive
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import MEASURED, StandIns

YEAR = 52
OFF = {f"mechanisms.{switch}": False for switch in Mechanisms.model_fields}
LIFTS = ["lift_strategy", "lift_execution", "lift_operations", "lift_customer"]


def off(scenario: Scenario) -> Scenario:
    """Return a copy with every mechanism switched off."""
    return scenario.changed(OFF)


def lived_alone(model: RevenueOrganization, weeks: int) -> tuple[pd.DataFrame, list[Any], list[Any]]:
    """Let a model live week by week; return its record, the alignment before each week, in-tray hours by place."""
    alignment, hours, first = [], [], model.week
    for _ in range(weeks):
        alignment.append(model.firm.alignment.copy())
        model.step()
        by_place = np.zeros(len(model.held.tray_hours))
        by_place[model.people.place] = model.people.tray_hours
        hours.append(by_place)
    return model.weekly.loc[first:], alignment, hours


def expected(record: pd.DataFrame, alignment: list[Any], hours: list[Any]) -> dict[str, Any]:
    """Return what is to be held after some weeks of the neutral organization."""
    mean, total = record.mean(), record.sum()
    settled = total["decisions_settled"]
    return {
        "review_hours": mean["strategy_hours"], "execution_hours": mean["execution_hours"],
        "moved_share": mean["moved"], "references": mean["references"], "maturity": mean["maturity"],
        "ownership": mean["ownership"], "coaching_lift": mean["lift_execution"], "group_lift": mean[LIFTS].to_numpy(),
        "latency_days": total["work_latency_days"] / settled, "harm_days": total["work_latency_days"] / settled,
        "harm_wrong": total["decisions_wrong"] / settled,
        "wrong_calls": (total["decisions_wrong"] + total["decisions_reworked"]) / settled,
        "champion_worth": total["champion_worth"] / total["customers"],
        "critic_worth": total["critic_worth"] / total["customers"],
        "alignment": np.mean(alignment, axis=0), "tray_hours": np.mean(hours, axis=0),
    }  # fmt: skip


def assert_holds(held: StandIns, wanted: dict[str, Any]) -> None:
    """Check every stand-in that is measured."""
    for name, value in wanted.items():
        assert getattr(held, name) == pytest.approx(value, rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("began", [0, 6])
def test_what_is_held_follows_the_neutral_run(began: int) -> None:
    """Year by year from where the switches were thrown; a new year begins with the first policy period in it."""
    past = warmed().run(weeks=began)
    neutral = past.fork(small().neutral())
    years = [expected(*lived_alone(neutral, YEAR)) for _ in range(2)]
    design = off(small().with_leader("cro", "strategist"))
    model, ends = past.fork(design), -(-(began + YEAR) // 4) * 4
    assert_holds(model.held, years[0])
    model.run(weeks=ends - began)
    assert_holds(model.held, years[0])
    model.run(weeks=1)
    assert_holds(model.held, years[1])
    assert years[0]["maturity"] != pytest.approx(years[1]["maturity"], rel=1e-3)


def test_without_a_past_the_first_year_is_measured_all_the_same() -> None:
    """A world whose warm-up has no week."""
    world = small().changed({"run.warm_up_weeks": 0})
    wanted = expected(*lived_alone(RevenueOrganization(world.neutral(), 2), YEAR))
    assert_holds(RevenueOrganization(off(world), 2).held, wanted)


def test_it_goes_on_beyond_the_horizon() -> None:
    """Whatever a run was meant to last."""
    short, long = (off(small().changed({"run.weeks": weeks})) for weeks in (52, 208))
    one, other = (warmed().fork(scenario).run(weeks=120) for scenario in (short, long))
    assert differences(one, other) == set()


@pytest.mark.parametrize(
    ("switch", "column"),
    [
        ("learning", "strategy_hours"),
        ("moving_cost", "moved"),
        ("references", "references"),
        ("maturity", "maturity"),
        ("ownership", "ownership"),
    ],
)
def test_under_the_neutral_organization_each_year_has_its_mean(switch: str, column: str) -> None:
    """What is switched off comes, over every year, to what it comes to by itself."""
    for seed in (1, 2):
        model = warmed(seed=seed)
        free = model.fork(small().neutral()).run(weeks=2 * YEAR).weekly[column]
        held = model.fork(small().neutral().changed({f"mechanisms.{switch}": False})).run(weeks=2 * YEAR).weekly[column]
        for year in (slice(0, YEAR - 1), slice(YEAR, 2 * YEAR - 1)):
            assert held.loc[year].sum() == pytest.approx(free.loc[year].sum(), rel=1e-9)
            assert held.loc[year].std() == pytest.approx(0.0, abs=1e-9) != free.loc[year].std()


def test_under_the_neutral_organization_decisions_take_its_days() -> None:
    """As many a decision as they take where they wait at desks."""
    model = warmed()
    free = model.fork(small().neutral()).run(weeks=YEAR).weekly.sum()
    held = model.fork(small().neutral().changed({"mechanisms.queueing": False})).run(weeks=YEAR).weekly.sum()
    days = [year["work_latency_days"] / year["decisions_settled"] for year in (free, held)]
    assert days[0] == pytest.approx(days[1], rel=1e-9)


@pytest.mark.parametrize("switch", ["span", "climbing"])
def test_the_neutral_tree_in_place_of_itself_changes_nothing(switch: str) -> None:
    """What is held in place of the tree is the tree, bit for bit."""
    model = warmed()
    held = model.fork(small().neutral().changed({f"mechanisms.{switch}": False}))
    assert differences(model.fork(small().neutral()).run(weeks=30), held.run(weeks=30)) == set()


@pytest.mark.parametrize("switch", MEASURED)
def test_it_is_the_same_in_every_design(switch: str) -> None:
    """Neither who leads nor a lever moves what is held, and its years are lived once for all."""
    model = warmed()
    one, other = (
        model.fork(
            small().with_leader(*leader).changed({f"mechanisms.{switch}": False, "levers.operations_stage": stage})
        )
        for leader, stage in ((("cro", "strategist"), "none"), (("coo", "operator"), "governance"))
    )
    assert one.neutral is other.neutral is not None
    for mine, theirs in zip(one.held, other.held, strict=True):
        np.testing.assert_array_equal(np.asarray(mine, float), np.asarray(theirs, float))
    assert not all(np.all(np.isnan(np.asarray(value, float))) for value in one.held if not isinstance(value, bool))


def test_no_neutral_run_where_nothing_is_measured() -> None:
    """Mechanisms that are on, or whose stand-in is known, cost nothing."""
    known = {f"mechanisms.{switch}": False for switch in set(Mechanisms.model_fields) - set(MEASURED)}
    assert warmed().fork(small()).neutral is None
    assert warmed().fork(small().changed(known)).neutral is None


class Idle(Executive):
    """Somebody who cares for customers alone."""

    def set_policy(self) -> None:
        """Look at nothing else."""
        super().set_policy()
        self.model.people.attention[self.row] = (0.0, 0.0, 0.0, 1.0)


def test_a_users_executives_are_not_in_the_neutral_run() -> None:
    """The neutral organization is led as in the warm-up."""
    design = off(small())
    held = [RevenueOrganization(design, 3, who).held.execution_hours for who in ({}, {"head_of_sales": Idle})]
    assert held[0] == held[1]


def test_whoever_takes_over_later_is_held_to_the_same_neutral_run() -> None:
    """Another holder in week 20, mechanisms still off: the years are counted on."""
    model = warmed().fork(off(small().with_leader("cro", "strategist"))).run(weeks=20)
    twin = model.fork(off(small().with_leader("cro", "executor")))
    assert twin.neutral is model.neutral
    assert twin.fork(small()).neutral is None


@pytest.mark.parametrize("week", [0, 30, 54])
def test_a_fork_goes_on_with_what_is_held(week: int) -> None:
    """In mid-year and as a year ends, whole or week by week, bit for bit; a model of its own too."""
    design = off(small().with_leader("cso", "executor"))
    model = warmed(seed=5).fork(design).run(weeks=week)
    twin, own = model.fork(), RevenueOrganization(design, 5).run(weeks=week)
    for _ in range(40):
        twin.step()
    assert differences(model.run(weeks=40), twin) == set()
    assert differences(own.run(weeks=40), twin) == set()


def test_a_fork_amid_the_period_in_which_a_year_ends_goes_on() -> None:
    """Switches thrown in week 6, a twin in week 59: the second year's means come into force in week 60 in both."""
    model = warmed().run(weeks=6).fork(off(small())).run(weeks=53)
    twin = model.fork()
    assert differences(model.run(weeks=3), twin.run(weeks=3)) == set()
