"""Equilibria of the Shapley mechanism: known answers, first-order conditions, scipy, size."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.certificate.numbers import FLOAT
from mdsolve.certificate.reading.sharing import sharing_reading
from mdsolve.certificate.shares.routes import shares_of
from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.progress import Monitor
from mdsolve.shapley.potential import potential
from mdsolve.solver.equilibrium.potential import has_smooth_potential, potential_equilibrium
from tests.game.test_sharing_game import ACCURACIES, AGENTS

TWO = {
    "kind": "sharing",
    "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}],
    "accuracy": {"family": "power"},
}


def solve(data):
    instance = md.parse(data)
    game = sharing_game(instance)
    return instance, game, potential_equilibrium(game, Monitor())


def conditions_hold(instance, s):
    """Check first-order conditions with the checker's own shares, costs and capacities."""
    reading = sharing_reading(instance, FLOAT)
    shares = shares_of(reading, s, "shapley")
    right = shares.slopes(shares.everybody, s, "right") - reading.costs.slope(s, "right")
    left = shares.slopes(shares.everybody, s, "left") - reading.costs.slope(s, "left")
    slack = 1e-8
    below = (s >= reading.capacity) | (right <= slack)
    above = (s <= 0) | (left >= -slack)
    return bool(np.all(below & above))


def test_example_4():
    instance, _, found = solve(TWO)
    np.testing.assert_allclose(found.contributions, [2.9983929801, 1.1690481371], atol=1e-9)
    np.testing.assert_allclose(found.shares, [1.0174118642, 0.5955493763], atol=1e-9)
    assert found.rested
    assert conditions_hold(instance, found.contributions)


@pytest.mark.parametrize("family", ["power", "vector", "matrix", "groups", "coverage"])
@pytest.mark.parametrize("factor", [0.2, 1.0, 3.0])
def test_first_order_conditions_with_all_cost_families(family, factor):
    agents = [{**agent, "capacity": 40, "value": factor} for agent in AGENTS]
    instance, _, found = solve(
        {"kind": "sharing", "agents": agents, "accuracy": ACCURACIES[family]}
    )
    assert found.rested
    assert conditions_hold(instance, found.contributions)


@given(st.data())
@settings(max_examples=15)
def test_scipy_finds_nothing_better(data):
    n = data.draw(st.integers(1, 5))
    weights = [[data.draw(st.floats(0, 1)) + (i == j) for j in range(n)] for i in range(n)]
    instance, game, found = solve(
        {
            "kind": "sharing",
            "agents": [
                {"name": f"a{k}", "cost": data.draw(st.floats(0.02, 0.6)), "capacity": 9}
                for k in range(n)
            ],
            "accuracy": {
                "family": "power",
                "exponent": data.draw(st.floats(0.2, 2)),
                "weights": weights,
            },
        }
    )

    def loss(s):
        return -(potential(game, np.maximum(s, 0)) - game.costs.value(s).sum())

    start = np.full(n, 1.0)
    other = scipy.optimize.minimize(loss, start, method="L-BFGS-B", bounds=[(0, 9)] * n)
    assert loss(found.contributions) <= other.fun + 1e-9
    assert conditions_hold(instance, found.contributions)


def test_solutions_verify_and_scale_with_money():
    solution = md.solve(md.parse(TWO), "shapley")
    assert solution.certificate.verdict == "pass"
    assert solution.metrics["reciprocity"] == pytest.approx(1)
    assert solution.metrics["data_gain"] == pytest.approx(1.9273385624, abs=1e-9)
    assert solution.payments.sum() == pytest.approx(0, abs=1e-12)
    rich = [{**agent, "cost": agent["cost"] * 1000, "value": 1000} for agent in TWO["agents"]]
    scaled = md.solve(md.parse({**TWO, "agents": rich}), "shapley")
    np.testing.assert_allclose(scaled.contributions, solution.contributions, atol=1e-9)
    np.testing.assert_allclose(scaled.payments, 1000 * solution.payments, atol=1e-6)
    assert md.verify(md.parse(TWO), solution).verdict == "pass"
    moved = {**solution.to_dict(), "contributions": [2.9983940, 1.1690481371]}
    moved.pop("payments")
    assert md.verify(md.parse(TWO), moved).condition("nash").verdict == "fail"


def test_three_hundred_agents_in_groups():
    random = np.random.default_rng(1)
    table = {a: {b: float(random.uniform(0.001, 0.01)) for b in "abc"} for a in "abc"}
    instance, _, found = solve(
        {
            "kind": "sharing",
            "agents": {
                "count": 300,
                "cost": random.uniform(0.01, 0.4, 300).tolist(),
                "capacity": 183,
                "group": ["abc"[k % 3] for k in range(300)],
            },
            "accuracy": {"family": "power", "group_weights": table},
        }
    )
    s = found.contributions
    assert found.rested
    assert 0 < (s > 0).sum() < 300
    assert conditions_hold(instance, s)


@pytest.mark.parametrize("family", ["pac", "curve", "union", "mixed"])
def test_payoffs_that_are_not_smooth_and_concave_are_left_to_best_responses(family):
    data = {"kind": "sharing", "agents": AGENTS, "accuracy": ACCURACIES[family]}
    assert not has_smooth_potential(sharing_game(md.parse(data)))
    solution = md.solve(md.parse(data), "shapley")
    assert solution.provenance.solver.startswith("global best responses")
    assert solution.certificate.verdict == "pass"


def test_free_data_without_capacity_is_refused():
    with pytest.raises(UnsupportedError, match="agent B"):
        solve({**TWO, "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0}]})
