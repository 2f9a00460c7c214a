"""Growth over time: what an effect on growth is in each year and over several, and efficient growth beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from revorg.experiments.analysis.contrasts import Effect
from revorg.experiments.claims.claim import Factorial, Term
from revorg.experiments.claims.questions import Question, estimate
from revorg.experiments.runs.jobs import FOUR_YEARS
from revorg.experiments.runs.pairs import Measurements

YEARS = ("0-52", "52-104", "104-156", "156-208")
SPANS = {2: "0-104", 4: FOUR_YEARS, 8: "0-416"}
"""Windows of so many years from week 0 on; eight take runs of their own."""
STRETCHES = (*YEARS, SPANS[2], SPANS[4])
"""Windows that are measured of every run of four years."""
LONG_WEEKS = 416
LONG_PAIRS = 128
"""Pairs of eight years that an effect rests on at most."""
SHOWN = {"arr_growth": ("arr_growth", "efficient_growth"), "efficient_growth": ("efficient_growth",)}
"""What is shown over time of outcomes of growth, themselves first."""


@dataclass(frozen=True)
class OverTime:
    """An effect on growth over several stretches of time.

    Attributes
    ----------
    metric : str
    effect : Effect
        Over the window of the outcome itself.
    by_window : dict of str to Effect
        Over each year, over two and four, and over eight where that was run; empty where the terms of the contrast
        have windows of their own.
    """

    metric: str
    effect: Effect
    by_window: Mapping[str, Effect]

    @property
    def by_year(self) -> tuple[Effect, ...]:
        """The effect in each year, in order."""
        return tuple(self.by_window[year] for year in YEARS if year in self.by_window)

    @property
    def turn(self) -> tuple[int, int] | None:
        """The first year whose effect is clear of zero, and the last whose effect is so on the other side."""
        sides = [(year, effect.low > 0) for year, effect in enumerate(self.by_year, 1) if effect.low * effect.high > 0]
        others = [year for year, positive in sides if positive is not sides[0][1]]
        return (sides[0][0], others[-1]) if others else None


def over_time(question: Question, measurements: Measurements, pairs: int) -> tuple[OverTime, ...]:
    """Return what is shown over time beside an outcome; empty unless it is one of growth.

    Parameters
    ----------
    question : Question
    measurements : Measurements
        Runs of four years, and those of eight where there are any.
    pairs : int
        Seeds that the answer rests on.
    """
    found = []
    for metric in SHOWN.get(question.outcome.metric, ()):
        by_window = {}
        for window in (*YEARS, *SPANS.values()) if question.window else ():
            terms = measured_in(question, window)
            seeds = measurements.seeds(term.place for term in terms)[:pairs]
            if seeds:
                by_window[window] = estimate(measurements, metric, terms, len(seeds))
        found.append(OverTime(metric, estimate(measurements, metric, question.terms, pairs), by_window))
    return tuple(found)


def measured_in(question: Question, window: str) -> tuple[Term, ...]:
    """Return the terms of a question, all measured in another window."""
    return tuple(term.model_copy(update={"window": window}) for term in question.terms)


def is_long(question: Question, factorial: Factorial) -> bool:
    """Tell whether eight years are run of an outcome where there is time: growth, in cells of the factorial."""
    in_cells = {design for _, design in question.arms} <= set(factorial.designs)
    return in_cells and question.window is not None and question.outcome.metric in SHOWN
