"""Scenario: the parameters of one world and the organization in force, complete, checked and frozen.

Most tables are declared in `market_parameters` and `firm_parameters`; all of them can be imported from here.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal, NoReturn, Self

import numpy as np
from pydantic import (
    ConfigDict,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from simulation.errors import FOLLOWS, BadInput, near_miss, problems
from simulation.firm_parameters import Alignment, Decisions, Finance, Leadership, Operations, Strategy
from simulation.market_parameters import Customers, Demand, Market, Sales
from simulation.organization import PLACES, Member, Organization, Profile, Seat
from simulation.ranges import Parameter, Table, parameter, parameters_of

__all__ = [
    "Alignment",
    "Customers",
    "Decisions",
    "Demand",
    "Finance",
    "Leadership",
    "Levers",
    "Market",
    "Mechanisms",
    "Operations",
    "Rivals",
    "Run",
    "Sales",
    "Scenario",
    "Strategy",
]


class Run(Table):
    """How long a run lasts and with how many reps it starts."""

    weeks: int = parameter(208, low=1, high=2080, unit="weeks", plausible=(52, 520), source="design")
    """Weeks under the design."""
    warm_up_weeks: int = parameter(104, low=0, high=1040, unit="weeks", plausible=(52, 260), source="design")
    """Weeks under the neutral organization beforehand."""
    initial_reps: int | None = parameter(
        None, low=0, high=1_000_000, unit="reps", plausible=(1, 1000), source="derived"
    )
    """Reps when the warm-up begins, all full-time (absent: posts as the plan wants them, the last part-time)."""


class Mechanisms(Table):
    """Switches of mechanisms: true while the mechanism works, false while its neutral stand-in replaces it.

    A stand-in holds what the mechanism gives at the mean of the last year of the warm-up, in which the neutral
    organization was in force: it is the same in every design on the same world and seed.
    """

    habit: bool = True
    """What a person is drawn to bends attention (off: everybody is drawn to all domains alike)."""
    span: bool = True
    """Leading the heads of functions takes hours (off: as in the neutral organization, by place)."""
    influence: bool = True
    """Reach outside the line rises with collaboration, alignment and level (off: the neutral mean reach)."""
    consultation: bool = True
    """Whom an owner asks depends on the owner's collaboration (off: on the neutral organization's mean)."""
    climbing: bool = True
    """Decisions go to the lowest seat over their scope (off: to whom the neutral organization's tree sends them)."""
    queueing: bool = True
    """Decisions and consults wait at desks (off: the neutral mean of days for each, of hours at each desk)."""
    rework: bool = True
    """Wrong calls depend on skill and on who was asked (off: their neutral share)."""
    learning: bool = True
    """Hours of review decide how well fronts are known (off: the neutral hours of review)."""
    moving_cost: bool = True
    """Moves of the allocation cost budget (off: the neutral mean loss every week)."""
    initiatives: bool = True
    """Changes need hours of execution (off: the neutral organization's hours)."""
    handoffs: bool = True
    """What is lost between functions depends on their alignment (off: on the neutral alignment)."""
    coaching: bool = True
    """Execution work makes reps more productive (off: as the neutral organization's does)."""
    buying_groups: bool = True
    """Members of a buying group are answered by several functions' work (off: by the neutral organization's)."""
    response: bool = True
    """Late and wrong decisions hurt where they arose (off: every decision hurts as the neutral mean does)."""
    champions: bool = True
    """Champions and sponsors carry a customer's health (off: the neutral mean of what they carry)."""
    critics: bool = True
    """Critics wear a customer's health (off: the neutral mean of what they wear)."""
    references: bool = True
    """Healthy customers bring leads (off: as many as on the neutral mean)."""
    maturity: bool = True
    """Processes mature and decay (off: maturity is held at the neutral mean)."""
    ownership: bool = True
    """Ownership of customers moves (off: it is held at the neutral mean)."""
    offensives: bool = True
    """Competitors attack fronts and tire (off: the long-run mean of pressure on every front)."""
    staffing: bool = True
    """Reps leave and are hired (off: those of the switch stay)."""
    exits: bool = True
    """Holders of the chief's place leave and are replaced (off: nobody leaves)."""


class Rivals(Table):
    """Rival mechanisms that a sceptic would name, each in place of ours; all are off by default."""

    heads_learn: bool = False
    """Heads of functions learn about the fronts too: half of their strategy hours count in the review."""
    over_steering: bool = False
    """Reviews believe the last look alone, and moves of the allocation cost twice as much."""
    random_exits: bool = False
    """Leaders are dismissed at random times, not after misses."""


class Levers(Table):
    """What a design may set beside seats and persons."""

    expansion: bool = False
    """Whether the firm opens its channels abroad when the design takes over."""
    account_plans: Literal["none", "best", "everywhere"] = "none"
    """Which customers get an account plan: none, those with more than the mean contract, or all."""
    operations_stage: Literal["none", "analyst", "team", "governance"] = "team"
    """Staff of operations, from nobody to full governance: how fast processes mature, and at what cost."""
    held_maturity: float | None = parameter(None, low=0, high=1, unit="maturity", plausible=(0.2, 0.8), source="design")
    """Process maturity at which the firm is held, whatever operations do (absent: it moves)."""


class Calibration(Table):
    """When a world was fitted to the published patterns, and which numbers came of it."""

    date: str = ""
    """Day of the fit."""
    world: str = ""
    """`world_key` of the numbers that were fitted: if one of them changes, the world is calibrated no longer."""
    outcome: str = ""
    """How many patterns held."""


CATALOGUES = ("seats", "profiles", "neutral_organization", "organization")
"""Tables whose keys are a user's own names or places, and whose entries are tables."""

_MEMBERS = TypeAdapter(dict[str, Member])


def _written(organization: Organization) -> dict[str, dict[str, Any]]:
    """Write an organization as the table it was read from."""
    return {
        place: member.model_dump(exclude_none=True)
        for place, member in zip(organization.places, organization.members, strict=True)
    }


Seating = Annotated[
    Organization,
    PlainSerializer(_written),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"enum": list(PLACES)},
            "additionalProperties": Member.model_json_schema(),
        }
    ),
]
"""An organization, which files give as places and who sits there."""


