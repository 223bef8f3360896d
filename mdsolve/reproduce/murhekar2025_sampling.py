"""[M25] (27): best-response dynamics along sampled Shapley slopes, beside those along exact ones.

With predecessors P of agent i in random orders of the agents, the slope of agent i's share in the
total payoff A = sum_k a_k is estimated by the mean of dA/ds_i at s[P + i]. The paper draws 102
orders anew in every step of its thirty agents; a bound of Hoeffding's kind asks for
2n/eps^2 ln(2n/delta) orders for an error of eps with probability 1 - delta.
"""

from __future__ import annotations

import math

import numpy as np

from mdsolve.reproduce.murhekar2025_images import (
    DYNAMICS,
    GROUPS,
    PER_GROUP,
    STEP_SIZE,
    STEPS,
    drawn,
    draws,
    simulated,
)
from mdsolve.reproduce.record import ITEMS, Floats, Recomputation

ORDERS, CONFIDENCE, REPEATS = 102, 0.05, 3
NEAR = 0.01  # relative, within which shares of data count as the same


def sampled_slopes(weights: Floats, s: Floats, orders: int, random: np.random.Generator) -> Floats:
    """Return estimated slopes d phi_i / d s_i.

    Parameters
    ----------
    weights : (groups, n)
        Weight of each agent's data for the agents of each group, all groups equally large.
    """
    way = np.argsort(random.random((orders, len(s))), axis=1)
    rates = weights[:, way]
    steep = (rates / (1 + np.cumsum(rates * s[way], axis=2)) ** 2).sum(axis=0)
    found = np.zeros_like(steep)
    np.put_along_axis(found, way, steep, axis=1)
    return np.asarray(PER_GROUP * found.mean(axis=0))


def sampled_run(weights: Floats, costs: Floats, top: Floats, seed: int, start: float) -> Floats:
    """Return the contributions after the paper's number of steps, orders drawn in each."""
    random, s = np.random.default_rng(seed), np.full(len(top), start)
    for _ in range(STEPS):
        slopes = sampled_slopes(weights, s, ORDERS, random)
        s = np.clip(s + STEP_SIZE * (slopes - costs), 0, top)
    return s


def sampling(run: Recomputation) -> None:
    """Follow sampled and exact slopes from the same start, on the three image data sets."""
    printed = ITEMS["murhekar2025/table1"].printed
    how = "all move"
    _, start, cap, _, _ = DYNAMICS[how]
    for number, name in enumerate(run.each("data sets", printed)):
        game = drawn(printed[name], run.random(number, 0))
        weights = np.repeat(np.array(printed[name]["weights"], float), PER_GROUP, axis=1)
        costs, batches = draws(printed[name], run.random(number, 0))
        ends = np.array(batches, dtype=np.float64)
        top = ends if cap is None else np.minimum(ends, cap)
        exact = np.asarray(simulated(game, "shapley", how, 0).contributions)
        drawn_runs = [sampled_run(weights, costs, top, run.seed + k, start) for k in range(REPEATS)]
        shares = 100 * np.array([s.sum() / ends.sum() for s in drawn_runs])
        share = 100 * exact.sum() / ends.sum()
        near = bool(np.all(np.abs(shares - share) <= NEAR * share))
        most = max(float(np.abs(s - exact).max()) for s in drawn_runs)
        run.say("share", share, near, name=name, shares=shares, most=most)
        random, middle = run.random(number, 1), exact / 2
        slopes = [sampled_slopes(weights, middle, ORDERS, random) for _ in range(100)]
        spread = np.std(slopes, axis=0) / np.mean(slopes, axis=0)
        run.say("slopes", float(spread.max()), name=name)
    n = len(GROUPS) * PER_GROUP
    promised = math.sqrt(2 * n / ORDERS * math.log(2 * n / CONFIDENCE))
    run.say("bound", promised, agents=n, delta=CONFIDENCE)
