"""Renewals, beliefs, reps and word of mouth alone against theory: each the loop of the model, with the rest held still.

Every driver takes a core world, switches off by parameters what would disturb, fills the tables by hand and lets one
verb live its weeks.
"""

import math
from typing import Any

import numpy as np

from revorg.experiments.validation.dock_figures import DockFigure, Numbers, mean_and_error, over_seeds
from revorg.scenarios.loading import load
from revorg.simulation import initialization
from revorg.simulation.codes import CUSTOMER, LEAD, PROSPECT, WEEKS_A_YEAR, gauge
from revorg.simulation.compiling import alone
from revorg.simulation.numbers import Now, World, world_of
from revorg.simulation.record import RECORD, record
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import nothing_held
from revorg.simulation.state import Accounts, Firm, Fronts, copied, empty_decisions
from revorg.simulation.submodels import customers, deals, demand, finance, market, staffing, strategy
from revorg.simulation.submodels import reps as sales
from revorg.simulation.submodels.rules import arr_reference_usd, front_review_hours, selling_share

SURVIVAL = (62.7, 47.4, 38.8, 33.2, 29.2, 26.2, 23.9, 22.0, 20.4, 19.1, 18.0, 17.0)
"""Percent of a cohort that is left after 1 to 12 years: Fader & Hardie (2007), "Regular"."""
GAINS = ((0.001, 0.0311), (0.01, 0.0951), (0.1, 0.2702), (1.0, 0.6180))
"""Drift variance over observation variance, and the steady gain that follows."""
PRODUCTIVITY = 0.9305
BASS_P, BASS_Q = 0.03, 0.38
"""Yearly rates of adopting unprompted, and by word of mouth of all others."""
BASS_PEAK_YEARS = 6.19
BASS_ADOPTED = ((1, 0.0358), (5, 0.3312), (10, 0.8128))

FREE = nothing_held()
TERM_WEEKS = 4  # a year of contract in as few weeks as allowed: nothing else happens between two renewals


def changed(values: dict[str, Any]) -> Scenario:
    """Return the simplest core world with parameters changed within what scenario files may have."""
    world = load("simple-single").neutral()
    for path, value in values.items():
        world = world.changed({path: value})
    return world


def beyond(world: Scenario, table: str, **values: Any) -> Scenario:
    """Return a copy with values that no scenario file may have: limits in which a submodel becomes the textbook's."""
    return world.model_copy(update={table: getattr(world, table).model_copy(update=values)})


def renewals(scale: float) -> list[DockFigure]:
    """Survival of a cohort of 100,000 customers whose health stays neutral."""
    count = int(scale * 100_000)
    quiet = (
        "service_gain", "health_noise", "issues_per_week", "adoption_worth", "champion_worth", "sponsor_worth",
        "sponsor_gain_per_week", "critic_rate_per_year", "critic_loss",
    )  # fmt: skip
    world = changed(
        {"market.accounts": count, "customers.disposition_a": 0.7041, "customers.disposition_b": 1.1820}
        | {"customers.term_weeks": TERM_WEEKS, "alignment.ownership_worth": 0.0}
        | {f"customers.{name}": 0.0 for name in quiet}
    )
    accounts, fronts, firm = _clients(world)
    figures, serve, numbers = [], alone(customers.serve), world_of(world)
    for week in range(TERM_WEEKS * len(SURVIVAL) + 1):
        sums, decisions = np.zeros(len(RECORD)), empty_decisions(16)
        serve(accounts, fronts, firm, decisions, sums, numbers, FREE, Now(1, week, 0))
        year, rest = divmod(week, TERM_WEEKS)
        if year and not rest:
            alive, expected = float(np.mean(accounts.stage == CUSTOMER)), SURVIVAL[year - 1]
            error = 100.0 * math.sqrt(alive * (1.0 - alive) / count)
            figures.append(DockFigure(f"year {year}", expected, 100.0 * alive, error, 0.5, "% of the cohort"))
    return figures


def _clients(world: Scenario) -> tuple[Accounts, Fronts, Firm]:
    """Return a market in which every account becomes a customer in week 0."""
    accounts = initialization.accounts_at_start(world, seed=1)
    accounts.stage[:], accounts.since[:], accounts.due[:] = CUSTOMER, 0, world.customers.term_weeks
    accounts.champion[:], accounts.sponsors[:], accounts.adoption[:] = 1, 1, 0.8
    accounts.contract_usd[:], accounts.health[:] = world.market.contract_usd, world.customers.neutral_health
    return accounts, initialization.fronts_at_start(world, accounts, seed=1), initialization.firm_at_start(world)


