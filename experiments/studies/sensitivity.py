"""How much of an outcome's spread each varied parameter accounts for, by SALib."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from revorg.experiments.runs.jobs import DONE
from revorg.experiments.studies.points import ranges_of, sample_of
from revorg.experiments.studies.results import table_of
from revorg.experiments.studies.sampling import Floats, problem_of, salib
from revorg.experiments.studies.store import read_asked
from revorg.experiments.studies.study import Range, Sampling, Study
from revorg.simulation.errors import BadInput, known_name
from revorg.simulation.scenario import Scenario


def indices_of(ranges: Mapping[str, Range], sampling: Sampling, points: Floats, outcomes: Floats) -> pd.DataFrame:
    """Return what SALib makes of the outcomes of drawn points: one row a parameter, an interval beside each index.

    Sobol's points give first-order and total indices (``S1``, ``ST``), Morris's the mean and spread of elementary
    effects (``mu_star``, ``sigma``), a Latin hypercube the first-order ``S1`` (RBD-FAST).

    Raises
    ------
    BadInput
        When there is nothing to explain, or too few points to do so.
    """
    if np.ptp(outcomes) == 0:
        raise BadInput(f"the outcome is {outcomes[0]:g} at every point: there is nothing to explain")
    try:
        found = _analyzed(ranges, sampling, points, outcomes)
    except ValueError as fault:
        raise BadInput(f"SALib finds no indices; draw more points ({' '.join(str(fault).split())})") from None
    columns = {name: np.asarray(values) for name, values in found.items() if np.shape(values) == (len(ranges),)}
    return pd.DataFrame({"parameter": list(ranges)} | {n: v for n, v in columns.items() if n != "names"})


def _analyzed(ranges: Mapping[str, Range], sampling: Sampling, points: Floats, outcomes: Floats) -> dict[str, Any]:
    problem, seed = problem_of(ranges), sampling.seed
    match sampling.method:
        case "sobol":
            # SALib takes a seed of 0 for none, and intervals would differ from call to call.
            found = salib("analyze.sobol").analyze(problem, outcomes, calc_second_order=False, seed=seed + 1)
        case "morris":
            analyze = salib("analyze.morris").analyze
            found = analyze(problem, points, outcomes, num_levels=sampling.levels, seed=seed)
        case _:
            found = salib("analyze.rbd_fast").analyze(problem, points, outcomes, seed=seed)
    return dict(found)


def sensitivity(folder: str | Path, outcome: str) -> pd.DataFrame:
    """Return SALib's indices of an outcome with their intervals: one row a parameter, scenario and design.

    Outcomes are means over seeds. Sobol's points give ``S1`` and ``ST``, Morris's ``mu_star`` and ``sigma``, a Latin
    hypercube ``S1``; the half-width of an interval of 95 % stands beside each as ``…_conf``.

    Raises
    ------
    BadInput
        When the study drew no points, lists or was given others beside them, or lacks some of the runs, or some failed.
    """
    asked = read_asked(Path(folder))
    known_name(outcome, asked["study"]["outcomes"], f"outcome of {folder}", "study.json")
    study = Study(**asked["study"])
    scenario = Scenario.of(next(iter(asked["scenarios"].values())))
    if study.sampling is None:
        raise BadInput(f"{folder}: its points were not drawn; indices need [sampling]")
    sample, ranges = sample_of(study, scenario), ranges_of(study, scenario)
    frame = table_of(folder)
    if failed := int((frame["status"] != DONE).sum()):
        raise BadInput(f"{folder}: {failed} of {len(frame)} runs failed, and indices need all of them")
    groups = [name for name in (*asked["uncertainties"], *asked["levers"]) if name not in ranges]
    found = []
    parts: Any = frame.groupby(groups, sort=False) if groups else [((), frame)]
    for names, runs in parts:
        indices = indices_of(ranges, study.sampling, sample.to_numpy(float), _on_sample(runs, sample, outcome))
        for place, name in enumerate(groups):
            indices.insert(place, name, names[place])
        found.append(indices)
    return pd.concat(found, ignore_index=True)


def _on_sample(runs: pd.DataFrame, sample: pd.DataFrame, outcome: str) -> NDArray[np.float64]:
    """Return the outcome's mean over seeds at every drawn point, in the order of drawing."""
    means = runs.groupby(list(sample.columns), sort=False)[outcome].mean().rename("outcome").reset_index()
    values = sample.merge(means, on=list(sample.columns), how="left")["outcome"].to_numpy(dtype=float)
    if np.isnan(values).any():
        empty = int(np.isnan(values).sum())
        raise BadInput(f"{outcome}: {empty} of {len(values)} drawn points have no value; finish the sweep")
    return values
