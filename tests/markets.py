"""Random markets whose values are rational, each with the same market by its definition."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from mdsolve.game.build import market_game
from mdsolve.instance import parse
from tests.oracles import PlainMarket, added, identity, interpolated, linear, whole_growth

POINTS = ((0, 0), (1, 3), (4, 4), (40, 5))
QUALITIES = {
    "identity": ({"family": "identity"}, identity),
    "square": ({"family": "power", "exponent": 2}, lambda t: t * t),
    "table": ({"family": "table", "points": [list(p) for p in POINTS]}, interpolated(POINTS)),
}
entries = st.fractions(min_value=-1, max_value=2, max_denominator=4)


@st.composite
def valuations(draw, n):
    """Return a specification and the plain function of a rational valuation."""

    def matrix():
        return [[draw(entries) for _ in range(n)] for _ in range(n)]

    def written(rows):
        return {"family": "linear", "matrix": [[str(x) for x in row] for row in rows]}

    family = draw(st.sampled_from(["linear", "share", "growth", "sum"]))
    if family == "linear":
        rows = matrix()
        return written(rows), linear(rows)
    if family == "share":
        return {"family": "share"}, whole_growth(-1)
    exponent = draw(st.sampled_from([-3, -2, -1, 0, 1]))
    growing = {"family": "growth", "exponent": exponent}
    if family == "growth":
        return growing, whole_growth(exponent)
    rows = matrix()
    return (
        {"family": "sum", "terms": [growing, written(rows)]},
        added(whole_growth(exponent), linear(rows)),
    )


@st.composite
def rational_markets(draw, least_agents=1, most_types=3):
    """Return a market game in floats and the same market by its definition, in fractions."""
    n = draw(st.integers(least_agents, 3))
    names = [f"a{k}" for k in range(n)]
    sizes = st.sets(st.integers(0, 5), min_size=1, max_size=most_types)
    types = [[Fraction(t) for t in sorted(draw(sizes))] for _ in names]
    spec, value = draw(valuations(n))
    quality_spec, quality = QUALITIES[draw(st.sampled_from(sorted(QUALITIES)))]
    outside = draw(st.sampled_from(["pooled", "separate"]))
    allocation = draw(st.sampled_from(["efficient", "efficient", "best-model"]))
    instance = parse(
        {
            "kind": "market",
            "agents": names,
            "types": {
                name: [str(t) for t in grid] for name, grid in zip(names, types, strict=True)
            },
            "quality": quality_spec,
            "valuation": spec,
            "outside": outside,
            "allocation": allocation,
        }
    )
    return market_game(instance), PlainMarket(types, quality, value, outside, allocation)
