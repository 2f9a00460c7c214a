"""The command ``revorg patterns``."""

import json
from typing import Annotated

import typer

from revorg.experiments.commands.exit_codes import FAILED
from revorg.experiments.commands.options import PROCESSORS, Workers, whole


def patterns(
    seeds: Annotated[int, typer.Option(parser=whole(2, 10_000), metavar="N", help="Seeds of every world.")] = 96,
    points: Annotated[
        int,
        typer.Option(
            parser=whole(0, 65_536), metavar="N", help="Points of each wave of history matching; 0 leaves it out."
        ),
    ] = 128,
    persons: Annotated[
        int,
        typer.Option(
            parser=whole(0, 1000), metavar="N", help="Persons drawn to show how much a chief is worth; 0 leaves it out."
        ),
    ] = 100,
    workers: Workers = PROCESSORS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Hold the neutral worlds against the patterns they are calibrated on.

    Prints every pattern with its range and value, what the identities between them leave over, how loaded leaders'
    desks are, predictions that were never fitted, how far the patterns narrow the uncertain parameters, and how much a
    chief is worth. Exit code 1 when the worlds do not pass: at most two patterns fail, neither of the two on slack
    among them, and none is missed by more than half its range.
    """
    from revorg.experiments.reports.validation import patterns as pattern_report
    from revorg.experiments.reports.validation import size as size_report
    from revorg.experiments.runs.terminal import TerminalProgress
    from revorg.experiments.runs.worker import make_ready
    from revorg.experiments.validation.pattern_check import check_patterns
    from revorg.experiments.validation.size import gaps_of

    progress = TerminalProgress()
    make_ready(progress)
    report = check_patterns(seeds, points, workers, progress)
    gaps = gaps_of(persons, workers, progress) if persons else []
    if as_json:
        told = pattern_report.as_json(report) | {"size": size_report.as_json(gaps)}
        print(json.dumps(told, indent=1, allow_nan=False))
    else:
        pattern_report.print_report(report)
        if gaps:
            size_report.print_gaps(gaps)
    if not report.accepted:
        raise typer.Exit(FAILED)
