"""From a study to its runs: every point, scenario, design and seed once, made one after another as they are needed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import product
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from revorg.experiments.runs.jobs import Arm, BaseScenario, Block
from revorg.experiments.runs.keys import moved, past_number, run_key, scenario_number
from revorg.experiments.studies.differences import OWN
from revorg.experiments.studies.points import points_hash, points_of
from revorg.experiments.studies.study import Study
from revorg.scenarios.loading import load
from revorg.simulation.errors import BadInput
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.scenario import DESIGNED, Scenario, leaves

LABELS = ("scenario", "design")
"""Columns of every table of runs, also where there is one scenario or one design."""
MOST_ARMS = 32
"""Runs that share one warm-up at most: a chunk should not grow beyond seconds."""


@dataclass(frozen=True)
class Pairing:
    """One scenario under one design: what points are laid over."""

    scenario_name: str
    design_name: str
    scenario: Scenario
    settings: Mapping[str, Any]

    @cached_property
    def number(self) -> int:
        """Stands for the scenario with the design in it."""
        return scenario_number(self.scenario)

    @cached_property
    def past(self) -> int:
        """Equal where a warm-up can be shared."""
        return past_number(self.scenario)

    @cached_property
    def values(self) -> dict[str, Any]:
        """Every value by its dotted path."""
        return dict(leaves(self.scenario.as_tables()))


@dataclass(frozen=True)
class Plan:
    """All runs of a study.

    Attributes
    ----------
    study : Study
    bases : tuple of (name, Scenario)
        The scenarios with everything set that holds in every run.
    pairings : tuple of Pairing
        Every scenario under every design.
    points : DataFrame
        One row a point; no columns when nothing varies.
    executives : str
        Hash of the user's own classes.
    """

    study: Study
    bases: tuple[tuple[str, Scenario], ...]
    pairings: tuple[Pairing, ...]
    points: pd.DataFrame
    executives: str = ""

    @classmethod
    def of(cls, study: Study, executives: str = "") -> Self:
        """Plan a study.

        Raises
        ------
        BadInput
            When a scenario, design, path or value is wrong, before anything is run.
        """
        bases = tuple((name, load(name).changed(study.set)) for name in study.scenarios)
        points = points_of(study, bases[0][1])
        pairings = tuple(_pairings(study, bases, [str(path) for path in points.columns]))
        return cls(study, bases, pairings, points, executives)

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self.points) * len(self.pairings) * len(self.study.seeds)

    @property
    def paths(self) -> list[str]:
        """Dotted paths that vary, in the order of the points' columns."""
        return [str(path) for path in self.points.columns]

    @property
    def columns(self) -> list[str]:
        """The scenario, the design and every varied column of the table of runs."""
        return [*LABELS, *self.paths]

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that is asked: two studies with one fingerprint have the same runs and outcomes."""
        digest = sha256(f"{fingerprint()} {self.executives} {self.columns}".encode())
        for pairing in self.pairings:
            digest.update(f"{pairing.scenario_name} {pairing.design_name} {pairing.number:x}".encode())
        digest.update(points_hash(self.points))
        study = self.study
        digest.update(json.dumps([study.seeds, study.outcomes, study.kept_weekly]).encode())
        return digest.hexdigest()[:16]

    def units(self) -> Iterator[Block]:
        """Yield runs that share a warm-up together, in a fixed order."""
        base_of = {name: BaseScenario(scenario_number(scenario), scenario) for name, scenario in self.bases}
        for rows in self._rows_with_one_past():
            points = [self._point(row) for row in rows]
            for group in self._pairings_with_one_past:
                runs = [self._described(pairing, point) for point in points for pairing in group]
                base = base_of[group[0].scenario_name]
                for seed, first in product(self.study.seeds, range(0, len(runs), MOST_ARMS)):
                    some = runs[first : first + MOST_ARMS]
                    arms = tuple(Arm(run_key(n, seed, self.executives), text, told) for n, text, told in some)
                    yield Block(base, seed, arms)

    def _point(self, row: int) -> dict[str, Any]:
        """Return one point as plain values."""
        values = ((path, column[row]) for path, column in self._cells.items())
        return {path: value.item() if isinstance(value, np.generic) else value for path, value in values}

    @cached_property
    def _cells(self) -> dict[str, NDArray[Any]]:
        return {path: self.points[path].to_numpy() for path in self.paths}

    def _described(self, pairing: Pairing, point: Mapping[str, Any]) -> tuple[int, str, tuple[object, ...]]:
        """Return the number of a scenario at a point, its settings as text, and its varied columns."""
        number = pairing.number
        for path, value in point.items():
            number = moved(number, path, pairing.values[path], value)
        told = (pairing.scenario_name, pairing.design_name, *point.values())
        return number, json.dumps({**pairing.settings, **point}), told

    def _rows_with_one_past(self) -> Iterator[list[int]]:
        """Yield rows of points that differ only in what a fork can change."""
        early = [path for path in self.points.columns if path.split(".")[0] not in DESIGNED and path != "run.weeks"]
        if len(early) == len(self.points.columns):
            yield from ([row] for row in range(len(self.points)))
            return
        group = self.points.groupby(early, sort=False).ngroup().to_numpy() if early else np.zeros(len(self.points))
        order = np.argsort(group, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
            yield rows.tolist()

    @cached_property
    def _pairings_with_one_past(self) -> list[list[Pairing]]:
        groups: dict[tuple[str, int], list[Pairing]] = {}
        for pairing in self.pairings:
            groups.setdefault((pairing.scenario_name, pairing.past), []).append(pairing)
        return list(groups.values())


def _pairings(study: Study, bases: tuple[tuple[str, Scenario], ...], paths: list[str]) -> Iterator[Pairing]:
    """Yield every scenario under every design; refuse two that are the same."""
    designs: dict[str, Mapping[str, Any]] = {design.name: design.settings for design in study.designs} or {OWN: {}}
    for name, scenario in bases:
        seen: dict[int, str] = {}
        for design, settings in designs.items():
            twice = [path for path in paths if any(_overlap(path, other) for other in settings)]
            if twice:
                raise BadInput(f"design {design}: sets {twice[0]}, which varies; say it once")
            pairing = Pairing(name, design, _designed(name, scenario, design, settings), {**study.set, **settings})
            if pairing.number in seen:
                raise BadInput(f"designs {seen[pairing.number]} and {design} are the same in {name}")
            seen[pairing.number] = design
            yield pairing


def _designed(name: str, scenario: Scenario, design: str, settings: Mapping[str, Any]) -> Scenario:
    try:
        return scenario.changed(settings)
    except BadInput as fault:
        raise BadInput(f"design {design} in {name}: {fault}") from None


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
