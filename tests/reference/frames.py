"""A week of service in mesa-frames: accounts as an agent set over a Polars frame, with the draws of the tables."""

import warnings
from typing import Any

import numpy as np
import polars as pl
from mesa_frames import AgentSetPolars, ModelDF
from polars import col
from scipy.special import ndtri

from reference.arrays import Service, uniforms
from reference.chance import rule
from simulation import chance
from simulation.tables import ARR_USD, CUSTOMER, CUSTOMER_WORK, HEALTH, LOST, MATURITY, OWNERSHIP, PLANNED

STATE = (
    "stage", "since", "due", "waiting", "front", "group", "size", "churn_logit", "contract_usd", "health", "adoption",
    "champion", "sponsors", "critics", "products_owned", "groups_reached",
)  # fmt: skip
CHANGED = (
    "stage", "since", "due", "contract_usd", "health", "adoption", "champion", "sponsors", "critics", "products_owned",
    "groups_reached",
)  # fmt: skip
PURPOSES = {
    "relation": chance.RELATION, "issue": chance.ISSUE, "noise": chance.HEALTH, "churn": chance.CHURN,
    "shrink": chance.SHRINK, "grow": chance.EXPANSION,
}  # fmt: skip


def logistic(logits: pl.Expr) -> pl.Expr:
    """Return probabilities of logits."""
    return 1.0 / (1.0 + (-logits).exp())


class Accounts(AgentSetPolars):  # type: ignore[misc]
    """All accounts; the columns of the tables."""

    def __init__(self, model: ModelDF, columns: dict[str, Any]) -> None:
        super().__init__(model)
        self.add(pl.DataFrame({"unique_id": np.arange(len(columns["stage"]), dtype=np.int64), **columns}))

    def step(self) -> None:
        """Nothing by itself: the week of service asks for all."""


