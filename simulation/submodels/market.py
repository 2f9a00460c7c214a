"""Step 1: the market drifts. Fronts grow more or less attractive, and competitors attack and tire."""

import math
from typing import Any

from revorg.simulation.chance import normal, purpose, stream, uniform
from revorg.simulation.codes import WEEKS_A_YEAR
from revorg.simulation.compiling import loop, phase, rule
from revorg.simulation.numbers import ABSENT, Now, World
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Fronts
from revorg.simulation.submodels.rules import kept_after


@rule
def drifted(attractiveness: float, kept: float, sd: float, shock: float) -> float:
    """One week of an Ornstein–Uhlenbeck path around zero, exact for any step. Source: Uhlenbeck & Ornstein (1930).

    >>> drifted(1.0, kept=0.5, sd=0.0, shock=3.0)
    0.5
    """
    return kept * attractiveness + sd * math.sqrt(1.0 - kept * kept) * shock


@loop
def drift(fronts: Fronts, world: World, held: StandIns, now: Now) -> None:
    """Move every front's attractiveness and competitor pressure by one week."""
    market = world.market
    shocks = stream(now.seed, purpose.DRIFT, now.week)
    kept = kept_after(1.0, market.drift_half_life_weeks)
    for f in range(fronts.channel.shape[0]):
        if now.week == market.shift_week:
            fronts.attractiveness[f] = -fronts.attractiveness[f]  # what drew demand repels it, and the reverse
        shock = normal(shocks, f)
        fronts.attractiveness[f] = drifted(fronts.attractiveness[f], kept, market.attractiveness_sd, shock)
    if math.isnan(held.pressure):
        _attack(fronts, market, now)
    else:
        fronts.pressure[:] = held.pressure


@phase
def _attack(fronts: Fronts, market: Any, now: Now) -> None:
    """Let pressure fade, and competitors attack: on schedule, and at random on one front or on all."""
    kept = kept_after(1.0, market.offensive_half_life_weeks)
    attacked = market.attack_front
    a_year = market.competitors * market.offensives_per_year
    comes = uniform(stream(now.seed, purpose.OFFENSIVE, now.week), 0) < 1.0 - math.exp(-a_year / WEEKS_A_YEAR)
    broad = uniform(stream(now.seed, purpose.OFFENSIVE_BREADTH, now.week), 0) < market.offensive_breadth_probability
    fronts_there = fronts.channel.shape[0]
    target = int(uniform(stream(now.seed, purpose.OFFENSIVE_FRONT, now.week), 0) * fronts_there)
    for f in range(fronts_there):
        fronts.pressure[f] *= kept
        if now.week == market.attack_week and attacked in (ABSENT, f):  # no front in particular: all of them
            fronts.pressure[f] += market.offensive_strength
        if comes and (broad or f == target):
            fronts.pressure[f] += market.offensive_strength
