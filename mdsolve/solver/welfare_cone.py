"""The welfare program through cvxpy and a conic solver: general route and cross-check.

Only formulations that keep the meaning of p are used: exact powers (``approx=False``; by default
cvxpy replaces small exponents, 1e-4 by 0, and reports ``optimal``), sums without their root, the
logarithm for p = 0, log-sum-exp of p log u for p < 0, and a level for the minimum. One problem per
p, no parameters. What the solver reports is a starting point only: contributions are made feasible
and the objective and its bound are recomputed by the caller. ``infeasible`` and ``unbounded`` are
failures, since the program is known to be neither.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import SolveError, UnsupportedError
from mdsolve.game.curves import Curve, LinearCurve, MixedCurve, PowerCurve
from mdsolve.game.measured_curve import MeasuredCurve
from mdsolve.solver.welfare_bound import DualPoint, normalised, sharpest
from mdsolve.solver.welfare_model import WelfareModel
from mdsolve.tolerance import PROGRAM_FEASIBILITY

Floats = npt.NDArray[np.float64]

LEAST_EXPONENT = 1e-3
"""Below this |p| > 0 the un-rooted sum is too flat for a conic solver to tell answers apart."""


@dataclass(frozen=True)
class ConeResult:
    """What the conic solver found.

    Parameters
    ----------
    contributions : (n,)
        Not necessarily feasible to the last digit.
    dual : DualPoint
    iterations : int
    method : str
        cvxpy and solver with their versions, and the solver's own status.
    """

    contributions: Floats
    dual: DualPoint
    iterations: int
    method: str


def solve_by_cone(model: WelfareModel) -> ConeResult:
    """Return the conic solver's answer to the program.

    Raises
    ------
    UnsupportedError
        For 0 < |p| < 1e-3.
    SolveError
        If the solver returns no point.
    """
    import cvxpy

    cp: Any = cvxpy  # its own annotations cover only a part of it

    if 0 < abs(model.p) < LEAST_EXPONENT:
        raise UnsupportedError.single(
            "option p",
            f"{model.p:g} on the route cvxpy",
            "0, or an exponent of absolute value 1e-3 or more",
            "use the route interior-point, which has no such limit",
        )
    game, sources = model.game, model.sources
    samples = cp.Variable(sources.size, nonneg=True)
    cost = cp.Variable(sources.size)
    amount = cp.Variable()
    utility = cp.Variable(game.size)
    rows: list[Any] = [cost >= _costs(cp, model, samples)]
    rows.append(amount == sources.weight @ samples + model.platform)
    limited = np.flatnonzero(np.isfinite(sources.limit))
    if limited.size:
        rows.append(samples[limited] <= sources.limit[limited])
    gather = _gathering(model)
    idle = model.money_left(game.nothing())
    left = idle - model.own * (gather @ cost) - model.shared * cp.sum(cost)
    spenders = np.flatnonzero(model.spends)
    budget = left[spenders] >= 0 if spenders.size else None
    if budget is not None:
        rows.append(budget)
    rows.append(utility <= left + _benefits(cp, model, amount))
    goal, level = _goal(cp, model, utility, float(np.abs(idle).mean()) or 1.0)
    rows.extend(level)
    problem = cp.Problem(goal, rows)
    tight = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), PROGRAM_FEASIBILITY)
    try:
        with warnings.catch_warnings():
            # An inaccurate answer is no alarm here: its distance to the optimum is computed.
            warnings.simplefilter("ignore")
            problem.solve(solver=cp.CLARABEL, **tight)
    except cp.SolverError as error:
        message = f"Clarabel gave up on the welfare program: {error}"
        raise SolveError(message) from None
    if samples.value is None:
        message = f"Clarabel calls a feasible and bounded welfare program {problem.status}"
        raise SolveError(message)
    s = model.spread(np.maximum(samples.value, 0.0))
    weights, factor = _weights(model, model.utilities(s), level)
    duals = np.zeros(game.size)
    if budget is not None:
        duals[spenders] = np.maximum(np.ravel(budget.dual_value), 0.0) * factor
    steps = int(problem.solver_stats.num_iters or 0)
    method = f"cvxpy {version('cvxpy')}, Clarabel {version('clarabel')}: {problem.status}"
    return ConeResult(s, sharpest(model, weights, duals), steps, method)


def _gathering(model: WelfareModel) -> Any:
    """Return the sparse matrix that adds up the sources of each agent."""
    from scipy.sparse import csr_array

    owner = model.sources.owner
    entries = (np.ones(len(owner)), (owner, np.arange(len(owner))))
    return csr_array(entries, shape=(model.game.size, len(owner)))


def _costs(cp: Any, model: WelfareModel, samples: Any) -> Any:
    """Return the sources' costs as a convex expression."""
    costs = model.sources.costs
    total = cp.multiply(costs.rate, samples)
    if costs.curvature.any():
        total = total + cp.multiply(0.5 * costs.curvature, cp.square(samples))
    for exponent in np.unique(costs.power_exponent[costs.power_rate > 0]):
        rate = np.where(costs.power_exponent == exponent, costs.power_rate, 0.0)
        total = total + cp.multiply(rate, cp.power(samples, float(exponent), approx=False))
    return total


