"""What an hour of a domain is worth, and gains with which one more is worth the same in each.

Worth is efficient growth, that is growth of ARR plus operating margin, under the neutral organization, on the mean of
the core worlds: hours of operations pay in margin, those for customers in both. The neutral firm is forked with some
hours more and as many fewer of one domain; half the difference says what an hour is worth.

An hour is added through what it is divided by: with c effective hours at work, dividing the neutral hours by 1 + h/c
gives the lift that c + h hours would. Execution hours also carry out initiatives, and an hour of strategy is split into
reviews and lead work as the firm's own hours are, so the hours that an initiative and a review take are divided
likewise. No seat and no person differs from the neutral organization.

The neutral hours themselves, at which every lift is 0, are measured first: what the neutral organization gives a domain
in a week, on the mean of the core worlds, with the firm's growth taken off as the model does it.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from revorg.experiments.analysis.contrasts import Floats, t_point
from revorg.simulation.codes import CUSTOMER_WORK, EXECUTION_WORK, OPERATIONS_WORK, STRATEGY_WORK, gauge
from revorg.simulation.compiling import plain
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.scenario import Scenario
from revorg.simulation.submodels.rules import arr_reference_usd, review_need

DOMAINS = ("strategy", "execution", "operations", "customer")
NEUTRAL_HOURS = tuple(f"leadership.neutral_{domain}_hours" for domain in DOMAINS)
GAINS = {
    STRATEGY_WORK: ("sales.positioning_gain",),
    EXECUTION_WORK: ("sales.deal_help_gain", "sales.competition_gain", "sales.coaching_gain"),
    OPERATIONS_WORK: ("operations.work_gain",),
    CUSTOMER_WORK: ("customers.service_gain", "customers.expansion_gain"),
}
"""What makes an hour of each domain worth more: more leads alone cost in sales what they bring in growth."""
HOURS = 3.0
WITHIN = 0.1
LEAST_WORTH = 0.05  # percentage points: below it a gain is not to run away

Worlds = Mapping[str, Scenario]


@dataclass(frozen=True)
class Hours:
    """Effective hours a week at work in the neutral firm.

    Attributes
    ----------
    by_domain : array of shape (domains,)
        Reviews apart.
    review : float
    wanted : float
        Share of the weeks in which more hours of review would have been used.
    """

    by_domain: Floats
    review: float
    wanted: float


@dataclass(frozen=True)
class Worth:
    """What one more effective hour a week is worth, in percentage points of efficient growth.

    Attributes
    ----------
    mean, margin : array of shape (domains,)
        The mean over worlds, and the half-width of its 95 % interval over seeds.
    by_world : dict of world to array of shape (domains,)
    growth : array of shape (domains,)
        The part of it that is growth of ARR; the rest is margin.
    """

    mean: Floats
    margin: Floats
    by_world: Mapping[str, Floats]
    growth: Floats

    @property
    def is_balanced(self) -> bool:
        """Whether no domain is worth over a tenth more or less than the mean of the four."""
        return bool(np.all(np.abs(self.mean / self.mean.mean() - 1.0) <= WITHIN))


def hours_at_work(model: RevenueOrganization) -> Hours:
    """Let a neutral model live to its end, and return its mean hours."""
    hours, review, wanted = np.zeros(len(DOMAINS)), 0.0, 0.0
    weeks, need = model.scenario.run.weeks - model.week, plain(review_need)(model.numbers)
    for _ in range(weeks):
        model.step()
        hours += model.firm.contribution
        review += model.firm.gauges[gauge.REVIEW_HOURS]
        wanted += model.firm.gauges[gauge.REVIEW_HOURS] < need
    return Hours(hours / weeks, review / weeks, wanted / weeks)


def hours_given(job: tuple[Scenario, int]) -> Floats:
    """Return a neutral run's mean effective hours by domain, each week's divided by what its ARR asks for."""
    world, seed = job
    model = RevenueOrganization(world.neutral(), seed=seed)
    hours, reference = np.zeros(len(DOMAINS)), plain(arr_reference_usd)(model.numbers.market)
    for _ in range(world.run.weeks):
        model.step()
        growth = model.firm.gauges[gauge.ARR_USD] / reference
        hours += model.firm.contribution / growth**world.leadership.scale_with_arr
    return hours / world.run.weeks


def neutral_hours(worlds: Worlds, seeds: Sequence[int], pool: Executor | None) -> dict[str, float]:
    """Return the hours of the neutral firm on the mean of the worlds."""
    jobs = [(world, seed) for world in worlds.values() for seed in seeds]
    given = np.array(list(map(hours_given, jobs) if pool is None else pool.map(hours_given, jobs)))
    return dict(zip(NEUTRAL_HOURS, given.mean(axis=0).round(1).tolist(), strict=True))


def with_more(world: Scenario, domain: int, more: float, at_work: Hours) -> Scenario:
    """Return the world in which a domain's hours do what they and some more would."""
    divisors: dict[str, float] = {}
    reviewed = 0.0
    if domain == STRATEGY_WORK:
        reviewed = at_work.wanted * at_work.review / (at_work.review + at_work.by_domain[domain])
        ratio = 1.0 + reviewed * more / max(at_work.review, 1e-9)
        divisors |= dict.fromkeys(("strategy.review_hours", "strategy.review_hours_per_product"), ratio)
    ratio = 1.0 + (1.0 - reviewed) * more / at_work.by_domain[domain]
    divisors[NEUTRAL_HOURS[domain]] = ratio
    if domain == EXECUTION_WORK:
        divisors["strategy.initiative_hours"] = ratio
    values = {row.path: row.value for row in world.parameters() if row.path in divisors}
    return world.changed({path: value / divisors[path] for path, value in values.items()})


