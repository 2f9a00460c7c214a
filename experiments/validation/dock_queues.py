"""Little's law inside a whole run: how many are there, against how many come and how long they stay.

The two sides come from different books: the number present is counted in the tables, those of decisions at a random
moment of every day, the others at the end of every week; the time of stay comes from the days and weeks that the model
notes for each decision, deal, lead and position. What is there at the beginning came then, and whatever is still there
at the end counts with the time so far.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import numpy as np

from revorg.experiments.validation.dock_figures import DockFigure, Numbers
from revorg.experiments.validation.dock_stretches import serve_stretch
from revorg.scenarios.loading import load
from revorg.simulation.codes import DAYS_A_WEEK, EMPTY, LEAD, NO_OPENING, OPEN, OPPORTUNITY, Column
from revorg.simulation.compiling import alone
from revorg.simulation.model import RevenueOrganization, live
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import RECORD
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Decisions, People, State, copied
from revorg.simulation.submodels import leadership, strategy
from revorg.simulation.submodels.decisions import desk_hours, enter

SEEDS = 80
WEEKS = 520
IN_TRAYS = ("top", "head_of_marketing", "head_of_sales", "head_of_success", "head_of_operations")
"""Places whose holders decide in the neutral organization; marketing's moves are off, see `busy_world`."""
REPLIES, LEADS, DEALS, POSITIONS = "decisions waiting for replies", "leads", "deals", "open positions"
TOLERANCE = 0.01


def busy_world() -> Scenario:
    """Return a firm with much to decide, of which every week is like the next.

    Rework starts a decision's time at the desk again and has a row of its own, so it is off. The chief stays, so that a
    decision stays in one in-tray.
    """
    world = load("complex-multi").neutral()
    values: dict[str, Any] = {
        "run.warm_up_weeks": 0, "run.weeks": WEEKS, "decisions.caught_share": 0.0,
        "mechanisms.exits": False, "market.interdependence": 0.15, "decisions.escalate_share": 0.15,
        "decisions.exceptions_per_deal_week": 0.05, "decisions.exception_hours": 4.0, "decisions.change_hours": 20.0,
        "decisions.escalation_hours": 6.0, "decisions.move_hours": 30.0, "operations.changes_per_week": 0.6,
        "customers.issues_per_week": 0.05, "strategy.initiative_hours": 1.0, "strategy.moving_cost_weeks": 0.0,
        "strategy.move_threshold": 0.0, "leadership.policy_weeks": 1,
    }  # fmt: skip
    for path, value in values.items():
        world = world.changed({path: value})
    return world


@dataclass
class Queue:
    """What was seen of one queue over a run: counts summed over weeks, weeks stayed, and how many came."""

    present: float = 0.0
    stayed: float = 0.0
    came: float = 0.0


