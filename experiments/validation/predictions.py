"""What the model predicts without having been fitted to it; reported beside the patterns.

Leader effects should show late; retention of a cohort should rise with its age; and growth after an exit that bad
quarters brought about should rise more than after exits at any time, even where nobody leaves (regression to the mean
is the rival of every new broom). Designs are compared by size alone, never by sign, and no parameter hangs on it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from math import nan

import numpy as np

from revorg.experiments.analysis.contrasts import Floats, jackknife_error, t_point
from revorg.experiments.validation.pattern_sums import TERMS, Pooled
from revorg.experiments.validation.patterns import CORE, estimate
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.codes import WEEKS_A_YEAR
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.record import record

WORLDS = ("simple-single", "complex-multi")
PERSONS = ("strategist", "executor", "operator", "advocate")
DESIGNS = tuple(f"cso:{person}" for person in ("generalist", *PERSONS))
YEARS = 4
EVENTS = ("dismissed", "worn out", "missed twice, nobody left", "any quarter's end")


@dataclass(frozen=True)
class Prediction:
    """One figure that was never fitted.

    Attributes
    ----------
    value, lower, upper : float
        With the 95 % interval over seeds; NaN where there was nothing to measure.
    unit : str
    """

    group: str
    label: str
    value: float
    lower: float
    upper: float
    unit: str


@dataclass(frozen=True)
class Course:
    """What one seed of one world leaves for the predictions.

    Attributes
    ----------
    effects : array of shape (persons, years)
        Log ARR at each year's end, less that under the generalist.
    changes : array of shape (events, 2)
        Sum over events of growth in the year after less that in the year before, and the number of events.
    """

    effects: Floats
    changes: Floats


def course_of(job: tuple[str, int]) -> Course:
    """Run the designs of one world at one seed."""
    name, seed = job
    world = load(name).changed({"run.weeks": YEARS * WEEKS_A_YEAR})
    past = RevenueOrganization(world, seed=seed)
    models = [past.fork(Design.parse(design).apply(world)).run() for design in DESIGNS]
    ends = past.warm_up_weeks + WEEKS_A_YEAR * np.arange(1, YEARS + 1) - 1
    arr = np.log(np.array([np.maximum(model.record[ends, record.ARR], 1.0) for model in models]))
    changes = np.sum([changes_of(model.record, past.warm_up_weeks) for model in models], axis=0)
    return Course(arr[1:] - arr[0], changes)


def changes_of(history: Floats, first: int) -> Floats:
    """Add up, for each kind of event, how much faster ARR grew in the year after than in the year before.

    Parameters
    ----------
    history : array of shape (weeks, columns)
    first
        The first row whose events count; what was before is the past that all designs share.

    Returns
    -------
    array of shape (events, 2), sum and number
    """
    found = np.zeros((len(EVENTS), 2))
    for week in range(max(first, WEEKS_A_YEAR), len(history) - WEEKS_A_YEAR):
        before, now, after = history[[week - WEEKS_A_YEAR, week, week + WEEKS_A_YEAR], record.ARR]
        if min(before, now) <= 0.0:
            continue
        for event in _events(history, week):
            found[event] += (after / now - now / before, 1.0)
    return found


def _events(history: Floats, week: int) -> Iterator[int]:
    """Yield the kinds of event that a week saw."""
    if history[week, record.DISMISSALS]:
        yield 0
    if history[week, record.BURNOUTS]:
        yield 1
    if not history[week, record.QUARTERS]:
        return
    missed = history[week, record.QUARTER_MISSED] and history[max(week - 13, 0), record.QUARTER_MISSED]
    if missed and not history[max(week - 13, 0) : week + 1, [record.DISMISSALS, record.BURNOUTS]].any():
        yield 2
    yield 3


def gather_courses(
    seeds: Sequence[int], pool: Executor | None = None, told: Callable[[], None] = lambda: None
) -> list[Course]:
    """Run the designs at every seed; one course a seed, its worlds put together."""
    jobs = [(world, seed) for seed in seeds for world in WORLDS]
    found = []
    for course in map(course_of, jobs) if pool is None else pool.map(course_of, jobs):
        found.append(course)
        told()
    pairs = [found[k : k + len(WORLDS)] for k in range(0, len(found), len(WORLDS))]
    return [
        Course(np.concatenate([one.effects for one in pair]), np.sum([one.changes for one in pair], axis=0))
        for pair in pairs
    ]


def predictions(runs: Mapping[str, Floats], courses: Sequence[Course]) -> list[Prediction]:
    """Return all predictions with their intervals.

    Parameters
    ----------
    runs
        What `pattern_sums.gather_runs` returns: renewals by age.
    courses
        What `gather_courses` returns.
    """
    return [*_late(courses), *_cohorts(runs), *_exits(courses)]


def _late(courses: Sequence[Course]) -> Iterator[Prediction]:
    effects = np.array([course.effects for course in courses])
    for year in range(1, YEARS):
        found = _jackknife(effects, partial(_share_by, year))
        label = f"share of the effect after {YEARS} years there after {year} (steady: {100 * year / YEARS:.0f} %)"
        yield Prediction("leader effects show late", label, *found, "%")


def _share_by(year: int, effects: Floats) -> float:
    """Root mean square over persons of the effect after a year, over that at the end; noise of seeds taken off."""
    seeds = len(effects)
    if seeds < 2:
        return nan
    # Products of different seeds only: squares of noise would pass for effects.
    square = (effects.sum(axis=0) ** 2 - (effects**2).sum(axis=0)) / (seeds * (seeds - 1))
    mean = np.maximum(square.mean(axis=0), 0.0)
    return 100.0 * float(np.sqrt(mean[year - 1] / mean[-1])) if mean[-1] > 0.0 else nan


def _cohorts(runs: Mapping[str, Floats]) -> Iterator[Prediction]:
    for term in TERMS:
        found = estimate(partial(_renewed, term), runs)
        yield Prediction("retention of a cohort rises", f"customers kept at renewal {term}", *found, "%")


def _renewed(term: int, pooled: Pooled) -> float:
    due = sum(pooled.of(world, f"term {term}.under") for world in CORE)
    return 100.0 * sum(pooled.of(world, f"term {term}.over") for world in CORE) / due if due else nan


def _exits(courses: Sequence[Course]) -> Iterator[Prediction]:
    changes = np.array([course.changes for course in courses])
    for row, event in enumerate(EVENTS):
        found = _jackknife(changes[:, row], _mean_change)
        label = f"{event} ({changes[:, row, 1].sum():.0f} cases)"
        yield Prediction("growth of the year after less the year before", label, *found, "pp")


def _mean_change(changes: Floats) -> float:
    total, cases = changes.sum(axis=0)
    return 100.0 * float(total / cases) if cases else nan


def _jackknife(blocks: Floats, read: Callable[[Floats], float]) -> tuple[float, float, float]:
    """Return a statistic of seeds with its 95 % interval."""
    value, seeds = read(blocks), len(blocks)
    if seeds < 2 or np.isnan(value):
        return value, nan, nan
    left_out = np.array([read(np.delete(blocks, k, axis=0)) for k in range(seeds)])
    margin = t_point(seeds) * float(jackknife_error(left_out))
    return value, value - margin, value + margin
