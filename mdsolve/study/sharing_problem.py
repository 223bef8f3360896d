"""Sharing problems: the game, the rule's outcome, and the metrics of contributions and payments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.context import Context
from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.p_mean import p_mean
from mdsolve.game.sharing import SharingGame, require_costs, require_given_model
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.outcome import Outcome, SharingOutcome
from mdsolve.shapley.routes import fitting_route, shapley
from mdsolve.solver.best_response import best_responses
from mdsolve.solver.equilibrium.nash import accuracy_equilibrium
from mdsolve.solver.equilibrium.spending import within_own_means
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.welfare.payments import exactly_balanced
from mdsolve.status import Termination
from mdsolve.study.extrapolation import extrapolation_warnings
from mdsolve.study.problem import Problem
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

FEW_AGENTS = 6
"""So many or fewer are enumerated: quicker than to load, or to compile, the route for many."""

SHARES_LIMIT = 2000
"""Most agents whose Shapley shares are computed where the rule does not ask for them."""

ALONE_LIMIT = 2000
"""Most agents whose best contribution alone is computed for the solution."""

BYTES_PER_AGENT = 1024
"""What all columns of a solution and its check take for each agent, at most."""


class SharingProblem(Problem[SharingGame, SharingOutcome]):
    """A sharing game under a mechanism."""

    def build(self) -> SharingGame:
        """Return the game, if the rule is for such costs and such models."""
        assert isinstance(self.instance, SharingInstance)
        game = sharing_game(self.instance)
        require_costs(game, private=self.rule.private_costs)
        require_given_model(game, learns=self.rule.learns)
        return game

    def outcome(self, game: SharingGame, context: Context) -> SharingOutcome:
        """Apply the rule; payments are rounded so that they sum to exactly zero where they should.

        Raises
        ------
        MemoryLimitError
            Where the columns of so many agents would not fit.
        """
        planned = BYTES_PER_AGENT * game.size
        if planned > context.memory_limit:
            got = f"{game.size:,} agents, about {planned / 2**20:,.0f} MiB"
            expected = f"at most {context.memory_limit / 2**20:,.0f} MiB"
            raise MemoryLimitError.single("memory limit", got, expected, "raise --memory-limit")
        found = self.rule.outcome(game, self.options, context)
        assert isinstance(found, SharingOutcome)
        found = balanced(game, found)
        refuse_overspending(game, found)
        return found

    def without_answer(self, game: SharingGame, outcome: Outcome) -> SharingOutcome:
        """Return an outcome without contributions."""
        del game
        return SharingOutcome(outcome.termination, outcome.message, outcome.method)

    def names(self, game: SharingGame) -> tuple[str, ...]:
        """Return the agents' names."""
        return tuple(game.agents)

    def answers(
        self, game: SharingGame, outcome: SharingOutcome, context: Context
    ) -> dict[str, Any]:
        """Return contributions (samples), payments, utilities (money) and metrics.

        Accuracies are as the instance's families give them.
        """
        answers = {key: value for key, value in outcome.details.items() if value is not None}
        if outcome.proof is not None:
            answers["witness"] = outcome.proof.to_dict()
            if outcome.proof.denies_equilibria:
                answers["equilibria"] = []
        if outcome.equilibria is not None:
            answers |= outcome.equilibria.stated()
        s, payments = outcome.contributions, outcome.payments
        if s is None or payments is None:
            return answers
        private = game.private
        baseline = None if private else self._baseline(game, outcome, context)
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
            expected = outcome.details["utilities"]
            answers["metrics"] |= {
                "welfare": float((expected - payments).sum()),
                "p_mean": p_means(expected),
            }
            return answers | dict(outcome.details)
        if baseline is not None and baseline is not s:
            answers["baseline"] = {"contributions": baseline}
        return answers | _shared(game, outcome, answers)

    def _baseline(
        self, game: SharingGame, outcome: SharingOutcome, context: Context
    ) -> Floats | None:
        """Return the equilibrium without payments that gains are measured against, if found."""
        played = outcome.equilibria is not None and outcome.termination is Termination.SOLVED
        if self.rule.name == "none" and played and not game.budgeted:
            return outcome.contributions
        return without_payments(within_own_means(game), context)


