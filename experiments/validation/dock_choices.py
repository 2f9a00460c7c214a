"""Our allocation against others' theory of choice: the step that reviews strategy, driven alone, week by week.

Posen & Levinthal (2012) let a firm choose, period by period, among arms whose odds may change. An arm is a front here,
the choice is a draw from the allocation that the step proposes, and belief is the step's own filter: where nothing is
taken to drift, and the first belief is as sure as so many looks, what it holds is a sample average.
"""

import math
from typing import NamedTuple

import numpy as np

from revorg.experiments.validation.dock_figures import (
    ORDER_ERRORS,
    DockFigure,
    Numbers,
    more_than_nothing,
    over_seeds,
)
from revorg.experiments.validation.dock_submodels import FREE, beyond, changed
from revorg.simulation import initialization
from revorg.simulation.chance import stream, uniform
from revorg.simulation.codes import WEEKS_A_YEAR, Column, gauge
from revorg.simulation.compiling import loop, phase, plain
from revorg.simulation.numbers import Now, World, world_of
from revorg.simulation.record import RECORD, record
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Decisions, Firm, Fronts, empty_decisions
from revorg.simulation.submodels import market, strategy
from revorg.simulation.submodels.rules import front_review_hours, kept_after

ARM, CHOICE, PAY_OFF, SHOCK, REDRAWN = range(1011, 1016)
"""Purposes of the draws of the setting; the model's own are below 1000."""

ARMS, PERIODS = 10, 500
RUNS = 5_000
TEMPERATURES = (0.02, 0.25, 0.5, 0.75, 1.0)
PUBLISHED = {
    0.0: (240.5, 264.3, 281.2, 271.5, 247.8),
    0.01: (132.8, 165.0, 184.7, 177.6, 162.7),
    0.04: (63.9, 91.6, 101.7, 95.6, 83.1),
    0.32: (13.6, 23.9, 23.5, 19.2, 15.1),
}
"""Mean performance by turbulence and temperature: a public replication of Posen & Levinthal (2012)."""
PUBLISHED_RUNS = 25_000
FIRST_LOOKS = 2.0
"""Observations that the first belief counts as: one won, one lost. The text can be read as one; then a choice at
temperature 1 earns 3 % more than published. With two every cell fits."""

FRONTS = 16
YEARS = 10
MARKET_SEEDS = 40
GRID = tuple(0.4 * 1.25**power for power in range(-3, 10))
"""Temperatures that are tried in our own market."""


class Chooser(NamedTuple):
    """What the step that reviews strategy needs, without the rest of the firm."""

    fronts: Fronts
    firm: Firm
    decisions: Decisions
    sums: Column
    world: World
    held: StandIns


def chooser(scenario: Scenario, fronts: int, temperature: float) -> Chooser:
    """Return a firm that proposes a new allocation every week, for fronts that are alike in all but attractiveness."""
    world = beyond(scenario, "market", channels=fronts, segments=1, partner_channels=0, abroad_channels=0)
    world = beyond(world, "strategy", temperature=temperature, move_threshold=-1.0)
    world = beyond(world, "leadership", policy_weeks=1)
    accounts = initialization.accounts_at_start(world, seed=1)
    table = initialization.fronts_at_start(world, accounts, seed=1)
    table.accounts[:] = table.prospects[:] = 100
    firm = initialization.firm_at_start(world)
    return Chooser(table, firm, empty_decisions(16), np.zeros(len(RECORD)), world_of(world), FREE)


@phase
def _review(firm: Chooser, hours: float, now: Now) -> None:
    """Let the step review as many fronts as hours go, and propose."""
    gauges = firm.firm.gauges
    gauges[gauge.REVIEW_BANK], gauges[gauge.REVIEW_HOURS], gauges[gauge.PROPOSAL_OPEN] = 0.0, hours, 0.0
    firm.decisions.entries[0] = 0
    strategy.review(firm.fronts, firm.firm, firm.decisions, firm.sums, firm.world, firm.held, now)


# Ten arms


def performance(turbulence: float, temperature: float, runs: int, looks: float = FIRST_LOOKS) -> Numbers:
    """Return what a firm earns in 500 choices among ten arms, ±1 each, run by run.

    Parameters
    ----------
    turbulence : float
        Chance a period that about half of the arms get new odds.
    temperature : float
        As published; a tenth of it is the temperature of our rule.
    runs : int
    looks : float
        Observations that the first belief counts as.
    """
    # What is seen is the pay-off itself, all but without noise: only the ratio of the two variances counts.
    noise = 1e-6
    world = beyond(changed({}), "market", drift_half_life_weeks=math.inf, attractiveness_sd=0.0)
    world = beyond(world, "strategy", observation_sd=noise, observation_weeks=1, transparency_effect=0.0)
    earned = np.zeros(runs)
    _earn(chooser(world, ARMS, temperature / 10.0), turbulence, noise * noise / looks, earned)
    return earned


