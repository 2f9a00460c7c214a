"""The state of the world as columns: one NumPy array an attribute, one row an entity, for the whole run.

Codes for stages, functions, domains, kinds of decisions and columns of the weekly record are plain integers, so that
compiled loops take them as constants.
"""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]

# Stages of an account.
PROSPECT, LEAD, OPPORTUNITY, CUSTOMER, LOST = range(5)

# Functions of the firm, in the order of the organization's bit masks.
MARKETING, SALES, SUCCESS, OPERATIONS = range(4)

# Domains of leaders' work; domain d serves function d.
STRATEGY_WORK, EXECUTION_WORK, OPERATIONS_WORK, CUSTOMER_WORK = range(4)
FUNCTION_SERVED = np.array([MARKETING, SALES, OPERATIONS, SUCCESS])

# Kinds of decisions, with the function each comes from and the domain whose skill settles it.
DEAL_EXCEPTION, ESCALATION, STRATEGY_MOVE, PROCESS_CHANGE = range(4)
ORIGIN_OF_KIND = np.array([SALES, SUCCESS, MARKETING, OPERATIONS])
DOMAIN_OF_KIND = np.array([EXECUTION_WORK, CUSTOMER_WORK, STRATEGY_WORK, OPERATIONS_WORK])

# States of a decision.
EMPTY, OPEN, SETTLED = range(3)

# How far its owner is with a decision. What was begun within the time limit is no longer left to its origin.
NOT_BEGUN, AT_WORK, BEGUN = range(3)

DAYS_A_WEEK = 5.0
WEEKS_A_YEAR = 52
WEEKS_A_QUARTER = 13
NEVER = -1_000_000  # a week that is no week of any run

# Scalars of the firm's state (column `gauges` of Firm).
GAUGES = (
    "maturity",  # process maturity [0..1]
    "ownership",  # shared ownership of customers [0..1]
    "plans_kept",  # moving share of quarters in which the plan was kept [0..1]
    "arr_usd",  # annual recurring revenue now
    "review_hours",  # effective hours of strategy review available this week
    "review_bank",  # review hours saved up for the next front
    "moving",  # weeks of marketing budget still to be lost to a move of the allocation
    "proposal_open",  # 1 while a proposed move is being decided or carried out
    "plan_usd",  # new ARR planned for the quarter
    "forecast_usd",  # new ARR forecast for the quarter
    "booked_usd",  # new ARR booked in the quarter so far
    "misses",  # quarters in a row in which the plan was missed
    "health",  # mean health of customers last week
    "target_usd",  # new ARR a week that a design-free growth path would need in week 0
    "reps_wanted",  # full posts that the plan needs
    "heads",  # people paid last week, operations' own staff apart
    "newcomers",  # growth of heads last week
    "planned",  # customers with an account plan last week
)
(
    MATURITY, OWNERSHIP, PLANS_KEPT, ARR_USD, REVIEW_HOURS, REVIEW_BANK, MOVING, PROPOSAL_OPEN, PLAN_USD,
    FORECAST_USD, BOOKED_USD, MISSES, HEALTH, TARGET_USD, REPS_WANTED, HEADS, NEWCOMERS, PLANNED,
) = range(len(GAUGES))  # fmt: skip

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


class Table:
    """Columns that are copied together."""

    def copy(self) -> Self:
        """Return a table with copies of all columns, bit for bit."""
        return type(self)(**{field.name: getattr(self, field.name).copy() for field in fields(self)})  # type: ignore[arg-type]


@dataclass(slots=True)
class Fronts(Table):
    """Fronts = channel × segment; arrays of shape (fronts,)."""

    channel: Column
    segment: Column
    partner: Column  # 1 where the channel is a partner's
    home: Column  # 0 abroad, where nothing is sold before the firm expands
    reach: Column  # share of the front's accounts that marketing can reach
    accounts: Column  # number of accounts on the front
    attractiveness: Column  # log-attractiveness θ
    pressure: Column  # competitor pressure κ, logits
    prospects: Column  # prospects counted last week
    customers: Column
    arr_usd: Column
    referrers: Column  # customers healthy enough to refer
    allocation: Column  # shares of the marketing budget as they really stand
    belief: Column  # what the firm believes θ to be
    uncertainty: Column  # variance of that belief
    reviewed: Column  # week of the last review
    proposal: Column  # allocation proposed last
    shift_target: Column  # best allocation on the day the market shifted

    @property
    def size(self) -> int:
        """Number of fronts."""
        return len(self.channel)


@dataclass(slots=True)
class Accounts(Table):
    """Accounts; arrays of shape (accounts,). The row is the account's identity for the whole run.

    Whole numbers are kept as narrow as their range allows: a large market is as fast as its columns are short.
    """

    front: Column
    group: Column  # members of the buying group
    size: Column  # size relative to the mean account (lognormal, mean 1)
    churn_logit: Column  # lasting disposition to leave at a renewal, logits
    stage: Column
    since: Column  # week of the lead, then of the deal's beginning, then of the contract or its end
    due: Column  # week a lead is given up, a customer's term ends or a lost account returns to the market
    attempt: Column  # how many deals were begun with the account
    rep: Column  # rep slot that works the deal, −1 for none
    progress: Column  # share of the deal that is done
    heat: Column  # logits lost to late and wrong decisions in this deal
    waiting: Column  # decisions open that came from this account
    contract_usd: Column  # ARR of the customer
    health: Column
    adoption: Column
    champion: Column  # 1 while there is one
    sponsors: Column
    critics: Column
    products_owned: Column
    groups_reached: Column  # groups of the customer in which there ever was a sponsor

    @property
    def count(self) -> int:
        """Number of accounts."""
        return len(self.front)


