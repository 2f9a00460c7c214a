"""What each outcome means: unit, direction, range and definition, and how it is read off the weekly record."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from revorg.simulation.codes import WEEKS_A_QUARTER, WEEKS_A_YEAR
from revorg.simulation.record import Window, record

Quotient = tuple[float, float]
NOTHING: Quotient = (0.0, 0.0)


@dataclass(frozen=True)
class Metric:
    """An outcome and what it means.

    Attributes
    ----------
    better : "more", "less" or "neither"
    low, high : range of possible values
    ratio : whether numerator and denominator are both random sums over a run, so that many runs are pooled as sums
    parts : reads numerator and denominator off a window
    """

    name: str
    unit: str
    better: str
    definition: str
    low: float
    high: float
    ratio: bool
    group: str
    parts: Callable[[Window], Quotient]


METRICS: dict[str, Metric] = {}
_INF = math.inf


def _metric(
    group: str,
    name: str,
    unit: str,
    better: str,
    definition: str,
    parts: Callable[[Window], Quotient],
    low: float = 0.0,
    high: float = _INF,
    ratio: bool = False,
) -> None:
    METRICS[name] = Metric(name, unit, better, definition, low, high, ratio, group, parts)


def _value(read: Callable[[Window], float]) -> Callable[[Window], Quotient]:
    """Quotient of a metric that is no ratio; NaN means nothing to measure."""

    def parts(window: Window) -> Quotient:
        value = read(window)
        return NOTHING if math.isnan(value) else (value, 1.0)

    return parts


def _ratio(over: Callable[[Window], float], under: Callable[[Window], float]) -> Callable[[Window], Quotient]:
    return lambda window: (over(window), under(window))


def _mean(column: int) -> Callable[[Window], Quotient]:
    return lambda window: (window.mean(column), 1.0)


def _sum(*columns: int) -> Callable[[Window], float]:
    return lambda window: sum(window.sum(column) for column in columns)


def _a_year(column: int) -> Callable[[Window], Quotient]:
    return lambda window: (window.sum(column) / window.years, 1.0)


def _durability(window: Window) -> float:
    if window.weeks < 2 * WEEKS_A_YEAR:
        return math.nan
    first = window.growth_between(window.first, window.first + WEEKS_A_YEAR)
    return window.growth_between(window.last - WEEKS_A_YEAR, window.last) - first


def _volatility(window: Window) -> float:
    starts = range(window.first, window.last - WEEKS_A_QUARTER + 1, WEEKS_A_QUARTER)
    growth = [window.growth_between(start, start + WEEKS_A_QUARTER) for start in starts]
    return float(np.std(growth, ddof=1)) if len(growth) > 2 else math.nan


def _persistence(window: Window) -> float:
    quarters, after = window.sum(record.QUARTERS), window.sum(record.QUARTER_AFTER_MISS)
    if not quarters or not after:
        return math.nan
    return window.sum(record.QUARTER_MISSED_AFTER_MISS) / after - window.sum(record.QUARTER_MISSED) / quarters


def _quarters_to_plan(window: Window) -> Quotient:
    missed = window.sum(record.QUARTER_MISSED)
    return missed, missed - window.sum(record.QUARTER_MISSED_AFTER_MISS)


def _adaptation_lag(window: Window) -> float:
    """Weeks until half of the way to the best allocation at the shift is gone; the window's end where it never is.

    NaN where the market did not shift in the window.
    """
    distance = window.record[window.first : window.last, record.SHIFT_DISTANCE]
    shifted = np.flatnonzero(distance)
    had_shifted = window.first > 0 and window.record[window.first - 1, record.SHIFT_DISTANCE] != 0.0
    if had_shifted or not len(shifted) or distance[shifted[0]] < 0.02:
        return math.nan
    after = distance[shifted[0] :]
    there = np.flatnonzero(after <= 0.5 * after[0])
    return float(there[0] if len(there) else len(after))


def _last_quarter(column: int) -> Callable[[Window], float]:
    def read(window: Window) -> float:
        filled = np.flatnonzero(window.record[window.first : window.last, column])
        return float(window.record[window.first + filled[-1], column]) if len(filled) else math.nan

    return read


def _retained(window: Window) -> float:
    """ARR kept and expanded, by the customers of each year's start."""
    kept = window.base(record.ARR) - window.sum(record.CHURNED_ARR) - window.sum(record.CONTRACTION_ARR)
    return kept + window.sum(record.BASE_EXPANSION_ARR)


