"""How far the patterns narrow each uncertain parameter: history matching with an emulator.

The uncertain parameters are drawn from their plausible ranges (Sobol points), the core worlds run at each point, and
every pattern is emulated as a ridge regression on the parameters and their squares. Where a parameter differs between
the simple and the complex worlds it is two: one a column. Random walks then explore what the emulators do not rule out
by the very rule by which the patterns accept a set. What survives, against what was drawn, says how far a parameter is
pinned; nothing here reads a claim, a seat or a leader contrast.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, fields
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from revorg.experiments.analysis.contrasts import Floats
from revorg.experiments.runs.machine import cache_folder
from revorg.experiments.validation.pattern_sums import Job, run_jobs
from revorg.experiments.validation.patterns import (
    COMPLEX,
    CORE,
    PATTERNS,
    ROWS_THAT_MAY_FAIL,
    SIMPLE,
    WORST_MISS,
    values_of,
)
from revorg.scenarios.loading import load
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.scenario import Scenario

SCREENED = 2**14
WALKS, DESCENT, WANDER = 400, 700, 600
FIRST_SEED = 10_000  # far from the seeds on which the patterns are reported
LEAST_MEASURED = 0.8  # of the points; patterns measured at fewer are not emulated
GROWTH_ROW = 15

Key = tuple[int, int]  # a row's number and the place of one of its ranges
Guesses = Mapping[Key, Floats]


@dataclass(frozen=True)
class Dimension:
    """One thing that is drawn: a parameter in all core worlds, or in one column of them.

    Attributes
    ----------
    worlds : tuple of str
        Where it applies.
    low, high : float
        Its plausible range.
    """

    path: str
    worlds: tuple[str, ...]
    low: float
    high: float
    whole: bool

    @property
    def label(self) -> str:
        """The path, with the column where only one is meant."""
        return self.path if len(self.worlds) == len(CORE) else f"{self.path} ({self.worlds[0].split('-')[0]})"

    def value(self, share: float) -> float | int:
        """Return the value at a share of the range."""
        value = self.low + share * (self.high - self.low)
        return round(value) if self.whole else value


@dataclass(frozen=True)
class Pinned:
    """What became of one parameter.

    Attributes
    ----------
    low, high : float
        Its plausible range.
    first, last : float
        5th and 95th percentile of what survives.
    kept : float
        Their distance over that of what was drawn: 1 = the patterns say nothing.
    """

    label: str
    low: float
    high: float
    first: float
    last: float
    kept: float


@dataclass(frozen=True)
class Narrowing:
    """The outcome of history matching.

    Attributes
    ----------
    first, second : int
        Points of the two waves.
    accepted : int
        Points of the second wave that passed as they were run, on one seed each.
    survivors : int
        Walks that found the region which is not ruled out; percentiles are over these.
    share : float
        Of the plausible ranges' volume, what is not ruled out; 0 = fewer than one in 16,384.
    explained : float
        Median over the patterns of the emulators' R² on points left out.
    explainable : float
        The like of what any emulator could explain: the chance of single seeds is the rest.
    """

    first: int
    second: int
    accepted: int
    survivors: int
    share: float
    explained: float
    explainable: float
    parameters: tuple[Pinned, ...]


def dimensions() -> list[Dimension]:
    """Return what is drawn: the uncertain parameters of the core worlds, two where the columns differ."""
    loaded = {name: {row.path: row for row in load(name).parameters() if row.uncertain} for name in CORE}
    found = []
    for path, row in loaded[CORE[0]].items():
        assert row.plausible is not None  # `parameter` sees to it
        differs = len({loaded[name][path].value for name in CORE}) > 1
        for worlds in (SIMPLE, COMPLEX) if differs else (CORE,):
            found.append(Dimension(path, worlds, *row.plausible, isinstance(row.value, int)))
    return found


def worlds_at(point: Floats, drawn: Sequence[Dimension]) -> dict[str, Scenario]:
    """Return the core worlds with the parameters of a point in the unit cube."""
    tables = {name: load(name).as_tables() for name in CORE}
    for dimension, share in zip(drawn, point, strict=True):
        table, key = dimension.path.split(".")
        for world in dimension.worlds:
            tables[world][table][key] = dimension.value(float(share))
    return {name: Scenario.of(table) for name, table in tables.items()}


def sobol(count: int, size: int, seed: int) -> Floats:
    """Return scrambled Sobol points in the unit cube; the count is rounded up to a power of two."""
    power = rounded_up(count).bit_length() - 1
    return np.asarray(qmc.Sobol(size, seed=seed).random_base2(power), dtype=np.float64)


def rounded_up(count: int) -> int:
    """Return the next power of two.

    >>> rounded_up(100), rounded_up(128)
    (128, 128)
    """
    return int(1 << (count - 1).bit_length())


class Emulator:
    """Ridge regression of many outcomes on parameters and their squares, each with its own penalty.

    Parameters
    ----------
    points : array, shape (n, parameters), in the unit cube
    values : array, shape (n, outcomes)

    Attributes
    ----------
    left_out : array, shape (n, outcomes)
        Errors of prediction of each point from the others.
    """

    PENALTIES = np.geomspace(0.1, 1e4, 26)

    def __init__(self, points: Floats, values: Floats) -> None:
        features = self._features(points)
        self._centre, self._mean = features.mean(axis=0), values.mean(axis=0)
        left, sizes, right = np.linalg.svd(features - self._centre, full_matrices=False)
        projected, residual = left.T @ (values - self._mean), values - self._mean
        best = np.full(values.shape[1], np.inf)
        self._weights = np.zeros((features.shape[1], values.shape[1]))
        self.left_out = residual.copy()
        for penalty in self.PENALTIES:
            shrunk = sizes**2 / (sizes**2 + penalty)
            leverage = (left**2 @ shrunk) + 1.0 / len(points)
            errors = (residual - left @ (shrunk[:, None] * projected)) / (1.0 - np.minimum(leverage, 0.99))[:, None]
            better = (errors**2).mean(axis=0) < best
            best = np.where(better, (errors**2).mean(axis=0), best)
            weights = right.T @ ((sizes / (sizes**2 + penalty))[:, None] * projected)
            self._weights[:, better], self.left_out[:, better] = weights[:, better], errors[:, better]
        variance = values.var(axis=0)
        self.explained = 1.0 - best / np.where(variance > 0.0, variance, 1.0)

    @staticmethod
    def _features(points: Floats) -> Floats:
        """Legendre polynomials of first and second degree: uncorrelated over the cube."""
        centred = 2.0 * points - 1.0
        return np.concatenate([centred, 1.5 * centred**2 - 0.5], axis=1)

    def predict(self, points: Floats) -> Floats:
        """Return the expected outcomes, shape (n, outcomes)."""
        return np.asarray(self._mean + (self._features(points) - self._centre) @ self._weights)


def judge(lower: Guesses, upper: Guesses) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Judge many sets of values by the patterns.

    Parameters
    ----------
    lower, upper
        (Row's number, place of its range) to array of shape (sets,): a value, or what it may be at least and at most;
        NaN is not measured.

    Returns
    -------
    failed : array of shape (sets,), rows that fail; a needed one counts as more than may fail
    worst : array of shape (sets,), the worst miss in half-ranges
    total : array of shape (sets,), all misses in half-ranges
    """
    sets = len(next(iter(lower.values())))
    failed, worst, total = np.zeros(sets, np.int64), np.zeros(sets), np.zeros(sets)
    for pattern in PATTERNS:
        inside, measured = np.zeros(sets), np.zeros(sets)
        for place, entry in enumerate(pattern.entries):
            if (pattern.number, place) not in lower:
                continue
            below = entry.low - upper[pattern.number, place]
            above = lower[pattern.number, place] - entry.high
            miss = np.maximum(np.maximum(below, above), 0.0) / (0.5 * (entry.high - entry.low))
            worst = np.fmax(worst, miss)
            total += np.nan_to_num(miss) / len(pattern.entries)
            inside += miss == 0.0
            measured += ~np.isnan(miss)
        failed += np.where(pattern.held_by(inside, measured), 0, pattern.failure)
    return failed, worst, total


