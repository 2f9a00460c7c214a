"""Who leaves, and who comes: reps, posts, and leaders who lose or give up their seat."""

from revorg.simulation.chance import normal, purpose, stream, uniform
from revorg.simulation.codes import NO_OPENING, WEEKS_A_QUARTER, WEEKS_A_YEAR, Column, gauge
from revorg.simulation.compiling import phase, rule, step
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import record
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Firm, People, Reps
from revorg.simulation.submodels.rules import quota_usd

AT_RANDOM = 1
"""Place of the word for exits at random times."""


@rule
def quit_hazard(base_per_year: float, per_miss: float, morale: float) -> float:
    """Probability that a rep leaves this week; low morale drives people out. [0..1]  Source: Ebsta 2022–23 (level).

    >>> round(quit_hazard(0.26, per_miss=0.2, morale=1.0), 3)
    0.005
    """
    return (base_per_year + per_miss * (1.0 - morale)) / 52.0


@rule
def dismissal_probability(base: float, per_miss: float, misses: float, weight: float, other_shortfall: float) -> float:
    """Probability per quarter that a holder is dismissed for what the seat is measured on. [0..1]

    >>> round(dismissal_probability(0.03, per_miss=0.08, misses=2.0, weight=0.5, other_shortfall=0.0), 2)
    0.11
    """
    return min(1.0, base + per_miss * (weight * misses + other_shortfall))


@rule
def resistance(line: int, alignment: Column) -> float:
    """Resistance of the peers outside a line: their share of the functions times how little aligned they are. [0..1]

    >>> import numpy
    >>> float(resistance(0b0111, numpy.zeros((4, 4))))
    0.25
    """
    outside, total = 0, 0.0
    for f in range(4):
        if (line >> f) & 1:
            continue
        outside += 1
        others = 0.0
        for g in range(4):
            if g != f:
                others += alignment[f, g]
        total += 1.0 - others / 3.0
    return total / 4.0 if outside > 0 else 0.0


@rule
def next_post(wanted: float, least: float) -> float:
    """Share of a full post that is filled next, of the posts still wanted: none below the least. [0..1]

    >>> next_post(2.3, least=0.25), next_post(0.4, least=0.25), next_post(0.2, least=0.25)
    (1.0, 0.4, 0.0)
    """
    return min(wanted, 1.0) if wanted >= least else 0.0


@step
def hire_and_leave(
    firm: Firm, reps: Reps, people: People, sums: Column, world: World, held: StandIns, now: Now
) -> bool:  # fmt: skip
    """Let reps leave and come, open posts at a quarter's end, and let leaders leave; return whether a leader left."""
    _work_on(reps, sums, world, now.week)
    if not held.staffing:
        _leave_and_come(firm.gauges, reps, sums, world, now)
        if (now.week + 1) % WEEKS_A_QUARTER == 0 and firm.gauges[gauge.MISSES] < world.finance.freeze_quarters:
            opens = now.week + world.finance.hiring_weeks
            open_posts(reps, firm.gauges[gauge.REPS_WANTED], opens, world.finance.least_post)
    return _leaders_leave(firm, people, sums, world, held, now)


@phase
def _work_on(reps: Reps, sums: Column, world: World, week: int) -> None:
    """Count the week that reps worked; at a year's end hold each full year against its quota."""
    for r in range(reps.active.shape[0]):
        if reps.active[r] == 0:
            continue
        sums[record.REP_YEARS] += 1.0 / WEEKS_A_YEAR
        reps.quota_year[r] += quota_usd(world.sales) * reps.quota[r] * reps.share[r] / WEEKS_A_YEAR
        if (week + 1) % WEEKS_A_YEAR == 0:
            if week + 1 - reps.hired[r] >= WEEKS_A_YEAR:
                sums[record.REPS_JUDGED] += 1.0
                sums[record.REPS_AT_QUOTA] += reps.booked_year[r] >= reps.quota_year[r]
            reps.booked_year[r] = reps.quota_year[r] = 0.0


