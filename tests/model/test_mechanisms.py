"""Switches: in the first week only what the table in the ODD names differs; within a year the named outcome has moved.

Where the stand-in is the neutral organization's mean, switching also changes little under the neutral organization
itself, compared with what it changes under a design.
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from small_worlds import differences, small, warmed

from revorg import simulation
from revorg.simulation.codes import PROCESS_CHANGE, gauge
from revorg.simulation.compiling import alone
from revorg.simulation.metrics import METRICS
from revorg.simulation.model import TABLES, RevenueOrganization
from revorg.simulation.parameters.mechanisms import Mechanisms
from revorg.simulation.record import RECORD
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import nothing_held
from revorg.simulation.state import columns_of, copied
from revorg.simulation.submodels import strategy

SWITCHES = list(Mechanisms.model_fields)
WORLDS = ("simple-single", "complex-multi")
DESIGNS = (("cro", "strategist"), ("cso", "executor"), ("coo", "operator"))
ACCOUNTS = 3000
LATER = 30
"""Weeks under a design after which the switch is thrown once more: by then the firm has left the neutral means."""
YEAR = 52
SEEDS = 4
LEAD_HAZARD = {"handoffs": 0.02}
"""Where a switch moves the chance of a lead by less than a hundredth, a week has to have ten times the usual leads."""


class Row(NamedTuple):
    """A switch, what it writes itself, what reads that in the same week, and what has moved within a year."""

    own: set[str]
    readers: dict[str, set[str]]
    outcome: str

    @property
    def allowed(self) -> set[str]:
        """All columns that may differ in the first week."""
        return self.own.union(*self.readers.values())


def _tables() -> list[list[list[str]]]:
    """Return the two tables below the heading "Switches" of the ODD, as cells."""
    text = (Path(simulation.__file__).parent / "ODD.md").read_text(encoding="utf-8")
    section = text.partition("\n## Switches\n")[2].split("\n## ")[0]
    blocks = re.findall(r"(?:^\|.*\n?)+", section, re.MULTILINE)
    return [[_cells(line) for line in block.splitlines()[2:]] for block in blocks]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split(" |")]


def _named(cell: str, model: RevenueOrganization) -> set[str]:
    """Return the columns between backticks; "all of `table`" stands for every column of a table."""
    found = set()
    for everything, name in re.findall(r"(all of )?`([\w.]+)`", cell):
        table = getattr(model, name) if everything else None
        found |= {f"{name}.{column}" for column in columns_of(table)} if table is not None else {name}
    return found


@cache
def rows() -> dict[str, Row]:
    """Read the table of switches."""
    switches, parts = _tables()
    model = past(WORLDS[0], 0)
    columns_of = {name: _named(cell, model) for name, cell in parts}
    found = {}
    for switch, _, own, readers, outcome in switches:
        parts_reading = {part: columns_of[part] for part in readers.split(", ")}
        found[switch.strip("`")] = Row(_named(own, model), parts_reading, outcome.strip("`"))
    return found


@cache
def market_of(world: str, lead_hazard: float | None) -> Scenario:
    """Return a small world, perhaps with another number of leads."""
    scenario = small(world, ACCOUNTS, YEAR)
    return scenario if lead_hazard is None else scenario.changed({"demand.lead_hazard_per_week": lead_hazard})


@cache
def past(world: str, seed: int, lead_hazard: float | None = None) -> RevenueOrganization:
    """Return a neutral model in week 0."""
    return RevenueOrganization(market_of(world, lead_hazard), seed)


@cache
def under(
    world: str, seed: int, design: tuple[str, str], weeks: int, lead_hazard: float | None = None
) -> RevenueOrganization:
    """Return a model some weeks after a design took over."""
    scenario = market_of(world, lead_hazard).with_leader(*design)
    return past(world, seed, lead_hazard).fork(scenario).run(weeks=weeks)


def without(model: RevenueOrganization, switch: str) -> RevenueOrganization:
    """Return a twin from whose week on a mechanism is switched off."""
    return model.fork(model.scenario.changed({f"mechanisms.{switch}": False}))


def with_all(model: RevenueOrganization) -> RevenueOrganization:
    """Return a twin in which the same scenario takes over once more, all mechanisms on."""
    return model.fork(model.scenario)


@cache
def first_week(
    world: str, seed: int, design: tuple[str, str], weeks: int, lead_hazard: float | None = None
) -> RevenueOrganization:
    """Return the twin with all mechanisms on, a week later."""
    return with_all(under(world, seed, design, weeks, lead_hazard)).run(weeks=1)


def test_every_switch_has_its_row() -> None:
    """A row for each; columns and outcomes that exist."""
    assert list(rows()) == SWITCHES
    model = past(WORLDS[0], 0)
    known = set(RECORD) | {f"{name}.{column}" for name in TABLES for column in columns_of(getattr(model, name))}
    for row in rows().values():
        assert row.allowed <= known
        assert row.outcome in METRICS


def test_all_switched_on_is_the_model_itself() -> None:
    """Nothing is held by default."""
    model = under("complex-multi", 0, DESIGNS[0], 0)
    assert not differences(with_all(model).run(weeks=5), model.fork().run(weeks=5))


@pytest.mark.parametrize("switch", SWITCHES)
def test_first_week(switch: str) -> None:
    """After a week only the named columns differ bit for bit; and the named ones do differ somewhere."""
    row, seen, hazard = rows()[switch], set[str](), LEAD_HAZARD.get(switch)
    for world in WORLDS:
        for seed in range(SEEDS):
            for design in DESIGNS:
                for weeks in (0, LATER):
                    off = without(under(world, seed, design, weeks, hazard), switch).run(weeks=1)
                    differing = differences(first_week(world, seed, design, weeks, hazard), off)
                    assert differing <= row.allowed, f"{world} {design} seed {seed} week {weeks}"
                    seen |= differing
    if switch in RARE:
        return
    assert row.own <= seen
    first, columns = next(iter(row.readers.items()))
    assert (seen - {"firm.gauges"}) & columns, f"{first} reads nothing of it"


RARE = {"buying_groups", "staffing", "exits"}
"""These act through events that few weeks have; that they act at all is seen within a year."""


@pytest.mark.parametrize("switch", SWITCHES)
def test_within_a_year_the_outcome_has_moved(switch: str) -> None:
    """In a world in which every mechanism has something to do, under one of three designs; rarer events get more."""
    metric = rows()[switch].outcome
    moved = 0
    for seed in range(4 * SEEDS if switch in RARE else SEEDS):
        for design in DESIGNS:
            off = without(under("complex-multi", seed, design, 0), switch).run()
            moved += value_of(off, metric) != value_of(year("complex-multi", seed, design), metric)
    assert moved >= SEEDS


@cache
def year(world: str, seed: int, design: tuple[str, str]) -> RevenueOrganization:
    """Return the first year of a design with all mechanisms on."""
    return with_all(under(world, seed, design, 0)).run()


def value_of(model: RevenueOrganization, metric: str) -> float:
    """Return a metric, or the sum of a column of the weekly record, over the model's life since week 0."""
    if metric not in METRICS:
        return float(model.weekly[metric].sum())
    over, under_ = model.parts()[metric]
    return over / under_ if under_ else np.nan


