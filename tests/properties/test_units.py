"""The unit of money and the unit of data change no answer: solve, rescale, solve again, compare."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.context import Context
from mdsolve.game.build import market_game
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.side_constraints import parse_side_constraints
from mdsolve.mechanism.registry import mechanisms
from mdsolve.progress import Monitor
from mdsolve.solver.market.existence import least_revenue
from mdsolve.solver.market.payment_program import payment_program
from mdsolve.solver.market.routes import maximal_payments
from mdsolve.status import Termination

CLOSE = 1e-6
"""Relative: an answer is as far from itself in other units as rounding in between leaves it."""

MONEY = st.sampled_from([1e-12, 1e-6, 3e-4, 7.0, 1e5, 1e12])
DATA = st.sampled_from([1e-6, 1e-3, 0.3, 11.0, 1e4, 1e6])

PRICE = "a price per sample"

PLAYED = [
    ("none", {}, ("power", "weighted", "grouped", "curve", "threshold-power", "linear", "union")),
    ("budget-balanced", {"beta": 0.3}, ("power", "weighted", "grouped", "curve", "union")),
    ("budget-balanced", {"beta": "full"}, ("power", "threshold-power")),
    ("contribution-transfer", {"beta": PRICE}, ("power", "weighted", "curve")),
    (
        "shapley",
        {"index": "shapley", "weights": None, "share": 1},
        ("power", "weighted", "linear", "curve", "union", "threshold-power"),
    ),
    ("welfare", {"p": 1.0, "beta": 0.3, "route": "interior-point"}, ("power", "common", "curve")),
    ("value-shaping", {"select": "most-data"}, ("threshold-power", "curve")),
]
REWARDED = [
    ("proportional-data", {"p": 0.7, "select": "most-data"}),
    ("proportional-value", {"p": 1.0, "select": "best-utility"}),
    ("proportional-shapley", {"p": 0.5, "select": "least-data"}),
]
BUDGETED = [
    ("none", {}, ("power", "weighted", "curve", "threshold-power")),
    ("budget-balanced", {"beta": 0.3}, ("power", "weighted", "curve")),
    ("budget-balanced", {"beta": "full"}, ("power",)),
    ("contribution-transfer", {"beta": PRICE}, ("power",)),
    ("shapley", {"index": "shapley", "weights": None, "share": 1}, ("power", "weighted")),
    ("welfare", {"p": 0.0, "beta": 0.3, "route": "interior-point"}, ("power", "curve")),
    ("welfare", {"p": -2.0, "beta": "full", "route": "interior-point"}, ("power",)),
    ("welfare", {"p": "-inf", "beta": 0.2, "route": "interior-point"}, ("power",)),
]
CASES = [(*case[:2], family, False) for case in PLAYED for family in case[2]]
CASES += [(*case[:2], family, True) for case in BUDGETED for family in case[2]]


def accuracy(family, n, data, rng):
    """Return a family whose amounts of data are counted in a unit `data` times as small."""
    if family in ("power", "common", "weighted"):
        rows = rng.uniform(0.3, 1, (n, n)) if family == "weighted" else np.ones(n)
        rows = rng.uniform(0.5, 2, n) if family == "common" else rows
        rows = rows + np.eye(n) if family == "weighted" else rows
        return {"family": "power", "exponent": 0.8, "weights": (rows / data).tolist()}
    if family == "grouped":
        table = {"g0": {"g0": 1.2 / data, "g1": 0.4 / data}}
        table["g1"] = {"g0": 0.3 / data, "g1": 0.9 / data}
        return {"family": "power", "group_weights": table}
    if family == "linear":
        return {"family": "linear", "weights": (rng.uniform(0.01, 0.05, (n, n)) / data).tolist()}
    if family == "threshold-power":
        return {"family": family, "threshold": 2 * data, "exponent": 0.7, "value": 1}
    points = [[0, 0], [1.5, 0.3], [4, 0.6], [11, 0.8], [30, 0.9]]
    points = [[x * data, y] for x, y in points]
    if family == "curve":
        return {"family": family, "points": points}
    neighbours = [[i, (i + 1) % n] for i in range(n)]
    return {"family": "union", "curve": {"points": points}, "neighbours": neighbours}


def agents(family, n, money, data, rng, budgets):
    """Return agents with costs of all families, counted in money and data of other sizes."""
    straight = family in ("threshold-power", "union", "linear")
    found = []
    for k in range(n):
        rate = rng.uniform(0.02, 0.2)
        kind = 0 if straight else int(rng.integers(0, 4))
        bend = rng.uniform(0.01, 0.1)
        rate_of = {"family": "linear", "rate": rate * money / data}
        bent = {
            "family": "quadratic",
            "rate": rate * money / data,
            "curvature": bend * money / data**2,
        }
        steep = {"family": "power", "rate": rate * money / data**1.5, "exponent": 1.5}
        points = [[0, 0], [2 * data, 2 * rate * money], [6 * data, 12 * rate * money]]
        kinked = {"family": "piecewise-linear", "points": points}
        agent = {"name": f"a{k}", "cost": [rate_of, bent, steep, kinked][kind]}
        if family == "linear":
            agent["cost"] = bent
        agent["value"] = rng.uniform(0.5, 3) * money
        if family == "union" or rng.random() < 0.3:
            agent["capacity"] = rng.uniform(5, 20) * data
        if family == "grouped":
            agent["group"] = f"g{k % 2}"
        if budgets:
            agent["budget"] = rng.uniform(0.2, 1.5) * money
        found.append(agent)
    return found


def game_of(family, n, seed, money, data, budgets, linear=False):
    rng = np.random.default_rng(seed)
    listed = agents(family, n, money, data, rng, budgets)
    if linear:
        for agent in listed:
            agent["cost"] = rng.uniform(0.02, 0.1) * money / data
    tree = {"kind": "sharing", "agents": listed, "accuracy": accuracy(family, n, data, rng)}
    return sharing_game(md.parse(tree))


def options_in(options, money, data):
    return {
        key: 0.015 * money / data if entry == PRICE else entry for key, entry in options.items()
    }


def solved(name, options, family, n, seed, money, data, budgets):
    game = game_of(
        family, n, seed, money, data, budgets, linear="shaping" in name or "prop" in name
    )
    found = mechanisms("sharing")[name].outcome(game, options_in(options, money, data), Context())
    return game, found


def kinds(outcome):
    known = outcome.equilibria
    return None if known is None else (known.uniqueness, len(known.totals))


def close(mine, theirs, scale):
    np.testing.assert_allclose(mine / scale, theirs / scale, rtol=0, atol=CLOSE)


@pytest.mark.parametrize(("name", "options", "family", "budgets"), CASES)
@settings(max_examples=2)
@given(seed=st.integers(0, 10**6), money=MONEY, data=DATA, n=st.integers(2, 3))
def test_sharing_rules(name, options, family, budgets, seed, money, data, n):
    compared(name, options, family, budgets, seed, money, data, n)


@pytest.mark.parametrize(("name", "options"), REWARDED)
@settings(max_examples=1)
@given(seed=st.integers(0, 10**6), money=MONEY, data=DATA)
def test_rules_that_reward_contributions(name, options, seed, money, data):
    compared(name, options, "threshold-power", False, seed, money, data, 2)


def compared(name, options, family, budgets, seed, money, data, n):
    game, found = solved(name, options, family, n, seed, 1.0, 1.0, budgets)
    _, again = solved(name, options, family, n, seed, money, data, budgets)
    assert again.termination is found.termination
    assert kinds(again) == kinds(found)
    if found.termination is not Termination.SOLVED:
        return
    s, t = found.contributions, again.contributions / data
    close(t, s, max(1e-9, float(s.max())))
    stake = float((game.value + game.costs.value(s)).max())
    close(again.payments / money, found.payments, stake)
    if found.received is not None:
        close(again.received, found.received, 1.0)


@settings(max_examples=3)
@given(seed=st.integers(0, 10**6), money=MONEY, data=DATA)
@pytest.mark.parametrize("family", ["curve", "threshold-power"])
@pytest.mark.parametrize("beliefs", ["bayes", "mean-field", "ex-post"])
def test_private_contracts(beliefs, family, seed, money, data):
    def outcome(money, data):
        rng = np.random.default_rng(seed)
        low = rng.uniform(0.01, 0.1)
        prior = {
            "low": low * money / data,
            "high": low * rng.uniform(1.02, 2) * money / data,
            "probability_low": float(rng.uniform(0.1, 0.9)),
        }
        listed = [{"name": "a{}", "count": 2, "prior": prior, "value": rng.uniform(0.5, 2) * money}]
        tree = {"kind": "sharing", "agents": listed, "accuracy": accuracy(family, 2, data, rng)}
        rule = mechanisms("sharing")["value-shaping-private"]
        options = {"beliefs": beliefs, "rule": "exact"}
        return rule.outcome(sharing_game(md.parse(tree)), options, Context())

    found, again = outcome(1.0, 1.0), outcome(money, data)
    assert again.termination is found.termination
    scale = max(1e-9, float(found.contributions.max()))
    for key in ("low", "high"):
        close(again.details[key] / data, found.details[key], scale)
    close(again.details["utilities"] / money, found.details["utilities"], 1.0)


VALUATIONS = {
    "growth": {"family": "growth", "exponent": -0.8},
    "tie": {"family": "growth", "exponent": -1},
    "linear": {"family": "linear", "matrix": [[2, -1], ["-1/2", 1]]},
}


@settings(max_examples=6)
@pytest.mark.parametrize("name", VALUATIONS)
@given(money=MONEY, top=st.integers(2, 7))
def test_markets(name, money, top):
    def market(scale):
        valuation = {**VALUATIONS[name], "scale": repr(scale)}
        tree = {"kind": "market", "agents": 2, "types": {"from": 1, "to": top}}
        return market_game(md.parse({**tree, "valuation": valuation}))

    here, there = market(1.0), market(money)
    mine, theirs = maximal_payments(here).payments, maximal_payments(there).payments
    scale = float(np.abs(mine).max())
    close(theirs / money, mine, scale)
    least, again = least_revenue(here, mine, Monitor()), least_revenue(there, theirs, Monitor())
    assert again.exists is least.exists
    assert again.value / money == pytest.approx(least.value, rel=1e-9, abs=1e-9 * scale)
    side = parse_side_constraints(["deficit-allowed"])
    for objective in ("revenue", "fairness"):
        plain = payment_program(here, side, objective)
        scaled = payment_program(there, side, objective)
        assert scaled.termination is plain.termination
        if plain.payments is not None:
            total = plain.payments.sum()
            assert scaled.payments.sum() / money == pytest.approx(total, rel=1e-6, abs=1e-6 * scale)
