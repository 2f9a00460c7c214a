"""Submodels docked against theory: each the model's own loop, driven alone, beside a figure it must give."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from experiments import docked_desks, docked_queues, docked_submodels
from experiments.docked import Figure
from experiments.fingerprint import fingerprint
from experiments.listening import Listener, Silence
from experiments.units import MINUS, finite
from simulation.errors import BadInput, near_miss


@dataclass(frozen=True)
class Row:
    """A submodel that theory says something about.

    Attributes
    ----------
    name : str
        What the command line calls it.
    submodel : str
    isolated : str
        How it is driven alone, and which theory it meets.
    measure : callable
        Takes the size of the trial (1 = that of the table) and returns one figure or several.
    """

    name: str
    submodel: str
    isolated: str
    measure: Callable[[float], list[Figure]]


@dataclass(frozen=True)
class Docked:
    """A row and what came of it."""

    row: Row
    figures: tuple[Figure, ...]

    @property
    def passed(self) -> bool:
        """Whether every figure of the row is near enough to theory."""
        return all(figure.passed for figure in self.figures)


ROWS = (
    Row(
        "single-server",
        "one seat's in-tray",
        "Poisson arrivals, exponential work, no consults or hops, load .8: mean wait in mean works (M/M/1)",
        docked_desks.single_server,
    ),
    Row(
        "held-back",
        "one seat's in-tray",
        "the same, each decision held back for 0 to 10 works before it reaches the desk: wait at the desk",
        docked_desks.held_back,
    ),
    Row(
        "half-day",
        "one seat's in-tray",
        "the same desk with half of every day for the in-tray, load of the desk .8: mean wait",
        docked_desks.half_the_day,
    ),
    Row(
        "variation",
        "one seat's in-tray",
        "load .8, work with squared variation 0, 1, 4: mean wait (Pollaczek–Khinchine)",
        docked_desks.variation_of_work,
    ),
    Row(
        "rework",
        "rework at a desk",
        "load .6 of first calls, right the second time with fresh work, no time limit: mean time in system",
        docked_desks.rework,
    ),
    Row(
        "little",
        "every queue of a run",
        "whole runs, ten years each: number present against arrivals × mean stay (Little's law)",
        docked_queues.little,
    ),
    Row(
        "renewals",
        "renewals",
        "100,000 customers with Beta(.7041, 1.1820) dispositions, health neutral: % left (Fader & Hardie 2007)",
        docked_submodels.renewals,
    ),
    Row(
        "belief",
        "belief about a front",
        "fronts that drift as random walks, each reviewed every week: steady gain (Kalman)",
        docked_submodels.belief,
    ),
    Row(
        "reps",
        "reps' ramp and leaving",
        "leaving at .35 a year, replaced at once, linear ramp of 5 months: mean productivity",
        docked_submodels.reps,
    ),
    Row(
        "word-of-mouth",
        "leads by references",
        "prospects who adopt at p + q × share adopted, p = .03, q = .38 a year, weekly steps (Bass)",
        docked_submodels.word_of_mouth,
    ),
)


def chosen(names: Sequence[str]) -> tuple[Row, ...]:
    """Return the rows of these names in the order of the table; all when there is no name.

    Raises
    ------
    BadInput
        If a name is not that of a row.
    """
    known = {row.name: row for row in ROWS}
    for name in names:
        if name not in known:
            raise BadInput(f"dock: there is no row {name!r}{near_miss(name, known)}")
    return tuple(row for row in ROWS if not names or row.name in names)


def dock(names: Sequence[str] = (), scale: float = 1.0, listener: Listener | None = None) -> list[Docked]:
    """Drive the submodels alone and compare them with theory.

    Parameters
    ----------
    names : sequence of str
        Rows to try; all when empty.
    scale : float
        Size of the trial against that of the table; standard errors grow as its root falls.
    listener
        Told after each row how long it took.
    """
    told = listener or Silence()
    found = []
    for row in chosen(names):
        began = time.monotonic()
        docked = Docked(row, tuple(row.measure(scale)))
        told.say(f"{row.name}: {time.monotonic() - began:.0f} s")
        found.append(docked)
    return found


def as_json(found: Sequence[Docked]) -> dict[str, Any]:
    """Return the table as plain data: one entry a figure."""
    figures = [
        {
            "row": docked.row.name,
            "submodel": docked.row.submodel,
            "isolated": docked.row.isolated,
            "case": figure.case,
            "unit": figure.unit,
            "expected": figure.expected,
            "simulated": finite(figure.simulated),
            "standard_error": finite(figure.standard_error),
            "tolerance": figure.tolerance,
            "passed": figure.passed,
        }
        for docked in found
        for figure in docked.figures
    ]
    return {"fingerprint": fingerprint(), "passed": all(docked.passed for docked in found), "figures": figures}


def as_table(found: Sequence[Docked]) -> Table:
    """Return the table for a terminal: a line a figure, below the row it belongs to."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("submodel: how isolated", ratio=1)
    for column in ("expected", "simulated", "std. error", "tolerance"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for docked in found:
        table.add_section()
        heading = Text(docked.row.name, style="bold")
        heading.append(f"  {docked.row.submodel}: {docked.row.isolated}", style="dim")
        if len(docked.figures) == 1:
            table.add_row(heading, *_cells(docked.figures[0]))
            continue
        table.add_row(heading)
        for figure in docked.figures:
            table.add_row(Text(f"  {figure.case}"), *_cells(figure))
    return table


def _cells(figure: Figure) -> Iterator[Text]:
    for value in (figure.expected, figure.simulated):
        yield Text(written(value))
    for value in (figure.standard_error, figure.tolerance):
        yield Text(written(value, digits=2))
    yield Text("pass", style="blue") if figure.passed else Text("FAIL", style="bold red")


def written(value: float, digits: int = 4) -> str:
    """Write a number with so many significant digits and no exponent.

    >>> written(0.0311268), written(364.897), written(3.2e-18), written(-0.5, 2)
    ('0.03113', '364.9', '0', '−0.50')
    """
    if value != value:
        return "nothing"
    if abs(value) < 1e-9:
        return "0"
    whole = len(str(int(abs(value)))) if abs(value) >= 1.0 else 0
    places = digits - whole
    if whole == 0:
        shown = f"{abs(value):.{digits - 1}e}"
        places = digits - 1 - int(shown.split("e")[1])
    text = f"{abs(value):,.{max(places, 0)}f}"
    return (MINUS if value < 0.0 else "") + text
