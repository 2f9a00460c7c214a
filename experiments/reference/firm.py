"""The firm as a whole: strategy, processes, alignment and books."""

import math
from typing import TYPE_CHECKING

from revorg.experiments.reference.chance import rule
from revorg.experiments.reference.people import PAIRS
from revorg.simulation import chance
from revorg.simulation.codes import (
    CUSTOMER_WORK,
    ESCALATION,
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


def share(part: float, whole: float) -> float:
    """Return what a part is of a whole: of nothing, infinitely much or nothing."""
    if whole > 0.0:
        return part / whole
    return math.inf if part > 0.0 else 0.0


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
    bought_hours: float
    reinvested: float
    mean_contract: float
    lift: list[float]
    contribution: list[float]
    alignment: list[list[float]]
    shortfall: list[float]

    def __init__(self, model: "PlainOrganization") -> None:
        self.model = model
        self.initiatives: list[list[float]] = []  # day of adoption, kind, hours to do, row
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
        need = sum(front.is_open for front in model.fronts) * self.hours_of_review() / rules.policy_weeks
        self.review_hours = min(offered, need)
        if offered > need:
            beyond = 1.0 - need / offered
            self.contribution[STRATEGY_WORK] += beyond * sum(hours * reach for hours, reach in self.offered)
        scale = max(self.arr_usd / model.arr_of_reference(), 1e-6) ** rules.scale_with_arr
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
        at_work = [front for front in model.fronts if front.is_open]
        while at_work and self.review_bank >= cost:
            front = max(at_work, key=lambda one: (model.week - one.reviewed) * one.accounts)
            if front.reviewed == model.week or not front.accounts:
                break
            self.review_bank -= cost
            front.be_reviewed()
        for front in at_work:
            if front.reviewed == model.week:
                front.propose_play()
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

    def climbs(self, entity: int) -> bool:
        """Tell whether the stakes of one of this week's proposals lift it one level."""
        drawn = self.model.draws.uniform(chance.purpose.STAKES, self.model.week, entity)
        return drawn < self.model.world.decisions.escalate_share

    # Step 5

    def adopt(self, kind: int, row: int, day: float) -> None:
        """Put a change on the list of what is to be carried out."""
        world = self.model.world
        is_play = kind == STRATEGY_MOVE and row >= 1
        hours = world.plays.change_hours if is_play else world.strategy.initiative_hours
        self.initiatives.append([day, kind, hours, row])
        self.model.record["initiatives_started"] += 1.0

    def drop(self, row: int) -> None:
        """Leave the budget, or the play of a front, as it is."""
        if row == 0:
            self.proposal_open = 0.0
        else:
            self.model.fronts[row - 1].play_proposed = -1

    def carry_out(self) -> None:
        """Work on the oldest initiatives; what is finished takes effect."""
        rules = self.model.world.strategy
        self.initiatives.sort()
        at_work = self.initiatives[: rules.initiatives_at_once]
        hours = rules.initiative_share * self.contribution[EXECUTION_WORK]
        left = rule.hours_after_switching(hours, len(at_work), rules.switching_loss)
        for behind, initiative in zip(range(len(at_work), 0, -1), at_work, strict=True):
            part = min(initiative[2], left / behind)
            left, initiative[2] = left - part, initiative[2] - part
            if initiative[2] <= 1e-9:
                self.initiatives.remove(initiative)
                self.model.record["initiatives_done"] += 1.0
                self.bring_about(int(initiative[1]), int(initiative[3]))
        self.model.record["initiatives_open"] = len(self.initiatives)

    def bring_about(self, kind: int, row: int) -> None:
        """Change processes, or the play of a front, or move the budget at a price."""
        if kind == PROCESS_CHANGE:
            self.maturity = min(1.0, self.maturity + self.model.world.operations.change_step)
            return
        if row >= 1:
            front = self.model.fronts[row - 1]
            front.play, front.play_proposed = front.play_proposed, -1
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
        extra = self.usual_marketing() * self.reinvested
        spent = self.usual_marketing() + extra
        model.record["moved"], model.record["marketing_cost"], model.record["reinvested"] = lost, spent, extra
        contested = model.contested_front()
        if contested is not None:
            model.record["contested_weeks"] = 1.0
            model.record["contested_share"] = contested.customers / max(contested.accounts, 1)
        budget = max(self.arr_usd / model.arr_of_reference(), 1e-6) * (1.0 + self.reinvested) * (1.0 - lost)
        for front in model.fronts:
            model.record["abroad_spend"] += 0.0 if front.home else spent * front.allocation
            front.attract(budget)

    def usual_marketing(self) -> float:
        """Return what marketing spends in a week without reinvested margin."""
        return float(self.model.world.finance.marketing_share * self.arr_usd / 52)

    def note_plays(self) -> None:
        """Count the prospects that the firm faces, and those it faces with the play that fits."""
        for front in self.model.fronts:
            if front.is_open:
                self.model.record["plays_faced"] += front.prospects
                self.model.record["plays_fit"] += front.prospects * (front.play == front.best_play)

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
        wear = rules.maturity_decay * (1.0 + rules.channel_wear * (model.open_channels() - 1))
        work = rule.responsive(rules.work_gain, self.lift[OPERATIONS_WORK])
        pace = rules.maturity_pace * self.staff[0]
        self.maturity = rule.maturity_after(self.maturity, pace, work, wear, rules.dilution, self.newcomers)
        model.record["maturity"] = self.maturity
        probability = min(1.0, rules.changes_per_week * (1.0 + self.lift[OPERATIONS_WORK]))
        drawn = model.draws.uniform(chance.purpose.PROCESS_CHANGE, model.week, 0)
        if drawn < probability:
            day = 5.0 * (model.week + 1 + drawn / probability)
            model.desks.raise_matter(PROCESS_CHANGE, 0, day, self.climbs(PROCESS_CHANGE))
        model.desks.raise_daily_business(STRATEGY_MOVE, model.world.decisions.campaign_matters)
        model.desks.raise_daily_business(ESCALATION, model.world.decisions.service_matters)
        model.desks.raise_daily_business(PROCESS_CHANGE, model.world.decisions.process_matters)

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
        served += record["plan_hours"] * rules.head_pay_usd / finance.HOURS_A_YEAR
        operations = model.world.operations
        staff = operations.staff_share_of_arr * self.staff[1] * self.maturity * revenue
        reps, levels = sum(rep.active * rep.share for rep in model.reps), sum(leader.level for leader in model.leaders)
        record["revenue"] = revenue * (1.0 - rules.partner_share * (by_partners / sold if sold > 0.0 else 0.0))
        earnings = model.world.sales.on_target_earnings_usd / 52
        support = rules.support_per_rep * model.posts_in_sales() * earnings
        record["sales_cost"] = reps * earnings + support + model.hours_beside() * model.hour_of_a_rep
        record["service_cost"] = served
        running = (rules.infrastructure_share + rules.overhead_share) * relief * revenue
        record["other_cost"] = running + staff + rules.leader_pay_usd * levels / 52
        before, self.heads = self.heads, len(model.leaders) + reps + (served + support) * 52 / rules.head_pay_usd
        self.newcomers = self.heads / before - 1.0 if before > 0.0 else 0.0
        record["heads"] = self.heads + staff * 52 / rules.head_pay_usd
        record["target"] = self.target_usd * (1.0 + rules.growth_plan) ** (model.week / 52)
        for m, found in enumerate(self.found_short()):
            self.shortfall[m] += 0.25 * (min(1.0, max(-1.0, found)) - self.shortfall[m])
        beyond = record["revenue"] - self.cost() - (rules.kept_margin * record["revenue"] - record["reinvested"])
        usual, put_in = self.usual_marketing(), model.world.levers.reinvest_share
        self.reinvested = put_in * beyond / usual if beyond > 0.0 and usual > 0.0 else 0.0

    def cost(self) -> float:
        """Return what the week costs."""
        return sum(self.model.record[f"{part}_cost"] for part in ("marketing", "sales", "service", "other"))

    def found_short(self) -> tuple[float, float, float, float]:
        """Return by how much each measure misses its plan now."""
        rules, record = self.model.world.finance, self.model.record
        quarter, year = self.model.history[-13:], self.model.history[-52:]
        before = self.model.history[-53:][0]
        won = sum(week["new_arr"] for week in quarter) * 13 / len(quarter)
        gone = sum(week["churned_arr"] + week["contraction_arr"] for week in year) * 52 / len(year)
        return (
            1.0 - share(won, self.plan_usd),
            share(gone, before["arr"]) / max(1.0 - rules.target_retention, 0.001) - 1.0,
            (rules.target_health - self.health) / max(1.0 - rules.target_health, 0.001),
            share(self.cost(), record["revenue"]) / max(rules.target_cost_share, 0.001) - 1.0,
        )

    def close_quarter(self) -> None:
        """Judge the plan, make the next, and forecast."""
        model, record, rules = self.model, self.model.record, self.model.world.finance
        missed, off = self.booked_usd < self.plan_usd, abs(self.booked_usd - self.forecast_usd)
        error = off / self.forecast_usd if self.forecast_usd > 0.0 else float(off > 0.0)
        record["quarters"], record["quarter_missed"], record["forecast_error"] = 1.0, float(missed), error
        record["quarter_after_miss"] = float(self.misses > 0)
        record["quarter_missed_after_miss"] = float(missed and self.misses > 0)
        record["forecast_missed"] = float(error > 0.1)
        self.misses = self.misses + 1.0 if missed else 0.0
        self.plans_kept += 0.25 * ((not missed) - self.plans_kept)
        self.plan_usd = self.new_arr_of_quarter()
        self.reps_wanted = max(self.posts_needed(), rules.least_post)
        noise = rules.forecast_noise * (1.0 - model.world.strategy.transparency_effect * self.maturity)
        seen = math.exp(noise * model.draws.normal(chance.purpose.FORECAST, model.week, 0))
        self.forecast_usd = 0.5 * (self.plan_usd + self.booked_usd) * seen
        self.booked_usd = 0.0
        for rep in model.reps:
            rep.end_quarter()

    def new_arr_of_quarter(self) -> float:
        """Return the new ARR of the coming quarter, if it goes on growing by most of last year's growth."""
        rules, year, earlier = self.model.world.finance, self.model.history[-52:], self.model.history[-104:-52]
        now, before = (sum(week["new_arr"] for week in weeks) for weeks in (year, earlier))
        growth = math.log(1.0 + rules.growth_plan) if len(earlier) < 52 else self.log_ratio(now, before)
        trend = rules.plan_trend * growth
        if abs(trend) < 1e-9:
            return float(rules.plan_stretch * now * 13 / len(year))
        past = 1.0 - math.exp(-trend * len(year) / 52)
        return float(rules.plan_stretch * now * (math.exp(trend / 4.0) - 1.0) / past)

    @staticmethod
    def log_ratio(now: float, before: float) -> float:
        """Return the growth of a sum; none where there is nothing to compare."""
        return math.log(now) - math.log(before) if now > 0.0 < before else 0.0

    def posts_needed(self) -> float:
        """Return the posts that would have the intended part of their hours used, or that the plan asks for."""
        model, sales, rules = self.model, self.model.world.sales, self.model.world.finance
        if model.world.readings.posts == "plan":
            return float(4.0 * self.plan_usd / (model.quota * sales.attainment))
        half, year, before = model.history[-26:], model.history[-52:], model.history[-104:-52]
        growth = math.log(1.0 + rules.growth_plan)
        if len(before) == 52:
            growth = self.log_ratio(sum(map(self.hours_asked, year)), sum(map(self.hours_asked, before)))
        weeks_ahead = 13.0 + 0.5 * rules.hiring_weeks + 0.25 * sales.ramp_weeks
        asked = sum(map(self.hours_asked, half)) / len(half) * math.exp(min(0.5, max(-0.3, growth)) * weeks_ahead / 52)
        usual = sales.rep_hours * rule.selling_share(self.maturity, sales.admin_share, sales.admin_relief)
        at_work = sum(rep.active * rep.share for rep in model.reps)
        with_bought = sales.rep_hours + (model.hours_beside() / at_work if at_work > 0.0 else 0.0)
        hours = model.record["capacity_hours"] * sales.rep_hours / max(with_bought, 1e-9)
        a_post = hours / at_work if at_work > 0.0 and hours > 0.0 else usual
        return float(asked / (rules.target_use * a_post)) if a_post > 0.0 else 0.0

    def hours_asked(self, week: dict[str, float]) -> float:
        """Return the hours that a week's deals took, and that its forsaken leads would have taken."""
        sales, sigma = self.model.world.sales, self.model.world.market.potential_sigma
        exponent = sales.hours_exponent
        a_deal = sales.deal_hours * math.exp(exponent * (exponent - 1.0) * sigma**2 / 2.0)
        return float(week["used_hours"] + week["leads_unworked"] * a_deal)

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
