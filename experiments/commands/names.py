"""The commands that say what there is: ``revorg list``, ``revorg show`` and ``revorg validate``."""

import json
import sys
from typing import Annotated

import typer

from revorg.experiments.commands.exit_codes import BAD_INPUT


def list_(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="scenarios|profiles|seats|claims|metrics|columns|parameters|mechanisms|levers|readings|cache",
            help="What to list.",
        ),
    ],
    word: Annotated[str, typer.Option("--filter", metavar="WORD", help="Only what has this word in it.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list of objects instead of a table.")] = False,
) -> None:
    """List what there is."""
    from revorg.experiments.commands.catalogue import listing, print_listing

    found = listing(kind).having(word)
    if as_json:
        print(json.dumps(found.records, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        print_listing(found)
    if word and not found.rows:
        print(f"No {kind} with {word!r} in them.", file=sys.stderr)


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
