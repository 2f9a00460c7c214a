"""Controls that ask how often the whole chain, from runs to interval, is right: many contrasts on fresh seeds.

Nothing is shared between the arms of a pair here, neither seed nor past, so that there is noise for the intervals to
cover. The runs are kept once per version of the model and of the small world in the user's cache folder.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from revorg.experiments.analysis.contrasts import Effect, contrast
from revorg.experiments.claims.claim import registry
from revorg.experiments.claims.controls import Control
from revorg.experiments.runs.machine import cache_folder
from revorg.experiments.runs.progress import NoProgress, Progress
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.metrics import METRICS
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.scenario import Scenario

Floats = NDArray[np.float64]

FIRST_SEED = 1_000_000
"""Far from the seeds on which claims are tested."""
WARM_UP, WEEKS = 26, 52
SMALL, MIDDLING = 600, 2400
"""Accounts for A/A contrasts, and for those with a planted effect."""
CONTRASTS, PAIRS = 200, 6
COVERING = (180, 198)
"""Out of 200 intervals of 95 %, as many cover the truth but once in about a thousand times."""
HEADLINE = ("arr_growth", "decision_latency")
PLANTS, PLANT_PAIRS = 20, 24
PLANTED = 1.0
"""A yearly rate at which reps leave, planted on top of the usual one."""
PLANTS_COVERING = 16
"""Of 20 intervals of 95 %, fewer cover the truth less than three times in a thousand."""
PLANT_METRIC = "rep_turnover"


def repeated_controls(*, only_kept: bool = False, progress: Progress | None = None) -> tuple[Control, ...]:
    """Return the controls that take thousands of runs, from the runs of an earlier time where there are any.

    Parameters
    ----------
    only_kept : bool
        Make no runs: without kept ones the controls count as not run, neither as passed nor as failed.
    progress : Progress, optional
        Told while the runs are made.
    """
    runs = _kept_runs()
    if runs is None and only_kept:
        told = "--quick leaves it out; any run of claims without it runs this once for a version of the model"
        return Control("A/A contrasts", None, told), Control("planted effect, amid noise", None, told)
    if runs is None:
        with (progress or NoProgress()).waiting("Running 200 A/A contrasts, once for this version of the model"):
            runs = _make_runs()
    alike, planted = runs
    return alike_arms(alike), planted_amid_noise(planted)


def alike_arms(parts: Floats) -> Control:
    """Count the intervals of A/A contrasts that cover zero.

    Parameters
    ----------
    parts : array, shape (contrasts, 2 arms, pairs, metrics, 2)
        Numerator and denominator of each headline metric; the arms are of one design, each run on its own seed.
    """
    counts = {}
    for place, metric in enumerate(HEADLINE):
        effects = [_effect(one[:, :, place], metric) for one in parts]
        counts[metric] = sum(effect.low <= 0.0 <= effect.high for effect in effects)
    passed = all(COVERING[0] <= found <= COVERING[1] for found in counts.values())
    shown = ", ".join(f"{found} ({metric})" for metric, found in counts.items())
    detail = f"{shown} of {len(parts)} intervals cover zero, {COVERING[0]} to {COVERING[1]} expected"
    return Control("A/A contrasts", passed, f"{detail}; {parts.shape[2]} pairs of fresh seeds each")


def planted_amid_noise(parts: Floats) -> Control:
    """Count the contrasts that find a planted rate: their interval covers it and excludes zero.

    Reps leave at a rate that does not depend on their morale; in one arm it is higher by a known number.

    Parameters
    ----------
    parts : array, shape (contrasts, 2 arms, pairs, 1, 2)
    """
    effects = [_effect(one[:, :, 0], PLANT_METRIC) for one in parts]
    covering = sum(effect.low <= PLANTED <= effect.high for effect in effects)
    clear = sum(effect.low > 0.0 for effect in effects)
    mean = float(np.mean([effect.effect for effect in effects]))
    passed = covering >= PLANTS_COVERING and clear == len(effects)
    told = f"{PLANTED:g} a year of {PLANT_METRIC} planted, found {mean:.3f} on the mean of {len(effects)} contrasts"
    told += f"; {clear} intervals exclude zero, {covering} cover it"
    return Control("planted effect, amid noise", passed, f"{told} (at least {PLANTS_COVERING} expected)")


def _effect(parts: Floats, metric: str) -> Effect:
    return contrast(parts[..., 0], parts[..., 1], np.array([1.0, -1.0]), ratio=METRICS[metric].ratio)


def _small_world() -> Scenario:
    world = load(registry().factorial.worlds[-1])
    return world.changed({"market.accounts": SMALL, "run.weeks": WEEKS, "run.warm_up_weeks": WARM_UP})


def _design() -> Design:
    seat, person = next(iter(registry().factorial.matching.items()))
    return Design.parse(f"{seat}:{person}")


def _make_runs() -> tuple[Floats, Floats]:
    """Make all runs, each on a seed of its own, and keep them."""
    world, seeds = _design().apply(_small_world()), count(FIRST_SEED)
    alike = _contrasts((world, world), CONTRASTS, PAIRS, HEADLINE, seeds)
    steady = world.changed({"finance.quits_per_miss": 0.0, "market.accounts": MIDDLING})
    more = steady.changed({"finance.quits_per_year": steady.finance.quits_per_year + PLANTED})
    planted = _contrasts((more, steady), PLANTS, PLANT_PAIRS, (PLANT_METRIC,), seeds)
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part.npz")
    np.savez(unfinished, alike=alike, planted=planted)
    unfinished.replace(file)
    return alike, planted


def _contrasts(
    arms: Sequence[Scenario], contrasts: int, pairs: int, metrics: Sequence[str], seeds: "count[int]"
) -> Floats:
    return np.array(
        [[[_run(arm, next(seeds), metrics) for _ in range(pairs)] for arm in arms] for _ in range(contrasts)]
    )


def _run(scenario: Scenario, seed: int, metrics: Sequence[str]) -> list[tuple[float, float]]:
    parts = RevenueOrganization(scenario, seed=seed).run().parts()
    return [parts[metric] for metric in metrics]


def _kept_runs() -> tuple[Floats, Floats] | None:
    try:
        with np.load(_file()) as kept:
            return kept["alike"], kept["planted"]
    except (OSError, ValueError, KeyError):  # none, or not a whole one
        return None


def _file() -> Path:
    """Return where the runs of this version are kept: model, world, design and sizes make the name."""
    told = [fingerprint(), _small_world().world_key(), repr(_design().apply(_small_world()).organization.numbers())]
    told += [repr((CONTRASTS, PAIRS, HEADLINE, PLANTS, PLANT_PAIRS, PLANTED, PLANT_METRIC, FIRST_SEED, MIDDLING))]
    return cache_folder() / "controls" / f"{sha256(' '.join(told).encode()).hexdigest()[:16]}.npz"
