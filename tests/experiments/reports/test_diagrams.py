"""The diagrams show what the code does: their data come from it, and a change there is a change here."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from revorg import simulation
from revorg.experiments.reports import diagram_figures, diagrams
from revorg.experiments.validation import watching
from revorg.experiments.validation.watching import Call, Move
from revorg.scenarios.loading import load
from revorg.simulation.codes import CUSTOMER, LEAD, LOST, OPPORTUNITY, PROSPECT
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.submodels import finance, market, reps

ODD = (Path(simulation.__file__).parent / "ODD.md").read_text(encoding="utf-8")


def longer_week(everything: Any, *, ends: bool) -> None:
    """Stand in for a week with calls that the real one does not make."""
    market.drift(*everything)
    if ends:
        reps.ramp(*everything)
    finance.cost_of(*everything)
    market.drift(*everything)


def test_a_step_added_to_the_week_appears() -> None:
    """In its place, once, with what it says of itself, and whether every week makes the call."""
    found = watching.calls_of(longer_week)
    assert [(call.module, call.name, call.sometimes) for call in found] == [
        ("market", "drift", False), ("reps", "ramp", True), ("finance", "cost_of", False)
    ]  # fmt: skip
    assert found[0].does == "Move every front's attractiveness, best play and competitor pressure by one week."


def test_the_week_is_that_of_the_model() -> None:
    """Every file of a step is called, all but those that a step drives itself; and each has its field and colour."""
    calls = watching.calls_of()
    assert (calls[0].module, calls[-1].name) == ("market", "reroute")
    assert len(calls) >= 16
    assert all(call.does.endswith(".") for call in calls)
    called = {call.module for call in calls}
    drawn = {file for _, _, files in diagram_figures.FIELDS for file in files}
    assert called == drawn
    steps = set(re.findall(r"`(\w+)\.py`", ODD.partition("## 8. Submodels")[2].partition("## 9.")[0]))
    assert called <= steps | {"people", "staffing", "reps"}


def test_watching_changes_nothing_and_misses_no_move() -> None:
    """Moves lead from where all accounts were to where they are, and a run that nobody watches is the same."""
    settings = {"run.warm_up_weeks": 30, "run.weeks": 60, "market.accounts": 1500, "sales.ramp_weeks": 4}
    model = RevenueOrganization(load("simple-single").changed(settings), seed=4)
    twin, before = model.fork(), np.bincount(model.accounts.stage, minlength=5)
    moves = watching.moves_of(model, 40)
    assert model.record.tobytes() == twin.run(40).record.tobytes()
    change = np.zeros(5, int)
    for move, count in moves.items():
        change[move.before] -= count
        change[move.after] += count
    assert (before + change).tolist() == np.bincount(model.accounts.stage, minlength=5).tolist()
    assert moves[Move(PROSPECT, LEAD, "demand.make_leads")] > 0
    assert moves[Move(LEAD, OPPORTUNITY, "reps.take_leads")] > 0
    assert moves[Move(OPPORTUNITY, CUSTOMER, "deals.work")] > 0
    assert moves[Move(CUSTOMER, LOST, "customers.serve")] > 0
    assert moves[Move(LOST, PROSPECT, "demand.make_leads")] > 0


def test_seats_report_and_settle_as_the_organization_has_it() -> None:
    """All fifteen sets of functions are settled somewhere; a broader line settles what else climbs to the top."""
    world = load("complex-multi")
    narrow = diagrams.boxes_of(world.with_leader("cso", "executor").organization)
    broad = diagrams.boxes_of(world.with_leader("cro", "strategist").organization)
    for boxes in (narrow, broad):
        assert sum(box.scopes for box in boxes) == diagram_figures.SCOPES
        assert [box.depth for box in boxes] == [0 if box.parent < 0 else boxes[box.parent].depth + 1 for box in boxes]
    assert narrow[0].scopes > broad[0].scopes
    assert {box.name: box.scopes for box in broad}["cro"] == 4


def test_both_sides_of_the_wiring_say_the_same() -> None:
    """Whoever reads a step is named in its row, and nobody else; the record reads all."""
    wires = diagrams.wiring_of(ODD)
    assert [wire.number for wire in wires] == list(range(1, 14))
    reads = {(wire.number, source) for wire in wires[:-1] for source in wire.reads}
    read_by = {(reader, wire.number) for wire in wires for reader in wire.read_by}
    assert reads == read_by
    assert wires[-1].reads == set(range(1, 13))


def test_a_row_added_to_the_wiring_appears() -> None:
    """With the numbers of its cells, those between two that a dash joins, and all before it where it reads all."""
    head = "\n## Wiring\n| step | reads | read by |\n|---|---|---|\n"
    rows = "| 1 one | its own | 2, 4–6 x; 3 y |\n| 2 two | all steps | — |\n## Switches\n| 9 | 9 | 9 |"
    one, two = diagrams.wiring_of(head + rows)
    assert one == (1, "one", frozenset(), frozenset({2, 3, 4, 5, 6}))
    assert two == (2, "two", frozenset({1}), frozenset())


def test_the_figures_show_their_data() -> None:
    """Every call, seat, stage and step of the week stands in its figure."""
    calls = [*watching.calls_of(), Call("newcomers", "arrive", "Let somebody arrive.", sometimes=True)]
    texts = {text.get_text() for text in diagram_figures.week_figure(calls).axes[0].texts}
    assert {f"{call.module}.{call.name}" for call in calls} <= texts
    assert "Let somebody arrive." in texts
    boxes = diagrams.boxes_of(load("complex-multi").organization)
    seats = {text.get_text() for text in diagram_figures.tree_figure({"today": boxes}).axes[0].texts}
    assert {box.name.replace("_", " ") for box in boxes} <= seats
    life = diagram_figures.life_figure({Move(PROSPECT, LEAD, "demand.make_leads"): 1234}, 6000).axes[0]
    assert {"prospect", "lost", "demand.make_leads\n1,234"} <= {text.get_text() for text in life.texts}
    wired = diagram_figures.wiring_figure(["one", "two", "three"], {1: frozenset({3}), 3: frozenset({1, 2})}).axes[0]
    assert sorted(np.asarray(dots.get_offsets())[0].tolist() for dots in wired.collections) == [[1, 3], [2, 3], [3, 1]]


@pytest.mark.parametrize("name", ["week", "tree", "life", "wiring"])
def test_the_overview_shows_every_diagram(name: str) -> None:
    """The page beside the description has all four, and its head leads to the page."""
    overview = (Path(simulation.__file__).parent / "OVERVIEW.md").read_text(encoding="utf-8")
    assert f"](diagrams/{name}.png)" in overview
    assert "](OVERVIEW.md)" in ODD.split("\n## ")[0]
