"""Rules, phases, steps and plain functions: every example in a docstring holds in plain Python; changes are noticed."""

import doctest
import inspect
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from installed_copy import copy_installed

from revorg import simulation
from revorg.simulation import compiling

MODULES = sorted(
    module.name.removeprefix("revorg.simulation.")
    for module in pkgutil.walk_packages(simulation.__path__, "revorg.simulation.")
)


def module_of(name: str) -> ModuleType:
    """Return a module of the simulation."""
    return import_module(f"revorg.simulation.{name}")


def is_compiled(value: Any) -> bool:
    """Tell whether a value is a rule, a phase, a step or a loop."""
    return hasattr(value, "py_func")


def is_rule(value: Any) -> bool:
    """Tell a rule from a phase, whose text is set in where it is called, and from steps and loops, kept on disk."""
    return is_compiled(value) and not is_kept(value) and value.targetoptions.get("inline") != "always"


def is_kept(value: Any) -> bool:
    """Tell a step or a loop, whose machine code is kept on disk, from a rule and a phase."""
    return is_compiled(value) and type(value._cache).__name__ != "NullCache"


@cache
def plain_names(module: str) -> dict[str, Any]:
    """Return a module's names with every compiled function replaced by its Python."""
    names = dict(vars(import_module(module)))
    plain: dict[str, Any] = {}
    for name, value in names.items():
        plain[name] = plainly(value) if is_compiled(value) and value.py_func.__module__ != module else value
    for name, value in names.items():
        if is_compiled(value) and value.py_func.__module__ == module:
            plain[name] = _rebound(value.py_func, plain)
        elif isinstance(value, FunctionType) and value.__module__ == module:
            plain[name] = _rebound(value, plain)
    return plain


def _rebound(function: Callable[..., Any], names: dict[str, Any]) -> FunctionType:
    """Return a copy of a function that looks up other functions among the plain ones."""
    assert isinstance(function, FunctionType)
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    copy.__kwdefaults__, copy.__doc__, copy.__module__ = function.__kwdefaults__, function.__doc__, function.__module__
    return copy


def plainly(compiled: Any) -> Callable[..., Any]:
    """Return a compiled function in plain Python, all the way down."""
    function: Callable[..., Any] = plain_names(compiled.py_func.__module__)[compiled.py_func.__name__]
    return function


def own_functions(name: str) -> dict[str, Any]:
    """Return the functions, rules, phases, steps and loops that a module defines."""
    module = module_of(name)
    found = {}
    for key, value in vars(module).items():
        function = getattr(value, "py_func", value)
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            found[key] = value
    return found


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold_in_plain_python(name: str) -> None:
    """What a docstring shows is what the Python of the rule gives, without the compiler."""
    names = plain_names(f"revorg.simulation.{name}")
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.REPORT_NDIFF)
    parser, told = doctest.DocTestParser(), list[str]()
    for key in own_functions(name):
        document = names[key].__doc__ or ""
        test = parser.get_doctest(document, dict(names), key, name, 0)
        runner.run(test, out=told.append)
    assert told == []


def test_there_are_examples() -> None:
    """The test above has something to hold on to, in most submodels."""
    shown = [name for name in MODULES if any(">>>" in (f.__doc__ or "") for f in own_functions(name).values())]
    assert len(shown) >= 12


@pytest.mark.parametrize("name", MODULES)
def test_every_public_rule_shows_an_example(name: str) -> None:
    """A rule is one sentence with a worked example; what needs none is private."""
    silent = [
        key
        for key, value in own_functions(name).items()
        if is_rule(value) and not key.startswith("_") and ">>>" not in (value.__doc__ or "")
    ]
    assert silent == []


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_says_what_it_does(name: str) -> None:
    """A sentence in the docstring, for plain functions as for rules."""
    silent = [
        key
        for key, value in own_functions(name).items()
        if not key.startswith("_") and not (value.__doc__ or "").strip()
    ]
    assert silent == []


