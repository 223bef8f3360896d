"""Maximise the p-mean of utilities over contributions, with a proof ([M23] (19)).

Route ``interior-point`` is the package's own method, O(n) work per step; route ``cvxpy`` hands
the same program to a conic solver. Both answers get the same treatment: the contributions are made
feasible, the objective is computed from them with the true p, and a bound from multipliers says
how much better any other contributions could be. The route is on the result; none is substituted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mdsolve.game.p_mean import p_mean
from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.solver.welfare.bound import DualPoint, dual_point
from mdsolve.solver.welfare.kinks import solve_over_pieces
from mdsolve.solver.welfare.model import WelfareModel, welfare_model
from mdsolve.solver.welfare.payments import exactly_balanced
from mdsolve.solver.welfare.start import positive_start, require_positive
from mdsolve.status import Termination
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]
Route = Literal["interior-point", "cvxpy"]

HALVINGS = 60
DOUBLINGS = 1000


@dataclass(frozen=True)
class WelfareResult:
    """An optimum of the welfare program and what proves it.

    Parameters
    ----------
    contributions : (n,)
        Samples.
    payments : (n,)
        Money received, negative where paid; they sum to exactly zero.
    money_left : (n,)
        b_i, in money; without a budget the negative of what agent i bears.
    utilities : (n,)
        u_i = b_i + value_i a_i, in money.
    objective : float
        The normalised mean M_p(u), in money.
    dual_bound : float
        No feasible contributions have a larger M_p.
    gap : float
        (dual_bound - objective) relative to the objective; unless everybody has a budget, to the
        average value of a unit of accuracy where that is larger. A small negative number is
        rounding.
    weights : (n,)
        lambda of the proof, without unit, with M_p'(n lambda) = 1.
    budget_duals : (n,)
        gamma: what a unit of money more in agent i's budget adds to M_p beyond lambda_i.
    tangent, price : float
        The amount of data y0 at which benefits are bounded by their tangent, and its slope.
    p, beta : float
    iterations : int
    method : str
    termination : Termination
    message : str
    """

    contributions: Floats
    payments: Floats
    money_left: Floats
    utilities: Floats
    objective: float
    dual_bound: float
    gap: float
    weights: Floats
    budget_duals: Floats
    tangent: float
    price: float
    p: float
    beta: float
    iterations: int
    method: str
    termination: Termination
    message: str


def welfare_program(
    game: SharingGame,
    p: float,
    beta: float,
    *,
    route: Route = "interior-point",
    monitor: Monitor | None = None,
) -> WelfareResult:
    """Return contributions that maximise M_p, with multipliers that bound every other choice.

    Parameters
    ----------
    game : SharingGame
        With a concave accuracy of one common total. Budgets are required for p < 1.
    p : float
        Exponent, at most 1; 0 is the geometric mean, -inf the minimum.
    beta : float
        Share of each cost that the others bear, from 0 to 1.

    Raises
    ------
    UnsupportedError
        If the game, p or beta is outside the program, if the optimum is not attained, or if p < 1
        and some agent can have no positive utility.
    InstanceError
        If an agent's fixed costs exceed the budget: nothing is feasible for that agent.
    SolveError
        If the conic solver fails.

    Examples
    --------
    >>> import mdsolve as md
    >>> from mdsolve.game.build_sharing import sharing_game
    >>> game = sharing_game(md.SharingInstance.model_validate({
    ...     "kind": "sharing", "accuracy": {"family": "power"},
    ...     "agents": [{"name": n, "cost": 1, "value": 4, "budget": 10} for n in "ABC"]}))
    >>> found = welfare_program(game, 1, 2 / 3)
    >>> round(found.objective, 6), round(float(found.contributions.sum()), 6)
    (12.023932, 2.464102)
    """
    watch = monitor or Monitor()
    model = welfare_model(game, p, beta)
    if model.sources.size == 0 or not game.value.any():
        return _idle(model)
    start = positive_start(model, watch)
    if route == "cvxpy":
        from mdsolve.solver.welfare.cone import solve_by_cone

        cone = solve_by_cone(model)
        contributions, dual = cone.contributions, cone.dual
        steps, stopped, method = cone.iterations, False, cone.method
    else:
        found = solve_over_pieces(model, start, watch)
        contributions, dual = model.spread(found.sources), found.dual
        steps, stopped, method = found.steps, found.stopped, "primal-dual interior point"
    contributions = _tidied(model, contributions)
    return _result(model, contributions, dual, steps, method, stopped)


def redistributed(game: SharingGame, beta: float, s: Floats) -> Floats:
    """Return beta (c_i(s_i) - 1/(n-1) sum_{j != i} c_j(s_j)), rounded to sum to exactly zero."""
    if game.size == 1:
        return np.zeros(1)
    costs = game.costs.value(s)
    others = (costs.sum() - costs) / (game.size - 1)
    return exactly_balanced(beta * (costs - others))


def _result(
    model: WelfareModel, s: Floats, dual: DualPoint, steps: int, method: str, stopped: bool
) -> WelfareResult:
    game = model.game
    utilities = model.utilities(s)
    objective = p_mean(utilities, model.p)
    distance = dual.bound - objective
    unit = 0.0 if model.positive else float(game.value.mean())
    scale = max(abs(objective), unit)
    proved = distance <= DEFAULT.verify * max(float(np.abs(utilities).max()), unit)
    termination = Termination.SOLVED if proved else Termination.FAILED
    message = "No feasible contributions have a larger p-mean; the multipliers prove it."
    if not proved:
        message = f"The bound leaves a gap of {distance:.3g}: optimality is not proved."
        if stopped:
            termination = Termination.LIMIT
            message = f"Stopped early; the optimum is at most {distance:.3g} better."
    return WelfareResult(
        contributions=s,
        payments=redistributed(game, model.beta, s),
        money_left=model.money_left(s),
        utilities=utilities,
        objective=objective,
        dual_bound=dual.bound,
        gap=distance / scale if scale > 0 else 0.0,
        weights=dual.weights,
        budget_duals=dual.budget_duals,
        tangent=dual.tangent,
        price=dual.price,
        p=model.p,
        beta=model.beta,
        iterations=steps,
        method=method,
        termination=termination,
        message=message,
    )


def _idle(model: WelfareModel) -> WelfareResult:
    """Return the result where nobody can contribute, or nobody's accuracy has a value."""
    s = model.game.nothing()
    utilities = model.utilities(s)
    require_positive(model, utilities)
    weights = np.ones(len(s))
    if -math.inf < model.p < 1:
        mean = p_mean(utilities, model.p)
        weights = np.exp((1 - model.p) * np.log(mean / utilities))
    elif model.p == -math.inf:
        weights = np.where(utilities <= utilities.min(), 1.0, 0.0)
    dual = dual_point(model, weights, np.zeros(len(s)), model.platform, 0.0)
    return _result(model, s, dual, 0, "nobody contributes", False)


