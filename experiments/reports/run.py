"""One run, as people read it: its outcomes as a table, its weeks as curves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich import box
from rich.table import Table
from rich.text import Text

from revorg.experiments.reports.console import console
from revorg.experiments.reports.numbers import scale_of, written
from revorg.experiments.reports.style import BAND, BLUE, SOFT, STYLE, _save
from revorg.simulation.metrics import METRICS


@dataclass(frozen=True)
class Curve:
    """One panel of a run's course: columns of the weekly record, averaged; flows are smoothed over a quarter."""

    label: str
    columns: tuple[str, ...]
    divisor: float = 1.0
    flow: bool = False


COURSE = (
    Curve("ARR, million USD", ("arr",), 1e6),
    Curve("customers", ("customers",)),
    Curve("new ARR a week, thousand USD", ("new_arr",), 1e3, flow=True),
    Curve(
        "days to settle a probe decision, by the week it was raised", ("probe_one_days", "probe_two_days"), flow=True
    ),
    Curve("alignment of functions", ("alignment",)),
)


def course_figure(weekly: pd.DataFrame, title: str) -> Figure:
    """Draw a run's course week by week.

    Parameters
    ----------
    weekly : DataFrame
        One row a week, as ``RevenueOrganization.weekly``.
    title : str
    """
    with sns.axes_style("white"), plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            len(COURSE), 1, figsize=(8, 0.9 + 1.4 * len(COURSE)), sharex=True, layout="constrained"
        )
        for axes, curve in zip(grid, COURSE, strict=True):
            _draw_curve(axes, weekly, curve)
        grid[-1].set_xlabel("week under the design")
        figure.suptitle(title, x=0.01, ha="left", weight="bold")
    return figure


def _draw_curve(axes: Axes, weekly: pd.DataFrame, curve: Curve) -> None:
    values = weekly[list(curve.columns)].mean(axis=1) / curve.divisor
    if curve.flow:
        axes.plot(values.index, values, color=BLUE, lw=0.7, alpha=0.4)
        values = values.rolling(13, min_periods=4, center=True).mean()
    axes.plot(values.index, values, color=BLUE, lw=1.8)
    axes.set_title(curve.label, loc="left", fontsize=9, color=SOFT)
    axes.margins(x=0.01)
    axes.grid(axis="y", color=BAND, lw=0.8)
    sns.despine(ax=axes)


def save_course(weekly: pd.DataFrame, title: str, path: Path) -> None:
    """Draw a run's course into a PNG file."""
    _save(course_figure(weekly, title), path)


def print_outcomes(outcomes: Mapping[str, float], heading: str, pay: str) -> None:
    """Print what leaders cost, and the outcomes of one run, headline first, with units and definitions."""
    out = console()
    out.print(Text(heading, style="bold"))
    out.print(Text(pay))
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
            value = written(scale.factor * float(outcomes[name]))
            table.add_row(f"  {name}", value, scale.level, METRICS[name].definition)
    out.print(table)
    if any(written(float(value)) == "·" for value in outcomes.values()):
        out.print("· nothing to measure in this run", style="dim")


def _grouped(outcomes: Mapping[str, float]) -> Iterator[tuple[str, list[str]]]:
    """Yield the groups of metrics in the order of the table of metrics, the headline first."""
    for group in dict.fromkeys(METRICS[name].group for name in outcomes):
        yield group, [name for name in outcomes if METRICS[name].group == group]
