"""What a time limit or Ctrl-C turns into on a solution."""

from __future__ import annotations

from mdsolve.progress import StopRequested
from mdsolve.status import Termination


def stop_termination(stop: BaseException) -> Termination:
    """Return `LIMIT` for a time limit and `INTERRUPTED` for Ctrl-C."""
    return Termination.LIMIT if isinstance(stop, StopRequested) else Termination.INTERRUPTED


def stop_message(stop: BaseException) -> str:
    """Return why a run was stopped, in words."""
    return str(stop) if isinstance(stop, StopRequested) else "interrupted by the user"