def _benefits(cp: Any, model: WelfareModel, amount: Any) -> Any:
    """Return value_i f_i(y) as a vector of concave expressions."""
    n, curve = model.game.size, model.curve
    parts = curve.parts if isinstance(curve, MixedCurve) else ((np.arange(n), curve),)
    total: Any = np.zeros(n)
    for agents, part in parts:
        chosen = np.zeros(n)
        chosen[agents] = model.game.value[agents]
        total = total + _benefit(cp, part, chosen, amount)
    return total


def _benefit(cp: Any, curve: Curve, value: Floats, amount: Any) -> Any:
    if isinstance(curve, LinearCurve):
        return cp.multiply(value, amount * np.ones(len(value)))
    if isinstance(curve, MeasuredCurve):
        starts = np.array(curve.samples)
        heights, slopes = curve.value(starts), curve.slope(starts)
        lines = heights + cp.multiply(slopes, amount - starts)
        return value * cp.min(lines)
    assert isinstance(curve, PowerCurve)
    shape = np.broadcast_arrays(curve.ceiling, curve.scale, curve.exponent, value)
    ceiling, scale, exponents, worth = (np.asarray(entry) for entry in shape)
    total: Any = ceiling * worth
    for exponent in np.unique(exponents):
        lost = np.where(exponents == exponent, scale * worth, 0.0)
        total = total - lost * cp.power(1 + amount, -float(exponent), approx=False)
    return total


def _goal(cp: Any, model: WelfareModel, utility: Any, unit: float) -> tuple[Any, list[Any]]:
    """Return the objective, in units that keep it of order one, and the rows it needs."""
    p, n = model.p, model.game.size
    scaled = utility / unit
    if p == 1:
        return cp.Maximize(cp.sum(scaled) / n), []
    if p == -math.inf:
        level = cp.Variable()
        return cp.Maximize(level), [scaled >= level]
    if p == 0:
        return cp.Maximize(cp.sum(cp.log(scaled)) / n), []
    if p > 0:
        return cp.Maximize(cp.sum(cp.power(scaled, p, approx=False)) / n), []
    return cp.Minimize(cp.log_sum_exp(p * cp.log(scaled))), []


def _weights(model: WelfareModel, utilities: Floats, level: list[Any]) -> tuple[Floats, float]:
    """Return lambda, and what turns multipliers of the stated objective into those of M_p."""
    p, n = model.p, model.game.size
    idle = model.money_left(model.game.nothing())
    unit = float(np.abs(idle).mean()) or 1.0
    if p == 1:
        return np.full(n, 1 / n), unit
    if p == -math.inf:
        raw = np.maximum(np.ravel(level[0].dual_value), 0.0)
        return normalised(raw, p), unit / float(raw.sum())
    x = np.maximum(utilities, np.finfo(float).tiny) / unit
    slopes = np.exp((p - 1) * np.log(x / x.min()))
    rising = slopes * x.min() ** (p - 1)
    if p == 0:
        stated = 1 / (n * x)
    elif p > 0:
        stated = p * rising / n
    else:
        stated = -p * slopes / (x.min() * float(np.sum((x / x.min()) ** p)))
    weights = normalised(slopes, p)
    return weights, float(weights[0] / stated[0]) * unit
