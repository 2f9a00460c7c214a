"""What happens to a sweep when something breaks, with real processes: nothing is lost, nothing is double.

Every test ends with the comparison that counts: the table equals the one of an undisturbed sweep, bit for bit.
"""

import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from revorg.experiments.runs.machine import cache_folder

if sys.platform == "win32":
    pytest.skip("kills by POSIX signals", allow_module_level=True)

HERE = Path(__file__).parents[2]
COMMAND = [sys.executable, str(HERE / "impatient_sweep.py"), "sweep"]
STUDY = """
scenarios = ["complex-multi"]
designs = ["cro:strategist", "cso:executor"]
seeds = {seeds}
weekly = ["arr"]
[set]
"market.accounts" = {accounts}
"run.weeks" = 52
"run.warm_up_weeks" = 13
[uncertainties]
"customers.champion_loss_per_year" = [0.1, 0.3]
"""
KILLS = 10
LONG, SHORT = {"seeds": 150, "accounts": 3000}, {"seeds": 60, "accounts": 3000}
SHORT_RUNS = 4 * SHORT["seeds"]
PATIENCE_SECONDS = 120


def written(folder: Path, seeds: int, accounts: int) -> Path:
    """Write a study's file."""
    file = folder / "study.toml"
    file.write_text(STUDY.format(seeds=seeds, accounts=accounts), encoding="utf-8")
    return file


