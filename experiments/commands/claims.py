"""The command ``revorg claims``."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from revorg.experiments.commands.exit_codes import FAILED, INTERRUPTED
from revorg.experiments.commands.options import PROCESSORS, Fresh, Workers, folder

WRITTEN = (".png", ".html", ".parquet")
"""Endings of what is written into the folder."""


def claims(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Claims to test; all when none.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Stop after 32 pairs.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Intervals half as wide, and growth over eight years too.")
    ] = False,
    rivals: Annotated[bool, typer.Option("--rivals", help="Test again under each rival mechanism.")] = False,
    workers: Workers = PROCESSORS,
    fresh: Fresh = False,
    out: Annotated[
        Path | None,
        typer.Option(parser=folder, metavar="FOLDER", help="Where verdicts.parquet, report.html and the figures go."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Test the registered claims and print their verdicts.

    Both arms of each contrast run on the same seeds, in batches of 32, until the interval is narrow
    enough to tell (half-width: half the smallest effect that would matter) or 512 pairs are done. Exit
    code 1 when a control fails.
    """
    target = _made(out)
    try:
        sound = _assess(ids or [], quick, full, rivals, workers, fresh, target, as_json)
    except KeyboardInterrupt:
        print("Stopped. What was run is kept; the same command goes on from there.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if not sound:
        print("A control failed: the verdicts cannot be used.", file=sys.stderr)
        raise typer.Exit(FAILED)


def _made(out: Path | None) -> Path | None:
    """Make the folder before hours of work depend on it."""
    if out is None:
        return None
    from revorg.simulation.errors import BadInput

    try:
        out.mkdir(parents=True, exist_ok=True)
        links = sorted(path.name for path in out.iterdir() if path.is_symlink() and path.suffix in WRITTEN)
    except OSError as fault:
        reason = "it is a link that leads nowhere" if out.is_symlink() else fault.strerror
        raise BadInput(f"--out {out}: cannot be made a folder: {reason}") from fault
    if links:
        raise BadInput(f"--out {out}: {links[0]} there is a link; what it leads to would be overwritten")
    return out


def _assess(
    ids: list[str],
    quick: bool,
    full: bool,
    rivals: bool,
    workers: int,
    fresh: bool,
    folder: Path | None,
    as_json: bool,
) -> bool:
    from revorg.experiments.claims.assessment import assess_claims
    from revorg.experiments.runs.pairs import RunsFailed
    from revorg.experiments.runs.terminal import TerminalProgress

    progress = TerminalProgress()
    try:
        assessment = assess_claims(
            ids, quick=quick, full=full, rivals=rivals, workers=workers, fresh=fresh, progress=progress
        )
    except RunsFailed as fault:
        from revorg.experiments.commands.failures import tell_failures

        tell_failures(fault)
        raise typer.Exit(FAILED) from None
    progress.say(str(assessment.tally))
    if as_json:
        from revorg.experiments.reports.claims.published import as_json as json_of

        print(json.dumps(json_of(assessment), indent=1, allow_nan=False))
    else:
        from revorg.experiments.reports.claims.console import print_assessment

        print_assessment(assessment)
    if folder is not None or not as_json:
        _illustrate(assessment, folder)
    return assessment.sound


def _illustrate(assessment: Any, folder: Path | None) -> None:
    """Draw the figures, write the report where one is wanted, and say where they are."""
    from revorg.experiments.reports.claims.figures import draw_figures
    from revorg.experiments.reports.claims.page import write_report
    from revorg.experiments.runs.machine import cache_folder

    figures = draw_figures(assessment, folder or cache_folder() / "figures")
    written = list(figures.values())
    if folder is not None:
        written += [folder / "verdicts.parquet", write_report(assessment, figures, folder)]
    for path in written:
        print(f"Written: {path}", file=sys.stderr)
