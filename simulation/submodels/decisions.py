"""Step 4: decisions arise and are settled.

A decision belongs to the lowest seat whose line covers its scope, one level higher when its stakes pass that seat's
authority. Its owner asks the functions concerned, waits for the slowest reply and decides at a desk (`desks`). Late or
wrong decisions hurt where they arose.
"""

import math
from typing import Any

import numpy as np

from revorg.simulation.chance import exponential, purpose, stream, uniform
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
    SETTLED,
    STRATEGY_MOVE,
    WEEKS_A_YEAR,
    Column,
    gauge,
)
from revorg.simulation.compiling import loop, phase, rule, step
from revorg.simulation.numbers import Now, World
from revorg.simulation.organization import PLACES
from revorg.simulation.record import record
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Accounts, Decisions, Fronts, Initiatives, People, Routes, State
from revorg.simulation.submodels.desks import entity_of, functions_in, mean_hours_of, run_desks, settle_unqueued
from revorg.simulation.submodels.rules import held_or

PROBES_A_WEEK = 2
_DESKS = PLACES.index("staff_1")
"""Places whose load is recorded; nothing is ever brought to a staff chief's desk."""
MOVES_A_WEEK = 1 + 64
"""Most moves that are proposed in a week: of the budget, and of the play on each front."""


@rule
def lateness_harm(days: float, harm_per_day: float, wrong: float, wrong_harm: float) -> float:
    """Harm where a decision arose: so much a day of waiting, and more when it was wrong.

    >>> round(lateness_harm(10.0, harm_per_day=0.03, wrong=1, wrong_harm=0.6), 6)
    0.9
    """
    return days * harm_per_day + wrong * wrong_harm


@phase
def seat_in_charge(routes: Routes, people: People, scope: int, climbs: int, week: int) -> int:
    """Seat row that decides: the lowest over the scope, one higher for large stakes, past empty seats upwards."""
    seat = routes.owner[scope]
    if climbs == 1 and routes.parent[seat] >= 0:
        seat = routes.parent[seat]
    while week < people.vacant_until[seat] and routes.parent[seat] >= 0:
        seat = routes.parent[seat]
    return seat


@rule
def desk_hours(tray_share: float, week_hours: float, spoken_for: float) -> float:
    """Hours a day for the in-tray: its share of the week, within what span and meetings leave. [h]

    >>> desk_hours(0.5, week_hours=50.0, spoken_for=20.0), desk_hours(0.5, week_hours=50.0, spoken_for=40.0)
    (5.0, 2.0)
    """
    return min(tray_share * week_hours, max(week_hours - spoken_for, 0.0)) / DAYS_A_WEEK


@rule
def load_of(tray_hours: float, hours_a_day: float) -> float:
    """Hours of a week that an in-tray took, of those that it could have; nothing loads a desk that is closed. [0..1]

    >>> load_of(9.0, hours_a_day=4.5), load_of(0.0, hours_a_day=0.0)
    (0.4, 0.0)
    """
    return tray_hours / (DAYS_A_WEEK * hours_a_day) if hours_a_day > 0.0 else 0.0


@rule
def kind_in(mix: Column, chance: float) -> int:
    """Kind at a quantile of a mix of kinds; one that is not in the mix is never met, in an empty mix all are alike.

    >>> import numpy
    >>> mix = numpy.array([3.0, 0.0, 0.0, 1.0])
    >>> kind_in(mix, 0.74), kind_in(mix, 0.76), kind_in(numpy.zeros(4), 0.6)
    (0, 3, 2)
    """
    total = mix[0] + mix[1] + mix[2] + mix[3]
    if total <= 0.0:
        return int(4.0 * chance)
    kind, reached = 0, 0.0
    for k in range(4):
        if mix[k] > 0.0 and reached <= chance * total:
            kind = k
        reached += mix[k]
    return kind


