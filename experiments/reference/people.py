"""Leaders and reps."""

import math
from typing import TYPE_CHECKING

import mesa

from revorg.experiments.reference.chance import rule
from revorg.simulation.chance import purpose
from revorg.simulation.codes import EXECUTION_WORK, FUNCTION_SERVED, NO_OPENING, STRATEGY_WORK
from revorg.simulation.initialization import LONG_AGO
from revorg.simulation.people import attention_between, demand_for

if TYPE_CHECKING:
    from revorg.experiments.reference.accounts import Account
    from revorg.experiments.reference.organization import PlainOrganization

FUNCTION_OF_DOMAIN: list[int] = FUNCTION_SERVED.tolist()
PAIRS = [(one, other) for one in range(4) for other in range(one + 1, 4)]


class Holder(mesa.Agent):  # type: ignore[misc]
    """An agent whose attributes are the columns of its table in `simulation.tables`."""

    model: "PlainOrganization"
    row: int


class Leader(Holder):
    """The holder of a seat."""

    place: int
    parent: int
    depth: int
    level: int
    line: int
    span: int
    week_hours: float
    say: float
    measures: list[float]
    skill: list[float]
    collaboration: float
    attention: list[float]
    consult_scope: float
    consult_beyond: float
    tray_share: float
    meeting_hours: float
    tray_hours: float
    arrived: int
    answers_from: int
    vacant_until: int
    replaced: int
    inclination: list[float]
    habit: float
    in_tray_cap: float
    hours_left: float  # after all duties, this week

    @property
    def boss(self) -> "Leader | None":
        """Whom the seat reports to."""
        return self.model.leaders[self.parent] if self.parent >= 0 else None

    @property
    def is_present(self) -> bool:
        """Whether somebody holds the seat this week."""
        return self.model.week >= self.vacant_until

    def leads(self, function: int) -> bool:
        """Tell whether a function is in the line."""
        return bool(self.line >> function & 1)

    def set_policy(self) -> None:
        """Decide where attention goes, whom to ask, and how long to meet others."""
        rules, asking = self.model.world.leadership, self.model.world.decisions
        everybodys = (rules.new_arr_calls, rules.retention_calls, rules.experience_calls, rules.cost_calls)
        calls = [tuple(weight * self.cares_for(domain) for domain, weight in enumerate(row)) for row in everybodys]
        demand = demand_for(
            self.model.firm.shortfall, self.measures, calls, rules.attention_floor, rules.shortfall_weight
        )
        self.attention = attention_between(demand, self.inclination, self.habit)
        self.consult_scope = min(1.0, asking.consult_base + asking.consult_collaboration * self.collaboration)
        self.consult_beyond = min(1.0, asking.consult_beyond * self.collaboration)
        self.tray_share = self.in_tray_cap
        wanted = rules.meeting_hours * self.level * self.collaboration
        self.meeting_hours = max(0.0, min(wanted, self.week_hours - rules.span_hours * self.span))

    def desk_hours_a_day(self) -> float:
        """Return how long a day the in-tray may take: its share, within what span and meetings leave."""
        left = self.week_hours - self.model.world.leadership.span_hours * self.span - self.meeting_hours
        return min(self.tray_share * self.week_hours, max(left, 0.0)) / 5.0

    def cares_for(self, domain: int) -> float:
        """Return how far work in a domain counts from this seat: fully for what it leads, or where it leads nothing."""
        is_own = self.leads(FUNCTION_OF_DOMAIN[domain]) or self.line == 0
        return 1.0 if is_own else self.model.world.leadership.outside_attention

    def plan_week(self) -> None:
        """Set aside hours for all duties; what is left is for the domains, what is lacking is below zero."""
        record, rules = self.model.record, self.model.world.leadership
        leading = rules.span_hours * self.span
        record["span_hours"] += leading
        if not self.is_present:
            self.hours_left = -leading
            return
        outside = self.week_hours * rules.outside_share if self.boss is None else 0.0
        record["outside_hours"] += outside
        record["meeting_hours"] += self.meeting_hours
        record["tray_hours"] += self.tray_hours
        self.hours_left = self.week_hours - (outside + leading + self.meeting_hours + self.tray_hours)

    def contribute(self, kept: float) -> None:
        """Work in the domains, with the share of the own hours that others' duties leave."""
        if self.hours_left <= 0.0:
            return
        model, hours = self.model, self.hours_left * kept
        model.record["domain_hours"] += hours
        hours *= rule.settled_in(float(model.week - self.arrived), model.world.finance.newcomer_weeks)
        for domain, function in enumerate(FUNCTION_OF_DOMAIN):
            work = hours * self.attention[domain] * self.skill[domain]
            reach = self.reach_into(function)
            if domain == STRATEGY_WORK:
                model.firm.offer_review(self.say * work, reach)
                work -= self.say * work
            model.firm.contribution[domain] += work * reach

    def reach_into(self, function: int) -> float:
        """Return the share of an hour that arrives in a function."""
        if self.leads(function):
            return 1.0
        pairs = self.model.firm.alignment
        own = [f for f in range(4) if f != function and (self.leads(f) or not self.line)]
        aligned = sum(pairs[f][function] for f in own) / len(own)
        rules = self.model.world.leadership
        return float(rule.influence_outside(self.collaboration, aligned, float(self.level), rules))

    def hours_for(self, one: int, other: int) -> float:
        """Return what the seat's meetings give to a pair of functions: hours go, and count, by their yield."""
        if not self.is_present or self.meeting_hours <= 0.0:
            return 0.0
        outside = self.model.world.alignment.outside_efficiency
        yields = {pair: rule.yield_of_hour(self.line, *pair, outside) for pair in PAIRS}
        everything, here = sum(yields.values()), yields[one, other]
        return self.meeting_hours * here * here / everything if everything > 0.0 else 0.0

    def resistance(self) -> float:
        """Return how much the functions outside the line stand against it."""
        pairs = self.model.firm.alignment
        outside = [f for f in range(4) if not self.leads(f)]
        return sum(1.0 - sum(pairs[f][g] for g in range(4) if g != f) / 3.0 for f in outside) / 4.0

    def leave_or_stay(self) -> bool:
        """Return whether the holder of a place with exits is dismissed or burns out this week."""
        model, firm, rules = self.model, self.model.firm, self.model.world.finance
        if not self.replaced:
            return False
        model.record["chief_weeks"] += 1.0
        if not self.is_present:
            return False
        model.record["chief_present"] += 1.0
        short = sum(self.measures[m] * max(0.0, firm.shortfall[m]) for m in (1, 2, 3))
        quarters = (model.week + 1 - self.answers_from) // 13
        dismissed = rule.dismissal_probability(
            rules.dismissal_per_quarter, rules.dismissal_per_miss, min(firm.misses, quarters), self.measures[0],
            2.0 * short,
        )  # fmt: skip
        if model.world.readings.exits == "random":
            dismissed = rules.random_dismissal_per_quarter
        burnt = rules.burnout_per_year / 52 * (0.5 + self.resistance()) * 2.0 * (1.0 - firm.ownership)
        if model.quarter_ends and model.draws.uniform(purpose.DISMISSAL, model.week, self.place) < dismissed:
            model.record["dismissals"] += 1.0
        elif model.draws.uniform(purpose.BURNOUT, model.week, self.place) < burnt:
            model.record["burnouts"] += 1.0
        else:
            return False
        self.vacant_until = self.arrived = self.answers_from = model.week + 1 + rules.search_weeks
        return True


