"""What runs have measured, filed by world, design, window and seed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from experiments.claims import Term
from experiments.tasks import Outcomes
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
