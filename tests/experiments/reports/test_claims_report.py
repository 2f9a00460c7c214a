"""What leaves the program: JSON by contract, a tidy table, figures, and a page that stands alone."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up_runs import MadeUpRuns, noisy
from typer.testing import CliRunner

from revorg.experiments import cli
from revorg.experiments.claims import assessment as assessing
from revorg.experiments.claims import statistical_controls
from revorg.experiments.claims.assessment import Assessment, assess_claims
from revorg.experiments.claims.claim import registry
from revorg.experiments.claims.controls import Control
from revorg.experiments.claims.verdict_table import assess, verdict_table
from revorg.experiments.reports.claims import words
from revorg.experiments.reports.claims.console import print_assessment
from revorg.experiments.reports.claims.figures import draw_figures
from revorg.experiments.reports.claims.page import write_report
from revorg.experiments.reports.claims.published import as_json
from revorg.experiments.reports.run import COURSE, save_course
from revorg.experiments.runs.pairs import Task, TaskResult
from revorg.simulation.errors import BadInput

CLAIM_KEYS = {
    "id", "source", "basis", "by_construction", "verdict", "contradicted", "outcomes", "carried_by", "robustness",
    "attribution",
}  # fmt: skip
OUTCOME_KEYS = {
    "metric", "contrast", "window", "by_world", "predicts", "sesoi", "effect", "low", "high", "pairs",
    "pair_correlation", "verdict", "by_year", "by_window", "efficient_growth",
}  # fmt: skip
EFFECTS = {"cro:strategist": 0.03, "cso:executor": 0.02, "cso:strategist": -0.05}


class MadeUpWorkers(MadeUpRuns):
    """Workers that make everything up."""

    def __init__(self, count: int, *, fresh: bool = False) -> None:
        super().__init__(noisy(EFFECTS))

    def __enter__(self) -> "MadeUpWorkers":
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""


@pytest.fixture(scope="module", autouse=True)
def _made_up() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assessing, "PairedRuns", MadeUpWorkers)
        patch.setattr(assessing, "make_ready", lambda progress: None)
        patch.setattr(assessing, "run_controls", lambda **_: (Control("a control", True, "of nothing"),))
        yield


@pytest.fixture(scope="module")
def assessment(_made_up: None) -> Assessment:
    """Return an assessment of all claims on made-up runs, as of worlds that were not fitted to the patterns."""
    return replace(assess_claims(quick=True), calibrated=False)


def test_json_has_exactly_the_published_keys(assessment: Assessment) -> None:
    """Every key of the contract and no other, and nothing that JSON does not know."""
    found = json.loads(json.dumps(as_json(assessment), allow_nan=False))
    assert set(found) == {"fingerprint", "calibrated", "claims", "controls"}
    assert found["calibrated"] is False
    assert [claim["id"] for claim in found["claims"]] == registry().ids
    for claim in found["claims"]:
        assert set(claim) == CLAIM_KEYS
        assert claim["robustness"] is None is claim["attribution"]
        for outcome in claim["outcomes"]:
            assert set(outcome) == OUTCOME_KEYS
            assert outcome["low"] < outcome["effect"] < outcome["high"]
            assert all(set(effect) == {"effect", "low", "high"} for effect in outcome["by_world"].values())
    assert [set(control) for control in found["controls"]] == [{"name", "passed", "detail"}]


def test_mean_over_worlds_is_the_mean_of_the_four_printed(assessment: Assessment) -> None:
    """The effect without a world named is the mean of its four."""
    outcome = as_json(assessment)["claims"][0]["outcomes"][0]
    assert list(outcome["by_world"]) == list(registry().factorial.worlds)
    assert np.mean([within["effect"] for within in outcome["by_world"].values()]) == pytest.approx(outcome["effect"])


def test_difference_between_worlds_is_that_of_the_two_printed(assessment: Assessment) -> None:
    """An interaction with the world shows the contrast within each of the two."""
    claim = next(claim for claim in as_json(assessment)["claims"] if claim["id"] == "seat-suits-world")
    (outcome,) = claim["outcomes"]
    within = {world: effect["effect"] for world, effect in outcome["by_world"].items()}
    assert outcome["effect"] == pytest.approx(within["complex-multi"] - within["simple-single"])


def test_assess_gives_one_flat_row_an_outcome() -> None:
    """A tidy frame: numbers and words, nothing nested."""
    frame = assess(["misfit-hurts-both-seats"], quick=True)
    assert frame["claim"].tolist() == ["misfit-hurts-both-seats"] * 2
    assert set(frame["pairs"]) == {32}
    assert frame["calibrated"].all()
    assert all(np.isscalar(value) for value in frame.iloc[0])
    mean = frame[[f"effect_in_{world.replace('-', '_')}" for world in registry().factorial.worlds]].mean(axis=1)
    assert mean.to_numpy() == pytest.approx(frame["effect"].to_numpy())


def test_runs_with_nothing_to_measure_are_dropped_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of 32 seeds measure nothing in one arm: 30 pairs, or 32 where sums are pooled; never a zero."""

    class WithGaps(MadeUpWorkers):
        def run(self, tasks: Iterable[Task]) -> Iterator[TaskResult]:
            for outcomes in super().run(tasks):
                if outcomes.task.seed in (3, 4) and outcomes.task.world == "simple-multi":
                    outcomes.parts[0] = 0.0
                yield outcomes

    monkeypatch.setattr(assessing, "PairedRuns", WithGaps)
    frame = assess(["misfit-hurts-both-seats", "strategist-in-cso-seat-weakens-execution"], quick=True)
    by_metric = frame[frame["contrast"].str.startswith("c") & (frame["empty_seeds"] > 0)].set_index("metric")
    assert by_metric["empty_seeds"].eq(2).all()
    assert by_metric["pairs"].to_dict().items() <= {"arr_growth": 30, "win_rate": 32, "quota_attainment": 32}.items()
    assert frame["effect"].abs().max() < 0.1


