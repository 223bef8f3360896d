"""[M25] Table 1 and Appendix E: the image data sets, their fitted weights and printed results.

Accuracies are those fitted in the paper, a_i = 1 - 1/(1 + sum_j w_ij s_j) with weights by group;
costs per batch are drawn from U[0, 0.001], capacities from the stated numbers of batches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import parse
from mdsolve.instance.sharing import SharingInstance

GROUPS, PER_GROUP = 3, 10
AGENTS = GROUPS * PER_GROUP
LARGEST_COST = 0.001
"""Costs per batch are uniform up to here, in accuracy."""


@dataclass(frozen=True)
class Dynamics:
    """How the iterates are made.

    Parameters
    ----------
    movers : int
        Agents that move in one step.
    start : float
        Everybody's first contribution, in batches.
    cap : float
        Largest contribution, in batches, beside the capacities.
    beta : str
        Rate of the budget-balanced mechanism.
    words : str
        The same for reading.
    """

    movers: int
    start: float
    cap: float
    beta: str
    words: str


DESCRIBED = Dynamics(
    10, 1.0, math.inf, "optimal", "as described: 10 of 30 agents move per step, beta*"
)
ALL_MOVE = Dynamics(
    AGENTS, 0.0, 100.0, "full", "all agents move, from 0, up to 100 batches, beta = 1 - 1/n"
)
SOME_MOVE = Dynamics(
    10, 1.0, math.inf, "full", "10 of 30 agents move per step, from 1, beta = 1 - 1/n"
)


@dataclass(frozen=True)
class DataSet:
    """One data set of the table.

    Parameters
    ----------
    weights : rows of numbers
        w_gh of the groups, per batch (Appendix E).
    batches : (int, int)
        Least and largest number of batches of an agent.
    share, gain, fairness : (str, str, str)
        Printed data shares in per cent, data gains, reciprocities, by mechanism.
    closest : Dynamics
        The dynamics whose iterates come closest to the printed shares.
    """

    weights: tuple[tuple[float, ...], ...]
    batches: tuple[int, int]
    share: tuple[str, ...]
    gain: tuple[str, ...]
    fairness: tuple[str, ...]
    closest: Dynamics


DATA_SETS = {
    "MNIST": DataSet(
        ((0.0031, 0.00047, 0.00044), (0.00067, 0.0019, 0.00065), (0.00093, 0.00083, 0.0021)),
        (175, 191),
        ("5.8", "7.6", "54.9"),
        ("1.00", "1.32", "9.51"),
        ("0.61", "0.70", "1.00"),
        ALL_MOVE,
    ),
    "FashionMNIST": DataSet(
        ((0.0013, 0.00031, 0.00057), (0.0001, 0.0015, 0.00026), (0.00049, 0.00044, 0.0016)),
        (173, 192),
        ("4.1", "6.2", "54.8"),
        ("1.00", "1.51", "13.43"),
        ("0.47", "0.75", "1.00"),
        ALL_MOVE,
    ),
    "CIFAR-10": DataSet(
        ((0.0058, 0.0014, 0.00079), (0.0025, 0.0061, 0.00074), (0.0042, 0.003, 0.0018)),
        (27, 27),
        ("25.6", "28.9", "99.6"),
        ("1.00", "1.13", "3.89"),
        ("0.50", "0.57", "1.00"),
        SOME_MOVE,
    ),
}


def drawn_game(data: DataSet, random: np.random.Generator) -> SharingGame:
    """Return the game of a data set with drawn costs and capacities."""
    costs = random.uniform(0, LARGEST_COST, AGENTS)
    batches = random.integers(*data.batches, AGENTS, endpoint=True)
    names = [f"group {g + 1}" for g in range(GROUPS)]
    agents = [
        {"name": str(k), "cost": float(c), "capacity": int(b), "group": names[k // PER_GROUP]}
        for k, (c, b) in enumerate(zip(costs, batches, strict=True))
    ]
    table = {
        name: dict(zip(names, row, strict=True))
        for name, row in zip(names, data.weights, strict=True)
    }
    accuracy = {"family": "power", "group_weights": table}
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    assert isinstance(instance, SharingInstance)
    return sharing_game(instance)
