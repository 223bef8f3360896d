"""Later reproductions: equilibria that cannot be, spreads of runs, the second phase, payments."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from mdsolve.reproduce import doshi2025_payments as payments
from mdsolve.reproduce import doshi2025_phase_two as phase_two
from mdsolve.reproduce import murhekar2025_images as images
from mdsolve.reproduce import murhekar2025_skin as skin
from mdsolve.reproduce.record import ITEMS
from mdsolve.reproduce.shown import write_reproduction

WEIGHTS = np.array([[0.012, 0.0091], [0.014, 0.016]])
EXACT = [(Fraction("0.012"), Fraction("0.0091")), (Fraction("0.014"), Fraction("0.016"))]
UNPAID, SHAPLEY = (Fraction("0.305"), Fraction("0.181")), (Fraction("0.381"), Fraction("0.554"))


def payoff(i, s):
    return 1 - 1 / (1 + WEIGHTS[i] @ s)


def share(i, s):
    """The Shapley share of agent i in the sum of payoffs, from the definition."""

    def worth(*members):
        brought = np.where(np.isin([0, 1], members), s, 0)
        return sum(payoff(k, brought) for k in range(2))

    return (worth(i) - worth() + worth(0, 1) - worth(1 - i)) / 2


def slope(function, s, i, step=1e-4):
    ahead, behind = np.array(s), np.array(s)
    ahead[i] += step
    behind[i] -= step
    return (function(ahead) - function(behind)) / (2 * step)


@pytest.mark.parametrize("tau", [(3.0, 200.0), (50.0, 40.0), (1000.0, 210.0)])
@pytest.mark.parametrize("agent", [0, 1])
def test_the_polynomial_is_the_difference_of_slopes(tau, agent):
    x, y, tau = np.array(UNPAID, float), np.array(SHAPLEY, float), np.array(tau)
    paid = slope(lambda s: share(agent, s), y * tau, agent)
    free = slope(lambda s: payoff(agent, s), x * tau, agent)
    polynomial, terms = skin.difference(EXACT, UNPAID, SHAPLEY, agent)

    def at(entries):
        return sum(float(c) * tau[0] ** a * tau[1] ** b for (a, b), c in entries.items())

    whole = np.prod([at(base) ** 2 for _, base in terms])
    assert at(polynomial) / whole == pytest.approx(paid - free, rel=1e-4)


def test_the_printed_equilibria_are_none():
    found = ITEMS["murhekar2025/lumpy-skin"].recompute()
    assert [row.agrees for row in found.rows] == [False, None, None, False, False]
    polynomial, _ = skin.difference(EXACT, UNPAID, SHAPLEY, 0)
    assert skin.never_zero(polynomial)


def test_equilibria_that_exist_are_not_excluded():
    """At costs and capacities for which contributions are found, the slopes do meet."""
    from scipy.optimize import fsolve

    costs, tau = np.array([0.005, 0.005]), np.array([300.0, 300.0])

    def equilibrium(function):
        def gaps(s):
            return [slope(lambda r, i=i: function(i, r), s, i) - costs[i] for i in range(2)]

        return fsolve(gaps, [30.0, 30.0]) / tau

    pairs = [
        tuple(Fraction(float(each)).limit_denominator(10**6) for each in equilibrium(function))
        for function in (payoff, share)
    ]
    assert all(0 < each < 1 for pair in pairs for each in pair)
    for agent in range(2):
        polynomial, _ = skin.difference(EXACT, *pairs, agent)
        assert not skin.never_zero(polynomial)


def test_the_quadratic_is_the_loss_of_the_agents():
    problem = phase_two.mean_of_agents(3, 1)
    w = np.random.default_rng(0).normal(size=problem.linear.shape) / 10
    numeric = [
        (problem.gap(w + step) - problem.gap(w - step)) / 0.002
        for step in 0.001 * np.eye(w.size)[:5].reshape(5, *w.shape)
    ]
    np.testing.assert_allclose(numeric, problem.gradient(w).ravel()[:5], atol=1e-6)
    convex, smooth = problem.bounds
    direction = w[:, :1]
    curvature = (direction.T @ problem.hessian @ direction / (direction.T @ direction)).item()
    assert convex <= curvature <= smooth


def test_the_second_phase_keeps_the_bounds(tmp_path):
    found = ITEMS["doshi2025/phase-two"].recompute()
    assert all(row.agrees for row in found.rows)
    files = write_reproduction(found, tmp_path)
    assert json.loads(files[0].read_text())["series"]["measured"][-1] < -3


def test_payments_are_on_a_line(monkeypatch):
    monkeypatch.setattr(payments, "RUNS", 1)
    monkeypatch.setattr(payments, "ROUNDS", 2)
    found = ITEMS["doshi2025/figure2"].recompute()
    assert [row.agrees for row in found.rows] == [True, True, True, None]
    s, paid = (np.array(found.series[key]) for key in ("contributions", "payments"))
    np.testing.assert_allclose(paid, 2 * (s - (s.sum() - s) / (len(s) - 1)), atol=1e-9)


def test_spreads_are_those_of_the_simulated_runs(monkeypatch):
    monkeypatch.setattr(images, "STEPS", 3)
    monkeypatch.setattr(images, "RUNS", 2)
    item = ITEMS["murhekar2025/tables2-4"]
    found = replace(item, printed={"MNIST": item.printed["MNIST"]}).recompute()
    assert len(found.rows) == 3 * 3
    data = ITEMS["murhekar2025/table1"].printed["MNIST"]
    shares = [
        100
        * images.simulated(
            images.drawn(data, np.random.default_rng([0, 0, draw])), "none", "all move", draw
        ).metrics["data_share"]
        for draw in range(2)
    ]
    first = float(str(found.rows[0].recomputed).split(" / ")[0])
    assert first == pytest.approx(np.mean(shares), rel=0.01)


def test_types_are_read_off_models(monkeypatch):
    from mdsolve.reproduce import chen2020_learning as learning

    monkeypatch.setattr(learning, "REPEATS", 6)
    found = ITEMS["chen2020/learning-protocol"].recompute()
    assert found.rows[0].agrees is True
    assert found.rows[3].agrees is True
    held, read = (np.array(found.series[key]) for key in ("types", "read"))
    assert 0.5 < np.median(read / held) < 2
    sizes, quality = (np.array(found.series[key]) for key in ("sizes", "quality"))
    platform = learning.Platform.on_digits(np.random.default_rng(0))
    everything = np.arange(len(platform.labels))
    assert quality[sizes == 800][0] == pytest.approx(platform.quality(everything[:800]), abs=0.05)


def test_sampled_slopes_are_those_of_the_shapley_shares():
    """Against the mean over all orders, and differences of the shares of a few agents."""
    from itertools import permutations

    from mdsolve.reproduce import murhekar2025_sampling as sampling

    random = np.random.default_rng(2)
    weights, s = random.uniform(0.1, 1, (3, 4)), random.uniform(0, 3, 4)

    def total(members, amounts):
        chosen = np.isin(np.arange(4), members) * amounts
        return images.PER_GROUP * sum(1 - 1 / (1 + row @ chosen) for row in weights)

    def share(amounts, i):
        gains = [
            total(order[: order.index(i) + 1], amounts) - total(order[: order.index(i)], amounts)
            for order in permutations(range(4))
        ]
        return np.mean(gains)

    exact = [slope(lambda r, i=i: share(r, i), s, i) for i in range(4)]
    found = sampling.sampled_slopes(weights, s, 40_000, random)
    np.testing.assert_allclose(found, exact, rtol=0.02)


def test_sampled_dynamics_stay_near_the_exact_ones(monkeypatch):
    from mdsolve.reproduce import murhekar2025_sampling as sampling

    monkeypatch.setattr(images, "STEPS", 30)
    monkeypatch.setattr(sampling, "STEPS", 30)
    table = ITEMS["murhekar2025/table1"]
    one = replace(table, printed={"MNIST": table.printed["MNIST"]})
    monkeypatch.setitem(ITEMS, "murhekar2025/table1", one)
    found = ITEMS["murhekar2025/sampling"].recompute()
    assert [row.agrees for row in found.rows] == [True, None, None]
