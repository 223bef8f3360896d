"""The checker: from an instance and somebody's solution to a certificate.

The instance is read anew, number by number as written; of the solution only what it claims is used.
Every condition is decided in the first number system that decides it: exact fractions, intervals,
balls. Floats are used where somebody asks for them, or where nothing rigorous has a route, and the
condition says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import (
    BALLS,
    EXACT,
    FLOAT,
    INTERVALS,
    Arithmetic,
    IrrationalError,
)
from mdsolve.certificate.reading.families.unread import UnreadError
from mdsolve.certificate.reading.sharing import sharing_reading
from mdsolve.certificate.registry import Registered, registered
from mdsolve.certificate.rules.base import GENERAL, SharingRule
from mdsolve.certificate.rules.registry import sharing_rules
from mdsolve.certificate.sharing_claim import SharingClaim
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Certificate, Condition
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.tolerance import DEFAULT

ArithmeticChoice = Literal["auto", "float", "enclosure", "exact"]

EXACT_LIMIT = 300
"""Most agents for which fractions are tried unasked."""

BALL_LIMIT = 2000
"""Most agents for which balls are tried where intervals leave something open."""

AGREED = (
    "feasibility",
    "budget-balance",
    "individual-rationality",
    "individual-rationality-alone",
)
"""What an agreement without a mechanism claims."""


@dataclass
class SharingCheck:
    """One check of one claim: contexts per number system, made when they are needed."""

    instance: SharingInstance
    claim: SharingClaim
    rule: SharingRule | None
    options: Mapping[str, Any]
    arithmetic: ArithmeticChoice
    tolerance: float
    conditions: Sequence[str]
    monitor: Monitor
    limits: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def _contexts(self) -> dict[Arithmetic, SharingContext | str]:
        return {}

    def context(self, arithmetic: Arithmetic) -> SharingContext:
        """Return the claim in a number system.

        Raises
        ------
        UnreadError
            Where the instance cannot be read in it.
        """
        if arithmetic not in self._contexts:
            try:
                self._contexts[arithmetic] = self._made(arithmetic)
            except (UnreadError, IrrationalError) as error:
                self._contexts[arithmetic] = str(error)
        found = self._contexts[arithmetic]
        if isinstance(found, str):
            raise UnreadError(found)
        return found

    def _made(self, arithmetic: Arithmetic) -> SharingContext:
        reading = sharing_reading(self.instance, arithmetic)
        return SharingContext(
            arithmetic,
            self.tolerance,
            frozenset(self.claimed),
            self.monitor,
            reading=reading,
            claim=self.claim,
            rule=self.rule,
            options=self.options,
            limits=self.limits,
        )

    @cached_property
    def claimed(self) -> tuple[str, ...]:
        """What the verdict speaks of."""
        if self.rule is None:
            promised: tuple[str, ...] = AGREED
            if self.limits:
                promised = (*promised, "payment-limit")
        else:
            promised = ("rule", *self.rule.promises(self._plain()))
        return tuple(dict.fromkeys([*promised, *self.conditions]))

    def _plain(self) -> SharingContext:
        """Return the claim in floats, for what a rule promises on this game."""
        reading = sharing_reading(self.instance, FLOAT)
        return SharingContext(
            FLOAT,
            self.tolerance,
            frozenset(),
            self.monitor,
            reading=reading,
            claim=self.claim,
            rule=self.rule,
            options=self.options,
        )

    def certificate(self) -> Certificate:
        """Return what holds and what does not."""
        looked_at = GENERAL if self.rule is None else self.rule.looked_at
        wanted = list(dict.fromkeys([*self.claimed, *looked_at]))
        found = []
        for number, name in enumerate(wanted):
            self.monitor.advance("checking", number, len(wanted))
            found.append(self.condition(name))
        return Certificate(tuple(found))

    def condition(self, name: str) -> Condition:
        """Return one condition, decided in the first number system that can."""
        entry = registered("sharing", name, self.rule.name if self.rule else None)
        if entry is None:
            reason = "not a condition of a sharing game"
            return Condition(name, name in self.claimed, "not-checked", detail=reason)
        best: Condition | None = None
        for arithmetic in self._ladder(entry):
            found = self._decided(entry, arithmetic)
            if found.verdict != "not-checked":
                return found
            if best is None or best.interval is None:
                best = found
        assert best is not None
        return best

    def _ladder(self, entry: Registered) -> Iterator[Arithmetic]:
        n, known = self.instance.agent_count, entry.arithmetics
        if self.arithmetic == "float" or known == ("float",):
            yield FLOAT
            return
        if self.arithmetic == "exact":
            yield EXACT
            return
        if self.arithmetic == "auto" and "exact" in known and n <= EXACT_LIMIT:
            yield EXACT
        if "enclosure" in known:
            yield INTERVALS
            if n <= BALL_LIMIT:
                yield BALLS
        if self.arithmetic == "auto" and self._floats_only:
            yield FLOAT

    @cached_property
    def _floats_only(self) -> bool:
        """Whether the instance has something that only floats can read."""
        try:
            self.context(INTERVALS)
        except UnreadError:
            return True
        return False

    def _decided(self, entry: Registered, arithmetic: Arithmetic) -> Condition:
        claimed = entry.name in self.claimed
        try:
            with arithmetic.context():
                context = self.context(arithmetic)
                found: Condition = entry.decide(context)
        except NoRouteError as error:
            reason = str(error)
        except IrrationalError as error:
            reason = f"exact arithmetic cannot hold {error}; use --arithmetic enclosure"
        except UnreadError as error:
            reason = f"no rigorous reading of {error}"
        except ZeroDivisionError:
            reason = "a division by zero: the formula is not defined here"
        else:
            return found
        return Condition(
            entry.name, claimed, "not-checked", arithmetic=arithmetic.name, detail=reason
        )


def verify_sharing(
    instance: SharingInstance,
    claim: SharingClaim,
    *,
    arithmetic: ArithmeticChoice = "auto",
    tolerance: float | None = None,
    conditions: Sequence[str] = (),
    limits: Mapping[str, float] | None = None,
    monitor: Monitor | None = None,
) -> Certificate:
    """Check a claim about a sharing game.

    Parameters
    ----------
    tolerance : float or None
        Accepted violation relative to the instance's scale; None is 1e-9.
    conditions : sequence of str
        What the verdict speaks of besides what the mechanism claims.
    limits : mapping or None
        Most that agents may be asked to pay, by name; the empty name is everybody.
    """
    rule = sharing_rules().get(claim.mechanism or "")
    options = {**(rule.defaults if rule else {}), **_given(claim.options)}
    check = SharingCheck(
        instance,
        claim,
        rule,
        options,
        arithmetic,
        DEFAULT.verify if tolerance is None else tolerance,
        conditions,
        monitor or Monitor(),
        limits or {},
    )
    return check.certificate()


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}
