"""Who leaves, and who comes: reps, posts, and leaders who lose or give up their seat."""

from revorg.simulation.chance import BURNOUT, DISMISSAL, REP_QUITS, REP_SKILL, normal, stream, uniform
from revorg.simulation.codes import MISSES, NO_OPENING, OWNERSHIP, REPS_WANTED, WEEKS_A_QUARTER, WEEKS_A_YEAR, Column
from revorg.simulation.compiling import loop, rule
from revorg.simulation.record import (
    R_AT_QUOTA,
    R_BURNOUTS,
    R_CHIEF_PRESENT,
    R_CHIEF_WEEKS,
    R_DISMISSALS,
    R_JUDGED,
    R_REP_YEARS,
    R_REPS_LEFT,
)
from revorg.simulation.submodels.rules import held_or


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


@loop
def _staff(
    gauges: Column, active: Column, share: Column, generation: Column, hired: Column, opens: Column, skill: Column,
    morale: Column, booked_quarter: Column, booked_year: Column, quota_year: Column, record: Column, seed: int,
    week: int, quits_per_year: float, quits_per_miss: float, hiring_weeks: int, least: float, skill_sd: float,
    quota: float, frozen: bool,
) -> None:  # fmt: skip
    quits = stream(seed, REP_QUITS, week)
    posts = share.sum()
    for r in range(active.shape[0]):
        if active[r] == 1:
            record[R_REP_YEARS] += 1.0 / WEEKS_A_YEAR
            quota_year[r] += quota * share[r] / WEEKS_A_YEAR
            if (week + 1) % WEEKS_A_YEAR == 0:
                if week + 1 - hired[r] >= WEEKS_A_YEAR:
                    record[R_JUDGED] += 1.0
                    record[R_AT_QUOTA] += booked_year[r] >= quota_year[r]
                booked_year[r] = quota_year[r] = 0.0
            if not frozen and uniform(quits, r) < quit_hazard(quits_per_year, quits_per_miss, morale[r]):
                record[R_REPS_LEFT] += 1.0
                active[r] = 0
                posts -= share[r]
                share[r] = next_post(min(share[r], gauges[REPS_WANTED] - posts), least)  # as far as still wanted
                posts += share[r]
                if share[r] > 0.0:
                    opens[r] = week + hiring_weeks
        elif not frozen and opens[r] != NO_OPENING and opens[r] <= week:
            opens[r] = NO_OPENING
            active[r], hired[r] = 1, week
            generation[r] += 1
            skill[r] = max(0.2, 1.0 + skill_sd * normal(stream(seed, REP_SKILL, generation[r]), r))
            morale[r], booked_quarter[r], booked_year[r], quota_year[r] = 0.5, 0.0, 0.0, 0.0


@loop
def _open_posts(share: Column, opens: Column, wanted: float, opens_week: int, least: float) -> None:
    # Whoever is part-time comes first; then new posts are opened, the last of them part-time.
    more = wanted - share.sum()
    for r in range(share.shape[0]):
        if 0.0 < share[r] < 1.0 and more > 0.0:
            longer = min(1.0 - share[r], more)
            share[r] += longer
            more -= longer
    for r in range(share.shape[0]):
        if share[r] == 0.0 and more >= least:
            share[r] = next_post(more, least)
            opens[r] = opens_week
            more -= share[r]


@loop
def _leaders_leave(
    place: Column, line: Column, measures: Column, arrived: Column, answers_from: Column, vacant_until: Column,
    replaced: Column, gauges: Column, alignment: Column, shortfall: Column, record: Column, seed: int, week: int,
    dismissal: float, per_miss: float, burnout: float, search_weeks: int, quarter_ends: bool, held_probability: float,
    frozen: bool,
) -> int:  # fmt: skip
    left = 0
    for s in range(place.shape[0]):
        if replaced[s] == 0:
            continue
        present = week >= vacant_until[s]
        record[R_CHIEF_WEEKS] += 1.0
        record[R_CHIEF_PRESENT] += present
        if frozen or not present:
            continue
        other = 0.0
        for m in range(1, 4):
            other += measures[s, m] * max(shortfall[m], 0.0)
        own_misses = min(gauges[MISSES], (week + 1 - answers_from[s]) // WEEKS_A_QUARTER)  # not a predecessor's
        probability = held_or(
            held_probability, dismissal_probability(dismissal, per_miss, own_misses, measures[s, 0], 2.0 * other)
        )
        worn = burnout / WEEKS_A_YEAR * (0.5 + resistance(line[s], alignment)) * 2.0 * (1.0 - gauges[OWNERSHIP])
        if quarter_ends and uniform(stream(seed, DISMISSAL, week), place[s]) < probability:
            record[R_DISMISSALS] += 1.0
        elif uniform(stream(seed, BURNOUT, week), place[s]) < worn:
            record[R_BURNOUTS] += 1.0
        else:
            continue
        left = 1
        vacant_until[s] = week + 1 + search_weeks
        arrived[s] = answers_from[s] = vacant_until[s]
    return left
