"""What a study's folder holds, read for analysis: it needs the folder and nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from revorg.experiments.runs.jobs import DONE
from revorg.experiments.studies.differences import OWN
from revorg.experiments.studies.parquet import Damaged, read_folder
from revorg.experiments.studies.store import ASKED, RUNS, WEEKS, read_asked
from revorg.simulation.errors import BadInput

MODEL = "revorg"
NAMES = ("scenario", "design")
AGAIN = "start the sweep again to make its runs"


class Experiments(NamedTuple):
    """EMA Workbench's shape: what was varied, one row a run, and one array of results a name."""

    experiments: pd.DataFrame
    outcomes: dict[str, NDArray[Any]]


def table_of(folder: str | Path, *, partial: bool = False) -> pd.DataFrame:
    """Return the table of runs of a study's folder, in the order of what was varied and of seeds.

    Parameters
    ----------
    folder : path
    partial : bool
        Return what is sound of a study that is not finished, or in which something is damaged.

    Raises
    ------
    BadInput
        When it is no study's folder, runs are missing, or a file is not as the sweep wrote it.
    """
    asked = read_asked(Path(folder))
    frame = _read(Path(folder) / RUNS, ["run"], partial)
    _check_runs(frame, asked, folder, partial)
    if not len(frame):
        return frame
    order = [*_levels(frame, asked), "seed"]
    _check_levels(frame, asked, order, folder)
    return frame.sort_values(order, kind="stable", ignore_index=True).astype(dict.fromkeys(NAMES, str))


def weeks_of(folder: str | Path, *, partial: bool = False) -> pd.DataFrame:
    """Return the weekly series of a study's folder: one row a run and week.

    Parameters
    ----------
    folder : path
    partial : bool
        As for :func:`table_of`.

    Raises
    ------
    BadInput
        When it is no study's folder, keeps no weekly series, or as :func:`table_of`.
    """
    asked = read_asked(Path(folder))
    if not asked["study"]["weekly"]:
        raise BadInput(f"{folder}: keeps no weekly series; set weekly = true in the study")
    runs = table_of(folder, partial=partial)
    weeks = _read(Path(folder) / WEEKS, ["run", "week"], partial)
    done = set(runs.loc[runs["status"] == DONE, "run"]) if len(runs) else set()
    missing = done - set(weeks["run"]) if len(weeks) else done
    if missing and not partial:
        raise BadInput(f"{folder}: {len(missing)} of {len(done)} runs have no weekly series; {AGAIN}")
    if not len(weeks):
        return weeks
    return weeks[weeks["run"].isin(done)].sort_values(["run", "week"], ignore_index=True)


def to_ema(folder: str | Path, *, average: bool = False, partial: bool = False) -> Experiments:
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
    partial : bool
        As for :func:`table_of`.

    Raises
    ------
    BadInput
        As :func:`table_of`, and when no run is finished.
    """
    asked, frame = read_asked(Path(folder)), table_of(folder, partial=partial)
    if not len(frame):
        raise BadInput(f"{folder}: no run is finished")
    frame = frame[frame["status"] == DONE].reset_index(drop=True)
    weeks = weeks_of(folder, partial=partial) if asked["study"]["weekly"] else None
    if weeks is not None:
        frame = frame[frame["run"].isin(weeks["run"])].reset_index(drop=True)
    outcomes = {name: frame[name].to_numpy(dtype=float) for name in asked["study"]["outcomes"]}
    if weeks is not None:
        outcomes |= _series(weeks, frame["run"])
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


def _read(folder: Path, key: list[str], partial: bool) -> pd.DataFrame:
    """Return a table's rows, each key once: a merge that was interrupted leaves the same rows in two files."""
    try:
        table = read_folder(folder, partial=partial)
    except Damaged as fault:
        raise BadInput(f"{fault}; {AGAIN}") from None
    if table is None:
        return pd.DataFrame()
    if missing := set(key) - set(table.column_names):
        raise BadInput(f"{folder}: has no column {min(missing)}; it was not written by a sweep")
    frame: pd.DataFrame = table.to_pandas()
    return frame.drop_duplicates(key, ignore_index=True)


def _check_runs(frame: pd.DataFrame, asked: Mapping[str, Any], folder: str | Path, partial: bool) -> None:
    """Refuse a table with fewer runs than the study has, unless it is asked for, or with more."""
    found, wanted = len(frame), asked["runs"]
    if found > wanted:
        raise BadInput(f"{folder}: holds {found} runs, and its study has {wanted}: some are of another study")
    if found < wanted and not partial:
        raise BadInput(
            f"{folder}: {wanted - found} of {wanted} runs are missing; {AGAIN}, or read what is there by partial=True"
        )


def _check_levels(frame: pd.DataFrame, asked: Mapping[str, Any], order: list[str], folder: str | Path) -> None:
    """Refuse runs that the study did not ask for."""
    columns = {"run", "status", "error", *order, *asked["study"]["outcomes"]}
    strange = (
        set(frame.columns) != columns
        or not set(frame["seed"]) <= set(asked["study"]["seeds"])
        or frame[order].isna().any(axis=None)
        or frame.duplicated(order).any()
    )
    if strange:
        raise BadInput(f"{Path(folder) / RUNS}: holds runs that the study in {ASKED} did not ask for")


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
