"""What a study's folder holds, read for analysis: it needs the folder and nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from revorg.experiments.runs.jobs import DONE
from revorg.experiments.studies.store import RUNS, WEEKS, read_asked
from revorg.simulation.errors import BadInput

MODEL = "revorg"


class Experiments(NamedTuple):
    """EMA Workbench's shape: what was varied, one row a run, and one array of results a name."""

    experiments: pd.DataFrame
    outcomes: dict[str, NDArray[Any]]


def table_of(folder: str | Path) -> pd.DataFrame:
    """Return the table of runs of a study's folder, in the order of what was varied and of seeds.

    Raises
    ------
    BadInput
        When it is no study's folder.
    """
    asked = read_asked(Path(folder))
    frame = _read(Path(folder) / RUNS)
    order = [*_levels(frame, asked), "seed"]
    if not len(frame):
        return frame
    names = {name: str for name in ("scenario", "design") if name in frame}
    return frame.sort_values(order, kind="stable", ignore_index=True).astype(names)


def weeks_of(folder: str | Path) -> pd.DataFrame:
    """Return the weekly series of a study's folder: one row a run and week.

    Raises
    ------
    BadInput
        When it is no study's folder, or keeps no weekly series.
    """
    read_asked(Path(folder))
    if not (Path(folder) / WEEKS).is_dir():
        raise BadInput(f"{folder}: keeps no weekly series; set weekly = true in the study")
    return _read(Path(folder) / WEEKS).sort_values(["run", "week"], ignore_index=True)


def to_ema(folder: str | Path) -> Experiments:
    """Return the runs that did not fail in EMA Workbench's shape: an experiments frame and a dict of arrays.

    The frame has every uncertainty and lever under its dotted path, and EMA's columns ``scenario`` (the world: base
    scenario and uncertainties), ``policy`` (design and levers) and ``model``; ``seed`` beside them. Outcomes are
    arrays of shape (runs,), weekly series, where they are kept, of shape (runs, weeks) under ``weekly.NAME``.

    Raises
    ------
    BadInput
        When it is no study's folder.
    """
    asked, frame = read_asked(Path(folder)), table_of(folder)
    frame = frame[frame["status"] == DONE].reset_index(drop=True)
    uncertain = [column for column in asked["uncertainties"] if column != "scenario"]
    levers = [column for column in asked["levers"] if column != "design"]
    experiments = frame[[*uncertain, *levers, "seed"]].copy()
    experiments["scenario"] = _numbered(frame, asked["uncertainties"])
    experiments["policy"] = _numbered(frame, asked["levers"])
    experiments["model"] = MODEL
    outcomes = {name: frame[name].to_numpy(dtype=float) for name in asked["study"]["outcomes"]}
    if (Path(folder) / WEEKS).is_dir():
        outcomes |= _series(weeks_of(folder), frame["run"])
    return Experiments(experiments, outcomes)


def _read(folder: Path) -> pd.DataFrame:
    parts = sorted(folder.glob("*.parquet"))
    return pa.concat_tables([pq.read_table(part) for part in parts]).to_pandas() if parts else pd.DataFrame()


def _levels(frame: pd.DataFrame, asked: Mapping[str, Any]) -> list[str]:
    """Make scenarios and designs sort as the study names them; return the varied columns."""
    design_names = [design["name"] for design in asked["study"]["designs"]]
    for column, names in (("scenario", asked["study"]["scenarios"]), ("design", design_names)):
        if column in frame:
            frame[column] = pd.Categorical(frame[column], names)
    columns = [*asked["uncertainties"], *asked["levers"]]
    first = [name for name in ("scenario", "design") if name in columns]
    return first + [name for name in columns if name not in first]


def _numbered(frame: pd.DataFrame, columns: list[str]) -> NDArray[np.int64]:
    """Number the different combinations of some columns, in order of appearance."""
    if not columns:
        return np.zeros(len(frame), dtype=np.int64)
    return np.asarray(frame.groupby(columns, sort=False, observed=True).ngroup(), dtype=np.int64)


def _series(weeks: pd.DataFrame, runs: pd.Series) -> dict[str, NDArray[Any]]:
    columns = [column for column in weeks if column not in ("run", "week")]
    wide = {name: weeks.pivot(index="run", columns="week", values=name).loc[runs].to_numpy() for name in columns}
    return {f"weekly.{name}": values for name, values in wide.items()}
