"""Parameters as the compiled week takes them: the tables of a scenario once more, as named tuples of plain numbers.

They are generated from the pydantic tables, so that a parameter is declared in one place. A choice among words is its
place among them; where a whole number is absent stands `ABSENT`, where another number is, NaN.
"""

import math
from collections import namedtuple
from typing import Any, NamedTuple, get_args

from pydantic.fields import FieldInfo

from revorg.simulation.parameters.mechanisms import Mechanisms
from revorg.simulation.parameters.ranges import ParameterTable
from revorg.simulation.scenario import Scenario

ABSENT = -1_000_000
"""In place of a whole number that is absent: no week of any run, no front in particular."""

_TABLES = {
    name: field.annotation
    for name, field in Scenario.model_fields.items()
    if isinstance(field.annotation, type)
    and issubclass(field.annotation, ParameterTable)
    and field.annotation is not Mechanisms  # switches work through what is held in a mechanism's place
}
_CLASSES = {
    name: namedtuple(table.__name__, list(table.model_fields), module=__name__) for name, table in _TABLES.items()
}
# Machine code that is kept on disk finds the classes again by their names here.
globals().update({each.__name__: each for each in _CLASSES.values()})


class World(NamedTuple):
    """All numbers of a scenario that loops read, table by table under the tables' own names."""

    market: Any
    leadership: Any
    strategy: Any
    plays: Any
    decisions: Any
    demand: Any
    sales: Any
    customers: Any
    operations: Any
    alignment: Any
    finance: Any
    readings: Any
    levers: Any


class Now(NamedTuple):
    """A place in time: the seed of all chance, the week that is lived, and its row in the record.

    Weeks count from the day on which the design takes over, rows from the first week of the warm-up.
    """

    seed: int
    week: int
    row: int


def world_of(scenario: Scenario) -> World:
    """Return the numbers of a scenario."""
    return World(**{name: _numbers_of(getattr(scenario, name), name) for name in World._fields})


def _numbers_of(table: ParameterTable, name: str) -> Any:
    fields = type(table).model_fields
    return _CLASSES[name](*(_number(getattr(table, key), field) for key, field in fields.items()))


def _number(value: Any, field: FieldInfo) -> Any:
    if isinstance(value, str):
        return get_args(field.annotation).index(value)
    if value is None:
        return math.nan if float in get_args(field.annotation) else ABSENT
    return float(value) if field.annotation is float else value
