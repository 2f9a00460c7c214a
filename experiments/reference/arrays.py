"""A week of service in whole columns of NumPy: what `simulation.customers.serve` does, with the same draws."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from revorg.experiments.reference.chance import GOLDEN, rule, stream
from revorg.simulation import chance
from revorg.simulation.codes import CUSTOMER, CUSTOMER_WORK, ESCALATION, LOST, gauge
from revorg.simulation.numbers import Now, World
from revorg.simulation.record import RECORD
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Accounts, Decisions, Firm, Fronts

Values = NDArray[Any]


def scrambled(x: Values) -> Values:
    """Scramble 64 bits by splitmix64's finalizer."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


def uniforms(seed: int, purpose: int, week: int, entities: Values) -> Values:
    """Return the uniform draws of entities."""
    key = np.uint64(stream(seed, purpose, week))
    bits = scrambled(scrambled(key + entities.astype(np.uint64) * np.uint64(GOLDEN)))
    return ((bits >> np.uint64(12)).astype(np.float64) + 0.5) / 2.0**52


def logistic(logits: Values) -> Values:
    """Return probabilities of logits."""
    return 1.0 / (1.0 + np.exp(-logits))


class Service:
    """The week of all who are customers when it begins."""

    def __init__(
        self, accounts: Accounts, fronts: Fronts, firm: Firm, decisions: Decisions, record: Values, world: World,
        held: StandIns, now: Now,
    ) -> None:  # fmt: skip
        self.accounts, self.fronts, self.firm, self.decisions = accounts, fronts, firm, decisions
        self.record, self.world, self.seed, self.week = record, world, now.seed, now.week

    def draw(self, purpose: int) -> Values:
        """Return this week's draws of all customers."""
        return uniforms(self.seed, purpose, self.week, self.who)

    def add(self, column: str, amount: Any) -> None:
        """Add to the week's record."""
        self.record[RECORD.index(column)] += amount

    def live(self) -> None:
        """Go through the week."""
        rules, lift, accounts = self.world.customers, self.firm.lift[CUSTOMER_WORK], self.accounts
        self.who = np.flatnonzero(accounts.stage == CUSTOMER)
        self.front, self.group = accounts.front[self.who], accounts.group[self.who]
        self.plan_accounts(rule.responsive(rules.expansion_gain, lift))
        self.change_relations()
        self.be_served()
        stays = self.decide_at_term()
        self.buy_more(stays)
        self.count(stays)

    def plan_accounts(self, without: float) -> None:
        """Find who has an account plan, and what leaders' work gives to the growth of each account."""
        rules, gauges, contract = self.world.customers, self.firm.gauges, self.accounts.contract_usd[self.who]
        planned = rule.work_with_plan(
            without, rules.plan_gain, self.firm.contribution[CUSTOMER_WORK], rules.plans_per_hour, gauges[gauge.PLANNED]
        )
        plans = self.world.levers.account_plans
        mean = gauges[gauge.ARR_USD] / max(self.fronts.customers.sum(), 1)
        has_plan = np.full(len(self.who), plans == 2) | ((plans == 1) & (contract > mean))
        self.work = np.where(has_plan, planned, without)
        gauges[gauge.PLANNED] = has_plan.sum()
        self.record[RECORD.index("plan_hours")] = rules.plan_hours * gauges[gauge.PLANNED]

    def change_relations(self) -> None:
        """Lose or find champions, critics and sponsors."""
        accounts, rules, who, drawn = self.accounts, self.world.customers, self.who, self.draw(chance.purpose.RELATION)
        champion, sponsors, critics = accounts.champion[who], accounts.sponsors[who], accounts.critics[who]
        leaves, embitters = rules.champion_loss_per_year / 52, rules.critic_rate_per_year / 52
        turns = np.where(champion == 1, leaves, rules.champion_return_per_week * sponsors)
        goes = turns + embitters + 2.0 * embitters * critics
        bounds = np.stack([turns, turns + embitters, goes, goes + leaves * (sponsors - 1)])
        change = (drawn >= bounds).sum(axis=0)
        wins = (change == 4) & (drawn > 1.0 - rules.sponsor_gain_per_week * self.work) & (sponsors < self.group)
        self.champion = np.where(change == 0, 1 - champion, champion)
        self.critics = np.where(change == 1, np.minimum(critics + 1, self.group), critics - (change == 2))
        self.sponsors = sponsors - (change == 3) + wins
        accounts.champion[who], accounts.sponsors[who], accounts.critics[who] = (
            self.champion, self.sponsors, self.critics,
        )  # fmt: skip
        accounts.groups_reached[who] = np.maximum(accounts.groups_reached[who], self.sponsors)

    def be_served(self) -> None:
        """Use what was bought, and judge it."""
        accounts, rules, gauges, who = self.accounts, self.world.customers, self.firm.gauges, self.who
        adoption = accounts.adoption[who]
        adoption += (1.0 - adoption) / rules.adoption_weeks
        accounts.adoption[who] = adoption
        sponsored = rules.sponsor_worth * (self.sponsors - 1)
        lonely = rules.champion_worth * (1.5 - adoption) / np.maximum(self.sponsors, 1)
        sponsored = np.where(self.champion == 0, sponsored - lonely, sponsored)
        worn = -rules.critic_loss * self.critics
        self.add("champion_worth", sponsored.sum())
        self.add("critic_worth", worn.sum())
        delivered = (
            rules.neutral_health + rules.service_gain * self.firm.lift[CUSTOMER_WORK]
            + rules.adoption_worth * (adoption - 0.8)
            + self.world.alignment.ownership_worth * (gauges[gauge.OWNERSHIP] - 0.5) + sponsored + worn
        )  # fmt: skip
        rate = rule.relieved(rules.issues_per_week, gauges[gauge.MATURITY], rules.issue_relief)
        has_issue = self.draw(chance.purpose.ISSUE) < rate
        delivered = delivered - rules.issue_loss * has_issue
        self.add("issues", has_issue.sum())
        hours = rules.care_hours * len(who) + rules.issue_hours * has_issue.sum()
        self.record[RECORD.index("account_hours")] = hours + self.record[RECORD.index("plan_hours")]
        self.escalate(who[has_issue])
        noise = rules.health_noise * ndtri(self.draw(chance.purpose.HEALTH))
        before = accounts.health[who]
        self.health = np.clip(before + rules.health_pace * (delivered - before) + noise, 0.0, 1.0)
        accounts.health[who] = self.health

    def escalate(self, who: Values) -> None:
        """Raise the issues of some customers with the leaders, as far as the week's list goes."""
        accounts, decisions, rules = self.accounts, self.decisions, self.world.decisions
        who = who[accounts.waiting[who] == 0]
        floor = rules.stakes_floor_share * self.firm.gauges[gauge.ARR_USD]
        rate = self.world.customers.escalated_share
        most = rate * accounts.contract_usd[who]
        likely = np.minimum(1.0, most / floor) if floor > 0.0 else np.where(most > 0.0, 1.0, 0.0)
        drawn = uniforms(self.seed, chance.purpose.ESCALATION, self.week, who)
        first = int(decisions.entries[0])
        heard = np.minimum(1.0, rate * accounts.contract_usd[who] / (rules.small_floor_share * floor))
        chosen = np.flatnonzero(drawn < heard)[: len(decisions.entry_kind) - first]
        who, last, drawn, likely, heard = who[chosen], first + len(chosen), drawn[chosen], likely[chosen], heard[chosen]
        small = drawn >= likely
        stakes = uniforms(self.seed, chance.purpose.ESCALATION, self.week, who + (1 << 40))
        decisions.entry_kind[first:last], decisions.entry_row[first:last] = ESCALATION, who
        passed = np.where(small, (drawn - likely) / np.maximum(heard - likely, 1e-300), drawn / likely)
        decisions.entry_day[first:last] = 5.0 * (self.week + 1 + passed)
        decisions.entry_climbs[first:last], decisions.entries[0] = ~small & (stakes < rules.escalate_share), last
        at_stake = np.where(small, 0.0, np.minimum(1.0, rate / (likely * stakes)))
        decisions.entry_at_stake[first:last], decisions.entry_small[first:last] = at_stake, small
        accounts.waiting[who[~small]] = 1

    def leaving(self, rivals: Any) -> Values:
        """Return the probabilities of leaving at term."""
        rules = self.world.customers
        logits = self.accounts.churn_logit[self.who] + rivals
        return logistic(logits + rules.health_slope * (rules.neutral_health - self.health))

    def decide_at_term(self) -> Values:
        """Leave, or renew for as much or less; return who stays."""
        accounts, rules, who, week = self.accounts, self.world.customers, self.who, self.week
        is_due = week >= accounts.due[who]
        is_first = is_due & (week - accounts.since[who] <= rules.term_weeks)
        drawn = self.draw(chance.purpose.CHURN)
        rivals = rules.rival_pull * self.fronts.pressure[self.front] * (1.0 + self.critics)
        leaves = is_due & (drawn < self.leaving(rivals))
        renews = is_due & ~leaves
        contract = accounts.contract_usd[who]
        self.add("first_due", is_first.sum())
        self.add("first_renewed", (is_first & ~leaves).sum())
        self.add("rival_churned", (leaves & (drawn >= self.leaving(0.0))).sum())
        self.add("churned_arr", contract[leaves].sum())
        self.add("churned_customers", leaves.sum())
        shrinks = rules.shrink_logit + rules.health_slope * (rules.neutral_health - self.health)
        shrinks = renews & (self.draw(chance.purpose.SHRINK) < logistic(shrinks))
        self.add("contraction_arr", rules.shrink_share * contract[shrinks].sum())
        self.contract = np.where(shrinks, contract * (1.0 - rules.shrink_share), contract) * ~leaves
        accounts.due[who[renews]] += rules.term_weeks
        gone = who[leaves]
        accounts.stage[gone], accounts.since[gone] = LOST, week
        accounts.due[gone] = week + self.world.demand.churned_return_weeks
        return ~leaves

    def buy_more(self, stays: Values) -> None:
        """Expand contracts, some by a further product."""
        accounts, rules, who, pairs = self.accounts, self.world.customers, self.who, self.firm.alignment
        first = self.world.market.contract_usd * accounts.size[who] / rules.land_share
        owned = accounts.products_owned[who]
        potential = first * (1.0 + rules.product_potential * (owned - 1))
        room = 0.5 + 0.5 * np.minimum(1.0, accounts.groups_reached[who] / self.group)
        room = np.maximum(0.0, room - self.contract / potential)
        aligned = 0.5 + 0.5 * (pairs[1, 2] + pairs[0, 2])
        hazard = rules.expansion_per_week * (self.health / rules.neutral_health) * self.work * aligned * room
        hazard, drawn = np.minimum(1.0, hazard), self.draw(chance.purpose.EXPANSION)
        grows = stays & (drawn < hazard)
        crosses = grows & (owned < self.world.market.products) & (drawn < rules.cross_sale_share * hazard)
        owned = owned + crosses
        potential = first * (1.0 + rules.product_potential * (owned - 1))
        added = np.where(grows, np.minimum(rules.expansion_step * potential, potential - self.contract), 0.0)
        self.contract = self.contract + added
        accounts.products_owned[who], accounts.contract_usd[who] = owned, self.contract
        self.add("expansion_arr", added.sum())
        held = np.minimum(1.0, (self.week - accounts.since[who]) / 52)
        self.add("base_expansion_arr", (added * held).sum())

    def count(self, stays: Values) -> None:
        """Count the customers who are left."""
        fronts, gauges, rules, finance = self.fronts, self.firm.gauges, self.world.customers, self.world.finance
        front, contract, health = self.front[stays], self.contract[stays], self.health[stays]
        if (self.week + 1) % 13 == 0:
            costs = finance.infrastructure_share + finance.serve_share
            margin = rule.margin_share(costs, self.world.operations.cost_relief, gauges[gauge.MATURITY])
            leaves = self.leaving(0.0)[stays] * 52 / rules.term_weeks
            kept = margin - finance.partner_share * fronts.partner[front]
            self.add("equity", (contract * kept / (finance.discount_a_year + leaves)).sum())
        fronts.customers[:] = np.bincount(front, minlength=fronts.size)
        fronts.referrers[:] = np.bincount(front[health > rules.healthy_reference], minlength=fronts.size)
        fronts.arr_usd[:] = np.bincount(front, contract, minlength=fronts.size)
        for column, amount in (("arr", contract.sum()), ("customers", len(front)), ("health_sum", health.sum())):
            self.record[RECORD.index(column)] = amount
        gauges[gauge.ARR_USD] = contract.sum()
        gauges[gauge.HEALTH] = health.mean() if len(health) else rules.neutral_health

    def leave(self) -> None:
        """Leave the tables as they are: they were worked on in place."""
