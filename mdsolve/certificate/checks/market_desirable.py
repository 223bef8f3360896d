"""`rule` of desirable payments: no formula says them, the conditions they are the highest under do.

Without side constraints they are rational and truthful, never lose money, and each has a binding
constraint: that is what the rule is. With side constraints they satisfy them as well, and are the
best for the objective.
"""

from __future__ import annotations

from dataclasses import replace

from mdsolve.certificate.checks.market_balance import expected, strong, weak
from mdsolve.certificate.checks.market_coalitions import coalitions
from mdsolve.certificate.checks.market_incentives import maximality, rationality, truthfulness
from mdsolve.certificate.checks.market_interim import (
    interim_rationality,
    interim_truthfulness,
)
from mdsolve.certificate.checks.market_rule import NAME, VOUCHED, model_groups
from mdsolve.certificate.checks.market_sides import side_constraints
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_interim_revenue import interim_problem
from mdsolve.certificate.market_objective import objective_problem
from mdsolve.certificate.market_rows import decided_rows
from mdsolve.certificate.market_side import SUBSIDISED
from mdsolve.certificate.registry import condition
from mdsolve.conditions import Condition

HOLDS = "payments are the highest that rationality and truthfulness allow"
BEST = "payments satisfy every constraint and are the best for the objective"


@condition(NAME, "market", about="payments are the highest admissible ones", rules=("desirable",))
def desirable(context: MarketContext) -> Condition:
    """Check models, every constraint, and that no admissible payments are better."""
    side, objective = context.claim.side, context.options.get("objective", "revenue")
    # Bounds from above alone leave one highest table: no objective has a better one.
    plain = side.unbounded and objective in ("revenue", SUBSIDISED)
    parts: list[Condition] = [_models(context)]
    if side.interim:
        parts += [interim_rationality(context), interim_truthfulness(context)]
    else:
        parts += [rationality(context), truthfulness(context)]
    if side.never_loses and objective != SUBSIDISED:
        parts.append(weak(context))
    if side.expected:
        parts.append(expected(context))
    if side.balanced:
        parts.append(strong(context))
    if side.coalitions:
        parts.append(coalitions(context))
    if side.bounds:
        parts.append(side_constraints(context))
    if plain:
        parts.append(maximality(context))
    wrong = [part for part in parts if part.verdict != "pass"]
    wrong.sort(key=lambda part: part.verdict != "fail")
    if wrong:
        first = wrong[0]
        return replace(first, name=NAME, detail=f"{first.name}: {first.detail}")
    context.cover(NAME, VOUCHED)
    last = replace(parts[-1], name=NAME, detail=HOLDS if plain else BEST)
    if plain:
        return last
    problem = interim_problem(context) if side.interim else objective_problem(context)
    if problem:
        return replace(
            last, verdict="fail", detail=problem, violation=None, tolerance=None, witness=None
        )
    return last


def _models(context: MarketContext) -> Condition:
    return decided_rows(
        context,
        NAME,
        model_groups(context),
        words=("models are those of the instance's rule", "a model is not the rule's"),
        scope=f"all {context.profiles:,} profiles, every agent",
    )
