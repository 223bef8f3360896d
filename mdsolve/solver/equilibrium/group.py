"""Equilibria of games with weights by group, reduced to one unknown per group.

Agents of a group see the same amount of data y_g = (table T)_g + platform data, T being the groups'
totals. Given the other groups' totals, a group's own equilibrium is that of a game with a common
total (`total_equilibrium`). Sweeps over the groups (Gauss-Seidel) settle most games; where they
contract too slowly, Newton's method on T - response(T) = 0 finishes, with the small Jacobian by
differences. The work per round is G passes over the agents.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import GroupWeights
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.total import Split, Supply, supply_equilibrium
from mdsolve.solver.equilibrium.uniqueness import proves_uniqueness
from mdsolve.solver.iterate import Ending, Plain, iterate
from mdsolve.solver.record import Equilibrium, Uniqueness
from mdsolve.tolerance import DEFAULT, DIFFERENCE_STEP

Floats = npt.NDArray[np.float64]

SWEEPS = 100
SWEEPS_PER_JUMP = 10
NEWTON_ROUNDS = 40
POLISH_STEPS = 2
"""Newton steps that are always taken: sweeps stop a contraction factor away from the solution."""


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
        self.supplies = [
            Supply(
                accuracy.curve.take(agents),
                costs.take(agents),
                np.full(len(agents), self.table[g, g]),
                game.value[agents],
                game.capacity[agents],
                [game.agents[int(k)] for k in agents],
            )
            for g, agents in enumerate(self.members)
        ]

    def respond(self, g: int, totals: Floats) -> Split:
        """Return the equilibrium within a group, the other groups' totals given."""
        return supply_equilibrium(self.supplies[g], self._given(g, totals))

    def total(self, g: int, totals: Floats) -> float:
        """Return what a group contributes in all at its equilibrium, the others' totals given."""
        queue, own = self.supplies[g].queue, float(self.table[g, g])
        if queue is not None and own > 0:
            return queue.data(self._given(g, totals)) / own
        return float(self.respond(g, totals).contributions.sum())

    def _given(self, g: int, totals: Floats) -> float:
        """Return the data that a group's agents see of others."""
        others = float(self.table[g] @ totals) - self.table[g, g] * totals[g]
        return float(max(0.0, others) + self.platform)

    def span(self, totals: Floats) -> float:
        """Return the samples that rounding in the groups' amounts of data is relative to."""
        seen = self.table @ totals + self.platform
        spans = [
            self.supplies[g].span(float(seen[g])).max(initial=0.0)
            for g in range(len(seen))
            if len(self.members[g])
        ]
        return float(max(spans))

    def response(self, totals: Floats) -> Floats:
        """Return every group's total in answer to the others'."""
        return np.array(
            [self.total(g, totals) if len(agents) else 0.0 for g, agents in enumerate(self.members)]
        )

    def distance(self, totals: Floats) -> float:
        """Return how far the groups' responses lie from their totals."""
        return float(np.max(np.abs(self.response(totals) - totals)))

    def allowance(self, totals: Floats) -> float:
        """Return by how much totals at rest may still move, in samples."""
        return DEFAULT.solve * max(float(np.max(totals)), self.span(totals))


def group_equilibrium(game: SharingGame, costs: Costs, monitor: Monitor) -> Equilibrium:
    """Return an equilibrium of a game with group weights and concave curves."""
    groups = _Groups(game, costs)
    nothing = np.zeros(len(groups.members))
    sweeps = Plain(
        _Totals(nothing, nothing),
        lambda state: _swept(groups, state),
        lambda state: state.rests(groups),
        "sweeps over the groups",
        SWEEPS,
    )
    swept = iterate(sweeps, monitor)
    newton = Plain(
        replace(swept.state, rounds=0, off=groups.distance(swept.state.totals)),
        lambda state: _nearer(groups, state),
        lambda state: state.rounds >= POLISH_STEPS and state.rests(groups),
        "Newton steps on the groups",
        NEWTON_ROUNDS,
    )
    found = iterate(newton, monitor)
    totals = found.state.totals
    contributions, tied = np.zeros(game.size), False
    for g, agents in enumerate(groups.members):
        if len(agents):
            split = groups.respond(g, totals)
            contributions[agents] = split.contributions
            tied = tied or len(split.tied) > 1
    rounds = swept.steps + found.steps
    known: Uniqueness = "unique" if proves_uniqueness(game) else "unknown"
    return Equilibrium(
        contributions,
        f"group totals, {rounds} rounds",
        "continuum" if tied else known,
        ending=Ending.RESTED if found.state.rests(groups) else found.ending,
        residual=found.state.moved,
        steps=rounds,
    )


@dataclass(frozen=True)
class _Totals:
    """The groups' totals, how they moved in the last round, and at most by how much.

    ``rounds`` counts the rounds; ``off`` is the distance to the responses, in samples.
    """

    totals: Floats
    path: Floats
    moved: float = np.inf
    rounds: int = 0
    off: float = np.inf

    def rests(self, groups: _Groups) -> bool:
        """Tell whether the last round moved no total by more than the solving tolerance."""
        return self.moved <= groups.allowance(self.totals)


def _swept(groups: _Groups, state: _Totals) -> _Totals:
    """Let the groups answer each other one after the other; jump where a path is long."""
    totals = state.totals.copy()
    for g in range(len(totals)):
        if len(groups.members[g]):
            totals[g] = groups.total(g, totals)
    path = totals - state.totals
    moved = float(np.max(np.abs(path)))
    rounds = state.rounds + 1
    if rounds % SWEEPS_PER_JUMP == 0 and moved > groups.allowance(totals):
        totals = _along(totals, path, state.path)
    return _Totals(totals, path, moved, rounds)


def _nearer(groups: _Groups, state: _Totals) -> _Totals | None:
    """Take a Newton step on T - response(T) = 0."""
    step = _newton_step(groups, state.totals)
    tried = np.maximum(state.totals + step, 0.0)
    left = groups.distance(tried)
    if state.rests(groups) and left > state.off:
        return None  # nearly parallel responses: Newton's matrix is of no use where sweeps rest
    return _Totals(tried, step, float(np.max(np.abs(step))), state.rounds + 1, left)


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
