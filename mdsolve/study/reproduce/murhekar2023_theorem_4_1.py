"""[M23] Theorem 4.1: whether the budget-balanced equilibrium at beta* maximises p-mean welfare.

For equal costs it does. For unequal costs the duals (24) of the proof are never all positive, while
(21) needs them to be. The program, its optimum and the duals are those of (19)-(25).
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from mdsolve.conditions import Condition
from mdsolve.instance import Instance, parse
from mdsolve.progress import Monitor
from mdsolve.solution import Solution
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.study.run import solve
from mdsolve.tolerance import DEFAULT

EQUAL, UNEQUAL = (1, 1, 1), (1, 1, 10)
MEANS: tuple[float | str, ...] = (1, 0.5, 0, -1, "-inf")
SWEEP = (1, 1.25, 1.5, 2, 2.5, 4, 5, 8, 10, 16, 20, 32, 40)
"""Costs of the third agent in the picture."""

DRAWS = 1000
"""Random cost vectors whose least dual is decided in exact fractions."""

MOST_AGENTS = 8
MOST_COST = 50


def consortium(costs: tuple[float, ...], value: float, budget: float) -> Instance:
    """Return agents with u_i = b_i + value c_i (1 - 1/(1 + S)), so that all of them tie."""
    agents = [
        {"name": name, "cost": cost, "value": value * cost, "budget": budget}
        for name, cost in zip("ABC", costs, strict=True)
    ]
    return parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})


def least_dual(costs: list[int]) -> int:
    """Return the sign of the least dual mu_i of (24), decided without rounding.

    mu_i has the sign of A/c_i - beta*/(n-1), so the least is that of the largest cost. beta* is the
    smaller root of f(b) = C b^2 - (A n (n-2) + C) b + A (n-1)^2, and b = (n-1) A / max c lies
    below it where f(b) > 0 and b is left of the vertex.

    Examples
    --------
    >>> least_dual([1, 1, 10]), least_dual([1, 3]), least_dual([2, 2, 2])
    (-1, 0, 1)
    """
    n = len(costs)
    a, c = 1 / sum((Fraction(1, x) for x in costs), Fraction(0)), Fraction(sum(costs))
    if len(set(costs)) == 1:
        return 1
    middle = a * n * (n - 2) + c
    b = (n - 1) * a / max(costs)
    value = c * b * b - middle * b + a * (n - 1) ** 2
    if value == 0 and 2 * c * b <= middle:
        return 0
    return -1 if value > 0 and 2 * c * b <= middle else 1


def dual_share(costs: tuple[int, ...], beta: Fraction) -> Fraction:
    """Return mu_n / T of (24) for the last agent.

    Examples
    --------
    >>> dual_share((1, 1, 10), Fraction(1, 6))
    Fraction(-1, 21)
    """
    n = len(costs)
    a = 1 / sum((Fraction(1, x) for x in costs), Fraction(0))
    return (a / costs[-1] - beta / (n - 1)) / (1 - beta * Fraction(n, n - 1))


def condition(solution: Solution, name: str) -> Condition:
    """Return a condition of a certified solution."""
    assert solution.certificate is not None
    return solution.certificate.condition(name)


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Compare equilibria with the planner's optimum, and decide the sign of the least dual."""
    rows = [
        *_equal_rows(monitor),
        *_unequal_rows(monitor),
        _dual_row(np.random.default_rng(seed)),
    ]
    notes = (
        "The proof chooses mu by (24) and gamma by (25) and checks (20), (22) and (23). By (21) "
        "mu_i - gamma_i is the weight of agent i's money in the mean, so mu_i must be positive; "
        "(24) denies that to the agent with the largest cost.",
        "All agents tie in these games, so every split of the total is an equilibrium. The best "
        "split for the average is compared too: the theorem speaks of any equilibrium.",
        "With beta = 1 - 1/n and identical agents the equilibrium does maximise every p-mean.",
    )
    source = "Theorem 4.1 of [M23]; the examples are not in the paper"
    series = _sweep(monitor)
    return Reproduction(ITEM.name, ITEM.title, source, tuple(rows), notes, series)


