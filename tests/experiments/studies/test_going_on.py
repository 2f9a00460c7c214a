"""A folder of results and the study that comes back to it: what it gains is run, what it changes is named."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from entry_point import revorg

from revorg.experiments.studies.plan import Plan
from revorg.experiments.studies.results import table_of, weeks_of
from revorg.experiments.studies.sensitivity import sensitivity
from revorg.experiments.studies.study import Study, read_study
from revorg.experiments.studies.sweeps import carry_out_study, sweep
from revorg.simulation.errors import BadInput

SMALL: dict[str, Any] = {"market.accounts": 600, "run.weeks": 26, "run.warm_up_weeks": 13}
DESIGNS = ("cro:strategist", "cso:executor")


def small(**given: Any) -> Study:
    """Return a study of short runs."""
    return Study(**{"scenarios": ["simple-single"], "designs": DESIGNS, "set": SMALL, **given})


def test_a_study_of_one_world_and_one_design_names_both(tmp_path: Path) -> None:
    """Every table has both columns, so that tables can be put together."""
    table = sweep(small(designs=()), tmp_path / "one", workers=1)
    assert list(table.columns[:4]) == ["run", "seed", "scenario", "design"]
    assert table[["scenario", "design"]].values.tolist()[0] == ["simple-single", "own"]


BASE: dict[str, Any] = {
    "seeds": 2,
    "designs": DESIGNS[:1],
    "uncertainties": {"customers.champion_loss_per_year": [0.1]},
    "outcomes": ["arr_growth"],
    "weekly": ["arr"],
}


@pytest.mark.parametrize(
    ("gain", "factor"),
    [
        ({"seeds": 3}, 1.5),
        ({"seeds": [5, 1, 0]}, 1.5),
        ({"designs": DESIGNS}, 2),
        ({"designs": DESIGNS[::-1]}, 2),
        ({"scenarios": ["complex-multi", "simple-single"]}, 2),
        ({"uncertainties": {"customers.champion_loss_per_year": [0.4, 0.1]}}, 2),
        ({"seeds": 4, "designs": DESIGNS, "uncertainties": {"customers.champion_loss_per_year": [0.1, 0.2, 0.3]}}, 12),
    ],
)
def test_a_study_that_only_gains_goes_on(gain: dict[str, Any], factor: float, tmp_path: Path) -> None:
    """What was run stays, the rest is run, and the table is the one of a sweep that asked for all at once."""
    sweep(small(**BASE), tmp_path / "out", workers=1)
    grown = small(**{**BASE, **gain})
    done = carry_out_study(grown, tmp_path / "out", workers=1)
    assert (done.asked, done.reused, done.run) == (2 * factor, 2, 2 * factor - 2)
    pd.testing.assert_frame_equal(
        table_of(tmp_path / "out"), sweep(grown, tmp_path / "at once", workers=1), check_exact=True
    )
    assert len(weeks_of(tmp_path / "out")) == done.asked * SMALL["run.weeks"]
    asked = json.loads((tmp_path / "out" / "study.json").read_text(encoding="utf-8"))
    assert (asked["runs"], asked["asked"]) == (done.asked, Plan.of(grown).fingerprint)


def drawn(method: str, points: int) -> Study:
    """Return a study of drawn points."""
    return small(
        designs=DESIGNS[:1],
        uncertainties={"strategy.review_hours": "plausible", "leadership.span_hours": {"low": 1, "high": 6.5}},
        sampling={"method": method, "points": points},
        outcomes=["decision_latency"],
    )


def test_more_points_of_a_sequence_go_on(tmp_path: Path) -> None:
    """A Sobol sequence begins with the points it had: they are not run again, and its indices come of all."""
    sweep(drawn("sobol", 4), tmp_path / "out", workers=1)
    done = carry_out_study(drawn("sobol", 8), tmp_path / "out", workers=1)
    assert (done.reused, done.run) == (16, 16)
    assert sensitivity(tmp_path / "out", "decision_latency")["ST"].notna().all()


FILE = 'extends = "simple-single"\n[market]\naccounts = {}\n[run]\nweeks = 26\nwarm_up_weeks = 13\n'


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seeds": [1, 2]}, "seeds: [0] there, not asked"),
        ({"designs": ["cso:executor"]}, "design cro:strategist: there, not asked"),
        ({"designs": ()}, "design cro:strategist: there, not asked"),
        (
            {"designs": [{"name": "cro:strategist", "chief": "cro:advocate"}]},
            'design cro:strategist chief: "cro:strategist" there, "cro:advocate" asked',
        ),
        ({"scenarios": ["complex-multi"]}, "scenario simple-single: there, not asked"),
        ({"set": {**SMALL, "run.weeks": 30}}, "scenario simple-single run.weeks: 26 there, 30 asked"),
        ({"outcomes": ["arr_growth", "win_rate"]}, "outcomes: arr_growth there, arr_growth, win_rate asked"),
        ({"weekly": ["leads"]}, "weekly: arr there, leads asked"),
        (
            {"uncertainties": {"customers.term_weeks": [26]}},
            "customers.champion_loss_per_year there, scenario, customers.term_weeks asked",
        ),
        (
            {"uncertainties": {"customers.champion_loss_per_year": [0.2]}},
            "uncertainties.customers.champion_loss_per_year: [0.1] there, not asked",
        ),
    ],
)
def test_a_real_difference_is_named(change: dict[str, Any], named: str, tmp_path: Path) -> None:
    """Refused with the key, what it was and what it is, and nothing in the folder is touched."""
    sweep(small(**BASE), tmp_path / "out", workers=1)
    before = contents(tmp_path / "out")
    other = small(**{**BASE, **change})
    with pytest.raises(BadInput, match="holds results of another study; nothing was touched") as told:
        sweep(other, tmp_path / "out")
    assert named in str(told.value)
    assert Plan.of(other).fingerprint in str(told.value)
    assert Plan.of(small(**BASE)).fingerprint in str(told.value)
    assert "run.warm_up_weeks" not in str(told.value)
    assert contents(tmp_path / "out") == before


def contents(folder: Path) -> dict[Path, bytes]:
    """Return every file with what is in it."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_points_that_are_drawn_anew_are_another_study(tmp_path: Path) -> None:
    """More points of a Latin hypercube are other points."""
    sweep(drawn("latin hypercube", 4), tmp_path / "out", workers=1)
    before = contents(tmp_path / "out")
    with pytest.raises(BadInput, match=r"sampling\.points: 4 there, 8 asked\n  4 of the finished runs are"):
        sweep(drawn("latin hypercube", 8), tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_changed_files_of_a_study_are_told(tmp_path: Path) -> None:
    """The study's file is the same, the scenario's or the matrix's is not: from the command, exit 2 and lines."""
    (tmp_path / "mine.toml").write_text(FILE.format(600))
    (tmp_path / "points.csv").write_text("customers.term_weeks\n26\n52\n")
    (tmp_path / "study.toml").write_text('scenarios = ["mine.toml"]\nmatrix = "points.csv"\noutcomes = ["win_rate"]\n')
    study, out = tmp_path / "study.toml", tmp_path / "out"
    sweep(study, out, workers=1)
    (tmp_path / "points.csv").write_text("customers.term_weeks\n26\n40\n")
    with pytest.raises(BadInput, match="1 of the finished runs are no longer asked for"):
        sweep(study, out, workers=1)
    (tmp_path / "points.csv").write_text("customers.term_weeks\n52\n40\n26\n")
    done = carry_out_study(read_study(study), out, workers=1)
    assert (done.reused, done.run) == (2, 1)
    (tmp_path / "mine.toml").write_text(FILE.format(700))
    told = revorg("sweep", str(study), "--out", str(out))
    assert told.returncode == 2
    assert "mine.toml market.accounts: 600 there, 700 asked" in told.stderr
