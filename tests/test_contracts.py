"""What lint and types promise holds on the installed package: a wrong import or type is seen wherever it stands."""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from installed_copy import FOLDERS, copy_installed

ROOT = Path(__file__).parents[1]
PYPROJECT = ROOT / "pyproject.toml"
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"

pytestmark = pytest.mark.skipif(not PYPROJECT.exists(), reason="contracts stand in the source tree's pyproject.toml")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the installed package in it."""
    return copy_installed(tmp_path_factory.mktemp("installed")).parent


@pytest.fixture
def plant(installed: Path, request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return what writes lines at the end of a file, which may be a new one, until the test is over."""

    def write(file: str, lines: str) -> None:
        path = installed / "revorg" / file
        before = path.read_bytes() if path.exists() else None
        request.addfinalizer(lambda: path.unlink() if before is None else path.write_bytes(before) and None)
        path.write_bytes((before or b"") + f"\n{lines}\n".encode())

    return write


def told(installed: Path, *arguments: str) -> tuple[int, str]:
    """Run Python beside the copy, which hides what is really installed; return exit code and output."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=installed, capture_output=True, text=True, check=False, timeout=300
    )
    return done.returncode, done.stdout + done.stderr


def lint(installed: Path) -> tuple[int, str]:
    """Check the contracts."""
    return told(installed, "-c", LINT, "--config", str(PYPROJECT), "--no-cache")


def types(installed: Path, module: str) -> tuple[int, str]:
    """Check the types of one module and of what it imports."""
    settings = ("--config-file", str(PYPROJECT), "--cache-dir", str(installed / "cache"))
    return told(installed, "-m", "mypy", *settings, "--module", module)


def test_contracts_hold(installed: Path) -> None:
    """Without a fault there is none."""
    code, said = lint(installed)
    assert code == 0, said
    assert " 0 broken" in said


@pytest.mark.parametrize(
    ("file", "imported", "contract"),
    [
        ("simulation/codes.py", "scenarios.loading", "Experiments build on scenarios"),
        ("experiments/analysis/contrasts.py", "simulation.metrics", "Estimators take arrays"),
        ("experiments/runs/planted.py", "experiments.reports.console", "The rooms of the experiments"),
        ("experiments/planted.py", "simulation.errors", "The rooms of the experiments"),
        ("experiments/studies/planted.py", "experiments.claims.claim", "The rooms of the experiments"),
        ("experiments/commands/run.py", "experiments.commands.sweep", "No command calls another command"),
        ("experiments/commands/planted.py", "simulation.errors", "No command calls another command"),
        ("experiments/reports/planted.py", "experiments.runs.pairs", "What shows does not run"),
        ("experiments/benchmarks/planted.py", "experiments.claims.claim", "What measures speed judges nothing"),
        ("simulation/codes.py", "simulation.state", "The model: steps of the week on state"),
        ("simulation/submodels/market.py", "simulation.submodels.finance", "No step of the week knows another"),
        ("simulation/submodels/planted.py", "simulation.errors", "No step of the week knows another"),
    ],
)
def test_a_wrong_import_breaks_its_contract(
    file: str, imported: str, contract: str, installed: Path, plant: Callable[[str, str], None]
) -> None:
    """In a file that was there, or in a new one that no contract names."""
    plant(file, f'"""A fault of this test."""\n\nimport revorg.{imported}')
    code, said = lint(installed)
    assert code == 1, said
    broken = [line for line in said.splitlines() if line.startswith(contract)]
    assert broken, said


def test_the_model_may_not_draw(installed: Path, plant: Callable[[str, str], None]) -> None:
    """Nor write tables nor talk to a terminal."""
    plant("simulation/metrics.py", "import matplotlib")
    code, said = lint(installed)
    assert code == 1, said
    assert "revorg.simulation is not allowed to import matplotlib" in said


def test_a_wrong_type_is_seen(installed: Path, plant: Callable[[str, str], None]) -> None:
    """Strictly, and through the face to what another module declares; sound lines are not complained about."""
    plant("scenarios/planted.py", "from revorg import load\n\nload('mid')")
    code, said = types(installed, "revorg.scenarios.planted")
    assert code == 0, said
    plant("scenarios/planted.py", "load(3)\n\n\ndef planted(value):\n    return value")
    code, said = types(installed, "revorg.scenarios.planted")
    assert code == 1, said
    assert "[arg-type]" in said
    assert "[no-untyped-def]" in said


# Packages


def pyproject() -> dict[str, Any]:
    """Return the settings of the tree."""
    return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))


def packages_in_the_tree() -> set[str]:
    """Return the packages that the folders with Python in them are installed as."""
    files = [file for top in FOLDERS for file in (ROOT / top).rglob("*.py")]
    folders = {file.parent.relative_to(ROOT).parts for file in files}
    return {"revorg" if parts[-1] == "face" else ".".join(("revorg", *parts)) for parts in folders}


def test_every_folder_with_python_is_installed() -> None:
    """What is missing among the packages would be missing in the wheel alone, and nobody here would see it."""
    listed = pyproject()["tool"]["setuptools"]["packages"]
    assert len(listed) == len(set(listed))
    assert set(listed) == packages_in_the_tree()


def test_every_package_stands_in_a_contract() -> None:
    """By where it is: on or below a floor of the innermost container around it, which lets nothing stand beside."""
    layered = [one for one in pyproject()["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    assert all(one["exhaustive"] for one in layered)
    floors = {
        container: {module.strip() for layer in one["layers"] for module in layer.split("|")}
        for one in layered
        for container in one["containers"]
    }
    for package in packages_in_the_tree():
        container = max((one for one in floors if f"{package}.".startswith(f"{one}.")), key=len)
        below = package.removeprefix(container).lstrip(".").partition(".")[0]
        assert package == container or below in floors[container], package
