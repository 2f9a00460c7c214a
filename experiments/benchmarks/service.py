"""The week of service, the longest loop over accounts, against the same in whole columns."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from revorg.experiments.benchmarks.opponents import midway
from revorg.experiments.benchmarks.timing import Blocks, in_turns, seconds
from revorg.experiments.reference.arrays import Service
from revorg.simulation.codes import Column
from revorg.simulation.compiling import alone
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import Now
from revorg.simulation.state import columns_of, copied
from revorg.simulation.submodels import customers

TOLERANCE = 1e-9


class Loop:
    """The step as the model lives it, called from Python."""

    def __init__(self, *tables: Any) -> None:
        self.tables = tables

    def live(self) -> None:
        """Go through the week."""
        alone(customers.serve)(*self.tables)

    def leave(self) -> None:
        """Leave the tables as they are."""


class Step:
    """One week of service of one firm, lived again and again from the same state in one form."""

    def __init__(self, start: RevenueOrganization, form: Callable[..., Any], repeats: int) -> None:
        self.start, self.form, self.repeats = start, form, repeats
        self.left: list[Any] = []

    def __call__(self) -> float:
        """Return the seconds of one week; the tables that it left are kept."""
        tables = [self._tables() for _ in range(self.repeats)]
        weeks = [self.form(*each) for each in tables]
        found = seconds(lambda: [week.live() for week in weeks], perf_counter) / self.repeats
        weeks[-1].leave()
        self.left = tables[-1]
        return found

    def _tables(self) -> list[Any]:
        start = self.start
        tables = [copied(table) for table in (start.accounts, start.fronts, start.firm, start.decisions)]
        now = Now(start.seed, start.week, start.week + start.warm_up_weeks)
        return [*tables, np.zeros(start.record.shape[1]), start.numbers, start.held, now]


def _columns(found: Any) -> dict[str, Column]:
    """Return what a step left: a record, or the columns of a table by name."""
    return columns_of(found) if isinstance(found, tuple) else {"record": found}


def unequal(one: Step, other: Step) -> set[str]:
    """Name the columns that two forms of the step left different by more than 1e-9."""
    names = set()
    for mine, theirs in zip(one.left[:5], other.left[:5], strict=True):
        for name, column in _columns(mine).items():
            if not np.allclose(column, _columns(theirs)[name], rtol=TOLERANCE, atol=TOLERANCE):
                names.add(name)
    return names


def forms() -> dict[str, Callable[..., Any]]:
    """Return the forms of the step: compiled, and in NumPy."""
    return {"loop": Loop, "NumPy": Service}


def compare(world: str, accounts: int, blocks: int) -> dict[str, Blocks]:
    """Let all forms serve the same customers in turns; return the seconds of each.

    Raises
    ------
    RuntimeError
        If one of them leaves other columns than the loop.
    """
    start = midway(world, accounts)
    repeats = max(1, 100_000 // accounts)
    steps = {name: Step(start, form, repeats) for name, form in forms().items()}
    for step in steps.values():
        step()
    found = in_turns(steps, blocks)
    for name, step in steps.items():
        differing = unequal(steps["loop"], step)
        if differing:
            raise RuntimeError(f"the loop and {name} differ in {', '.join(sorted(differing))}")
    return found
