"""What is believed of plays, alone against theory: the market's and the reviews' own loops, with the rest held still.

Two plays are a symmetric two-state Markov chain, and reviews see it through a binary symmetric channel. How often the
likelier state is the true one follows from adding up all courses of the chain and all that could be seen of them:
no filter takes part in it.
"""

import math

import numpy as np

from revorg.experiments.validation.dock_figures import DockFigure
from revorg.experiments.validation.dock_submodels import FREE, beyond, changed, look_at_all
from revorg.simulation import initialization
from revorg.simulation.numbers import Now, world_of
from revorg.simulation.scenario import Scenario
from revorg.simulation.submodels import market

LOOKS = 10
FRONTS = 256
CASES = ((0.02, 0.2, 1), (0.1, 0.1, 1), (0.05, 0.3, 1), (0.02, 0.2, 4))
"""Chance a week that the better play changes, chance that a review sees the other one, weeks from review to review."""


def plays(scale: float) -> list[DockFigure]:
    """Share of fronts whose better play is the one believed likelier, after ten reviews from knowing nothing."""
    return [_figure(*case, seeds=max(4, int(scale * 400))) for case in CASES]


def share_right(changes: float, errs: float, looks: int) -> float:
    """Return the probability that the likelier state of a two-state chain is the true one, after some looks at it.

    Over all courses of the chain and all views: the joint probability of what is seen and of the last state is added
    up, and the likelier last state is right with the larger of the two sums.
    """
    courses = (np.arange(2**looks)[:, np.newaxis] >> np.arange(looks)) & 1  # (courses, looks), of 0 and 1
    turns = np.count_nonzero(courses[:, 1:] != courses[:, :-1], axis=1)
    lived = 0.5 * changes**turns * (1.0 - changes) ** (looks - 1 - turns)
    wrong = np.array([np.count_nonzero(courses != seen, axis=1) for seen in courses])  # (views, courses)
    joint = errs**wrong * (1.0 - errs) ** (looks - wrong) * lived
    ends_in_one = joint[:, courses[:, -1] == 1].sum(axis=1)
    return float(np.maximum(ends_in_one, joint.sum(axis=1) - ends_in_one).sum())


def _figure(changes: float, errs: float, gap: int, seeds: int) -> DockFigure:
    world = _two_plays(changes, errs)
    right = np.array([_right_after(world, gap, seed) for seed in range(seeds)])
    over_a_gap = 0.5 * (1.0 - (1.0 - 2.0 * changes) ** gap)  # an odd number of changes
    expected, count = share_right(over_a_gap, errs, LOOKS), seeds * FRONTS
    error = math.sqrt(expected * (1.0 - expected) / count)
    case = f"changes {changes:g}, errs {errs:g}, every {gap} weeks"
    return DockFigure(case, expected, float(right.mean()), error, 0.005, "share right")


def _two_plays(changes: float, errs: float) -> Scenario:
    """Return a world in which the better of two plays changes with one probability, and a review errs with another."""
    # A play that is drawn anew, and a view that is any play, is the same one half of the times.
    world = changed({"market.accounts": 200, "plays.count": 2, "plays.blur": 2.0 * errs})
    world = beyond(world, "plays", half_life_weeks=-1.0 / math.log2(1.0 - 2.0 * changes))
    return beyond(beyond(world, "market", channels=FRONTS), "strategy", transparency_effect=0.0)


def _right_after(world: Scenario, gap: int, seed: int) -> float:
    """Let fronts drift and be reviewed, and return the share whose better play is believed to be it."""
    table = initialization.fronts_at_start(world, initialization.accounts_at_start(world, seed=1), seed)
    table.accounts[:], table.reviewed[:], table.play_belief[:] = 100, -gap, 0.5
    numbers, firm = world_of(world), initialization.firm_at_start(world)
    for week in range(1 - gap, (LOOKS - 1) * gap + 1):
        now = Now(seed, week, 0)
        market.drift(table, numbers, FREE, now)
        if week % gap == 0:
            look_at_all(table, firm, numbers, now)
    return float(np.mean(table.play_belief.argmax(axis=1) == table.best_play))
