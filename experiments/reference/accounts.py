"""Fronts and accounts."""

import math
from typing import TYPE_CHECKING

from revorg.experiments.reference.chance import rule
from revorg.experiments.reference.people import Holder, Rep
from revorg.simulation import chance
from revorg.simulation.codes import (
    CUSTOMER,
    CUSTOMER_WORK,
    DEAL_EXCEPTION,
    ESCALATION,
    EXECUTION_WORK,
    LEAD,
    LOST,
    MARKETING,
    OPERATIONS_WORK,
    OPPORTUNITY,
    PROSPECT,
    SALES,
    STRATEGY_MOVE,
    STRATEGY_WORK,
    SUCCESS,
)

if TYPE_CHECKING:
    pass


class Front(Holder):
    """A channel to a segment."""

    channel: int
    segment: int
    partner: int
    home: int
    reach: float
    accounts: int
    attractiveness: float
    pressure: float
    prospects: int
    customers: int
    arr_usd: float
    referrers: int
    allocation: float
    belief: float
    uncertainty: float
    reviewed: int
    proposal: float
    shift_target: float
    best_play: int
    play: int
    play_belief: list[float]
    play_proposed: int
    hazard: float

    def drift(self) -> None:
        """Grow more or less attractive, while attacks fade."""
        market, week = self.model.world.market, self.model.week
        if week == market.shift_week:
            self.attractiveness = -self.attractiveness
        shock = self.model.draws.normal(chance.purpose.DRIFT, week, self.row)
        kept = rule.kept_after(1.0, market.drift_half_life_weeks)
        self.attractiveness = rule.drifted(self.attractiveness, kept, market.attractiveness_sd, shock)
        self.pressure *= rule.kept_after(1.0, market.offensive_half_life_weeks)
        turns = 1.0 - rule.kept_after(1.0, self.model.world.plays.half_life_weeks)
        self.best_play = self.one_of_all(self.best_play, turns, chance.purpose.PLAY_TURNS)

    def one_of_all(self, play: int, share: float, purpose: int) -> int:
        """Return a play, or with some probability any of all."""
        drawn = self.model.draws.uniform(purpose, self.model.week, self.row)
        return play if drawn < 1.0 - share else int((drawn - (1.0 - share)) / share * self.model.world.plays.count)

    @property
    def is_open(self) -> bool:
        """Whether anybody there can be reached."""
        return self.reach > 0.0

    def be_near(self, other: "Front") -> bool:
        """Tell whether another front shares the channel or the segment."""
        return self is not other and (self.channel == other.channel or self.segment == other.segment)

    def be_attacked(self) -> None:
        """Come under pressure from competitors, if there is anything to attack."""
        if self.is_open:
            self.pressure += self.model.world.market.offensive_strength

    @property
    def play_loss(self) -> float:
        """What the play in force takes from the log of leads, and from the odds against rivals."""
        return 0.0 if self.play == self.best_play else float(self.model.world.plays.gain)

    def be_watched_for_plays(self) -> None:
        """Let the firm weigh which play would fit best, by Bayes' rule over all of them."""
        model, rules = self.model, self.model.world.plays
        weeks, n = model.week - self.reviewed, rules.count
        blur = rules.blur * (1.0 - model.world.strategy.transparency_effect * model.firm.maturity)
        seen = self.one_of_all(self.best_play, blur, chance.purpose.PLAY_SEEN)
        anew = 1.0 - 0.5 ** (weeks / rules.half_life_weeks)
        if model.world.readings.review == "last_look":
            anew = 1.0
        before = [(1.0 - anew) * chance_of_it + anew / n for chance_of_it in self.play_belief]
        weighed = [before[k] * (blur / n + (1.0 - blur) * (k == seen)) for k in range(n)]
        self.play_belief = [weight / sum(weighed) for weight in weighed]

    def propose_play(self) -> None:
        """Ask for another play, if it looks better by enough and nothing has been asked for yet."""
        model, rules = self.model, self.model.world.plays
        other = max(range(rules.count), key=self.play_belief.__getitem__)
        if self.play_proposed < 0 and self.play_belief[other] - self.play_belief[self.play] > rules.threshold:
            self.play_proposed = other
            day = 5.0 * (model.week + model.draws.uniform(chance.purpose.PLAY_RAISED, model.week, self.row))
            model.desks.raise_matter(STRATEGY_MOVE, 1 + self.row, day, model.firm.climbs(4 + self.row))

    def be_reviewed(self) -> None:
        """Let the firm look, and believe partly what it sees."""
        self.be_watched_for_plays()
        model, rules, market = self.model, self.model.world.strategy, self.model.world.market
        weeks = float(model.week - self.reviewed)
        kept = rule.kept_after(weeks, market.drift_half_life_weeks)
        variance = rule.observation_variance(
            rules.observation_sd, weeks, rules.observation_weeks, model.firm.maturity, rules.transparency_effect
        )
        noise = model.draws.normal(chance.purpose.OBSERVATION, model.week, self.row)
        seen = self.attractiveness + math.sqrt(variance) * noise
        before = rule.aged_variance(self.uncertainty, kept, market.attractiveness_sd)
        believes_all = model.world.readings.review == "last_look"
        gain = 1.0 if believes_all else rule.kalman_gain(before, variance)
        self.belief = kept * self.belief + gain * (seen - kept * self.belief)
        self.uncertainty, self.reviewed = (1.0 - gain) * before, model.week

    def pull(self) -> float:
        """Return the weight in the allocation that the firm's belief calls for."""
        return float(rule.pull(self.belief, self.model.world.strategy.temperature, self.reach, self.accounts))

    def best_weight(self) -> float:
        """Return the weight in the allocation with which demand is largest."""
        exponent = self.model.world.demand.front_exponent
        if not self.accounts:
            return 0.0
        draws = self.prospects * self.reach * math.exp(self.attractiveness) / self.accounts**exponent
        return float(draws ** (1.0 / (1.0 - exponent)))

    def demand(self, allocation: float) -> float:
        """Return the demand that a share of the budget would draw."""
        return float(rule.demand_on(
            allocation, self.model.world.demand.front_exponent, self.accounts, self.model.count, self.prospects,
            self.reach, self.attractiveness,
        ))  # fmt: skip

    def attract(self, budget: float) -> None:
        """Set the hazard with which a prospect turns lead this week."""
        model, rules = self.model, self.model.world.demand
        self.hazard = 0.0
        if self.accounts:
            usual = model.world.market.reference_customers_share
            references = rule.references_on(self.referrers, self.accounts, usual, rules.reference_gain)
            model.record["references"] += references * self.accounts / model.count
            self.hazard = rule.lead_hazard(
                rules.lead_hazard_per_week, budget, rules.budget_exponent,
                self.allocation * model.count / self.accounts, rules.front_exponent,
                self.attractiveness - self.play_loss,
                rule.responsive(rules.strategy_gain, model.firm.lift[STRATEGY_WORK]), references, self.reach,
            )  # fmt: skip
        self.prospects = 0


