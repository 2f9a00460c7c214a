"""The description of the model is kept true: its tables are those of the code, and the names in its text lead to it."""

import fnmatch
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from revorg import simulation
from revorg.experiments.reports import odd
from revorg.scenarios.loading import load
from revorg.simulation import model, people

MODEL = Path(simulation.__file__).parent
COMMAND = [sys.executable, "-m", odd.MODULE]
TABLES = (MODEL / "ODD-tables.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([A-Za-z_]+)\.([A-Za-z_*]+)`")


def test_generated_tables_are_not_stale() -> None:
    """Whoever adds a parameter, an outcome, a pattern or a dock runs the script."""
    assert odd.renewed(TABLES) == TABLES, "run python -m revorg.experiments.reports.odd"


def test_stale_and_lost_tables_are_found() -> None:
    """A changed row is put right, and a text without places for the tables is refused."""
    assert odd.renewed(TABLES.replace("| `arr_growth` |", "| `growth` |")) == TABLES
    with pytest.raises(ValueError, match="no place for the table of parameters"):
        odd.renewed("nothing here")


def test_the_file_written_is_that_of_the_folder_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never the installed copy; and outside a source tree it is said where to start."""
    said = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "start in the root of the source tree" in said.stderr
    own = tmp_path / "simulation" / "ODD-tables.md"
    own.parent.mkdir()
    own.write_text(TABLES.replace("| `arr_growth` |", "| `growth` |"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for arguments, code in ((["--check"], 1), ([], 0), (["--check"], 0)):
        monkeypatch.setattr(sys, "argv", [odd.MODULE, *arguments])
        assert odd.main() == code
    assert own.read_text(encoding="utf-8") == TABLES


def homes() -> dict[str, list[object]]:
    """Return what a name's first word may stand for: a module, a table of parameters or of the state, a class."""
    scenario = load("simple-single").changed({"run.warm_up_weeks": 0})
    living = model.RevenueOrganization(scenario)
    found: dict[str, list[object]] = {"RevenueOrganization": [living], "Executive": [people.Executive]}
    for holder, names in ((scenario, type(scenario).model_fields), (living, model.TABLES)):
        for name in names:
            found.setdefault(name, []).append(getattr(holder, name))
    for module in pkgutil.walk_packages(simulation.__path__, "revorg.simulation."):
        found.setdefault(module.name.rpartition(".")[2], []).append(import_module(module.name))
    return found


def test_names_in_the_text_lead_to_the_model() -> None:
    """A file, what it holds, a parameter, a column: none is left over from an earlier state of the code."""
    known = homes()
    names = set(NAME.findall((MODEL / "ODD.md").read_text(encoding="utf-8")))
    assert len(names) > 100

    def is_known(home: str, name: str) -> bool:
        if name == "py":
            return home in known
        return any(fnmatch.filter(dir(place), name) for place in known.get(home, ()))

    assert not sorted(f"{home}.{name}" for home, name in names if not is_known(home, name))