def belief(scale: float) -> list[DockFigure]:
    """Gain of a belief about fronts that drift, reviewed every week until the gain is steady.

    The gain is read off the belief itself: by how much it moves when what is there to be seen is moved by 1, with the
    same noise.
    """
    return [_gain(ratio, expected, fronts=max(4, int(scale * 64))) for ratio, expected in GAINS]


def _gain(ratio: float, expected: float, fronts: int) -> DockFigure:
    half_life = 1e7  # so long that the path is a random walk, with weekly variance sd² (1 − kept²)
    spread = math.sqrt(ratio / (1.0 - 0.5 ** (2.0 / half_life)))
    calm = beyond(changed({"market.accounts": 200}), "market", channels=fronts, segments=1)
    # Firms begin with the mean leads of their market; a walk without bounds has none, so this one begins in a calm one.
    accounts, firm = initialization.accounts_at_start(calm, seed=1), initialization.firm_at_start(calm)
    world = beyond(calm, "market", drift_half_life_weeks=half_life, attractiveness_sd=spread)
    world = beyond(world, "strategy", observation_sd=1.0, observation_weeks=1, transparency_effect=0.0)
    table = initialization.fronts_at_start(world, accounts, seed=1)
    table.accounts[:], table.reviewed[:] = 100, -1
    table.attractiveness[:], table.belief[:], table.uncertainty[:] = 0.0, 0.0, 1.0
    weeks, numbers = int(12.0 / expected) + 5, world_of(world)
    for week in range(weeks):
        now = Now(1, week, 0)
        market.drift(table, numbers, FREE, now)
        if week == weeks - 1:
            twin = copied(table)
            twin.attractiveness[:] += 1.0
            look_at_all(twin, firm, numbers, now)
        look_at_all(table, firm, numbers, now)
    gains = twin.belief - table.belief
    error = float(gains.std() / math.sqrt(fronts))
    return DockFigure(f"variance ratio {ratio:g}", expected, float(gains.mean()), error, 0.001, "gain")


def look_at_all(fronts: Fronts, firm: Firm, world: World, now: Now) -> None:
    """Review every front once, with no proposal made."""
    firm.gauges[gauge.REVIEW_BANK], firm.gauges[gauge.PROPOSAL_OPEN] = 0.0, 1.0
    firm.gauges[gauge.REVIEW_HOURS] = 1.001 * fronts.size * front_review_hours(world.strategy, world.market.products)
    sums, decisions = np.zeros(len(RECORD)), empty_decisions(16)
    alone(strategy.review)(fronts, firm, decisions, sums, world, FREE, now)


