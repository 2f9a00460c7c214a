"""Compiled rules and loops, and where their machine code is kept between runs.

A *rule* is one scalar sentence of the model: numbers in, a number out. A *step* carries rules over the columns of
tables; where it is long it is made of *phases*. A *loop* is a step that Python calls. Numba's own cache looks only at
the file a loop stands in, runs whatever it finds, and writes beside the source where it may not write into the cache
folder. So steps and loops have a cache of their own: its folder carries a hash of the whole package's source, so that a
rule that changes in one file is noticed by every loop, and nothing is loaded that another user wrote.
"""

import ast
import hashlib
import multiprocessing
import os
import pickle
import sys
import tempfile
from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
import platformdirs
from numba.core import serialize
from numba.core.compiler import CompileResult

Function = TypeVar("Function", bound=Callable[..., Any])
_njit: Any = numba.njit

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


def _cache_folder() -> str:
    """Return where machine code would be kept; nothing where the system knows no home."""
    try:
        return str(Path(platformdirs.user_cache_dir("revorg")) / "compiled" / SOURCE_HASH)
    except RuntimeError:
        return ""


_CACHE_FOLDER = _cache_folder()


def constants(name: str, names: Sequence[str], first: int = 0) -> Any:
    """Return a namespace of whole numbers, counted up from the first, which loops take as constants.

    >>> stage = constants("stage", ["prospect", "lead"])
    >>> stage.PROSPECT, stage.LEAD
    (0, 1)
    """
    return namedtuple(name, [each.upper() for each in names])(*range(first, first + len(names)))


def plain(rule: Function) -> Function:
    """Return a rule as the plain function it was: for a number or two, compiling takes longer than Python does."""
    return cast(Function, cast(Any, rule).py_func)


def rule(function: Function) -> Function:
    """Mark a scalar rule: plain numbers in and out, compiled into every loop that uses it."""
    return cast(Function, _njit(error_model="numpy", no_cfunc_wrapper=True)(function))


def phase(function: Function) -> Function:
    """Mark a part of a loop that reads and writes rows of tables: its text is set in wherever it is called."""
    return cast(Function, _njit(error_model="numpy", inline="always", no_cfunc_wrapper=True)(function))


def step(function: Function) -> Function:
    """Mark a step of the week, which only compiled code calls; its machine code is kept on disk between runs.

    To be called from Python it would need a wrapper that takes longer to compile than the step: see `alone`.
    """
    return _kept(function, no_cpython_wrapper=True)


def loop(function: Function) -> Function:
    """Mark a compiled loop that Python calls; its machine code is kept on disk between runs."""
    return _kept(function)


def _kept(function: Function, **options: bool) -> Function:
    compiled: Any = _njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, **options)(function)
    compiled._cache = _KeptCode(function)
    return cast(Function, compiled)


class _KeptCode:
    """Keeps the machine code of one function, a file a signature, as Numba asks its caches to.

    Whatever cannot be kept or trusted is compiled in memory, and said in a line.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function, self._file = function, Path(function.__code__.co_filename)

    @property
    def cache_path(self) -> str:
        return _CACHE_FOLDER

    def load_overload(self, signature: object, target: Any) -> Any:
        """Return the machine code for a signature; None when there is none to be trusted."""
        target.refresh()
        path = self._path(signature, target.codegen())
        content, rebuild = path and _read_own(path), cast(Any, CompileResult)._rebuild
        return rebuild(target, *pickle.loads(content)) if content else None

    def save_overload(self, signature: object, compiled: Any) -> None:
        """Keep machine code, unless it holds addresses of this process."""
        path = self._path(signature, compiled.codegen)
        if path and not compiled.library.has_dynamic_globals:
            _write_own(path, cast(Any, serialize).dumps(compiled._reduce()))

    def flush(self) -> None:
        """Nothing is held back."""

    def _path(self, signature: object, codegen: Any) -> Path | None:
        """Return the file for a signature: named by all that its machine code depends on."""
        folder = _private_folder()
        if folder is None:
            return None
        code = self._function.__code__
        told = f"{self._file} {_text_hash(self._file)} {code.co_firstlineno} {signature} {codegen.magic_tuple()}"
        return folder / f"{self._file.stem}.{code.co_name}-{hashlib.sha256(told.encode()).hexdigest()[:24]}"


@cache
def _text_hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@cache
def _private_folder() -> Path | None:
    """Return the folder of machine code, made if need be; None where there is none that only this user may write."""
    folder = Path(_CACHE_FOLDER)
    if not folder.is_absolute():
        _tell("there is no home to keep it in")
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_private(folder.stat()):
            return folder
        _tell(f"{folder} belongs to somebody else, or others may write in it")
    except OSError as fault:
        _tell(f"{folder} cannot be used ({fault.strerror})")
    return None


def _is_private(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)


def _read_own(path: Path) -> bytes | None:
    """Return what was kept in a file, if it is there, this user's own and whole."""
    try:
        with path.open("rb") as file:
            is_ours, content = _is_private(os.fstat(file.fileno())), file.read()
    except FileNotFoundError:
        return None
    except OSError as fault:
        _tell(f"{path} cannot be read ({fault.strerror})")
        return None
    check, kept = content[:_CHECK_BYTES], content[_CHECK_BYTES:]
    if is_ours and check == _check(path, kept):
        return kept
    _tell(f"{path} is damaged" if is_ours else f"{path} belongs to somebody else, or others may write it")
    return None


def _write_own(path: Path, kept: bytes) -> None:
    """Write a file that only this user may write, whole or not at all."""
    unfinished = None
    try:
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix="unfinished-")
        with open(handle, "wb") as file:
            file.write(_check(path, kept) + kept)
        os.replace(unfinished, path)
    except OSError as fault:
        if unfinished is not None:
            Path(unfinished).unlink(missing_ok=True)
        _tell(f"{path.parent} cannot be written ({fault.strerror})")


_CHECK_BYTES = 32


def _check(path: Path, kept: bytes) -> bytes:
    """Return the sum that a file begins with; another file's content in its place does not fit."""
    return hashlib.sha256(path.name.encode() + kept).digest()


def _tell(reason: str) -> None:
    """Say once why machine code is not kept or not taken; workers leave it to the process that started them."""
    if multiprocessing.parent_process() is None and not _TOLD:
        _TOLD.append(reason)
        print(f"revorg compiles in memory, which takes a while each time: {reason}", file=sys.stderr)


_TOLD: list[str] = []


@lru_cache(maxsize=64)
def alone(step: Function) -> Function:
    """Return a step as a function that Python may call, to drive it by itself."""

    def driven(*arguments: Any) -> Any:
        return step(*arguments)

    return cast(Function, _njit(error_model="numpy")(driven))


def is_compiled() -> bool:
    """Whether an earlier run has left the machine code of this source on disk."""
    folder = _private_folder()
    return folder is not None and (folder / "complete").exists()


def can_be_kept() -> bool:
    """Whether other processes find on disk what this one compiles."""
    return _private_folder() is not None


def mark_compiled() -> None:
    """Note that every loop of this source has been compiled and kept."""
    folder = _private_folder()
    if folder is not None and not _TOLD:
        (folder / "complete").touch()
