"""A claim about a sharing game in rigorous numbers: contributions, payments, rule, shares.

Doubles of a solution count as the dyadic numbers they are, with one exception: a contribution
stored as the double nearest to its capacity *is* the capacity, which the instance may write as 0.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import flint
import numpy as np

from mdsolve.certificate.rigorous.coalitions import EnumeratedShares, rows_of
from mdsolve.certificate.rigorous.costs import Side
from mdsolve.certificate.rigorous.game import RigorousGame
from mdsolve.certificate.rigorous.numbers import ONE, ZERO, Number, as_stored, as_written, total
from mdsolve.certificate.rigorous.quadrature import WORK_LIMIT, QuadratureShares, has_quadrature
from mdsolve.certificate.sharing.claim import SharingClaim
from mdsolve.certificate.sharing.payment_rules import TRANSFERS
from mdsolve.certificate.tally import Tally
from mdsolve.conditions import Condition
from mdsolve.game.enclosure import to_float
from mdsolve.tolerance import DEFAULT

Numbers = Sequence[Number]

ENUMERATION_LIMIT = 10
"""Most agents whose coalitions are enumerated."""

FRACTION_LIMIT = 10**18
"""Denominators below this are shown as fractions."""


class Shares(Protocol):
    """Shapley shares at a profile, and how they change with one agent's own contribution."""

    @property
    def shares(self) -> list[Number]:
        """phi_i(s), in money."""

    def slope(self, agent: int, own: Number, side: Side) -> Number:
        """Return d phi_i / d s_i at another own contribution."""


@dataclass(frozen=True)
class Rule:
    """u_i = benefit_i - borne c_i(s_i) + price s_i + (what the others' contributions decide).

    Parameters
    ----------
    borne, price : number
        Share of the own cost that the agent bears, and money per own sample.
    shares : Shares or None
        Shapley shares, where they are the benefit.
    payments : n numbers
        Money received at the claimed contributions.
    money : n numbers or None
        With budgets: what borne c_i(s_i) - price s_i may be at most, the others as claimed; None
        for agents without a limit.
    """

    borne: Number
    price: Number
    shares: Shares | None
    payments: Numbers
    money: Sequence[Number | None] | None