class Account(Holder):
    """A firm that might buy, buys, or has left."""

    account_work: float
    has_plan: bool = False

    front: Front
    group: int
    size: float
    churn_logit: float
    stage: int
    since: int
    due: float
    attempt: int
    rep: Rep | None
    progress: float
    heat: float
    waiting: int
    contract_usd: float
    health: float
    adoption: float
    champion: int
    sponsors: int
    critics: int
    products_owned: int
    groups_reached: int

    def draw(self, purpose: int) -> float:
        """Return this week's uniform draw for a purpose."""
        return self.model.draws.uniform(purpose, self.model.week, self.row)

    def luck(self, purpose: int) -> float:
        """Return the uniform draw of this attempt for a purpose."""
        return self.model.draws.uniform(purpose, self.attempt, self.row)

    def lose(self, weeks: float) -> None:
        """Leave the market for a while."""
        self.stage, self.due, self.rep, self.progress = LOST, self.model.week + weeks, None, 0.0

    def raise_matter(self, kind: int, purpose: int, rate: float, value_usd: float) -> None:
        """Put a matter before the firm's leaders next week, perhaps; small ones are settled where they arise."""
        model = self.model
        probability = rule.reaches_desk(rate, value_usd, model.floor_of_stakes())
        drawn = self.draw(purpose)
        if drawn >= probability:
            share = model.world.decisions.small_floor_share
            heard = rule.reaches_desk(rate, value_usd, share * model.floor_of_stakes())
            if drawn < heard:
                day = 5.0 * (model.week + 1 + (drawn - probability) / (heard - probability))
                model.desks.raise_small(kind, self.row, day)
            return
        stakes = model.draws.uniform(purpose, model.week, self.row + (1 << 40))
        model.desks.raise_matter(
            kind, self.row, 5.0 * (model.week + 1 + drawn / probability),
            stakes < model.world.decisions.escalate_share, rule.at_stake(rate, probability, stakes),
        )  # fmt: skip
        self.waiting = 1

    # Step 6

    def meet_marketing(self) -> None:
        """Turn lead, or come back to the market."""
        model, rules = self.model, self.model.world.demand
        if self.stage == PROSPECT:
            self.front.prospects += 1
            model.record["prospects"] += 1.0
            if self.draw(chance.purpose.BECOMES_LEAD) < self.front.hazard:
                self.since = model.week
                model.record["leads"] += 1.0
                aligned = model.firm.alignment[MARKETING][SALES]
                taken_up = rule.handoff_probability(aligned, rules.handoff_base, rules.handoff_alignment)
                if self.draw(chance.purpose.HANDOFF) < taken_up:
                    self.stage, self.due = LEAD, model.week + rules.lead_patience_weeks
                else:
                    self.lose(rules.unworked_return_weeks)
                    model.record["leads_lost"] += 1.0
        elif self.stage == LOST and model.week >= self.due:
            self.stage, self.since = PROSPECT, model.week

    # Step 7

    @property
    def hours_needed(self) -> float:
        """Hours of selling that a deal takes in all."""
        rules = self.model.world.sales
        return float(rule.deal_hours_of(self.size, rules.deal_hours, rules.hours_exponent))

    @property
    def priority(self) -> float:
        """Weight with which an overloaded rep gives hours to the deal."""
        return float(self.size**self.model.world.sales.priority_exponent)

    @property
    def hours_a_week(self) -> float:
        """Hours this week at the buyer's own pace."""
        return self.hours_needed / float(self.model.world.sales.pace_weeks)

    def ask_for(self, rep: Rep) -> None:
        """Add to what is asked of a rep, unless nothing is left to do."""
        if self.progress < 1.0:
            rep.deals.append(self)
            rep.load += self.hours_a_week
            rep.weight += self.priority

    def claim_rep(self) -> None:
        """Stay with the rep, wait for another when the rep has left, or wait no longer."""
        rules = self.model.world.demand
        if self.stage == OPPORTUNITY and self.rep is not None:
            if not self.rep.active:
                self.stage, self.rep, self.due = LEAD, None, self.model.week + rules.lead_patience_weeks
            else:
                self.ask_for(self.rep)
        if self.stage == LEAD and self.model.week > self.due:
            if self.progress > 0.0:
                self.model.record["deals_open"] += 1.0
                self.end_undecided()
            else:
                self.lose(rules.unworked_return_weeks)
                self.model.record["leads_unworked"] += 1.0

    def end_undecided(self) -> None:
        """End as a deal on which nobody ever decided."""
        self.model.record["deals_no_decision"] += 1.0
        self.model.record["contested_closed"] += self.front is self.model.contested_front()
        self.lose(self.model.world.demand.lost_return_weeks)

    def find_rep(self) -> bool:
        """Go to the rep with the least relative load who has room; return whether there was one."""
        limit = self.model.world.sales.capacity_limit
        if self.model.world.readings.leads == "owned":
            rep = self.own_rep()
        else:
            able = [r for r in self.model.reps if r.active and r.hours > 0.0]
            special = [r for r in able if r.covers(self.front.segment)]
            rep = min(special or able, key=lambda r: r.load / r.hours, default=None)
        if rep is None or not rep.hours > 0.0 or rep.load / rep.hours >= limit:
            return False
        if self.progress == 0.0:
            self.since, self.heat, self.attempt = self.model.week, 0.0, self.attempt + 1
            self.progress = self.luck(chance.purpose.DEAL_START) / self.model.world.sales.pace_weeks
        self.stage, self.rep = OPPORTUNITY, rep
        self.ask_for(rep)
        return True

    def own_rep(self) -> Rep | None:
        """Return the rep who was given the lead; it is given again where there is none, or none any more."""
        if self.rep is None or not self.rep.active:
            present = [rep for rep in self.model.reps if rep.active]
            able = [rep for rep in present if rep.covers(self.front.segment)] or present
            self.rep, left = None, self.draw(chance.purpose.LEAD_OWNER) * sum(rep.share for rep in able)
            for rep in able:
                left -= rep.share
                if left < 0.0:
                    self.rep = rep
                    break
        return self.rep

    def be_worked(self) -> None:
        """Move the deal by a week: forward, to a decision, or into the drawer."""
        model, rep, rules = self.model, self.rep, self.model.world.sales
        if self.stage != OPPORTUNITY or rep is None:
            return
        model.record["deals_open"] += 1.0
        model.record["pipeline_usd"] += model.world.market.contract_usd * self.size
        if self.progress < 1.0:
            hours = rule.hours_given(self.hours_a_week, rep.per_priority, self.priority)
            model.record["used_hours"] += hours
            self.progress += rule.step_of_deal(hours, self.hours_needed, rules.pace_weeks)
            if self.progress > 1.0 - 1e-9:
                self.progress = 1.0
        age = model.week - self.since
        if self.progress == 1.0 and not self.waiting:
            self.close_deal(rep, age)
        elif (
            age > rules.stall_after_paces * rules.pace_weeks and self.draw(chance.purpose.STALL) < rules.stall_per_week
        ):
            self.end_undecided()
        elif not self.waiting:
            rate, relief = model.world.decisions.exceptions_per_deal_week, model.world.customers.issue_relief
            rate = rule.relieved(rate, model.firm.maturity, relief)
            self.raise_matter(
                DEAL_EXCEPTION, chance.purpose.EXCEPTION, rate, model.world.market.contract_usd * self.size
            )

    def close_deal(self, rep: Rep, age: int) -> None:
        """Buy, buy elsewhere or not at all."""
        model, rules, firm = self.model, self.model.world.sales, self.model.firm
        is_contested = self.front is model.contested_front()
        model.record["contested_closed"] += is_contested
        lift = firm.lift
        agrees = rule.group_agrees(
            self.group, rules.agreement_logit + self.heat, rules.deal_help_gain, lift[EXECUTION_WORK],
            lift[CUSTOMER_WORK], lift[OPERATIONS_WORK], sum(lift) / 4.0,
        )  # fmt: skip
        elsewhere = rule.rival_wins(
            model.rivalry(), self.front.pressure, self.front.attractiveness, rules.attractiveness_gain,
            rules.competition_gain * lift[EXECUTION_WORK] + rules.positioning_gain * lift[STRATEGY_WORK] + self.heat
            - self.front.play_loss,
        )  # fmt: skip
        if self.luck(chance.purpose.DEAL_AGREES) >= agrees:
            model.record["deals_no_decision"] += 1.0
            self.lose(model.world.demand.lost_return_weeks)
        elif self.luck(chance.purpose.DEAL_RIVAL) < elsewhere:
            model.record["deals_rival"] += 1.0
            self.lose(model.world.demand.lost_return_weeks)
        else:
            model.record["contested_won"] += is_contested
            model.record["cycle_weeks"] += age + 1.0
            self.become_customer(rep)

    def become_customer(self, rep: Rep) -> None:
        """Sign, and begin well or badly."""
        model, firm, rules = self.model, self.model.firm, self.model.world.customers
        self.contract_usd = model.world.market.contract_usd * self.size
        rep.booked_quarter += self.contract_usd
        rep.booked_year += self.contract_usd
        firm.booked_usd += self.contract_usd
        model.record["deals_won"] += 1.0
        model.record["new_customers"] += 1.0
        model.record["onboardings"] += 1.0
        model.record["new_arr"] += self.contract_usd
        model.record["abroad_arr"] += 0.0 if self.front.home else self.contract_usd
        a_year = rule.logistic(self.churn_logit) * 52 / rules.term_weeks
        model.record["lifetime_margin"] += rule.customer_value(
            self.contract_usd, firm.margin(self.front), a_year, model.world.finance.discount_a_year
        )
        self.stage, self.since, self.due = CUSTOMER, model.week, model.week + rules.term_weeks
        self.rep, self.progress = None, 0.0
        self.champion, self.sponsors, self.critics = 1, 1, 0
        self.products_owned = self.groups_reached = 1
        self.health, self.adoption = rules.neutral_health, 0.25
        if self.luck(chance.purpose.ONBOARDING) < rule.bad_start(
            firm.alignment[SALES][SUCCESS], rules.onboarding_alignment
        ):
            self.health, self.adoption = rules.neutral_health - 0.1, 0.0
            model.record["onboardings_bad"] += 1.0

    # Steps 8 and 9

    def live_as_customer(self) -> None:
        """Be served, and decide whether to stay, shrink or grow."""
        self.has_plan = False
        if self.stage != CUSTOMER:
            return
        self.get_plan()
        self.change_relations()
        self.be_served()
        if self.model.week >= self.due:
            self.decide_at_term()
        if self.stage == CUSTOMER:
            self.buy_more()
            self.be_counted()

    def get_plan(self) -> None:
        """Be given an account plan this week, or none; with it, leaders' work does more for the account."""
        firm, rules = self.model.firm, self.model.world.customers
        self.account_work = rule.responsive(rules.expansion_gain, firm.lift[CUSTOMER_WORK])
        plans = self.model.world.levers.account_plans
        self.has_plan = plans == "everywhere" or (plans == "best" and self.contract_usd > firm.mean_contract)
        if self.has_plan:
            self.account_work = rule.work_with_plan(
                self.account_work, rules.plan_gain, firm.contribution[CUSTOMER_WORK], rules.plans_per_hour, firm.planned
            )
            self.model.record["plan_hours"] += rules.plan_hours
            self.model.record["account_hours"] += rules.plan_hours

    def change_relations(self) -> None:
        """Lose or find a champion, gain or lose a critic or a sponsor: one of these at most."""
        rules = self.model.world.customers
        drawn = self.draw(chance.purpose.RELATION)
        leaves = rules.champion_loss_per_year / 52
        turns = leaves if self.champion else rules.champion_return_per_week * self.sponsors
        embitters = rules.critic_rate_per_year / 52
        if drawn < turns:
            self.champion = 0 if self.champion else 1
        elif drawn < turns + embitters:
            self.critics = min(self.group, self.critics + 1)
        elif drawn < turns + embitters + 2.0 * embitters * self.critics:
            self.critics -= 1
        elif drawn < turns + embitters + 2.0 * embitters * self.critics + leaves * (self.sponsors - 1):
            self.sponsors -= 1
        elif drawn > 1.0 - rules.sponsor_gain_per_week * self.account_work and self.sponsors < self.group:
            self.sponsors += 1
        self.groups_reached = max(self.groups_reached, self.sponsors)

    def be_served(self) -> None:
        """Use what was bought, and judge it."""
        model, firm, rules = self.model, self.model.firm, self.model.world.customers
        self.adoption = rule.adoption_after(self.adoption, rules.adoption_weeks)
        sponsored = rule.worth_of_sponsors(
            self.champion, rules.champion_worth, self.sponsors, rules.sponsor_worth, self.adoption
        )
        worn = -rules.critic_loss * self.critics
        model.record["champion_worth"] += sponsored
        model.record["critic_worth"] += worn
        model.record["account_hours"] += rules.care_hours
        delivered = rule.delivered_to(
            rules.neutral_health, rules.service_gain * firm.lift[CUSTOMER_WORK], self.adoption, rules.adoption_worth,
            sponsored, worn, firm.ownership, model.world.alignment.ownership_worth,
        )  # fmt: skip
        if self.draw(chance.purpose.ISSUE) < rule.relieved(rules.issues_per_week, firm.maturity, rules.issue_relief):
            delivered -= rules.issue_loss
            model.record["issues"] += 1.0
            model.record["account_hours"] += rules.issue_hours
            if not self.waiting:
                self.raise_matter(ESCALATION, chance.purpose.ESCALATION, rules.escalated_share, self.contract_usd)
        noise = rules.health_noise * model.draws.normal(chance.purpose.HEALTH, model.week, self.row)
        self.health = rule.health_after(self.health, delivered, rules.health_pace, noise)

    def leaving(self, drawn_to_rivals: float) -> float:
        """Return the probability of leaving at term."""
        rules = self.model.world.customers
        return float(
            rule.churn_probability(
                self.churn_logit + drawn_to_rivals, self.health, rules.neutral_health, rules.health_slope
            )
        )

    def decide_at_term(self) -> None:
        """Leave, or renew for as much or less."""
        model, record, rules = self.model, self.model.record, self.model.world.customers
        is_first = model.week - self.since <= rules.term_weeks
        record["first_due"] += is_first
        drawn = self.draw(chance.purpose.CHURN)
        if drawn < self.leaving(rule.drawn_away(self.front.pressure, float(self.critics), rules.rival_pull)):
            record["rival_churned"] += drawn >= self.leaving(0.0)
            record["churned_arr"] += self.contract_usd
            record["churned_customers"] += 1.0
            self.lose(model.world.demand.churned_return_weeks)
            self.since, self.contract_usd = model.week, 0.0
            return
        record["first_renewed"] += is_first
        self.due += rules.term_weeks
        shrinks = rule.logistic(rules.shrink_logit + rules.health_slope * (rules.neutral_health - self.health))
        if self.draw(chance.purpose.SHRINK) < shrinks:
            record["contraction_arr"] += rules.shrink_share * self.contract_usd
            self.contract_usd -= rules.shrink_share * self.contract_usd

    def buy_more(self) -> None:
        """Expand the contract, perhaps."""
        model, rules, pairs = self.model, self.model.world.customers, self.model.firm.alignment
        potential = self.potential()
        hazard = rule.expansion_hazard(
            rules.expansion_per_week, self.health, rules.neutral_health, self.account_work,
            0.5 * (pairs[SALES][SUCCESS] + pairs[MARKETING][SUCCESS]),
            rule.room_to_grow(self.contract_usd, potential, self.groups_reached, self.group),
        )  # fmt: skip
        drawn = self.draw(chance.purpose.EXPANSION)
        if drawn < hazard:
            if self.products_owned < model.world.market.products and drawn < rules.cross_sale_share * hazard:
                self.products_owned += 1
                potential = self.potential()
            added = min(rules.expansion_step * potential, potential - self.contract_usd)
            self.contract_usd += added
            model.record["expansion_arr"] += added
            model.record["base_expansion_arr"] += added * min(1.0, (model.week - self.since) / 52)

    def potential(self) -> float:
        """Return what the account could buy in all of what it owns."""
        rules, first = self.model.world.customers, self.model.world.market.contract_usd * self.size
        return float(rule.potential_of(first, rules.land_share, self.products_owned, rules.product_potential))

    def be_counted(self) -> None:
        """Count among the customers of the week."""
        model, front, rules = self.model, self.front, self.model.world.customers
        if model.quarter_ends:
            a_year = self.leaving(0.0) * 52 / rules.term_weeks
            model.record["equity"] += rule.customer_value(
                self.contract_usd, model.firm.margin(front), a_year, model.world.finance.discount_a_year
            )
        model.record["customers"] += 1.0
        model.record["arr"] += self.contract_usd
        model.record["health_sum"] += self.health
        front.customers += 1
        front.arr_usd += self.contract_usd
        front.referrers += self.health > rules.healthy_reference
