"""Mechanisms switched off: what is held in their place.

Everything held comes from the neutral run: the neutral organization's life over the same weeks, all mechanisms on, so
that it is the same in every design on the same past. NaN stands for "not held: the mechanism works".
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from revorg.simulation.codes import EXECUTION_WORK, WEEKS_A_YEAR, Column
from revorg.simulation.organization import PLACES
from revorg.simulation.parameters.mechanisms import Mechanisms
from revorg.simulation.record import record
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Routes

if TYPE_CHECKING:
    from revorg.simulation.model import RevenueOrganization

FREE = math.nan


@dataclass(frozen=True)
class NeutralMeans:
    """Means over some weeks of the neutral organization.

    Attributes
    ----------
    lift : array, shape (4,)
    alignment : array, shape (4, 4)
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
    play_fit: float

    @classmethod
    def of(cls, lived: Column, alignment: Column, tray_hours: Column) -> "NeutralMeans":
        """Measure a record of shape (weeks, columns); alignment and in-tray hours are means already."""
        sums, means = lived.sum(axis=0), lived.mean(axis=0)
        settled, customers = max(sums[record.DECISIONS_SETTLED], 1.0), max(sums[record.CUSTOMERS], 1.0)
        return cls(
            lift=means[record.LIFT_STRATEGY : record.LIFT_STRATEGY + 4].copy(),
            alignment=alignment,
            tray_hours=tray_hours,
            maturity=float(means[record.MATURITY]),
            ownership=float(means[record.OWNERSHIP]),
            review_hours=float(means[record.STRATEGY_HOURS]),
            execution_hours=float(means[record.EXECUTION_HOURS]),
            latency_days=float(sums[record.WORK_LATENCY_DAYS] / settled),
            wrong_share=float(sums[record.DECISIONS_WRONG] / settled),
            wrong_calls=float((sums[record.DECISIONS_WRONG] + sums[record.DECISIONS_REWORKED]) / settled),
            moved_share=float(means[record.MOVED]),
            references=float(means[record.REFERENCES]),
            champion_worth=float(sums[record.CHAMPION_WORTH] / customers),
            critic_worth=float(sums[record.CRITIC_WORTH] / customers),
            play_fit=float(sums[record.PLAYS_FIT] / max(sums[record.PLAYS_FACED], 1.0)),
        )


class NeutralRun:
    """The neutral organization's life from a week on, year by year, each year lived when it is first asked for.

    Parameters
    ----------
    twin
        A firm under the neutral organization, all mechanisms on; it lives on here and nowhere else.

    Attributes
    ----------
    scenario : Scenario
        The world that it lives in.
    began : int
        The week from which its years are counted.
    """

    def __init__(self, twin: "RevenueOrganization") -> None:
        self.scenario, self.began = twin.scenario, twin.week
        self._twin = twin
        self._years: list[NeutralMeans] = []

    def means(self, week: int) -> NeutralMeans:
        """Return the means of the year that a week belongs to."""
        year = (week - self.began) // WEEKS_A_YEAR
        while len(self._years) <= year:
            self._years.append(self._live_a_year())
        return self._years[year]

    def _live_a_year(self) -> NeutralMeans:
        twin, first = self._twin, self._twin.week + self._twin.warm_up_weeks
        alignment, tray_hours = np.zeros((4, 4)), np.zeros(len(PLACES))
        for _ in range(WEEKS_A_YEAR):
            alignment += twin.firm.alignment / WEEKS_A_YEAR
            twin.run(weeks=1)
            tray_hours[twin.people.place] += twin.people.tray_hours / WEEKS_A_YEAR
        return NeutralMeans.of(twin.record[first : first + WEEKS_A_YEAR], alignment, tray_hours)


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
    play_fit: float
    staffing: bool
    exits: bool
    alignment: Column  # (functions, functions)
    group_lift: Column  # (domains,)
    tray_hours: Column  # (places,)

    @classmethod
    def by(cls, world: Scenario, neutral: NeutralMeans | None) -> "StandIns":
        """What the switches of a scenario hold; without means of the neutral run, what needs none."""
        works: Mechanisms = world.mechanisms
        clamp = world.levers.held_maturity
        held = nothing_held()._replace(
            staffing=not works.staffing, exits=not works.exits, maturity=FREE if clamp is None else float(clamp),
            pressure=FREE if works.offensives else _mean_pressure(world),
        )  # fmt: skip
        if neutral is None:
            return held
        off = (stand_in for switch, stand_in in MEASURED.items() if not getattr(works, switch))
        for stand_in in off:
            held = held._replace(**stand_in(world, neutral))
        return held


