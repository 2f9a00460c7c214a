"""Runs that were never run: outcomes of designs by formula, with noise that pairs share, for tests of what follows."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from experiments.runs import Outcomes, Task
from simulation.metrics import METRICS

Rule = Callable[[str, str, str, int], tuple[float, float]]
"""Numerator and denominator of (metric, world, design, seed)."""


def noisy(effects: dict[str, float], *, common: float = 0.05, own: float = 0.005) -> Rule:
    """Every metric is .3, plus the design's effect, noise of the seed that all designs share, and noise of its own."""

    def rule(metric: str, world: str, design: str, seed: int) -> tuple[float, float]:
        shared = np.random.default_rng([seed, len(world)]).normal(0, common)
        alone = np.random.default_rng([seed, *map(ord, world + design)]).normal(0, own)
        value = 0.3 + shared + alone + effects.get(design, 0.0)
        return (100 * value, 100.0) if METRICS[metric].ratio else (value, 1.0)

    return rule


class MadeUpRuns:
    """Stands in for the workers, and keeps what was asked of them."""

    count = 1

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.tasks: list[Task] = []

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcomes]:
        """Yield the tasks' outcomes, last first: order must not matter."""
        for task in reversed(list(tasks)):
            self.tasks.append(task)
            parts = [
                [[self.rule(metric, task.world, design, task.seed) for metric in METRICS] for _ in task.windows]
                for design in task.designs
            ]
            yield Outcomes(task, np.array(parts, dtype=np.float64))
