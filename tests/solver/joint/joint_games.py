"""Random games with a model to learn, and the plain formula of their utilities."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse

EXAMPLE1 = {
    "kind": "sharing",
    "agents": [
        {"name": "1", "cost": 0.04, "capacity": 5},
        {"name": "2", "cost": 0.02, "capacity": 5},
    ],
    "accuracy": {"family": "quadratic-fit", "target": [1, 2]},
}


def two_targets(platform=10, start=0.05):
    """Return the game of instances/papers/doshi2025/two-targets.yaml and a first model."""
    agents = [
        {"name": str(k), "cost": {"family": "quadratic", "rate": r, "curvature": c}, "capacity": 10}
        for k, (r, c) in enumerate([(0.004, 0.003), (0.002, 0.001)])
    ]
    accuracy = {"family": "quadratic-fit", "targets": [[0], [2]], "noise": 3}
    data = {
        "kind": "sharing",
        "agents": agents,
        "accuracy": accuracy,
        "platform_data": platform,
    }
    return sharing_game(parse(data)), np.array([1 + start])


def utilities(data, w, s, price=0.0):
    """Return u_i by the formula, from the instance's plain data: nothing of the package is used."""
    accuracy, n = data["accuracy"], len(data["agents"])
    targets = accuracy.get("targets") or [accuracy["target"]] * n
    curvature = accuracy.get("curvature") or [1] * len(targets[0])
    y = sum(s) + data.get("platform_data", 0)
    found = []
    for i, agent in enumerate(data["agents"]):
        missed = sum(a * (x - t) ** 2 for a, x, t in zip(curvature, w, targets[i], strict=True))
        missed += accuracy.get("noise", 0)
        cost = agent["cost"]
        if isinstance(cost, dict):
            cost = cost["rate"] * s[i] + cost["curvature"] * s[i] ** 2 / 2
        else:
            cost = cost * s[i]
        others = (sum(s) - s[i]) / (n - 1) if n > 1 else s[i]
        paid = price * (s[i] - others)
        value = accuracy.get("ceiling", 1) - missed / y
        found.append(agent.get("value", 1) * value - cost + paid)
    return np.array(found)


def mean_accuracy(data, w, s):
    """Return the mean of the accuracies by the formula."""
    free = [{**agent, "cost": 0, "value": 1} for agent in data["agents"]]
    return float(utilities({**data, "agents": free}, w, s).mean())


NOISES, PLATFORMS = st.sampled_from([0, 0.5, 2]), st.sampled_from([0, 1, 5])


@st.composite
def games(draw, noise=NOISES, platform=PLATFORMS):
    """Return plain data of a game with 2 to 4 agents and 1 to 3 parameters."""
    n, m = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    whole = st.integers(-3, 3)
    agents = [
        {
            "name": f"a{k}",
            "cost": {
                "family": "quadratic",
                "rate": draw(st.integers(1, 20)) / 100,
                "curvature": draw(st.integers(1, 20)) / 100,
            },
            "capacity": draw(st.integers(1, 8)),
            "value": draw(st.integers(1, 3)),
        }
        for k in range(n)
    ]
    accuracy = {
        "family": "quadratic-fit",
        "targets": [[draw(whole) for _ in range(m)] for _ in range(n)],
        "curvature": [draw(st.integers(1, 4)) / 2 for _ in range(m)],
        "noise": draw(noise),
    }
    return {
        "kind": "sharing",
        "agents": agents,
        "accuracy": accuracy,
        "platform_data": draw(platform),
    }
