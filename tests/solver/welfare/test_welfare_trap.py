"""Why powers are never left to cvxpy's defaults: wrong answers with the status "optimal".

Maximise the p-mean of three agents with prices 1, 2, 4 and one budget of 3; the optimum is known:
x_i ~ price_i^(1/(p-1)). cvxpy replaces small exponents by nearby fractions, 1e-4 and -1e-4 by 0,
and solves another problem. "Optimal" is a statement about that other problem, not a certificate.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

cp = pytest.importorskip("cvxpy")

PRICES = np.array([1.0, 2.0, 4.0])
BUDGET = 3.0


def known_optimum(p):
    share = PRICES ** (1 / (p - 1))
    return BUDGET * share / (PRICES @ share)


def solved(objective, x):
    problem = cp.Problem(objective, [PRICES @ x <= BUDGET])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem.solve(solver=cp.CLARABEL)
    return problem.status


@pytest.mark.parametrize("p", [1e-4, -1e-4])
def test_default_powers_answer_another_question(p):
    x = cp.Variable(3, nonneg=True)
    total = cp.sum(cp.power(x, p))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        status = solved(cp.Maximize(total) if p > 0 else cp.Minimize(total), x)
    assert status == "optimal"
    assert np.abs(x.value - known_optimum(p)).max() > 0.3


@pytest.mark.parametrize("p", [0.3, 0.01, -0.01, -5.0])
def test_exact_powers_without_the_root_do_not(p):
    x = cp.Variable(3, nonneg=True)
    total = cp.sum(cp.power(x, p, approx=False))
    assert solved(cp.Maximize(total) if p > 0 else cp.Minimize(total), x) == "optimal"
    assert x.value == pytest.approx(known_optimum(p), abs=2e-3)


def test_normalised_root_hides_the_objective():
    """At p = -0.01 the scale n^(1/p) of the p-norm is 1e-48 and everything looks optimal."""
    x = cp.Variable(3, nonneg=True)
    assert solved(cp.Maximize(cp.pnorm(x, -0.01)), x) == "optimal"
    assert np.abs(x.value - known_optimum(-0.01)).max() > 0.3
