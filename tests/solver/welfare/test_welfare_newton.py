"""The structured Newton system against a dense one."""

from __future__ import annotations

import numpy as np
import pytest

from mdsolve.solver.welfare.newton import NewtonSystem


def systems(count):
    rng = np.random.default_rng(0)
    for _ in range(count):
        n = int(rng.integers(1, 6))
        pieces = rng.integers(0, 4, n)
        pieces[0] = max(pieces[0], 1)
        owner = np.repeat(np.arange(n), pieces)
        m = len(owner)
        maximin = bool(rng.random() > 0.5)
        bend = 10.0 ** rng.uniform(-2, 2, n) * (maximin or rng.random() > 0.2)
        system = NewtonSystem(
            owner,
            10.0 ** rng.uniform(-2, 2, m),
            rng.uniform(0.1, 2, m),
            rng.uniform(0.5, 1, m),
            rng.uniform(-0.2, 1) * (rng.random() > 0.2),
            rng.uniform(0, 0.5) * (rng.random() > 0.2),
            10.0 ** rng.uniform(-2, 2, n),
            bend,
            rng.uniform(0.1, 1, n),
            rng.uniform(0, 2),
            maximin,
        )
        yield system, rng.normal(size=m), float(rng.normal()) if maximin else 0.0


def dense(system, rhs, level, amount):
    n, m = len(system.budget), len(system.owner)
    member = np.zeros((n, m))
    member[system.owner, np.arange(m)] = 1
    spent = system.own * member * system.marginal + system.shared * system.marginal
    gained = spent - np.outer(system.gain, system.weight)
    data = system.weight
    matrix = np.zeros((m + 2, m + 2))
    matrix[:m, :m] = (
        np.diag(system.diagonal)
        + spent.T @ (system.budget[:, None] * spent)
        + gained.T @ (system.bend[:, None] * gained)
        + system.curve * np.outer(data, data)
    )
    right = np.concatenate([rhs, [level, 0.0]])
    matrix[m, m] = 1.0
    if system.maximin:
        matrix[:m, m] = matrix[m, :m] = system.bend @ gained
        matrix[m, m] = system.bend.sum()
    matrix[m + 1, m + 1] = 1.0
    if amount is not None:
        matrix[:m, m + 1] = matrix[m + 1, :m] = data
        matrix[m + 1, m + 1] = 0.0
        right[m + 1] = amount
    found = np.linalg.solve(matrix, right)
    step, tau = found[:m], found[m] if system.maximin else 0.0
    return step, tau, system.budget * (spent @ step), system.bend * (gained @ step + tau)


@pytest.mark.parametrize("amount", [None, 0.3])
def test_against_a_dense_solution(amount):
    for system, rhs, level in systems(150):
        step, tau, budget, bend = dense(system, rhs, level, amount)
        found = system.solve(rhs, level, amount)
        close = {"rel": 1e-6, "abs": 1e-7 * max(1.0, float(np.abs(step).max()))}
        assert found.sources == pytest.approx(step, **close)
        assert found.level == pytest.approx(tau, **close)
        assert found.cost == pytest.approx(float(system.marginal @ step), **close)
        assert found.amount == pytest.approx(float(system.weight @ step), **close)
        assert found.budget == pytest.approx(budget, rel=1e-5, abs=1e-5)
        assert found.bend == pytest.approx(bend, rel=1e-5, abs=1e-5)


def test_digits_survive_extreme_complementarity():
    """One source nearly free, one budget nearly rigid: its row and stationarity must hold."""
    system = NewtonSystem(
        np.arange(3),
        np.array([1e-12, 1e12, 1e12]),
        np.array([0.5, 0.6, 0.7]),
        np.ones(3),
        0.0,
        0.5,
        np.array([1e12, 1e-12, 1e-12]),
        np.full(3, 1e-6),
        np.ones(3),
        0.1,
        False,
    )
    found = system.solve(np.array([1.0, 1e-3, -1e-3]))
    assert np.isfinite(found.sources).all()
    assert found.cost == pytest.approx(float(system.marginal @ found.sources), abs=1e-10)
    residual = (
        system.diagonal * found.sources
        + system.marginal * system.shared * (found.budget + found.bend).sum()
        - system.weight * (system.gain @ found.bend)
        + system.curve * system.weight * found.amount
        - np.array([1.0, 1e-3, -1e-3])
    )
    assert np.abs(residual).max() < 1e-9
