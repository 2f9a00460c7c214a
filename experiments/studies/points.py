"""The points of a study: every combination of what is listed, given and drawn, each value checked beforehand."""

import json
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from hashlib import blake2b
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from revorg.experiments.studies.matrix import read_matrix
from revorg.experiments.studies.sampling import sample_points, sample_size
from revorg.experiments.studies.study import GIVEN, MOST_POINTS, PLAUSIBLE, Range, Study
from revorg.simulation.errors import MOST_TOLD, BadInput, few, near_miss, shown
from revorg.simulation.parameters.ranges import Parameter, is_number
from revorg.simulation.scenario import Scenario, leaves

DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
NOT_TRIED = "was not tried, since ten others are wrong"


@dataclass(frozen=True)
class PointColumn:
    """A place in a scenario that points set, and what may stand there.

    Attributes
    ----------
    path : str
    scenario : Scenario
        The one whose other values stay.
    """

    path: str
    scenario: Scenario

    @cached_property
    def parameter(self) -> Parameter | None:
        """What is known of it; None when it is no number."""
        return next((found for found in self.scenario.parameters() if found.path == self.path), None)

    @cached_property
    def is_whole(self) -> bool:
        """Whether it takes nothing but whole numbers."""
        known = self.parameter
        return known is not None and bool(_fault(self.scenario, self.path, (known.low + known.high) / 2 + 1 / 3))

    @property
    def plausible(self) -> Range:
        """The range that sweeps draw from."""
        if self.parameter is None or self.parameter.plausible is None:
            raise BadInput(f'{self.path} = "plausible": it has no plausible range; give {{low = …, high = …}}')
        low, high = self.parameter.plausible
        return Range(low=float(low), high=float(high))

    def faults(self, values: Sequence[Any]) -> list[tuple[int, str]]:
        """Return the rows whose values cannot stand here, and why."""
        known = self.parameter
        if known is None:
            return self._text_faults([_plain(value) for value in values])
        allowed = f"{known.low:.15g}..{known.high:.15g} ({known.unit})"
        return [
            (row, f"{shown(_plain(value))} {fault} {allowed}")
            for row, value in enumerate(values)
            if (fault := self._number_fault(_plain(value), known))
        ]

    def _text_faults(self, values: Sequence[Any]) -> list[tuple[int, str]]:
        """Try every different value in the scenario, which takes a while: after ten that fail it is enough."""
        told: dict[Any, str] = {}
        for value in dict.fromkeys(values):
            if sum(map(bool, told.values())) == MOST_TOLD:
                break
            told[value] = _fault(self.scenario, self.path, value)
        return [(row, fault) for row, value in enumerate(values) if (fault := told.get(value, NOT_TRIED))]

    def _number_fault(self, value: Any, known: Parameter) -> str:
        if not is_number(value):
            has_comma = isinstance(value, str) and DECIMAL_COMMA.fullmatch(value)
            return "has a comma where a number has a point; allowed" if has_comma else "is not a finite number; allowed"
        if self.is_whole and value != int(value):
            return "is not a whole number; allowed"
        return "" if known.low <= value <= known.high else "is outside"

    def settled(self, values: pd.Series) -> pd.Series:
        """Return values in the type that the scenario has: whole numbers whole, others as floats."""
        if self.parameter is None:
            return values
        return values.astype(float).round().astype(np.int64) if self.is_whole else values.astype(float)


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, Hashable) else tuple(plain)


def _fault(scenario: Scenario, path: str, value: Any) -> str:
    try:
        scenario.changed({path: value})
    except BadInput as fault:
        return str(fault)
    return ""


def points_of(study: Study, scenario: Scenario) -> pd.DataFrame:
    """Return the points, one row each, no row twice; columns are dotted paths, uncertainties first.

    Raises
    ------
    BadInput
        When a path or a value is wrong; for listed points and a matrix with row and column.
    """
    _know_paths(study, scenario)
    ranges = ranges_of(study, scenario)
    _refuse_too_many(study, len(ranges))
    given = _given(study, scenario)
    frames = [given] if len(given.columns) else []
    frames += [_listed(study, scenario)]
    if ranges and study.sampling:
        frames.append(_drawn_points(study, scenario))
    crossed = reduce(lambda one, other: one.merge(other, how="cross"), frames)
    uncertain = [path for path in crossed.columns if path not in study.levers]
    return crossed[uncertain + [path for path in study.levers if path in crossed.columns]].drop_duplicates(
        ignore_index=True
    )


def points_hash(points: pd.DataFrame) -> bytes:
    """Return a hash of points, which depends on their paths and values and on no version of any library.

    >>> points_hash(pd.DataFrame({"a.b": [1, 2]})) == points_hash(pd.DataFrame({"a.b": [1.0, 2.0]}))
    False
    """
    digest = blake2b(digest_size=16)
    digest.update(f"{len(points)}".encode())
    for path in points.columns:
        digest.update(json.dumps([str(path), *points[path].tolist()]).encode())
    return digest.digest()


