"""The weekly record: what the loops note every week, and the windows that outcomes are measured over."""

import math
import re
from functools import cached_property
from typing import NamedTuple

from revorg.simulation.codes import WEEKS_A_YEAR, Column
from revorg.simulation.compiling import constants


class Noted(NamedTuple):
    """A column of the weekly record: what a week notes there."""

    unit: str
    meaning: str


NOTED = {
    "arr": Noted("USD a year", "annual recurring revenue at the week's end"),
    "new_arr": Noted("USD a year", "ARR won with new customers"),
    "expansion_arr": Noted("USD a year", "ARR added by customers"),
    "contraction_arr": Noted("USD a year", "ARR given up by customers who stay"),
    "churned_arr": Noted("USD a year", "ARR of customers who left"),
    "base_expansion_arr": Noted("USD a year", "ARR added by customers, as far as they were customers a year ago"),
    "customers": Noted("customers", "customers at the week's end"),
    "new_customers": Noted("customers", "customers won"),
    "churned_customers": Noted("customers", "customers who left"),
    "first_due": Noted("customers", "customers whose first term ended"),
    "first_renewed": Noted("customers", "of these, who renewed"),
    "health_sum": Noted("health", "sum of the health of all customers"),
    "issues": Noted("issues", "issues that customers raised"),
    "account_hours": Noted("hours", "hours of service"),
    "leads": Noted("leads", "prospects who turned lead"),
    "leads_lost": Noted("leads", "of these, lost on the way to sales"),
    "leads_unworked": Noted("leads", "leads given up because no rep took them"),
    "onboardings": Noted("customers", "onboardings begun"),
    "onboardings_bad": Noted("customers", "of these, begun late or badly"),
    "deals_open": Noted("deals", "deals worked on"),
    "pipeline_usd": Noted("USD a year", "first contracts that the open deals would bring"),
    "deals_won": Noted("deals", "deals won"),
    "deals_no_decision": Noted("deals", "deals that ended without a decision"),
    "deals_rival": Noted("deals", "deals lost to a competitor"),
    "cycle_weeks": Noted("weeks", "sum of the lengths of deals won"),
    "capacity_hours": Noted("hours", "productive selling hours that there were"),
    "used_hours": Noted("hours", "of these, used"),
    "reps": Noted("posts", "full posts filled"),
    "reps_left": Noted("reps", "reps who left"),
    "rep_years": Noted("years", "time that reps worked"),
    "reps_judged": Noted("reps", "reps whose full year ended"),
    "reps_at_quota": Noted("reps", "of these, who made their quota"),
    "prospects": Noted("accounts", "accounts open to become leads"),
    "decisions_settled": Noted("decisions", "decisions settled, probes apart"),
    "decisions_reworked": Noted("decisions", "of these, done again"),
    "decisions_defaulted": Noted("decisions", "of these, left to their origin for want of time"),
    "decisions_wrong": Noted("decisions", "of these, carried out wrong"),
    "decisions_open": Noted("decisions", "decisions open at the week's end"),
    "scope_others": Noted("functions", "functions in scope beside the origin, of decisions settled"),
    "scope_asked": Noted("functions", "of these, heard"),
    "work_latency_days": Noted("days", "sum of the working days that decisions took"),
    "probe_one_days": Noted("days", "working days that the week's first probe took"),
    "probe_two_days": Noted("days", "working days that the week's second probe took"),
    "regret": Noted("share", "reachable demand forgone against the best allocation"),
    "initiatives_open": Noted("initiatives", "changes adopted and not yet carried out"),
    "initiatives_started": Noted("initiatives", "changes adopted"),
    "initiatives_done": Noted("initiatives", "changes carried out"),
    "strategy_hours": Noted("hours", "effective hours in the review of strategy"),
    "alignment": Noted("alignment", "mean alignment of the six pairs of functions"),
    "ownership": Noted("ownership", "shared ownership of customers"),
    "maturity": Noted("maturity", "maturity of processes"),
    "chief_weeks": Noted("weeks", "weeks of the chief's place"),
    "dismissals": Noted("leaders", "dismissals from the chief's place"),
    "burnouts": Noted("leaders", "exits from the chief's place by burn-out"),
    "target": Noted("USD a year", "ARR to be won on a growth path that does not depend on the design"),
    "quarters": Noted("quarters", "quarters that ended"),
    "quarter_missed": Noted("quarters", "of these, with the plan missed"),
    "quarter_missed_after_miss": Noted("quarters", "of these, after a quarter missed"),
    "quarter_after_miss": Noted("quarters", "quarters that ended after a quarter missed"),
    "forecast_error": Noted("share", "miss of the quarter's forecast"),
    "forecast_missed": Noted("quarters", "quarters whose forecast missed by more than a tenth"),
    "revenue": Noted("USD", "revenue, less what partners keep"),
    "marketing_cost": Noted("USD", "marketing budget"),
    "sales_cost": Noted("USD", "pay of reps and of those who support them"),
    "service_cost": Noted("USD", "cost of serving customers"),
    "other_cost": Noted("USD", "infrastructure, overhead, staff of operations and leaders"),
    "heads": Noted("people", "people paid"),
    "chief_present": Noted("weeks", "weeks in which somebody held the chief's place"),
    "moved": Noted("share of the budget", "budget lost to moves of the allocation"),
    "references": Noted("factor", "multiplier of leads by references, mean over accounts"),
    "champion_worth": Noted("health", "sum of what champions and sponsors add"),
    "critic_worth": Noted("health", "sum of what critics take"),
    "execution_hours": Noted("hours", "effective hours of execution work"),
    "rival_churned": Noted("customers", "customers who left for a competitor"),
    "contested_share": Noted("share", "customers on the most contested front, of its accounts"),
    "contested_weeks": Noted("weeks", "weeks in which one front was the most contested"),
    "contested_won": Noted("deals", "deals won on the most contested front"),
    "contested_closed": Noted("deals", "deals ended on the most contested front"),
    "equity": Noted("USD", "discounted margin of all customers, at a quarter's end"),
    "lifetime_margin": Noted("USD", "sum of the discounted margins of customers won"),
    "shift_distance": Noted("share", "distance of the allocation from the best one on the day the market shifted"),
    "abroad_arr": Noted("USD a year", "ARR won abroad"),
    "abroad_spend": Noted("USD", "marketing budget spent abroad"),
    "lift_strategy": Noted("lift", "leaders' strategy work against the neutral firm's"),
    "lift_execution": Noted("lift", "leaders' execution work against the neutral firm's"),
    "lift_operations": Noted("lift", "leaders' operations work against the neutral firm's"),
    "lift_customer": Noted("lift", "leaders' customer work against the neutral firm's"),
    "plan_hours": Noted("hours", "hours that account plans took"),
    "reinvested": Noted("USD", "marketing budget that came out of margin, beyond the usual one"),
    "small_settled": Noted("matters", "matters below the floor of stakes settled, by heads or for want of time"),
    "load_top": Noted("load", "hours that the top's in-tray took, of those it could have"),
    "load_chief": Noted("load", "the same at the chief's desk"),
    "load_beside": Noted("load", "the same at the desk of whoever is beside the chief"),
    "load_head_of_marketing": Noted("load", "the same at the desk of marketing's head"),
    "load_head_of_sales": Noted("load", "the same at the desk of sales' head"),
    "load_head_of_success": Noted("load", "the same at the desk of success' head"),
    "load_head_of_operations": Noted("load", "the same at the desk of operations' head"),
    "plays_faced": Noted("prospects", "prospects on fronts that can be reached"),
    "plays_fit": Noted("prospects", "of these, on fronts whose play fits"),
    "domain_hours": Noted("hours", "leaders' hours for the domains, before skill and reach"),
    "span_hours": Noted("hours", "leaders' hours for leading the heads of functions"),
    "meeting_hours": Noted("hours", "leaders' hours of meeting others"),
    "tray_hours": Noted("hours", "leaders' hours that in-trays took last week, and domains go without"),
    "outside_hours": Noted("hours", "hours of the top's duties outside revenue"),
}
"""The columns of the weekly record, filled by the loops as they go; `metrics` turns them into outcomes."""

