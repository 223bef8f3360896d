"""Projected semi-smooth Newton for equilibrium conditions on a box.

s is an equilibrium of a game with own-concave utilities iff s = clip(s + g(s), 0, capacity), g
being the own marginal utilities. Each step fixes the agents whose marginal utility pushes them
against a bound and solves the linearised conditions of the others; a line search on the scaled
residual, and one round of damped single steps where Newton makes no progress, keep it safe.
Quadratic convergence near solutions; O(n^3) per step for dense games.

An agent is at rest where the residual is small beside the contributions, or where rounding hides
the marginal utility: neither asks in which unit data or money are counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.stakes import Stakes
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

STEP_LIMIT = 500
HALVINGS = 30
LEAST = float(np.finfo(np.float64).tiny)
POLISH_STEPS = 3
"""Further steps after the tolerance is met: each squares the error until rounding stops it."""


@dataclass(frozen=True)
class NewtonResult:
    """Outcome of the iteration.

    Parameters
    ----------
    contributions : (n,)
    steps : int
    converged : bool
    """

    contributions: Floats
    steps: int
    converged: bool


def box_newton(stakes: Stakes, start: Floats, monitor: Monitor) -> NewtonResult:
    """Return a zero of the natural residual of the marginal utilities on [0, capacity].

    The residual is s_i - clip(s_i + g_i / |J_ii|), in samples.
    """
    marginal, jacobian, capacity = stakes.marginal, stakes.jacobian, stakes.game.capacity
    s = np.clip(start, 0.0, capacity)
    gradient, table = marginal(s), jacobian(s)
    error = _residual(s, gradient, table, capacity)
    polish = 0
    for step in range(1, STEP_LIMIT + 1):
        small = DEFAULT.solve * float(s.max(initial=0.0))
        hidden = np.abs(gradient) <= ROUND_OFF * stakes.magnitude(s)
        if np.all((np.abs(error) <= small) | hidden):
            polish += 1
        if polish > POLISH_STEPS or not error.any():
            return NewtonResult(s, step - 1, True)
        direction = _direction(s, gradient, table, capacity)
        found = False
        for halving in range(HALVINGS):
            trial = np.clip(s + 0.5**halving * direction, 0.0, capacity)
            trial_gradient = marginal(trial)
            trial_table = jacobian(trial)
            trial_error = _residual(trial, trial_gradient, trial_table, capacity)
            if np.linalg.norm(trial_error) < np.linalg.norm(error) * (1 - 0.1 * 0.5**halving):
                found = True
                break
        if not found and polish:
            return NewtonResult(s, step, True)
        if not found:
            trial = np.clip(s - 0.5 * error, 0.0, capacity)
            trial_gradient, trial_table = marginal(trial), jacobian(trial)
            trial_error = _residual(trial, trial_gradient, trial_table, capacity)
        s, gradient, table, error = trial, trial_gradient, trial_table, trial_error
        monitor.advance("Newton steps", step, STEP_LIMIT)
    return NewtonResult(s, STEP_LIMIT, False)


def _scales(table: Floats) -> Floats:
    """Return |J_ii|, kept away from 0; it turns marginal utilities into samples."""
    largest = float(np.max(np.abs(table), initial=0.0))
    return np.maximum(-np.diagonal(table), max(ROUND_OFF * largest, LEAST))


def _residual(s: Floats, gradient: Floats, table: Floats, capacity: Floats) -> Floats:
    return np.asarray(s - np.clip(s + gradient / _scales(table), 0.0, capacity))


def _direction(s: Floats, gradient: Floats, table: Floats, capacity: Floats) -> Floats:
    """Return the Newton direction with the agents at their bounds fixed there."""
    target = s + gradient / _scales(table)
    direction = np.where(target <= 0, -s, np.where(target >= capacity, capacity - s, 0.0))
    free = np.flatnonzero((target > 0) & (target < capacity))
    if free.size:
        fixed = np.flatnonzero(direction != 0)
        right = -gradient[free] - table[np.ix_(free, fixed)] @ direction[fixed]
        block = table[np.ix_(free, free)]
        try:
            direction[free] = np.linalg.solve(block, right)
        except np.linalg.LinAlgError:
            direction[free] = np.linalg.lstsq(block, right, rcond=None)[0]
    return np.asarray(direction)
