"""A primal-dual interior-point method for small convex programs with concave constraints.

maximise objective . x  subject to  g(x) = s, s >= 0, every g concave. Newton steps on the
conditions of an optimum, predictor and corrector (Mehrotra); slacks and multipliers stay positive.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]
Step = tuple[Floats, Floats, Floats]

ROUNDS = 120
"""Most Newton steps; some thirty are usual."""

PATIENCE = 15
"""Steps without a better point after which nothing more is to be expected."""

REFINEMENTS = 2
"""Corrections of a Newton step by its own residual."""

TO_BOUNDARY = 0.995
"""Part of the way to the boundary that a step may take."""

FLOOR = float(np.finfo(np.float64).eps) ** 1.3
"""Smallest product of a slack and a multiplier that is aimed at."""


@dataclass(frozen=True)
class Constraints:
    """g and its derivatives at a point.

    Parameters
    ----------
    values : (m,)
    jacobian : (m, d)
    curvature : callable
        Takes multipliers (m,); returns sum of multipliers times second derivatives, (d, d).
    """

    values: Floats
    jacobian: Floats
    curvature: Callable[[Floats], Floats]


@dataclass(frozen=True)
class Interior:
    """Where the method came to rest.

    Parameters
    ----------
    x : (d,)
    multipliers : (m,)
    error : float
        Largest of gap, gradient of the Lagrangian, and violation of a constraint.
    """

    x: Floats
    multipliers: Floats
    error: float


def maximise(
    objective: Floats, constraints: Callable[[Floats], Constraints], start: Floats
) -> list[Interior]:
    """Return the points passed on the way to the maximum of a linear objective, the best first.

    Which of the last ones has the best multipliers only their bound tells.

    Parameters
    ----------
    objective, start : (d,)
        In units in which everything is about 1; constraints hold strictly at the start.
    constraints : callable
    """
    x = start
    here = constraints(x)
    slack = np.maximum(here.values, DEFAULT.solve)
    dual = 1.0 / slack
    passed: list[Interior] = []
    since = 0
    for _ in range(ROUNDS):
        gradient = objective + here.jacobian.T @ dual
        missing = here.values - slack
        error = max(float(slack @ dual), float(np.abs(gradient).max()))
        error = max(error, float(np.abs(missing).max()))
        best = min((one.error for one in passed), default=np.inf)
        passed.append(Interior(x, dual, error))
        since = 0 if error < best else since + 1
        if error <= 0.001 * DEFAULT.solve or since > PATIENCE:
            break
        with np.errstate(all="ignore"):  # a step that is no number ends the search
            step = _step(here, slack, dual, gradient, missing)
        if step is None:
            break
        dx, ds, dual_step = step
        length = _length(slack, ds, dual, dual_step)
        x, slack, dual = x + length * dx, slack + length * ds, dual + length * dual_step
        here = constraints(x)
    return sorted(passed, key=lambda one: one.error)


def _length(
    slack: Floats, ds: Floats, dual: Floats, dy: Floats, part: float = TO_BOUNDARY
) -> float:
    """Return how much of a step keeps slacks and multipliers positive."""
    values, steps = np.concatenate([slack, dual]), np.concatenate([ds, dy])
    falling = steps < 0
    return min(1.0, part * float((-values[falling] / steps[falling]).min(initial=np.inf)))


def _step(
    here: Constraints, slack: Floats, dual: Floats, gradient: Floats, missing: Floats
) -> Step | None:
    """Return the steps of x, slacks and multipliers; None where they are not defined."""
    from scipy.linalg import LinAlgWarning, lu_factor, lu_solve  # slow to import

    jacobian, ratio, bent = here.jacobian, dual / slack, here.curvature(dual)
    system = (jacobian.T * ratio) @ jacobian - bent
    scale = 1 / np.sqrt(np.maximum(np.diag(system), np.finfo(np.float64).tiny))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LinAlgWarning)
        factors = lu_factor(system * scale * scale[:, None], check_finite=False)

    def reduced(up: Floats, across: Floats, products: Floats) -> Step:
        right = up - jacobian.T @ (products / slack + ratio * across)
        dx = scale * lu_solve(factors, scale * right, check_finite=False)
        ds = jacobian @ dx + across
        return dx, ds, -(products + dual * ds) / slack

    def solved(products: Floats) -> Step:
        """Solve H dx + J' dy = -gradient, J dx - ds = -missing, s dy + y ds = -products."""
        dx, ds, dy = reduced(gradient, missing, products)
        for _ in range(REFINEMENTS):
            up = gradient + bent @ dx + jacobian.T @ dy
            across = missing + jacobian @ dx - ds
            more = reduced(up, across, products + slack * dy + dual * ds)
            dx, ds, dy = dx + more[0], ds + more[1], dy + more[2]
        return dx, ds, dy

    _, ds, dy = solved(slack * dual)
    length = _length(slack, ds, dual, dy, 1.0)
    mean = float(slack @ dual) / len(slack)
    ahead = float((slack + length * ds) @ (dual + length * dy)) / len(slack)
    # Gaps far below rounding would only spoil the gradient.
    centre = max((ahead / mean) ** 3 * mean, FLOOR)
    found = solved(slack * dual + ds * dy - centre)
    return found if all(np.all(np.isfinite(part)) for part in found) else None
