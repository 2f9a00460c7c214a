"""The desks of all seats as one exact continuous-time queue, whatever the step of the model.

Each seat's in-tray serves one job at a time, in order of readiness, at the speed of the share of every day that its
holder gives to it. Jobs are decisions (column 0) and consults of the heads of functions (columns 1 to 4). Between two
calls everything lives in the columns of `Decisions`; the order of service is rebuilt from the days of arrival.
"""

from typing import Any, NamedTuple

import numpy as np

from revorg.simulation.chance import exponential, purpose, stream, uniform
from revorg.simulation.codes import (
    AT_WORK,
    BEGUN,
    DAYS_A_WEEK,
    DOMAIN_OF_FUNCTION,
    DOMAIN_OF_KIND,
    NOT_BEGUN,
    OPEN,
    ORIGIN_OF_KIND,
    SETTLED,
    Column,
)
from revorg.simulation.compiling import phase, rule, step
from revorg.simulation.numbers import Now, World
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Decisions, People, Routes
from revorg.simulation.submodels.heaps import drop_first, push
from revorg.simulation.submodels.rules import held_or

_JOBS = 5
_NOBODY = -1


@rule
def desk_days(work_hours: float, skill: float, offset: float, hours_a_day: float) -> float:
    """Working days that a job takes at a desk: skill saves work, the in-tray's share of the day sets the pace.

    >>> desk_days(4.5, skill=0.6, offset=1.6, hours_a_day=4.5)
    1.0
    """
    return work_hours * (offset - skill) / hours_a_day


@rule
def wrong_probability(skill: float, unasked: int, base: float, ceiling: float, per_unasked: float) -> float:
    """Chance that a call is wrong: falls with skill, rises with every function in scope that was not asked. [0..1]

    >>> round(wrong_probability(0.5, unasked=1, base=0.3, ceiling=1.5, per_unasked=0.08), 2)
    0.38
    """
    return min(max(base * (ceiling - skill) + per_unasked * unasked, 0.0), 1.0)


@rule
def reply_day(asked: float, answered: float, in_line: bool, cross_line_delay: float) -> float:
    """Working day a reply is back; across lines everything takes longer by a factor.

    >>> reply_day(10.0, answered=12.0, in_line=False, cross_line_delay=1.5)
    13.0
    """
    return answered if in_line else asked + (answered - asked) * cross_line_delay


@rule
def entity_of(row: int, kind: int, probe: int) -> int:
    """Entity of a decision's draws: the row and kind that raised it; probes count on their own.

    >>> entity_of(2, kind=1, probe=0)
    72
    """
    return (row * 4 + kind) * 8 + (1 << 50) * probe


@rule
def functions_in(mask: int) -> int:
    """Count the functions in a bit mask.

    >>> functions_in(0b1011)
    3
    """
    return (mask & 1) + ((mask >> 1) & 1) + ((mask >> 2) & 1) + ((mask >> 3) & 1)


@rule
def mean_hours_of(decisions: Any, kind: int) -> float:
    """Mean work of settling a decision of a kind. [h]

    >>> from revorg.simulation.parameters.firm import Decisions
    >>> mean_hours_of(Decisions(move_hours=5.0), 2)
    5.0
    """
    return (
        decisions.exception_hours, decisions.escalation_hours, decisions.move_hours, decisions.change_hours
    )[kind]  # fmt: skip


class Desks(NamedTuple):
    """All desks while they are served: what is at each of them, behind it, and on its way.

    A job is a decision or a consult: row × 5 + column. Arrays of shape (seats,), (jobs,) or (twice the jobs,).
    """

    hours_a_day: Column  # (seats,)
    busy: Column  # (seats,) the job that is being done
    begun: Column  # (seats,) working day on which it was begun
    done: Column  # (seats,) working day on which it will be done
    first: Column  # (seats,) the next job
    last: Column  # (seats,) the last of those that wait
    behind: Column  # (jobs,) who is next behind a job
    days: Column  # heap of what is on its way, by working day of arrival
    jobs: Column  # the jobs of that heap
    coming: Column  # (1,) how many are on their way


