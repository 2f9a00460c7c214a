"""Four diagrams of the model, drawn from the code's own data.

``python -m revorg.experiments.reports.diagrams`` writes them into `simulation/diagrams/`: the week, from the calls in
`model.live`; who reports to whom and where decisions climb, from two organizations; an account's life, from what the
steps did to all accounts in a year; and which step reads which, from the wiring table of `simulation/ODD.md`.
"""

import argparse
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from revorg.experiments.reports.diagram_figures import life_figure, tree_figure, week_figure, wiring_figure
from revorg.experiments.reports.style import _save
from revorg.experiments.validation.watching import calls_of, moves_in_a_year
from revorg.scenarios.loading import load
from revorg.simulation.organization import Organization

FOLDER = "simulation/diagrams"
MODULE = "revorg.experiments.reports.diagrams"
WORLD, DESIGNS = "complex-multi", (("cso", "executor"), ("cro", "strategist"))


class SeatBox(NamedTuple):
    """A seat as the diagram of an organization shows it.

    Attributes
    ----------
    name : str
    leads : tuple of str
    parent : int
        Row of the seat reported to, −1 for the root.
    depth : int
    scopes : int
        Of the fifteen sets of functions that a decision may concern, those that are settled here.
    """

    name: str
    leads: tuple[str, ...]
    parent: int
    depth: int
    scopes: int


def boxes_of(organization: Organization) -> list[SeatBox]:
    """Return every seat with whom it reports to and what it settles."""
    owners, parents, depths = (
        column.tolist() for column in (organization.owner[1:], organization.parent, organization.depth)
    )
    seats = zip(organization.names, organization.seats, parents, depths, strict=True)
    return [
        SeatBox(name, seat.leads, parent, depth, owners.count(row))
        for row, (name, seat, parent, depth) in enumerate(seats)
    ]


class Wire(NamedTuple):
    """A step of the wiring table: its number and name, and the numbers of the steps that it reads, or that read it."""

    number: int
    name: str
    reads: frozenset[int]
    read_by: frozenset[int]


def wiring_of(text: str) -> list[Wire]:
    """Read the table below the heading "Wiring" of the model's description."""
    section = text.partition("\n## Wiring\n")[2].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split(" |")] for line in section.splitlines() if line[:1] == "|"]
    columns = [rows[0].index(name) for name in ("step", "reads", "read by")]
    wires = []
    for row in rows[2:]:
        step, reads, read_by = (row[column] for column in columns)
        number, _, name = step.partition(" ")
        wires.append(Wire(int(number), name, _steps_in(reads, int(number)), _steps_in(read_by, int(number))))
    return wires


def _steps_in(cell: str, own: int) -> frozenset[int]:
    """Return the numbers in a cell, with those between two that a dash joins; of all steps, those before the own."""
    found = set(range(1, own)) if "all steps" in cell else set()
    for first, last in re.findall(r"\b(\d+)(?:–(\d+))?\b", cell):
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def draw_diagrams(folder: Path) -> list[Path]:
    """Draw all four as PNG files into a folder, which is made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    world = load(WORLD)
    trees = {
        f"{seat} in the chief's place": boxes_of(world.with_leader(seat, who).organization) for seat, who in DESIGNS
    }
    wires = wiring_of((files("revorg.simulation") / "ODD.md").read_text(encoding="utf-8"))
    drawn = {
        "week": week_figure(calls_of()),
        "tree": tree_figure(trees),
        "life": life_figure(moves_in_a_year(world), world.market.accounts),
        "wiring": wiring_figure([wire.name for wire in wires], {wire.number: wire.reads for wire in wires}),
    }
    return [_save(figure, folder / f"{name}.png") for name, figure in drawn.items()]


def main() -> int:
    """Draw the diagrams."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description="Draw four diagrams of the model.")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help=f"where to (default: {FOLDER})")
    for path in draw_diagrams(parser.parse_args().folder):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
