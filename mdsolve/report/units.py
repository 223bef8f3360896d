"""Units beside numbers: EUR, scans, percent, as the instance names them; nothing is rescaled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Self

from mdsolve.report.legible import legible
from mdsolve.report.numbers import amount

Quantity = Literal["money", "data", "accuracy", "rate"]

QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        **dict.fromkeys(("contributions", "low", "high", "total_data", "expected_total"), "data"),
        **dict.fromkeys(("capacity", "types", "profile", "without"), "data"),
        **dict.fromkeys(("payments", "transfers", "utilities", "shapley", "alone"), "money"),
        **dict.fromkeys(("banzhaf", "weighted_shapley", "values", "outside_values"), "money"),
        **dict.fromkeys(("welfare", "revenue", "minimal_revenue", "mean_revenue"), "money"),
        **dict.fromkeys(("outside", "subsidy", "cap", "alone_margin", "regret"), "money"),
        **dict.fromkeys(("expected_welfare", "expected_revenue", "lump_sums", "caps"), "money"),
        **dict.fromkeys(("accuracies", "mean_accuracy"), "accuracy"),
        **dict.fromkeys(("rates", "shapley_gradient", "banzhaf_gradient"), "rate"),
        "weighted_shapley_gradient": "rate",
    }
)
"""Key of a solution, or of a table of agents -> what it is an amount of."""


@dataclass(frozen=True)
class Units:
    """Names of units, empty where the instance names none.

    Parameters
    ----------
    money, data, accuracy : str

    Examples
    --------
    >>> units = Units(money="EUR", data="scans")
    >>> units.heading("receives", "payments"), units.heading("accuracy", "accuracies")
    ('receives [EUR]', 'accuracy')
    >>> units.amount(12345.678, "payments"), units.after("17,600", "total_data")
    ('12,346 EUR', '17,600 scans')
    """

    money: str = ""
    data: str = ""
    accuracy: str = ""

    @classmethod
    def of(cls, instance: Any) -> Self:
        """Return the units that an instance names; none for None."""
        spec = getattr(instance, "units", None)
        if spec is None:
            return cls()
        return cls(*(legible(x or "") for x in (spec.money, spec.data, spec.accuracy)))

    @property
    def rate(self) -> str:
        """Unit of money per sample, empty unless both are named."""
        return f"{self.money}/{self.data}" if self.money and self.data else ""

    def unit(self, key: str) -> str:
        """Return the unit of a key of a solution, or of a quantity; empty where it has none."""
        quantity = QUANTITIES.get(key, key)
        named = {"money": self.money, "data": self.data, "accuracy": self.accuracy}
        return self.rate if quantity == "rate" else named.get(quantity, "")

    def heading(self, words: str, key: str) -> str:
        """Return a heading, or the label of an axis, with the unit in brackets."""
        unit = self.unit(key)
        return f"{words} [{unit}]" if unit else words

    def after(self, number: str, key: str) -> str:
        """Return a written number followed by its unit."""
        unit = self.unit(key)
        return f"{number} {unit}" if unit and number else number

    def amount(self, value: Any, key: str, scale: float = 0.0) -> str:
        """Return a number for a board with its unit; see `mdsolve.report.numbers.amount`."""
        return amount(value) if value is None else self.after(amount(value, scale), key)


NO_UNITS = Units()
