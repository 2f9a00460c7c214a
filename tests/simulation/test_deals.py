"""Deals and their matters: hours shared out, weeks they take, how they end, and what is raised on the way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_worlds import key, small, warmed

from revorg.simulation.codes import LEAD, OPPORTUNITY, PROSPECT, Column
from revorg.simulation.compiling import alone, plain
from revorg.simulation.errors import BadInput
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import Now, world_of
from revorg.simulation.record import RECORD, record
from revorg.simulation.state import Reps, empty_decisions
from revorg.simulation.submodels import deals, reps, rules
from revorg.simulation.submodels.matters import raise_matter

FEW_REPS = 3


@given(st.integers(0, 10_000), st.floats(0.0, 2.0))
def test_a_rep_who_is_short_of_hours_leaves_none_unused(seed: int, exponent: float) -> None:
    """Hours given are the lesser of load and hours; nobody gets more than needed; the unserved share by priority."""
    draws = np.random.default_rng(seed)
    count = int(draws.integers(1, 30))
    size, rep = draws.lognormal(sigma=0.7, size=count), draws.integers(0, FEW_REPS, count)
    needs, priorities = 2.0 * size**0.3, size**exponent
    hours = draws.uniform(0.0, 20.0, FEW_REPS)
    load, weight = np.bincount(rep, needs, FEW_REPS), np.bincount(rep, priorities, FEW_REPS)
    slots = Reps(*np.zeros((len(Reps._fields), FEW_REPS)))._replace(hours=hours, load=load, weight=weight)
    per_priority = plain(deals._share_out)(np.arange(count), rep, needs, priorities, slots)
    given = np.minimum(needs, per_priority[rep] * priorities)
    assert np.bincount(rep, given, FEW_REPS) == pytest.approx(np.minimum(load, hours), rel=1e-9)
    for one in range(FEW_REPS):
        short = (rep == one) & (given < needs * (1.0 - 1e-9))
        parts = (given / priorities)[short]
        assert parts == pytest.approx(np.broadcast_to(parts[:1], parts.shape))


@pytest.mark.parametrize("competitors", [1, 2, 5])
@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_competitors_weigh_as_a_nest_of_a_nested_logit_does(competitors: int, exponent: float) -> None:
    """Buyers choose the best of the firm and n rivals; what they see in rivals is in part common to all of these.

    With Gumbel parts of each one's own, and a common part that is the logarithm of a positive stable draw, the worth
    of each rival is Gumbel again.
    """
    draws, buyers = np.random.default_rng(8), 200_000
    common = {
        0.0: draws.gumbel(size=buyers),
        0.5: -0.5 * np.log(2.0 * draws.normal(size=buyers) ** 2),
        1.0: np.zeros(buyers),
    }
    own = exponent * draws.gumbel(size=(buyers, competitors))
    best = 0.4 - exponent * np.log(2.0) + common[exponent] + own.max(axis=1)  # two of them weigh .4
    elsewhere = np.mean(best > draws.gumbel(size=buyers))
    expected = rules.logistic(deals.rivalry(0.4, competitors, exponent))
    assert elsewhere == pytest.approx(expected, abs=4.0 * 0.5 / np.sqrt(buyers))


def test_nothing_is_lost_to_competitors_where_there_are_none() -> None:
    """However attractive they would be."""
    world = small("simple-single", accounts=3000).changed({"market.competitors": 0, "sales.competitor_logit": 6.0})
    weeks = RevenueOrganization(world, seed=1).run(weeks=52).weekly
    assert weeks["deals_won"].sum() > 10
    assert weeks["deals_rival"].sum() == weeks["rival_churned"].sum() == 0.0
    with pytest.raises(BadInput, match=r"market.attack_week = 3 needs a competitor \(market.competitors = 0\)"):
        world.changed({"market.attack_week": 3})


def work_deals(model: RevenueOrganization, week: int) -> Column:
    """Let reps take leads and work deals for a week, alone; return the week's sums."""
    accounts, fronts, slots, firm = model.accounts, model.fronts, model.rep_slots, model.firm
    sums, world, held, now = np.zeros(len(RECORD)), model.numbers, model.held, Now(model.seed, week, 0)
    alone(reps.take_leads)(accounts, fronts, slots, firm, sums, world, held, now)
    alone(deals.work)(accounts, fronts, slots, firm, model.decisions, sums, world, held, now)
    return sums