class Region:
    """The sets of parameters that the patterns do not rule out, as far as emulators can tell.

    Parameters
    ----------
    points : array of shape (n, parameters), in the unit cube
    values
        What came of each point: (row's number, place of its range) to array of shape (n,).
    noise
        Variance between seeds of the log of each value: no fault of an emulator.

    Notes
    -----
    Logarithms of the values are emulated (growth: of 1 + growth). A pattern is given the benefit of one standard error
    of its emulator, the seeds' noise taken off.
    """

    def __init__(self, points: Floats, values: Guesses, noise: Mapping[Key, float]) -> None:
        self.keys = [key for key, column in values.items() if np.isfinite(column).mean() >= LEAST_MEASURED]
        block = np.array([logs(key, values[key]) for key in self.keys]).T
        block = np.where(np.isfinite(block), block, np.nanmean(block, axis=0))
        self._emulator = Emulator(points, block)
        chance = np.array([noise.get(key, 0.0) for key in self.keys])
        error = (self._emulator.left_out**2).mean(axis=0) - chance
        self._error = np.sqrt(np.maximum(error, 0.0))
        differs = block.std(axis=0) > 0.0
        self.explained = float(np.median(self._emulator.explained[differs]))
        self.explainable = float(np.median(np.maximum(1.0 - chance[differs] / block[:, differs].var(axis=0), 0.0)))

    def energy(self, points: Floats) -> Floats:
        """Return 0 inside the region, and outside how far away the patterns are."""
        expected = self._emulator.predict(points)
        lower = {key: unlogs(key, expected[:, k] - self._error[k]) for k, key in enumerate(self.keys)}
        upper = {key: unlogs(key, expected[:, k] + self._error[k]) for k, key in enumerate(self.keys)}
        failed, worst, total = judge(lower, upper)
        fine = (failed <= ROWS_THAT_MAY_FAIL) & (worst <= WORST_MISS)
        return np.where(fine, 0.0, 0.1 + total + np.maximum(worst - WORST_MISS, 0.0))

    def draw(self, size: int, seed: int) -> tuple[Floats, float]:
        """Draw points evenly from the region by many short random walks, and say what share of the cube it is.

        Walks first descend into the region, each from its own point, then wander within it.

        Returns
        -------
        points : array of shape (walks that found the region, parameters)
        share : float
            Of random points, those in the region (0 where none of them was).
        """
        chance = np.random.default_rng(seed)
        share = float((self.energy(chance.random((SCREENED, size))) == 0.0).mean())
        walks = chance.random((WALKS, size))
        here = self.energy(walks)
        for step in range(DESCENT + WANDER):
            heat = 0.3 * max(1.0 - step / DESCENT, 0.0) + 1e-9
            moved = np.where(chance.random(walks.shape) < 2.0 / size, chance.random(walks.shape), walks)
            there = self.energy(moved)
            taken = (there <= here) | (chance.random(WALKS) < np.exp(np.minimum((here - there) / heat, 0.0)))
            walks[taken], here[taken] = moved[taken], there[taken]
        return walks[here == 0.0], share


