"""The scripts that fit and balance: what they optimize, and that an hour added is an hour added."""

import tomllib

import numpy as np
import pytest
from small_worlds import small

from revorg.experiments.validation import balance, calibrate
from revorg.experiments.validation.history_matching import sobol, worlds_at
from revorg.experiments.validation.patterns import COMPLEX, CORE, PATTERNS, SIMPLE
from revorg.scenarios.loading import load
from revorg.simulation.codes import CUSTOMER_WORK, EXECUTION_WORK, OPERATIONS_WORK, STRATEGY_WORK
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.scenario import Scenario


def middles() -> dict[tuple[int, int], float]:
    """Return values in the middle of every range."""
    return {
        (pattern.number, place): 0.5 * (entry.low + entry.high)
        for pattern in PATTERNS
        for place, entry in enumerate(pattern.entries)
    }


def test_the_middle_halves_of_all_ranges_cost_nothing() -> None:
    """The edge of a range costs a quarter for its row, more ranges share it, and what is not measured is free."""
    values = middles()
    assert calibrate.cost(values) == 0.0
    win_rate = PATTERNS[0].entries[0]
    assert calibrate.cost(values | {(1, 0): win_rate.high}) == pytest.approx(0.25 / 2)
    assert calibrate.cost(values | {(1, 0): win_rate.low}) == pytest.approx(0.25 / 2)
    assert calibrate.cost(values | {(1, 0): np.nan}) == 0.0


def test_free_parameters_are_one_a_column() -> None:
    """The files' values come back when the present point is put in."""
    drawn = calibrate.free_dimensions()
    assert {one.worlds for one in drawn} == {SIMPLE, COMPLEX, CORE}
    worlds = worlds_at(calibrate.present(drawn), drawn)
    for name in CORE:
        files = {row.path: row.value for row in load(name).parameters()}
        ours = {row.path: row.value for row in worlds[name].parameters()}
        free = calibrate.FREE[SIMPLE if name in SIMPLE else COMPLEX] + calibrate.FREE[CORE]
        assert {path for path in files if ours[path] != files[path]} <= set(free)
        assert [ours[path] for path in free] == pytest.approx([files[path] for path in free])


def test_the_fit_is_a_toml_fragment() -> None:
    """Two of them, one a column."""
    drawn = calibrate.free_dimensions()
    text = calibrate.fragment(np.full(len(drawn), 0.5), drawn)
    simple, complex_ = text.split("# complex-single.toml")
    own = calibrate.FREE
    for part, free in ((simple, own[SIMPLE] + own[CORE]), (complex_, own[COMPLEX])):
        tables = tomllib.loads(part)
        assert {f"{table}.{key}" for table, keys in tables.items() for key in keys} == set(free)


def test_the_optimizer_finds_the_box_s_best() -> None:
    """A win rate that one parameter moves, everything else in the middle."""
    points = sobol(32, 3, seed=1)
    values = {key: np.full(32, value) for key, value in middles().items()}
    for place in range(2):
        values[1, place] = np.exp(np.log(0.05) + 3.0 * points[:, 0])
    low, high, start = np.zeros(3), np.ones(3), np.full(3, 0.05)
    best = calibrate.best_in_box(points, values, low, high, start)
    assert 0.20 < 0.05 * np.exp(3.0 * best[0]) < 0.28


@pytest.mark.parametrize("domain", [STRATEGY_WORK, EXECUTION_WORK, OPERATIONS_WORK, CUSTOMER_WORK])
def test_an_hour_more_lifts_as_an_hour_more(domain: int) -> None:
    """Dividing what hours are divided by gives the lift that more hours would have."""
    world = small("complex-multi", 200, 4)
    past = RevenueOrganization(world.neutral(), seed=1)
    usual = past.fork().run(1)
    at_work = balance.Hours(usual.firm.contribution.copy(), float(usual.firm.gauges[4]), 0.0)
    more = past.fork(balance.with_more(world.neutral(), domain, 2.0, at_work)).run(1)
    exponent = world.leadership.contribution_exponent
    ratio = (1.0 + more.firm.lift[domain]) / (1.0 + usual.firm.lift[domain])
    assert ratio == pytest.approx((1.0 + 2.0 / at_work.by_domain[domain]) ** exponent)
    others = np.delete(np.arange(4), domain)
    assert more.firm.lift[others] == pytest.approx(usual.firm.lift[others])


def test_an_hour_of_strategy_is_split_as_the_firms_are() -> None:
    """Into reviews, while these are wanted, and lead work."""
    world: Scenario = small("complex-multi", 200, 4)
    at_work = balance.Hours(np.array([9.0, 1.0, 1.0, 1.0]), 3.0, 1.0)
    more = balance.with_more(world, STRATEGY_WORK, 4.0, at_work)
    assert more.strategy.review_hours == pytest.approx(world.strategy.review_hours / (1.0 + 0.25 * 4.0 / 3.0))
    assert more.leadership.neutral_strategy_hours == pytest.approx(
        world.leadership.neutral_strategy_hours / (1.0 + 0.75 * 4.0 / 9.0)
    )


def test_balance_is_within_a_third() -> None:
    """Growth for three domains, margin for operations; better gains move towards the mean."""
    worth = np.array([[1.2, 0.0], [1.0, 0.0], [9.0, 1.1], [0.8, 0.0]])
    assert balance.is_balanced(worth)
    worth[STRATEGY_WORK, 0] = 2.4
    assert not balance.is_balanced(worth)
    gains = {path: 1.0 for group in balance.GAINS.values() for path in group}
    found = balance.better(gains, worth)
    assert found["demand.strategy_gain"] < 1.0 < found["customers.service_gain"]
