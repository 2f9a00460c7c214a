"""Scenario: the parameters of one world and the organization in force, complete, checked and frozen.

Most tables are declared in `revorg.simulation.parameters`; all of them can be imported from here.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Annotated, Any, NoReturn, Self

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

from revorg.simulation.errors import FOLLOWS, BadInput, near_miss, problems
from revorg.simulation.organization import NOBODY, PLACES, Member, Organization, Profile, Seat
from revorg.simulation.parameters.firm import Alignment, Decisions, Finance, Leadership, Operations, Strategy
from revorg.simulation.parameters.market import Customers, Demand, Market, Sales
from revorg.simulation.parameters.mechanisms import Levers, Mechanisms, Rivals, Run
from revorg.simulation.parameters.ranges import Parameter, ParameterTable, parameters_of

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


Settings = Mapping[str, Any]
"""What is set, by dotted path: ``{"customers.term_weeks": 26, "organization.chief": {"seat": …, "holder": …}}``."""


class Calibration(ParameterTable):
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
            "additionalProperties": {"anyOf": [Member.model_json_schema(), {"const": NOBODY}]},
        }
    ),
]
"""An organization, which files give as places and who sits there, or nobody."""


DESIGNED = ("organization", "mechanisms", "levers", "rivals")
"""Tables that come into force in week 0: the warm-up does not depend on them."""


class Scenario(ParameterTable):
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
        if isinstance(given, Mapping):
            given = {place: member for place, member in given.items() if member != NOBODY}
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

    def changed(self, settings: Settings) -> Self:
        """Return a checked copy with all settings made at once, so that they may depend on one another.

        Parameters
        ----------
        settings
            Values as a scenario file would have them, by dotted path: "customers.term_weeks", "seats.NAME.level",
            "organization.chief.holder"; numpy's numbers count as numbers.

        Raises
        ------
        BadInput
            If there is no such path or the changed scenario is not sound.
        """
        if not settings:
            return self
        tables = self.as_tables()
        for path, value in settings.items():
            *above, key = path.split(".")
            table = _table_at(tables, above)
            if table is None or (table is tables and key not in tables):
                raise BadInput(f"{path}: unknown{near_miss(path, [name for name, _ in leaves(self.as_tables())])}")
            table[key] = value.item() if isinstance(value, np.generic) else value
        return self.of(tables)

    def with_leader(self, seat: str, profile: str) -> Self:
        """Return a copy with another seat and holder at the chief's place.

        Raises
        ------
        BadInput
            If the catalogues do not know them, or the seats are no longer one sound tree.
        """
        return self.changed({"organization.chief": {"seat": seat, "holder": profile}})

    def neutral(self) -> Self:
        """Return the same world under the neutral organization."""
        return self.model_copy(update={"organization": self.neutral_organization})

    def warm_up(self) -> Self:
        """Return what the warm-up lives under: the neutral organization, with all that a design may set as it was."""
        designed = {name: type(getattr(self, name))() for name in DESIGNED if name != "organization"}
        return self.neutral().model_copy(update=designed)

    def world_key(self) -> str:
        """Return a stable hash of all that a warm-up depends on.

        These are the parameters and the neutral organization; labels, the rest of the catalogues, the levers and
        the organization in force leave it unchanged.
        """
        numbers = {row.path: row.value for row in self.parameters() if not row.path.startswith("levers.")}
        described = json.dumps([numbers, self.neutral_organization.numbers()], sort_keys=True)
        return sha256(described.encode()).hexdigest()[:16]

    @property
    def chief(self) -> str:
        """Seat and holder in the chief's place, as ``seat:holder``, or nobody."""
        if "chief" not in self.organization.places:
            return NOBODY
        row = self.organization.row_of("chief")
        return f"{self.organization.names[row]}:{self.organization.holders[row]}"

    @property
    def is_calibrated(self) -> bool:
        """Whether these very numbers were fitted to the published patterns."""
        return self.calibration.world == self.world_key()

    def parameters(self) -> Iterator[Parameter]:
        """Yield every parameter of the world with its value and what is known about it."""
        for name in type(self).model_fields:
            table = getattr(self, name)
            if isinstance(table, ParameterTable):
                yield from parameters_of(table, name)

    def __iter__(self) -> NoReturn:
        """Refuse: Mesa's batch_run would take a scenario apart into its fields."""
        raise TypeError("a Scenario is one value, not a series; parameters() lists what it holds")

    def __hash__(self) -> int:
        return hash((self.name, self.organization, self.world_key()))


def _table_at(tables: dict[str, Any], above: list[str]) -> dict[str, Any] | None:
    """Find a table, or make it below one that is there; None where a value stands in the way."""
    if not above:
        return tables
    table = tables.get(above[0])
    for step in above[1:]:
        table = table.setdefault(step, {}) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None


def leaves(tables: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of nested tables under its dotted path."""
    for key, value in tables.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
