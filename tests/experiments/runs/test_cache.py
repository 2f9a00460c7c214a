"""A cache of runs that cannot be used costs its runs once more: that is said in a line, and nobody waits for long."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from entry_point import REVORG

from revorg.experiments.runs import cache
from revorg.experiments.runs.cache import RunCache
from revorg.experiments.runs.machine import cache_folder
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.metrics import METRICS

PARTS = np.zeros((len(METRICS), 2))


def test_locked_cache_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After that it is asked without waiting, told once, and used again when it is free."""
    waits: list[float] = []
    connect = sqlite3.connect

    def noted(file: Path, timeout: float) -> Any:
        waits.append(timeout)
        return connect(file, timeout=timeout)

    kept = RunCache(tmp_path / "kept.sqlite")
    kept.keep([("a", "0-52", PARTS)])
    monkeypatch.setattr(kept, "_patience", 0.05)
    with closing(connect(kept.file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(sqlite3, "connect", noted)
        for run in ("b", "c", "d"):
            kept.keep([(run, "0-52", PARTS)])
    assert waits == [0.05, 0.0, 0.0]
    assert capsys.readouterr().err == f"{kept.file}: database is locked; runs are made without the cache\n"
    kept.keep([("e", "0-52", PARTS)])
    kept.keep([("f", "0-52", PARTS)])
    assert waits[3:] == [0.0, cache.PATIENCE_SECONDS]
    assert set(kept.found(["a", "b", "c", "d", "e", "f"], "0-52")) == {"a", "e", "f"}
    assert cache.PATIENCE_SECONDS < 10


def in_the_way(runs: Path) -> None:
    """Put a file where the cache's folder would be."""
    runs.write_text("a file")


def locked(runs: Path) -> None:
    """Put something there that is no file and cannot be opened."""
    (runs / f"{fingerprint()}.sqlite").mkdir(parents=True)


def no_database(runs: Path) -> None:
    """Put something there that SQLite does not know."""
    runs.mkdir()
    (runs / f"{fingerprint()}.sqlite").write_bytes(b"nothing that SQLite knows" * 100)


@pytest.mark.skipif(os.name != "posix", reason="needs a link to the machine code")
@pytest.mark.parametrize("fault", [in_the_way, locked, no_database])
def test_sweep_without_a_cache(fault: Any, tmp_path: Path) -> None:
    """The command does its work all the same, and says once what is wrong."""
    ours = tmp_path / "cache" / "revorg"
    ours.mkdir(parents=True)
    (ours / "compiled").symlink_to(cache_folder() / "compiled", target_is_directory=True)
    fault(ours / "runs")
    (tmp_path / "small.toml").write_text('extends = "simple-single"\n[market]\naccounts = 300\n[run]\nweeks = 13\n')
    (tmp_path / "study.toml").write_text('scenarios = ["./small.toml"]\nseeds = 3\n')
    done = subprocess.run(
        [*REVORG, "sweep", "study.toml", "--out", "out"],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("3 runs: 3 run, 0 reused, 0 failed")
    assert done.stderr.count("runs are made without the cache") == 1
    assert "Traceback" not in done.stderr
