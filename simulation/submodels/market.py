"""Step 1: the market drifts. Fronts grow more or less attractive, other plays fit, and competitors attack and tire."""

import math
from typing import Any

from revorg.simulation.chance import normal, purpose, stream, uniform
from revorg.simulation.codes import WEEKS_A_YEAR
from revorg.simulation.compiling import loop, phase, rule
from revorg.simulation.numbers import ABSENT, Now, World
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Fronts
from revorg.simulation.submodels.plays import kept_or_drawn
from revorg.simulation.submodels.rules import kept_after


@rule
def drifted(attractiveness: float, kept: float, sd: float, shock: float) -> float:
    """One week of an Ornstein–Uhlenbeck path around zero, exact for any step. Source: Uhlenbeck & Ornstein (1930).

    >>> drifted(1.0, kept=0.5, sd=0.0, shock=3.0)
    0.5
    """
    return kept * attractiveness + sd * math.sqrt(1.0 - kept * kept) * shock


@rule
def arises(hits: float, breadth: float, neighbours: int) -> float:
    """Probability that an offensive arises on a front, so that with those of its neighbours it is hit as often as said.

    >>> arises(0.03, breadth=0.25, neighbours=2)
    0.02
    """
    return hits / (1.0 + breadth * neighbours)


@loop
def drift(fronts: Fronts, world: World, held: StandIns, now: Now) -> None:
    """Move every front's attractiveness, best play and competitor pressure by one week."""
    market = world.market
    shocks = stream(now.seed, purpose.DRIFT, now.week)
    kept = kept_after(1.0, market.drift_half_life_weeks)
    for f in range(fronts.channel.shape[0]):
        if now.week == market.shift_week:
            fronts.attractiveness[f] = -fronts.attractiveness[f]  # what drew demand repels it, and the reverse
        shock = normal(shocks, f)
        fronts.attractiveness[f] = drifted(fronts.attractiveness[f], kept, market.attractiveness_sd, shock)
    _turn_plays(fronts, world.plays.half_life_weeks, now)
    if math.isnan(held.pressure):
        _attack(fronts, market, now)
    else:
        for f in range(fronts.channel.shape[0]):
            fronts.pressure[f] = held.pressure if fronts.reach[f] > 0.0 else 0.0


@phase
def _turn_plays(fronts: Fronts, half_life_weeks: float, now: Now) -> None:
    """Let another play become the best, on some fronts."""
    kept, draws = kept_after(1.0, half_life_weeks), stream(now.seed, purpose.PLAY_TURNS, now.week)
    for f in range(fronts.channel.shape[0]):
        fronts.best_play[f] = kept_or_drawn(
            fronts.best_play[f], uniform(draws, f), kept, fronts.play_belief.shape[1]
        )  # fmt: skip


@phase
def _attack(fronts: Fronts, market: Any, now: Now) -> None:
    """Let pressure fade, and competitors attack: on schedule, and at random on a front or on its neighbours too.

    Offensives arise on closed fronts as well, but press on open ones only: which fronts are open moves nobody's draws.
    """
    kept, attacked = kept_after(1.0, market.offensive_half_life_weeks), market.attack_front
    for f in range(fronts.channel.shape[0]):
        fronts.pressure[f] *= kept
        if now.week == market.attack_week and attacked in (ABSENT, f):  # no front in particular: all of them
            _press(fronts, f, market.offensive_strength)
    hits = 1.0 - math.exp(-market.competitors * market.offensives_per_year / WEEKS_A_YEAR)
    attacks, breadth = stream(now.seed, purpose.OFFENSIVE, now.week), market.offensive_breadth_probability
    for f in range(fronts.channel.shape[0]):
        drawn = uniform(attacks, f)
        if drawn >= hits:
            continue
        neighbours = 0
        for g in range(fronts.channel.shape[0]):
            neighbours += are_neighbours(fronts, f, g)
        here = arises(hits, breadth, neighbours)
        for g in range(fronts.channel.shape[0]):
            if (g == f and drawn < here) or (are_neighbours(fronts, f, g) and drawn < breadth * here):
                _press(fronts, g, market.offensive_strength)


@phase
def are_neighbours(fronts: Fronts, f: int, g: int) -> bool:
    """Whether two fronts are of the same channel or of the same segment."""
    return f != g and (fronts.channel[f] == fronts.channel[g] or fronts.segment[f] == fronts.segment[g])


@phase
def _press(fronts: Fronts, f: int, strength: float) -> None:
    """Add to the pressure on a front, if the firm is there."""
    if fronts.reach[f] > 0.0:
        fronts.pressure[f] += strength
