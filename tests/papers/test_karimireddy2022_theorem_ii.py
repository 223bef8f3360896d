"""[K22] Theorem II is false: a feasible mechanism, concave in the own data, without equilibrium.

Three agents in a cycle, M_i = max(0, min(100 (m_i - 1/5), h(m_{i+1}))) with
h(m) = 3/5 max(0, 1 - 10 m), cost 1, v(m) = min(1, max(0, 100 (m - 1/5))). Everything the theorem
asks for is checked in exact fractions, and so is that nothing is a fixed point.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np

ZERO, ONE = Fraction(0), Fraction(1)
STEP = Fraction(1, 100)
GRID = [k * STEP for k in range(31)] + [Fraction(103, 500), Fraction(2020, 9900)]
"""Contributions up to 0.3, with the best answers; more than 1 is worse than nothing."""


def v(m):
    return min(ONE, max(ZERO, 100 * (m - Fraction(1, 5))))


def h(m):
    return Fraction(3, 5) * max(ZERO, 1 - 10 * m)


def nu(own, watched):
    return min(100 * (own - Fraction(1, 5)), h(watched))


def utility(own, watched):
    return max(ZERO, nu(own, watched)) - own


def best_answers(watched):
    """Return all best answers: a maximum of a function made of lines lies on one of its kinks.

    The kinks are where the value starts and where it stops rising; beyond both it falls.
    """
    kinks = {ZERO, Fraction(1, 5), Fraction(1, 5) + h(watched) / 100}
    best = max(utility(m, watched) for m in kinks)
    return {m for m in kinks if utility(m, watched) == best}


def test_the_value_is_as_the_paper_asks():
    assert v(ZERO) == 0
    assert v(ONE) == 1
    for low, high in product(GRID, repeat=2):
        b = [min(ONE, 100 * (m - Fraction(1, 5))) for m in (low, (low + high) / 2, high)]
        assert b[1] >= (b[0] + b[2]) / 2
        assert (low <= high) <= (v(low) <= v(high))


def test_the_mechanism_is_feasible_continuous_and_concave_in_the_own_contribution():
    for own, watched in product(GRID, repeat=2):
        assert max(ZERO, nu(own, watched)) <= v(own)  # and v(own) <= v(total), as v never falls
        for other in GRID:
            middle = nu((own + other) / 2, watched)
            assert middle >= (nu(own, watched) + nu(other, watched)) / 2
            assert abs(nu(own, watched) - nu(other, watched)) <= 100 * abs(own - other)
            assert abs(nu(own, watched) - nu(own, other)) <= 6 * abs(watched - other)


def test_the_best_answers_are_those_claimed():
    for watched in GRID:
        best = best_answers(watched)
        assert all(m == 0 or Fraction(202, 1000) <= m <= Fraction(206, 1000) for m in best)
        value = max(utility(m, watched) for m in best)
        assert all(utility(m, watched) <= value for m in [*GRID, ONE, Fraction(1, 2)])
    assert best_answers(ZERO) == {Fraction(103, 500)}
    # 0.1 and more is answered by nothing, and so is every positive best answer
    assert all(best_answers(m) == {ZERO} for m in GRID if m >= Fraction(1, 10))


def test_an_odd_circle_of_negations_has_no_fixed_point():
    answers = (ZERO, Fraction(103, 500))
    # Whatever an equilibrium looked like, all its entries are best answers, so 0 or at least 0.2;
    # what is watched is then answered by exactly one amount, and that is one of these two.
    stable = [
        m
        for m in product(answers, repeat=3)
        if all(m[i] in best_answers(m[(i + 1) % 3]) for i in range(3))
    ]
    assert stable == []
    even = [
        m
        for m in product(answers, repeat=2)
        if all(m[i] in best_answers(m[(i + 1) % 2]) for i in range(2))
    ]
    assert len(even) == 2  # two agents have equilibria: it is the odd circle


def test_nothing_on_a_fine_grid_is_nearly_stable():
    grid = np.arange(0, 0.3005, 0.0025)
    own, first, second = np.meshgrid(grid, grid, grid, indexing="ij")
    profile = (own, first, second)

    def worth(mine, watched):
        ramp = 100 * (mine - 0.2)
        return np.maximum(0, np.minimum(ramp, 0.6 * np.maximum(0, 1 - 10 * watched))) - mine

    regret = np.zeros_like(own)
    for i in range(3):
        watched = profile[(i + 1) % 3]
        limit = 0.6 * np.maximum(0, 1 - 10 * watched)
        best = np.maximum(0, 0.99 * limit - 0.2)
        regret = np.maximum(regret, best - worth(profile[i], watched))
    assert 0.05 < regret.min() < 0.07
