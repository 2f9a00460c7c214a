"""The tables of what lies in front of the firm: its market, leads, deals and customers.

A parameter is one declaration and the sentence below it. Defaults are those of the simplest core world.
"""

from typing import Self

from pydantic import model_validator

from revorg.simulation.parameters.ranges import TRIAL, ParameterTable, parameter


class Market(ParameterTable):
    """Fronts (channel x segment), the accounts on them and the rivals for them."""

    accounts: int = parameter(6000, low=200, high=5_000_000, unit="accounts", plausible=(2000, 20_000), source=TRIAL)
    """Accounts in the closed market."""
    initial_customers_share: float | None = parameter(
        None, low=0, high=0.5, unit="share of accounts", plausible=(0.01, 0.1), source="solved for [start]"
    )
    """Accounts that are customers when the warm-up begins (absent: found so that the firm arrives at its start)."""
    reference_customers_share: float = parameter(
        0.06, low=0.0001, high=0.5, unit="share of accounts", plausible=(0.01, 0.1), source=TRIAL
    )
    """Accounts that are customers of the firm at whose ARR a budget, and what leaders' hours do, count as 1."""
    channels: int = parameter(1, low=1, high=24, unit="channels", plausible=(1, 6))
    """Ways to the market, such as regions or kinds of sale."""
    partner_channels: int = parameter(0, low=0, high=24, unit="channels", plausible=(0, 3))
    """Channels that are served through partners."""
    segments: int = parameter(1, low=1, high=16, unit="segments", plausible=(1, 6))
    """Kinds of customer."""
    products: int = parameter(1, low=1, high=12, unit="products", plausible=(1, 6))
    """Products that can be sold."""
    competitors: int = parameter(2, low=0, high=20, unit="competitors", plausible=(1, 8))
    """Rivals for every deal, who also launch offensives."""
    interdependence: float = parameter(
        0.08, low=0, high=1, unit="probability", plausible=(0.05, 0.5), source=TRIAL, uncertain=True
    )
    """Chance that a decision of one function has another function in its scope."""
    attractiveness_sd: float = parameter(
        0.35, low=0, high=2, unit="log", plausible=(0.2, 0.7), source=TRIAL, uncertain=True
    )
    """Long-run spread of the fronts' log-attractiveness."""
    drift_half_life_weeks: float = parameter(
        52.0, low=4, high=1040, unit="weeks", plausible=(26, 104), source=TRIAL, uncertain=True
    )
    """Time in which half of a front's lead or lag is forgotten."""
    offensives_per_year: float = parameter(
        0.5, low=0, high=12, unit="per competitor, front and year", plausible=(0.1, 1.5), uncertain=True
    )
    """Rate at which competitors' offensives hit a front."""
    offensive_breadth_probability: float = parameter(0.3, low=0, high=1, unit="probability", plausible=(0.1, 0.6))
    """Chance that an offensive hits the fronts of the same channel or segment as well; the more do, the fewer arise."""
    offensive_strength: float = parameter(0.5, low=0, high=3, unit="logit", plausible=(0.2, 1))
    """Pressure that an offensive adds on a front it hits."""
    offensive_half_life_weeks: float = parameter(13.0, low=1, high=260, unit="weeks", plausible=(6, 26))
    """Time in which half of an offensive's pressure fades."""
    contract_usd: float = parameter(
        25_000.0, low=100, high=1e10, unit="USD a year", plausible=(10_000, 250_000), source=TRIAL
    )
    """Mean first-year contract."""
    potential_sigma: float = parameter(0.7, low=0, high=2, unit="log", plausible=(0.4, 1), uncertain=True)
    """Lognormal spread of what accounts could buy."""
    group_size: int = parameter(3, low=1, high=12, unit="people", plausible=(2, 7), source=TRIAL)
    """People of an account who have to agree to a purchase."""
    abroad_channels: int = parameter(0, low=0, high=23, unit="channels", plausible=(0, 2))
    """Channels abroad, closed until the firm expands; they come last."""
    attack_week: int | None = parameter(None, low=0, high=2080, unit="week", plausible=(0, 208), source="design")
    """Week of an offensive by schedule, beside those that come by chance (absent: none)."""
    attack_front: int | None = parameter(None, low=0, high=63, unit="front", plausible=(0, 15), source="design")
    """Front that the offensive by schedule hits, counted from 0 (absent: all of them)."""
    shift_week: int | None = parameter(None, low=0, high=2080, unit="week", plausible=(0, 208), source="design")
    """Week in which the market shifts: every front's log-attractiveness changes its sign (absent: never)."""
    partner_reach: float = parameter(0.8, low=0, high=1, unit="share", plausible=(0.5, 1))
    """Accounts of a partner channel that its partners reach."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.abroad_channels >= self.channels:
            raise ValueError(
                f"market.abroad_channels = {self.abroad_channels} leaves no channel at home "
                f"(market.channels = {self.channels})"
            )
        channels, partners = self.channels, self.partner_channels
        if partners > channels:
            raise ValueError(f"market.partner_channels = {partners} is more than market.channels = {channels}")
        if channels * self.segments > 64:
            fronts = f"{channels} * {self.segments}"
            raise ValueError(f"market.channels * market.segments = {fronts} is outside 1..64 (fronts)")
        if self.attack_week is not None and self.competitors == 0:
            raise ValueError(f"market.attack_week = {self.attack_week} needs a competitor (market.competitors = 0)")
        if self.attack_front is not None and self.attack_front >= channels * self.segments:
            last = channels * self.segments - 1
            raise ValueError(f"market.attack_front = {self.attack_front} is outside 0..{last} (fronts of this market)")
        return self


class Demand(ParameterTable):
    """Leads: what makes them and what is lost on their way to sales."""

    lead_hazard_per_week: float = parameter(
        0.0023,
        low=0,
        high=1,
        unit="per prospect and week",
        plausible=(0.0005, 0.005),
        source=TRIAL,
        uncertain=True,
    )
    """Rate at which prospects turn lead at the first budget."""
    budget_exponent: float = parameter(0.9, low=0, high=1.5, unit="exponent", plausible=(0.7, 1), source=TRIAL)
    """How leads grow with the whole budget."""
    front_exponent: float = parameter(
        0.6, low=0, high=0.95, unit="exponent", plausible=(0.4, 0.8), source=TRIAL, uncertain=True
    )
    """How a front's leads grow with its share of the budget per prospect."""
    strategy_gain: float = parameter(
        1.12, low=0, high=10, unit="share per lift", plausible=(0.5, 2), source=TRIAL, uncertain=True
    )
    """Share that a lift of strategy work by 1 adds to leads."""
    reference_gain: float = parameter(0.3, low=0, high=3, unit="share", plausible=(0.1, 0.6), uncertain=True)
    """What healthy customers of a segment add to its leads."""
    handoff_base: float = parameter(0.55, low=0, high=1, unit="share of leads", plausible=(0.4, 0.8))
    """Leads that reach sales without any alignment."""
    handoff_alignment: float = parameter(
        0.5, low=0, high=1, unit="share of leads", plausible=(0.2, 0.6), uncertain=True
    )
    """Leads that full alignment of marketing and sales saves."""
    lead_patience_weeks: float = parameter(8.0, low=1, high=104, unit="weeks", plausible=(4, 16))
    """Time that a lead waits for a rep."""
    unworked_return_weeks: float = parameter(13.0, low=1, high=520, unit="weeks", plausible=(8, 26), source=TRIAL)
    """Time after which an unworked lead is a prospect again."""
    lost_return_weeks: float = parameter(39.0, low=1, high=520, unit="weeks", plausible=(26, 78), source=TRIAL)
    """Time after which a lost deal is a prospect again."""
    churned_return_weeks: float = parameter(78.0, low=1, high=520, unit="weeks", plausible=(52, 156), source=TRIAL)
    """Time after which a customer who left is a prospect again."""


