"""Plays: what a front is offered, at which price and how. One of a few fits; which one changes now and then.

A front's best play is a Markov chain that is drawn anew, among all plays, at a constant rate; a review sees it through
a blur; and what the firm believes is the exact filter of such a chain.
"""

from typing import Any

from revorg.simulation.compiling import phase, rule
from revorg.simulation.state import Fronts
from revorg.simulation.submodels.rules import held_or, kept_after

LAST_LOOK = 1
"""Place of the word for reviews that believe the last look alone."""


@rule
def kept_or_drawn(play: int, drawn: float, kept: float, count: int) -> int:
    """A play, with probability `kept`; else one that is drawn evenly among all.

    >>> kept_or_drawn(1, drawn=0.5, kept=0.9, count=4), kept_or_drawn(1, drawn=0.99, kept=0.9, count=4)
    (1, 3)
    """
    return play if drawn < kept else min(int((drawn - kept) / (1.0 - kept) * count), count - 1)


@rule
def aged_chance(chance: float, kept: float, count: int) -> float:
    """Chance that a play is the best, after weeks in which a share `kept` of all best plays was not drawn anew. [0..1]

    >>> aged_chance(1.0, kept=0.5, count=4)
    0.625
    """
    return 1.0 / count + kept * (chance - 1.0 / count)


@rule
def likelihood(is_seen: bool, blur: float, count: int) -> float:
    """Probability that a review sees a play, or one of the others, if that play is the best. [0..1]

    >>> likelihood(True, blur=0.4, count=4), likelihood(False, blur=0.4, count=4)
    (0.7, 0.1)
    """
    return (1.0 - blur if is_seen else 0.0) + blur / count


@rule
def play_cost(play: int, best: int, gain: float, held_fit: float) -> float:
    """What a play takes from log-leads and from the odds of winning: nothing where it is the best.

    >>> play_cost(2, best=2, gain=0.3, held_fit=float("nan")), play_cost(1, best=2, gain=0.3, held_fit=float("nan"))
    (0.0, 0.3)
    """
    return gain * (1.0 - held_or(held_fit, 1.0 if play == best else 0.0))


@phase
def look_at_play(fronts: Fronts, f: int, maturity: float, drawn: float, world: Any, week: int) -> None:
    """Turn the play that a review sees for the best into belief, the old belief aged over the weeks gone by."""
    belief, count = fronts.play_belief[f], fronts.play_belief.shape[1]
    blur = world.plays.blur * (1.0 - world.strategy.transparency_effect * maturity)
    seen = kept_or_drawn(fronts.best_play[f], drawn, 1.0 - blur, count)
    kept = kept_after(float(week - fronts.reviewed[f]), world.plays.half_life_weeks)
    if world.readings.review == LAST_LOOK:
        kept = 0.0  # what was believed before counts for nothing
    for play in range(count):
        belief[play] = aged_chance(belief[play], kept, count) * likelihood(play == seen, blur, count)
    belief /= belief.sum()
