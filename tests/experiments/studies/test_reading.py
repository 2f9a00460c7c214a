"""What readers of a study's folder make of runs whose numbers are known: made up, written by the store, read back."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from revorg.experiments.runs.jobs import Arm, Block, Chunk, ChunkResult, RunOptions, RunResult
from revorg.experiments.runs.keys import run_key, scenario_number
from revorg.experiments.studies import plan as planning
from revorg.experiments.studies import sampling
from revorg.experiments.studies.plan import Plan
from revorg.experiments.studies.points import PointColumn, points_of, sample_of
from revorg.experiments.studies.results import Experiments, table_of, to_ema, weeks_of
from revorg.experiments.studies.sensitivity import indices_of, sensitivity
from revorg.experiments.studies.store import Finished, Store, Taken, _Once, read_asked
from revorg.experiments.studies.study import Range, Sampling, Study
from revorg.experiments.studies.sweeps import rows_of
from revorg.experiments.studies.sweeps import weeks_of as weeks_to_write
from revorg.scenarios.loading import load
from revorg.simulation.errors import BadInput
from revorg.simulation.metrics import METRICS

DESIGNS = ("cso:executor", "cro:strategist")
LOSS, TERM, EXPANSION = "customers.champion_loss_per_year", "customers.term_weeks", "levers.expansion"
SEEDS = (7, 3)
METRIC = list(METRICS).index("arr_growth")
WEEKS = 3

Made = Callable[[dict[str, Any], int], float]
"""What arr_growth is at a point (with scenario and design) and a seed."""


def grid(**given: Any) -> Study:
    """Return a study of two worlds, two designs, two uncertainties, one lever and two seeds, weekly series kept."""
    return Study(**{
        "scenarios": ["simple-single", "complex-multi"], "designs": DESIGNS, "seeds": SEEDS, "weekly": ["arr", "leads"],
        "uncertainties": {LOSS: [0.4, 0.1], TERM: [52, 26]}, "levers": {EXPANSION: [True, False]},
        "outcomes": ["win_rate", "arr_growth"], **given,
    })  # fmt: skip


def value(point: dict[str, Any], seed: int) -> float:
    """Return a number from which point, design, world and seed can all be read off."""
    world = 10 * (point["scenario"] == "complex-multi") + 5 * (point["design"] == "cro:strategist")
    return float(1000 * world + 100 * point[LOSS] + point[TERM] + 0.5 * point[EXPANSION] + 0.01 * seed)


def finished(plan: Plan, made: Made, *, fails: Callable[[str], bool] = lambda run: False) -> Iterator[Any]:
    """Yield every unit of a plan with what came of it, the last first: order must not matter."""
    for unit in reversed(list(plan.units())):
        ran = []
        for arm in unit.arms:
            parts = np.zeros((1, len(METRICS), 2))
            found = made(dict(zip(plan.columns, arm.label, strict=True)), unit.seed)
            parts[0, METRIC] = 2 * found, 2
            weeks = np.array([[found + 0.001 * week, -week] for week in range(WEEKS)])
            failed = RunResult.failed(1, "ValueError: made to fail")
            ran.append(failed if fails(arm.run) else RunResult(parts, weeks=weeks))
        chunk = Chunk(RunOptions(weekly=plan.study.kept_weekly), (unit,))
        yield chunk, ChunkResult(tuple(ran), 1.0)


def written(study: Study, folder: Path, made: Made = value, **settings: Any) -> Plan:
    """Write a study's runs in three parts."""
    plan = Plan.of(study)
    reports = list(finished(plan, made, **settings))
    with Store(folder, plan, pytest.fail) as store:
        for some in filter(None, (reports[first::3] for first in range(3))):
            store.write(rows_of(plan, some), weeks_to_write(plan, some))
    return plan


