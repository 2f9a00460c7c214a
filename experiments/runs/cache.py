"""Runs that the user's cache keeps, so that arms shared by claims and studies run once.

One file a version of the model, in SQLite, which survives a kill and lets several processes write. What stands in it
carries a checksum: a damaged entry counts as missing, and its run is done again.
"""

import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from revorg.experiments.runs.jobs import Chunk, ChunkResult, zip_runs
from revorg.experiments.runs.machine import cache_folder
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.metrics import METRICS

Parts = NDArray[np.float64]
SOME = 500
"""Keys that one question names at most."""
TABLE = "CREATE TABLE IF NOT EXISTS runs (run TEXT, weeks TEXT, parts BLOB, hash BLOB, PRIMARY KEY (run, weeks))"
PATIENCE_SECONDS = 3.0
"""How long another process may hold the cache; after that it is asked without waiting, until it is free again."""


def kept_folder() -> Path:
    """Return where kept runs live; it need not exist."""
    return cache_folder() / "runs"


class RunCache:
    """The runs of this version of the model that earlier commands made.

    Parameters
    ----------
    file : Path, optional
        Where they are; in the user's cache folder unless given.

    Notes
    -----
    A cache is a convenience: where it cannot be read or written, that is said in a line and runs are simply made.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or kept_folder() / f"{fingerprint()}.sqlite"
        self._patience = PATIENCE_SECONDS
        self._told = False

    def found(self, runs: Iterable[str], window: str) -> dict[str, Parts]:
        """Return numerators and denominators of the runs that are kept, each of shape (metrics, 2)."""
        wanted, found = list(runs), {}
        try:
            with closing(self._connected()) as connection:
                for run, content, check in _asked(connection, wanted, window):
                    if _check(run, window, content) == check:
                        found[run] = np.frombuffer(content, dtype="<f8").reshape(len(METRICS), 2)
        except (sqlite3.DatabaseError, OSError) as fault:
            self._go_without(fault)
        return found

    def keep(self, parts: Iterable[tuple[str, str, Parts]]) -> None:
        """Keep runs, all of them or none: for each its key, window and parts."""
        rows = [(run, window, np.ascontiguousarray(found, dtype="<f8").tobytes()) for run, window, found in parts]
        checked = [(run, window, content, _check(run, window, content)) for run, window, content in rows]
        try:
            with closing(self._connected()) as connection, connection:
                connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", checked)
            self._patience = PATIENCE_SECONDS
        except (sqlite3.DatabaseError, OSError) as fault:
            self._go_without(fault)

    def __len__(self) -> int:
        """How many runs are kept."""
        if not self.file.exists():
            return 0
        try:
            with closing(self._connected()) as connection:
                return int(connection.execute("SELECT count(DISTINCT run) FROM runs").fetchone()[0])
        except (sqlite3.DatabaseError, OSError):
            return 0

    def _connected(self) -> sqlite3.Connection:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.file, timeout=self._patience)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(TABLE)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _go_without(self, fault: Exception) -> None:
        """Say once that runs are not shared; begin anew beside a file that is no database any more."""
        if isinstance(fault, sqlite3.OperationalError | OSError):  # busy, no room, or no right to write
            self._patience = 0.0
            self._tell(str(fault))
            return
        self._tell("it is damaged, and set aside")
        for ending in ("", "-wal", "-shm"):
            path = self.file.with_name(self.file.name + ending)
            with suppress(OSError):
                path.replace(path.with_name(f"damaged-{path.name}"))

    def _tell(self, reason: str) -> None:
        if not self._told:
            self._told = True
            print(f"{self.file}: {reason}; runs are made without the cache", file=sys.stderr)


def keep_report(kept: RunCache, chunk: Chunk, report: ChunkResult) -> None:
    """Keep the runs of a report that did not fail."""
    windows = chunk.terms.windows
    kept.keep(
        (arm.run, window, parts)
        for (_, arm), ran in zip_runs(chunk, report)
        if not ran.error
        for window, parts in zip(windows, ran.parts, strict=True)
    )


def _asked(connection: sqlite3.Connection, runs: list[str], window: str) -> Iterator[tuple[str, bytes, bytes]]:
    for first in range(0, len(runs), SOME):
        some = runs[first : first + SOME]
        marks = ",".join("?" * len(some))
        question = f"SELECT run, parts, hash FROM runs WHERE weeks = ? AND run IN ({marks})"
        yield from connection.execute(question, [window, *some])


def _check(run: str, window: str, content: bytes) -> bytes:
    return blake2b(f"{run} {window} ".encode() + content, digest_size=8).digest()
