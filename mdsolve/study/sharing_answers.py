"""The keys of a sharing solution: contributions, payments, utilities and the metrics of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.welfare_claim import WelfareClaim
from mdsolve.certificate.sharing.welfare_kkt import welfare_duals
from mdsolve.conditions import Certificate
from mdsolve.game.p_mean import p_mean
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.sharing_base import SharingOutcome
from mdsolve.progress import Monitor
from mdsolve.shapley.routes import fitting_route, shapley
from mdsolve.solver.equilibrium.best_response import best_response
from mdsolve.solver.equilibrium.nash import accuracy_equilibrium
from mdsolve.solver.equilibrium.spending import within_own_means
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.study.extrapolation import extrapolation_warnings
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

SHARES_LIMIT = 20_000
"""Most agents whose Shapley shares are computed for the solution's reciprocity."""

ALONE_LIMIT = 2000
"""Most agents whose best contribution alone is computed for the solution."""


def sharing_answers(game: SharingGame, outcome: SharingOutcome, monitor: Monitor) -> dict[str, Any]:
    """Return the mechanism-specific keys of a sharing solution.

    Contributions are in samples; payments, utilities and welfare in money; accuracies as the
    instance's families give them.
    """
    answers = {key: value for key, value in outcome.findings.items() if value is not None}
    s, payments = outcome.contributions, outcome.payments
    if s is None or payments is None:
        return answers
    private = game.prior is not None
    by_himself = within_own_means(game)
    baseline = None if private else without_payments(by_himself, monitor)
    answers |= {
        "contributions": s,
        "payments": payments,
        "utilities": game.utilities(s, payments, outcome.received),
        "accuracies": game.accuracies(s) if outcome.received is None else outcome.received,
        "metrics": metrics(game, s, payments, baseline, outcome.received),
    }
    warnings = extrapolation_warnings(game, s)
    if warnings:
        answers["warnings"] = warnings
    if private:
        # Costs and contributions go together, so expected utilities come from the types.
        expected = outcome.findings["utilities"]
        answers["metrics"] |= {
            "welfare": float((expected - payments).sum()),
            "p_mean": p_means(expected),
        }
        return answers | dict(outcome.findings)
    shares = answers.get("shapley", contributed(game, s))
    if shares is not None:
        answers["shapley"] = shares
        answers["metrics"]["reciprocity"] = reciprocity(game, s, payments, shares, outcome.received)
    if game.size <= ALONE_LIMIT:
        alone = standalone(by_himself.by_themselves())
        answers["standalone"] = alone
        gains = answers["utilities"] - alone["utilities"]
        answers["metrics"]["alone_margin"] = float(gains.min())
    return answers


def metrics(
    game: SharingGame,
    s: Floats,
    payments: Floats,
    baseline: Floats | None,
    received: Floats | None = None,
) -> dict[str, Any]:
    """Return the totals that mechanisms are compared by; None where one is not defined.

    Parameters
    ----------
    baseline : (n,) or None
        Contributions of the equilibrium without payments, the reference of the gains.
    received : (n,) or None
        Accuracy of the model handed to each agent; None is the full one.
    """
    utilities = game.utilities(s, payments, received)
    capacity = float(game.capacity.sum())
    accuracies = game.accuracies(s) if received is None else received
    return {
        "total_data": float(s.sum()),
        "data_share": float(s.sum()) / capacity if np.isfinite(capacity) else None,
        "welfare": game.welfare(s, received),
        "mean_accuracy": float(accuracies.mean()),
        "data_gain": None if baseline is None else _ratio(s.sum(), baseline.sum()),
        "accuracy_gain": None
        if baseline is None
        else _ratio(float(game.value @ accuracies), game.total_benefit(baseline)),
        "p_mean": p_means(utilities),
        "surplus": -float(payments.sum()),
    }


def p_means(utilities: Floats) -> dict[str, float | None]:
    """Return the mean, the geometric mean (None with negative utilities) and the minimum."""
    return {
        "1": float(utilities.mean()),
        "0": p_mean(utilities, 0) if utilities.min() >= 0 else None,
        "-inf": float(utilities.min()),
    }


def contributed(game: SharingGame, s: Floats) -> Floats | None:
    """Return Shapley shares where an exact route is at hand, None where they would be sampled."""
    if game.learning is not None:
        return None  # without data the accuracy has no value to measure shares from
    if not s.any():
        return np.zeros(game.size)
    if game.size > SHARES_LIMIT or fitting_route(game, s) == "sampling":
        return None
    return shapley(game, s).shares


def reciprocity(
    game: SharingGame,
    s: Floats,
    payments: Floats,
    shares: Floats,
    received: Floats | None = None,
) -> float | None:
    """Return min_i (value_i (a_i(s) - a_i(0)) + p_i) / phi_i over agents with phi_i > 0.

    The reciprocity of [M25] Definition 3.3 at this profile; None where nobody contributes.
    """
    benefits = game.benefits(s) if received is None else game.value * received
    earned = benefits - game.benefits(game.nothing()) + payments
    counted = shares > ROUND_OFF * max(1.0, float(np.abs(shares).max(initial=0.0)))
    return float((earned[counted] / shares[counted]).min()) if counted.any() else None


def regret(certificate: Certificate) -> float | None:
    """Return the checker's bound on what anybody gains by deviating, in money.

    max_i (u_i(best response) - u_i(s)): 0 at a Nash equilibrium. None where it was not checked.
    """
    found = [condition for condition in certificate.conditions if condition.name == "nash"]
    return found[0].violation if found else None


def _ratio(value: float, reference: float) -> float | None:
    return float(value / reference) if reference > 0 else None


def without_payments(game: SharingGame, monitor: Monitor) -> Floats | None:
    """Return the contributions of the equilibrium without payments, None where none was found."""
    found = accuracy_equilibrium(AccuracyStakes(game, game.costs), monitor)
    return found.contributions if found.converged else None


def planner_duals(game: SharingGame, outcome: SharingOutcome) -> dict[str, Any]:
    """Return the key `duals`: mu of [M23] (24), gamma of (25) and lambda of (16), for p = 1.

    Each has one entry per agent, mu and gamma in units of mean utility per unit of money. Empty
    where they do not exist, as the condition `welfare-kkt` then says.
    """
    if outcome.contributions is None:
        return {}
    claim = WelfareClaim(game, 1.0, outcome.findings["beta"], outcome.contributions)
    found = welfare_duals(claim)
    if isinstance(found, str):
        return {}
    return {"duals": {"mu": found.mu, "gamma": found.gamma, "lambda": found.equilibrium}}


def standalone(game: SharingGame) -> dict[str, Floats]:
    """Return what each agent would do and earn training on his own data alone."""
    nothing = game.nothing()
    stakes = AccuracyStakes(game, game.costs)
    own = np.array([best_response(stakes, agent, nothing) for agent in range(game.size)])
    benefits = game.value * game.accuracy.unilateral_values(nothing, own)
    utilities = benefits - game.costs.value(own) + game.money
    return {"contributions": own, "utilities": utilities}
