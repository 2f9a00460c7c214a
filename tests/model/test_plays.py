"""Plays: one of a few fits, reviews tell through a blur, and a change has to be decided and carried out."""

import numpy as np
import pytest
from small_worlds import beyond, differences, small, warmed

from revorg.scenarios.loading import load
from revorg.simulation import initialization
from revorg.simulation.codes import LOST, OPPORTUNITY, PROSPECT, STRATEGY_MOVE, gauge
from revorg.simulation.compiling import alone
from revorg.simulation.errors import BadInput
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import Now, world_of
from revorg.simulation.record import RECORD, record
from revorg.simulation.stand_ins import nothing_held
from revorg.simulation.state import Firm, Fronts, empty_decisions
from revorg.simulation.submodels import deals, demand, market, strategy

ERRORS = 4.0


def many_fronts(count: int, plays: int = 4) -> tuple[Fronts, Firm, object]:
    """Return equal fronts, more than a market may have, a firm with hours for all, and the world's numbers."""
    world = beyond(
        small("simple-single").changed({"market.accounts": 200, "plays.count": plays}), market={"channels": count}
    )
    fronts = initialization.fronts_at_start(world, initialization.accounts_at_start(world, seed=1), seed=1)
    fronts.accounts[:], fronts.reviewed[:] = 100, -1
    firm = initialization.firm_at_start(world)
    firm.gauges[gauge.REVIEW_HOURS], firm.gauges[gauge.PROPOSAL_OPEN] = 100.0 * count, 1.0
    return fronts, firm, world_of(world)


def review(fronts: Fronts, firm: Firm, numbers: object, week: int) -> None:
    """Review all fronts alone."""
    decisions, sums = empty_decisions(16), np.zeros(len(RECORD))
    alone(strategy.review)(fronts, firm, decisions, sums, numbers, nothing_held(), Now(1, week, 0))


# What a play is worth


def test_without_a_gain_plays_are_worth_nothing() -> None:
    """Whether they fit or are held at the neutral mean, no other column differs by a bit; with a gain many do."""
    model = warmed("complex-multi")
    for gain in (0.0, 0.3):
        world = model.scenario.changed({"plays.gain": gain})
        arms = [model.fork(world.changed({"mechanisms.plays": on})).run(weeks=40) for on in (True, False)]
        found = differences(*arms)
        assert (found == {"plays_fit"}) is (gain == 0.0)


def test_a_wrong_play_costs_leads() -> None:
    """As many fewer as the gain says, in logs."""
    made = []
    for is_right in (True, False):
        world = small("simple-single", accounts=200_000).changed({"plays.gain": 0.5, "market.attractiveness_sd": 0.0})
        accounts = initialization.accounts_at_start(world, seed=1)
        accounts.stage[:] = PROSPECT
        fronts, firm = initialization.fronts_at_start(world, accounts, 1), initialization.firm_at_start(world)
        fronts.play[:] = fronts.best_play if is_right else (fronts.best_play + 1) % 4
        sums = np.zeros(len(RECORD))
        alone(demand.make_leads)(accounts, fronts, firm, sums, world_of(world), nothing_held(), Now(1, 0, 0))
        assert sums[record.PLAYS_FACED] == 200_000
        assert sums[record.PLAYS_FIT] == 200_000 * is_right
        made.append(sums[record.LEADS])
    assert np.log(made[0] / made[1]) == pytest.approx(0.5, abs=ERRORS * np.sqrt(1 / made[0] + 1 / made[1]))


def test_a_wrong_play_costs_odds() -> None:
    """Of groups that agree, as many more buy elsewhere as the gain says, in logits."""
    odds = []
    for is_right in (True, False):
        values = {"plays.gain": 0.5, "market.attractiveness_sd": 0.0}
        world = small("simple-single", accounts=50_000).changed(values)
        accounts = initialization.accounts_at_start(world, seed=1)
        accounts.stage[:], accounts.progress[:], accounts.rep[:] = OPPORTUNITY, 1.0, 0
        fronts, firm = initialization.fronts_at_start(world, accounts, 1), initialization.firm_at_start(world)
        fronts.play[:] = fronts.best_play if is_right else (fronts.best_play + 1) % 4
        reps, sums = initialization.reps_at_start(world, 1), np.zeros(len(RECORD))
        decisions, numbers = empty_decisions(16), world_of(world)
        alone(deals.work)(accounts, fronts, reps, firm, decisions, sums, numbers, nothing_held(), Now(1, 0, 0))
        assert np.count_nonzero(accounts.stage == LOST) == sums[record.DEALS_RIVAL] + sums[record.DEALS_NO_DECISION]
        odds.append(sums[record.DEALS_WON] / sums[record.DEALS_RIVAL])
    assert np.log(odds[0] / odds[1]) == pytest.approx(0.5, abs=0.1)


# What is believed


def test_belief_is_as_often_right_as_it_says() -> None:
    """Among four plays, reviewed every other week: the belief in the best is on its mean what the belief expects."""
    fronts, firm, numbers = many_fronts(400)
    fronts.play_belief[:] = 0.25
    found = []
    for week in range(200):
        market.drift(fronts, numbers, nothing_held(), Now(1, week, 0))  # type: ignore[arg-type]
        if week % 2 == 0:
            review(fronts, firm, numbers, week)
            belief = fronts.play_belief
            assert belief.sum(axis=1) == pytest.approx(np.ones(fronts.size))
            in_best = belief[np.arange(fronts.size), fronts.best_play]
            found.append(float(np.mean(in_best - (belief**2).sum(axis=1))))
    steady = np.array(found[20:])
    error = steady.reshape(8, -1).mean(axis=1).std(ddof=1) / np.sqrt(8)
    assert ERRORS * error < 0.03
    assert abs(steady.mean()) < ERRORS * error


