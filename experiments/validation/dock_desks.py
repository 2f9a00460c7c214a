"""The desk alone against queueing theory: one seat's in-tray, served by the loop that serves all desks of the model.

With skill .6 an hour of work takes an hour, and an in-tray that gets one hour a day serves one hour of work a day.
Arrivals and work come from the model's own chance, under purposes that the model does not use.
"""

import math
from typing import Any

import numpy as np

from revorg.experiments.validation.dock_figures import DockFigure, Numbers, mean_and_error
from revorg.experiments.validation.dock_stretches import serve_stretch
from revorg.scenarios.loading import load
from revorg.simulation import initialization
from revorg.simulation.chance import exponential, stream, uniform
from revorg.simulation.codes import DEAL_EXCEPTION, EMPTY, OPEN, ORIGIN_OF_KIND, SETTLED
from revorg.simulation.compiling import loop
from revorg.simulation.numbers import World, world_of
from revorg.simulation.stand_ins import nothing_held
from revorg.simulation.state import People, Routes, empty_decisions

GAP, DELAY, WORK, SHORT, SIZE = range(1001, 1006)
"""Purposes of the draws that feed the desk; the model's own are below 1000."""

SKILL, OFFSET = 0.6, 1.6
CHUNK = 4096
"""Decisions that are entered at a time; one call of the desks' loop serves them."""

SMALL_WORK = 0.1
"""Mean work of a small matter in the mean works of decisions."""

DECISIONS = 12_000_000
"""Decisions of one figure: enough that 2 % are six standard errors of a wait at load .8 with exponential work."""


@loop
def draw_decisions(
    gaps: Numbers, delays: Numbers, works: Numbers, first: int, seed: int, load: float, delay: float, variation: int
) -> None:
    """Draw gaps between decisions, days for which they are held back, and hours of work with mean 1.

    The squared variation of work is 0, 1 (exponential) or 4 (two kinds of exponential work with balanced means).
    """
    gap, held, work = stream(seed, GAP, 0), stream(seed, DELAY, 0), stream(seed, WORK, 0)
    kinds = stream(seed, SHORT, 0)
    short = 0.5 * (1.0 + math.sqrt(0.6))
    for i in range(gaps.shape[0]):
        gaps[i] = exponential(gap, first + i) / load
        delays[i] = delay * uniform(held, first + i)
        works[i] = 1.0 if variation == 0 else exponential(work, first + i)
        if variation == 4:
            works[i] *= 0.5 / short if uniform(kinds, first + i) < short else 0.5 / (1.0 - short)


@loop
def draw_with_small(
    gaps: Numbers, works: Numbers, small: Numbers, first: int, seed: int, load: float, small_load: float
) -> None:
    """Draw gaps between matters of two kinds, exponential work of each, and which of them are small."""
    gap, work, size = stream(seed, GAP, 0), stream(seed, WORK, 0), stream(seed, SIZE, 0)
    often = small_load / SMALL_WORK
    for i in range(gaps.shape[0]):
        gaps[i] = exponential(gap, first + i) / (load + often)
        small[i] = uniform(size, first + i) * (load + often) < often
        works[i] = exponential(work, first + i) * (SMALL_WORK if small[i] else 1.0)


def one_seat() -> tuple[People, Routes]:
    """Return a seat that leads all functions, and the way of every decision, which is to it."""
    top = initialization.people_of(load("simple-single").organization, 0, 0)
    people = People(*(column[:1].copy() for column in top))
    people.line[:], people.skill[:] = 0b1111, SKILL
    integers = {"owner": np.zeros(16, np.int64), "head_of": np.zeros(4, np.int64), "depth": np.zeros(1, np.int64)}
    return people, Routes(parent=np.array([-1]), **integers)


