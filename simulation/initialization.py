"""How a firm and its market look when the warm-up begins: at work, so that seeds do not start in step.

Leads, deals and those who said no are there from the first day, in the numbers that the market's flows would keep up.
The shares of deals won and of leads unworked that this takes are rough; the warm-up forgets them.
"""

import math
from typing import NamedTuple

import numpy as np

from revorg.simulation.chance import fill_normal, fill_uniform, purpose
from revorg.simulation.codes import CUSTOMER, GAUGES, LOST, NO_OPENING, OPPORTUNITY, PROSPECT, Column, gauge
from revorg.simulation.compiling import plain
from revorg.simulation.organization import Organization
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Accounts, Firm, Fronts, Initiatives, People, Reps
from revorg.simulation.submodels.demand import handoff_probability, lead_hazard
from revorg.simulation.submodels.loyalty import churn_logits
from revorg.simulation.submodels.plans import carried_forward, mean_deal_hours, posts_for, reps_needed
from revorg.simulation.submodels.reps import covers
from revorg.simulation.submodels.rules import arr_reference_usd, quota_usd, selling_share

FIRST_ALIGNMENT, FIRST_WON, FIRST_UNWORKED = 0.45, 0.2, 0.1
LONG_AGO = -100_000  # a week before anything that the model asks about
INITIATIVE_SLOTS = 64


def _uniforms(count: int, seed: int, purpose: int) -> Column:
    values = np.empty(count)
    fill_uniform(values, seed, purpose, LONG_AGO)
    return values


def _normals(count: int, seed: int, purpose: int) -> Column:
    values = np.empty(count)
    fill_normal(values, seed, purpose, LONG_AGO)
    return values


def fronts_at_start(world: Scenario, accounts: Accounts, seed: int) -> Fronts:
    """Fronts = channel × segment, with the attractiveness of a market that has drifted for long; every play fits."""
    market = world.market
    count = market.channels * market.segments
    channel, segment = np.divmod(np.arange(count), market.segments)
    home = (channel < market.channels - market.abroad_channels).astype(np.int64)
    partner = (channel >= market.channels - market.partner_channels).astype(np.int64)
    reach = reach_of(world, channel)
    size = np.bincount(accounts.front, minlength=count)
    customers = np.bincount(accounts.front[accounts.stage == CUSTOMER], minlength=count)
    allocation = reach * np.maximum(size, 1)
    plays = np.floor(world.plays.count * _uniforms(count, seed, purpose.FIRST_PLAY)).astype(np.int64)
    return Fronts(
        channel=channel, segment=segment, partner=partner, home=home, reach=reach, accounts=size,
        attractiveness=market.attractiveness_sd * _normals(count, seed, purpose.FIRST_ATTRACTIVENESS),
        pressure=np.zeros(count), prospects=size - customers, customers=customers,
        arr_usd=customers * market.contract_usd, referrers=customers // 2, allocation=allocation / allocation.sum(),
        belief=np.zeros(count), uncertainty=np.full(count, market.attractiveness_sd**2),
        reviewed=np.full(count, -world.run.warm_up_weeks), proposal=np.zeros(count), shift_target=np.zeros(count),
        best_play=plays, play=plays.copy(), play_belief=np.eye(world.plays.count)[plays],
        play_proposed=np.full(count, -1),
    )  # fmt: skip


def reach_of(world: Scenario, channel: Column) -> Column:
    """Share of a front's accounts that can be reached: partners reach fewer, channels abroad none before expansion."""
    market = world.market
    reach = np.where(channel >= market.channels - market.partner_channels, market.partner_reach, 1.0)
    abroad = channel >= market.channels - market.abroad_channels
    return np.where(abroad & (not world.levers.expansion), 0.0, reach)


def _first_share(world: Scenario) -> float:
    """Share of accounts that are customers; `start.begun` fills it in where a scenario leaves it open."""
    share = world.market.initial_customers_share
    assert share is not None
    return share


