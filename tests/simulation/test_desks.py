"""The desks alone, against a reference of their own kind and against small timetables; theory is the docks'."""

import heapq
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_worlds import key, small

from revorg.simulation.chance import exponential, purpose, uniform
from revorg.simulation.codes import DAYS_A_WEEK, DEAL_EXCEPTION, EMPTY, OPEN, ORIGIN_OF_KIND, SETTLED
from revorg.simulation.compiling import alone
from revorg.simulation.numbers import Now, World, world_of
from revorg.simulation.stand_ins import nothing_held
from revorg.simulation.state import Decisions, People, Routes, empty_decisions
from revorg.simulation.submodels.desks import entity_of, run_desks

Numbers = NDArray[np.float64]

SKILL = 0.6
OFFSET = 1.6
"""With this skill, an hour of work takes an hour."""


@dataclass
class Desks:
    """Desks on their own: everybody has skill .6; without more said one seat leads all, errs never and has time."""

    line: tuple[int, ...] = (0b1111,)
    head_of: tuple[int, ...] = (0, 0, 0, 0)
    hours_a_day: float = 1.0
    time_limit: float = math.inf
    wrong: float = 0.0
    caught: float = 1.0
    default_wrong: float = 0.0
    cross_line_delay: float = 1.0
    mean_hours: float = 1.0
    seed: int = 1

    @property
    def served(self) -> Numbers:
        """Hours spent at each desk in the last stretch."""
        return self.people.tray_hours

    @cached_property
    def people(self) -> People:
        """Everybody has the same skill in everything, and the line that was said."""
        seats = len(self.line)
        whole = np.zeros(seats, np.int64)
        table = People(*(whole for _ in People._fields))
        numbers = {name: np.zeros(seats) for name in ("tray_share", "meeting_hours", "tray_hours")}
        return table._replace(line=np.array(self.line), skill=np.full((seats, 4), SKILL), **numbers)

    @cached_property
    def routes(self) -> Routes:
        """Only whose head leads which function is asked here."""
        seats = np.zeros(len(self.line), np.int64)
        return Routes(owner=np.zeros(16, np.int64), parent=seats, depth=seats, head_of=np.array(self.head_of))

    def world(self, scale: float) -> World:
        """Return a world whose rules of deciding are these, in days that are so much shorter."""
        world = world_of(small())
        rules = world.decisions._replace(
            exception_hours=self.mean_hours, escalation_hours=self.mean_hours, move_hours=self.mean_hours,
            change_hours=self.mean_hours, skill_offset=OFFSET, cross_line_delay=self.cross_line_delay,
            time_limit_days=self.time_limit * scale, wrong_base=self.wrong, wrong_skill_ceiling=SKILL + 1.0,
            wrong_per_unasked=0.0, caught_share=self.caught, default_wrong=self.default_wrong,
        )  # fmt: skip
        return world._replace(decisions=rules)

    def run(self, table: Decisions, start: float, until: float) -> None:
        """Serve all desks from one working day to another, a whole number of such stretches after day 0.

        The model serves a week at a time. For a stretch of another length the unit of time is changed, so that it is a
        week, and changed back: a queue in continuous time knows no unit, and by a power of two nothing is rounded.
        """
        scale, week = DAYS_A_WEEK / (until - start), int(start / (until - start))
        assert math.frexp(scale)[0] == 0.5
        assert week * (until - start) == start
        hours_a_day = np.full(len(self.line), self.hours_a_day / scale)
        days = (table.raised, table.arrives, table.reply, table.settled)
        for column in days:
            column *= scale
        now = Now(self.seed, week, 0)
        alone(run_desks)(table, self.people, self.routes, hours_a_day, self.world(scale), nothing_held(), now)
        for column in days:
            column /= scale


def enter(table: Decisions, slot: int, ready: float, work: float, **columns: Any) -> None:
    """Put an open decision into a slot: raised and ready at once, of the first seat, unless more is said."""
    table.state[slot], table.raised[slot] = OPEN, ready
    table.row[slot], table.scope[slot] = slot, 1 << ORIGIN_OF_KIND[DEAL_EXCEPTION]
    table.work[slot], table.arrives[slot] = -1.0, ready
    table.work[slot, 0] = work
    for name in (
        "kind",
        "week",
        "probe",
        "small",
        "owner",
        "asked",
        "awaited",
        "serving",
        "reworked",
        "wrong",
        "defaulted",
    ):
        getattr(table, name)[slot] = 0
    table.reply[slot] = -math.inf
    for name, value in columns.items():
        getattr(table, name)[slot] = value