class Level(NamedTuple):
    """A switch whose stand-in is a neutral mean, the outcome it is a mean of, and a design that is far from it."""

    switch: str
    metric: str
    design: tuple[str, str]


LEVELS = (
    Level("influence", "lift_strategy", ("cso", "strategist")),
    Level("habit", "strategy_hours", ("cro", "executor")),
    Level("span", "strategy_hours", ("cro", "strategist")),
    Level("consultation", "scope_coverage", ("cro", "executor")),
    Level("climbing", "scope_coverage", ("cro", "executor")),
    Level("learning", "strategy_hours", ("cso", "strategist")),
    Level("initiatives", "initiatives_open", ("cro", "executor")),
    Level("coaching", "capacity_hours", ("cso", "executor")),
    Level("maturity", "process_maturity", ("coo", "operator")),
)


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.switch)
def test_the_stand_in_is_the_neutral_mean(level: Level) -> None:
    """What switching changes under the neutral organization is less than half of what it changes under a design."""

    def changes(neutral: bool) -> NDArray[np.float64]:
        found = []
        for seed in range(12):
            scenario = small("complex-multi", ACCOUNTS, YEAR)
            scenario = scenario.neutral() if neutral else scenario.with_leader(*level.design)
            model = past("complex-multi", seed).fork(scenario)
            on, off = with_all(model).run(), without(model, level.switch).run()
            found.append(value_of(on, level.metric) - value_of(off, level.metric))
        return np.array(found)

    assert abs(changes(neutral=True).mean()) < 0.5 * abs(changes(neutral=False).mean())


# Stand-ins


def test_held_maturity_is_held_through_the_week() -> None:
    """A finished change of process moves nothing that is held, not even until the week's end."""
    model = warmed("complex-multi")
    todo = model.initiatives
    todo.kind[:], todo.kind[0], todo.hours[0], todo.order[0] = -1, PROCESS_CHANGE, 0.0, -10.0
    sums = np.zeros(len(RECORD))
    free, held = copied(model.firm), copied(model.firm)
    before = held.gauges[gauge.MATURITY] = free.gauges[gauge.MATURITY] = 0.5
    for firm, stand_ins in ((free, nothing_held()), (held, nothing_held()._replace(maturity=0.5))):
        alone(strategy.carry_out)(copied(todo), copied(model.fronts), firm, sums, model.numbers, stand_ins)
    assert held.gauges[gauge.MATURITY] == before < free.gauges[gauge.MATURITY]