def failing(run: str) -> bool:
    """Fail about one run in four."""
    return run[0] in "0123"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a grid in which some runs failed."""
    out = tmp_path_factory.mktemp("made") / "up"
    written(grid(), out, fails=failing)
    return out


# Tables


def test_every_row_has_its_own_number(folder: Path) -> None:
    """Whatever the order of arrival, the value stands beside what it was made from; order is the study's."""
    table = table_of(folder)
    assert len(table) == 2**6
    done = table[table["status"] == "done"]
    failed = table[table["status"] == "failed"]
    assert 0 < len(failed) < 32
    assert [value(row, row["seed"]) for row in done.to_dict("records")] == done["arr_growth"].tolist()
    assert failed["arr_growth"].isna().all()
    assert failed["error"].eq("ValueError: made to fail").all()
    assert done["error"].isna().all()
    assert table["win_rate"].isna().all()
    by = ["scenario", "design", LOSS, TERM, EXPANSION, "seed"]
    ranks = table[by].assign(
        scenario=table["scenario"].eq("complex-multi"), design=table["design"].eq("cro:strategist")
    )
    keys = [tuple(row) for row in ranks.to_numpy().tolist()]
    assert all(one < other for one, other in pairwise(keys))


def test_weeks_stay_with_their_run(folder: Path) -> None:
    """Every run that is done has every week once, in order."""
    table, weeks = table_of(folder).set_index("run"), weeks_of(folder)
    assert weeks["run"].nunique() == table["status"].eq("done").sum()
    assert weeks["week"].tolist() == list(range(WEEKS)) * weeks["run"].nunique()
    assert weeks["run"].is_monotonic_increasing
    expected = table["arr_growth"].loc[weeks["run"]].to_numpy() + 0.001 * weeks["week"].to_numpy()
    assert weeks["arr"].to_numpy() == pytest.approx(expected)
    assert weeks["leads"].tolist() == (-weeks["week"]).tolist()


def test_ema_has_the_runs_that_did_not_fail(folder: Path) -> None:
    """Row by row the same run in the frame, in every outcome and in every week."""
    experiments, outcomes = to_ema(folder)
    table = table_of(folder)
    done = table[table["status"] == "done"].reset_index(drop=True)
    assert len(experiments) == len(done) < len(table)
    for name in (LOSS, TERM, EXPANSION, "seed"):
        assert experiments[name].tolist() == done[name].tolist()
    assert outcomes["arr_growth"].tolist() == done["arr_growth"].tolist()
    assert np.isfinite(outcomes["arr_growth"]).all()
    expected = done["arr_growth"].to_numpy()[:, None] + 0.001 * np.arange(WEEKS)
    assert outcomes["weekly.arr"] == pytest.approx(expected)
    assert (outcomes["weekly.leads"] == -np.arange(WEEKS)).all()
    assert set(outcomes) == {"arr_growth", "win_rate", "weekly.arr", "weekly.leads"}
    assert experiments["model"].eq("revorg").all()
    assert list(Experiments._fields) == ["experiments", "outcomes"]


def test_a_study_without_weeks_has_none(tmp_path: Path) -> None:
    """Asked for, they are missed in a sentence; EMA's outcomes do without."""
    written(grid(weekly=False, scenarios=["simple-single"]), tmp_path / "out", lambda point, seed: float(seed))
    assert set(to_ema(tmp_path / "out").outcomes) == {"arr_growth", "win_rate"}
    with pytest.raises(BadInput, match="keeps no weekly series; set weekly = true"):
        weeks_of(tmp_path / "out")


def test_runs_that_nothing_varies_are_one_policy_in_one_scenario(tmp_path: Path) -> None:
    """Seeds alone make runs, and no columns."""
    study = Study(scenarios=["simple-single"], seeds=[5, 2], outcomes=["arr_growth"])
    plan = written(study, tmp_path / "out", lambda point, seed: float(seed))
    assert (plan.columns, len(plan)) == ([], 2)
    assert table_of(tmp_path / "out")["arr_growth"].tolist() == [2, 5]
    assert to_ema(tmp_path / "out").experiments["seed"].tolist() == [2, 5]