def ask(table: Decisions, slot: int, function: int, work: float) -> None:
    """Let a decision wait for the reply of a function's head."""
    table.asked[slot] |= 1 << function
    table.awaited[slot] += 1
    table.arrives[slot, function + 1] = table.raised[slot]
    table.work[slot, function + 1] = work


def settled_days(
    raised: Numbers, ready: Numbers, work: Numbers, desks: Desks, chunk: float = 5120.0, slots: int = 256
) -> Numbers:
    """Serve decisions, ordered by the day they are raised, filling the table chunk by chunk; return their last days."""
    table = empty_decisions(slots)
    held = np.full(slots, -1)
    days = np.full(len(raised), np.nan)
    begin, entered = 0.0, 0
    while entered < len(raised) or np.any(table.state == OPEN):
        until = begin + chunk
        end = int(np.searchsorted(raised, until))
        free = np.flatnonzero(table.state == EMPTY)
        if len(free) < end - entered:
            return settled_days(raised, ready, work, desks, chunk, 2 * slots)
        used = free[: end - entered]
        _fill(table, used, np.arange(entered, end), raised, ready, work)
        held[used] = np.arange(entered, end)
        entered = end
        desks.run(table, begin, until)
        done = np.flatnonzero(table.state == SETTLED)
        days[held[done]] = table.settled[done]
        table.state[done] = EMPTY
        begin = until
    return days


def _fill(
    table: Decisions, slots: NDArray[np.int64], rows: NDArray[np.int64], raised: Numbers, ready: Numbers, work: Numbers
) -> None:
    table.state[slots], table.row[slots] = OPEN, rows
    table.scope[slots] = 1 << ORIGIN_OF_KIND[DEAL_EXCEPTION]
    table.raised[slots], table.arrives[slots, 0] = raised[rows], ready[rows]
    table.work[slots] = -1.0
    table.work[slots, 0] = work[rows]
    for name in ("serving", "reworked", "wrong", "defaulted", "awaited"):
        getattr(table, name)[slots] = 0


def poisson(count: int, load: float, seed: int) -> tuple[Numbers, np.random.Generator]:
    """Return days of Poisson arrivals at a load, for works of mean 1, and the generator that goes on."""
    generator = np.random.default_rng(seed)
    return np.cumsum(generator.exponential(1.0 / load, count)), generator


def lindley(ready: Numbers, service: Numbers) -> Numbers:
    """Waits of a single server in order of readiness, by Lindley's recursion; in the order of the arguments."""
    order = np.argsort(ready, kind="stable")
    steps = service[order][:-1] - np.diff(ready[order])
    walk = np.concatenate([[0.0], np.cumsum(steps)])
    waits = np.empty(len(ready))
    waits[order] = walk - np.minimum.accumulate(walk)
    return waits


# Exactness


def test_every_wait_is_that_of_an_independent_recursion() -> None:
    """Decision by decision, whatever the order in which they were raised."""
    raised, generator = poisson(30_000, 0.9, seed=6)
    work = generator.exponential(1.0, len(raised))
    ready = raised + generator.uniform(0.0, 10.0, len(raised))
    found = settled_days(raised, ready, work, Desks()) - ready - work
    assert np.abs(found - lindley(ready, work)).max() < 1e-6  # 1e-11 of the days since the beginning
    assert np.corrcoef(found, lindley(raised, work))[0, 1] < 0.999  # order of raising would have been told apart


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_the_length_of_the_step_changes_no_wait(share: float) -> None:
    """A week at a time or a thousand weeks at a time: the queue is one in continuous time."""
    raised, generator = poisson(4_000, 0.7, seed=7)
    work = generator.exponential(1.0, len(raised))
    ready = raised + generator.uniform(0.0, 10.0, len(raised))
    weekly, rarely, odd = (
        settled_days(raised, ready, work, Desks(wrong=share), chunk) for chunk in (5.0, 5_120.0, 0.3125)
    )
    assert np.abs(weekly - rarely).max() < 1e-9
    assert np.abs(weekly - odd).max() < 1e-9


