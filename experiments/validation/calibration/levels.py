"""Level numbers: those of the model that published figures pin, fitted so that all patterns hold at once.

Least squares over the patterns' misses, on paired seeds, by SciPy's dogleg. What a warm-up begins with is fitted
along, so that every world arrives at its start; at the end the starts are solved for by the model's own solver.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import log

import numpy as np
from scipy.optimize import least_squares

from revorg.experiments.analysis.contrasts import Floats
from revorg.experiments.validation.pattern_sums import QUANTITIES, Pooled, run_jobs
from revorg.experiments.validation.patterns import COMPLEX, CORE, PATTERNS, SIMPLE
from revorg.simulation.scenario import Scenario
from revorg.simulation.start import wanted_state

BEGINNING = "market.initial_customers_share"
EVERYWHERE = (
    "sales.agreement_logit", "sales.competitor_logit", "customers.disposition_b", "finance.marketing_share",
    "finance.quits_per_year",
)  # fmt: skip
BY_COLUMN = (
    "demand.lead_hazard_per_week", "sales.deal_hours", "sales.pace_weeks", "customers.expansion_per_week",
)  # fmt: skip
BY_WORLD = ("finance.target_use", "sales.capacity_limit")
"""Where demand swings more, as on one channel, fewer of the same hours are used and more leads left lying."""
COMPLEX_ALONE = ("customers.product_potential",)
"""One product has no potential of further products."""
STEP = 0.05  # of a finite difference: a share of the value, or of a logit's plausible range
NEEDED_WEIGHT = 2.0
START_TOLERANCE = 0.05


@dataclass(frozen=True)
class Level:
    """One number that is fitted, in the worlds that share it.

    Attributes
    ----------
    low, high : float
        The plausible range, which it does not leave.
    """

    path: str
    worlds: tuple[str, ...]
    low: float
    high: float

    @property
    def is_log(self) -> bool:
        """Whether it moves by factors."""
        return self.low > 0.0

    def inner(self, value: float) -> float:
        """Return a value on the scale on which it is fitted."""
        return log(value) if self.is_log else value

    def outer(self, inner: float) -> float:
        """Undo `inner`."""
        return float(np.exp(inner)) if self.is_log else float(inner)

    @property
    def step(self) -> float:
        """Step of a finite difference, on the inner scale."""
        return STEP if self.is_log else STEP * (self.high - self.low)


Worlds = Mapping[str, Scenario]


def levels_of(worlds: Worlds) -> list[Level]:
    """Return what is fitted: numbers of all worlds, of a column of them, and what each begins with."""
    ranges = {row.path: row.plausible for row in worlds[CORE[0]].parameters()}
    shared: list[tuple[str, tuple[str, ...]]] = [(path, CORE) for path in EVERYWHERE]
    shared += [(path, column) for column in (SIMPLE, COMPLEX) for path in BY_COLUMN]
    shared += [(path, COMPLEX) for path in COMPLEX_ALONE]
    shared += [(path, (name,)) for name in CORE for path in BY_WORLD]
    found = []
    for path, names in shared:
        limits = ranges[path]
        assert limits is not None  # `parameter` sees to it
        found.append(Level(path, names, *limits))
    return found + [Level(BEGINNING, (name,), 1e-4, 0.3) for name in worlds]


def present(worlds: Worlds, levels: Sequence[Level]) -> Floats:
    """Return where worlds stand, on the inner scales."""
    return np.array([level.inner(_value(worlds[level.worlds[0]], level.path)) for level in levels])


def _value(world: Scenario, path: str) -> float:
    table, key = path.split(".")
    return float(getattr(getattr(world, table), key))


def placed(worlds: Worlds, levels: Sequence[Level], point: Floats) -> dict[str, Scenario]:
    """Return the worlds with the numbers of a point."""
    settings: dict[str, dict[str, float]] = {name: {} for name in worlds}
    for level, inner in zip(levels, point, strict=True):
        for name in level.worlds:
            settings[name][level.path] = level.outer(inner)
    return {name: world.changed(settings[name]) for name, world in worlds.items()}


def misses(sums: Mapping[str, Floats], worlds: Worlds) -> Floats:
    """Return what is made small: distances of patterns from the middles of their ranges, and of starts.

    In half-ranges to the power of 1.5, so that a bad miss of one range is worse than small ones of many; ranges of one
    row share its weight, but those of a needed row count in full.
    """
    pooled, found = Pooled(sums), []
    for pattern in PATTERNS:
        weight = NEEDED_WEIGHT if pattern.needed else len(pattern.entries) ** -0.5
        for entry in pattern.entries:
            away = (entry.read(pooled) - 0.5 * (entry.low + entry.high)) / (0.5 * (entry.high - entry.low))
            found.append(weight * np.sign(away) * min(abs(away), 5.0) ** 1.5 if np.isfinite(away) else 0.0)
    for name, world in worlds.items():
        reached = pooled.ratio(name, "customers_first", "runs")
        found.append(log(max(reached, 0.1) / wanted_state(world)["customers"]) / START_TOLERANCE)
    return np.array(found)


class Fit:
    """Runs of the worlds around a point, in as few batches as there are.

    Parameters
    ----------
    worlds
        Name to world, as they stand.
    seeds
        The same at every point.
    """

    def __init__(self, worlds: Worlds, seeds: Sequence[int], pool: Executor | None) -> None:
        self.worlds, self.seeds, self.pool = worlds, seeds, pool
        self.levels = levels_of(worlds)
        self._sums: dict[bytes, dict[str, Floats]] = {}

    def run(self, points: Sequence[tuple[Floats, tuple[str, ...]]]) -> list[dict[str, Floats]]:
        """Return the sums of some worlds at each point."""
        jobs = [
            (placed(self.worlds, self.levels, point)[name], seed)
            for point, names in points for name in names for seed in self.seeds
        ]  # fmt: skip
        found = iter(run_jobs(jobs, self.pool).reshape(-1, len(self.seeds), len(QUANTITIES)).sum(axis=1))
        return [{name: next(found) for name in names} for _, names in points]

    def at(self, point: Floats) -> dict[str, Floats]:
        """Return the sums of all worlds at a point; those of the last points are kept."""
        key = point.tobytes()
        if key not in self._sums:
            (self._sums[key],) = self.run([(point, tuple(self.worlds))])
        return self._sums[key]

    def residuals(self, point: Floats) -> Floats:
        """Return the misses at a point."""
        return misses(self.at(point), self.worlds)

    def slopes(self, point: Floats) -> Floats:
        """Return the misses' derivatives; a number is tried in the worlds that have it."""
        here, base = self.at(point), self.residuals(point)
        steps = [np.eye(len(point))[k] * level.step for k, level in enumerate(self.levels)]
        moved = self.run([(point + step, level.worlds) for step, level in zip(steps, self.levels, strict=True)])
        columns = [
            (misses({**here, **sums}, self.worlds) - base) / level.step
            for sums, level in zip(moved, self.levels, strict=True)
        ]
        return np.array(columns).T

    def solve(self, rounds: int) -> dict[str, Scenario]:
        """Return the worlds as they fit best, after at most some rounds; as they are after none."""
        if rounds == 0:
            return dict(self.worlds)
        low = np.array([level.inner(level.low) for level in self.levels])
        high = np.array([level.inner(level.high) for level in self.levels])
        start = np.clip(present(self.worlds, self.levels), low + 1e-9, high - 1e-9)
        found = least_squares(
            self.residuals, start, jac=self.slopes, bounds=(low, high), method="dogbox", max_nfev=rounds, x_scale=1.0
        )
        return placed(self.worlds, self.levels, found.x)