@phase
def has_room(decisions: Decisions) -> bool:
    """Whether a week's matters find room: those open, those raised, proposed moves and the probes."""
    taken = decisions.entries[0] + MOVES_A_WEEK + PROBES_A_WEEK
    for i in range(decisions.state.shape[0]):
        taken += decisions.state[i] != EMPTY
    return taken <= decisions.state.shape[0]


@step
def enter(decisions: Decisions, people: People, routes: Routes, world: World, now: Now) -> None:
    """Enter what was raised, and the week's probes: whose it is, who is asked, and how much work it is."""
    raised = decisions.entries[0]
    if now.week < 0:
        _see_mix(decisions)
    i = -1
    for entry in range(raised + PROBES_A_WEEK):
        i += 1
        while decisions.state[i] != EMPTY:
            i += 1
        if entry < raised:
            _take_entry(decisions, i, entry)
        else:
            _make_probe(decisions, i, entry - raised, world.decisions.escalate_share, now)
        entity = entity_of(decisions.row[i], decisions.kind[i], decisions.probe[i])
        _find_owner(decisions, i, entity, people, routes, world, now)
        _ask(decisions, i, entity, people, routes, world, now)
    decisions.entries[0] = 0


@phase
def _see_mix(decisions: Decisions) -> None:
    """Move the mix of kinds toward what came this week; probes mirror it, and no design ever moves it."""
    for kind in range(4):
        came = 0
        for entry in range(decisions.entries[0]):
            came += decisions.entry_kind[entry] == kind and decisions.entry_small[entry] == 0
        decisions.mix[kind] += (came - decisions.mix[kind]) / WEEKS_A_YEAR


@phase
def _take_entry(decisions: Decisions, i: int, entry: int) -> None:
    """Enter a matter of the firm's own work."""
    decisions.probe[i], decisions.small[i] = 0, decisions.entry_small[entry]
    decisions.kind[i], decisions.row[i] = decisions.entry_kind[entry], decisions.entry_row[entry]
    decisions.raised[i], decisions.climbs[i] = decisions.entry_day[entry], decisions.entry_climbs[entry]
    decisions.at_stake[i] = decisions.entry_at_stake[entry]


@phase
def _make_probe(decisions: Decisions, i: int, index: int, escalate_share: float, now: Now) -> None:
    """Enter one of the probes, which are alike in all designs and only measure waiting."""
    kind = kind_in(decisions.mix, uniform(stream(now.seed, purpose.PROBE_KIND, now.week), index))
    day = uniform(stream(now.seed, purpose.PROBE, now.week), index)
    stakes = uniform(stream(now.seed, purpose.STAKES, now.week), entity_of(index, kind, 1))
    decisions.probe[i], decisions.small[i] = 1, 0
    decisions.kind[i], decisions.row[i] = kind, index
    decisions.raised[i] = DAYS_A_WEEK * (now.week + day)
    decisions.climbs[i] = 1 if stakes < escalate_share else 0
    decisions.at_stake[i] = 1.0


@phase
def _find_owner(
    decisions: Decisions, i: int, entity: int, people: People, routes: Routes, world: World, now: Now
) -> None:  # fmt: skip
    """Draw whom a decision concerns (a small one its origin alone), and hand it to whoever is over all of them."""
    scopes = stream(now.seed, purpose.SCOPE, now.week)
    origin = ORIGIN_OF_KIND[decisions.kind[i]]
    decisions.scope[i] = 1 << origin
    for f in range(4):
        concerns = decisions.small[i] == 0 and f != origin
        if concerns and uniform(scopes, entity + f) < world.market.interdependence:
            decisions.scope[i] |= 1 << f
    decisions.owner[i] = seat_in_charge(routes, people, decisions.scope[i], decisions.climbs[i], now.week)
    decisions.state[i], decisions.week[i], decisions.serving[i] = OPEN, now.week, 0
    decisions.reworked[i] = decisions.wrong[i] = decisions.defaulted[i] = 0


