"""Experiments on simulated revenue organizations: claims, studies, their runs, their verdicts, their report.

Names are loaded when they are first asked for, so that ``revorg --help`` does not wait for NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.assessment import assess as assess
    from experiments.study import Study as Study
    from experiments.sweeping import sweep as sweep
    from experiments.tables_of_runs import sensitivity as sensitivity
    from experiments.tables_of_runs import table_of as table_of
    from experiments.tables_of_runs import to_ema as to_ema

__all__ = ["Study", "assess", "sensitivity", "sweep", "table_of", "to_ema"]

_HOMES = {
    "Study": "study",
    "assess": "assessment",
    "sensitivity": "tables_of_runs",
    "sweep": "sweeping",
    "table_of": "tables_of_runs",
    "to_ema": "tables_of_runs",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'experiments' has no attribute {name!r}")
    return getattr(import_module(f"experiments.{_HOMES[name]}"), name)
