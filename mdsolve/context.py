"""What travels with a computation from the first line to the last, whole: nothing is dropped."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mdsolve.progress import Monitor
from mdsolve.tolerance import DEFAULT, Tolerances

MEMORY_LIMIT = 4 * 2**30
"""Largest amount of memory a computation may plan for, in bytes."""


@dataclass(frozen=True)
class Context:
    """How a computation is watched, how exact it has to be, and what it may use.

    Parameters
    ----------
    monitor : Monitor
        Receives progress and enforces the time limit.
    tolerances : Tolerances
    memory_limit : int
        Bytes.
    seed : int or None
        Of everything random; None where nothing random is asked for.
    jobs : int
        Processes for independent pieces of work.
    """

    monitor: Monitor = field(default_factory=Monitor)
    tolerances: Tolerances = DEFAULT
    memory_limit: int = MEMORY_LIMIT
    seed: int | None = None
    jobs: int = 1

    def watched_by(self, monitor: Monitor) -> Context:
        """Return the same context with another monitor."""
        return replace(self, monitor=monitor)
