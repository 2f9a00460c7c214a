"""From questions to measurements: which runs are made, and when it is enough (protocol, rule 2)."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from experiments.claims import WHOLE_RUN, Claim, Outcome, Registry, Term
from experiments.contrasts import Effect, contrast
from experiments.listening import Listener, Silence
from experiments.measurements import Arm, Measurements
from experiments.naming import known_name
from experiments.sampling import BATCH, STANDARD, Precision, pairs_needed
from experiments.tasks import Task, Workers, outcomes_of
from experiments.verdicts import is_precise
from simulation.metrics import METRICS


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
    def arms(self) -> set[Arm]:
        """The (world, design) pairs that have to be run for the effect."""
        return {(term.world, term.design) for term in self.terms}

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


def gather(
    questions: Sequence[Question],
    others: set[Arm],
    precision: Precision,
    pool: Workers,
    listener: Listener,
    rival: str = "",
) -> tuple[Measurements, dict[Question, Effect], int]:
    """Run batches of pairs until every question is answered precisely or has had its fill.

    A question is closed with the pairs it has when it becomes precise, so that its answer does not depend on
    what else was asked; only the arms of open questions run on.

    Parameters
    ----------
    questions : sequence of Question
    others : set of (world, design)
        Arms to run in the first batch beside those of the questions.
    precision : Precision
    pool : Workers
    listener : Listener
    rival : str
        A rival mechanism in place of ours; none when empty.

    Returns
    -------
    measurements : Measurements
    effects : dict of Question to Effect
    runs : int
    """
    measurements = Measurements()
    effects: dict[Question, Effect] = {}
    windows = tuple(sorted({WHOLE_RUN} | {term.window for q in questions for term in q.terms}))
    beside = others | {(cell.world, cell.design) for q in questions for cell in q.cells}
    open_questions, runs = list(questions), 0
    for first in range(0, precision.most_pairs, BATCH):
        arms = beside.union(*(question.arms for question in open_questions))
        tasks = tasks_of(arms, range(first, first + BATCH), windows, rival)
        runs += sum(len(task.designs) for task in tasks)
        if not first and not rival:
            _announce_start(arms, tasks, precision, pool, listener)
        _carry_out(tasks, pool, measurements, f"{rival or 'Pairs'} {first + 1}–{first + BATCH}", listener)
        for question in open_questions:
            effects[question] = estimate(measurements, question.outcome.metric, question.terms, first + BATCH)
        if not first and not rival:
            _announce_rest(effects, precision, listener)
        open_questions = [q for q in open_questions if not _is_closed(q, effects[q], precision)]
        beside = set()
        if not open_questions:
            break
    return measurements, effects, runs


def tasks_of(arms: Iterable[Arm], seeds: Iterable[int], windows: tuple[str, ...], rival: str = "") -> list[Task]:
    """Return one task a world and seed, with every design that runs there, in a fixed order."""
    by_world: dict[str, list[str]] = {}
    for world, design in sorted(arms):
        by_world.setdefault(world, []).append(design)
    return [Task(world, seed, tuple(designs), windows, rival) for seed in seeds for world, designs in by_world.items()]


def estimate(measurements: Measurements, metric: str, terms: Sequence[Term], pairs: int) -> Effect:
    """Estimate Σ weight × outcome from the first ``pairs`` seeds."""
    numerators, denominators = measurements.parts(metric, terms, range(pairs))
    weights = np.array([term.weight for term in terms])
    return contrast(numerators, denominators, weights, ratio=METRICS[metric].ratio)


def _is_closed(question: Question, effect: Effect, precision: Precision) -> bool:
    return is_precise(effect.low, effect.high, precision.target(question.outcome.sesoi))


def _carry_out(tasks: Sequence[Task], pool: Workers, measurements: Measurements, what: str, listener: Listener) -> None:
    with listener.counting(what, len(tasks)) as counter:
        for outcomes in pool.run(tasks):
            measurements.add(outcomes)
            counter.advance()


def _announce_start(
    arms: set[Arm], tasks: Sequence[Task], precision: Precision, pool: Workers, listener: Listener
) -> None:
    """Time one task, and say what the first batch will take."""
    if isinstance(listener, Silence):
        return
    missing, runs = pool.missing(tasks), len(arms) * BATCH
    per_run = _seconds_a_run(tasks[-1]) if missing else 0.0
    kept = f", {runs - missing} of them kept from before" if missing < runs else ""
    rest = "" if precision.most_pairs == BATCH else f"; then up to {precision.most_pairs} pairs where needed"
    listener.say(
        f"{len(arms)} arms × {BATCH} pairs{kept} × {1000 * per_run:.0f} ms a run, {pool.count} at a time: "
        f"about {max(1, round(missing * per_run / pool.count))} s{rest}"
    )


def _seconds_a_run(task: Task) -> float:
    started = time.perf_counter()
    outcomes_of(task)
    return (time.perf_counter() - started) / len(task.designs)


def _announce_rest(effects: Mapping[Question, Effect], precision: Precision, listener: Listener) -> None:
    """Say how many pairs the outcomes still need after the first batch, and which are out of reach."""
    most = STANDARD.most_pairs
    open_effects = {
        question: pairs_needed(effect, precision.target(question.outcome.sesoi))
        for question, effect in effects.items()
        if not _is_closed(question, effect, precision)
    }
    precise = len(effects) - len(open_effects)
    listener.say(f"After {BATCH} pairs: {precise} of {len(effects)} outcomes precise")
    for question, needed in open_effects.items():
        reach = "no number of pairs helps" if needed is None else f"about {needed} pairs"
        beyond = f", out of reach within {most}" if needed is None or needed > most else ""
        outcome = f"{question.outcome.metric} of {question.outcome.contrast}"
        listener.say(f"  {question.claim.id}, {outcome}: {reach}{beyond}")