def patient_world(rework: float) -> World:
    """Return the numbers of a world in which nothing is left to its origin and every wrong call is caught."""
    world = world_of(load("simple-single"))
    rules = world.decisions._replace(
        skill_offset=OFFSET, cross_line_delay=1.0, time_limit_days=math.inf, caught_share=1.0, exception_hours=1.0,
        wrong_base=rework, wrong_skill_ceiling=SKILL + 1.0, wrong_per_unasked=0.0, default_wrong=0.0,
    )  # fmt: skip
    return world._replace(decisions=rules)


class InTray:
    """One seat that leads all functions and decides whatever comes, asking nobody.

    Parameters
    ----------
    hours_a_day : float
        Share of every day that the in-tray gets.
    rework : float
        Probability that a first call is wrong; every wrong call is caught, and right the second time.
    seed : int
    """

    def __init__(self, hours_a_day: float, rework: float, seed: int) -> None:
        self.hours_a_day, self.seed = np.array([hours_a_day]), seed
        self.world, self.held = patient_world(rework), nothing_held()
        self.people, self.routes = one_seat()
        self.table = empty_decisions(2 * CHUNK)
        self.number = np.full(2 * CHUNK, -1)
        self.day = 0.0

    def enter(self, first: int, raised: Numbers, ready: Numbers, work: Numbers, small: Any = 0) -> None:
        """Put decisions in free slots, numbered from `first` on; `small` is 1 for those below the floor of stakes."""
        table, count = self.table, len(raised)
        slots = np.flatnonzero(table.state == EMPTY)[:count]
        numbers = np.arange(first, first + count)
        self.number[slots], table.row[slots], table.state[slots] = numbers, numbers, OPEN
        table.scope[slots] = 1 << ORIGIN_OF_KIND[DEAL_EXCEPTION]
        table.raised[slots], table.arrives[slots, 0] = raised, ready
        table.work[slots] = -1.0
        table.work[slots, 0], table.small[slots] = work, small
        for column in (table.serving, table.reworked, table.wrong, table.defaulted, table.awaited):
            column[slots] = 0

    def serve(self, until: float, days: Numbers) -> None:
        """Serve up to a working day, and add the days of the decisions settled to those kept by number."""
        table = self.table
        serve_stretch(
            table, self.people, self.routes, self.hours_a_day, self.world, self.held, self.day, until, self.seed
        )
        self.day = until
        done = np.flatnonzero(table.state == SETTLED)
        table.state[done] = EMPTY
        days[self.number[done]] += table.settled[done]


def times_at_desk(
    count: int, load: float = 0.8, delay: float = 0.0, variation: int = 1, hours_a_day: float = 1.0,
    rework: float = 0.0, seed: int = 1,
) -> tuple[Numbers, Numbers]:  # fmt: skip
    """Drive one in-tray with Poisson arrivals.

    Parameters
    ----------
    count : int
        Number of decisions.
    load : float
        Hours of first calls that arrive a day.
    delay : float
        Most days for which a decision is held back before it reaches the desk.
    variation : int
        Squared coefficient of variation of the work: 0, 1 or 4.
    hours_a_day, rework, seed
        See `InTray`.

    Returns
    -------
    array, shape (count,)
        Working days from the desk's door to the settled decision.
    array, shape (count,)
        Days that the work itself takes there (of the first call).
    """
    tray = InTray(hours_a_day, rework, seed)
    days, takes = np.empty(count), np.empty(count)
    gaps, delays, works = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK)
    began = 0.0
    for first in range(0, count, CHUNK):
        size = min(CHUNK, count - first)
        draw_decisions(gaps[:size], delays[:size], works[:size], first, seed, load, delay, variation)
        raised = began + np.cumsum(gaps[:size])
        ready = raised + delays[:size]
        days[first : first + size] = -ready
        takes[first : first + size] = works[:size] / hours_a_day
        tray.enter(first, raised, ready, works[:size])
        began = float(raised[-1])
        tray.serve(began, days)
    tray.serve(began + 1e6, days)
    return days, takes


