"""Where a command is started, and in which language, time zone and order of hashes, changes nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from entry_point import REVORG

from revorg.experiments.runs.compilation import HELPER
from revorg.experiments.studies.results import table_of

HARM = "raise SystemExit('a file of the user was run')\n"
SHADOWS = ("simulation", "scenarios", "numpy", "random", "socket", "pickle", "multiprocessing", "revorg", "numba")
"""Names that stand for something else when the current folder is looked into."""
RUN = ["run", "simple-single", "--set", "market.accounts=600", "--set", "run.weeks=26", "--json"]
STUDY = """
scenarios = ["simple-single"]
designs = ["cro:executor", "cso:strategist"]
seeds = 3
[set]
"market.accounts" = 600
"run.weeks" = 26
"run.warm_up_weeks" = 13
[levers]
"levers.expansion" = [true, false]
"""
SWEEP = """
from revorg import RevenueOrganization, load, sweep
from revorg.experiments.runs import dispatch
from revorg.experiments.studies import sweeps

dispatch.SMALL_SECONDS = sweeps.TRIAL_SECONDS = 0.0
scenario = load("simple-single").changed({"market.accounts": 600, "run.weeks": 26})
RevenueOrganization(scenario, seed=1).run()
print(len(sweep("study.toml", out="out-of-python", workers=2, fresh=True)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of a user who has files with names of ours, of NumPy's and of Python's."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(HARM)
    (tmp_path / "experiments").mkdir()
    for name in ("__init__", "first_run", "cli"):
        (tmp_path / "experiments" / f"{name}.py").write_text(HARM)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


def told(command: list[str], folder: Path, **changes: str) -> str:
    """Run a command there, which has to do well; return what it says on stdout."""
    surroundings = {**os.environ, **changes}
    done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a file of the user" not in done.stderr
    return done.stdout


def test_commands_in_a_folder_with_names_of_ours(folder: Path) -> None:
    """A run, and a sweep whose two workers are processes of their own."""
    assert json.loads(told([*REVORG, *RUN], folder))["scenario"] == "simple-single"
    impatient = [sys.executable, str(Path(__file__).with_name("impatient_sweep.py")), "sweep", "study.toml"]
    assert told([*impatient, "--out", "out", "--workers", "2", "--fresh"], folder).startswith("12 runs: 12 run,")


def test_helper_that_compiles_looks_nowhere_here(folder: Path) -> None:
    """The process that compiles beside the first run of a version is one by Python's ``-m``."""
    assert told(HELPER, folder) == ""


@pytest.mark.parametrize("by", ["-c", "script"])
def test_python_in_a_folder_with_names_of_ours(by: str, folder: Path) -> None:
    """Python itself looks here then; what it does not need, it does not touch."""
    for name in SHADOWS:
        if name not in ("simulation", "scenarios"):
            (folder / f"{name}.py").unlink()
    (folder / "analysis.py").write_text(SWEEP)
    command = [sys.executable, "-c", SWEEP] if by == "-c" else [sys.executable, "analysis.py"]
    assert told(command, folder) == "12\n"


def test_workers_start_without_a_look_here(folder: Path) -> None:
    """Python looks in the current folder when a process starts, before it knows where its parent looks."""
    (elsewhere := folder / "elsewhere").mkdir()
    assert told([sys.executable, "-c", FROM_ELSEWHERE], elsewhere) == "12\n"


FROM_ELSEWHERE = f"""
import os, sys
sys.path.remove("")
import numpy, revorg.experiments.studies.sweeps
os.chdir("..")
{SWEEP}
"""


def test_hashes_language_and_time_zone_change_nothing(tmp_path: Path) -> None:
    """A run and a study, bit for bit."""
    said, tables = set(), []
    for number, changes in enumerate(
        (
            {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC", "PYTHONUTF8": "0"},
            {"PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONUTF8": "1"},
        )
    ):
        (tmp_path / "study.toml").write_text(STUDY)
        said.add(told([*REVORG, *RUN], tmp_path, **changes))
        told([*REVORG, "sweep", "study.toml", "--out", f"out-{number}", "--fresh"], tmp_path, **changes)
        tables.append(table_of(tmp_path / f"out-{number}"))
    assert len(said) == 1
    one, other = tables
    assert one.to_csv() == other.to_csv()
    assert one.equals(other)
