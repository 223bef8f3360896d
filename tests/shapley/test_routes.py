"""Which route is taken, what each refuses, lattices and sampling against exact values."""

from __future__ import annotations

import numpy as np
import pytest

from mdsolve.errors import MemoryLimitError, UnsupportedError, UsageError
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame, no_limits
from mdsolve.game.weights import DenseWeights
from mdsolve.progress import Monitor, StopRequested
from mdsolve.shapley.routes import shapley
from tests.shapley.oracle import CONTRIBUTIONS, FAMILIES, game_of, game_values

TOTALS = ["power", "pac", "threshold", "curve", "mixed"]


def pac_game(n):
    return game_of({"family": "pac", "complexity": 1}, n)


@pytest.mark.parametrize("family", TOTALS)
@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
def test_lattice(family, index):
    game = game_of(family)
    s = np.array([3.0, 17, 0, 40, 8, 60])
    found = shapley(game, s, route="lattice", index=index, derivatives=True)
    assert found.method == "lattice"
    np.testing.assert_allclose(found.shares, game_values(game, s, index), rtol=0, atol=1e-13)
    exact = shapley(game, s, route="enumeration", index=index, derivatives=True)
    np.testing.assert_allclose(found.slopes, exact.slopes, rtol=0, atol=1e-13)


def test_lattice_of_more_agents_than_can_be_enumerated():
    game = game_of({"family": "power", "exponent": 0.4}, 40)
    s = np.random.default_rng(0).integers(0, 30, 40).astype(float)
    found = shapley(game, s, route="lattice", derivatives=True)
    exact = shapley(game, s, derivatives=True)
    assert exact.method == "quadrature"
    np.testing.assert_allclose(found.shares, exact.shares, rtol=0, atol=1e-11)
    np.testing.assert_allclose(found.slopes, exact.slopes, rtol=0, atol=1e-11)


@pytest.mark.parametrize("family", TOTALS)
def test_split_lattice_within_its_error(family):
    game = game_of(family)
    s = np.array([30.13, 17.7, 50.2, 40.4, 18.9, 60.6])
    found = shapley(game, s, route="split-lattice")
    truth = game_values(game, s)
    assert np.max(np.abs(found.shares - truth)) <= 4 * found.error_estimate
    assert found.error_estimate < 2e-3
    total = game.total_benefit(s) - game.total_benefit(0 * s)
    assert found.shares.sum() == pytest.approx(total, rel=1e-13)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
def test_sampling_within_four_standard_errors(family, index):
    game = game_of(family)
    found = shapley(game, CONTRIBUTIONS, route="sampling", index=index, seed=7, derivatives=True)
    truth = shapley(game, CONTRIBUTIONS, index=index, derivatives=True)
    assert found.standard_errors is not None
    allowed = 4 * found.standard_errors + 1e-12
    assert np.all(np.abs(found.shares - truth.shares) <= allowed)
    assert found.error_estimate == found.standard_errors.max()
    np.testing.assert_allclose(found.slopes, truth.slopes, rtol=0.2, atol=1e-3)
    if index == "shapley":
        assert found.shares.sum() == pytest.approx(truth.shares.sum(), rel=1e-12)


def test_sampling_repeats_with_its_seed_and_improves_with_its_size():
    game = game_of("pac")
    first = shapley(game, CONTRIBUTIONS, route="sampling", seed=3, samples=500)
    again = shapley(game, CONTRIBUTIONS, route="sampling", seed=3, samples=500)
    np.testing.assert_array_equal(first.shares, again.shares)
    assert first.method == "sampling, 500 orders in pairs"
    more = shapley(game, CONTRIBUTIONS, route="sampling", seed=3, samples=50_000)
    assert more.error_estimate < first.error_estimate / 5


def test_sampling_can_be_stopped():
    with pytest.raises(StopRequested):
        shapley(game_of("pac"), CONTRIBUTIONS, route="sampling", monitor=Monitor(time_limit=0.0))


