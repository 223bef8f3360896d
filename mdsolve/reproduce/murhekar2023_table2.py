"""[M23] Table 2: p-mean welfare of FedAvg, FedBR and FedBR-BG, on digits or a folder of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mdsolve.game.p_mean import p_mean
from mdsolve.reproduce.record import Floats, Recomputation
from mdsolve.reproduce.training_runs import Setting, setting_on

EXPONENTS = (0.2, 0.4, 0.6, 0.8, 1.0)
METHODS = ("fedavg", "fedbr", "fedbr-bg")
AGENTS = 12
"""Fewest agents with whom the printed numbers can be p-means; the paper's number is not known."""

COSTS = (0.0005, 0.001, 0.002, 0.004)
"""Accuracy per example. At the paper's 0.005 even the planner wants few of the digits."""

BASE_COST = COSTS[1]
DRAWS = 5
COMMON = {"aggregation": "weighted", "learning_rate": 0.5, "rounds": 30}
MOVES = {"step_size": 5000, "difference": 12}


def fewest_agents(printed: Sequence[str]) -> int:
    """Return the least n for which printed sums (sum u^p)^(1/p) can come from n utilities.

    The normalised mean n^(-1/p) W_p grows with p, so that n >= (W_p / W_q)^(1 / (1/p - 1/q)) for
    all p < q.
    """
    sums = zip(EXPONENTS, map(float, printed), strict=True)
    bounds = [(low / high) ** (1 / (1 / p - 1 / q)) for (p, low), (q, high) in pairwise(sums)]
    return math.ceil(max(bounds))


def utilities(setting: Setting, name: str, cost: float, seed: int) -> tuple[Floats, Floats]:
    """Return utilities of the last round and averaged over all rounds, shape (agents,) each."""
    keys = {"name": name, **({} if name == "fedavg" else MOVES)}
    solution = setting.run({"cost": [cost] * AGENTS}, keys, seed)
    table = np.asarray(solution.history["utilities"])
    return table[-1], table.mean(axis=0)


def table2(run: Recomputation) -> None:
    """Recompute the table, and averages of utilities at other costs."""
    setting, printed = setting_on(run.data, COMMON), run.item.printed
    cells = [(name, cost) for cost in COSTS for name in METHODS]
    found = {
        cell: [utilities(setting, *cell, run.seed + draw) for draw in range(DRAWS)]
        for cell in run.each("settings", cells)
    }

    def mean(name: str, cost: float, p: float, part: int) -> float:
        """Return the p-mean in the last round (part 0) or of averages over rounds (1)."""
        return float(np.mean([p_mean(pair[part], p) for pair in found[name, cost]]))

    run.say("agents", least=[fewest_agents(printed[name]) for name in METHODS])
    for column, p in enumerate(EXPONENTS):
        means = [mean(name, BASE_COST, p, 0) for name in METHODS]
        note = f"cost {BASE_COST:g} per example, last round" if column == 0 else ""
        words = {"p": f"{p:g}", "printed": [printed[name][column] for name in METHODS], "note": note}
        run.say("means", agrees=means[0] < means[1] < means[2], means=means, **words)
    for part, words in enumerate(("in the last round", "averaged over the rounds")):
        for cost in COSTS:
            means = [mean(name, cost, 1.0, part) for name in METHODS]
            agrees = means[0] < means[1] < means[2]
            run.say("cost", agrees=agrees, cost=cost, when=words, means=means)
    run.words |= {"data": run.data, "agents": AGENTS, "draws": DRAWS}
    run.series |= {
        "exponents": list(EXPONENTS),
        "means": {m: [mean(m, BASE_COST, p, 0) for p in EXPONENTS] for m in METHODS},
        "costs": list(COSTS),
        "welfare": {m: [mean(m, cost, 1.0, 0) for cost in COSTS] for m in METHODS},
        "welfare, all rounds": {m: [mean(m, cost, 1.0, 1) for cost in COSTS] for m in METHODS},
    }