@contextmanager
def started(study: Path, out: Path, *more: str, **settings: Any) -> Iterator[subprocess.Popen[str]]:
    """Start the command; whatever the test does, it does not outlive it."""
    process = subprocess.Popen(
        [*COMMAND, str(study), "--out", str(out), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **settings,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def finish(study: Path, out: Path, *more: str) -> str:
    """Run the command to its end; return its last line."""
    done = subprocess.run(
        [*COMMAND, str(study), "--out", str(out), *more], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1]


def count(line: str, what: str) -> int:
    """Read a number of the last line: ``160 runs: 12 run, 148 reused, 0 failed``."""
    found = re.search(rf"(\d+) {what}\b", line)
    assert found, line
    return int(found[1])


def until(happened: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Wait for something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "waited in vain"
        assert process is None or process.poll() is None, process.communicate() if process else ""
        time.sleep(0.02)


def wait_for_parts(process: subprocess.Popen[str], out: Path, more: int) -> None:
    """Wait until a sweep has written so many parts that were not there."""
    before = parts(out)
    until(lambda: len(parts(out) - before) >= more, process)


def wait_for_end(processes: list[psutil.Process]) -> None:
    """Wait until none of these lives on as an orphan."""
    until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes))


def parts(out: Path) -> set[Path]:
    """Return the finished parts of a folder."""
    return set((out / "runs").glob("*.parquet"))


def rows(out: Path) -> int:
    """Return how many runs are finished, by the names of the parts."""
    return sum(int(part.name.split("-")[1]) for part in parts(out))


def weeks(out: Path) -> pd.DataFrame:
    """Return the weekly series of a folder, as any reader of Parquet would."""
    return pd.read_parquet(out / "weeks").sort_values(["run", "week"], ignore_index=True)


def assert_same(out: Path, undisturbed: Path) -> None:
    """Compare two folders bit for bit, order aside, as any reader of Parquet sees them."""
    found, expected = (
        pd.read_parquet(folder / "runs").sort_values("run", ignore_index=True) for folder in (out, undisturbed)
    )
    assert found["run"].is_unique
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    pd.testing.assert_frame_equal(weeks(out), weeks(undisturbed), check_exact=True)
    assert not list(out.rglob("*.tmp"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a study of a few seconds."""
    return written(tmp_path_factory.mktemp("study"), **SHORT)


@pytest.fixture(scope="module")
def undisturbed(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what the study gives when nothing happens, in one process."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    finish(study, out, "--workers", "1")
    return out


def test_ten_kills_of_the_whole_command(tmp_path: Path) -> None:
    """Each finds the study unfinished, and runs of before are used again."""
    study, out, dice = written(tmp_path, **LONG), tmp_path / "out", random.Random(5)
    finished = []
    for _ in range(KILLS):
        with started(study, out, "--workers", "2") as process:
            wait_for_parts(process, out, more=dice.choice([1, 1, 2]))
            time.sleep(dice.uniform(0, 0.2))
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGKILL)
            process.wait()
            finished.append(rows(out))
            wait_for_end(children)
    total = 4 * LONG["seeds"]
    assert all(0 < here < total for here in finished), finished  # each kill found it unfinished
    assert all(one < other for one, other in pairwise(finished)), finished
    last = finish(study, out)
    assert count(last, "reused") >= finished[-1]
    assert count(last, "run") + count(last, "reused") == count(last, "runs") == total
    whole = tmp_path / "whole"
    finish(study, whole)
    assert_same(out, whole)


def test_kill_of_a_pool_worker(study: Path, undisturbed: Path, tmp_path: Path) -> None:
    """The command goes on with another one, and nobody notices in the table."""
    out = tmp_path / "out"
    with started(study, out, "--workers", "2") as process:
        until(lambda: len(workers_of(process)) == 2, process)  # each has its first chunk as soon as it is there
        workers_of(process)[0].kill()
        told, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, wrong
    assert (count(told, "run"), count(told, "failed")) == (SHORT_RUNS, 0)
    assert_same(out, undisturbed)


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes of the command's pool."""
    children = psutil.Process(process.pid).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def test_interrupt_stops_soon_and_says_how_to_go_on(study: Path, undisturbed: Path, tmp_path: Path) -> None:
    """Ctrl-C goes to the whole group, as a terminal sends it."""
    out = tmp_path / "out"
    with started(study, out, "--workers", "2", start_new_session=True) as process:
        until(lambda: len(workers_of(process)) == 2, process)
        asked = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        _, wrong = process.communicate(timeout=30)
        took = time.monotonic() - asked
    assert process.returncode == 130, wrong
    assert took < 2.0
    assert f"go on with: revorg sweep {study} --out {out}" in wrong
    assert "Traceback" not in wrong
    kept = rows(out)
    last = finish(study, out, "--workers", "1")
    assert count(last, "reused") == kept > 0
    assert_same(out, undisturbed)


def test_second_process_on_a_folder_is_told(study: Path, undisturbed: Path, tmp_path: Path) -> None:
    """It stops and touches nothing, and the first goes on as if nothing had been."""
    out = tmp_path / "out"
    with started(study, out, "--workers", "2") as process:
        until(lambda: (out / "study.json").exists(), process)
        process.send_signal(signal.SIGSTOP)  # so that it is still there, however slow the second is
        second = subprocess.run(
            [*COMMAND, str(study), "--out", str(out)], capture_output=True, text=True, check=False, timeout=60
        )
        process.send_signal(signal.SIGCONT)
        assert second.returncode == 1
        assert "another process works on this study" in second.stderr
        assert "Traceback" not in second.stderr
        told, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, wrong
    assert count(told, "run") == SHORT_RUNS
    assert_same(out, undisturbed)


# Clusters


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a Dask scheduler and two workers on the loopback; yield its address and all three processes."""
    folder = tmp_path_factory.mktemp("cluster")
    file, dask = folder / "scheduler.json", [sys.executable, "-m", "dask"]
    here = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
    commands = [["scheduler", *here, "--port", "0"]]
    commands += [["worker", *here, "--no-nanny", "--nthreads", "1", "--local-directory", str(folder)]] * 2
    processes = []
    try:
        for command in commands:
            processes.append(subprocess.Popen([*dask, *command], cwd=folder, stderr=subprocess.DEVNULL))
            until(file.exists)
        until(lambda: bool(file.read_text()))
        yield json.loads(file.read_text())["address"], processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_kill_of_a_dask_worker(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], study: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """The scheduler gives its chunks to another."""
    (address, (_, first, _)), out = cluster, tmp_path / "out"
    with started(study, out, "--cluster", address) as process:
        wait_for_parts(process, out, more=2)
        first.kill()
        told, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, wrong
    assert (count(told, "run"), count(told, "failed")) == (SHORT_RUNS, 0)
    assert_same(out, undisturbed)


def test_loss_of_the_dask_scheduler(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], study: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """What was finished stays, the command says so, and the next start goes on without a cluster."""
    (address, (scheduler, *_)), out = cluster, tmp_path / "out"
    with started(study, out, "--cluster", address) as process:
        wait_for_parts(process, out, more=2)
        scheduler.kill()
        _, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1, wrong
    assert "What was run is kept; go on with" in wrong
    kept = rows(out)
    assert 0 < kept < SHORT_RUNS
    assert count(finish(study, out), "reused") == kept
    assert_same(out, undisturbed)


# Disks


@contextmanager
def little_room(folder: Path, kilobytes: int) -> Iterator[dict[str, object]]:
    """Give a folder little room: a disk of its own for root, a limit on files for others."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode == 0:
        try:
            yield {}
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    else:
        yield {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6 << 10, 6 << 10))}


def test_full_disk(study: Path, undisturbed: Path, tmp_path: Path) -> None:
    """What was written stays, the reason is said, and with more room the sweep goes on."""
    small = tmp_path / "small"
    with little_room(small, 112) as limits:
        out = small / "out"
        with started(study, out, "--workers", "2", **limits) as process:
            _, wrong = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 1, wrong
        assert "no room left on the disk" in wrong
        assert "Traceback" not in wrong
        assert not list(out.rglob("*.tmp"))
        kept = rows(out)
        assert kept < SHORT_RUNS
        roomy = tmp_path / "roomy"
        subprocess.run(["cp", "-r", str(out), str(roomy)], check=True)
    assert count(finish(study, roomy, "--workers", "1"), "reused") <= kept
    assert_same(roomy, undisturbed)


def test_interrupted_claims_go_on(tmp_path: Path) -> None:
    """Ctrl-C keeps what was run; the second call says so and takes it."""
    ours = tmp_path / "revorg"
    ours.mkdir()
    (ours / "compiled").symlink_to(cache_folder() / "compiled", target_is_directory=True)
    first, code = told_until("done", tmp_path)
    assert code == 130, first
    assert "What was run is kept" in first
    second, _ = told_until("kept from before", tmp_path)
    assert int(re.findall(r"(\d+) of them kept from before", second)[0]) > 0, second


def told_until(word: str, cache: Path) -> tuple[str, int]:
    """Start the claims command, interrupt it when it says a word; return all it said and its exit code."""
    command = [*COMMAND[:-1], "claims", "cso-suits-simple-single", "--quick", "--json", "--workers", "2"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONUNBUFFERED": "1"}
    said = ""
    with subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said += line
            if word in line:
                os.killpg(process.pid, signal.SIGINT)
                break
        said += process.stderr.read()
    return said, process.returncode
