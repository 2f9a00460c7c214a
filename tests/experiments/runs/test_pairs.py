"""Runs filed and taken out again: by world, design, window and seed, never by when they came."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from revorg.experiments.analysis.contrasts import contrast
from revorg.experiments.claims.claim import Term
from revorg.experiments.claims.questions import estimate
from revorg.experiments.runs import pairs
from revorg.experiments.runs.jobs import Chunk, ChunkResult, RunResult
from revorg.experiments.runs.keys import run_key, scenario_number
from revorg.experiments.runs.pairs import (
    Measurements,
    PairedRuns,
    RunsFailed,
    Tally,
    Task,
    TaskResult,
    outcomes_of,
    tasks_of,
)
from revorg.scenarios.loading import load
from revorg.simulation.metrics import METRICS

ONE, OTHER = "cro:strategist", "cso:executor"
WORLDS = ("simple-single", "complex-multi")
WINDOWS = ("0-208", "0-52")
NAMES = list(METRICS)


def number(world: str, design: str, window: str, seed: int, metric: str) -> float:
    """Return a number of which each part can be told."""
    place = 2 * WORLDS.index(world) + (design == OTHER)
    return 10_000 * place + 1000 * WINDOWS.index(window) + 100 * seed + NAMES.index(metric)


def parts(task: Task) -> NDArray[np.float64]:
    """Return numerators as said, denominators one more."""
    numbers = [
        [[(n := number(task.world, design, window, task.seed, metric), n + 1) for metric in METRICS]
         for window in task.windows] for design in task.designs
    ]  # fmt: skip
    return np.array(numbers)


def filed(seeds_of: dict[str, Sequence[int]]) -> Measurements:
    """Return measurements in which each world's seeds came in an order of its own."""
    measurements = Measurements()
    for world, seeds in seeds_of.items():
        for seed in seeds:
            task = Task(world, seed, (OTHER, ONE), WINDOWS[::-1])
            measurements.add(TaskResult(task, parts(task)))
    return measurements


@pytest.mark.parametrize("metric", [NAMES[0], NAMES[5], NAMES[-1]])
def test_a_seed_meets_itself_whatever_came_first(metric: str) -> None:
    """Rows are places, columns the seeds asked for, in the order asked for."""
    measurements = filed({"simple-single": [3, 1, 2], "complex-multi": [2, 3, 1]})
    places = [("complex-multi", ONE, "0-52"), ("simple-single", OTHER, "0-208")]
    for seeds in ([1, 2, 3], [3, 1], range(2, 4)):
        tops, bottoms = measurements.parts(metric, places, seeds)
        assert tops.tolist() == [[number(*place, seed, metric) for seed in seeds] for place in places]
        assert (bottoms == tops + 1).all()


def test_seeds_are_those_in_common_in_order() -> None:
    """A seed that one place lacks does not count; a place without runs has none."""
    measurements = filed({"simple-single": [9, 1, 5], "complex-multi": [5, 7, 1]})
    one, other = ("simple-single", ONE, "0-208"), ("complex-multi", ONE, "0-208")
    assert measurements.seeds([one]) == [1, 5, 9]
    assert measurements.seeds([one, other]) == [1, 5]
    assert measurements.seeds([one, ("nowhere", ONE, "0-208")]) == measurements.seeds([]) == []


def test_an_estimate_is_weight_times_outcome_on_the_first_seeds() -> None:
    """Each weight on its own term, ratios pooled where the metric is one."""
    measurements = filed({"simple-single": [2, 0, 1, 3], "complex-multi": [1, 3, 0, 2]})
    terms = [
        Term(weight=2, world="simple-single", design=ONE, window="0-52"),
        Term(weight=-0.5, world="complex-multi", design=OTHER),
        Term(weight=-1.5, world="complex-multi", design=ONE),
    ]
    for metric in ("arr_growth", "logo_churn"):
        tops = np.array([[number(t.world, t.design, t.window, seed, metric) for seed in range(3)] for t in terms])
        expected = contrast(tops, tops + 1, np.array([2, -0.5, -1.5]), ratio=METRICS[metric].ratio)
        assert estimate(measurements, metric, terms, 3) == expected
        assert expected.pairs == 3


def test_tasks_are_one_a_world_and_seed() -> None:
    """Every design once, in a fixed order, with windows and changes."""
    cells = {("b", ONE), ("a", OTHER), ("a", ONE)}
    found = tasks_of(cells, range(3, 5), WINDOWS, '{"run.weeks": 416}')
    assert found == [
        Task(world, seed, designs, WINDOWS, '{"run.weeks": 416}')
        for seed in (3, 4)
        for world, designs in (("a", (ONE, OTHER)), ("b", (ONE,)))
    ]
    assert {task.changes for task in tasks_of(cells, [1], WINDOWS)} == {""}


@pytest.mark.parametrize("changes", ["", '{"rivals.random_exits": true, "mechanisms.habit": false, "run.weeks": 416}'])
def test_a_task_is_its_scenarios_under_their_keys(changes: str) -> None:
    """Base and settings make world, design and changes; what is changed otherwise is another run."""
    task = Task("simple-single", 7, (ONE, OTHER), WINDOWS, changes)
    unit = task.unit
    assert unit.seed == 7
    assert unit.base.scenario.rivals.random_exits is bool(changes)
    assert unit.base.scenario.mechanisms.habit is not bool(changes)
    assert unit.base.scenario.run.weeks == (416 if changes else 208)
    assert unit.base.number == scenario_number(unit.base.scenario)
    for design, arm in zip(task.designs, unit.arms, strict=True):
        scenario = load("simple-single").with_leader(*design.split(":"))
        if changes:
            scenario = scenario.changed(json.loads(changes))
        assert scenario_number(unit.base.scenario.changed(json.loads(arm.settings))) == scenario_number(scenario)
        assert arm.run == run_key(scenario_number(scenario), 7)
        assert scenario_number(load("simple-single").changed(task.settings_of(design))) == scenario_number(scenario)