def test_hours_at_the_desk_are_the_hours_of_the_work() -> None:
    """Summed over the steps, a desk spends what its decisions took, and never more than the day's share."""
    generator = np.random.default_rng(8)
    table, desks = empty_decisions(64), Desks(hours_a_day=0.7)
    work = generator.exponential(1.0, 60)
    for slot, day in enumerate(np.sort(generator.uniform(0.0, 90.0, 60))):
        enter(table, slot, float(day), float(work[slot]))
    spent = []
    for week in range(60):
        desks.run(table, 5.0 * week, 5.0 * (week + 1))
        spent.append(desks.served[0])
    assert np.all(table.state[:60] == SETTLED)
    assert sum(spent) == pytest.approx(work.sum(), rel=1e-9)
    assert max(spent) <= 3.5 + 1e-9
    assert min(spent) >= 0.0


@dataclass
class Plain:
    """The same desks as objects and one heap of events: slow, short, and written apart from the model's loop."""

    desks: Desks
    events: list[tuple[float, int, int, int]] = field(default_factory=list)
    queues: list[list[tuple[float, int, int]]] = field(default_factory=list)
    free: list[bool] = field(default_factory=list)

    def days(self, table: Decisions) -> Numbers:
        """Return the day on which each decision is settled."""
        seats = len(self.desks.line)
        self.queues, self.free = [[] for _ in range(seats)], [True] * seats
        settled = np.full(table.slots, np.nan)
        work, replies = table.work.copy(), [[float(table.raised[i])] for i in range(table.slots)]
        open_replies = table.awaited.copy()
        second = np.zeros(table.slots, dtype=bool)
        for i in np.flatnonzero(table.state == OPEN).tolist():
            for k in range(1, 5):
                if work[i, k] >= 0.0:
                    heapq.heappush(self.events, (float(table.arrives[i, k]), 0, i, k))
            if open_replies[i] == 0:
                heapq.heappush(self.events, (float(table.arrives[i, 0]), 0, i, 0))
        while self.events:
            day, finished, i, k = heapq.heappop(self.events)
            seat = int(table.owner[i]) if k == 0 else self.desks.head_of[k - 1]
            if not finished:
                heapq.heappush(self.queues[seat], (day, i, k))
            else:
                self.free[seat] = True
                if k > 0:
                    within = self.desks.line[table.owner[i]] >> (k - 1) & 1
                    asked = table.arrives[i, k]
                    replies[i].append(day if within else asked + (day - asked) * self.desks.cross_line_delay)
                    open_replies[i] -= 1
                    if open_replies[i] == 0:
                        heapq.heappush(self.events, (max(replies[i]), 0, i, 0))
                elif not second[i] and self._is_caught(table, i):
                    second[i] = True
                    work[i, 0] = exponential(
                        key(self.desks.seed, purpose.REWORK, int(table.week[i])), entity_of(i, 0, 0)
                    )
                    heapq.heappush(self.events, (day, 0, i, 0))
                else:
                    settled[i] = day
            if self.free[seat] and self.queues[seat]:
                _, i, k = heapq.heappop(self.queues[seat])
                self.free[seat] = False
                heapq.heappush(self.events, (day + float(work[i, k]) / self.desks.hours_a_day, 1, i, k))
        return settled

    def _is_caught(self, table: Decisions, i: int) -> bool:
        seed, week, entity = self.desks.seed, int(table.week[i]), entity_of(i, 0, 0)
        is_wrong = uniform(key(seed, purpose.WRONG, week), entity) < self.desks.wrong
        return bool(is_wrong and uniform(key(seed, purpose.CAUGHT, week), entity) < self.desks.caught)