def _attainment(window: Window) -> Quotient:
    """ARR won over the target; nothing to measure where the plan leaves no target (it may be negative)."""
    target = window.sum(record.TARGET)
    return (window.sum(record.NEW_ARR), target) if target > 0.0 else NOTHING


def _payback(window: Window) -> Quotient:
    """Months that pay an acquisition; nothing to measure where service costs more than customers pay."""
    kept = window.sum(record.NEW_ARR) * (1.0 - window.sum(record.SERVICE_COST) / max(window.sum(record.REVENUE), 1.0))
    spent = 12.0 * window.sum(record.MARKETING_COST) + 12.0 * window.sum(record.SALES_COST)
    return (spent, kept) if kept > 0.0 else NOTHING


def _velocity(window: Window) -> float:
    won, closed, cycle = window.sum(record.DEALS_WON), _sum(*_DEALS_CLOSED)(window), window.sum(record.CYCLE_WEEKS)
    if not won or not cycle:
        return math.nan
    return window.mean(record.DEALS_OPEN) * (won / closed) * (window.sum(record.NEW_ARR) / won) / (cycle / won)


def _costs(window: Window) -> float:
    return _sum(record.MARKETING_COST, record.SALES_COST, record.SERVICE_COST, record.OTHER_COST)(window)


def _efficient_growth(window: Window) -> float:
    """Growth of ARR a year plus operating margin, the trade's rule of 40; NaN without revenue."""
    revenue = window.sum(record.REVENUE)
    margin = 1.0 - _costs(window) / revenue if revenue > 0.0 else math.nan
    return window.growth_between(window.first, window.last) + margin


def _probe_percentile(window: Window) -> float:
    return float(np.percentile(window.probe_days, 90)) if window.probe_days.size else math.nan


_DEALS_CLOSED = (record.DEALS_WON, record.DEALS_NO_DECISION, record.DEALS_RIVAL)

# fmt: off
_metric("headline", "arr_growth", "per year", "more", "growth of annual recurring revenue, compounded",
    _value(lambda w: w.growth_between(w.first, w.last)), low=-1.0)
_metric("headline", "decision_latency", "days", "less",
    "mean working days from raised to settled of probe decisions, the same in every design",
    lambda w: (float(w.probe_days.sum()), float(w.probe_days.size)), high=1000.0)
_metric("headline", "logo_churn", "per year", "less", "customers lost a year, of those at each year's start",
    _ratio(_sum(record.CHURNED_CUSTOMERS), lambda w: w.base(record.CUSTOMERS)), ratio=True)

_metric("growth", "new_arr", "USD per year", "more", "ARR won with new customers", _a_year(record.NEW_ARR))
_metric("growth", "expansion_arr", "USD per year", "more", "ARR added by customers", _a_year(record.EXPANSION_ARR))
_metric("growth", "churned_arr", "USD per year", "less", "ARR of customers who left", _a_year(record.CHURNED_ARR))
_metric("growth", "customers", "customers", "more", "customers at the end", _value(lambda w: w.end(record.CUSTOMERS)))
_metric("growth", "new_customers", "customers per year", "more", "customers won", _a_year(record.NEW_CUSTOMERS))
_metric("growth", "market_share", "share", "more", "customers at the end, of all accounts",
    _value(lambda w: w.end(record.CUSTOMERS) / w.accounts), high=1.0)
_metric("growth", "front_share", "share", "more",
    "customers on the front under most pressure from competitors, of its accounts",
    _ratio(_sum(record.CONTESTED_SHARE), _sum(record.CONTESTED_WEEKS)), high=1.0, ratio=True)
