"""The desks of all seats as one exact continuous-time queue, whatever the step of the model.

Each seat's in-tray serves one job at a time, in order of readiness, at the speed of the share of every day that its
holder gives to it. Jobs are decisions (column 0) and consults of the heads of functions (columns 1 to 4). Between two
calls everything lives in the columns of `Decisions`; the order of service is rebuilt from the days of arrival.
"""

import numpy as np

from revorg.simulation.chance import CAUGHT, REWORK, WRONG, exponential, stream, uniform
from revorg.simulation.codes import AT_WORK, BEGUN, DOMAIN_OF_KIND, NOT_BEGUN, OPEN, ORIGIN_OF_KIND, SETTLED, Column
from revorg.simulation.compiling import loop, rule
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


@loop
def run_desks(
    state: Column, kind: Column, row: Column, week: Column, probe: Column, scope: Column, asked: Column,
    owner: Column, raised: Column, arrives: Column, work: Column, reply: Column, awaited: Column, serving: Column,
    reworked: Column, wrong: Column, defaulted: Column, settled: Column, line: Column, skill: Column,
    hours_a_day: Column, served_hours: Column, head_of: Column, domain_of_function: Column, mean_hours: Column,
    start: float, until: float, seed: int, offset: float, cross_line_delay: float, time_limit: float,
    wrong_base: float, wrong_ceiling: float, wrong_per_unasked: float, caught_share: float, default_wrong: float,
    held_wrong: float,
) -> None:  # fmt: skip
    """Serve all desks from working day `start` to `until`.

    Decisions that are settled by then get state SETTLED, a day and what became of them. `hours_a_day` has shape
    (seats,), `served_hours` likewise and is filled with the hours really spent at each desk. `held_wrong` replaces the
    probability of a wrong call, unless NaN.
    """
    slots, seats = state.shape[0], line.shape[0]
    # Everything that waits or is on its way, by day of arrival.
    days = np.empty(2 * slots * _JOBS + 1)
    jobs = np.empty(2 * slots * _JOBS + 1, np.int64)
    waiting = _line_up(days, jobs, state, awaited, serving, arrives, work)
    behind = np.full(slots * _JOBS, _NOBODY, np.int64)  # who is next behind a job at a desk
    first = np.full(seats, _NOBODY, np.int64)
    last = np.full(seats, _NOBODY, np.int64)
    busy = np.full(seats, _NOBODY, np.int64)
    begun = np.full(seats, np.inf)
    done = np.full(seats, np.inf)
    served_hours[:] = 0.0
    while True:
        desk, when = _NOBODY, np.inf
        for s in range(seats):
            if done[s] < when:
                desk, when = s, done[s]
        if waiting > 0 and max(days[0], start) <= when:
            when = max(days[0], start)
            if when >= until:
                break
            job = jobs[0]
            waiting = drop_first(days, jobs, waiting)
            i, k = job // _JOBS, job % _JOBS
            if state[i] != OPEN:
                continue
            desk = owner[i] if k == 0 else head_of[k - 1]
            behind[job] = _NOBODY
            if last[desk] == _NOBODY:
                first[desk] = job
            else:
                behind[last[desk]] = job
            last[desk] = job
        else:
            if when >= until:
                break
            # A desk has finished a job.
            job = busy[desk]
            i, k = job // _JOBS, job % _JOBS
            busy[desk], done[desk] = _NOBODY, np.inf
            served_hours[desk] += (when - begun[desk]) * hours_a_day[desk]
            work[i, k] = -1.0
            if state[i] == OPEN:
                if k > 0 and when >= raised[i] + time_limit:
                    pass  # the asker's time has run out: nobody waits for this reply
                elif k > 0:
                    waiting = _replied(
                        i, k, when, line, owner, arrives, reply, awaited, days, jobs, waiting, cross_line_delay
                    )
                else:
                    unasked = _unasked(scope[i], asked[i], kind[i], owner[i], head_of)
                    expert = skill[desk, DOMAIN_OF_KIND[kind[i]]]
                    chance = wrong_probability(expert, unasked, wrong_base, wrong_ceiling, wrong_per_unasked)
                    entity = entity_of(row[i], kind[i], 0)
                    is_wrong = reworked[i] == 0 and _errs(seed, week[i], entity, held_or(held_wrong, chance))
                    if is_wrong and _is_caught(seed, week[i], entity, caught_share):
                        reworked[i], serving[i] = 1, BEGUN
                        work[i, 0] = mean_hours[kind[i]] * exponential(stream(seed, REWORK, week[i]), entity)
                        arrives[i, 0] = when
                        waiting = push(days, jobs, waiting, when, job)
                    else:
                        wrong[i] = 1 if is_wrong else 0
                        state[i], settled[i] = SETTLED, when
        # The desk takes the next job that is ready.
        while busy[desk] == _NOBODY and first[desk] != _NOBODY and hours_a_day[desk] > 0.0:
            job = first[desk]
            first[desk] = behind[job]
            if first[desk] == _NOBODY:
                last[desk] = _NOBODY
            i, k = job // _JOBS, job % _JOBS
            if state[i] != OPEN:
                continue
            if when >= raised[i] + time_limit and serving[i] == NOT_BEGUN:
                continue  # too late: its origin will have decided alone, see below
            takes = desk_days(
                work[i, k], _skill_for(skill, desk, kind[i], k, domain_of_function), offset, hours_a_day[desk]
            )
            if probe[i] == 0:
                busy[desk], begun[desk], done[desk] = job, when, when + takes
                if k == 0:
                    serving[i] = AT_WORK
                else:
                    done[desk] = min(done[desk], raised[i] + time_limit)
            elif k > 0:
                work[i, k] = -1.0
                waiting = _replied(
                    i, k, when + takes, line, owner, arrives, reply, awaited, days, jobs, waiting, cross_line_delay
                )
            else:
                state[i], settled[i] = SETTLED, min(when + takes, raised[i] + time_limit)
    _lay_aside(busy, begun, until, kind, work, skill, hours_a_day, served_hours, domain_of_function, offset)
    for i in range(slots):
        if state[i] != OPEN or serving[i] != NOT_BEGUN or raised[i] + time_limit > until:
            continue
        # The origin decides alone, asking nobody, and worse.
        expert = skill[head_of[ORIGIN_OF_KIND[kind[i]]], DOMAIN_OF_KIND[kind[i]]]
        others = functions_in(scope[i]) - 1
        chance = default_wrong + wrong_probability(expert, others, wrong_base, wrong_ceiling, wrong_per_unasked)
        entity = entity_of(row[i], kind[i], 0)
        wrong[i] = 1 if _errs(seed, week[i], entity, held_or(held_wrong, chance)) else 0
        state[i], settled[i], defaulted[i] = SETTLED, raised[i] + time_limit, 1