def logs(key: Key, values: Floats) -> Floats:
    """Take logarithms, of growth as of 1 + growth."""
    return np.asarray(np.log(np.maximum(values + _offset(key), 1e-3)))


def unlogs(key: Key, values: Floats) -> Floats:
    """Undo `logs`."""
    return np.asarray(np.exp(values) - _offset(key))


def _offset(key: Key) -> float:
    return 1.0 if key[0] == GROWTH_ROW else 0.0


def narrow(
    points: int, single: Guesses, pool: Executor | None = None, told: Callable[[], None] = lambda: None
) -> Narrowing:
    """Run the core worlds at points over the plausible ranges and say how far the patterns narrow each parameter.

    Two waves: the second is drawn from what the first does not rule out, and sharpens the emulators there.

    Parameters
    ----------
    points
        How many a wave, rounded up to a power of two; one seed each, all different.
    single
        The patterns' values of single seeds at the calibrated point, which tell the seeds' noise.
    """
    drawn = dimensions()
    noise = {key: _variance(logs(key, column)) for key, column in single.items()}
    cube = sobol(points, len(drawn), seed=1)
    values = values_at(cube, drawn, FIRST_SEED, pool, told)
    first = Region(cube, values, noise)
    kept, _ = first.draw(len(drawn), seed=2)
    wave = kept[: len(cube)] if len(kept) else sobol(points, len(drawn), seed=3)
    more = values_at(wave, drawn, FIRST_SEED + len(cube), pool, told)
    failed, worst, _ = judge(more, more)
    both = {key: np.concatenate([values[key], more[key]]) for key in values}
    region = Region(np.concatenate([cube, wave]), both, noise)
    kept, share = region.draw(len(drawn), seed=4)
    return Narrowing(
        len(cube), len(wave), int(((failed <= ROWS_THAT_MAY_FAIL) & (worst <= WORST_MISS)).sum()), len(kept), share,
        region.explained, region.explainable, tuple(_pinned(one, kept[:, k]) for k, one in enumerate(drawn)),
    )  # fmt: skip


