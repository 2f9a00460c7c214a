"""A folder of Parquet parts that only grows, and from which nothing is ever half read.

A part is written whole under a temporary name, synced to disk and renamed. Its name says how many rows it has and
what its bytes hash to, so that there is no list beside the parts which could disagree with them. Small parts are
merged now and then: a million runs are a few dozen files.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

UNFINISHED = ".tmp"
MANY = 32
"""So many small parts are merged into one."""
LARGEST_ROWS = 65_536


@dataclass(frozen=True, order=True)
class ParquetPart:
    """One file, by what its name says of it.

    Attributes
    ----------
    number : int
        Counts up; a merged part has a new one.
    rows : int
    hash : str
        Of the file's bytes.
    """

    number: int
    rows: int
    hash: str

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Read a file's name; None when it is no part's."""
        words = name.removesuffix(".parquet").split("-")
        if not name.endswith(".parquet") or len(words) != 3 or not (words[0].isdigit() and words[1].isdigit()):
            return None
        return cls(int(words[0]), int(words[1]), words[2])

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.number:08}-{self.rows}-{self.hash}.parquet"


class Damaged(ValueError):  # noqa: N818  (it names what was found)
    """A part is not what its name says."""


LOOKS = 100
"""How often a reader lists a folder anew whose parts are merged while it reads."""


def read_folder(folder: Path, *, partial: bool = False) -> pa.Table | None:
    """Return the rows of a folder of parts, also while a sweep merges them; None when there are none.

    Parameters
    ----------
    folder : Path
    partial : bool
        Leave out what is damaged.

    Raises
    ------
    Damaged
        When a file is not what its name says, unless ``partial``.
    """
    for _ in range(LOOKS):
        try:
            tables = [_sound_table(path, partial) for path in sorted(folder.glob("*.parquet"))]
        except FileNotFoundError:  # merged into another since it was listed
            continue
        found = [table for table in tables if table is not None]
        try:
            return pa.concat_tables(found) if found else None
        except pa.ArrowException:
            raise Damaged(f"{folder}: its files have different columns, some are of another study") from None
    raise Damaged(f"{folder}: its files change too fast to be read")


def _sound_table(path: Path, partial: bool) -> pa.Table | None:
    content, part = path.read_bytes(), ParquetPart.parse(path.name)
    if part is not None and _hash(content) == part.hash:
        with suppress(pa.ArrowException):
            return pq.read_table(BytesIO(content))
    if partial:
        return None
    raise Damaged(f"{path}: is damaged, was edited, or was written by something else")


class ParquetFolder:
    """The parts of one kind of table.

    Parameters
    ----------
    folder : Path
        Made when the first part is written.
    aside : Path
        Where damaged parts go.
    """

    def __init__(self, folder: Path, aside: Path) -> None:
        self.folder, self.aside = folder, aside
        self._parts: list[ParquetPart] = []
        self._next = 0

    def open(self, warn: Callable[[str], None]) -> None:
        """Take stock: drop what was never finished, set aside what is damaged."""
        self._parts = []
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            part = ParquetPart.parse(path.name)
            if path.name.endswith(UNFINISHED):
                path.unlink()
            elif part is None or not _is_sound(path, part):
                self._set_aside(path)
                warn(f"{path} is damaged: set aside in {self.aside}, its runs are done again")
            else:
                self._parts.append(part)
                self._next = max(self._next, part.number + 1)

    def _set_aside(self, path: Path) -> None:
        self.aside.mkdir(exist_ok=True)
        target = self.aside / path.name
        os.replace(path, target.with_name(f"{target.stem}-{os.urandom(3).hex()}{target.suffix}"))

    def write(self, table: pa.Table) -> None:
        """Add a part, and merge the small ones when there are many."""
        self._add(table)
        small = [part for part in self._parts if part.rows < LARGEST_ROWS]
        if len(small) >= MANY:
            self._merge(small)

    def merge(self) -> None:
        """Merge all small parts."""
        small = [part for part in self._parts if part.rows < LARGEST_ROWS]
        if len(small) > 1:
            self._merge(small)

    def _add(self, table: pa.Table) -> None:
        buffer = BytesIO()
        pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
        content = buffer.getvalue()
        part = ParquetPart(self._next, table.num_rows, _hash(content))
        write_whole(self.folder / part.name, content)
        self._parts.append(part)
        self._next += 1

    def _merge(self, some: list[ParquetPart]) -> None:
        """Put parts together; a crash in between leaves doubles, which `keep` drops when the folder is opened."""
        group: list[ParquetPart] = []
        for part in some:
            group.append(part)
            if sum(one.rows for one in group) >= LARGEST_ROWS or part is some[-1]:
                if len(group) > 1:
                    self._add(pa.concat_tables([self._read(one) for one in group]))
                    self._remove(group)
                group = []

    def _remove(self, some: Iterable[ParquetPart]) -> None:
        for part in some:
            (self.folder / part.name).unlink()
            self._parts.remove(part)

    def _read(self, part: ParquetPart, columns: list[str] | None = None) -> pa.Table:
        return pq.read_table(self.folder / part.name, columns=columns, page_checksum_verification=True)

    def tables(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield the parts' tables."""
        for part in list(self._parts):
            yield self._read(part, columns)

    def keep(self, wanted: Callable[[pa.Table], pa.Array | pa.ChunkedArray], columns: list[str]) -> None:
        """Drop rows that are not wanted: parts that have some are written anew without them.

        Parameters
        ----------
        wanted : function
            Takes a part's columns, returns which rows stay.
        columns : list of str
            What it needs to see.
        """
        for part in list(self._parts):
            mask = wanted(self._read(part, columns))
            if pc.all(mask).as_py() is not False:
                continue
            rest = self._read(part).filter(mask)
            if rest.num_rows:
                self._add(rest)
            self._remove([part])

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(part.rows for part in self._parts)

    @property
    def bytes(self) -> int:
        """How much room they take."""
        return sum((self.folder / part.name).stat().st_size for part in self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also when the machine stops.

    Raises
    ------
    OSError
        When there is no room; nothing is left of the attempt.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _hash(content: bytes) -> str:
    return blake2b(content, digest_size=10).hexdigest()


def _is_sound(path: Path, part: ParquetPart) -> bool:
    try:
        content = path.read_bytes()
        return _hash(content) == part.hash and pq.read_metadata(BytesIO(content)).num_rows == part.rows
    except (OSError, pa.ArrowException):
        return False
