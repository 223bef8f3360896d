"""`nash` under Shapley payments: shares are the benefit, not the own accuracy."""

from __future__ import annotations

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.rules.base import Terms
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition


def shapley_nash(context: SharingContext, terms: Terms) -> Condition:
    """Check contributions against best responses on Shapley shares."""
    del context, terms
    message = "Shapley shares are not read yet"
    raise NoRouteError(message)
