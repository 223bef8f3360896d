"""Proof objects of the planner's optimum, and of the conditions that an equilibrium violates."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mdsolve.proving.checker import first_accepted
from mdsolve.proving.record import NotProvableError
from mdsolve.proving.sharing import power_of_ten
from mdsolve.proving.subject import Subject, written

DIGITS = (14, 12, 11, 10, 9)
"""Gaps tried, in orders below the objective."""

LEAST_WEIGHT = 1e-40
"""Stands for a weight of zero, which a bound cannot have."""


def plain_rates(subject: Subject) -> list[str]:
    """Return the cost rates of a game with linear costs and accuracy 1 - 1/(1+S).

    Raises
    ------
    NotProvableError
        For other games.
    """
    accuracy = subject.data["accuracy"]
    plain = accuracy == {"family": "power"}
    agents = subject.agents
    linear = all(agent["curvature"] == agent["fixed"] == "0" for agent in agents)
    free = all(agent["capacity"] is None for agent in agents)
    if not (plain and linear and free) or subject.data.get("platform_data") is not None:
        message = "other games than linear costs with accuracy 1 - 1/(1+S) have no proof object"
        raise NotProvableError(message)
    return [agent["rate"] for agent in agents]


def welfare(subject: Subject) -> Any:
    """Return the claim that no feasible choice has a larger p-mean."""
    rates = plain_rates(subject)
    agents, n = subject.agents, len(rates)
    if any(agent["budget"] is None for agent in agents):
        message = "p-means of agents without a budget have no proof object"
        raise NotProvableError(message)
    p = subject.options.get("p", 1)
    beta = subject.options.get("beta", "optimal")
    beta = str(Fraction(n - 1, n)) if beta == "full" else beta
    spends = [
        Fraction(rate) * Fraction(str(s))
        for rate, s in zip(rates, subject.contributions(), strict=True)
    ]
    hints = {"x": [float(x) for x in spends], "y": _prices(subject)}
    least = str(p) in {"-inf", "-Infinity"} or p == float("-inf")
    if least:
        hints["lam"] = [max(weight, LEAST_WEIGHT) for weight in _weights(subject)]
    data = {
        "rate": rates,
        "budget": [agent["budget"] for agent in agents],
        "value": [agent["value"] for agent in agents],
        "money": [1] * n,
        "money_exponent": 1,
        "beta": beta if beta == "optimal" else written(beta),
        "p": "-inf" if least else written(p),
    }
    objective = abs(Fraction(str(subject.claim.get("objective", 1)))) or Fraction(1)
    forms = [
        {
            "claim": "welfare-optimality",
            "states": {"gap": power_of_ten(objective, digits)},
            "data": data,
            "proof": hints,
        }
        for digits in DIGITS
    ]
    return first_accepted(forms, subject.data)


def _weights(subject: Subject) -> list[float]:
    weights = [float(weight) for weight in subject.column("weights")]
    largest = max(weights)
    return [weight / largest for weight in weights]


def _prices(subject: Subject) -> list[float]:
    """Return what a unit of each agent's budget is worth, the largest weight being 1."""
    weights = [float(weight) for weight in subject.column("weights")]
    duals = [float(dual) for dual in subject.column("budget_duals")]
    largest = max(weights)
    money_left = [float(left) for left in subject.column("money_left")]
    return [
        (weight if left > 0 and dual < weight else weight + dual) / largest
        for weight, dual, left in zip(weights, duals, money_left, strict=True)
    ]


def kkt_failure(subject: Subject) -> Any:
    """Return the claim that the dual of some agent is negative at beta*."""
    rates = plain_rates(subject)
    if subject.mechanism != "budget-balanced" or subject.options.get("beta") != "optimal":
        message = "duals at another rate than beta* have no proof object"
        raise NotProvableError(message)
    dearest = max(range(len(rates)), key=lambda i: Fraction(rates[i]))
    entry = {"claim": "kkt-failure", "data": {"rate": rates}, "proof": {"agent": dearest}}
    return first_accepted([entry], subject.data)