class Scenario(Table):
    """A world, two catalogues and the organization in force; changes make checked copies."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str
    """Label; never read by the model."""
    description: str = ""
    """What the world stands for; never read by the model."""
    market: Market = Market()
    leadership: Leadership = Leadership()
    strategy: Strategy = Strategy()
    decisions: Decisions = Decisions()
    demand: Demand = Demand()
    sales: Sales = Sales()
    customers: Customers = Customers()
    operations: Operations = Operations()
    alignment: Alignment = Alignment()
    finance: Finance = Finance()
    mechanisms: Mechanisms = Mechanisms()
    rivals: Rivals = Rivals()
    levers: Levers = Levers()
    run: Run = Run()
    calibration: Calibration = Calibration()
    seats: dict[str, Seat]
    """Catalogue of seats; whether they form a tree matters for those in force alone."""
    profiles: dict[str, Profile]
    """Catalogue of persons."""
    organization: Seating
    """Who sits where from week 0 on."""
    neutral_organization: Seating
    """Who sits where during the warm-up."""

    @field_validator("organization", "neutral_organization", mode="before")
    @classmethod
    def _seat_members(cls, given: Any, info: ValidationInfo) -> Any:
        needed = [name for name in ("seats", "profiles", "organization") if name != info.field_name]
        if not info.data.keys() >= set(needed):
            raise PydanticCustomError(FOLLOWS, "what it builds on is not sound")
        if isinstance(given, Organization):
            return given
        members = _MEMBERS.validate_python(given)
        try:
            return Organization.of(members, info.data["seats"], info.data["profiles"])
        except BadInput as fault:
            raise ValueError(f"[{info.field_name}] {fault}") from None

    @classmethod
    def of(cls, tables: Mapping[str, Any]) -> Self:
        """Build a scenario from nested tables.

        Raises
        ------
        BadInput
            If anything is unknown, missing, of the wrong type, outside its range or does not fit together.
        """
        try:
            return cls.model_validate(dict(tables))
        except ValidationError as error:
            messages = [message for _, message in problems(error)]
        raise BadInput("\n".join(messages))

    def as_tables(self) -> dict[str, Any]:
        """Return everything as nested tables, from which `of` builds an equal scenario."""
        return self.model_dump()

    def set(self, path: str, value: Any) -> Self:
        """Return a checked copy with one value changed, or one entry added to a catalogue.

        Parameters
        ----------
        path
            Where it stands: "customers.term_weeks", "seats.NAME.level", "organization.chief.holder".
        value
            The new value, as a scenario file would have it; numpy's numbers count as numbers.

        Raises
        ------
        BadInput
            If there is no such path or the changed scenario is not sound.
        """
        tables = self.as_tables()
        *above, key = path.split(".")
        table: Any = tables
        for step in above:
            table = table.get(step) if isinstance(table, dict) else None
        # Whether a table takes a new key is for validation to say; only the top takes none.
        if not isinstance(table, dict) or not (above or key in table):
            raise BadInput(f"{path}: unknown{near_miss(path, _paths(tables))}")
        table[key] = value.item() if isinstance(value, np.generic) else value
        return self.of(tables)

    def with_leader(self, seat: str, profile: str) -> Self:
        """Return a copy with another seat and holder at the chief's place.

        Raises
        ------
        BadInput
            If the catalogues do not know them, or the seats are no longer one sound tree.
        """
        return self.set("organization.chief", {"seat": seat, "holder": profile})

    def neutral(self) -> Self:
        """Return the same world under the neutral organization."""
        return self.model_copy(update={"organization": self.neutral_organization})

    def world_key(self) -> str:
        """Return a stable hash of all that a warm-up depends on.

        These are the parameters and the neutral organization; labels, the rest of the catalogues, the levers and
        the organization in force leave it unchanged.
        """
        numbers = {row.path: row.value for row in self.parameters() if not row.path.startswith("levers.")}
        described = json.dumps([numbers, self.neutral_organization.numbers()], sort_keys=True)
        return sha256(described.encode()).hexdigest()[:16]

    @property
    def is_calibrated(self) -> bool:
        """Whether these very numbers were fitted to the published patterns."""
        return self.calibration.world == self.world_key()

    def parameters(self) -> Iterator[Parameter]:
        """Yield every parameter of the world with its value and what is known about it."""
        for name in type(self).model_fields:
            table = getattr(self, name)
            if isinstance(table, Table):
                yield from parameters_of(table, name)

    def __iter__(self) -> NoReturn:
        """Refuse: Mesa's batch_run would take a scenario apart into its fields."""
        raise TypeError("a Scenario is one value, not a series; parameters() lists what it holds")

    def __hash__(self) -> int:
        return hash((self.name, self.organization, self.world_key()))


def _paths(tables: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the dotted paths of all values and tables."""
    for key, value in tables.items():
        yield f"{above}{key}"
        if isinstance(value, dict):
            yield from _paths(value, f"{above}{key}.")