def test_what_is_no_studys_folder_is_said(tmp_path: Path) -> None:
    """Neither an empty folder nor a file with something else."""
    with pytest.raises(BadInput, match=r"is no study's folder: there is no study\.json in it"):
        table_of(tmp_path)
    (tmp_path / "study.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadInput, match=r"study\.json: cannot be read"):
        read_asked(tmp_path)
    for text in ("[]", '{"study": {}, "fingerprint": ""}'):
        (tmp_path / "study.json").write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match=r"study\.json: is not what a sweep writes"):
            read_asked(tmp_path)


# The store


def test_store_counts_what_failed_and_what_is_there(tmp_path: Path) -> None:
    """While it is written and when it is opened again."""
    plan = Plan.of(grid())
    reports = list(finished(plan, value, fails=failing))
    with Store(tmp_path / "out", plan, pytest.fail) as store:
        assert (len(store.finished), store.failed) == (0, 0)
        for report in reports:
            store.write(rows_of(plan, [report]), weeks_to_write(plan, [report]))
        failed = store.failed
        store.tidy()
        assert len(store.runs) == len(store.weeks) == 1
        assert store.bytes == sum(part.stat().st_size for part in (tmp_path / "out").rglob("*.parquet"))
        with pytest.raises(Taken, match="another process works on this study"), Store(tmp_path / "out", plan, print):
            pass
    with Store(tmp_path / "out", plan, pytest.fail) as store:
        assert (len(store.finished), store.failed) == (len(plan), failed)
        assert failed == sum(bool(ran.error) for _, report in reports for ran in report.ran) > 0
        runs = [arm.run for unit in plan.units() for arm in unit.arms]
        assert store.finished.among([*runs, "nowhere"]) == set(runs)


def test_doubles_halves_and_what_passes_are_dropped_on_opening(tmp_path: Path) -> None:
    """A run written twice counts once, one without its weeks and one that ran out of time not at all."""
    plan = Plan.of(grid())
    reports = list(finished(plan, value))
    one, two, three, four, five = reports[:5]
    with Store(tmp_path / "out", plan, pytest.fail) as store:
        for report in (one, one, two):
            store.write(rows_of(plan, [report]), weeks_to_write(plan, [report]))
        store.write(rows_of(plan, [three]), None)
        for report, error in ((four, "TimeLimit: over 600 s"), (five, "ValueError: TimeLimit")):
            rows = rows_of(plan, [report])
            rows["status"], rows["error"] = ["failed"] * len(rows["run"]), [error] * len(rows["run"])
            store.write(rows, None)
    arms = [[arm.run for unit in chunk.units for arm in unit.arms] for chunk, _ in (one, two, three, four, five)]
    with Store(tmp_path / "out", plan, pytest.fail) as store:
        assert sorted(run.decode() for run in store.finished.keys) == sorted(arms[0] + arms[1] + arms[4])
        assert store.failed == len(arms[4])
    weeks = pd.read_parquet(tmp_path / "out" / "weeks")
    assert not weeks.duplicated(["run", "week"]).any()
    assert sorted(weeks["run"].unique()) == sorted(arms[0] + arms[1])


def test_a_study_without_weeks_keeps_runs_without_them(tmp_path: Path) -> None:
    """Opening again drops nothing where no weeks were asked for."""
    plan = written(grid(weekly=False), tmp_path / "out")
    with Store(tmp_path / "out", plan, pytest.fail) as store:
        assert len(store.finished) == len(plan)


