"""How good single outcomes can be: branch and bound, each leaf with multipliers that prove it.

A branch fixes an outcome at one profile, or rules it out there. What remains is a lottery over the
outcomes left, whose linear program bounds every choice of single outcomes among them. Leaves are
what is not split any further; the largest of their bounds is one for all.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from mdsolve.errors import SolveError
from mdsolve.progress import Monitor
from mdsolve.solver.market.outcome_program import (
    Booleans,
    Floats,
    Integers,
    OutcomeProgram,
    multipliers,
    rounded,
)
from mdsolve.tolerance import DEFAULT, PROGRAM_FEASIBILITY

NODE_LIMIT = 200
"""Most linear relaxations that are branched on."""

VALUE_LIMIT = 20_000
"""Most values of lies under all outcomes for which branches are looked at."""

PRICES = (1e2, 1e5, 1e8)
"""What lacking money costs, in units of the goal, where outcomes leave too little; one suffices."""


@dataclass
class Node:
    """A set of outcomes at every profile, and what bounds the welfare of those in it.

    Parameters
    ----------
    allowed : (outcomes, profiles) of bool
    bound : float
    revenue, lies : arrays
        Multipliers, as `second_best` has them.
    split : (int, int) or None
        An outcome and a profile: the first branch has this outcome there, the second has not.
    """

    allowed: Booleans
    bound: float = np.inf
    revenue: Floats = field(default_factory=lambda: np.zeros(0))
    lies: Floats = field(default_factory=lambda: np.zeros((0, 4)))
    split: tuple[int, int] | None = None
    branches: tuple[Node, ...] = ()

    def leaves(self) -> list[dict[str, Any]]:
        """Return the tree from here on, parents first, as solutions store it."""
        if self.split is None:
            return [{"revenue": self.revenue, "lies": self.lies}]
        outcome, place = self.split
        rest = [entry for branch in self.branches for entry in branch.leaves()]
        return [{"outcome": outcome, "place": place}, *rest]


@dataclass(frozen=True)
class Branched:
    """The best outcomes that were found, what none has more than, and the tree that proves it."""

    chances: Floats
    bound: float
    tree: list[dict[str, Any]]


def branched(program: OutcomeProgram, chances: Floats, monitor: Monitor) -> Branched:
    """Return single outcomes at least as good as some, and a bound on all of them.

    Parameters
    ----------
    chances : (outcomes, profiles)
        Admissible single outcomes, to begin with.
    """
    best, value = chances, float((program.goal * chances).sum())
    allowed = PROGRAM_FEASIBILITY * program.unit
    root, order = Node(np.ones(chances.shape, dtype=np.bool_)), count()
    waiting: list[tuple[float, int, Node]] = [(-np.inf, next(order), root)]
    done: list[float] = []
    for number in range(NODE_LIMIT):
        if not waiting:
            break
        monitor.advance("branches", number, NODE_LIMIT)
        _, _, node = heapq.heappop(waiting)
        found = _relaxed(program, node, value + allowed)
        whole = np.minimum(found, 1 - found)
        outcome, place = (int(k) for k in np.unravel_index(np.argmax(whole), whole.shape))
        if node.bound > value + allowed and whole[outcome, place] <= DEFAULT.verify:
            # admissible, and better than what was known
            best = np.rint(found)
            value = float((program.goal * best).sum())
        if node.bound <= value + allowed or whole[outcome, place] <= DEFAULT.verify:
            done.append(node.bound)
            continue
        node.split, node.branches = (outcome, place), _halves(node, outcome, place)
        for branch in node.branches:
            heapq.heappush(waiting, (-node.bound, next(order), branch))
    bounds = [*done, *(node.bound for _, _, node in waiting)]
    return Branched(best, max(bounds), root.leaves())


def _halves(node: Node, outcome: int, place: int) -> tuple[Node, Node]:
    """Return where an outcome is sure at a profile, and where it is ruled out there.

    Both inherit the bound and the multipliers, which hold for less as well.
    """
    sure, without = node.allowed.copy(), node.allowed.copy()
    sure[:, place] = False
    sure[outcome, place] = True
    without[outcome, place] = False
    known = (node.bound, node.revenue, node.lies)
    return Node(sure, *known), Node(without, *known)


def _relaxed(program: OutcomeProgram, node: Node, enough: float) -> Floats:
    """Return the best lottery over the outcomes of a node, and note its bound and multipliers.

    Lies are added until payments lose no money, or the bound is no more than a number.
    """
    while True:
        chances, found, marks = _solved(program, node.allowed, enough)
        node.bound = min(node.bound, -float(found.fun) * program.unit)
        node.revenue, node.lies = multipliers(program, found, marks)
        if node.bound <= enough:
            return chances
        paid, reports = program.payments(chances)
        losing = np.flatnonzero(paid.sum(axis=0) < -2 * PROGRAM_FEASIBILITY * program.unit)
        if not losing.size or not program.cut(losing, reports):
            return chances


def _solved(
    program: OutcomeProgram, allowed: Booleans, enough: float
) -> tuple[Floats, Any, Integers]:
    """Return the best lottery over some outcomes, lacking money at a price where it has to."""
    for price in (None, *PRICES):
        chances, found, marks = program.relaxed(allowed, price)
        if found.status == 0 and (price is None or -found.fun * program.unit <= enough):
            return rounded(chances), found, marks
    message = f"the linear programming solver stopped at a branch: {found.message}"
    raise SolveError(message)
