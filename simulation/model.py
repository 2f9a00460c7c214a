"""The model: a revenue organization, its market and its customers, week by week."""

from collections.abc import Mapping, Sequence
from secrets import randbelow
from typing import Self

import mesa
import numpy as np
import pandas as pd
from mesa.agent import AgentSet

from revorg.simulation import initialization, metrics, stand_ins
from revorg.simulation.codes import (
    AT_WORK,
    BEGUN,
    CUSTOMER,
    DAYS_A_WEEK,
    NO_OPENING,
    OPPORTUNITY,
    WEEKS_A_QUARTER,
    WEEKS_A_YEAR,
    Column,
    gauge,
)
from revorg.simulation.compiling import loop
from revorg.simulation.errors import BadInput
from revorg.simulation.numbers import Now, World, world_of
from revorg.simulation.organization import PLACES, Organization
from revorg.simulation.pay import bought_hours
from revorg.simulation.people import Customer, Deal, Executive, SalesRep, View, Views
from revorg.simulation.record import RECORD, Window
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import NeutralRun, StandIns
from revorg.simulation.start import StartState, begun, begun_alike, state_of
from revorg.simulation.state import Columns, Decisions, Reps, State, copied, empty_decisions, larger
from revorg.simulation.submodels import (
    alignment,
    customers,
    deals,
    decisions,
    demand,
    finance,
    leadership,
    market,
    operations,
    reps,
    staffing,
    strategy,
)
from revorg.simulation.submodels.rules import held_or
from revorg.simulation.weekly_record import WeeklyRecord

CHIEF = PLACES.index("chief")
DECISION_SLOTS = 256
SEEDS = 2**31
"""Seeds that are drawn where none is given; all of them can be given as well."""
TABLES = ("fronts", "accounts", "rep_slots", "firm", "decisions", "initiatives", "people")


@loop
def live(state: State, world: World, held: StandIns, now: Now, weeks: int) -> int:
    """Live some weeks of one policy period: the thirteen steps of the week in their order.

    Before the first week of a period the market drifts and leaders set their policy, outside. Returns how many weeks
    were lived: fewer where a table is full and has to be made larger first.
    """
    fronts, accounts, people, firm = state.fronts, state.accounts, state.people, state.firm
    for lived in range(weeks):
        if lived > 0 and not has_room(state.decisions, state.reps, now.row):
            return lived
        sums = state.history[now.row]
        if now.week % world.leadership.policy_weeks != 0:
            market.drift(fronts, world, held, now)
        leadership.contribute(people, firm, sums, world, held, now)
        strategy.review(fronts, firm, state.decisions, sums, world, held, now)
        decisions.enter(state.decisions, people, state.routes, world, now)
        decisions.serve(state.decisions, people, state.routes, sums, world, held, now)
        decisions.take_effect(state, world, held, now)
        strategy.carry_out(state.initiatives, fronts, firm, sums, world, held)
        demand.make_leads(accounts, fronts, firm, sums, world, held, now)
        reps.take_leads(accounts, fronts, state.reps, firm, sums, world, held, now)
        deals.work(accounts, fronts, state.reps, firm, state.decisions, sums, world, held, now)
        customers.serve(accounts, fronts, firm, state.decisions, sums, world, held, now)
        operations.mature(firm, sums, world, held)
        strategy.propose_changes(firm, state.decisions, world, now)
        alignment.meet(people, state.routes, firm, sums, world, held, now)
        finance.close_books(firm, fronts, state.reps, people, state.history, world, now)
        somebody_left = staffing.hire_and_leave(firm, state.reps, people, sums, world, held, now)
        now = Now(now.seed, now.week + 1, now.row + 1)
        if somebody_left:
            decisions.reroute(state.decisions, people, state.routes, now.week)
    return weeks


@loop
def has_room(open_decisions: Decisions, slots: Reps, row: int) -> bool:
    """Whether the tables are long enough for the coming week; slots for reps are looked at once a quarter."""
    if row % WEEKS_A_QUARTER == 0 and np.all((slots.active == 1) | (slots.opens != NO_OPENING)):
        return False
    return decisions.has_room(open_decisions)


def arrives(world: Scenario, seeds: Sequence[int]) -> StartState:
    """Return where a firm arrives at the end of its warm-up, as a mean over seeds."""
    return StartState(*np.mean([RevenueOrganization(world, seed).start for seed in seeds], axis=0).tolist())


