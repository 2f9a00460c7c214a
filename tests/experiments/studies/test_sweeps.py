"""Studies as files and values, their plans, their tables, and what bad input is answered with."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import numpy as np
import pandas as pd
import polars as pl
import pytest
from entry_point import revorg
from nbclient import NotebookClient

from revorg.experiments.runs import cluster
from revorg.experiments.runs.cache import RunCache
from revorg.experiments.runs.jobs import Chunk, RunOptions
from revorg.experiments.runs.keys import run_key, scenario_number
from revorg.experiments.runs.worker import OtherModel, carry_out
from revorg.experiments.studies.plan import Plan
from revorg.experiments.studies.results import table_of
from revorg.experiments.studies.sensitivity import sensitivity
from revorg.experiments.studies.study import Study, read_study
from revorg.experiments.studies.sweeps import carry_out_study, sweep
from revorg.scenarios.loading import load
from revorg.simulation.errors import BadInput
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.metrics import METRICS
from revorg.simulation.model import RevenueOrganization

SMALL: dict[str, Any] = {"market.accounts": 600, "run.weeks": 26, "run.warm_up_weeks": 13}
DESIGNS = ("cro:strategist", "cso:executor")
STUDIES = files("revorg.experiments.studies") / "examples"


def small(**given: Any) -> Study:
    """Return a study of short runs."""
    return Study(**{"scenarios": ["simple-single"], "designs": DESIGNS, "set": SMALL, **given})


GRID = small(
    scenarios=["simple-single", "complex-multi"],
    seeds=3,
    uncertainties={"customers.champion_loss_per_year": [0.1, 0.4], "customers.term_weeks": [26, 52]},
    levers={"levers.expansion": [True, False]},
    outcomes=["arr_growth", "win_rate", "growth_durability"],
    weekly=["arr"],
)


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a full grid."""
    out = tmp_path_factory.mktemp("grid") / "out"
    sweep(GRID, out, workers=1)
    return out


# Tables


def test_table_has_one_row_a_run(grid: Path) -> None:
    """Exactly the contract's columns, every combination once, sorted as the study says."""
    table = table_of(grid)
    assert list(table.columns) == [
        "run", "seed", "scenario", "design", "customers.champion_loss_per_year", "customers.term_weeks",
        "levers.expansion", "status", "error", "arr_growth", "win_rate", "growth_durability",
    ]  # fmt: skip
    assert len(table) == 2 * 2 * 2 * 2 * 2 * 3
    assert table["run"].is_unique
    assert not table.duplicated(["seed", *table.columns[2:7]]).any()
    assert table["status"].eq("done").all()
    assert table["growth_durability"].isna().all()  # nothing to measure in half a year: null, never zero
    assert table["design"].iloc[0] == DESIGNS[0]


def test_every_row_is_what_one_run_gives(grid: Path) -> None:
    """Forked or not, alone or in a chunk: bit for bit the outcomes of the scenario in full, and under its key."""
    table = table_of(grid)
    for row in table.sample(8, random_state=1).to_dict("records"):
        seat, person = row["design"].split(":")
        varied = {path: row[path] for path in GRID.varied}
        scenario = load(row["scenario"]).with_leader(seat, person).changed({**SMALL, **varied})
        model = RevenueOrganization(scenario, row["seed"]).run()
        outcomes = model.outcomes[list(GRID.outcomes)].to_numpy()
        assert np.array_equal(outcomes, [row[name] for name in GRID.outcomes], equal_nan=True)
        assert row["run"] == run_key(scenario_number(scenario), row["seed"])
        weeks = pd.read_parquet(grid / "weeks").query("run == @row['run']").sort_values("week")
        assert np.array_equal(weeks["arr"], model.weekly["arr"])


def test_folder_is_read_by_others(grid: Path) -> None:
    """pandas, DuckDB and Polars read it as it is and agree."""
    files = str(grid / "runs" / "*.parquet")
    by_duck = duckdb.execute(
        f"SELECT design, avg(arr_growth) FROM '{files}' GROUP BY design ORDER BY design"
    ).fetchall()
    by_pandas = pd.read_parquet(grid / "runs").groupby("design")["arr_growth"].mean()
    by_polars = pl.read_parquet(files).group_by("design").agg(pl.col("arr_growth").mean()).sort("design")
    assert [name for name, _ in by_duck] == list(by_pandas.index) == by_polars["design"].to_list()
    assert [mean for _, mean in by_duck] == pytest.approx(by_pandas.to_list())
    assert by_polars["arr_growth"].to_list() == pytest.approx(by_pandas.to_list())


