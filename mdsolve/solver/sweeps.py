"""Sweeps of best responses: agents answer each other one after the other until nobody moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mdsolve.solver.best_response import best_response
from mdsolve.solver.iterate import Ending, Method, Run
from mdsolve.solver.own_payoff import OwnPayoff
from mdsolve.solver.record import Equilibrium
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

CYCLE_DIGITS = 10
"""Significant digits to which two profiles must agree to count as the same."""


@dataclass(frozen=True)
class Swept:
    """A profile after a sweep.

    Parameters
    ----------
    s : (n,)
        Samples.
    reach : float
        The largest contribution met on the way.
    moved : float
        By how much the agents moved at most in the last sweep.
    """

    s: Floats
    reach: float
    moved: float = np.inf


class History:
    """The profiles of a path, and whether one has come back."""

    def __init__(self, s: Floats) -> None:
        self.path = [s]
        self.last = {_digits(s): 0}
        self.cycle: Floats | None = None

    def recurs(self, s: Floats) -> bool:
        """Note the next profile; tell whether it was there before the one that it follows."""
        key, number = _digits(s), len(self.path)
        before = self.last.get(key, number)
        if before < number - 1:
            self.cycle = np.array(self.path[before:])
            return True
        self.last[key] = number
        self.path.append(s)
        return False


def _digits(s: Floats) -> tuple[str, ...]:
    return tuple(f"{amount:.{CYCLE_DIGITS}g}" for amount in s.tolist())


@dataclass
class Sweeps(Method[Swept, Equilibrium]):
    """Global best responses, one agent after the other; O(n) best responses per sweep.

    Parameters
    ----------
    own : callable
        The payoff of an agent along the own contribution, the others' as in a profile.
    start : (n,)
    span : callable
        The samples by which slopes may not tell contributions apart at a profile: movements that
        are small beside it, or beside the largest contribution met, are rest.
    name : str
        What the method is called.
    stays : bool
        Whether an agent prefers the present contribution among equals, instead of the least.
    cycles : bool
        Whether to end where a profile comes back.
    """

    own: Callable[[Floats, int], OwnPayoff]
    start: Floats
    span: Callable[[Floats], float]
    name: str
    limit: int
    label: str = "best responses"
    stays: bool = False
    cycles: bool = False
    history: History = field(init=False)

    def init(self) -> Swept:
        """Return the first profile."""
        self.history = History(self.start)
        return Swept(self.start, float(self.start.max(initial=0.0)))

    def step(self, state: Swept) -> Swept:
        """Let every agent answer once."""
        s, moved = state.s.copy(), 0.0
        for agent in range(len(s)):
            now = float(s[agent])
            s[agent] = best_response(self.own(s, agent), near=now if self.stays else 0.0)
            moved = max(moved, abs(float(s[agent]) - now))
        return Swept(s, max(state.reach, float(s.max(initial=0.0))), moved)

    def terminate(self, state: Swept) -> Ending | None:
        """Rest where nobody moved by more than the solving tolerance."""
        if state.moved == np.inf:
            return None
        allowed = DEFAULT.solve * max(state.reach, self.span(state.s))
        return Ending.RESTED if state.moved <= allowed else None

    def recurs(self, state: Swept) -> bool:
        """Tell whether an earlier profile has come back."""
        return self.cycles and self.history.recurs(state.s)

    def finish(self, run: Run[Swept]) -> Equilibrium:
        """Return where the agents are."""
        return Equilibrium(
            run.state.s,
            f"{self.name}, {run.steps} sweeps",
            ending=run.ending,
            residual=run.state.moved,
            steps=run.steps,
            cycle=self.history.cycle,
        )
