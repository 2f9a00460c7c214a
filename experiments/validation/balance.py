"""Balance the domains: python -m revorg.experiments.validation.balance [--rounds 3].

Under generalists one more effective hour a week should be worth the same growth in strategy, execution and customer,
within a third, and one in operations the like in margin; with one set of gains, on the mean of the four core worlds.
The neutral firm is forked with two hours more and two fewer of one domain; the difference says what an hour is worth.

An hour is added through what it is divided by: with c effective hours at work, dividing the neutral hours by 1 + h/c
gives the lift that c + h hours would. Execution hours also carry out initiatives, and an hour of strategy is split into
reviews and lead work as the firm's own hours are, so the hours that an initiative and a review take are divided
likewise. No seat and no person differs from the neutral organization.

The neutral hours themselves, at which every lift is 0, are measured first: what the neutral organization gives a domain
in a week, on the mean of the four core worlds, with the firm's growth taken off as the model does it.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from revorg.experiments.analysis.contrasts import Floats, t_point
from revorg.experiments.runs.executors import process_pool
from revorg.experiments.runs.terminal import TerminalProgress
from revorg.experiments.runs.worker import make_ready
from revorg.experiments.validation.patterns import CORE
from revorg.scenarios.loading import load
from revorg.simulation.codes import CUSTOMER_WORK, EXECUTION_WORK, OPERATIONS_WORK, STRATEGY_WORK, gauge
from revorg.simulation.compiling import plain
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.scenario import Scenario
from revorg.simulation.submodels.rules import arr_reference_usd, review_need

DOMAINS = ("strategy", "execution", "operations", "customer")
NEUTRAL_HOURS = tuple(f"leadership.neutral_{domain}_hours" for domain in DOMAINS)
GAINS = {
    STRATEGY_WORK: ("demand.strategy_gain",),
    EXECUTION_WORK: ("sales.deal_help_gain", "sales.competition_gain", "sales.coaching_gain"),
    OPERATIONS_WORK: ("operations.work_gain",),
    CUSTOMER_WORK: ("customers.service_gain", "customers.expansion_gain"),
}
"""What makes an hour of each domain worth more."""
HOURS = 2.0
WITHIN = 1.0 / 3.0
DAMPING = 0.7
FIRST_SEED = 40_000


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


def neutral_hours(seeds: int, count: int) -> dict[str, float]:
    """Return the hours of the neutral firm on the mean of the core worlds."""
    jobs = [(load(name), FIRST_SEED + seed) for name in CORE for seed in range(seeds)]
    with process_pool(count) as pool:
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
    return changed(world, divisors, lambda value, divisor: value / divisor)


def changed(world: Scenario, by: Mapping[str, float], how: Callable[[float, float], float]) -> Scenario:
    """Return a copy with some values changed by a number each."""
    tables = world.as_tables()
    for path, number in by.items():
        table, key = path.split(".")
        tables[table][key] = how(tables[table][key], number)
    return Scenario.of(tables)


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


def worths(gains: Mapping[str, float], seeds: int, count: int) -> tuple[Floats, Floats]:
    """Return the mean worth over the core worlds, and the half-width of its 95 % interval, shape (domains, 2)."""
    worlds = [changed(load(name), gains, lambda _, gain: gain) for name in CORE]
    jobs = [(world, FIRST_SEED + seed) for world in worlds for seed in range(seeds)]
    with process_pool(count) as pool:
        done = list(map(worth_of_hours, jobs) if pool is None else pool.map(worth_of_hours, jobs))
    blocks = np.array(done).reshape(len(worlds), seeds, len(DOMAINS), 2)
    for name, block in zip(CORE, blocks, strict=True):
        pairs = zip(DOMAINS, _own(block.mean(axis=0)), strict=True)
        print(f"  {name}: {', '.join(f'{domain} {value:+.2f}' for domain, value in pairs)}", file=sys.stderr)
    by_seed = blocks.mean(axis=0)
    return by_seed.mean(axis=0), t_point(seeds) * by_seed.std(axis=0, ddof=1) / np.sqrt(seeds)


def _own(worth: Floats) -> Floats:
    """Take each domain's own outcome: margin for operations, growth for the others."""
    return np.where(np.arange(len(DOMAINS)) == OPERATIONS_WORK, worth[:, 1], worth[:, 0])


def is_balanced(worth: Floats) -> bool:
    """Tell whether no domain is worth over a third more or less than the mean of the three that bring growth."""
    own = _own(worth)
    usual = np.delete(own, OPERATIONS_WORK).mean()
    return bool(np.all(np.abs(own / usual - 1.0) <= WITHIN))


def better(gains: Mapping[str, float], worth: Floats) -> dict[str, float]:
    """Return gains that should bring each domain nearer to the mean of the three that bring growth."""
    own = np.maximum(_own(worth), 0.05)
    usual = np.delete(own, OPERATIONS_WORK).mean()
    factors = np.clip((usual / own) ** DAMPING, 0.5, 2.0)
    return {path: gains[path] * float(factors[domain]) for domain, paths in GAINS.items() for path in paths}


def main() -> None:
    """Measure, adjust as often as asked, and print the gains as TOML."""
    parser = argparse.ArgumentParser(description="What an hour of each domain is worth; gains go to stdout as TOML.")
    parser.add_argument("--rounds", type=int, default=0, help="adjustments of the gains (default 0: measure only)")
    parser.add_argument("--seeds", type=int, default=16, help="seeds of every world (default 16)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    told = parser.parse_args()
    make_ready(TerminalProgress())
    paths = [path for group in GAINS.values() for path in group]
    values = {row.path: float(row.value) for row in load(CORE[0]).parameters() if row.path in paths}
    gains = neutral_hours(told.seeds, told.workers) | {path: values[path] for path in paths}
    for step in range(told.rounds + 1):
        worth, margin = worths(gains, told.seeds, told.workers)
        for domain, name in enumerate(DOMAINS):
            growth, money = (f"{worth[domain, k]:+.2f} ± {margin[domain, k]:.2f}" for k in (0, 1))
            print(f"# {name}: growth {growth}, margin {money} points for one more effective hour a week")
        print(f"# {'balanced' if is_balanced(worth) else 'NOT balanced'} after {step} adjustments")
        if is_balanced(worth) or step == told.rounds:
            break
        gains |= better(gains, worth)
    for path, value in gains.items():
        print(f"{path} = {float(f'{value:.3g}')!r}")


if __name__ == "__main__":
    main()
