"""From questions to measurements: which runs are made, and when it is enough (protocol, rule 2)."""

import json
import time
from collections.abc import Mapping, Sequence

from revorg.experiments.analysis.contrasts import Effect
from revorg.experiments.analysis.precision import BATCH, STANDARD, Precision, is_precise, pairs_needed
from revorg.experiments.claims.over_time import STRETCHES
from revorg.experiments.claims.questions import Question, estimate
from revorg.experiments.runs.pairs import Cell, Measurements, PairedRuns, Task, outcomes_of, tasks_of
from revorg.experiments.runs.progress import NoProgress, Progress, duration


def run_until_precise(
    questions: Sequence[Question],
    others: set[Cell],
    precision: Precision,
    pool: PairedRuns,
    progress: Progress,
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
    pool : PairedRuns
    progress : Progress
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
    windows, changes = windows_of(questions), json.dumps({f"rivals.{rival}": True}) if rival else ""
    beside = others | {(cell.world, cell.design) for q in questions for cell in q.cells}
    open_questions, runs = list(questions), 0
    for first in range(0, precision.most_pairs, BATCH):
        arms = beside.union(*(question.arms for question in open_questions))
        tasks = tasks_of(arms, range(first, first + BATCH), windows, changes)
        runs += sum(len(task.designs) for task in tasks)
        if not first and not rival:
            _announce_start(arms, tasks, precision, pool, progress)
        _carry_out(tasks, pool, measurements, f"{rival or 'Pairs'} {first + 1}–{first + BATCH}", progress)
        for question in open_questions:
            effects[question] = estimate(measurements, question.outcome.metric, question.terms, first + BATCH)
        if not first and not rival:
            _announce_rest(effects, precision, progress)
        open_questions = [q for q in open_questions if not _is_closed(q, effects[q], precision)]
        beside = set()
        if not open_questions:
            break
    return measurements, effects, runs


def windows_of(questions: Sequence[Question]) -> tuple[str, ...]:
    """Return the windows that are measured of every run: the stretches of growth, and what is asked for."""
    return tuple(sorted({*STRETCHES} | {term.window for q in questions for term in q.terms}))


def run_changed(
    pairs: Mapping[Question, int],
    settings: Mapping[str, bool | int],
    windows: tuple[str, ...],
    pool: PairedRuns,
    progress: Progress,
) -> tuple[Measurements, int]:
    """Run the arms of some questions in changed worlds.

    Parameters
    ----------
    pairs : mapping of Question to int
        On how many seeds, from the first on.
    settings : mapping of str to bool or int
        What is changed in every world, by dotted path.
    windows : tuple of str
        Measured of every run.
    pool : PairedRuns
    progress : Progress

    Returns
    -------
    measurements : Measurements
    runs : int
    """
    measurements = Measurements()
    tasks = [
        task
        for seed in range(max(pairs.values(), default=0))
        for task in tasks_of(_arms_at(pairs, seed), [seed], windows, json.dumps(settings))
    ]
    if tasks:
        said = ", ".join(f"{path} = {json.dumps(value)}" for path, value in settings.items())
        _carry_out(tasks, pool, measurements, said, progress)
    return measurements, sum(len(task.designs) for task in tasks)


def _arms_at(pairs: Mapping[Question, int], seed: int) -> set[Cell]:
    return {arm for question, count in pairs.items() if seed < count for arm in question.arms}


def _is_closed(question: Question, effect: Effect, precision: Precision) -> bool:
    return is_precise(effect.low, effect.high, precision.target(question.outcome.sesoi))


def _carry_out(
    tasks: Sequence[Task], pool: PairedRuns, measurements: Measurements, what: str, progress: Progress
) -> None:
    with progress.counting(what, len(tasks)) as counter:
        for outcomes in pool.run(tasks):
            measurements.add(outcomes)
            counter.advance()


def _announce_start(
    arms: set[Cell], tasks: Sequence[Task], precision: Precision, pool: PairedRuns, progress: Progress
) -> None:
    """Time one task, and say what the first batch will take."""
    if isinstance(progress, NoProgress):
        return
    missing, runs = pool.missing(tasks), len(arms) * BATCH
    per_run = _seconds_a_run(tasks[-1]) if missing else 0.0
    kept = f", {runs - missing} of them kept from before" if missing < runs else ""
    rest = "" if precision.most_pairs == BATCH else f"; then up to {precision.most_pairs} pairs where needed"
    progress.say(
        f"{len(arms)} arms × {BATCH} pairs{kept} × {1000 * per_run:.0f} ms a run, {pool.count} at a time: "
        f"about {duration(missing * per_run / pool.count)}{rest}"
    )


def _seconds_a_run(task: Task) -> float:
    started = time.perf_counter()
    outcomes_of(task)
    return (time.perf_counter() - started) / len(task.designs)


def _announce_rest(effects: Mapping[Question, Effect], precision: Precision, progress: Progress) -> None:
    """Say how many pairs the outcomes still need after the first batch, and which are out of reach."""
    most = STANDARD.most_pairs
    open_effects = {
        question: pairs_needed(effect, precision.target(question.outcome.sesoi))
        for question, effect in effects.items()
        if not _is_closed(question, effect, precision)
    }
    precise = len(effects) - len(open_effects)
    progress.say(f"After {BATCH} pairs: {precise} of {len(effects)} outcomes precise")
    for question, needed in open_effects.items():
        reach = "no number of pairs helps" if needed is None else f"about {needed} pairs"
        beyond = f", out of reach within {most}" if needed is None or needed > most else ""
        outcome = f"{question.outcome.metric} of {question.outcome.contrast}"
        progress.say(f"  {question.claim.id}, {outcome}: {reach}{beyond}")
