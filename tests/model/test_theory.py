"""Submodels driven alone, against theory, where no dock does it: survival, slopes, drift and how sure beliefs are."""

import math
from typing import Any

import numpy as np
import pytest
from small_worlds import beyond, small

from revorg.simulation import initialization
from revorg.simulation.codes import CUSTOMER, LOST, NO_OPENING, Column, gauge
from revorg.simulation.compiling import alone
from revorg.simulation.numbers import Now, world_of
from revorg.simulation.record import RECORD, record
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import nothing_held
from revorg.simulation.state import Accounts, Firm, Fronts, People, Reps, empty_decisions
from revorg.simulation.submodels import customers, finance, loyalty, market, staffing, strategy

ERRORS = 4.0

NEUTRAL = {
    "service_gain": 0.0, "health_noise": 0.0, "issues_per_week": 0.0, "adoption_worth": 0.0, "champion_worth": 0.0,
    "sponsor_worth": 0.0, "sponsor_gain_per_week": 0.0, "critic_rate_per_year": 0.0, "critic_loss": 0.0,
}  # fmt: skip
"""Customers to whom nothing happens: health stays where it is neutral."""


def simplest(accounts: int, **values: dict[str, Any]) -> Scenario:
    """Return the simplest world with changed parameters (table={key: value})."""
    paths = {f"{table}.{key}": value for table, keys in values.items() for key, value in keys.items()}
    return small("simple-single").changed({"market.accounts": accounts} | paths)


def clients(world: Scenario, term_weeks: int) -> tuple[Accounts, Fronts, Firm]:
    """Return a market in which every account became a customer in week 0."""
    accounts = initialization.accounts_at_start(world, seed=1)
    accounts.stage[:] = CUSTOMER
    accounts.since[:], accounts.due[:] = 0, term_weeks
    accounts.champion[:], accounts.sponsors[:], accounts.contract_usd[:] = 1, 1, world.market.contract_usd
    accounts.health[:], accounts.adoption[:] = world.customers.neutral_health, 0.8
    return accounts, initialization.fronts_at_start(world, accounts, seed=1), initialization.firm_at_start(world)


def serve(accounts: Accounts, fronts: Fronts, firm: Firm, world: Scenario, week: int) -> Column:
    """Live one week of the customers' submodel alone and return its record."""
    sums = np.zeros(len(RECORD))
    decisions = empty_decisions(16)
    now = Now(seed=1, week=week, row=week)
    alone(customers.serve)(accounts, fronts, firm, decisions, sums, world_of(world), nothing_held(), now)
    return sums


def near_share(found: float, expected: float, count: int) -> None:
    """Assert a binomial share."""
    assert abs(found - expected) < ERRORS * math.sqrt(expected * (1.0 - expected) / count)


def test_champions_leave_at_a_constant_hazard() -> None:
    """With nobody found anew, their survival is geometric, week after week."""
    count = 50_000
    world = simplest(count, customers=NEUTRAL | {"champion_loss_per_year": 2.0, "champion_return_per_week": 0.0})
    accounts, fronts, firm = clients(world, term_weeks=10_000)
    left = np.full(count, -1)
    for week in range(40):
        serve(accounts, fronts, firm, world, week)
        left[(accounts.champion == 0) & (left < 0)] = week
        near_share((accounts.champion == 1).mean(), (1.0 - 2.0 / 52) ** (week + 1), count)
    # Memoryless: of those still there in week 20, as many leave within ten weeks as of all in the first ten.
    late = np.count_nonzero((left >= 20) & (left < 30)) / np.count_nonzero((left < 0) | (left >= 20))
    early = np.count_nonzero((left >= 0) & (left < 10)) / count
    assert late == pytest.approx(early, abs=0.015)


def test_lost_champions_are_found_at_a_constant_hazard_too() -> None:
    """Coming and going, the share of customers with a champion settles where the two rates balance."""
    count, loss, found = 50_000, 2.0, 0.05
    values = NEUTRAL | {"champion_loss_per_year": loss, "champion_return_per_week": found}
    world = simplest(count, customers=values)
    accounts, fronts, firm = clients(world, term_weeks=10_000)
    for week in range(120):
        serve(accounts, fronts, firm, world, week)
    near_share((accounts.champion == 1).mean(), found / (found + loss / 52), count)


@pytest.mark.parametrize("slope", [0.0, 5.0])
def test_worse_health_loses_more_customers(slope: float) -> None:
    """The slope is the odds ratio of leaving, for a disposition that all share; without a slope, health is nothing."""
    count = 100_000
    values = NEUTRAL | {"term_weeks": 4, "health_slope": slope, "health_pace": 1e-12}
    world = simplest(count, customers=values, alignment={"ownership_worth": 0.0})
    for health in (0.45, 0.65, 0.85):
        accounts, fronts, firm = clients(world, term_weeks=4)
        accounts.churn_logit[:], accounts.health[:] = -1.0, health
        for week in range(5):
            serve(accounts, fronts, firm, world, week)
        expected = 1.0 / (1.0 + math.exp(1.0 + slope * (health - world.customers.neutral_health)))
        near_share((accounts.stage == LOST).mean(), expected, count)