@pytest.mark.parametrize("seed", range(4))
def test_consults_rework_and_many_desks_agree_with_plain_objects(seed: int) -> None:
    """Six seats that consult each other across lines: every settled day is that of an independent simulation."""
    generator = np.random.default_rng(seed)
    desks = Desks(
        line=(0b1111, 0b0110, 0b0001, 0b0010, 0b0100, 0b1000), head_of=(2, 3, 4, 5), wrong=0.4, caught=0.5,
        cross_line_delay=1.5, hours_a_day=0.8,
    )  # fmt: skip
    table = empty_decisions(400)
    for slot, day in enumerate(np.sort(generator.uniform(0.0, 250.0, 400))):
        owner = int(generator.integers(0, 6))
        enter(table, slot, float(day), float(generator.exponential(1.0)), owner=owner, week=slot % 7)
        for function in range(4):
            if desks.head_of[function] != owner and generator.uniform() < 0.4:
                ask(table, slot, function, float(generator.exponential(0.3)))
    expected = Plain(desks).days(table)
    for week in range(400):
        desks.run(table, 5.0 * week, 5.0 * (week + 1))
    assert np.all(table.state == SETTLED)
    assert table.reworked.sum() > 20
    assert np.abs(table.settled - expected).max() < 1e-9


def test_the_slot_of_a_decision_does_not_matter() -> None:
    """Decisions in other slots of the table are settled on the same days, bit for bit."""
    generator = np.random.default_rng(9)
    ready, work = np.sort(generator.uniform(0.0, 50.0, 40)), generator.exponential(1.0, 40)
    days = []
    for slots in (np.arange(40), generator.permutation(64)[:40]):
        table, desks = empty_decisions(64), Desks(wrong=0.3)
        for row, slot in enumerate(slots):
            enter(table, int(slot), float(ready[row]), float(work[row]), row=row)
        for week in range(60):
            desks.run(table, 5.0 * week, 5.0 * (week + 1))
        days.append(table.settled[slots].tobytes())
    assert days[0] == days[1]


# Timetables by hand


def test_a_consult_across_two_seats() -> None:
    """Asked on day 0 of the second seat, which takes two days; meanwhile the first begins something else."""
    for delay, ready, last in ((1.0, 2.0, 5.5), (3.0, 6.0, 7.0)):
        desks = Desks(line=(0b0010, 0b0100), head_of=(0, 0, 1, 0), cross_line_delay=delay)
        table = empty_decisions(4)
        enter(table, 0, 0.0, work=1.0)
        ask(table, 0, function=2, work=2.0)
        enter(table, 1, 0.5, work=4.0)
        desks.run(table, 0.0, 20.0)
        assert table.settled[1] == 4.5
        assert table.arrives[0, 0] == ready
        assert table.settled[0] == last


def test_a_consult_inside_the_line_takes_no_longer_for_the_hand_over() -> None:
    """The factor on replies is for those outside the asker's line alone."""
    desks = Desks(line=(0b0110, 0b0100), head_of=(0, 0, 1, 0), cross_line_delay=3.0)
    table = empty_decisions(1)
    enter(table, 0, 0.0, work=1.0)
    ask(table, 0, function=2, work=2.0)
    desks.run(table, 0.0, 20.0)
    assert table.settled[0] == 3.0


def test_the_slowest_reply_counts() -> None:
    """Two heads are asked at once; the decision is ready when both have answered."""
    desks = Desks(line=(0b1111, 0b0001, 0b0100), head_of=(1, 0, 2, 0))
    table = empty_decisions(1)
    enter(table, 0, 1.0, work=1.0)
    ask(table, 0, function=0, work=0.5)
    ask(table, 0, function=2, work=2.5)
    desks.run(table, 0.0, 20.0)
    assert table.settled[0] == 4.5


@pytest.mark.parametrize("chunk", [1.25, 20.0])
def test_past_the_limit_the_origin_decides(chunk: float) -> None:
    """What is not at work when its time is over is settled on that very day; what is at work is finished."""
    table, desks = empty_decisions(4), Desks(time_limit=3.0)
    enter(table, 0, 0.0, work=10.0)
    enter(table, 1, 1.0, work=1.0)
    enter(table, 2, 9.0, work=1.5)
    start = 0.0
    while start < 20.0:
        desks.run(table, start, start + chunk)
        start += chunk
    assert table.settled[:3].tolist() == [10.0, 4.0, 11.5]
    assert table.defaulted[:3].tolist() == [0, 1, 0]


def test_a_default_can_be_made_wrong_where_no_desk_errs() -> None:
    """The origin decides worse: here always, while the desk never errs."""
    table, desks = empty_decisions(2), Desks(time_limit=3.0, default_wrong=1.0)
    enter(table, 0, 0.0, work=5.0)
    enter(table, 1, 1.0, work=5.0)
    desks.run(table, 0.0, 20.0)
    assert table.defaulted.tolist() == [0, 1]
    assert table.wrong.tolist() == [0, 1]


