"""The command ``revorg dock``."""

import json
import sys
from typing import Annotated

import typer

from revorg.experiments.commands.exit_codes import FAILED


def dock(
    rows: Annotated[list[str] | None, typer.Argument(metavar="[ROW]...", help="Rows to try; all when none.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Drive submodels alone and compare them with theory (all rows: about five minutes).

    Exit code 1 when a figure is farther from theory than its tolerance.
    """
    from revorg.experiments.reports.validation import docks as dock_report
    from revorg.experiments.runs.terminal import TerminalProgress
    from revorg.experiments.runs.worker import make_ready
    from revorg.experiments.validation import docks as docking

    progress = TerminalProgress()
    docking.chosen(rows or [])
    make_ready(progress)
    found = docking.dock(rows or [], progress=progress)
    if as_json:
        print(json.dumps(dock_report.as_json(found), indent=1, allow_nan=False))
    else:
        from revorg.experiments.reports.console import console

        console().print(dock_report.as_table(found))
    failed = [docked.row.name for docked in found if not docked.passed]
    if failed:
        print(f"Farther from theory than allowed: {', '.join(failed)}.", file=sys.stderr)
        raise typer.Exit(FAILED)
