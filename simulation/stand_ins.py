"""Mechanisms switched off: what is held in their place.

Everything held comes from the last year of the warm-up, in which the neutral organization was in force, and so it is
the same in every design on the same world and seed. NaN stands for "not held: the mechanism works".
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from revorg.simulation.codes import WEEKS_A_YEAR, Column, gauge
from revorg.simulation.organization import PLACES
from revorg.simulation.parameters.mechanisms import Mechanisms
from revorg.simulation.record import record
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Firm, Routes

FREE = math.nan


@dataclass(frozen=True)
class NeutralMeans:
    """Means of the neutral organization's last year before the design took over.

    Attributes
    ----------
    lift : array, shape (4,)
    alignment : array, shape (4, 4)
        As it stood at the end; it moves slowly.
    tray_hours : array, shape (places,)
        Hours a week the in-tray took, by place.
    wrong_share, wrong_calls : float
        Decisions carried out wrong, and calls wrong at first, of decisions settled.
    """

    lift: Column
    alignment: Column
    tray_hours: Column
    maturity: float
    ownership: float
    review_hours: float
    execution_hours: float
    latency_days: float
    wrong_share: float
    wrong_calls: float
    moved_share: float
    references: float
    champion_worth: float
    critic_worth: float

    @classmethod
    def of(cls, lived: Column, firm: Firm, tray_hours: Column) -> "NeutralMeans":
        """Measure the last year of a record of shape (weeks, columns); without a past, nothing is lifted or lost."""
        if not len(lived):
            gauges = firm.gauges
            return cls(
                np.zeros(4), firm.alignment.copy(), tray_hours, gauges[gauge.MATURITY], gauges[gauge.OWNERSHIP],
                0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0,
            )  # fmt: skip
        year = lived[-WEEKS_A_YEAR:]
        sums, means = year.sum(axis=0), year.mean(axis=0)
        settled, customers = max(sums[record.DECISIONS_SETTLED], 1.0), max(sums[record.CUSTOMERS], 1.0)
        return cls(
            lift=means[record.LIFT_STRATEGY : record.LIFT_STRATEGY + 4].copy(),
            alignment=firm.alignment.copy(),
            tray_hours=tray_hours,
            maturity=float(firm.gauges[gauge.MATURITY]),
            ownership=float(firm.gauges[gauge.OWNERSHIP]),
            review_hours=float(means[record.STRATEGY_HOURS]),
            execution_hours=float(means[record.EXECUTION_HOURS]),
            latency_days=float(sums[record.WORK_LATENCY_DAYS] / settled),
            wrong_share=float(sums[record.DECISIONS_WRONG] / settled),
            wrong_calls=float((sums[record.DECISIONS_WRONG] + sums[record.DECISIONS_REWORKED]) / settled),
            moved_share=float(means[record.MOVED]),
            references=float(means[record.REFERENCES]),
            champion_worth=float(sums[record.CHAMPION_WORTH] / customers),
            critic_worth=float(sums[record.CRITIC_WORTH] / customers),
        )


class StandIns(NamedTuple):
    """What the loops are to take as given; see `Mechanisms` for each stand-in in one sentence. NaN: nothing is held."""

    reach: float
    latency_days: float
    wrong_calls: float
    harm_days: float
    harm_wrong: float
    review_hours: float
    execution_hours: float
    moved_share: float
    references: float
    coaching_lift: float
    champion_worth: float
    critic_worth: float
    maturity: float
    ownership: float
    pressure: float
    staffing: bool
    exits: bool
    alignment: Column  # (functions, functions)
    group_lift: Column  # (domains,)
    tray_hours: Column  # (places,)

    @classmethod
    def by(cls, world: Scenario, neutral: NeutralMeans) -> "StandIns":
        """What the switches of a scenario hold."""
        works: Mechanisms = world.mechanisms
        clamp = world.levers.held_maturity
        held = nothing_held()._replace(
            staffing=not works.staffing, exits=not works.exits, maturity=FREE if clamp is None else float(clamp)
        )
        for is_working, stand_in in (
            (works.influence, {"reach": _neutral_reach(world, neutral)}),
            (works.queueing, {"latency_days": neutral.latency_days, "tray_hours": neutral.tray_hours}),
            (works.rework, {"wrong_calls": neutral.wrong_calls}),
            (works.response, {"harm_days": neutral.latency_days, "harm_wrong": neutral.wrong_share}),
            (works.learning, {"review_hours": neutral.review_hours}),
            (works.moving_cost, {"moved_share": neutral.moved_share}),
            (works.initiatives, {"execution_hours": neutral.execution_hours}),
            (works.handoffs, {"alignment": neutral.alignment}),
            (works.coaching, {"coaching_lift": float(neutral.lift[1])}),
            (works.buying_groups, {"group_lift": neutral.lift}),
            (works.champions, {"champion_worth": neutral.champion_worth}),
            (works.critics, {"critic_worth": neutral.critic_worth}),
            (works.references, {"references": neutral.references}),
            (works.maturity, {"maturity": neutral.maturity}),
            (works.ownership, {"ownership": neutral.ownership}),
            (works.offensives, {"pressure": _mean_pressure(world)}),
        ):
            if not is_working:
                held = held._replace(**stand_in)
        return held


def nothing_held() -> StandIns:
    """No stand-in at all: every mechanism works."""
    numbers = dict.fromkeys(StandIns._fields, FREE) | {"staffing": False, "exits": False}
    arrays = {"alignment": (4, 4), "group_lift": (4,), "tray_hours": (len(PLACES),)}
    return StandIns(**numbers | {name: np.full(shape, FREE) for name, shape in arrays.items()})  # type: ignore[arg-type]


def _neutral_reach(world: Scenario, neutral: NeutralMeans) -> float:
    """Mean reach outside the line of the seats below the top in the neutral organization."""
    rules, seated = world.leadership, world.neutral_organization
    aligned = (neutral.alignment.sum() - np.trace(neutral.alignment)) / 12.0
    below = seated.parent >= 0
    reach = rules.influence_base + rules.influence_collaboration * seated.collaboration[below]
    reach = reach + rules.influence_alignment * aligned + rules.influence_level * (seated.level[below] - 1.0)
    return float(np.clip(reach, 0.0, 1.0).mean())


def _mean_pressure(world: Scenario) -> float:
    """Long-run mean of competitor pressure on a front: how often it is hit, how hard, and how long that lasts."""
    market = world.market
    fronts = market.channels * market.segments
    hit = market.offensive_breadth_probability + (1.0 - market.offensive_breadth_probability) / fronts
    weeks = 1.0 / (1.0 - 0.5 ** (1.0 / market.offensive_half_life_weeks))
    a_week = 1.0 - math.exp(-market.competitors * market.offensives_per_year / WEEKS_A_YEAR)
    return a_week * hit * market.offensive_strength * weeks


def routes_of(world: Scenario) -> Routes:
    """The way decisions take through the tree in force, or through the neutral one where climbing is switched off."""
    seated = world.organization
    if world.mechanisms.climbing:
        return Routes(
            owner=np.array(seated.owner), parent=np.array(seated.parent), depth=np.array(seated.depth),
            head_of=np.array(seated.head_of),
        )  # fmt: skip
    neutral = world.neutral_organization
    row_of = {place: row for row, place in enumerate(seated.places)}
    parent, depth = np.zeros(len(seated), np.int64), np.ones(len(seated), np.int64)
    parent[0], depth[0] = -1, 0
    for row, place in enumerate(neutral.places):
        if place in row_of and neutral.parent[row] >= 0:
            parent[row_of[place]] = row_of.get(neutral.places[neutral.parent[row]], 0)
            depth[row_of[place]] = neutral.depth[row]
    owner = np.array([row_of.get(neutral.places[row], 0) for row in neutral.owner.tolist()])
    return Routes(owner=owner, parent=parent, depth=depth, head_of=np.array(seated.head_of))


def spans_of(world: Scenario) -> Column:
    """Functions whose heads each seat leads, or by place as in the neutral organization where span is switched off.

    What a place would lead that is not in force falls to the root, so that the sum is always all functions.
    """
    seated, neutral = world.organization, world.neutral_organization
    if world.mechanisms.span:
        return np.array(seated.span)
    by_place = dict(zip(neutral.places, neutral.span.tolist(), strict=True))
    spans = np.array([by_place.get(place, 0) for place in seated.places])
    spans[0] += neutral.span.sum() - spans.sum()
    return spans
