"""Tables at the terminal, readable at 80 to 100 columns."""

import os
import sys

from rich.console import Console

WIDEST = 100


def console() -> Console:
    """Return a console on stdout, no wider than can be read; 100 columns where there is no terminal."""
    plain = Console(highlight=False)
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return Console(highlight=False, width=WIDEST)
    return Console(highlight=False, width=min(plain.width, WIDEST))
