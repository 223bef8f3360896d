"""The best contributions where everything asked for leaves a convex set.

    maximise  goal(s)   subject to  W(s) >= R,  sum_i s_i >= T,  least <= s <= capacity

W is welfare: without limits and shares the inequality asks for W(s) >= sum_i out_i only. The
multipliers of the two constraints turn the program into a plan; each is found by halving, since
more weight on a constraint only moves its side up. Between the two plans at the last bracket the
weighed sum is the same, so the point of the segment between them at which the constraint holds
exactly is optimal.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.solver.target.planner import Plan, Planner, total_slopes
from mdsolve.solver.target.requirements import DATA, WELFARE, Weighing
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

HALVINGS = 120
"""Of a multiplier on a logarithmic scale, and of a segment."""

WIDEST = 1e30
"""Largest and smallest multiplier, in the units of the first guess."""

Measure = Callable[[Floats], float]


@dataclass(frozen=True)
class ConvexOptimum:
    """The best contributions, with the multipliers that prove it.

    Parameters
    ----------
    plan : Plan
    value : float
        Of the goal.
    bound : float
        No contributions that respect the constraints have more.
    reserve_price, total_price : float
        Multipliers of W(s) >= R and of sum s >= T, in units of the goal.
    feasible : bool
        Whether any contributions respect the constraints; if not, the plan has the largest W among
        those with the total, and the bound is one of W.
    """

    plan: Plan
    value: float
    bound: float
    reserve_price: float = 0.0
    total_price: float = 0.0
    feasible: bool = True


def convex_optimum(
    planner: Planner, base: Weighing, reserve: float | None, total: float
) -> ConvexOptimum:
    """Return the best contributions for a goal that is a weighing.

    Parameters
    ----------
    reserve : float or None
        R, in money; None asks for nothing.
    total : float
        T, in samples.
    """
    if reserve is None:
        plan, price = with_total(planner, base, total)
        return _concluded(planner, base, None, total, plan, 0.0, price)
    free = _unconstrained(planner, base, total)
    size = _money(planner, reserve)
    if free is not None and _welfare(planner, free[0].contributions) >= reserve:
        return _concluded(planner, base, reserve, total, free[0], 0.0, free[1])
    best, price = with_total(planner, WELFARE, total)
    most = _welfare(planner, best.contributions)
    if most < reserve - ROUND_OFF * size:
        found = _concluded(planner, WELFARE, None, total, best, 0.0, price)
        return ConvexOptimum(found.plan, most, found.bound, 1.0, price, feasible=False)
    if base == WELFARE:
        return _concluded(planner, base, reserve, total, best, 0.0, price)

    def plan_at(multiplier: float, near: Floats | None) -> tuple[Plan, float]:
        return with_total(planner, base.plus(WELFARE, multiplier), total, near)

    unit = _unit(planner, base, best)
    end = (best, price)
    plan, mu, nu = _multiplier(plan_at, lambda s: _welfare(planner, s), reserve, unit, end)
    return _concluded(planner, base, reserve, total, plan, mu, nu)


def with_total(
    planner: Planner, base: Weighing, total: float, near: Floats | None = None
) -> tuple[Plan, float]:
    """Return the plan with at least so many samples in all, and the multiplier of that.

    Raises
    ------
    UnsupportedError
        If capacities do not allow as much.
    """
    plan = planner.plan(base, near)
    if plan.contributions.sum() >= total * (1 - ROUND_OFF):
        return plan, 0.0
    game = planner.game
    if game.capacity.sum() < total * (1 - ROUND_OFF):
        raise UnsupportedError.single(
            "requirement least-total",
            f"{total:g} samples",
            f"at most the sum of capacities, {float(game.capacity.sum()):g}",
        )
    # Who has no capacity brings no more than the total: beyond it nothing is asked for.
    full = np.where(np.isfinite(game.capacity), game.capacity, 2 * total)
    ended = replace(planner, game=replace(game, capacity=full))
    last = Plan(full, total_slopes(game, full)), math.inf
    if full.sum() <= total * (1 + ROUND_OFF):
        price = float(np.max(base.cost * game.costs.slope(full, "left")))
        return last[0], price

    def plan_at(multiplier: float, near: Floats | None) -> tuple[Plan, float]:
        return ended.plan(base.plus(DATA, multiplier), near), 0.0

    unit = float(np.median(game.costs.slope(plan.contributions))) * base.cost
    unit = unit or float(np.median(plan.prices)) * base.benefit or 1.0
    found, price, _ = _multiplier(plan_at, lambda s: float(s.sum()), total, unit, last)
    # Where every sample is worth just what it costs, rounding must not make it endless.
    return found, price if np.isfinite(game.capacity).all() else price * (1 - ROUND_OFF)


def _multiplier(
    plan_at: Callable[[float, Floats | None], tuple[Plan, float]],
    measure: Measure,
    asked: float,
    unit: float,
    last: tuple[Plan, float],
) -> tuple[Plan, float, float]:
    """Return the plan at the multiplier where a measure just reaches what is asked, and it.

    Parameters
    ----------
    last : (Plan, float)
        The plan at an endless multiplier, which reaches it.
    """
    low, high = 0.0, math.inf
    below: Plan | None = None
    above, inner = last
    trial = unit
    for _ in range(HALVINGS):
        try:
            plan, price = plan_at(trial, above.contributions)
        except UnsupportedError:
            low = trial  # without end: too little weight on the constraint
        else:
            if measure(plan.contributions) >= asked:
                above, inner, high = plan, price, trial
            else:
                below, low = plan, trial
        if math.isinf(high):
            trial = trial * 16
            if trial > unit * WIDEST:
                break
        elif low == 0:
            trial = trial / 16
            if trial < unit / WIDEST:
                break
        else:
            trial = math.sqrt(low) * math.sqrt(high)
            if not low < trial < high or high <= low * (1 + 4e-16):
                break
    multiplier = high if math.isfinite(high) else low
    if below is None:
        return above, multiplier, inner
    return _between(below, above, measure, asked), multiplier, inner


def _between(below: Plan, above: Plan, measure: Measure, asked: float) -> Plan:
    """Return the point of a segment where a concave measure first reaches what is asked."""
    start, way = below.contributions, above.contributions - below.contributions
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        if measure(start + middle * way) >= asked:
            high = middle
        else:
            low = middle
    if high >= 1 - ROUND_OFF:
        return above
    return Plan(start + high * way, above.prices)


def _unconstrained(planner: Planner, base: Weighing, total: float) -> tuple[Plan, float] | None:
    """Return the plan without a reserve, None where it has no end."""
    try:
        return with_total(planner, base, total)
    except UnsupportedError:
        if np.isfinite(planner.game.capacity).all():
            raise
        return None


def _welfare(planner: Planner, s: Floats) -> float:
    with np.errstate(over="ignore"):  # totals are doubled until they are too many
        return WELFARE.value(planner.game, s)


def _money(planner: Planner, reserve: float) -> float:
    game = planner.game
    return abs(reserve) + float(np.abs(game.benefits(planner.least)).sum())


def _unit(planner: Planner, base: Weighing, best: Plan) -> float:
    """Return a first guess of the multiplier of welfare, in units of the goal per money."""
    s = best.contributions
    worth = abs(base.value(planner.game, s))
    money = float(np.abs(planner.game.benefits(s)).sum() + planner.game.costs.value(s).sum())
    return worth / money if worth > 0 and money > 0 else 1.0


def _concluded(
    planner: Planner,
    base: Weighing,
    reserve: float | None,
    total: float,
    plan: Plan,
    reserve_price: float,
    total_price: float,
) -> ConvexOptimum:
    """Return the optimum with the bound that its multipliers give."""
    weighing = base.plus(WELFARE, reserve_price).plus(DATA, total_price)
    bound = planner.bound(weighing, plan) - total_price * total
    if reserve is not None:
        bound -= reserve_price * reserve
    value = base.value(planner.game, plan.contributions)
    return ConvexOptimum(plan, value, bound, reserve_price, total_price)


def proved(value: float, bound: float, scale: float) -> bool:
    """Tell whether a bound leaves no room above a value."""
    return bound - value <= DEFAULT.verify * max(abs(scale), abs(value))