@phase
def _open_desks(decisions: Decisions, hours_a_day: Column) -> Desks:
    """Set up the desks for a stretch, with every open job on its way."""
    seats, jobs = hours_a_day.shape[0], decisions.state.shape[0] * _JOBS
    desks = Desks(
        hours_a_day,
        np.full(seats, _NOBODY, np.int64),
        np.full(seats, np.inf),
        np.full(seats, np.inf),
        np.full(seats, _NOBODY, np.int64),
        np.full(seats, _NOBODY, np.int64),
        np.full(jobs, _NOBODY, np.int64),
        np.empty(2 * jobs + 1),
        np.empty(2 * jobs + 1, np.int64),
        np.zeros(1, np.int64),
    )
    for i in range(decisions.state.shape[0]):
        if decisions.state[i] != OPEN:
            continue
        if decisions.awaited[i] == 0:
            # Whoever is at work on a decision finishes it before all that is handed over.
            _send(desks, i * _JOBS, -np.inf if decisions.serving[i] == AT_WORK else decisions.arrives[i, 0])
            continue
        for k in range(1, _JOBS):
            if decisions.work[i, k] >= 0.0:
                _send(desks, i * _JOBS + k, decisions.arrives[i, k])
    return desks


@phase
def _send(desks: Desks, job: int, day: float) -> None:
    """Send a job to its desk."""
    desks.coming[0] = push(desks.days, desks.jobs, desks.coming[0], day, job)


@phase
def _line_up(desks: Desks, desk: int, job: int) -> None:
    """Put a job that has arrived behind those that wait at its desk."""
    desks.behind[job] = _NOBODY
    if desks.last[desk] == _NOBODY:
        desks.first[desk] = job
    else:
        desks.behind[desks.last[desk]] = job
    desks.last[desk] = job


@step
def run_desks(
    decisions: Decisions, people: People, routes: Routes, hours_a_day: Column, world: World, held: StandIns, now: Now
) -> None:  # fmt: skip
    """Serve all desks for a week, from its first working day on.

    Decisions that are settled by its end get state SETTLED, a day and what became of them. `hours_a_day` has shape
    (seats,); `people.tray_hours` is filled with the hours really spent at each desk. What stands in for the
    probability of a wrong call replaces it.
    """
    start = DAYS_A_WEEK * now.week
    until = start + DAYS_A_WEEK
    desks = _open_desks(decisions, hours_a_day)
    people.tray_hours[:] = 0.0
    while True:
        desk, when = _NOBODY, np.inf
        for s in range(desks.done.shape[0]):
            if desks.done[s] < when:
                desk, when = s, desks.done[s]
        if desks.coming[0] > 0 and max(desks.days[0], start) <= when:
            when = max(desks.days[0], start)
            if when >= until:
                break
            job = desks.jobs[0]
            desks.coming[0] = drop_first(desks.days, desks.jobs, desks.coming[0])
            i, k = job // _JOBS, job % _JOBS
            if decisions.state[i] != OPEN:
                continue
            desk = decisions.owner[i] if k == 0 else routes.head_of[k - 1]
            _line_up(desks, desk, job)
        elif when >= until:
            break
        else:
            _finish(desks, desk, when, decisions, people, routes, world, held, now.seed)
        _go_on(desks, desk, when, decisions, people, routes, world.decisions)
    _lay_aside(desks, until, decisions, people, world.decisions.skill_offset)
    _leave_to_origin(decisions, people, routes, world.decisions, held, until, now.seed)