_metric("growth", "growth_durability", "per year", "more", "growth of the last year minus growth of the first",
    _value(_durability), low=-_INF)
_metric("growth", "growth_volatility", "per year", "less",
    "standard deviation of the quarters' growth, each taken per year", _value(_volatility))
_metric("growth", "efficient_growth", "share per year", "more", "growth of ARR a year plus operating margin",
    _value(_efficient_growth), low=-_INF)

_metric("sales", "win_rate", "share", "more", "deals won, of deals ended",
    _ratio(_sum(record.DEALS_WON), _sum(*_DEALS_CLOSED)), high=1.0, ratio=True)
_metric("sales", "front_win_rate", "share", "more", "deals won, of deals ended, on the front under most pressure",
    _ratio(_sum(record.CONTESTED_WON), _sum(record.CONTESTED_CLOSED)), high=1.0, ratio=True)
_metric("sales", "no_decision_share", "share", "less", "deals that ended without a decision, of deals lost",
    _ratio(_sum(record.DEALS_NO_DECISION), _sum(record.DEALS_NO_DECISION, record.DEALS_RIVAL)), high=1.0, ratio=True)
_metric("sales", "sales_cycle", "weeks", "less", "mean length of deals won",
    _ratio(_sum(record.CYCLE_WEEKS), _sum(record.DEALS_WON)), ratio=True)
_metric("sales", "average_deal", "USD", "more", "mean first contract",
    _ratio(_sum(record.NEW_ARR), _sum(record.DEALS_WON)), ratio=True)
_metric("sales", "sales_velocity", "USD per week", "more", "open deals × win rate × average deal ÷ sales cycle",
    _value(_velocity))
_metric("sales", "quota_attainment", "share", "more",
    "ARR won with new customers, of a target path that does not depend on the design",
    _attainment, ratio=True)
_metric("sales", "reps_at_quota", "share", "more", "reps who made a full year's quota, of those with a full year",
    _ratio(_sum(record.REPS_AT_QUOTA), _sum(record.REPS_JUDGED)), high=1.0, ratio=True)
_metric("sales", "miss_persistence", "probability", "less", "P(quarter missed after a miss) − P(quarter missed)",
    _value(_persistence), low=-1.0, high=1.0)
_metric("sales", "quarters_to_plan", "quarters", "less", "quarters missed in a row once one is missed",
    _quarters_to_plan, ratio=True)
_metric("sales", "rep_turnover", "per year", "less", "reps who left, a rep-year",
    _ratio(_sum(record.REPS_LEFT), _sum(record.REP_YEARS)), ratio=True)
_metric("sales", "leads_per_rep", "leads per week", "more", "leads made, a rep and week",
    _ratio(_sum(record.LEADS), _sum(record.REPS)), ratio=True)
_metric("sales", "pipeline_coverage", "quarters", "more", "value of open deals, of the ARR won in a quarter",
    _ratio(lambda w: w.mean(record.PIPELINE_USD), lambda w: w.mean(record.NEW_ARR) * WEEKS_A_QUARTER), ratio=True)
_metric("sales", "capacity_use", "share", "neither", "selling hours used, of those there were",
    _ratio(_sum(record.USED_HOURS), _sum(record.CAPACITY_HOURS)), high=1.0, ratio=True)
_metric("sales", "unworked_share", "share", "less", "leads that no rep took up, of leads handed over",
    _ratio(_sum(record.LEADS_UNWORKED), lambda w: w.sum(record.LEADS) - w.sum(record.LEADS_LOST)), ratio=True)

_metric("customers", "gross_revenue_retention", "share per year", "more",
    "ARR kept before expansion, of that at each year's start",
    _ratio(lambda w: w.base(record.ARR) - w.sum(record.CHURNED_ARR) - w.sum(record.CONTRACTION_ARR),
        lambda w: w.base(record.ARR)), low=-_INF, high=1.0, ratio=True)
_metric("customers", "net_revenue_retention", "share per year", "more",
    "ARR kept and expanded by the customers of each year's start",
    _ratio(_retained, lambda w: w.base(record.ARR)), low=-_INF, ratio=True)