def test_another_study_another_model_and_strangers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them it is, with both fingerprints."""
    plan = written(grid(), tmp_path / "out")
    other = Plan.of(grid(seeds=[7, 4]))
    with pytest.raises(BadInput, match="holds results of another study; nothing was touched") as told:
        Store(tmp_path / "out", other, print)
    assert f"there: study {plan.fingerprint}" in str(told.value)
    assert f"asked: study {other.fingerprint}" in str(told.value)
    monkeypatch.setattr("revorg.experiments.studies.store.fingerprint", lambda: "another")
    with pytest.raises(BadInput, match="holds results of another version of the model"):
        Store(tmp_path / "out", plan, print)
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(BadInput, match=r"holds a\.txt and no study\.json"):
        Store(tmp_path, plan, print)
    with pytest.raises(BadInput, match=r"a\.txt: is a file, not a folder"):
        Store(tmp_path / "a.txt", plan, print)


def test_what_a_killed_start_left_is_no_stranger(tmp_path: Path) -> None:
    """A lock and an unfinished description are our own; the latter goes."""
    (tmp_path / "study.lock").touch()
    (tmp_path / "study.json.tmp").write_text("{")
    written(Study(scenarios=["simple-single"]), tmp_path, lambda point, seed: 1.0)
    assert not (tmp_path / "study.json.tmp").exists()
    assert len(table_of(tmp_path)) == 1


def keys(*names: str) -> pa.ChunkedArray:
    """Return a column of keys."""
    return pa.chunked_array([pa.array(list(names), pa.string())])


def test_finished_keys() -> None:
    """Sorted, found whether first or last, and nothing found where nothing is."""
    found = Finished([keys("b", "d"), keys("a", "b")])
    assert (len(found), found.keys.tolist()) == (4, [b"a", b"b", b"b", b"d"])
    assert found.has(keys("a", "c", "d", "e")).tolist() == [True, False, True, False]
    assert found.among(["e", "d", "0"]) == {"d"}
    assert len(Finished([keys("b", "b", "a")], distinct=True)) == 2
    assert (len(Finished(())), Finished(()).among(["a"])) == (0, set())
    assert Finished([keys()]).has(keys("a")).tolist() == [False]


def test_once() -> None:
    """The first wanted row of a key passes, in whatever part it is; a key that is unwanted at first may come later."""
    parts = [keys("a", "b", "a"), keys("b", "c", "a")]
    wanted = [np.array([False, True, True]), np.array([True, True, True])]
    once = _Once(parts)
    assert once.first(parts[0], wanted[0]).tolist() == [False, True, True]
    assert once.first(parts[1], wanted[1]).tolist() == [False, True, False]
    assert wanted[1].all()
    blocks = [keys("a", "a", "b"), keys("a", "c", "c")]
    block = _Once(blocks, distinct=True)
    everything = np.ones(3, dtype=bool)
    assert block.first_block(blocks[0], everything).tolist() == [True, True, True]
    assert block.first_block(blocks[1], everything).tolist() == [False, True, True]
    assert everything.all()


# Plans


def test_a_plan_has_every_combination_once() -> None:
    """Every world, design, point and seed; what shares a warm-up stands together, at most so many at a time."""
    plan = Plan.of(grid())
    units = list(plan.units())
    rows = [(*arm.label, unit.seed) for unit in units for arm in unit.arms]
    assert len(rows) == len(set(rows)) == len(plan) == 64
    assert plan.columns == ["scenario", "design", LOSS, TERM, EXPANSION]
    assert plan.labels == ["scenario", "design"]
    assert {unit.seed for unit in units} == set(SEEDS)
    assert all(len(unit.arms) == 4 for unit in units)  # two designs and two levers: what a fork can change
    assert {unit.base.number for unit in units} == {scenario_number(scenario) for _, scenario in plan.bases}
    assert [unit.arms[0].label[0] for unit in units[:4]] == ["simple-single"] * 2 + ["complex-multi"] * 2


def test_arms_are_their_scenarios_under_their_keys() -> None:
    """Each arm's settings, laid over its base, make the scenario that its label says."""
    plan = Plan.of(grid(set={"sales.ramp_weeks": 10}))
    for unit in plan.units():
        for arm in unit.arms:
            told = dict(zip(plan.columns, arm.label, strict=True))
            seat, person = told.pop("design").split(":")
            base = load(told.pop("scenario")).changed({"sales.ramp_weeks": 10})
            expected = base.with_leader(seat, person).changed(told)
            assert arm.run == run_key(scenario_number(expected), unit.seed)
            assert all(type(value) in (int, float, bool) for value in told.values())


