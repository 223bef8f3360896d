"""The check of a market's solution: payments, models, or a proof that there is no mechanism.

Tables are looked through in intervals (in floats where somebody asks for them); rows that intervals
leave open are decided in fractions where the market is rational, else in balls. However large a
table is, only those rows cost exact numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from mdsolve.certificate.dispatch import Check, Request
from mdsolve.certificate.keys import STATED
from mdsolve.certificate.market_claim import MarketClaim, market_claim
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_rules.base import (
    EFFICIENT,
    GENERAL,
    RATIONAL,
    TRUTHFUL,
    WEAK,
    MarketRule,
)
from mdsolve.certificate.market_rules.registry import market_rules
from mdsolve.certificate.numbers import EXACT, FLOAT, INTERVALS, Arithmetic
from mdsolve.certificate.rationals import IrrationalError
from mdsolve.certificate.reading.market import MarketReading, market_reading
from mdsolve.certificate.registry import Registered
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.instance.kept import kept
from mdsolve.instance.market import MarketInstance
from mdsolve.progress import Monitor

DESIRABLE = (RATIONAL, TRUTHFUL, EFFICIENT, WEAK)
"""The four properties of a desirable mechanism ([C20] Definition 7), claimed of bare tables."""

FEASIBLE = "feasibility"
NO_MECHANISM = "no-mechanism"
TRADE_OFF = "trade-off"

UNFINISHED = ("limit", "interrupted", "failed")
"""Endings that promise nothing."""

UNSTATED = ("format", "agents", "instance", "mechanism", "status", "table", "witness", "curve")
"""Keys that other conditions compare, or nobody does; the rest of a solution are figures."""

APART = ("certificate", "provenance", "omitted")


class MarketCheck(Check):
    """One check of a claim about a market."""

    kind = "market"

    def __init__(
        self,
        instance: MarketInstance,
        data: Mapping[str, Any],
        request: Request,
        monitor: Monitor,
    ) -> None:
        super().__init__(instance, data, request, monitor)
        self.claim: MarketClaim = market_claim(
            self.data, instance, request.folder, request.label, request.mechanism
        )
        rules, name = market_rules(), self.claim.mechanism
        self.rule: MarketRule | None = rules.get(name or "")
        findings = []
        if name is not None and self.rule is None:
            expected = "one of " + ", ".join(sorted(rules))
            findings.append(Finding(f"{request.label}: mechanism", repr(name)[:60], expected))
        if self.rule is not None:
            where = f"{request.label}: mechanism.options"
            findings += self.rule.wrong_options(self.claim.options, where)
        if findings:
            raise SolutionFileError(findings)
        self.options = {**(self.rule.defaults if self.rule else {}), **self.claim.options}

    @cached_property
    def _reading(self) -> MarketReading:
        return kept(self.instance, "market", lambda: market_reading(self.instance, FLOAT))

    def _read_in(self, arithmetic: Arithmetic) -> MarketReading:
        """Return the market in a number system, under the instance's own rule."""
        key = ("market", arithmetic)
        return kept(self.instance, key, lambda: self._reading.in_arithmetic(arithmetic))

    @property
    def rule_name(self) -> str | None:
        """Name of the mechanism."""
        return None if self.rule is None else self.rule.name

    @cached_property
    def claimed(self) -> tuple[str, ...]:
        """What the mechanism promises, or a bare table does; nothing of unfinished work."""
        curve = () if self.claim.at("curve") is None else (TRADE_OFF,)
        if self.claim.denies:
            return (NO_MECHANISM, *curve)
        status = self.data.get("status")
        ending = status.get("termination") if isinstance(status, Mapping) else None
        if ending in UNFINISHED:
            return ()
        context = self.context(FLOAT)
        if self.rule is None:
            known = [name for name in DESIRABLE if name != EFFICIENT or context.ruled.hands_out]
            return (*known, FEASIBLE)
        return ("rule", *self.rule.promises(context), FEASIBLE, *curve)

    @property
    def states(self) -> bool:
        """Whether the solution states figures besides its table."""
        return any(
            value is not None and key not in UNSTATED and key not in APART
            for key, value in self.data.items()
        )

    @property
    def promised(self) -> tuple[str, ...]:
        """What is claimed, and what is stated: whoever writes a number down claims it."""
        stated = (STATED,) if self.states and self.claimed else ()
        return tuple(dict.fromkeys([*self.claimed, *self.request.conditions, *stated]))

    @property
    def looked_at(self) -> tuple[str, ...]:
        """What users ask for anyway."""
        if self.claim.denies:
            return ()
        if self.rule is not None and self.rule.asked != GENERAL:
            return self.rule.asked
        return GENERAL if self.context(FLOAT).ruled.hands_out else _without_efficiency()

    def made(self, arithmetic: Arithmetic) -> MarketContext:
        """Return the claim in a number system."""
        itself = arithmetic is FLOAT or arithmetic is INTERVALS
        return MarketContext(
            arithmetic,
            self.request.tolerance,
            frozenset(),
            self.monitor,
            ruled=self._read_in(arithmetic),
            claim=self.claim,
            rule=self.rule,
            options=self.options,
            looked=None if itself else self.context(INTERVALS),
        )

    def small_enough(self, arithmetic: Arithmetic, condition: Registered) -> bool:
        """Tell whether fractions hold the values; rows are counted where they are decided."""
        del condition
        return arithmetic is not EXACT or self._rational

    @cached_property
    def _rational(self) -> bool:
        """Whether the highest profile's values are fractions."""
        market = self._read_in(EXACT)
        last = [np.array([m - 1]) for m in market.shape]
        try:
            market.truth(0, last[0], last[1:])
        except IrrationalError:
            return False
        return True


def _without_efficiency() -> tuple[str, ...]:
    """Return what is looked at where values are a table."""
    return tuple(name for name in GENERAL if name != EFFICIENT)