def values_at(
    points: Floats, drawn: Sequence[Dimension], first_seed: int, pool: Executor | None, told: Callable[[], None]
) -> Guesses:
    """Run the core worlds at points, each on its own seed; return the patterns' values."""
    jobs: list[Job] = []
    for seed, point in enumerate(points):
        jobs += [(world, first_seed + seed) for world in worlds_at(point, drawn).values()]
    found = run_jobs(jobs, pool, told).reshape(len(points), len(CORE), -1)
    runs = [values_of({name: block[None] for name, block in zip(CORE, row, strict=True)}) for row in found]
    return {key: np.array([one[key] for one in runs]) for key in runs[0]}


def _variance(values: Floats) -> float:
    measured = values[np.isfinite(values)]
    return float(measured.var(ddof=1)) if len(measured) > 1 else 0.0


def _pinned(dimension: Dimension, shares: Floats) -> Pinned:
    first, last = np.percentile(shares, (5, 95)) if len(shares) else (nan, nan)
    width = dimension.high - dimension.low
    return Pinned(
        dimension.label, dimension.low, dimension.high, float(dimension.low + first * width),
        float(dimension.low + last * width), float((last - first) / 0.9),
    )  # fmt: skip


def kept_narrowing(points: int, make: Callable[[], Narrowing]) -> Narrowing:
    """Return a narrowing from the cache, or make it and keep it, by model, worlds and number of points."""
    worlds = [load(name).world_key() for name in CORE]
    ranges = [(one.path, one.low, one.high) for one in dimensions()]
    rules = [(p.number, [(e.label, e.low, e.high) for e in p.entries]) for p in PATTERNS]
    told = json.dumps(
        [fingerprint(), worlds, ranges, rules, points, WALKS, DESCENT, WANDER, [one.name for one in fields(Narrowing)]]
    )
    path = cache_folder() / "narrowing" / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.json"
    if path.exists():
        return _read(path)
    narrowing = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(narrowing)), encoding="utf-8")
    return narrowing


def _read(path: Path) -> Narrowing:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    told["parameters"] = tuple(Pinned(**one) for one in told["parameters"])
    return Narrowing(**told)
