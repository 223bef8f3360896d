"""The checker's own reading of the payment rules of sharing games.

A rule is what an agent's utility depends on besides the accuracy: how much of the own cost he
bears, what he earns per sample, and whether his accuracy or his Shapley share is his benefit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.claim import SharingClaim
from mdsolve.certificate.sharing.shares import Shares, shares_of
from mdsolve.game.sharing import SharingGame

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


TRANSFERS = ("budget-balanced", "welfare", "contribution-transfer", "2p-upbred")
"""Rules under which agents pay each other by how they differ: a single agent keeps what is his."""


@dataclass(frozen=True)
class Rule:
    """u_i = benefit_i - borne * c_i(s_i) + price * s_i + (what others' contributions decide).

    Parameters
    ----------
    borne : float
        Share of the own cost that the agent bears.
    price : float
        Money per own sample.
    shares : Shares or None
        Shapley shares, where they are the benefit.
    payments : (n,)
        Money received at the claimed contributions.
    money : (n,) or None
        With budgets: what borne * c_i(s_i) - price * s_i may be at most, the others as claimed.
    """

    borne: float
    price: float
    shares: Shares | None
    payments: Floats
    money: Floats | None = None

    def missing(self, game: SharingGame, own: Floats) -> Floats:
        """Return what each agent lacks for another own contribution, the others as claimed."""
        if self.money is None:
            return np.full(game.size, -np.inf)
        return np.asarray(self.borne * game.costs.value(own) - self.price * own - self.money)

    def affords(self, game: SharingGame, own: Floats, slack: float = 0.0) -> Booleans:
        """Tell who can pay for another own contribution, the others as claimed, shape (n,)."""
        return np.asarray(self.missing(game, own) <= slack)


def rule_of(game: SharingGame, claim: SharingClaim, s: Floats) -> Rule | str:
    """Return the claimed mechanism's rule at contributions s, or why it is not known."""
    rule = _payment_rule(game, claim, s)
    if isinstance(rule, str) or rule.shares is not None or not game.budgeted:
        return rule
    # b_i = B_i - c_i + p_i, and of p_i this part depends on s_i; the rest is up to the others.
    own = (1 - rule.borne) * game.costs.value(s) + rule.price * s
    return replace(rule, money=game.budget + rule.payments - own)


def _payment_rule(  # noqa: PLR0911 - one return per rule
    game: SharingGame, claim: SharingClaim, s: Floats
) -> Rule | str:
    n = game.size
    none = np.zeros(n)
    alone = n == 1 and claim.mechanism in TRANSFERS
    if alone or claim.mechanism in (None, "none", "upbred"):
        return Rule(1.0, 0.0, None, none)
    if claim.mechanism in ("budget-balanced", "welfare"):
        beta = claim.details.get("beta", claim.options.get("beta"))
        if not isinstance(beta, int | float) and not hasattr(beta, "numerator"):
            return "the solution does not state its beta as a number"
        share = float(beta)
        if not 0 <= share <= 1:
            return "a beta outside [0, 1] is no share of a cost"
        costs = game.costs.value(s)
        return Rule(1 - share, 0.0, None, share * _above_the_others(costs))
    if claim.mechanism in ("contribution-transfer", "2p-upbred"):
        beta = claim.options.get("beta")
        if beta is None or beta == "auto":
            beta = claim.details.get("beta")
        if not isinstance(beta, int | float) and not hasattr(beta, "numerator"):
            return "the solution does not state its beta as a number"
        price = float(beta)
        return Rule(1.0, price, None, price * _above_the_others(s))
    if claim.mechanism == "shapley":
        shares = shares_of(game, s, banzhaf=claim.options.get("index") == "banzhaf")
        if isinstance(shares, str):
            return shares
        own = game.benefits(s) - game.benefits(game.nothing())
        return Rule(1.0, 0.0, shares, shares.shares - own)
    return f"the checker does not know the payments of {claim.mechanism!r}"


def _above_the_others(amounts: Floats) -> Floats:
    """Return each amount less the average of the others'."""
    n = len(amounts)
    if n == 1:
        return np.zeros(1)
    return np.asarray(amounts - (amounts.sum() - amounts) / (n - 1))
