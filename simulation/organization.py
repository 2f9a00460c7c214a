"""Who leads what, measured on what, and who reports to whom: a checked tree of seats, as plain data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator, model_validator

from revorg.simulation.errors import BadInput, near_miss, shown
from revorg.simulation.parameters.ranges import ParameterTable, Weights, parameter

FUNCTIONS = ("marketing", "sales", "success", "operations")
DOMAINS = ("strategy", "execution", "operations", "customer")
MEASURES = ("new_arr", "retention", "experience", "cost")
HEADS = tuple(f"head_of_{function}" for function in FUNCTIONS)
PLACES = ("top", "chief", "beside", *HEADS, *(f"staff_{n}" for n in range(1, 10)))
NOBODY = "nobody"
"""What a file or a design writes at a place where nobody sits."""
EVERYTHING = (1 << len(FUNCTIONS)) - 1

IntColumn = NDArray[np.int64]
FloatColumn = NDArray[np.float64]
Entry = TypeVar("Entry")


class Measures(ParameterTable):
    """What a seat is measured on: weights that sum to 1."""

    new_arr: float = parameter(0.0, low=0, high=1, unit="weight")
    """Contracts won with new customers."""
    retention: float = parameter(0.0, low=0, high=1, unit="weight")
    """Revenue that customers keep."""
    experience: float = parameter(0.0, low=0, high=1, unit="weight")
    """Health of customers."""
    cost: float = parameter(0.0, low=0, high=1, unit="weight")
    """What running the firm costs."""

    @model_validator(mode="after")
    def _weigh_one(self) -> Self:
        if abs(sum(self.weights) - 1) > 1e-9:
            raise ValueError(f"does not sum to 1 but to {sum(self.weights):.6g}")
        return self

    @property
    def weights(self) -> tuple[float, ...]:
        """Return the weights in the order of `MEASURES`."""
        return self.new_arr, self.retention, self.experience, self.cost


class Seat(ParameterTable):
    """A seat: the functions it leads, what it is measured on, its level, hours and say."""

    leads: tuple[str, ...] = ()
    """Functions in its line."""
    measures: Measures
    """Weights of what it is measured on."""
    level: int = parameter(1, low=1, high=3, unit="levels")
    """Rank: heads 1, chiefs 2, the top 3."""
    week_hours: float = parameter(50.0, low=0, high=80, unit="hours a week")
    """Hours its holder works."""
    say: float = parameter(0.0, low=0, high=1, unit="share")
    """Share of its strategy hours that counts in the review of strategy."""
    in_tray_cap: float | None = parameter(None, low=0.05, high=0.9, unit="share of hours")
    """Most of its hours that its in-tray may take (absent: leadership.in_tray_cap)."""

    @field_validator("leads", mode="before")
    @classmethod
    def _lead_functions(cls, leads: Any) -> tuple[str, ...]:
        if not isinstance(leads, list | tuple):
            raise ValueError(f"is not a list of functions ({', '.join(FUNCTIONS)})")
        for name in leads:
            if name not in FUNCTIONS:
                raise ValueError(f"is not a list of functions: unknown {shown(name)}{near_miss(name, FUNCTIONS)}")
        return tuple(name for name in FUNCTIONS if name in leads)

    @property
    def line(self) -> int:
        """Return the functions it leads as a bitmask, marketing the lowest bit."""
        return sum(1 << FUNCTIONS.index(name) for name in self.leads)


class Profile(ParameterTable):
    """A person: four skills, collaboration, habit and inclination."""

    strategy: float = parameter(0.6, low=0, high=1, unit="skill")
    """Skill in reading fronts and moving effort between them."""
    execution: float = parameter(0.6, low=0, high=1, unit="skill")
    """Skill in getting deals and initiatives done."""
    operations: float = parameter(0.6, low=0, high=1, unit="skill")
    """Skill in processes."""
    customer: float = parameter(0.6, low=0, high=1, unit="skill")
    """Skill in serving customers."""
    collaboration: float = parameter(0.5, low=0, high=1, unit="share")
    """How readily the person meets and asks others."""
    habit: float = parameter(0.5, low=0, high=1, unit="share")
    """How far inclination, not demand, directs attention."""
    inclination: Weights | None = None
    """What draws attention unbidden: weights over the four domains (absent: own skills)."""

    @property
    def skills(self) -> tuple[float, float, float, float]:
        """Return the skills in the order of `DOMAINS`."""
        return self.strategy, self.execution, self.operations, self.customer

    @property
    def drawn_to(self) -> tuple[float, ...]:
        """Return the inclination, or the skills scaled to sum 1, or an even quarter for the unskilled."""
        if self.inclination is not None:
            return self.inclination
        total = sum(self.skills)
        return tuple(skill / total for skill in self.skills) if total else (0.25,) * len(DOMAINS)


class Member(ParameterTable):
    """Who sits at a place: a seat and its holder, by their names in the catalogues."""

    seat: str
    """Name of a seat in the catalogue."""
    holder: str
    """Name of a profile in the catalogue."""
    reports_to: str | None = None
    """Name of the seat it reports to (absent: the nearest seat above whose line holds its own)."""


@dataclass(frozen=True)
class Organization:
    """Seats in force as rows, in the order of `PLACES`; columns are read-only arrays over the rows.

    Parameters
    ----------
    places, members, seats, profiles
        One entry a row: where, who by name, and what the names stand for.

    Raises
    ------
    BadInput
        If the seats are not one tree in which every function has a head and one line of leaders.
    """

    places: tuple[str, ...]
    members: tuple[Member, ...]
    seats: tuple[Seat, ...]
    profiles: tuple[Profile, ...]

    @classmethod
    def of(cls, members: Mapping[str, Member], seats: Mapping[str, Seat], profiles: Mapping[str, Profile]) -> Self:
        """Seat the members (place -> who) with the seats and profiles of two catalogues."""
        for place in members:
            if place not in PLACES:
                raise BadInput(f"{place}: unknown place{near_miss(place, PLACES)}")
        places = tuple(place for place in PLACES if place in members)
        return cls(
            places,
            tuple(members[place] for place in places),
            tuple(_entry(seats, members[place].seat, f"{place}: unknown seat") for place in places),
            tuple(_entry(profiles, members[place].holder, f"{place}: unknown profile") for place in places),
        )

    def __post_init__(self) -> None:
        _check_places(self)
        _check_superiors(self)
        _check_lines(self)

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Seat names."""
        return tuple(member.seat for member in self.members)

    @cached_property
    def holders(self) -> tuple[str, ...]:
        """Profile names."""
        return tuple(member.holder for member in self.members)

    @cached_property
    def place(self) -> IntColumn:
        """Index in `PLACES`: the identity under which chance knows the person."""
        return _column([PLACES.index(place) for place in self.places])

    @cached_property
    def level(self) -> IntColumn:
        """Rank, 1..3."""
        return _column([seat.level for seat in self.seats])

    @cached_property
    def line(self) -> IntColumn:
        """Functions led, as a bitmask."""
        return _column([seat.line for seat in self.seats])

    @cached_property
    def parent(self) -> IntColumn:
        """Row of the seat reported to, -1 for the root."""
        return _column([_parent(self, row) for row in range(len(self))])

    @cached_property
    def depth(self) -> IntColumn:
        """Steps up to the root."""
        return _column([len(list(self.superiors(row))) for row in range(len(self))])

    @cached_property
    def head_of(self) -> IntColumn:
        """Row of each function's head, shape (4,)."""
        return _column([self.places.index(head) for head in HEADS])

    @cached_property
    def span(self) -> IntColumn:
        """Functions whose head reports to the seat."""
        return _column([int(np.sum(self.parent[self.head_of] == row)) for row in range(len(self))])

    @cached_property
    def owner(self) -> IntColumn:
        """Row of the deepest seat whose line covers each scope, shape (16,); the root for the empty scope."""
        return _column([0, *(_deepest_over(self, scope) for scope in range(1, EVERYTHING + 1))])

    @cached_property
    def measures(self) -> FloatColumn:
        """Weights of the four measures, shape (seats, 4)."""
        return _numbers([seat.measures.weights for seat in self.seats])

    @cached_property
    def week_hours(self) -> FloatColumn:
        """Hours a week."""
        return _numbers([seat.week_hours for seat in self.seats])

    @cached_property
    def say(self) -> FloatColumn:
        """Share of the strategy hours that counts in the review of strategy."""
        return _numbers([seat.say for seat in self.seats])

    @cached_property
    def in_tray_cap(self) -> FloatColumn:
        """Share of the hours that the in-tray may take; NaN = the world's."""
        return _numbers([np.nan if seat.in_tray_cap is None else seat.in_tray_cap for seat in self.seats])

    @cached_property
    def skills(self) -> FloatColumn:
        """Skills in the four domains, shape (seats, 4)."""
        return _numbers([profile.skills for profile in self.profiles])

    @cached_property
    def collaboration(self) -> FloatColumn:
        """Collaboration of the holders."""
        return _numbers([profile.collaboration for profile in self.profiles])

    @cached_property
    def mean_collaboration(self) -> float:
        """Mean collaboration of the holders."""
        return float(self.collaboration.mean())

    @cached_property
    def habit(self) -> FloatColumn:
        """Habit of the holders."""
        return _numbers([profile.habit for profile in self.profiles])

    @cached_property
    def inclination(self) -> FloatColumn:
        """What draws the holders' attention unbidden, weights, shape (seats, 4)."""
        return _numbers([profile.drawn_to for profile in self.profiles])

    def numbers(self) -> list[Any]:
        """Return all that the model can know of each seat and its holder, without their labels."""
        rows = zip(self.place.tolist(), self.parent.tolist(), self.seats, self.profiles, strict=True)
        return [[place, parent, seat.model_dump(), holder.model_dump()] for place, parent, seat, holder in rows]

    def superiors(self, row: int) -> Iterator[int]:
        """Yield the rows above a row, nearest first."""
        while (row := int(self.parent[row])) >= 0:
            yield row

    def row_of(self, place: str) -> int:
        """Return the row of a place.

        Raises
        ------
        BadInput
            If nobody sits there.
        """
        if place not in self.places:
            raise BadInput(f"{place}: nobody sits there{near_miss(place, self.places)}")
        return self.places.index(place)


