"""Random claims, true and false: the stand-alone checker and the second judge agree."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from mdsolve.proving.columns import Columns
from mdsolve.proving.frontier import every_disparity, frontier
from mdsolve.proving.reach import reach
from mdsolve.proving.record import NotProvableError
from tests.campaigns.proofs import accepted
from tests.campaigns.second_judge import true


def decimal(spin, low, high):
    return f"{spin.uniform(low, high):.4f}"


def game(spin, n, mechanism="none"):
    """Return a random game whose cheapest agent contributes alone, and that contribution."""
    rates = sorted(spin.uniform(0.05, 0.9) for _ in range(n))
    data = {
        "n": n,
        "rate": [f"{rate:.6f}" for rate in rates],
        "exponent": decimal(spin, 0.4, 2),
        "scale": decimal(spin, 0.5, 1.5),
        "mechanism": {"name": mechanism},
    }
    b, m, rate = float(data["exponent"]), float(data["scale"]), float(data["rate"][0])
    best = max(0.0, (m * b / rate) ** (1 / (b + 1)) - 1)
    return data | {"contributions": [best] + [0] * (n - 1)}


@pytest.mark.parametrize("seed", range(60))
def test_equilibria_and_points_beside_them(seed):
    spin = random.Random(seed)
    data = game(spin, spin.randrange(1, 5))
    if not data["contributions"][0]:
        return
    delta, epsilon = reach(data, [])
    entry = {
        "claim": "nash",
        "states": {"epsilon": epsilon},
        "data": data,
        "proof": {"delta": delta},
    }
    assert accepted(entry)
    assert true(entry) is True
    for off in (1e-9, -1e-6, 1e-3):
        data["contributions"][0] *= 1 + off
        assert not accepted(entry)
        assert true(entry) is False
        data["contributions"][0] /= 1 + off


@pytest.mark.parametrize("seed", range(50))
def test_margins_just_below_and_above_what_agents_have(seed):
    spin = random.Random(seed)
    data = game(spin, spin.randrange(1, 5))
    data["contributions"] = [decimal(spin, 0, 3) for _ in range(data["n"])]
    data["payments"] = [decimal(spin, -0.1, 0.1) for _ in range(data["n"])]
    data["ceiling"] = decimal(spin, 1, 2)
    entry = {"claim": "individual-rationality", "data": data}
    low, high = Fraction(-10), Fraction(10)
    for _ in range(60):
        middle = (low + high) / 2
        entry["states"] = {"margin": str(middle)}
        assert accepted(entry) == bool(true(entry))
        low, high = (middle, high) if accepted(entry) else (low, middle)


@pytest.mark.parametrize("seed", range(200))
def test_signs_of_duals(seed):
    spin = random.Random(seed)
    rates = [decimal(spin, 0.1, 20) for _ in range(spin.randrange(2, 9))]
    for agent in range(len(rates)):
        entry = {"claim": "kkt-failure", "data": {"rate": rates}, "proof": {"agent": agent}}
        assert accepted(entry) == true(entry)


@pytest.mark.parametrize("seed", range(25))
def test_payments_of_random_markets(seed):
    spin = random.Random(seed)
    market = {
        "n": 2,
        "alpha": spin.choice(["-1", "0", decimal(spin, -0.9, -0.1)]),
        "outside": spin.choice(["pooled", "separate"]),
    }
    low = spin.randrange(0, 3)
    entry = Columns.of(market, [low, low + spin.randrange(1, 5)]).claim()
    assert accepted(entry) == true(entry)
    row = spin.choice(entry["pay"])
    row[spin.randrange(len(row))] += spin.choice((-1, 1)) * 10**17
    assert not accepted(entry)
    assert true(entry) is False


def test_frontiers_and_existence_for_all_types():
    entry = frontier(Fraction(-9, 10), 1, 15)
    assert accepted(entry)
    assert true(entry) is True
    for last in (14, 16):
        with pytest.raises(NotProvableError):
            frontier(Fraction(-9, 10), 1, last)
    for agents, exponent in ((2, "-0.5"), (2, "-0.6609"), (3, "-0.7"), (4, "-0.748")):
        assert true(every_disparity(agents, Fraction(exponent))) is True
    for agents, exponent in ((2, "-0.67"), (3, "-0.72"), (4, "-0.7482"), (2, "0"), (2, "-1")):
        with pytest.raises(NotProvableError):
            every_disparity(agents, Fraction(exponent))