def test_dispositions_are_beta_quantiles() -> None:
    """Laid between the grid's points as well, to a millionth of a share."""
    from scipy.stats import beta

    chances = np.random.default_rng(1).uniform(size=2000)
    logits = loyalty.churn_logits(chances, 0.7041, 1.1820)
    assert np.abs(1.0 / (1.0 + np.exp(-logits)) - beta.ppf(chances, 0.7041, 1.1820)).max() < 1e-6


# Reps


def firm_of(world: Scenario) -> tuple[Fronts, Firm, Reps, People]:
    """Return what the books are closed on, as it is at the start."""
    fronts = initialization.fronts_at_start(world, initialization.accounts_at_start(world, seed=1), seed=1)
    reps, people = initialization.reps_at_start(world, seed=1), initialization.people_of(world.organization, 1, 0)
    return fronts, initialization.firm_at_start(world), reps, people


def close_books(
    firm: Firm, fronts: Fronts, reps: Reps, people: People, history: Column, world: Scenario, now: Now
) -> None:  # fmt: skip
    """Close the week's books alone, and let people leave and come."""
    alone(finance.close_books)(firm, fronts, reps, people, history, world_of(world), now)
    alone(staffing.hire_and_leave)(firm, reps, people, history[now.row], world_of(world), nothing_held(), now)


def test_rep_survival_is_geometric() -> None:
    """Of those there in week 0, a constant share leaves every week."""
    world = simplest(600, finance={"quits_per_year": 1.0, "quits_per_miss": 0.0}, run={"initial_reps": 20_000})
    fronts, firm, reps, people = firm_of(world)
    history = np.zeros((80, len(RECORD)))
    for week in range(1, 40):
        close_books(firm, fronts, reps, people, history, world, Now(seed=1, week=week, row=week))
        first = (reps.generation[:20_000] == 0) & (reps.active[:20_000] == 1)  # and not somebody who came after them
        near_share(first.mean(), (1.0 - 1.0 / 52) ** week, 20_000)


# Belief and drift


def review(fronts: Fronts, firm: Firm, world: Scenario, week: int) -> None:
    """Live one week of the review of strategy alone."""
    decisions, sums, now = empty_decisions(16), np.zeros(len(RECORD)), Now(seed=1, week=week, row=0)
    alone(strategy.review)(fronts, firm, decisions, sums, world_of(world), nothing_held(), now)


def test_a_belief_is_as_far_off_as_it_says() -> None:
    """Reviewed every week, beliefs about drifting fronts miss by the variance that they carry with them."""
    count, ratio, half_life = 3200, 0.1, 1e7
    # A path with so long a half-life is a random walk: its weekly variance is sd² (1 − kept²).
    spread = math.sqrt(ratio / (1.0 - 0.5 ** (2.0 / half_life)))
    world = beyond(
        small("simple-single"),
        market={"drift_half_life_weeks": half_life, "attractiveness_sd": spread},
        strategy={"observation_sd": 1.0, "observation_weeks": 1, "transparency_effect": 0.0, "review_hours": 1.0},
    )
    fronts = many_fronts(count)
    fronts.attractiveness[:], fronts.belief[:], fronts.uncertainty[:] = 0.0, 0.0, 1.0
    firm = initialization.firm_at_start(small("simple-single"))  # leads have no mean where fronts are spread so far
    firm.gauges[gauge.REVIEW_HOURS], firm.gauges[gauge.PROPOSAL_OPEN] = 1.0 * count, 1.0
    fronts.reviewed[:] = -1
    generator = np.random.default_rng(1)
    for week in range(50):
        fronts.attractiveness[:] += generator.normal(0.0, math.sqrt(ratio), count)
        review(fronts, firm, world, week)
        assert np.all(fronts.reviewed == week)
    squared = np.mean((fronts.belief - fronts.attractiveness) ** 2)
    assert squared == pytest.approx(fronts.uncertainty.mean(), rel=ERRORS * math.sqrt(2.0 / count))


def test_an_unreviewed_belief_stays_and_its_age_counts_at_the_next_look() -> None:
    """With hours for one front a week, four fronts are looked at in turn, the stalest first."""
    world = beyond(small("simple-multi"), strategy={"review_hours": 1.0, "review_hours_per_product": 0.0})
    accounts = initialization.accounts_at_start(world, seed=1)
    fronts, firm = initialization.fronts_at_start(world, accounts, seed=1), initialization.firm_at_start(world)
    fronts.reviewed[:] = -100
    fronts.accounts[:] = 100
    firm.gauges[gauge.REVIEW_HOURS], firm.gauges[gauge.PROPOSAL_OPEN] = 1.0, 1.0
    for week in range(8):
        before = fronts.belief.copy()
        review(fronts, firm, world, week)
        assert np.count_nonzero(fronts.belief != before) == 1
        assert np.count_nonzero(fronts.reviewed == week) == 1
    assert sorted(fronts.reviewed.tolist()) == [4, 5, 6, 7]