def test_quick_and_full_exclude_each_other() -> None:
    """One or the other."""
    with pytest.raises(BadInput, match="--quick and --full exclude each other"):
        assess(quick=True, full=True)


def test_report_stands_alone(assessment: Assessment, tmp_path: Path) -> None:
    """Both figures are inside the page, every claim is on it, and it fetches nothing."""
    figures = draw_figures(assessment, tmp_path)
    page = write_report(assessment, figures, tmp_path).read_text(encoding="utf-8")
    assert len(figures) == 2
    assert page.count("data:image/png;base64,") == 2
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert all(claim.id in page for claim in registry().claims)
    assert "Every verdict is provisional" in page
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in figures.values())
    table = pd.read_parquet(tmp_path / "verdicts.parquet")
    pd.testing.assert_frame_equal(table, verdict_table(assessment), check_dtype=False)


def test_failed_control_is_said_first(assessment: Assessment, tmp_path: Path) -> None:
    """A report with a failed control says that it cannot be used."""
    failed = Assessment(
        assessment.fingerprint,
        assessment.calibrated,
        assessment.results,
        (Control("labels permuted", False, "customers differ"),),
        {},
        0,
    )
    page = write_report(failed, {}, tmp_path).read_text(encoding="utf-8")
    assert not failed.sound
    assert page.index("A control failed") < page.index("<h2>Verdicts")