@pytest.mark.parametrize(
    ("agents", "first", "step", "route"),
    [
        (6, 3.0, 1.0, "enumeration"),
        (12, 3.1, 0.01, "enumeration"),
        (16, 3.0, 1.0, "lattice"),
        (16, 0.5, 0.5, "lattice"),
        (16, 3.3, 0.01, "enumeration"),
        (16, 3e9, 1.0, "enumeration"),
        (30, 3.0, 1.0, "lattice"),
        (30, 0.5, 0.5, "lattice"),
        (30, 3.3, 0.01, "split-lattice"),
        (30, 3.3, 0.0, "enumeration"),
        (5000, 3.5, 0.0, "enumeration"),
        (5000, 3.5, 0.01, "sampling"),
    ],
)
def test_the_best_route_is_chosen_and_named(agents, first, step, route):
    s = first + step * np.arange(agents)
    found = shapley(pac_game(agents), s, samples=4)
    assert found.method.split(",")[0] == route


@pytest.mark.parametrize(
    ("family", "route"),
    [
        ("pac", "quadrature"),
        ("pac", "coverage"),
        ("power", "linear"),
        ("coverage", "quadrature"),
        ("groups", "lattice"),
        ("union", "split-lattice"),
    ],
)
def test_a_route_that_does_not_fit_is_refused(family, route):
    with pytest.raises(UnsupportedError):
        shapley(game_of(family), CONTRIBUTIONS, route=route)


def test_lattice_wants_whole_contributions_or_multiples_of_the_least():
    with pytest.raises(UnsupportedError, match="contributions that are whole or multiples"):
        shapley(game_of("pac"), CONTRIBUTIONS + 0.25, route="lattice")


@pytest.mark.parametrize("family", TOTALS)
def test_multiples_of_the_least_contribution_are_exact(family):
    game, s = game_of(family), 3.3 * np.array([1.0, 2, 0, 1, 8, 1])
    found = shapley(game, s, route="lattice", derivatives=True)
    np.testing.assert_allclose(found.shares, game_values(game, s), rtol=0, atol=1e-13)
    exact = shapley(game, s, route="enumeration", derivatives=True)
    np.testing.assert_allclose(found.slopes, exact.slopes, rtol=0, atol=1e-13)


@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
@pytest.mark.parametrize("family", TOTALS)
def test_agents_alike_are_counted_together(family, index):
    game, s = game_of(family), 3.0 * np.array([1.0, 2, 0, 1, 2, 1])
    together = shapley(game, s, route="enumeration", index=index, derivatives=True)
    each = shapley(game, s, route="lattice", index=index, derivatives=True)
    np.testing.assert_allclose(together.shares, each.shares, rtol=0, atol=1e-13)
    np.testing.assert_allclose(together.slopes, each.slopes, rtol=0, atol=1e-13)


@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
def test_hundreds_of_agents_of_two_kinds(index):
    game, s = pac_game(300), np.repeat([3.0, 7.0], [100, 200])
    together = shapley(game, s, index=index, derivatives=True)
    assert together.method == "enumeration"
    each = shapley(game, s, route="lattice", index=index, derivatives=True)
    np.testing.assert_allclose(together.shares, each.shares, rtol=1e-11)
    np.testing.assert_allclose(together.slopes, each.slopes, rtol=1e-11)


def test_too_large_is_refused_with_numbers():
    with pytest.raises(MemoryLimitError, match=r"2\^21"):
        shapley(pac_game(21), 1.1 ** np.arange(21), route="enumeration")
    with pytest.raises(MemoryLimitError, match=r"30,000,001 totals"):
        shapley(pac_game(6), np.array([1.0, 1, 1, 1, 1, 29_999_995]), route="lattice")


def test_several_totals_of_a_clipped_curve():
    n = 22
    weights = DenseWeights(np.random.default_rng(0).random((n, n)))
    game = SharingGame(
        [f"a{k}" for k in range(n)],
        WeightedAccuracy(weights, PacCurve()),
        Costs.linear(np.ones(n)),
        np.ones(n),
        np.full(n, np.inf),
        no_limits(n),
    )
    s = np.full(n, 5.0)
    found = shapley(game, s, samples=50, seed=0)
    assert found.method.startswith("sampling")
    assert found.shares.sum() == pytest.approx(game.total_benefit(s))


@pytest.mark.parametrize(
    ("s", "options"),
    [
        ([1.0, 2.0], {}),
        ([1.0] * 5 + [-1.0], {}),
        ([1.0] * 5 + [np.inf], {}),
        ([1.0] * 6, {"route": "guessing"}),
        ([1.0] * 6, {"index": "core"}),
        ([1.0] * 6, {"route": "sampling", "samples": 3}),
    ],
)
def test_unusable_arguments(s, options):
    with pytest.raises(UsageError):
        shapley(game_of("power"), np.array(s), **options)