def _refuse_too_many(study: Study, ranges: int, given: int = 1) -> None:
    """Count the points before any is built."""
    drawn = sample_size(study.sampling, ranges) if study.sampling else 1
    count = given * drawn * prod(len(values) for values in study.varied.values() if isinstance(values, tuple))
    if count > MOST_POINTS:
        raise BadInput(
            f"{count:,} points, every combination counted, are more than {MOST_POINTS:,}; "
            "list fewer values, or give ranges and draw from them"
        )


def _know_paths(study: Study, scenario: Scenario) -> None:
    """Refuse paths that lead nowhere, or to something else than one value."""
    known = dict(leaves(scenario.as_tables()))
    for path in study.varied:
        if path not in known:
            raise BadInput(f"[{_table(study, path)}] {path}: unknown{near_miss(path, known)}")
        if isinstance(known[path], list | tuple | dict):
            raise BadInput(f"[{_table(study, path)}] {path}: is more than one value; make designs of its variants")


def sample_of(study: Study, scenario: Scenario) -> pd.DataFrame:
    """Return the points that were drawn, as the runs had them, in the order of drawing, doubles included."""
    return _drawn_points(study, scenario)


def ranges_of(study: Study, scenario: Scenario) -> dict[str, Range]:
    """Return the ranges that points are drawn from, by dotted path."""
    ranges = {}
    for path, value in study.varied.items():
        if isinstance(value, Range) or value == PLAUSIBLE:
            place = PointColumn(path, scenario)
            ranges[path] = place.plausible if value == PLAUSIBLE else value
            _check(place, [ranges[path].low, ranges[path].high], f"[{_table(study, path)}] {path}: ")
    return ranges


def _table(study: Study, path: str) -> str:
    return "uncertainties" if path in study.uncertainties else "levers"


def _check(place: PointColumn, values: Sequence[Any], told: str) -> None:
    """Refuse values that cannot stand at a place; an end of a range may lie between whole numbers."""
    if place.is_whole:
        values = [round(value) if isinstance(value, float) else value for value in values]
    for _, fault in place.faults(values):
        raise BadInput(f"{told}{fault}")


def _drawn_points(study: Study, scenario: Scenario) -> pd.DataFrame:
    if study.sampling is None:
        raise BadInput("no points were drawn in this study: it has no [sampling]")
    frame = sample_points(ranges_of(study, scenario), study.sampling)
    return _settled(frame, scenario)


def _settled(frame: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    paths = [str(path) for path in frame.columns]
    return pd.DataFrame({path: PointColumn(path, scenario).settled(frame[path]) for path in paths})


def _listed(study: Study, scenario: Scenario) -> pd.DataFrame:
    """Return every combination of listed values; one row without columns when nothing is listed."""
    lists = {path: value for path, value in study.varied.items() if isinstance(value, tuple)}
    for path, values in lists.items():
        faults = PointColumn(path, scenario).faults(values)
        if faults:
            raise BadInput(few([f"[{_table(study, path)}] {path}: {fault}" for _, fault in faults]))
    frame = pd.DataFrame(list(product(*lists.values())), columns=list(lists))
    return _settled(frame, scenario) if lists else pd.DataFrame(index=[0])


def _given(study: Study, scenario: Scenario) -> pd.DataFrame:
    """Return the points of a matrix or a list, checked cell by cell."""
    if not (study.points or study.matrix):
        return pd.DataFrame()
    label = str(study.matrix) if study.matrix else "[[points]]"
    if study.matrix:
        frame = read_matrix(Path(study.matrix))
        _know_columns(study, scenario, [str(column) for column in frame.columns], label)
    else:
        # Columns first: points of thousands of unknown names would make a table of millions of cells.
        _know_columns(study, scenario, list(dict.fromkeys(path for point in study.points for path in point)), label)
        frame = pd.DataFrame(list(study.points))
    if frame.empty:
        raise BadInput(f"{label}: there are no points in it")
    paths = [str(path) for path in frame.columns]
    told = [fault for path in paths for fault in _cell_faults(frame[path], PointColumn(path, scenario), label)]
    if told:
        raise BadInput(few(told))
    _refuse_too_many(study, len(ranges_of(study, scenario)), len(frame))
    return _settled(frame, scenario)


def _know_columns(study: Study, scenario: Scenario, columns: Sequence[str], label: str) -> None:
    known = [path for path, _ in leaves(scenario.as_tables())]
    for column in columns:
        if column not in known:
            raise BadInput(f"{label}: column {column}: unknown{near_miss(column, known)}")
        if study.varied.get(column, GIVEN) != GIVEN:
            raise BadInput(f"{label}: column {column}: varies in [{_table(study, column)}] too; say it once")
    missing = [path for path, value in study.varied.items() if value == GIVEN and path not in columns]
    if missing:
        raise BadInput(f"{label}: there is no column {missing[0]}{near_miss(missing[0], columns)}")


def _cell_faults(column: pd.Series, place: PointColumn, label: str) -> list[str]:
    where = f"{label} row {{}}, column {place.path}: {{}}"
    empty = column.isna().to_numpy()
    faults = [where.format(row + 1, "missing") for row in np.flatnonzero(empty)]
    rows = np.flatnonzero(~empty)
    return faults + [where.format(rows[row] + 1, fault) for row, fault in place.faults(column.iloc[rows].tolist())]
