"""Small worlds and warmed-up models that several tests start from."""

from functools import cache
from typing import Any

import numpy as np

from revorg.scenarios.loading import load
from revorg.simulation.chance import stream
from revorg.simulation.model import TABLES, RevenueOrganization
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Columns, columns_of

CORE = ("simple-single", "simple-multi", "complex-single", "complex-multi")
SMALL = 600
"""Accounts of a small world."""


@cache
def small(name: str = "complex-multi", accounts: int = SMALL, weeks: int = 208) -> Scenario:
    """Return a core world with few accounts."""
    return load(name).changed({"market.accounts": accounts, "run.weeks": weeks})


def beyond(scenario: Scenario, **tables: dict[str, Any]) -> Scenario:
    """Return a copy with values that no scenario file may have, to isolate a submodel for theory."""
    update = {name: getattr(scenario, name).model_copy(update=values) for name, values in tables.items()}
    return scenario.model_copy(update=update)


@cache
def _warmed(name: str, seed: int, accounts: int) -> RevenueOrganization:
    return RevenueOrganization(small(name, accounts), seed)


def warmed(name: str = "complex-multi", seed: int = 1, accounts: int = SMALL) -> RevenueOrganization:
    """Return a neutral model in week 0; the caller's own, though the warm-up is run once."""
    return _warmed(name, seed, accounts).fork()


def key(seed: int, purpose: int, week: int) -> np.uint64:
    """Return the key of a stream of draws as the compiled loops hold it, in 64 bits without a sign."""
    return np.uint64(stream(seed, purpose, week))


def differing(one: Columns, other: Columns) -> set[str]:
    """Return the columns in which two tables are not equal bit for bit."""
    others = columns_of(other)
    return {name for name, column in columns_of(one).items() if column.tobytes() != others[name].tobytes()}


def differences(one: RevenueOrganization, other: RevenueOrganization) -> set[str]:
    """Return the columns of all tables, and of the weekly record, in which two models are not equal bit for bit."""
    found = {f"{name}.{column}" for name in TABLES for column in differing(getattr(one, name), getattr(other, name))}
    mine, theirs = one.weekly, other.weekly
    if len(mine) != len(theirs):
        return found | {"weeks"}
    unequal = np.any(mine.to_numpy().view(np.int64) != theirs.to_numpy().view(np.int64), axis=0)
    return found | set(mine.columns[unequal])
