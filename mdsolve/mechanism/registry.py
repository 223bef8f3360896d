"""All mechanisms by the kind of game they are for; a rule is imported when it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from mdsolve.errors import UsageError
from mdsolve.mechanism.described import Mechanism


class Registry(Mapping[str, Any]):
    """Mechanisms by name.

    Parameters
    ----------
    homes : mapping of str to str
        Name -> module of this package and class, as ``module:Class``.
    """

    def __init__(self, homes: Mapping[str, str]) -> None:
        self._homes = dict(homes)
        self._made: dict[str, Mechanism] = {}

    def __getitem__(self, name: str) -> Any:
        """Return the mechanism of that name; raises `KeyError` if there is none."""
        if name not in self._made:
            module, _, kind = self._homes[name].partition(":")
            self._made[name] = getattr(import_module(f"mdsolve.mechanism.{module}"), kind)()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._homes)

    def __len__(self) -> int:
        """Return the number of mechanisms."""
        return len(self._homes)

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a mechanism of that name."""
        return name in self._homes


MARKET_MECHANISMS = Registry(
    {
        "free": "free:FreeExchange",
        "vcg": "vcg:VickreyClarkeGroves",
        "mep": "maximal_exploitation:MaximalExploitation",
        "desirable": "desirable:Desirable",
        "second-best": "second_best:SecondBestLottery",
    }
)

SHARING_MECHANISMS = Registry(
    {
        "none": "no_payments:NoPayments",
        "budget-balanced": "budget_balanced:BudgetBalanced",
        "shapley": "shapley:ShapleyPayments",
        "contribution-transfer": "contribution_transfer:ContributionTransfer",
        "welfare": "welfare:Welfare",
        "target": "target:Target",
        "value-shaping": "value_shaping:ValueShaping",
        "value-shaping-private": "value_shaping_private:ValueShapingPrivate",
        "menu": "menu:Menu",
        "proportional-data": "proportional:ProportionalData",
        "proportional-value": "proportional:ProportionalValue",
        "proportional-shapley": "proportional:ProportionalShapley",
        "upbred": "upbred:Upbred",
        "2p-upbred": "upbred_two_phases:UpbredTwoPhases",
    }
)

KINDS = {
    "market": (MARKET_MECHANISMS, "a market"),
    "sharing": (SHARING_MECHANISMS, "a sharing game"),
}


def mechanisms(kind: str) -> Registry:
    """Return the mechanisms for a kind of instance."""
    return KINDS[kind][0]


def mechanism_named(kind: str, name: str) -> Any:
    """Return a mechanism for a kind of instance; raises `UsageError` naming the nearest one."""
    known, words = KINDS[kind]
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    fix = f"did you mean {close[0]!r}?" if close else "see mdsolve list"
    elsewhere = any(name in others for others, _ in KINDS.values())
    got = f"{name!r}, which is not for {words}" if elsewhere else repr(name)
    raise UsageError.single("mechanism", got, "one of " + ", ".join(known), fix)
