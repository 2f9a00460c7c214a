"""Decisions, and the desks at which they are settled: a simulation by events, in working days."""

import heapq
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from revorg.experiments.reference.chance import rule
from revorg.experiments.reference.people import Leader
from revorg.simulation import chance
from revorg.simulation.codes import (
    CUSTOMER,
    DEAL_EXCEPTION,
    DOMAIN_OF_FUNCTION,
    DOMAIN_OF_KIND,
    ESCALATION,
    LEAD,
    OPPORTUNITY,
    ORIGIN_OF_KIND,
    PROCESS_CHANGE,
    STRATEGY_MOVE,
)
from revorg.simulation.organization import PLACES

if TYPE_CHECKING:
    from revorg.experiments.reference.organization import PlainOrganization

ORIGIN: list[int] = ORIGIN_OF_KIND.tolist()
DOMAIN: list[int] = DOMAIN_OF_KIND.tolist()
DOMAIN_OF_HEAD: list[int] = DOMAIN_OF_FUNCTION.tolist()


class Job:
    """Something to do at a desk: to decide, or to answer for a function that is consulted."""

    def __init__(self, decision: "Decision", function: int | None, arrives: float, work: float) -> None:
        self.decision, self.function = decision, function
        self.arrives, self.work = arrives, work

    @property
    def leader(self) -> Leader:
        """Whose desk it is for."""
        return self.decision.owner if self.function is None else self.decision.desks.head_of(self.function)

    @property
    def skill(self) -> float:
        """Skill that the job meets there."""
        domain = DOMAIN[self.decision.kind] if self.function is None else DOMAIN_OF_HEAD[self.function]
        return self.leader.skill[domain]

    @property
    def is_wanted(self) -> bool:
        """Whether it still has to be done."""
        open_now = self.decision in self.decision.desks.open
        return open_now and (self.function is None or self.function in self.decision.consults)

    def __lt__(self, other: "Job") -> bool:
        return self.arrives < other.arrives


class Decision:
    """A matter that somebody has to settle."""

    def __init__(
        self, desks: "Desks", kind: int, row: int, week: int, probe: int, raised: float, climbs: bool, at_stake: float
    ) -> None:
        self.is_small = not at_stake  # below the floor: a matter for the head of its function, and for nobody else
        self.desks, self.kind, self.row, self.week, self.probe = desks, kind, row, week, probe
        self.raised, self.climbs, self.at_stake = raised, climbs, at_stake
        self.scope: set[int] = {ORIGIN[kind]}
        self.asked: set[int] = set()
        self.consults: dict[int, Job] = {}  # still out
        self.reply = -math.inf
        self.begun = self.reworked = self.wrong = self.defaulted = False
        self.settled = math.nan
        self.owner: Leader
        self.task: Job

    @property
    def entity(self) -> int:
        """Who draws."""
        return int(rule.entity_of(self.row, self.kind, self.probe))

    @property
    def origin(self) -> int:
        """Function that the matter comes from."""
        return ORIGIN[self.kind]

    @property
    def limit(self) -> float:
        """Day on which the origin decides alone if nobody has begun."""
        return self.raised + self.desks.model.world.decisions.time_limit_days

    @property
    def is_served(self) -> bool:
        """Whether its owner is at work on it."""
        return self.desks.desks[self.owner.row].job is self.task

    def draw(self, purpose: int, part: int = 0) -> float:
        """Return the uniform draw of the matter for a purpose."""
        return self.desks.model.draws.uniform(purpose, self.week, self.entity + part)

    def hours(self, purpose: int, mean: float, part: int = 0) -> float:
        """Return drawn hours of work; a probe's are the mean."""
        draws = self.desks.model.draws
        return mean if self.probe else mean * draws.exponential(purpose, self.week, self.entity + part)

    def in_charge(self) -> Leader:
        """Return the lowest leader over the scope, one higher for large stakes, past empty seats."""
        over = [leader for leader in self.desks.model.leaders if all(leader.leads(f) for f in self.scope)]
        leader = max(over, key=lambda one: one.depth)
        if self.climbs and leader.boss:
            leader = leader.boss
        while not leader.is_present and leader.boss:
            leader = leader.boss
        return leader

    def reach_owner(self) -> None:
        """Find scope and owner, and let the owner ask around."""
        model, rules, head_of = self.desks.model, self.desks.model.world.decisions, self.desks.head_of
        self.scope |= {
            f
            for f in range(4)
            if f != self.origin
            and self.draw(chance.purpose.SCOPE, f) < model.world.market.interdependence
            and not self.is_small
        }
        owner = self.owner = self.in_charge()
        steps = max(0, head_of(self.origin).depth - owner.depth)
        day = self.raised + rules.handover_days * steps
        mean = rules.small_hours if self.is_small else self.desks.mean_hours(self.kind)
        self.task = Job(self, None, day, self.hours(chance.purpose.WORK, mean))
        for f in range(4):
            wanted = owner.consult_scope if f in self.scope else owner.consult_beyond
            is_other = f != self.origin and head_of(f) is not owner
            if is_other and not self.is_small and self.draw(chance.purpose.CONSULT, f) < wanted:
                self.asked.add(f)
                self.consults[f] = Job(self, f, day, self.hours(chance.purpose.WORK, rules.consult_hours, f + 1))

    def unheard(self) -> int:
        """Count the functions in scope that nobody spoke for."""
        heard = self.asked | {self.origin} | {f for f in range(4) if self.desks.head_of(f) is self.owner}
        return len(self.scope - heard)

    def chance_of_wrong(self, skill: float, unheard: int) -> float:
        """Return the probability of a wrong call."""
        rules = self.desks.model.world.decisions
        return float(
            rule.wrong_probability(skill, unheard, rules.wrong_base, rules.wrong_skill_ceiling, rules.wrong_per_unasked)
        )

    def decide_alone(self) -> None:
        """Let the head of the origin decide, with nobody heard: time is up."""
        skill = self.desks.head_of(self.origin).skill[DOMAIN[self.kind]]
        likely = self.desks.model.world.decisions.default_wrong + self.chance_of_wrong(skill, len(self.scope) - 1)
        self.wrong, self.defaulted = self.draw(chance.purpose.WRONG) < likely, True
        self.desks.settle(self, self.limit)


