"""What neutral runs leave behind for the patterns: sums that can be added over seeds, one vector a run.

Everything a pattern needs is a sum (of dollars, deals, rep-years, or deals by length), so that many runs are pooled by
adding, and any statistic of them gets a delete-one jackknife.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from itertools import pairwise
from math import nan

import numpy as np
from numpy.typing import NDArray

from revorg.simulation.codes import CUSTOMER, WEEKS_A_YEAR
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.organization import HEADS
from revorg.simulation.record import RECORD, record
from revorg.simulation.scenario import Scenario

Floats = NDArray[np.float64]

CONTRACT_BANDS = ("below 25k", "25-35k", "35-100k", "above 100k")
CONTRACT_EDGES_USD = (25_000.0, 35_000.0, 100_000.0)
LONGEST_WEEKS = 156  # deals that took longer are counted at this length
ARR_BANDS = {"below 3M": (0.0, 3e6), "5-20M": (5e6, 20e6), "above 20M": (20e6, np.inf)}
RATIOS = (
    "win_rate", "no_decision_share", "reps_at_quota", "rep_turnover", "gross_revenue_retention",
    "net_revenue_retention", "cac", "forecast_misses", "capacity_use", "unworked_share", "logo_churn",
)  # fmt: skip
TOTALS = {
    "new_arr": (record.NEW_ARR,), "expansion": (record.EXPANSION_ARR,), "base_expansion": (record.BASE_EXPANSION_ARR,),
    "lost_arr": (record.CHURNED_ARR, record.CONTRACTION_ARR),
    "sales_and_marketing": (record.MARKETING_COST, record.SALES_COST), "service": (record.SERVICE_COST,),
    "revenue": (record.REVENUE,), "rep_weeks": (record.REPS,), "sales": (record.SALES_COST,),
}  # fmt: skip
YEARS = {"before": "before week 0", "fourth": "in year 4"}
OF_YEARS = {
    "used_hours": {record.USED_HOURS: 1.0}, "capacity_hours": {record.CAPACITY_HOURS: 1.0},
    "leads_unworked": {record.LEADS_UNWORKED: 1.0}, "leads_given": {record.LEADS: 1.0, record.LEADS_LOST: -1.0},
}  # fmt: skip
"""What is added up over the last year of the warm-up and over the fourth year of the run: columns and signs."""
DESKS = ("top", *HEADS)
"""Places whose holders have something to decide or to answer in the neutral organization."""
TOTALS |= {f"load {place}": (RECORD.index(f"load_{place}"),) for place in DESKS}
TERMS = (1, 2, 3, 4)  # a customer's renewals, counted apart
GROWN_USD = 10e6  # ARR from which a firm's heads are counted
SINGLE = (
    "runs", "weeks", "ramp_months", "base_arr", "added_arr", "quota_usd", "prospects_first", "prospects_last",
    "customers_first", "grown_arr", "grown_heads",
)  # fmt: skip

QUANTITIES = (
    *(f"{name}.{part}" for name in RATIOS for part in ("over", "under")),
    *(f"{name}, {year}" for name in OF_YEARS for year in YEARS),
    *TOTALS,
    *SINGLE,
    *(f"term {term}.{part}" for term in TERMS for part in ("over", "under")),
    *(f"{band}.{part}" for band in ARR_BANDS for part in ("first", "last", "years")),
    *(f"{band}.{weeks}" for band in CONTRACT_BANDS for weeks in range(1, LONGEST_WEEKS + 1)),
)
COLUMN = {name: column for column, name in enumerate(QUANTITIES)}
_LENGTHS = {band: COLUMN[f"{band}.1"] for band in CONTRACT_BANDS}


class Pooled:
    """Sums over runs, world by world, from which patterns are read; NaN where there is nothing to measure.

    Parameters
    ----------
    sums
        World to array of shape (quantities,).
    """

    def __init__(self, sums: Mapping[str, Floats]) -> None:
        self._sums = sums

    def of(self, world: str, name: str) -> float:
        """Return one sum."""
        return float(self._sums[world][COLUMN[name]]) if world in self._sums else nan

    def ratio(self, world: str, over: str, under: str) -> float:
        """Return a ratio of two sums."""
        below = self.of(world, under)
        return self.of(world, over) / below if below else nan

    def metric(self, world: str, name: str) -> float:
        """Return an outcome that is a ratio of sums."""
        return self.ratio(world, f"{name}.over", f"{name}.under")

    def growth(self, world: str, band: str) -> float:
        """Return growth a year over the firm-years that began in a band of ARR; NaN below half a firm-year a run."""
        if not self.of(world, f"{band}.years") >= 0.5 * self.of(world, "runs"):
            return nan
        return self.ratio(world, f"{band}.last", f"{band}.first") - 1.0

    def median_cycle_weeks(self, worlds: Iterable[str], bands: Iterable[str]) -> float:
        """Return the median length of won deals, interpolated within the week in which it falls."""
        counts = np.zeros(LONGEST_WEEKS)
        for world in worlds:
            for first in (_LENGTHS[band] for band in bands):
                if world in self._sums:
                    counts += self._sums[world][first : first + LONGEST_WEEKS]
        return _median_of_counts(counts)


def _median_of_counts(counts: Floats) -> float:
    """Median where counts[k] deals lasted between k and k + 1."""
    half = counts.sum() / 2.0
    if not half:
        return nan
    below = np.concatenate([[0.0], np.cumsum(counts)])
    place = int(np.searchsorted(below, half, side="left")) - 1
    return place + float((half - below[place]) / counts[place])


def quantities_of(world: Scenario, seed: int) -> Floats:
    """Run one world under its neutral organization and return its sums.

    Returns
    -------
    array of shape (quantities,), in the order of ``QUANTITIES``
    """
    model = RevenueOrganization(world.neutral(), seed=seed)
    found = np.zeros(len(QUANTITIES))
    while model.week < world.run.weeks:
        _live_a_week(model, found)
    parts = model.parts()
    for name in RATIOS:
        found[COLUMN[f"{name}.over"]], found[COLUMN[f"{name}.under"]] = parts[name]
    history = model.record[model.warm_up_weeks : model.warm_up_weeks + model.week]
    for name, columns in TOTALS.items():
        found[COLUMN[name]] = history[:, columns].sum()
    _add_slack(model, found)
    arr = model.record[max(model.warm_up_weeks - 1, 0) : model.warm_up_weeks + model.week, record.ARR]
    _add_years(arr[::WEEKS_A_YEAR], found)
    found[COLUMN["runs"]], found[COLUMN["weeks"]] = 1.0, model.week
    found[COLUMN["ramp_months"]] = months_to_ninety_percent(world.sales.ramp_weeks)
    found[COLUMN["quota_usd"]] = world.sales.on_target_earnings_usd * world.sales.quota_multiple
    found[COLUMN["customers_first"]] = model.record[max(model.warm_up_weeks - 1, 0), record.CUSTOMERS]
    found[COLUMN["prospects_first"]] = history[0, record.PROSPECTS]
    found[COLUMN["prospects_last"]] = history[-1, record.PROSPECTS]
    grown = history[history[:, record.ARR] > GROWN_USD]
    found[COLUMN["grown_arr"]], found[COLUMN["grown_heads"]] = grown[:, [record.ARR, record.HEADS]].sum(axis=0)
    return found


def months_to_ninety_percent(ramp_weeks: float) -> float:
    """Return when a rep reaches 90 % of full productivity, by the rule that it rises linearly.

    >>> round(months_to_ninety_percent(26.0), 2)
    5.4
    """
    return 0.9 * ramp_weeks * 12.0 / WEEKS_A_YEAR


def _live_a_week(model: RevenueOrganization, found: Floats) -> None:
    """Live a week; file the deals won in it by contract and length, and the renewals due in it by the customer's age.

    The record keeps their sums alone, so the table of accounts is compared before and after.
    """
    table, week = model.accounts, model.week
    stage, since, due = table.stage.copy(), table.since.copy(), table.due.copy()
    model.step()
    # Customers of the first week were not won, so nothing has sorted them yet.
    at_term = np.flatnonzero((stage == CUSTOMER) & (due <= week) & (since > -model.warm_up_weeks))
    terms = (week - since[at_term]) // model.scenario.customers.term_weeks
    for term in TERMS:
        those = at_term[terms == term]
        found[COLUMN[f"term {term}.under"]] += len(those)
        found[COLUMN[f"term {term}.over"]] += int((table.stage[those] == CUSTOMER).sum())
    won = np.flatnonzero((table.stage == CUSTOMER) & (stage != CUSTOMER))
    lengths = np.clip(week - since[won] + 1, 1, LONGEST_WEEKS)
    bands = np.searchsorted(CONTRACT_EDGES_USD, table.contract_usd[won], side="right")
    firsts = np.array(list(_LENGTHS.values()))[bands]
    np.add.at(found, firsts + lengths - 1, 1.0)


def _add_slack(model: RevenueOrganization, found: Floats) -> None:
    """Add what there was and what was used of hours and leads, before the design takes over and four years on."""
    ends = {"before": model.warm_up_weeks, "fourth": model.warm_up_weeks + model.week}
    for year, end in ends.items():
        sums = model.record[max(end - WEEKS_A_YEAR, 0) : end].sum(axis=0)
        for name, columns in OF_YEARS.items():
            found[COLUMN[f"{name}, {year}"]] += sum(sign * sums[column] for column, sign in columns.items())


def _add_years(arr: Floats, found: Floats) -> None:
    """Add the firm-years to the bands of ARR in which they began."""
    for first, last in pairwise(arr):
        found[COLUMN["base_arr"]] += first
        found[COLUMN["added_arr"]] += last - first
        for band, (low, high) in ARR_BANDS.items():
            if low < first <= high:
                found[COLUMN[f"{band}.first"]] += first
                found[COLUMN[f"{band}.last"]] += last
                found[COLUMN[f"{band}.years"]] += 1.0


Job = tuple[Scenario, int]


def _run(job: Job) -> Floats:
    return quantities_of(*job)


def run_jobs(jobs: Sequence[Job], pool: Executor | None = None, told: Callable[[], None] = lambda: None) -> Floats:
    """Run worlds at seeds; the order of the result is that of the jobs, whoever did them.

    Returns
    -------
    array of shape (jobs, quantities)
    """
    done = map(_run, jobs) if pool is None else pool.map(_run, jobs)
    found = np.empty((len(jobs), len(QUANTITIES)))
    for row, quantities in enumerate(done):
        found[row] = quantities
        told()
    return found


def gather_runs(
    worlds: Mapping[str, Scenario], seeds: Sequence[int], pool: Executor | None = None,
    told: Callable[[], None] = lambda: None,
) -> dict[str, Floats]:  # fmt: skip
    """Run every world at every seed.

    Returns
    -------
    dict of world to array of shape (seeds, quantities)
    """
    jobs = [(world, seed) for world in worlds.values() for seed in seeds]
    found = run_jobs(jobs, pool, told).reshape(len(worlds), len(seeds), len(QUANTITIES))
    return dict(zip(worlds, found, strict=True))
