"""What reps have to sell with: their hours, and the leads they take up."""

import numpy as np

from revorg.simulation.chance import DEAL_START, TURN, stream, uniform
from revorg.simulation.codes import EXECUTION_WORK, LEAD, LOST, MATURITY, OPPORTUNITY, Column
from revorg.simulation.compiling import loop, rule
from revorg.simulation.record import R_CAPACITY, R_CONTESTED_CLOSED, R_DEALS_OPEN, R_NO_DECISION, R_REPS, R_UNWORKED
from revorg.simulation.submodels.heaps import drop_first, list_rows, push
from revorg.simulation.submodels.rules import deal_hours_of, held_or, most_contested, priority_of, responsive


@rule
def ramp(weeks: float, ramp_weeks: float) -> float:
    """Productivity of a rep some weeks after the hire: linear up to 1. [0..1]  Source: Bridge Group (ramp times).

    >>> ramp(11.0, ramp_weeks=22.0)
    0.5
    """
    return min(max(weeks, 0.0) / ramp_weeks, 1.0)


@rule
def selling_share(maturity: float, admin_share: float, relief: float) -> float:
    """Share of a rep's hours left for selling; mature processes take off some of the administration. [0..1]

    >>> round(selling_share(0.5, admin_share=0.4, relief=0.5), 2)
    0.7
    """
    return 1.0 - admin_share * (1.0 - relief * maturity)


@loop
def _rep_hours(
    active: Column, share: Column, hired: Column, skill: Column, hours: Column, load: Column, weight: Column,
    gauges: Column, lift: Column, record: Column, week: int, rep_hours: float, admin_share: float,
    admin_relief: float, ramp_weeks: float, coaching_gain: float, held_lift: float,
) -> None:  # fmt: skip
    selling = rep_hours * selling_share(gauges[MATURITY], admin_share, admin_relief)
    selling *= responsive(coaching_gain, held_or(held_lift, lift[EXECUTION_WORK]))
    posts, total = 0.0, 0.0
    for r in range(active.shape[0]):
        load[r] = weight[r] = hours[r] = 0.0
        if active[r] == 1:
            hours[r] = selling * share[r] * ramp(float(week - hired[r]), ramp_weeks) * skill[r]
            posts += share[r]
            total += hours[r]
    record[R_REPS] = posts
    record[R_CAPACITY] = total


@loop
def _take_leads(
    stage: Column, since: Column, due: Column, attempt: Column, rep: Column, progress: Column, heat: Column,
    size: Column, front: Column, segment_of_front: Column, pressure: Column, active: Column, segment: Column,
    hours: Column, load: Column, weight: Column, record: Column, seed: int, week: int, segments: int,
    deal_hours: float, hours_exponent: float, pace_weeks: float, capacity_limit: float, priority_exponent: float,
    patience: float, unworked_return_weeks: float, lost_return_weeks: float,
) -> None:  # fmt: skip
    contested = most_contested(pressure)
    rows = np.empty(stage.shape[0], np.int64)
    for place in range(list_rows(stage, OPPORTUNITY, rows)):
        i = rows[place]
        if active[rep[i]] == 0:
            # The rep has left: the deal waits for a new one, with its age and what was done.
            stage[i], due[i], rep[i] = LEAD, week + patience, -1
        elif progress[i] < 1.0:  # afterwards there is nothing left to do but to wait for an exception
            load[rep[i]] += deal_hours_of(size[i], deal_hours, hours_exponent) / pace_weeks
            weight[rep[i]] += priority_of(size[i], priority_exponent)
    leads = 0
    for place in range(list_rows(stage, LEAD, rows)):
        i = rows[place]
        if week > due[i]:
            # A lead that nobody took up, or a deal that nobody went on with after its rep had left.
            begun = progress[i] > 0.0
            record[R_DEALS_OPEN] += begun
            record[R_NO_DECISION] += begun
            record[R_CONTESTED_CLOSED] += begun and front[i] == contested
            record[R_UNWORKED] += not begun
            back = lost_return_weeks if begun else unworked_return_weeks
            stage[i], due[i], rep[i], progress[i] = LOST, week + back, -1, 0.0
        else:
            rows[leads] = i
            leads += 1
    # No row of the table has a standing right of way: each lead draws its own turn every week. They come in the order
    # of their turns, for as long as there is a segment with room.
    turns, queue = np.empty(leads), np.empty(leads, np.int64)
    draws = stream(seed, TURN, week)
    for place in range(leads):
        push(turns, queue, place, uniform(draws, rows[place]), rows[place])
    relative, reps, able = _reps_by_load(active, segment, hours, load, segments)
    full = np.zeros(segments, np.int64)
    while leads > 0 and full.sum() < segments:
        i = queue[0]
        leads = drop_first(turns, queue, leads)
        wanted = segment_of_front[front[i]]
        able[wanted] = _first_brought_up_to_date(relative[wanted], reps[wanted], able[wanted], load, hours)
        if able[wanted] == 0 or relative[wanted, 0] >= capacity_limit:
            full[wanted] = 1
            continue
        best = reps[wanted, 0]
        if progress[i] == 0.0:  # begun on some day of the week, so that a pace need not be whole weeks
            since[i] = week
            attempt[i] += 1
            heat[i] = 0.0
            progress[i] = uniform(stream(seed, DEAL_START, attempt[i]), i) / pace_weeks
        stage[i], rep[i] = OPPORTUNITY, best
        if progress[i] < 1.0:
            load[best] += deal_hours_of(size[i], deal_hours, hours_exponent) / pace_weeks
            weight[best] += priority_of(size[i], priority_exponent)


@rule
def _reps_by_load(
    active: Column, segment: Column, hours: Column, load: Column, segments: int
) -> tuple[Column, Column, Column]:
    """For every segment a heap of the reps who cover it, by load relative to hours; and how many they are.

    A rep covers the own segment and the next; what nobody covers is everybody's.
    """
    slots = active.shape[0]
    relative, reps = np.empty((segments, slots)), np.empty((segments, slots), np.int64)
    able = np.zeros(segments, np.int64)
    for r in range(slots):
        if active[r] == 0 or not hours[r] > 0.0:
            continue
        for next in range(min(2, segments)):
            covered = (segment[r] + next) % segments
            able[covered] = push(relative[covered], reps[covered], able[covered], load[r] / hours[r], r)
    for left in range(segments):
        if able[left] > 0:
            continue
        for r in range(slots):
            if active[r] == 1 and hours[r] > 0.0:
                able[left] = push(relative[left], reps[left], able[left], load[r] / hours[r], r)
    return relative, reps, able


@rule
def _first_brought_up_to_date(relative: Column, reps: Column, size: int, load: Column, hours: Column) -> int:
    """Put the least loaded rep first, whose load may have grown through another segment; return the heap's size."""
    while size > 0:
        first = reps[0]
        now = load[first] / hours[first]
        if not now > relative[0]:  # loads only grow
            break
        size = push(relative, reps, drop_first(relative, reps, size), now, first)
    return size
