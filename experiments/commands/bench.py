"""The command ``revorg bench``. Heavy imports stand inside, so that help is quick."""

import json
from typing import Annotated

import typer


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="One world and small markets, in a minute or two.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print what has a target as Markdown.")] = False,
) -> None:
    """Measure speed: against plain Mesa agents, part by part, and against the machine's floor.

    Everything is measured in blocks taken in turns; medians are printed with the smallest and the largest block.
    Takes about five minutes on a quiet machine.
    """
    from revorg.experiments.benchmarks import tables
    from revorg.experiments.benchmarks.bench import QUICK, BenchPlan, measure
    from revorg.experiments.runs.terminal import TerminalProgress
    from revorg.experiments.runs.worker import make_ready

    progress = TerminalProgress()
    make_ready(progress)
    sections = []
    for section in measure(QUICK if quick else BenchPlan(), progress):
        sections.append(section)
        if not (as_json or as_markdown):
            tables.print_section(section)
    if as_json:
        print(json.dumps(tables.as_json(sections), indent=1, allow_nan=False))
    elif as_markdown:
        print(tables.as_markdown(sections))
    else:
        tables.print_published()
        print(tables.machine())