def _shared(game: SharingGame, outcome: SharingOutcome, answers: dict[str, Any]) -> dict[str, Any]:
    """Return Shapley shares, reciprocity, and what everybody could have alone."""
    s, payments = outcome.contributions, outcome.payments
    assert s is not None
    assert payments is not None
    found: dict[str, Any] = {}
    numbers = dict(answers["metrics"])
    shares = answers.get("shapley", contributed(game, s))
    if shares is not None:
        found["shapley"] = shares
        numbers["reciprocity"] = reciprocity(game, s, payments, shares, outcome.received)
    if game.size <= ALONE_LIMIT:
        alone = standalone(within_own_means(game).by_themselves())
        found["standalone"] = alone
        numbers["alone_margin"] = float((answers["utilities"] - alone["utilities"]).min())
    return {**found, "metrics": numbers}


def balanced(game: SharingGame, outcome: SharingOutcome) -> SharingOutcome:
    """Return the outcome with payments that sum to exactly zero, where they do up to rounding.

    Payments may be differences of benefits and costs, and carry their rounding.
    """
    payments, s = outcome.payments, outcome.contributions
    if payments is None or s is None:
        return outcome
    terms = np.abs(payments) + np.abs(game.benefits(s)) + np.abs(game.costs.value(s))
    if abs(float(payments.sum())) > ROUND_OFF * float(terms.sum()):
        return outcome
    return replace(outcome, payments=exactly_balanced(payments))


def refuse_overspending(game: SharingGame, outcome: SharingOutcome) -> None:
    """Raise where an agent would spend more than their budget under a rule that does not mind.

    An equilibrium that respects the budgets without being told is one with budgets as well.
    """
    if not game.budgeted or outcome.termination is not Termination.SOLVED:
        return
    assert outcome.contributions is not None
    assert outcome.payments is not None
    spent = game.costs.value(outcome.contributions) - outcome.payments
    over = np.where(game.limited, spent - game.money, -np.inf)
    poorest = int(np.argmax(over))
    if over[poorest] > DEFAULT.verify * max(float(game.money[poorest]), abs(float(spent[poorest]))):
        raise UnsupportedError.single(
            f"agent {game.agents[poorest]}",
            f"a budget that the outcome would exceed by {over[poorest]:.6g}",
            "budgets that do not bind",
            "raise the budget, or compute the planner's optimum with the mechanism welfare",
        )


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
    finite = np.isfinite(capacity) and capacity > 0
    return {
        "total_data": float(s.sum()),
        "data_share": float(s.sum()) / capacity if finite else None,
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
    route = fitting_route(game, s)
    if game.size > SHARES_LIMIT or route == "sampling":
        return None
    if route == "quadrature" and game.size <= FEW_AGENTS:
        route = "enumeration"
    return shapley(game, s, route=route).shares


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
    counted = shares > ROUND_OFF * float(np.abs(shares).max(initial=0.0))
    return float((earned[counted] / shares[counted]).min()) if counted.any() else None


def _ratio(value: float, reference: float) -> float | None:
    return float(value / reference) if reference > 0 else None


def without_payments(game: SharingGame, context: Context) -> Floats | None:
    """Return the contributions of the equilibrium without payments, None where none was found."""
    found = accuracy_equilibrium(AccuracyStakes(game, game.costs), context.monitor)
    return found.contributions if found.rested else None


def standalone(game: SharingGame) -> dict[str, Floats]:
    """Return what each agent would do and earn training on their own data alone."""
    nothing = game.nothing()
    stakes = AccuracyStakes(game, game.costs)
    own = best_responses(stakes, nothing)
    benefits = game.value * game.accuracy.unilateral_values(nothing, own)
    return {"contributions": own, "utilities": benefits - game.costs.value(own) + game.money}
