"""Equilibria of games with weights by group, reduced to one unknown per group.

Agents of a group see the same amount of data y_g = (table T)_g + platform data, T being the groups'
totals. Given the other groups' totals, a group's own equilibrium is that of a game with a common
total (`total_equilibrium`). Sweeps over the groups (Gauss-Seidel) settle most games; where they
contract too slowly, Newton's method on T - response(T) = 0 finishes, with the small Jacobian by
differences. The work per round is G passes over the agents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import GroupWeights
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.total import Responses, TotalEquilibrium, responses_equilibrium
from mdsolve.tolerance import DEFAULT, DIFFERENCE_STEP

Floats = npt.NDArray[np.float64]

SWEEPS = 100
SWEEPS_PER_JUMP = 10
NEWTON_ROUNDS = 40
POLISH_STEPS = 2
"""Newton steps that are always taken: sweeps stop a contraction factor away from the solution."""


@dataclass(frozen=True)
class GroupEquilibrium:
    """An equilibrium of a game with group weights.

    Parameters
    ----------
    contributions : (n,)
    tied : (k,) of int
        Agents between whom a part of a group's total can be shifted.
    rounds : int
        Sweeps and Newton steps taken.
    converged : bool
        Whether the last round moved no total by more than the solving tolerance.
    """

    contributions: Floats
    tied: npt.NDArray[np.intp]
    rounds: int
    converged: bool


class _Groups:
    """The groups' responses to each other's totals."""

    def __init__(self, game: SharingGame, costs: Costs) -> None:
        accuracy = game.accuracy
        assert isinstance(accuracy, WeightedAccuracy)
        assert isinstance(accuracy.weights, GroupWeights)
        self.table = accuracy.weights.table
        self.platform = accuracy.platform_data
        group = accuracy.weights.group
        self.members = [np.flatnonzero(group == g) for g in range(len(self.table))]
        self.responses = [
            Responses(
                accuracy.curve.take(agents),
                costs.take(agents),
                np.full(len(agents), self.table[g, g]),
                game.value[agents],
                game.capacity[agents],
                [game.agents[int(k)] for k in agents],
            )
            for g, agents in enumerate(self.members)
        ]

    def respond(self, g: int, totals: Floats) -> TotalEquilibrium:
        """Return the equilibrium within a group, the other groups' totals given."""
        others = float(self.table[g] @ totals) - self.table[g, g] * totals[g]
        return responses_equilibrium(self.responses[g], max(0.0, others) + self.platform)

    def span(self, totals: Floats) -> float:
        """Return the samples that rounding in the groups' amounts of data is relative to."""
        seen = self.table @ totals + self.platform
        spans = [
            self.responses[g].span(float(seen[g])).max(initial=0.0)
            for g in range(len(seen))
            if len(self.members[g])
        ]
        return float(max(spans))

    def response(self, totals: Floats) -> Floats:
        """Return every group's total in answer to the others'."""
        return np.array(
            [
                self.respond(g, totals).contributions.sum() if len(agents) else 0.0
                for g, agents in enumerate(self.members)
            ]
        )


def group_equilibrium(game: SharingGame, costs: Costs, monitor: Monitor) -> GroupEquilibrium:
    """Return an equilibrium of a game with group weights and concave curves."""
    groups = _Groups(game, costs)
    totals = np.zeros(len(groups.members))
    rounds = 0
    moved, path = np.inf, np.zeros(len(totals))
    while rounds < SWEEPS and moved > _allowance(groups, totals):
        before, last = totals.copy(), path
        for g in range(len(totals)):
            if len(groups.members[g]):
                totals[g] = groups.respond(g, totals).contributions.sum()
        path = totals - before
        moved = float(np.max(np.abs(path)))
        rounds += 1
        if rounds % SWEEPS_PER_JUMP == 0 and moved > _allowance(groups, totals):
            totals = _along(totals, path, last)
        monitor.advance("sweeps over the groups", rounds, SWEEPS)
    off = _distance(groups, totals)
    for taken in range(NEWTON_ROUNDS):
        if taken >= POLISH_STEPS and moved <= _allowance(groups, totals):
            break
        step = _newton_step(groups, totals)
        tried = np.maximum(totals + step, 0.0)
        left = _distance(groups, tried)
        if moved <= _allowance(groups, totals) and left > off:
            break  # nearly parallel responses: Newton's matrix is of no use where sweeps rest
        moved, totals, off = float(np.max(np.abs(step))), tried, left
        rounds += 1
        monitor.advance("Newton steps on the groups", taken + 1, NEWTON_ROUNDS)
    contributions = np.zeros(game.size)
    tied = []
    for g, agents in enumerate(groups.members):
        if len(agents):
            found = groups.respond(g, totals)
            contributions[agents] = found.contributions
            tied.append(agents[found.tied] if len(found.tied) > 1 else agents[:0])
    converged = moved <= _allowance(groups, totals)
    return GroupEquilibrium(contributions, np.concatenate(tied), rounds, converged)


def _along(totals: Floats, path: Floats, last: Floats) -> Floats:
    """Return where sweeps lead that move on and on by nearly the same amounts.

    A movement that shrinks by a factor r each time adds up to r / (1 - r) times itself. Groups
    whose responses are nearly parallel move almost for ever: until one of them stops contributing.
    """
    shrinking = float(path @ last) / max(float(last @ last), float(np.finfo(float).tiny))
    falling = path < 0
    reach = float(np.min(totals[falling] / -path[falling])) if falling.any() else 0.0
    further = shrinking / (1 - shrinking) if shrinking < 1 else np.inf
    return np.maximum(totals + max(0.0, min(further, reach)) * path, 0.0)


def _distance(groups: _Groups, totals: Floats) -> float:
    """Return how far the groups' responses lie from their totals."""
    return float(np.max(np.abs(groups.response(totals) - totals)))


def _allowance(groups: _Groups, totals: Floats) -> float:
    """Return by how much totals at rest may still move, in samples."""
    return DEFAULT.solve * max(float(np.max(totals)), groups.span(totals))


def _newton_step(groups: _Groups, totals: Floats) -> Floats:
    """Return the Newton step for T = response(T), falling back to the response itself."""
    answer, size = groups.response(totals), len(totals)
    step = DIFFERENCE_STEP * max(float(totals.max()), groups.span(totals))
    if step == 0:
        return answer - totals
    jacobian = np.eye(size)
    for g in range(size):
        moved = totals.copy()
        moved[g] += step
        jacobian[:, g] -= (groups.response(moved) - answer) / step
    try:
        return np.asarray(np.linalg.solve(jacobian, answer - totals), dtype=np.float64)
    except np.linalg.LinAlgError:
        return answer - totals
