"""The check of a sharing game's solution: an equilibrium, an agreement, or a proof of none."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any

from mdsolve.certificate.dispatch import Check, Request
from mdsolve.certificate.joint import at_model
from mdsolve.certificate.numbers import EXACT, FLOAT, Arithmetic, Floats
from mdsolve.certificate.reading.accuracies.quadratic_fit import joint_accuracy
from mdsolve.certificate.reading.sharing import SharingReading, sharing_reading
from mdsolve.certificate.registry import Registered
from mdsolve.certificate.rules.base import GENERAL, SharingRule
from mdsolve.certificate.rules.registry import sharing_rules
from mdsolve.certificate.sharing_claim import SharingClaim, sharing_claim
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition
from mdsolve.errors import Finding, SolutionFileError, UnsupportedError, UsageError
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor

EXACT_LIMIT = 300
"""Most agents for which fractions are tried unasked."""

BALL_LIMIT = 2000
"""Most agents for which balls are tried where intervals leave something open."""

SHARES_LIMIT = 2000
"""Most agents whose reciprocity is looked at unasked."""

AGREED = (
    "feasibility",
    "budget-balance",
    "individual-rationality",
    "individual-rationality-alone",
)
"""What an agreement without a mechanism claims."""

STATED = "stated-numbers"
TRADE_OFF = "trade-off"
DESIGNED = "target"
"""The mechanism whose solutions may hold a curve."""

EQUILIBRIA = "equilibria"
NO_EQUILIBRIUM = "no-equilibrium"
PROOFS = {
    "no-step": "no-admissible-step",
    "no-admissible-step": "no-admissible-step",
    "no-rule": "no-rule",
}
"""Conditions that check other proofs than those of no equilibrium, by kind of proof."""

UNSTATED = (
    *("format", "agents", "instance", "mechanism", "status", "certificate", "provenance"),
    *("contributions", "payments", "witness", "omitted"),
)
"""Keys that other conditions compare, or nobody does; the rest of a solution are figures."""

UNFINISHED = ("limit", "interrupted", "failed")
"""Endings that promise nothing."""


class SharingCheck(Check):
    """One check of a claim about a sharing game."""

    kind = "sharing"

    def __init__(
        self,
        instance: SharingInstance,
        data: Mapping[str, Any],
        request: Request,
        monitor: Monitor,
    ) -> None:
        super().__init__(instance, data, request, monitor)
        self._plain_reading = sharing_reading(instance, FLOAT)
        self._readings: dict[Arithmetic, SharingReading] = {FLOAT: self._plain_reading}
        self._elsewhere: dict[bytes, SharingCheck] = {}
        self.claim: SharingClaim = sharing_claim(
            self.data,
            list(self._plain_reading.names),
            request.folder,
            request.label,
            request.mechanism,
        )
        rules = sharing_rules()
        self.rule: SharingRule | None = rules.get(self.claim.mechanism or "")
        if self.claim.mechanism is not None and self.rule is None:
            where = f"{request.label}: mechanism"
            expected = "one of " + ", ".join(sorted(rules))
            raise SolutionFileError.single(where, repr(self.claim.mechanism), expected)
        self._known_limits()
        _require_given_model(self._plain_reading, self.rule)
        given = {
            str(key).replace("-", "_"): value
            for key, value in self.claim.options.items()
            if value is not None
        }
        if self.rule is not None:
            wrong = self.rule.wrong_options(given, f"{request.label}: mechanism.options")
            if wrong:
                raise SolutionFileError(wrong)
        self.options = {**(self.rule.defaults if self.rule else {}), **given}

    @property
    def rule_name(self) -> str | None:
        """Name of the mechanism."""
        return None if self.rule is None else self.rule.name

    @cached_property
    def ending(self) -> str:
        """Why the solution says that its computation stopped."""
        return str(self.claim.at("status.termination") or "solved")

    @cached_property
    def nothing_exists(self) -> bool:
        """Whether the solution claims that there is no equilibrium, or no step."""
        if self.claim.contributions is not None:
            return False
        return self.ending == "infeasible" or self.data.get("witness") is not None

    @cached_property
    def claimed(self) -> tuple[str, ...]:
        """What the mechanism promises, or what an agreement does; nothing of unfinished work."""
        if self.nothing_exists:
            return (self._proved, *self._curve)
        if self.ending in UNFINISHED:
            return self._curve
        if self.rule is None:
            return (*AGREED, *self._limited)
        context = self.context(FLOAT)
        return ("rule", *self.rule.promises(context), *self._limited, *self._curve)

    @property
    def _curve(self) -> tuple[str, ...]:
        """The trade-off of a design: its points hold or not, whatever became of the design."""
        stated = self.claim.at("curve") is not None and self.rule_name == DESIGNED
        return (TRADE_OFF,) if stated else ()

    @property
    def _limited(self) -> tuple[str, ...]:
        return ("payment-limit",) if self.request.limits else ()

    def _known_limits(self) -> None:
        """Raise where a limit names nobody of the instance."""
        known = self._plain_reading.names
        findings = [
            Finding(f"limit of {name}", repr(name)[:60], "an agent of the instance")
            for name in self.request.limits
            if name and name not in known
        ]
        if findings:
            raise UsageError(findings)

    @property
    def _proved(self) -> str:
        witness = self.data.get("witness")
        kind = witness.get("kind", witness.get("reason")) if isinstance(witness, Mapping) else None
        return PROOFS.get(str(kind), NO_EQUILIBRIUM)

    @property
    def states(self) -> bool:
        """Whether the solution states figures besides contributions and payments."""
        return any(value is not None and key not in UNSTATED for key, value in self.data.items())

    @property
    def looked_at(self) -> tuple[str, ...]:
        """What users ask for anyway, and the numbers that the solution states."""
        stated = (STATED,) if self.states else ()
        if self.nothing_exists:
            return stated
        general = GENERAL if self.rule is None else self.rule.looked_at
        if self._plain_reading.size > SHARES_LIMIT:  # nobody asked for what takes longest
            general = tuple(name for name in general if name != "reciprocity")
        own = () if self.data.get("equilibria") is None else (EQUILIBRIA,)
        return (*general, *own, *stated)

    @property
    def promised(self) -> tuple[str, ...]:
        """What is claimed, and what the solution states: whoever writes a number down claims it."""
        stated = [name for name in (EQUILIBRIA, STATED) if name in self.looked_at]
        unfinished = self.ending in UNFINISHED and not self.nothing_exists
        more = [] if unfinished else stated
        return tuple(dict.fromkeys([*self.claimed, *self.request.conditions, *more]))

    def made(self, arithmetic: Arithmetic) -> SharingContext:
        """Return the claim in a number system, at the model it states where one is learned."""
        if arithmetic not in self._readings:
            self._readings[arithmetic] = sharing_reading(self.instance, arithmetic)
        reading = self._readings[arithmetic]
        context = SharingContext(
            arithmetic,
            self.request.tolerance,
            frozenset(),
            self.monitor,
            reading=reading,
            claim=self.claim,
            rule=self.rule,
            options=self.options,
            limits=self.request.limits,
            ask=self.condition,
            look=self.elsewhere,
        )
        return at_model(context)

    def small_enough(self, arithmetic: Arithmetic, condition: Registered) -> bool:
        """Compare the number of agents with what is tried unasked."""
        del condition
        limit = EXACT_LIMIT if arithmetic is EXACT else BALL_LIMIT
        return self._plain_reading.size <= limit

    def elsewhere(self, name: str, s: Floats) -> Condition:
        """Return a condition at other contributions, with the rule's payments; decided once."""
        key = s.tobytes()
        if key not in self._elsewhere:
            other = copy(self)
            claim = replace(self.claim, contributions=s, payments=None, accuracies=None)
            vars(other).update(claim=claim, _contexts={}, _decided={}, _covered={}, _figures={})
            self._elsewhere[key] = other
        return self._elsewhere[key].condition(name)

    def regret(self) -> float | None:
        """Return the bound that `nash` proves."""
        if self.claim.contributions is None or self.rule is None:
            return None
        found = self.condition("nash")
        return None if found.violation is None else max(found.violation, 0.0)


def _require_given_model(reading: SharingReading, rule: SharingRule | None) -> None:
    """Raise `UnsupportedError` where a model is learned and the rule does not say how."""
    if rule is not None and not rule.learns and joint_accuracy(reading) is not None:
        raise UnsupportedError.single(
            "accuracy: family",
            "quadratic-fit, which depends on the model that is learned",
            "a function of contributions alone",
            "use upbred or 2p-upbred, which learn the model",
        )