_metric("customers", "customer_health", "health", "more", "mean health of customers",
    _ratio(_sum(record.HEALTH_SUM), _sum(record.CUSTOMERS)), high=1.0, ratio=True)
_metric("customers", "expansion_rate", "share per year", "more", "ARR added by customers, of that at a year's start",
    _ratio(_sum(record.EXPANSION_ARR), lambda w: w.base(record.ARR)), ratio=True)
_metric("customers", "customer_equity", "USD", "more",
    "discounted margin of all customers for as long as they will stay, at the last quarter's end",
    _value(_last_quarter(record.EQUITY)), low=-_INF)
_metric("customers", "new_customer_lifetime_margin", "USD", "more",
    "discounted margin of a new customer for as long as it will stay",
    _ratio(_sum(record.LIFETIME_MARGIN), _sum(record.NEW_CUSTOMERS)), low=-_INF, ratio=True)
_metric("customers", "competitor_loss_share", "share", "less", "customers lost to rivals, of customers lost",
    _ratio(_sum(record.RIVAL_CHURNED), _sum(record.CHURNED_CUSTOMERS)), high=1.0, ratio=True)
_metric("customers", "first_renewal", "share", "more", "customers who renew when their first term ends",
    _ratio(_sum(record.FIRST_RENEWED), _sum(record.FIRST_DUE)), high=1.0, ratio=True)
_metric("customers", "account_hours", "hours per customer and week", "less", "hours of service a customer takes",
    _ratio(_sum(record.ACCOUNT_HOURS), _sum(record.CUSTOMERS)), ratio=True)
_metric("customers", "issue_rate", "per customer and year", "less", "issues raised by customers",
    _ratio(lambda w: w.sum(record.ISSUES) * WEEKS_A_YEAR, _sum(record.CUSTOMERS)), ratio=True)

_metric("decisions", "decision_latency_p90", "days", "less", "nine of ten probe decisions are settled within",
    _value(_probe_percentile), high=1000.0)
_metric("decisions", "work_latency", "days", "less", "mean working days that decisions of the firm's own work take",
    _ratio(_sum(record.WORK_LATENCY_DAYS), _sum(record.DECISIONS_SETTLED)), high=1000.0, ratio=True)
_metric("decisions", "decisions_settled", "per week", "neither", "decisions settled", _mean(record.DECISIONS_SETTLED))
_metric("decisions", "decisions_open", "decisions", "less", "decisions open at a week's end",
    _mean(record.DECISIONS_OPEN))
_metric("decisions", "rework_share", "share", "less", "decisions done again, of those settled",
    _ratio(_sum(record.DECISIONS_REWORKED), _sum(record.DECISIONS_SETTLED)), high=1.0, ratio=True)
_metric("decisions", "default_share", "share", "less", "decisions left to their origin for want of time",
    _ratio(_sum(record.DECISIONS_DEFAULTED), _sum(record.DECISIONS_SETTLED)), high=1.0, ratio=True)
_metric("decisions", "decision_quality", "share", "more", "decisions carried out right, of those settled",
    _ratio(lambda w: w.sum(record.DECISIONS_SETTLED) - w.sum(record.DECISIONS_WRONG), _sum(record.DECISIONS_SETTLED)),
    high=1.0, ratio=True)
_metric("decisions", "scope_coverage", "share", "more", "functions in a decision's scope that were heard",
    _ratio(_sum(record.SCOPE_ASKED), _sum(record.SCOPE_OTHERS)), high=1.0, ratio=True)

_metric("strategy", "allocation_regret", "share", "less",
    "reachable demand forgone against the best allocation for the fronts as they are", _mean(record.REGRET), high=1.0)
_metric("strategy", "initiatives_open", "initiatives", "less", "changes adopted and not yet carried out",
    _mean(record.INITIATIVES_OPEN))
_metric("strategy", "initiative_completion", "share", "more", "initiatives finished, of those begun",
    _ratio(_sum(record.INITIATIVES_DONE), _sum(record.INITIATIVES_STARTED)), ratio=True)