def _entry(catalogue: Mapping[str, Entry], name: str, otherwise: str) -> Entry:
    if name not in catalogue:
        raise BadInput(f"{otherwise} {shown(name)}{near_miss(name, catalogue)}")
    return catalogue[name]


def _column(values: list[int]) -> IntColumn:
    column = np.array(values, dtype=np.int64)
    column.setflags(write=False)
    return column


def _numbers(values: list[Any]) -> FloatColumn:
    column = np.array(values, dtype=np.float64)
    column.setflags(write=False)
    return column


def _parent(organization: Organization, row: int) -> int:
    """Find the row reported to: the named one, else the nearest above with a line that holds its own."""
    if row == 0:
        return -1
    named = organization.members[row].reports_to
    if named is not None:
        return organization.names.index(named)
    above = [other for other in range(len(organization)) if _is_above(organization, other, row)]
    if not organization.line[row] or not above:
        return 0
    width = [int(line).bit_count() for line in organization.line]
    return min(above, key=lambda other: (width[other], organization.level[other], other))


def _is_above(organization: Organization, other: int, row: int) -> bool:
    """Tell whether a seat can lead another unasked: its line holds the other's and it outranks it."""
    line, level, places = organization.line, organization.level, organization.places
    holds = other != row and line[row] & ~line[other] == 0
    head_below = places[row] in HEADS and places[other] not in HEADS
    return bool(holds and (level[other] > level[row] or (level[other] == level[row] and head_below)))