def _equal_rows(monitor: Monitor) -> list[Row]:
    game = consortium(EQUAL, 4, 10)
    found = solve(game, "budget-balanced", monitor=monitor)
    kkt = condition(found, "welfare-kkt")
    total = found.metrics["total_data"]
    rows = [
        Row(
            "costs (1, 1, 1), q = 4, B = 10: total at the equilibrium",
            "",
            total,
            abs(total - (math.sqrt(12) - 1)) <= DEFAULT.verify * total,
            note=f"beta* = {found.beta:.6g}; 4/(1 + S)^2 = 1/3 gives S = sqrt(12) - 1",
        )
    ]
    utilities = np.asarray(found.utilities)
    gaps = []
    for p in MEANS:
        optimum = solve(game, "welfare", options={"p": p}, monitor=monitor)
        # The agents are alike: every p-mean of their equal utilities is that utility.
        gaps.append(abs(optimum.objective - float(utilities[0])))
    alike = float(np.ptp(utilities))
    rows.append(
        Row(
            "the equilibrium maximises the p-mean, p = " + ", ".join(map(str, MEANS)),
            "yes",
            f"{utilities[0]:.6f} each; the proved optima differ by {max(gaps):.1e}",
            max(*gaps, alike) <= DEFAULT.verify * float(utilities[0]) and kkt.verdict == "pass",
            note=kkt.detail,
        )
    )
    return rows


def _unequal_rows(monitor: Monitor) -> list[Row]:
    game = consortium(UNEQUAL, 10, 40)
    found = solve(game, "budget-balanced", monitor=monitor)
    planned = solve(game, "welfare", monitor=monitor)
    kkt = condition(found, "welfare-kkt")
    reached, optimum = found.metrics["p_mean"]["1"], planned.objective
    share = dual_share(UNEQUAL, Fraction(1, 6))
    assert kkt.witness is not None
    return [
        Row(
            "costs (1, 1, 10), q = 10 c, B = 40: beta*",
            "",
            found.beta,
            abs(6 * found.beta - 1) <= DEFAULT.solve,
            note="1/6: the discriminant of (14) is a square",
        ),
        Row("total at the equilibrium", "", found.metrics["total_data"]),
        Row(
            "the equilibrium maximises average utility",
            "yes",
            f"{reached:.6f} with an even split, {best_split(found):.6f} with the best one; "
            f"a planner reaches {optimum:.6f}",
            max(reached, best_split(found)) >= optimum * (1 - DEFAULT.verify),
            note=f"the optimum is proved with gap {max(planned.gap, 0.0):.0e}",
        ),
        Row(
            "all duals of (24) are positive, as (21) needs",
            "yes",
            f"mu_C / T = {share}",
            share > 0,
            note=f"{kkt.detail}; A/c_C = 1/21 and beta*/(n - 1) = 1/12",
        ),
    ]


def best_split(found: Solution) -> float:
    """Return the largest average utility among equilibria with the same total.

    All agents tie, so any split is an equilibrium; data from the cheapest agents cost least.
    """
    total = float(found.metrics["total_data"])
    contributions = np.asarray(found.contributions)
    rates = np.array(UNEQUAL, dtype=float)
    saved = float(rates @ contributions) - float(rates.min()) * total
    return float(found.metrics["p_mean"]["1"]) + saved / len(rates)


def _dual_row(random: np.random.Generator) -> Row:
    signs: list[tuple[int, bool]] = []
    while len(signs) < DRAWS:
        n = int(random.integers(2, MOST_AGENTS + 1))
        costs = [int(x) for x in random.integers(1, MOST_COST + 1, n)]
        if len(set(costs)) > 1:
            signs.append((least_dual(costs), costs.count(max(costs)) == n - 1))
    negative = sum(sign < 0 for sign, _ in signs)
    zero = sum(sign == 0 and single for sign, single in signs)
    return Row(
        f"all duals of (24) are positive, 2 to {MOST_AGENTS} agents with unequal costs",
        "yes",
        f"the least is negative in {negative} games and 0 in {zero}, of {DRAWS}",
        negative + zero < DRAWS,
        note=f"random whole costs up to {MOST_COST}, in exact fractions; 0 where all agents but "
        "one have the largest cost",
    )


def _sweep(monitor: Monitor) -> dict[str, list[float]]:
    """Return the average utility at the equilibrium and at the optimum against one cost."""
    series: dict[str, list[float]] = {"cost": [], "equilibrium": [], "optimum": [], "dual": []}
    for step, cost in enumerate(SWEEP):
        game = consortium((1, 1, cost), 10, 40)
        found = solve(game, "budget-balanced", monitor=monitor)
        witness = condition(found, "welfare-kkt").witness
        assert witness is not None
        series["cost"].append(cost)
        series["equilibrium"].append(found.metrics["p_mean"]["1"])
        series["optimum"].append(solve(game, "welfare", monitor=monitor).objective)
        series["dual"].append(witness["mu_share"])
        monitor.advance("costs", step + 1, len(SWEEP))
    return series


ITEM = Item("murhekar2023/theorem-4-1", "Where equilibria maximise welfare", recompute)
