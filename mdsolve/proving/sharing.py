"""Proof objects of sharing games: equilibrium, uniqueness, balance."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from mdsolve.proving.checker import first_accepted
from mdsolve.proving.reach import reach
from mdsolve.proving.record import NotProvableError, OtherRuleError
from mdsolve.proving.subject import Subject

PLAYED = frozenset({"none", "budget-balanced", "contribution-transfer", "shapley"})
"""Mechanisms whose slopes and payments the claims know."""

PER_OCTAVE = 3
"""Quadrature nodes per doubling of u: a relative error of 1e-15 for exponent 1."""

NODES = 32


def rule_of(subject: Subject) -> dict[str, Any]:
    """Return the mechanism as claims hold it.

    Raises
    ------
    NotProvableError
        For rules and options that no claim knows.
    """
    if subject.mechanism not in PLAYED:
        raise OtherRuleError(subject.mechanism)
    if subject.mechanism == "shapley" and subject.options.get("index", "shapley") != "shapley":
        message = "payments by another index have no proof object"
        raise NotProvableError(message)
    if subject.mechanism in {"none", "shapley"}:
        return {"name": subject.mechanism}
    beta = subject.options.get("beta", "optimal")
    if beta == "full":
        n = len(subject.agents)
        beta = Fraction(n - 1, n)
    return {"name": subject.mechanism, "beta": beta if beta == "optimal" else str(beta)}


def game_of(subject: Subject) -> dict[str, Any]:
    """Return the game, the rule and the contributions claimed."""
    answer = {"mechanism": rule_of(subject), "contributions": subject.contributions()}
    return subject.game | answer


def quadrature(game: dict[str, Any]) -> dict[str, int]:
    """Return the grid of the integral over u that fits a game's weights and data.

    The first node leaves 1e-18 of the smallest integral out, which is that of an agent for whom all
    data count; the last one 1e-20.
    """
    weights = [[float(Fraction(w)) for w in row] for row in game.get("weights", [[1]])]
    heaviest = max(max(row) for row in weights)
    data = heaviest * sum(float(Fraction(s)) for s in game["contributions"])
    given = game.get("exponent", "1")
    exponents = [float(Fraction(b)) for b in (given if isinstance(given, list) else [given])]
    power = min(exponents) + 1
    first = -18 / power * math.log2(10) - math.log2(1 + data)
    last = math.log2(64 + 8 * max(exponents))
    return {
        "per_octave": PER_OCTAVE,
        "first": math.floor(PER_OCTAVE * first),
        "last": math.ceil(PER_OCTAVE * last),
        "nodes": min(NODES, max(1, math.ceil(game["n"] / 2))),
    }


def nash(subject: Subject) -> Any:
    """Return the claim that nobody gains, with the least distance and gain that can be proved."""
    game = game_of(subject)
    hints = quadrature(game) if subject.mechanism == "shapley" else {}
    delta, epsilon = reach(game, list(hints.values()))
    return {
        "claim": "nash",
        "states": {"epsilon": epsilon},
        "data": game,
        "proof": {"delta": delta} | hints,
    }


def unique(subject: Subject) -> Any:
    """Return the claim that there is one equilibrium at most."""
    game = game_of(subject)
    if subject.mechanism == "shapley":
        return {"claim": "unique", "data": game, "proof": {}}
    size = len(game.get("weights", [[1]]))
    return {"claim": "unique", "data": game, "proof": {"row_scale": [1] * size}}


def power_of_ten(scale: Fraction, digits: int) -> str:
    """Return a power of ten, `digits` orders below a positive number."""
    return f"1e{math.floor(math.log10(scale)) - digits}"


def balance(subject: Subject) -> Any:
    """Return the claim that the stored payments sum to zero and are the rule's."""
    game, payments = game_of(subject), subject.payments()
    hints = quadrature(game) if subject.mechanism == "shapley" else {}
    largest = max(abs(Fraction(p)) for p in payments) or Fraction(1)
    forms = [
        {
            "claim": "budget-balance",
            "states": {"rule_error": power_of_ten(largest, digits)},
            "data": game,
            "proof": {"payments": payments} | hints,
        }
        for digits in range(15, 8, -2)
    ]
    return first_accepted(forms, subject.data)
