"""The examples in the docstrings of every package hold."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import revorg

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(revorg.__path__, "revorg.")
    if not module.name.startswith("revorg.simulation")  # whose rules are tried in plain Python, by test_rules
)


@pytest.mark.parametrize("module", MODULES)
def test_examples_hold(module: str) -> None:
    """Every line after >>> gives what stands below it."""
    assert doctest.testmod(import_module(module)).failed == 0
