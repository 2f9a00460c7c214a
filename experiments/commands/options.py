"""Options that several commands share."""

from typing import Annotated

import typer

from revorg.experiments.runs.machine import processors

PROCESSORS = processors()

Workers = Annotated[int, typer.Option(min=1, max=256, help="Processes to use.", show_default="all processors")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run everything anew, whatever the cache has.")]
