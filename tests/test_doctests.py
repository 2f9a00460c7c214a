"""The examples in the docstrings of every package hold."""

import doctest
import pkgutil
from importlib import import_module

import pytest

from revorg import experiments, scenarios

PACKAGES = (experiments, scenarios)  # the rules of the simulation are tried in plain Python, by test_rules
BELOW = [module.name for one in PACKAGES for module in pkgutil.walk_packages(one.__path__, f"{one.__name__}.")]
MODULES = ["revorg", *(package.__name__ for package in PACKAGES), *sorted(BELOW)]


@pytest.mark.parametrize("module", MODULES)
def test_examples_hold(module: str) -> None:
    """Every line after >>> gives what stands below it."""
    assert doctest.testmod(import_module(module)).failed == 0


def test_there_are_examples() -> None:
    """The test above has something to hold on to."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    shown = [name for name in MODULES if any(test.examples for test in finder.find(import_module(name)))]
    assert len(shown) >= 10