@pytest.mark.parametrize("width", [80, 100])
def test_table_fits_the_terminal(
    assessment: Assessment, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line is wider, every claim is there in full, every verdict is stamped."""
    monkeypatch.setenv("COLUMNS", str(width))
    print_assessment(assessment)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= width
    assert printed.count("(provisional)") == len(registry().claims)
    assert all(claim.id in printed for claim in registry().claims)
    assert "Registered matching" in printed


def test_bound_speaks_of_precise_outcomes_only(assessment: Assessment) -> None:
    """TaskResult that are not precise are counted apart, with the chance that goes with their width."""
    precise = sum(answer.precise for answer in assessment.answers)
    lines = words.bound_lines(assessment)
    assert lines[0].startswith(f"{precise} of {len(assessment.answers)} outcomes are precise")
    assert len(lines) == 1 + (precise < len(assessment.answers))


def test_course_of_a_run_is_drawn(tmp_path: Path) -> None:
    """Weekly columns become one PNG."""
    weeks = pd.RangeIndex(60, name="week")
    columns = [column for curve in COURSE for column in curve.columns]
    weekly = pd.DataFrame({column: np.linspace(1, 2, 60) for column in columns}, index=weeks)
    save_course(weekly, "a firm", tmp_path / "course.png")
    assert (tmp_path / "course.png").read_bytes().startswith(b"\x89PNG")


def test_verdicts_of_calibrated_worlds_are_not_provisional(
    assessment: Assessment, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once the worlds are fitted, nothing says provisional any more."""
    print_assessment(replace(assessment, calibrated=True))
    assert "rovisional" not in capsys.readouterr().out


def test_rivals_stand_beside(assessment: Assessment, capsys: pytest.CaptureFixture[str]) -> None:
    """Every claim's verdict under a rival mechanism is printed, with a mark where it differs."""
    rival = tuple(replace(result) for result in assessment.results)
    print_assessment(replace(assessment, rivals={"random_exits": rival}))
    printed = capsys.readouterr().out
    assert printed.count("random_exits") == len(registry().claims)
    assert "≠" not in printed


def command(*arguments: str) -> str:
    """Return what the command prints."""
    said = CliRunner().invoke(cli.app, ["claims", *arguments], env={"COLUMNS": "100"})
    assert said.exit_code == 0, said.output
    return str(said.stdout)


@pytest.fixture
def _no_kept_controls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the repeated controls have no runs of an earlier time, as on a new machine."""
    monkeypatch.setattr(statistical_controls, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(
        assessing,
        "run_controls",
        lambda *, quick, **_: (
            Control("labels permuted", True, "no bit differs"),
            *statistical_controls.repeated_controls(only_kept=quick),
        ),
    )


@pytest.mark.usefixtures("_no_kept_controls")
def test_what_was_not_run_neither_passed_nor_failed(tmp_path: Path) -> None:
    """``claims --quick`` leaves out the controls that take thousands of runs, and says so everywhere."""
    asked = ("misfit-hurts-both-seats", "--quick")
    printed = " ".join(command(*asked, "--out", str(tmp_path)).split())
    assert "Control labels permuted passed:" in printed
    assert "Control A/A contrasts not run:" in printed
    assert "A/A contrasts passed" not in printed
    controls = json.loads(command(*asked, "--json"))["controls"]
    assert {control["name"]: control["passed"] for control in controls} == {
        "labels permuted": True,
        "A/A contrasts": None,
        "planted effect, amid noise": None,
    }
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<strong>A/A contrasts: not run.</strong>" in page
    assert "A control failed" not in page
    for table in (pd.read_parquet(tmp_path / "verdicts.parquet"), assess(["misfit-hurts-both-seats"], quick=True)):
        assert set(table["controls_not_run"]) == {"A/A contrasts; planted effect, amid noise"}
        assert set(table["controls_failed"]) == {""}


def test_a_failed_control_is_in_the_table(assessment: Assessment) -> None:
    """Who reads the table alone sees it too, and one control that was not run does not hide it."""
    controls = (Control("one", True, ""), Control("two", False, ""), Control("three", None, ""))
    mixed = replace(assessment, controls=controls)
    assert not mixed.sound
    assert set(verdict_table(mixed)["controls_failed"]) == {"two"}
    assert set(verdict_table(mixed)["controls_not_run"]) == {"three"}


PARTLY = {"cro:executor": -0.05, "cro:strategist": 0.03, "cso:executor": -0.05, "cso:strategist": 0.03}
"""The claim that misfit hurts in both seats is true of one seat, and the contrary of the other."""


def test_partly_names_its_contradicted_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that is true of one seat and false of the other says of which, on screen, page, JSON and table."""

    class InOneSeat(MadeUpWorkers):
        def __init__(self, count: int, *, fresh: bool = False) -> None:
            MadeUpRuns.__init__(self, noisy(PARTLY))

    monkeypatch.setattr(assessing, "PairedRuns", InOneSeat)
    asked = ("misfit-hurts-both-seats", "--quick")
    named = "arr_growth, cso:strategist − cso:executor, weeks 0–208"
    printed = " ".join(command(*asked, "--out", str(tmp_path)).split())
    (claim,) = json.loads(command(*asked, "--json"))["claims"]
    assert claim["verdict"] == "partly"
    assert claim["contradicted"] == [
        {"metric": "arr_growth", "contrast": "cso:strategist − cso:executor", "window": "0-208"}
    ]
    assert f"contradicted: {named}" in printed
    assert f"contradicted: {named}" in (tmp_path / "report.html").read_text(encoding="utf-8")
    table = pd.read_parquet(tmp_path / "verdicts.parquet")
    assert set(table["contradicted"]) == {"arr_growth: cso:strategist − cso:executor, weeks 0-208"}