@dataclass(slots=True)
class Reps(Table):
    """Slots for sales reps; arrays of shape (slots,). A slot is filled, open (with a week of arrival) or unused."""

    active: Column
    share: Column  # of a full post; 0 for an unused slot
    segment: Column  # the segment whose fronts the slot covers
    generation: Column  # how many people have held the slot
    hired: Column  # week the holder came
    opens: Column  # week an open position will be filled, −1000000 for none
    skill: Column
    morale: Column
    booked_quarter: Column  # USD of new ARR
    booked_year: Column
    quota_year: Column  # USD that the holder was to book so far this year
    hours: Column  # productive selling hours this week
    load: Column  # hours a week that the open deals ask for
    weight: Column  # sum of the priorities of the open deals

    @property
    def slots(self) -> int:
        """Number of slots."""
        return len(self.active)


NO_OPENING = -1_000_000


@dataclass(slots=True)
class People(Table):
    """Seats in force and who holds them; arrays of shape (seats,) or (seats, 4)."""

    place: Column  # canonical place, the entity of a leader's draws
    parent: Column
    depth: Column
    level: Column
    line: Column  # bit mask of the functions led
    span: Column
    week_hours: Column
    say: Column
    measures: Column  # (seats, measures), weights of what the seat is measured on
    skill: Column  # (seats, domains)
    collaboration: Column
    attention: Column  # (seats, domains), policy
    consult_scope: Column  # probability of consulting a function in scope, policy
    consult_beyond: Column  # probability of consulting one beyond need, policy
    tray_share: Column  # share of every day for the in-tray, policy
    meeting_hours: Column  # hours a week spent meeting others, policy
    tray_hours: Column  # hours the in-tray really took last week
    arrived: Column  # week the holder came
    answers_from: Column  # week from which the firm's misses are the holder's own
    vacant_until: Column  # the seat is empty before this week
    replaced: Column  # 1 where an exit can happen: the chief's place

    @property
    def seats(self) -> int:
        """Number of seats."""
        return len(self.place)


@dataclass(slots=True)
class Routes(Table):
    """The way decisions take through the tree of seats."""

    owner: Column  # (16,) row of the lowest seat over each scope
    parent: Column  # (seats,) row of the next seat up, −1 for the root
    depth: Column  # (seats,)
    head_of: Column  # (functions,) row of each function's head


@dataclass(slots=True)
class Decisions(Table):
    """Open decisions; arrays of shape (slots,), and what was raised this week and waits to be entered."""

    state: Column
    kind: Column
    row: Column  # account or front that raised it
    week: Column  # week it was raised in; with kind and row the key of its draws
    probe: Column  # 1 for a probe: waits like others, takes no desk time, does no harm
    scope: Column  # bit mask of the functions concerned
    at_stake: Column  # share of an account's value that hangs on it
    climbs: Column  # 1 when the stakes pass the authority of the lowest seat
    asked: Column  # bit mask of the functions to consult
    owner: Column  # seat row
    raised: Column  # working days
    arrives: Column  # (slots, 5) working day a job reaches its desk: the decision itself, then consults by function
    work: Column  # (slots, 5) hours of an unskilled desk still to do; negative when done or not needed
    reply: Column  # slowest reply so far, working days
    awaited: Column  # consults still out
    serving: Column  # whether its owner has begun, is at work on it, or has put it down again
    reworked: Column
    wrong: Column
    defaulted: Column
    settled: Column  # working day
    entry_kind: Column  # raised this week, to be entered: kind, row, working day, quantile of the stakes
    entry_row: Column
    entry_day: Column
    entry_climbs: Column
    entry_at_stake: Column
    entries: Column  # (1,) how many

    @property
    def slots(self) -> int:
        """Number of slots."""
        return len(self.state)


@dataclass(slots=True)
class Initiatives(Table):
    """Changes adopted and still to be carried out; arrays of shape (slots,)."""

    kind: Column  # kind of the decision that adopted it, −1 for an empty slot
    hours: Column  # hours of execution still to do
    order: Column  # the earlier goes first


@dataclass(slots=True)
class Firm(Table):
    """State of the firm as a whole."""

    gauges: Column  # (len(GAUGES),)
    lift: Column  # (domains,) leaders' contribution relative to the neutral one, saturated, minus 1
    contribution: Column  # (domains,) effective hours a week
    alignment: Column  # (functions, functions), symmetric [0..1]
    shortfall: Column  # (measures,) share by which each measure is short of its plan


def empty_decisions(slots: int) -> Decisions:
    """Return a table of decisions with no decision in it."""

    def integers(*shape: int) -> Column:
        return np.zeros(shape, dtype=np.int64)

    def numbers(*shape: int) -> Column:
        return np.zeros(shape)

    return Decisions(
        state=integers(slots), kind=integers(slots), row=integers(slots), week=integers(slots), probe=integers(slots),
        scope=integers(slots), at_stake=numbers(slots), climbs=integers(slots), asked=integers(slots),
        owner=integers(slots), raised=numbers(slots), arrives=numbers(slots, 5), work=numbers(slots, 5),
        reply=numbers(slots), awaited=integers(slots), serving=integers(slots), reworked=integers(slots),
        wrong=integers(slots), defaulted=integers(slots), settled=numbers(slots), entry_kind=integers(slots),
        entry_row=integers(slots), entry_day=numbers(slots), entry_climbs=integers(slots),
        entry_at_stake=numbers(slots), entries=integers(1),
    )  # fmt: skip
