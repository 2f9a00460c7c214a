"""The calibration: what it makes small, what it moves, that an hour added is an hour added, and what it writes."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from small_worlds import small

from revorg.experiments.validation.calibration import hours, levels
from revorg.experiments.validation.calibration.files import write_values
from revorg.experiments.validation.pattern_sums import COLUMN, QUANTITIES
from revorg.experiments.validation.patterns import CORE, PATTERNS, SIMPLE
from revorg.scenarios.loading import load
from revorg.simulation.codes import CUSTOMER_WORK, EXECUTION_WORK, OPERATIONS_WORK, STRATEGY_WORK
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.scenario import Scenario

Sums = dict[str, NDArray[np.float64]]


def worlds() -> dict[str, Scenario]:
    """Return the core worlds."""
    return {name: load(name) for name in CORE}


def numbered(pattern: int) -> int:
    """Return the place of a pattern's first range among the misses."""
    before = [each for each in PATTERNS if each.number < pattern]
    return sum(len(each.entries) for each in before)


def sums(win_rate: float, customers: float) -> Sums:
    """Return sums in which nothing was measured but win rates, capacity in use, and customers in week 0."""
    found = {name: np.zeros(len(QUANTITIES)) for name in CORE}
    for block in found.values():
        block[COLUMN["runs"]], block[COLUMN["customers_first"]] = 1.0, customers
        block[COLUMN["win_rate.over"]], block[COLUMN["win_rate.under"]] = win_rate, 1.0
        block[COLUMN["used_hours, before"]], block[COLUMN["capacity_hours, before"]] = 0.9, 1.0
    return found


def test_misses_are_distances_from_the_middle() -> None:
    """In half-ranges to the power of 1.5 with their sign; ranges share a row's weight, needed ones count more each."""
    missed = levels.misses(sums(win_rate=0.33, customers=360.0), worlds())
    assert missed[:2] == pytest.approx([2**-0.5 * (0.09 / 0.06) ** 1.5] * 2)
    slack = numbered(21)
    assert missed[slack] == pytest.approx(levels.NEEDED_WEIGHT * 2.0**1.5)
    assert levels.misses(sums(win_rate=0.15, customers=360.0), worlds())[0] < 0.0


def test_a_start_that_is_missed_counts_in_each_world() -> None:
    """A fiftieth of the customers too many is one unit."""
    wanted = 0.06 * load("simple-single").market.accounts
    missed = levels.misses(sums(win_rate=0.2, customers=1.02 * wanted), worlds())[-len(CORE) :]
    assert missed[0] == pytest.approx(np.log(1.02) / levels.START_TOLERANCE)
    assert missed[-1] > 10.0  # a complex world wants fewer


def test_levels_are_one_for_all_or_one_a_column() -> None:
    """The files' values come back when the present point is put in, and a step moves the worlds that share it."""
    found, present = levels.levels_of(worlds()), levels.present(worlds(), levels.levels_of(worlds()))
    assert levels.placed(worlds(), found, present)["complex-multi"].sales.agreement_logit == pytest.approx(
        load("complex-multi").sales.agreement_logit
    )
    for place, level in enumerate(found):
        moved = present.copy()
        moved[place] += level.step
        changed = levels.placed(worlds(), found, moved)
        table, key = level.path.split(".")
        for name in CORE:
            before, after = (getattr(getattr(each, table), key) for each in (load(name), changed[name]))
            assert (after == pytest.approx(before)) == (name not in level.worlds)


class Linear(levels.Fit):
    """A fit whose worlds answer by a formula: the win rate of a world is its agreement, scaled, in all worlds."""

    def run(self, points: list[tuple[NDArray[np.float64], tuple[str, ...]]]) -> list[Sums]:  # type: ignore[override]
        """Return what the formula gives."""
        found = []
        for point, names in points:
            placed = levels.placed(self.worlds, self.levels, point)
            answered = {name: sums(0.1 * placed[name].sales.agreement_logit, 1.0)[name] for name in names}
            for name, block in answered.items():
                begun = placed[name].market.initial_customers_share
                block[COLUMN["customers_first"]] = 6.0 * placed[name].market.accounts * (begun or 0.0)
            found.append(answered)
        return found


def test_a_fit_finds_what_a_formula_asks_for() -> None:
    """The win rate comes to the middle of its range, and every world begins with a sixth of what it should come to."""
    fit = Linear(worlds(), [0], None)
    fitted = fit.solve(12)
    assert 0.1 * fitted["simple-single"].sales.agreement_logit == pytest.approx(0.24, abs=0.01)
    assert fitted["simple-multi"].market.initial_customers_share == pytest.approx(0.01, rel=0.02)
    assert fit.slopes(levels.present(fitted, fit.levels)).shape[1] == len(fit.levels)


