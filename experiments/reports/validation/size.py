"""How much a leader is worth, at the end of the report of `revorg patterns`."""

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from revorg.experiments.reports.console import console
from revorg.experiments.reports.numbers import finite, written
from revorg.experiments.validation.size import PUBLISHED, SEAT, SPREAD, TOTAL, WORLDS, Gap


def as_json(gaps: list[Gap]) -> list[dict[str, Any]]:
    """Return the gaps as plain values, shares of new ARR; null where nobody was picked."""
    return [
        {
            "world": gap.world,
            "difference": gap.difference,
            "effect": finite(gap.effect.effect),
            "low": finite(gap.effect.low),
            "high": finite(gap.effect.high),
            "picked_with": finite(gap.picked_with),
        }
        for gap in gaps
    ]


def print_gaps(gaps: list[Gap]) -> None:
    """Print them, a column a world."""
    out = console()
    out.print(Text("\nThe size of it: new ARR over four years by who is chief, % [95 % interval]", style="bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("difference", overflow="fold")
    for world in WORLDS:
        table.add_column(world, justify="right", no_wrap=True)
    for difference in dict.fromkeys(gap.difference for gap in gaps):
        table.add_row(difference, *(_cell(gap) for gap in gaps if gap.difference == difference))
    out.print(table)
    out.print(
        f"Persons of chance in the seat {SEAT}: four skills within 0..1 that sum to {TOTAL}, collaboration too. "
        "Best and worst are picked on other seeds than those that judge them; in brackets what they were on the "
        f"seeds that picked. {SPREAD:.2f} is the standard deviation of the total of four skills drawn apart. For "
        "scale: a supervisor of the highest tenth in place of one of the lowest is worth about one more worker in a "
        f"team of nine, {written(100 * PUBLISHED, sign=True)} % (Lazear, Shaw & Stanton 2015). No target.",
        style="dim",
    )


def _cell(gap: Gap) -> str:
    value, low, high = (written(100 * one, sign=True) for one in (gap.effect.effect, gap.effect.low, gap.effect.high))
    picked = "" if finite(gap.picked_with) is None else f" ({written(100 * gap.picked_with, sign=True)})"
    return f"{value} [{low}, {high}]{picked}"
