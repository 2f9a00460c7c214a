"""Step 4: decisions arise and are settled.

A decision belongs to the lowest seat whose line covers its scope, one level higher when its stakes pass that seat's
authority. Its owner asks the functions concerned, waits for the slowest reply and decides at a desk (`desks`). Late or
wrong decisions hurt where they arose.
"""

from dataclasses import fields

import numpy as np

from revorg.simulation.chance import CONSULT, PROBE, SCOPE, STAKES, WORK, exponential, stream, uniform
from revorg.simulation.codes import (
    AT_WORK,
    BEGUN,
    CUSTOMER,
    DAYS_A_WEEK,
    DEAL_EXCEPTION,
    EMPTY,
    ESCALATION,
    LEAD,
    OPEN,
    OPPORTUNITY,
    ORIGIN_OF_KIND,
    PROPOSAL_OPEN,
    SETTLED,
    STRATEGY_MOVE,
    Column,
)
from revorg.simulation.compiling import loop, rule
from revorg.simulation.record import (
    R_DECISIONS_OPEN,
    R_DEFAULTED,
    R_INITIATIVES_STARTED,
    R_PROBE_ONE,
    R_REWORKED,
    R_SCOPE_ASKED,
    R_SCOPE_OTHERS,
    R_SETTLED,
    R_WORK_LATENCY,
    R_WRONG,
)
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import NOTHING_HELD, StandIns
from revorg.simulation.state import Accounts, Decisions, Firm, Initiatives, People, Routes, empty_decisions
from revorg.simulation.submodels.desks import entity_of, functions_in, run_desks, settle_unqueued
from revorg.simulation.submodels.rules import held_or

PROBES_A_WEEK = 2
DOMAIN_OF_FUNCTION = np.array([0, 1, 3, 2])  # marketing strategy, sales execution, success customer, operations its own


@rule
def lateness_harm(days: float, harm_per_day: float, wrong: float, wrong_harm: float) -> float:
    """Harm where a decision arose: so much a day of waiting, and more when it was wrong.

    >>> round(lateness_harm(10.0, harm_per_day=0.03, wrong=1, wrong_harm=0.6), 6)
    0.9
    """
    return days * harm_per_day + wrong * wrong_harm


@rule
def seat_in_charge(
    scope: int, climbs: int, owner_of_scope: Column, parent: Column, vacant_until: Column, week: int
) -> int:
    """Seat row that decides: the lowest over the scope, one higher for large stakes, past empty seats upwards.

    >>> import numpy
    >>> owner, parent, vacant_until = numpy.ones(16, int), numpy.array([-1, 0]), numpy.zeros(2)
    >>> int(seat_in_charge(0b0010, 0, owner, parent, vacant_until, week=5))
    1
    >>> int(seat_in_charge(0b0010, 1, owner, parent, vacant_until, week=5))
    0
    """
    seat = owner_of_scope[scope]
    if climbs == 1 and parent[seat] >= 0:
        seat = parent[seat]
    while week < vacant_until[seat] and parent[seat] >= 0:
        seat = parent[seat]
    return seat


