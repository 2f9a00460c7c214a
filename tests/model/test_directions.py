"""Directions: every parameter and every switch, low against high, moves an outcome the way its definition says.

The table stands in `directions.toml`; its signs were derived from the definitions.
"""

import tomllib
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from revorg.scenarios.loading import load
from revorg.simulation.metrics import METRICS
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.parameters.mechanisms import Levers, Mechanisms, Readings
from revorg.simulation.parameters.ranges import ParameterTable
from revorg.simulation.record import RECORD
from revorg.simulation.scenario import Scenario

TABLE = tomllib.loads((Path(__file__).parent / "directions.toml").read_text(encoding="utf-8"))
SETUPS: dict[str, dict[str, Any]] = TABLE["setups"]
ROWS: dict[str, dict[str, Any]] = TABLE["directions"]
FIRST_SETUP = next(iter(SETUPS))
SEEDS = 6
ACCOUNTS = 3000
WEEKS = 104
MOST_UNSIGNED = 1 / 6
CLEAR = 2.0
"""Standard errors by which the mean difference has to be on the right side of zero."""
SHAPES = ("market.abroad_channels", "run.warm_up_weeks")
"""Changes of a setup that its past has to know of."""


class Ends(NamedTuple):
    """The two values of one parameter or switch."""

    low: Any
    high: Any


def switches() -> set[str]:
    """Return the paths of all switches."""
    tables: dict[str, type[ParameterTable]] = {"mechanisms": Mechanisms, "levers": Levers, "readings": Readings}
    return {f"{name}.{switch}" for name, table in tables.items() for switch in table.model_fields}


@cache
def ends() -> dict[str, Ends]:
    """Return low and high of every parameter and switch: as the table says, else the plausible range."""
    numbers = {row.path: row for row in load("complex-multi").parameters()}
    found = {}
    for path in switches() | set(numbers):
        row = ROWS.get(path, {})
        low, high = (False, True) if path not in numbers else numbers[path].plausible or (None, None)
        value = numbers[path].value if path in numbers else None
        found[path] = Ends(*(_typed(row.get(key, end), value) for key, end in (("low", low), ("high", high))))
    return found


def _typed(value: Any, like: Any) -> Any:
    """Take a value from the table as the parameter has it; "absent" stands for None."""
    if value == "absent":
        return None
    return float(value) if isinstance(like, float) else value


@cache
def led(setup: str) -> Scenario:
    """Return the world of a setup under its leader, without the setup's changes."""
    tables = load(SETUPS[setup]["world"]).as_tables()
    tables["market"]["accounts"], tables["run"]["weeks"] = ACCOUNTS, WEEKS
    measures = dict.fromkeys(("new_arr", "retention", "experience", "cost"), 0.25)
    leads = ["marketing", "sales", "success", "operations"]
    seat = {"leads": leads, "measures": measures, "level": 2, "week_hours": 80.0}
    tables["seats"] |= {"everything": {**seat, "say": 0.2}, "reviewer": {**seat, "say": 1.0}}
    skills = ("strategy", "execution", "operations", "customer", "collaboration")
    tables["profiles"]["able"] = dict.fromkeys(skills, 0.95)
    return Scenario.of(tables).with_leader(seat=SETUPS[setup]["seat"], profile=SETUPS[setup]["person"])


@cache
def past(world: str, shape: tuple[tuple[str, Any], ...], seed: int) -> RevenueOrganization:
    """Return a model in week 0 that all setups in one world share."""
    tables = load(world).as_tables()
    tables["market"]["accounts"], tables["run"]["weeks"] = ACCOUNTS, WEEKS
    return RevenueOrganization(Scenario.of(tables).changed(dict(shape)), seed)


def lived(path: str, value: Any, seed: int) -> RevenueOrganization:
    """Run one arm."""
    row = ROWS[path]
    setup = row.get("setup", FIRST_SETUP)
    changes = SETUPS[setup].get("changes", {})
    scenario = led(setup).changed({**changes, path: value})
    if row.get("start", False):
        return RevenueOrganization(scenario, seed).run()
    shape = tuple((key, changes[key]) for key in SHAPES if key in changes)
    return past(SETUPS[setup]["world"], shape, seed).fork(scenario).run()


def outcome_of(model: RevenueOrganization, name: str) -> float:
    """Return a metric, or the sum of a column of the weekly record."""
    if name in METRICS:
        over, under = model.parts()[name]
        return over / under if under else np.nan
    return float(model.weekly[name].sum())


def test_the_table_is_complete() -> None:
    """A row for each parameter and switch and for nothing else; known outcomes; both ends differ."""
    assert set(ROWS) == set(ends())
    assert {row["outcome"] for row in ROWS.values()} <= {*METRICS, *RECORD}
    assert {row["sign"] for row in ROWS.values()} <= {"+", "-", "?"}
    assert all(row["because"] for row in ROWS.values())
    assert all(end.low != end.high for end in ends().values())


def test_few_rows_are_without_a_sign() -> None:
    """At most one in six."""
    assert sum(row["sign"] == "?" for row in ROWS.values()) <= MOST_UNSIGNED * len(ROWS)


@pytest.mark.parametrize("path", list(ROWS))
def test_direction(path: str) -> None:
    """High against low on the same seeds: the outcome moves as the table says, or at least something moves."""
    row, (low, high) = ROWS[path], ends()[path]
    differences, moved = [], False
    for seed in range(row.get("seeds", SEEDS)):
        lower, higher = lived(path, low, seed), lived(path, high, seed)
        differences.append(outcome_of(higher, row["outcome"]) - outcome_of(lower, row["outcome"]))
        moved = moved or not lower.weekly.equals(higher.weekly)
    assert moved, f"{path}: no column of the weekly record differs between {low} and {high}"
    if row["sign"] == "?":
        return
    measured = np.array([difference for difference in differences if np.isfinite(difference)])
    mean, error = measured.mean(), measured.std(ddof=1) / np.sqrt(len(measured))
    off_zero = (1 if row["sign"] == "+" else -1) * (mean / error if error > 0 else np.sign(mean) * inf)
    found = f"{mean:+.4g} ± {error:.2g} ({len(measured)} pairs)"
    assert off_zero > CLEAR, f"{row['outcome']} from {low} to {high}: {found}, expected {row['sign']}: {row['because']}"