class Flows(NamedTuple):
    """What the first weeks are reckoned with, per account that is no customer.

    Attributes
    ----------
    taken : float
        Leads a week that reps take.
    open, lost, unworked : float
        Accounts with an open deal; those who decided otherwise, or nothing; those whose lead nobody took.
    """

    taken: float
    open: float
    lost: float
    unworked: float


def first_flows(world: Scenario) -> Flows:
    """Return the flows that the neutral firm's marketing keeps up in a market of middling fronts."""
    market, rules = world.market, world.demand
    reach = float(np.mean(_reach_at_home(world)))
    share = _first_share(world) / market.reference_customers_share
    hazard = plain(lead_hazard)(
        rules.lead_hazard_per_week, share, rules.budget_exponent, 1.0, rules.front_exponent,
        0.5 * market.attractiveness_sd**2, strategy=1.0, references=1.0, reach=reach,
    )  # fmt: skip
    given = plain(handoff_probability)(FIRST_ALIGNMENT, rules.handoff_base, rules.handoff_alignment)
    taken = given * (1.0 - FIRST_UNWORKED)
    weeks = (
        taken * world.sales.pace_weeks, taken * (1.0 - FIRST_WON) * rules.lost_return_weeks,
        (1.0 - taken) * rules.unworked_return_weeks,
    )  # fmt: skip
    a_week = hazard / (1.0 + hazard * sum(weeks))
    return Flows(a_week * taken, *(a_week * each for each in weeks))


def _reach_at_home(world: Scenario) -> Column:
    channels = np.arange(world.market.channels - world.market.abroad_channels)
    return reach_of(world, channels)


def accounts_at_start(world: Scenario, seed: int) -> Accounts:
    """All accounts of the market: customers at every age of contract, deals at every stage, the rest prospects."""
    market, rules = world.market, world.customers
    count, begin = market.accounts, -world.run.warm_up_weeks
    sigma = market.potential_sigma
    size = np.exp(sigma * _normals(count, seed, purpose.POTENTIAL) - 0.5 * sigma**2)
    group = market.group_size + np.floor(3.0 * _uniforms(count, seed, purpose.GROUP)).astype(np.int8) - 1
    fronts = market.channels * market.segments
    front = np.floor(_uniforms(count, seed, purpose.FRONT) * fronts).astype(np.int16)
    at_home = front // market.segments < market.channels - market.abroad_channels
    stage, reps = _first_stages(world, at_home, _uniforms(count, seed, purpose.START)), reps_at_start(world, seed)
    stage[(stage == OPPORTUNITY) & (not reps.active.any())] = PROSPECT
    is_customer, is_deal = stage == CUSTOMER, stage == OPPORTUNITY
    passed = _uniforms(count, seed, purpose.START_AGE)
    rep = np.full(count, -1, np.int32)
    rep[is_deal] = _first_reps(world, reps, front[is_deal], _uniforms(count, seed, purpose.START_REP)[is_deal])
    age = np.floor(_uniforms(count, seed, purpose.START_TENURE) * 3 * rules.term_weeks).astype(np.int32)
    return Accounts(
        front=front,
        group=np.maximum(group, 1).astype(np.int8),
        size=size,
        churn_logit=churn_logits(_uniforms(count, seed, purpose.DISPOSITION), rules.disposition_a, rules.disposition_b),
        stage=np.where(stage < 0, LOST, stage).astype(np.int8),
        since=(begin - np.where(is_customer, age, is_deal * passed * world.sales.pace_weeks)).astype(np.int32),
        due=(begin + _first_terms(world, stage, age, passed)).astype(np.int32),
        attempt=is_deal.astype(np.int32),
        rep=rep,
        progress=np.where(is_deal, passed, 0.0),
        heat=np.zeros(count),
        waiting=np.zeros(count, np.int8),
        contract_usd=np.where(is_customer, market.contract_usd * size, 0.0),
        health=np.where(is_customer, rules.neutral_health, 0.0),
        adoption=np.where(is_customer, 1.0, 0.0),
        champion=is_customer.astype(np.int8),
        sponsors=is_customer.astype(np.int8),
        critics=np.zeros(count, np.int8),
        products_owned=is_customer.astype(np.int8),
        groups_reached=is_customer.astype(np.int8),
    )


