"""A sharing game, a claim about it, and everything that conditions have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from mdsolve.certificate.alone import best_alone
from mdsolve.certificate.context import Context, NoRouteError
from mdsolve.certificate.means import Means, affordable
from mdsolve.certificate.numbers import Booleans, Floats, Quantity
from mdsolve.certificate.peaks import Peak
from mdsolve.certificate.reading.sharing import SharingReading
from mdsolve.certificate.rules.base import SharingRule, Terms
from mdsolve.certificate.scales import Scales, scales_of
from mdsolve.certificate.shares.base import Shares
from mdsolve.certificate.shares.routes import shares_of
from mdsolve.certificate.sharing_claim import SharingClaim
from mdsolve.conditions import Condition

Made = TypeVar("Made")


@dataclass(frozen=True)
class SharingContext(Context):
    """What conditions of sharing games are given.

    Parameters
    ----------
    reading : SharingReading
    claim : SharingClaim
    rule : SharingRule or None
        The mechanism named; None for an agreement.
    options : mapping
        The rule's effective options.
    limits : mapping of str to float
        Most that an agent may be asked to pay; the empty name stands for everybody.
    ask : callable or None
        Returns another condition of the same check by its name.
    look : callable or None
        Returns `nash` at other contributions, in whichever number system decides it.
    """

    reading: SharingReading = field(kw_only=True)
    claim: SharingClaim = field(kw_only=True)
    rule: SharingRule | None = field(kw_only=True)
    options: Mapping[str, Any] = field(kw_only=True)
    limits: Mapping[str, float] = field(kw_only=True, default_factory=dict)
    ask: Callable[[str], Condition] | None = field(kw_only=True, default=None)
    look: Callable[[str, Floats], Condition] | None = field(kw_only=True, default=None)

    @property
    def size(self) -> int:
        """Number of agents."""
        return self.reading.size

    @cached_property
    def _derived(self) -> dict[Any, Any]:
        return {}

    def derived(self, make: Callable[[SharingContext], Made]) -> Made:
        """Return what a function makes of this context; computed once for all conditions."""
        if make not in self._derived:
            self._derived[make] = make(self)
        found: Made = self._derived[make]
        return found

    def decided_as(self, name: str) -> Condition:
        """Return another condition of the same check.

        Raises
        ------
        NoRouteError
            If nothing else is checked.
        """
        if self.ask is None:
            message = f"the condition {name} was not looked at"
            raise NoRouteError(message)
        return self.ask(name)

    def elsewhere(self, name: str, s: Floats) -> Condition:
        """Return a condition at other contributions, with the rule's payments and models.

        Raises
        ------
        NoRouteError
            If nothing else is checked.
        """
        if self.look is None:
            message = "no other contributions are looked at"
            raise NoRouteError(message)
        return self.look(name, s)

    @cached_property
    def scales(self) -> Scales:
        """What tolerances are relative to."""
        return self.reading.derived(scales_of)

    @cached_property
    def given(self) -> Floats:
        """Claimed contributions as doubles, shape (n,)."""
        if self.claim.contributions is None:
            message = "the solution holds no contributions"
            raise NoRouteError(message)
        return self.claim.contributions

    @cached_property
    def outside(self) -> Booleans:
        """Whose contribution is negative or above the capacity by more than the tolerance."""
        slack = self.tolerance * self.scales.samples
        return (self.given < -slack) | (self.given > self.reading.ends + slack)

    @cached_property
    def s(self) -> Quantity:
        """Claimed contributions as the dyadic numbers they are.

        One that is stored as the double nearest to the capacity *is* the capacity, which the
        instance may write as 0.1.
        """
        arithmetic = self.reading.arithmetic
        if not np.all(np.isfinite(self.given)):
            message = "a contribution is not a number"
            raise NoRouteError(message)
        if np.any(self.given < 0):
            message = "a contribution is negative"
            raise NoRouteError(message)
        full = self.reading.bounded & (self.given == self.reading.ends)
        return arithmetic.where(full, self.reading.capacity, arithmetic.stored(self.given))

    @cached_property
    def terms(self) -> Terms:
        """What the mechanism makes of the claimed contributions."""
        if self.rule is None:
            message = "an agreement names no mechanism"
            raise NoRouteError(message)
        return self.rule.terms(self)

    @cached_property
    def payments(self) -> Quantity:
        """Claimed payments; the rule's where the claim has none."""
        if self.claim.payments is not None:
            return self.arithmetic.stored(self.claim.payments)
        return self.terms.payments

    @cached_property
    def received(self) -> Quantity | None:
        """Accuracy of the models handed out, None where everybody gets the full one."""
        if self.rule is None or not self.rule.shaped:
            return None
        if self.claim.accuracies is None:
            return self.rule.models(self)
        return self.arithmetic.stored(self.claim.accuracies)

    @cached_property
    def utilities(self) -> Quantity:
        """u_i at the claimed contributions, payments and models, in money, shape (n,)."""
        own = None if self.rule is None else self.rule.utilities(self)
        if own is not None:
            return own + self.payments + self.reading.budget
        return self.reading.utilities(self.s, self.payments, self.received)

    @cached_property
    def alone(self) -> Peak:
        """The best that own data alone can give."""
        return self.reading.derived(best_alone)

    @cached_property
    def means(self) -> Means:
        """What everybody can pay for, the others as claimed.

        b_i = B_i - c_i + p_i >= 0, and of p_i the part that depends on s_i is borne by the agent.
        """
        reading, terms = self.reading, self.terms
        own = (1 - terms.borne) * reading.costs.value(self.s) + terms.price * self.s
        money = reading.budget + terms.payments - own
        return affordable(reading, terms.borne, terms.price, money, reading.limited)

    @cached_property
    def shares(self) -> Shares:
        """Shapley shares of the claimed contributions."""
        return shares_of(self.reading, self.s, "shapley")

    @cached_property
    def banzhaf(self) -> Shares:
        """Banzhaf shares of the claimed contributions."""
        return shares_of(self.reading, self.s, "banzhaf")

    def agent(self, number: int, **numbers: Quantity) -> dict[str, Any]:
        """Return a witness: an agent's name, and their entries of some columns."""
        found: dict[str, Any] = {"agent": self.reading.names[number]}
        return found | {key: self.shown(column[number]) for key, column in numbers.items()}
