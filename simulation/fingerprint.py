"""Which version of the model a result belongs to."""

from functools import cache


@cache
def fingerprint() -> str:
    """Return a hash of the model's syntax trees without docstrings, and of the numba and numpy versions.

    Two results with one fingerprint came from the same rules; comments and documentation do not count.
    """
    from revorg.simulation.compiling import SOURCE_HASH

    return SOURCE_HASH