def weeks_of_deals(pace: float, hours: float) -> Column:
    """Return how many weeks deals take that all begin at once and are held up by nothing."""
    world = small("simple-single", accounts=3000).changed({
            "sales.pace_weeks": pace, "sales.deal_hours": hours, "sales.capacity_limit": 10.0,
            "decisions.exceptions_per_deal_week": 0.0, "sales.stall_per_week": 0.0, "run.initial_reps": 100,
        })  # fmt: skip
    model = RevenueOrganization(world, seed=2)
    accounts = model.accounts
    accounts.stage[:], accounts.rep[:], accounts.progress[:], accounts.waiting[:] = LEAD, -1, 0.0, 0
    accounts.due[:], model.rep_slots.hired[:] = 1000, -1000
    weeks, attempts = np.zeros(accounts.rows), accounts.attempt.copy()
    for week in range(40):
        model.decisions.entries[0] = 0
        open_before = accounts.stage == OPPORTUNITY
        work_deals(model, week)
        weeks += open_before | ((accounts.since == week) & (accounts.attempt > attempts))
        accounts.due[accounts.stage != LEAD] = 1000
        accounts.stage[accounts.stage == LEAD] = PROSPECT
    return weeks[weeks > 0]


@pytest.mark.parametrize("pace", [4.0, 6.5, 8.25])
def test_a_pace_need_not_be_whole_weeks(pace: float) -> None:
    """Deals with all the hours they want take the pace on the mean, and never a week more or less than it."""
    weeks = weeks_of_deals(pace, hours=0.5)
    assert len(weeks) > 1000
    assert set(np.unique(weeks)) <= {np.floor(pace), np.ceil(pace)}
    assert weeks.mean() == pytest.approx(pace, abs=4.0 * 0.5 / np.sqrt(len(weeks)) + 1e-9)


def test_a_deal_whose_rep_left_for_good_ends_in_no_decision() -> None:
    """Begun deals are told apart from leads that nobody ever worked."""
    model = warmed("simple-single")
    accounts = model.accounts
    accounts.stage[:], accounts.progress[:], accounts.rep[:] = PROSPECT, 0.0, -1
    accounts.stage[:10], accounts.due[:10] = LEAD, -1
    accounts.progress[:4] = 0.3
    model.rep_slots.active[:] = 0
    sums = work_deals(model, 0)
    assert (sums[record.DEALS_NO_DECISION], sums[record.LEADS_UNWORKED]) == (4.0, 6.0)
    assert np.all(accounts.progress[:10] == 0.0)


def matters(value_usd: float, rate: float) -> tuple[float, Column, float]:
    """Raise matters of many accounts; return how often they come, what hangs on them and how many climb."""
    accounts, weeks = 2000, 20
    decisions = empty_decisions(accounts)
    rules = world_of(small()).decisions._replace(escalate_share=0.35, small_floor_share=1.0)
    stakes, climbing = [], 0.0
    for week in range(weeks):
        decisions.entries[0] = 0
        for row in range(accounts):
            raise_matter(decisions, 0, row, week, key(5, 3, week), rate, value_usd, 1.0, rules)
        count = decisions.entries[0]
        stakes.append(decisions.entry_at_stake[:count].copy())
        climbing += decisions.entry_climbs[:count].sum()
    found = np.concatenate(stakes)
    return len(found) / (accounts * weeks), found, climbing / len(found)


@pytest.mark.parametrize("value", [0.2, 1.0, 6.0])
def test_stakes_are_pareto_whatever_the_size_of_the_firm(value: float) -> None:
    """Matters with more than a share x at stake come at rate ÷ x; about .35 climb, however small the firm."""
    rate = 0.08
    often, stakes, climbing = matters(value, rate)
    assert often == pytest.approx(rate * value, rel=0.06)
    for share in (0.3, 0.6, 0.999):
        reaching = min(rate * value, rate / share)
        assert often * np.mean(stakes >= share) == pytest.approx(reaching, rel=0.08)
    assert climbing == pytest.approx(0.35, abs=0.03)