@phase
def _leave_and_come(gauges: Column, reps: Reps, sums: Column, world: World, now: Now) -> None:
    """Let reps leave at their hazard, and fill the posts whose search is over."""
    rules = world.finance
    quits = stream(now.seed, purpose.REP_QUITS, now.week)
    posts = reps.share.sum()
    for r in range(reps.active.shape[0]):
        if reps.active[r] == 1:
            hazard = quit_hazard(rules.quits_per_year, rules.quits_per_miss, reps.morale[r])
            if uniform(quits, r) < hazard:
                sums[record.REPS_LEFT] += 1.0
                posts -= reps.share[r]
                wanted = min(reps.share[r], gauges[gauge.REPS_WANTED] - posts)  # as far as still wanted
                reps.active[r], reps.share[r] = 0, next_post(wanted, rules.least_post)
                posts += reps.share[r]
                if reps.share[r] > 0.0:
                    reps.opens[r] = now.week + rules.hiring_weeks
        elif reps.opens[r] != NO_OPENING and reps.opens[r] <= now.week:
            _begin_as_rep(reps, r, world.sales.rep_skill_sd, now)


@phase
def _begin_as_rep(reps: Reps, r: int, skill_sd: float, now: Now) -> None:
    """Fill a post with somebody new."""
    reps.opens[r] = NO_OPENING
    reps.active[r], reps.hired[r] = 1, now.week
    reps.generation[r] += 1
    luck = normal(stream(now.seed, purpose.REP_SKILL, reps.generation[r]), r)
    reps.skill[r] = max(0.2, 1.0 + skill_sd * luck)
    reps.morale[r], reps.booked_quarter[r], reps.booked_year[r], reps.quota_year[r] = 0.5, 0.0, 0.0, 0.0


@phase
def open_posts(reps: Reps, wanted: float, opens: int, least: float) -> None:
    """Open posts up to those wanted: part-timers come to work longer first, and the last new post is part-time."""
    more = wanted - reps.share.sum()
    for r in range(reps.share.shape[0]):
        if 0.0 < reps.share[r] < 1.0 and more > 0.0:
            longer = min(1.0 - reps.share[r], more)
            reps.share[r] += longer
            more -= longer
    for r in range(reps.share.shape[0]):
        if reps.share[r] == 0.0 and more >= least:
            reps.share[r] = next_post(more, least)
            reps.opens[r] = opens
            more -= reps.share[r]


@phase
def _leaders_leave(
    firm: Firm, people: People, sums: Column, world: World, held: StandIns, now: Now
) -> bool:  # fmt: skip
    """Let holders of the chief's place be dismissed at a quarter's end, or wear out; whether one left."""
    left, rules = False, world.finance
    quarter_ends = (now.week + 1) % WEEKS_A_QUARTER == 0
    for s in range(people.place.shape[0]):
        if people.replaced[s] == 0:
            continue
        present = now.week >= people.vacant_until[s]
        sums[record.CHIEF_WEEKS] += 1.0
        sums[record.CHIEF_PRESENT] += present
        if held.exits or not present:
            continue
        dismissed = uniform(stream(now.seed, purpose.DISMISSAL, now.week), people.place[s])
        worn = uniform(stream(now.seed, purpose.BURNOUT, now.week), people.place[s])
        if quarter_ends and dismissed < _dismissal(firm, people, s, world, now.week):
            sums[record.DISMISSALS] += 1.0
        elif worn < _burnout(firm, people.line[s], rules.burnout_per_year):
            sums[record.BURNOUTS] += 1.0
        else:
            continue
        left = True
        people.vacant_until[s] = now.week + 1 + rules.search_weeks
        people.arrived[s] = people.answers_from[s] = people.vacant_until[s]
    return left


@phase
def _dismissal(firm: Firm, people: People, s: int, world: World, week: int) -> float:
    """Probability that the holder of a seat is dismissed at this quarter's end. [0..1]"""
    rules, other = world.finance, 0.0
    if world.readings.exits == AT_RANDOM:
        return rules.random_dismissal_per_quarter
    for m in range(1, 4):
        other += people.measures[s, m] * max(firm.shortfall[m], 0.0)
    # Misses of a predecessor are not the holder's own.
    own_misses = min(firm.gauges[gauge.MISSES], (week + 1 - people.answers_from[s]) // WEEKS_A_QUARTER)
    return dismissal_probability(
        rules.dismissal_per_quarter, rules.dismissal_per_miss, own_misses, people.measures[s, 0], 2.0 * other
    )


@phase
def _burnout(firm: Firm, line: int, a_year: float) -> float:
    """Probability that the holder of a seat wears out this week, against resistance and without ownership. [0..1]"""
    opposed = 0.5 + resistance(line, firm.alignment)
    return a_year / WEEKS_A_YEAR * opposed * 2.0 * (1.0 - firm.gauges[gauge.OWNERSHIP])