_LOST_DEAL, _LOST_LEAD = -1, -2  # before both are simply lost


def _first_stages(world: Scenario, at_home: Column, chances: Column) -> Column:
    """Stage of every account, by one chance; of those who are lost it also tells what was lost."""
    flows, customers = first_flows(world), _first_share(world)
    others = 1.0 - customers
    bounds = customers + others * np.cumsum([0.0, flows.open, flows.lost, flows.unworked])
    stages = np.array([CUSTOMER, OPPORTUNITY, _LOST_DEAL, _LOST_LEAD, PROSPECT])
    return np.where(at_home, stages[np.searchsorted(bounds, chances, side="right")], PROSPECT)


def _first_reps(world: Scenario, reps: Reps, fronts: Column, chances: Column) -> Column:
    """Rep of every open deal: any of those who cover its segment, or else of all."""
    segments, posts = world.market.segments, np.flatnonzero(reps.active)
    found = np.full(len(fronts), -1)
    for segment in range(segments):
        those = [r for r in posts.tolist() if plain(covers)(int(reps.segment[r]), segment, segments)]
        able, deals = np.array(those or posts.tolist()), fronts % segments == segment
        found[deals] = able[(chances[deals] * len(able)).astype(np.int64)]
    return found


def _first_terms(world: Scenario, stage: Column, age: Column, passed: Column) -> Column:
    """Weeks until the account's next date: a renewal, or the return to the market."""
    term, rules = world.customers.term_weeks, world.demand
    left = np.where(stage == CUSTOMER, term - age % term, 0)
    left = np.where(stage == _LOST_DEAL, passed * rules.lost_return_weeks, left)
    return np.where(stage == _LOST_LEAD, passed * rules.unworked_return_weeks, left)


def first_posts(world: Scenario) -> float:
    """Return the full posts with which the warm-up begins: those given, or as many as first leads ask for."""
    sales, finance, market = world.sales, world.finance, world.market
    if world.run.initial_reps is not None:
        return float(world.run.initial_reps)
    if world.readings.posts != "demand":
        new_arr = finance.growth_plan * _first_arr(world)
        return max(plain(reps_needed)(new_arr, plain(quota_usd)(sales), sales.attainment), finance.least_post)
    at_home = 1.0 - market.abroad_channels / market.channels
    others = market.accounts * at_home * (1.0 - _first_share(world))
    a_deal = plain(mean_deal_hours)(sales.deal_hours, sales.hours_exponent, market.potential_sigma)
    share = plain(selling_share)(world.operations.maturity_start, sales.admin_share, sales.admin_relief)
    asked = others * first_flows(world).taken / (1.0 - FIRST_UNWORKED) * a_deal
    asked *= plain(carried_forward)(math.log(1.0 + finance.growth_plan), finance.hiring_weeks, sales.ramp_weeks)
    return float(plain(posts_for)(asked, sales.rep_hours * share, finance.target_use, finance.least_post))


def _first_arr(world: Scenario) -> float:
    market = world.market
    at_home = 1.0 - market.abroad_channels / market.channels
    return market.accounts * at_home * _first_share(world) * market.contract_usd


