"""Why a condition has no proof object where nothing could be tried."""

from __future__ import annotations

WITHOUT: dict[str, str] = {
    "individual-rationality": "its claims are of sharing games in which everybody has the full "
    "model, and of payments in growth markets",
    "individual-rationality-alone": "its claims are of sharing games in which everybody has the "
    "full model, of value shaping, and of two private contracts of one agent",
    "incentive-compatibility": "its claims are of payments in growth markets, and of two private "
    "contracts of one agent",
    "interim-rationality": "no claim takes expectations over the others' types",
    "interim-truthfulness": "no claim takes expectations over the others' types",
    "efficiency": "its claim is of payments in growth markets",
    "weak-budget-balance": "its claim is of payments in growth markets",
    "budget-balance": "its claims are of sharing games under a rule that plays the full model; "
    "that payments of a market sum to exactly zero has none",
    "expected-balance": "no claim takes expectations over types",
    "coalitions": "no claim goes through the groups that could leave",
    "maximal-revenue": "its claim is of payments in growth markets without other objectives",
    "nash": "its claims are of concave own payoffs, of target rules and of value shaping",
    "no-equilibrium": "its claim is of sharing games with neighbours and union accuracy",
    "no-mechanism": "its claim is of chains in growth markets, not of rows with side constraints",
    "no-admissible-step": "no claim is about learning dynamics",
    "reciprocity": "its claim is of power accuracies and the full model for everybody",
    "equal-treatment": "its claim is of the balance of stored payments",
    "feasibility": "it is part of other claims, none of which is about this solution",
    "welfare-optimality": "its claim is of linear costs and accuracy 1 - 1/(1+S)",
    "welfare-kkt": "only its failure has a claim: equalities of irrational numbers have none",
    "curve-feasibility": "its claims are of value shaping and of two private contracts of "
    "one agent",
    "data-maximality": "its claims are of value shaping and of two private contracts of one agent",
    "side-constraints": "no claim holds rows of side constraints on payments",
    "stated-numbers": "figures follow from the claims; `verify` recomputes each of them",
    "rule": "no claim states that amounts are those of this rule",
    "dominant-strategies": "no claim is about every choice of the others",
    "payment-limit": "its claim is of target rules",
    "requirements": "no claim is about shares of capacity and wanted totals",
    "optimality": "no claim bounds what other designs, menus or lotteries reach",
    "trade-off": "points of a trade-off are proved one by one, as solutions of their own",
    "no-rule": "its claim is of power accuracies and limits that the instance states",
    "wrong-instance": "a proof file carries the hash of the instance's data instead",
    "equilibria": "its claims are of uniqueness under none, budget-balanced, contribution-transfer "
    "and shapley; lists of several equilibria have none",
    "history": "no claim is about rounds of training",
    "stationarity": "no claim is about rounds of training",
}
"""For every condition: what its claims are about, or that it has none."""


def without(condition: str, mechanism: str) -> str:
    """Return why a condition of a mechanism's solution has no proof object."""
    return f"not for {mechanism or 'an agreement'}: {WITHOUT[condition]}"
