"""Fit the core worlds again: python -m revorg.experiments.validation.calibration [--write scenarios].

In turns: the hours of the neutral firm are measured, the level numbers fitted to the patterns, the gains balanced; at
the end each world's beginning is solved for, and the patterns are read on fresh seeds. Fitted values go to stdout, with
what stands in the files beside them; the course goes to stderr.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path

from scipy.optimize import minimize_scalar

from revorg.experiments.runs.executors import process_pool
from revorg.experiments.runs.terminal import TerminalProgress
from revorg.experiments.runs.worker import make_ready
from revorg.experiments.validation.calibration.files import write_values
from revorg.experiments.validation.calibration.hours import (
    DOMAINS,
    GAINS,
    NEUTRAL_HOURS,
    Worth,
    better_gains,
    neutral_hours,
    worth,
)
from revorg.experiments.validation.calibration.levels import (
    BEGINNING,
    BY_COLUMN,
    BY_WORLD,
    COMPLEX_ALONE,
    EVERYWHERE,
    Fit,
)
from revorg.experiments.validation.pattern_sums import Pooled, gather_runs, run_jobs
from revorg.experiments.validation.patterns import CORE, STAGES, Row, accepted, pattern_rows
from revorg.scenarios.loading import load
from revorg.simulation.model import arrives
from revorg.simulation.scenario import Scenario
from revorg.simulation.start import beginning_of, begun

FIRST_SEED, FRESH_SEED = 20_000, 30_000  # others than those on which `revorg patterns` reports
YOUNG, YOUNG_GROWTH = "early", (0.45, 0.70)
"""The stage whose leads are fitted apart, on its own growth: its entry in the table of patterns tests nothing."""
YOUNG_HAZARD = "demand.lead_hazard_per_week"
DIGITS = 4
EVERYWHERE_BALANCED = (*NEUTRAL_HOURS, *(path for paths in GAINS.values() for path in paths))
Worlds = dict[str, Scenario]


def say(text: str) -> None:
    """Tell how it goes."""
    print(text, file=sys.stderr, flush=True)


def rounded(value: float) -> float:
    """Return a value as it is written in the files."""
    return float(f"{value:.{DIGITS}g}")


def value_in(world: Scenario, path: str) -> float:
    """Return a number of a world."""
    table, key = path.split(".")
    return float(getattr(getattr(world, table), key))


def with_numbers(worlds: Worlds, numbers: Mapping[str, float]) -> Worlds:
    """Return all worlds with the same numbers."""
    settings = {path: rounded(value) for path, value in numbers.items()}
    return {name: world.changed(settings) for name, world in worlds.items()}


def calibrated(told: argparse.Namespace, pool: Executor | None) -> tuple[Worlds, Worth]:
    """Return the core worlds as they fit and balance best, and what hours are worth in them."""
    seeds = range(FIRST_SEED, FIRST_SEED + told.seeds)
    many = range(FIRST_SEED, FIRST_SEED + told.hour_seeds)
    worlds = {name: arrived(load(name)) for name in CORE}
    for turn in range(told.turns):
        worlds = with_numbers(worlds, neutral_hours(worlds, seeds, pool))
        worlds = {name: arrived(world) for name, world in worlds.items()}
        worlds = Fit(worlds, seeds, pool).solve(told.rounds)
        say(f"turn {turn + 1}: levels fitted; {_held(_rows(worlds, seeds, pool))}")
        say(_levels(worlds))
        found = worth(worlds, many, pool)
        for _ in range(told.balances):
            say(_worths(found))
            if found.is_balanced:
                break
            gains = {path: value_in(worlds[CORE[0]], path) for paths in GAINS.values() for path in paths}
            worlds = with_numbers(worlds, better_gains(gains, found))
            found = worth(worlds, many, pool)
    worlds = with_numbers(worlds, neutral_hours(worlds, seeds, pool))
    worlds = Fit(worlds, seeds, pool).solve(told.rounds)
    worlds = {name: arrived(_rounded(world)) for name, world in worlds.items()}
    return worlds, worth(worlds, many, pool)


def _rounded(world: Scenario) -> Scenario:
    paths = [*EVERYWHERE, *BY_COLUMN, *BY_WORLD, *COMPLEX_ALONE]
    return world.changed({path: rounded(value_in(world, path)) for path in paths})


def arrived(world: Scenario) -> Scenario:
    """Return a world with the beginning solved for its start, as it is written in the files."""
    found = beginning_of(world.changed({BEGINNING: None}), arrives)
    return world.changed({BEGINNING: rounded(found.customers_share)})


def _rows(worlds: Worlds, seeds: Sequence[int], pool: Executor | None) -> list[Row]:
    return pattern_rows(gather_runs(worlds, seeds, pool))


def _held(rows: Sequence[Row]) -> str:
    failed = [f"{row.pattern.number} ({_outside(row)})" for row in rows if not row.holds]
    return f"{len(rows) - len(failed)} of {len(rows)} patterns hold; missed: {', '.join(failed) or 'none'}"


def _outside(row: Row) -> str:
    return ", ".join(f"{one.label} {one.value:.3g}" for one in row.measured if not one.holds)


def _levels(worlds: Worlds) -> str:
    """Return where the fitted numbers stand, those of the simple and of the complex worlds."""
    ends = worlds[CORE[0]], worlds[CORE[-1]]
    paths = (*EVERYWHERE, *BY_COLUMN, *BY_WORLD, *COMPLEX_ALONE, BEGINNING)
    return ", ".join(f"{path} {' '.join(str(rounded(value_in(end, path))) for end in ends)}" for path in paths)


def _worths(found: Worth) -> str:
    shown = (
        f"{name} {mean:+.2f} ± {margin:.2f} (growth {growth:+.2f})"
        for name, mean, margin, growth in zip(DOMAINS, found.mean, found.margin, found.growth, strict=True)
    )
    state = "balanced" if found.is_balanced else "NOT balanced"
    return f"one more effective hour a week, points of efficient growth: {'; '.join(shown)}: {state}"


def young_hazard(worlds: Worlds, seeds: Sequence[int], pool: Executor | None) -> float:
    """Return the hazard of leads that brings growth of the early stage to the middle of its range."""
    young = load(YOUNG).changed({**shared_by(worlds, YOUNG), BEGINNING: None})

    def missed(hazard: float) -> float:
        world = begun(young.changed({YOUNG_HAZARD: hazard}), arrives)
        runs = run_jobs([(world, seed) for seed in seeds], pool)
        return abs(Pooled({YOUNG: runs.sum(axis=0)}).growth(YOUNG, STAGES[YOUNG]) - 0.5 * sum(YOUNG_GROWTH))

    present = value_in(young, YOUNG_HAZARD)
    found = minimize_scalar(missed, bounds=(0.3 * present, 3.0 * present), method="bounded", options={"maxiter": 12})
    return rounded(float(found.x))


def shared_by(worlds: Worlds, stage: str) -> dict[str, float]:
    """Return the fitted numbers of the world that a stage extends, as far as the stage has no own."""
    base = CORE[0] if stage in (YOUNG, "mid") else CORE[-1]
    now, own = load(base), load(stage)
    paths = [*EVERYWHERE_BALANCED, *EVERYWHERE, *BY_COLUMN, *BY_WORLD, *(COMPLEX_ALONE if base == CORE[-1] else ())]
    return {path: value_in(worlds[base], path) for path in paths if value_in(now, path) == value_in(own, path)}


def by_file(worlds: Worlds, pool: Executor | None) -> dict[str, dict[str, float | str]]:
    """Return what each scenario file is to say."""
    simple, complex_ = worlds["simple-single"], worlds["complex-single"]
    told: dict[str, dict[str, float | str]] = {name: {} for name in (*CORE, *STAGES)}
    told["simple-single"] |= {p: value_in(simple, p) for p in (*EVERYWHERE, *EVERYWHERE_BALANCED, *BY_COLUMN)}
    told["complex-single"] |= {p: value_in(complex_, p) for p in (*BY_COLUMN, *COMPLEX_ALONE)}
    for name in CORE:
        told[name] |= {path: value_in(worlds[name], path) for path in (BEGINNING, *BY_WORLD)}
    told[YOUNG][YOUNG_HAZARD] = young_hazard(worlds, range(FIRST_SEED, FIRST_SEED + 64), pool)
    for stage in STAGES:
        settings: dict[str, object] = {**shared_by(worlds, stage), BEGINNING: None}
        settings |= {YOUNG_HAZARD: told[YOUNG][YOUNG_HAZARD]} if stage == YOUNG else {}
        told[stage][BEGINNING] = value_in(arrived(load(stage).changed(settings)), BEGINNING)
    return told


def main() -> None:
    """Fit, balance, check on fresh seeds and print."""
    parser = argparse.ArgumentParser(description="Fit the core worlds to the patterns and balance the domains.")
    parser.add_argument("--turns", type=int, default=2, help="levels and gains in turns (default 2)")
    parser.add_argument("--rounds", type=int, default=8, help="steps of a fit of levels (default 8; 0 leaves them)")
    parser.add_argument("--balances", type=int, default=3, help="adjustments of the gains a turn (default 3)")
    parser.add_argument("--seeds", type=int, default=24, help="seeds of every world in a fit (default 24)")
    parser.add_argument("--hour-seeds", type=int, default=64, help="seeds for what hours are worth (default 64)")
    parser.add_argument("--check", type=int, default=32, help="fresh seeds at the end (default 32)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write the values into the scenario files there")
    told = parser.parse_args()
    make_ready(TerminalProgress())
    with process_pool(told.workers) as pool:
        worlds, found = calibrated(told, pool)
        fresh = range(FRESH_SEED, FRESH_SEED + told.check)
        files = by_file(worlds, pool)
        stages = {name: load(name).changed(shared_by(worlds, name) | _numbers(files[name])) for name in STAGES}
        rows = _rows({**worlds, **stages}, fresh, pool)
    outcome = f"{_held(rows)} ({len(fresh)} fresh seeds): {'accepted' if accepted(rows) else 'NOT accepted'}"
    say(outcome)
    say(_worths(found))
    for name, world in worlds.items():
        held = outcome.split("; missed")[0]
        files[name] |= {
            "calibration.date": f"{datetime.now(UTC):%Y-%m-%d}", "calibration.world": world.world_key(),
            "calibration.outcome": held,
        }  # fmt: skip
    for name, values in files.items():
        print(f"# {name}.toml")
        for path, value in values.items():
            print(f"{path} = {value!r}{_beside(name, path, value)}")
    if told.write:
        write_values(told.write, files)


def _numbers(values: Mapping[str, float | str]) -> dict[str, float]:
    return {path: float(value) for path, value in values.items() if not isinstance(value, str)}


def _beside(name: str, path: str, value: float | str) -> str:
    """Return what the file says now, and how far from it the new value is."""
    table, key = path.split(".")
    now = getattr(getattr(load(name), table), key)
    return f"  # {now!r} now" + ("" if isinstance(value, str) or not now else f", {100 * (value / now - 1):+.1f} %")


if __name__ == "__main__":
    main()
