"""The model as a whole: who there is, and the order of the week."""

from math import exp, inf, log
from typing import Any, Self

import mesa

from revorg.experiments.reference.accounts import Account, Front
from revorg.experiments.reference.chance import Draws, PairedDraws
from revorg.experiments.reference.desks import Decision, Desks, Job
from revorg.experiments.reference.firm import Firm
from revorg.experiments.reference.people import Leader, Rep
from revorg.simulation.chance import purpose
from revorg.simulation.codes import AT_WORK, GAUGES, LEAD, NOT_BEGUN, OPEN
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.record import RECORD
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Columns, columns_of


class PlainOrganization(mesa.Model):  # type: ignore[misc]
    """A revenue organization of agents."""

    def __init__(self, world: Scenario, seed: int, week: int, chance: type[Draws] = PairedDraws) -> None:
        super().__init__(seed=seed)
        self.draws = chance(seed, self.random)
        self.world, self.seed, self.week = world, seed, week
        self.count = world.market.accounts
        self.history: list[dict[str, float]] = []
        self.fronts: list[Front] = []
        self.accounts: list[Account] = []
        self.reps: list[Rep] = []
        self.leaders: list[Leader] = []
        self.heads: list[Leader] = []
        self.firm = Firm(self)
        self.desks = Desks(self)

    @classmethod
    def from_model(cls, model: RevenueOrganization, chance: type[Draws] = PairedDraws) -> Self:
        """Begin where a model stands now; go on with the draws of the tables, or with others."""
        plain = cls(model.scenario, model.seed, model.week, chance)
        plain.fronts = plain.agents_of(Front, model.fronts, model.fronts.size)
        plain.reps = plain.agents_of(Rep, model.rep_slots, model.rep_slots.slots)
        plain.accounts = plain.agents_of(Account, model.accounts, model.accounts.rows)
        for account in plain.accounts:
            front, rep = int(model.accounts.front[account.row]), int(model.accounts.rep[account.row])
            account.front, account.rep = plain.fronts[front], plain.reps[rep] if rep >= 0 else None
        plain.leaders = plain.agents_of(Leader, model.people, model.people.seats)
        seated = model.organization
        for leader in plain.leaders:
            own = float(seated.in_tray_cap[leader.row])
            leader.in_tray_cap = plain.world.leadership.in_tray_cap if own != own else own
            leader.habit, leader.inclination = float(seated.habit[leader.row]), seated.inclination[leader.row].tolist()
            leader.say = float(seated.say[leader.row])
        plain.heads = [plain.leaders[row] for row in seated.head_of.tolist()]
        if plain.world.readings.reviewers == "heads":
            for head in plain.heads:
                head.say = max(head.say, plain.world.strategy.heads_say)
        for name, value in zip(GAUGES, model.firm.gauges.tolist(), strict=True):
            setattr(plain.firm, name, value)
        plain.firm.bought_hours = plain.hours_for_pay()
        for name in ("lift", "contribution", "alignment", "shortfall"):
            setattr(plain.firm, name, getattr(model.firm, name).tolist())
        todo = model.initiatives
        rows = [row for row, kind in enumerate(todo.kind) if kind >= 0]
        columns = (todo.order, todo.kind, todo.hours, todo.row)
        plain.firm.initiatives = [[column[row].item() for column in columns] for row in rows]
        lived = model.record[: model.warm_up_weeks + model.week].tolist()
        plain.history = [dict(zip(RECORD, week, strict=True)) for week in lived]
        plain.copy_decisions(model)
        return plain

    def agents_of(self, kind: type[Any], table: Columns, count: int) -> list[Any]:
        """Create one agent a row."""
        agents = [kind(self) for _ in range(count)]
        for row, agent in enumerate(agents):
            agent.row = row
            for name, column in columns_of(table).items():
                setattr(agent, name, column[row].tolist())
        return agents

    def copy_decisions(self, model: RevenueOrganization) -> None:
        """Take over what was raised and what is open."""
        table, desks = model.decisions, Desks(self)
        self.desks = desks
        desks.mix = table.mix.tolist()
        for entry in range(int(table.entries[0])):
            kind, row = int(table.entry_kind[entry]), int(table.entry_row[entry])
            day, climbs = float(table.entry_day[entry]), bool(table.entry_climbs[entry])
            desks.raise_matter(kind, row, day, climbs, float(table.entry_at_stake[entry]))
        for i in range(table.slots):
            if table.state[i] != OPEN:
                continue
            kind, row, week, probe = (int(column[i]) for column in (table.kind, table.row, table.week, table.probe))
            raised, climbs, at_stake = float(table.raised[i]), bool(table.climbs[i]), float(table.at_stake[i])
            decision = Decision(desks, kind, row, week, probe, raised, climbs, at_stake)
            decision.scope = {f for f in range(4) if table.scope[i] >> f & 1}
            decision.asked = {f for f in range(4) if table.asked[i] >> f & 1}
            decision.owner = self.leaders[int(table.owner[i])]
            decision.reply, decision.reworked = float(table.reply[i]), bool(table.reworked[i])
            arrives, work = table.arrives[i].tolist(), table.work[i].tolist()
            decision.task = Job(decision, None, arrives[0], work[0])
            decision.consults = {f: Job(decision, f, arrives[f + 1], work[f + 1]) for f in range(4) if work[f + 1] >= 0}
            decision.begun = bool(table.serving[i] != NOT_BEGUN)
            if table.serving[i] == AT_WORK:
                desks.desks[decision.owner.row].job = decision.task
            desks.enter(decision)

    @property
    def record(self) -> dict[str, float]:
        """What this week leaves."""
        return self.history[-1]

    @property
    def quarter_ends(self) -> bool:
        """Whether this week is a quarter's last."""
        return (self.week + 1) % 13 == 0

    @property
    def quota(self) -> float:
        """What a rep is to sell in a year."""
        return self.world.sales.on_target_earnings_usd * self.world.sales.quota_multiple

    def contested_front(self) -> Front | None:
        """Return the front at work under most pressure; nobody's where several are all under the same."""
        fronts = [front for front in self.fronts if front.is_open]
        alike = len({front.pressure for front in fronts}) == 1 < len(fronts)
        return None if alike else max(fronts, key=lambda front: front.pressure, default=None)

    def floor_of_stakes(self) -> float:
        """Return the value below which a matter is settled where it arises."""
        return self.world.decisions.stakes_floor_share * self.firm.arr_usd

    def rivalry(self) -> float:
        """Return the odds for competitors: for two of them as told, for others by the logarithm of their number."""
        rules, rivals = self.world.sales, self.world.market.competitors
        if rivals == 0:
            return -inf
        return rules.competitor_logit + rules.rivals_exponent * (log(rivals) - log(2.0))

    def arr_of_reference(self) -> float:
        """Return the ARR at which a budget and leaders' hours count as 1, all customers at home."""
        market = self.world.market
        home = (market.channels - market.abroad_channels) / market.channels
        return max(1.0, market.accounts * market.reference_customers_share * home) * market.contract_usd

    def open_channels(self) -> int:
        """Return how many channels the firm sells through: those abroad when it has expanded."""
        market = self.world.market
        return market.channels - (0 if self.world.levers.expansion else market.abroad_channels)

    def posts_in_sales(self) -> float:
        """Add up the posts that are filled or being filled, in full ones."""
        return sum(rep.share for rep in self.reps)

    @property
    def hour_of_a_rep(self) -> float:
        """What an hour in sales costs, with the support that stands behind it."""
        earnings = self.world.sales.on_target_earnings_usd * (1.0 + self.world.finance.support_per_rep)
        return earnings / 52 / self.world.sales.rep_hours

    def hours_for_pay(self) -> float:
        """Return the hours that selling has been given, or has given, so that pay of leaders comes to the same."""
        levels_before = sum(seat.level for seat in self.world.warm_up().organization.seats)
        levels = sum(leader.level for leader in self.leaders)
        return self.world.finance.leader_pay_usd / 52 * (levels_before - levels) / self.hour_of_a_rep

    def hours_beside(self) -> float:
        """Return these hours as far as the reps at work have them to give."""
        working = sum(rep.share for rep in self.reps if rep.active)
        return max(self.firm.bought_hours, -working * self.world.sales.rep_hours) if working else 0.0

    def make_room(self) -> None:
        """Think of as many further posts as there are, at a quarter's beginning at which none is unused."""
        if len(self.history) % 13 == 0 and all(rep.share > 0.0 for rep in self.reps):
            for row in range(len(self.reps), 2 * len(self.reps)):
                self.reps.append(Rep.unused(self, row))

    def step(self) -> None:
        """Live one week."""
        self.make_room()
        everybody = self.agents_by_type
        self.history.append(dict.fromkeys(RECORD, 0.0))
        everybody[Front].do("drift")
        self.let_competitors_attack()
        if self.week % self.world.leadership.policy_weeks == 0:
            everybody[Leader].do("set_policy")
        self.firm.gather_contributions()
        self.firm.review_strategy()
        self.desks.live_a_week()
        self.firm.carry_out()
        self.firm.spend_on_marketing()
        everybody[Account].do("meet_marketing")
        self.firm.note_plays()
        everybody[Rep].do("begin_week")
        everybody[Account].do("claim_rep")
        self.hand_out_leads()
        everybody[Rep].do("share_out")
        everybody[Account].do("be_worked")
        self.serve_customers()
        self.firm.mature()
        self.firm.meet()
        self.close_books()

    def let_competitors_attack(self) -> None:
        """Let competitors attack a front, or all around it as well, in some weeks."""
        market, draws, week = self.world.market, self.draws, self.week
        if week == market.attack_week:
            hit = self.fronts if market.attack_front is None else [self.fronts[market.attack_front]]
            for front in hit:
                front.be_attacked()
        rate = market.competitors * market.offensives_per_year / 52
        for front in self.fronts:
            near = [other for other in self.fronts if front.be_near(other)]
            share = (1.0 - exp(-rate)) / (1.0 + market.offensive_breadth_probability * len(near))
            drawn = draws.uniform(purpose.OFFENSIVE, week, front.row)
            if drawn < share:
                front.be_attacked()
            for other in near if drawn < share * market.offensive_breadth_probability else []:
                other.be_attacked()

    def hand_out_leads(self) -> None:
        """Let leads look for a rep, in an order that chance gives."""
        leads = self.agents_by_type[Account].select(lambda account: account.stage == LEAD)
        readings = self.world.readings
        full: set[int] = set()  # segments none of whose reps has room left this week
        for account in sorted(leads, key=lambda lead: self.draws.uniform(purpose.TURN, self.week, lead.row)):
            if account.front.segment not in full and not account.find_rep() and readings.leads == "pooled":
                full.add(account.front.segment)

    def serve_customers(self) -> None:
        """Let customers live a week, counted anew."""
        self.firm.mean_contract = self.firm.arr_usd / max(sum(front.customers for front in self.fronts), 1)
        for front in self.fronts:
            front.customers, front.referrers, front.arr_usd = 0, 0, 0.0
        self.agents_by_type[Account].do("live_as_customer")
        count = self.record["customers"]
        self.firm.planned = sum(account.has_plan for account in self.accounts)
        self.firm.arr_usd = self.record["arr"]
        self.firm.health = self.record["health_sum"] / count if count else self.world.customers.neutral_health

    def close_books(self) -> None:
        """Close the week, and the quarter; let people come and go."""
        self.firm.close_week()
        if self.quarter_ends:
            self.firm.close_quarter()
        self.agents_by_type[Rep].do("end_week")
        if self.quarter_ends:
            self.firm.open_positions()
        left = [leader for leader in self.leaders if leader.leave_or_stay()]
        self.week += 1
        if left:
            self.desks.hand_over()
