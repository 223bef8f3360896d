"""`budget-balance`: payments sum to zero; rules that shape models pay nobody anything."""

from __future__ import annotations

from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "budget-balance"


@condition(NAME, "sharing", about="what some pay, others receive: nothing is left or missing")
def budget_balance(context: SharingContext) -> Condition:
    """Check sum_i p_i = 0, relative to the largest stake of any agent."""
    arithmetic, payments = context.arithmetic, context.payments
    shaped = context.rule is not None and context.rule.shaped
    paid = arithmetic.total(abs(payments) if shaped else payments).reshape(-1)
    found = arithmetic.maximum(paid, -paid)
    context.cover(NAME, ["payments"] if context.rule is None else [])
    exactly = bool(arithmetic.upper(found)[0] == 0)
    return context.decided(
        NAME,
        found,
        context.scales.money.max(initial=0.0),
        words=(
            "payments sum to " + ("exactly zero" if exactly else "zero"),
            "payments do not sum to zero",
        ),
        scope=f"{context.size:,} payments",
        witness=lambda k: {"sum_of_payments": context.shown(paid[k])},
    )
