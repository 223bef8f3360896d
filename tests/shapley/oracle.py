"""Shapley values straight from the definition, and games to try them on."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np

from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse

FAMILIES = {
    "power": {"family": "power", "exponent": 0.7, "scale": 0.9, "ceiling": 0.95},
    "vector": {"family": "power", "weights": [1, 0.5, 2, 0.1, 0, 3], "exponent": 2.5},
    "matrix": {
        "family": "power",
        "weights": [
            [1, 0.5, 0, 1, 0.2, 0],
            [0.2, 1, 0.3, 0, 0, 0.1],
            [0, 0, 2, 1, 1, 1],
            [1, 1, 1, 1, 1, 1],
            [0, 0, 0, 0, 0.3, 0],
            [0.7, 0.1, 0, 0.2, 0, 1],
        ],
    },
    "groups": {
        "family": "power",
        "group_weights": {"x": {"x": 1, "y": 0.5}, "y": {"x": 0.1, "y": 1}},
    },
    "per-group": {
        "per_group": {
            "x": {"family": "power", "exponent": 0.3},
            "y": {"family": "power", "exponent": 1.5, "scale": 0.5},
        }
    },
    "coverage": {
        "family": "coverage",
        "distributions": [[0.2, 0.8], [0.5, 0.5], [0.1, 0.9], [0.3, 0.7], [0, 1], [0.6, 0.4]],
    },
    "union": {
        "family": "union",
        "curve": {"points": [[0, 0], [10, 0.5], [50, 0.8]]},
        "neighbours": [[0, 1], [1, 2, 5], [0, 1, 2], [0], [3, 4, 5], [1, 5]],
    },
    "linear": {"family": "linear", "weights": [[0.1, 0.2, 0.3, 0, 0.05, 0.4]] * 6},
    "pac": {"family": "pac", "complexity": 1, "ceiling": 0.95},
    "threshold": {"family": "threshold-power", "threshold": 27.3, "exponent": 0.3, "value": 0.8},
    "curve": {"family": "curve", "points": [[0, 0], [30, 0.6], [60, 0.7], [200, 0.9]]},
    "mixed": {"per_group": {"x": {"family": "power"}, "y": {"family": "pac", "complexity": 1}}},
}
ROUTES = {
    "power": "quadrature",
    "vector": "quadrature",
    "matrix": "quadrature",
    "groups": "quadrature",
    "per-group": "quadrature",
    "coverage": "coverage",
    "union": "coverage",
    "linear": "linear",
}
"""Families with a closed route; the others fall to enumeration when agents are few."""

CONTRIBUTIONS = np.array([3.0, 17.2, 0.5, 40.1, 8.3, 60.7])


def game_of(accuracy, agents=6, **more):
    """Return a game with agents in two groups and values 1, 2, 3, 1, 2, 3, ..."""
    if isinstance(agents, int):
        agents = [
            {"name": f"a{k}", "cost": 0.1, "value": 1 + k % 3, "group": "xy"[k % 2]}
            for k in range(agents)
        ]
    spec = FAMILIES[accuracy] if isinstance(accuracy, str) else accuracy
    return sharing_game(parse({"kind": "sharing", "agents": agents, "accuracy": spec, **more}))


def cooperative_values(payoff, n, index="shapley"):
    """Return Shapley (or Banzhaf) values of payoff(set of agents), in the payoff's number type."""
    values = []
    for agent in range(n):
        others = [k for k in range(n) if k != agent]
        total = 0
        for size in range(n):
            chance = (
                Fraction(1, 2 ** (n - 1))
                if index == "banzhaf"
                else Fraction(
                    math.factorial(size) * math.factorial(n - 1 - size), math.factorial(n)
                )
            )
            for coalition in itertools.combinations(others, size):
                gained = payoff({*coalition, agent}) - payoff(set(coalition))
                total += (chance if isinstance(gained, Fraction) else float(chance)) * gained
        values.append(total)
    return values


def game_values(game, s, index="shapley"):
    """Return the values of a sharing game by the definition, in doubles."""

    def payoff(coalition):
        inside = np.array([k in coalition for k in range(game.size)])
        return game.total_benefit(np.where(inside, s, 0.0))

    return np.array(cooperative_values(payoff, game.size, index))