class MadeUpExecutor:
    """Makes runs up by their keys, and fails some."""

    def __init__(self, fails: frozenset[str] = frozenset()) -> None:
        self.fails = fails
        self.ran: list[str] = []

    def carry_out(self, chunk: Chunk) -> ChunkResult:
        """Return a run that tells its key in every number, and its window in the denominator."""
        ran = []
        for _, arm in chunk.runs:
            self.ran.append(arm.run)
            windows = np.arange(1.0, 1.0 + len(chunk.terms.windows))[:, None]
            top = np.full((len(windows), len(METRICS)), value_of(arm.run))
            both = np.stack([top, np.broadcast_to(windows, top.shape)], axis=-1)
            ran.append(RunResult.failed(len(windows), "made up") if arm.run in self.fails else RunResult(both))
        return ChunkResult(tuple(ran), 0.001)


def value_of(run: str) -> float:
    """Return the number that a made-up run has."""
    return float(int(run[:8], 16))


@pytest.fixture
def executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeUpExecutor:
    """Return what makes the runs up, with a cache of its own."""
    made_up = MadeUpExecutor()
    monkeypatch.setattr("revorg.experiments.runs.cache.cache_folder", lambda: tmp_path)
    monkeypatch.setattr("revorg.experiments.runs.worker.carry_out", made_up.carry_out)
    monkeypatch.setattr("revorg.experiments.runs.executors.carry_out", made_up.carry_out)
    monkeypatch.setattr(pairs, "carry_out", made_up.carry_out)
    return made_up


def keys_of(tasks: Sequence[Task]) -> list[str]:
    """Return the keys of the runs of some tasks."""
    return [arm.run for task in tasks for arm in task.unit.arms]


def check(found: Sequence[TaskResult], tasks: Sequence[Task]) -> None:
    """Every task is answered once, with its own runs."""
    assert sorted(outcomes.task.seed for outcomes in found) == sorted(task.seed for task in tasks)
    for outcomes in found:
        for arm, by_window in zip(outcomes.task.unit.arms, outcomes.parts, strict=True):
            assert (by_window[..., 0] == value_of(arm.run)).all()
            assert by_window[:, 0, 1].tolist() == [1, 2]


def test_each_task_gets_its_own_runs_and_none_is_made_twice(executor: MadeUpExecutor) -> None:
    """Some kept and some not; whole tasks, halves of tasks, and all again; fresh makes every one."""
    both = tasks_of([("simple-single", ONE), ("simple-single", OTHER)], range(4), WINDOWS)
    half = tasks_of([("simple-single", ONE)], range(2), WINDOWS)
    with PairedRuns(1) as runs:
        assert runs.missing(half) == 2
        check(list(runs.run(half)), half)
        assert (runs.missing(both), runs.missing(half), runs.missing([])) == (6, 0, 0)
        assert sorted(executor.ran) == sorted(keys_of(half))
        check(list(runs.run(both)), both)
        assert sorted(executor.ran) == sorted(keys_of(both))
        assert (runs.tally.made, runs.tally.reused) == (8, 2)
        check(list(runs.run(both)), both)
        assert (runs.tally.made, runs.tally.reused) == (8, 10)
        assert str(runs.tally).startswith("18 runs: 8 run, 10 reused, 0 failed, in ")
        assert list(runs.run([])) == []
    with PairedRuns(1, fresh=True) as anew:
        assert anew.missing(both) == 8
        check(list(anew.run(both)), both)
        assert (anew.tally.made, anew.tally.reused) == (8, 0)


def test_a_run_is_kept_only_with_every_window(executor: MadeUpExecutor) -> None:
    """What was measured for one window has to be run for two."""
    cells = [("simple-single", ONE)]
    with PairedRuns(1) as runs:
        list(runs.run(tasks_of(cells, [1], WINDOWS[:1])))
        assert runs.missing(tasks_of(cells, [1], WINDOWS[:1])) == 0
        assert runs.missing(tasks_of(cells, [1], WINDOWS)) == 1
        check(list(runs.run(tasks_of(cells, [1], WINDOWS))), tasks_of(cells, [1], WINDOWS))


def test_failed_runs_are_told_when_all_are_done_and_not_kept(executor: MadeUpExecutor) -> None:
    """Which design and seed, with its error; the rest is kept."""
    tasks = tasks_of([("simple-single", ONE), ("simple-single", OTHER)], range(3), WINDOWS)
    lost = tasks[1].unit.arms[1].run
    executor.fails = frozenset({lost})
    with PairedRuns(1) as runs, pytest.raises(RunsFailed, match="1 runs failed; the first with made up") as told:
        list(runs.run(tasks))
    assert told.value.failures == [(tasks[1], tasks[1].designs[1], "made up")]
    with PairedRuns(1) as runs:
        assert runs.missing(tasks) == 1
    with pytest.raises(RunsFailed) as told:
        outcomes_of(tasks[1])
    assert told.value.failures == [(tasks[1], tasks[1].designs[1], "made up")]
    assert outcomes_of(tasks[0]).parts.shape == (2, 2, len(METRICS), 2)


def test_tally_in_words() -> None:
    """What was made and what was there."""
    assert str(Tally(made=2, reused=5)).startswith("7 runs: 2 run, 5 reused, 0 failed, in ")
