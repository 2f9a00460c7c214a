"""The battery against tautologies: controls pass on the model, and each fails when what it guards against is there."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from revorg.experiments.claims import controls, statistical_controls
from revorg.experiments.claims.controls import (
    Control,
    equal_skill_and_pay,
    identical_people,
    inert_labels,
    inert_lever,
    labels_permuted,
    planted_exactly,
    quick_controls,
    renamed,
)
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.metrics import METRICS
from revorg.simulation.scenario import Scenario

DESIGNS = [Design.parse("cro:strategist"), Design.parse("cso:executor")]


def short(name: str) -> Scenario:
    """Return a core world for a short life."""
    return load(name).changed({"run.weeks": 26, "market.accounts": 1500})


WORLD = short("complex-multi")


def test_quick_controls_pass() -> None:
    """All of them, as every report runs them."""
    controls = quick_controls()
    assert len({control.name for control in controls}) == len(controls) == 6
    assert not [control for control in controls if not control.passed]


def test_renaming_is_thorough() -> None:
    """Every seat and person has another's name, and the catalogues stand in another order."""
    seats = controls._rotated(WORLD.seats)
    persons = controls._rotated(WORLD.profiles)
    other = renamed(WORLD, seats, persons)
    assert all(new != old for old, new in (*seats.items(), *persons.items()))
    assert [seats[name] for name in WORLD.seats] == list(other.seats)[::-1]
    assert all(other.seats[seats[name]] == seat for name, seat in WORLD.seats.items())
    assert set(other.organization.names).isdisjoint({"ceo", "placebo"} - set(seats.values()))


@pytest.mark.parametrize(
    "compare",
    [
        lambda: labels_permuted(WORLD, DESIGNS),
        lambda: identical_people(WORLD, DESIGNS[0]),
        lambda: inert_labels(WORLD, DESIGNS[0]),
    ],
    ids=["labels permuted", "identical people", "inert labels"],
)
def test_a_name_that_matters_is_caught(compare: Callable[[], Control], monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a run to read a name, the control would fail and say which outcomes."""
    honest = controls._outcomes

    def reading_names(world: Scenario, designs: list[Design]) -> NDArray[np.float64]:
        outcomes = honest(world, designs)
        for outcome, design in zip(outcomes, designs, strict=True):
            outcome[0, 0] += 1e-12 * sum(map(ord, world.name + design.seat))
        return outcomes

    monkeypatch.setattr(controls, "_outcomes", reading_names)
    control = compare()
    assert not control.passed
    assert "outcomes differ (arr_growth)" in control.detail


def test_nothing_to_measure_equals_itself() -> None:
    """NaN on both sides is no difference, on one side it is."""
    nothing = np.full((1, len(METRICS), 2), np.nan)
    control = controls._compare("x", nothing, nothing, "y")
    assert control.passed


def test_an_inert_lever_has_to_be_inert_and_to_vary() -> None:
    """A lever that acts fails, and so does one that acts nowhere."""
    idle, busy = short("simple-single"), WORLD
    assert inert_lever(idle, busy, DESIGNS[0]).passed
    acts = inert_lever(busy, busy, DESIGNS[0])
    assert not acts.passed
    assert "outcomes differ" in acts.detail
    nowhere = inert_lever(idle, idle, DESIGNS[0])
    assert not nowhere.passed
    assert "but neither in" in nowhere.detail


def test_more_skill_or_pay_is_caught() -> None:
    """A person with more skill in all, or a seat on a higher level, fails."""
    world = load("complex-multi")
    assert equal_skill_and_pay(world, DESIGNS).passed
    assert not equal_skill_and_pay(world.changed({"profiles.executor.customer": 0.7}), DESIGNS).passed
    assert not equal_skill_and_pay(world.changed({"seats.cso.level": 1}), DESIGNS).passed
    assert not equal_skill_and_pay(world.changed({"seats.cso.week_hours": 60.0}), DESIGNS).passed


def test_a_planted_effect_that_leaks_is_not_found_exactly() -> None:
    """In a small firm, where cost does press, the planted share is not all that happens."""
    assert planted_exactly(load("complex-multi"), DESIGNS[0], pairs=2).passed
    pressed = load("complex-multi").changed({"market.accounts": 200})
    assert not planted_exactly(pressed, DESIGNS[0]).passed


# Controls of many runs


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