def settle(
    decisions: Decisions, people: People, routes: Routes, accounts: Accounts, firm: Firm, initiatives: Initiatives,
    record: Column, row: int, world: Scenario, seed: int, week: int, held: StandIns = NOTHING_HELD,
) -> None:  # fmt: skip
    """Enter what was raised, serve all desks for a week, and let the settled decisions take effect.

    Parameters
    ----------
    record : array of shape (weeks, columns)
        The whole weekly record: a probe's latency belongs to the week that raised it.
    row : int
        The record's row of this week.
    """
    rules = world.decisions
    _make_room(decisions)
    mean_hours = np.array([rules.exception_hours, rules.escalation_hours, rules.move_hours, rules.change_hours])
    _enter_decisions(
        decisions.state, decisions.kind, decisions.row, decisions.week, decisions.probe, decisions.scope,
        decisions.at_stake, decisions.climbs, decisions.asked, decisions.owner, decisions.raised, decisions.arrives,
        decisions.work, decisions.reply, decisions.awaited, decisions.serving, decisions.reworked, decisions.wrong,
        decisions.defaulted, decisions.entry_kind, decisions.entry_row, decisions.entry_day, decisions.entry_climbs,
        decisions.entry_at_stake, decisions.entries, routes.parent, routes.depth, people.vacant_until,
        people.consult_scope, people.consult_beyond, routes.head_of, routes.owner, mean_hours, seed, week,
        world.market.interdependence, rules.consult_hours, rules.handover_days, rules.escalate_share,
    )  # fmt: skip
    hours_a_day = np.empty(people.seats)
    _share_days(
        hours_a_day, people.tray_share, people.week_hours, people.span, people.meeting_hours,
        world.leadership.span_hours,
    )  # fmt: skip
    _serve_desks(decisions, people, routes, mean_hours, hours_a_day, world, seed, week, held)
    _take_effect(
        decisions.state, decisions.kind, decisions.row, decisions.week, decisions.probe, decisions.scope,
        decisions.at_stake, decisions.asked, decisions.owner, decisions.raised, decisions.reworked, decisions.wrong,
        decisions.defaulted, decisions.settled, accounts.stage, accounts.heat, accounts.health, accounts.waiting,
        firm.gauges, initiatives.kind, initiatives.hours, initiatives.order, routes.head_of, record, row, week,
        rules.cooling_per_day, rules.wrong_deal_loss, rules.souring_per_day, rules.wrong_customer_loss,
        world.strategy.initiative_hours, held.harm_days, held.harm_wrong,
    )  # fmt: skip


def _serve_desks(
    decisions: Decisions, people: People, routes: Routes, mean_hours: Column, hours_a_day: Column, world: Scenario,
    seed: int, week: int, held: StandIns,
) -> None:  # fmt: skip
    """Settle what can be settled this week, at the desks or, with queueing switched off, after the neutral days."""
    rules, until = world.decisions, DAYS_A_WEEK * (week + 1)
    if held.tray_hours is not None:
        people.tray_hours[:] = held.tray_hours[people.place]
        settle_unqueued(
            decisions.state, decisions.kind, decisions.row, decisions.week, decisions.probe, decisions.scope,
            decisions.asked, decisions.owner, decisions.raised, decisions.reworked, decisions.wrong,
            decisions.settled, people.skill, routes.head_of, until, seed, held.latency_days, rules.wrong_base,
            rules.wrong_skill_ceiling, rules.wrong_per_unasked, rules.caught_share, held.wrong_calls,
        )  # fmt: skip
        return
    run_desks(
        decisions.state, decisions.kind, decisions.row, decisions.week, decisions.probe, decisions.scope,
        decisions.asked, decisions.owner, decisions.raised, decisions.arrives, decisions.work, decisions.reply,
        decisions.awaited, decisions.serving, decisions.reworked, decisions.wrong, decisions.defaulted,
        decisions.settled, people.line, people.skill, hours_a_day, people.tray_hours, routes.head_of,
        DOMAIN_OF_FUNCTION, mean_hours, until - DAYS_A_WEEK, until, seed, rules.skill_offset, rules.cross_line_delay,
        float(rules.time_limit_days), rules.wrong_base, rules.wrong_skill_ceiling, rules.wrong_per_unasked,
        rules.caught_share, rules.default_wrong, held.wrong_calls,
    )  # fmt: skip


def reroute(decisions: Decisions, people: People, routes: Routes, week: int) -> None:
    """Hand open decisions to the seats that are now in charge of them, with their days and replies kept."""
    _reroute(
        decisions.state, decisions.scope, decisions.climbs, decisions.owner, decisions.serving, routes.parent,
        people.vacant_until, routes.owner, week,
    )  # fmt: skip


def _make_room(decisions: Decisions) -> None:
    """Double the slots while the week's entries might not find room."""
    needed = int(np.count_nonzero(decisions.state)) + int(decisions.entries[0]) + PROBES_A_WEEK
    while decisions.slots < needed:
        larger = empty_decisions(2 * decisions.slots)
        for field in fields(decisions):
            if field.name != "entries":
                old = getattr(decisions, field.name)
                getattr(larger, field.name)[: len(old)] = old
                setattr(decisions, field.name, getattr(larger, field.name))


