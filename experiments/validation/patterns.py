"""The patterns that the neutral core worlds must show, all at once: values, intervals, and which hold.

Ranges and sources are those of the design's table of patterns. Nothing here reads a claim, a seat or a leader contrast.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from math import isnan, nan

import numpy as np

from revorg.experiments.analysis.contrasts import Floats, jackknife_error, t_point
from revorg.experiments.validation.pattern_sums import YEARS, Pooled, gather_runs
from revorg.scenarios.loading import load
from revorg.simulation.scenario import Scenario

SIMPLE = ("simple-single", "simple-multi")
COMPLEX = ("complex-single", "complex-multi")
CORE = SIMPLE + COMPLEX
STAGES = {"early": "below 3M", "mid": "5-20M", "scale": "above 20M"}
WORLDS = (*CORE, *STAGES)
DAYS_A_WEEK_IN_CALENDAR = 7.0
ROWS_THAT_MAY_FAIL = 2
WORST_MISS = 1.0  # half-ranges: half of a range, beyond which no row may miss

Read = Callable[[Pooled], float]


@dataclass(frozen=True)
class Entry:
    """One range of a pattern.

    Attributes
    ----------
    label : str
        Where it is read.
    low, high : float
        The range, in the row's unit.
    read : function of sums to the value
    """

    label: str
    low: float
    high: float
    read: Read


@dataclass(frozen=True)
class Pattern:
    """One row of the table: a pattern with its ranges.

    Attributes
    ----------
    number : int
        As in the design's table.
    scale, unit : float, str
        A value is written as scale × value in this unit; the ranges are in plain values.
    needed : bool
        Whether the worlds pass only when it holds, in all of its ranges.
    """

    number: int
    name: str
    scale: float
    unit: str
    source: str
    entries: tuple[Entry, ...]
    needed: bool = False

    def held_by(self, inside: Floats, measured: Floats) -> Floats:
        """Whether it holds, from the number of ranges that hold and that there was something to measure for."""
        return np.where(self.needed, inside == len(self.entries), 2 * inside > measured)

    @property
    def failure(self) -> int:
        """How many of the rows that may fail are used up when it does."""
        return ROWS_THAT_MAY_FAIL + 1 if self.needed else 1


@dataclass(frozen=True)
class Found:
    """What came out for one range.

    Attributes
    ----------
    value, lower, upper : float
        Value and its 95 % interval over seeds; NaN where there was nothing to measure.
    miss : float
        Distance from the range in half-ranges; negative below it, 0 inside.
    """

    label: str
    low: float
    high: float
    value: float
    lower: float
    upper: float

    @property
    def miss(self) -> float:
        """Distance from the range in half-ranges; negative below it, 0 inside, NaN when not measured."""
        beyond = min(self.value - self.low, 0.0) + max(self.value - self.high, 0.0)
        return beyond / (0.5 * (self.high - self.low)) if not isnan(self.value) else nan

    @property
    def holds(self) -> bool:
        """Whether the value is inside the range."""
        return self.low <= self.value <= self.high


@dataclass(frozen=True)
class Row:
    """A pattern and what came out."""

    pattern: Pattern
    found: tuple[Found, ...]

    @property
    def measured(self) -> list[Found]:
        """The ranges for which there was something to measure."""
        return [one for one in self.found if not isnan(one.value)]

    @property
    def holds(self) -> bool:
        """Whether more than half of the measured ranges hold; all of them in a row that is needed."""
        inside = sum(one.holds for one in self.measured)
        return bool(self.pattern.held_by(np.array(inside), np.array(len(self.measured))))

    @property
    def miss(self) -> float:
        """The worst miss of any range, in half-ranges, without a sign; NaN when nothing was measured."""
        return max((abs(one.miss) for one in self.measured), default=nan)


def _each(worlds: Sequence[str], low: float, high: float, read: Callable[[str, Pooled], float]) -> list[Entry]:
    return [Entry(world, low, high, partial(read, world)) for world in worlds]


def _metric(name: str) -> Callable[[str, Pooled], float]:
    return lambda world, pooled: pooled.metric(world, name)


def _ratio(*over: str, under: Sequence[str]) -> Callable[[str, Pooled], float]:
    def read(world: str, pooled: Pooled) -> float:
        below = sum(pooled.of(world, name) for name in under)
        return sum(pooled.of(world, name) for name in over) / below if below else nan

    return read


def _of_pairs(low: float, high: float, read: Callable[[str, str, Pooled], float]) -> list[Entry]:
    """A range for each pair of a simple and a complex world with the same channels."""
    return [
        Entry(f"{hard} / {easy}", low, high, partial(read, easy, hard))
        for easy, hard in zip(SIMPLE, COMPLEX, strict=True)
    ]


def _win_ratio(easy: str, hard: str, pooled: Pooled) -> float:
    below = pooled.metric(easy, "win_rate")
    return pooled.metric(hard, "win_rate") / below if below else nan


def _cycle_ratio(easy: str, hard: str, pooled: Pooled) -> float:
    long = pooled.median_cycle_weeks([hard], ["above 100k"])
    return long / pooled.median_cycle_weeks([easy], ["below 25k"])


def _cycle_days(world: str, pooled: Pooled) -> float:
    return DAYS_A_WEEK_IN_CALENDAR * pooled.median_cycle_weeks([world], ["25-35k"])


def _growth_entries() -> list[Entry]:
    """Growth of the firm-years that began in a band of ARR, for the stages and for every core world."""
    ranges = {"below 3M": (0.45, 0.70), "5-20M": (0.25, 0.40), "above 20M": (0.15, 0.35)}
    places = [(world, STAGES[world]) for world in STAGES] + [
        (world, band) for world in CORE for band in ("5-20M", "above 20M")
    ]
    return [Entry(f"{world}, {band}", *ranges[band], partial(_growth, world, band)) for world, band in places]


def _growth(world: str, band: str, pooled: Pooled) -> float:
    return pooled.growth(world, band)


def _pattern(number: int, name: str, unit: str, source: str, *entries: list[Entry]) -> Pattern:
    scale = 100.0 if unit.startswith("%") else 0.001 if unit.startswith("k ") else 1.0
    return Pattern(number, name, scale, unit, source, tuple(entry for group in entries for entry in group))


def _slack(number: int, name: str, low: float, high: float, over: str, under: str) -> Pattern:
    """A share that is to stay between limits in every core world, when a design takes over and four years on."""
    entries = [
        Entry(f"{world}, {label}", low, high, partial(_in_year, world, f"{over}, {year}", f"{under}, {year}"))
        for world in CORE
        for year, label in YEARS.items()
    ]
    return Pattern(number, name, 100.0, "%", "design: neither hours nor leads are free", tuple(entries), needed=True)


def _in_year(world: str, over: str, under: str, pooled: Pooled) -> float:
    return pooled.ratio(world, over, under)


_RAMP = _ratio("ramp_months", under=["runs"])
_SPEND = _ratio("sales_and_marketing", under=["revenue"])
_EXPANSION = _ratio("expansion", under=["expansion", "new_arr"])
_NRR = _metric("net_revenue_retention")

PATTERNS = (
    _pattern(1, "win rate of deals ended, simple worlds", "%", "HubSpot sales benchmarks",
             _each(SIMPLE, 0.18, 0.30, _metric("win_rate"))),
    _pattern(2, "win rate, complex / simple", "×", "HubSpot sales benchmarks", _of_pairs(0.4, 0.7, _win_ratio)),
    _pattern(3, "lost to no decision, of deals lost", "%", "Dixon & McKenna 2022",
             _each(CORE, 0.40, 0.60, _metric("no_decision_share"))),
    _pattern(5, "median cycle of won deals at $25–35k a year", "days", "Bridge Group 2017",
             _each(SIMPLE, 50.0, 90.0, _cycle_days)),
    _pattern(6, "median cycle above $100k (complex) / below $25k (simple)", "×", "practitioners, weak",
             _of_pairs(2.5, 5.0, _cycle_ratio)),
    _pattern(7, "reps at or above quota", "%", "Ebsta 2024, Lightspeed 2023, RepVue 2024",
             _each(CORE, 0.28, 0.50, _metric("reps_at_quota"))),
    _pattern(9, "rep turnover", "% a year", "Ebsta 2022–23", _each(CORE, 0.22, 0.36, _metric("rep_turnover"))),
    _pattern(10, "ramp to 90 % productivity", "months", "Bridge Group",
             _each(SIMPLE, 4.0, 7.0, _RAMP), _each(COMPLEX, 7.0, 12.0, _RAMP)),
    _pattern(11, "gross revenue retention", "% a year", "SaaS Capital 2023",
             _each(CORE, 0.88, 0.93, _metric("gross_revenue_retention"))),
    _pattern(12, "net revenue retention, rising with deal size", "% a year", "SaaS Capital 2023",
             _each(SIMPLE, 0.99, 1.04, _NRR), _each(COMPLEX, 1.03, 1.12, _NRR)),
    _pattern(14, "expansion, of new ARR", "%", "KBCM, ChartMogul, Benchmarkit", _each(CORE, 0.28, 0.42, _EXPANSION)),
    _pattern(15, "growth by ARR at the year's start", "% a year", "SaaS Capital", _growth_entries()),
    _pattern(16, "sales and marketing of revenue; a dollar of new-logo ARR", "", "Benchmarkit 2024–25",
             _each(CORE, 0.33, 0.50, _SPEND), _each(CORE, 1.4, 2.2, _metric("cac"))),
    _pattern(17, "quarters whose forecast missed by more than 10 %", "%", "Forrester",
             _each(CORE, 0.60, 0.85, _metric("forecast_misses"))),
    _pattern(19, "ARR a head of the revenue organization, above $10M of ARR", "k USD", "SaaS Capital 2022",
             _each(CORE, 250_000.0, 450_000.0, _ratio("grown_arr", under=["grown_heads"]))),
    _pattern(20, "sales, of sales and marketing", "%", "practitioners, weak",
             _each(CORE, 0.50, 0.70, _ratio("sales", under=["sales_and_marketing"]))),
    _slack(21, "selling capacity in use", 0.75, 0.85, "used_hours", "capacity_hours"),
    _slack(22, "leads that no rep takes up", 0.05, 0.20, "leads_unworked", "leads_given"),
)  # fmt: skip


def worlds() -> dict[str, Scenario]:
    """Load the worlds on which the patterns are read."""
    return {name: load(name) for name in WORLDS}


def estimate(read: Read, runs: Mapping[str, Floats]) -> tuple[float, float, float]:
    """Read a value off sums over all seeds, with a 95 % interval by the jackknife over seeds.

    Parameters
    ----------
    read
        The value, from sums.
    runs
        World to array of shape (seeds, quantities); the same seeds in every world.

    Returns
    -------
    value, lower, upper
        NaN where there is nothing to measure, or no interval (one seed).
    """
    totals = {world: block.sum(axis=0) for world, block in runs.items()}
    seeds = len(next(iter(runs.values())))
    value = read(Pooled(totals))
    if seeds < 2 or isnan(value):
        return value, nan, nan
    left_out = [read(Pooled({world: totals[world] - runs[world][k] for world in runs})) for k in range(seeds)]
    margin = t_point(seeds) * float(jackknife_error(np.array(left_out)))
    return value, value - margin, value + margin


def pattern_rows(runs: Mapping[str, Floats]) -> list[Row]:
    """Hold runs of the neutral worlds against every pattern.

    Parameters
    ----------
    runs
        What `gather_runs` returns.
    """
    return [
        Row(
            pattern,
            tuple(Found(one.label, one.low, one.high, *estimate(one.read, runs)) for one in pattern.entries),
        )
        for pattern in PATTERNS
    ]


def accepted(rows: Sequence[Row]) -> bool:
    """Tell whether the worlds pass: at most two rows fail, no needed one, none by more than half its range."""
    failed = sum(row.pattern.failure for row in rows if not row.holds)
    return failed <= ROWS_THAT_MAY_FAIL and not any(row.miss > WORST_MISS for row in rows)


def quick_values(
    scenarios: Mapping[str, Scenario], seeds: Sequence[int], pool: Executor | None = None,
    patterns: Sequence[Pattern] = PATTERNS,
) -> dict[tuple[int, int], float]:  # fmt: skip
    """Return every pattern's values alone, for searching: (row's number, place of its range) to value.

    Parameters
    ----------
    scenarios
        World's name (as in ``WORLDS``) to scenario; patterns of absent worlds are NaN.
    seeds
        Each world is run at each of these.
    pool
        From `executors.process_pool`; None works in this process.
    patterns
        What to read.
    """
    return values_of(gather_runs(scenarios, seeds, pool), patterns)


def values_of(runs: Mapping[str, Floats], patterns: Sequence[Pattern] = PATTERNS) -> dict[tuple[int, int], float]:
    """Return every pattern's values, without intervals: (row's number, place of its range) to value."""
    pooled = Pooled({world: block.sum(axis=0) for world, block in runs.items()})
    return {
        (pattern.number, place): entry.read(pooled)
        for pattern in patterns
        for place, entry in enumerate(pattern.entries)
    }


def single_values(runs: Mapping[str, Floats]) -> dict[tuple[int, int], Floats]:
    """Return every pattern's value on each seed alone, as arrays of shape (seeds,)."""
    seeds = len(next(iter(runs.values())))
    single = [values_of({world: block[k : k + 1] for world, block in runs.items()}) for k in range(seeds)]
    return {key: np.array([one[key] for one in single]) for key in single[0]}
