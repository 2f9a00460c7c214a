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
from revorg.experiments.studies.differences import OWN
from revorg.experiments.studies.store import RUNS, WEEKS, read_asked
from revorg.simulation.errors import BadInput

MODEL = "revorg"
NAMES = ("scenario", "design")


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
    return frame.sort_values(order, kind="stable", ignore_index=True).astype(dict.fromkeys(NAMES, str))


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


def to_ema(folder: str | Path, *, average: bool = False) -> Experiments:
    """Return the runs that did not fail in EMA Workbench's shape: an experiments frame and a dict of arrays.

    The frame has every uncertainty and lever under its dotted path; what is no number is a category, as are ``world``
    (the base scenario) and ``design``. Beside them stand EMA's columns: ``scenario`` numbers worlds and their
    uncertainties, ``policy`` names designs and their levers, ``model``. Seeds are replications and no uncertainty:
    a point has as many rows as seeds. Outcomes are arrays of shape (rows,), weekly series, where they are kept, of
    shape (rows, weeks) under ``weekly.NAME``.

    Parameters
    ----------
    folder : path
    average : bool
        Return one row a point, with means over its seeds (of those in which there was something to measure).

    Raises
    ------
    BadInput
        When it is no study's folder.
    """
    asked, frame = read_asked(Path(folder)), table_of(folder)
    frame = frame[frame["status"] == DONE].reset_index(drop=True)
    outcomes = {name: frame[name].to_numpy(dtype=float) for name in asked["study"]["outcomes"]}
    if (Path(folder) / WEEKS).is_dir():
        outcomes |= _series(weeks_of(folder), frame["run"])
    found = Experiments(_experiments(frame, asked), outcomes)
    return _averaged(found) if average else found


def _experiments(frame: pd.DataFrame, asked: Mapping[str, Any]) -> pd.DataFrame:
    uncertain, levers = ([path for path in asked[kind] if path not in NAMES] for kind in ("uncertainties", "levers"))
    experiments = frame[["scenario", *uncertain, "design", *levers]].rename(columns={"scenario": "world"})
    policy = frame["design"]
    for path in levers:
        policy = policy + f", {path}=" + frame[path].astype(str)
    experiments = experiments.assign(scenario=_numbered(frame, asked["uncertainties"]), policy=policy, model=MODEL)
    return experiments.astype(dict.fromkeys(experiments.select_dtypes(exclude=np.number), "category"))


def _averaged(found: Experiments) -> Experiments:
    """Return one row a scenario and policy."""
    rows = found.experiments
    point = rows.groupby(["scenario", "policy"], sort=False, observed=True).ngroup()
    means = {
        name: pd.DataFrame(values).groupby(point.to_numpy()).mean().to_numpy().reshape(-1, *values.shape[1:])
        for name, values in found.outcomes.items()
    }
    return Experiments(rows[~point.duplicated()].reset_index(drop=True), means)


def _read(folder: Path) -> pd.DataFrame:
    parts = sorted(folder.glob("*.parquet"))
    return pa.concat_tables([pq.read_table(part) for part in parts]).to_pandas() if parts else pd.DataFrame()


def _levels(frame: pd.DataFrame, asked: Mapping[str, Any]) -> list[str]:
    """Make scenarios and designs sort as the study names them; return the varied columns."""
    design_names = [design["name"] for design in asked["study"]["designs"]] or [OWN]
    for column, names in (("scenario", asked["study"]["scenarios"]), ("design", design_names)):
        if column in frame:
            frame[column] = pd.Categorical(frame[column], names)
    return [*NAMES, *(name for name in (*asked["uncertainties"], *asked["levers"]) if name not in NAMES)]


def _numbered(frame: pd.DataFrame, columns: list[str]) -> NDArray[np.int64]:
    """Number the different combinations of some columns, in order of appearance."""
    if not columns:
        return np.zeros(len(frame), dtype=np.int64)
    return np.asarray(frame.groupby(columns, sort=False, observed=True).ngroup(), dtype=np.int64)


def _series(weeks: pd.DataFrame, runs: pd.Series) -> dict[str, NDArray[Any]]:
    columns = [column for column in weeks if column not in ("run", "week")]
    wide = {name: weeks.pivot(index="run", columns="week", values=name).loc[runs].to_numpy() for name in columns}
    return {f"weekly.{name}": values for name, values in wide.items()}