RECORD = tuple(NOTED)
record = constants("record", RECORD)
"""Place of every column in a week's sums: ``sums[record.NEW_ARR]``. Loops take the places as constants."""


class Window:
    """A stretch of the weekly record.

    Parameters
    ----------
    record : array of shape (weeks lived, columns), warm-up included
    first, last : rows; the window is first … last − 1
    accounts : number of accounts of the market
    settling_weeks : weeks after which every decision is settled
    """

    def __init__(self, record: Column, first: int, last: int, accounts: int, settling_weeks: float) -> None:
        self.record, self.first, self.last = record, first, last
        self.accounts, self.settling_weeks = accounts, settling_weeks
        self._sums: list[float] = record[first:last].sum(axis=0).tolist()

    @property
    def weeks(self) -> int:
        """Length in weeks."""
        return self.last - self.first

    @property
    def years(self) -> float:
        """Length in years."""
        return self.weeks / WEEKS_A_YEAR

    def sum(self, column: int) -> float:
        """Sum of a column."""
        return self._sums[column]

    def mean(self, column: int) -> float:
        """Mean of a column."""
        return self._sums[column] / self.weeks

    def before(self, column: int) -> float:
        """Value in the last week before the window (its first week where there is none before)."""
        return float(self.record[max(self.first - 1, 0), column])

    def end(self, column: int) -> float:
        """Value in the last week."""
        return float(self.record[self.last - 1, column])

    def base(self, column: int) -> float:
        """Sum over the window's years of the value at the year's start, a part of a year counted as a part."""
        total = 0.0
        for start in range(self.first, self.last, WEEKS_A_YEAR):
            share = min(self.last - start, WEEKS_A_YEAR) / WEEKS_A_YEAR
            total += share * float(self.record[max(start - 1, 0), column])
        return total

    def growth_between(self, first: int, last: int) -> float:
        """ARR growth per year between two rows; NaN from nothing."""
        start, end = float(self.record[max(first - 1, 0), record.ARR]), float(self.record[last - 1, record.ARR])
        if start <= 0.0:
            return math.nan
        return (max(end, 0.0) / start) ** (WEEKS_A_YEAR / (last - first)) - 1.0

    @cached_property
    def probe_days(self) -> Column:
        """Latencies of the probes raised in the window early enough to be settled in any design, working days."""
        last = min(self.last, len(self.record) - math.ceil(self.settling_weeks))
        return self.record[
            self.first : max(last, self.first), record.PROBE_ONE_DAYS : record.PROBE_TWO_DAYS + 1
        ].ravel()


def window_weeks(window: str) -> tuple[int, int]:
    """Return the first week of a window and the week after its last.

    Examples
    --------
    >>> window_weeks("0-52")
    (0, 52)
    """
    match = re.fullmatch(r"(\d+)-(\d+)", window)
    if match is None or int(match[1]) >= int(match[2]):
        raise ValueError(f"window {window!r}: expected first-last weeks, for example 0-208")
    return int(match[1]), int(match[2])
