"""What a notebook imports from ``revorg``: all of it there, and nothing loaded before it is asked for."""

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path

import pytest
from entry_point import revorg as command

import revorg

HEAVY = {"numpy", "pandas", "mesa", "numba", "pydantic", "matplotlib", "scipy", "pyarrow"}
PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def loaded_by(code: str) -> set[str]:
    """Return the modules that are loaded when a fresh Python ends that ran some code."""
    at_the_end = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
    done = subprocess.run([sys.executable, "-c", at_the_end + code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import revorg; dir(revorg)",
        "from revorg.experiments.cli import app; app(['--help'])",
        "from revorg.experiments.cli import app; app(['--version'])",
    ],
)
def test_nothing_heavy_is_loaded(code: str) -> None:
    """Neither for the import nor for help: both are there at once."""
    assert not HEAVY & loaded_by(code)


def test_a_name_loads_what_it_needs() -> None:
    """So that the test above has something to see."""
    assert {"numpy", "numba"} <= loaded_by("from revorg import RevenueOrganization")


@pytest.mark.parametrize("name", revorg.__all__)
def test_every_public_name_loads(name: str) -> None:
    """And is the object of that name, from inside the package, the same one every time."""
    found = getattr(revorg, name)
    assert found.__name__ == name
    assert found.__module__.startswith("revorg.")
    assert getattr(revorg, name) is found


def test_the_names_are_the_same_wherever_they_are_listed() -> None:
    """For whoever asks, for ``dir`` and for the type checker, to which a name without a type would be Any."""
    tree = ast.parse(Path(str(revorg.__file__)).read_text(encoding="utf-8"))
    (typed,) = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in typed.body if isinstance(node, ast.ImportFrom)]
    homes = {alias.name: str(node.module) for node in imports for alias in node.names}
    assert homes == {name: f"revorg.{home}" for name, home in revorg._HOMES.items()}
    assert sorted(homes) == sorted(revorg.__all__)
    assert set(revorg.__all__) <= set(dir(revorg))


def test_an_unknown_name_is_told_what_there_is() -> None:
    """As an AttributeError, which an import turns into its own."""
    with pytest.raises(AttributeError, match=r"'asess'; there are .*\bassess\b.*\bsweep\b"):
        attrgetter("asess")(revorg)
    with pytest.raises(ImportError, match="asess"):
        exec("from revorg import asess")


def test_version_is_that_of_what_is_installed() -> None:
    """The one of the tree, where the tree is at hand."""
    said = command("--version")
    assert (said.returncode, said.stdout) == (0, f"revorg {version('revorg')}\n")
    if PYPROJECT.exists():
        assert version("revorg") == tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]
