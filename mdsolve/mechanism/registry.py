"""All mechanisms, one line each."""

from __future__ import annotations

from difflib import get_close_matches

from mdsolve.errors import UsageError
from mdsolve.mechanism.base import MarketMechanism
from mdsolve.mechanism.desirable import Desirable
from mdsolve.mechanism.free import FreeExchange
from mdsolve.mechanism.maximal_exploitation import MaximalExploitation
from mdsolve.mechanism.vcg import VickreyClarkeGroves

MARKET_MECHANISMS: dict[str, MarketMechanism] = {
    mechanism.name: mechanism
    for mechanism in (FreeExchange(), VickreyClarkeGroves(), MaximalExploitation(), Desirable())
}


def market_mechanism(name: str) -> MarketMechanism:
    """Return the market mechanism of that name; raises `UsageError` naming the nearest one."""
    if name in MARKET_MECHANISMS:
        return MARKET_MECHANISMS[name]
    close = get_close_matches(name, MARKET_MECHANISMS, n=1)
    fix = f"did you mean {close[0]!r}?" if close else "see mdsolve list"
    expected = "one of " + ", ".join(MARKET_MECHANISMS)
    raise UsageError.single("mechanism", repr(name), expected, fix)
