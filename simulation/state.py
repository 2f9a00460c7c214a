"""The state of the world as columns: one NumPy array an attribute, one row an entity, for the whole run."""

from typing import NamedTuple, TypeVar

import numpy as np

from revorg.simulation.codes import Column

Columns = tuple[Column, ...]
"""Any table: a named tuple of columns."""

Table = TypeVar("Table", bound=Columns)


def copied(table: Table) -> Table:
    """Return a table with copies of all columns, bit for bit."""
    return type(table)(*(column.copy() for column in table))


def columns_of(table: Columns) -> dict[str, Column]:
    """Return the columns of a table by their names."""
    return table._asdict()  # type: ignore[attr-defined]


class Fronts(NamedTuple):
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
    best_play: Column  # play that fits the front now
    play: Column  # play of the firm
    play_belief: Column  # (fronts, plays) chance that each play is the best, as the firm believes
    play_proposed: Column  # play that is being decided or carried out, −1 for none

    @property
    def size(self) -> int:
        """Number of fronts."""
        return len(self.channel)


class Accounts(NamedTuple):
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
    def rows(self) -> int:
        """Number of accounts."""
        return len(self.front)


class Reps(NamedTuple):
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
    quota: Column  # the post's own quota, of the usual one for its share
    hours: Column  # productive selling hours this week
    load: Column  # hours a week that the open deals ask for
    weight: Column  # sum of the priorities of the open deals

    @property
    def slots(self) -> int:
        """Number of slots."""
        return len(self.active)


class People(NamedTuple):
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


class Routes(NamedTuple):
    """The way decisions take through the tree of seats."""

    owner: Column  # (16,) row of the lowest seat over each scope
    parent: Column  # (seats,) row of the next seat up, −1 for the root
    depth: Column  # (seats,)
    head_of: Column  # (functions,) row of each function's head


class Decisions(NamedTuple):
    """Open decisions; arrays of shape (slots,), and what was raised this week and waits to be entered."""

    state: Column
    kind: Column
    row: Column  # account that raised it; of a move 0, or 1 + the front whose play it is to change
    week: Column  # week it was raised in; with kind and row the key of its draws
    probe: Column  # 1 for a probe: waits like others, takes no desk time, does no harm
    small: Column  # 1 for a matter below the floor of stakes, which is its function's alone
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
    entry_small: Column
    entries: Column  # (1,) how many
    mix: Column  # (4,) matters of each kind that came to a desk a week, over about the last year before week 0

    @property
    def slots(self) -> int:
        """Number of slots."""
        return len(self.state)


class Initiatives(NamedTuple):
    """Changes adopted and still to be carried out; arrays of shape (slots,)."""

    kind: Column  # kind of the decision that adopted it, −1 for an empty slot
    hours: Column  # hours of execution still to do
    order: Column  # the earlier goes first
    row: Column  # row of that decision


class Firm(NamedTuple):
    """State of the firm as a whole."""

    gauges: Column  # (len(GAUGES),)
    lift: Column  # (domains,) leaders' contribution relative to the neutral one, saturated, minus 1
    contribution: Column  # (domains,) effective hours a week
    alignment: Column  # (functions, functions), symmetric [0..1]
    shortfall: Column  # (measures,) share by which each measure is short of its plan


class State(NamedTuple):
    """All tables of a model, as the compiled week takes them."""

    fronts: Fronts
    accounts: Accounts
    reps: Reps
    people: People
    routes: Routes
    decisions: Decisions
    initiatives: Initiatives
    firm: Firm
    history: Column  # (weeks, columns of the record)


def larger(decisions: Decisions) -> Decisions:
    """Return the table with twice the slots; new ones are empty."""
    grown = empty_decisions(2 * decisions.slots)
    for old, new in zip(decisions, grown, strict=True):
        new[: len(old)] = old
    return grown


def empty_decisions(slots: int) -> Decisions:
    """Return a table of decisions with no decision in it."""

    def integers(*shape: int) -> Column:
        return np.zeros(shape, dtype=np.int64)

    def numbers(*shape: int) -> Column:
        return np.zeros(shape)

    return Decisions(
        state=integers(slots), kind=integers(slots), row=integers(slots), week=integers(slots), probe=integers(slots),
        small=integers(slots), scope=integers(slots), at_stake=numbers(slots), climbs=integers(slots),
        asked=integers(slots), owner=integers(slots), raised=numbers(slots), arrives=numbers(slots, 5),
        work=numbers(slots, 5), reply=numbers(slots), awaited=integers(slots), serving=integers(slots),
        reworked=integers(slots),
        wrong=integers(slots), defaulted=integers(slots), settled=numbers(slots), entry_kind=integers(slots),
        entry_row=integers(slots), entry_day=numbers(slots), entry_climbs=integers(slots),
        entry_at_stake=numbers(slots), entry_small=integers(slots), entries=integers(1), mix=numbers(4),
    )  # fmt: skip
