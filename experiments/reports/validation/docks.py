"""The table of docks, for the terminal and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from revorg.experiments.reports.numbers import MINUS, finite
from revorg.experiments.validation.dock_figures import DockFigure, MoreFigure
from revorg.experiments.validation.docks import Docked
from revorg.simulation.fingerprint import fingerprint

RELATION = {DockFigure: "", MoreFigure: "above "}
"""How a figure has to stand to what is expected, in words before the number."""


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
            "order_only": isinstance(figure, MoreFigure),
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


def _cells(figure: DockFigure) -> Iterator[Text]:
    yield Text(f"{RELATION[type(figure)]}{written(figure.expected)}")
    yield Text(written(figure.simulated))
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
