"""Points drawn from ranges, and what an output's variance owes to each range, by SALib."""

import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from revorg.experiments.studies.study import Range, Sampling
from revorg.simulation.errors import BadInput

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


def sample_size(sampling: Sampling, ranges: int) -> int:
    """Return how many points are drawn from so many ranges, doubles included."""
    runs_a_point = {"sobol": ranges + 2, "morris": ranges + 1}
    return sampling.points * runs_a_point.get(sampling.method, 1)


def size_told(sampling: Sampling, ranges: int) -> str:
    """Say how many points that makes.

    >>> size_told(Sampling(method="sobol", points=100), ranges=3)
    'sobol: 100 base points × (3 ranges + 2) = 500 points; 100 is no power of 2, take 64 or 128 for even cover'
    """
    size = f"{sample_size(sampling, ranges):,} points"
    match sampling.method:
        case "sobol":
            below = 1 << (sampling.points.bit_length() - 1)
            hint = f"; {sampling.points} is no power of 2, take {below} or {2 * below} for even cover"
            told = f"sobol: {sampling.points:,} base points × ({ranges} ranges + 2) = {size}"
            return told + hint * (below != sampling.points)
        case "morris":
            return f"morris: {sampling.points:,} trajectories × ({ranges} ranges + 1) = {size}"
    return f"{sampling.method}: {size}"


def sample_points(ranges: Mapping[str, Range], sampling: Sampling) -> pd.DataFrame:
    """Draw points, one row each, in the order in which SALib wants to see their outcomes."""
    problem = problem_of(ranges)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # no power of 2: `size_told` says it in our own words
        values = _sampled(problem, sampling)
    return pd.DataFrame(values, columns=list(ranges))


def _sampled(problem: dict[str, Any], sampling: Sampling) -> Floats:
    seed, count = sampling.seed, sampling.points
    match sampling.method:
        case "sobol":
            values = salib("sample.sobol").sample(problem, count, calc_second_order=False, seed=seed)
        case "morris":
            values = salib("sample.morris").sample(problem, count, num_levels=sampling.levels, seed=seed)
        case _:
            values = salib("sample.latin").sample(problem, count, seed=seed)
    return np.asarray(values, dtype=float)
