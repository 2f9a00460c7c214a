"""A study's folder: what was asked, and one row a finished run; finished rows alone decide what is left to do."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from revorg.experiments.runs.jobs import FAILED
from revorg.experiments.studies.differences import differences, lost_points
from revorg.experiments.studies.parquet import UNFINISHED, ParquetFolder, write_whole
from revorg.experiments.studies.plan import LABELS, Plan
from revorg.simulation.errors import BadInput
from revorg.simulation.fingerprint import fingerprint

ASKED, LOCK, SUM = "study.json", "study.lock", "sum"
RUNS, WEEKS, ASIDE = "runs", "weeks", "damaged"
FEW = 10
"""Differences between two studies that are told at once."""
PASSING = ("TimeLimit", "WorkerLost", "MemoryError")
"""Errors that another attempt may not meet; runs that failed of them are tried again by the next start."""


class Taken(RuntimeError):  # noqa: N818  (it names what was found)
    """Another process works on the folder."""


class Gone(RuntimeError):  # noqa: N818  (it names what happened)
    """The folder was deleted or moved while a sweep worked in it."""


class Store:
    """A study's folder while a sweep works on it; a context manager, which holds the folder's lock.

    Parameters
    ----------
    folder : Path
    plan : Plan
    warn : function
        Told of damaged parts.

    Raises
    ------
    BadInput
        When the folder holds something else; it is left untouched.
    Taken
        When another process works on it.
    """

    def __init__(self, folder: Path, plan: Plan, warn: Callable[[str], None]) -> None:
        self.folder, self.plan = folder, plan
        _check_is_ours(folder, plan)
        self._warn = warn
        self._lock = FileLock(folder / LOCK)
        self.runs = ParquetFolder(folder / RUNS, folder / ASIDE)
        self.weeks = ParquetFolder(folder / WEEKS, folder / ASIDE)
        self.finished = Finished(())
        self.failed = 0

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise BadInput(f"{self.folder}: cannot be made a folder: {fault.strerror}") from None
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise Taken(f"{self.folder}: another process works on this study; nothing was touched") from None
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def _open(self) -> None:
        _check_is_ours(self.folder, self.plan)  # somebody may have been faster
        (self.folder / (ASKED + UNFINISHED)).unlink(missing_ok=True)
        if not (self.folder / ASKED).exists() or self._has_grown():
            asked = json.dumps(described(self.plan), indent=1, allow_nan=False)
            write_whole(self.folder / ASKED, asked.encode())
        self.runs.open(self._warn)
        self.weeks.open(self._warn)
        self._drop_doubles_and_halves()
        tables = list(self.runs.tables(["run", "status"]))
        self.failed = sum(pc.sum(pc.equal(table["status"], FAILED)).as_py() or 0 for table in tables)
        self.finished = Finished(table["run"] for table in tables)

    def _has_grown(self) -> bool:
        """Tell whether the study asks for more than is written in the folder.

        Raises
        ------
        BadInput
            When it no longer asks for some of the runs that are finished; before anything is touched.
        """
        there = read_asked(self.folder)
        if there["asked"] == self.plan.fingerprint:
            return False
        left = _not_in(self.plan, self.folder / RUNS)
        if left:
            named = [*lost_points(there, _plain(described(self.plan)))]
            named += [f"{left} of the finished runs are no longer asked for"]
            raise _refusal(self.folder, self.plan, there, named)
        return True

    def _drop_doubles_and_halves(self) -> None:
        """Keep each run once, only with its weeks, and none that failed of something that passes."""
        weekly = bool(self.plan.study.kept_weekly)
        with_weeks = Finished((table["run"] for table in self.weeks.tables(["run"])), distinct=True)
        once = _Once(table["run"] for table in self.runs.tables(["run"]))

        def wanted(table: pa.Table) -> pa.Array:
            failed = pc.equal(table["status"], FAILED).to_numpy(zero_copy_only=False)
            passing = np.array([str(error).startswith(PASSING) for error in table["error"].to_pylist()], dtype=bool)
            whole = with_weeks.has(table["run"]) | failed | (not weekly)
            return pa.array(once.first(table["run"], whole & ~passing))

        self.runs.keep(wanted, ["run", "status", "error"])
        if weekly:
            kept = Finished(table["run"] for table in self.runs.tables(["run"]))
            block = _Once((table["run"] for table in self.weeks.tables(["run"])), distinct=True)
            self.weeks.keep(lambda table: pa.array(block.first_block(table["run"], kept.has(table["run"]))), ["run"])

    def write(self, rows: Mapping[str, Sequence[Any]], weeks: pd.DataFrame | None) -> None:
        """Add finished runs; their weeks first, since a row in runs says that all is there.

        Raises
        ------
        OSError
            When there is no room; what was written before stays.
        Gone
            When the folder was deleted; it is not made again without what it held.
        """
        self._check_is_there()
        if weeks is not None and len(weeks):
            self.weeks.write(pa.Table.from_pandas(weeks, preserve_index=False))
        self.runs.write(pa.table(dict(rows), schema=self._schema))
        self.failed += sum(status == FAILED for status in rows["status"])

    @property
    def _schema(self) -> pa.Schema:
        """Types of the columns, the same in every part."""
        points = pa.Schema.from_pandas(self.plan.points, preserve_index=False)
        fields = [("run", pa.string()), ("seed", pa.int64())]
        fields += [(label, pa.string()) for label in LABELS]
        fields += [(path, points.field(path).type) for path in self.plan.paths]
        fields += [("status", pa.string()), ("error", pa.string())]
        return pa.schema([*fields, *((name, pa.float64()) for name in self.plan.study.outcomes)])

    def _check_is_there(self) -> None:
        if not (self.folder / ASKED).exists():
            raise Gone(f"{self.folder}: was deleted or moved while the sweep worked; nothing more was written")

    def tidy(self) -> None:
        """Merge what is in small parts."""
        self._check_is_there()
        self.runs.merge()
        self.weeks.merge()

    @property
    def bytes(self) -> int:
        """How much room the folder takes."""
        return self.runs.bytes + self.weeks.bytes


class Finished:
    """Keys of runs, kept sorted in one block of memory: a million take 24 MB.

    Parameters
    ----------
    columns : iterable of Arrow columns of keys
    distinct : bool
        Whether to reduce every column to its different keys first.
    """

    def __init__(self, columns: Iterable[Any], *, distinct: bool = False) -> None:
        blocks = [_as_bytes(pc.unique(column) if distinct else column) for column in columns]
        self.keys = np.sort(np.concatenate(blocks)) if blocks else np.array([], dtype="S24")

    def __len__(self) -> int:
        return len(self.keys)

    def among(self, runs: Sequence[str]) -> set[str]:
        """Return those of some keys that are here."""
        return {run for run, here in zip(runs, self._has(np.array(runs, dtype="S24")).tolist(), strict=True) if here}

    def has(self, column: Any) -> NDArray[np.bool_]:
        """Tell for each key of an Arrow column whether it is here."""
        return self._has(_as_bytes(column))

    def _has(self, keys: NDArray[np.bytes_]) -> NDArray[np.bool_]:
        if not len(self.keys):
            return np.zeros(len(keys), dtype=bool)
        places = np.minimum(self.keys.searchsorted(keys), len(self.keys) - 1)
        found: NDArray[np.bool_] = self.keys[places] == keys
        return found


class _Once:
    """Lets each key pass once; knows beforehand which keys come twice, as hardly any do."""

    def __init__(self, columns: Iterable[Any], *, distinct: bool = False) -> None:
        keys = Finished(columns, distinct=distinct).keys
        self._twice = set(keys[1:][keys[1:] == keys[:-1]].tolist())
        self._passed: set[bytes] = set()

    def first(self, column: Any, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which rows are wanted and the first with their key."""
        kept = wanted.copy()
        for row, key in self._doubles(column, wanted):
            kept[row] = key not in self._passed
            self._passed.add(key)
        return kept

    def first_block(self, column: Any, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which rows are wanted and belong to a key that no earlier part had."""
        kept, here = wanted.copy(), set()
        for row, key in self._doubles(column, wanted):
            kept[row] = key not in self._passed
            here.add(key)
        self._passed |= here
        return kept

    def _doubles(self, column: Any, wanted: NDArray[np.bool_]) -> list[tuple[int, bytes]]:
        if not self._twice:
            return []
        return [(row, key) for row, key in enumerate(_as_bytes(column).tolist()) if wanted[row] and key in self._twice]


def _as_bytes(column: Any) -> NDArray[np.bytes_]:
    return np.asarray(column.to_numpy(zero_copy_only=False) if len(column) else [], dtype="S24")


def described(plan: Plan) -> dict[str, Any]:
    """Return what a study's folder says about itself."""
    study = plan.study.model_dump()
    scenarios = {name: scenario.model_dump() for name, scenario in plan.bases}
    kinds = {
        "uncertainties": [path for path in plan.columns if path not in (*plan.study.levers, "design")],
        "levers": [path for path in plan.columns if path in (*plan.study.levers, "design")],
    }
    asked = {
        "study": study, "fingerprint": fingerprint(), "asked": plan.fingerprint, "runs": len(plan),
        "executives": plan.executives, **kinds, "scenarios": scenarios,
    }  # fmt: skip
    return {**asked, SUM: _sum(asked)}


def _sum(asked: Mapping[str, Any]) -> str:
    """Return a sum over all else that a study's folder says about itself: nobody edits it unnoticed."""
    told = {name: value for name, value in asked.items() if name != SUM}
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _plain(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return it as it comes back from a file."""
    return dict(json.loads(json.dumps(asked)))


def _check_is_ours(folder: Path, plan: Plan) -> None:
    """Refuse a folder that holds something else than this study, or one that it has grown from, by this model."""
    asked = folder / ASKED
    if not asked.exists():
        strangers = _strangers(folder)
        if strangers:
            raise BadInput(f"{folder}: holds {strangers[0]} and no {ASKED}; give a new folder or an empty one")
        return
    there = _parsed(folder)
    if (there["asked"], there["fingerprint"]) != (plan.fingerprint, fingerprint()):
        named = list(differences(there, _plain(described(plan))))
        if named or there["fingerprint"] != fingerprint():
            raise _refusal(folder, plan, there, named)
    read_asked(folder)


def _refusal(folder: Path, plan: Plan, there: Mapping[str, Any], named: list[str]) -> BadInput:
    """Return an error that names what is different."""
    what = "another study" if there["fingerprint"] == fingerprint() else "another version of the model"
    rest = [f"… and {len(named) - FEW} more"] if len(named) > FEW else []
    lines = [
        f"{folder}: holds results of {what}; nothing was touched",
        *named[:FEW],
        *rest,
        f"there: study {there['asked']}, model {there['fingerprint']}",
        f"asked: study {plan.fingerprint}, model {fingerprint()}",
    ]
    return BadInput("\n  ".join(lines))


def _not_in(plan: Plan, folder: Path) -> int:
    """Count the finished runs that a plan does not have."""
    left = set(Finished(_keys(folder)).keys.tolist())
    for unit in plan.units():
        if not left:
            break
        left.difference_update(arm.run.encode() for arm in unit.arms)
    return len(left)


def _keys(folder: Path) -> Iterator[Any]:
    """Yield the keys of runs, part by part; what is damaged is set aside later."""
    for path in sorted(folder.glob("*.parquet")):
        with suppress(OSError, pa.ArrowException, KeyError):
            yield pq.read_table(path, columns=["run"])["run"]


def _strangers(folder: Path) -> list[str]:
    """Return what a folder without a study holds that no killed start of ours could have left."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder}: is a file, not a folder")
    return sorted(os.listdir(folder)) if folder.exists() and {*os.listdir(folder)} - {LOCK, ASKED + UNFINISHED} else []


def read_asked(folder: Path) -> dict[str, Any]:
    """Return what a study's folder says about itself.

    Raises
    ------
    BadInput
        When it is no study's folder, or somebody edited what it says.
    """
    found = _parsed(folder)
    if found.get(SUM) != _sum(found):
        raise BadInput(f"{folder / ASKED}: was edited since the sweep wrote it; put it back as it was")
    return found


def _parsed(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{folder}: is no study's folder: there is no {ASKED} in it") from None
    except (OSError, ValueError) as fault:
        raise BadInput(f"{folder / ASKED}: cannot be read: {fault}") from None
    if not isinstance(found, dict) or not {"study", "fingerprint", "asked"} <= found.keys():
        raise BadInput(f"{folder / ASKED}: is not what a sweep writes")
    return found