@loop
def settle_unqueued(
    state: Column, kind: Column, row: Column, week: Column, probe: Column, scope: Column, asked: Column,
    owner: Column, raised: Column, reworked: Column, wrong: Column, settled: Column, skill: Column, head_of: Column,
    until: float, seed: int, days: float, wrong_base: float, wrong_ceiling: float, wrong_per_unasked: float,
    caught_share: float, held_wrong: float,
) -> None:  # fmt: skip
    """Settle every decision a fixed number of working days after it was raised, as if no desk were ever busy."""
    for i in range(state.shape[0]):
        if state[i] != OPEN or raised[i] + days > until:
            continue
        expert = skill[owner[i], DOMAIN_OF_KIND[kind[i]]]
        unasked = _unasked(scope[i], asked[i], kind[i], owner[i], head_of)
        chance = wrong_probability(expert, unasked, wrong_base, wrong_ceiling, wrong_per_unasked)
        entity = entity_of(row[i], kind[i], 0)
        if probe[i] == 0 and _errs(seed, week[i], entity, held_or(held_wrong, chance)):
            # The time of doing it again is in the mean.
            reworked[i] = 1 if _is_caught(seed, week[i], entity, caught_share) else 0
            wrong[i] = 1 - reworked[i]
        state[i], settled[i] = SETTLED, raised[i] + days


@rule
def _line_up(
    days: Column, jobs: Column, state: Column, awaited: Column, serving: Column, arrives: Column, work: Column
) -> int:
    """Put every open job on the heap by its day of arrival; return how many there are."""
    waiting = 0
    for i in range(state.shape[0]):
        if state[i] != OPEN:
            continue
        if awaited[i] == 0:
            # Whoever is at work on a decision finishes it before all that is handed over.
            waiting = push(days, jobs, waiting, -np.inf if serving[i] == AT_WORK else arrives[i, 0], i * _JOBS)
            continue
        for k in range(1, _JOBS):
            if work[i, k] >= 0.0:
                waiting = push(days, jobs, waiting, arrives[i, k], i * _JOBS + k)
    return waiting


@rule
def _lay_aside(
    busy: Column, begun: Column, until: float, kind: Column, work: Column, skill: Column, hours_a_day: Column,
    served_hours: Column, domain_of_function: Column, offset: float,
) -> None:  # fmt: skip
    """Note at the end of the stretch what is left of the job on every desk."""
    for s in range(busy.shape[0]):
        if busy[s] == _NOBODY:
            continue
        i, k = busy[s] // _JOBS, busy[s] % _JOBS
        worked = (until - begun[s]) * hours_a_day[s]
        served_hours[s] += worked
        factor = offset - _skill_for(skill, s, kind[i], k, domain_of_function)
        work[i, k] = max(work[i, k] - worked / factor, 0.0)


@rule
def _errs(seed: int, week: int, entity: int, chance: float) -> bool:
    """Whether a call is wrong."""
    return uniform(stream(seed, WRONG, week), entity) < chance


@rule
def _is_caught(seed: int, week: int, entity: int, share: float) -> bool:
    """Whether a wrong call is noticed before it is carried out."""
    return uniform(stream(seed, CAUGHT, week), entity) < share


@rule
def _skill_for(skill: Column, seat: int, kind: int, job: int, domain_of_function: Column) -> float:
    """Skill that a job at a desk calls for: a decision its own domain, a consult that of the head's function."""
    return skill[seat, DOMAIN_OF_KIND[kind] if job == 0 else domain_of_function[job - 1]]


@rule
def _unasked(scope: int, asked: int, kind: int, owner: int, head_of: Column) -> int:
    """Count the functions in scope that nobody spoke for: neither the origin, nor asked, nor headed by the owner."""
    count = 0
    for f in range(4):
        spoke = f == ORIGIN_OF_KIND[kind] or (asked >> f) & 1 or head_of[f] == owner
        if (scope >> f) & 1 and not spoke:
            count += 1
    return count


@rule
def _replied(
    i: int, k: int, day: float, line: Column, owner: Column, arrives: Column, reply: Column, awaited: Column,
    days: Column, jobs: Column, waiting: int, cross_line_delay: float,
) -> int:  # fmt: skip
    """Take in one reply; with the last of them the decision is ready and goes to its owner's desk."""
    in_line = ((line[owner[i]] >> (k - 1)) & 1) == 1
    reply[i] = max(reply[i], reply_day(arrives[i, k], day, in_line, cross_line_delay))
    awaited[i] -= 1
    if awaited[i] == 0:
        arrives[i, 0] = max(arrives[i, 0], reply[i])
        waiting = push(days, jobs, waiting, arrives[i, 0], i * _JOBS)
    return waiting
