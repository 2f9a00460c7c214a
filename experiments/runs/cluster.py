"""Sweeps on many machines, through Dask distributed."""

from collections.abc import Iterator
from contextlib import contextmanager

from revorg.experiments.runs.executors import GivenExecutor, RunExecutor
from revorg.simulation.errors import BadInput

PATIENCE_SECONDS = 10
GOODBYE_SECONDS = 1


@contextmanager
def connected(address: str) -> Iterator[RunExecutor]:
    """Connect to a Dask scheduler; its workers carry out chunks while the context is open.

    Parameters
    ----------
    address : str
        As ``tcp://host:8786``.

    Raises
    ------
    BadInput
        When Dask is not installed, or nobody answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise BadInput("--cluster needs Dask: pip install 'revorg[cluster]'") from None
    try:
        client = Client(address, timeout=PATIENCE_SECONDS, set_as_default=False)
    except (OSError, ValueError) as fault:
        raise BadInput(f"--cluster {address}: no Dask scheduler answers there ({fault})") from None
    try:
        threads = sum(client.nthreads().values())
        yield GivenExecutor(client.get_executor(), slots=2 * max(threads, 1))
    finally:
        client.close(timeout=GOODBYE_SECONDS)
