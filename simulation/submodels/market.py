"""Step 1: the market drifts. Fronts grow more or less attractive, and competitors attack and tire."""

import math

from revorg.simulation.chance import DRIFT, OFFENSIVE, OFFENSIVE_BREADTH, OFFENSIVE_FRONT, normal, stream, uniform
from revorg.simulation.codes import WEEKS_A_YEAR, Column
from revorg.simulation.compiling import loop, rule
from revorg.simulation.parameters.market import Market
from revorg.simulation.state import Fronts
from revorg.simulation.submodels.rules import kept_after, week_or_never

EVERYWHERE = -1


@rule
def drifted(attractiveness: float, kept: float, sd: float, shock: float) -> float:
    """One week of an Ornstein–Uhlenbeck path around zero, exact for any step. Source: Uhlenbeck & Ornstein (1930).

    >>> drifted(1.0, kept=0.5, sd=0.0, shock=3.0)
    0.5
    """
    return kept * attractiveness + sd * math.sqrt(1.0 - kept * kept) * shock


def drift(fronts: Fronts, market: Market, seed: int, week: int, held_pressure: float = math.nan) -> None:
    """Move every front's attractiveness and competitor pressure by one week."""
    _drift(
        fronts.attractiveness, fronts.pressure, seed, week, market.drift_half_life_weeks, market.attractiveness_sd,
        market.competitors * market.offensives_per_year, market.offensive_breadth_probability,
        market.offensive_strength, market.offensive_half_life_weeks, week_or_never(market.shift_week),
        week_or_never(market.attack_week), EVERYWHERE if market.attack_front is None else market.attack_front,
        held_pressure,
    )  # fmt: skip


@loop
def _drift(
    attractiveness: Column, pressure: Column, seed: int, week: int, half_life: float, sd: float,
    offensives_per_year: float, breadth: float, strength: float, offensive_half_life: float, shift_week: int,
    attack_week: int, attack_front: int, held_pressure: float,
) -> None:  # fmt: skip
    fronts = attractiveness.shape[0]
    shocks = stream(seed, DRIFT, week)
    kept, kept_pressure = kept_after(1.0, half_life), kept_after(1.0, offensive_half_life)
    for f in range(fronts):
        if week == shift_week:
            attractiveness[f] = -attractiveness[f]  # what drew demand repels it, and the reverse
        attractiveness[f] = drifted(attractiveness[f], kept, sd, normal(shocks, f))
        pressure[f] *= kept_pressure
    if not math.isnan(held_pressure):
        pressure[:] = held_pressure
        return
    for f in range(fronts):
        if week == attack_week and attack_front in (EVERYWHERE, f):
            pressure[f] += strength
    if uniform(stream(seed, OFFENSIVE, week), 0) >= 1.0 - math.exp(-offensives_per_year / WEEKS_A_YEAR):
        return
    on_all = uniform(stream(seed, OFFENSIVE_BREADTH, week), 0) < breadth
    target = int(uniform(stream(seed, OFFENSIVE_FRONT, week), 0) * fronts)
    for f in range(fronts):
        if on_all or f == target:
            pressure[f] += strength