def _deepest_over(organization: Organization, scope: int) -> int:
    covering = [row for row in range(len(organization)) if scope & ~int(organization.line[row]) == 0]
    return max(covering, key=lambda row: organization.depth[row])


def _check_places(organization: Organization) -> None:
    """Check that a root and four heads are in force, and no seat twice."""
    places, names = organization.places, organization.names
    if "top" not in places:
        raise BadInput("top: missing; somebody has to sit at the top")
    for head, function in zip(HEADS, FUNCTIONS, strict=True):
        if head not in places:
            raise BadInput(f"{head}: missing; {function} needs a head")
    for one, other in combinations(range(len(names)), 2):
        if names[one] == names[other]:
            raise BadInput(f"seat {names[one]} sits at two places, {places[one]} and {places[other]}")


def _check_superiors(organization: Organization) -> None:
    """Check that everyone but the root reports to a seat in force, and step by step to the root."""
    names, members = organization.names, organization.members
    if members[0].reports_to is not None:
        raise BadInput(f"top: {names[0]} cannot report to {members[0].reports_to}; the top reports to nobody")
    for place, member in zip(organization.places, members, strict=True):
        named = member.reports_to
        if named is not None and named not in names:
            hint = near_miss(named, names)
            raise BadInput(f"{place}: {member.seat} reports to nobody: {shown(named)} is not in force{hint}")
    for row in range(len(organization)):
        _check_no_circle(organization, row)


def _check_no_circle(organization: Organization, row: int) -> None:
    chain = [row]
    while (row := int(organization.parent[row])) >= 0:
        chain.append(row)
        if row in chain[:-1]:
            circle = [organization.names[step] for step in chain[chain.index(row) :]]
            raise BadInput(f"seats report in a circle: {' → '.join(circle)}")


def _check_lines(organization: Organization) -> None:
    """Check that the leaders of each function stand in one line, from the top down to its head."""
    names, places = organization.names, organization.places
    for bit, (function, head) in enumerate(zip(FUNCTIONS, HEADS, strict=True)):
        leaders = [row for row in range(len(organization)) if organization.line[row] >> bit & 1]
        if not leaders:
            raise BadInput(f"nobody leads {function}; seats in force: {', '.join(names)}")
        for row in (0, places.index(head)):
            if row not in leaders:
                leads = ", ".join(organization.seats[row].leads) or "nothing"
                raise BadInput(f"nobody leads {function} at {places[row]}: seat {names[row]} leads {leads}")
        for one, other in combinations(leaders, 2):
            if one not in organization.superiors(other) and other not in organization.superiors(one):
                both = f"{names[one]} and {names[other]} both lead {function}"
                raise BadInput(f"{both}, but neither is above the other")
