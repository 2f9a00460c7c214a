"""Sweeps on many machines, through Dask distributed."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from revorg.experiments.runs.executors import GivenExecutor, RunExecutor
from revorg.simulation.errors import BadInput

PATIENCE_SECONDS = 10
GOODBYE_SECONDS = 1


@contextmanager
def connected(address: str, tls: Path | None = None) -> Iterator[RunExecutor]:
    """Connect to a Dask scheduler; its workers carry out chunks while the context is open.

    Parameters
    ----------
    address : str
        As ``tcp://host:8786`` or ``tls://host:8786``.
    tls : Path, optional
        A PEM file of the key and the certificate that scheduler, workers and this process share.

    Raises
    ------
    BadInput
        When Dask is not installed, the PEM file is not sound, or nobody answers there.

    Notes
    -----
    Dask sends objects as pickles: whoever can speak as the scheduler can run code here and on every worker.
    """
    try:
        from distributed import Client
    except ImportError:
        raise BadInput("--cluster needs Dask: pip install 'revorg[cluster]'") from None
    secured = {} if tls is None else {"security": _security(tls)}
    if tls is None and address.startswith("tls://"):
        raise BadInput(f"--cluster {address}: needs --cluster-tls FILE, a PEM file of key and certificate")
    try:
        client = Client(address, timeout=PATIENCE_SECONDS, set_as_default=False, **secured)
    except (OSError, ValueError) as fault:
        raise BadInput(f"--cluster {address}: no Dask scheduler answers there ({fault})") from None
    try:
        threads = sum(client.nthreads().values())
        yield GivenExecutor(client.get_executor(), slots=2 * max(threads, 1))
    finally:
        client.close(timeout=GOODBYE_SECONDS)


def _security(tls: Path) -> Any:
    """Return Dask's settings by which both sides show the certificate of one file, and trust no other."""
    from distributed.security import Security

    try:
        ssl.create_default_context(cafile=tls).load_cert_chain(tls)
    except OSError as fault:
        raise BadInput(f"--cluster-tls {tls}: cannot be read as a PEM file of key and certificate ({fault})") from None
    file = str(tls)
    return Security(require_encryption=True, tls_ca_file=file, tls_client_cert=file, tls_client_key=file)
