"""Studies whose runs were never run: numbers by formula, written by the store, for tests of what reads them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from revorg.experiments.runs.jobs import Chunk, ChunkResult, RunOptions, RunResult
from revorg.experiments.studies.plan import Plan
from revorg.experiments.studies.store import Store
from revorg.experiments.studies.study import Study
from revorg.experiments.studies.sweeps import rows_of, weeks_of
from revorg.simulation.metrics import METRICS

DESIGNS = ("cso:executor", "cro:strategist")
LOSS, TERM, EXPANSION = "customers.champion_loss_per_year", "customers.term_weeks", "levers.expansion"
SEEDS = (7, 3)
METRIC = list(METRICS).index("arr_growth")
WEEKS = 3

Made = Callable[[Mapping[Any, Any], int], float]
"""What arr_growth is at a point (with scenario and design) and a seed."""


def grid(**given: Any) -> Study:
    """Return a study of two worlds, two designs, two uncertainties, one lever and two seeds, weekly series kept."""
    return Study(**{
        "scenarios": ["simple-single", "complex-multi"], "designs": DESIGNS, "seeds": SEEDS, "weekly": ["arr", "leads"],
        "uncertainties": {LOSS: [0.4, 0.1], TERM: [52, 26]}, "levers": {EXPANSION: [True, False]},
        "outcomes": ["win_rate", "arr_growth"], **given,
    })  # fmt: skip


def value(point: Mapping[Any, Any], seed: int) -> float:
    """Return a number from which point, design, world and seed can all be read off."""
    world = 10 * (point["scenario"] == "complex-multi") + 5 * (point["design"] == "cro:strategist")
    return float(1000 * world + 100 * point[LOSS] + point[TERM] + 0.5 * point[EXPANSION] + 0.01 * seed)


def finished(plan: Plan, made: Made, *, fails: Callable[[str], bool] = lambda run: False) -> Iterator[Any]:
    """Yield every unit of a plan with what came of it, the last first: order must not matter."""
    for unit in reversed(list(plan.units())):
        ran = []
        for arm in unit.arms:
            parts = np.zeros((1, len(METRICS), 2))
            found = made(dict(zip(plan.columns, arm.label, strict=True)), unit.seed)
            parts[0, METRIC] = 2 * found, 2
            weeks = np.array([[found + 0.001 * week, -week] for week in range(WEEKS)])
            failed = RunResult.failed(1, "ValueError: made to fail")
            ran.append(failed if fails(arm.run) else RunResult(parts, weeks=weeks))
        chunk = Chunk(RunOptions(weekly=plan.study.kept_weekly), (unit,))
        yield chunk, ChunkResult(tuple(ran), 1.0)


def written(study: Study, folder: Path, made: Made = value, **settings: Any) -> Plan:
    """Write a study's runs in three parts."""
    plan = Plan.of(study)
    reports = list(finished(plan, made, **settings))
    with Store(folder, plan, pytest.fail) as store:
        for some in filter(None, (reports[first::3] for first in range(3))):
            store.write(rows_of(plan, some), weeks_of(plan, some))
    return plan
