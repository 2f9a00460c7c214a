"""The state at week 0: solved for, kept, and lived under the firm's own organization."""

from collections.abc import Sequence
from math import log
from pathlib import Path

import numpy as np
import pytest
from small_worlds import small

from revorg.scenarios.loading import load
from revorg.simulation import start
from revorg.simulation.errors import BadInput
from revorg.simulation.model import RevenueOrganization, arrives
from revorg.simulation.scenario import Scenario
from revorg.simulation.start import StartState, beginning_of, begun, solved, wanted_state

OPEN = {"market.initial_customers_share": None}


def growing(power: float, calls: list[float]) -> start.Arrives:
    """Return a market in which customers grow sixfold from a hundredth of all accounts, and by a power from others."""

    def arrive(world: Scenario, seeds: Sequence[int]) -> StartState:
        share = world.market.initial_customers_share or 0.0
        calls.append(share)
        customers = 6.0 * world.market.accounts * 0.01 * (share / 0.01) ** power
        return StartState(customers, 1.2 * customers * world.market.contract_usd, 0.9 * world.market.contract_usd, 3.0)

    return arrive


@pytest.mark.parametrize("power", [0.5, 0.8, 1.2])
def test_customers_wanted_are_reached(power: float) -> None:
    """In a few rounds, whatever the market makes of those it begins with."""
    calls: list[float] = []
    world = small("simple-single", 6000).changed({"start.customers_share": None, "start.customers": 500})
    found = solved(world.warm_up(), wanted_state(world), growing(power, calls))
    assert found.reached.customers == pytest.approx(500, rel=start.NEAR)
    assert found.customers_share == pytest.approx(0.01 * (500 / 360) ** (1 / power), rel=0.03)
    assert len(calls) <= start.ROUNDS


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"arr_usd": 9e6}, {"arr_usd": 9e6}),
        ({"customers": 300, "arr_usd": 12e6}, {"customers": 300, "arr_usd": 12e6}),
        ({"customers": 300, "average_deal_usd": 30_000.0}, {"customers": 300, "average_deal_usd": 30_000.0}),
        ({"arr_usd": 9e6, "average_deal_usd": 30_000.0}, {"arr_usd": 9e6, "average_deal_usd": 30_000.0}),
    ],
)
def test_states_that_fit_together_are_all_reached(given: dict[str, float], expected: dict[str, float]) -> None:
    """The size of contracts gives way where customers and ARR, or a deal, are told."""
    world = small("simple-single", 6000).changed({f"start.{name}": value for name, value in given.items()})
    found = solved(world.warm_up(), wanted_state(world), growing(0.8, []))
    assert {name: getattr(found.reached, name) for name in expected} == pytest.approx(expected, rel=0.02)


def test_what_cannot_be_reached_gives_the_nearest() -> None:
    """Every account that begins as a customer is at most half of them all."""
    world = small("simple-single", 1000).changed({"start.customers": 2_400_000})
    found = solved(world.warm_up(), wanted_state(world), growing(0.8, []))
    assert found.customers_share == start.MOST_SHARE


def test_a_firm_arrives_where_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the model itself, on other seeds; the second time nothing is run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(start, "_FOUND", {})
    world = small("simple-single", 3000).changed({**OPEN, "start.customers": 150, "run.warm_up_weeks": 104})
    reached = [RevenueOrganization(world, seed).warm_up["customers"].iloc[-1] for seed in range(500, 532)]
    assert log(np.mean(reached) / 150) == pytest.approx(0.0, abs=0.2)
    (kept,) = tmp_path.rglob("starts/*.json")
    monkeypatch.setattr(start, "_FOUND", {})

    def never(world: Scenario, seeds: Sequence[int]) -> StartState:
        raise AssertionError("it was kept")

    assert beginning_of(world, never) == beginning_of(world, arrives)
    kept.write_text("{", encoding="utf-8")
    monkeypatch.setattr(start, "_FOUND", {})
    with pytest.raises(AssertionError, match="kept"):
        beginning_of(world, never)


def test_without_a_past_the_start_is_the_beginning() -> None:
    """Nothing is run."""
    world = small("simple-single", 1000).changed({**OPEN, "start.customers": 80, "run.warm_up_weeks": 0})
    model = RevenueOrganization(world, seed=1)
    assert (model.accounts.stage == 3).sum() == pytest.approx(80, abs=25)


def test_a_world_that_begins_nowhere_is_refused() -> None:
    """It says what is missing."""
    world = small("simple-single").changed({**OPEN, "start.customers_share": None})
    with pytest.raises(BadInput, match=r"\[start\] gives neither customers nor arr_usd"):
        RevenueOrganization(world, seed=1)


def test_a_file_that_says_anew_where_to_arrive_is_solved_anew(tmp_path: Path) -> None:
    """What an extended world begins with is not inherited then, nor its start; a beginning of one's own stays."""
    file = tmp_path / "ours.toml"
    file.write_text('extends = "simple-single"\n[start]\narr_usd = 4e6\n', encoding="utf-8")
    ours = load(file)
    assert ours.market.initial_customers_share is None
    assert wanted_state(ours) == {"arr_usd": 4e6}
    file.write_text('extends = "simple-single"\n[start]\narr_usd = 4e6\n[market]\ninitial_customers_share = 0.02\n')
    assert load(file).market.initial_customers_share == 0.02
    file.write_text('extends = "simple-single"\n[market]\naccounts = 900\n', encoding="utf-8")
    assert load(file).market.initial_customers_share == load("simple-single").market.initial_customers_share


def test_the_start_is_part_of_an_open_world_alone() -> None:
    """Two starts are two worlds where the beginning stands open, and one where it is given."""
    world = small("simple-single")
    starts = [{"start.customers": count} for count in (20, 30)]
    assert len({world.changed(each).world_key() for each in starts}) == 1
    assert len({world.changed({**OPEN, **each}).world_key() for each in starts}) == 2
    assert begun(world, arrives) is world


COMPANY = """
extends = "simple-multi"
[market]
accounts = 600
[organization.chief]
seat = "cso"
holder = "executor"
"""


def test_todays_organization_lives_the_warm_up(tmp_path: Path) -> None:
    """So it brings no shock in week 0; a new design takes over from the same past."""
    file = tmp_path / "company.toml"
    file.write_text(COMPANY, encoding="utf-8")
    company, core = load(file), small("simple-multi")
    today = RevenueOrganization(company, seed=4)
    design = RevenueOrganization(company.with_leader("cro", "strategist"), seed=4)
    assert not today.warm_up.equals(RevenueOrganization(core, seed=4).warm_up)
    assert design.warm_up.equals(today.warm_up)
    assert RevenueOrganization(company.warm_up(), seed=4).run(8).weekly.equals(today.run(8).weekly)
    assert not design.run(8).weekly.equals(today.weekly)
    assert Scenario.of(company.as_tables()) == company
