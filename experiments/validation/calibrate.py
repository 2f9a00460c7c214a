"""Fit the worlds to the patterns again: python -m revorg.experiments.validation.calibrate > fitted.toml.

A coarse grid of leads and hours of deals comes first. Each round runs the worlds at Sobol points around the present
best, emulates every pattern there and lets an optimizer of SciPy move to where the emulators see the patterns in the
middle halves of their ranges; the box then shrinks around it. At the end the best set is run on fresh seeds. Nothing
here reads a claim, a seat or a contrast of leaders, and the seeds are others than those on which `revorg patterns`
reports. The fitted values go to stdout as TOML, one table a column; the course goes to stderr.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from itertools import product

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from revorg.experiments.analysis.contrasts import Floats
from revorg.experiments.runs.executors import process_pool
from revorg.experiments.runs.terminal import TerminalProgress
from revorg.experiments.runs.worker import make_ready
from revorg.experiments.validation.history_matching import (
    LEAST_MEASURED,
    Dimension,
    Emulator,
    Guesses,
    Key,
    logs,
    sobol,
    unlogs,
    worlds_at,
)
from revorg.experiments.validation.pattern_sums import Pooled, run_jobs
from revorg.experiments.validation.patterns import (
    CAPACITY,
    COMPLEX,
    CORE,
    PATTERNS,
    SIMPLE,
    STAGES,
    UNWORKED,
    accepted,
    pattern_rows,
    quick_values,
    values_of,
)
from revorg.scenarios.loading import load
from revorg.simulation.scenario import Scenario

FREE = {
    SIMPLE: (
        "demand.lead_hazard_per_week", "sales.deal_hours", "sales.pace_weeks", "customers.expansion_per_week",
    ),
    COMPLEX: (
        "demand.lead_hazard_per_week", "sales.deal_hours", "sales.pace_weeks", "customers.expansion_per_week",
        "customers.product_potential",
    ),
    CORE: ("sales.agreement_logit", "sales.competitor_logit"),
}  # fmt: skip
"""What is fitted in the simple worlds, in the complex ones, and alike in all: a member and a rival are the same
everywhere. One product has no potential of further products."""
VOLUME, GRID = ("demand.lead_hazard_per_week", "sales.deal_hours"), (0.15, 0.275, 0.4, 0.525, 0.65)
"""What the coarse search moves, and where to, in shares of the plausible ranges."""
YOUNG, YOUNG_GROWTH = "early", (0.45, 0.70)
"""The stage whose leads are fitted apart, on its own growth: its entry in the table of patterns tests nothing."""
TARGETS = (*PATTERNS, CAPACITY, UNWORKED)
FIRST_BOX, SHRINK = 0.25, 0.6  # half-width of the box, in plausible ranges, and how it changes with the rounds
MIDDLE = 0.5  # of a half-range around the middle costs nothing, so that noise of seeds does not push a value out
FIRST_SEED, FRESH_SEED = 20_000, 30_000


def free_dimensions() -> list[Dimension]:
    """Return the free parameters, one a column of worlds, over their plausible ranges."""
    rows = {row.path: row for row in load(CORE[0]).parameters()}
    found = []
    for worlds, paths in FREE.items():
        for path in paths:
            limits = rows[path].plausible
            assert limits is not None  # `parameter` sees to it
            found.append(Dimension(path, worlds, *limits, isinstance(rows[path].value, int)))
    return found


def present(drawn: Sequence[Dimension]) -> Floats:
    """Return where the scenario files stand, as shares of the plausible ranges."""
    values = {name: {row.path: row.value for row in load(name).parameters()} for name in CORE}
    return np.array([(values[one.worlds[0]][one.path] - one.low) / (one.high - one.low) for one in drawn])


def values_around(points: Floats, drawn: Sequence[Dimension], seeds: Sequence[int], pool: Executor | None) -> Guesses:
    """Run the core worlds at every point on the same seeds; return the patterns' values."""
    jobs = [(world, seed) for point in points for world in worlds_at(point, drawn).values() for seed in seeds]
    found = run_jobs(jobs, pool).reshape(len(points), len(CORE), len(seeds), -1)
    runs = [values_of(dict(zip(CORE, blocks, strict=True)), TARGETS) for blocks in found]
    return {key: np.array([one[key] for one in runs]) for key in runs[0]}


