"""Cohen, March & Olsen (1972): how long matters stay open, by who may settle them; our desks in three trees.

The same matters reach the desks of every tree, raised at the same moments with the same work, and the same hours a
week are there for them. Trees differ in one thing: at how many desks those hours sit. Where each matter has its
specialist, hours at one desk help no other; in a hierarchy a superior settles what comes from several functions;
where anybody may decide, all hours are at one desk.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from revorg.experiments.validation.dock_desks import patient_world
from revorg.experiments.validation.dock_figures import DockFigure, Numbers, more_than_nothing
from revorg.scenarios.loading import load
from revorg.simulation import initialization
from revorg.simulation.codes import DAYS_A_WEEK, EMPTY, SETTLED, Column
from revorg.simulation.compiling import alone
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import RECORD
from revorg.simulation.stand_ins import nothing_held
from revorg.simulation.state import Decisions, People, Routes, empty_decisions
from revorg.simulation.submodels import decisions, matters

LOADS = {"light": 0.3, "moderate": 0.6, "heavy": 0.9}
"""Hours of work that come, of those there are."""
HOURS_A_WEEK = 40.0
CLIMB = 0.35
"""Share of matters that a superior settles, where there is one."""
WEEKS, SEEDS = 200, 40
SLOTS = 1024


@dataclass(frozen=True)
class Tree:
    """Seats by the functions that they lead, whom they report to, and the share of all hours at each desk."""

    lines: tuple[int, ...]
    parents: tuple[int, ...]
    hours: tuple[float, ...]

    @property
    def depth(self) -> Column:
        """Steps up from every seat."""
        return np.array([0 if parent < 0 else 1 for parent in self.parents])

    def lowest_over(self, scope: int) -> int:
        """Row of the lowest seat whose line covers functions; the first where none does."""
        covering = [row for row, line in enumerate(self.lines) if scope & ~line == 0]
        return max(covering, key=lambda row: (self.depth[row], -row), default=0)


TREES = {
    "each its specialist": Tree((0b0001, 0b0010, 0b0100, 0b1000), (-1,) * 4, (0.25,) * 4),
    "a hierarchy": Tree((0b1111, 0b0011, 0b1100), (-1, 0, 0), (CLIMB, (1 - CLIMB) / 2, (1 - CLIMB) / 2)),
    "anybody": Tree((0b1111,), (-1,), (1.0,)),
}
"""From where matters should stay open longest to where least."""


def seats_of(tree: Tree) -> tuple[People, Routes]:
    """Return the desks of a tree, all hours for the in-tray and nobody asked, and the way of every decision."""
    rows = len(tree.lines)
    everybody = initialization.people_of(load("simple-single").organization, 0, 0)
    people = People(*(column[:rows].copy() for column in everybody))
    people.line[:], people.parent[:], people.skill[:] = tree.lines, tree.parents, 0.6
    people.week_hours[:], people.tray_share[:], people.span[:] = HOURS_A_WEEK * np.array(tree.hours), 1.0, 0
    owner = np.array([tree.lowest_over(scope) for scope in range(16)])
    heads = np.array([tree.lowest_over(1 << function) for function in range(4)])
    return people, Routes(owner=owner, parent=np.array(tree.parents), depth=tree.depth, head_of=heads)


def the_world() -> World:
    """Return the numbers of a world in which a matter is an hour of work and concerns one function."""
    world = patient_world(rework=0.0)
    hours = {f"{name}_hours": 1.0 for name in ("exception", "escalation", "move", "change")}
    rules = world.decisions._replace(handover_days=0.0, **hours)
    return world._replace(decisions=rules, market=world.market._replace(interdependence=0.0))


def raise_matters(table: Decisions, load: float, week: int, draws: np.random.Generator) -> None:
    """Raise a week's matters: as many as the load makes, of any kind and at any time."""
    count = draws.poisson(load * HOURS_A_WEEK)
    for row, day in enumerate(np.sort(draws.uniform(size=count))):
        climbs = draws.uniform() < CLIMB
        matters.enter(table, int(draws.integers(4)), row, DAYS_A_WEEK * (week + day), climbs, 1.0)


def days_open(tree: Tree, load: float, seed: int, weeks: int = WEEKS) -> float:
    """Return for how many working days a matter stays open on average.

    Parameters
    ----------
    tree : Tree
    load : float
        Hours of work that come, of those there are.
    seed : int
        Of the matters, which are the same in all trees.
    weeks : int
    """
    people, routes = seats_of(tree)
    world, held, table = the_world(), nothing_held(), empty_decisions(SLOTS)
    draws, total, settled = np.random.default_rng(seed), 0.0, 0
    for week in range(weeks):
        now = Now(seed, week, week)
        raise_matters(table, load, week, draws)
        alone(decisions.enter)(table, people, routes, world, now)
        alone(decisions.serve)(table, people, routes, np.zeros(len(RECORD)), world, held, now)
        done = np.flatnonzero((table.state == SETTLED) & (table.probe == 0))
        total += float(np.sum(table.settled[done] - table.raised[done]))
        settled += len(done)
        table.state[table.state == SETTLED] = EMPTY
    return total / settled


def orders(scale: float) -> list[DockFigure]:
    """By how much longer matters stay open in one tree than in another: three loads, three pairs each."""
    seeds = range(max(6, int(scale * SEEDS)))
    figures: list[DockFigure] = []
    for name, share in LOADS.items():
        days: dict[str, Numbers] = {
            tree: np.array([days_open(TREES[tree], share, seed) for seed in seeds]) for tree in TREES
        }
        for longer, shorter in [*pairwise(TREES), (next(iter(TREES)), "anybody")]:
            case = f"{name} load: {longer} − {shorter}"
            figures.append(more_than_nothing(case, days[longer] - days[shorter], "working days"))
    return figures
