"""The firm as a whole: strategy, processes, alignment and books."""

import math
from typing import TYPE_CHECKING

from revorg.experiments.reference.chance import rule
from revorg.experiments.reference.people import PAIRS
from revorg.simulation import chance
from revorg.simulation.codes import (
    CUSTOMER_WORK,
    EXECUTION_WORK,
    OPERATIONS_WORK,
    PROCESS_CHANGE,
    STRATEGY_MOVE,
    STRATEGY_WORK,
)
from revorg.simulation.submodels import finance

if TYPE_CHECKING:
    from revorg.experiments.reference.accounts import Front
    from revorg.experiments.reference.organization import PlainOrganization


class Firm:
    """State of the firm, and the steps of the week that are nobody's own."""

    maturity: float
    ownership: float
    plans_kept: float
    arr_usd: float
    review_hours: float
    review_bank: float
    moving: float
    proposal_open: float
    plan_usd: float
    forecast_usd: float
    booked_usd: float
    misses: float
    health: float
    target_usd: float
    reps_wanted: float
    heads: float
    planned: float
    mean_contract: float
    lift: list[float]
    contribution: list[float]
    alignment: list[list[float]]
    shortfall: list[float]

    def __init__(self, model: "PlainOrganization") -> None:
        self.model = model
        self.initiatives: list[list[float]] = []  # day of adoption, kind, hours to do
        self.offered: list[tuple[float, float]] = []  # hours for reviews, and the reach they would have otherwise

    # Step 2

    def gather_contributions(self) -> None:
        """Let leaders work, and see how far their work lifts the firm."""
        model, rules = self.model, self.model.world.leadership
        self.contribution, self.offered = [0.0] * 4, []
        for leader in model.leaders:
            leader.plan_week()
        free = sum(leader.hours_left for leader in model.leaders if leader.hours_left > 0.0)
        lacking = -sum(leader.hours_left for leader in model.leaders if leader.hours_left < 0.0)
        for leader in model.leaders:
            leader.contribute(max(free - lacking, 0.0) / free if free else 0.0)
        offered = sum(hours for hours, _ in self.offered)
        need = len(model.fronts) * self.hours_of_review() / rules.policy_weeks
        self.review_hours = min(offered, need)
        if offered > need:
            beyond = 1.0 - need / offered
            self.contribution[STRATEGY_WORK] += beyond * sum(hours * reach for hours, reach in self.offered)
        at_first = model.arr_at_first()
        scale = (max(self.arr_usd, 1.0) / at_first) ** rules.scale_with_arr
        neutral = (
            rules.neutral_strategy_hours, rules.neutral_execution_hours, rules.neutral_operations_hours,
            rules.neutral_customer_hours,
        )  # fmt: skip
        self.lift = [
            rule.lift_of(given, usual * scale, rules.contribution_exponent)
            for given, usual in zip(self.contribution, neutral, strict=True)
        ]
        model.record["execution_hours"] = self.contribution[EXECUTION_WORK]
        for name, lift in zip(("strategy", "execution", "operations", "customer"), self.lift, strict=True):
            model.record[f"lift_{name}"] = lift

    def offer_review(self, hours: float, reach: float) -> None:
        """Take hours for the review of strategy."""
        self.offered.append((hours, reach))

    def hours_of_review(self) -> float:
        """Return what one review of one front takes."""
        rules = self.model.world.strategy
        return rules.review_hours + (self.model.world.market.products - 1) * rules.review_hours_per_product

    # Step 3

    def review_strategy(self) -> None:
        """Look at the stalest and largest fronts, and propose to move the budget."""
        model, cost = self.model, self.hours_of_review()
        model.record["strategy_hours"] = self.review_hours
        self.review_bank = min(self.review_bank + self.review_hours, self.review_hours + 2.0 * cost)
        while self.review_bank >= cost:
            front = max(model.fronts, key=lambda one: (model.week - one.reviewed) * one.accounts)
            if front.reviewed == model.week or not front.accounts:
                break
            self.review_bank -= cost
            front.be_reviewed()
        model.record["regret"] = self.regret()
        self.follow_shift()
        if model.week % model.world.leadership.policy_weeks == 0 and self.proposal_open == 0.0:
            self.propose_move()

    def regret(self) -> float:
        """Return the share of demand that the budget forgoes."""
        fronts = self.model.fronts
        weights = sum(front.best_weight() for front in fronts)
        if weights <= 0.0:
            return 0.0
        best = sum(front.demand(front.best_weight() / weights) for front in fronts)
        return max(0.0, 1.0 - sum(front.demand(front.allocation) for front in fronts) / best)

    def follow_shift(self) -> None:
        """Record how far the budget is from what a shift of the market called for."""
        fronts, shift = self.model.fronts, self.model.world.market.shift_week
        if self.model.week == shift:
            weights = sum(front.best_weight() for front in fronts)
            for front in fronts:
                front.shift_target = front.best_weight() / weights
        if shift is not None and shift <= self.model.week:
            away = sum(abs(front.shift_target - front.allocation) for front in fronts) / 2.0
            self.model.record["shift_distance"] = away

    def propose_move(self) -> None:
        """Propose the budget that beliefs call for, if it is far enough from the one in force."""
        model, rules = self.model, self.model.world.strategy
        everything = sum(front.pull() for front in model.fronts)
        moved = sum(abs(front.pull() / everything - front.allocation) for front in model.fronts) / 2.0
        if moved > rules.move_threshold:
            for front in model.fronts:
                front.proposal = front.pull() / everything
            self.proposal_open = 1.0
            model.desks.raise_matter(STRATEGY_MOVE, 0, 5.0 * model.week + 0.5, self.climbs(STRATEGY_MOVE))

    def climbs(self, kind: int) -> bool:
        """Tell whether the stakes of this week's proposal lift it one level."""
        drawn = self.model.draws.uniform(chance.purpose.STAKES, self.model.week, kind)
        return drawn < self.model.world.decisions.escalate_share

    # Step 5

    def adopt(self, kind: int, day: float) -> None:
        """Put a change on the list of what is to be carried out."""
        self.initiatives.append([day, kind, self.model.world.strategy.initiative_hours])
        self.model.record["initiatives_started"] += 1.0

    def carry_out(self) -> None:
        """Work on the oldest initiatives; what is finished takes effect."""
        rules = self.model.world.strategy
        self.initiatives.sort()
        at_work = self.initiatives[: rules.initiatives_at_once]
        hours = rules.initiative_share * self.contribution[EXECUTION_WORK]
        for initiative in at_work:
            initiative[2] -= rule.hours_after_switching(hours, len(at_work), rules.switching_loss) / len(at_work)
            if initiative[2] <= 0.0:
                self.initiatives.remove(initiative)
                self.model.record["initiatives_done"] += 1.0
                self.bring_about(int(initiative[1]))
        self.model.record["initiatives_open"] = len(self.initiatives)

    def bring_about(self, kind: int) -> None:
        """Change processes, or move the budget at a price."""
        if kind == PROCESS_CHANGE:
            self.maturity = min(1.0, self.maturity + self.model.world.operations.change_step)
            return
        moved = sum(abs(front.proposal - front.allocation) for front in self.model.fronts) / 2.0
        self.moving += self.model.world.strategy.moving_cost_weeks * moved
        self.proposal_open = 0.0
        for front in self.model.fronts:
            front.allocation = front.proposal

    # Step 6

    def spend_on_marketing(self) -> None:
        """Spend the budget on fronts as it stands, less what moves of it lose."""
        model = self.model
        lost = rule.moved_away(self.moving)
        self.moving = max(0.0, self.moving - lost)
        spent = model.world.finance.marketing_share * self.arr_usd / 52
        model.record["moved"], model.record["marketing_cost"] = lost, spent
        contested = model.contested_front()
        if contested is not None:
            model.record["contested_weeks"] = 1.0
            model.record["contested_share"] = contested.customers / max(contested.accounts, 1)
        at_first = model.arr_at_first()
        budget = max(self.arr_usd / at_first, 1e-6) * (1.0 - lost)
        for front in model.fronts:
            model.record["abroad_spend"] += 0.0 if front.home else spent * front.allocation
            front.attract(budget)

    # Step 10

    def margin(self, front: "Front") -> float:
        """Return what is left of a contract after running and serving it, and after its partner's part."""
        rules, relief = self.model.world.finance, self.model.world.operations.cost_relief
        left = rule.margin_share(rules.infrastructure_share + rules.serve_share, relief, self.maturity)
        return float(left - front.partner * rules.partner_share)

    @property
    def staff(self) -> tuple[float, float]:
        """What the staff of operations does, and what it costs, in shares of a team's."""
        rules = self.model.world.operations
        return {
            "none": (rules.unstaffed_work, 0.0),
            "analyst": (rules.analyst_work, rules.analyst_cost),
            "team": (1.0, 1.0),
            "governance": (rules.governance_work, rules.governance_cost),
        }[self.model.world.levers.operations_stage]

    def mature(self) -> None:
        """Let processes grow by work, and wear; perhaps propose to change them."""
        model, rules = self.model, self.model.world.operations
        wear = rules.maturity_decay * (1.0 + rules.channel_wear * (model.world.market.channels - 1))
        work = rule.responsive(rules.work_gain, self.lift[OPERATIONS_WORK])
        pace = rules.maturity_pace * self.staff[0]
        self.maturity = rule.maturity_after(self.maturity, pace, work, wear, rules.dilution, self.newcomers)
        model.record["maturity"] = self.maturity
        probability = min(1.0, rules.changes_per_week * (1.0 + self.lift[OPERATIONS_WORK]))
        drawn = model.draws.uniform(chance.purpose.PROCESS_CHANGE, model.week, 0)
        if drawn < probability:
            day = 5.0 * (model.week + 1 + drawn / probability)
            model.desks.raise_matter(PROCESS_CHANGE, 0, day, self.climbs(PROCESS_CHANGE))

    # Step 11

    def meet(self) -> None:
        """Let functions grow together or apart, and customers become everybody's or nobody's."""
        model, rules = self.model, self.model.world.alignment
        for one, other in PAIRS:
            hours = sum(leader.hours_for(one, other) for leader in model.leaders)
            goals = zip(model.heads[one].measures, model.heads[other].measures, strict=True)
            target = rule.alignment_target(hours, self.plans_kept, sum(min(both) for both in goals), rules)
            moved = rule.moved_toward(self.alignment[one][other], target, rules.pace)
            self.alignment[one][other] = self.alignment[other][one] = moved
        mean = sum(self.alignment[one][other] for one, other in PAIRS) / 6.0
        work = min(1.0, max(0.0, 0.5 + 0.5 * self.lift[CUSTOMER_WORK]))
        target = rules.ownership_base + rules.ownership_work * work + rules.ownership_meeting * mean
        self.ownership = min(1.0, max(0.0, rule.moved_toward(self.ownership, target, rules.ownership_pace)))
        model.record["alignment"], model.record["ownership"] = mean, self.ownership

    # Step 12

    def close_week(self) -> None:
        """Add up revenue and cost, and see what falls short of plan."""
        model, record, rules = self.model, self.model.record, self.model.world.finance
        revenue, relief = self.arr_usd / 52, 1.0 - model.world.operations.cost_relief * self.maturity
        sold = sum(front.arr_usd for front in model.fronts)
        by_partners = sum(front.arr_usd for front in model.fronts if front.partner)
        served = rules.serve_share * relief * revenue
        served += record["plan_hours"] * finance.HEAD_COST_USD / finance.HOURS_A_YEAR
        operations = model.world.operations
        staff = operations.staff_share_of_arr * self.staff[1] * self.maturity * revenue
        reps, levels = sum(rep.active * rep.share for rep in model.reps), sum(leader.level for leader in model.leaders)
        record["revenue"] = revenue * (1.0 - rules.partner_share * by_partners / max(sold, 1.0))
        record["sales_cost"] = reps * model.world.sales.on_target_earnings_usd / 52
        record["service_cost"] = served
        running = (rules.infrastructure_share + rules.overhead_share) * relief * revenue
        record["other_cost"] = running + staff + rules.leader_pay_usd * levels / 52
        before, self.heads = self.heads, len(model.leaders) + reps + served * 52 / finance.HEAD_COST_USD
        self.newcomers = self.heads / before - 1.0 if before > 0.0 else 0.0
        record["heads"] = self.heads + staff * 52 / finance.HEAD_COST_USD
        record["target"] = self.target_usd * (1.0 + rules.growth_plan) ** (model.week / 52)
        for m, found in enumerate(self.found_short()):
            self.shortfall[m] += 0.25 * (min(1.0, max(-1.0, found)) - self.shortfall[m])

    def found_short(self) -> tuple[float, float, float, float]:
        """Return by how much each measure misses its plan now."""
        rules, record = self.model.world.finance, self.model.record
        quarter, year = self.model.history[-13:], self.model.history[-52:]
        before = self.model.history[-53:][0]
        won = sum(week["new_arr"] for week in quarter) * 13 / len(quarter)
        gone = sum(week["churned_arr"] + week["contraction_arr"] for week in year) * 52 / len(year)
        cost = sum(record[name] for name in ("marketing_cost", "sales_cost", "service_cost", "other_cost"))
        return (
            1.0 - won / max(self.plan_usd, 1.0),
            gone / max(before["arr"], 1.0) / max(1.0 - rules.target_retention, 0.001) - 1.0,
            (rules.target_health - self.health) / max(1.0 - rules.target_health, 0.001),
            cost / max(record["revenue"], 1.0) / max(rules.target_cost_share, 0.001) - 1.0,
        )

    def close_quarter(self) -> None:
        """Judge the plan, make the next, and forecast."""
        model, record, rules = self.model, self.model.record, self.model.world.finance
        missed, error = self.booked_usd < self.plan_usd, abs(self.booked_usd - self.forecast_usd)
        error /= max(self.forecast_usd, 1.0)
        record["quarters"], record["quarter_missed"], record["forecast_error"] = 1.0, float(missed), error
        record["quarter_after_miss"] = float(self.misses > 0)
        record["quarter_missed_after_miss"] = float(missed and self.misses > 0)
        record["forecast_missed"] = float(error > 0.1)
        self.misses = self.misses + 1.0 if missed else 0.0
        self.plans_kept += 0.25 * ((not missed) - self.plans_kept)
        growth = rules.growth_plan
        if len(model.history) > 52:
            won = sum(week["new_arr"] for week in model.history[-52:])
            growth = won / max(model.history[-53]["arr"], 1.0)
        self.plan_usd = growth * rules.plan_stretch * self.arr_usd / 4.0
        needed = rule.reps_needed(4.0 * self.plan_usd, model.quota, model.world.sales.attainment)
        self.reps_wanted = max(needed, rules.least_post)
        noise = rules.forecast_noise * (1.0 - model.world.strategy.transparency_effect * self.maturity)
        seen = math.exp(noise * model.draws.normal(chance.purpose.FORECAST, model.week, 0))
        self.forecast_usd = 0.5 * (self.plan_usd + self.booked_usd) * seen
        self.booked_usd = 0.0
        for rep in model.reps:
            rep.end_quarter()

    def open_positions(self) -> None:
        """Let part-timers work longer and open posts, up to what the plan wants; unless plans were missed too often."""
        model, rules = self.model, self.model.world.finance
        if self.misses >= rules.freeze_quarters:
            return
        for rep in model.reps:
            if rep.share > 0.0:
                rep.share += max(0.0, min(1.0 - rep.share, self.reps_wanted - model.posts_in_sales()))
        for rep in model.reps:
            wanted = self.reps_wanted - model.posts_in_sales()
            if rep.share == 0.0 and wanted >= rules.least_post:
                rep.share, rep.opens = min(wanted, 1.0), model.week + rules.hiring_weeks
