"""The equilibrium of the Shapley mechanism: the maximiser of one concave program.

d u_i / d s_i = dP / ds_i - c_i'(s_i) with P the Shapley potential, so an equilibrium maximises
P(s) - sum_i c_i(s_i) over the box of contributions. Projected Newton: agents pushed against a bound
are fixed, the others take the Newton step of the factored Hessian (a few columns plus a diagonal,
solved by Woodbury's formula), and a search along the projected step keeps the program rising. A
cost that is piecewise linear confines its agent to one piece at a time. With weights a_i agent i's
utility rises with a_i (P - sum_j c_j / a_j), so that costs are divided by the weights.

Work per step: one evaluation of the potential with its Hessian factors, O(n r^2) for r columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracies.python_object import FunctionAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.shapley.agent_weights import Ratios
from mdsolve.shapley.potential import PotentialPoint, ShapleyPotential
from mdsolve.shapley.routes import Index
from mdsolve.solver.iterate import Ending, Method, Run, iterate
from mdsolve.solver.own_payoff import unbounded
from mdsolve.solver.record import Equilibrium
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

STEP_LIMIT = 300
HALVINGS = 40
POLISH_STEPS = 2
FLATTEST = float(np.finfo(np.float64).tiny) ** 0.5
"""A curvature so small that any slope leads beyond every capacity, and no step overflows."""

SUFFICIENT = 1e-4
"""Share of the promised rise that a step must achieve (Armijo's rule)."""


class _Pieces:
    """The interval each agent may currently move in, and their marginal cost there."""

    def __init__(self, costs: Costs, capacity: Floats) -> None:
        self.costs, self.capacity = costs, capacity
        self.low = np.zeros(len(capacity))
        self.high = capacity.copy()
        self.number = {agent: 0 for agent, _ in costs.pieces}
        for agent, _ in costs.pieces:
            self._place(agent, 0)

    def _place(self, agent: int, number: int) -> None:
        piece = dict(self.costs.pieces)[agent]
        last = number == len(piece.slopes) - 1
        top = np.inf if last else piece.samples[number + 1]
        self.number[agent] = number
        self.low[agent] = piece.samples[number]
        self.high[agent] = min(float(top), float(self.capacity[agent]))

    def slopes(self, s: Floats) -> Floats:
        """Return marginal costs on the current pieces."""
        slopes = self.costs.slope(s)
        for agent, piece in self.costs.pieces:
            slopes[agent] = piece.slopes[self.number[agent]]
        return slopes

    def advance(self, s: Floats, gradient: Floats) -> None:
        """Move agents who leave their piece to the next one."""
        for agent, piece in self.costs.pieces:
            number = self.number[agent]
            inside = s[agent] < self.capacity[agent]
            rises = number + 1 < len(piece.slopes) and s[agent] >= self.high[agent] and inside
            falls = number > 0 and s[agent] <= self.low[agent]
            if rises and gradient[agent] > piece.slopes[number + 1]:
                self._place(agent, number + 1)
            elif falls and gradient[agent] < piece.slopes[number - 1]:
                self._place(agent, number - 1)


@dataclass(frozen=True)
class Iterate:
    """A profile with what the next step needs.

    Parameters
    ----------
    s : (n,)
    point : PotentialPoint
        The potential there; its shares are the Shapley shares.
    slope, bend : (n,)
        Own marginal utilities, and how they fall with the own contribution; positive.
    bent : (n,)
        The part of that which comes from costs.
    straight : (n,) of bool
        Whose utility does not bend.
    residual : float
        max_i |s_i - clip(s_i + g_i / |h_ii|)|, in samples.
    met : int
        Iterates up to here that met the tolerance.
    stuck : bool
        Whether no step raises the program any more.
    """

    s: Floats
    point: PotentialPoint
    slope: Floats
    bend: Floats
    bent: Floats
    straight: npt.NDArray[np.bool_]
    residual: float
    met: int
    stuck: bool = False


class PotentialNewton(Method[Iterate, Equilibrium]):
    """Projected Newton on P(s) - sum_i c_i(s_i)."""

    label = "Newton steps"
    limit = STEP_LIMIT

    def __init__(
        self,
        game: SharingGame,
        monitor: Monitor,
        index: Index,
        start: Floats | None = None,
        ratios: Ratios | None = None,
    ) -> None:
        self.game, self.monitor, self.index, self.start = game, monitor, index, start
        self.potential = ShapleyPotential(game, index=index, ratios=ratios)
        refuse_endless(game, self.potential, monitor)
        self.costs = game.costs if ratios is None else game.costs.divided(np.array(ratios))
        self.pieces = _Pieces(self.costs, game.capacity)
        self.costless = _costless(game)

    def init(self) -> Iterate:
        """Begin with nothing, or the start given, and with all data that cost nothing."""
        s = self.pieces.low
        if self.start is not None:
            s = np.clip(self.start, s, self.pieces.high)
        s = np.where(self.costless, self.game.capacity, s)
        return self._at(s, self.potential.at(s, self.monitor), 0)

    def step(self, state: Iterate) -> Iterate:
        """Return the first point on the projected Newton step that rises enough."""
        s, slope, pieces = state.s, state.slope, self.pieces
        held = ((s <= pieces.low) & (slope <= 0)) | ((s >= pieces.high) & (slope >= 0))
        free = np.flatnonzero(~held)
        direction = np.zeros_like(s)
        # Who has a straight utility goes to the end of their interval: a step as long as it takes.
        curvature = -np.where(state.straight, state.bend, state.bent)[free]
        factors = state.point.hessian_factors.restricted(free)
        direction[free] = factors.solve(-slope[free], curvature)
        found = self._search(state, direction)
        return replace(state, stuck=True) if found is None else self._at(*found, state.met)

    def terminate(self, state: Iterate) -> Ending | None:
        """Rest after further steps behind the tolerance, or where none rises any more."""
        if state.stuck:
            return Ending.RESTED if state.met else Ending.STALLED
        done = state.met > POLISH_STEPS or (state.met and state.residual == 0.0)
        return Ending.RESTED if done else None

    def finish(self, run: Run[Iterate]) -> Equilibrium:
        """Return the last iterate."""
        weighted = "" if self.potential.ratios is None else "weighted "
        return Equilibrium(
            run.state.s,
            f"projected Newton on the {weighted}{self.index.title()} potential, {run.steps} steps",
            ending=run.ending,
            residual=run.state.residual,
            steps=run.steps,
            shares=run.state.point.shares,
        )

    def _at(self, s: Floats, point: PotentialPoint, met: int) -> Iterate:
        """Return the iterate at a profile, whose agents may have left their pieces."""
        pieces, costs = self.pieces, self.costs
        pieces.advance(s, point.gradient)
        marginal = pieces.slopes(s)
        slope = point.gradient - marginal
        slope = np.where(self.costless, np.maximum(slope, 0.0), slope)
        factors = point.hessian_factors
        bent = costs.second(s, point.gradient)
        bend = -factors.diagonal - factors.columns**2 @ factors.weights + bent
        flat = ROUND_OFF * max(float(bend.max()), FLATTEST)
        straight = bend < flat
        bend = np.maximum(bend, flat)
        target = np.clip(s + slope / bend, pieces.low, pieces.high)
        residual = float(np.max(np.abs(target - s), initial=0.0))
        small = np.abs(target - s) <= DEFAULT.solve * float(s.max(initial=0.0))
        hidden = np.abs(slope) <= ROUND_OFF * (np.abs(point.gradient) + marginal)
        meets = bool(np.all(small | hidden))
        return Iterate(s, point, slope, bend, bent, straight, residual, met + meets)

    def _search(self, state: Iterate, direction: Floats) -> tuple[Floats, PotentialPoint] | None:
        """Return the first point on the projected step that rises enough, None where none does."""
        costs, s, point = self.costs, state.s, state.point
        now = point.value - float(costs.value(s).sum())
        noise = ROUND_OFF * max(float(self.game.value.max()), abs(point.value), abs(now))
        length = 1.0
        for _ in range(HALVINGS):
            trial = np.clip(s + length * direction, self.pieces.low, self.pieces.high)
            promised = float(state.slope @ (trial - s))
            found = self.potential.at(trial, self.monitor)
            rise = found.value - float(costs.value(trial).sum()) - now
            if rise >= SUFFICIENT * promised - noise and promised >= -noise:
                return trial, found
            length *= 0.5
        return None


def potential_equilibrium(
    game: SharingGame,
    monitor: Monitor,
    index: Index = "shapley",
    start: Floats | None = None,
    ratios: Ratios | None = None,
) -> Equilibrium:
    """Return the equilibrium under Shapley (or Banzhaf) payments.

    Parameters
    ----------
    start : (n,) or None
        Contributions near those looked for, such as those of a game nearly the same.
    ratios : tuple of int or None
        Whole weights of the agents.

    Raises
    ------
    UnsupportedError
        If some best contribution is unbounded.
    """
    assert has_smooth_potential(game)
    return iterate(PotentialNewton(game, monitor, index, start, ratios), monitor)


def has_smooth_potential(game: SharingGame) -> bool:
    """Tell whether the potential is concave with a Hessian: power, linear, coverage payoffs."""
    accuracy = game.accuracy
    return accuracy.concave and accuracy.smooth and not isinstance(accuracy, FunctionAccuracy)


def _costless(game: SharingGame) -> npt.NDArray[np.bool_]:
    """Tell whose data cost nothing up to their capacity: shares never fall, so they bring them all.

    Slopes may be so small that rounding decides about their sign.
    """
    bounded = np.isfinite(game.capacity)
    last = game.costs.slope(np.where(bounded, game.capacity, 0.0), "left")
    return np.asarray(bounded & (last == 0))


def refuse_endless(game: SharingGame, potential: ShapleyPotential, monitor: Monitor) -> None:
    """Raise where somebody would contribute without end for their share."""
    if game.accuracy.family == "linear":  # shares do not depend on how much there is already
        slopes = potential.at(game.nothing(), monitor).slopes
        worth = ~np.isfinite(game.costs.supply(slopes, "low"))
    else:
        helps = game.accuracy.jacobian(game.nothing()).any(axis=0) if game.size <= SMALL else True
        worth = game.costs.free_at_last & helps
    endless = worth & ~np.isfinite(game.capacity)
    if endless.any():
        raise unbounded(game.agents[int(np.argmax(endless))])


SMALL = 2000
"""Up to so many agents it is looked up whether an agent's data help anybody at all."""