class RevenueOrganization(mesa.Model):
    """A revenue organization that takes office in week 0, after a warm-up under the neutral organization.

    Parameters
    ----------
    scenario
        World, people and organization; frozen.
    seed
        All draws are pure functions of it, so that designs on the same seed meet the same chance. Without one a seed
        is drawn, and stands in `seed`.
    executives
        Classes for some seats, by seat name, in place of `Executive`.

    Attributes
    ----------
    seed : int
        What all draws depend on; the same model with it is the same run.
    week : int
        Week about to be lived; negative during the warm-up.
    neutral : NeutralRun or None
        What stand-ins come from where a mechanism is switched off; see `revorg.simulation.stand_ins`.
    record : array of shape (weeks, columns)
        What every week left, warm-up included; see `record.RECORD`.
    fronts, accounts, rep_slots, people, decisions, initiatives, firm
        The state, as columns; see `revorg.simulation.state`.

    Raises
    ------
    BadInput
        If `executives` names a seat that is not in force.
    """

    def __init__(
        self, scenario: Scenario, seed: int | None = None, executives: Mapping[str, type[Executive]] | None = None
    ) -> None:
        seed = randbelow(SEEDS) if seed is None else seed
        super().__init__(seed=seed)
        scenario = begun(scenario, arrives)
        world = scenario.warm_up()
        self.seed = int(seed)
        self.warm_up_weeks = world.run.warm_up_weeks
        self.week = -self.warm_up_weeks
        self.record: Column = np.zeros((self.warm_up_weeks + scenario.run.weeks, len(RECORD)))
        self.rep_slots = initialization.reps_at_start(world, self.seed)
        self.accounts = initialization.accounts_at_start(world, self.seed)
        self.fronts = initialization.fronts_at_start(world, self.accounts, self.seed)
        self.firm = initialization.firm_at_start(world)
        self.initiatives = initialization.no_initiatives()
        self.decisions = empty_decisions(DECISION_SLOTS)
        self.people = initialization.people_of(world.organization, CHIEF, self.week)
        self.executive_classes = dict(executives or {})
        self._kept_views: dict[str, dict[int, View]] = {}
        self.datacollector = WeeklyRecord(self)
        self.neutral: NeutralRun | None = None
        self._neutral_from_here: NeutralRun | None = None
        self._seat(world, {})
        self.agents.do("set_policy")
        self._live(self.warm_up_weeks)
        self.take_over(scenario)

    def _seat(self, scenario: Scenario, classes: Mapping[str, type[Executive]]) -> None:
        """Put a scenario in force: its numbers, and one executive a seat."""
        self.scenario, self.numbers = scenario, world_of(scenario)
        self.organization: Organization = scenario.organization
        self.routes = stand_ins.routes_of(scenario)
        self.people.say[:] = initialization.says_of(scenario)
        self._hold()
        for agent in list(self.agents):
            agent.remove()
        for row, name in enumerate(self.organization.names):
            classes.get(name, Executive)(self, row)

    def _hold(self) -> None:
        """Hold in place of what is switched off what the neutral run gives in the year of this policy period."""
        means = None
        if self.neutral is not None:
            began = self.week - self.week % self.scenario.leadership.policy_weeks
            means = self.neutral.means(max(began, self.neutral.began))
        self.held = StandIns.by(self.scenario, means)
        self.firm.gauges[gauge.MATURITY] = held_or(self.held.maturity, self.firm.gauges[gauge.MATURITY])

    def _neutral_run(self, scenario: Scenario) -> NeutralRun | None:
        """Return the neutral run that a scenario's stand-ins come from; all that take over from here share it."""
        if not stand_ins.needs_neutral_run(scenario.mechanisms):
            return None
        world = scenario.undesigned()
        if self.neutral is not None and self.neutral.scenario == world:
            return self.neutral
        known = self._neutral_from_here
        if known is None or known.began != self.week or known.scenario != world:
            twin = self.fork()
            twin.executive_classes = {}
            twin.take_over(world)
            known = self._neutral_from_here = NeutralRun(twin)
        return known

    def take_over(self, scenario: Scenario) -> None:
        """Let a design take over from here: new lines, measures and holders, the same market, customers and past.

        Open decisions go to their new owners with raise times and replies kept; beliefs, alignment and maturity stay
        with the firm; whoever holds a seat now is settled in. What its leaders cost less than those of the warm-up is
        paid for selling hours instead, from here on; what they cost more is taken from these.

        Raises
        ------
        BadInput
            If the scenario's market has another shape, or all hours in sales would not pay for its leaders.
        """
        scenario = begun_alike(scenario, self.scenario)
        strangers = set(self.executive_classes) - set(scenario.organization.names)
        if strangers:
            known = ", ".join(scenario.organization.names)
            raise BadInput(f"executives: no seat {', '.join(sorted(strangers))} is in force; in force are {known}")
        if scenario.market.accounts != self.accounts.rows or self._fronts_of(scenario) != self.fronts.size:
            raise BadInput("a design that takes over cannot change market.accounts, market.channels or market.segments")
        if scenario.plays.count != self.fronts.play_belief.shape[1]:
            raise BadInput("a design that takes over cannot change plays.count")
        self.neutral = self._neutral_run(scenario)
        bought = bought_hours(scenario, self.rep_slots, self.firm.gauges[gauge.BOUGHT_HOURS])
        self.firm.gauges[gauge.BOUGHT_HOURS] = bought
        self.fronts.reach[:] = initialization.reach_of(scenario, self.fronts.channel)
        before = dict(zip(self.people.place.tolist(), self.people.tray_hours.tolist(), strict=True))
        self.people = initialization.people_of(scenario.organization, CHIEF, self.week)
        self.people.span[:] = stand_ins.spans_of(scenario)
        self.people.tray_hours[:] = [before.get(place, 0.0) for place in self.people.place.tolist()]
        self._seat(scenario, self.executive_classes)
        self.agents.do("set_policy")
        self.decisions.serving[self.decisions.serving == AT_WORK] = BEGUN
        decisions.reroute(self.decisions, self.people, self.routes, self.week)
        if self.week == 0:
            self.firm.gauges[gauge.TARGET_USD] = (
                scenario.finance.growth_plan * self.firm.gauges[gauge.ARR_USD] / WEEKS_A_YEAR
            )

    @staticmethod
    def _fronts_of(scenario: Scenario) -> int:
        return scenario.market.channels * scenario.market.segments

    def step(self) -> None:
        """Live one week."""
        if self.week >= self.scenario.run.weeks - 1:
            self.running = False
        self._live(1)

    @property
    def state(self) -> State:
        """All tables, as the compiled week takes them."""
        return State(
            self.fronts, self.accounts, self.rep_slots, self.people, self.routes, self.decisions, self.initiatives,
            self.firm, self.record,
        )  # fmt: skip

    def _live(self, weeks: int) -> None:
        """Live some weeks, in the stretches between which leaders are asked."""
        period, last = self.scenario.leadership.policy_weeks, self.week + weeks
        while self.week < last:
            now = Now(self.seed, self.week, self.week + self.warm_up_weeks)
            stretch = min(period - self.week % period, last - self.week)
            self._make_room(now.row, stretch)
            if self.week % period == 0:
                if self.neutral is not None:
                    self._hold()
                market.drift(self.fronts, self.numbers, self.held, now)
                self.agents.do("set_policy")
            self.week += live(self.state, self.numbers, self.held, now, stretch)

    def _make_room(self, row: int, weeks: int) -> None:
        """Lengthen what is full: the record, the slots for reps, and those for decisions."""
        while row + weeks > len(self.record):
            self.record = np.concatenate([self.record, np.zeros_like(self.record)])
        while not has_room(self.decisions, self.rep_slots, row):
            if not decisions.has_room(self.decisions):
                self.decisions = larger(self.decisions)
            else:
                self.rep_slots = initialization.more_slots(self.rep_slots, self.scenario.market.segments)

    def run(self, weeks: int | None = None) -> Self:
        """Run to the scenario's horizon, or for some more weeks; return the model."""
        more = self.scenario.run.weeks - self.week if weeks is None else weeks
        self._live(more)
        self.steps += max(more, 0)
        if more > 0 and self.week >= self.scenario.run.weeks:
            self.running = False
        return self

    def fork(self, scenario: Scenario | None = None) -> Self:
        """Return a twin with the same past, bit for bit, and from here on its own life.

        Parameters
        ----------
        scenario
            The design that takes over in the twin; without one the twin goes on as it was.

        Raises
        ------
        BadInput
            If the scenario's market has another shape.
        """
        twin = object.__new__(type(self))
        mesa.Model.__init__(twin, seed=self.seed)
        twin.seed, twin.week, twin.running, twin.steps = self.seed, self.week, self.running, self.steps
        twin.record, twin.scenario = self.record.copy(), self.scenario
        for name in TABLES:
            setattr(twin, name, copied(getattr(self, name)))
        seats = set((scenario or self.scenario).organization.names)
        twin.executive_classes = {name: kind for name, kind in self.executive_classes.items() if name in seats}
        twin.warm_up_weeks, twin._kept_views = self.warm_up_weeks, {}
        twin.neutral, twin._neutral_from_here = self.neutral, None
        twin.datacollector = WeeklyRecord(twin)
        if scenario is None:
            twin._seat(self.scenario, twin.executive_classes)
            return twin
        twin.neutral = self._neutral_run(scenario)
        twin.take_over(scenario)
        return twin

    @property
    def executives(self) -> AgentSet:
        """The holders of all seats."""
        return self.agents

    @property
    def customers(self) -> Views:
        """Views on the accounts that are customers now; attributes are the columns of `accounts`."""
        rows = np.flatnonzero(self.accounts.stage == CUSTOMER)
        return self._views(Customer, self.accounts, rows.tolist())

    @property
    def deals(self) -> Views:
        """Views on the accounts with an open deal now; attributes are the columns of `accounts`."""
        rows = np.flatnonzero(self.accounts.stage == OPPORTUNITY)
        return self._views(Deal, self.accounts, rows.tolist())

    @property
    def reps(self) -> Views:
        """Views on the reps at work now; attributes are the columns of `rep_slots`."""
        rows = np.flatnonzero(self.rep_slots.active == 1)
        return self._views(SalesRep, self.rep_slots, rows.tolist())

    @property
    def agent_types(self) -> list[type[mesa.Agent]]:
        """All types of agents, those of views among them."""
        return [*super().agent_types, Customer, Deal, SalesRep]

    @property
    def agents_by_type(self) -> dict[type[mesa.Agent], AgentSet]:
        """Agents by type, so that Mesa's `agenttype_reporters` find the views as well."""
        views = {Customer: self.customers, Deal: self.deals, SalesRep: self.reps}
        return {**super().agents_by_type, **views}

    def _views(self, kind: type[View], table: Columns, rows: list[int]) -> Views:
        """Agents for rows of a table, the same object for the same row every time; never registered."""
        kept = self._kept_views.setdefault(kind.__name__, {})
        for row in rows:
            if row not in kept or kept[row].table is not table:
                kept[row] = kind(self, table, row)
        return Views([kept[row] for row in rows], table, self.random)

    @property
    def weekly(self) -> pd.DataFrame:
        """What was recorded each week since week 0: one row a week, columns as in `record.RECORD`."""
        return self._recorded(self.warm_up_weeks, self.warm_up_weeks + self.week)

    @property
    def warm_up(self) -> pd.DataFrame:
        """What was recorded in the warm-up: one row a week, the index runs up to −1."""
        return self._recorded(0, self.warm_up_weeks)

    def _recorded(self, first: int, last: int) -> pd.DataFrame:
        weeks = pd.RangeIndex(first - self.warm_up_weeks, last - self.warm_up_weeks, name="week")
        return pd.DataFrame(self.record[first:last].copy(), index=weeks, columns=list(RECORD))

    @property
    def start(self) -> StartState:
        """The firm's state when the design took over."""
        return state_of(self.record[: self.warm_up_weeks])

    @property
    def outcomes(self) -> pd.Series:
        """One number a metric over all weeks since week 0; NaN where there was nothing to measure."""
        parts = self.parts()
        values = metrics.values_of(np.array(list(parts.values())))
        return pd.Series(values, index=pd.Index(parts, name="metric"), name="outcome", dtype=float)

    def parts(self, first: int = 0, last: int | None = None) -> dict[str, tuple[float, float]]:
        """Numerator and denominator of every metric over the weeks first … last − 1.

        A denominator of zero says that there was nothing to measure. Kept apart, the parts allow ratios of sums over
        many runs.

        Parameters
        ----------
        first, last
            Window in weeks since the design took over; `last` is the present week unless given.

        Raises
        ------
        BadInput
            If the window is empty or was not lived.
        """
        end = self.week if last is None else last
        if not 0 <= first < end <= self.week:
            raise BadInput(f"window {first}..{end} is outside 0..{self.week} (weeks lived)")
        window = Window(
            self.record[: self.warm_up_weeks + self.week], self.warm_up_weeks + first, self.warm_up_weeks + end,
            self.accounts.rows, self.scenario.decisions.time_limit_days / DAYS_A_WEEK,
        )  # fmt: skip
        return metrics.measure(window)