@dataclass
class Books:
    """Watches one run from outside, week by week.

    The desks of every week are served once more before it is lived, on a copy, in steps at whose ends is counted.
    """

    model: RevenueOrganization
    queues: dict[str, Queue] = field(default_factory=lambda: {name: Queue() for name in queue_names()})

    def __post_init__(self) -> None:
        self._moments = np.random.default_rng(self.model.seed)
        accounts = self.model.accounts
        begun = _deals_and_leads(accounts.stage, accounts.progress)
        for name, there in zip((DEALS, LEADS), begun, strict=True):
            self.queues[name].came += np.count_nonzero(there)

    def live(self, weeks: int) -> dict[str, Queue]:
        """Let the model live and return what was seen."""
        with mock.patch("revorg.simulation.model.live", self._look_ahead_and_live):
            for _ in range(weeks):
                self._live_a_week()
        self._close()
        return self.queues

    def _live_a_week(self) -> None:
        accounts, slots = self.model.accounts, self.model.rep_slots
        stage, since, attempt = accounts.stage.copy(), accounts.since.copy(), accounts.attempt.copy()
        progress, opens = accounts.progress.copy(), slots.opens.copy()
        self.model.step()
        self._watch_decisions()
        self._watch_accounts(stage, since, attempt, progress)
        self._watch_positions(opens)

    def _look_ahead_and_live(self, state: State, world: World, held: StandIns, now: Now, weeks: int) -> int:
        """Count at the desks of the coming week, and then live it.

        Up to the desks, a copy lives the week as the model will. The market has drifted already: policy is set weekly.
        """
        changes = {name: copied(getattr(state, name)) for name in ("fronts", "people", "decisions", "firm")}
        ahead = self.ahead = state._replace(**changes)
        sums = np.zeros(len(RECORD))
        alone(leadership.contribute)(ahead.people, ahead.firm, sums, world, held, now)
        alone(strategy.review)(ahead.fronts, ahead.firm, ahead.decisions, sums, world, held, now)
        alone(enter)(ahead.decisions, ahead.people, ahead.routes, world, now)
        self._serve_and_count(ahead, world, held, now)
        return live(state, world, held, now, weeks)

    def _serve_and_count(self, ahead: State, world: World, held: StandIns, now: Now) -> None:
        """Serve the desks in steps that end at a random moment of each day, and count there."""
        start, until = DAYS_A_WEEK * now.week, DAYS_A_WEEK * (now.week + 1)
        days, hours = np.arange(start, until), hours_a_day(ahead.people, world)
        moments, total = days + self._moments.uniform(size=len(days)), np.zeros(len(hours))
        for begin, end in zip([start, *moments], [*moments, until], strict=True):
            serve_stretch(ahead.decisions, ahead.people, ahead.routes, hours, world, held, begin, end, now.seed)
            total += ahead.people.tray_hours
            if end < until:
                self._count_decisions(ahead.decisions, end)
        ahead.people.tray_hours[:] = total

    def _count_decisions(self, table: Decisions, day: float) -> None:
        still = np.flatnonzero((table.state == OPEN) & (table.probe == 0))
        for name, come, go in self._phases(table, still, np.full(len(still), np.inf)):
            self.queues[name].present += np.count_nonzero((come <= day) & (day < go)) / DAYS_A_WEEK

    @property
    def _day(self) -> float:
        return DAYS_A_WEEK * self.model.week

    def _phases(self, table: Decisions, rows: Column, until: Column) -> Iterator[tuple[str, Numbers, Numbers]]:
        """Yield each queue's name with the days on which decisions came to it and went on, up to given days."""
        people = self.model.organization
        asked = np.any(((table.asked[rows, None] >> np.arange(4)) & 1) == 1, axis=1)
        # All heads are asked on the day on which the decision comes to its owner.
        first = np.where((table.asked[rows, None] >> np.arange(4)) & 1, table.arrives[rows, 1:], np.inf).min(axis=1)
        ready = np.where(table.awaited[rows] == 0, np.minimum(table.arrives[rows, 0], until), until)
        yield REPLIES, np.minimum(first, until)[asked], ready[asked]
        for place in IN_TRAYS:
            own = table.owner[rows] == people.row_of(place)
            yield place, ready[own], until[own]

    def _watch_decisions(self) -> None:
        table, today = self.model.decisions, self._day
        own = table.probe == 0
        # A slot emptied this week keeps its columns until the next is entered.
        fresh = (table.state == EMPTY) & own & (table.settled > today - DAYS_A_WEEK) & (table.settled <= today)
        done = np.flatnonzero(fresh)
        for name, come, go in self._phases(table, done, table.settled[done]):
            self.queues[name].stayed += float(np.sum(go - come)) / DAYS_A_WEEK
            self.queues[name].came += np.count_nonzero(go > come)

    def _watch_accounts(self, stage: Column, since: Column, attempt: Column, progress: Column) -> None:
        accounts, week = self.model.accounts, self.model.week - 1
        was_deal, was_lead = _deals_and_leads(stage, progress)
        is_deal, is_lead = _deals_and_leads(accounts.stage, accounts.progress)
        begun = accounts.attempt != attempt
        for name, was, stays in ((DEALS, was_deal, is_deal & ~begun), (LEADS, was_lead, is_lead)):
            gone = was & ~stays
            self.queues[name].stayed += float(np.sum(week - np.maximum(since[gone], 0)))
        self.queues[DEALS].came += np.count_nonzero(begun)
        self.queues[LEADS].came += np.count_nonzero(is_lead & ~was_lead) + np.count_nonzero(begun & ~was_lead)
        self.queues[DEALS].present += np.count_nonzero(is_deal)
        self.queues[LEADS].present += np.count_nonzero(is_lead)

    def _watch_positions(self, before: Column) -> None:
        opens, weeks = self.model.rep_slots.opens, self.model.scenario.finance.hiring_weeks
        opens_before = np.full(len(opens), NO_OPENING)
        opens_before[: len(before)] = before
        seen = self.queues[POSITIONS]
        seen.came += np.count_nonzero((opens != opens_before) & (opens != NO_OPENING))
        filled = (opens_before != NO_OPENING) & (opens == NO_OPENING)
        seen.stayed += weeks * np.count_nonzero(filled)
        seen.present += np.count_nonzero(opens != NO_OPENING)

    def _close(self) -> None:
        """Count those who are still there with the time so far."""
        model, today = self.model, self._day
        accounts, table, week = model.accounts, model.decisions, model.week
        deals, leads = _deals_and_leads(accounts.stage, accounts.progress)
        for name, there in ((DEALS, deals), (LEADS, leads)):
            self.queues[name].stayed += float(np.sum(week - np.maximum(accounts.since[there], 0)))
        still = np.flatnonzero((table.state == OPEN) & (table.probe == 0))
        for name, come, go in self._phases(table, still, np.full(len(still), today)):
            self.queues[name].stayed += float(np.sum(np.maximum(go - come, 0.0))) / DAYS_A_WEEK
            self.queues[name].came += np.count_nonzero(go > come)
        waits = model.scenario.finance.hiring_weeks
        opens = model.rep_slots.opens[model.rep_slots.opens != NO_OPENING]
        self.queues[POSITIONS].stayed += float(np.sum(week - (opens - waits)))