def test_long_blocks_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """No unit grows beyond the most arms, and none is lost."""
    whole = [(unit.seed, arm.run) for unit in Plan.of(grid()).units() for arm in unit.arms]
    monkeypatch.setattr(planning, "MOST_ARMS", 3)
    units = list(Plan.of(grid()).units())
    assert {len(unit.arms) for unit in units} == {1, 3}
    assert sorted(whole) == sorted((unit.seed, arm.run) for unit in units for arm in unit.arms)


def test_points_that_need_a_past_of_their_own_come_one_by_one() -> None:
    """Only a lever's points share a warm-up; without levers every point is a unit."""
    units = list(Plan.of(grid(levers={}, designs=[DESIGNS[0]], seeds=[1])).units())
    assert [len(unit.arms) for unit in units] == [1] * 8
    units = list(Plan.of(grid(uncertainties={}, designs=[DESIGNS[0]], seeds=[1])).units())
    assert [len(unit.arms) for unit in units] == [2] * 2


def test_fingerprints_tell_studies_apart() -> None:
    """Seeds and their order, values of points, worlds, designs, what is kept, classes: each makes another study."""
    studies = [
        grid(), grid(seeds=(7, 4)), grid(seeds=(3, 7)), grid(seeds=(7,)), grid(scenarios=["simple-single"]),
        grid(designs=DESIGNS[:1]), grid(designs=DESIGNS[::-1]), grid(set={"sales.ramp_weeks": 10}),
        grid(uncertainties={LOSS: [0.4, 0.2], TERM: [52, 26]}), grid(uncertainties={LOSS: [0.4, 0.1], TERM: [52, 27]}),
        grid(uncertainties={LOSS: [0.1, 0.4], TERM: [52, 26]}), grid(outcomes=["arr_growth"]),
        grid(weekly=["arr"]), grid(weekly=False), grid(levers={"levers.account_plans": ["none", "best"]}),
    ]  # fmt: skip
    found = [Plan.of(study).fingerprint for study in studies] + [Plan.of(grid(), "a class").fingerprint]
    assert len(set(found)) == len(found)
    assert {len(one) for one in found} == {16}
    assert Plan.of(grid(description="words")).fingerprint == found[0]
    assert Plan.of(grid()).fingerprint == found[0]