def test_workers_and_executors_change_no_bit(grid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes, somebody's threads, and one process after another: the same table."""
    monkeypatch.setattr("revorg.experiments.runs.dispatch.SMALL_SECONDS", 0.0)
    expected = table_of(grid)
    pd.testing.assert_frame_equal(sweep(GRID, tmp_path / "two", workers=2), expected, check_exact=True)
    with ThreadPoolExecutor(2) as threads:
        pd.testing.assert_frame_equal(sweep(GRID, tmp_path / "threads", executor=threads), expected, check_exact=True)


def test_study_says_what_was_asked(grid: Path) -> None:
    """study.json is data, with the model's fingerprint."""
    asked = json.loads((grid / "study.json").read_text(encoding="utf-8"))
    assert asked["fingerprint"] == fingerprint()
    assert asked["uncertainties"] == ["scenario", "customers.champion_loss_per_year", "customers.term_weeks"]
    assert asked["levers"] == ["design", "levers.expansion"]
    assert Study(**asked["study"]) == GRID


# Points


@pytest.mark.parametrize(
    ("method", "points", "rows", "columns"),
    [
        ("sobol", 8, 8 * 4, {"S1", "S1_conf", "ST", "ST_conf"}),
        ("morris", 4, 4 * 3, {"mu_star", "mu_star_conf", "sigma"}),
        ("latin hypercube", 60, 60, {"S1", "S1_conf"}),
    ],
)
def test_drawn_points_and_indices(method: str, points: int, rows: int, columns: set[str], tmp_path: Path) -> None:
    """One call gives SALib's indices with their intervals, for every design; doubles among the points run once."""
    study = small(
        uncertainties={"strategy.review_hours": "plausible", "leadership.span_hours": {"low": 1, "high": 6.5}},
        sampling={"method": method, "points": points},
        outcomes=["decision_latency"],
    )
    table = sweep(study, tmp_path / "out", workers=1)
    assert 0 < len(table) <= 2 * rows
    indices = sensitivity(tmp_path / "out", "decision_latency")
    assert columns <= set(indices.columns)
    assert indices["parameter"].tolist() == ["strategy.review_hours", "leadership.span_hours"] * 2
    assert indices["design"].unique().tolist() == list(DESIGNS)
    assert indices[sorted(columns)].notna().all(axis=None)


def test_constant_outcome_has_no_indices(tmp_path: Path) -> None:
    """Nothing is divided by zero."""
    study = small(
        uncertainties={"customers.champion_loss_per_year": "plausible"},
        sampling={"method": "sobol", "points": 4},
        outcomes=["arr_growth"],
    )
    sweep(study, tmp_path / "out", workers=1)
    with pytest.raises(BadInput, match="there is nothing to explain"):
        sensitivity(tmp_path / "out", "arr_growth")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_matrix(ending: str, tmp_path: Path) -> None:
    """A design matrix, crossed with what is listed."""
    matrix = pd.DataFrame({"customers.term_weeks": [26, 52], "customers.champion_loss_per_year": [0.1, 0.2]})
    if ending == "csv":
        matrix.to_csv(tmp_path / "points.csv", index=False)
    else:
        matrix.to_parquet(tmp_path / "points.parquet")
    (tmp_path / "study.toml").write_text(
        f'scenarios = ["simple-single"]\nmatrix = "points.{ending}"\n'
        '[levers]\n"levers.expansion" = [true, false]\n"customers.term_weeks" = "given"\n'
    )
    plan = Plan.of(read_study(tmp_path / "study.toml"))
    assert plan.paths == ["customers.champion_loss_per_year", "levers.expansion", "customers.term_weeks"]
    assert plan.points.to_numpy().tolist() == [[0.1, True, 26], [0.1, False, 26], [0.2, True, 52], [0.2, False, 52]]


def test_listed_points_and_designs_as_tables(tmp_path: Path) -> None:
    """Lines, heads, levers and dotted paths make a design."""
    study = small(
        designs=[
            "cso:executor",
            {
                "name": "two heads",
                "chief": "cro:strategist",
                "lines": ["marketing", "sales"],
                "heads": {"sales": "executor", "success": "head_of_success:advocate"},
                "levers": {"expansion": True},
                "set": {"sales.ramp_weeks": 10},
            },
        ],
        points=[{"customers.term_weeks": 26}, {"customers.term_weeks": 52}],
    )
    plan = Plan.of(study)
    scenario = plan.pairings[1].scenario
    holders = dict(zip(scenario.organization.names, scenario.organization.holders, strict=True))
    assert holders == {
        "ceo": "generalist", "cro": "strategist", "head_of_marketing": "generalist", "head_of_sales": "executor",
        "head_of_success": "advocate", "head_of_operations": "generalist",
    }  # fmt: skip
    assert scenario.seats["cro"].leads == ("marketing", "sales")
    assert (scenario.levers.expansion, scenario.sales.ramp_weeks) == (True, 10)
    table = sweep(study, tmp_path / "out", workers=1)
    assert table["status"].eq("done").all()
    assert table["design"].tolist() == ["cso:executor"] * 2 + ["two heads"] * 2


def test_keys_of_a_plan_are_those_of_the_scenarios_in_full() -> None:
    """The quick way to a key and the long way agree, whatever varies."""
    for unit in Plan.of(GRID).units():
        for arm in unit.arms:
            scenario = unit.base.scenario.changed(json.loads(arm.settings))
            assert arm.run == run_key(scenario_number(scenario), unit.seed)


def test_a_worker_of_another_model_is_found_out() -> None:
    """Somebody edited the model while a pool was at work: the sweep stops instead of mixing versions."""
    unit = next(Plan.of(small()).units())
    with pytest.raises(OtherModel, match="a worker has model"):
        carry_out(Chunk(RunOptions(model="0123456789abcdef"), (unit,)))


# Going on


def test_folder_of_another_model_is_refused(tmp_path: Path) -> None:
    """So are results of another version of the rules."""
    sweep(small(), tmp_path / "out", workers=1)
    asked = tmp_path / "out" / "study.json"
    asked.write_text(asked.read_text(encoding="utf-8").replace(fingerprint(), "0123456789abcdef"), encoding="utf-8")
    with pytest.raises(BadInput, match="another version of the model") as told:
        sweep(small(), tmp_path / "out")
    assert "0123456789abcdef" in str(told.value)
    assert fingerprint() in str(told.value)


def test_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    """A folder that somebody else filled is no place for results."""
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(BadInput, match=r"holds thesis\.tex and no study\.json"):
        sweep(small(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_arms_are_shared_with_other_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Worlds of files under designs run once, however many studies ask; the table is the same bit for bit."""
    (tmp_path / "mine.toml").write_text('extends = "simple-single"\n[market]\naccounts = 600\n[run]\nweeks = 26\n')
    monkeypatch.setattr("revorg.experiments.runs.cache.cache_folder", lambda: tmp_path / "cache")
    study = Study(scenarios=[str(tmp_path / "mine.toml")], designs=DESIGNS, seeds=3)
    first = carry_out_study(study, tmp_path / "first", workers=1)
    again = carry_out_study(study, tmp_path / "again", workers=1)
    fresh = carry_out_study(study, tmp_path / "fresh", workers=1, fresh=True)
    assert [(done.run, done.reused) for done in (first, again, fresh)] == [(6, 0), (0, 6), (6, 0)]
    for name in ("again", "fresh"):
        pd.testing.assert_frame_equal(table_of(tmp_path / name), table_of(tmp_path / "first"), check_exact=True)
    assert len(RunCache()) == 6


def test_damaged_cache_costs_its_runs_and_nothing_else(tmp_path: Path) -> None:
    """An entry with a flipped bit counts as missing; a file that is no database is set aside."""
    kept = RunCache(tmp_path / "kept.sqlite")
    parts = np.random.default_rng(1).random((len(METRICS), 2))
    kept.keep([("a", "0-52", parts), ("b", "0-52", parts + 1)])
    assert set(kept.found(["a", "b", "c"], "0-52")) == {"a", "b"}
    assert np.array_equal(kept.found(["b"], "0-52")["b"], parts + 1)
    content = bytearray(kept.file.read_bytes())
    place = content.find(parts.astype("<f8").tobytes()[:64])
    content[place + 3] ^= 1
    kept.file.write_bytes(content)
    assert set(kept.found(["a", "b"], "0-52")) == {"b"}
    kept.file.write_bytes(b"nothing that SQLite knows" * 100)
    assert not kept.found(["a", "b"], "0-52")
    kept.keep([("a", "0-52", parts)])
    assert set(kept.found(["a", "b"], "0-52")) == {"a"}


def test_processes_from_a_line_and_from_a_cell(tmp_path: Path) -> None:
    """Neither ``python -c`` nor a notebook's cell needs a guard, and nor would a script."""
    code = (
        "import revorg.experiments.runs.dispatch as d; d.SMALL_SECONDS = 0.0\n"
        "from revorg import Study, sweep\n"
        f"study = Study(scenarios=['simple-single'], set={SMALL}, seeds=100, outcomes=['arr_growth'])\n"
        "print(len(sweep(study, 'out', workers=2)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stdout) == (0, "100\n"), done.stderr
    shutil.rmtree(tmp_path / "out")
    cell = nbformat.v4.new_code_cell(code)
    NotebookClient(nbformat.v4.new_notebook(cells=[cell]), resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert [output.text for output in cell.outputs if output.get("name") == "stdout"] == ["100\n"]


# Commands


def test_sweep_from_the_command_line(tmp_path: Path) -> None:
    """An estimate before, a line afterwards, and everything reused the second time."""
    (tmp_path / "study.toml").write_text(
        'scenarios = ["simple-single"]\ndesigns = ["cro:executor"]\nseeds = 4\n'
        '[set]\n"market.accounts" = 600\n"run.weeks" = 26\n'
    )
    first = revorg("sweep", "study.toml", "--out", "out", folder=tmp_path)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("4 runs: 4 run, 0 reused, 0 failed, in ")
    second = revorg("sweep", "study.toml", "--out", "out", folder=tmp_path)
    assert second.stdout.startswith("4 runs: 0 run, 4 reused, 0 failed, in ")


def test_failed_runs_are_listed_with_the_command_that_repeats_them(tmp_path: Path) -> None:
    """Exit 1 at the end; the command fails alike."""
    (tmp_path / "study.toml").write_text(
        'scenarios = ["simple-single"]\ndesigns = ["cro:executor"]\nseeds = [7]\ntime_limit_seconds = 0.01\n'
        '[set]\n"market.accounts" = 100000\n'  # far more than any machine does in the limit
        '[levers]\n"sales.ramp_weeks" = [10, 20]\n'
    )
    said = revorg("sweep", "study.toml", "--out", "out", folder=tmp_path)
    assert said.returncode == 1
    assert "2 failed" in said.stdout
    assert "TimeLimit: longer than 0.01 s (seed 7)" in said.stderr
    assert "revorg run simple-single --set market.accounts=100000 --set 'organization.chief=" in said.stderr
    assert "--set sales.ramp_weeks=10.0 --seed 7" in said.stderr
    table = table_of(tmp_path / "out")
    assert table["status"].eq("failed").all()


def test_first_example_is_sound() -> None:
    """Examples are planned without a fault; the first is small enough to try."""
    plans = [Plan.of(read_study(file)) for file in sorted(Path(str(STUDIES)).glob("*.toml"))]
    assert 500 <= len(plans[0]) <= 2000


BAD = [
    ('scenarios = ["simple-singel"]', ["simple-singel", "did you mean simple-single?"]),
    ('scenarios = ["simple-single"]\ndesigns = ["crro:executor"]', ["crro:executor", "did you mean cro?"]),
    ('scenarios = ["simple-single"]\nseed = 3', ["seed: unknown", "did you mean seeds?"]),
    ('scenarios = ["simple-single"]\noutcomes = ["arr_grwth"]', ["did you mean arr_growth?"]),
    ('scenarios = ["simple-single"]\n[uncertainties]\n"customers.term_wee" = [1]', ["customers.term_weeks?"]),
    ('scenarios = ["simple-single"]\n[uncertainties]\n"customers.term_weeks" = [1]', ["1 is outside 4..260 (weeks)"]),
    ('scenarios = ["simple-single"]\n[levers]\n"levers.expansion" = [1]', ["levers.expansion", "1"]),
    ('scenarios = ["simple-single"]\n[set]\n"market.accounts" = nan', ["market.accounts", "nan"]),
    ('scenarios = ["simple-single"]\n[levers]\n"seats.cro.leads" = [["sales"], []]', ["make designs of its variants"]),
    ('scenarios = ["simple-single"]\nmatrix = "none.csv"', ["none.csv", "no such design matrix"]),
    ('scenarios = ["simple-single"', ["not TOML"]),
    (
        'scenarios = ["simple-single"]\ndesigns = ["cro:executor", {name = "b", chief = "cro:executor"}]',
        ["cro:executor and b are the same"],
    ),
    (
        'scenarios = ["simple-single"]\n[uncertainties]\n"customers.champion_loss_per_year" = {low = 0.1, high = 7.0}\n'
        '[sampling]\nmethod = "sobol"',
        ["customers.champion_loss_per_year", "7.0 is outside"],
    ),
]


@pytest.mark.parametrize(("text", "messages"), BAD)
def test_bad_study_is_answered_in_a_line(text: str, messages: list[str], tmp_path: Path) -> None:
    """What, where, what is allowed, the near miss; before anything runs or is written."""
    (tmp_path / "study.toml").write_text(text)
    with pytest.raises(BadInput) as told:
        sweep(tmp_path / "study.toml", tmp_path / "out")
    for message in messages:
        assert message in str(told.value)
    assert not (tmp_path / "out").exists()


MATRICES = [
    ("customers.term_weeks,customers.x\n26,1\n", ["column customers.x: unknown"]),
    ("customers.term_weeks\n26\n\n52\n500\n", ["row 3, column customers.term_weeks: 500 is outside 4..260 (weeks)"]),
    ("customers.term_weeks,sales.ramp_weeks\n26,10\n52,\n", ["row 2, column sales.ramp_weeks: missing"]),
    ("customers.term_weeks\n26\nmany\n", ['row 2, column customers.term_weeks: "many" is not a finite number']),
    ("customers.term_weeks\n26.5\n", ["row 1, column customers.term_weeks: 26.5 is not a whole number"]),
    ("sales.ramp_weeks\ninf\n", ["row 1, column sales.ramp_weeks: inf is not a finite number"]),
    ("customers.term_weeks,sales.ramp_weeks\n26,10,3\n52,20,4\n", ["points.csv"]),  # more cells than columns
    ("customers.term_weeks\n", ["there are no points in it"]),
    ("", ["cannot be read as a table"]),
]


@pytest.mark.parametrize(("text", "messages"), MATRICES)
def test_bad_matrix_is_told_by_row_and_column(text: str, messages: list[str], tmp_path: Path) -> None:
    """Unknown columns, missing values, values outside their ranges, before anything runs."""
    (tmp_path / "points.csv").write_text(text)
    (tmp_path / "study.toml").write_text('scenarios = ["simple-single"]\nmatrix = "points.csv"\n')
    said = None
    with pytest.raises(BadInput) as told:
        sweep(tmp_path / "study.toml", tmp_path / "out")
    said = str(told.value)
    assert "points.csv" in said
    for message in messages:
        assert message in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["missing.toml", "--out", "out"], ["missing.toml", "cannot be read"]),
        (["study.toml", "--out", "study.toml"], ["is a file"]),
        (["study.toml"], ["--out"]),
    ],
)
def test_bad_arguments_of_sweep(arguments: list[str], messages: list[str], tmp_path: Path) -> None:
    """Exit 2 and no traceback."""
    (tmp_path / "study.toml").write_text('scenarios = ["simple-single"]\n')
    said = revorg("sweep", *arguments, folder=tmp_path)
    assert said.returncode == 2, said.stderr
    assert "Traceback" not in said.stderr
    for message in messages:
        assert message in said.stderr


def test_cluster_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address is told."""
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 1)
    with (
        pytest.raises(BadInput, match=r"--cluster tcp://127\.0\.0\.1:1: no Dask scheduler answers there"),
        cluster.connected("tcp://127.0.0.1:1"),
    ):
        pass