_metric("strategy", "strategy_hours", "hours per week", "more", "effective hours in the review of strategy",
    _mean(record.STRATEGY_HOURS))
_metric("strategy", "adaptation_lag", "weeks", "less",
    "weeks to half of the best reallocation after the market shifted; the window's end where it is never reached",
    _value(_adaptation_lag))
_metric("strategy", "new_front_arr_per_usd", "USD per USD", "more", "ARR won abroad a dollar of marketing spent there",
    _ratio(_sum(record.ABROAD_ARR), _sum(record.ABROAD_SPEND)), ratio=True)

_metric("organization", "alignment", "alignment", "more", "mean alignment of the six pairs of functions",
    _mean(record.ALIGNMENT), high=1.0)
_metric("organization", "handoff_loss", "share", "less",
    "what is lost between functions: leads not taken up and onboardings begun badly, of both",
    _ratio(_sum(record.LEADS_LOST, record.ONBOARDINGS_BAD), _sum(record.LEADS, record.ONBOARDINGS)), high=1.0,
    ratio=True)
_metric("organization", "ownership", "ownership", "more", "shared ownership of customers", _mean(record.OWNERSHIP),
    high=1.0)
_metric("organization", "process_maturity", "maturity", "more", "maturity of processes", _mean(record.MATURITY),
    high=1.0)
_metric("organization", "leader_exit_rate", "per year", "less", "exits from the chief's seat, a year in office",
    _ratio(_sum(record.DISMISSALS, record.BURNOUTS), lambda w: w.sum(record.CHIEF_PRESENT) / WEEKS_A_YEAR), ratio=True)
_metric("organization", "burnout_rate", "per year", "less", "exits by burn-out, a year in office",
    _ratio(_sum(record.BURNOUTS), lambda w: w.sum(record.CHIEF_PRESENT) / WEEKS_A_YEAR), ratio=True)
_metric("organization", "vacancy_share", "share", "less", "weeks in which the chief's seat is empty",
    _ratio(lambda w: w.sum(record.CHIEF_WEEKS) - w.sum(record.CHIEF_PRESENT), _sum(record.CHIEF_WEEKS)), high=1.0,
    ratio=True)
_metric("organization", "revenue_per_head", "USD per year", "more", "revenue a person paid",
    _ratio(lambda w: w.sum(record.REVENUE) * WEEKS_A_YEAR, _sum(record.HEADS)), ratio=True)

_metric("money", "cac", "USD per USD", "less", "marketing and sales spend a dollar of ARR won with new customers",
    _ratio(_sum(record.MARKETING_COST, record.SALES_COST), _sum(record.NEW_ARR)), ratio=True)
_metric("money", "cac_payback", "months", "less",
    "months of a new contract's revenue, less service, that pay its acquisition",
    _payback, ratio=True)
_metric("money", "cost_to_serve", "USD per customer and year", "less", "cost of serving a customer",
    _ratio(lambda w: w.sum(record.SERVICE_COST) * WEEKS_A_YEAR, _sum(record.CUSTOMERS)), ratio=True)
_metric("money", "operating_margin", "share", "more", "revenue less all costs, of revenue",
    _ratio(lambda w: w.sum(record.REVENUE) - _costs(w), _sum(record.REVENUE)), low=-_INF, high=1.0, ratio=True)
_metric("money", "forecast_error", "share", "less", "mean miss of the quarter's forecast of ARR won",
    _ratio(_sum(record.FORECAST_ERROR), _sum(record.QUARTERS)), ratio=True)
_metric("money", "forecast_misses", "share", "less", "quarters whose forecast missed by more than a tenth",
    _ratio(_sum(record.FORECAST_MISSED), _sum(record.QUARTERS)), high=1.0, ratio=True)
# fmt: on


def measure(window: Window) -> dict[str, Quotient]:
    """Numerator and denominator of every metric over a window; denominator 0 where there is nothing to measure."""
    measured = {}
    for name, metric in METRICS.items():
        over, under = metric.parts(window)
        measured[name] = (float(over), float(under))
    return measured