def hours_a_day(people: People, world: World) -> Numbers:
    """Return the hours of every day that each in-tray gets, as the model reckons them."""
    spoken_for = world.leadership.span_hours * people.span + people.meeting_hours
    seats = zip(people.tray_share, people.week_hours, spoken_for, strict=True)
    return np.array([desk_hours(*seat) for seat in seats])


def _deals_and_leads(stage: Column, progress: Column) -> tuple[Column, Column]:
    """Tell which accounts have a deal under way, if only waiting for its next rep, and which wait for their first."""
    deal = (stage == OPPORTUNITY) | ((stage == LEAD) & (progress > 0.0))
    return deal, (stage == LEAD) & ~deal


def queue_names() -> tuple[str, ...]:
    """Return the queues that are watched."""
    return (*IN_TRAYS, REPLIES, LEADS, DEALS, POSITIONS)


def little(scale: float, world_of: Callable[[], Scenario] = busy_world) -> list[DockFigure]:
    """Numbers present against arrivals × mean stay, over whole runs on many seeds."""
    world, seeds = world_of(), range(1, 1 + max(6, int(scale * SEEDS)))
    runs = [Books(RevenueOrganization(world, seed)).live(world.run.weeks) for seed in seeds]
    return [_figure(name, [run[name] for run in runs], world.run.weeks) for name in queue_names()]


def _figure(name: str, queues: list[Queue], weeks: int) -> DockFigure:
    present = np.array([queue.present for queue in queues]) / weeks
    arrivals = np.array([queue.came for queue in queues]) / weeks
    stay = sum(queue.stayed for queue in queues) / max(sum(queue.came for queue in queues), 1.0)
    owed = np.array([queue.stayed for queue in queues]) / weeks
    expected = float(arrivals.mean() * stay)
    error = float((present - owed).std(ddof=1) / math.sqrt(len(queues)))
    place = f"in-tray of {name.replace('_', ' ')}" if name in IN_TRAYS else name
    return DockFigure(place, expected, float(present.mean()), error, TOLERANCE * expected, "present on average")
