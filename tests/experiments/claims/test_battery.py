"""The battery against tautologies: controls pass, and each fails when what it guards against is there."""

from pathlib import Path

import numpy as np
import pytest

from revorg.experiments.claims import statistical_controls
from revorg.experiments.claims.controls import (
    equal_skill_and_pay,
    inert_labels,
    inert_lever,
    planted_exactly,
    quick_controls,
)
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.scenario import Scenario

DESIGN = Design("cro", "strategist")


def short(name: str) -> Scenario:
    """Return a core world for a short life."""
    return load(name).changed({"run.weeks": 26, "market.accounts": 1500})


def test_quick_controls_pass() -> None:
    """All of them, as every report runs them."""
    controls = quick_controls()
    assert len({control.name for control in controls}) == len(controls) == 6
    assert not [control for control in controls if not control.passed]


def test_repeated_controls_pass() -> None:
    """A/A contrasts on fresh seeds cover zero as often as they should, and a planted rate is found amid noise."""
    controls = statistical_controls.repeated_controls()
    assert not [control for control in controls if not control.passed]
    assert statistical_controls.repeated_controls(only_kept=True) == controls


def test_without_kept_runs_a_quick_test_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run, and nothing is held against the report."""
    monkeypatch.setattr(statistical_controls, "cache_folder", lambda: tmp_path)
    controls = statistical_controls.repeated_controls(only_kept=True)
    assert [(control.name, control.passed) for control in controls] == [
        ("A/A contrasts", None),
        ("planted effect, amid noise", None),
    ]
    assert not list(tmp_path.iterdir())


def test_runs_belong_to_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another model keeps its runs in another place."""
    before = statistical_controls._file()
    monkeypatch.setattr(statistical_controls, "fingerprint", lambda: "another")
    assert statistical_controls._file() != before


def test_a_half_written_file_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was stopped while writing runs again."""
    file = tmp_path / "runs.npz"
    file.write_bytes(b"PK")
    monkeypatch.setattr(statistical_controls, "_file", lambda: file)
    assert statistical_controls._kept_runs() is None


def made_up(shift: float, spread: float, contrasts: int, pairs: int, metrics: int) -> statistical_controls.Floats:
    """Return parts of runs whose two arms differ by a shift, denominators 1."""
    draw = np.random.default_rng(1)
    parts = np.ones((contrasts, 2, pairs, metrics, 2))
    parts[..., 0] = 2.0 + spread * draw.normal(size=parts.shape[:-1])
    parts[:, 0, ..., 0] += shift
    return parts


def test_alike_arms_fails_on_a_bias_and_on_intervals_that_are_too_wide() -> None:
    """A difference between equal arms is caught, and so is an interval that always covers."""
    size = (statistical_controls.CONTRASTS, statistical_controls.PAIRS, len(statistical_controls.HEADLINE))
    assert statistical_controls.alike_arms(made_up(0.0, 1.0, *size)).passed
    assert not statistical_controls.alike_arms(made_up(0.6, 1.0, *size)).passed
    assert not statistical_controls.alike_arms(np.ones_like(made_up(0.0, 1.0, *size))).passed


def test_a_planted_effect_that_is_missed_fails() -> None:
    """Nothing found, too much noise or another size: each fails."""
    size = (statistical_controls.PLANTS, statistical_controls.PLANT_PAIRS, 1)
    planted = statistical_controls.PLANTED
    assert statistical_controls.planted_amid_noise(made_up(planted, 0.2, *size)).passed
    for shift, spread in ((0.0, 0.2), (planted, 3.0), (1.5 * planted, 0.2)):
        assert not statistical_controls.planted_amid_noise(made_up(shift, spread, *size)).passed


def test_inert_labels() -> None:
    """Another name and an unused seat change nothing."""
    control = inert_labels(short("complex-multi"), DESIGN)
    assert control.passed, control.detail


def test_an_inert_lever_has_to_be_inert_and_to_vary() -> None:
    """A lever that acts fails, and so does one that acts nowhere."""
    idle, busy = short("simple-single"), short("complex-multi")
    assert inert_lever(idle, busy, DESIGN).passed
    acts = inert_lever(busy, busy, DESIGN)
    assert not acts.passed
    assert "outcomes differ" in acts.detail
    nowhere = inert_lever(idle, idle, DESIGN)
    assert not nowhere.passed
    assert "but neither in" in nowhere.detail


def test_more_skill_or_pay_is_caught() -> None:
    """A person with more skill in all, or a seat on a higher level, fails."""
    world = load("complex-multi")
    designs = [DESIGN, Design("cso", "executor")]
    assert equal_skill_and_pay(world, designs).passed
    assert not equal_skill_and_pay(world.changed({"profiles.executor.customer": 0.7}), designs).passed
    assert not equal_skill_and_pay(world.changed({"seats.cso.level": 1}), designs).passed
    assert not equal_skill_and_pay(world.changed({"seats.cso.week_hours": 60.0}), designs).passed


def test_a_planted_effect_that_leaks_is_not_found_exactly() -> None:
    """In a small firm, where cost does press, the planted share is not all that happens."""
    assert planted_exactly(load("complex-multi"), DESIGN, pairs=2).passed
    pressed = load("complex-multi").changed({"market.accounts": 200})
    assert not planted_exactly(pressed, DESIGN).passed
