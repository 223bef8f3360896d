"""Whether a budget-balanced equilibrium maximises p-mean welfare ([M23] Theorem 4.1).

The theorem builds duals (24)-(25) from the equilibrium and claims that they satisfy the optimality
conditions (20)-(23) of the welfare program. For unequal costs they never do: (24) gives some agent
a dual mu_i <= 0, while (21) needs mu_i - gamma_i = lambda_i > 0. Every condition is checked for
every agent here, (21) included, which the proof in the paper passes over.

Costs enter by their slope at the contribution per unit of data, e_i = c_i'(s_i) / w_i; for linear
costs and plain sums these are the paper's c_i.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.welfare_claim import WelfareClaim
from mdsolve.conditions import Condition
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.p_mean import p_mean
from mdsolve.game.weights import CommonWeights
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

NAME = "welfare-kkt"

Kind = Literal["valid", "degenerate", "failing"]


@dataclass(frozen=True)
class WelfareDuals:
    """The duals of [M23] at given contributions, and how far each condition is from holding.

    Parameters
    ----------
    mu, gamma : (n,)
        Duals (24) of the budget equations and (25) of b >= 0, in units of M_p per unit of money.
    equilibrium : (n,)
        lambda_i of (16): what the constraint b_i >= 0 holds back in the game.
    required : (n,)
        The left side of (21), M_p^(1-p) u_i^(p-1) / n.
    total : float
        T = sum mu.
    degenerate : bool
        Whether (24) is 0/0: beta = 1 - 1/n.
    residuals : mapping of str to (n,)
        Violation of (16)-(18) and (20)-(23) per agent, without unit.
    """

    mu: Floats
    gamma: Floats
    equilibrium: Floats
    required: Floats
    total: float
    degenerate: bool
    residuals: dict[str, Floats]


def welfare_duals(claim: WelfareClaim) -> WelfareDuals | str:
    """Return the duals (24)-(25) and all residuals, or why they do not exist."""
    game, accuracy, s = claim.game, claim.game.accuracy, claim.contributions
    if not isinstance(accuracy, WeightedAccuracy) or not isinstance(
        accuracy.weights, CommonWeights
    ):
        return "accuracy is not a function of one common total"
    if not game.limited.all():
        return "agents have no budgets: program (19) is about money left"
    if claim.p == -math.inf:
        return "the duals (24)-(25) are for finite p"
    if claim.utilities.min() <= 0 and claim.p < 1:
        return "a utility is not positive"
    data, n = accuracy.weights.vector, game.size
    slopes = game.costs.slope(np.maximum(s, 0.0))
    if n < 2 or slopes.min() <= 0 or data.min() <= 0:
        return "the duals need two agents, positive marginal costs and positive weights"
    rate, beta = slopes / data, claim.beta
    gain = game.value * accuracy.curve.slope(accuracy.index(s))
    mean = p_mean(claim.utilities, claim.p)
    required = (
        np.full(n, 1 / n)
        if claim.p == 1
        else np.exp((1 - claim.p) * np.log(mean / claim.utilities)) / n
    )
    worth = float(required @ gain)
    total = worth * float((1 / rate).sum())
    shrink = 1 - beta * n / (n - 1)
    held = np.maximum(gain / ((1 - beta) * rate) - 1, 0.0) if beta < 1 else np.full(n, np.inf)
    broke = claim.left <= claim.allowance
    degenerate = abs(shrink) <= ROUND_OFF * n
    if degenerate:
        # (24) is 0/0; the conditions themselves leave gamma free where no money is left.
        missing = max(total - float(required.sum()), 0.0)
        count = int(broke.sum())
        gamma = np.where(broke, missing / count, 0.0) if count else np.zeros(n)
        mu = required + gamma
    else:
        mu = total * (1 / (rate * float((1 / rate).sum())) - beta / (n - 1)) / shrink
        gamma = mu * np.where(broke, 1 - 1 / (1 + held), 0.0)
    borne = rate * ((1 - beta) * mu + beta / (n - 1) * (float(mu.sum()) - mu))
    balance = (gain - (1 - beta) * rate * (1 + np.where(broke, held, 0.0))) / rate
    unit = float(required.max())
    idle, full = s <= 0, s >= game.capacity
    residuals = {
        "(16)-(18)": np.where(idle, np.maximum(balance, 0.0), np.abs(balance)),
        "(20)": _one_sided((worth - borne) / worth, idle, full),
        "(21)": np.abs(required - (mu - gamma)) / unit,
        "(22)": np.maximum(-gamma, 0.0) / unit,
        "(23)": np.abs(gamma * claim.left) / (unit * max(1.0, claim.scale)),
    }
    residuals["(16)-(18)"] = np.where(full, np.maximum(-balance, 0.0), residuals["(16)-(18)"])
    return WelfareDuals(mu, gamma, held, required, total, degenerate, residuals)


def _one_sided(pull: Floats, idle: npt.NDArray[np.bool_], full: npt.NDArray[np.bool_]) -> Floats:
    """Return violations of stationarity: at a bound only a pull inwards counts."""
    size = np.where(idle, np.maximum(pull, 0.0), np.abs(pull))
    return np.where(full, np.maximum(-pull, 0.0), size)


def welfare_kkt(claim: WelfareClaim) -> Condition:
    """Check (16)-(18) and (20)-(23) at an equilibrium; the detail says valid, degenerate, failing.

    Returns
    -------
    Condition
        ``pass`` if all conditions hold, so that the equilibrium maximises M_p; ``fail`` with the
        offending dual otherwise. The violation has no unit.
    """
    duals = welfare_duals(claim)
    if isinstance(duals, str):
        return claim.unchecked(NAME, duals)
    equation, column = max(duals.residuals.items(), key=lambda entry: float(entry[1].max()))
    negative = int(np.argmin(duals.mu))
    worst = int(np.argmax(column))
    violation = float(column[worst])
    fails = not violation <= claim.tolerance
    agent = negative if fails and duals.mu[negative] <= 0 else worst
    kind: Kind = "failing" if fails else "degenerate" if duals.degenerate else "valid"
    names = claim.game.agents
    share = float(duals.mu[agent] / duals.total) if duals.total > 0 else math.nan
    detail = {
        "valid": "valid: the duals (24)-(25) satisfy (20)-(23), so the equilibrium is optimal",
        "degenerate": "degenerate: (24) is 0/0 at beta = 1 - 1/n; duals from (21) satisfy "
        "(20)-(23), so the equilibrium is optimal",
        "failing": f"failing: the dual mu of agent {names[agent]} is {share:.6g} times their sum, "
        "and (21) needs it positive"
        if duals.mu[agent] <= 0
        else f"failing: {equation} does not hold for agent {names[agent]}",
    }[kind]
    witness: dict[str, Any] = {
        "agent": names[agent],
        "condition": equation,
        "mu": float(duals.mu[agent]),
        "mu_share": share,
        "gamma": float(duals.gamma[agent]),
        "required": float(duals.required[agent]),
        "worst": {name: float(entry.max()) for name, entry in duals.residuals.items()},
    }
    return Condition(
        NAME,
        NAME in claim.claimed,
        "fail" if fails else "pass",
        violation=violation,
        scale=1.0,
        tolerance=claim.tolerance,
        scope=f"(16)-(18) and (20)-(23) for {claim.game.size:,} agents, p = {claim.p:g}",
        detail=detail,
        witness=witness,
    )
