"""Options that several commands share, and what their values are read by."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from revorg.experiments.runs.machine import processors

PROCESSORS = processors()


def whole(low: int | None = None, high: int | None = None) -> Callable[[str], int]:
    """Return a reader of whole numbers, between bounds or left to the scenario, which shows what it refuses."""
    allowed = "" if low is None else f"; allowed {low}..{high}"

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,18}", f"{text}"):
            raise typer.BadParameter(f"{text} is not a whole number{allowed}")
        value = int(text)
        if low is not None and high is not None and not low <= value <= high:
            raise typer.BadParameter(f"{text} is outside{allowed}")
        return value

    return read


def folder(text: str) -> Path:
    """Read the name of a folder, which is not empty: that would be the folder one is in."""
    return Path(filled(f"{text}"))


def filled(text: str) -> str:
    """Read a text that says something."""
    if not text.strip():
        raise typer.BadParameter("it is empty")
    return text


Workers = Annotated[
    int,
    typer.Option(parser=whole(1, 256), metavar="N", help="Processes to use, 1..256.", show_default="all processors"),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run everything anew, whatever the cache has.")]
