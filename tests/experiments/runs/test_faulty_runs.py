"""Damaged tables, and runs that go wrong: each costs what it must, and nothing else in the table changes."""

import inspect
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pandas as pd
import psutil
import pytest
from faulty_executives import FAULTY_SEED, STUCK, Looping, Misspelling, NotANumber, Raising, Sound, Stuck
from filelock import FileLock
from notes import Notes

from revorg.experiments.runs import executors
from revorg.experiments.runs.time_limit import TimeLimit, time_limit
from revorg.experiments.studies.results import table_of
from revorg.experiments.studies.store import Taken
from revorg.experiments.studies.study import Study
from revorg.experiments.studies.sweeps import Sweep, carry_out_study, sweep

SMALL = {"market.accounts": 600, "run.weeks": 26, "run.warm_up_weeks": 13}
SEEDS = 12
posix = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="the fault is one of the system's alarm")


# Damage


WEEKLY = Study(scenarios=["simple-single"], set=SMALL, seeds=SEEDS, weekly=["arr", "customers"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a sweep to which nothing happened, in several parts."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("revorg.experiments.studies.sweeps.FLUSH_SECONDS", 0.0)
        patch.setattr("revorg.experiments.studies.parquet.ParquetFolder.merge", lambda self: None)
        carry_out_study(WEEKLY, out, workers=1)
    return out


def again(out: Path) -> tuple[Sweep, list[str]]:
    """Start the sweep again; return what it did and said."""
    notes = Notes()
    return carry_out_study(WEEKLY, out, workers=1, progress=notes), notes.said


def assert_same(out: Path, undisturbed: Path) -> None:
    """Compare two folders bit for bit, order aside, as any reader of Parquet sees them."""
    for table, order in (("runs", ["run"]), ("weeks", ["run", "week"])):
        found, expected = (
            pd.read_parquet(folder / table).sort_values(order, ignore_index=True) for folder in (out, undisturbed)
        )
        assert not found.duplicated(order).any()
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert not list(out.rglob("*.tmp"))


@pytest.fixture
def copied(undisturbed: Path, tmp_path: Path) -> Path:
    """Return a copy of the finished folder, to be damaged."""
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    return out


def truncated(content: bytes) -> bytes:
    """Lose the second half."""
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    """Flip one bit in the middle, among the values."""
    middle = len(content) // 3
    return content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [truncated, flipped])
@pytest.mark.parametrize("table", ["runs", "weeks"])
def test_damaged_part(table: str, damage: Callable[[bytes], bytes], undisturbed: Path, copied: Path) -> None:
    """It is set aside with a warning, and only its runs are done again."""
    part = max((copied / table).glob("*.parquet"), key=lambda path: path.stat().st_size)
    lost = pd.read_parquet(part)["run"].nunique()
    part.write_bytes(damage(part.read_bytes()))
    done, said = again(copied)
    assert any(f"{part} is damaged" in line for line in said)
    assert len(list((copied / "damaged").iterdir())) == 1
    assert (done.run, done.reused) == (lost, SEEDS - lost)
    assert 0 < lost < SEEDS
    assert_same(copied, undisturbed)


def test_doubles_and_leftovers_of_a_crash_are_cleared(undisturbed: Path, copied: Path) -> None:
    """A kill between a merge and its clearing away leaves rows twice; one while writing, half a file."""
    for table in ("runs", "weeks"):
        part = min((copied / table).glob("*.parquet"))
        _, rows, content = part.stem.split("-")
        part.with_name(f"{77:08}-{rows}-{content}.parquet").write_bytes(part.read_bytes())
        part.with_name("00000078-5-00.parquet.tmp").write_bytes(b"half")
    done, _ = again(copied)
    assert (done.run, done.reused) == (0, SEEDS)
    assert_same(copied, undisturbed)


def test_weeks_without_their_run_are_dropped(undisturbed: Path, copied: Path) -> None:
    """A kill between the weeks of some runs and their rows leaves weeks that nobody finished."""
    part = max((copied / "runs").glob("*.parquet"))
    lost = len(pd.read_parquet(part))
    part.unlink()
    done, _ = again(copied)
    assert (done.run, done.reused) == (lost, SEEDS - lost)
    assert_same(copied, undisturbed)


def test_finished_folder_is_left_as_it_is(copied: Path) -> None:
    """Started once more, nothing is run; the second time, no file is even written."""
    again(copied)
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*.parquet")}
    done, _ = again(copied)
    assert (done.run, done.reused, done.failed) == (0, SEEDS, 0)
    assert before == {path: path.stat().st_mtime_ns for path in copied.rglob("*.parquet")}


def test_lock_is_told(copied: Path) -> None:
    """The second on a folder is refused."""
    with FileLock(copied / "study.lock"), pytest.raises(Taken, match="another process works on this study"):
        again(copied)


# Runs


def plain(**more: object) -> Study:
    """Return a study of six runs."""
    return Study(scenarios=["simple-single"], designs=["cro:executor"], seeds=6, set=SMALL, **more)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Return the table of executives without a fault."""
    return sweep(plain(), tmp_path_factory.mktemp("sound") / "out", executives={"cro": Sound}, workers=1)


def assert_one_failed(found: pd.DataFrame, sound: pd.DataFrame, error: str) -> None:
    """One run has failed with its error and seed; all others are what they are without it."""
    failed = found[found["status"] != "done"]
    assert failed["seed"].tolist() == [FAULTY_SEED]
    assert failed["status"].tolist() == ["failed"]
    assert failed["error"].iloc[0].startswith(error)
    assert failed.loc[:, "arr_growth":].isna().all(axis=None)
    others, expected = (frame[frame["seed"] != FAULTY_SEED].drop(columns=["run", "error"]) for frame in (found, sound))
    pd.testing.assert_frame_equal(others, expected, check_exact=True)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Raising, "ZeroDivisionError: a fault of this test"),
        pytest.param(Looping, "TimeLimit: longer than 600 s", marks=posix),
        (NotANumber, "NotFinite: "),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_run_that_goes_wrong(
    kind: type, error: str, workers: int, sound: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the table with its error; the others are as they would be; done again it fails again."""
    monkeypatch.setattr("revorg.experiments.runs.dispatch.SMALL_SECONDS", 0.0)
    for _ in range(2):
        found = sweep(plain(), tmp_path / "out", executives={"cro": kind}, workers=workers)
        assert_one_failed(found, sound, error)


@pytest.mark.parametrize("kind", [Raising, Misspelling])
def test_line_of_the_users_own_file_is_told(kind: type, tmp_path: Path) -> None:
    """Where the fault is to be mended: in the user's file, also when a library raises and has much to say."""
    table = sweep(plain(), tmp_path / "out", executives={"cro": kind}, workers=1)
    (error,) = table.loc[table["status"] == "failed", "error"]
    _, first = inspect.getsourcelines(kind.go_wrong)  # type: ignore[attr-defined]
    assert error.endswith(f" (faulty_executives.py, line {first + 2}, in go_wrong)")
    assert len(error) <= 300


def test_a_fault_that_is_not_of_the_users_code_names_no_line(tmp_path: Path) -> None:
    """What the executive left behind went wrong later, in the model: no line of the user's is to blame."""
    table = sweep(plain(), tmp_path / "out", executives={"cro": NotANumber}, workers=1)
    (error,) = table.loc[table["status"] == "failed", "error"]
    assert ".py" not in error


@posix
def test_run_that_no_alarm_reaches(sound: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is ended from outside, and the others go on. Time flies for the parent while it is stuck."""
    stuck, hours = tmp_path / "stuck", count(step=3600.0)

    def flying() -> float:
        return next(hours) if stuck.exists() and psutil.pid_exists(int(stuck.read_text() or 0)) else time.monotonic()

    monkeypatch.setenv(STUCK, str(stuck))
    monkeypatch.setattr("revorg.experiments.studies.sweeps.TRIAL_SECONDS", 0.0)
    monkeypatch.setattr(executors, "LONGEST_LOOK_SECONDS", float("inf"))
    monkeypatch.setattr(executors, "clock", flying)
    one = executors.WarmProcesses(1)
    carry_out_study(plain(), tmp_path / "out", executives={"cro": Stuck}, run_executor=one)
    assert_one_failed(table_of(tmp_path / "out"), sound, "WorkerLost")


def test_time_limit_ends_what_never_ends() -> None:
    """By the system's alarm in the main thread, between two steps of the interpreter in another."""

    def endless() -> None:
        with time_limit(0.05):
            while True:
                pass

    with pytest.raises(TimeLimit):
        endless()
    with ThreadPoolExecutor(1) as threads, pytest.raises(TimeLimit):
        threads.submit(endless).result()


STOPPED = """
import os, signal
from revorg.experiments.runs.time_limit import time_limit
with time_limit(2.0):
    os.kill(os.getpid(), signal.SIGSTOP)
print("went on")
"""


@posix
def test_time_in_which_a_process_is_stopped_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-Z, or a laptop that sleeps, makes no failed run."""
    with subprocess.Popen([sys.executable, "-c", STOPPED], stdout=subprocess.PIPE, text=True) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        time.sleep(2.5)  # longer than the limit
        process.send_signal(signal.SIGCONT)
        assert process.communicate()[0] == "went on\n"


def test_time_in_which_the_parent_is_stopped_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long gap between two looks at a process is nobody's fault."""
    now = [100.0]
    monkeypatch.setattr(executors, "clock", lambda: now[0])
    place = executors._Slot(None, None, None, work=Future(), allowed_seconds=10.0)  # type: ignore[arg-type]
    place.ready = Future()
    place.ready.set_result(None)
    for seconds, overruns in ((0.0, False), (1.0, False), (36_000.0, False), (3.0, False), (3.0, True)):
        now[0] += seconds
        assert place.overruns == overruns