# The cache of machine code


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the package's source, whose hash is computed from now on."""
    folder = copy_installed(tmp_path) / "simulation"
    monkeypatch.setattr(compiling, "SOURCE_FOLDER", folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Replace a piece of a source file that has to be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_copy_of_the_source_has_the_same_hash(copied: Path) -> None:
    """The hash is one of the text, not of the place it is at."""
    changed = compiling.source_hash()
    compiling.SOURCE_FOLDER = Path(simulation.__file__).parent
    assert compiling.source_hash() == changed
    assert copied.name == "simulation"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("submodels/rules.py", "0.5 ** (weeks / half_life_weeks)", "0.4 ** (weeks / half_life_weeks)"),
        ("submodels/rules.py", "1.0 / (1.0 + math.exp(-logit))", "1.0 / (1.0 + math.exp(-1.0 * logit))"),
        ("codes.py", "DAYS_A_WEEK = 5.0", "DAYS_A_WEEK = 6.0"),
    ],
)
def test_a_rule_that_changes_in_one_file_is_noticed(copied: Path, file: str, old: str, new: str) -> None:
    """Every loop that uses it is compiled anew, though its own file is as it was."""
    before = compiling.source_hash()
    edit(copied / file, old, new)
    assert compiling.source_hash() != before


PROGRAM = """
import numpy as np
from revorg import load
from revorg.simulation import compiling, initialization
from revorg.simulation.numbers import Now, world_of
from revorg.simulation.record import RECORD
from revorg.simulation.stand_ins import nothing_held
from revorg.simulation.submodels import market, operations
scenario = load("simple-single").changed({"market.accounts": 200})
world, held, now = world_of(scenario), nothing_held(), Now(seed=1, week=0, row=0)
firm = initialization.firm_at_start(scenario)
fronts = initialization.fronts_at_start(scenario, initialization.accounts_at_start(scenario, seed=1), seed=1)
"""
SAYING = """
print(compiling.SOURCE_FOLDER, %s, sum(%s.stats.cache_hits.values()), sep="\\n")
"""
STEP = f"""{PROGRAM}
compiling.alone(operations.mature)(firm, np.zeros(len(RECORD)), world, held)
{SAYING % ("firm.gauges[0]", "operations.mature")}"""
LOOP = f"""{PROGRAM}
market.drift(fronts, world, held, now)
{SAYING % ("fronts.attractiveness[0]", "market.drift")}"""


@pytest.mark.parametrize(
    ("program", "old", "new"),
    [
        (STEP, "return max(0.1, 1.0 + gain * lift)", "return max(0.1, 3.0 + gain * lift)"),
        (LOOP, "return 0.5 ** (weeks / half_life_weeks)", "return 0.1 ** (weeks / half_life_weeks)"),
    ],
    ids=["step", "loop"],
)
def test_a_rule_that_changes_reaches_machine_code_on_disk(
    program: str, old: str, new: str, copied: Path, tmp_path: Path
) -> None:
    """What is kept of a step or a loop is used again, until a rule that it calls, in another file, is edited."""
    caches = {name: str(tmp_path / "cache") for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA")}
    environment = {**os.environ, **caches, "PYTHONPATH": str(tmp_path)}

    def driven() -> tuple[float, int]:
        command = [sys.executable, "-c", program]
        said = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
        folder, number, hits = said.stdout.splitlines()
        assert folder == str(copied)
        return float(number), int(hits)

    first, again = driven(), driven()
    assert (first[1], again) == (0, (first[0], 1))
    edit(copied / "submodels" / "rules.py", old, new)
    changed = driven()
    assert changed[0] != first[0]
    assert changed[1] == 0


def test_a_new_file_is_noticed(copied: Path) -> None:
    """So is a module that was not there."""
    before = compiling.source_hash()
    (copied / "another.py").write_text("ANSWER = 42\n", encoding="utf-8")
    assert compiling.source_hash() != before


def test_docstrings_and_comments_are_not_noticed(copied: Path) -> None:
    """What no run can feel costs no compilation."""
    before = compiling.source_hash()
    edit(copied / "submodels" / "rules.py", '"""Probability of a logit.', '"""Chance, from a logit.')
    edit(copied / "codes.py", "# Stages of an account.", "# What can become of an account.")
    edit(copied / "submodels" / "rules.py", "import math\n", "import math  # logarithms\n\n")
    assert compiling.source_hash() == before
