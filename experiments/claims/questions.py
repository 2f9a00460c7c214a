"""What a claim asks of the runs: one question an outcome, and the estimate that answers it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from revorg.experiments.analysis.contrasts import Effect, contrast
from revorg.experiments.claims.claim import Claim, Outcome, Registry, Term
from revorg.experiments.runs.pairs import Cell, Measurements
from revorg.simulation.errors import known_name
from revorg.simulation.metrics import METRICS


@dataclass(frozen=True, eq=False)
class Question:
    """One outcome of a claim, its terms written out."""

    claim: Claim
    outcome: Outcome
    core_worlds: tuple[str, ...]

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Every summand of the effect."""
        return self.outcome.summands(self.core_worlds)

    @cached_property
    def by_world(self) -> dict[str, tuple[Term, ...]]:
        """The contrast of designs within each world."""
        return self.outcome.summands_by_world(self.core_worlds)

    @property
    def arms(self) -> set[Cell]:
        """The (world, design) pairs that have to be run for the effect."""
        return {(term.world, term.design) for term in self.terms}

    @property
    def window(self) -> str | None:
        """The window in which every term is measured; None where they differ in it."""
        windows = {term.window for term in self.terms}
        return windows.pop() if len(windows) == 1 else None

    @property
    def cells(self) -> list[Term]:
        """The plain outcomes that are printed beside the effect."""
        return [
            Term(weight=1, world=world, design=design, window=self.outcome.window)
            for world in self.by_world
            for design in self.claim.cells
        ]


def questions_of(claims: Iterable[Claim], book: Registry) -> list[Question]:
    """Return every outcome of the claims, checked against the model's metrics.

    Raises
    ------
    BadInput
        When a claim names an unknown metric.
    """
    questions = [Question(claim, outcome, book.factorial.worlds) for claim in claims for outcome in claim.outcomes]
    for question in questions:
        kind = f"claim {question.claim.id}: metric"
        known_name(question.outcome.metric, METRICS, kind, "revorg list metrics")
    return questions


def estimate(measurements: Measurements, metric: str, terms: Sequence[Term], pairs: int) -> Effect:
    """Estimate Σ weight × outcome from the first ``pairs`` seeds."""
    numerators, denominators = measurements.parts(metric, [term.place for term in terms], range(pairs))
    weights = np.array([term.weight for term in terms])
    return contrast(numerators, denominators, weights, ratio=METRICS[metric].ratio)
