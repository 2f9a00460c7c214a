"""What reps have to sell with: their hours, and the leads they take up."""

from typing import Any

import numpy as np

from revorg.simulation.chance import purpose, stream, uniform
from revorg.simulation.codes import EXECUTION_WORK, LEAD, LOST, OPPORTUNITY, Column, gauge
from revorg.simulation.compiling import phase, rule, step
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import record
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Accounts, Firm, Fronts, Reps
from revorg.simulation.submodels.heaps import drop_first, list_rows, push
from revorg.simulation.submodels.rules import (
    bought_a_post,
    deal_hours_of,
    held_or,
    most_contested,
    posts_at_work,
    priority_of,
    responsive,
    selling_share,
)

POOLED = 0  # the first of the readings of whose leads are


@rule
def ramp(weeks: float, ramp_weeks: float) -> float:
    """Productivity of a rep some weeks after the hire: linear up to 1. [0..1]  Source: Bridge Group (ramp times).

    >>> ramp(11.0, ramp_weeks=22.0)
    0.5
    """
    return min(max(weeks, 0.0) / ramp_weeks, 1.0)


@step
def take_leads(
    accounts: Accounts, fronts: Fronts, reps: Reps, firm: Firm, sums: Column, world: World, held: StandIns, now: Now
) -> None:  # fmt: skip
    """Give reps their hours, count what their deals ask for, and let them take new deals as far as they have room."""
    _share_hours(reps, firm, sums, world.sales, held, now.week)
    _load(accounts, reps, world, now.week)
    rows = _fresh_leads(accounts, most_contested(fronts.pressure, fronts.reach), sums, world, now.week)
    leads = rows.shape[0]
    # No row of the table has a standing right of way: each lead draws its own turn every week. They come in the order
    # of their turns, for as long as there is a segment with room.
    turns, queue = np.empty(leads), np.empty(leads, np.int64)
    draws = stream(now.seed, purpose.TURN, now.week)
    for place in range(leads):
        push(turns, queue, place, uniform(draws, rows[place]), rows[place])
    segments = world.market.segments
    if world.readings.leads != POOLED:
        _take_own(accounts, queue, turns, leads, reps, world, now)
        return
    relative, by_load, able = _reps_by_load(reps, segments)
    full = np.zeros(segments, np.int64)
    while leads > 0 and full.sum() < segments:
        i = queue[0]
        leads = drop_first(turns, queue, leads)
        wanted = fronts.segment[accounts.front[i]]
        able[wanted] = _first_brought_up_to_date(relative[wanted], by_load[wanted], able[wanted], reps)
        if able[wanted] == 0 or relative[wanted, 0] >= world.sales.capacity_limit:
            full[wanted] = 1
        else:
            _take(accounts, i, reps, by_load[wanted, 0], world.sales, now)


@phase
def _share_hours(reps: Reps, firm: Firm, sums: Column, sales: Any, held: StandIns, week: int) -> None:
    """Give every rep at work the week's productive selling hours."""
    posts, total = posts_at_work(reps), 0.0
    paid = sales.rep_hours + bought_a_post(firm.gauges[gauge.BOUGHT_HOURS], posts, sales.rep_hours)
    selling = paid * selling_share(firm.gauges[gauge.MATURITY], sales.admin_share, sales.admin_relief)
    selling *= responsive(sales.coaching_gain, held_or(held.coaching_lift, firm.lift[EXECUTION_WORK]))
    for r in range(reps.active.shape[0]):
        reps.load[r] = reps.weight[r] = reps.hours[r] = 0.0
        if reps.active[r] == 1:
            ramped = ramp(float(week - reps.hired[r]), sales.ramp_weeks)
            reps.hours[r] = selling * reps.share[r] * ramped * reps.skill[r]
            total += reps.hours[r]
    sums[record.REPS] = posts
    sums[record.CAPACITY_HOURS] = total


@phase
def _load(accounts: Accounts, reps: Reps, world: World, week: int) -> None:
    """Sum up what the open deals of every rep ask for; deals of those who left wait for a new rep.

    A deal that is done has nothing left but to wait for an exception.
    """
    sales = world.sales
    for i in list_rows(accounts.stage, OPPORTUNITY):
        r = accounts.rep[i]
        if reps.active[r] == 0:
            # The rep has left: the deal waits for a new one, with its age and what was done.
            accounts.stage[i], accounts.rep[i] = LEAD, -1
            accounts.due[i] = week + world.demand.lead_patience_weeks
        elif accounts.progress[i] < 1.0:
            reps.load[r] += deal_hours_of(accounts.size[i], sales.deal_hours, sales.hours_exponent) / sales.pace_weeks
            reps.weight[r] += priority_of(accounts.size[i], sales.priority_exponent)


