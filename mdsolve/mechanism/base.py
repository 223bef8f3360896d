"""What a market mechanism is: a rule, its source, what it promises, and how it is computed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from mdsolve.errors import UnsupportedError
from mdsolve.game.arithmetic import EXACT, Array
from mdsolve.game.market import Market, QualityMarket
from mdsolve.mechanism.described import DescribedMechanism
from mdsolve.mechanism.options import Option
from mdsolve.progress import Monitor
from mdsolve.status import Termination

CHECKED = (
    "individual-rationality",
    "incentive-compatibility",
    "efficiency",
    "weak-budget-balance",
    "budget-balance",
    "maximal-revenue",
)
"""Conditions that are looked at for every payment table, claimed or not."""

ARITHMETIC = Option(
    "arithmetic",
    "float",
    "number system: float, or exact fractions where every value of the market is rational",
    ("float", "exact"),
)


@dataclass(frozen=True)
class MarketOutcome:
    """What a market mechanism computed, before anybody checked it.

    Parameters
    ----------
    market : Market
        The market with the allocation rule and number system that were used.
    payments : array of shape (n, m_1, ..., m_n) or None
        What each agent pays at every profile, in money; None when no mechanism exists.
    termination, message
        Why it stopped.
    method : str
        The numerical method actually used.
    findings : mapping
        Further keys of the solution, for example ``exists`` and ``witness``.
    """

    market: Market
    payments: Array | None
    termination: Termination
    message: str
    method: str
    findings: Mapping[str, Any] = field(default_factory=dict)


class MarketMechanism(DescribedMechanism):
    """A payment rule for data markets; one subclass per rule, never subclassed again."""

    kind = "market"
    options: ClassVar[tuple[Option, ...]] = (ARITHMETIC,)

    @abstractmethod
    def outcome(
        self, market: Market, options: Mapping[str, Any], monitor: Monitor, memory_limit: int
    ) -> MarketOutcome:
        """Apply the rule to a market."""

    @abstractmethod
    def claims(self, market: Market, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the conditions the rule promises on this market."""


def in_arithmetic(market: Market, options: Mapping[str, Any]) -> Market:
    """Return the market in the number system that the options ask for."""
    if options["arithmetic"] == "float":
        return market
    if not market.rational:
        raise UnsupportedError.single(
            "option arithmetic",
            "exact, on a market with irrational values",
            "a rational quality and valuation (identity, tables, integer exponents, linear)",
            "solve in float and verify with --arithmetic enclosure",
        )
    return market.with_arithmetic(EXACT)


def claims_under(market: Market, assumption: str, conditions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the conditions if the market is known to satisfy the assumption, else nothing."""
    return conditions if market.property_named(assumption).holds else ()


def efficiency_claim(market: Market) -> tuple[str, ...]:
    """Return the claim of an efficient allocation, where the market has an allocation at all.

    A table of values already contains what everybody is handed.
    """
    return ("efficiency",) if isinstance(market, QualityMarket) else ()
