"""The model of a revenue organization: chance, tables, submodels, people and the weekly step.

Names are loaded when they are first asked for, so that reading a scenario's errors does not load the compiler.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from simulation.errors import BadInput

if TYPE_CHECKING:
    from simulation.model import RevenueOrganization
    from simulation.people import Customer, Executive, SalesRep

__all__ = ["BadInput", "Customer", "Executive", "RevenueOrganization", "SalesRep"]

_HOMES = {"RevenueOrganization": "model", "Customer": "people", "Executive": "people", "SalesRep": "people"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