class Rep(Holder):
    """A sales position, with who holds it."""

    deals: "list[Account]"  # those of this week on which there is work to do
    per_priority: float  # hours this week for a unit of priority

    active: int
    share: float
    segment: int
    generation: int
    hired: int
    opens: int
    skill: float
    morale: float
    booked_quarter: float
    booked_year: float
    quota_year: float
    quota: float
    hours: float
    load: float
    weight: float

    @classmethod
    def unused(cls, model: "PlainOrganization", row: int) -> "Rep":
        """Think of a post that nobody has held yet."""
        rep = cls(model)
        rep.row, rep.segment, rep.opens, rep.hired = row, row % model.world.market.segments, NO_OPENING, LONG_AGO
        rep.active = rep.generation = 0
        rep.share = rep.booked_quarter = rep.booked_year = rep.quota_year = rep.hours = rep.load = rep.weight = 0.0
        rep.skill, rep.morale, rep.quota = 1.0, 0.5, 1.0
        return rep

    def covers(self, segment: int) -> bool:
        """Tell whether deals of a segment are for this rep: the own one and the next."""
        return segment in (self.segment, (self.segment + 1) % self.model.world.market.segments)

    def begin_week(self) -> None:
        """See how many hours there are for selling."""
        model, rules = self.model, self.model.world.sales
        self.hours = self.load = self.weight = 0.0
        self.deals, self.per_priority = [], math.inf
        if self.active:
            share = rule.selling_share(model.firm.maturity, rules.admin_share, rules.admin_relief)
            working = sum(rep.share for rep in model.reps if rep.active)
            self.hours = share * (rules.rep_hours * self.share + model.hours_beside() * self.share / working)
            self.hours *= rule.responsive(rules.coaching_gain, model.firm.lift[EXECUTION_WORK])
            self.hours *= rule.ramp(float(model.week - self.hired), rules.ramp_weeks) * self.skill
            model.record["reps"] += self.share
            model.record["capacity_hours"] += self.hours

    def share_out(self) -> None:
        """Where hours do not reach, give each deal its part by priority; what one does not need goes to the others."""
        hungry, hours = self.deals, self.hours
        if self.load <= hours:
            return
        while True:
            self.per_priority = hours / sum(deal.priority for deal in hungry)
            fed = [deal for deal in hungry if deal.hours_a_week <= self.per_priority * deal.priority]
            if not fed or len(fed) == len(hungry):
                return
            hungry = [deal for deal in hungry if deal not in fed]
            hours -= sum(deal.hours_a_week for deal in fed)

    def own_quota(self) -> float:
        """Return what the holder is to bring in a year."""
        return self.model.quota * self.quota * self.share

    def end_quarter(self) -> None:
        """Take heart or lose it by the quarter's bookings."""
        rules = self.model.world.sales
        if self.active:
            ready = rule.ramp(float(self.model.week - self.hired), rules.ramp_weeks)
            due = 0.25 * self.own_quota() * rules.attainment * ready
            self.morale += 0.3 * ((self.booked_quarter >= due) - self.morale)
        self.booked_quarter = 0.0

    def end_week(self) -> None:
        """Be judged at the year's end; quit; or arrive at an open position."""
        model, rules = self.model, self.model.world.finance
        if self.active:
            model.record["rep_years"] += 1.0 / 52
            self.quota_year += self.own_quota() / 52
            if (model.week + 1) % 52 == 0:
                if model.week + 1 - self.hired >= 52:
                    model.record["reps_judged"] += 1.0
                    model.record["reps_at_quota"] += self.booked_year >= self.quota_year
                self.booked_year = self.quota_year = 0.0
            leaves = rule.quit_hazard(rules.quits_per_year, rules.quits_per_miss, self.morale)
            if model.draws.uniform(purpose.REP_QUITS, model.week, self.row) < leaves:
                model.record["reps_left"] += 1.0
                left, self.active, self.share = self.share, 0, 0.0
                again = min(left, model.firm.reps_wanted - model.posts_in_sales())
                if again >= rules.least_post:
                    self.share, self.opens = again, model.week + rules.hiring_weeks
        elif self.opens != NO_OPENING and self.opens <= model.week:
            self.active, self.hired, self.opens, self.generation = 1, model.week, NO_OPENING, self.generation + 1
            talent = model.draws.normal(purpose.REP_SKILL, self.generation, self.row)
            self.skill = max(0.2, 1.0 + model.world.sales.rep_skill_sd * talent)
            self.morale, self.booked_quarter, self.booked_year, self.quota_year = 0.5, 0.0, 0.0, 0.0