def test_a_consult_under_way_at_the_limit_ends_alike_whatever_the_step() -> None:
    """A head who is answering a question that has run out of time delays the next job alike in short and long steps."""
    days = []
    for chunk in (1.25, 20.0):
        desks = Desks(line=(0b1111, 0b0100), head_of=(0, 0, 1, 0), time_limit=3.0)
        table = empty_decisions(2)
        enter(table, 0, 0.0, work=1.0)
        ask(table, 0, function=2, work=6.0)
        enter(table, 1, 4.5, work=1.0, owner=1)
        for step in range(int(20.0 / chunk)):
            desks.run(table, chunk * step, chunk * (step + 1))
        days.append(table.settled.tolist())
    assert days[0] == days[1]


@pytest.mark.parametrize("seed", range(6))
def test_with_consults_rework_probes_and_a_limit_the_step_does_not_matter(seed: int) -> None:
    """Everything at once, by the sixth of a day, by the week and at one go."""
    found = []
    for chunk in (0.15625, 5.0, 640.0):
        generator = np.random.default_rng(seed)
        desks = Desks(
            line=(0b1111, 0b0110, 0b0001, 0b0010, 0b0100, 0b1000), head_of=(2, 3, 4, 5), wrong=0.4, caught=0.5,
            cross_line_delay=1.5, hours_a_day=0.6, time_limit=6.0, default_wrong=0.1,
        )  # fmt: skip
        table = empty_decisions(300)
        for slot, day in enumerate(np.sort(generator.uniform(0.0, 150.0, 300))):
            owner = int(generator.integers(0, 6))
            probe = int(generator.uniform() < 0.1)
            enter(table, slot, float(day), float(generator.exponential(1.0)), owner=owner, week=slot % 7, probe=probe)
            for function in range(4):
                if desks.head_of[function] != owner and generator.uniform() < 0.3:
                    ask(table, slot, function, float(generator.exponential(0.5)))
        for step in range(round(500.0 / chunk)):
            desks.run(table, chunk * step, chunk * (step + 1))
        assert np.all(table.state == SETTLED)
        found.append((table.settled.copy(), table.defaulted.tolist(), table.wrong.tolist(), table.reworked.tolist()))
    days, *became = zip(*found, strict=True)
    assert 10 < sum(became[0][0]) < 290
    for result in became:
        assert result[0] == result[1] == result[2]
    assert np.abs(days[0] - days[2]).max() < 1e-9
    assert np.abs(days[1] - days[2]).max() < 1e-9


def test_days_before_the_first_are_days_like_any_other() -> None:
    """The past of a warm-up has negative days: shifted by two years, everything is settled two years earlier."""
    days = []
    for shift in (0.0, -520.0):
        generator = np.random.default_rng(12)
        desks = Desks(line=(0b1111, 0b0100), head_of=(0, 0, 1, 0), wrong=0.3, time_limit=12.0, cross_line_delay=1.5)
        table = empty_decisions(100)
        for slot in range(100):
            enter(table, slot, shift + float(generator.uniform(0.0, 80.0)), float(generator.exponential(0.5)))
            if slot % 2:
                ask(table, slot, function=2, work=float(generator.exponential(0.5)))
        for week in range(40):
            desks.run(table, shift + 5.0 * week, shift + 5.0 * (week + 1))
        assert np.all(table.state == SETTLED)
        days.append(table.settled - shift)
    assert np.abs(days[0] - days[1]).max() < 1e-9


def test_whoever_is_at_work_on_a_decision_finishes_it_before_one_that_is_handed_over() -> None:
    """A decision that comes from an empty seat was ready earlier, but interrupts nobody, and limits go on to hold."""
    table, desks = empty_decisions(3), Desks(line=(0b1111, 0b0110))
    enter(table, 0, 1.0, work=10.0)
    enter(table, 1, 0.5, work=1.0, owner=1)
    enter(table, 2, 0.1, work=6.0, owner=1)
    desks.run(table, 0.0, 5.0)
    assert table.serving.tolist() == [1, 0, 1]
    table.owner[1] = 0
    desks.run(table, 5.0, 10.0)
    assert table.serving[:2].tolist() == [1, 0]
    desks.run(table, 10.0, 15.0)
    assert table.settled.tolist() == [11.0, 12.0, 6.1]