def _tidied(model: WelfareModel, s: Floats) -> Floats:
    """Return feasible contributions: negligible ones 0, nearly full ones full, budgets kept."""
    cap = model.game.capacity
    s = np.clip(s, 0.0, cap)
    snapped = np.where(s <= DEFAULT.verify * float(s.max()), 0.0, s)
    near = np.isfinite(cap) & (cap - s <= DEFAULT.verify * cap)
    snapped = np.where(near, cap, snapped)
    candidates = [_within_budgets(model, x) for x in (s, snapped, model.game.nothing())]
    means = [p_mean(model.utilities(x), model.p) for x in candidates]
    enough = max(means) - DEFAULT.solve * abs(max(means))
    return candidates[max(k for k, mean in enumerate(means) if mean >= enough)]


def _within_budgets(model: WelfareModel, s: Floats) -> Floats:
    """Return s, scaled down by as little as makes b(s) >= 0: b is concave and b(0) >= 0."""
    limited = model.game.limited
    idle = model.money_left(model.game.nothing())
    for _ in range(HALVINGS):
        left = model.money_left(s)
        over = limited & (left < 0)
        if not over.any():
            break
        share = float(np.max(-left[over] / (idle[over] - left[over]), initial=0.0))
        s = s * (1 - min(max(2 * share, float(np.finfo(float).eps)), 1.0))
    return s
