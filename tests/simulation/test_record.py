"""The weekly record declares its columns: once each, with unit and meaning, and in the order of their places."""

import ast
import inspect

import pytest

from revorg.simulation import record as module
from revorg.simulation.record import NOTED, RECORD, record


def declared() -> list[str]:
    """Return the columns as they stand in the source: of a key written twice a dictionary keeps one."""
    for node in ast.parse(inspect.getsource(module)).body:
        if (
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) == "NOTED"
            and isinstance(node.value, ast.Dict)
        ):
            return [ast.literal_eval(key) for key in node.value.keys if key is not None]
    raise AssertionError("no columns are declared")


def test_every_column_is_declared_once() -> None:
    """Under one name, which is the name of its place."""
    assert declared() == list(NOTED) == list(RECORD)
    assert len(RECORD) >= 80
    assert [name.lower() for name in record._fields] == list(RECORD)
    assert list(record) == list(range(len(RECORD)))


@pytest.mark.parametrize("column", RECORD)
def test_every_column_has_a_unit_and_a_meaning(column: str) -> None:
    """A unit, and a phrase that is no other column's."""
    noted = NOTED[column]
    assert noted.unit.strip() == noted.unit != ""
    assert noted.meaning.strip() == noted.meaning != ""
    assert not noted.meaning.endswith(".")
    same = [name for name, other in NOTED.items() if other.meaning == noted.meaning]
    assert same == [column] or noted.meaning.startswith("of these")