@phase
def _finish(
    desks: Desks, desk: int, when: float, decisions: Decisions, people: People, routes: Routes, world: World,
    held: StandIns, seed: int,
) -> None:  # fmt: skip
    """Take a job off a desk that is done with it: a reply goes out, a decision is settled or has to be done again."""
    rules, job = world.decisions, desks.busy[desk]
    i, k = job // _JOBS, job % _JOBS
    desks.busy[desk], desks.done[desk] = _NOBODY, np.inf
    people.tray_hours[desk] += (when - desks.begun[desk]) * desks.hours_a_day[desk]
    decisions.work[i, k] = -1.0
    if decisions.state[i] != OPEN:
        return
    if k > 0:
        if when < decisions.raised[i] + rules.time_limit_days:  # else nobody waits for this reply any more
            _reply(desks, i, k, when, decisions, people, rules.cross_line_delay)
        return
    if decisions.small[i] == 1:  # its doing again is in the mean
        decisions.state[i], decisions.settled[i] = SETTLED, when
        return
    entity = entity_of(decisions.row[i], decisions.kind[i], 0)
    chance = held_or(held.wrong_calls, _chance_of_error(decisions, i, desk, people, routes, rules))
    is_wrong = decisions.reworked[i] == 0 and _errs(seed, decisions.week[i], entity, chance)
    if is_wrong and _is_caught(seed, decisions.week[i], entity, rules.caught_share):
        again = exponential(stream(seed, purpose.REWORK, decisions.week[i]), entity)
        decisions.reworked[i], decisions.serving[i] = 1, BEGUN
        decisions.work[i, 0] = mean_hours_of(rules, decisions.kind[i]) * again
        decisions.arrives[i, 0] = when
        _send(desks, job, when)
    else:
        decisions.wrong[i] = 1 if is_wrong else 0
        decisions.state[i], decisions.settled[i] = SETTLED, when


@phase
def _go_on(
    desks: Desks, desk: int, when: float, decisions: Decisions, people: People, routes: Routes, rules: Any
) -> None:  # fmt: skip
    """Let a desk take the next job that is ready, and all probes before it."""
    while desks.busy[desk] == _NOBODY and desks.first[desk] != _NOBODY and desks.hours_a_day[desk] > 0.0:
        job = desks.first[desk]
        desks.first[desk] = desks.behind[job]
        if desks.first[desk] == _NOBODY:
            desks.last[desk] = _NOBODY
        i, k = job // _JOBS, job % _JOBS
        if decisions.state[i] != OPEN:
            continue
        limit = decisions.raised[i] + rules.time_limit_days
        if when >= limit and decisions.serving[i] == NOT_BEGUN:
            continue  # too late: its origin will have decided alone, see below
        skill = _skill_for(people.skill, desk, decisions.kind[i], k)
        takes = desk_days(decisions.work[i, k], skill, rules.skill_offset, desks.hours_a_day[desk])
        if decisions.probe[i] == 0:
            desks.busy[desk], desks.begun[desk], desks.done[desk] = job, when, when + takes
            if k == 0:
                decisions.serving[i] = AT_WORK
            else:
                desks.done[desk] = min(desks.done[desk], limit)
        elif k > 0:
            decisions.work[i, k] = -1.0
            _reply(desks, i, k, when + takes, decisions, people, rules.cross_line_delay)
        else:
            decisions.state[i], decisions.settled[i] = SETTLED, when + takes


@phase
def _reply(
    desks: Desks, i: int, k: int, day: float, decisions: Decisions, people: People, cross_line_delay: float
) -> None:  # fmt: skip
    """Take in one reply; with the last of them the decision is ready and goes to its owner's desk."""
    in_line = ((people.line[decisions.owner[i]] >> (k - 1)) & 1) == 1
    back = reply_day(decisions.arrives[i, k], day, in_line, cross_line_delay)
    decisions.reply[i] = max(decisions.reply[i], back)
    decisions.awaited[i] -= 1
    if decisions.awaited[i] == 0:
        decisions.arrives[i, 0] = max(decisions.arrives[i, 0], decisions.reply[i])
        _send(desks, i * _JOBS, decisions.arrives[i, 0])


@phase
def _lay_aside(desks: Desks, until: float, decisions: Decisions, people: People, offset: float) -> None:
    """Note at the end of the stretch what is left of the job on every desk."""
    for s in range(desks.busy.shape[0]):
        if desks.busy[s] == _NOBODY:
            continue
        i, k = desks.busy[s] // _JOBS, desks.busy[s] % _JOBS
        worked = (until - desks.begun[s]) * desks.hours_a_day[s]
        people.tray_hours[s] += worked
        factor = offset - _skill_for(people.skill, s, decisions.kind[i], k)
        decisions.work[i, k] = max(decisions.work[i, k] - worked / factor, 0.0)


