"""Markets as objects: values, payments and reports at single profiles."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import UsageError


@pytest.fixture
def market():
    """Return two agents with v_i = (sum of q)^(-1/2) q_i, pooled data."""
    return md.Market(
        agents=["north", "south"],
        types=np.array([1, 2, 3]),
        valuation={"family": "growth", "exponent": "-1/2"},
    )


def test_values_are_the_formula(market):
    used = np.array([4.0, 4.0])
    np.testing.assert_allclose(market.values([3, 1]), used / np.sqrt(used.sum()))
    outside = [3 / np.sqrt(4), 1 / np.sqrt(4)]
    np.testing.assert_allclose(market.outside({"south": 1, "north": 3}), outside)


def test_nobody_gains_by_a_report_below_the_truth(market):
    found = market.payments()
    for types in ([3, 1], [2, 2], [1, 3]):
        gains = market.utilities(types, found) - market.outside(types)
        assert gains.min() >= -1e-12
        for agent, own in zip(market.agents, types, strict=True):
            assert market.best_report(agent, types, found) == own


def test_without_the_truthful_payments_a_lie_pays(market):
    table = np.array(market.payments().table["payments"], dtype=float)
    table[0, 2, :] += 1.0
    assert market.best_report("north", [3, 1], table) == 2


def test_types_are_of_the_grid(market):
    assert market.position([np.int64(3), np.float64(1)]) == (2, 0)
    assert repr(market) == "Market of 2 agents: north, south; 9 profiles"
    with pytest.raises(UsageError, match="a type of south on its grid"):
        market.values([1, 4])
    with pytest.raises(UsageError, match="nothing for south"):
        market.values({"north": 1})
    with pytest.raises(UsageError, match="2, one per agent"):
        market.values([1])
