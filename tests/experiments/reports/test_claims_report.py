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

from revorg.experiments.claims import assessment as assessing
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
    "id", "source", "basis", "by_construction", "verdict", "outcomes", "robustness", "attribution",
}  # fmt: skip
OUTCOME_KEYS = {
    "metric", "contrast", "window", "by_world", "predicts", "sesoi", "effect", "low", "high", "pairs",
    "pair_correlation", "verdict",
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
