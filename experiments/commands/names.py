"""The commands that say what there is: ``revorg list``, ``revorg show`` and ``revorg validate``."""

import sys
from typing import Annotated

import typer

from revorg.experiments.commands.exit_codes import BAD_INPUT


def list_(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="scenarios|profiles|seats|claims|metrics|columns|parameters|mechanisms|levers|cache",
            help="What to list.",
        ),
    ],
) -> None:
    """List what there is."""
    from revorg.experiments.commands.catalogue import listing, print_listing

    print_listing(listing(kind))


def show(
    name: Annotated[
        str,
        typer.Argument(
            help="A scenario, seat, profile, claim, metric, column of the weekly record, or the path of a parameter."
        ),
    ],
) -> None:
    """Say what a name means."""
    from revorg.experiments.commands.catalogue import meaning, print_meaning

    print_meaning(meaning(name))


def validate(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Scenario files to check.")],
) -> None:
    """Check scenario files: one line a sound file; what is wrong goes to stderr, with exit code 2."""
    from revorg.scenarios.loading import load
    from revorg.simulation.errors import BadInput

    faulty = False
    for file in files:
        try:
            scenario = load(file)
        except BadInput as fault:
            faulty = True
            print(fault, file=sys.stderr)
        else:
            print(f"{file}: sound ({scenario.name}, chief {scenario.chief})")
    if faulty:
        raise typer.Exit(BAD_INPUT)
