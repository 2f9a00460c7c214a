"""Points drawn from ranges, and what an output's variance owes to each range, by SALib."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.study import Range, Sampling
from simulation.errors import BadInput

Floats = NDArray[np.float64]


def salib(module: str) -> Any:
    """Return a module of SALib, which the extra ``discovery`` brings.

    Raises
    ------
    BadInput
        When it is not installed.
    """
    try:
        return import_module(f"SALib.{module}")
    except ImportError:
        raise BadInput("drawing points needs SALib: pip install 'revorg[discovery]'") from None


def problem_of(ranges: Mapping[str, Range]) -> dict[str, Any]:
    """Return the ranges as SALib takes them."""
    bounds = [[stretch.low, stretch.high] for stretch in ranges.values()]
    return {"num_vars": len(ranges), "names": list(ranges), "bounds": bounds}


def drawn(ranges: Mapping[str, Range], sampling: Sampling) -> pd.DataFrame:
    """Draw points, one row each, in the order in which SALib wants to see their outcomes."""
    problem, seed, count = problem_of(ranges), sampling.seed, sampling.points
    match sampling.method:
        case "sobol":
            values = salib("sample.sobol").sample(problem, count, calc_second_order=False, seed=seed)
        case "morris":
            values = salib("sample.morris").sample(problem, count, num_levels=sampling.levels, seed=seed)
        case _:
            values = salib("sample.latin").sample(problem, count, seed=seed)
    return pd.DataFrame(values, columns=list(ranges))


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
            found = salib("analyze.sobol").analyze(problem, outcomes, calc_second_order=False, seed=seed)
        case "morris":
            analyze = salib("analyze.morris").analyze
            found = analyze(problem, points, outcomes, num_levels=sampling.levels, seed=seed)
        case _:
            found = salib("analyze.rbd_fast").analyze(problem, points, outcomes, seed=seed)
    return dict(found)
