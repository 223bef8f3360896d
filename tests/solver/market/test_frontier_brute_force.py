"""The frontier against every profile of every smaller grid, for random exponents and agents."""

from __future__ import annotations

import itertools
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.progress import Monitor
from mdsolve.solver.market.growth_frontier import frontier
from mdsolve.solver.market.threshold import existence_threshold
from tests.oracles import growth_utilities

LARGEST = {2: 40, 3: 16, 4: 9, 5: 7}


def brute_force(agents, exponent, low, outside, limit):
    """Return the largest D, no larger than the limit, whose profiles all cover their costs."""
    own = [float(s) for s in range(low, limit + 1)]
    utilities = {}

    def utility(t, tau):
        if tau not in utilities:
            utilities[tau] = growth_utilities(own, float(tau), agents, exponent, outside)
        return utilities[tau][t - low]

    for top in range(max(low, 1), limit + 1):
        for others in itertools.combinations_with_replacement(range(low, top + 1), agents - 1):
            total = top + sum(others)
            worth = agents * total * (agents * total) ** exponent
            spent = sum(utility(t, total - t) for t in (top, *others))
            if worth - spent < -1e-12 * worth:
                return top - 1
    return limit


@given(
    agents=st.integers(2, 5),
    exponent=st.integers(-1000, -680).map(lambda k: Fraction(k, 1000)) | st.just(Fraction(-1)),
    grid=st.sampled_from(["one", "zero"]),
    outside=st.sampled_from(["pooled", "separate"]),
    share=st.floats(0, 1),
)
@settings(max_examples=50)
def test_every_profile_is_covered(agents, exponent, grid, outside, share):
    limit = max(1, round(share * LARGEST[agents]))
    found = frontier(agents, exponent, grid, outside, limit=limit, monitor=Monitor())
    known = brute_force(agents, float(exponent), int(grid == "one"), outside, limit)
    if found.frontier == "infinite":
        assert known == limit
        assert float(exponent) >= existence_threshold(agents)
        return
    assert found.frontier == known
    assert found.reached_limit == (known == limit)
    if not found.reached_limit:
        proof = found.refutation
        assert proof.types[0] == found.frontier + 1
        assert proof.chain[-1] == proof.types[0]
        assert list(proof.chain) == sorted(set(proof.chain))
        assert proof.revenue < 0


@pytest.mark.parametrize("agents", [2, 3, 4, 40, 1000, 10**6])
def test_the_threshold_is_the_double_at_which_the_condition_flips(agents):
    found = existence_threshold(agents)
    with mpmath.workdps(60):
        n, c = mpmath.mpf(agents), mpmath.mpf(agents - 1)

        def excess(a):
            """Return the largest psi(z) - n^(1+a), by golden section in log z."""

            def psi(u):
                z = mpmath.exp(u)
                return (1 + c * z) ** a + c * n**a * z ** (1 + a) - n ** (1 + a)

            nodes = [mpmath.log(c) * -k / 100 - mpmath.mpf(k) / 20 - 0.01 for k in range(1, 220)]
            best = max(nodes, key=psi)
            width = mpmath.log(c) / 100 + mpmath.mpf(1) / 20
            low, high = best - width, min(best + width, mpmath.mpf("-0.005"))
            for _ in range(160):
                first, second = low + (high - low) * 0.382, low + (high - low) * 0.618
                low, high = (first, high) if psi(first) < psi(second) else (low, second)
            return psi((low + high) / 2)

        ulp = mpmath.mpf(2) ** -52
        assert excess(found - ulp) > 0 > excess(found + ulp)


@pytest.mark.parametrize("grid", ["one", "zero"])
def test_the_least_limit_is_one(grid):
    found = frontier(2, Fraction(-1), grid, limit=1)
    assert (found.frontier, found.reached_limit) == (1, True)


def test_many_agents_of_type_zero_may_already_be_too_few():
    # one agent with a single sample among n - 1 without data
    found = frontier(8, Fraction(-1), "zero", limit=5)
    assert found.frontier == brute_force(8, -1.0, 0, "pooled", 5)
