"""Outcomes told beyond another, as P(miss | miss) beyond P(miss): each of both is pooled over seeds by itself."""

import numpy as np
import pytest
from made_up_runs import MadeUpRuns, noisy

from revorg.experiments.analysis.contrasts import Floats
from revorg.experiments.claims.claim import Term, registry
from revorg.experiments.claims.decomposition import take_apart
from revorg.experiments.claims.questions import estimate
from revorg.experiments.runs.jobs import FOUR_YEARS
from revorg.experiments.runs.pairs import Measurements, Task, TaskResult, tasks_of
from revorg.simulation.metrics import METRICS, values_of

SEEDS = 12
DESIGNS = ("cro:executor", "cso:executor")
PLACES = {name: place for place, name in enumerate(METRICS)}


def runs() -> Floats:
    """Return made-up parts of two designs, shape (seeds, designs, metrics, 2); the runs had unequal many misses."""
    draws = np.random.default_rng(4)
    parts = np.ones((SEEDS, len(DESIGNS), len(METRICS), 2))
    quarters = np.full((SEEDS, len(DESIGNS)), 16.0)
    missed = draws.integers(2, 15, quarters.shape).astype(float)
    after = np.maximum(missed - 1.0, 1.0)
    again = draws.binomial(after.astype(int), missed / quarters).astype(float)
    parts[..., PLACES["quarters_missed"], :] = np.stack([missed, quarters], axis=-1)
    parts[..., PLACES["miss_persistence"], :] = np.stack([again, after], axis=-1)
    return parts


def measured(parts: Floats) -> Measurements:
    """File the parts as what came of runs."""
    found = Measurements()
    for seed, of_seed in enumerate(parts):
        found.add(TaskResult(Task("mid", seed, DESIGNS, (FOUR_YEARS,)), of_seed[:, None]))
    return found


def test_persistence_of_misses_is_pooled_over_seeds() -> None:
    """Σ ÷ Σ of either probability; the mean of the runs' own differences would be another number."""
    parts = runs()
    terms = [Term(weight=w, world="mid", design=design) for w, design in zip((1, -1), DESIGNS, strict=True)]
    found = estimate(measured(parts), "miss_persistence", terms, SEEDS)
    sums = parts.sum(axis=0)
    rates = sums[..., 0] / sums[..., 1]
    expected = rates[:, PLACES["miss_persistence"]] - rates[:, PLACES["quarters_missed"]]
    assert found.effect == pytest.approx(expected[0] - expected[1])
    averaged = values_of(parts)[..., PLACES["miss_persistence"]].mean(axis=0)
    assert abs(found.effect - (averaged[0] - averaged[1])) > 0.001


def test_a_run_s_own_value_is_the_difference_too() -> None:
    """And nothing where one of both has nothing to measure."""
    parts = runs()
    values = values_of(parts)
    rates = parts[..., 0] / parts[..., 1]
    own, base = PLACES["miss_persistence"], PLACES["quarters_missed"]
    assert values[..., own] == pytest.approx(rates[..., own] - rates[..., base])
    assert np.array_equal(np.delete(values, own, axis=-1), np.delete(rates, own, axis=-1))
    for empty in (own, base):
        nothing = parts.copy()
        nothing[..., empty, :] = 0.0
        assert np.isnan(values_of(nothing)[..., own]).all()


def test_such_an_outcome_is_not_taken_apart() -> None:
    """A table of cells would leave out what it is told beyond."""
    found, factorial = Measurements(), registry().factorial
    arms = [(world, design) for world in factorial.worlds for design in factorial.designs]
    for outcomes in MadeUpRuns(noisy({})).run(tasks_of(arms, range(4), (FOUR_YEARS,))):
        found.add(outcomes)
    assert take_apart(found, factorial, "quarters_missed") is not None
    assert take_apart(found, factorial, "miss_persistence") is None
