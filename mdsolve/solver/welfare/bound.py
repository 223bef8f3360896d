"""An upper bound on every attainable p-mean, from weights and budget multipliers.

For weights lambda with M_p'(n lambda) = 1, p' = p / (p-1), every non-negative u has
M_p(u) <= sum_i lambda_i u_i (reverse Hoelder). With multipliers gamma >= 0 of b >= 0,
mu = lambda + gamma, T = sum mu, and a tangent of slope G of sum_i lambda_i value_i f_i at y0,

    sum_i lambda_i u_i <= mu.B + sum_i lambda_i value_i f_i(y0) + G (platform data - y0)
                          + sum_i max_{0 <= s <= reach_i} (G w_i s - k_i c_i(s)),
    k_i = own mu_i + shared T,

which separates into one-dimensional maxima with known answers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.p_mean import conjugate_exponent, p_mean
from mdsolve.solver.welfare.model import WelfareModel

Floats = npt.NDArray[np.float64]

BACK_OFFS = 60
"""Doublings by which the tangent point moves until no endless source gains from more data."""


@dataclass(frozen=True)
class DualPoint:
    """What proves the bound.

    Parameters
    ----------
    weights : (n,)
        lambda, without unit, normalised.
    budget_duals : (n,)
        gamma, what a unit of money more in each budget would add to M_p beyond lambda.
    tangent : float
        y0, in samples.
    price : float
        G: what a sample more would add to M_p, in money.
    bound : float
        In money.
    """

    weights: Floats
    budget_duals: Floats
    tangent: float
    price: float
    bound: float


def normalised(weights: Floats, p: float) -> Floats:
    """Return positive weights divided by M_p'(n lambda); for p = 1 they are 1/n."""
    if p == 1:
        return np.full(len(weights), 1 / len(weights))
    return np.asarray(weights / p_mean(len(weights) * weights, conjugate_exponent(p)))


def dual_point(
    model: WelfareModel, weights: Floats, budget_duals: Floats, y: float, price: float
) -> DualPoint:
    """Return the bound that weights and multipliers prove.

    Parameters
    ----------
    weights, budget_duals : (n,)
        Non-negative.
    y, price : float
        Tangent point and slope asked for; at a kink any slope between the two sides is taken, and
        where the curve is smooth its own.
    """
    weights = normalised(weights, model.p)
    share = weights + budget_duals
    borne = model.own * share + model.shared * float(share.sum())
    at, slope, height = _tangent(model, weights, y, price)
    gained = _gains(model, borne, slope)
    step = np.spacing(y)
    for _ in range(BACK_OFFS):
        if math.isfinite(gained):
            break
        # An endless source whose price exceeds its cost by rounding: look from further out.
        at, slope, height = _tangent(model, weights, y + step, 0.0)
        gained = _gains(model, borne, slope)
        step *= 2
    bound = float(share @ model.game.money) + height + slope * (model.platform - at) + gained
    return DualPoint(weights, budget_duals, at, slope, bound)


def _tangent(
    model: WelfareModel, weights: Floats, y: float, price: float
) -> tuple[float, float, float]:
    """Return point, slope and height of a tangent of sum_i lambda_i value_i f_i near y."""
    curve, worth = model.curve, weights * model.game.value
    right = float(worth @ curve.slope(model.at(y)))
    height = float(worth @ curve.value(model.at(y)))
    if not curve.kinks:
        return y, right, height
    left = float(worth @ curve.slope(model.at(float(np.nextafter(y, 0.0)))))
    return y, min(max(price, right), max(left, right)), height


def _gains(model: WelfareModel, borne: Floats, price: float) -> float:
    """Return sum_i max over 0 <= s <= reach_i of price w_i s - borne_i c_i(s)."""
    worth = price * model.weights
    s = _maximisers(model, borne, price)
    if not np.isfinite(s).all():
        return math.inf
    return float((worth * s - borne * model.game.costs.value(s)).sum())


def _maximisers(model: WelfareModel, borne: Floats, price: float) -> Floats:
    """Return argmax over 0 <= s <= reach_i of price w_i s - borne_i c_i(s)."""
    worth = price * model.weights
    ratio = np.divide(worth, borne, out=np.full_like(worth, np.inf), where=borne > 0)
    s = np.minimum(model.game.costs.supply(ratio), model.reach)
    s[worth <= 0] = 0.0
    return s


def sharpest(model: WelfareModel, weights: Floats, budget_duals: Floats) -> DualPoint:
    """Return the best bound that given weights and multipliers prove.

    The bound is convex in the slope G and its derivative is platform data + w.s(G) - y0, s(G)
    being the one-dimensional maximisers: a bisection over the tangent point and, where that ends
    in a kink, one over the slopes there.
    """
    weights = normalised(weights, model.p)
    share = weights + budget_duals
    borne = model.own * share + model.shared * float(share.sum())
    worth = weights * model.game.value

    def slope(y: float) -> float:
        return float(worth @ model.curve.slope(model.at(y)))

    def surplus(y: float, price: float) -> float:
        """Return by how much the maximisers at a price exceed the amount y."""
        s = _maximisers(model, borne, price)
        return model.platform + float(model.weights[s > 0] @ s[s > 0]) - y

    low, high = model.platform, max(1.0, 2 * model.platform)
    while surplus(high, slope(high)) > 0 and high < FARTHEST:
        low, high = high, 2 * high
    while low < (middle := 0.5 * (low + high)) < high:
        if surplus(middle, slope(middle)) > 0:
            low = middle
        else:
            high = middle
    cheap, dear = slope(high), slope(low)
    for _ in range(BACK_OFFS):
        middle = 0.5 * (cheap + dear)
        if not cheap < middle < dear:
            break
        if surplus(high, middle) > 0:
            dear = middle
        else:
            cheap = middle
    return dual_point(model, weights, budget_duals, high, cheap)


FARTHEST = float(np.finfo(float).max) / 8
