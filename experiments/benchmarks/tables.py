"""The figures of the benchmark as tables for people, as Markdown and as JSON."""

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from textwrap import wrap
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from revorg.experiments.benchmarks.bench import Measure, Section
from revorg.experiments.reports.console import console

HEADS = ("what", "median", "spread", "unit", "target", "")
PUBLISHED_HEADS = ("published by others", "where", "ns an agent and step")
PUBLISHED = (
    ("FLAME GPU 2", "graphics processor (A100)", 14),
    ("Agents.jl", "processor", 149),
    ("Abmax", "graphics processor (A100)", 286),
    ("Starsim", "processor", 728),
)
CAVEAT = (
    "These are their authors' own figures, of other models on other machines; none was measured here. They say which "
    "power of ten is usual, and no more: an agent that moves on a grid and one that renews a contract have different "
    "work to do."
)


def machine() -> str:
    """Describe the machine in a line."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}, "
        f"numba {version('numba')}, NumPy {version('numpy')}, Mesa {version('mesa')}"
    )


def _processor() -> str:
    """Name the processor as the system does."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _number(value: float) -> str:
    """Write a figure with three digits that count.

    >>> _number(0.1234), _number(12.34), _number(1234.5)
    ('0.123', '12.3', '1,234')
    """
    digits = max(0, 2 - len(str(int(abs(value)))) + 1) if abs(value) >= 1.0 else 3
    return f"{value:,.{digits}f}"


def _target(figure: Measure) -> str:
    if figure.target is None:
        return ""
    return f"{'≥' if figure.target.at_least else '≤'} {figure.target.bound:g}"


def _reached(figure: Measure) -> str:
    return {None: "", True: "met", False: "missed"}[figure.is_met]


def _cells(figure: Measure) -> tuple[str, ...]:
    """Write a figure as the cells of a line."""
    found = figure.found
    spread = f"{_number(found.low)}–{_number(found.high)}" if len(found.values) > 1 else ""
    return figure.what, _number(found.median), spread, figure.unit, _target(figure), _reached(figure)


def print_section(section: Section) -> None:
    """Print one section as a table."""
    title, figures = section
    out = console()
    out.print(Text(title, style="bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in HEADS:
        table.add_column(head, justify="right" if head in ("median", "spread", "target") else "left")
    for figure in figures:
        table.add_row(*map(Text, _cells(figure)))
    out.print(table)


def print_published() -> None:
    """Print what others have published, and what it is worth here."""
    out = console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in PUBLISHED_HEADS:
        table.add_column(head, justify="right" if head == PUBLISHED_HEADS[-1] else "left")
    for framework, where, nanoseconds in PUBLISHED:
        table.add_row(framework, where, str(nanoseconds))
    out.print(table)
    out.print(Text(CAVEAT))


def as_markdown(sections: Iterable[Section]) -> str:
    """Write the figures that have a target, and others' below them, for the page of benchmarks (`README.md` here)."""
    lines = ["| what | median | spread | unit | target | |", "|---|---|---|---|---|---|"]
    aimed = [figure for _, figures in sections for figure in figures if figure.target is not None]
    lines += [f"| {' | '.join(_cells(figure))} |" for figure in aimed]
    others = [f"| {' | '.join(PUBLISHED_HEADS)} |", "|---|---|---|"]
    others += [f"| {framework} | {where} | {nanoseconds} |" for framework, where, nanoseconds in PUBLISHED]
    return "\n".join([machine(), "", *lines, "", *others, "", *wrap(CAVEAT, 130)])


def as_json(sections: Sequence[Section]) -> dict[str, Any]:
    """Describe all figures, with every block."""
    return {
        "machine": machine(),
        "figures": [
            {
                "section": title, "what": figure.what, "unit": figure.unit, "median": figure.found.median,
                "blocks": list(figure.found.values), "target": _target(figure) or None, "met": figure.is_met,
            }
            for title, figures in sections
            for figure in figures
        ],
        "published": {
            "caveat": CAVEAT,
            "figures": [
                {"framework": framework, "where": where, "ns_an_agent_step": nanoseconds}
                for framework, where, nanoseconds in PUBLISHED
            ],
        },
    }  # fmt: skip
