"""The examples in the docstrings of experiments hold."""

import doctest
from importlib import import_module
from importlib.resources import files

import pytest

MODULES = sorted(path.name.removesuffix(".py") for path in files("experiments").iterdir() if path.name.endswith(".py"))


@pytest.mark.parametrize("module", MODULES)
def test_examples_hold(module: str) -> None:
    """Every line after >>> gives what stands below it."""
    name = "experiments" if module == "__init__" else f"experiments.{module}"
    assert doctest.testmod(import_module(name)).failed == 0