@rule
def desk_hours(tray_share: float, week_hours: float, spoken_for: float) -> float:
    """Hours a day for the in-tray: its share of the week, within what span and meetings leave. [h]

    >>> desk_hours(0.5, week_hours=50.0, spoken_for=20.0), desk_hours(0.5, week_hours=50.0, spoken_for=40.0)
    (5.0, 2.0)
    """
    return min(tray_share * week_hours, max(week_hours - spoken_for, 0.0)) / DAYS_A_WEEK


@loop
def _share_days(
    hours_a_day: Column, tray_share: Column, week_hours: Column, span: Column, meeting_hours: Column,
    span_hours: float,
) -> None:  # fmt: skip
    for s in range(hours_a_day.shape[0]):
        spoken_for = span_hours * span[s] + meeting_hours[s]
        hours_a_day[s] = desk_hours(tray_share[s], week_hours[s], spoken_for)


@loop
def _enter_decisions(
    state: Column, kind: Column, row: Column, week_raised: Column, probe: Column, scope: Column, at_stake: Column,
    climbs: Column, asked: Column, owner: Column, raised: Column, arrives: Column, work: Column, reply: Column,
    awaited: Column, serving: Column, reworked: Column, wrong: Column, defaulted: Column, entry_kind: Column,
    entry_row: Column, entry_day: Column, entry_climbs: Column, entry_at_stake: Column, entries: Column,
    parent: Column, depth: Column, vacant_until: Column, consult_scope: Column, consult_beyond: Column,
    head_of: Column, owner_of_scope: Column, mean_hours: Column, seed: int, week: int, interdependence: float,
    consult_hours: float, handover_days: float, escalate_share: float,
) -> None:  # fmt: skip
    scopes, consults, works = stream(seed, SCOPE, week), stream(seed, CONSULT, week), stream(seed, WORK, week)
    probes, stakes = stream(seed, PROBE, week), stream(seed, STAKES, week)
    i = -1
    for entry in range(entries[0] + PROBES_A_WEEK):
        i += 1
        while state[i] != EMPTY:
            i += 1
        if entry < entries[0]:
            probe[i] = 0
            kind[i], row[i], raised[i] = entry_kind[entry], entry_row[entry], entry_day[entry]
            climbs[i], at_stake[i] = entry_climbs[entry], entry_at_stake[entry]
        else:
            index = entry - entries[0]
            probe[i] = 1
            kind[i], row[i] = (PROBES_A_WEEK * week + index) % 4, index
            raised[i] = DAYS_A_WEEK * (week + uniform(probes, index))
            climbs[i] = 1 if uniform(stakes, entity_of(index, kind[i], 1)) < escalate_share else 0
            at_stake[i] = 1.0
        entity = entity_of(row[i], kind[i], probe[i])
        origin = ORIGIN_OF_KIND[kind[i]]
        scope[i] = 1 << origin
        for f in range(4):
            if f != origin and uniform(scopes, entity + f) < interdependence:
                scope[i] |= 1 << f
        seat = seat_in_charge(scope[i], climbs[i], owner_of_scope, parent, vacant_until, week)
        owner[i] = seat
        state[i], week_raised[i] = OPEN, week
        serving[i] = reworked[i] = wrong[i] = defaulted[i] = 0
        at_desk = raised[i] + handover_days * max(0, depth[head_of[origin]] - depth[seat])
        arrives[i, 0] = at_desk
        work[i, 0] = mean_hours[kind[i]] * (1.0 if probe[i] == 1 else exponential(works, entity))
        reply[i], asked[i], awaited[i] = -np.inf, 0, 0
        for f in range(4):
            work[i, f + 1] = -1.0
            if f == origin or head_of[f] == seat:
                continue
            wanted = consult_scope[seat] if (scope[i] >> f) & 1 else consult_beyond[seat]
            if uniform(consults, entity + f) < wanted:
                asked[i] |= 1 << f
                awaited[i] += 1
                arrives[i, f + 1] = at_desk
                work[i, f + 1] = consult_hours * (1.0 if probe[i] == 1 else exponential(works, entity + f + 1))
    entries[0] = 0


