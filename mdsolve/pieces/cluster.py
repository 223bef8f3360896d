"""Pieces on a dask cluster: the same interface as processes of this machine (extra `cluster`)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from mdsolve.errors import UsageError

CONNECT_SECONDS = 10
"""How long a scheduler may take to answer."""


@contextmanager
def on_cluster(address: str) -> Iterator[Executor]:
    """Yield an executor of a dask scheduler.

    A piece whose worker dies is given to another one by the scheduler, up to three times.

    Raises
    ------
    UsageError
        The extra is not installed, or nobody answers at the address.
    """
    require_dask()
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        expected = "a dask scheduler that answers, such as tcp://127.0.0.1:8786"
        got = str(error).splitlines()[0][:80] or "no answer"
        raise UsageError.single(f"--cluster {address}", got, expected, "dask scheduler") from None
    try:
        yield client.get_executor(pure=False)
    finally:
        client.close()


def require_dask() -> None:
    """Raise `UsageError` where the extra `cluster` is not installed."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        fix = "pip install 'mdsolve[cluster]'"
        got = "dask is not installed"
        raise UsageError.single("--cluster", got, "the extra 'cluster'", fix) from None


def is_lost_worker(error: BaseException) -> bool:
    """Tell whether a piece was given up because its workers died, one after the other."""
    return type(error).__name__ == "KilledWorker"
