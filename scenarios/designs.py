"""A design: who sits in the chief's place, written ``seat:person``."""

from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from revorg.simulation.errors import BadInput, near_miss, shown
from revorg.simulation.organization import FUNCTIONS
from revorg.simulation.parameters.ranges import Names, ParameterTable, _listed
from revorg.simulation.scenario import Scenario


@dataclass(frozen=True)
class Design:
    """One arm of a contrast: a seat of the catalogue and the person who holds it.

    Attributes
    ----------
    seat, person : str
        Names in the catalogues of the scenario that the design is applied to.

    Examples
    --------
    >>> Design.parse("cro:strategist")
    Design(seat='cro', person='strategist')
    >>> print(Design.parse("cso:executor"))
    cso:executor
    """

    seat: str
    person: str

    def __str__(self) -> str:
        return f"{self.seat}:{self.person}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``seat:person``.

        Raises
        ------
        BadInput
            When the text is not two names with a colon between them.
        """
        seat, colon, person = text.partition(":")
        if not (seat and colon and person) or ":" in person:
            raise BadInput(f"design {text!r}: expected seat:person, for example cro:strategist")
        return cls(seat, person)

    @property
    def settings(self) -> dict[str, dict[str, str]]:
        """What it sets, by dotted path."""
        return {"organization.chief": {"seat": self.seat, "holder": self.person}}

    def apply(self, scenario: Scenario) -> Scenario:
        """Return a copy of the scenario with this design's seat and person in the chief's place.

        Raises
        ------
        BadInput
            When the scenario's catalogues lack the seat or the person.
        """
        return scenario.with_leader(seat=self.seat, profile=self.person)


def _two_names(text: str) -> dict[str, str]:
    seat, colon, person = text.partition(":")
    if not (seat and colon and person) or ":" in person:
        raise ValueError(f'is not seat:person, for example "cro:strategist": {shown(text)}')
    return {"seat": seat, "holder": person}


class Arrangement(ParameterTable):
    """An organization as a study writes it: who leads what, and what else is set with it."""

    name: str
    """What tables call it."""
    chief: str | None = None
    """Who sits in the chief's place, as seat:person."""
    lines: Names | None = None
    """Functions that the chief's seat leads."""
    heads: dict[str, str] = Field(default_factory=dict)
    """Who leads a function below the chief, as seat:person or as a person alone, by function."""
    levers: dict[str, Any] = Field(default_factory=dict)
    """What is set in [levers]."""
    set: dict[str, Any] = Field(default_factory=dict)
    """Anything else, by dotted path."""

    @field_validator("chief")
    @classmethod
    def _is_seat_and_person(cls, chief: str | None) -> str | None:
        if chief is not None:
            _two_names(chief)
        return chief

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.lines is not None and self.chief is None:
            raise ValueError(f'design {self.name}: lines need a chief, for example chief = "cro:strategist"')
        strangers = [head for head in self.heads if head not in FUNCTIONS]
        if strangers:
            raise ValueError(f"design {self.name}: heads.{strangers[0]}: unknown{near_miss(strangers[0], FUNCTIONS)}")
        return self

    @property
    def settings(self) -> dict[str, Any]:
        """What is set, by dotted path."""
        made: dict[str, Any] = {}
        if self.chief is not None:
            made["organization.chief"] = _two_names(self.chief)
            if self.lines is not None:
                made[f"seats.{made['organization.chief']['seat']}.leads"] = list(self.lines)
        for function, who in self.heads.items():
            place = f"organization.head_of_{function}"
            made |= {place: _two_names(who)} if ":" in who else {f"{place}.holder": who}
        return made | {f"levers.{name}": value for name, value in self.levers.items()} | self.set


def _arrangement(value: Any) -> Any:
    return {"name": value, "chief": value} if isinstance(value, str) else value


Arrangements = Annotated[tuple[Annotated[Arrangement, BeforeValidator(_arrangement)], ...], BeforeValidator(_listed)]
