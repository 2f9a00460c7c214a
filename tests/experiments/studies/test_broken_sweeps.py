"""What happens to a sweep when something breaks, with real processes: nothing is lost, nothing is double.

Every test ends with the comparison that counts: the table equals the one of an undisturbed sweep, bit for bit. What has
to be unfinished when something happens is held back: workers wait for signs that a test gives (``held_worker``).
"""

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
from held_worker import SIGNS, allow, allow_all

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
LONG, SHORT = {"seeds": 30, "accounts": 1000}, {"seeds": 24, "accounts": 1000}
CHUNK_RUNS = 2
"""Both designs at one seed and point."""
SHORT_RUNS = 4 * SHORT["seeds"]
PATIENCE_SECONDS = 120


def written(folder: Path, seeds: int, accounts: int) -> Path:
    """Write a study's file."""
    file = folder / "study.toml"
    file.write_text(STUDY.format(seeds=seeds, accounts=accounts), encoding="utf-8")
    return file


@contextmanager
def started(
    study: Path, out: Path, *more: str, signs: Path | None = None, **settings: Any
) -> Iterator[subprocess.Popen[str]]:
    """Start the command, with workers that wait for signs if there is a folder for them; the test outlives it."""
    process = subprocess.Popen(
        [*COMMAND, str(study), "--out", str(out), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(signs),
        **settings,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def environment(signs: Path | None) -> dict[str, str]:
    """Return the environment of a command whose workers wait for signs in a folder, or wait for nothing."""
    return os.environ | ({SIGNS: str(signs)} if signs else {})


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


def wait_for_held(signs: Path, workers: int, process: subprocess.Popen[str] | None = None) -> None:
    """Wait until so many workers have a chunk and no sign to carry it out."""
    until(lambda: len(list(signs.glob("waiting-*"))) == workers, process)


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


@pytest.fixture
def signs(tmp_path: Path) -> Path:
    """Return the folder of signs that workers wait for."""
    folder = tmp_path / "signs"
    folder.mkdir()
    return folder


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


def test_ten_kills_of_the_whole_command(signs: Path, tmp_path: Path) -> None:
    """Each finds the study unfinished, and runs of before are used again."""
    study, out, dice = written(tmp_path, **LONG), tmp_path / "out", random.Random(5)
    finished = []
    for _ in range(KILLS):
        with started(study, out, "--workers", "2", signs=signs) as process:
            more = dice.choice([1, 1, 2])
            allow(signs, more + 2)
            wait_for_parts(process, out, more)
            time.sleep(dice.uniform(0, 0.2))  # any moment will do
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


def test_kill_of_a_pool_worker(study: Path, undisturbed: Path, signs: Path, tmp_path: Path) -> None:
    """The command goes on with another one, and nobody notices in the table."""
    out = tmp_path / "out"
    with started(study, out, "--workers", "2", signs=signs) as process:
        wait_for_held(signs, 2, process)
        workers_of(process)[0].kill()
        allow_all(signs)
        told, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, wrong
    assert (count(told, "run"), count(told, "failed")) == (SHORT_RUNS, 0)
    assert_same(out, undisturbed)


def test_worker_that_was_stopped_and_goes_on(study: Path, undisturbed: Path, signs: Path, tmp_path: Path) -> None:
    """The other does all the rest meanwhile; what it was at comes in late, and once."""
    out = tmp_path / "out"
    with started(study, out, "--workers", "2", signs=signs) as process:
        wait_for_held(signs, 2, process)
        stopped = workers_of(process)[0]
        stopped.suspend()
        allow_all(signs)
        until(lambda: rows(out) == SHORT_RUNS - CHUNK_RUNS, process)
        stopped.resume()
        told, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, wrong
    assert (count(told, "run"), count(told, "failed")) == (SHORT_RUNS, 0)
    assert_same(out, undisturbed)


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes of the command's pool."""
    children = psutil.Process(process.pid).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def deaf_to_interrupts() -> None:
    """Do as a shell does with what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize(
    ("number", "whole_group", "before"),
    [
        (signal.SIGINT, True, None),  # Ctrl-C, as a terminal sends it
        (signal.SIGTERM, False, None),
        (signal.SIGTERM, False, deaf_to_interrupts),
        (signal.SIGHUP, True, None),  # the terminal was closed
    ],
)
def test_told_to_stop_it_says_how_to_go_on(
    number: int,
    whole_group: bool,
    before: Callable[[], None] | None,
    study: Path,
    undisturbed: Path,
    signs: Path,
    tmp_path: Path,
) -> None:
    """It does not wait for its workers, which would never come to an end here; what was finished stays."""
    out = tmp_path / "out"
    with started(study, out, "--workers", "2", signs=signs, start_new_session=True, preexec_fn=before) as process:
        allow(signs, 3)
        wait_for_parts(process, out, 3)
        wait_for_held(signs, 2, process)
        children = workers_of(process)
        (os.killpg if whole_group else os.kill)(process.pid, number)
        _, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    wait_for_end(children)
    assert process.returncode == 130, wrong
    assert f"go on with: revorg sweep {study} --out {out}" in wrong
    assert "Traceback" not in wrong
    kept = rows(out)
    assert kept == 3 * CHUNK_RUNS
    last = finish(study, out, "--workers", "1")
    assert count(last, "reused") == kept
    assert_same(out, undisturbed)


def test_second_process_on_a_folder_is_told(study: Path, undisturbed: Path, signs: Path, tmp_path: Path) -> None:
    """It stops and touches nothing, and the first goes on as if nothing had been."""
    out = tmp_path / "out"
    with started(study, out, "--workers", "2", signs=signs) as process:
        wait_for_held(signs, 2, process)
        second = subprocess.run(
            [*COMMAND, str(study), "--out", str(out)], capture_output=True, text=True, check=False, timeout=300
        )
        assert second.returncode == 1
        assert "another process works on this study" in second.stderr
        assert "Traceback" not in second.stderr
        allow_all(signs)
        told, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, wrong
    assert count(told, "run") == SHORT_RUNS
    assert_same(out, undisturbed)


def test_folder_that_is_deleted_meanwhile(study: Path, signs: Path, tmp_path: Path) -> None:
    """It is told, and no half of a folder is made again."""
    out = tmp_path / "out"
    with started(study, out, "--workers", "2", signs=signs) as process:
        allow(signs, 2)
        wait_for_parts(process, out, 2)
        wait_for_held(signs, 2, process)
        shutil.rmtree(out)
        allow_all(signs)
        _, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1, wrong
    assert f"{out}: was deleted or moved while the sweep worked" in wrong
    assert "Traceback" not in wrong
    assert not out.exists()


# Clusters

Cluster = tuple[str, Path, list[subprocess.Popen[bytes]]]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Start a Dask scheduler and two workers on the loopback; yield its address, signs and all three processes."""
    folder = tmp_path_factory.mktemp("cluster")
    (signs := folder / "signs").mkdir()
    settings: dict[str, Any] = {"cwd": folder, "stderr": subprocess.DEVNULL}
    settings["env"] = environment(signs) | {"PYTHONPATH": str(HERE)}
    file, dask = folder / "scheduler.json", [sys.executable, "-m", "dask"]
    here = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
    commands = [["scheduler", *here, "--port", "0"]]
    commands += [["worker", *here, "--no-nanny", "--nthreads", "1", "--local-directory", str(folder)]] * 2
    processes = []
    try:
        for command in commands:
            processes.append(subprocess.Popen([*dask, *command], **settings))
            until(file.exists)
        until(lambda: bool(file.read_text()))
        yield json.loads(file.read_text())["address"], signs, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_kill_of_a_dask_worker(cluster: Cluster, study: Path, undisturbed: Path, tmp_path: Path) -> None:
    """The scheduler gives its chunks to another."""
    address, signs, (_, first, _) = cluster
    out = tmp_path / "out"
    with started(study, out, "--cluster", address, signs=signs) as process:
        wait_for_held(signs, 2, process)
        first.kill()
        allow(signs, SHORT_RUNS)
        told, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, wrong
    assert (count(told, "run"), count(told, "failed")) == (SHORT_RUNS, 0)
    assert_same(out, undisturbed)


def test_loss_of_the_dask_scheduler(cluster: Cluster, study: Path, undisturbed: Path, tmp_path: Path) -> None:
    """What was finished stays, the command says so, and the next start goes on without a cluster."""
    address, signs, (scheduler, *_) = cluster
    out = tmp_path / "out"
    for sign in signs.iterdir():
        sign.unlink()
    with started(study, out, "--cluster", address, signs=signs) as process:
        allow(signs, 3)
        wait_for_parts(process, out, more=3)
        scheduler.kill()
        _, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1, wrong
    assert "What was run is kept; go on with" in wrong
    kept = rows(out)
    assert kept == 3 * CHUNK_RUNS
    assert count(finish(study, out), "reused") == kept
    assert_same(out, undisturbed)


# TLS


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """Return a file with a key and the certificate that it signed itself."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    file = tmp_path / "dask.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=revorg"]
    subprocess.run([*made, "-keyout", str(tmp_path / "key"), "-out", str(file)], check=True, capture_output=True)
    file.write_text(file.read_text() + (tmp_path / "key").read_text())
    return file


def test_cluster_by_tls(pem: Path, study: Path, tmp_path: Path) -> None:
    """With the file that scheduler and worker have, runs go there; without it or with another, they answer nobody."""
    dask, address_of = [sys.executable, "-m", "dask"], tmp_path / "scheduler.json"
    secured = [word for name in ("ca-file", "cert", "key") for word in (f"--tls-{name}", str(pem))]
    here = ["--host", "tls://127.0.0.1", "--no-dashboard", "--scheduler-file", str(address_of), *secured]
    commands = [["scheduler", *here, "--port", "0"]]
    commands += [["worker", *here, "--no-nanny", "--nthreads", "1", "--local-directory", str(tmp_path)]]
    settings: dict[str, Any] = {"cwd": tmp_path, "stderr": subprocess.DEVNULL}
    with ExitStack() as stack:
        for command in commands:
            process = stack.enter_context(subprocess.Popen([*dask, *command], **settings))
            stack.callback(process.kill)
            until(lambda: address_of.exists() and bool(address_of.read_text()), process)
        address = json.loads(address_of.read_text())["address"]
        assert address.startswith("tls://127.0.0.1:")
        told = finish(study, tmp_path / "out", "--cluster", address, "--cluster-tls", str(pem))
        assert count(told, "run") == SHORT_RUNS
        with started(study, tmp_path / "other", "--cluster", address) as process:
            _, wrong = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 2, wrong
        assert "Traceback" not in wrong


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cluster-tls", "dask.pem"], "dask.pem: is for --cluster tls://HOST:PORT"),
        (["--cluster", "tcp://127.0.0.1:1", "--cluster-tls", "dask.pem"], "dask.pem: is for --cluster tls://HOST:PORT"),
        (["--cluster", "tls://127.0.0.1:1", "--cluster-tls", "none.pem"], "none.pem: cannot be read as a PEM file"),
    ],
)
def test_tls_that_cannot_be(arguments: list[str], message: str, study: Path, tmp_path: Path) -> None:
    """Nothing goes over the wire in the clear because of a slip."""
    with started(study, tmp_path / "out", *arguments) as process:
        _, wrong = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2, wrong
    assert message in wrong
    assert "Traceback" not in wrong


# Disks


@contextmanager
def little_room(folder: Path, kilobytes: int) -> Iterator[dict[str, Any]]:
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


def test_interrupted_claims_go_on(signs: Path, tmp_path: Path) -> None:
    """Ctrl-C keeps what was run; the second call says so and takes it."""
    ours = tmp_path / "revorg"
    ours.mkdir()
    (ours / "compiled").symlink_to(cache_folder() / "compiled", target_is_directory=True)
    allow(signs, 2)
    first, code = told_until("done", tmp_path, signs)
    assert code == 130, first
    assert "What was run is kept" in first
    second, _ = told_until("kept from before", tmp_path, signs)
    assert int(re.findall(r"(\d+) of them kept from before", second)[0]) > 0, second


def told_until(word: str, cache: Path, signs: Path) -> tuple[str, int]:
    """Start the claims command, interrupt it when it says a word; return all it said and its exit code."""
    command = [*COMMAND[:-1], "claims", "cso-suits-simple-single", "--quick", "--json", "--workers", "2"]
    surroundings = environment(signs) | {"XDG_CACHE_HOME": str(cache), "PYTHONUNBUFFERED": "1"}
    said = ""
    with subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=surroundings
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said += line
            if word in line:
                os.killpg(process.pid, signal.SIGINT)
                break
        said += process.stderr.read()
    return said, process.returncode
