"""The command ``revorg patterns``."""

import json
from typing import Annotated

import typer

from revorg.experiments.commands.exit_codes import FAILED
from revorg.experiments.commands.options import PROCESSORS, Workers, whole


def patterns(
    seeds: Annotated[int, typer.Option(parser=whole(2, 10_000), metavar="N", help="Seeds of every world.")] = 32,
    points: Annotated[
        int,
        typer.Option(
            parser=whole(0, 65_536), metavar="N", help="Points of each wave of history matching; 0 leaves it out."
        ),
    ] = 128,
    workers: Workers = PROCESSORS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Hold the neutral worlds against the patterns they are calibrated on.

    Prints every pattern with its range and value, what the identities between them leave over, how loaded leaders'
    desks are, predictions that were never fitted, and how far the patterns narrow the uncertain parameters. Exit
    code 1 when the worlds do not pass: at most two patterns fail, neither of the two on slack among them, and none is
    missed by more than half its range.
    """
    from revorg.experiments.reports.validation import patterns as pattern_report
    from revorg.experiments.runs.terminal import TerminalProgress
    from revorg.experiments.runs.worker import make_ready
    from revorg.experiments.validation.pattern_check import check_patterns

    progress = TerminalProgress()
    make_ready(progress)
    report = check_patterns(seeds, points, workers, progress)
    if as_json:
        print(json.dumps(pattern_report.as_json(report), indent=1, allow_nan=False))
    else:
        pattern_report.print_report(report)
    if not report.accepted:
        raise typer.Exit(FAILED)