@phase
def _fresh_leads(accounts: Accounts, contested: int, sums: Column, world: World, week: int) -> Column:
    """List the leads that are not given up yet; the others are lost."""
    rows, leads = list_rows(accounts.stage, LEAD), 0
    for i in rows:
        if week <= accounts.due[i]:
            rows[leads] = i
            leads += 1
            continue
        # A lead that nobody took up, or a deal that nobody went on with after its rep had left.
        begun = accounts.progress[i] > 0.0
        sums[record.DEALS_OPEN] += begun
        sums[record.DEALS_NO_DECISION] += begun
        sums[record.CONTESTED_CLOSED] += begun and accounts.front[i] == contested
        sums[record.LEADS_UNWORKED] += not begun
        back = world.demand.lost_return_weeks if begun else world.demand.unworked_return_weeks
        accounts.stage[i], accounts.rep[i], accounts.progress[i] = LOST, -1, 0.0
        accounts.due[i] = week + back
    return rows[:leads]


@phase
def _take_own(
    accounts: Accounts, queue: Column, turns: Column, leads: int, reps: Reps, world: World, now: Now
) -> None:  # fmt: skip
    """Let every lead ask the rep to whom it was given when it came, or when the last one left; nobody else may help."""
    draws = stream(now.seed, purpose.LEAD_OWNER, now.week)
    while leads > 0:
        i = queue[0]
        leads = drop_first(turns, queue, leads)
        r = accounts.rep[i]
        if r < 0 or reps.active[r] == 0:
            wanted = world.market.segments, accounts.front[i] % world.market.segments
            r = accounts.rep[i] = _somebody(reps, wanted, uniform(draws, i))
        if r >= 0 and reps.hours[r] > 0.0 and reps.load[r] < world.sales.capacity_limit * reps.hours[r]:
            _take(accounts, i, reps, r, world.sales, now)


@rule
def _somebody(reps: Reps, wanted: tuple[int, int], chance: float) -> int:
    """Rep who is given a lead of a segment: any who covers it, full-time ones oftener; −1 where nobody is at work."""
    segments, segment = wanted
    for everybody in (False, True):
        posts = 0.0
        for r in range(reps.active.shape[0]):
            posts += reps.active[r] * reps.share[r] * (everybody or covers(reps.segment[r], segment, segments))
        if posts == 0.0:
            continue
        left = chance * posts
        for r in range(reps.active.shape[0]):
            left -= reps.active[r] * reps.share[r] * (everybody or covers(reps.segment[r], segment, segments))
            if left < 0.0:
                return r
    return -1


@rule
def covers(own: int, segment: int, segments: int) -> bool:
    """Whether a rep of one segment works on another: a rep covers the own one and the next.

    >>> covers(3, segment=0, segments=4), covers(0, segment=3, segments=4)
    (True, False)
    """
    return segment in (own, (own + 1) % segments)


@phase
def _take(accounts: Accounts, i: int, reps: Reps, r: int, sales: Any, now: Now) -> None:
    """Let a rep take a lead, or go on with a deal that somebody left behind."""
    if accounts.progress[i] == 0.0:  # begun on some day of the week, so that a pace need not be whole weeks
        accounts.since[i] = now.week
        accounts.attempt[i] += 1
        accounts.heat[i] = 0.0
        begun = uniform(stream(now.seed, purpose.DEAL_START, accounts.attempt[i]), i)
        accounts.progress[i] = begun / sales.pace_weeks
    accounts.stage[i], accounts.rep[i] = OPPORTUNITY, r
    if accounts.progress[i] < 1.0:
        reps.load[r] += deal_hours_of(accounts.size[i], sales.deal_hours, sales.hours_exponent) / sales.pace_weeks
        reps.weight[r] += priority_of(accounts.size[i], sales.priority_exponent)


@phase
def _reps_by_load(reps: Reps, segments: int) -> tuple[Column, Column, Column]:
    """For every segment a heap of the reps who cover it, by load relative to hours; and how many they are.

    A rep covers the own segment and the next; what nobody covers is everybody's.
    """
    slots = reps.active.shape[0]
    relative, by_load = np.empty((segments, slots)), np.empty((segments, slots), np.int64)
    able = np.zeros(segments, np.int64)
    for r in range(slots):
        if reps.active[r] == 0 or not reps.hours[r] > 0.0:
            continue
        for next in range(min(2, segments)):
            covered = (reps.segment[r] + next) % segments
            load = reps.load[r] / reps.hours[r]
            able[covered] = push(relative[covered], by_load[covered], able[covered], load, r)
    for left in range(segments):
        if able[left] > 0:
            continue
        for r in range(slots):
            if reps.active[r] == 1 and reps.hours[r] > 0.0:
                load = reps.load[r] / reps.hours[r]
                able[left] = push(relative[left], by_load[left], able[left], load, r)
    return relative, by_load, able


@phase
def _first_brought_up_to_date(relative: Column, by_load: Column, size: int, reps: Reps) -> int:
    """Put the least loaded rep first, whose load may have grown through another segment; return the heap's size."""
    while size > 0:
        first = by_load[0]
        load = reps.load[first] / reps.hours[first]
        if not load > relative[0]:  # loads only grow
            break
        size = push(relative, by_load, drop_first(relative, by_load, size), load, first)
    return size
