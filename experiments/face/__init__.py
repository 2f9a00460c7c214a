"""revorg: a laboratory in which revenue organizations are simulated agent by agent.

Everything that a notebook needs; each name is loaded when it is first asked for, so that ``revorg --help`` waits for
neither NumPy nor the compiler.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from revorg.experiments.claims.verdict_table import assess as assess
    from revorg.experiments.studies.results import table_of as table_of
    from revorg.experiments.studies.results import to_ema as to_ema
    from revorg.experiments.studies.sensitivity import sensitivity as sensitivity
    from revorg.experiments.studies.study import Study as Study
    from revorg.experiments.studies.sweeps import sweep as sweep
    from revorg.scenarios.loading import load as load
    from revorg.scenarios.model import RevenueOrganization as RevenueOrganization
    from revorg.simulation.errors import BadInput as BadInput
    from revorg.simulation.people import Customer as Customer
    from revorg.simulation.people import Deal as Deal
    from revorg.simulation.people import Executive as Executive
    from revorg.simulation.people import SalesRep as SalesRep

_HOMES = {
    "BadInput": "simulation.errors",
    "Customer": "simulation.people",
    "Deal": "simulation.people",
    "Executive": "simulation.people",
    "RevenueOrganization": "scenarios.model",
    "SalesRep": "simulation.people",
    "Study": "experiments.studies.study",
    "assess": "experiments.claims.verdict_table",
    "load": "scenarios.loading",
    "sensitivity": "experiments.studies.sensitivity",
    "sweep": "experiments.studies.sweeps",
    "table_of": "experiments.studies.results",
    "to_ema": "experiments.studies.results",
}

__all__ = [
    "BadInput",
    "Customer",
    "Deal",
    "Executive",
    "RevenueOrganization",
    "SalesRep",
    "Study",
    "assess",
    "load",
    "sensitivity",
    "sweep",
    "table_of",
    "to_ema",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'revorg' has no attribute {name!r}; there are {', '.join(__all__)}")
    found = getattr(import_module(f"revorg.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
