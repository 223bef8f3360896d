"""Independent pieces of work on several processes or a cluster, with the same results as on one.

Nothing random depends on who does what, and what is finished is kept as it comes. The first error
stops the rest, as it would without processes. A process that is killed takes nobody with it: the
pieces that were under way are done again, each in a process of its own, and one that dies there
twice is reported as lost.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from mdsolve.errors import EXIT_STOPPED, MdsolveError
from mdsolve.pieces.cluster import is_lost_worker, on_cluster
from mdsolve.pieces.store import Store
from mdsolve.progress import Monitor

Piece = TypeVar("Piece")
Result = TypeVar("Result")

TRIES_ALONE = 2
"""How often a piece is tried again, in a process of its own, after one died with it."""

AHEAD = 2
"""Pieces per process that are handed out at once."""

WAKE = 0.2
"""Seconds after which somebody waiting looks whether the time is over."""


class LostPieceError(MdsolveError):
    """A piece of the work killed its process again and again; the others are finished and kept."""

    exit_code = EXIT_STOPPED


@dataclass(frozen=True)
class Lost:
    """Stands for the result of a piece whose process was killed every time."""

    tries: int

    @property
    def reason(self) -> str:
        """What happened, in words."""
        return (
            f"its process was killed from outside, {self.tries} times "
            "(most often: the machine was out of memory)"
        )


def _same(result: Any) -> Any:
    return result


def _always(result: Any) -> bool:
    del result
    return True


@dataclass(frozen=True)
class Work(Generic[Piece, Result]):
    """Independent pieces, and how they are carried out.

    Parameters
    ----------
    task : callable
        Makes a result of (piece, monitor). Defined at the top of a module, since other processes
        have to find it.
    pieces : sequence
        Cut from what was asked for alone, never from the number of processes.
    label : str
        What progress is called.
    monitor : Monitor
        Its time limit holds for all pieces together.
    jobs : int
        Processes; 1 stays in this one.
    cluster : str or None
        Address of a dask scheduler that takes the place of processes here.
    store : Store
        Keeps finished pieces.
    encode, decode : callable
        From results to plain data and back, for the store.
    finished : callable
        Tells whether a result is final, and therefore kept; one that was stopped is not.
    settings : callable
        Words for a piece, where it has to be named.
    """

    task: Callable[[Piece, Monitor], Result]
    pieces: Sequence[Piece]
    label: str
    monitor: Monitor = field(default_factory=Monitor)
    jobs: int = 1
    cluster: str | None = None
    store: Store = field(default_factory=Store)
    encode: Callable[[Result], Any] = _same
    decode: Callable[[Any], Result] = _same
    finished: Callable[[Result], bool] = _always
    settings: Callable[[Piece], str] = str

    def completed(self) -> Iterator[tuple[int, Result | Lost]]:
        """Yield number and result of every piece as they come, those of earlier runs first.

        Raises
        ------
        StopRequested, KeyboardInterrupt
            Stopped; what was yielded is in the store.
        """
        total, known = len(self.pieces), self.store.done
        for number in sorted(known):
            if number < total:
                yield number, self.decode(known[number])
        left = [number for number in range(total) if number not in known]
        done = total - len(left)
        if done and left:
            self.monitor.advance(self.label, done, total)
        try:
            for number, result in self._carried_out(left):
                if not isinstance(result, Lost) and self.finished(result):
                    self.store.keep(number, self.encode(result))
                yield number, result
                done += 1
                if total > 1:
                    self.monitor.advance(self.label, done, total)
        finally:
            self.store.close()

    def in_order(self) -> Iterator[Result]:
        """Yield the result of every piece, in the order of the pieces, as soon as that is known.

        Raises
        ------
        LostPieceError
            After everything else is finished and kept.
        """
        waiting: dict[int, Result] = {}
        lost: dict[int, Lost] = {}
        place = 0
        for number, result in self.completed():
            if isinstance(result, Lost):
                lost[number] = result
            else:
                waiting[number] = result
            while place in waiting and not lost:
                yield waiting.pop(place)
                place += 1
        if lost:
            raise LostPieceError("\n".join(self.named(n, found) for n, found in lost.items()))

    def named(self, number: int, found: Lost) -> str:
        """Return what happened to which piece, in words."""
        return f"piece {number + 1} of {self.label} ({self.settings(self.pieces[number])}): " + (
            found.reason
        )

    def _carried_out(self, left: Sequence[int]) -> Iterator[tuple[int, Result | Lost]]:
        if self.cluster is None and (self.jobs == 1 or len(self.pieces) < 2):
            for number in left:
                yield number, self.task(self.pieces[number], self.monitor)
            return
        if self.cluster is not None:
            with on_cluster(self.cluster) as executor:
                yield from self._handed_out(executor, left, {}, 4 * AHEAD)
            return
        waiting = list(left)
        while waiting:
            under_way: dict[int, int] = {}
            with _processes(min(self.jobs, len(waiting))) as pool:
                done = set()
                for number, result in self._handed_out(pool, waiting, under_way, self.jobs * AHEAD):
                    done.add(number)
                    yield number, result
            waiting = [number for number in waiting if number not in done]
            for number in sorted(under_way):
                yield number, self._alone(number)
            waiting = [number for number in waiting if number not in under_way]

    def _alone(self, number: int) -> Result | Lost:
        """Return the result of a piece in a process of its own, or that it dies there too."""
        for _ in range(TRIES_ALONE):
            with _processes(1) as pool:
                for _, result in self._handed_out(pool, [number], {}, 1):
                    return result
        return Lost(TRIES_ALONE + 1)

    def _handed_out(
        self, executor: Executor, numbers: Sequence[int], suspects: dict[int, int], most: int
    ) -> Iterator[tuple[int, Result | Lost]]:
        """Yield results as they come until all are there or a process died.

        Parameters
        ----------
        suspects : dict
            Receives the pieces that were under way when a process died.
        most : int
            Pieces that are under way at once.
        """
        ahead = iter(numbers)
        under_way: dict[Future[Result], int] = {}

        def fill() -> None:
            while len(under_way) < most and (number := next(ahead, None)) is not None:
                task = executor.submit(
                    _in_worker, self.task, self.pieces[number], _time_left(self.monitor)
                )
                under_way[task] = number

        try:
            fill()
            while under_way:
                finished, _ = wait(under_way, timeout=WAKE, return_when=FIRST_COMPLETED)
                self.monitor.check_time()
                for future in sorted(finished, key=lambda each: under_way[each]):
                    number = under_way[future]
                    result = _result(future)
                    del under_way[future]
                    yield number, result
                fill()
        except BrokenProcessPool:
            suspects.update(dict.fromkeys(under_way.values(), 1))


def _result(future: Future[Result]) -> Result | Lost:
    """Return the result of a future; raises what its piece raised."""
    error = future.exception()
    if error is not None and is_lost_worker(error):
        return Lost(TRIES_ALONE + 1)
    return future.result()


@contextmanager
def _processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of fresh processes, which end with the block whatever they are doing."""
    fresh = multiprocessing.get_context("spawn")  # forked copies of numerical libraries may hang
    pool = ProcessPoolExecutor(count, mp_context=fresh, initializer=_begin)
    try:
        yield pool
    except BaseException:
        _end(pool)
        raise
    pool.shutdown(wait=True, cancel_futures=True)


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool at once, without waiting for their pieces."""
    processes: Mapping[int, Any] = getattr(pool, "_processes", None) or {}
    for process in list(processes.values()):
        process.terminate()
    pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    """Prepare a process: signals are the first one's business, and it never outlives that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: Any) -> None:
    """End this process once the one that started it is gone."""
    parent.join()
    os._exit(0)


def _time_left(monitor: Monitor) -> float | None:
    if monitor.time_limit is None:
        return None
    return max(0.0, monitor.time_limit - (time.monotonic() - monitor.started))


def _in_worker(
    task: Callable[[Piece, Monitor], Result], piece: Piece, time_limit: float | None
) -> Result:
    """Carry out one piece in another process, where nobody watches progress."""
    return task(piece, Monitor(None, time_limit))


def results_of(
    task: Callable[[Piece, Monitor], Result],
    pieces: Sequence[Piece],
    *,
    jobs: int = 1,
    monitor: Monitor,
    label: str,
) -> Iterator[Result]:
    """Yield what a task makes of every piece, in order, nothing kept.

    Examples
    --------
    >>> list(results_of(lambda piece, monitor: piece**2, [1, 2, 3], monitor=Monitor(), label="x"))
    [1, 4, 9]
    """
    return Work(task, pieces, label, monitor, jobs).in_order()
