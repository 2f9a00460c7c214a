"""Screening and lists of rows: who is asked only where it matters moves as if everybody had been asked in turn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_worlds import key, warmed

from revorg.simulation.chance import purpose, uniform
from revorg.simulation.codes import CUSTOMER, LOST, PROSPECT
from revorg.simulation.numbers import Now
from revorg.simulation.record import RECORD
from revorg.simulation.state import Accounts
from revorg.simulation.submodels import customers, demand
from revorg.simulation.submodels.heaps import below, list_rows, list_set

SIZES = (0, 1, 7, 8, 9, 1023, 1024, 1025, 5000)
WEEK = 10
HAZARDS = ([0.002], [0.0], [1.0], [0.3, 0.0, 0.002, 1e-9])


def market(size: int, fronts: int, seed: int) -> Accounts:
    """Return accounts of random stages and fronts, of whom some who are lost come back about now."""
    draws = np.random.default_rng(seed)
    nothing = dict.fromkeys(Accounts._fields, np.zeros(0))
    return Accounts(**nothing)._replace(
        stage=draws.integers(0, 5, size).astype(np.int8),
        front=draws.integers(0, fronts, size).astype(np.int16),
        due=draws.integers(WEEK - 2, WEEK + 3, size).astype(np.int32),
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("hazards", HAZARDS)
def test_the_same_accounts_move_as_if_each_had_been_asked_in_turn(size: int, hazards: list[float]) -> None:
    """Whatever the hazards of the fronts, and wherever the last run of rows ends."""
    for seed in range(3):
        accounts, hazard, draws = market(size, len(hazards), seed), np.array(hazards), key(seed, 16, WEEK)
        asked = [
            row
            for row in range(size)
            if (accounts.stage[row] == PROSPECT and uniform(draws, row) < hazard[accounts.front[row]])
            or (accounts.stage[row] == LOST and accounts.due[row] <= WEEK)
        ]
        assert demand.movers(accounts, hazard, draws, WEEK).tolist() == asked


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("probability", [0.0, 0.01, 0.5, 1.0])
def test_draws_below_a_probability_are_those_of_the_rows(size: int, probability: float) -> None:
    """Each row's own draw decides, wherever the row stands in the list."""
    rows, draws = np.random.default_rng(size).integers(0, 10**6, size), key(3, 2, WEEK)
    assert below(draws, rows, probability).tolist() == [uniform(draws, row) < probability for row in rows]


@given(size=st.integers(0, 50), share=st.sampled_from([0.0, 0.01, 0.3, 1.0]), seed=st.integers(0, 1000))
def test_lists_of_rows_are_those_that_a_search_finds(size: int, share: float, seed: int) -> None:
    """None and all among them, in the order of the table."""
    stage = (np.random.default_rng(seed).random(size) < share).astype(np.int8) * CUSTOMER
    wanted = np.flatnonzero(stage == CUSTOMER).tolist()
    assert list_rows(stage, CUSTOMER).tolist() == wanted
    assert list_set((stage == CUSTOMER).astype(np.uint8)).tolist() == wanted


@pytest.mark.parametrize("base", [0.05, 0.2, 1.0])
def test_the_same_customers_buy_as_if_each_had_been_asked_in_turn(base: float) -> None:
    """Whoever draws less than the own hazard buys more, and nobody else, up to customers of the best health."""
    model = warmed("complex-single", accounts=8191)  # so many that some buy at any hazard
    world, accounts = model.numbers, model.accounts
    rules = world.customers._replace(expansion_per_week=base)
    rows = np.flatnonzero(accounts.stage == CUSTOMER)
    accounts.health[rows[1::2]], accounts.contract_usd[rows[1::2]] = 1.0, 1.0
    accounts.groups_reached[rows[1::2]] = accounts.group[rows[1::2]]
    work = np.where(rows % 2 == 0, 1.4, 0.6)
    service = customers.Service(0.0, 0.6, 1.4, 1.0, 0.7, 0.0, 1.0, 0.5)
    potential = world.market.contract_usd * accounts.size[rows] / rules.land_share
    potential *= 1.0 + rules.product_potential * (accounts.products_owned[rows] - 1)
    share = 0.5 + 0.5 * np.minimum(1.0, accounts.groups_reached[rows] / accounts.group[rows])
    room = np.maximum(0.0, share - accounts.contract_usd[rows] / potential)
    hazard = np.minimum(1.0, base * (accounts.health[rows] / rules.neutral_health) * work * 1.2 * room)
    draws = key(model.seed, purpose.EXPANSION, WEEK)
    buys = np.array([uniform(draws, int(row)) for row in rows]) < hazard
    before, sums = accounts.contract_usd.copy(), np.zeros(len(RECORD))
    customers._buy(accounts, rows, work, service, sums, world._replace(customers=rules), Now(model.seed, WEEK, WEEK))
    assert 0 < buys.sum() < len(rows)
    assert np.flatnonzero(accounts.contract_usd != before).tolist() == rows[buys].tolist()
