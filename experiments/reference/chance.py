"""Chance and scalar rules as plain Python.

Agents draw through one object. `PairedDraws` gives them the draws of the tables, by a twin of the generator with whole
numbers of any length, cut to 64 bits by hand. `MesaDraws` gives them the next number of Mesa's own generator, as a
tutorial would: the same model, equal in distribution.
"""

import math
from collections.abc import Callable
from random import Random
from types import FunctionType, SimpleNamespace
from typing import Any, Protocol, TypeVar, cast

from revorg.simulation import chance
from revorg.simulation.submodels import (
    alignment,
    customers,
    deals,
    decisions,
    demand,
    desks,
    finance,
    leadership,
    market,
    matters,
    operations,
    reps,
    rules,
    staffing,
    strategy,
)

Rule = TypeVar("Rule", bound=Callable[..., Any])

_twins: dict[Any, Any] = {}


def plain(rule: Rule) -> Rule:
    """Return a compiled rule as the Python function it was, with all rules that it calls plain too."""
    if rule not in _twins:
        written = cast(Any, rule).py_func
        names = dict(written.__globals__)
        twin = _twins[rule] = FunctionType(written.__code__, names, written.__name__, written.__defaults__)
        twin.__doc__ = written.__doc__
        for name in written.__code__.co_names:
            if hasattr(names.get(name), "py_func"):
                names[name] = plain(names[name])
    return cast(Rule, _twins[rule])


SUBMODELS = (
    alignment, customers, deals, decisions, demand, desks, finance, leadership, market, matters, operations, reps,
    rules, staffing, strategy,
)  # fmt: skip
rule = SimpleNamespace(
    **{
        name: plain(function)
        for submodel in SUBMODELS
        for name, function in vars(submodel).items()
        if hasattr(function, "py_func") and not name.startswith("_")
    }
)
"""The scalar rules of all submodels by name."""

BITS_64 = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15

normal_quantile = plain(chance.normal_quantile)


def scrambled(x: int) -> int:
    """Scramble 64 bits by splitmix64's finalizer."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & BITS_64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & BITS_64
    return x ^ (x >> 31)


def stream(seed: int, purpose: int, week: int) -> int:
    """Return the key of all draws for one purpose in one week (or attempt)."""
    key = scrambled((seed * GOLDEN + purpose) & BITS_64)
    return scrambled((key + week * 0xD1342543DE82EF95) & BITS_64)


def uniform(key: int, entity: int) -> float:
    """Return a uniform draw, strictly between 0 and 1."""
    bits = scrambled(scrambled((key + entity * GOLDEN) & BITS_64))
    return ((bits >> 12) + 0.5) / 2.0**52


def exponential(key: int, entity: int) -> float:
    """Return an exponential draw with mean 1."""
    return -math.log(uniform(key, entity))


def normal(key: int, entity: int) -> float:
    """Return a standard normal draw."""
    return normal_quantile(uniform(key, entity))


class Draws(Protocol):
    """Where agents take chance from: by purpose, by week or attempt, and by who draws."""

    def __init__(self, seed: int, random: Random) -> None: ...

    def uniform(self, purpose: int, time: int, entity: int) -> float:
        """Return a uniform draw between 0 and 1."""

    def exponential(self, purpose: int, time: int, entity: int) -> float:
        """Return an exponential draw with mean 1."""

    def normal(self, purpose: int, time: int, entity: int) -> float:
        """Return a standard normal draw."""


class PairedDraws:
    """The draws of the tables."""

    def __init__(self, seed: int, random: Random) -> None:
        self.seed = seed

    def uniform(self, purpose: int, time: int, entity: int) -> float:
        """Return a uniform draw."""
        return uniform(stream(self.seed, purpose, time), entity)

    def exponential(self, purpose: int, time: int, entity: int) -> float:
        """Return an exponential draw with mean 1."""
        return exponential(stream(self.seed, purpose, time), entity)

    def normal(self, purpose: int, time: int, entity: int) -> float:
        """Return a standard normal draw."""
        return normal(stream(self.seed, purpose, time), entity)


class MesaDraws:
    """The model's `random`, one number after the other, whoever asks."""

    def __init__(self, seed: int, random: Random) -> None:
        self.random = random.random
        self.gauss, self.expovariate = random.gauss, random.expovariate

    def uniform(self, purpose: int, time: int, entity: int) -> float:
        """Return a uniform draw."""
        return self.random()

    def exponential(self, purpose: int, time: int, entity: int) -> float:
        """Return an exponential draw with mean 1."""
        return self.expovariate(1.0)

    def normal(self, purpose: int, time: int, entity: int) -> float:
        """Return a standard normal draw."""
        return self.gauss(0.0, 1.0)
