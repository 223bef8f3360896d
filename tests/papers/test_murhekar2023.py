"""Reproductions of [M23]: every number by a second method, every counterexample by hand."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from functools import cache

import mpmath
import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.game.build_sharing import sharing_game
from mdsolve.progress import Monitor
from mdsolve.reproduce import murhekar2023 as paper
from mdsolve.reproduce import murhekar2023_welfare as welfare
from mdsolve.reproduce.record import ITEMS
from mdsolve.reproduce.shown import write_reproduction
from mdsolve.solver.equilibrium.budget_rate import rate_of_costs
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.study.solve import solve

WIDTHS = paper.WIDTHS
NAMES = [
    name for name in ITEMS if name.startswith("murhekar2023") and name != "murhekar2023/table2"
]
"""All but the one that trains, which `test_training` tries."""


def verdicts(found):
    return {row.what: row.agrees for row in found.rows}


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch):
    """Reproductions are run in full by hand; here on a few random games of each kind."""
    monkeypatch.setattr(paper, "GAMES", 1)
    monkeypatch.setattr(paper, "SEPARABLE_GAMES", 4)
    monkeypatch.setattr(welfare, "COST_VECTORS", 40)
    monkeypatch.setattr(paper, "WIDTHS", WIDTHS[1::4])


@cache
def recomputed(name):
    return ITEMS[name].recompute()


@pytest.mark.parametrize("name", NAMES)
def test_reproductions_write_their_numbers_and_pictures(name, tmp_path):
    found = recomputed(name)
    files = write_reproduction(found, tmp_path)
    assert [file.suffix for file in files] == (
        [".json", ".png"] if ITEMS[name].panels else [".json"]
    )
    assert json.loads(files[0].read_text())["rows"] == found.to_dict()["rows"]


# Theorem A.1


@pytest.mark.parametrize("family", ITEMS["murhekar2023/theorem-a1"].printed)
@pytest.mark.parametrize("seed", range(3))
def test_a_separable_game_is_solved_by_maximising_each_agent_alone(family, seed):
    instance = paper.separable(family, np.random.default_rng(seed))
    game = sharing_game(instance)
    s = np.asarray(solve(instance, "none").contributions)
    others = np.random.default_rng(seed + 50).uniform(0, 10, game.size)
    grid = np.unique(np.concatenate([np.linspace(0, 10, 20_001), s]))
    for agent in range(game.size):
        alone = game.value[agent] * game.accuracy.along(agent, others, grid)
        utilities = alone - game.costs.along(agent, grid)
        mine = utilities[np.searchsorted(grid, s[agent])]
        assert mine >= utilities.max() - 1e-9


def test_all_separable_games_have_a_certified_equilibrium():
    found = recomputed("murhekar2023/theorem-a1")
    assert [row.agrees for row in found.rows] == [True, True, None]
    assert "is refused" in found.rows[-1].recomputed


# Theorem A.2


def effort(x, eps):
    return min(max((x - (Fraction(1, 2) - eps)) / (2 * eps), Fraction(0)), Fraction(1))


def regret(s, eps):
    """Return the largest gain of any agent; best responses lie at break points of e."""
    worst = Fraction(0)
    for agent in range(3):
        e = [effort(x, eps) for x in s]
        missed = 1 - e[agent - 1]
        now = -(1 - e[agent]) * missed - s[agent] / 4
        for x in (Fraction(0), Fraction(1, 2) - eps, Fraction(1, 2) + eps, Fraction(1)):
            worst = max(worst, -(1 - effort(x, eps)) * missed - x / 4 - now)
    return worst


@pytest.mark.parametrize("eps", [Fraction(1, 16), Fraction(1, 8), Fraction(3, 8)])
def test_the_gap_without_equilibrium_is_attained_and_nowhere_undercut(eps):
    level = Fraction(7, 8) - eps / 4
    even = Fraction(1, 2) + 2 * eps * (level - Fraction(1, 2))
    gap = paper.gap_formula(eps)
    assert regret((even, even, even), eps) == gap == (1 - 4 * eps**2) / 64
    assert paper.even_regret(eps) == gap
    steep = [Fraction(1, 2) - eps + 2 * eps * Fraction(k, 8) for k in range(9)]
    grid = sorted({Fraction(0), Fraction(1), even, *steep})
    assert min(regret(s, eps) for s in itertools.product(grid, repeat=3)) == gap


@pytest.mark.parametrize("eps", WIDTHS)
def test_the_proved_gap_is_a_lower_bound_within_a_thousandth(eps):
    found = solve(paper.ring(eps), "none")
    exact = paper.gap_formula(eps)
    assert Fraction(999, 1000) * exact <= Fraction(found.nash_gap) <= exact
    assert found.certificate.condition("no-equilibrium").arithmetic == "exact"


def test_at_the_end_of_the_range_there_is_an_equilibrium():
    half = Fraction(1, 2)
    three = (Fraction(3, 4),) * 3
    assert regret(three, half) == 0
    found = solve(paper.ring(half), "none")
    np.testing.assert_allclose(found.contributions, 0.75, atol=1e-9)


# Theorem 3.2


@pytest.mark.parametrize("n", paper.SIZES)
def test_the_constants_bound_the_jacobian_everywhere(n):
    random = np.random.default_rng(n)
    instance = paper.strongly_concave(n, random)
    game, (lam, largest) = sharing_game(instance), paper.constants(instance)
    stakes = AccuracyStakes(game, game.costs)
    for _ in range(200):
        s = random.uniform(0, 1, n) * game.capacity
        jacobian = stakes.jacobian(s)
        assert np.linalg.eigvalsh((jacobian + jacobian.T) / 2).max() <= -lam + 1e-12
        assert np.abs(jacobian).max() <= largest + 1e-12


def test_norms_are_those_of_a_plain_loop():
    random = np.random.default_rng(1)
    instance = paper.strongly_concave(3, random)
    game, (lam, largest) = sharing_game(instance), paper.constants(instance)
    step = lam / (3 * largest) ** 2
    weights, start = game.accuracy.weights.dense(), random.uniform(0, 1, 3) * game.capacity
    norms = paper.gradient_norms(instance, step, start, Monitor())
    s = start.tolist()
    for norm in norms:
        slopes = []
        for i in range(3):
            data = 1 + sum(weights[i][j] * s[j] for j in range(3))
            cost = game.costs.rate[i] + game.costs.curvature[i] * s[i]
            free = weights[i][i] / data**2 - cost
            slopes.append(min(max(free, -s[i] / step), (game.capacity[i] - s[i]) / step))
        assert math.sqrt(sum(g * g for g in slopes)) == pytest.approx(norm, rel=1e-9)
        s = [x + step * g for x, g in zip(s, slopes, strict=True)]
    assert norms[-1] <= norms[0] / paper.REDUCTION < norms[-2]


def test_the_rate_of_theorem_3_2_holds():
    assert all(recomputed("murhekar2023/theorem-3-2").rows[k].agrees for k in range(6))


# The rate beta*


def mpmath_rate(rates):
    with mpmath.workdps(40):
        n = len(rates)
        exact = [mpmath.mpf(x) for x in rates]
        a, c = 1 / mpmath.fsum(1 / x for x in exact), mpmath.fsum(exact)
        roots = mpmath.polyroots(
            [c, -(a * n * (n - 2) + c), a * (n - 1) ** 2], maxsteps=500, extraprec=400
        )
        return min(mpmath.re(root) for root in roots)


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=20))
def test_the_rate_against_forty_digits(rates):
    truth = float(mpmath_rate(rates))
    assert rate_of_costs(np.array(rates)) == pytest.approx(truth, rel=1e-13)
    assert float(welfare.exact_rate(rates)) == pytest.approx(truth, rel=1e-13)


@pytest.mark.parametrize("spread", [1e-10, 1e-8, 1e-7, 1e-3, 1.0, 1e4, 1e9, 1e14])
def test_the_rate_near_equal_and_very_unequal_costs(spread):
    rates = [1.0, 1.0 + 0.3 * spread, 1.0 + spread]
    truth = float(mpmath_rate(rates))
    assert rate_of_costs(np.array(rates)) == pytest.approx(truth, rel=1e-14)


def test_the_printed_form_loses_half_of_the_digits():
    rates = [1.0, 1.0 + 0.3e-8, 1.0 + 1e-8]
    error = abs(welfare.printed_rate(rates) / float(mpmath_rate(rates)) - 1)
    assert 1e-10 < error < 1e-7
    found = recomputed("murhekar2023/equation-14")
    assert [row.agrees for row in found.rows] == [True, True, True, True, False, False]


# Theorem 4.1


def smaller_root(costs):
    return float(mpmath_rate([float(x) for x in costs]))


@given(st.lists(st.integers(1, 60), min_size=2, max_size=7))
def test_the_sign_of_the_least_dual_by_high_precision(costs):
    n = len(costs)
    sign = welfare.least_dual(costs)
    if len(set(costs)) == 1:
        assert sign == 1
        return
    with mpmath.workdps(40):
        a = 1 / mpmath.fsum(mpmath.mpf(1) / x for x in costs)
        beta = mpmath_rate(costs)
        shrink = 1 - beta * n / (n - 1)
        least = min((a / x - beta / (n - 1)) / shrink for x in costs)
    single = costs.count(max(costs)) == n - 1
    assert sign == (0 if single else -1)
    assert abs(least) < 1e-15 if single else least < 0


def test_the_dual_of_the_example_by_hand():
    # A = 10/21, beta* = 1/6: mu_C / T = (1/21 - 1/12) / (3/4).
    assert smaller_root([1, 1, 10]) == pytest.approx(1 / 6, abs=1e-15)
    assert welfare.dual_share((1, 1, 10), Fraction(1, 6)) == Fraction(-1, 21)


def plan(costs, values, budget, beta):
    """Maximise average utility by a general solver from several starts; b >= 0."""
    n = len(costs)
    costs, values = np.array(costs, float), np.array(values, float)

    def left(s):
        spent = costs * s
        return budget - (1 - beta) * spent - beta / (n - 1) * (spent.sum() - spent)

    def loss(s):
        return -(left(s) + values * (1 - 1 / (1 + s.sum()))).mean()

    found = [
        scipy.optimize.minimize(
            loss,
            start,
            method="SLSQP",
            bounds=[(0, None)] * n,
            constraints={"type": "ineq", "fun": left},
            options={"ftol": 1e-14, "maxiter": 500},
        )
        for start in np.random.default_rng(0).uniform(0, 3, (5, n))
    ]
    return -min(result.fun for result in found)


def test_the_planner_s_optimum_by_a_general_solver():
    assert plan((1, 1, 10), (10, 10, 100), 40, 1 / 6) == pytest.approx(73.030366, abs=1e-5)
    assert plan((1, 1, 1), (4, 4, 4), 10, 2 / 3) == pytest.approx(12.023932, abs=1e-5)


def test_equilibria_of_the_example_by_hand():
    found = solve(welfare.consortium((1, 1, 10), 10, 40), "budget-balanced")
    total = math.sqrt(12) - 1
    # 10 c_i / (1 + S)^2 = (1 - 1/6) c_i
    assert found.metrics["total_data"] == pytest.approx(total, rel=1e-12)
    accuracy = 1 - 1 / (1 + total)
    even = 40 + (120 * accuracy - 12 * total / 3) / 3
    best = 40 + (120 * accuracy - total) / 3
    assert found.metrics["p_mean"]["1"] == pytest.approx(even, rel=1e-12)
    assert even == pytest.approx(65.167526, abs=5e-7)
    assert welfare.best_split(found) == pytest.approx(best, rel=1e-12)
    assert best < 73


def test_theorem_4_1_holds_for_equal_costs_only():
    found = verdicts(recomputed("murhekar2023/theorem-4-1"))
    failing = [what for what, agrees in found.items() if agrees is False]
    assert failing == [
        "the equilibrium maximises average utility",
        "all duals of (24) are positive, as (21) needs",
        "all duals of (24) are positive, 2 to 8 agents with unequal costs",
    ]
