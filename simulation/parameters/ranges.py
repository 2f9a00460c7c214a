"""Numbers that say what they are: unit, allowed range, plausible range and source; and tables of them."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from revorg.simulation.errors import CONTROLS, MOST_TOLD, near_miss, shown

ASSUMPTION = "assumption"
TRIAL = "starting value, trial"


def parameter(
    default: Any,
    *,
    low: float,
    high: float,
    unit: str,
    plausible: tuple[float, float] | None = None,
    source: str = ASSUMPTION,
    uncertain: bool = False,
) -> Any:
    """Declare a number of a `ParameterTable`; the docstring below the declaration describes it.

    Parameters
    ----------
    default
        Its value where a scenario is silent; None where it may be absent.
    low, high
        The allowed range, both ends included.
    unit
        What it counts: "weeks", "share of hours", "USD a year".
    plausible
        The range that sweeps and sensitivity analyses draw from; None = not swept.
    source
        Where the default comes from.
    uncertain
        Whether robustness checks vary it; at most six a table.

    Raises
    ------
    ValueError
        If the ranges are not nested, or a parameter to be varied has no plausible range.
    """
    if plausible is None and uncertain:
        raise ValueError("an uncertain parameter needs a plausible range")
    if not low <= high or (plausible and not low <= plausible[0] <= plausible[1] <= high):
        raise ValueError(f"plausible {plausible} is not inside {low}..{high} ({unit})")
    # "minimum" and "maximum" are JSON Schema's own words, so that editors check ranges as well.
    told: dict[str, Any] = {
        "minimum": low,
        "maximum": high,
        "unit": unit,
        "plausible": list(plausible) if plausible else None,
        "source": source,
        "uncertain": uncertain,
    }
    return Field(default, json_schema_extra=told)


class Parameter(NamedTuple):
    """One parameter of one scenario, with everything that is known about it."""

    path: str
    value: Any
    unit: str
    low: float
    high: float
    plausible: tuple[float, float] | None
    source: str
    uncertain: bool
    description: str

    @classmethod
    def read(cls, path: str, value: Any, field: FieldInfo) -> Self:
        """Take what `parameter` declared about a field."""
        told = _told(field)
        return cls(
            path=path,
            value=value,
            unit=told["unit"],
            low=told["minimum"],
            high=told["maximum"],
            plausible=tuple(told["plausible"]) if told["plausible"] else None,
            source=told["source"],
            uncertain=told["uncertain"],
            description=field.description or "",
        )


def _weighed(values: Any) -> tuple[float, ...]:
    """Check four shares that sum to 1."""
    shares = tuple(values) if isinstance(values, list | tuple) else ()
    if len(shares) != 4 or not all(is_number(share) and 0 <= share <= 1 for share in shares):
        raise ValueError("is not a list of four shares in 0..1")
    if abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"does not sum to 1 but to {sum(shares):.6g}")
    return shares


Weights = Annotated[tuple[float, float, float, float], BeforeValidator(_weighed)]
"""Weights of strategy, execution, operations and customer, which sum to 1."""


class ParameterTable(BaseModel):
    """A frozen table of values in which nothing is coerced and nothing unknown is accepted."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
    renamed: ClassVar[Mapping[str, str]] = {}
    """Keys under names that they had before, for those who still write them."""

    @model_validator(mode="before")
    @classmethod
    def _know_keys(cls, data: Any) -> Any:
        """Refuse unknown keys here, where the known ones are at hand for the near miss."""
        keys = data if isinstance(data, Mapping) else ()
        unknown = [key for key in keys if key not in cls.model_fields]
        if unknown:
            faults = [cls._unknown(key, data[key], told=place < MOST_TOLD) for place, key in enumerate(unknown)]
            raise ValidationError.from_exception_data(cls.__name__, faults)
        return data

    @classmethod
    def _unknown(cls, key: str, value: Any, *, told: bool) -> InitErrorDetails:
        hint = (cls._renamed(key) or near_miss(key, cls.model_fields)) if told else ""
        return InitErrorDetails(
            type=PydanticCustomError("unknown_key", "unknown{hint}", {"hint": hint}),
            loc=(key,),
            input=value,
        )

    @classmethod
    def _renamed(cls, path: str) -> str:
        """Say what is meant by a path that begins with a former name ("" for any other)."""
        now = cls.renamed.get(str(path).partition(".")[0])
        return f"; did you mean {now}?" if now else ""

    @field_validator("*", mode="before")
    @classmethod
    def _check_value(cls, value: Any, info: ValidationInfo) -> Any:
        fault = _fault(value, cls.model_fields[info.field_name or ""]) or _steers(value)
        if fault:
            raise ValueError(fault)
        return value


def parameters_of(table: ParameterTable, name: str) -> Iterator[Parameter]:
    """Yield a table's parameters under their dotted paths."""
    for key, field in type(table).model_fields.items():
        if _told(field):
            yield Parameter.read(f"{name}.{key}", getattr(table, key), field)


def _told(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _fault(value: Any, field: FieldInfo) -> str:
    """Say what is wrong with a number ("" = nothing)."""
    kind, told = _number_kind(field), _told(field)
    if not (kind and told) or (value is None and field.default is None):
        return ""
    allowed = f"{told['minimum']:.15g}..{told['maximum']:.15g} ({told['unit']})"
    if kind is int and (not isinstance(value, int) or isinstance(value, bool)):
        return f"is not a whole number; allowed {allowed}"
    if not is_number(value):
        return f"is not a finite number; allowed {allowed}"
    return "" if told["minimum"] <= value <= told["maximum"] else f"is outside {allowed}"


def _steers(value: Any) -> str:
    """Say which text or name in a table would steer the terminal that it is printed on ("" = none)."""
    texts = [value] if isinstance(value, str) else value if isinstance(value, Mapping) else ()
    for text in texts:
        if isinstance(text, str) and CONTROLS.search(text):
            return f"does not pass: control characters are in {shown(text)}"
    return ""


def _number_kind(field: FieldInfo) -> type[int] | type[float] | None:
    """Tell whether a field holds whole numbers, numbers or something else."""
    kinds: tuple[type[int], type[float]] = (int, float)
    return next((kind for kind in kinds if field.annotation in (kind, kind | None)), None)


def is_number(value: Any) -> bool:
    """Tell whether a value is an int or a finite float; True and False are no numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -inf < value < inf


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple | range) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
