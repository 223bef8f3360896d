"""[D25] Figure 2: what agents with unequal data are paid, and their utilities, under 2P-UPBReD."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.reproduce.record import BUNDLED, Recomputation
from mdsolve.reproduce.training_runs import training

AGENTS, RUNS, ROUNDS = 10, 5, 20
ALPHA = 1.0
VALUE = 100.0
BETA = 2.0
MOVES = {"step_size": 20, "difference": 8}
EVEN = 10.0**-9  # of the largest payment, by which rounding may disturb an order


def unequal_run(name: str, seed: int, **keys: Any) -> md.Solution:
    """Return a run of a protocol whose agents hold unequal parts of the digits."""
    costs = np.random.default_rng(seed).uniform(0, 1, AGENTS)
    protocol = {"name": name, "rounds": ROUNDS, "unit": "samples", "payoff": "loss", **keys}
    return md.train(
        training(
            Path.cwd(),
            name=name,
            data={"source": BUNDLED},
            partition={"scheme": "dirichlet", "alpha": ALPHA},
            model={"family": "linear"},
            agents={"cost": costs.tolist(), "value": [VALUE] * AGENTS},
            protocol=protocol,
            seed=seed,
        )
    )


def seconds(solution: md.Solution) -> float:
    """Return how long the protocol ran."""
    assert solution.provenance is not None
    return float(solution.provenance.seconds["solve"])


def figure2(run: Recomputation) -> None:
    """Run the two protocols, and set payments and utilities against contributions."""
    paid, free = [], []
    for draw in run.each("runs", range(RUNS)):
        paid.append(unequal_run("2p-upbred", run.seed + draw, beta=BETA, **MOVES))
        free.append(unequal_run("fedavg", run.seed + draw))
    brought = np.array([solution.contributions for solution in paid])
    money = np.array([solution.payments for solution in paid])
    order = np.argsort(brought, axis=1)
    climbs = np.diff(np.take_along_axis(money, order, axis=1), axis=1)
    run.say("payments", agrees=bool((climbs >= -EVEN * np.abs(money).max()).all()))
    above = brought > brought.mean(axis=1, keepdims=True)
    run.say("split", agrees=bool(((money > 0) == above).all()))
    gained = np.array([solution.utilities for solution in paid])
    x, y = brought.ravel(), gained.ravel()
    spread = float((y - np.polyval(np.polyfit(x, y, 1), x)).std())
    run.say("utilities", spread, spread > 0)
    longer = sum(map(seconds, paid)) / sum(map(seconds, free))
    rounds = [len(solution.history["rounds"]) - ROUNDS for solution in paid]
    run.say("time", longer, choosing=float(np.mean(rounds)))
    run.series |= {
        "contributions": x.tolist(),
        "payments": money.ravel().tolist(),
        "utilities": y.tolist(),
    }
