"""Payments of sum zero in closed form: valid from the threshold on, looked at below it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.game.build import market_game
from mdsolve.instance import parse
from mdsolve.progress import Monitor
from mdsolve.solver.market.balanced_growth import METHOD, balanced_growth_payments
from mdsolve.solver.market.threshold import existence_threshold

grids = st.lists(st.integers(1, 500), min_size=1, max_size=5, unique=True).map(sorted)


def market(types, exponent, **more):
    names = [f"agent-{k + 1}" for k in range(len(types))]
    data = {
        "kind": "market",
        "agents": names,
        "types": dict(zip(names, types, strict=True)),
        "valuation": {"family": "growth", "exponent": exponent},
    }
    return parse(data | more)


def balanced(instance, **options):
    return md.solve(instance, "desirable", options={"side": ["budget-balance"], **options})


@given(
    st.lists(grids, min_size=2, max_size=4),
    st.floats(0, 1),
    st.sampled_from(["pooled", "separate"]),
)
@settings(max_examples=60, deadline=None)
def test_from_the_threshold_on_they_are_rational_and_truthful(types, more, outside):
    least = existence_threshold(len(types))
    exponent = least + 1e-9 + more * (1 - least)
    game = market_game(market(types, exponent, outside=outside))
    payments = balanced_growth_payments(game, Monitor())
    assert payments is not None
    assert np.max(np.abs(payments.sum(axis=0))) <= 1e-12 * np.max(np.abs(payments)) + 1e-300


def test_the_certificate_confirms_them_and_they_are_what_the_rule_says():
    found = balanced(market([[1, 5, 30], [2, 5], [1, 9]], -0.7))
    assert found.to_dict()["provenance"]["solver"] == METHOD
    assert found.certificate.verdict == "pass"
    # at (30, 2, 1) the first is paid what taking part is worth to the others
    pays = np.asarray(found.table["payments"])[:, 2, 0, 0]
    inside = 33 * 99**-0.7
    outside = [2 * (31 * 2 + 2) ** -0.7, 1 * (32 * 2 + 1) ** -0.7]
    assert pays[1:] == pytest.approx([inside - out for out in outside], rel=1e-12)
    assert pays[0] == pytest.approx(-pays[1] - pays[2], rel=1e-12)


def test_where_they_fail_the_program_decides():
    # types 1 to 15 with exponent -0.9: a rule exists, but not this one
    instance = market([list(range(1, 16))] * 2, -0.9)
    assert balanced_growth_payments(market_game(instance), Monitor()) is None
    found = balanced(instance)
    assert "linear program" in found.to_dict()["provenance"]["solver"]
    assert found.certificate.verdict == "pass"


def test_markets_too_large_for_the_program_are_solved():
    instance = market([list(range(1, 121))] * 2, -0.5)
    found = balanced(instance)
    assert found.termination is md.Termination.SOLVED
    assert found.certificate.verdict == "pass"


def test_fractions_stay_fractions():
    found = balanced(market([[1, 2], [1, 3]], 0), arithmetic="exact")
    assert found.certificate.verdict == "pass"
    payments = np.asarray(found.table["payments"], dtype=object)
    assert all(total == 0 for total in payments.sum(axis=0).ravel())