@loop
def _take_effect(
    state: Column, kind: Column, row: Column, week_raised: Column, probe: Column, scope: Column, at_stake: Column,
    asked: Column, owner: Column, raised: Column, reworked: Column, wrong: Column, defaulted: Column, settled: Column,
    stage: Column, heat: Column, health: Column, waiting: Column, gauges: Column, initiative_kind: Column,
    initiative_hours: Column, initiative_order: Column, head_of: Column, record: Column, now: int, week: int,
    cooling: float, wrong_deal: float, souring: float, wrong_customer: float, hours: float, held_days: float,
    held_wrong: float,
) -> None:  # fmt: skip
    still_open = 0
    for i in range(state.shape[0]):
        if state[i] == OPEN and probe[i] == 0:
            still_open += 1
        if state[i] != SETTLED:
            continue
        state[i] = EMPTY
        days = settled[i] - raised[i]
        if probe[i] == 1:
            record[now - (week - week_raised[i]), R_PROBE_ONE + row[i]] = days
            continue
        record[now, R_SETTLED] += 1.0
        record[now, R_WORK_LATENCY] += days
        record[now, R_REWORKED] += reworked[i]
        record[now, R_WRONG] += wrong[i]
        record[now, R_DEFAULTED] += defaulted[i]
        record[now, R_SCOPE_OTHERS] += functions_in(scope[i]) - 1
        for f in range(4):
            in_scope = (scope[i] >> f) & 1 and f != ORIGIN_OF_KIND[kind[i]]
            if in_scope and defaulted[i] == 0 and ((asked[i] >> f) & 1 or head_of[f] == owner[i]):
                record[now, R_SCOPE_ASKED] += 1.0
        harm_days, harm_wrong = held_or(held_days, days), held_or(held_wrong, float(wrong[i]))
        if kind[i] == DEAL_EXCEPTION:
            waiting[row[i]] = 0
            if stage[row[i]] == OPPORTUNITY or stage[row[i]] == LEAD:
                heat[row[i]] -= at_stake[i] * lateness_harm(harm_days, cooling, harm_wrong, wrong_deal)
        elif kind[i] == ESCALATION:
            waiting[row[i]] = 0
            if stage[row[i]] == CUSTOMER:
                sour = at_stake[i] * lateness_harm(harm_days, souring, harm_wrong, wrong_customer)
                health[row[i]] = max(0.0, health[row[i]] - sour)
        elif wrong[i] == 0 and _adopt(initiative_kind, initiative_hours, initiative_order, kind[i], settled[i], hours):
            record[now, R_INITIATIVES_STARTED] += 1.0
        elif kind[i] == STRATEGY_MOVE:
            # A wrong call leaves the allocation, or the cost, as it was.
            gauges[PROPOSAL_OPEN] = 0.0
    record[now, R_DECISIONS_OPEN] = still_open


@rule
def _adopt(kinds: Column, hours: Column, order: Column, kind: int, day: float, needed: float) -> bool:
    """Put an adopted change on the list of initiatives; false when the list is full."""
    for slot in range(kinds.shape[0]):
        if kinds[slot] < 0:
            kinds[slot], hours[slot], order[slot] = kind, needed, day
            return True
    return False


@loop
def _reroute(
    state: Column, scope: Column, climbs: Column, owner: Column, serving: Column, parent: Column,
    vacant_until: Column, owner_of_scope: Column, week: int,
) -> None:  # fmt: skip
    for i in range(state.shape[0]):
        if state[i] == OPEN:
            seat = seat_in_charge(scope[i], climbs[i], owner_of_scope, parent, vacant_until, week)
            if seat != owner[i]:
                owner[i] = seat
                if serving[i] == AT_WORK:
                    serving[i] = BEGUN