def reps(scale: float) -> list[DockFigure]:
    """Mean productivity of reps who leave at .35 a year, are replaced at once and ramp up over five months."""
    weeks, posts = int(scale * 2000), 3000
    world = changed(
        {"market.accounts": 600, "run.initial_reps": posts, "finance.quits_per_year": 0.35}
        | {"finance.quits_per_miss": 0.0, "finance.hiring_weeks": 1, "sales.ramp_weeks": 5.0 * WEEKS_A_YEAR / 12.0}
        | {"sales.rep_skill_sd": 0.0, "sales.coaching_gain": 0.0}
    )
    accounts = initialization.accounts_at_start(world, seed=1)
    accounts.stage[:] = PROSPECT
    fronts, firm = initialization.fronts_at_start(world, accounts, seed=1), initialization.firm_at_start(world)
    slots, people = initialization.reps_at_start(world, seed=1), initialization.people_of(world.organization, 1, 0)
    settling = 4 * WEEKS_A_YEAR  # a few ramps; most of those there in the beginning have been replaced once by then
    history = np.zeros((WEEKS_A_YEAR + settling + weeks, len(RECORD)))
    rules, numbers = world.sales, world_of(world)
    full = rules.rep_hours * selling_share(firm.gauges[gauge.MATURITY], rules.admin_share, rules.admin_relief)
    found = np.empty(settling + weeks)
    for week in range(len(found)):
        now = Now(1, week, WEEKS_A_YEAR + week)
        sums, decisions = history[now.row], empty_decisions(16)
        alone(sales.take_leads)(accounts, fronts, slots, firm, sums, numbers, FREE, now)
        alone(deals.work)(accounts, fronts, slots, firm, decisions, sums, numbers, FREE, now)
        alone(finance.close_books)(firm, fronts, slots, people, history, numbers, now)
        firm.gauges[gauge.REPS_WANTED] = posts  # so that all are replaced
        alone(staffing.hire_and_leave)(firm, slots, people, sums, numbers, FREE, now)
        found[week] = sums[record.CAPACITY_HOURS] / sums[record.REPS] / full
    mean, error = mean_and_error(found[settling:], batches=max(4, weeks // 100), dropped=0.0)
    return [DockFigure("", PRODUCTIVITY, mean, error, 0.01 * PRODUCTIVITY, "of full productivity")]


def word_of_mouth(scale: float) -> list[DockFigure]:
    """Prospects who adopt with probability p + q × share adopted a year, in weekly steps (Bass).

    The rule for references is linear in the share of customers who refer, so base hazard, gain and usual share of
    customers can be chosen to make the weekly hazard (p + q × share) ÷ 52 exactly; everybody who became a lead refers.
    """
    seeds = range(1, 1 + max(4, int(scale * 20)))
    courses = np.array([_adopted(200_000, seed) for seed in seeds])  # (seeds, weeks + 1), shares
    # At the peak half a point of adoption is this much time.
    tolerance = 0.005 / ((BASS_P + BASS_Q) ** 2 / (4.0 * BASS_Q))
    peak, error = over_seeds(np.array([_peak_years(course) for course in courses]))
    figures = [DockFigure("peak", BASS_PEAK_YEARS, peak, error, tolerance, "years")]
    for year, expected in BASS_ADOPTED:
        share, error = over_seeds(courses[:, year * WEEKS_A_YEAR])
        figures.append(DockFigure(f"adopted by year {year}", expected, share, error, 0.005, "share"))
    return figures


def _adopted(count: int, seed: int) -> Numbers:
    """Return the share of prospects who have adopted at the beginning of every week of ten years."""
    gain = 1.0
    world = changed(
        {"market.accounts": count, "market.attractiveness_sd": 0.0, "market.channels": 1, "market.segments": 1}
        | {
            "market.partner_channels": 0,
            "market.reference_customers_share": gain * BASS_P / BASS_Q / (1.0 - 0.5 * gain),
        }
        | {"demand.lead_hazard_per_week": BASS_P / WEEKS_A_YEAR / (1.0 - 0.5 * gain), "demand.reference_gain": gain}
        | {"demand.handoff_base": 1.0, "plays.gain": 0.0}
    )
    accounts = initialization.accounts_at_start(world, seed)
    accounts.stage[:] = PROSPECT
    fronts, firm = initialization.fronts_at_start(world, accounts, seed), initialization.firm_at_start(world)
    numbers = world_of(world)
    firm.gauges[gauge.ARR_USD] = arr_reference_usd(numbers.market)  # a budget that stays the reference firm's
    adopted = np.zeros(10 * WEEKS_A_YEAR + 1)
    for week in range(len(adopted) - 1):
        sums = np.zeros(len(RECORD))
        fronts.referrers[:] = fronts.customers[:] = np.count_nonzero(accounts.stage == LEAD)
        alone(demand.make_leads)(accounts, fronts, firm, sums, numbers, FREE, Now(seed, week, 0))
        adopted[week + 1] = adopted[week] + sums[record.LEADS] / count
    return adopted


def _peak_years(course: Numbers) -> float:
    """Time of the most adoptions: top of a curve of fourth degree through the weeks within three years of it."""
    pace, middle = np.diff(course), BASS_PEAK_YEARS
    years = (np.arange(len(pace)) + 0.5) / WEEKS_A_YEAR
    near = np.abs(years - middle) <= 3.0
    curve = np.polynomial.Polynomial.fit(years[near], pace[near], 4)
    tops = curve.deriv().roots()
    real = tops[np.abs(tops.imag) < 1e-9].real
    inside = real[np.abs(real - middle) < 3.0]
    return float(inside[np.argmax(curve(inside))]) if len(inside) else math.nan