def test_fingerprints_tell_models_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of the model, another fingerprint."""
    before = Plan.of(grid()).fingerprint
    monkeypatch.setattr(planning, "fingerprint", lambda: "another")
    assert Plan.of(grid()).fingerprint != before


def test_designs_that_cannot_be_planned() -> None:
    """What a design sets must not vary, above or below; two designs must differ; faults name the design."""
    own: dict[str, Any] = {"name": "mine", "chief": "cro:executor", "set": {TERM: 10}}
    with pytest.raises(BadInput, match=f"design mine: sets {TERM}, which varies; say it once"):
        Plan.of(grid(designs=[own]))
    with pytest.raises(BadInput, match="designs cro:executor and mine are the same in simple-single"):
        Plan.of(grid(designs=["cro:executor", {"name": "mine", "chief": "cro:executor"}]))
    with pytest.raises(BadInput, match=r"design mine in simple-single: .*9999"):
        Plan.of(grid(designs=[{**own, "set": {"sales.ramp_weeks": 9999}}]))
    assert planning._overlap("a.b", "a.b.c")
    assert planning._overlap("a.b.c", "a.b")
    assert planning._overlap("a.b", "a.b")
    assert not planning._overlap("a.b", "a.bc")


# Points


def test_points_are_crossed_uncertainties_first_and_no_row_twice() -> None:
    """Listed and given alike; a doubled row is one point."""
    world = load("simple-single")
    given = [{EXPANSION: True, TERM: 26}, {EXPANSION: False, TERM: 52}, {EXPANSION: True, TERM: 26}]
    varied = {"uncertainties": {LOSS: [0.1]}, "levers": {EXPANSION: "given", "sales.ramp_weeks": [10, 20]}}
    study = grid(**varied, points=given)
    points = points_of(study, world)
    assert list(points.columns) == [TERM, LOSS, EXPANSION, "sales.ramp_weeks"]
    assert points.to_numpy().tolist() == [
        [26, 0.1, True, 10], [26, 0.1, True, 20], [52, 0.1, False, 10], [52, 0.1, False, 20],
    ]  # fmt: skip
    assert points.dtypes.astype(str).tolist() == ["int64", "float64", "bool", "float64"]
    nothing = points_of(Study(scenarios=["simple-single"]), world)
    assert nothing.shape == (1, 0)


def test_ends_of_ranges_are_told_with_what_is_allowed() -> None:
    """Each end belongs; beyond it does not; whole numbers are whole."""
    world = load("simple-single")
    term, loss = PointColumn(TERM, world), PointColumn(LOSS, world)
    assert (term.is_whole, loss.is_whole) == (True, False)
    assert term.faults([4, 260, 52.0]) == []
    told = "allowed 4..260 (weeks)"
    assert term.faults([3, 4, 261, 26.5, "x", float("nan")]) == [
        (0, "3 is outside 4..260 (weeks)"), (2, "261 is outside 4..260 (weeks)"),
        (3, f"26.5 is not a whole number; {told}"), (4, f'"x" is not a finite number; {told}'),
        (5, f"nan is not a finite number; {told}"),
    ]  # fmt: skip
    lever = PointColumn(EXPANSION, world)
    assert lever.parameter is None
    assert [row for row, _ in lever.faults([True, "maybe", False, 3])] == [1, 3]
    assert term.settled(pd.Series([25.6, 52.0])).tolist() == [26, 52]
    low, high = term.plausible.low, term.plausible.high
    assert low < high
    with pytest.raises(BadInput, match='"plausible": it has no plausible range'):
        _ = lever.plausible


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"uncertainties": {"customers.trem_weeks": [1]}}, r"\[uncertainties\] customers.trem_weeks: unknown; did you"),
        ({"levers": {"seats.cro.leads": [1]}}, r"\[levers\] seats.cro.leads: is more than one value"),
        ({"levers": {TERM: [3]}, "uncertainties": {}}, r"\[levers\] customers.term_weeks: 3 is outside"),
        ({"points": [{TERM: 26}]}, r"\[\[points\]\]: column customers.term_weeks: varies in \[uncertainties\] too"),
        ({"levers": {"sales.ramp_weeks": "given"}, "points": [{"finance.overhead_share": 0.1}]}, "no column sales.ramp"),
        ({"uncertainties": {TERM: {"low": 1, "high": 60}}, "sampling": {"method": "sobol"}}, r"1 is outside 4\.\.260"),
        ({"points": [{"sales.ramp_weeks": k} for k in (9, 10, -1)]}, r"\[\[points\]\] row 3, column sales"),
    ],
)  # fmt: skip
def test_faults_of_points_name_their_place(given: dict[str, Any], message: str) -> None:
    """Table, column and row."""
    with pytest.raises(BadInput, match=message):
        points_of(grid(**given), load("simple-single"))


def test_many_faults_are_ten_and_a_number() -> None:
    """Twelve are ten and two more; ten are ten."""
    for count, rest in ((12, "\n… and 2 more"), (11, "\n… and 1 more"), (10, "")):
        with pytest.raises(BadInput) as told:
            points_of(grid(points=[{"sales.ramp_weeks": -k} for k in range(1, count + 1)]), load("simple-single"))
        lines = str(told.value).splitlines()
        assert len(lines) == 10 + bool(rest)
        assert str(told.value).endswith(rest)
        assert lines[9].startswith("[[points]] row 10, ")


# Sensitivity


DRAWN: dict[str, Any] = {
    "scenarios": ["simple-single"], "designs": DESIGNS, "seeds": [1, 2, 3], "outcomes": ["arr_growth"],
    "uncertainties": {LOSS: {"low": 0.1, "high": 0.5}, "sales.ramp_weeks": "plausible"},
    "sampling": {"method": "sobol", "points": 64},
}  # fmt: skip


def test_indices_find_what_was_planted(tmp_path: Path) -> None:
    """All of the spread is the first parameter's, under one design; under the other it is the second's alone."""

    def made(point: dict[str, Any], seed: int) -> float:
        return float(point[LOSS] if point["design"] == DESIGNS[0] else 0.01 * point["sales.ramp_weeks"])

    written(Study(**DRAWN), tmp_path / "out", made)
    found = sensitivity(tmp_path / "out", "arr_growth")
    assert list(found.columns[:2]) == ["design", "parameter"]
    assert found[["design", "parameter"]].to_numpy().tolist() == [
        [design, path] for design in DESIGNS for path in (LOSS, "sales.ramp_weeks")
    ]
    assert found["ST"].to_numpy() == pytest.approx([1, 0, 0, 1], abs=0.05)
    assert found["S1"].to_numpy() == pytest.approx([1, 0, 0, 1], abs=0.1)


def test_indices_are_those_of_the_mean_over_seeds(tmp_path: Path) -> None:
    """Seeds that cancel leave what is common: neither the first seed, nor the last, nor the middle one will do."""

    def made(point: dict[str, Any], seed: int) -> float:
        noise = {1: 3.0, 2: 5.0, 3: -8.0}[seed] * point["sales.ramp_weeks"]
        return float(point[LOSS] + noise)

    written(Study(**{**DRAWN, "designs": DESIGNS[:1]}), tmp_path / "out", made)
    found = sensitivity(tmp_path / "out", "arr_growth")
    assert found["ST"].to_numpy() == pytest.approx([1, 0], abs=0.05)
    assert "design" not in found


def test_indices_need_drawn_points_and_all_of_them(tmp_path: Path) -> None:
    """A study of lists has none; an outcome that was not kept is unknown; a gap is counted."""
    written(grid(), tmp_path / "listed")
    with pytest.raises(BadInput, match=r"its points were not drawn; indices need \[sampling\]"):
        sensitivity(tmp_path / "listed", "arr_growth")
    with pytest.raises(BadInput, match=r"outcome of .*listed win_rat: unknown; did you mean win_rate"):
        sensitivity(tmp_path / "listed", "win_rat")
    small = Study(**{**DRAWN, "designs": DESIGNS[:1], "sampling": {"method": "sobol", "points": 4}})
    worst = sample_of(small, load("simple-single"))[LOSS].max()
    written(small, tmp_path / "gap", lambda point, seed: float("nan") if point[LOSS] == worst else point[LOSS])
    with pytest.raises(BadInput, match=r"arr_growth: [1-9][0-9]* of 16 drawn points have no value; finish the sweep"):
        sensitivity(tmp_path / "gap", "arr_growth")


@pytest.mark.parametrize(
    ("method", "columns"),
    [
        ("sobol", ["parameter", "S1", "S1_conf", "ST", "ST_conf"]),
        ("morris", ["parameter", "mu", "mu_star", "sigma", "mu_star_conf"]),
        ("latin hypercube", ["parameter", "S1", "S1_conf"]),
    ],
)
def test_every_method_ranks_a_planted_effect(method: str, columns: list[str]) -> None:
    """The same with the same seed; the parameter that does all is far ahead."""
    ranges = {"a": Range(low=0.0, high=1.0), "b": Range(low=0.0, high=2.0)}
    given = Sampling(method=method, points=128)
    points = sampling.sample_points(ranges, given).to_numpy(float)
    found = indices_of(ranges, given, points, points[:, 1] ** 2)
    assert list(found.columns) == columns
    first, second = found[columns[1] if method != "morris" else "mu_star"]
    assert second > 10 * abs(first)
    pd.testing.assert_frame_equal(found, indices_of(ranges, given, points, points[:, 1] ** 2))
    with pytest.raises(BadInput, match="the outcome is 1 at every point: there is nothing to explain"):
        indices_of(ranges, given, points, np.ones(len(points)))


def test_units_without_some_runs() -> None:
    """What is done is left out, the rest keeps its order."""
    unit = Block(next(Plan.of(grid()).units()).base, 1, tuple(Arm(name, "{}") for name in "abc"))
    assert [arm.run for arm in unit.without({"b"}).arms] == ["a", "c"]
    assert unit.without(set()) is unit
