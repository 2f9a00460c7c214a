"""Fitted numbers in the scenario files: written where they stand, with the day and the key of what was fitted."""

import re
from collections.abc import Mapping
from pathlib import Path


def with_values(text: str, values: Mapping[str, float | str]) -> str:
    r"""Return a scenario file with values set under their dotted paths; everything else stays as it is.

    >>> print(with_values("[market]\nproducts = 4\n", {"market.products": 3, "sales.deal_hours": 19.5}))
    [market]
    products = 3
    <BLANKLINE>
    [sales]
    deal_hours = 19.5
    <BLANKLINE>
    """
    for path, value in values.items():
        table, key = path.split(".")
        text = _with_value(text, table, f"{key} = {value!r}".replace("'", '"'), key)
    return text


def _with_value(text: str, table: str, line: str, key: str) -> str:
    head = re.search(rf"^\[{table}\]\n", text, re.MULTILINE)
    if head is None:
        return f"{text.rstrip()}\n\n[{table}]\n{line}\n"
    end = re.compile(r"^\[", re.MULTILINE).search(text, head.end())
    body = text[head.end() : end.start() if end else len(text)]
    present = re.compile(rf"^{key} = .*$", re.MULTILINE)
    body = present.sub(line, body) if present.search(body) else _appended(body, line)
    return text[: head.end()] + body + (text[end.start() :] if end else "")


def _appended(body: str, line: str) -> str:
    kept = body.rstrip("\n")
    return f"{kept}\n{line}{body[len(kept) :]}" if kept else f"{line}\n{body}"


def write_values(folder: Path, by_file: Mapping[str, Mapping[str, float | str]]) -> None:
    """Set values in the scenario files of a folder, by scenario's name."""
    for name, values in by_file.items():
        path = folder / f"{name}.toml"
        path.write_text(with_values(path.read_text(encoding="utf-8"), values), encoding="utf-8")