def worth_of_hours(job: tuple[Scenario, int]) -> Floats:
    """Return what one more hour of each domain is worth in one world at one seed.

    Returns
    -------
    array of shape (domains, 2): growth a year and operating margin, both in percentage points
    """
    world, seed = job
    past = RevenueOrganization(world.neutral(), seed=seed)
    at_work = hours_at_work(past.fork())
    found = np.zeros((len(DOMAINS), 2))
    for domain in range(len(DOMAINS)):
        for side in (1.0, -1.0):
            outcomes = past.fork(with_more(past.scenario, domain, side * HOURS, at_work)).run().outcomes
            found[domain] += side * np.array([outcomes["arr_growth"], outcomes["operating_margin"]])
    return 100.0 * found / (2.0 * HOURS)


def worth(worlds: Worlds, seeds: Sequence[int], pool: Executor | None) -> Worth:
    """Return what an hour of each domain is worth, on the mean of the worlds."""
    jobs = [(world, seed) for world in worlds.values() for seed in seeds]
    done = list(map(worth_of_hours, jobs) if pool is None else pool.map(worth_of_hours, jobs))
    blocks = np.array(done).reshape(len(worlds), len(seeds), len(DOMAINS), 2)
    by_seed = blocks.sum(axis=3).mean(axis=0)
    margin = t_point(len(seeds)) * by_seed.std(axis=0, ddof=1) / np.sqrt(len(seeds))
    by_world = dict(zip(worlds, blocks.sum(axis=3).mean(axis=1), strict=True))
    return Worth(by_seed.mean(axis=0), margin, by_world, blocks[..., 0].mean(axis=(0, 1)))


def better_gains(gains: Mapping[str, float], found: Worth) -> dict[str, float]:
    """Return gains that should bring each domain to the mean of the four."""
    own = np.maximum(found.mean, LEAST_WORTH)
    factors = np.clip(own.mean() / own, 0.5, 2.0)
    return {path: gains[path] * float(factors[domain]) for domain, paths in GAINS.items() for path in paths}
