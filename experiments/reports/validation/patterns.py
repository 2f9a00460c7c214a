"""The report of `revorg patterns`: all rows, identities, predictions, and how far parameters are pinned."""

from dataclasses import asdict
from math import isnan
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from revorg.experiments.reports.console import console
from revorg.experiments.reports.numbers import finite, written
from revorg.experiments.validation.history_matching import Narrowing
from revorg.experiments.validation.identities import Identity
from revorg.experiments.validation.pattern_check import PatternCheck
from revorg.experiments.validation.patterns import CORE, ROWS_THAT_MAY_FAIL, Row
from revorg.experiments.validation.predictions import Prediction
from revorg.simulation.fingerprint import fingerprint


def as_json(report: PatternCheck) -> dict[str, Any]:
    """Return the report as plain values; null where there is nothing to measure."""
    return {
        "fingerprint": fingerprint(),
        "seeds": report.seeds,
        "accepted": report.accepted,
        "patterns": [_row_json(row) for row in report.rows],
        "identities": [_plain(asdict(line)) | {"holds": line.holds} for line in report.identities],
        "loads": [_plain(asdict(line)) for line in report.loads],
        "predictions": [_plain(asdict(one)) for one in report.predictions],
        "narrowing": None if report.narrowing is None else _plain(asdict(report.narrowing)),
    }


def _row_json(row: Row) -> dict[str, Any]:
    ranges = [_plain(asdict(one) | {"miss": one.miss}) | {"holds": one.holds} for one in row.found]
    told = {"number": row.pattern.number, "name": row.pattern.name, "source": row.pattern.source}
    return told | {"holds": row.holds, "worst_miss": finite(row.miss), "ranges": ranges}


def _plain(value: Any) -> Any:
    """Replace what JSON does not know."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return finite(value) if isinstance(value, float) else value


def print_report(report: PatternCheck) -> None:
    """Print the report at the terminal, 80 to 100 columns wide."""
    out = console()
    _print_rows(out, report)
    _print_lines(out, "Identities and what they leave over", report.identities)
    _print_lines(out, "Loads by desk: in-tray hours taken, of those that could be", report.loads)
    _print_predictions(out, report.predictions)
    if report.narrowing is not None:
        _print_narrowing(out, report.narrowing)
    held = sum(row.holds for row in report.rows)
    verdict = "accepted" if report.accepted else "NOT accepted"
    needed = " and ".join(str(row.pattern.number) for row in report.rows if row.pattern.needed)
    rule = f"at most {ROWS_THAT_MAY_FAIL} may fail, {needed} must not, and none be missed by more than a half-range"
    out.print(Text(f"{held} of {len(report.rows)} patterns hold: {verdict} ({rule}).", style="bold"))


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if not place else "right", no_wrap=bool(place), overflow="fold")
    return table


def _print_rows(out: Console, report: PatternCheck) -> None:
    heading = f"Patterns under the neutral organization, {report.seeds} seeds a world; misses in half-ranges"
    out.print(Text(heading, style="bold"))
    table = _table("pattern", "range", "value [95 % interval]", "miss")
    for row in report.rows:
        table.add_section()
        name = f"{row.pattern.number} {row.pattern.name}" + (f" ({row.pattern.unit})" if row.pattern.unit else "")
        table.add_row(Text(name, style="bold"), "", "", Text("holds" if row.holds else "MISSES", style="bold"))
        for one in row.found:
            scale = row.pattern.scale
            limits = f"{written(scale * one.low)}–{written(scale * one.high)}"
            value = _with_interval(scale * one.value, scale * one.lower, scale * one.upper)
            table.add_row(f"   {one.label}", limits, value, written(one.miss, sign=True) if one.miss else "")
    out.print(table)


def _with_interval(value: float, lower: float, upper: float) -> str:
    return written(value) if isnan(lower) else f"{written(value)} [{written(lower)}, {written(upper)}]"


def _print_lines(out: Console, heading: str, lines: list[Identity]) -> None:
    out.print(Text(f"\n{heading}", style="bold"))
    table = _table("figure", *CORE)
    for name in dict.fromkeys(line.name for line in lines):
        cells = [line for line in lines if line.name == name]
        limits = cells[0].limits
        label = name if limits is None else f"{name} ({written(limits[0])}–{written(limits[1])})"
        table.add_row(label, *(written(line.value) + ("" if line.holds is not False else " !") for line in cells))
    out.print(table)


def _print_predictions(out: Console, found: list[Prediction]) -> None:
    out.print(Text("\nPredictions, never fitted", style="bold"))
    table = _table("prediction", "value [95 % interval]", "unit")
    for group in dict.fromkeys(one.group for one in found):
        table.add_section()
        table.add_row(Text(group, style="bold"), "", "")
        for one in found:
            if one.group == group:
                table.add_row(f"   {one.label}", _with_interval(one.value, one.lower, one.upper), one.unit)
    out.print(table)


def _print_narrowing(out: Console, found: Narrowing) -> None:
    out.print(Text("\nHow far the patterns narrow the uncertain parameters (1 = not at all)", style="bold"))
    out.print(
        f"{found.first} + {found.second} points of one seed; {found.accepted} of the second wave pass as they are; "
        f"not ruled out: {100 * found.share:.2g} % of the plausible ranges; emulators' median R² {found.explained:.2f} "
        f"(of {found.explainable:.2f} that the chance of single seeds leaves)",
        style="dim",
    )
    table = _table("parameter", "plausible", "5–95 % of what survives", "kept")
    for one in sorted(found.parameters, key=lambda one: one.kept):
        survives = f"{one.first:.3g}–{one.last:.3g}"
        table.add_row(one.label, f"{one.low:.3g}–{one.high:.3g}", survives, written(one.kept))
    out.print(table)