def cost(values: Mapping[Key, float]) -> float:
    """Add up the squared distances beyond the middles of the ranges, in half-ranges.

    Every row counts alike, but hours and leads in excess count in each world as much as a row does.
    """
    total = 0.0
    for pattern in TARGETS:
        beyond = [
            max(abs(values[key] - 0.5 * (one.low + one.high)) / (0.5 * (one.high - one.low)) - MIDDLE, 0.0)
            for place, one in enumerate(pattern.entries)
            if (key := (pattern.number, place)) in values and np.isfinite(values[key])
        ]
        weigh = np.sum if pattern in (CAPACITY, UNWORKED) else np.mean
        total += float(weigh(np.square(beyond))) if beyond else 0.0
    return total


def best_in_box(points: Floats, values: Guesses, low: Floats, high: Floats, start: Floats) -> Floats:
    """Return where emulators of the points expect the least cost inside a box."""
    keys = [key for key, column in values.items() if np.isfinite(column).mean() >= LEAST_MEASURED]
    block = np.array([logs(key, values[key]) for key in keys]).T
    block = np.where(np.isfinite(block), block, np.nanmean(block, axis=0))
    emulator = Emulator((points - low) / (high - low), block)

    def expected(shares: Floats) -> float:
        row = emulator.predict(((shares - low) / (high - low))[None])[0]
        return cost({key: float(unlogs(key, row[k : k + 1])[0]) for k, key in enumerate(keys)})

    starts = [start, *points[np.argsort([expected(point) for point in points])[:4]]]
    bounds = list(zip(low, high, strict=True))
    found = [minimize(expected, one, method="Powell", bounds=bounds, options={"maxiter": 20}) for one in starts]
    return np.clip(min(found, key=lambda one: float(one.fun)).x, low, high)


def coarse(best: Floats, drawn: Sequence[Dimension], seeds: Sequence[int], pool: Executor | None) -> Floats:
    """Return the best point of a grid of leads and hours of deals, one column of worlds after the other.

    Where reps are full, more leads change nothing, and an emulator from there does not see what fewer would do.
    """
    for column in (SIMPLE, COMPLEX):
        least = np.inf
        places = {one.path: place for place, one in enumerate(drawn) if one.worlds == column}
        volume = [places[path] for path in VOLUME]
        for at in [tuple(best[volume]), *product(GRID, GRID)]:
            point = best.copy()
            point[volume] = at
            ours = {name: world for name, world in worlds_at(point, drawn).items() if name in column}
            reached = cost(quick_values(ours, seeds, pool, TARGETS))
            if reached < least:
                found, least = point, reached
        best = found
        print(f"coarse, {column[0]}: cost {least:.3f}", file=sys.stderr)
    return best


def fit(rounds: int, points: int, seeds: Sequence[int], pool: Executor | None, drawn: Sequence[Dimension]) -> Floats:
    """Return the fitted point, in shares of the plausible ranges; never worse on these seeds than the files."""
    starts = [present(drawn), coarse(present(drawn), drawn, seeds, pool)]
    costs = [cost(quick_values(worlds_at(start, drawn), seeds, pool, TARGETS)) for start in starts]
    least, best = min(costs), starts[int(np.argmin(costs))]
    print(f"as the files stand: cost {costs[0]:.3f}; after the coarse grid: {costs[1]:.3f}", file=sys.stderr)
    for step in range(rounds):
        reach = FIRST_BOX * SHRINK**step
        low, high = np.minimum(np.maximum(best - reach, 0.0), best), np.maximum(np.minimum(best + reach, 1.0), best)
        cube = low + (high - low) * sobol(points, len(drawn), seed=step)
        values = values_around(cube, drawn, seeds, pool)
        found = best_in_box(cube, values, low, high, best)
        reached = cost(quick_values(worlds_at(found, drawn), seeds, pool, TARGETS))
        print(f"round {step + 1}: box ±{reach:.2f} of the ranges, cost {reached:.3f}", file=sys.stderr)
        if reached < least:
            best, least = found, reached
    return best


