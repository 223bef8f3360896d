"""Primal-dual interior point for the p-mean welfare program, O(m) work per step.

Contributions stay strictly inside the feasible set, so every iterate is an answer and its dual
variables give a bound (`welfare_bound`): the best of both are kept and their difference is the
stopping rule. Weights lambda are variables of their own, tied to the utilities by
lambda_i = (1/n) (M / u_i)^(1-p), or for the minimum by lambda_i (u_i - tau) = 0; the equation is
linearised on the side on which it is flat, so that very negative p take no more steps than p = 0.
Predictor and corrector as in Mehrotra; the linear algebra is `welfare_newton`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.p_mean import p_mean
from mdsolve.progress import Monitor
from mdsolve.solver.welfare_bound import DualPoint, dual_point, normalised
from mdsolve.solver.welfare_model import WelfareModel
from mdsolve.solver.welfare_newton import NewtonSystem
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

STEP_LIMIT = 300
PATIENCE = 12
"""Steps without a smaller gap after which the best found is returned."""
KEEP = 0.995
"""Share of the way to the boundary that a step may go."""
HALVINGS = 60


@dataclass(frozen=True)
class Point:
    """Contributions of the sources and what follows from them.

    Parameters
    ----------
    s : (m,)
        Samples.
    room : (m,)
        Distance to the limit, infinite where there is none.
    marginal, bend : (m,)
        c' and c''.
    y : float
    left, utilities : (n,)
        b and u, in money.
    slopes : (n,)
        value_i f_i'(y).
    """

    s: Floats
    room: Floats
    marginal: Floats
    bend: Floats
    y: float
    left: Floats
    utilities: Floats
    slopes: Floats


@dataclass
class Duals:
    """Multipliers: weights (n,), budgets (n,), lower and upper bounds (m,), level, extra price."""

    weights: Floats
    budgets: Floats
    lower: Floats
    upper: Floats
    level: float = 0.0
    extra: float = 0.0

    def scale(self, factor: float) -> None:
        """Multiply all multipliers."""
        self.weights = self.weights * factor
        self.budgets = self.budgets * factor
        self.lower = self.lower * factor
        self.upper = self.upper * factor
        self.extra *= factor


@dataclass(frozen=True)
class InteriorResult:
    """The best feasible point and the best bound.

    Parameters
    ----------
    contributions : (n,)
    objective : float
        M_p there, in money.
    dual : DualPoint
    steps : int
    amount : float
        y of the program solved, which differs from that of the point for frozen curves.
    """

    contributions: Floats
    objective: float
    dual: DualPoint
    steps: int
    amount: float


class InteriorPoint:
    """One run on one model.

    Parameters
    ----------
    model : WelfareModel
    start : (m,)
        Strictly feasible contributions of the sources, with positive utilities where p < 1 is
        finite.
    amount : float or None
        Prescribed y.
    """

    def __init__(
        self, model: WelfareModel, start: Floats, monitor: Monitor, amount: float | None = None
    ) -> None:
        self.model, self.monitor, self.prescribed = model, monitor, amount
        self.maximin = model.p == -math.inf
        self.curved = not self.maximin and model.p < 1
        game = model.game
        self.idle_left = model.money_left(game.nothing())
        self.point = self.evaluate(start)
        self.duals = self._first_duals()
