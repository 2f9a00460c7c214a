"""Offensives arise per front: neither how many there are nor how far offensives reach presses on any of them harder."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_worlds import small

from revorg.simulation import initialization
from revorg.simulation.codes import gauge
from revorg.simulation.compiling import alone, plain
from revorg.simulation.numbers import Now, world_of
from revorg.simulation.record import RECORD, record
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import StandIns, nothing_held
from revorg.simulation.state import Fronts, empty_decisions
from revorg.simulation.submodels import market, strategy
from revorg.simulation.submodels.rules import front_review_hours, review_need

WEEKS = 5_000
OFTEN: dict[str, Any] = {"market.offensives_per_year": 6.0, "market.partner_channels": 0}
"""Offensives so often that their mean shows, on fronts that all can be reached."""


def world_with(**values: Any) -> Scenario:
    """Return the simplest world with many offensives and another market."""
    return small("simple-single").changed(OFTEN | {f"market.{name}": value for name, value in values.items()})


def fronts_of(world: Scenario) -> Fronts:
    """Return the fronts of a world as they are at the start."""
    return initialization.fronts_at_start(world, initialization.accounts_at_start(world, seed=1), seed=1)


def pressures(world: Scenario, weeks: int) -> NDArray[np.float64]:
    """Let the market drift; return pressure by week and front."""
    fronts, numbers, held = fronts_of(world), world_of(world), nothing_held()
    found = np.empty((weeks, fronts.size))
    for week in range(weeks):
        market.drift(fronts, numbers, held, Now(seed=1, week=week, row=week))
        found[week] = fronts.pressure
    return found


def stand_in(world: Scenario) -> float:
    """Return the pressure that is held where offensives are switched off."""
    return StandIns.by(world.changed({"mechanisms.offensives": False}), None).pressure


@pytest.mark.parametrize(
    "market_of",
    [
        {"channels": 1, "segments": 1, "offensive_breadth_probability": 0.0},
        {"channels": 1, "segments": 1, "offensive_breadth_probability": 0.3},
        {"channels": 6, "segments": 1, "offensive_breadth_probability": 0.0},
        {"channels": 6, "segments": 1, "offensive_breadth_probability": 0.3},
        {"channels": 2, "segments": 3, "offensive_breadth_probability": 1.0},
        {"channels": 4, "segments": 2, "offensive_breadth_probability": 0.5, "abroad_channels": 2},
    ],
    ids=str,
)
def test_every_open_front_is_under_the_same_mean_pressure(market_of: dict[str, Any]) -> None:
    """Whatever lies beside it: the mean that the stand-in holds, and that of a single front."""
    world = world_with(**market_of)
    found = pressures(world, WEEKS).mean(axis=0)
    is_open = fronts_of(world).reach > 0.0
    # Relative error of a count of hits in so many weeks.
    hits = 1.0 - np.exp(-12.0 / 52)
    allowed = 4.0 * np.sqrt((1.0 - hits) / (hits * WEEKS))
    assert stand_in(world) == stand_in(world_with())
    assert found[is_open] == pytest.approx(np.full(is_open.sum(), stand_in(world)), rel=allowed)
    assert not np.any(found[~is_open])


def test_an_offensive_that_is_broad_hits_channel_and_segment() -> None:
    """In a grid of three by three, always broad: the front itself and four others, never the four across."""
    world = world_with(channels=3, segments=3, offensive_breadth_probability=1.0, offensives_per_year=0.1)
    fronts, numbers, seen = fronts_of(world), world_of(world), 0
    for week in range(WEEKS):
        fronts.pressure[:] = 0.0
        market.drift(fronts, numbers, nothing_held(), Now(seed=1, week=week, row=week))
        hit = fronts.pressure.reshape(3, 3) > 0.0
        if hit.sum() == 5:
            (channel,), (segment,) = np.flatnonzero(hit.all(axis=1)), np.flatnonzero(hit.all(axis=0))
            assert hit[channel, segment]
            seen += 1
        else:
            assert hit.sum() in (0, 7, 8, 9), "not a front and its neighbours, nor two of them"
    assert seen > 5


@pytest.mark.parametrize("breadth", [0.0, 0.6])
def test_opening_a_channel_changes_nothing_elsewhere(breadth: float) -> None:
    """At home every offensive comes as before, bit for bit; abroad there are none before the firm is there."""
    values = {"channels": 4, "abroad_channels": 1, "offensive_breadth_probability": breadth}
    closed = pressures(world_with(**values), 1000)
    opened = pressures(world_with(**values).changed({"levers.expansion": True}), 1000)
    assert closed[:, :3].tobytes() == opened[:, :3].tobytes()
    assert not np.any(closed[:, 3])
    assert opened[:, 3].mean() > 0.0


@pytest.mark.parametrize(("front", "hit"), [(None, [True, True, False]), (1, [False, True, False]), (2, [False] * 3)])
def test_an_attack_by_schedule_presses_on_open_fronts_alone(front: int | None, hit: list[bool]) -> None:
    """On all of them, on one, or on none where there is nothing to attack."""
    values = {
        "channels": 3,
        "abroad_channels": 1,
        "competitors": 1,
        "offensives_per_year": 0.0,
        "attack_week": 0,
        "attack_front": front,
    }
    assert (pressures(world_with(**values), 1)[0] > 0.0).tolist() == hit


def test_without_offensives_closed_fronts_are_not_pressed_either() -> None:
    """The stand-in counts where the firm is."""
    world = world_with(channels=3, abroad_channels=1)
    fronts, held = fronts_of(world), nothing_held()._replace(pressure=0.7)
    market.drift(fronts, world_of(world), held, Now(seed=1, week=0, row=0))
    assert fronts.pressure.tolist() == [0.7, 0.7, 0.0]


def test_closed_fronts_absorb_no_reviews() -> None:
    """The stalest and most promising of all is neither looked at nor given a budget, and does not count in the need."""
    world = world_with(channels=3, abroad_channels=1)
    fronts, firm, numbers = fronts_of(world), initialization.firm_at_start(world), world_of(world)
    cost = front_review_hours(numbers.strategy, numbers.market.products)
    assert plain(review_need)(numbers) == 2.0 * cost / numbers.leadership.policy_weeks
    fronts.reviewed[:], fronts.belief[:] = (-10, -10, -100), (0.5, -0.5, 3.0)
    firm.gauges[gauge.REVIEW_HOURS] = 9.0 * cost
    sums = np.zeros(len(RECORD))
    alone(strategy.review)(fronts, firm, empty_decisions(16), sums, numbers, nothing_held(), Now(1, 0, 0))
    assert fronts.reviewed.tolist() == [0, 0, -100]
    assert firm.gauges[gauge.PROPOSAL_OPEN] == 1.0
    assert fronts.proposal[2] == 0.0
    assert fronts.proposal.sum() == pytest.approx(1.0)
    fronts.attractiveness[2] = 5.0
    again = np.zeros(len(RECORD))
    alone(strategy.review)(fronts, firm, empty_decisions(16), again, numbers, nothing_held(), Now(1, 0, 0))
    assert again[record.REGRET] == sums[record.REGRET]
