"""Submodels docked against theory: each the model's own loop, driven alone, beside a figure it must give."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from revorg.experiments.runs.progress import NoProgress, Progress
from revorg.experiments.validation import (
    dock_choices,
    dock_desks,
    dock_garbage_can,
    dock_plays,
    dock_queues,
    dock_submodels,
)
from revorg.experiments.validation.dock_figures import DockFigure
from revorg.simulation.errors import BadInput, near_miss


@dataclass(frozen=True)
class Dock:
    """A submodel that theory says something about.

    Attributes
    ----------
    name : str
        What the command line calls it.
    submodel : str
    isolated : str
        How it is driven alone, and which theory it meets.
    measure : callable
        Takes the size of the trial (1 = that of the table) and returns one figure or several.
    """

    name: str
    submodel: str
    isolated: str
    measure: Callable[[float], list[DockFigure]]


@dataclass(frozen=True)
class Docked:
    """A row and what came of it."""

    row: Dock
    figures: tuple[DockFigure, ...]

    @property
    def passed(self) -> bool:
        """Whether every figure of the row is near enough to theory."""
        return all(figure.passed for figure in self.figures)


DOCKS = (
    Dock(
        "single-server",
        "one seat's in-tray",
        "Poisson arrivals, exponential work, no consults or hops, load .8: mean wait in mean works (M/M/1)",
        dock_desks.single_server,
    ),
    Dock(
        "held-back",
        "one seat's in-tray",
        "the same, each decision held back for 0 to 10 works before it reaches the desk: wait at the desk",
        dock_desks.held_back,
    ),
    Dock(
        "half-day",
        "one seat's in-tray",
        "the same desk with half of every day for the in-tray, load of the desk .8: mean wait",
        dock_desks.half_the_day,
    ),
    Dock(
        "variation",
        "one seat's in-tray",
        "load .8, work with squared variation 0, 1, 4: mean wait (Pollaczek–Khinchine)",
        dock_desks.variation_of_work,
    ),
    Dock(
        "small-matters",
        "one seat's in-tray",
        "decisions at a desk that small matters, a tenth as long, load as well: mean wait (Pollaczek–Khinchine)",
        dock_desks.small_matters,
    ),
    Dock(
        "rework",
        "rework at a desk",
        "load .6 of first calls, right the second time with fresh work, no time limit: mean time in system",
        dock_desks.rework,
    ),
    Dock(
        "little",
        "every queue of a run",
        "whole runs, ten years each: number present against arrivals × mean stay (Little's law)",
        dock_queues.little,
    ),
    Dock(
        "renewals",
        "renewals",
        "100,000 customers with Beta(.7041, 1.1820) dispositions, health neutral: % left (Fader & Hardie 2007)",
        dock_submodels.renewals,
    ),
    Dock(
        "belief",
        "belief about a front",
        "fronts that drift as random walks, each reviewed every week: steady gain (Kalman)",
        dock_submodels.belief,
    ),
    Dock(
        "plays",
        "belief about a front's plays",
        "two plays, the better drawn anew now and then, ten reviews through a blur: how often belief is right (Bayes)",
        dock_plays.plays,
    ),
    Dock(
        "reps",
        "reps' ramp and leaving",
        "leaving at .35 a year, replaced at once, linear ramp of 5 months: mean productivity",
        dock_submodels.reps,
    ),
    Dock(
        "word-of-mouth",
        "leads by references",
        "prospects who adopt at p + q × share adopted, p = .03, q = .38 a year, weekly steps (Bass)",
        dock_submodels.word_of_mouth,
    ),
    Dock(
        "arms",
        "allocation by belief",
        "ten arms of odds Beta(2, 2), 500 choices by softmax of sample averages, shocks to half of them: pay-offs of "
        "±1 earned, within three standard errors (Posen & Levinthal 2012)",
        dock_choices.arms,
    ),
    Dock(
        "temperature",
        "allocation by belief",
        "sixteen fronts that drift, proposals in force at once: temperature of least regret (equal marginal demand), "
        "and how it moves as drift quickens (against Posen & Levinthal 2012: it rises)",
        dock_choices.temperatures,
    ),
    Dock(
        "garbage-can",
        "desks of three trees",
        "the same matters settled by their specialists, in a hierarchy or by anybody: order of the days they stay "
        "open, by three standard errors (Cohen, March & Olsen 1972)",
        dock_garbage_can.orders,
    ),
)


def chosen(names: Sequence[str]) -> tuple[Dock, ...]:
    """Return the rows of these names in the order of the table; all when there is no name.

    Raises
    ------
    BadInput
        If a name is not that of a row.
    """
    known = {row.name: row for row in DOCKS}
    for name in names:
        if name not in known:
            raise BadInput(f"dock: there is no row {name!r}{near_miss(name, known)}")
    return tuple(row for row in DOCKS if not names or row.name in names)


def dock(names: Sequence[str] = (), scale: float = 1.0, progress: Progress | None = None) -> list[Docked]:
    """Drive the submodels alone and compare them with theory.

    Parameters
    ----------
    names : sequence of str
        Rows to try; all when empty.
    scale : float
        Size of the trial against that of the table; standard errors grow as its root falls.
    progress
        Told after each row how long it took.
    """
    told = progress or NoProgress()
    found = []
    for row in chosen(names):
        began = time.monotonic()
        docked = Docked(row, tuple(row.measure(scale)))
        told.say(f"{row.name}: {time.monotonic() - began:.0f} s")
        found.append(docked)
    return found
