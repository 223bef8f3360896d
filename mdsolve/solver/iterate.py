"""The one loop of iterative methods: init, step, terminate, finish.

A method states its mathematics: where it begins, one step, when it is done, and what it returns.
The loop counts steps and reports them, ends at the limit, where steps bring nothing any more or
where a state comes back, and keeps the last complete state where that is wanted.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Generic, TypeVar

from mdsolve.progress import Monitor, StopRequested

State = TypeVar("State")
Found = TypeVar("Found")


class Ending(Enum):
    """Why an iteration ended.

    RESTED: the method met its own tolerance. CYCLE: an earlier state came back. STALLED: there is
    no further step, or none brought anything for a while. DIVERGED: the next state is not finite.
    SINGULAR: the step does not exist. LIMIT: as many steps as are allowed. STOPPED: a time limit or
    an interruption.
    """

    RESTED = "rested"
    CYCLE = "cycle"
    STALLED = "stalled"
    DIVERGED = "diverged"
    SINGULAR = "singular"
    LIMIT = "limit"
    STOPPED = "stopped"

    def __bool__(self) -> bool:
        """Refuse: every ending would otherwise be truthy."""
        message = "an Ending has no truth value; compare with Ending.RESTED"
        raise TypeError(message)


@dataclass(frozen=True)
class Run(Generic[State]):
    """An iteration that is over.

    Parameters
    ----------
    state : State
        The last one.
    steps : int
        Steps taken.
    ending : Ending
    stop : exception or None
        What ended it, where it was stopped.
    """

    state: State
    steps: int
    ending: Ending
    stop: StopRequested | KeyboardInterrupt | None = None


class Method(ABC, Generic[State, Found]):
    """What `iterate` drives. A state is not changed once it was handed out.

    Attributes
    ----------
    label : str
        Of the progress events.
    limit : int
        Most steps.
    patience : int
        Steps without an improvement after which the method counts as stalled.
    keeps_at : tuple of exception types
        At these the iteration ends with what it has; others pass through.
    """

    label: str
    limit: int
    patience: ClassVar[int] = sys.maxsize
    keeps_at: ClassVar[tuple[type[StopRequested | KeyboardInterrupt], ...]] = ()

    @abstractmethod
    def init(self) -> State:
        """Return the first state."""

    @abstractmethod
    def step(self, state: State) -> State | None:
        """Return the next state, None where there is none."""

    @abstractmethod
    def terminate(self, state: State) -> Ending | None:
        """Return why a state is the last one, None where it is not."""

    @abstractmethod
    def finish(self, run: Run[State]) -> Found:
        """Return the result."""

    def improves(self, state: State) -> bool:
        """Tell whether a state is better than the best before; by default every state counts."""
        del state
        return True

    def recurs(self, state: State) -> bool:
        """Tell whether an earlier state has come back; asked once after every step."""
        del state
        return False


@dataclass
class Plain(Method[State, Run[State]]):
    """A method that is no more than a step and a rule when to rest; it returns the whole run.

    Parameters
    ----------
    start : State
    following : callable
        The next state, None where there is none.
    rests : callable
        Whether a state is at rest.
    label : str
    limit : int
    """

    start: State
    following: Callable[[State], State | None]
    rests: Callable[[State], bool]
    label: str
    limit: int

    def init(self) -> State:
        """Return the start."""
        return self.start

    def step(self, state: State) -> State | None:
        """Return the next state."""
        return self.following(state)

    def terminate(self, state: State) -> Ending | None:
        """End at rest."""
        return Ending.RESTED if self.rests(state) else None

    def finish(self, run: Run[State]) -> Run[State]:
        """Return the run."""
        return run


def iterate(method: Method[State, Found], monitor: Monitor) -> Found:
    """Run a method to its end.

    Raises
    ------
    StopRequested
        At a time limit, unless the method keeps what it has.

    Examples
    --------
    >>> halving = Plain(1.0, lambda x: x / 2, lambda x: x < 0.1, "halvings", 10)
    >>> iterate(halving, Monitor())
    Run(state=0.0625, steps=4, ending=<Ending.RESTED: 'rested'>, stop=None)
    """
    state, steps, stalled = method.init(), 0, 0
    stop: StopRequested | KeyboardInterrupt | None = None
    try:
        ending = method.terminate(state)
        while ending is None:
            if steps == method.limit:
                ending = Ending.LIMIT
                break
            following = method.step(state)
            if following is None:
                ending = Ending.STALLED
                break
            state, steps = following, steps + 1
            monitor.advance(method.label, steps, method.limit)
            ending = method.terminate(state)
            stalled = 0 if method.improves(state) else stalled + 1
            if ending is None and stalled >= method.patience:
                ending = Ending.STALLED
            if ending is None and method.recurs(state):
                ending = Ending.CYCLE
    except method.keeps_at as reason:
        stop, ending = reason, Ending.STOPPED
    return method.finish(Run(state, steps, ending, stop))
