"""Shapley payments within budgets: closed forms for two agents, and what the checker rejects."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.context import Context
from mdsolve.game.build_sharing import sharing_game
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import mechanisms
from mdsolve.status import Termination
from tests.claims import columns_of

COSTS = (0.1, 0.25)


def instance_of(budgets, costs=COSTS):
    agents = [
        {"name": n, "cost": c, "budget": b} for n, c, b in zip("ABC", costs, budgets, strict=False)
    ]
    return md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})


def share(own, other):
    """Two agents with a = 1 - 1/(1 + total): phi = f(own) + f(own + other) - f(other), times 1."""

    def gained(data):
        return 1 - 1 / (1 + data)

    return gained(own) + gained(own + other) - gained(other)


def money(budget, cost, own, other):
    return budget - cost * own + share(own, other) - (1 - 1 / (1 + own + other))


@pytest.mark.parametrize("budget", [0.085, 0.088])
def test_one_agent_held_back_against_two_equations(budget):
    """A has nothing left and B's marginal share meets their cost; solved in 30 digits."""
    solution = md.solve(instance_of((budget, 1)), "shapley")
    assert solution.termination is Termination.SOLVED
    assert "1 budget holds" in solution.message

    def equations(a, b):
        slope = 1 / (1 + b) ** 2 + 1 / (1 + a + b) ** 2 - mpmath.mpf(COSTS[1])
        return [money(mpmath.mpf(budget), mpmath.mpf(COSTS[0]), a, b), slope]

    with mpmath.workdps(30):
        exact = mpmath.findroot(equations, tuple(solution.contributions.tolist()))
        expected = [float(x) for x in exact]
    np.testing.assert_allclose(solution.contributions, expected, rtol=0, atol=1e-9)
    assert solution.certificate.verdict == "pass"
    a, b = solution.contributions
    # On a fine grid of their own contributions A can pay for nothing better.
    own = np.linspace(0, 10, 200_001)
    worth = share(own, b) - COSTS[0] * own
    affordable = money(budget, COSTS[0], own, b) >= 0
    assert affordable.any()
    assert worth[affordable].max() <= share(a, b) - COSTS[0] * a + 1e-9


def test_a_millionth_beyond_or_below_is_rejected():
    instance = instance_of((0.085, 1))
    data = md.solve(instance, "shapley").to_dict()
    for step, feasible in ((1e-6, "fail"), (-1e-6, "pass")):
        a, b = data["contributions"]
        claim = {"mechanism": data["mechanism"], "contributions": [a + step, b]}
        certificate = md.verify(instance, claim)
        assert certificate.condition("nash").verdict == "fail"
        money_left = certificate.condition("feasibility")
        # Their money falls by 1e-8 only: beyond the tolerance of 1e-9 all the same.
        assert money_left.verdict == feasible
    free = instance_of((10, 10))
    assert md.verify(free, data).condition("nash").verdict == "fail"


def test_who_is_short_whatever_he_does_is_named():
    """The grid of all profiles has none that is nearly an equilibrium within the budgets."""
    budgets = (1, 0.3)
    solution = md.solve(instance_of(budgets), "shapley")
    assert solution.termination is Termination.LIMIT
    assert "agent B" in solution.message
    grid = np.linspace(0, 5, 201)
    a, b = np.meshgrid(grid, grid, indexing="ij")
    worth = [
        np.where(money(budgets[0], COSTS[0], a, b) >= 0, share(a, b) - COSTS[0] * a, -np.inf),
        np.where(money(budgets[1], COSTS[1], b, a) >= 0, share(b, a) - COSTS[1] * b, -np.inf),
    ]
    payable = np.isfinite(worth[0]) & np.isfinite(worth[1])
    first = np.broadcast_to(worth[0].max(axis=0)[None, :], a.shape)
    second = np.broadcast_to(worth[1].max(axis=1)[:, None], a.shape)
    regret = np.maximum(first[payable] - worth[0][payable], second[payable] - worth[1][payable])
    assert regret.min() > 0.05


def test_budgets_that_never_bind_change_nothing():
    rule = mechanisms("sharing")["shapley"]
    instance = instance_of((100, 100, 100), (0.1, 0.25, 0.2))
    rich = sharing_game(instance)
    free = rich.without_budgets()
    options = effective_options("shapley", rule.options, {})
    here = rule.outcome(rich, options, Context())
    there = rule.outcome(free, options, Context())
    np.testing.assert_array_equal(here.contributions, there.contributions)
    data = columns_of(here.contributions, mechanism={"name": "shapley"})
    assert "feasibility" in check_of(instance, data, Request()).promised


def test_means_that_are_no_interval_are_searched():
    """B pays for A's data: they cannot afford little, nor much; the checker sees both ends."""
    other = 1.2
    own = np.linspace(0, 8, 8001)
    fits = money(0.45, COSTS[1], own, other) >= 0
    changes = np.flatnonzero(np.diff(fits.astype(int)))
    assert not fits[0]
    assert len(changes) == 2


def test_enclosures_do_not_refute_whom_money_holds_back():
    """What an agent could gain beyond their means counts for nothing."""
    instance = instance_of((0.085, 1))
    solution = md.solve(instance, "shapley")
    checked = md.verify(instance, solution, arithmetic="enclosure")
    assert checked.condition("nash").verdict == "pass"
    rich = instance_of((10, 10))
    a, b = md.solve(rich, "shapley").contributions
    more = {"mechanism": "shapley", "contributions": [a, b + 1e-4]}
    refuted = md.verify(rich, more, arithmetic="enclosure").condition("nash")
    assert refuted.verdict == "fail"
    assert refuted.witness["agent"] == "B"
