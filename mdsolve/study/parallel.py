"""Independent pieces of work on several processes, with the same results as on one.

Results come back in the order of the pieces, whatever finishes first, and nothing random depends on
who does what. The first error stops the rest, as it would without processes.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from typing import TypeVar

from mdsolve.progress import Monitor

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def results_of(
    task: Callable[[Piece, Monitor], Result],
    pieces: Sequence[Piece],
    *,
    jobs: int = 1,
    monitor: Monitor,
    label: str,
) -> Iterator[Result]:
    """Yield what a task makes of every piece, in order.

    Parameters
    ----------
    task : callable
        Defined at the top of a module, since other processes have to find it.
    jobs : int
        Processes; 1 stays in this one, where results come as soon as they are there.
    monitor : Monitor
        Its time limit holds for all pieces together.
    label : str
        What progress is called.

    Examples
    --------
    >>> list(results_of(lambda piece, monitor: piece**2, [1, 2, 3], monitor=Monitor(), label="x"))
    [1, 4, 9]
    """
    if jobs == 1 or len(pieces) < 2:
        for done, piece in enumerate(pieces, start=1):
            yield task(piece, monitor)
            if len(pieces) > 1:
                monitor.advance(label, done, len(pieces))
        return
    fresh = multiprocessing.get_context("spawn")  # forked copies of numerical libraries may hang
    with ProcessPoolExecutor(min(jobs, len(pieces)), mp_context=fresh) as pool:
        futures = [pool.submit(_alone, task, piece, _time_left(monitor)) for piece in pieces]
        try:
            _wait(futures, monitor, label)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        yield from (future.result() for future in futures)


def _wait(futures: Sequence[Future[Result]], monitor: Monitor, label: str) -> None:
    """Wait for all pieces; raise the first error."""
    for done, future in enumerate(as_completed(futures), start=1):
        future.result()
        if monitor.listener is not None:
            monitor.advance(label, done, len(futures))


def _time_left(monitor: Monitor) -> float | None:
    if monitor.time_limit is None:
        return None
    return max(0.0, monitor.time_limit - (time.monotonic() - monitor.started))


def _alone(
    task: Callable[[Piece, Monitor], Result], piece: Piece, time_limit: float | None
) -> Result:
    """Carry out one piece in another process, where nobody watches progress."""
    return task(piece, Monitor(None, time_limit))
