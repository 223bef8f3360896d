"""What the checker knows of a mechanism of markets: models, payments, promises, options."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.arguments import wrong_options
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market import QualityReading
from mdsolve.certificate.reading.market_models import Models
from mdsolve.certificate.reading.market_sizes import Profiles
from mdsolve.errors import Finding

if TYPE_CHECKING:
    from mdsolve.certificate.market_context import MarketContext

RATIONAL = "individual-rationality"
TRUTHFUL = "incentive-compatibility"
EFFICIENT = "efficiency"
WEAK = "weak-budget-balance"
STRONG = "budget-balance"
EXPECTED = "expected-balance"
MAXIMAL = "maximal-revenue"
SIDE = "side-constraints"
COALITIONS = "coalitions"
INTERIM_RATIONAL = "interim-rationality"
INTERIM_TRUTHFUL = "interim-truthfulness"

GENERAL = (RATIONAL, TRUTHFUL, EFFICIENT, WEAK, STRONG, MAXIMAL)
"""What users ask of every payment table."""

ARITHMETICS = ("auto", "float", "exact")
"""What payments may be computed in; what is right does not depend on it."""


class MarketRule(ABC):
    """A mechanism as the checker reads it."""

    name: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]] = {"arithmetic": "auto"}
    """Options that the rule understands, with what each is when nothing is said."""
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"arithmetic": ARITHMETICS}
    """What options that are words may be."""
    asked: ClassVar[tuple[str, ...]] = GENERAL
    """What users ask of its payments besides what it promises."""
    rational_only: ClassVar[bool] = False
    """Whether its revenue is maximal among rational rules, truthful or not."""

    @abstractmethod
    def promises(self, context: MarketContext) -> tuple[str, ...]:
        """Return the conditions that the rule claims on this market."""

    def models(self, reading: QualityReading) -> Models:
        """Return which models the rule hands out."""
        return reading.by_rule

    def payment(
        self, context: MarketContext, agent: int, own: Any, others: Profiles
    ) -> Quantity | None:
        """Return what an agent pays at some profiles; None where no formula says it.

        Raises
        ------
        NoRouteError
            Where the formula needs what the market does not have.
        """
        del context, agent, own, others
        return None

    def stake(self, context: MarketContext, agent: int) -> float:
        """Return what the agent's payment is measured by: what is at stake for them."""
        return float(context.money[agent])

    def wrong_options(self, options: Mapping[str, Any], where: str) -> list[Finding]:
        """Return what is wrong with options: names that the rule does not know, other words."""
        return wrong_options(options, where, self.defaults, self.choices)


def holds(context: MarketContext, name: str) -> bool:
    """Tell whether a market certainly has a property."""
    return any(found.name == name and found.holds for found in context.ruled.properties())


def efficiency_of(context: MarketContext) -> tuple[str, ...]:
    """Return the claim of an efficient allocation, where there is an allocation at all."""
    return (EFFICIENT,) if context.ruled.hands_out else ()
