"""The frontier of existence: known answers, brute force over all profiles, the threshold."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mdsolve.errors import MemoryLimitError
from mdsolve.progress import Monitor
from mdsolve.solver.market.growth_frontier import frontier
from mdsolve.solver.market.threshold import existence_threshold
from tests.oracles import PlainMarket, growth, identity, share

KNOWN = {
    "one": {"-1": 6, "-0.9": 15, "-0.8": 59, "-0.7": 1223, "-0.68": 7661, "-0.668": 111523},
    "zero": {"-1": 1, "-0.9": 1, "-0.8": 3, "-0.7": 38, "-0.68": 215, "-0.668": 2974},
}


def solve(agents, exponent, grid, outside="pooled", limit=10**6, **options):
    return frontier(
        agents, Fraction(exponent), grid, outside, limit=limit, monitor=Monitor(), **options
    )


@pytest.mark.parametrize("grid", KNOWN)
@pytest.mark.parametrize("exponent", KNOWN["one"])
def test_known_answers(grid, exponent):
    found = solve(2, exponent, grid)
    assert found.frontier == KNOWN[grid][exponent]
    assert not found.reached_limit


def brute_force(agents, exponent, grid, outside, limit):
    """Return the largest D at which every profile of every smaller grid has revenue >= 0."""
    first = 1 if grid == "one" else 0
    exact = exponent == -1
    value = share if exact else growth(float(exponent))
    number = Fraction if exact else float
    largest = 0
    for top in range(max(first, 1), limit + 1):
        types = [[number(k) for k in range(first, top + 1)]] * agents
        plain = PlainMarket(types, identity, value, outside)
        new = [p for p in plain.profiles() if p[0] == top and list(p) == sorted(p, reverse=True)]
        if any(plain.revenue(profile) < -1e-12 * (not exact) for profile in new):
            return largest
        largest = top
    return limit


@pytest.mark.parametrize("outside", ["pooled", "separate"])
@pytest.mark.parametrize("grid", ["one", "zero"])
@pytest.mark.parametrize(
    ("agents", "exponent", "limit"),
    [
        (2, Fraction(-1), 9),
        (2, Fraction(-9, 10), 17),
        (3, Fraction(-1), 6),
        (3, Fraction(-4, 5), 5),
    ],
)
def test_brute_force_over_all_profiles(agents, exponent, limit, grid, outside):
    found = solve(agents, exponent, grid, outside, limit=limit)
    assert found.frontier == brute_force(agents, exponent, grid, outside, limit)


@pytest.mark.parametrize(
    ("agents", "printed"), [(2, -0.660911032319), (3, -0.718345022135), (4, -0.748115287009)]
)
def test_threshold_as_printed(agents, printed):
    found = existence_threshold(agents)
    assert found == pytest.approx(printed, abs=1e-12)


@pytest.mark.parametrize("exponent", ["-0.66", "-0.3", "0", "1"])
def test_infinite_above_the_threshold_with_a_reason(exponent):
    found = solve(2, exponent, "one")
    assert found.frontier == "infinite"
    assert found.reason


def test_a_market_that_shrinks_has_the_null_mechanism():
    found = solve(2, "-1.5", "one")
    assert found.frontier == "infinite"
    plain = PlainMarket([[1.0, 2.0, 5.0]] * 2, identity, growth(-1.5))
    assert min(plain.revenue(profile) for profile in plain.profiles()) >= -1e-12


def test_the_limit_is_said_to_be_reached():
    found = solve(2, "-0.668", "one", limit=1000)
    assert found.frontier == 1000
    assert found.reached_limit


def test_the_refutation_holds_by_the_definition():
    found = solve(2, "-0.8", "one")
    proof = found.refutation
    plain = PlainMarket([list(range(1, 61))] * 2, identity, growth(-0.8))
    assert proof.types[0] == 60
    assert plain.revenue([float(t) for t in proof.types]) == pytest.approx(proof.revenue, abs=1e-12)
    assert proof.revenue < 0


def test_memory_is_refused_before_it_is_taken():
    with pytest.raises(MemoryLimitError, match="GiB"):
        solve(2, "-0.661", "one", limit=10**10)


@pytest.mark.parametrize("agents", [2, 3])
def test_the_frontier_rises_with_the_exponent(agents):
    values = [solve(agents, Fraction(k, 100), "zero").frontier for k in range(-100, -75, 5)]
    assert values == sorted(values)
