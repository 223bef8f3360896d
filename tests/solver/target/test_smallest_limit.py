"""The smallest payment limit against a linear program over all payment tables on a grid.

The program knows nothing of the theorem: payments of everybody at every profile of the grid sum to
zero, nobody ever pays more than L, the wanted profile is an equilibrium among the grid's deviations
and nobody is better off alone. Free deviations lie on the grid, so that it asks for just as much.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from mdsolve.game.build_sharing import sharing_game
from mdsolve.solver.target.concessions import smallest_uniform_limit
from mdsolve.solver.target.inequality import Inequality, alone_utilities
from mdsolve.solver.target.requirements import Requirements
from tests.solver.target.plain_games import Plain, example4, named

CASES = [
    ("example 4", (3.472135954999579, 0.0), 0.0),
    ("example 4", (4.0, 2.0), 0.0),
    ("two targets", (1.0, 4.0), 0.0),
    ("weights", (3.0, 2.5), 0.05),
    ("three", (4.0, 3.0, 1.5), 0.0),
    ("coverage", (8.0, 4.0), 0.0),
    ("pac", (300.0, 200.0), 0.0),
]


def smallest_by_program(game: Plain, s: np.ndarray, margin: float) -> float:
    """Return the smallest L, infinite where no payments do."""
    n = game.size
    axes = []
    for agent in range(n):
        own, _ = game.free(agent, s)
        axes.append(sorted({0.0, float(s[agent]), own, 0.5 * (float(s[agent]) + own)}))
    profiles = list(itertools.product(*axes))
    number = {profile: k for k, profile in enumerate(profiles)}
    columns = n * len(profiles) + 1  # payments, and L
    balanced = np.zeros((len(profiles), columns))
    for k in range(len(profiles)):
        balanced[k, n * k : n * k + n] = 1
    wanted = n * number[tuple(float(x) for x in s)]
    stays = game.benefits(s) - game.cost(s)
    rows, rights = [], []
    for agent in range(n):
        row = np.zeros(columns)
        row[wanted + agent] = -1
        rows.append(row)
        rights.append(stays[agent] - game.alone[agent] - margin)
        for z in axes[agent]:
            other = tuple(z if j == agent else float(x) for j, x in enumerate(s))
            if other == tuple(s):
                continue
            row = np.zeros(columns)
            row[n * number[other] + agent], row[wanted + agent] = 1, -1
            rows.append(row)
            rights.append(stays[agent] - float(game.own(agent, s, np.array([z]))[0]))
    for k in range(n * len(profiles)):
        row = np.zeros(columns)
        row[k], row[-1] = -1, -1
        rows.append(row)
        rights.append(0.0)
    goal = np.zeros(columns)
    goal[-1] = 1
    found = linprog(
        goal,
        A_ub=np.array(rows),
        b_ub=np.array(rights),
        A_eq=balanced,
        b_eq=np.zeros(len(profiles)),
        bounds=[(None, None)] * (columns - 1) + [(0, None)],
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    assert found.status in (0, 2)
    return float(found.fun) if found.status == 0 else np.inf


def smallest_by_formula(instance, s, margin):
    game = sharing_game(instance)
    asked = Requirements(None, margin, np.full(game.size, np.inf), 0.0, np.zeros(game.size))
    return smallest_uniform_limit(Inequality(game, asked, alone_utilities(game), s))


@pytest.mark.parametrize(("name", "s", "margin"), CASES)
def test_the_formula_agrees_with_the_program_over_all_payment_tables(name, s, margin):
    game, wanted = named(name), np.array(s)
    formula = smallest_by_formula(game.instance, wanted, margin)
    assert formula == pytest.approx(smallest_by_program(game.plain, wanted, margin), abs=1e-9)


def test_the_program_refutes_what_the_formula_calls_endless():
    game, wanted = named("two targets"), np.array([1.0, 9.0])
    assert smallest_by_formula(game.instance, wanted, 0.0) == np.inf
    assert smallest_by_program(game.plain, wanted, 0.0) == np.inf


def test_an_equilibrium_without_payments_needs_none_unless_somebody_is_worse_off():
    game, wanted = example4(), np.array([10**0.5 - 1, 0.0])
    assert smallest_by_formula(game.instance, wanted, 0.0) == pytest.approx(0, abs=1e-9)
    assert smallest_by_program(game.plain, wanted, 0.0) == pytest.approx(0, abs=1e-9)
