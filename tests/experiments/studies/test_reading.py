"""What readers of a study's folder make of runs whose numbers are known: made up, written by the store, read back."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from made_up_studies import EXPANSION, LOSS, TERM, WEEKS, finished, grid, value, written

from revorg.experiments.studies.plan import Plan
from revorg.experiments.studies.results import Experiments, table_of, to_ema, weeks_of
from revorg.experiments.studies.store import Finished, Store, Taken, _Once, read_asked
from revorg.experiments.studies.study import Study
from revorg.experiments.studies.sweeps import rows_of
from revorg.experiments.studies.sweeps import weeks_of as weeks_to_write
from revorg.simulation.errors import BadInput


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
    assert table.index.tolist() == list(range(2**6))
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
    for name in (LOSS, TERM, EXPANSION):
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
    """Seeds alone make runs; both names stand in the table all the same."""
    study = Study(scenarios=["simple-single"], seeds=[5, 2], outcomes=["arr_growth"])
    plan = written(study, tmp_path / "out", lambda point, seed: float(seed))
    assert (plan.columns, len(plan)) == (["scenario", "design"], 2)
    assert table_of(tmp_path / "out")["arr_growth"].tolist() == [2, 5]
    assert to_ema(tmp_path / "out").experiments["scenario"].nunique() == 1
    assert to_ema(tmp_path / "out").outcomes["arr_growth"].tolist() == [2, 5]


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


@pytest.mark.parametrize(
    ("error", "passes"),
    [("TimeLimit: 1 s", True), ("WorkerLost", True), ("MemoryError: much", True), ("NotFinite: arr", False)],
)
def test_what_may_not_happen_again_is_tried_again(error: str, passes: bool, tmp_path: Path) -> None:
    """By the name of the error that it failed of."""
    plan = Plan.of(Study(scenarios=["simple-single"]))
    with Store(tmp_path / "out", plan, pytest.fail) as store:
        rows = rows_of(plan, list(finished(plan, lambda point, seed: 1.0)))
        store.write(rows | {"status": ["failed"], "error": [error]}, None)
    with Store(tmp_path / "out", plan, pytest.fail) as store:
        assert (len(store.finished), store.failed) == ((0, 0) if passes else (1, 1))


def test_a_study_without_weeks_keeps_runs_without_them(tmp_path: Path) -> None:
    """Opening again drops nothing where no weeks were asked for."""
    plan = written(grid(weekly=False), tmp_path / "out")
    with Store(tmp_path / "out", plan, pytest.fail) as store:
        assert len(store.finished) == len(plan)


def test_another_study_another_model_and_strangers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them it is, with both fingerprints."""
    plan = written(grid(), tmp_path / "out")
    other = Plan.of(grid(set={"sales.ramp_weeks": 9}))
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
