"""Tables at the terminal, readable at 80 to 100 columns."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.catalogue import Entry, Listing
from experiments.units import number, scale_of
from simulation.metrics import METRICS

WIDEST = 100


def console() -> Console:
    """Return a console on stdout, no wider than can be read; 100 columns where there is no terminal."""
    plain = Console(highlight=False)
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return Console(highlight=False, width=WIDEST)
    return Console(highlight=False, width=min(plain.width, WIDEST))


def print_outcomes(outcomes: Mapping[str, float], heading: str) -> None:
    """Print the outcomes of one run, headline first, with units and definitions."""
    out = console()
    out.print(Text(heading, style="bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("outcome", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("unit", max_width=14)
    table.add_column("definition", style="dim")
    for group, names in _grouped(outcomes):
        table.add_section()
        table.add_row(Text(group.capitalize(), style="bold"), "", "", "")
        for name in names:
            scale = scale_of(name)
            value = number(scale.factor * float(outcomes[name]))
            table.add_row(f"  {name}", value, scale.level, METRICS[name].definition)
    out.print(table)
    if any(number(float(value)) == "·" for value in outcomes.values()):
        out.print("· nothing to measure in this run", style="dim")


def _grouped(outcomes: Mapping[str, float]) -> Iterator[tuple[str, list[str]]]:
    """Yield the groups of metrics in the order of the table of metrics, the headline first."""
    for group in dict.fromkeys(METRICS[name].group for name in outcomes):
        yield group, [name for name in outcomes if METRICS[name].group == group]


def print_listing(listing: Listing) -> None:
    """Print a table of names."""
    out = console()
    out.print(Text(listing.title, style="bold"))
    if not listing.rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, column in enumerate(listing.columns):
        table.add_column(column, overflow="fold", no_wrap=place < listing.narrow)
    for row in listing.rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)


def print_meaning(meanings: Sequence[tuple[str, Sequence[Entry]]]) -> None:
    """Print what a name means."""
    out = console()
    for heading, entries in meanings:
        out.print(Text(heading, style="bold"))
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for label, text in entries:
            table.add_row(label, Text(text))
        out.print(table)
