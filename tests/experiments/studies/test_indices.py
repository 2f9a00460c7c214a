"""Sensitivity indices find what was planted, of the mean over seeds, and are the same from call to call."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_studies import DESIGNS, LOSS, grid, written

from revorg.experiments.studies import sampling
from revorg.experiments.studies.points import sample_of
from revorg.experiments.studies.sensitivity import indices_of, sensitivity
from revorg.experiments.studies.study import Range, Sampling, Study
from revorg.scenarios.loading import load
from revorg.simulation.errors import BadInput

DRAWN: dict[str, Any] = {
    "scenarios": ["simple-single"], "designs": DESIGNS, "seeds": [1, 2, 3], "outcomes": ["arr_growth"],
    "uncertainties": {LOSS: {"low": 0.1, "high": 0.5}, "sales.ramp_weeks": "plausible"},
    "sampling": {"method": "sobol", "points": 64},
}  # fmt: skip


def test_indices_find_what_was_planted(tmp_path: Path) -> None:
    """All of the spread is the first parameter's, under one design; under the other it is the second's alone."""

    def made(point: Mapping[Any, Any], seed: int) -> float:
        return float(point[LOSS] if point["design"] == DESIGNS[0] else 0.01 * point["sales.ramp_weeks"])

    written(Study(**DRAWN), tmp_path / "out", made)
    found = sensitivity(tmp_path / "out", "arr_growth")
    assert list(found.columns[:3]) == ["scenario", "design", "parameter"]
    assert found[["design", "parameter"]].to_numpy().tolist() == [
        [design, path] for design in DESIGNS for path in (LOSS, "sales.ramp_weeks")
    ]
    assert found["ST"].to_numpy() == pytest.approx([1, 0, 0, 1], abs=0.05)
    assert found["S1"].to_numpy() == pytest.approx([1, 0, 0, 1], abs=0.1)


def test_indices_are_those_of_the_mean_over_seeds(tmp_path: Path) -> None:
    """Seeds that cancel leave what is common: neither the first seed, nor the last, nor the middle one will do."""

    def made(point: Mapping[Any, Any], seed: int) -> float:
        noise = {1: 3.0, 2: 5.0, 3: -8.0}[seed] * point["sales.ramp_weeks"]
        return float(point[LOSS] + noise)

    written(Study(**{**DRAWN, "designs": DESIGNS[:1]}), tmp_path / "out", made)
    found = sensitivity(tmp_path / "out", "arr_growth")
    assert found["ST"].to_numpy() == pytest.approx([1, 0], abs=0.05)
    assert found["design"].unique().tolist() == [DESIGNS[0]]


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