def many_fronts(count: int) -> Fronts:
    """Return a table of equal fronts, far more than a market may have."""
    world = beyond(small("simple-single"), market={"channels": count, "segments": 1, "accounts": 200})
    fronts = initialization.fronts_at_start(world, initialization.accounts_at_start(world, seed=1), seed=1)
    fronts.accounts[:], fronts.prospects[:], fronts.reach[:], fronts.allocation[:] = 100, 100, 1.0, 1.0 / count
    return fronts


def test_attractiveness_keeps_its_spread_and_forgets_at_its_half_life() -> None:
    """An Ornstein–Uhlenbeck path: variance sd² at all times, and half of a deviation left after a half-life.

    The weeks are the last of a warm-up and the first thereafter: nothing happens to a market when a design takes over.
    """
    count, half_life, sd = 6000, 13.0, 0.5
    rules = {"drift_half_life_weeks": half_life, "attractiveness_sd": sd, "offensives_per_year": 0.0}
    world = beyond(small("simple-single"), market=rules)
    fronts = many_fronts(count)
    fronts.attractiveness[:] *= sd / small("simple-single").market.attractiveness_sd
    path = []
    for week in range(-26, 27):
        market.drift(fronts, world_of(world), nothing_held(), Now(seed=3, week=week, row=0))
        path.append(fronts.attractiveness.copy())
    for values in path[::13]:
        assert values.var() == pytest.approx(sd**2, rel=ERRORS * math.sqrt(2.0 / count))
        assert abs(values.mean()) < ERRORS * sd / math.sqrt(count)
    for lag in (1, 13, 26, 52):
        correlation = np.corrcoef(path[0], path[lag])[0, 1]
        assert correlation == pytest.approx(0.5 ** (lag / half_life), abs=ERRORS / math.sqrt(count))


def test_offensives_come_at_their_rate_and_fade_at_their_half_life() -> None:
    """Pressure is the sum of what faded offensives left; on average rate × strength ÷ (1 − kept)."""
    rules = {"offensives_per_year": 6.0, "competitors": 2, "offensive_strength": 0.5}
    world = small("simple-single").changed({f"market.{name}": value for name, value in rules.items()})
    fronts = many_fronts(1)
    kept = 0.5 ** (1.0 / world.market.offensive_half_life_weeks)
    pressure, attacks = [], 0
    weeks, numbers, held = 20_000, world_of(world), nothing_held()
    for week in range(weeks):
        before = float(fronts.pressure[0])
        market.drift(fronts, numbers, held, Now(seed=1, week=week, row=week))
        after = float(fronts.pressure[0])
        assert after in (pytest.approx(before * kept), pytest.approx(before * kept + 0.5))
        attacks += after > before * kept + 0.25
        pressure.append(after)
    rate = 1.0 - math.exp(-12.0 / 52)
    near_share(attacks / weeks, rate, weeks)
    assert np.mean(pressure) == pytest.approx(0.5 * attacks / weeks / (1.0 - kept), rel=0.01)


def test_an_open_position_is_filled_after_the_hiring_weeks() -> None:
    """Whoever quits leaves a slot that opens again exactly so much later, with another person in it."""
    world = simplest(600, finance={"quits_per_year": 5.0, "hiring_weeks": 9}, run={"initial_reps": 200})
    fronts, firm, reps, people = firm_of(world)
    history = np.zeros((80, len(RECORD)))
    history[:, record.ARR], history[:, record.NEW_ARR] = 1.0, 1e6
    firm.gauges[gauge.ARR_USD], firm.gauges[gauge.OWNERSHIP] = 1e9, 0.5
    firm.gauges[gauge.REPS_WANTED] = 1e9
    gone: dict[int, int] = {}
    returned = 0
    for week in range(1, 12):
        was, skill = reps.active.copy(), reps.skill.copy()
        close_books(firm, fronts, reps, people, history, world, Now(seed=1, week=week, row=week + 60))
        for slot in np.flatnonzero(was[:200] != reps.active[:200]).tolist():
            if was[slot]:
                gone[slot] = week
                assert reps.opens[slot] == week + 9
            else:
                assert week == gone[slot] + 9
                assert reps.opens[slot] == NO_OPENING
                assert reps.hired[slot] == week
                assert reps.skill[slot] != skill[slot]
                returned += 1
    assert returned > 3