@loop
def _earn(firm: Chooser, turbulence: float, unsure: float, earned: Numbers) -> None:
    """Play the arms in every run, and fill in what is earned."""
    fronts, odds = firm.fronts, np.empty(ARMS)
    hours = 1.001 * front_review_hours(firm.world.strategy, firm.world.market.products)
    for run in range(earned.shape[0]):
        _draw_arms(odds, stream(run, ARM, 0), stream(run, REDRAWN, 0), 1.0)
        fronts.belief[:], fronts.uncertainty[:], fronts.proposal[:] = 0.5, unsure, 1.0 / ARMS
        for period in range(PERIODS):
            arm = _chosen(fronts.proposal, uniform(stream(run, CHOICE, period), 0))
            won = uniform(stream(run, PAY_OFF, period), arm) < odds[arm]
            earned[run] += 1.0 if won else -1.0
            # Only the arm that was chosen is looked at.
            fronts.reviewed[:], fronts.reviewed[arm] = period, period - 1
            fronts.attractiveness[arm] = 1.0 if won else 0.0
            _review(firm, hours, Now(run, period, 0))
            if uniform(stream(run, SHOCK, period), 0) < turbulence:
                _draw_arms(odds, stream(run, ARM, period + 1), stream(run, REDRAWN, period + 1), 0.5)


@phase
def _draw_arms(odds: Numbers, draws: int, which: int, share: float) -> None:
    """Draw each arm anew with a probability, from Beta(2, 2): the middle of three uniform draws."""
    for arm in range(odds.shape[0]):
        if uniform(which, arm) < share:
            one, two, three = uniform(draws, 3 * arm), uniform(draws, 3 * arm + 1), uniform(draws, 3 * arm + 2)
            odds[arm] = max(min(one, two), min(max(one, two), three))


@phase
def _chosen(allocation: Numbers, chance: float) -> int:
    """Arm that a draw from the allocation falls on."""
    arm = 0
    while arm < allocation.shape[0] - 1 and chance >= allocation[arm]:
        chance -= allocation[arm]
        arm += 1
    return arm


def arms(scale: float) -> list[DockFigure]:
    """What is earned at every turbulence and temperature, beside what is published."""
    runs = max(50, int(scale * RUNS))
    figures = []
    for turbulence, row in PUBLISHED.items():
        for temperature, expected in zip(TEMPERATURES, row, strict=True):
            earned = performance(turbulence, temperature, runs)
            mean, error = over_seeds(earned)
            both = math.hypot(error, float(earned.std(ddof=1)) / math.sqrt(PUBLISHED_RUNS))
            case = f"turbulence {turbulence:g}, temperature {temperature:g}"
            figures.append(DockFigure(case, expected, mean, error, ORDER_ERRORS * both, "earned in 500 periods"))
    return figures


# Our own market


def best_temperatures(half_life: float, looks_a_week: int, seeds: int) -> Numbers:
    """Return the temperature of least regret in our own market, seed by seed.

    Parameters
    ----------
    half_life : float
        Of what makes a front attractive, weeks.
    looks_a_week : int
        Fronts that are reviewed every week, of sixteen.
    seeds : int
    """
    world = beyond(changed({"market.offensives_per_year": 0.0}), "market", drift_half_life_weeks=half_life)
    regrets = np.empty((len(GRID), seeds))
    for row, temperature in enumerate(GRID):
        _fill_regrets(chooser(world, FRONTS, temperature), looks_a_week, regrets[row])
    return np.array([_lowest(course) for course in regrets.T])


@loop
def _fill_regrets(firm: Chooser, looks_a_week: int, regrets: Numbers) -> None:
    """Fill in the mean regret over ten years after a year of settling, every proposal in force at once."""
    hours = 1.001 * looks_a_week * front_review_hours(firm.world.strategy, firm.world.market.products)
    weeks = YEARS * WEEKS_A_YEAR
    for seed in range(regrets.shape[0]):
        regrets[seed], firm.fronts.reviewed[:] = 0.0, -1
        for week in range(WEEKS_A_YEAR + weeks):
            now = Now(seed, week, 0)
            market.drift(firm.fronts, firm.world, firm.held, now)
            _review(firm, hours, now)
            firm.fronts.allocation[:] = firm.fronts.proposal
            if week >= WEEKS_A_YEAR:
                regrets[seed] += firm.sums[record.REGRET] / weeks


def _lowest(regrets: Numbers) -> float:
    """Temperature at the bottom of a parabola through the lowest point of the grid and its neighbours."""
    at = min(max(int(np.argmin(regrets)), 1), len(GRID) - 2)
    logs = np.log(GRID[at - 1 : at + 2])
    fall, slope, _ = np.polyfit(logs, regrets[at - 1 : at + 2], 2)
    return float(np.exp(np.clip(-slope / (2.0 * fall), logs[0], logs[-1])))


def temperatures(scale: float) -> list[DockFigure]:
    """Best temperature where all is looked at every week, and where news is older.

    Demand grows with spend to the power α, so money is split best in proportion to e^(θ ÷ (1 − α)); of a belief that
    is a week old only a share is left: the best temperature is (1 − α) ÷ that share. Nothing is learned by choosing
    here, as what is reviewed does not hang on where the money is. So the best temperature does not fall as the market
    quickens, as it does among the arms: it rises, and the more, the older the news.
    """
    seeds = max(4, int(scale * MARKET_SEEDS))
    exponent, figures = changed({}).demand.front_exponent, []
    for half_life in (104.0, 26.0, 13.0):
        expected = (1.0 - exponent) / plain(kept_after)(1.0, half_life)
        mean, error = over_seeds(best_temperatures(half_life, FRONTS, seeds))
        case = f"all fronts looked at, half-life {half_life:g}"
        figures.append(DockFigure(case, expected, mean, error, 0.05 * expected, "log"))
    slow, middle, quick = (best_temperatures(weeks, 1, seeds) for weeks in (104.0, 26.0, 13.0))
    figures.append(more_than_nothing("a front a week: half-life 26 above 104", middle - slow, "log"))
    figures.append(more_than_nothing("a front a week: half-life 13 above 26", quick - middle, "log"))
    return figures
