"""The welfare program through cvxpy and a conic solver: general route and cross-check.

Only formulations that keep the meaning of p are used. By default cvxpy replaces small exponents,
1e-4 by 0, and reports ``optimal``; here powers are exact (``approx=False``), sums keep their root
off for p > 0, p = 0 is the logarithm, p < 0 the perspective of u^p (M_p >= mean iff there are r
with mean^(1-p) u_i^p <= r_i and sum r_i <= n mean), and the minimum a level. One problem per p, no
parameters, units that keep variables of order one.

What the solver reports is a starting point only: contributions are made feasible and the objective
and its bound are recomputed. ``infeasible`` and ``unbounded`` are failures, since the program is
known to be neither.
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
from mdsolve.game.accuracies.curve import MeasuredCurve
from mdsolve.game.accuracies.linear import LinearCurve
from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.curves import Curve, MixedCurve
from mdsolve.solver.welfare.bound import DualPoint, normalised, sharpest
from mdsolve.solver.welfare.model import WelfareModel, worthwhile
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


@dataclass(frozen=True)
class Units:
    """What one unit of the program is: of money, of samples per source, and of shift + y.

    The shift is 1 where some curve is a power of 1 + y, else 0.
    """

    money: float
    samples: float
    amount: float
    shift: float


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
    game, sources, units = model.game, model.sources, _units(model)
    samples = cp.Variable(sources.size, nonneg=True)
    cost = cp.Variable(sources.size)
    mean_cost = cp.Variable()  # a variable of its own keeps every row short
    amount = cp.Variable()  # shift + y
    utility = cp.Variable(game.size)
    rows: list[Any] = [
        cost >= _costs(cp, model, units, samples),
        mean_cost == cp.sum(cost) / game.size,
        amount
        == (sources.weight * units.samples / units.amount) @ samples
        + (units.shift + model.platform) / units.amount,
    ]
    limited = np.flatnonzero(np.isfinite(sources.limit))
    if limited.size:
        rows.append(samples[limited] <= sources.limit[limited] / units.samples)
    idle = model.money_left(game.nothing()) / units.money
    left = idle - model.own * (_gathering(model) @ cost) - model.shared * game.size * mean_cost
    spenders = np.flatnonzero(model.spends)
    budget = left[spenders] >= 0 if spenders.size else None
    if budget is not None:
        rows.append(budget)
    rows.append(utility <= left + _benefits(cp, model, units, amount))
    goal, level = _goal(cp, model, utility)
    rows.extend(level)
    problem = cp.Problem(goal, rows)
    tight = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), PROGRAM_FEASIBILITY)
    try:
        with warnings.catch_warnings():
            # An inaccurate answer is no alarm here: its distance to the optimum is computed.
            warnings.simplefilter("ignore")
            problem.solve(solver=cp.CLARABEL, accept_unknown=True, **tight)
    except cp.SolverError as error:
        message = f"Clarabel gave up on the welfare program: {error}"
        raise SolveError(message) from None
    if samples.value is None:
        message = f"Clarabel calls a feasible and bounded welfare program {problem.status}"
        raise SolveError(message)
    s = model.spread(np.maximum(samples.value, 0.0) * units.samples)
    weights, factor = _weights(model, model.utilities(s) / units.money, level)
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


def _units(model: WelfareModel) -> Units:
    most = float(model.weights @ np.where(np.isfinite(model.reach), model.reach, 0.0))
    data = min(worthwhile(model, np.isinf(model.sources.limit)), most)
    money = float(np.abs(model.money_left(model.game.nothing())).mean())
    curve = model.curve
    parts = [part for _, part in curve.parts] if isinstance(curve, MixedCurve) else [curve]
    shift = 1.0 if any(isinstance(part, PowerCurve) for part in parts) else 0.0
    return Units(
        money or float(model.game.value.mean()),
        data / (float(model.sources.weight.max()) * math.sqrt(model.sources.size)),
        shift + model.platform + data,
        shift,
    )


def _costs(cp: Any, model: WelfareModel, units: Units, samples: Any) -> Any:
    """Return the sources' costs as a convex expression."""
    costs, one = model.sources.costs, units.samples
    total = cp.multiply(costs.rate * one / units.money, samples)
    if costs.curvature.any():
        total = total + cp.multiply(
            0.5 * costs.curvature * one**2 / units.money, cp.square(samples)
        )
    for exponent in np.unique(costs.power_exponent[costs.power_rate > 0]):
        used = np.where(costs.power_exponent == exponent, costs.power_rate, 0.0)
        power = cp.power(samples, float(exponent), approx=False)
        total = total + cp.multiply(used * one**exponent / units.money, power)
    return total


