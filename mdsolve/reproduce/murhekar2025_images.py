"""[M25] Table 1: thirty agents on three image data sets, at equilibrium and after 1000 steps.

Accuracies are those fitted in the paper (Appendix E), a_i = 1 - 1/(1 + sum_j w_ij s_j) with weights
per batch by group; costs per batch are drawn from U[0, 0.001], capacities from the stated numbers
of batches. The paper's contributions are the last of 1000 steps of best-response dynamics with step
size 10. They are not equilibria; both are computed here, with what an agent still gains by
deviating.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.reproduce.record import Floats, Recomputation, sharing

GROUPS, PER_GROUP = 3, 10
AGENTS = GROUPS * PER_GROUP
LARGEST_COST = 0.001
"""Costs per batch are uniform up to here, in accuracy."""

MECHANISMS = ("none", "budget-balanced", "shapley")
STEPS, STEP_SIZE = 1000, 10.0
DRAWS = 40
"""Random costs and capacities at whose equilibria the averages are taken."""

SIMULATED_DRAWS = 6
"""The first so many of them are simulated too; the paper averages over 3."""

CLOSE = 0.1
"""Numbers agree with printed ones where each is within a tenth of it."""

Dynamics = tuple[int, float, float | None, str, str]
DYNAMICS: dict[str, Dynamics] = {
    "described": (10, 1.0, None, "optimal", "as described: 10 of 30 agents move per step, beta*"),
    "all move": (30, 0.0, 100, "full", "all agents move, from 0, up to 100 batches, beta = 1 - 1/n"),
    "some move": (10, 1.0, None, "full", "10 of 30 agents move per step, from 1, beta = 1 - 1/n"),
}
"""Agents that move in a step, first and largest contributions in batches, the rate, in words."""


def drawn(data: Mapping[str, Any], random: np.random.Generator) -> md.SharingInstance:
    """Return the game of a data set with drawn costs and capacities."""
    costs = random.uniform(0, LARGEST_COST, AGENTS)
    batches = random.integers(*map(int, data["batches"]), AGENTS, endpoint=True).tolist()
    names = [f"group {g + 1}" for g in range(GROUPS)]
    table = {
        name: dict(zip(names, map(float, row), strict=True))
        for name, row in zip(names, data["weights"], strict=True)
    }
    groups = np.repeat(names, PER_GROUP).tolist()
    accuracy = {"family": "power", "group_weights": table}
    return sharing(accuracy, costs, capacity=batches, group=groups)


def equilibrium(game: md.SharingInstance, name: str, beta: str | None = None) -> md.Solution:
    """Return the mechanism's equilibrium, with beta* or another rate."""
    return md.solve(game, name, options={} if beta is None else {"beta": beta})


def simulated(game: md.SharingInstance, name: str, how: str, seed: int) -> md.Solution:
    """Return the last iterate of the dynamics."""
    movers, start, cap, beta, _ = DYNAMICS[how]
    return md.simulate(
        game,
        name,
        options={"beta": beta} if name == "budget-balanced" else {},
        step_size=STEP_SIZE,
        steps=STEPS,
        agents_per_step=movers,
        start=start,
        cap=cap,
        seed=seed,
    )


def figures(cells: Sequence[Sequence[md.Solution]]) -> dict[str, Floats]:
    """Return shares in per cent, gains, reciprocities and regrets, shape (draws, mechanisms)."""

    def of(key: str) -> Floats:
        return np.array([[solution.metrics[key] for solution in row] for row in cells])

    totals = of("total_data")
    return {
        "share": 100 * of("data_share"),
        "gain": totals / totals[:, :1],
        "reciprocity": of("reciprocity"),
        "regret": np.array([[solution.regret for solution in row] for row in cells]),
    }


def table1(run: Recomputation) -> None:
    """Recompute data shares, data gains and reciprocities of the three image data sets."""
    for number, (name, data) in enumerate(run.item.printed.items()):
        games = [drawn(data, run.random(number, draw)) for draw in range(DRAWS)]
        exact = [[equilibrium(g, m) for m in MECHANISMS] for g in run.each(f"{name} games", games)]
        full = [equilibrium(game, "budget-balanced", "full") for game in games]
        steps = {
            how: figures(
                [
                    [simulated(game, m, how, draw) for m in MECHANISMS]
                    for draw, game in run.each(how, enumerate(games[:SIMULATED_DRAWS]))
                ]
            )
            for how in ("described", data["closest"])
        }
        _say_figures(run, name, figures(exact), steps, full)
    run.words |= {"draws": DRAWS, "simulated": SIMULATED_DRAWS}


def _say_figures(
    run: Recomputation,
    name: str,
    exact: Mapping[str, Floats],
    steps: Mapping[str, Mapping[str, Floats]],
    full: Sequence[md.Solution],
) -> None:
    """Say what holds of one data set at the equilibria and after the steps."""
    data, shares = run.item.printed[name], exact["share"]
    mean = {key: table.mean(axis=0) for key, table in exact.items()}
    run.say(
        "equilibrium",
        mean["share"],
        _close(mean["share"], data["share"]),
        name=name,
        printed=data["share"],
        errors=shares.std(axis=0, ddof=1) / math.sqrt(len(shares)),
        regret=exact["regret"].max(),
        full=100 * float(np.mean([solution.metrics["data_share"] for solution in full])),
    )
    after: dict[str, Floats] = {}
    words = {"name": name, "steps": STEPS}
    for how, found in steps.items():
        after = {key: table.mean(axis=0) for key, table in found.items()}
        words |= {"words": DYNAMICS[how][-1], "printed": data["share"]}
        agrees = _close(after["share"], data["share"])
        run.say("steps", after["share"], agrees, regret=after["regret"], **words)
    for key, quantity in (("gain", "data gain"), ("reciprocity", "reciprocity")):
        words |= {"quantity": quantity, "printed": data[key], "after": after[key]}
        run.say("figures", mean[key], _close(mean[key], data[key]), **words)
    run.series[name] = {
        "mechanisms": list(MECHANISMS),
        "published": [float(text) for text in data["share"].split(" / ")],
        "simulated": after["share"].tolist(),
        "equilibrium": mean["share"].tolist(),
    }


def _close(values: Floats, published: str) -> bool:
    printed = np.array([float(text) for text in published.split(" / ")])
    return bool(np.all(np.abs(values - printed) <= CLOSE * printed))