@phase
def _leave_to_origin(
    decisions: Decisions, people: People, routes: Routes, rules: Any, held: StandIns, until: float, seed: int
) -> None:  # fmt: skip
    """Let the origin decide alone what nobody has begun within the time limit, asking nobody, and worse."""
    for i in range(decisions.state.shape[0]):
        limit = decisions.raised[i] + rules.time_limit_days
        if decisions.state[i] != OPEN or decisions.serving[i] != NOT_BEGUN or limit > until:
            continue
        kind = decisions.kind[i]
        expert = people.skill[routes.head_of[ORIGIN_OF_KIND[kind]], DOMAIN_OF_KIND[kind]]
        others = functions_in(decisions.scope[i]) - 1
        errs = wrong_probability(expert, others, rules.wrong_base, rules.wrong_skill_ceiling, rules.wrong_per_unasked)
        chance = held_or(held.wrong_calls, rules.default_wrong + errs)
        entity = entity_of(decisions.row[i], kind, 0)
        decisions.wrong[i] = 1 if _errs(seed, decisions.week[i], entity, chance) else 0
        decisions.state[i], decisions.settled[i], decisions.defaulted[i] = SETTLED, limit, 1


@step
def settle_unqueued(
    decisions: Decisions, people: People, routes: Routes, world: World, held: StandIns, now: Now
) -> None:  # fmt: skip
    """Settle every decision a fixed number of working days after it was raised, as if no desk were ever busy."""
    rules, until = world.decisions, DAYS_A_WEEK * (now.week + 1)
    for i in range(decisions.state.shape[0]):
        if decisions.state[i] != OPEN or decisions.raised[i] + held.latency_days > until:
            continue
        chance = held_or(held.wrong_calls, _chance_of_error(decisions, i, decisions.owner[i], people, routes, rules))
        entity = entity_of(decisions.row[i], decisions.kind[i], 0)
        if decisions.probe[i] == 0 and _errs(now.seed, decisions.week[i], entity, chance):
            # The time of doing it again is in the mean.
            caught = _is_caught(now.seed, decisions.week[i], entity, rules.caught_share)
            decisions.reworked[i] = 1 if caught else 0
            decisions.wrong[i] = 1 - decisions.reworked[i]
        decisions.state[i], decisions.settled[i] = SETTLED, decisions.raised[i] + held.latency_days


@phase
def _chance_of_error(
    decisions: Decisions, i: int, seat: int, people: People, routes: Routes, rules: Any
) -> float:  # fmt: skip
    """Chance that the holder of a seat decides a matter wrong."""
    expert = people.skill[seat, DOMAIN_OF_KIND[decisions.kind[i]]]
    unasked = _unasked(decisions, i, routes)
    return wrong_probability(expert, unasked, rules.wrong_base, rules.wrong_skill_ceiling, rules.wrong_per_unasked)


@phase
def _unasked(decisions: Decisions, i: int, routes: Routes) -> int:
    """Count the functions in scope that nobody spoke for: neither the origin, nor asked, nor headed by the owner."""
    count = 0
    for f in range(4):
        spoke = (
            f == ORIGIN_OF_KIND[decisions.kind[i]]
            or (decisions.asked[i] >> f) & 1
            or routes.head_of[f] == decisions.owner[i]
        )
        if (decisions.scope[i] >> f) & 1 and not spoke:
            count += 1
    return count


@rule
def _errs(seed: int, week: int, entity: int, chance: float) -> bool:
    """Whether a call is wrong."""
    return uniform(stream(seed, purpose.WRONG, week), entity) < chance


@rule
def _is_caught(seed: int, week: int, entity: int, share: float) -> bool:
    """Whether a wrong call is noticed before it is carried out."""
    return uniform(stream(seed, purpose.CAUGHT, week), entity) < share


@rule
def _skill_for(skill: Column, seat: int, kind: int, job: int) -> float:
    """Skill that a job at a desk calls for: a decision its own domain, a consult that of the head's function."""
    return skill[seat, DOMAIN_OF_KIND[kind] if job == 0 else DOMAIN_OF_FUNCTION[job - 1]]
