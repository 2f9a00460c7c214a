"""The weekly record: what the loops note every week, and the windows that outcomes are measured over."""

import math
import re
from functools import cached_property

from revorg.simulation.codes import WEEKS_A_YEAR, Column


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
        start, end = float(self.record[max(first - 1, 0), R_ARR]), float(self.record[last - 1, R_ARR])
        if start <= 0.0:
            return math.nan
        return (max(end, 0.0) / start) ** (WEEKS_A_YEAR / (last - first)) - 1.0

    @cached_property
    def probe_days(self) -> Column:
        """Latencies of the probes raised in the window early enough to be settled in any design, working days."""
        last = min(self.last, len(self.record) - math.ceil(self.settling_weeks))
        return self.record[self.first : max(last, self.first), R_PROBE_ONE : R_PROBE_TWO + 1].ravel()


# Columns of the weekly record, filled by the loops as they go; `metrics` turns them into outcomes.
RECORD = (
    "arr", "new_arr", "expansion_arr", "contraction_arr", "churned_arr", "base_expansion_arr", "customers",
    "new_customers", "churned_customers", "first_due", "first_renewed", "health_sum", "issues", "account_hours",
    "leads", "leads_lost", "leads_unworked", "onboardings", "onboardings_bad", "deals_open", "pipeline_usd",
    "deals_won", "deals_no_decision", "deals_rival", "cycle_weeks", "capacity_hours", "used_hours", "reps",
    "reps_left", "rep_years", "reps_judged", "reps_at_quota", "prospects", "decisions_settled", "decisions_reworked",
    "decisions_defaulted", "decisions_wrong", "decisions_open", "scope_others", "scope_asked", "work_latency_days",
    "probe_one_days", "probe_two_days", "regret", "initiatives_open", "initiatives_started", "initiatives_done",
    "strategy_hours", "alignment", "ownership", "maturity", "chief_weeks", "dismissals", "burnouts", "target",
    "quarters", "quarter_missed", "quarter_missed_after_miss", "quarter_after_miss", "forecast_error",
    "forecast_missed", "revenue", "marketing_cost", "sales_cost", "service_cost", "other_cost", "heads",
    "chief_present", "moved", "references", "champion_worth", "critic_worth", "execution_hours", "rival_churned",
    "contested_share", "contested_weeks", "contested_won", "contested_closed", "equity", "lifetime_margin",
    "shift_distance", "abroad_arr", "abroad_spend", "lift_strategy", "lift_execution", "lift_operations",
    "lift_customer", "plan_hours",
)  # fmt: skip
(
    R_ARR, R_NEW_ARR, R_EXPANSION, R_CONTRACTION, R_CHURNED, R_BASE_EXPANSION, R_CUSTOMERS, R_NEW_CUSTOMERS,
    R_CHURNED_CUSTOMERS, R_FIRST_DUE, R_FIRST_RENEWED, R_HEALTH_SUM, R_ISSUES, R_ACCOUNT_HOURS, R_LEADS, R_LEADS_LOST,
    R_UNWORKED, R_ONBOARDINGS, R_ONBOARDINGS_BAD, R_DEALS_OPEN, R_PIPELINE, R_WON, R_NO_DECISION, R_RIVAL, R_CYCLE,
    R_CAPACITY, R_USED, R_REPS, R_REPS_LEFT, R_REP_YEARS, R_JUDGED, R_AT_QUOTA, R_PROSPECTS, R_SETTLED, R_REWORKED,
    R_DEFAULTED, R_WRONG, R_DECISIONS_OPEN, R_SCOPE_OTHERS, R_SCOPE_ASKED, R_WORK_LATENCY, R_PROBE_ONE, R_PROBE_TWO,
    R_REGRET, R_INITIATIVES_OPEN, R_INITIATIVES_STARTED, R_INITIATIVES_DONE, R_STRATEGY_HOURS, R_ALIGNMENT,
    R_OWNERSHIP, R_MATURITY, R_CHIEF_WEEKS, R_DISMISSALS, R_BURNOUTS, R_TARGET, R_QUARTERS, R_MISSED,
    R_MISSED_AFTER_MISS, R_AFTER_MISS, R_FORECAST_ERROR, R_FORECAST_MISSED, R_REVENUE, R_MARKETING_COST, R_SALES_COST,
    R_SERVICE_COST, R_OTHER_COST, R_HEADS, R_CHIEF_PRESENT, R_MOVED, R_REFERENCES, R_CHAMPION_WORTH, R_CRITIC_WORTH,
    R_EXECUTION_HOURS, R_RIVAL_CHURNED, R_CONTESTED_SHARE, R_CONTESTED_WEEKS, R_CONTESTED_WON, R_CONTESTED_CLOSED,
    R_EQUITY, R_LIFETIME_MARGIN, R_SHIFT_DISTANCE, R_ABROAD_ARR, R_ABROAD_SPEND, R_LIFT_STRATEGY, R_LIFT_EXECUTION,
    R_LIFT_OPERATIONS, R_LIFT_CUSTOMER, R_PLAN_HOURS,
) = range(len(RECORD))  # fmt: skip


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
