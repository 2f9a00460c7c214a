"""How a firm and its market look when the warm-up begins."""

import math

import numpy as np

from revorg.simulation.chance import fill_normal, fill_uniform, purpose
from revorg.simulation.codes import CUSTOMER, GAUGES, NO_OPENING, PROSPECT, Column, gauge
from revorg.simulation.compiling import plain
from revorg.simulation.organization import Organization
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Accounts, Firm, Fronts, Initiatives, People, Reps
from revorg.simulation.submodels.customers import churn_logits
from revorg.simulation.submodels.rules import arr_reference_usd, posts_wanted, quota_usd

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


def accounts_at_start(world: Scenario, seed: int) -> Accounts:
    """All accounts of the market: some are customers at every age of contract, the rest are prospects."""
    market, rules = world.market, world.customers
    count, begin = market.accounts, -world.run.warm_up_weeks
    sigma = market.potential_sigma
    size = np.exp(sigma * _normals(count, seed, purpose.POTENTIAL) - 0.5 * sigma**2)
    group = market.group_size + np.floor(3.0 * _uniforms(count, seed, purpose.GROUP)).astype(np.int8) - 1
    fronts = market.channels * market.segments
    front = np.floor(_uniforms(count, seed, purpose.FRONT) * fronts).astype(np.int16)
    at_home = front // market.segments < market.channels - market.abroad_channels
    is_customer = at_home & (_uniforms(count, seed, purpose.START) < market.initial_customers_share)
    age = np.floor(_uniforms(count, seed, purpose.START_TENURE) * 3 * rules.term_weeks).astype(np.int32)
    return Accounts(
        front=front,
        group=np.maximum(group, 1).astype(np.int8),
        size=size,
        churn_logit=churn_logits(_uniforms(count, seed, purpose.DISPOSITION), rules.disposition_a, rules.disposition_b),
        stage=np.where(is_customer, CUSTOMER, PROSPECT).astype(np.int8),
        since=np.where(is_customer, begin - age, begin).astype(np.int32),
        due=np.where(is_customer, begin + rules.term_weeks - age % rules.term_weeks, begin).astype(np.int32),
        attempt=np.zeros(count, np.int32),
        rep=np.full(count, -1, np.int32),
        progress=np.zeros(count),
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


def reps_at_start(world: Scenario, seed: int) -> Reps:
    """As many posts, held by experienced reps, as the first plan needs, and room for those to come."""
    sales = world.sales
    quota = plain(quota_usd)(sales)
    new_arr = world.finance.growth_plan * plain(arr_reference_usd)(world.market)
    least, reps = world.finance.least_post, world.run.initial_reps
    posts = plain(posts_wanted)(new_arr, quota, sales.attainment, least) if reps is None else float(reps)
    slots = 4 * math.ceil(posts) + 24
    share = np.clip(posts - np.arange(slots), 0.0, 1.0)
    share[share < least] = 0.0
    integers, numbers = np.zeros(slots, np.int64), np.zeros(slots)
    return Reps(
        active=(share > 0.0).astype(np.int64), share=share, segment=np.arange(slots) % world.market.segments,
        generation=integers.copy(), hired=np.full(slots, LONG_AGO), opens=np.full(slots, NO_OPENING),
        skill=np.maximum(0.2, 1.0 + sales.rep_skill_sd * _normals(slots, seed, purpose.REP_SKILL)),
        morale=np.full(slots, 0.5), booked_quarter=numbers.copy(), booked_year=numbers.copy(),
        quota_year=numbers.copy(), hours=numbers.copy(), load=numbers.copy(), weight=numbers.copy(),
    )  # fmt: skip


def more_slots(reps: Reps, segments: int) -> Reps:
    """Return the table with twice the slots; new ones are unused."""
    count = reps.slots
    fill = {"opens": NO_OPENING, "hired": LONG_AGO, "skill": 1.0, "morale": 0.5}
    grown = {}
    for name in Reps._fields:
        old = getattr(reps, name)
        grown[name] = np.concatenate([old, np.full(count, fill.get(name, 0), old.dtype)])
    grown["segment"] = np.arange(2 * count) % segments
    return Reps(**grown)


def firm_at_start(world: Scenario) -> Firm:
    """The state of the firm as a whole before its first week."""
    gauges = np.zeros(len(GAUGES))
    reference = plain(arr_reference_usd)(world.market)
    sales = world.sales
    gauges[gauge.MATURITY] = world.operations.maturity_start
    gauges[gauge.OWNERSHIP] = 0.5
    gauges[gauge.PLANS_KEPT] = 0.5
    gauges[gauge.ARR_USD] = reference
    gauges[gauge.PLAN_USD] = gauges[gauge.FORECAST_USD] = world.finance.growth_plan * reference / 4.0
    gauges[gauge.HEALTH] = world.customers.neutral_health
    gauges[gauge.REPS_WANTED] = plain(posts_wanted)(
        4.0 * gauges[gauge.PLAN_USD],
        plain(quota_usd)(sales),
        sales.attainment,
        world.finance.least_post,
    )
    alignment = np.full((4, 4), 0.45)
    np.fill_diagonal(alignment, 1.0)
    return Firm(gauges=gauges, lift=np.zeros(4), contribution=np.zeros(4), alignment=alignment, shortfall=np.zeros(4))


def no_initiatives() -> Initiatives:
    """Nothing adopted yet."""
    return Initiatives(
        kind=np.full(INITIATIVE_SLOTS, -1, np.int64), hours=np.zeros(INITIATIVE_SLOTS),
        order=np.zeros(INITIATIVE_SLOTS), row=np.zeros(INITIATIVE_SLOTS, np.int64),
    )  # fmt: skip


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