def waits_behind_small(count: int, load: float, small_load: float, seed: int) -> tuple[Numbers, Numbers]:
    """Drive one in-tray with decisions and small matters.

    Parameters
    ----------
    count : int
        Number of both together.
    load, small_load : float
        Hours of decisions (of mean 1) and of small matters (of mean `SMALL_WORK`) that arrive a day.
    seed : int

    Returns
    -------
    array, shape (count,)
        Working days of waiting at the desk, not counting the work itself.
    array, shape (count,)
        1 for small matters.
    """
    tray = InTray(1.0, 0.0, seed)
    days, small = np.empty(count), np.empty(count)
    gaps, works = np.empty(CHUNK), np.empty(CHUNK)
    began = 0.0
    for first in range(0, count, CHUNK):
        size = min(CHUNK, count - first)
        chunk = slice(first, first + size)
        draw_with_small(gaps[:size], works[:size], small[chunk], first, seed, load, small_load)
        raised = began + np.cumsum(gaps[:size])
        days[chunk] = -raised - works[:size]
        tray.enter(first, raised, raised, works[:size], small[chunk])
        began = float(raised[-1])
        tray.serve(began, days)
    tray.serve(began + 1e6, days)
    return days, small


def small_matters(scale: float) -> list[DockFigure]:
    """Mean wait of decisions where small matters load the desk as well (Pollaczek–Khinchine for the mixed work).

    Work of mean m that loads a desk by r leaves r m to whoever comes, and the desk is behind by that ÷ (1 − all loads).
    """
    figures = []
    for large, small in ((0.0625, 0.5), (0.2, 0.4), (0.4, 0.4)):
        expected = (large + small * SMALL_WORK) / (1.0 - large - small)
        days, is_small = waits_behind_small(int(scale * DECISIONS), large, small, seed=6)
        mean, error = mean_and_error(days[is_small == 0])
        case = f"loads {large:g} and {small:g} small"
        figures.append(DockFigure(case, expected, mean, error, 0.02 * expected, "mean works of waiting"))
    return figures


def _waits(case: str, expected: float, count: int, seed: int, **desk: float) -> DockFigure:
    days, takes = times_at_desk(count, seed=seed, **desk)  # type: ignore[arg-type]
    mean, error = mean_and_error(days - takes)
    return DockFigure(case, expected, mean, error, 0.02 * expected, "mean works of waiting")


def single_server(scale: float) -> list[DockFigure]:
    """Mean wait at load .8 with exponential work (M/M/1)."""
    return [_waits("", 4.0, int(scale * DECISIONS), seed=1)]


def held_back(scale: float) -> list[DockFigure]:
    """Mean wait at the desk of decisions that were held back for 0 to 10 works before."""
    return [_waits("", 4.0, int(scale * DECISIONS), seed=2, delay=10.0)]


def half_the_day(scale: float) -> list[DockFigure]:
    """Mean wait when the in-tray gets half of every day, at the same load of the desk."""
    return [_waits("", 8.0, int(scale * DECISIONS), seed=3, load=0.4, hours_a_day=0.5)]


def variation_of_work(scale: float) -> list[DockFigure]:
    """Mean wait with work that varies not at all, exponentially, and more (Pollaczek–Khinchine)."""
    # The more work varies, the longer a queue remembers: more decisions for the same standard error.
    cases = ((0, 2.0, 1), (1, 4.0, 1), (4, 10.0, 2))
    return [
        _waits(f"squared variation {squared}", expected, int(scale * DECISIONS) * times, 4, variation=squared)
        for squared, expected, times in cases
    ]


def rework(scale: float) -> list[DockFigure]:
    """Mean time in the system when a share of first calls is done again with fresh work."""
    figures = []
    for share, expected in ((0.0, 2.5), (0.1, 3.235), (0.2, 4.286), (0.3, 5.909)):
        days, _ = times_at_desk(int(scale * DECISIONS), load=0.6, rework=share, seed=5)
        mean, error = mean_and_error(days)
        name, tolerance = f"rework {share:.1f}", 0.02 * expected
        figures.append(DockFigure(name, expected, mean, error, tolerance, "mean works in system"))
    return figures
