"""The potential: its gradient is the slopes, its Hessian symmetric, concave and right."""

from __future__ import annotations

import numpy as np
import pytest

from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.weights import CommonWeights, DenseWeights, GroupWeights
from mdsolve.instance import parse
from mdsolve.progress import silent
from mdsolve.shapley.potential import ShapleyPotential, hessian, potential, slopes
from mdsolve.shapley.routes import exact_sums, shapley
from tests.shapley.oracle import CONTRIBUTIONS, FAMILIES, ROUTES, game_of
from tests.shapley.test_values import weighted_game

STEP = 1e-5


def differences(function, s):
    """Return central differences of a function of all contributions, agent by agent."""
    steps = STEP * np.eye(len(s))
    return np.array([(function(s + d) - function(s - d)) / (2 * STEP) for d in steps])


@pytest.mark.parametrize("family", FAMILIES)
def test_gradient(family):
    game, s = game_of(family), CONTRIBUTIONS
    gradient = slopes(game, s)
    np.testing.assert_allclose(gradient, shapley(game, s, derivatives=True).slopes, rtol=1e-13)
    np.testing.assert_allclose(
        gradient, differences(lambda t: potential(game, t), s), rtol=1e-6, atol=1e-9
    )
    own = np.diagonal(differences(lambda t: shapley(game, t).shares, s))
    np.testing.assert_allclose(gradient, own, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_value_by_enumeration(family):
    game, s = game_of(family), CONTRIBUTIONS
    truth = exact_sums(game, s, "enumeration", False, 1e-12, silent()).potential
    assert potential(game, s) == pytest.approx(truth, rel=1e-12)


def test_value_near_nothing_keeps_its_digits():
    game = weighted_game(CommonWeights(np.ones(3)), value=np.array([1.0, 0, 0]))
    tiny = np.array([1e-9, 2e-9, 3e-9])
    assert potential(game, tiny) == pytest.approx(6e-9, rel=1e-7)
    assert potential(game, np.zeros(3)) == 0.0


@pytest.mark.parametrize("family", ROUTES)
def test_hessian(family):
    game, s = game_of(family), CONTRIBUTIONS
    matrix = hessian(game, s)
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_allclose(
        matrix, differences(lambda t: slopes(game, t), s), rtol=1e-5, atol=1e-9
    )
    if game.accuracy.concave:
        assert np.linalg.eigvalsh(matrix).max() <= 1e-14


@pytest.mark.parametrize("kind", ["common", "groups", "dense"])
def test_factors_of_larger_games(kind):
    random = np.random.default_rng(0)
    n = 120 if kind != "dense" else 30
    weights = {
        "common": CommonWeights(random.random(n)),
        "groups": GroupWeights(random.random((3, 3)), np.arange(n) % 3),
        "dense": DenseWeights(random.random((n, n))),
    }[kind]
    game = weighted_game(weights, 0.6, platform=2.0)
    s = random.exponential(4, n)
    s[0] = 0.0
    factors = ShapleyPotential(game).at(s).hessian_factors
    assert factors.columns.shape[1] <= n
    assert np.all(factors.diagonal < 0)
    assert np.all(factors.weights < 0)
    matrix = factors.dense()
    direction, right = random.normal(size=n), random.normal(size=n)
    inner = s + 5
    smooth = ShapleyPotential(game).at(inner).hessian_factors.times(direction)
    ahead, behind = (slopes(game, inner + k * STEP * direction) for k in (1, -1))
    np.testing.assert_allclose(
        smooth, (ahead - behind) / (2 * STEP), rtol=1e-4, atol=1e-6 * np.abs(smooth).max()
    )
    np.testing.assert_allclose(factors.times(direction), matrix @ direction, rtol=1e-9, atol=1e-13)
    extra = -random.random(n)
    solved = factors.solve(right, extra)
    np.testing.assert_allclose((matrix + np.diag(extra)) @ solved, right, atol=1e-9)
    np.testing.assert_allclose(matrix @ factors.solve(right), right, atol=1e-8)
    block = np.array([3, 1, 7])
    np.testing.assert_allclose(factors.restricted(block).dense(), matrix[np.ix_(block, block)])


def test_ten_thousand_agents_have_few_columns():
    random = np.random.default_rng(0)
    n = 10_000
    game = weighted_game(GroupWeights(random.random((3, 3)), np.arange(n) % 3))
    point = ShapleyPotential(game).at(random.exponential(5, n))
    factors = point.hessian_factors
    assert factors.columns.shape[1] < 200
    solved = factors.solve(point.gradient)
    np.testing.assert_allclose(factors.times(solved), point.gradient, rtol=1e-6)
    with pytest.raises(MemoryLimitError, match="hessian_factors"):
        point.hessian  # noqa: B018 - the property refuses


def test_no_exact_derivatives_no_potential():
    matrix = {"per_agent": [{"family": "pac", "complexity": 1}] * 24}
    agents = [{"name": f"a{k}", "cost": 0.1} for k in range(24)]
    game = game_of(matrix, agents)
    assert ShapleyPotential(game).at(3.0 + np.arange(24)).method == "lattice"
    with pytest.raises(UnsupportedError, match="differences of gradients"):
        hessian(game, np.full(24, 3.0))


@pytest.mark.parametrize("family", ["power", "coverage"])
def test_banzhaf_values_have_a_potential_too(family):
    accuracy = {
        "power": {"family": "power", "exponent": 0.7, "weights": [[1, 0.5], [0.3, 1]]},
        "coverage": {"family": "coverage", "distributions": [[0.2, 0.3], [0.1, 0.6]]},
    }[family]
    agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.2}]
    game = sharing_game(parse({"kind": "sharing", "agents": agents, "accuracy": accuracy}))
    potential = ShapleyPotential(game, index="banzhaf")
    s, step = np.array([2.0, 1.0]), 1e-4
    point = potential.at(s)
    enumerated = shapley(game, s, route="enumeration", index="banzhaf", derivatives=True)
    np.testing.assert_allclose(point.shares, enumerated.shares, atol=1e-12)
    np.testing.assert_allclose(point.gradient, enumerated.slopes, atol=1e-12)
    for j in range(2):
        unit = step * np.eye(2)[j]
        rise = potential.at(s + unit).value - potential.at(s - unit).value
        assert point.gradient[j] == pytest.approx(rise / (2 * step), abs=1e-7)
        bend = potential.at(s + unit).gradient - potential.at(s - unit).gradient
        np.testing.assert_allclose(point.hessian[j], bend / (2 * step), atol=1e-6)
