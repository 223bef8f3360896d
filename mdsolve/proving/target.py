"""Proof objects of designed rules: the equilibrium they make, and why none makes one."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mdsolve.proving.checker import checker, first_accepted
from mdsolve.proving.rationality import best_hint
from mdsolve.proving.record import NotProvableError, OtherRuleError
from mdsolve.proving.sharing import power_of_ten
from mdsolve.proving.subject import Subject, dyadic, written

DIGITS = (12, 10, 8, 7)
"""Distances tried, in orders below the largest contribution."""


def target_rule(subject: Subject) -> Any:
    """Return the claim that a designed rule makes its contributions an equilibrium."""
    if subject.mechanism != "target":
        raise OtherRuleError(subject.mechanism)
    stated = subject.claim.get("target")
    if not isinstance(stated, Mapping) or "rates" not in stated or "lump_sums" not in stated:
        message = "the solution states no rule by lump sums and rates"
        raise NotProvableError(message)
    if stated.get("penalty") == "general" or stated.get("form") == "rates":
        message = "rules with other penalties than rates have no proof object"
        raise NotProvableError(message)
    n = len(subject.agents)
    caps = stated.get("caps") or [None] * n
    data = {key: value for key, value in subject.game.items() if key != "fixed"}
    data |= {
        "mechanism": {"name": "target"},
        "contributions": subject.contributions(),
        "lump_sums": [dyadic(x) for x in stated["lump_sums"]],
        "rates": [written(b) for b in stated["rates"]],
        "caps": [None if cap is None else written(cap) for cap in caps],
    }
    fixed = [agent["fixed"] for agent in subject.agents]
    if any(cost != "0" for cost in fixed):
        data["fixed"] = fixed
    program = checker()
    program.STEPS[0] = 0
    plain = program.parse(program.json.dumps(data))
    extra = [key for key in data if key in {"lump_sums", "rates", "caps", "fixed"}]
    game = program.Game(plain, *(f"{key}?*" for key in extra), rules=("target",))
    free = [best_hint(game, i, float(game.others(i).middle())) for i in range(n)]
    proof = {"free": free} if any(cap is not None for cap in caps) else {}
    largest = max(game.s)
    worth = max(game.value) or Fraction(1)
    forms = [
        {
            "claim": "target-rule",
            "states": {"epsilon": power_of_ten(worth, 2 * digits if not proof else digits)},
            "data": data,
            "proof": {"delta": power_of_ten(largest, digits) if largest else "0"} | proof,
        }
        for digits in DIGITS
    ]
    return first_accepted(forms, subject.data)


def no_target(subject: Subject) -> Any:
    """Return the claim that no payments bring wanted contributions about: inequality (B) fails."""
    witness = subject.claim.get("witness")
    if not isinstance(witness, Mapping) or witness.get("kind") != "no-rule":
        message = "this proof of non-existence has no proof object"
        raise NotProvableError(message)
    if witness.get("prices"):
        message = "that no contributions at all can be brought about has no proof object"
        raise NotProvableError(message)
    if any(subject.options.get(key) for key in ("reciprocity", "dominant_on")):
        message = "needs by reciprocity have no proof object"
        raise NotProvableError(message)
    limit = subject.options.get("payment_limit")
    n = len(subject.agents)
    limits = [limit] * n if not isinstance(limit, Mapping) else None
    if limits is None:
        message = "limits agent by agent have no proof object"
        raise NotProvableError(message)
    margin = subject.options.get("alone")
    if margin in {"no", False}:
        message = "a rule that need not pay off has no proof object"
        raise NotProvableError(message)
    data = subject.whole_game | {
        "mechanism": {"name": "target"},
        "contributions": [written(s) for s in witness["contributions"]],
        "limits": [None if x is None else written(x) for x in limits],
        "margin": written(margin or 0),
    }
    program = checker()
    program.STEPS[0] = 0
    plain = program.parse(program.json.dumps(data))
    names = (*program.MORE[:3], "limits?*", "margin?*")
    game = program.Game(plain, *names, rules=("target",))
    moves = [best_hint(game, i, float(game.others(i).middle()))[0] for i in range(n)]
    alone = [best_hint(game, i, 0.0)[0] for i in range(n)]
    return {
        "claim": "no-target",
        "data": data,
        "proof": {"deviations": moves, "alone": alone},
    }
