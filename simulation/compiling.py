"""Compiled rules and loops, and where their machine code is kept between runs.

A *rule* is one scalar sentence of the model: numbers in, a number out. A *step* carries rules over the columns of
tables; where it is long it is made of *phases*. A *loop* is a step that Python calls. Numba's own
cache looks only at the file a loop stands in, so the cache folder carries a hash of the whole package's source: a rule
that changes in one file is noticed by every loop.
"""

import ast
import hashlib
from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
import platformdirs
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., Any])

SOURCE_FOLDER = Path(__file__).parent


def source_hash() -> str:
    """Hash of the syntax trees of this package without docstrings, and of the compiler's versions."""
    digest = hashlib.sha256(f"numba {numba.__version__} numpy {np.__version__}".encode())
    for path in sorted(SOURCE_FOLDER.rglob("*.py")):
        digest.update(path.relative_to(SOURCE_FOLDER).as_posix().encode())
        digest.update(ast.dump(_without_docstrings(ast.parse(path.read_text(encoding="utf-8")))).encode())
    return digest.hexdigest()[:16]


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body:
            continue
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = body[1:]  # type: ignore[attr-defined]
    return tree


SOURCE_HASH = source_hash()
"""Hash of the source that this process has read."""

_CACHE_FOLDER = str(Path(platformdirs.user_cache_dir("revorg")) / "compiled" / SOURCE_HASH)


def constants(name: str, names: Sequence[str], first: int = 0) -> Any:
    """Return a namespace of whole numbers, counted up from the first, which loops take as constants.

    >>> stage = constants("stage", ["prospect", "lead"])
    >>> stage.PROSPECT, stage.LEAD
    (0, 1)
    """
    return namedtuple(name, [each.upper() for each in names])(*range(first, first + len(names)))  # type: ignore[misc]


def plain(rule: Function) -> Function:
    """Return a rule as the plain function it was: for a number or two, compiling takes longer than Python does."""
    return cast(Function, cast(Any, rule).py_func)


def rule(function: Function) -> Function:
    """Mark a scalar rule: plain numbers in and out, compiled into every loop that uses it."""
    return cast(Function, numba.njit(error_model="numpy", no_cfunc_wrapper=True)(function))


def phase(function: Function) -> Function:
    """Mark a part of a loop that reads and writes rows of tables: its text is set in wherever it is called."""
    return cast(Function, numba.njit(error_model="numpy", inline="always", no_cfunc_wrapper=True)(function))


def step(function: Function) -> Function:
    """Mark a step of the week, which only compiled code calls; its machine code is kept on disk between runs.

    To be called from Python it would need a wrapper that takes longer to compile than the step: see `alone`.
    """
    return _kept(function, no_cpython_wrapper=True)


def loop(function: Function) -> Function:
    """Mark a compiled loop that Python calls; its machine code is kept on disk between runs."""
    return _kept(function)


def _kept(function: Function, **options: bool) -> Function:
    settings: Any = config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = _CACHE_FOLDER
    try:
        compiled = numba.njit(cache=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True, **options)
        return cast(Function, compiled(function))
    finally:
        settings.CACHE_DIR = before


@lru_cache(maxsize=64)
def alone(step: Function) -> Function:
    """Return a step as a function that Python may call, to drive it by itself."""

    @numba.njit(error_model="numpy")
    def driven(*arguments: Any) -> Any:
        return step(*arguments)

    return cast(Function, driven)


def is_compiled() -> bool:
    """Whether an earlier run has left the machine code of this source on disk."""
    return (Path(_CACHE_FOLDER) / "complete").exists()


def mark_compiled() -> None:
    """Note that every loop of this source has been compiled and kept."""
    folder = Path(_CACHE_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "complete").touch()