@pytest.mark.parametrize("domain", [STRATEGY_WORK, EXECUTION_WORK, OPERATIONS_WORK, CUSTOMER_WORK])
def test_an_hour_more_lifts_as_an_hour_more(domain: int) -> None:
    """Dividing what hours are divided by gives the lift that more hours would have."""
    world = small("complex-multi", 200, 4)
    past = RevenueOrganization(world.neutral(), seed=1)
    usual = past.fork().run(1)
    at_work = hours.Hours(usual.firm.contribution.copy(), float(usual.firm.gauges[4]), 0.0)
    more = past.fork(hours.with_more(world.neutral(), domain, 2.0, at_work)).run(1)
    exponent = world.leadership.contribution_exponent
    ratio = (1.0 + more.firm.lift[domain]) / (1.0 + usual.firm.lift[domain])
    assert ratio == pytest.approx((1.0 + 2.0 / at_work.by_domain[domain]) ** exponent)
    others = np.delete(np.arange(4), domain)
    assert more.firm.lift[others] == pytest.approx(usual.firm.lift[others])


def test_an_hour_of_strategy_is_split_as_the_firms_are() -> None:
    """Into reviews, while these are wanted, and lead work."""
    world: Scenario = small("complex-multi", 200, 4)
    at_work = hours.Hours(np.array([9.0, 1.0, 1.0, 1.0]), 3.0, 1.0)
    more = hours.with_more(world, STRATEGY_WORK, 4.0, at_work)
    assert more.strategy.review_hours == pytest.approx(world.strategy.review_hours / (1.0 + 0.25 * 4.0 / 3.0))
    assert more.leadership.neutral_strategy_hours == pytest.approx(
        world.leadership.neutral_strategy_hours / (1.0 + 0.75 * 4.0 / 9.0)
    )


def worth(*means: float) -> hours.Worth:
    """Return what hours of the four domains are worth."""
    block = np.array(means)
    return hours.Worth(block, np.zeros(4), {}, block)


def test_balance_is_within_a_tenth() -> None:
    """Of the mean of all four; better gains move towards it."""
    assert worth(1.09, 1.0, 0.95, 0.96).is_balanced
    assert not worth(1.3, 0.9, 0.9, 0.9).is_balanced
    gains = {path: 1.0 for group in hours.GAINS.values() for path in group}
    found = hours.better_gains(gains, worth(2.0, 1.0, 1.0, 0.5))
    assert found["sales.positioning_gain"] < 1.0 < found["customers.service_gain"]
    assert found["sales.coaching_gain"] == found["sales.deal_help_gain"] == pytest.approx(1.125)


def test_worth_is_growth_and_margin() -> None:
    """What a domain pays in either counts alike."""
    world = small("simple-single", 400, 26)
    both = hours.worth({"one": world}, [1, 2], None)
    single = np.mean([hours.worth_of_hours((world, seed)) for seed in (1, 2)], axis=0)
    assert both.mean == pytest.approx(single.sum(axis=1))
    assert both.growth == pytest.approx(single[:, 0])


def test_fitted_numbers_are_written_where_they_stand(tmp_path: Path) -> None:
    """What was there is replaced, what was not is added to its table, and the rest stays as it was."""
    path = tmp_path / "world.toml"
    path.write_text(
        'extends = "simple-single"  # kept\n\n[market]\nproducts = 4  # old\n\n[sales]\nramp_weeks = 40.0\n'
    )
    values: Mapping[str, float | str] = {
        "market.products": 3, "sales.deal_hours": 19.5, "calibration.date": "2026-11-24",
    }  # fmt: skip
    write_values(tmp_path, {"world": values})
    text = path.read_text(encoding="utf-8")
    assert tomllib.loads(text) == {
        "extends": "simple-single", "market": {"products": 3}, "sales": {"ramp_weeks": 40.0, "deal_hours": 19.5},
        "calibration": {"date": "2026-11-24"},
    }  # fmt: skip
    assert text.startswith('extends = "simple-single"  # kept\n')
    write_values(tmp_path, {"world": values})
    assert path.read_text(encoding="utf-8") == text


def test_no_level_is_fitted_twice() -> None:
    """Shared numbers and those of a column do not meet."""
    found = [(level.path, name) for level in levels.levels_of(worlds()) for name in level.worlds]
    assert len(found) == len(set(found))
    assert {level.worlds for level in levels.levels_of(worlds())} >= {CORE, SIMPLE}
