"""What a benchmark is: a task at several sizes, peers that get the same, seconds, their growth.

Every figure is the least processor time of some warm runs, of mdsolve and of peers alike; programs
that a task starts count. Processor time is what other work on the machine disturbs least.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

Task = Callable[[], Any]

PATIENCE = 20.0
"""Seconds after which a task is not repeated."""


@dataclass(frozen=True)
class Peer:
    """Somebody else's way to the same answer.

    Parameters
    ----------
    name : str
    prepare : callable
        From a size to the task.
    sizes : tuple of int
        Where it is run.
    gap : callable or None
        From both answers to the largest difference between them.
    """

    name: str
    prepare: Callable[[int], Task]
    sizes: tuple[int, ...]
    gap: Callable[[Any, Any], float] | None = None


@dataclass(frozen=True)
class Row:
    """One benchmark.

    Parameters
    ----------
    name, unit : str
        What is done; what its size counts.
    sizes : tuple of int
    prepare : callable
        From a size to the task, everything before it done.
    limit : str
        What any machine must do at least.
    reach, before : mapping of int to float
        Seconds aimed at, and seconds that it once took, by size.
    peers : tuple of Peer
    repeats : int
    """

    name: str
    unit: str
    sizes: tuple[int, ...]
    prepare: Callable[[int], Task]
    limit: str
    reach: Mapping[int, float] = field(default_factory=dict)
    before: Mapping[int, float] = field(default_factory=dict)
    peers: tuple[Peer, ...] = ()
    repeats: int = 5


def processor() -> float:
    """Return the seconds that this process and those it waited for have computed."""
    used = [getrusage(whose) for whose in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


def least(task: Task, repeats: int) -> tuple[float, Any]:
    """Return the least processor time of some runs after a first one, and the last answer."""
    start = time.perf_counter()
    before = processor()
    answer = task()
    best = processor() - before if time.perf_counter() - start > PATIENCE else math.inf
    for _ in range(repeats):
        if time.perf_counter() - start > PATIENCE:
            break
        # Tasks of microseconds are repeated, for clocks of processes tick slowly.
        times, spent, before = 0, 0.0, processor()
        while spent < 0.02:
            answer = task()
            times += 1
            spent = processor() - before
        best = min(best, spent / times)
    return best, answer


def measured(row: Row, most: int | None = None) -> dict[str, Any]:
    """Return a row's figures as plain data; `most` leaves larger sizes out."""
    seconds: dict[str, float] = {}
    peers: dict[str, dict[str, Any]] = {}
    for size in row.sizes:
        if most is not None and size > most:
            continue
        taken, answer = least(row.prepare(size), row.repeats)
        seconds[str(size)] = taken
        for peer in row.peers:
            if size in peer.sizes:
                theirs, other = least(peer.prepare(size), row.repeats)
                found = peers.setdefault(peer.name, {"seconds": {}, "gap": 0.0})
                found["seconds"][str(size)] = theirs
                if peer.gap is not None:
                    found["gap"] = max(found["gap"], float(peer.gap(answer, other)))
    return {
        "name": row.name,
        "unit": row.unit,
        "limit": row.limit,
        "seconds": seconds,
        "reach": {str(size): value for size, value in row.reach.items()},
        "before": {str(size): value for size, value in row.before.items()},
        "peers": peers,
        "exponent": growth(seconds),
    }


def growth(seconds: Mapping[str, float]) -> float | None:
    """Return the exponent of growth between the last two sizes, None with one size.

    Examples
    --------
    >>> round(growth({"10": 1.0, "100": 1.0, "1000": 10.0}), 2)
    1.0
    """
    found = [(int(size), value) for size, value in seconds.items()]
    if len(found) < 2:
        return None
    (small, quick), (large, slow) = found[-2:]
    return math.log(slow / quick) / math.log(large / small)