@phase
def _ask(
    decisions: Decisions, i: int, entity: int, people: People, routes: Routes, world: World, now: Now
) -> None:  # fmt: skip
    """Send a decision to its owner's desk, and questions to the heads whom the owner consults."""
    rules, probe = world.decisions, decisions.probe[i] == 1
    works = stream(now.seed, purpose.WORK, now.week)
    consults = stream(now.seed, purpose.CONSULT, now.week)
    seat, origin = decisions.owner[i], ORIGIN_OF_KIND[decisions.kind[i]]
    steps = max(0, routes.depth[routes.head_of[origin]] - routes.depth[seat])
    at_desk = decisions.raised[i] + rules.handover_days * steps
    decisions.arrives[i, 0] = at_desk
    hours = rules.small_hours if decisions.small[i] == 1 else mean_hours_of(rules, decisions.kind[i])
    decisions.work[i, 0] = hours * (1.0 if probe else exponential(works, entity))
    decisions.reply[i], decisions.asked[i], decisions.awaited[i] = -np.inf, 0, 0
    for f in range(4):
        decisions.work[i, f + 1] = -1.0
        if f == origin or routes.head_of[f] == seat or decisions.small[i] == 1:
            continue
        wanted = people.consult_scope[seat] if (decisions.scope[i] >> f) & 1 else people.consult_beyond[seat]
        if uniform(consults, entity + f) < wanted:
            decisions.asked[i] |= 1 << f
            decisions.awaited[i] += 1
            decisions.arrives[i, f + 1] = at_desk
            share = 1.0 if probe else exponential(works, entity + f + 1)
            decisions.work[i, f + 1] = rules.consult_hours * share


@step
def serve(
    decisions: Decisions, people: People, routes: Routes, sums: Column, world: World, held: StandIns, now: Now
) -> None:  # fmt: skip
    """Settle what can be settled this week, at the desks or, with queueing switched off, after the neutral days."""
    hours_a_day = np.empty(people.place.shape[0])
    for s in range(people.place.shape[0]):
        spoken_for = world.leadership.span_hours * people.span[s] + people.meeting_hours[s]
        hours_a_day[s] = desk_hours(people.tray_share[s], people.week_hours[s], spoken_for)
    if math.isnan(held.latency_days):
        run_desks(decisions, people, routes, hours_a_day, world, held, now)
    else:
        for s in range(people.place.shape[0]):
            people.tray_hours[s] = held.tray_hours[people.place[s]]
        settle_unqueued(decisions, people, routes, world, held, now)
    for s in range(people.place.shape[0]):
        if people.place[s] < _DESKS:
            sums[record.LOAD_TOP + people.place[s]] = load_of(people.tray_hours[s], hours_a_day[s])


@step
def take_effect(state: State, world: World, held: StandIns, now: Now) -> None:
    """Let settled decisions take effect where they arose, and note how long they took.

    A probe's latency belongs to the week that raised it.
    """
    decisions, history = state.decisions, state.history
    sums, still_open = history[now.row], 0
    for i in range(decisions.state.shape[0]):
        if decisions.state[i] == OPEN and decisions.probe[i] == 0 and decisions.small[i] == 0:
            still_open += 1
        if decisions.state[i] != SETTLED:
            continue
        decisions.state[i] = EMPTY
        days = decisions.settled[i] - decisions.raised[i]
        if decisions.probe[i] == 1:
            raised = now.row - (now.week - decisions.week[i])
            history[raised, record.PROBE_ONE_DAYS + decisions.row[i]] = days
            continue
        if decisions.small[i] == 1:
            sums[record.SMALL_SETTLED] += 1.0
            continue
        _note(decisions, i, days, state.routes, sums)
        harm_days, harm_wrong = held_or(held.harm_days, days), held_or(held.harm_wrong, float(decisions.wrong[i]))
        if decisions.kind[i] == DEAL_EXCEPTION or decisions.kind[i] == ESCALATION:
            _harm(decisions, i, state.accounts, harm_days, harm_wrong, world.decisions)
        elif decisions.wrong[i] == 0 and _adopt(state.initiatives, decisions, i, world):
            sums[record.INITIATIVES_STARTED] += 1.0
        elif decisions.kind[i] == STRATEGY_MOVE:
            _drop(state.fronts, state.firm.gauges, decisions.row[i] - 1)
    sums[record.DECISIONS_OPEN] = still_open