@dataclass(frozen=True)
class RigorousSetting:
    """A game, a claim about it, and what all conditions have in common.

    Parameters
    ----------
    names : sequence of str
        The agents.
    tolerance : float or None
        Accepted violation relative to max(1, scale); None: each condition's own.
    """

    game: RigorousGame
    claim: SharingClaim
    names: Sequence[str]
    tolerance: float | None
    claimed: frozenset[str]

    @cached_property
    def s(self) -> list[Number]:
        """Claimed contributions."""
        assert self.claim.contributions is not None
        pairs = zip(self.claim.contributions.tolist(), self.game.capacity, strict=True)
        return [
            top if top is not None and amount == to_float(top) else as_stored(amount)
            for amount, top in pairs
        ]

    @cached_property
    def nothing(self) -> list[Number]:
        """The profile in which nobody contributes."""
        return [ZERO] * self.game.size

    @cached_property
    def shares(self) -> Shares | str:
        """Shapley shares at the claimed contributions, or why there are none."""
        rows = rows_of(self.game)
        if isinstance(rows, str):
            return rows
        n = self.game.size
        if n <= ENUMERATION_LIMIT:
            return EnumeratedShares(rows, self.s)
        if self.game.calculus.exact:
            return f"{n:,} agents; exact arithmetic enumerates at most {ENUMERATION_LIMIT}"
        if not has_quadrature(rows):
            return f"{n:,} agents; {ENUMERATION_LIMIT} at most are enumerated for this family"
        found = QuadratureShares(rows, self.s)
        if found.work > WORK_LIMIT:
            return f"the shares need {found.work:,} products; at most {WORK_LIMIT:,} are computed"
        return found

    @cached_property
    def rule(self) -> Rule | str:
        """The mechanism's rule at the claimed contributions, or why it is not known."""
        found = self._payment_rule()
        if isinstance(found, str):
            return found
        borne, price, shares, payments = found
        money = None
        if self.game.budget is not None and shares is None:
            costs = self.game.costs_at(self.s)
            columns = zip(self.game.budget, payments, costs, self.s, self.game.limited, strict=True)
            money = [
                b + p - (1 - borne) * c - price * x if held else None
                for b, p, c, x, held in columns
            ]
        return Rule(borne, price, shares, payments, money)

    def _payment_rule(  # noqa: PLR0911 - one return per rule
        self,
    ) -> tuple[Number, Number, Shares | None, Numbers] | str:
        name = self.claim.mechanism
        alone = self.game.size == 1 and name in TRANSFERS
        if alone or name in (None, "none"):
            return ONE, ZERO, None, self.nothing
        if name in ("budget-balanced", "welfare"):
            share = _stated(self.claim.details.get("beta", self.claim.options.get("beta")))
            if share is None:
                return "the solution does not state its beta as a number"
            if not 0 <= share <= 1:
                return "a beta outside [0, 1] is no share of a cost"
            above = _above_the_others(self.game.costs_at(self.s))
            return 1 - share, ZERO, None, [share * x for x in above]
        if name == "contribution-transfer":
            price = _stated(self.claim.options.get("beta"))
            if price is None:
                return "the solution does not state its beta"
            return ONE, price, None, [price * x for x in _above_the_others(self.s)]
        if name == "shapley":
            if self.claim.options.get("index") == "banzhaf":
                return "rigorous arithmetic does not compute Banzhaf values"
            if isinstance(self.shares, str):
                return self.shares
            gained = zip(self.shares.shares, self.gains, strict=True)
            return ONE, ZERO, self.shares, [share - own for share, own in gained]
        return f"rigorous arithmetic does not know the payments of {name!r}"

    @cached_property
    def gains(self) -> list[Number]:
        """value_i (a_i(s) - a_i(0)), in money."""
        now, before = self.game.benefits(self.s), self.game.benefits(self.nothing)
        return [a - b for a, b in zip(now, before, strict=True)]

    @cached_property
    def payments(self) -> Numbers | str:
        """Claimed payments; recomputed from the rule where the claim has none."""
        if self.claim.payments is not None:
            return [as_stored(amount) for amount in self.claim.payments.tolist()]
        return self.rule if isinstance(self.rule, str) else self.rule.payments

    @property
    def paid(self) -> Numbers:
        """The payments, where there are any."""
        assert not isinstance(self.payments, str)
        return self.payments

    @cached_property
    def utilities(self) -> list[Number]:
        """u_i at the claimed contributions and payments."""
        return self.game.utilities(self.s, self.paid)

    @cached_property
    def scale(self) -> float:
        """Largest absolute utility."""
        return largest(self.utilities)

    def allowance(self, scale: float, default: float = DEFAULT.verify) -> Number:
        """Return the accepted violation, as the exact number that a report shows.

        Parameters
        ----------
        default : float
            The condition's tolerance where none is asked for.
        """
        relative = default if self.tolerance is None else self.tolerance
        return as_written(relative * max(1.0, scale))

    def decided(
        self,
        name: str,
        violations: Numbers,
        scale: float,
        words: tuple[str, str],
        more: dict[str, Numbers],
        scope: str,
        *,
        default: float = DEFAULT.verify,
    ) -> Condition:
        """Return the condition that per-agent violations decide."""
        return self.tallied(
            name,
            violations,
            self.allowance(scale, default),
            scale,
            words,
            scope,
            lambda k: (
                {"agent": self.names[k]}
                | {key: self.shown(column[k]) for key, column in more.items()}
            ),
        )

    def tallied(
        self,
        name: str,
        violations: Numbers,
        allowed: Number,
        scale: float,
        words: tuple[str, str],
        scope: str,
        witness: Callable[[int], dict[str, Any]],
    ) -> Condition:
        """Return the condition that violations and an absolute allowance decide."""
        tally = Tally(allowed)
        table = np.empty(len(violations), dtype=object)
        table[:] = violations
        tally.add(table, lambda index: witness(index[0]))
        return tally.condition(
            name,
            name in self.claimed,
            scale=scale,
            arithmetic=self.game.calculus.name,
            scope=scope,
            good=words[0],
            bad=words[1],
        )

    def shown(self, value: Number) -> str | float:
        """Return a number for a witness: a fraction where that is exact and short, else a float."""
        if self.game.calculus.exact and isinstance(value, flint.fmpq):
            text = str(value) if value.q < FRACTION_LIMIT else ""
            return text or to_float(value)
        return to_float(value)

    def unchecked(self, name: str, reason: str) -> Condition:
        """Return a condition that was not checked, with the reason."""
        arithmetic = self.game.calculus.name
        return Condition(
            name, name in self.claimed, "not-checked", arithmetic=arithmetic, detail=reason
        )


def largest(values: Numbers) -> float:
    """Return the largest absolute value as a float."""
    return max((abs(to_float(value)) for value in values), default=0.0)


def _stated(beta: Any) -> Number | None:
    """Return a rate that a solution states; a double counts as stored."""
    if isinstance(beta, bool) or not (isinstance(beta, int | float) or hasattr(beta, "numerator")):
        return None
    return as_stored(beta) if isinstance(beta, float) else as_written(beta)


def _above_the_others(amounts: Numbers) -> list[Number]:
    """Return each amount less the average of the others'."""
    n = len(amounts)
    if n == 1:
        return [ZERO]
    whole = total(amounts)
    return [amount - (whole - amount) / (n - 1) for amount in amounts]
