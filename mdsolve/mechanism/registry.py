"""All mechanisms, one line each, by the kind of game they are for."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from mdsolve.errors import UsageError
from mdsolve.mechanism.base import MarketMechanism
from mdsolve.mechanism.budget_balanced import BudgetBalanced
from mdsolve.mechanism.contribution_transfer import ContributionTransfer
from mdsolve.mechanism.desirable import Desirable
from mdsolve.mechanism.free import FreeExchange
from mdsolve.mechanism.maximal_exploitation import MaximalExploitation
from mdsolve.mechanism.no_payments import NoPayments
from mdsolve.mechanism.proportional import (
    ProportionalData,
    ProportionalShapley,
    ProportionalValue,
)
from mdsolve.mechanism.shapley import ShapleyPayments
from mdsolve.mechanism.sharing_base import SharingMechanism
from mdsolve.mechanism.upbred import Upbred
from mdsolve.mechanism.upbred_two_phases import UpbredTwoPhases
from mdsolve.mechanism.value_shaping import ValueShaping
from mdsolve.mechanism.value_shaping_private import ValueShapingPrivate
from mdsolve.mechanism.vcg import VickreyClarkeGroves
from mdsolve.mechanism.welfare import Welfare

MARKET_MECHANISMS: dict[str, MarketMechanism] = {
    mechanism.name: mechanism
    for mechanism in (FreeExchange(), VickreyClarkeGroves(), MaximalExploitation(), Desirable())
}

SHARING_MECHANISMS: dict[str, SharingMechanism] = {
    mechanism.name: mechanism
    for mechanism in (
        NoPayments(),
        BudgetBalanced(),
        ShapleyPayments(),
        ContributionTransfer(),
        Welfare(),
        ValueShaping(),
        ValueShapingPrivate(),
        ProportionalData(),
        ProportionalValue(),
        ProportionalShapley(),
        Upbred(),
        UpbredTwoPhases(),
    )
}

Mechanism = TypeVar("Mechanism")


def market_mechanism(name: str) -> MarketMechanism:
    """Return the market mechanism of that name; raises `UsageError` naming the nearest one."""
    return _named(MARKET_MECHANISMS, name, "a market", SHARING_MECHANISMS)


def sharing_mechanism(name: str) -> SharingMechanism:
    """Return the sharing mechanism of that name; raises `UsageError` naming the nearest one."""
    return _named(SHARING_MECHANISMS, name, "a sharing game", MARKET_MECHANISMS)


def _named(
    known: Mapping[str, Mechanism], name: str, kind: str, others: Mapping[str, object]
) -> Mechanism:
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    fix = f"did you mean {close[0]!r}?" if close else "see mdsolve list"
    got = f"{name!r}, which is not for {kind}" if name in others else repr(name)
    raise UsageError.single("mechanism", got, "one of " + ", ".join(known), fix)
