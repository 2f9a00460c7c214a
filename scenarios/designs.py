"""A design: who sits where and leads what, and what else is set with it; as text or as a table."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator

from revorg.simulation.errors import BadInput, near_miss, problems, shown
from revorg.simulation.organization import FUNCTIONS, NOBODY
from revorg.simulation.parameters.ranges import Names, ParameterTable, _listed
from revorg.simulation.scenario import Scenario

EXAMPLE = 'seat:holder, for example "cro:strategist"'


def _names(text: str) -> tuple[str, str] | None:
    """Return the two names of ``seat:holder``; None when the text is something else."""
    seat, colon, holder = text.partition(":")
    return None if not (seat and colon and holder) or ":" in holder else (seat, holder)


def _is_chief(text: str) -> bool:
    return text == NOBODY or _names(text) is not None


def _seated(text: str) -> str | dict[str, str]:
    """Return what is set at a place for ``seat:holder`` or for nobody."""
    names = _names(text)
    return NOBODY if names is None else dict(zip(("seat", "holder"), names, strict=True))


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


class Design(ParameterTable):
    """One arm of a comparison: an organization, and the levers pulled with it.

    Its text says all of it: ``seat:holder`` or ``nobody`` for the chief's place alone, else the whole table as JSON.
    Designs are equal, and sort, as their texts do.

    Examples
    --------
    >>> design = Design.parse("cro:strategist")
    >>> design.seat, design.holder, design.settings
    ('cro', 'strategist', {'organization.chief': {'seat': 'cro', 'holder': 'strategist'}})
    >>> print(design, Design.parse("nobody").settings)
    cro:strategist {'organization.chief': 'nobody'}
    >>> Design.parse('{"name": "sellers", "chief": "cso:executor", "heads": {"sales": "executor"}}').name
    'sellers'
    """

    name: str
    """What tables call it."""
    chief: str | None = None
    """Who sits in the chief's place, as seat:holder, or nobody."""
    lines: Names | None = None
    """Functions that the chief's seat leads."""
    heads: dict[str, str] = Field(default_factory=dict)
    """Who leads a function below the chief, as seat:holder or as a profile alone, by function."""
    levers: dict[str, Any] = Field(default_factory=dict)
    """What is set in [levers]."""
    set: DottedPaths = Field(default_factory=dict)
    """Anything else, by dotted path."""

    @field_validator("chief")
    @classmethod
    def _is_seat_and_holder(cls, chief: str | None) -> str | None:
        if chief is not None and not _is_chief(chief):
            raise ValueError(f"is not {EXAMPLE}: {shown(chief)}")
        return chief

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.lines is not None and not self.seat:
            raise ValueError(f'design {self.name}: lines need a chief, for example chief = "cro:strategist"')
        strangers = [head for head in self.heads if head not in FUNCTIONS]
        if strangers:
            raise ValueError(f"design {self.name}: heads.{strangers[0]}: unknown{near_miss(strangers[0], FUNCTIONS)}")
        for function, who in self.heads.items():
            if not who or (":" in who and _names(who) is None):
                raise ValueError(
                    f"design {self.name}: heads.{function} = {shown(who)} is neither a profile nor {EXAMPLE}"
                )
        return self

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a design.

        Raises
        ------
        BadInput
            When the text is neither ``seat:holder`` nor ``nobody``, nor a sound table.
        """
        if _is_chief(text):
            return cls(name=text, chief=text)
        try:
            return cls.model_validate(json.loads(text))
        except ValidationError as error:
            raise BadInput("\n".join(f"design {shown(text)}: {message}" for _, message in problems(error))) from None
        except (ValueError, RecursionError):
            raise BadInput(
                f"design {shown(text)}: expected seat:holder, for example cro:strategist, or {NOBODY}"
            ) from None

    def __str__(self) -> str:
        """The text from which `parse` makes an equal design."""
        told = self.model_dump(exclude_defaults=True)
        simple = set(told) == {"name", "chief"} and self.name == self.chief
        return self.name if simple else json.dumps(told, sort_keys=True)

    def __hash__(self) -> int:
        return hash(str(self))

    def __lt__(self, other: "Design") -> bool:
        return str(self) < str(other)

    @property
    def seat(self) -> str:
        """Seat in the chief's place; empty where the design seats nobody there."""
        return (_names(self.chief or "") or ("", ""))[0]

    @property
    def holder(self) -> str:
        """Who holds that seat; empty where the design seats nobody there."""
        return (_names(self.chief or "") or ("", ""))[1]

    @property
    def settings(self) -> dict[str, Any]:
        """What it sets, by dotted path."""
        made: dict[str, Any] = {} if self.chief is None else {"organization.chief": _seated(self.chief)}
        if self.lines is not None:
            made[f"seats.{self.seat}.leads"] = list(self.lines)
        for function, who in self.heads.items():
            place = f"organization.head_of_{function}"
            made |= {place: _seated(who)} if ":" in who else {f"{place}.holder": who}
        return made | {f"levers.{name}": value for name, value in self.levers.items()} | self.set

    def apply(self, scenario: Scenario) -> Scenario:
        """Return a copy of the scenario under this design.

        Raises
        ------
        BadInput
            When the scenario's catalogues lack a seat or a holder, or what comes out is not sound.
        """
        return scenario.changed(self.settings)


def _of_text(value: Any) -> Any:
    return {"name": value, "chief": value} if isinstance(value, str) else value


Designs = Annotated[tuple[Annotated[Design, BeforeValidator(_of_text)], ...], BeforeValidator(_listed)]
"""Designs as a file lists them, each as text or as a table."""
