"""What a market mechanism is: a payment rule, in the number system that its options ask for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from mdsolve.context import Context
from mdsolve.errors import UnsupportedError
from mdsolve.game.arithmetic import EXACT
from mdsolve.game.market import Market
from mdsolve.mechanism.described import Mechanism
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import MarketOutcome

EXACT_PROFILES = 5_000
"""Most profiles whose payments are computed in fractions unasked."""

ARITHMETIC = Option(
    "arithmetic",
    "float",
    "number system: float, exact fractions, or auto: fractions where every value of the market is "
    "rational and the table is small",
    ("auto", "float", "exact"),
)


class MarketMechanism(Mechanism):
    """A payment rule for data markets; one subclass per rule, never subclassed again."""

    kind = "market"
    options: ClassVar[tuple[Option, ...]] = (ARITHMETIC,)
    compared = True

    @abstractmethod
    def outcome(self, game: Market, options: Mapping[str, Any], context: Context) -> MarketOutcome:
        """Apply the rule to a market."""


def in_arithmetic(market: Market, options: Mapping[str, Any]) -> Market:
    """Return the market in the number system that the options ask for."""
    asked = options["arithmetic"]
    small = market.rational and market.profile_count <= EXACT_PROFILES
    if asked == "float" or (asked == "auto" and not small):
        return market
    if not market.rational:
        raise UnsupportedError.single(
            "option arithmetic",
            "exact, on a market with irrational values",
            "a rational quality and valuation (identity, tables, integer exponents, linear)",
            "solve in float; the certificate is a proof all the same",
        )
    return market.with_arithmetic(EXACT)
