"""What the machine could do at best: the same bytes moved once, and the draws and functions that the rules need.

The bytes are those of all columns of the accounts, moved by a triad, a[i] = b[i] + s · c[i]. How often rules draw or
take an exponential, a logarithm or a power is counted: a fork of a model lives some weeks in which the steps over all
accounts, with their phases and rules, are plain Python that calls counting functions.
"""

import dis
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np

from revorg.experiments.benchmarks.submodels import ACCOUNT_STEPS, week_in_python
from revorg.experiments.benchmarks.timing import Blocks, in_turns, seconds
from revorg.simulation import model
from revorg.simulation.chance import normal_quantile, stream, uniform
from revorg.simulation.codes import Column
from revorg.simulation.compiling import alone, loop
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.state import Accounts

DRAW, NORMAL, EXP, LOG, POWER = "draws", "normals", "exponentials", "logarithms", "powers"
PRIMITIVES = {uniform: DRAW, normal_quantile: NORMAL}
SMALL = 4096  # numbers that stay in the fastest cache


@dataclass(frozen=True)
class Floor:
    """The least that a week of the steps over all accounts could take.

    Attributes
    ----------
    bytes_per_account : of all columns
    counts : per account and week, by what is done
    nanoseconds : what doing it once takes, by the same names
    triad : nanoseconds per account and week for moving the bytes
    """

    bytes_per_account: float
    counts: dict[str, float]
    nanoseconds: dict[str, Blocks]
    triad: Blocks

    @property
    def per_account_week(self) -> float:
        """Nanoseconds in all."""
        return self.triad.median + sum(self.counts[name] * self.nanoseconds[name].median for name in self.counts)


def bytes_per_account(accounts: Accounts) -> float:
    """Bytes of all columns, an account."""
    return float(sum(column.nbytes for column in accounts) / accounts.rows)


class _Counting:
    """Plain twins of compiled functions that count what they do."""

    def __init__(self) -> None:
        self.tally: Counter[str] = Counter()
        self._twins: dict[Any, Callable[..., Any]] = {}
        self.math = SimpleNamespace(
            **{**vars(math), "exp": self._counted(EXP, math.exp), "log": self._counted(LOG, math.log)}
        )

    def _counted(self, name: str, function: Callable[..., Any], times: int = 1) -> Callable[..., Any]:
        def counting(*arguments: Any) -> Any:
            self.tally[name] += times
            return function(*arguments)

        return counting

    def twin(self, compiled: Any) -> Callable[..., Any]:
        """Return the function as plain Python, with all that it calls."""
        if compiled not in self._twins:
            written = compiled.py_func
            if compiled in PRIMITIVES:
                self._twins[compiled] = self._counted(PRIMITIVES[compiled], compiled)
                return self._twins[compiled]
            names = {**written.__globals__, "math": self.math}
            twin = FunctionType(written.__code__, names, written.__name__, written.__defaults__)
            powers = sum(step.argrepr == "**" for step in dis.get_instructions(written))
            self._twins[compiled] = self._counted(POWER, twin, powers) if powers else twin
            for name in written.__code__.co_names:
                if hasattr(names.get(name), "py_func"):
                    names[name] = self.twin(names[name])
        return self._twins[compiled]


def counts(start: RevenueOrganization, weeks: int) -> dict[str, float]:
    """Count what the steps over all accounts draw and compute, per account and week."""
    fork, counting = start.fork(), _Counting()

    def form(label: str, step: Any) -> Callable[..., Any]:
        return counting.twin(step) if label in ACCOUNT_STEPS else alone(step)

    with patch.object(model, "live", week_in_python(form)), np.errstate(over="ignore"):
        fork.run(weeks)
    return {name: counting.tally[name] / weeks / fork.accounts.rows for name in (DRAW, NORMAL, EXP, LOG, POWER)}


@loop
def _triad(a: Column, b: Column, c: Column) -> None:
    for i in range(a.shape[0]):
        a[i] = b[i] + 1.5 * c[i]


@loop
def _draws(a: Column, chances: Column, key: Any) -> None:
    for i in range(a.shape[0]):
        a[i] = uniform(key, i)


@loop
def _normals(a: Column, chances: Column, key: Any) -> None:
    for i in range(a.shape[0]):
        a[i] = normal_quantile(chances[i])


@loop
def _exponentials(a: Column, chances: Column, key: Any) -> None:
    for i in range(a.shape[0]):
        a[i] = math.exp(chances[i])


@loop
def _logarithms(a: Column, chances: Column, key: Any) -> None:
    for i in range(a.shape[0]):
        a[i] = math.log(chances[i])


@loop
def _powers(a: Column, chances: Column, key: Any) -> None:
    for i in range(a.shape[0]):
        a[i] = chances[i] ** 0.3


LOOPS = {DRAW: _draws, NORMAL: _normals, EXP: _exponentials, LOG: _logarithms, POWER: _powers}


def _nanoseconds(work: Callable[[], object], repeats: int, things: float) -> Callable[[], float]:
    """Return a measurement of the nanoseconds that a thing takes when so many are done so many times."""
    work()
    return lambda: 1e9 * seconds(lambda: [work() for _ in range(repeats)]) / repeats / things


def measure_floor(start: RevenueOrganization, blocks: int, weeks: int = 4) -> Floor:
    """Measure the floor for a market as large as a model's, with counts from a small one of the same world."""
    accounts, size = start.accounts.rows, bytes_per_account(start.accounts)
    a, b, c = (np.ones(int(accounts * size / 24.0)) for _ in range(3))
    key = np.uint64(stream(1, 1, 1))
    chances = np.random.default_rng(1).random(SMALL)
    works = {
        name: _nanoseconds(lambda one=one: one(a[:SMALL], chances, key), 20, min(SMALL, len(a)))  # type: ignore[misc]
        for name, one in LOOPS.items()
    }
    works["triad"] = _nanoseconds(lambda: _triad(a, b, c), max(2, 2_000_000 // accounts), accounts)
    found = in_turns(works, blocks)
    triad = found.pop("triad")
    return Floor(size, counts(start, weeks), found, triad)
