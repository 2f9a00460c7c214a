"""Points drawn from ranges, and what an output's variance owes to each range, by SALib."""

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


def sample_points(ranges: Mapping[str, Range], sampling: Sampling) -> pd.DataFrame:
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
