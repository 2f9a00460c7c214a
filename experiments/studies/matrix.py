"""A design matrix: points from a CSV or Parquet file, one column a dotted path, one row a point."""

import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pandas as pd
from pyarrow.parquet import ParquetFile

from revorg.experiments.studies.study import MOST_POINTS
from revorg.simulation.errors import BadInput, few, shown

WORDS = {"true": True, "false": False}


def read_matrix(path: Path) -> pd.DataFrame:
    """Return the points of a file, each cell as what it says: a number, true or false, a name, or None when empty.

    Raises
    ------
    BadInput
        When there is no such file, or it is no table with one name a column and one cell a column in each row.
    """
    read = _read_parquet if path.suffix.lower() in (".parquet", ".pq") else _read_csv
    try:
        frame = read(path)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such design matrix") from None
    except BadInput:
        raise
    except (OSError, ValueError, csv.Error) as fault:
        reason = " ".join(str(fault).split())
        raise BadInput(f"{path}: cannot be read as a table: {reason[:200]}") from None
    columns = [str(column) for column in frame.columns]
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:
        raise BadInput(f"{path}: column {twice[0]} stands there twice")
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    rows = ParquetFile(path).metadata.num_rows
    if rows > MOST_POINTS:
        raise ValueError(f"it has {rows:,} rows, more than {MOST_POINTS:,}")
    frame = pd.read_parquet(path)
    return frame.astype(object).where(frame.notna(), None)


def _read_csv(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = _records(file)
    _check_separator(path, header)
    faults = [
        f"{path} row {number}: {len(row)} cells, and there are {len(header)} columns (numbers have a point, 0.5)"
        for number, row in enumerate(rows, start=1)
        if len(row) != len(header)
    ]
    if faults:
        raise BadInput(few(faults))
    return pd.DataFrame([[_said(cell) for cell in row] for row in rows], columns=header, dtype=object)


def _records(file: TextIO) -> list[list[str]]:
    """Return the rows that say something, the header first."""
    rows = ([cell.strip() for cell in row] for row in csv.reader(file, strict=True))
    filled = list(islice((row for row in rows if row not in ([], [""])), MOST_POINTS + 2))
    if not filled:
        raise ValueError("it is empty")
    if len(filled) > MOST_POINTS + 1:
        raise ValueError(f"it has more than {MOST_POINTS:,} rows")
    return filled


def _check_separator(path: Path, header: Sequence[str]) -> None:
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if any(mark in column for column in header):
            raise BadInput(f"{path}: its columns are separated by {name}; write commas between them (and points in "
                           f"numbers, 0.5): the first line is {shown(','.join(header))}")  # fmt: skip


def _said(cell: str) -> Any:
    """Return what a cell says."""
    if cell.lower() in WORDS:
        return WORDS[cell.lower()]
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell or None
