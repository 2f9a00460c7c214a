"""Whether the mechanism that a claim names carries its effect: it is switched off in both arms, on the same seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from revorg.experiments.analysis.contrasts import Effect, contrast
from revorg.experiments.claims.questions import Question, estimate
from revorg.experiments.runs.pairs import Measurements
from revorg.simulation.metrics import METRICS

REMAINS = 0.5
"""Share of the effect that may remain without the mechanism that carries it."""
SIDES = {"+": 1.0, "−": -1.0}


@dataclass(frozen=True)
class Without:
    """An effect with a mechanism switched off.

    Attributes
    ----------
    question : Question
    effect : Effect
        With the mechanism off in both arms.
    excess : Effect
        By how much it exceeds half of the effect with the mechanism on, in the predicted direction.
    """

    question: Question
    effect: Effect
    excess: Effect

    @property
    def carried(self) -> bool | None:
        """Whether half of the effect or more is gone; None where the interval does not tell."""
        if self.excess.high <= 0:
            return True
        return False if self.excess.low > 0 else None


@dataclass(frozen=True)
class Carriage:
    """What became of a claim without the mechanism that it names.

    Attributes
    ----------
    mechanism : str
    without : tuple of Without
        One a supported outcome; empty where nothing was supported or nothing was run.
    """

    mechanism: str
    without: tuple[Without, ...] = ()

    @property
    def carried(self) -> bool | None:
        """Whether the mechanism carries every supported outcome; None where that is unclear or was not asked."""
        found = {one.carried for one in self.without}
        if False in found:
            return False
        return None if None in found or not found else True


def without_mechanism(question: Question, on: Measurements, off: Measurements, pairs: int) -> Without:
    """Compare an effect with what is left of it without a mechanism, on the same units of the sample.

    Parameters
    ----------
    question : Question
        Its outcome predicts a sign.
    on, off : Measurements
        The same arms, with the mechanism at work and switched off.
    pairs : int
        Units of the sample: seeds.
    """
    metric, terms = question.outcome.metric, question.terms
    left = SIDES[question.outcome.predicts] * np.array([term.weight for term in terms])
    sides = [side.parts(metric, [term.place for term in terms], range(pairs)) for side in (off, on)]
    tops, bottoms = (np.concatenate(both) for both in zip(*sides, strict=True))
    excess = contrast(tops, bottoms, np.concatenate([left, -REMAINS * left]), ratio=METRICS[metric].ratio)
    return Without(question, estimate(off, metric, terms, pairs), excess)


def can_be_carried(verdicts: Sequence[tuple[Question, str]]) -> list[Question]:
    """Return the outcomes that a mechanism can carry: those that are supported in a sign that was predicted."""
    return [question for question, word in verdicts if word == "supported" and question.outcome.predicts in SIDES]