def _neutral_reach(world: Scenario, neutral: NeutralMeans) -> float:
    """Mean reach outside the line of the seats below the top in the neutral organization."""
    rules, seated = world.leadership, world.neutral_organization
    aligned = (neutral.alignment.sum() - np.trace(neutral.alignment)) / 12.0
    below = seated.parent >= 0
    reach = rules.influence_base + rules.influence_collaboration * seated.collaboration[below]
    reach = reach + rules.influence_alignment * aligned + rules.influence_level * (seated.level[below] - 1.0)
    return float(np.clip(reach, 0.0, 1.0).mean())


MEASURED: Mapping[str, Callable[[Scenario, NeutralMeans], dict[str, Any]]] = {
    "influence": lambda world, neutral: {"reach": _neutral_reach(world, neutral)},
    "queueing": lambda _, neutral: {"latency_days": neutral.latency_days, "tray_hours": neutral.tray_hours},
    "rework": lambda _, neutral: {"wrong_calls": neutral.wrong_calls},
    "response": lambda _, neutral: {"harm_days": neutral.latency_days, "harm_wrong": neutral.wrong_share},
    "learning": lambda _, neutral: {"review_hours": neutral.review_hours},
    "moving_cost": lambda _, neutral: {"moved_share": neutral.moved_share},
    "initiatives": lambda _, neutral: {"execution_hours": neutral.execution_hours},
    "handoffs": lambda _, neutral: {"alignment": neutral.alignment},
    "coaching": lambda _, neutral: {"coaching_lift": float(neutral.lift[EXECUTION_WORK])},
    "buying_groups": lambda _, neutral: {"group_lift": neutral.lift},
    "champions": lambda _, neutral: {"champion_worth": neutral.champion_worth},
    "critics": lambda _, neutral: {"critic_worth": neutral.critic_worth},
    "references": lambda _, neutral: {"references": neutral.references},
    "maturity": lambda _, neutral: {"maturity": neutral.maturity},
    "ownership": lambda _, neutral: {"ownership": neutral.ownership},
    "plays": lambda _, neutral: {"play_fit": neutral.play_fit},
}
"""Switches whose stand-ins are measured on the neutral run, and what each holds."""


def needs_neutral_run(works: Mechanisms) -> bool:
    """Whether a switch is off whose stand-in has to be measured."""
    return not all(getattr(works, switch) for switch in MEASURED)


def nothing_held() -> StandIns:
    """No stand-in at all: every mechanism works."""
    numbers = dict.fromkeys(StandIns._fields, FREE) | {"staffing": False, "exits": False}
    arrays = {"alignment": (4, 4), "group_lift": (4,), "tray_hours": (len(PLACES),)}
    return StandIns(**numbers | {name: np.full(shape, FREE) for name, shape in arrays.items()})  # type: ignore[arg-type]


def _mean_pressure(world: Scenario) -> float:
    """Long-run mean of competitor pressure on an open front: how often it is hit, how hard, and how long that lasts."""
    market = world.market
    weeks = 1.0 / (1.0 - 0.5 ** (1.0 / market.offensive_half_life_weeks))
    a_week = 1.0 - math.exp(-market.competitors * market.offensives_per_year / WEEKS_A_YEAR)
    return a_week * market.offensive_strength * weeks


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
