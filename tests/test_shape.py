"""The shape of the source: no function asks for more than can be kept in mind."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOMS = ("simulation", "scenarios", "experiments")
MOST = 9
"""Parameters of any kind, self and cls apart."""


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield every function, method and lambda of a module with its line and its number of parameters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield f"{getattr(node, 'name', 'lambda')} (line {node.lineno})", len(parameters(node.args))


def parameters(takes: ast.arguments) -> list[str]:
    """Return the names of all parameters, whichever way they are passed."""
    named = [*takes.posonlyargs, *takes.args, *takes.kwonlyargs]
    rest = [each for each in (takes.vararg, takes.kwarg) if each is not None]
    names = [each.arg for each in [*named, *rest]]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def test_all_kinds_of_parameters_count() -> None:
    """The count misses none."""
    tree = ast.parse("def f(self, a, /, b, *c, d=1, **e): return lambda x, y: x")
    assert [count for _, count in functions(tree)] == [5, 2]


@pytest.mark.parametrize("room", ROOMS)
def test_no_function_has_more_than_nine_parameters(room: str) -> None:
    """In no file of the package: what takes more wants a table."""
    (folder,) = import_module(f"revorg.{room}").__path__
    counted = [
        (f"{path.relative_to(folder)}: {name}", count)
        for path in sorted(Path(folder).rglob("*.py"))
        for name, count in functions(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert len(counted) >= 10
    assert [where for where, count in counted if count > MOST] == []
