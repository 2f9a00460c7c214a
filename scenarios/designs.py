"""A design: who sits in the chief's place, written ``seat:person``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

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
        names = _names(text)
        if names is None:
            raise BadInput(f"design {shown(text)}: expected seat:person, for example cro:strategist")
        return cls(*names)

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


EXAMPLE = 'seat:person, for example "cro:strategist"'


def _names(text: str) -> tuple[str, str] | None:
    """Return the two names of ``seat:person``; None when the text is something else."""
    seat, colon, person = text.partition(":")
    return None if not (seat and colon and person) or ":" in person else (seat, person)


def _member(text: str) -> dict[str, str]:
    names = _names(text)
    if names is None:
        raise ValueError(f"is not {EXAMPLE}: {shown(text)}")
    return dict(zip(("seat", "holder"), names, strict=True))


def quoted_paths(settings: Any, info: ValidationInfo) -> Any:
    """Refuse dotted paths without quotes, which TOML reads as tables."""
    for key, value in settings.items() if isinstance(settings, Mapping) else ():
        if isinstance(value, Mapping) and "." not in key and not {"low", "high"} & set(value):
            raise ValueError(f'[{info.field_name}] {key}: quote the path, "{_path_into(key, value)}" = …')
    return settings


def _path_into(path: str, value: Any) -> str:
    """Return the dotted path to the first value below a place."""
    while isinstance(value, Mapping) and value and not {"low", "high"} & set(value):
        key, value = next(iter(value.items()))
        path = f"{path}.{key}"
    return path


DottedPaths = Annotated[dict[str, Any], BeforeValidator(quoted_paths)]


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
    set: DottedPaths = Field(default_factory=dict)
    """Anything else, by dotted path."""

    @field_validator("chief")
    @classmethod
    def _is_seat_and_person(cls, chief: str | None) -> str | None:
        if chief is not None:
            _member(chief)
        return chief

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.lines is not None and self.chief is None:
            raise ValueError(f'design {self.name}: lines need a chief, for example chief = "cro:strategist"')
        strangers = [head for head in self.heads if head not in FUNCTIONS]
        if strangers:
            raise ValueError(f"design {self.name}: heads.{strangers[0]}: unknown{near_miss(strangers[0], FUNCTIONS)}")
        for function, who in self.heads.items():
            if not who or (":" in who and _names(who) is None):
                raise ValueError(
                    f"design {self.name}: heads.{function} = {shown(who)} is neither a person nor {EXAMPLE}"
                )
        return self

    @property
    def settings(self) -> dict[str, Any]:
        """What is set, by dotted path."""
        made: dict[str, Any] = {}
        if self.chief is not None:
            made["organization.chief"] = _member(self.chief)
            if self.lines is not None:
                made[f"seats.{made['organization.chief']['seat']}.leads"] = list(self.lines)
        for function, who in self.heads.items():
            place = f"organization.head_of_{function}"
            made |= {place: _member(who)} if ":" in who else {f"{place}.holder": who}
        return made | {f"levers.{name}": value for name, value in self.levers.items()} | self.set


def _arrangement(value: Any) -> Any:
    return {"name": value, "chief": value} if isinstance(value, str) else value


Arrangements = Annotated[tuple[Annotated[Arrangement, BeforeValidator(_arrangement)], ...], BeforeValidator(_listed)]