class Sales(ParameterTable):
    """Reps and their deals."""

    deal_hours: float = parameter(
        19.55, low=0.1, high=1000, unit="hours", plausible=(8, 30), source=TRIAL, uncertain=True
    )
    """Selling hours that a deal of middling size takes."""
    pace_weeks: float = parameter(
        10.25, low=0.5, high=260, unit="weeks", plausible=(6, 40), source=TRIAL, uncertain=True
    )
    """Time that a deal takes at least, however many hours it gets."""
    hours_exponent: float = parameter(0.3, low=0, high=1, unit="exponent", plausible=(0.1, 0.5))
    """How a deal's hours rise with its relative size."""
    rep_hours: float = parameter(40.0, low=1, high=80, unit="hours a week", plausible=(36, 50))
    """Hours that a rep works."""
    admin_share: float = parameter(0.45, low=0, high=0.95, unit="share of hours", plausible=(0.3, 0.6))
    """Hours lost to administration at process maturity 0."""
    admin_relief: float = parameter(0.5, low=0, high=1, unit="share", plausible=(0.2, 0.7))
    """Share of the administration that full process maturity removes."""
    ramp_weeks: float = parameter(22.0, low=4, high=78, unit="weeks", plausible=(16, 52), source="Bridge Group")
    """Time that a new rep needs to full productivity."""
    rep_skill_sd: float = parameter(0.15, low=0, high=1, unit="share of the mean", plausible=(0.05, 0.3))
    """Spread of the reps' skill."""
    on_target_earnings_usd: float = parameter(
        100_000.0, low=1000, high=1e10, unit="USD a year", plausible=(80_000, 300_000), source=TRIAL
    )
    """What a rep earns at quota."""
    quota_multiple: float = parameter(4.8, low=0.5, high=50, unit="times", plausible=(4, 6), source="BenchSights")
    """Quota over on-target earnings."""
    attainment: float = parameter(0.8, low=0.1, high=2, unit="share of quota", plausible=(0.6, 1), source=TRIAL)
    """Mean attainment that staffing reckons with."""
    coaching_gain: float = parameter(0.172, low=0, high=3, unit="share per lift", plausible=(0.07, 0.3))
    """Share that a lift of execution work by 1 adds to reps' productive hours."""
    deal_help_gain: float = parameter(
        0.734, low=0, high=5, unit="logit per lift", plausible=(0.3, 1.1), source=TRIAL, uncertain=True
    )
    """What a lift by 1 of the work that answers a member of the buying group adds to that member's agreement."""
    competition_gain: float = parameter(
        0.475, low=0, high=5, unit="logit", plausible=(0.2, 0.75), source=TRIAL, uncertain=True
    )
    """What effective execution work adds against competitors."""
    positioning_gain: float = parameter(
        0.5, low=0, high=5, unit="logit per lift", plausible=(0.2, 1), source="assumption S8, after Ries & Trout (1981)"
    )
    """What a lift of strategy work by 1 adds against competitors: leads to whom the offer is fit."""
    agreement_logit: float = parameter(
        1.808, low=-6, high=6, unit="logit", plausible=(1, 3), source=TRIAL, uncertain=True
    )
    """Odds that one member of a buying group agrees."""
    competitor_logit: float = parameter(
        0.2515, low=-6, high=6, unit="logit", plausible=(-0.6, 1.2), source=TRIAL, uncertain=True
    )
    """Odds that a group which agrees buys from a competitor, where there are two of them."""
    attractiveness_gain: float = parameter(0.9, low=0, high=3, unit="logit per log", plausible=(0.6, 1.2), source=TRIAL)
    """What a front's attractiveness adds to the odds of winning."""
    stall_per_week: float = parameter(0.01, low=0, high=1, unit="per week", plausible=(0.005, 0.03))
    """Rate at which an old deal ends in no decision."""
    stall_after_paces: float = parameter(1.3, low=0, high=20, unit="paces", plausible=(1, 2))
    """Age, in paces, from which a deal can stall."""
    capacity_limit: float = parameter(
        0.92, low=0.1, high=10, unit="times capacity", plausible=(0.75, 1.1), source="design: slack"
    )
    """Load up to which a rep takes a new deal: part of the hours is kept for what comes up."""
    priority_exponent: float = parameter(1.0, low=0, high=3, unit="exponent", plausible=(0, 2))
    """How strongly reps' hours go to large accounts: weight = relative size to this power (0 = equal shares)."""
    rivals_exponent: float = parameter(
        0.5, low=0, high=1, unit="logit per log", plausible=(0, 1), source="McFadden 1978 (the form); assumption"
    )
    """How the odds for competitors grow with their number (0 = not at all, 1 = in proportion)."""