def test_best_plays_are_drawn_anew_at_their_half_life() -> None:
    """After a half-life half were drawn anew: of four plays five in eight are as before, and all are as frequent."""
    fronts, _, numbers = many_fronts(20_000)
    before, weeks = fronts.best_play.copy(), 104
    for week in range(weeks):
        market.drift(fronts, numbers, nothing_held(), Now(1, week, 0))  # type: ignore[arg-type]
    same = np.mean(fronts.best_play == before)
    assert same == pytest.approx(0.625, abs=ERRORS * np.sqrt(0.625 * 0.375 / fronts.size))
    shares = np.bincount(fronts.best_play, minlength=4) / fronts.size
    assert shares == pytest.approx(np.full(4, 0.25), abs=ERRORS * np.sqrt(0.25 * 0.75 / fronts.size))


def test_what_was_known_long_ago_counts_for_nothing() -> None:
    """A belief is aged when its front is looked at: after a hundred half-lives only this review is left."""
    fronts, firm, numbers = many_fronts(50)
    fronts.play_belief[:] = (1.0, 0.0, 0.0, 0.0)
    fronts.reviewed[:] = -10_400
    review(fronts, firm, numbers, 0)
    blur = 0.5 * (1.0 - 0.5 * firm.gauges[gauge.MATURITY])
    expected = np.sort([blur / 4, blur / 4, blur / 4, 1.0 - 0.75 * blur])
    assert np.sort(fronts.play_belief, axis=1) == pytest.approx(np.tile(expected, (50, 1)))


# How a play changes


def mistaken(**values: float) -> RevenueOrganization:
    """Return a firm on one front whose play does not fit, and which is sure of it."""
    scenario = small("simple-single").changed({f"decisions.{name}": value for name, value in values.items()})
    model = warmed("simple-single").fork(scenario)
    model.decisions.state[:], model.decisions.entries[0], model.initiatives.kind[:] = 0, 0, -1
    fronts = model.fronts
    fronts.play[:], fronts.play_proposed[:] = (fronts.best_play + 1) % 4, -1
    fronts.play_belief[:] = np.eye(4)[fronts.best_play]
    return model


def test_a_change_is_decided_then_carried_out() -> None:
    """It is proposed after a review, settled at a desk and worked on; only then another play is in force."""
    model = mistaken(wrong_base=0.0, wrong_per_unasked=0.0)
    wrong, best = int(model.fronts.play[0]), int(model.fronts.best_play[0])
    seen = []
    for _ in range(30):
        model.step()
        table, todo = model.decisions, model.initiatives
        is_open = bool(np.any((table.state != 0) & (table.probe == 0) & (table.kind == STRATEGY_MOVE)))
        at_work = bool(np.any((todo.kind == STRATEGY_MOVE) & (todo.row == 1)))
        seen.append((is_open, at_work, int(model.fronts.play_proposed[0]), int(model.fronts.play[0])))
        if model.fronts.play[0] == best:
            break
    assert seen[-1] == (False, False, -1, best)
    assert all(play == wrong for *_, play in seen[:-1])
    assert any(at_work and proposed == best for _, at_work, proposed, _ in seen)
    assert all(proposed in (-1, best) for _, _, proposed, _ in seen)


def test_a_wrong_call_leaves_the_play_and_the_next_review_asks_again() -> None:
    """With every call wrong and none caught, changes are proposed again and again, and never made."""
    model = mistaken(wrong_base=1.0, wrong_skill_ceiling=3.0, caught_share=0.0)
    wrong, proposals, before = int(model.fronts.play[0]), 0, -1
    for _ in range(40):
        model.step()
        assert model.fronts.play[0] == wrong
        raised = np.any((model.decisions.kind == STRATEGY_MOVE) & (model.decisions.row == 1))
        proposals += before < 0 <= model.fronts.play_proposed[0]
        before = int(model.fronts.play_proposed[0])
    assert raised
    assert model.weekly["initiatives_started"].sum() == 0
    assert model.weekly["decisions_wrong"].sum() >= 2


def test_who_reviews_more_has_plays_that_fit_better() -> None:
    """Hours for a review of every front, against a quarter of them; and one front is kept right, many are not."""
    fits = {}
    for name, hours in (("complex-multi", 3.0), ("complex-multi", 12.0), ("simple-single", 6.0)):
        world = load(name).neutral().changed({"strategy.review_hours": hours, "market.accounts": 2000})
        fits[name, hours] = [RevenueOrganization(world, seed).run(weeks=104).outcomes["play_fit"] for seed in range(6)]
    often, seldom, alone_ = (np.array(values) for values in fits.values())
    for more, less in ((often, seldom), (alone_, seldom)):
        ahead = more - less
        assert ahead.mean() > 2.0 * ahead.std(ddof=1) / np.sqrt(len(ahead))


def test_a_design_cannot_change_how_many_plays_there_are() -> None:
    """The market of both arms is one."""
    model = warmed("simple-single")
    with pytest.raises(BadInput, match=r"cannot change plays\.count"):
        model.fork(model.scenario.changed({"plays.count": 3}))
