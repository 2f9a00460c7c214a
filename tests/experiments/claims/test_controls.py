"""Controls pass on the model, and fail when something that must not matter does."""

import numpy as np
import pytest
from numpy.typing import NDArray

from revorg.experiments.claims import controls
from revorg.experiments.claims.controls import identical_people, labels_permuted, renamed
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.metrics import METRICS
from revorg.simulation.scenario import Scenario

WORLD = load("complex-multi").changed({"run.weeks": 26, "market.accounts": 1500})
DESIGNS = [Design("cro", "strategist"), Design("cso", "executor")]


def test_labels_permuted() -> None:
    """Seats and persons under each other's names: no bit changes."""
    control = labels_permuted(WORLD, DESIGNS)
    assert control.passed, control.detail


def test_identical_people() -> None:
    """A copy of the seat and of the person: exactly zero."""
    control = identical_people(WORLD, DESIGNS[0])
    assert control.passed, control.detail


def test_renaming_is_thorough() -> None:
    """Every seat and person has another's name, and the catalogues stand in another order."""
    seats = controls._rotated(WORLD.seats)
    persons = controls._rotated(WORLD.profiles)
    other = renamed(WORLD, seats, persons)
    assert all(new != old for old, new in (*seats.items(), *persons.items()))
    assert [seats[name] for name in WORLD.seats] == list(other.seats)[::-1]
    assert all(other.seats[seats[name]] == seat for name, seat in WORLD.seats.items())
    assert set(other.organization.names).isdisjoint({"ceo", "placebo"} - set(seats.values()))


def test_a_name_that_matters_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a run to read a seat's name, the control would fail and name the outcomes."""
    honest = controls._outcomes

    def reading_names(world: Scenario, designs: list[Design]) -> NDArray[np.float64]:
        outcomes = honest(world, designs)
        outcomes[0, 0, 0] += 1e-12 * sum(map(ord, designs[0].seat))
        return outcomes

    monkeypatch.setattr(controls, "_outcomes", reading_names)
    control = labels_permuted(WORLD, DESIGNS)
    assert not control.passed
    assert "outcomes differ (arr_growth)" in control.detail


def test_nothing_to_measure_equals_itself() -> None:
    """NaN on both sides is no difference, on one side it is."""
    nothing = np.full((1, len(METRICS), 2), np.nan)
    control = controls._compare("x", nothing, nothing, "y")
    assert control.passed
