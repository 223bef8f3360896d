"""Proof objects of growth markets: payments, non-existence by chains."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.certificate.tables import array_beside
from mdsolve.instance.numbers import exact_number
from mdsolve.proving.columns import FORMAT, Columns
from mdsolve.proving.record import NotProvableError
from mdsolve.proving.subject import Subject
from mdsolve.tolerance import PAYMENT_AGREEMENT


def market_of(subject: Subject) -> tuple[dict[str, Any], list[int]]:
    """Return the market and its range of types as claims hold them.

    Raises
    ------
    NotProvableError
        Where it is no growth market on the same integers for everybody.
    """
    data = subject.data
    valuation, quality = data["valuation"], data.get("quality", {"family": "identity"})
    exponents = {"growth": valuation.get("exponent"), "share": "-1"}
    if valuation["family"] not in exponents:
        message = f"valuations of the family {valuation['family']} have no proof object"
        raise NotProvableError(message)
    if quality["family"] != "identity":
        message = f"the quality {quality['family']} has no proof object of payments"
        raise NotProvableError(message)
    grids = [_integers(grid) for grid in data["types"]]
    if any(grid != grids[0] for grid in grids):
        message = "types that differ from agent to agent have no proof object"
        raise NotProvableError(message)
    market = {"n": len(data["agents"]), "alpha": exponents[valuation["family"]]}
    return market | {"outside": data.get("outside", "pooled")}, grids[0]


def _integers(grid: Any) -> list[int]:
    """Return the ends of a grid of all integers between them."""
    values = [Fraction(x) for x in grid] if isinstance(grid, list) else None
    if values is None:
        ends = [Fraction(grid[key]) for key in ("from", "to")]
        if Fraction(grid["step"]) == 1 or ends[0] == ends[1]:
            values = [ends[0] + k for k in range(int(ends[1] - ends[0]) + 1)]
    if values is None or any(x.denominator != 1 for x in values):
        message = "types that are not integers have no proof object"
        raise NotProvableError(message)
    if any(y - x != 1 for x, y in itertools.pairwise(values)):
        message = "types with gaps have no proof object"
        raise NotProvableError(message)
    return [int(values[0]), int(values[-1])]


def none(subject: Subject) -> Any:
    """Return the claim that no desirable mechanism exists, with the solution's chains."""
    market, types = market_of(subject)
    witness = subject.claim.get("witness")
    if not isinstance(witness, dict) or witness.get("kind", "chain") != "chain":
        message = "non-existence by other proofs than chains has no proof object"
        raise NotProvableError(message)
    names = subject.data["agents"]
    chains = {chain["agent"]: chain["reports"] for chain in witness["chains"]}
    profile = [_integer(witness["profile"][name]) for name in names]
    rising = [
        [_integer(report) for report in chains.get(name, [profile[k]])]
        for k, name in enumerate(names)
    ]
    head = {"format": FORMAT, "claim": "none", "market": market, "types": types}
    return head | {"profile": profile, "chains": rising}


def _integer(value: Any) -> int:
    exact = exact_number(value)
    if exact.denominator != 1:
        message = "a type is not an integer"
        raise NotProvableError(message)
    return int(exact)


def payments(subject: Subject) -> Any:
    """Return the claim that payments like those stored form a desirable mechanism.

    Stored payments are doubles on the border of what truthfulness allows. Those proved are the
    largest ones W - h where values are rational; else a little less, rounded down:
    as W and h increase, every inequality gets a margin that rounding cannot use up. Money is
    counted in units of the valuation's scale.

    Raises
    ------
    NotProvableError
        Where the stored payments are not those of largest revenue.
    """
    market, types = market_of(subject)
    # Valuations of scale S are S times those of scale 1, and so are payments.
    stored = _table(subject, market["n"], types) / exact_number(
        subject.data["valuation"].get("scale", 1)
    )
    columns = Columns.of(market, types)
    apart = columns.distance(stored)
    if apart > exact_number(PAYMENT_AGREEMENT) * columns.worth:
        message = "payments that are not those of largest revenue have no proof object"
        raise NotProvableError(message)
    return columns.claim()


def _table(subject: Subject, n: int, types: Sequence[int]) -> Any:
    table = subject.claim.get("table")
    stored = table.get("payments") if isinstance(table, dict) else None
    if isinstance(stored, dict):
        stored = None if subject.folder is None else array_beside(stored, subject.folder)
    if stored is None:
        message = "the solution states no table of payments"
        raise NotProvableError(message)
    array = np.array(stored, dtype=object)
    size = types[1] - types[0] + 1
    if array.shape != (n,) + (size,) * n:
        message = "the table of payments is not of the instance's shape"
        raise NotProvableError(message)
    return array