@phase
def _note(decisions: Decisions, i: int, days: float, routes: Routes, sums: Column) -> None:
    """Note a settled decision in the week's record."""
    sums[record.DECISIONS_SETTLED] += 1.0
    sums[record.WORK_LATENCY_DAYS] += days
    sums[record.DECISIONS_REWORKED] += decisions.reworked[i]
    sums[record.DECISIONS_WRONG] += decisions.wrong[i]
    sums[record.DECISIONS_DEFAULTED] += decisions.defaulted[i]
    sums[record.SCOPE_OTHERS] += functions_in(decisions.scope[i]) - 1
    for f in range(4):
        in_scope = (decisions.scope[i] >> f) & 1 and f != ORIGIN_OF_KIND[decisions.kind[i]]
        heard = (decisions.asked[i] >> f) & 1 or routes.head_of[f] == decisions.owner[i]
        if in_scope and decisions.defaulted[i] == 0 and heard:
            sums[record.SCOPE_ASKED] += 1.0


@phase
def _harm(decisions: Decisions, i: int, accounts: Accounts, days: float, wrong: float, rules: Any) -> None:
    """Let a late or wrong decision cool the deal, or sour the customer, from which it came."""
    row, at_stake = decisions.row[i], decisions.at_stake[i]
    accounts.waiting[row] = 0
    stage = accounts.stage[row]
    if decisions.kind[i] == DEAL_EXCEPTION:
        if stage in (OPPORTUNITY, LEAD):
            cooled = at_stake * lateness_harm(days, rules.cooling_per_day, wrong, rules.wrong_deal_loss)
            accounts.heat[row] -= cooled
    elif stage == CUSTOMER:
        sour = at_stake * lateness_harm(days, rules.souring_per_day, wrong, rules.wrong_customer_loss)
        accounts.health[row] = max(0.0, accounts.health[row] - sour)


@phase
def _drop(fronts: Fronts, gauges: Column, f: int) -> None:
    """Leave the play of a front, or the allocation, as it is: a wrong call changes nothing."""
    if f >= 0:
        fronts.play_proposed[f] = -1
    else:
        gauges[gauge.PROPOSAL_OPEN] = 0.0


@phase
def _adopt(initiatives: Initiatives, decisions: Decisions, i: int, world: World) -> bool:
    """Put an adopted change on the list of initiatives; false when the list is full."""
    changes_play = decisions.kind[i] == STRATEGY_MOVE and decisions.row[i] > 0
    hours = world.plays.change_hours if changes_play else world.strategy.initiative_hours
    for slot in range(initiatives.kind.shape[0]):
        if initiatives.kind[slot] < 0:
            initiatives.kind[slot], initiatives.hours[slot] = decisions.kind[i], hours
            initiatives.order[slot], initiatives.row[slot] = decisions.settled[i], decisions.row[i]
            return True
    return False


@loop
def reroute(decisions: Decisions, people: People, routes: Routes, week: int) -> None:
    """Hand open decisions to the seats that are now in charge of them, with their days and replies kept."""
    for i in range(decisions.state.shape[0]):
        if decisions.state[i] == OPEN:
            seat = seat_in_charge(routes, people, decisions.scope[i], decisions.climbs[i], week)
            if seat != decisions.owner[i]:
                decisions.owner[i] = seat
                if decisions.serving[i] == AT_WORK:
                    decisions.serving[i] = BEGUN
