"""Texts that the code writes into the source tree, and the command line of the modules that write them."""

import argparse
from pathlib import Path


def file_to_write(name: str) -> Path:
    """Return the file of a name, as long as there is a folder for it.

    Raises
    ------
    argparse.ArgumentTypeError
        If there is none, which is so for a text of the tree when one stands elsewhere.
    """
    file = Path(name)
    if not file.parent.is_dir():
        raise argparse.ArgumentTypeError(
            f"there is no folder {file.parent} here: start in the root of the source tree, or name a file to write"
        )
    return file


def parser_of(module: str, purpose: str, file: str) -> argparse.ArgumentParser:
    """Return the command line of a module that writes a text: the one argument is the file, below where one stands.

    What is installed is never written to: it may be a copy, which nobody would look at.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=purpose)
    parser.add_argument(
        "file", nargs="?", type=file_to_write, default=file, help=f"what to write (default here: {file})"
    )
    return parser
