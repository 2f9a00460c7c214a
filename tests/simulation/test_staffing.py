"""Posts in sales and at the top: how many there are, who leaves them and who comes."""

import numpy as np
import pytest
from small_worlds import small, warmed

from revorg.simulation import initialization
from revorg.simulation.codes import LOST, OPPORTUNITY, gauge
from revorg.simulation.compiling import alone
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import Now, world_of
from revorg.simulation.parameters.mechanisms import Levers
from revorg.simulation.record import RECORD
from revorg.simulation.state import Reps
from revorg.simulation.submodels import finance, staffing


@pytest.mark.parametrize("accounts", [200, 600, 6000])
def test_posts_at_the_start_are_what_the_first_leads_need(accounts: int) -> None:
    """To less than the smallest post: half of the hours at twice the use that is intended."""
    world = small("complex-multi", accounts)
    least = world.finance.least_post
    reps, needed = initialization.reps_at_start(world, seed=1), initialization.first_posts(world)
    assert max(needed, least) - least < reps.share.sum() <= max(needed, least) + 1e-12
    assert np.array_equal(reps.active == 1, reps.share > 0.0)
    fuller = initialization.first_posts(world.changed({"finance.target_use": 0.5 * world.finance.target_use}))
    assert fuller == pytest.approx(2.0 * needed) or needed == least


def test_the_firm_begins_at_work() -> None:
    """Deals are under way at every age and with reps who cover them, and those who said no come back one by one."""
    model = RevenueOrganization(small("complex-multi", 20_000).changed({"run.warm_up_weeks": 0}), 1)
    accounts, reps = model.accounts, model.rep_slots
    deals, lost = accounts.stage == OPPORTUNITY, accounts.stage == LOST
    assert 0.2 < np.quantile(accounts.progress[deals], 0.25) < 0.3
    assert np.all(reps.active[accounts.rep[deals]] == 1)
    apart = (accounts.front[deals] % 4 - reps.segment[accounts.rep[deals]]) % 4
    assert set(apart.tolist()) <= {0, 1}
    weeks = model.scenario.demand.lost_return_weeks
    assert 0 <= accounts.due[lost].min() < accounts.due[lost].max() < weeks
    model.run(26)
    first, last = model.weekly["deals_open"].iloc[[0, 25]]
    assert last == pytest.approx(first, rel=0.35)


def test_part_timers_work_longer_before_posts_are_opened() -> None:
    """What the plan wants is filled up to less than the smallest post, and never beyond."""
    slots = Reps(*np.zeros((len(Reps._fields), 5)))._replace(opens=np.full(5, -1))
    slots.share[:2] = 1.0, 0.4
    staffing.open_posts(slots, 3.3, 77, 0.25)
    assert slots.share.tolist() == pytest.approx([1.0, 1.0, 1.0, 0.3, 0.0])
    assert slots.opens.tolist() == [-1, -1, 77, 77, -1]
    staffing.open_posts(slots, 3.4, 88, 0.25)
    assert slots.share.tolist() == pytest.approx([1.0, 1.0, 1.0, 0.4, 0.0])
    assert slots.opens.tolist() == [-1, -1, 77, 77, -1]


@pytest.mark.parametrize("name", ["simple-single", "complex-multi"])
def test_the_smallest_firm_goes_on_selling(name: str) -> None:
    """Nobody gives up the last post, whatever the plan has come to."""
    for seed in range(8):
        model = RevenueOrganization(small(name, accounts=200), seed).run()
        assert model.rep_slots.share.sum() >= model.scenario.finance.least_post - 1e-12


@pytest.mark.parametrize("frozen", [True, False])
def test_leavers_are_replaced_by_no_more_than_they_worked(frozen: bool) -> None:
    """A part-timer's post comes back as it was, in a freeze or not; what the plan no longer wants does not."""
    model = warmed("simple-single")
    world = world_of(small("simple-single").changed({"finance.quits_per_year": 5.0, "finance.hiring_weeks": 52}))
    reps, firm, people = model.rep_slots, model.firm, model.people
    reps.share[:], reps.active[:] = 0.0, 0
    reps.share[:5] = 1.0, 0.25, 0.5, 0.25, 1.0
    reps.active[:5] = 1
    firm.gauges[gauge.MISSES] = 9.0 if frozen else 0.0
    history = np.zeros((60, len(RECORD)))
    for week in range(1, 12):  # no quarter ends
        firm.gauges[gauge.REPS_WANTED] = 2.6
        before = reps.share.copy()
        now = Now(model.seed, week, week)
        alone(finance.close_books)(firm, model.fronts, reps, people, history, world, now)
        alone(staffing.hire_and_leave)(firm, reps, people, history[week], world, model.held, now)
        assert np.all(reps.share <= before)
    assert reps.active.sum() < 5
    assert 2.6 - 0.25 < reps.share.sum() < 3.0


def test_a_new_chief_does_not_answer_for_earlier_misses() -> None:
    """With nine quarters missed before a design took over, its chief is judged by its own first quarter."""
    dismissed = missed = 0
    for seed in range(12):
        model = warmed("simple-single", seed=seed)
        model.firm.gauges[gauge.MISSES] = 9.0
        world = small("simple-single").changed({
            "finance.dismissal_per_quarter": 0.0, "finance.dismissal_per_miss": 0.12, "finance.burnout_per_year": 0.0,
        }).with_leader("cso", "generalist")  # fmt: skip
        twin = model.fork(world).run(weeks=13)
        dismissed += int(twin.weekly["dismissals"].sum())
        missed += int(twin.weekly["quarter_missed"].sum())
    assert missed >= 4  # who misses nothing is not at risk, whatever was missed before
    assert dismissed <= 5  # for all nine they would have been twelve of twelve


def test_hiring_staff_for_processes_does_not_dilute_them() -> None:
    """In the weeks after an efficiency team becomes full governance, maturity is not lower for it."""
    model = warmed("complex-multi")
    levels = []
    for stage in ("team", "governance"):
        levers = Levers(operations_stage=stage)
        twin = model.fork(model.scenario.model_copy(update={"levers": levers})).run(weeks=6)
        levels.append(twin.weekly["maturity"].to_numpy())
    assert np.all(levels[1] >= levels[0])
