"""The equilibrium of the Shapley mechanism: the maximiser of one concave program.

d u_i / d s_i = dP / ds_i - c_i'(s_i) with P the Shapley potential, so an equilibrium maximises
P(s) - sum_i c_i(s_i) over the box of contributions. Projected Newton: agents pushed against a bound
are fixed, the others take the Newton step of the factored Hessian (a few columns plus a diagonal,
solved by Woodbury's formula), and a search along the projected step keeps the program rising. A
cost that is piecewise linear confines its agent to one piece at a time.

Work per step: one evaluation of the potential with its Hessian factors, O(n r^2) for r columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.python_object import FunctionAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.shapley.potential import PotentialPoint, ShapleyPotential
from mdsolve.shapley.routes import Index
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

STEP_LIMIT = 300
HALVINGS = 40
POLISH_STEPS = 2
FLATTEST = float(np.finfo(np.float64).tiny) ** 0.5
"""A curvature so small that any slope leads beyond every capacity, and no step overflows."""

SUFFICIENT = 1e-4
"""Share of the promised rise that a step must achieve (Armijo's rule)."""


@dataclass(frozen=True)
class PotentialEquilibrium:
    """The maximiser.

    Parameters
    ----------
    contributions : (n,)
    point : PotentialPoint
        The potential there; its shares are the Shapley shares.
    steps : int
    residual : float
        max_i |s_i - clip(s_i + g_i / |h_ii|)|, in samples.
    converged : bool
    """

    contributions: Floats
    point: PotentialPoint
    steps: int
    residual: float
    converged: bool


class _Pieces:
    """The interval each agent may currently move in, and his marginal cost there."""

    def __init__(self, game: SharingGame) -> None:
        self.game = game
        self.low = np.zeros(game.size)
        self.high = game.capacity.copy()
        self.number = {agent: 0 for agent, _ in game.costs.pieces}
        for agent, _ in game.costs.pieces:
            self._place(agent, 0)

    def _place(self, agent: int, number: int) -> None:
        piece = dict(self.game.costs.pieces)[agent]
        last = number == len(piece.slopes) - 1
        top = np.inf if last else piece.samples[number + 1]
        self.number[agent] = number
        self.low[agent] = piece.samples[number]
        self.high[agent] = min(float(top), float(self.game.capacity[agent]))

    def slopes(self, s: Floats) -> Floats:
        """Return marginal costs on the current pieces."""
        slopes = self.game.costs.slope(s)
        for agent, piece in self.game.costs.pieces:
            slopes[agent] = piece.slopes[self.number[agent]]
        return slopes

    def advance(self, s: Floats, gradient: Floats) -> None:
        """Move agents who leave their piece to the next one."""
        for agent, piece in self.game.costs.pieces:
            number = self.number[agent]
            inside = s[agent] < self.game.capacity[agent]
            rises = number + 1 < len(piece.slopes) and s[agent] >= self.high[agent] and inside
            falls = number > 0 and s[agent] <= self.low[agent]
            if rises and gradient[agent] > piece.slopes[number + 1]:
                self._place(agent, number + 1)
            elif falls and gradient[agent] < piece.slopes[number - 1]:
                self._place(agent, number - 1)


def potential_equilibrium(
    game: SharingGame, monitor: Monitor, index: Index = "shapley"
) -> PotentialEquilibrium:
    """Return the equilibrium under Shapley (or Banzhaf) payments.

    Raises
    ------
    UnsupportedError
        If some best contribution is unbounded.
    """
    assert has_smooth_potential(game)
    potential = ShapleyPotential(game, index=index)
    _refuse(game, potential, monitor)
    pieces = _Pieces(game)
    costless = _costless(game)
    s = np.where(costless, game.capacity, pieces.low)
    point = potential.at(s, monitor)
    polish = 0
    residual = np.inf
    for step in range(1, STEP_LIMIT + 1):
        pieces.advance(s, point.gradient)
        slope = point.gradient - pieces.slopes(s)
        slope = np.where(costless, np.maximum(slope, 0.0), slope)
        factors = point.hessian_factors
        bend = -factors.diagonal - factors.columns**2 @ factors.weights
        bent = game.costs.second(s, point.gradient)
        bend = bend + bent
        flat = ROUND_OFF * max(float(bend.max()), FLATTEST)
        straight = bend < flat
        bend = np.maximum(bend, flat)
        target = np.clip(s + slope / bend, pieces.low, pieces.high)
        residual = float(np.max(np.abs(target - s), initial=0.0))
        small = np.abs(target - s) <= DEFAULT.solve * float(s.max(initial=0.0))
        marginal = np.abs(point.gradient) + pieces.slopes(s)
        if np.all(small | (np.abs(slope) <= ROUND_OFF * marginal)):
            polish += 1
            if polish > POLISH_STEPS or residual == 0.0:
                return PotentialEquilibrium(s, point, step - 1, residual, True)
        held = ((s <= pieces.low) & (slope <= 0)) | ((s >= pieces.high) & (slope >= 0))
        free = np.flatnonzero(~held)
        direction = np.zeros_like(s)
        # Who has a straight utility goes to the end of his interval: a step as long as it takes.
        curvature = -np.where(straight, flat, bent)[free]
        direction[free] = factors.restricted(free).solve(-slope[free], curvature)
        found = _search(potential, pieces, s, point, slope, direction, monitor)
        if found is None:
            return PotentialEquilibrium(s, point, step, residual, polish > 0)
        s, point = found
        monitor.advance("Newton steps", step, STEP_LIMIT)
    return PotentialEquilibrium(s, point, STEP_LIMIT, residual, False)


def _search(
    potential: ShapleyPotential,
    pieces: _Pieces,
    s: Floats,
    point: PotentialPoint,
    slope: Floats,
    direction: Floats,
    monitor: Monitor,
) -> tuple[Floats, PotentialPoint] | None:
    """Return the first point on the projected step that rises enough, None where none does."""
    costs = potential.game.costs
    now = point.value - float(costs.value(s).sum())
    noise = ROUND_OFF * max(float(potential.game.value.max()), abs(point.value), abs(now))
    length = 1.0
    for _ in range(HALVINGS):
        trial = np.clip(s + length * direction, pieces.low, pieces.high)
        promised = float(slope @ (trial - s))
        found = potential.at(trial, monitor)
        rise = found.value - float(costs.value(trial).sum()) - now
        if rise >= SUFFICIENT * promised - noise and promised >= -noise:
            return trial, found
        length *= 0.5
    return None


def has_smooth_potential(game: SharingGame) -> bool:
    """Tell whether the potential is concave with a Hessian: power, linear, coverage payoffs."""
    accuracy = game.accuracy
    return accuracy.concave and accuracy.smooth and not isinstance(accuracy, FunctionAccuracy)


def _costless(game: SharingGame) -> npt.NDArray[np.bool_]:
    """Tell whose data cost nothing up to his capacity: shares never fall, so he brings them all.

    Slopes may be so small that rounding decides about their sign.
    """
    bounded = np.isfinite(game.capacity)
    last = game.costs.slope(np.where(bounded, game.capacity, 0.0), "left")
    return np.asarray(bounded & (last == 0))


def _refuse(game: SharingGame, potential: ShapleyPotential, monitor: Monitor) -> None:
    """Raise where somebody would contribute without end."""
    if game.accuracy.family == "linear":  # shares do not depend on how much there is already
        slopes = potential.at(game.nothing(), monitor).gradient
        worth = ~np.isfinite(game.costs.supply(slopes, "low"))
    else:
        helps = game.accuracy.jacobian(game.nothing()).any(axis=0) if game.size <= SMALL else True
        worth = game.costs.free_at_last & helps
    endless = worth & ~np.isfinite(game.capacity)
    if endless.any():
        raise UnsupportedError.single(
            f"agent {game.agents[int(np.argmax(endless))]}",
            "no capacity, and every further sample is worth more than it costs him",
            "a bounded best contribution",
            "give the agent a capacity or a larger marginal cost",
        )


SMALL = 2000
"""Up to so many agents it is looked up whether an agent's data help anybody at all."""