class Customers(ParameterTable):
    """Customers: health, relations, renewal and expansion."""

    disposition_a: float = parameter(0.7, low=0.05, high=100, unit="Beta", plausible=(0.5, 1.5), uncertain=True)
    """First parameter of the Beta dispositions to leave at term."""
    disposition_b: float = parameter(7.0, low=0.05, high=1000, unit="Beta", plausible=(4, 12), uncertain=True)
    """Second parameter of the Beta dispositions to leave at term."""
    health_slope: float = parameter(
        5.0, low=0, high=20, unit="logit per health", plausible=(3, 7), source=TRIAL, uncertain=True
    )
    """How health shifts the odds of leaving."""
    neutral_health: float = parameter(0.65, low=0, high=1, unit="health", plausible=(0.5, 0.8), source=TRIAL)
    """Health that leaves the disposition as it is."""
    health_pace: float = parameter(0.06, low=0, high=1, unit="per week", plausible=(0.03, 0.12), source=TRIAL)
    """Share of the way to what was delivered that health moves in a week."""
    health_noise: float = parameter(0.03, low=0, high=0.5, unit="health", plausible=(0.01, 0.06), source=TRIAL)
    """Weekly shock to health."""
    service_gain: float = parameter(
        0.288, low=0, high=2, unit="health", plausible=(0.1, 0.35), source=TRIAL, uncertain=True
    )
    """What effective customer work adds to health."""
    expansion_gain: float = parameter(0.261, low=0, high=5, unit="share per lift", plausible=(0.1, 0.4), source=TRIAL)
    """Share that a lift of customer work by 1 adds to expansion and to the finding of sponsors."""
    expansion_per_week: float = parameter(
        0.05035, low=0, high=1, unit="per week", plausible=(0.02, 0.08), source=TRIAL, uncertain=True
    )
    """Rate at which a neutral customer buys more."""
    expansion_step: float = parameter(0.2, low=0, high=1, unit="share of potential", plausible=(0.08, 0.25))
    """Size of one expansion."""
    land_share: float = parameter(0.5, low=0.01, high=1, unit="share of potential", plausible=(0.3, 0.7))
    """Size of the first contract."""
    champion_loss_per_year: float = parameter(
        0.275, low=0, high=5, unit="per year", plausible=(0.25, 0.3), source="contact decay, 25-30 % a year"
    )
    """Rate at which champions leave."""
    champion_return_per_week: float = parameter(0.04, low=0, high=1, unit="per week", plausible=(0.02, 0.08))
    """Rate at which a lost champion is replaced."""
    champion_worth: float = parameter(0.12, low=0, high=1, unit="health", plausible=(0.05, 0.2))
    """What the loss of a champion takes from health while use is half deep and there is no other sponsor."""
    sponsor_gain_per_week: float = parameter(0.01, low=0, high=1, unit="per week", plausible=(0.005, 0.02))
    """Rate at which further sponsors are won."""
    sponsor_worth: float = parameter(0.03, low=0, high=1, unit="health", plausible=(0.01, 0.06))
    """What each sponsor adds to health."""
    critic_rate_per_year: float = parameter(0.3, low=0, high=10, unit="per year", plausible=(0.1, 0.6))
    """Rate at which critics appear."""
    critic_loss: float = parameter(0.06, low=0, high=1, unit="health", plausible=(0.03, 0.12))
    """What each critic takes from health."""
    issues_per_week: float = parameter(0.04, low=0, high=5, unit="per week", plausible=(0.02, 0.08))
    """Rate of issues at process maturity 0."""
    issue_relief: float = parameter(0.5, low=0, high=1, unit="share", plausible=(0.2, 0.8))
    """Share of the issues that full process maturity prevents."""
    issue_loss: float = parameter(0.25, low=0, high=1, unit="health", plausible=(0.1, 0.4))
    """What an issue takes from the week's delivery."""
    escalated_share: float = parameter(0.9, low=0, high=1, unit="share of issues", plausible=(0.45, 1))
    """Issues on which the whole customer hangs; on others less does."""
    adoption_weeks: float = parameter(16.0, low=1, high=260, unit="weeks", plausible=(8, 32))
    """Time that full adoption takes."""
    onboarding_alignment: float = parameter(0.5, low=0, high=1, unit="probability", plausible=(0.2, 0.8))
    """Chance of a bad start when sales and success are not aligned at all; falls with their alignment."""
    adoption_worth: float = parameter(0.25, low=0, high=1, unit="health", plausible=(0.1, 0.4))
    """What full adoption adds to health."""
    term_weeks: int = parameter(52, low=4, high=260, unit="weeks", plausible=(26, 156))
    """Time from one renewal to the next."""
    rival_pull: float = parameter(0.5, low=0, high=5, unit="logit per logit", plausible=(0.2, 1))
    """What competitor pressure adds to a customer's odds of leaving."""
    shrink_logit: float = parameter(-3.0, low=-12, high=6, unit="logit", plausible=(-4, -2))
    """Odds that a renewing customer of neutral health shrinks."""
    shrink_share: float = parameter(0.2, low=0, high=1, unit="share of contract", plausible=(0.1, 0.4))
    """What a shrinking customer gives up."""
    healthy_reference: float = parameter(0.7, low=0, high=1, unit="health", plausible=(0.6, 0.85))
    """Health above which a customer refers."""
    care_hours: float = parameter(0.5, low=0, high=40, unit="hours a week", plausible=(0.2, 1))
    """Service hours that a customer takes in a quiet week."""
    issue_hours: float = parameter(4.0, low=0, high=200, unit="hours", plausible=(2, 8))
    """Service hours that an issue takes."""
    product_potential: float = parameter(0.15, low=0, high=2, unit="share", plausible=(0.05, 0.3))
    """What every product owned beyond the first adds to an account's potential."""
    cross_sale_share: float = parameter(0.5, low=0, high=1, unit="share of purchases", plausible=(0.3, 0.7))
    """Later purchases that bring a further product, as long as there is one that the customer does not own."""
    plan_gain: float = parameter(0.5, low=0, high=5, unit="share", plausible=(0.2, 0.8))
    """What an account plan that is kept up adds to expansion and to the finding of sponsors."""
    plans_per_hour: float = parameter(4.0, low=0.01, high=1000, unit="plans per hour", plausible=(2, 8))
    """Account plans that an effective hour of customer work a week keeps up; beyond these all plans thin out alike."""
    plan_hours: float = parameter(0.5, low=0, high=40, unit="hours a week", plausible=(0.2, 1))
    """Service hours that an account plan takes."""


class Plays(ParameterTable):
    """Plays: what a front is offered, at which price and how. One of a few is the best there, for a while."""

    count: int = parameter(4, low=1, high=8, unit="plays", plausible=(2, 6))
    """Plays that there are to choose from on each front."""
    half_life_weeks: float = parameter(104.0, low=4, high=1040, unit="weeks", plausible=(52, 208), uncertain=True)
    """Time after which half of the fronts have had their best play drawn anew."""
    gain: float = parameter(0.3, low=0, high=3, unit="logit and log", plausible=(0.05, 0.6), uncertain=True)
    """What the best play adds to a front's log-leads and to the odds of winning, against any other."""
    blur: float = parameter(0.5, low=0, high=1, unit="share", plausible=(0.2, 0.8), uncertain=True)
    """Share of reviews that, at process maturity 0, see any play for the best, whichever it is."""
    threshold: float = parameter(0.3, low=0, high=1, unit="probability", plausible=(0.1, 0.6))
    """By how much likelier than the one in force another play has to be the best before a change is proposed."""
    change_hours: float = parameter(10.0, low=0.1, high=1000, unit="hours", plausible=(5, 20))
    """Execution hours that carrying out a change of play takes."""
