"""Files that users write: read as UTF-8 TOML of a bounded size, everything that can be wrong said in a line."""

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from revorg.simulation.errors import BadInput

LARGEST_FILE_BYTES = 1_000_000
MOST_DOTS = 1000
"""Dots of one key: the parser takes time with the square of their number."""


class FileKind(NamedTuple):
    """What a file is meant to be, for messages."""

    name: str
    hint: str = ""
    """What to say to somebody whose file is too large."""


def read_toml(path: Path, kind: FileKind) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises
    ------
    BadInput
        When it cannot be read, is too large, or is not TOML in UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as fault:  # ValueError: a path with a null byte
        raise BadInput(f"{path}: cannot be read: {getattr(fault, 'strerror', None) or fault}") from None
    if len(content) > LARGEST_FILE_BYTES:
        raise BadInput(f"{path}: over 1 MB, too large for a {kind.name}{kind.hint}")
    data = parse_toml(content, str(path), kind)
    if not data:
        raise BadInput(f"{path}: says nothing; it is no {kind.name}")
    return data


def parse_toml(content: bytes, label: str, kind: FileKind) -> dict[str, Any]:
    """Return what TOML in UTF-8 says; `label` is what messages call it.

    Raises
    ------
    BadInput
        When it is something else.
    """
    try:
        _check_depth(content)
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        raise BadInput(f"{label}: not UTF-8 (at line {line})") from None
    except RecursionError:
        raise BadInput(f"{label}: not a {kind.name}: nested too deeply") from None
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(f"{label}: not TOML: {fault}") from None
    except ValueError:
        raise BadInput(f"{label}: a number in it has thousands of digits") from None


def _check_depth(content: bytes) -> None:
    if any(piece.count(b".") > MOST_DOTS for piece in re.split(rb"[=,{}\[\]\n]", content)):
        raise RecursionError
