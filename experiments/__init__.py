"""Experiments on simulated revenue organizations: claims, their runs, their verdicts, their report.

``assess`` is imported when it is first asked for, so that ``revorg --help`` does not wait for NumPy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.assessment import assess as assess

__all__ = ["assess"]


def __getattr__(name: str) -> Any:
    """Import a public verb on first use (PEP 562)."""
    if name == "assess":
        from experiments.assessment import assess

        return assess
    raise AttributeError(f"module 'experiments' has no attribute {name!r}")
