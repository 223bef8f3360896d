"""Best menus from the definition: a linear program with more and more tangents, by cvxpy.

Nothing of mdsolve is used: v is a plain function here, every incentive constraint is written down,
and the others are enumerated one by one.
"""

from __future__ import annotations

import itertools
import math

import cvxpy as cp
import numpy as np
from scipy.optimize import minimize_scalar

ROUNDS = 60
CLOSE = 1e-9


def pac(ceiling, k):
    """Return v and v', 0 below the threshold."""

    def bound(m):
        return ceiling - (4 + math.sqrt(2 * k * (2 + math.log(m / k)))) / math.sqrt(m)

    low, high = k, 1e9
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if bound(middle) < 0 else (low, middle)
    threshold = high

    def value(m):
        return bound(m) if m > threshold else 0.0

    def slope(m):
        h = 1e-5 * m
        return (bound(m + h) - bound(m - h)) / (2 * h)

    return value, slope, threshold


def power(exponent):
    def value(m):
        return 1 - (1 + m) ** -exponent

    def slope(m):
        return exponent * (1 + m) ** (-exponent - 1)

    return value, slope, 0.0


def alone(value, cost, most):
    """Return the best amount and utility of own data alone, by a fine grid and refinement."""
    grid = np.concatenate([[0.0], np.geomspace(most * 1e-6, most, 4000)])
    utilities = [value(m) - cost * m for m in grid]
    best = int(np.argmax(utilities))
    if best == 0:
        return 0.0, utilities[0]
    ends = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(
        lambda m: cost * m - value(m),
        bounds=ends,
        method="bounded",
        options={"xatol": 1e-10 * most},
    )
    return float(found.x), max(-float(found.fun), utilities[best], value(0.0))


def integrated(density, low, high):
    """Return F of an unscaled density by the trapezoid rule on a fine grid, as a function."""
    grid = np.linspace(low, high, 20001)
    heights = np.array([density(c) for c in grid])
    areas = np.concatenate([[0.0], np.cumsum(0.5 * (heights[1:] + heights[:-1]) * np.diff(grid))])
    return lambda c: float(np.interp(c, grid, areas / areas[-1]))


def ironed_total(curve, share, low, high, platform):
    """Return max_M M Fhat((v(M + D) - u) / M) on grids: the bound for one agent."""
    value, _, _ = curve
    grid = np.linspace(low, high, 4001)
    hull: list[tuple[float, float]] = []
    for point in zip(grid.tolist(), [share(c) for c in grid], strict=True):
        while len(hull) > 1 and (hull[-1][1] - hull[-2][1]) * (point[0] - hull[-2][0]) <= (
            point[1] - hull[-2][1]
        ) * (hull[-1][0] - hull[-2][0]):
            hull.pop()
        hull.append(point)
    costs, shares = np.array(hull).T
    level = alone(value, high, 1 / high)[1]
    best = 0.0
    for m in np.linspace(0, 1 / low, 40001)[1:]:
        worth = (value(m + platform) - level) / m
        best = max(best, m * float(np.interp(worth, costs, shares)) if worth >= low else 0.0)
    return best


def best_total(curve, costs, chances, agents, platform, capacity=None, quality=1.0):
    """Return the largest expected total of a menu, and its contributions.

    The platform's data are at least the threshold, or v is concave.
    """
    value, slope, threshold = curve
    assert platform >= threshold
    size = len(costs)
    most = capacity or quality / costs[0]
    levels = [alone(lambda m: quality * value(m), c, most)[1] for c in costs]
    others = [
        (math.prod(chances[k] for k in row), np.bincount(row, minlength=size))
        for row in itertools.product(range(size), repeat=agents - 1)
    ]
    if agents == 1:
        others = [(1.0, np.zeros(size))]
    m, v = cp.Variable(size, nonneg=True), cp.Variable(size)
    fixed = [m <= most]
    for k in range(size):
        fixed.append(v[k] - costs[k] * m[k] >= levels[k])
        fixed += [
            v[k] - costs[k] * m[k] >= v[other] - costs[k] * m[other]
            for other in range(size)
            if other != k
        ]
    cuts = []

    def cut_at(point):
        for k in range(size):
            constant, row = 0.0, np.zeros(size)
            for chance, counts in others:
                weights = counts + np.eye(size)[k]
                y = float(weights @ point) + platform
                rate = quality * slope(max(y, threshold))
                constant += chance * (quality * value(y) - rate * float(weights @ point))
                row += chance * rate * weights
            cuts.append(v[k] <= constant + row @ m)

    for share in (0.0, 0.01, 0.1, 0.3, 1.0):
        cut_at(np.full(size, share * most))
    objective = cp.Maximize(np.asarray(chances) @ m)
    last = np.inf
    for _ in range(ROUNDS):
        problem = cp.Problem(objective, fixed + cuts)
        problem.solve(solver=cp.HIGHS)
        assert problem.status == "optimal"
        cut_at(np.maximum(m.value, 0))
        if abs(last - problem.value) <= 1e-11 * most:
            break
        last = problem.value
    return agents * float(problem.value), m.value