def fit_young(point: Floats, drawn: Sequence[Dimension], seeds: Sequence[int], pool: Executor | None) -> float:
    """Return the hazard of leads that brings growth of the early stage to the middle of its range."""
    simple = {
        one.path: one.value(float(share)) for one, share in zip(drawn, point, strict=True) if SIMPLE[0] in one.worlds
    }
    own = load(YOUNG).as_tables()
    for path, value in simple.items():
        table, key = path.split(".")
        if own[table][key] == load(SIMPLE[0]).as_tables()[table][key]:  # inherited
            own[table][key] = value
    present = own["demand"]["lead_hazard_per_week"]

    def missed(hazard: float) -> float:
        own["demand"]["lead_hazard_per_week"] = hazard
        runs = run_jobs([(Scenario.of(own), seed) for seed in seeds], pool)
        growth = Pooled({YOUNG: runs.sum(axis=0)}).growth(YOUNG, STAGES[YOUNG])
        return abs(growth - 0.5 * sum(YOUNG_GROWTH))

    bounds = (0.5 * present, 2.0 * present)
    return float(minimize_scalar(missed, bounds=bounds, method="bounded", options={"maxiter": 10}).x)


def fragment(point: Floats, drawn: Sequence[Dimension]) -> str:
    """Write the fitted values as TOML, under the column they belong to."""
    lines = []
    for column in (SIMPLE, COMPLEX):
        lines.append(f"# {column[0]}.toml")
        ours = [(one, share) for one, share in zip(drawn, point, strict=True) if one.worlds[0] == column[0]]
        for table in dict.fromkeys(one.path.split(".")[0] for one, _ in ours):
            lines.append(f"[{table}]")
            lines += [
                f"{one.path.split('.')[1]} = {float(f'{one.value(float(share)):.4g}')!r}"
                for one, share in ours
                if one.path.startswith(f"{table}.")
            ]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Fit, check on fresh seeds and print."""
    parser = argparse.ArgumentParser(description="Fit the core worlds to the patterns; TOML goes to stdout.")
    parser.add_argument("--rounds", type=int, default=3, help="boxes, each smaller than the last (default 3)")
    parser.add_argument("--points", type=int, default=64, help="points a round, a power of two (default 64)")
    parser.add_argument("--seeds", type=int, default=16, help="seeds of every point (default 16)")
    parser.add_argument("--check", type=int, default=16, help="fresh seeds at the end (default 16)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    told = parser.parse_args()
    make_ready(TerminalProgress())
    drawn = free_dimensions()
    with process_pool(told.workers) as pool:
        best = fit(told.rounds, told.points, range(FIRST_SEED, FIRST_SEED + told.seeds), pool, drawn)
        fresh = range(FRESH_SEED, FRESH_SEED + told.check)
        hazard = fit_young(best, drawn, range(FIRST_SEED, FIRST_SEED + 128), pool)
        jobs = [(world, seed) for world in worlds_at(best, drawn).values() for seed in fresh]
        runs = dict(zip(CORE, run_jobs(jobs, pool).reshape(len(CORE), len(fresh), -1), strict=True))
    rows = pattern_rows(runs)
    for row in rows:
        print(f"{row.pattern.number:>3} {'holds ' if row.holds else 'misses'} {row.miss:.2f}", file=sys.stderr)
    held = f"{sum(row.holds for row in rows)} of {len(rows)} patterns hold on the core worlds, {len(fresh)} fresh seeds"
    print(f"# Fitted {datetime.now(UTC):%Y-%m-%d} by experiments/validation/calibrate.py: {held}")
    print(f"# {'accepted' if accepted(rows) else 'NOT accepted'}\n")
    print(fragment(best, drawn))
    print(f"# {YOUNG}.toml\n[demand]\nlead_hazard_per_week = {hazard:.3g}")


if __name__ == "__main__":
    main()
