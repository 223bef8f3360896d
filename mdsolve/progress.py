"""Progress events, time limits and clean interruption, shared by everything that can run long.

Numerical code receives a `Monitor` and calls `advance` between chunks of work. It never prints,
reads a clock or handles signals itself: the command line decides what to show and when to stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from mdsolve.errors import UsageError


@dataclass(frozen=True)
class Event:
    """One sign of life: `done` of `total` units of the work called `label` are finished."""

    label: str
    done: int
    total: int

    @property
    def completion(self) -> float:
        """Finished share of the work, in [0, 1]."""
        return 1.0 if self.total <= 0 else min(1.0, self.done / self.total)


class StopRequested(Exception):  # noqa: N818 - a request, not an error
    """Raised by `Monitor.advance` when the time limit has passed; the best so far is kept."""


@dataclass
class Monitor:
    """Passes progress to a listener and enforces a time limit.

    Parameters
    ----------
    listener : callable or None
        Called with each `Event`.
    time_limit : float or None
        Seconds from construction after which `advance` raises `StopRequested`.

    Raises
    ------
    UsageError
        If the limit is no duration.

    Examples
    --------
    >>> seen = []
    >>> monitor = Monitor(listener=seen.append)
    >>> monitor.advance("columns", 1, 4)
    >>> seen[0].completion
    0.25
    """

    listener: Callable[[Event], None] | None = None
    time_limit: float | None = None
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Refuse a limit that is no duration."""
        limit: Any = self.time_limit
        if limit is None:
            return
        if isinstance(limit, bool) or not isinstance(limit, Real) or not limit >= 0:  # type: ignore[operator]
            raise UsageError.single("time_limit", repr(limit), "seconds, at least 0")

    def advance(self, label: str, done: int, total: int) -> None:
        """Report progress; raise `StopRequested` once the time limit has passed."""
        if self.listener is not None:
            self.listener(Event(label, done, total))
        self.check_time()

    def check_time(self) -> None:
        """Raise `StopRequested` once the time limit has passed."""
        if self.time_limit is not None and time.monotonic() - self.started > self.time_limit:
            message = f"the time limit of {self.time_limit:g} s was reached"
            raise StopRequested(message)


def silent() -> Monitor:
    """Return a monitor that shows nothing and never stops."""
    return Monitor()
