"""Instances of the planner's program, their answers, and one way to have them checked."""

from __future__ import annotations

import math

import numpy as np

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.game.build_sharing import sharing_game
from mdsolve.solver.equilibrium.budget_rate import optimal_rate
from mdsolve.solver.welfare.program import welfare_program

MEANS = [1, 0.5, 0, -1, "-inf"]


def planner_game(costs, values, budgets, accuracy=None, capacities=None):
    """Return an instance; an entry of None leaves budget or capacity out."""
    agents = []
    for k, (cost, value, budget) in enumerate(zip(costs, values, budgets, strict=True)):
        agent = {"name": f"agent-{k + 1}", "cost": cost, "value": value}
        if budget is not None:
            agent["budget"] = budget
        if capacities is not None and capacities[k] is not None:
            agent["capacity"] = capacities[k]
        agents.append(agent)
    family = accuracy or {"family": "power"}
    return md.SharingInstance.model_validate(
        {"kind": "sharing", "agents": agents, "accuracy": family}
    )


def random_game(n, seed, *, curved=False, limited=False, platform=0.0):
    """Return a random instance with budgets for everybody."""
    rng = np.random.default_rng(seed)
    rates = np.exp(rng.uniform(-2, 1, n))
    costs = [
        {"family": "quadratic", "rate": float(c), "curvature": float(rng.uniform(0, 1))}
        if curved
        else float(c)
        for c in rates
    ]
    accuracy = {"family": "power", "exponent": float(rng.uniform(0.5, 2))}
    if rng.random() < 0.5:
        accuracy["weights"] = rng.uniform(0.5, 2, n).tolist()
    capacities = [float(x) for x in rng.uniform(0.5, 5, n)] if limited else None
    game = planner_game(
        costs,
        rng.uniform(2, 20, n).tolist(),
        rng.uniform(3, 12, n).tolist(),
        accuracy,
        capacities,
    )
    return game.model_copy(update={"platform_data": exact(platform)})


def exact(number):
    from mdsolve.instance.numbers import exact_number

    return exact_number(number)


def answer(instance, p, beta=0.4, route="interior-point"):
    """Return the solver's answer as a solution's plain data."""
    game = sharing_game(instance)
    rate = optimal_rate(game) if beta == "optimal" else float(beta)
    found = welfare_program(game, -math.inf if p == "-inf" else p, rate, route=route)
    return {
        "mechanism": {"name": "welfare", "options": {"p": p, "beta": beta}},
        "contributions": found.contributions.copy(),
        "payments": found.payments.copy(),
        "weights": found.weights,
        "budget_duals": found.budget_duals,
    }


def checked(instance, data, name="welfare-optimality", arithmetic="auto"):
    """Return one condition of a claim."""
    return check_of(instance, data, Request(arithmetic=arithmetic)).condition(name)


def mean(u, p):
    """Return M_p by its definition."""
    if p == "-inf":
        return float(np.min(u))
    if p == 0:
        return math.exp(float(np.mean(np.log(u))))
    return float(np.mean(np.asarray(u) ** p)) ** (1 / p)


def money_left(instance, beta, s):
    """Return b_i by its definition."""
    game = sharing_game(instance)
    costs = game.costs.value(np.asarray(s, dtype=float))
    n = game.size
    budgets = np.array([float(agent.budget or 0) for agent in instance.agents])
    others = (costs.sum() - costs) / (n - 1) if n > 1 else np.zeros(1)
    share = beta if n > 1 else 0.0
    return budgets - (1 - share) * costs - share * others


def utilities(instance, beta, s):
    return money_left(instance, beta, s) + sharing_game(instance).benefits(np.asarray(s))