class FramedService(Service):
    """The week of all who are customers when it begins, in expressions over a frame.

    Matters raised with the leaders go to the same list of decisions as in NumPy, and the counts of fronts to the same
    arrays; all else is Polars.
    """

    def __init__(self, *tables: Any) -> None:
        super().__init__(*tables)
        self.model = ModelDF()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mesa-frames asks newer versions of Polars in an older way
            self.model.agents.add(Accounts(self.model, {name: getattr(self.accounts, name) for name in STATE}))
        self.set = next(iter(self.model.agents._agentsets))

    def live(self) -> None:
        """Go through the week."""
        frame = self.set.agents.filter(col("stage") == CUSTOMER)
        self.who = frame["unique_id"].to_numpy()
        drawn = {name: uniforms(self.seed, purpose, self.week, self.who) for name, purpose in PURPOSES.items()}
        drawn["noise"] = self.world.customers.health_noise * ndtri(drawn["noise"])
        frame = frame.with_columns([pl.Series(f"drawn_{name}", values) for name, values in drawn.items()])
        without = rule.responsive(self.world.customers.expansion_gain, self.firm.lift[CUSTOMER_WORK])
        frame = self.with_plans(frame, without)
        frame = self.at_term(self.served(self.related(frame)))
        frame = self.grown(frame)
        self.counted(frame.filter(~col("leaves")))
        self.set._agents = self.set._agents.update(frame.select("unique_id", *CHANGED), on="unique_id")

    def leave(self) -> None:
        """Write the frame back into the tables."""
        for name in CHANGED:
            getattr(self.accounts, name)[:] = self.set.agents[name].to_numpy()

    def with_plans(self, frame: pl.DataFrame, without: float) -> pl.DataFrame:
        """Find who has an account plan, by the columns of the frame."""
        self.plan_accounts(without)
        return frame.with_columns(pl.Series("work", self.work))

    def related(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Lose or find champions, critics and sponsors."""
        rules = self.world.customers
        leaves, embitters = rules.champion_loss_per_year / 52, rules.critic_rate_per_year / 52
        drawn, wins = col("drawn_relation"), 1.0 - rules.sponsor_gain_per_week * col("work")
        frame = frame.with_columns(
            turns=pl.when(col("champion") == 1).then(leaves).otherwise(rules.champion_return_per_week * col("sponsors"))
        )
        frame = frame.with_columns(goes=col("turns") + embitters + 2.0 * embitters * col("critics"))
        change = (
            pl.when(drawn < col("turns")).then(0).when(drawn < col("turns") + embitters).then(1)
            .when(drawn < col("goes")).then(2).when(drawn < col("goes") + leaves * (col("sponsors") - 1)).then(3)
            .when((drawn > wins) & (col("sponsors") < col("group"))).then(4).otherwise(5)
        )  # fmt: skip
        frame = frame.with_columns(change=change)
        more = pl.min_horizontal(col("critics") + 1, col("group"))
        fewer = col("critics") - (col("change") == 2).cast(pl.Int8)
        frame = frame.with_columns(
            champion=pl.when(col("change") == 0).then(1 - col("champion")).otherwise(col("champion")),
            critics=pl.when(col("change") == 1).then(more).otherwise(fewer),
            sponsors=col("sponsors") - (col("change") == 3).cast(pl.Int8) + (col("change") == 4).cast(pl.Int8),
        )
        return frame.with_columns(groups_reached=pl.max_horizontal("groups_reached", "sponsors"))

    def served(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Use what was bought, and judge it."""
        rules, gauges = self.world.customers, self.firm.gauges
        rate = rule.relieved(rules.issues_per_week, gauges[MATURITY], rules.issue_relief)
        frame = frame.with_columns(
            adoption=col("adoption") + (1.0 - col("adoption")) / rules.adoption_weeks,
            worn=-rules.critic_loss * col("critics"), has_issue=col("drawn_issue") < rate,
        )  # fmt: skip
        lonely = rules.champion_worth * (1.5 - col("adoption")) / pl.max_horizontal("sponsors", pl.lit(1))
        sponsored = rules.sponsor_worth * (col("sponsors") - 1)
        frame = frame.with_columns(
            sponsored=pl.when(col("champion") == 0).then(sponsored - lonely).otherwise(sponsored)
        )
        constant = rules.neutral_health + rules.service_gain * self.firm.lift[CUSTOMER_WORK]
        constant += self.world.alignment.ownership_worth * (gauges[OWNERSHIP] - 0.5)
        delivered = (
            constant + rules.adoption_worth * (col("adoption") - 0.8) + col("sponsored") + col("worn")
            - rules.issue_loss * col("has_issue").cast(pl.Float64)
        )  # fmt: skip
        moved = col("health") + rules.health_pace * (delivered - col("health")) + col("drawn_noise")
        frame = frame.with_columns(health=moved.clip(0.0, 1.0))
        sums = frame.select(col("sponsored").sum(), col("worn").sum(), col("has_issue").sum()).row(0)
        for column, amount in zip(("champion_worth", "critic_worth", "issues"), sums, strict=True):
            self.add(column, amount)
        self.add("account_hours", rules.care_hours * len(frame) + rules.issue_hours * sums[2])
        self.add("account_hours", rules.plan_hours * gauges[PLANNED])
        self.escalate(frame.filter("has_issue")["unique_id"].to_numpy())
        return frame

    def at_term(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Leave, or renew for as much or less."""
        rules, week = self.world.customers, self.week
        worse = rules.health_slope * (rules.neutral_health - col("health"))
        pressure = pl.Series("pressure", self.fronts.pressure[frame["front"].to_numpy()])
        alone = logistic(col("churn_logit") + worse)
        frame = frame.with_columns(pressure, is_due=week >= col("due"), leaves_alone=alone)
        rivals = rules.rival_pull * col("pressure") * (1.0 + col("critics"))
        frame = frame.with_columns(
            leaves=col("is_due") & (col("drawn_churn") < logistic(col("churn_logit") + rivals + worse)),
            is_first=col("is_due") & (week - col("since") <= rules.term_weeks),
        )
        shrinks = col("is_due") & ~col("leaves") & (col("drawn_shrink") < logistic(rules.shrink_logit + worse))
        frame = frame.with_columns(shrinks=shrinks)
        sums = frame.select(
            first_due=col("is_first").sum(), first_renewed=(col("is_first") & ~col("leaves")).sum(),
            rival_churned=(col("leaves") & (col("drawn_churn") >= col("leaves_alone"))).sum(),
            churned_arr=col("contract_usd").filter("leaves").sum(), churned_customers=col("leaves").sum(),
            contraction_arr=rules.shrink_share * col("contract_usd").filter("shrinks").sum(),
        ).row(0, named=True)  # fmt: skip
        for column, amount in sums.items():
            self.add(column, amount)
        back = week + int(self.world.demand.churned_return_weeks)
        later = pl.when("is_due").then(col("due") + rules.term_weeks).otherwise(col("due"))
        less = pl.when("shrinks").then(col("contract_usd") * (1.0 - rules.shrink_share)).otherwise(col("contract_usd"))
        return frame.with_columns(
            due=pl.when("leaves").then(back).otherwise(later),
            contract_usd=pl.when("leaves").then(0.0).otherwise(less),
            stage=pl.when("leaves").then(LOST).otherwise(col("stage")),
            since=pl.when("leaves").then(week).otherwise(col("since")),
        )

    def grown(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Expand contracts, some by a further product."""
        rules, pairs = self.world.customers, self.firm.alignment
        first = self.world.market.contract_usd * col("size") / rules.land_share
        potential = first * (1.0 + rules.product_potential * (col("products_owned") - 1))
        room = 0.5 + 0.5 * pl.min_horizontal(pl.lit(1.0), col("groups_reached") / col("group"))
        room = pl.max_horizontal(pl.lit(0.0), room - col("contract_usd") / potential)
        aligned = 0.5 + 0.5 * (pairs[1, 2] + pairs[0, 2])
        hazard = rules.expansion_per_week * (col("health") / rules.neutral_health) * col("work") * aligned * room
        frame = frame.with_columns(hazard=pl.min_horizontal(pl.lit(1.0), hazard))
        frame = frame.with_columns(grows=~col("leaves") & (col("drawn_grow") < col("hazard")))
        crosses = (
            col("grows") & (col("products_owned") < self.world.market.products)
            & (col("drawn_grow") < rules.cross_sale_share * col("hazard"))
        )  # fmt: skip
        frame = frame.with_columns(products_owned=col("products_owned") + crosses.cast(pl.Int8))
        added = pl.min_horizontal(rules.expansion_step * potential, potential - col("contract_usd"))
        frame = frame.with_columns(added=pl.when("grows").then(added).otherwise(0.0))
        held = pl.min_horizontal(pl.lit(1.0), (self.week - col("since")) / 52)
        bought, of_base = frame.select(col("added").sum(), base=(col("added") * held).sum()).row(0)
        self.add("expansion_arr", bought)
        self.add("base_expansion_arr", of_base)
        return frame.with_columns(contract_usd=col("contract_usd") + col("added"))

    def counted(self, frame: pl.DataFrame) -> None:
        """Count the customers who are left."""
        fronts, rules, gauges, finance = self.fronts, self.world.customers, self.firm.gauges, self.world.finance
        if (self.week + 1) % 13 == 0:
            costs = finance.infrastructure_share + finance.serve_share
            margin = rule.margin_share(costs, self.world.operations.cost_relief, gauges[MATURITY])
            worse = rules.health_slope * (rules.neutral_health - col("health"))
            a_year = logistic(col("churn_logit") + worse) * 52 / rules.term_weeks
            partners = np.flatnonzero(fronts.partner).tolist()
            kept = margin - finance.partner_share * col("front").is_in(partners)
            worth = col("contract_usd") * kept / (finance.discount_a_year + a_year)
            self.add("equity", frame.select(worth.sum()).item())
        found = frame.group_by("front").agg(
            pl.len(), col("contract_usd").sum(), (col("health") > rules.healthy_reference).sum()
        )
        fronts.customers[:], fronts.arr_usd[:], fronts.referrers[:] = 0, 0.0, 0
        for front, count, arr, healthy in found.rows():
            fronts.customers[front], fronts.arr_usd[front], fronts.referrers[front] = count, arr, healthy
        arr, health = frame.select(col("contract_usd").sum(), col("health").sum()).row(0)
        for column, amount in (("arr", arr), ("customers", len(frame)), ("health_sum", health)):
            self.add(column, amount)
        gauges[ARR_USD], gauges[HEALTH] = arr, health / len(frame) if len(frame) else rules.neutral_health