def reps_at_start(world: Scenario, seed: int) -> Reps:
    """As many posts, held by experienced reps, as the firm begins with, and room for those to come."""
    sales, posts, least = world.sales, first_posts(world), world.finance.least_post
    slots = 4 * math.ceil(posts) + 24
    share = np.clip(posts - np.arange(slots), 0.0, 1.0)
    share[share < least] = 0.0
    integers, numbers = np.zeros(slots, np.int64), np.zeros(slots)
    return Reps(
        active=(share > 0.0).astype(np.int64), share=share, segment=np.arange(slots) % world.market.segments,
        generation=integers.copy(), hired=np.full(slots, LONG_AGO), opens=np.full(slots, NO_OPENING),
        skill=np.maximum(0.2, 1.0 + sales.rep_skill_sd * _normals(slots, seed, purpose.REP_SKILL)),
        morale=np.full(slots, 0.5), booked_quarter=numbers.copy(), booked_year=numbers.copy(),
        quota_year=numbers.copy(), quota=np.ones(slots), hours=numbers.copy(), load=numbers.copy(),
        weight=numbers.copy(),
    )  # fmt: skip


def more_slots(reps: Reps, segments: int) -> Reps:
    """Return the table with twice the slots; new ones are unused."""
    count = reps.slots
    fill = {"opens": NO_OPENING, "hired": LONG_AGO, "skill": 1.0, "morale": 0.5, "quota": 1.0}
    grown = {}
    for name in Reps._fields:
        old = getattr(reps, name)
        grown[name] = np.concatenate([old, np.full(count, fill.get(name, 0), old.dtype)])
    grown["segment"] = np.arange(2 * count) % segments
    return Reps(**grown)


def firm_at_start(world: Scenario) -> Firm:
    """The state of the firm as a whole before its first week."""
    gauges = np.zeros(len(GAUGES))
    arr = max(_first_arr(world), 1e-6 * float(plain(arr_reference_usd)(world.market)))
    gauges[gauge.MATURITY] = world.operations.maturity_start
    gauges[gauge.OWNERSHIP] = 0.5
    gauges[gauge.PLANS_KEPT] = 0.5
    gauges[gauge.ARR_USD] = arr
    gauges[gauge.PLAN_USD] = gauges[gauge.FORECAST_USD] = world.finance.growth_plan * arr / 4.0
    gauges[gauge.HEALTH] = world.customers.neutral_health
    gauges[gauge.REPS_WANTED] = first_posts(world)
    alignment = np.full((4, 4), FIRST_ALIGNMENT)
    np.fill_diagonal(alignment, 1.0)
    return Firm(gauges=gauges, lift=np.zeros(4), contribution=np.zeros(4), alignment=alignment, shortfall=np.zeros(4))


def no_initiatives() -> Initiatives:
    """Nothing adopted yet."""
    return Initiatives(
        kind=np.full(INITIATIVE_SLOTS, -1, np.int64), hours=np.zeros(INITIATIVE_SLOTS),
        order=np.zeros(INITIATIVE_SLOTS), row=np.zeros(INITIATIVE_SLOTS, np.int64),
    )  # fmt: skip


def says_of(world: Scenario) -> Column:
    """Share of each seat's strategy hours that counts in reviews; heads have a say where that is the reading."""
    seated = world.organization
    say = np.array(seated.say)
    if world.readings.reviewers == "heads":
        say[seated.head_of] = np.maximum(say[seated.head_of], world.strategy.heads_say)
    return say


def people_of(organization: Organization, chief_place: int, week: int) -> People:
    """Everybody in force from a week on, settled in; policy is still to be set."""
    seats = len(organization)
    numbers = np.zeros(seats)
    return People(
        place=np.array(organization.place), parent=np.array(organization.parent), depth=np.array(organization.depth),
        level=np.array(organization.level), line=np.array(organization.line), span=np.array(organization.span),
        week_hours=np.array(organization.week_hours), say=np.array(organization.say),
        measures=np.array(organization.measures), skill=np.array(organization.skills),
        collaboration=np.array(organization.collaboration), attention=np.full((seats, 4), 0.25),
        consult_scope=numbers.copy(), consult_beyond=numbers.copy(), tray_share=numbers.copy(),
        meeting_hours=numbers.copy(), tray_hours=numbers.copy(), arrived=np.full(seats, LONG_AGO),
        answers_from=np.full(seats, week), vacant_until=np.full(seats, LONG_AGO),
        replaced=(organization.place == chief_place).astype(np.int64),
    )  # fmt: skip
