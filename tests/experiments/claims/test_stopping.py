"""Rule 2: batches until precise, on the width and never on the sign; and the runs behind it."""

from pathlib import Path

import numpy as np
import pytest
from made_up_runs import MadeUpRuns, noisy
from notes import Notes

from revorg.experiments.analysis.contrasts import Effect
from revorg.experiments.analysis.precision import BATCH, FULL, QUICK, STANDARD, pairs_needed
from revorg.experiments.claims.claim import registry
from revorg.experiments.claims.questions import Question, questions_of
from revorg.experiments.claims.stopping import run_until_precise
from revorg.experiments.runs.jobs import FOUR_YEARS
from revorg.experiments.runs.pairs import PairedRuns, RunsFailed, Task, outcomes_of, tasks_of
from revorg.experiments.runs.progress import NoProgress
from revorg.simulation.metrics import METRICS

BOOK = registry()


def questions(*ids: str) -> list[Question]:
    """Return the questions of some claims."""
    return questions_of(BOOK.select(ids), BOOK)


def test_quick_is_one_batch_of_every_arm() -> None:
    """32 pairs, whatever the width."""
    runs = MadeUpRuns(noisy({}, own=0.5))
    _, effects, count = run_until_precise(questions("seat-person-fit"), set(), QUICK, runs, NoProgress())  # type: ignore[arg-type]
    assert [effect.pairs for effect in effects.values()] == [32]
    assert count == 4 * 4 * 32
    assert {task.seed for task in runs.tasks} == set(range(32))


def test_batches_go_on_until_the_interval_is_narrow() -> None:
    """No sooner and no later than the width asks for, and at most 512 pairs."""
    asked = questions("cso-suits-simple-single", "strategist-in-cso-seat-slows-decisions")
    runs = MadeUpRuns(noisy({"cso:executor": 0.4}, own=0.025))
    _, effects, _ = run_until_precise(asked, set(), STANDARD, runs, NoProgress())  # type: ignore[arg-type]
    growth, latency = effects.values()
    assert latency.pairs == BATCH  # half a day is far wider than this noise
    assert BATCH < growth.pairs < STANDARD.most_pairs
    assert growth.pairs % BATCH == 0
    assert growth.half_width <= 0.005
    later = [task for task in runs.tasks if task.seed >= BATCH]
    assert {task.world for task in later} == {"simple-single"}
    assert {design for task in later for design in task.designs} == {"cso:executor", "cro:strategist"}


def test_answer_does_not_depend_on_what_else_is_asked() -> None:
    """Alone or with all the others: the same pairs, the same interval, bit for bit."""
    rule = noisy({"cro:strategist": 0.01}, own=0.02)
    alone = run_until_precise(questions("seat-person-fit"), set(), STANDARD, MadeUpRuns(rule), NoProgress())[1]  # type: ignore[arg-type]
    together = run_until_precise(questions(), set(), STANDARD, MadeUpRuns(rule), NoProgress())[1]  # type: ignore[arg-type]
    found = next(effect for question, effect in together.items() if question.claim.id == "seat-person-fit")
    assert list(alone.values()) == [found]


def test_first_batch_says_what_the_rest_needs() -> None:
    """Needs and what is out of reach are told after 32 pairs."""
    notes = Notes()
    run_until_precise(questions("seat-person-fit"), set(), QUICK, MadeUpRuns(noisy({}, own=0.3)), notes)  # type: ignore[arg-type]
    told = "\n".join(notes.said)
    assert "After 32 pairs: 0 of 1 outcomes precise" in told
    assert "seat-person-fit, arr_growth of [cro:strategist" in told
    assert "out of reach within 512" in told


@pytest.mark.parametrize(
    ("low", "high", "target", "needed"),
    [(-1.0, 1.0, 1.0, 32), (-2.0, 2.0, 1.0, 128), (-1.1, 1.1, 1.0, 64), (np.nan, np.nan, 1.0, None)],
)
def test_pairs_needed(low: float, high: float, target: float, needed: int | None) -> None:
    """The width falls with the root of the pairs; whole batches."""
    assert pairs_needed(Effect(0.0, low, high, pairs=32), target) == needed


def test_full_asks_for_half_the_width() -> None:
    """A quarter of the smallest effect that would matter instead of a half."""
    assert (STANDARD.target(1), FULL.target(1), QUICK.most_pairs) == (0.5, 0.25, 32)


def test_one_worker_or_two_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real runs: results are equal bit for bit whatever the workers and the order."""
    monkeypatch.setattr("revorg.experiments.runs.dispatch.SMALL_SECONDS", 0.0)
    arms = [("simple-single", "cro:strategist"), ("simple-single", "cso:executor"), ("complex-multi", "coo:operator")]
    tasks = tasks_of(arms, range(3), (FOUR_YEARS, "0-52"))
    with PairedRuns(1, fresh=True) as one, PairedRuns(2, fresh=True) as two:
        alone = {(found.task.world, found.task.seed): found for found in one.run(tasks)}
        shared = {(found.task.world, found.task.seed): found for found in two.run(tasks[::-1])}
    assert alone.keys() == shared.keys()
    for key, found in alone.items():
        assert found.task == shared[key].task
        assert np.array_equal(found.parts, shared[key].parts, equal_nan=True)


def test_result_does_not_depend_on_the_other_designs_of_a_task() -> None:
    """Each design is a fork of the same past."""
    both = outcomes_of(Task("simple-single", 5, ("cro:strategist", "cso:executor"), (FOUR_YEARS,)))
    alone = outcomes_of(Task("simple-single", 5, ("cso:executor",), (FOUR_YEARS,)))
    assert both.parts.shape == (2, 1, len(METRICS), 2)
    assert np.array_equal(both.parts[1], alone.parts[0], equal_nan=True)


def test_kept_runs_change_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier command ran is not run again, and is what it would be; a stop in between costs the rest alone."""
    monkeypatch.setattr("revorg.experiments.runs.cache.cache_folder", lambda: tmp_path)
    arms = [("simple-single", "cro:strategist"), ("simple-single", "cso:executor")]
    tasks = tasks_of(arms, range(3), (FOUR_YEARS, "0-52"))
    with PairedRuns(1) as stopped:
        next(stopped.run(tasks))
    found, tallies = {}, {}
    for name, fresh in (("rest", False), ("again", False), ("fresh", True)):
        with PairedRuns(1, fresh=fresh) as workers:
            found[name] = {outcomes.task: outcomes.parts for outcomes in workers.run(tasks)}
            tallies[name] = workers.tally
    rest = tallies["rest"]
    assert (rest.made + rest.reused, tallies["again"].reused, tallies["fresh"].made) == (6, 6, 6)
    assert rest.reused > 0
    for task, parts in found["fresh"].items():
        assert np.array_equal(parts, found["rest"][task], equal_nan=True)
        assert np.array_equal(parts, found["again"][task], equal_nan=True)


def test_run_that_fails_is_told_with_its_design_and_seed() -> None:
    """A claim has no answer without it; the others were done."""
    tasks = [Task("simple-single", seed, ("cro:strategist",), ("0-9999",)) for seed in (1, 2)]
    with PairedRuns(1) as workers, pytest.raises(RunsFailed) as told:
        list(workers.run(tasks))
    assert [(task.seed, design) for task, design, _ in told.value.failures] == [
        (1, "cro:strategist"),
        (2, "cro:strategist"),
    ]
    assert "window 0..9999" in told.value.failures[0][2]