def _benefits(cp: Any, model: WelfareModel, units: Units, amount: Any) -> Any:
    """Return value_i f_i(y) as a vector of concave expressions."""
    n, curve = model.game.size, model.curve
    parts = curve.parts if isinstance(curve, MixedCurve) else ((np.arange(n), curve),)
    total: Any = np.zeros(n)
    for agents, part in parts:
        chosen = np.zeros(n)
        chosen[agents] = model.game.value[agents] / units.money
        spread = {
            name: np.zeros(n) for name in ("ceiling", "scale", "exponent") if hasattr(part, name)
        }
        for name, entries in spread.items():
            entries[agents] = getattr(part, name)
        total = total + _benefit(cp, part, spread, chosen, units, amount)
    return total


def _benefit(
    cp: Any, curve: Curve, own: dict[str, Floats], worth: Floats, units: Units, amount: Any
) -> Any:
    unit, shift = units.amount, units.shift
    if isinstance(curve, LinearCurve):
        return worth * (unit * amount - shift)
    if isinstance(curve, MeasuredCurve):
        starts = np.array(curve.samples)
        heights, slopes = curve.value(starts), curve.slope(starts)
        return worth * cp.min(heights + cp.multiply(slopes, unit * amount - shift - starts))
    assert isinstance(curve, PowerCurve)
    total: Any = own["ceiling"] * worth
    for exponent in np.unique(own["exponent"][worth > 0]):
        lost = np.where(own["exponent"] == exponent, own["scale"] * worth, 0.0)
        shrunk = unit ** -float(exponent)
        power = (
            cp.quad_over_lin(1.0, amount)  # a smaller cone for the usual exponent
            if exponent == 1
            else cp.power(amount, -float(exponent), approx=False)
        )
        total = total - lost * shrunk * power
    return total


def _goal(cp: Any, model: WelfareModel, scaled: Any) -> tuple[Any, list[Any]]:
    """Return the objective in utilities of order one, and the rows it needs."""
    p, n = model.p, model.game.size
    if p == 1:
        return cp.Maximize(cp.sum(scaled) / n), []
    if p == -math.inf:
        level = cp.Variable()
        return cp.Maximize(level), [scaled >= level]
    if p == 0:
        return cp.Maximize(cp.sum(cp.log(scaled)) / n), []
    if p > 0:
        return cp.Maximize(cp.sum(cp.power(scaled, p, approx=False)) / n), []
    mean, parts = cp.Variable(), cp.Variable(n)
    cones = cp.PowCone3D(parts, scaled, mean * np.ones(n), 1 / (1 - p))
    return cp.Maximize(mean), [cones, cp.sum(parts) <= n * mean]


def _weights(model: WelfareModel, utilities: Floats, level: list[Any]) -> tuple[Floats, float]:
    """Return lambda, and what turns multipliers of the stated objective into those of M_p.

    Parameters
    ----------
    utilities : (n,)
        In the units of the program.
    level : list
        The row u >= level, for the minimum.
    """
    p, n = model.p, model.game.size
    if p == 1:
        return np.full(n, 1 / n), 1.0
    if p == -math.inf:
        raw = np.maximum(np.ravel(level[0].dual_value), 0.0)
        return normalised(raw, p), 1 / float(raw.sum())
    u = np.maximum(utilities, np.finfo(float).tiny)
    least = float(u.min())
    slopes = (u / least) ** (p - 1)
    weights = normalised(slopes, p)
    if p < 0:
        return weights, 1.0
    stated = (p or 1.0) * least ** (p - 1) / n
    place = int(np.argmax(slopes))
    return weights, float(weights[place] / slopes[place]) / stated
