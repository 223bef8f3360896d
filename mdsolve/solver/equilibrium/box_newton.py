"""Projected semi-smooth Newton for equilibrium conditions on a box.

s is an equilibrium of a game with own-concave utilities iff s = clip(s + g(s), least, capacity), g
being the own marginal utilities. Each step fixes the agents whose marginal utility pushes them
against a bound and solves the linearised conditions of the others; a line search on the scaled
residual, and one round of damped single steps where Newton makes no progress, keep it safe.
Quadratic convergence near solutions; O(n^3) per step for dense games.

An agent is at rest where the residual is small beside the contributions, or where rounding hides
the marginal utility: neither asks in which unit data or money are counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.solver.equilibrium.stakes import Stakes
from mdsolve.solver.iterate import Ending, Method, Run
from mdsolve.solver.record import Equilibrium
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

FURTHEST = 1e6
"""Of the largest contribution, and one sample more: how far a step without Newton's matrix goes."""

STEP_LIMIT = 500
HALVINGS = 10
"""A thousandth of a step that does not help is as good as a damped one."""

LEAST = float(np.finfo(np.float64).tiny)
POLISH_STEPS = 3
"""Further steps after the tolerance is met: each squares the error until rounding stops it."""


@dataclass(frozen=True)
class Iterate:
    """A profile with what the next step needs.

    Parameters
    ----------
    s, gradient, error : (n,)
        Contributions, own marginal utilities and the natural residual.
    table : (n, n)
        The Jacobian of the marginal utilities.
    met : int
        Iterates up to here that met the tolerance.
    stuck : bool
        Whether no step makes the residual smaller.
    """

    s: Floats
    gradient: Floats
    table: Floats
    error: Floats
    met: int = 0
    stuck: bool = False


@dataclass
class BoxNewton(Method[Iterate, Equilibrium]):
    """A zero of the natural residual of the marginal utilities on [least, capacity].

    The residual is s_i - clip(s_i + g_i / |J_ii|), in samples.

    Parameters
    ----------
    least : (n,) or None
        Least contributions; None is 0.
    """

    stakes: Stakes
    start: Floats
    label: str = "Newton steps"
    limit: int = STEP_LIMIT
    least: Floats | None = None

    def init(self) -> Iterate:
        """Return the start, cut to the box."""
        return self._counted(self._at(self.start), 0)

    def step(self, state: Iterate) -> Iterate:
        """Return the first iterate on the Newton direction whose residual is smaller."""
        with np.errstate(over="ignore", invalid="ignore"):  # flat utilities ask for far amounts
            size = np.linalg.norm(state.error)
            direction = _direction(state.s, state.gradient, state.table, self._ends)
            for halving in range(HALVINGS):
                trial = self._at(state.s + 0.5**halving * direction)
                if np.linalg.norm(trial.error) < size * (1 - 0.1 * 0.5**halving):
                    return self._counted(trial, state.met)
            if state.met:
                return replace(state, stuck=True)
            furthest = FURTHEST * (1 + float(state.s.max(initial=0.0)))
            move = np.clip(0.5 * np.nan_to_num(state.error), -furthest, furthest)
            return self._counted(self._at(state.s - move), 0)

    def terminate(self, state: Iterate) -> Ending | None:
        """Rest after further steps behind the tolerance, or where none helps any more."""
        rests = state.stuck or state.met > POLISH_STEPS or not state.error.any()
        return Ending.RESTED if rests else None

    def finish(self, run: Run[Iterate]) -> Equilibrium:
        """Return the last iterate."""
        return Equilibrium(
            run.state.s,
            f"projected semi-smooth Newton, {run.steps} steps",
            ending=run.ending,
            residual=float(np.abs(run.state.error).max(initial=0.0)),
            steps=run.steps,
        )

    @property
    def _ends(self) -> tuple[Floats | float, Floats]:
        return 0.0 if self.least is None else self.least, self.stakes.game.capacity

    def _at(self, s: Floats) -> Iterate:
        s = np.clip(s, *self._ends)
        gradient, table = self.stakes.marginal(s), self.stakes.jacobian(s)
        with np.errstate(over="ignore", invalid="ignore"):  # flat utilities ask for far amounts
            return Iterate(s, gradient, table, _residual(s, gradient, table, self._ends))

    def _counted(self, state: Iterate, met: int) -> Iterate:
        """Return the iterate with the count of those that met the tolerance."""
        small = DEFAULT.solve * float(state.s.max(initial=0.0))
        hidden = np.abs(state.gradient) <= ROUND_OFF * self.stakes.magnitude(state.s)
        meets = bool(np.all((np.abs(state.error) <= small) | hidden))
        return replace(state, met=met + meets)


def _scales(table: Floats) -> Floats:
    """Return |J_ii|, kept away from 0; it turns marginal utilities into samples."""
    largest = float(np.max(np.abs(table), initial=0.0))
    return np.maximum(-np.diagonal(table), max(ROUND_OFF * largest, LEAST))


def _residual(
    s: Floats, gradient: Floats, table: Floats, ends: tuple[Floats | float, Floats]
) -> Floats:
    return np.asarray(s - np.clip(s + gradient / _scales(table), *ends))


def _direction(
    s: Floats, gradient: Floats, table: Floats, ends: tuple[Floats | float, Floats]
) -> Floats:
    """Return the Newton direction with the agents at their bounds fixed there."""
    least, capacity = ends
    target = s + gradient / _scales(table)
    direction = np.where(target <= least, least - s, np.where(target >= capacity, capacity - s, 0))
    free = np.flatnonzero((target > least) & (target < capacity))
    if free.size:
        fixed = np.flatnonzero(direction != 0)
        right = -gradient[free] - table[np.ix_(free, fixed)] @ direction[fixed]
        block = table[np.ix_(free, free)]
        try:
            direction[free] = np.linalg.solve(block, right)
        except np.linalg.LinAlgError:
            direction[free] = np.linalg.lstsq(block, right, rcond=None)[0]
    return np.asarray(direction)