# Probes


def test_probes_take_no_desk_time() -> None:
    """Real decisions are settled on the same days, bit for bit, with and without probes that consult as well."""
    days = []
    for with_probes in (False, True):
        generator = np.random.default_rng(10)
        desks = Desks(line=(0b1111, 0b0100), head_of=(0, 0, 1, 0), wrong=0.2, time_limit=15.0)
        table = empty_decisions(120)
        for slot in range(80):
            enter(table, slot, float(generator.uniform(0.0, 100.0)), float(generator.exponential(1.0)), owner=slot % 2)
            if slot % 2 == 0:
                ask(table, slot, function=2, work=float(generator.exponential(0.5)))
        for slot in range(80, 120 if with_probes else 80):
            enter(table, slot, float(generator.uniform(0.0, 100.0)), work=1.0, probe=1)
            ask(table, slot, function=2, work=0.5)
        for week in range(40):
            desks.run(table, 5.0 * week, 5.0 * (week + 1))
        assert np.all(table.state[:80] == SETTLED)
        days.append(table.settled[:80].tobytes())
    assert days[0] == days[1]


def test_a_probe_waits_like_a_real_decision() -> None:
    """A probe is settled when a real decision in its stead, the only one, would have been."""
    generator = np.random.default_rng(11)
    ready, work = np.sort(generator.uniform(0.0, 30.0, 30)), generator.exponential(1.0, 30)
    for day in (0.01, 7.3, 21.9):
        last = []
        for probe in (0, 1):
            table, desks = empty_decisions(31), Desks()
            for slot in range(30):
                enter(table, slot, float(ready[slot]), float(work[slot]))
            enter(table, 30, day, work=1.25, probe=probe)
            for week in range(20):
                desks.run(table, 5.0 * week, 5.0 * (week + 1))
            last.append(table.settled[30])
        assert last[0] == pytest.approx(last[1], abs=1e-9)


def test_what_is_begun_in_time_goes_on_past_the_limit_whether_probe_or_real() -> None:
    """Begun on day 2 of 3, eight days of work end on day 10; not begun on day 3, the origin decides then."""
    for probe in (0, 1):
        for begins, ends, defaulted in ((2.0, 10.0, 0), (4.0, 3.0, 1)):
            table, desks = empty_decisions(2), Desks(time_limit=3.0)
            enter(table, 0, -0.5, work=begins + 0.5)
            enter(table, 1, 0.0, work=8.0, probe=probe)
            table.serving[0] = 2  # its own limit is nobody's concern
            for week in range(-1, 3):
                desks.run(table, 5.0 * week, 5.0 * (week + 1))
            assert (table.settled[1], table.defaulted[1]) == (ends, defaulted)


def test_small_matters_wait_and_are_waited_for_like_any_work() -> None:
    """In order of readiness with decisions, never wrong and never done again."""
    table, desks = empty_decisions(3), Desks(wrong=1.0)
    enter(table, 0, 0.0, work=0.5, small=1)
    enter(table, 1, 0.25, work=1.0)
    enter(table, 2, 1.0, work=0.5, small=1)
    table.reworked[1] = 1
    desks.run(table, 0.0, 5.0)
    assert table.settled.tolist() == [0.5, 1.5, 2.0]
    assert (table.wrong.tolist(), table.reworked.tolist()) == ([0, 0, 0], [0, 1, 0])


def test_a_head_with_small_matters_on_the_desk_answers_later() -> None:
    """What a consult takes comes from the load of whoever is asked: asked on day .25, free on day 0 or 1."""
    for small_work, last in ((0.0, 2.5), (1.0, 3.25)):
        table, desks = empty_decisions(2), Desks(line=(0b0010, 0b0100), head_of=(0, 0, 1, 0))
        enter(table, 0, 0.25, work=1.0)
        ask(table, 0, function=2, work=1.25)
        enter(table, 1, 0.25, work=small_work, owner=1, small=1)
        table.arrives[1, 0] = 0.0
        desks.run(table, 0.0, 5.0)
        assert table.settled[0] == last
