"""Proofs that no payments bring wanted contributions about."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from mdsolve.fields import Fields, shown_number, shown_numbers
from mdsolve.proof.base import ABOUT, About, about


@dataclass(frozen=True)
class NoRule(About):
    """What everybody needs at least exceeds what data are worth together.

    Parameters
    ----------
    contributions : tuple of Fraction
        The wanted ones, at which the needs are added up; or, where any would do, those at which the
        prices are slopes: a hint, as the prices are.
    prices : tuple of Fraction
        Where any contributions would do: prices of everybody's data, money per sample, that bound
        what others are worth; empty for wanted ones.
    total_price : Fraction
        Multiplier of the least total, in money per sample.
    needs : tuple of Fraction
        As stated: what each agent needs at least, in money: of benefit and lump sum together at
        wanted contributions, else what they have alone (with the margin).
    worth : Fraction or None
        As stated: what the data are worth, or a bound on all welfare.
    shortfall : Fraction or None
        As stated: the sum of the needs less that.
    """

    kind: ClassVar[str] = "no-rule"

    contributions: tuple[Fraction, ...]
    prices: tuple[Fraction, ...] = ()
    total_price: Fraction = Fraction(0)
    needs: tuple[Fraction, ...] = ()
    worth: Fraction | None = None
    shortfall: Fraction | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as plain data."""
        found = self._head() | {"contributions": shown_numbers(self.contributions)}
        if self.prices:
            found["prices"] = shown_numbers(self.prices)
            found["total_price"] = shown_number(self.total_price)
        if self.needs:
            found["needs"] = shown_numbers(self.needs)
        for key, value in (("worth", self.worth), ("shortfall", self.shortfall)):
            if value is not None:
                found[key] = shown_number(value)
        return found

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return the proof in plain data."""
        fields.closed(
            *(*ABOUT, "contributions", "prices", "total_price", "needs", "worth", "shortfall")
        )
        return cls(
            fields.numbers("contributions"),
            fields.numbers("prices") if fields.has("prices") else (),
            fields.number("total_price") if fields.has("total_price") else Fraction(0),
            fields.numbers("needs") if fields.has("needs") else (),
            fields.maybe("worth"),
            fields.maybe("shortfall"),
            **about(fields),
        )
