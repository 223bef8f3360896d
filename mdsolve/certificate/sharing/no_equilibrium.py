"""No equilibrium: a tree of boxes, on each leaf one deviation that gains everywhere.

Only the tree's splits, agents and deviations are taken from the claim. The boxes are rebuilt from
the capacities, and the least gain over each is recomputed in exact fractions: for `union` payoffs
and piecewise-linear costs it is attained at an end or break point of the deviator's contribution,
with the product of the others' misses at one of its ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from mdsolve.conditions import Condition
from mdsolve.instance.numbers import exact_number
from mdsolve.instance.sharing import (
    SharingInstance,
)
from mdsolve.instance.sharing_accuracy import (
    UnionAccuracySpec,
)
from mdsolve.instance.sharing_agents import (
    AgentColumns,
    AgentSpec,
    LinearCostSpec,
    PiecewiseLinearCostSpec,
)

NAME = "no-equilibrium"

Points = Sequence[tuple[Fraction, Fraction]]
Box = list[tuple[Fraction, Fraction]]


def no_equilibrium(instance: SharingInstance, tree: Any, claimed: bool) -> Condition:
    """Check a proof that no profile of contributions is an equilibrium without payments."""
    try:
        gap, leaves = _least_gain(instance, tree)
    except ValueError as error:
        reason = f"no usable proof: {error}"
        return Condition(NAME, claimed, "not-checked", arithmetic="exact", detail=reason)
    proved = gap > 0
    return Condition(
        NAME,
        claimed,
        "pass" if proved else "fail",
        violation=float(-gap),
        tolerance=0.0,
        arithmetic="exact",
        scope=f"{leaves:,} boxes that cover every profile",
        detail=(
            f"at every profile somebody gains at least {float(gap):.6g} by deviating"
            if proved
            else "in one of the boxes the deviation named does not always gain"
        ),
        witness={"nash_gap": str(gap)},
    )


def _least_gain(instance: SharingInstance, tree: Any) -> tuple[Fraction, int]:
    curve, neighbours, agents = _union_game(instance)
    if not isinstance(tree, list) or not tree:
        message = "it needs the tree of boxes"
        raise ValueError(message)
    whole: Box = [(Fraction(0), capacity) for _, capacity, _ in agents]
    stack, leaves, gap = [whole], 0, None
    for node in tree:
        if not stack:
            message = "the tree has more nodes than boxes"
            raise ValueError(message)
        box = stack.pop()
        if not isinstance(node, list) or len(node) not in (2, 3):
            message = "a node is neither a split nor a leaf"
            raise ValueError(message)
        agent = node[0]
        if not isinstance(agent, int) or not 0 <= agent < len(agents):
            message = f"there is no agent number {agent}"
            raise ValueError(message)
        low, high = box[agent]
        if len(node) == 2:
            at = exact_number(node[1])
            if not low < at < high:
                message = "a split outside its box"
                raise ValueError(message)
            stack.append([(at, high) if j == agent else side for j, side in enumerate(box)])
            stack.append([(low, at) if j == agent else side for j, side in enumerate(box)])
            continue
        deviation = exact_number(node[2])
        if not 0 <= deviation <= agents[agent][1]:
            message = "a deviation outside [0, capacity]"
            raise ValueError(message)
        least = _gain(curve, neighbours[agent], agents[agent], agent, box, deviation)
        gap = least if gap is None else min(gap, least)
        leaves += 1
    if stack or gap is None:
        message = "the boxes do not cover every profile"
        raise ValueError(message)
    return gap, leaves


def _gain(
    curve: Points,
    neighbours: Sequence[int],
    agent: tuple[Points, Fraction, Fraction],
    number: int,
    box: Box,
    deviation: Fraction,
) -> Fraction:
    """Return the least gain of a deviation over a box."""
    cost, _, value = agent
    others = [j for j in neighbours if j != number]
    ends = []
    for side in (1, 0):
        miss = Fraction(1)
        for j in others:
            miss *= 1 - _at(curve, box[j][side], flat=True)
        ends.append(miss)
    own = number in neighbours
    low, high = box[number]
    points = [low, high]
    points += [x for x, _ in (*curve, *cost) if low < x < high]
    target = _at(curve, deviation, flat=True) if own else Fraction(0)
    gains = []
    for x in points:
        effort = _at(curve, x, flat=True) if own else Fraction(0)
        saved = _at(cost, x) - _at(cost, deviation)
        gains += [value * (target - effort) * miss + saved for miss in ends]
    return min(gains)


def _at(points: Points, x: Fraction, flat: bool = False) -> Fraction:
    """Return piecewise-linear interpolation; beyond the last point flat or with the last slope."""
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    (x0, y0), (x1, y1) = points[-2:]
    return y1 if flat else y1 + (y1 - y0) * (x - x1) / (x1 - x0)


def _union_game(
    instance: SharingInstance,
) -> tuple[Points, Sequence[Sequence[int]], list[tuple[Points, Fraction, Fraction]]]:
    """Return e's points, the neighbours, and per agent: cost points, capacity, value."""
    accuracy = instance.accuracy
    if not isinstance(accuracy, UnionAccuracySpec) or isinstance(instance.agents, AgentColumns):
        message = "only union games with listed agents can be proved to have no equilibrium"
        raise ValueError(message)
    agents = []
    for spec in instance.agents:
        if spec.capacity is None:
            message = f"{spec.name} has no capacity, so the box is unbounded"
            raise ValueError(message)
        agents += [(_cost_points(spec), spec.capacity, spec.value)] * spec.count
    return accuracy.curve.points, accuracy.neighbours, agents


def _cost_points(spec: AgentSpec) -> Points:
    cost = spec.cost
    if isinstance(cost, LinearCostSpec):
        return [(Fraction(0), cost.fixed), (Fraction(1), cost.fixed + cost.rate)]
    if isinstance(cost, PiecewiseLinearCostSpec):
        return cost.points
    message = f"the cost of {spec.name} is not piecewise linear"
    raise ValueError(message)
