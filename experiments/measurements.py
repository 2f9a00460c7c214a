"""What runs have measured, filed by world, design, window and seed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.registry import Term
from experiments.runs import Outcomes
from simulation.metrics import METRICS

Arm = tuple[str, str]  # world, design
Place = tuple[str, str, str]  # world, design, window

_COLUMN = {metric: column for column, metric in enumerate(METRICS)}


@dataclass
class Measurements:
    """Numerators and denominators of every outcome of every run so far."""

    _parts: dict[Place, dict[int, NDArray[np.float64]]] = field(default_factory=dict)

    def add(self, outcomes: Outcomes) -> None:
        """File what came of one task; order does not matter."""
        task = outcomes.task
        for design, by_window in zip(task.designs, outcomes.parts, strict=True):
            for window, parts in zip(task.windows, by_window, strict=True):
                self._parts.setdefault((task.world, design, window), {})[task.seed] = parts

    def has(self, place: Place, seed: int) -> bool:
        """Whether a run has been measured."""
        return seed in self._parts.get(place, {})

    def seeds(self, places: Iterable[Place]) -> list[int]:
        """Return the seeds that all of these have in common, in order."""
        common = [set(self._parts.get(place, {})) for place in places]
        return sorted(set.intersection(*common)) if common else []

    def parts(
        self, metric: str, terms: Sequence[Term], seeds: Sequence[int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return numerators and denominators of a metric, each of shape (terms, seeds)."""
        rows = [self._parts[term.world, term.design, term.window] for term in terms]
        block = np.array([[row[seed][_COLUMN[metric]] for seed in seeds] for row in rows])
        return block[..., 0], block[..., 1]

    def frame(self) -> pd.DataFrame:
        """Return one row a run, window and metric, with numerator and denominator."""
        rows = [
            (*place, seed, metric, *parts[column])
            for place, by_seed in sorted(self._parts.items())
            for seed, parts in sorted(by_seed.items())
            for metric, column in _COLUMN.items()
        ]
        names = ["world", "design", "window", "seed", "metric", "numerator", "denominator"]
        return pd.DataFrame(rows, columns=names)