class Desk:
    """The in-tray of a leader, one job at a time, first ready first served."""

    def __init__(self, leader: Leader) -> None:
        self.leader = leader
        self.queue: list[Job] = []
        self.job: Job | None = None
        self.begun, self.done, self.hours_a_day = math.inf, math.inf, 0.0

    def days_for(self, job: Job) -> float:
        """Return how long a job takes here."""
        offset = self.leader.model.world.decisions.skill_offset
        return float(rule.desk_days(job.work, job.skill, offset, self.hours_a_day))

    def serve(self, job: Job, day: float) -> None:
        """Be at work on a job from a day on."""
        self.job, self.begun, self.done = job, day, day + self.days_for(job)
        if job.function is None:
            job.decision.begun = True
        else:
            self.done = min(self.done, job.decision.limit)

    def pause(self, day: float) -> None:
        """Note what has been done of the job at hand."""
        if self.job:
            worked = (day - self.begun) * self.hours_a_day
            self.leader.tray_hours += worked
            offset = self.leader.model.world.decisions.skill_offset
            self.job.work = max(0.0, self.job.work - worked / (offset - self.job.skill))

    def put_down(self) -> None:
        """Have no job at hand."""
        self.job, self.begun, self.done = None, math.inf, math.inf


class Desks:
    """All desks, the decisions open, and what has been raised and not yet entered."""

    def __init__(self, model: "PlainOrganization") -> None:
        self.model = model
        self.desks = [Desk(leader) for leader in model.leaders]
        self.open: dict[Decision, None] = {}
        self.events: list[tuple[float, int, Job | Decision]] = []
        self.events_so_far = 0
        self.raised: list[tuple[int, int, float, bool, float]] = []
        self.settled: list[Decision] = []
        self.mix = [0.0] * 4

    def head_of(self, function: int) -> Leader:
        """Return the head of a function."""
        return self.model.heads[function]

    def mean_hours(self, kind: int) -> float:
        """Return the mean work of a kind of decision."""
        rules = self.model.world.decisions
        return (rules.exception_hours, rules.escalation_hours, rules.move_hours, rules.change_hours)[kind]

    def raise_matter(self, kind: int, row: int, day: float, climbs: bool, at_stake: float = 1.0) -> None:
        """Put a matter on the list of what is to be entered next."""
        self.raised.append((kind, row, day, climbs, at_stake))

    def raise_small(self, kind: int, row: int, day: float) -> None:
        """Put a matter on that list on which nothing hangs but its head's time."""
        self.raise_matter(kind, row, day, climbs=False, at_stake=0.0)

    def raise_daily_business(self, kind: int, a_week: float) -> None:
        """Bring what campaigns and processes ask of their heads next week."""
        week, draws = self.model.week, self.model.draws
        number = rule.poisson_quantile(draws.uniform(chance.purpose.SMALL_NUMBER, week, kind), a_week)
        for one in range(number):
            day = draws.uniform(chance.purpose.SMALL_DAY, week, 4 * one + kind)
            self.raise_small(kind, (1 << 30) + one, 5.0 * (week + 1 + day))

    def schedule(self, day: float, what: "Job | Decision") -> None:
        """Let a job arrive at its desk, or a decision's time run out."""
        self.events_so_far += 1
        heapq.heappush(self.events, (day, self.events_so_far, what))

    def enter(self, decision: Decision) -> None:
        """Let the jobs of an open decision come to their desks."""
        self.open[decision] = None
        self.schedule(decision.limit, decision)
        for job in decision.consults.values() or [decision.task]:
            if not decision.is_served:
                self.schedule(job.arrives, job)

    def live_a_week(self) -> None:
        """Enter what was raised and two probes, work for five days, and let what is settled take effect."""
        model = self.model
        found = [
            Decision(self, kind, row, model.week, 0, day, climbs, at_stake)
            for kind, row, day, climbs, at_stake in self.raised
        ]
        self.raised = []
        if model.week < 0:
            for kind in range(4):
                came = sum(one.kind == kind and not one.is_small for one in found)
                self.mix[kind] += (came - self.mix[kind]) / 52
        for decision in [*found, *self.probes()]:
            decision.reach_owner()
            self.enter(decision)
        self.work(5.0 * model.week, 5.0 * (model.week + 1))
        for decision in self.settled:
            self.take_effect(decision)
        self.settled = []
        model.record["decisions_open"] = sum(not (one.probe or one.is_small) for one in self.open)
        for desk in self.desks:
            if f"load_{PLACES[desk.leader.place]}" in model.record and desk.hours_a_day:
                load = desk.leader.tray_hours / (5.0 * desk.hours_a_day)
                model.record[f"load_{PLACES[desk.leader.place]}"] = load

    def probes(self) -> Iterator[Decision]:
        """Raise two matters a week that do no harm and take no desk's time."""
        week, draws = self.model.week, self.model.draws
        for index in range(2):
            kind = rule.kind_in(self.mix, draws.uniform(chance.purpose.PROBE_KIND, week, index))
            day = 5.0 * (week + draws.uniform(chance.purpose.PROBE, week, index))
            stakes = draws.uniform(chance.purpose.STAKES, week, rule.entity_of(index, kind, 1))
            yield Decision(self, kind, index, week, 1, day, stakes < self.model.world.decisions.escalate_share, 1.0)

    def work(self, start: float, until: float) -> None:
        """Let days go by, event by event."""
        for desk in self.desks:
            desk.leader.tray_hours, desk.hours_a_day = 0.0, desk.leader.desk_hours_a_day()
            if desk.job:
                desk.serve(desk.job, start)
            self.take_next(desk, start)
        while True:
            desk = min(self.desks, key=lambda one: one.done)
            day = min(max(start, self.events[0][0]) if self.events else math.inf, desk.done)
            if day >= until:
                break
            if day < desk.done:
                self.happen(heapq.heappop(self.events)[2], day)
            else:
                self.finish(desk, day)
        for desk in self.desks:
            desk.pause(until)

    def happen(self, what: "Job | Decision", day: float) -> None:
        """Let a job arrive, or let the origin decide what nobody has begun in time."""
        if isinstance(what, Job):
            if what.is_wanted:
                desk = self.desks[what.leader.row]
                heapq.heappush(desk.queue, what)
                self.take_next(desk, day)
        elif what in self.open and not what.begun:
            what.decide_alone()
            for desk in self.desks:
                if desk.job and desk.job.decision is what:
                    self.finish(desk, day)

    def take_next(self, desk: Desk, day: float) -> None:
        """Let an idle desk begin what has been ready longest."""
        while desk.job is None and desk.queue and desk.hours_a_day > 0.0:
            job = heapq.heappop(desk.queue)
            if not job.is_wanted:
                continue
            if not job.decision.probe:
                desk.serve(job, day)
            elif job.function is not None:
                self.reply(job, day + desk.days_for(job))
            else:
                self.settle(job.decision, day + desk.days_for(job))

    def finish(self, desk: Desk, day: float) -> None:
        """Let a desk be done with its job, and go on to the next."""
        job = desk.job
        assert job is not None
        desk.pause(day)
        desk.put_down()
        if job.is_wanted:
            if job.function is None:
                self.call(job, desk.leader, day)
            else:
                self.reply(job, day)
        self.take_next(desk, day)

    def reply(self, job: Job, day: float) -> None:
        """Bring a reply back; with the last one the matter is ready."""
        decision, function = job.decision, job.function
        assert function is not None
        del decision.consults[function]
        delay = self.model.world.decisions.cross_line_delay
        back = rule.reply_day(job.arrives, day, decision.owner.leads(function), delay)
        decision.reply = max(decision.reply, back)
        if not decision.consults:
            decision.task.arrives = max(decision.task.arrives, decision.reply)
            self.schedule(decision.task.arrives, decision.task)

    def call(self, job: Job, leader: Leader, day: float) -> None:
        """Settle a matter rightly or wrongly; or notice that the call was wrong, and think again."""
        decision = job.decision
        if decision.is_small:
            self.settle(decision, day)
            return
        likely = decision.chance_of_wrong(leader.skill[DOMAIN[decision.kind]], decision.unheard())
        is_wrong = not decision.reworked and decision.draw(chance.purpose.WRONG) < likely
        if is_wrong and decision.draw(chance.purpose.CAUGHT) < self.model.world.decisions.caught_share:
            decision.reworked = True
            job.arrives, job.work = day, decision.hours(chance.purpose.REWORK, self.mean_hours(decision.kind))
            self.schedule(day, job)
        else:
            decision.wrong = is_wrong
            self.settle(decision, day)

    def settle(self, decision: Decision, day: float) -> None:
        """Close a matter."""
        decision.settled = day
        del self.open[decision]
        self.settled.append(decision)

    def hand_over(self) -> None:
        """Bring open matters to who is in charge of them now."""
        for decision in self.open:
            leader, desk = decision.in_charge(), self.desks[decision.owner.row]
            if leader is decision.owner:
                continue
            if desk.job is decision.task:
                desk.put_down()
            elif decision.task in desk.queue:
                desk.queue.remove(decision.task)
                heapq.heapify(desk.queue)
            else:
                decision.owner = leader
                continue
            decision.owner = leader
            heapq.heappush(self.desks[leader.row].queue, decision.task)

    def take_effect(self, decision: Decision) -> None:
        """Let a settled matter do its good or harm where it arose."""
        model, firm, days = self.model, self.model.firm, decision.settled - decision.raised
        if decision.probe:
            model.history[decision.week - model.week - 1][("probe_one_days", "probe_two_days")[decision.row]] = days
            return
        if decision.is_small:
            model.record["small_settled"] += 1.0
            return
        self.count(decision, days)
        rules = model.world.decisions
        if decision.kind in (DEAL_EXCEPTION, ESCALATION):
            account = model.accounts[decision.row]
            account.waiting = 0
            if decision.kind == DEAL_EXCEPTION and account.stage in (LEAD, OPPORTUNITY):
                harm = rule.lateness_harm(days, rules.cooling_per_day, decision.wrong, rules.wrong_deal_loss)
                account.heat -= decision.at_stake * harm
            elif decision.kind == ESCALATION and account.stage == CUSTOMER:
                harm = rule.lateness_harm(days, rules.souring_per_day, decision.wrong, rules.wrong_customer_loss)
                account.health = max(0.0, account.health - decision.at_stake * harm)
        elif not decision.wrong:
            firm.adopt(decision.kind, decision.row, decision.settled)
        elif decision.kind == STRATEGY_MOVE:
            firm.drop(decision.row)
        else:
            assert decision.kind == PROCESS_CHANGE

    def count(self, decision: Decision, days: float) -> None:
        """Record a settled matter."""
        record = self.model.record
        record["decisions_settled"] += 1.0
        record["work_latency_days"] += days
        record["decisions_reworked"] += decision.reworked
        record["decisions_wrong"] += decision.wrong
        record["decisions_defaulted"] += decision.defaulted
        others = decision.scope - {decision.origin}
        heard = {f for f in others if f in decision.asked or self.head_of(f) is decision.owner}
        record["scope_others"] += len(others)
        record["scope_asked"] += 0 if decision.defaulted else len(heard)
