"""Nothing inert: for each step of the week, nudging the state it owns moves the outcome that the ODD names."""

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from revorg import simulation
from revorg.scenarios.loading import load
from revorg.simulation.codes import gauge
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.record import RECORD

WEEK = 60
LATER = 26
SEED = 7


class Wire(NamedTuple):
    """A row of the wiring table: a step, a state that it owns, and an outcome that this state moves."""

    step: str
    nudge: str
    outcome: str


def wiring() -> list[Wire]:
    """Read the table below the heading "Wiring" of the ODD."""
    text = (Path(simulation.__file__).parent / "ODD.md").read_text(encoding="utf-8")
    _, _, section = text.partition("\n## Wiring\n")
    section = section.split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split(" |")] for line in section.splitlines() if line[:1] == "|"]
    header, body = rows[0], rows[2:]
    columns = [header.index(name) for name in ("step", "nudge", "outcome")]
    return [Wire(*(row[column].strip("` ") for column in columns)) for row in body]


@cache
def model_at_the_nudge() -> RevenueOrganization:
    """Return a model that has lived to the week of the nudge."""
    return RevenueOrganization(load("complex-multi"), SEED).run(weeks=WEEK)


@cache
def untouched() -> RevenueOrganization:
    """Return its twin that nobody nudged."""
    return model_at_the_nudge().fork().run(weeks=LATER)


def multiply(model: RevenueOrganization, nudge: str, factor: float) -> None:
    """Multiply a state, written as table.column or table.column[GAUGE]."""
    path, scalar = re.fullmatch(r"([\w.]+?)(?:\[(\w+)\])?", nudge).groups()  # type: ignore[union-attr]
    state: Any = model
    for name in path.split("."):
        state = getattr(state, name)
    assert isinstance(state, np.ndarray)
    where = slice(None) if scalar is None else getattr(gauge, scalar)
    before = np.array(state[where])
    state[where] = before * factor
    assert np.any(state[where] != before), f"{nudge} holds nothing that can be nudged"


def test_every_step_of_the_week_has_its_row() -> None:
    """Thirteen steps, numbered in order, each with an outcome that is recorded."""
    rows = wiring()
    assert [int(row.step.split()[0]) for row in rows] == list(range(1, 14))
    assert {row.outcome for row in rows} <= set(RECORD)


@pytest.mark.parametrize("wire", wiring(), ids=lambda wire: wire.step)
def test_a_nudge_is_felt(wire: Wire) -> None:
    """A tenth more in one state, and within half a year the outcome is not what it would have been."""
    twin = model_at_the_nudge().fork()
    multiply(twin, wire.nudge, 1.1)
    twin.run(weeks=LATER)
    column = wire.outcome
    assert not np.array_equal(twin.weekly[column].iloc[WEEK:], untouched().weekly[column].iloc[WEEK:])


def test_without_a_nudge_nothing_is_felt() -> None:
    """A twin left alone is the same, bit for bit, so that whatever differs above is the nudge's doing."""
    assert model_at_the_nudge().fork().run(weeks=LATER).weekly.equals(untouched().weekly)
