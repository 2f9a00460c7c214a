"""Hours and customers of reps: what has to hold for any firm, down to the smallest."""

import numpy as np
import pytest
from small_worlds import small, warmed

from revorg.simulation.model import RevenueOrganization
from revorg.simulation.record import record


def test_hours_used_are_those_there_are() -> None:
    """In a whole week of a busy firm, no hour is lost: each rep uses all hours, or all that is asked for."""
    model = warmed("complex-multi", accounts=3000).run(weeks=30)
    model.step()
    reps = model.rep_slots
    at_work = reps.active == 1
    row = model.record[model.warm_up_weeks + model.week - 1]
    assert row[record.USED_HOURS] == pytest.approx(np.minimum(reps.load, reps.hours)[at_work].sum())
    assert row[record.USED_HOURS] <= row[record.CAPACITY_HOURS] * (1.0 + 1e-12)


def test_a_single_rep_works_all_segments() -> None:
    """In a firm too small to have somebody for each, no segment is left out."""
    world = small("complex-multi").changed({"run.initial_reps": 1, "finance.quits_per_year": 0.0,
                                             "finance.quits_per_miss": 0.0, "finance.growth_plan": 0.01})  # fmt: skip
    model = RevenueOrganization(world, seed=3)
    begun = np.bincount(model.fronts.segment[model.accounts.front], model.accounts.attempt, 4)
    assert begun.min() > 0.25 * begun.mean()
