"""Markets for the tests: instances beside their definition, and checks of plain claims."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.conditions import Certificate
from mdsolve.instance import parse
from tests.markets import QUALITIES, valuations
from tests.oracles import PlainMarket

CONDITIONS = (
    "individual-rationality",
    "incentive-compatibility",
    "efficiency",
    "weak-budget-balance",
    "budget-balance",
    "maximal-revenue",
    "feasibility",
)
ADMISSIBLE = ("individual-rationality", "incentive-compatibility")
TINY = Fraction(1, 10**9)


def market(types: Any, valuation: dict[str, Any], agents: Any = ("north", "south"), **more: Any):
    """Return a market instance."""
    listed = types if isinstance(types, dict) else [str(t) for t in types]
    names = agents if isinstance(agents, int) else list(agents)
    return parse(
        {"kind": "market", "agents": names, "types": listed, "valuation": valuation, **more}
    )


def certified(
    instance: Any,
    payments: Any = None,
    allocation: Any = None,
    *,
    arithmetic: str = "auto",
    tolerance: float = 1e-9,
    conditions: tuple[str, ...] = CONDITIONS,
    **data: Any,
) -> Certificate:
    """Return the conditions of a claim, one by one, without what closes a whole file."""
    table = {"payments": payments, "allocation": allocation}
    claim = {"table": {k: v for k, v in table.items() if v is not None}, **data}
    request = Request(arithmetic=arithmetic, tolerance=tolerance, conditions=conditions)
    check = check_of(instance, claim, request)
    return Certificate(tuple(check.condition(name) for name in conditions or check.promised))


def as_table(plain: PlainMarket, per_profile: dict[Any, Any]) -> np.ndarray:
    """Return numbers per profile as an array of shape (n, m_1, ..., m_n)."""
    shape = tuple(len(grid) for grid in plain.types)
    table = np.empty((plain.n, *shape), dtype=object)
    for agent, *index in np.ndindex(table.shape):
        true = tuple(plain.types[j][k] for j, k in enumerate(index))
        table[(agent, *index)] = per_profile[true][agent]
    return table


def right_payments(plain: PlainMarket) -> dict[Any, list[Any]]:
    """Return the maximal payments per profile, from the definition."""
    return {t: [plain.maximal_payment(i, t) for i in range(plain.n)] for t in plain.profiles()}


@st.composite
def rational_markets(draw: Any, least_agents: int = 1, most_types: int = 3) -> Any:
    """Return an instance with rational values and the same market by its definition."""
    n = draw(st.integers(least_agents, 3))
    names = [f"a{k}" for k in range(n)]
    sizes = st.sets(st.integers(0, 5), min_size=1, max_size=most_types)
    types = [[Fraction(t) for t in sorted(draw(sizes))] for _ in names]
    spec, value = draw(valuations(n))
    quality_spec, quality = QUALITIES[draw(st.sampled_from(sorted(QUALITIES)))]
    outside = draw(st.sampled_from(["pooled", "separate"]))
    allocation = draw(st.sampled_from(["efficient", "efficient", "best-model"]))
    instance = market(
        {name: [str(t) for t in grid] for name, grid in zip(names, types, strict=True)},
        spec,
        names,
        quality=quality_spec,
        outside=outside,
        allocation=allocation,
    )
    return instance, PlainMarket(types, quality, value, outside, allocation)


STEPS = st.sampled_from([0, 0, 0, 1, -1, TINY, -TINY, Fraction(1, 7), Fraction(-2, 3)])


@st.composite
def claims(draw: Any) -> Any:
    """Return a market, its definition, payments and perhaps an allocation, right or wrong."""
    instance, plain = draw(rational_markets())
    payments = right_payments(plain)
    for paid in payments.values():
        for agent in range(plain.n):
            paid[agent] += draw(STEPS)
    if not draw(st.booleans()):
        return instance, plain, payments, None
    handed = {}
    for true in plain.profiles():
        best = plain.quality(sum(true))
        models = st.sampled_from([best, best, 0, best / 2, best + TINY, best - TINY])
        handed[true] = [Fraction(draw(models)) for _ in true]
    claimed = PlainMarket(
        plain.types, plain.quality, plain.value, plain.outside, plain.allocation, handed
    )
    return instance, claimed, payments, as_table(plain, handed)
