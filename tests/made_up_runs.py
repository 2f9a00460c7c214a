"""Runs that were never run: outcomes of designs by formula, with noise that pairs share, for tests of what follows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from revorg.experiments.runs.pairs import Tally, Task, TaskResult
from revorg.simulation.metrics import METRICS

Rule = Callable[[str, str, int], float]
"""What every metric shows of (world, design, seed)."""

DENOMINATORS = np.array([100.0 if metric.ratio else 1.0 for metric in METRICS.values()])


def noisy(effects: Mapping[str, float], *, common: float = 0.05, own: float = 0.005) -> Rule:
    """Every metric is .3, plus the design's effect, noise of the seed that all designs share, and noise of its own."""

    def rule(world: str, design: str, seed: int) -> float:
        shared = np.random.default_rng([seed, len(world)]).normal(0, common)
        alone = np.random.default_rng([seed, *map(ord, world + design)]).normal(0, own)
        return float(0.3 + shared + alone + effects.get(design, 0.0))

    return rule


class MadeUpRuns:
    """Stands in for the workers, and keeps what was asked of them; a context manager as they are.

    Parameters
    ----------
    rule : function
    size : function
        By what factor a seed's runs are larger: numerators and denominators of ratios alike.
    under : dict of str to function
        Other rules in worlds in which something was changed, by its dotted path.
    among : dict of str to function
        Other rules of single windows or metrics, by their name; one of a metric goes before one of a window.
    """

    count = 1

    def __init__(
        self,
        rule: Rule,
        *,
        size: Callable[[int], float] = lambda seed: 1.0,
        under: Mapping[str, Rule] | None = None,
        among: Mapping[str, Rule] | None = None,
    ) -> None:
        self.rule, self.size, self.under, self.among = rule, size, dict(under or {}), dict(among or {})
        self.tasks: list[Task] = []
        self.tally = Tally()

    def __call__(self, count: int, *, fresh: bool = False) -> Self:
        """Be what is made of the class that it stands in for."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""

    def missing(self, tasks: Sequence[Task]) -> int:
        """Nothing is kept."""
        return sum(len(task.designs) for task in tasks)

    def run(self, tasks: Iterable[Task]) -> Iterator[TaskResult]:
        """Yield the tasks' outcomes, last first: order must not matter."""
        for task in reversed(list(tasks)):
            self.tasks.append(task)
            rule = next((self.under[path] for path in self.under if path in task.changes), self.rule)
            by_window = [self._values(task, self.among.get(window, rule)) for window in task.windows]
            values = np.repeat(np.array(by_window).T[..., None], len(METRICS), axis=-1)
            for place, metric in enumerate(METRICS):
                if metric in self.among:
                    values[..., place] = self._values(task, self.among[metric])[:, None]
            sizes = np.where(DENOMINATORS > 1, self.size(task.seed) * DENOMINATORS, DENOMINATORS)
            yield TaskResult(task, np.stack(np.broadcast_arrays(values * sizes, sizes), axis=-1))

    @staticmethod
    def _values(task: Task, rule: Rule) -> NDArray[np.float64]:
        return np.array([rule(task.world, design, task.seed) for design in task.designs])
