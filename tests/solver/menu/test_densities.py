"""Menus for densities of costs: known answers, quadrature, grids, bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate.numbers import BALLS, FLOAT, INTERVALS
from mdsolve.certificate.reading.cost_laws import law_of
from mdsolve.game.cost_laws import cost_law
from mdsolve.instance.priors import CostDensitySpec
from tests import menus

PAC = {"family": "pac", "ceiling": "0.95", "complexity": 10}
CURVE = menus.pac(0.95, 10)
ENDS = {"low": "0.001", "high": "0.003"}

DENSITIES = {
    "uniform": ({"family": "uniform", **ENDS}, lambda c: 1.0),
    "triangular": (
        {"family": "triangular", **ENDS, "mode": "0.0015"},
        lambda c: (c - 0.001) / 0.0005 if c < 0.0015 else (0.003 - c) / 0.0015,
    ),
    "normal": (
        {"family": "truncated-normal", **ENDS, "mean": "0.0015", "deviation": "0.0004"},
        lambda c: math.exp(-0.5 * ((c - 0.0015) / 0.0004) ** 2),
    ),
    "far normal": (
        {"family": "truncated-normal", **ENDS, "mean": "-0.001", "deviation": "0.0005"},
        lambda c: math.exp(-0.5 * ((c + 0.001) / 0.0005) ** 2),
    ),
    "falling": (
        {"family": "truncated-exponential", **ENDS, "rate": 2000},
        lambda c: math.exp(-2000 * c),
    ),
    "rising": (
        {"family": "truncated-exponential", **ENDS, "rate": -1000},
        lambda c: math.exp(1000 * c),
    ),
    "table": (
        {"family": "table", "costs": ["0.001", "0.0013", "0.002", "0.003"]}
        | {"densities": [3, "0.2", 2, 1]},
        lambda c: float(np.interp(c, [0.001, 0.0013, 0.002, 0.003], [3, 0.2, 2, 1])),
    ),
}


def solved(density, platform=5000, agents=1):
    named = {"name": "a-{}" if agents > 1 else "a", "count": agents}
    data = {"kind": "sharing", "accuracy": PAC, "platform_data": platform}
    instance = md.parse({**data, "agents": [{**named, "prior": {"density": density}}]})
    found = md.solve(instance, "menu")
    assert found.certificate.verdict == "pass", found.message
    return instance, found


@pytest.mark.parametrize("name", DENSITIES)
def test_shares_and_moments_are_integrals_in_solver_and_checker(name):
    spec, density = DENSITIES[name]
    prior = CostDensitySpec(density=spec)
    law = cost_law(prior)
    grid = np.linspace(0.001, 0.003, 200001)
    heights = np.array([density(c) for c in grid])
    whole = np.trapezoid(heights, grid)
    for cost in (0.0011, 0.0015, 0.0021, 0.003):
        part = grid <= cost * (1 + 1e-12)
        share = np.trapezoid(heights[part], grid[part]) / whole
        moment = np.trapezoid((heights * grid)[part], grid[part]) / whole
        assert law.share(cost) == pytest.approx(share, abs=1e-8)
        assert law.moment(cost) == pytest.approx(moment, abs=1e-10)
        for arithmetic in (FLOAT, INTERVALS, BALLS):
            with arithmetic.context():
                read = law_of(prior, arithmetic).density
                at = arithmetic.stored(np.array([cost]))
                for found, value in (
                    (read.share(at), law.share(cost)),
                    (read.moment(at), law.moment(cost)),
                ):
                    low, high = arithmetic.lower(found)[0], arithmetic.upper(found)[0]
                    slack = 1e-13 if arithmetic.rigorous else 1e-9  # differences of erf near 1
                    assert low - slack <= value <= high + slack
                    assert high - low <= 1e-9


@pytest.mark.parametrize("name", DENSITIES)
@pytest.mark.parametrize("slope", [50.0, 300.0, 450.0, 900.0])
def test_lines_rest_on_the_shares(name, slope):
    spec, _ = DENSITIES[name]
    prior = CostDensitySpec(density=spec)
    law = cost_law(prior)
    contact = law.contact(slope)
    grid = np.linspace(0.001, 0.003, 20001)
    most = max(law.share(c) - slope * c for c in grid)
    assert contact.height == pytest.approx(most, abs=1e-7)
    assert contact.height >= most - 1e-13
    with INTERVALS.context():
        s = INTERVALS.stored(np.array([slope]))
        proved = law_of(prior, INTERVALS).height(s)
    assert proved.high[0] == pytest.approx(contact.height, abs=1e-9)
    assert proved.high[0] >= contact.height - 1e-15


@pytest.mark.parametrize("name", DENSITIES)
def test_the_best_menu_reaches_the_ironed_bound(name):
    spec, density = DENSITIES[name]
    _, found = solved(spec)
    share = menus.integrated(density, 0.001, 0.003)
    other = menus.ironed_total(CURVE, share, 0.001, 0.003, 5000)
    assert found.optimal
    assert found.expected_total == pytest.approx(other, rel=1e-4)
    assert found.expected_total >= other * (1 - 1e-6)


def test_the_same_from_everybody_where_costs_are_uniform():
    _, found = solved({"family": "uniform", "low": "0.001", "high": "0.002"})
    assert found.optimal
    assert found.menu["contributions"] == pytest.approx([359.772311], abs=1e-6)


@pytest.mark.parametrize("platform", [100, 300])
def test_uniform_costs_are_best_served_even_where_training_alone_binds(platform):
    _, found = solved({"family": "uniform", "low": "0.0001", "high": "0.001"}, platform)
    assert found.optimal
    assert len(found.menu["contributions"]) > 5


def test_what_the_grid_leaves_open_is_said():
    density = {"family": "truncated-normal", "low": "0.0002", "high": "0.001"}
    density |= {"mean": "0.0004", "deviation": "0.0001"}
    _, found = solved(density, 300)
    assert not found.optimal
    assert 0 < found.gap < 0.05 * found.expected_total
    assert found.gap == pytest.approx(found.upper_bound - found.expected_total)
    # Costs drawn from the density choose for themselves; nothing of the solver is used.
    rng = np.random.default_rng(4)
    costs = rng.normal(0.0004, 0.0001, 400_000)
    costs = costs[(costs > 0.0002) & (costs < 0.001)]
    m, v = (np.asarray(found.menu[key]) for key in ("contributions", "values"))
    utilities = v - costs[:, None] * m
    chosen = m[utilities.argmax(axis=1)]
    error = 5 * chosen.std() / math.sqrt(len(costs))
    assert found.expected_total == pytest.approx(chosen.mean(), abs=error)
    sample = costs[:300]
    alone = np.array([menus.alone(CURVE[0], c, 1 / c)[1] for c in sample])
    assert np.all(utilities[:300].max(axis=1) >= alone - 1e-9)
    # A fine grid of costs is nearly the density.
    edges = np.array([2e-4, 2.6e-4, 3e-4, 3.3e-4, 3.6e-4, 3.9e-4, 4.2e-4, 4.5e-4, 5e-4, 6e-4, 1e-3])
    share = menus.integrated(lambda c: math.exp(-0.5 * ((c - 4e-4) / 1e-4) ** 2), 0.0002, 0.001)
    chances = np.diff([share(c) for c in edges])
    below, _ = menus.best_total(CURVE, edges[1:].tolist(), chances.tolist(), 1, 300.0)
    above, _ = menus.best_total(CURVE, edges[:-1].tolist(), chances.tolist(), 1, 300.0)
    assert below <= found.expected_total <= above


def test_several_agents_with_a_density():
    _, found = solved({"family": "uniform", "low": "0.001", "high": "0.002"}, 500, agents=10)
    assert found.optimal
    m = found.menu["contributions"][0]
    assert CURVE[0](10 * m + 500) == pytest.approx(0.002 * m, rel=1e-9)


@pytest.mark.parametrize(
    ("key", "number", "factor", "condition"),
    [
        ("values", 0, 1 + 1e-6, "curve-feasibility"),
        ("values", 0, 1 - 1e-6, "incentive-compatibility"),
        ("contributions", 0, 1 + 1e-6, "stated-numbers"),
    ],
)
def test_perturbed_menus_are_refused(key, number, factor, condition):
    instance, found = solved(DENSITIES["falling"][0])
    data = found.claim()
    entries = np.array(data["menu"][key], dtype=float)
    entries[number] *= factor
    wrong = md.verify(instance, {**data, "menu": {**data["menu"], key: entries}})
    assert wrong.condition(condition).verdict == "fail"


def test_moved_ranges_of_costs_are_refused():
    instance, found = solved(DENSITIES["falling"][0])
    data = found.claim()
    costs = {"from": list(data["menu"]["costs"]["from"]), "to": list(data["menu"]["costs"]["to"])}
    costs["to"][0] *= 1 + 1e-6
    costs["from"][1] = costs["to"][0]
    wrong = md.verify(instance, {**data, "menu": {**data["menu"], "costs": costs}})
    assert wrong.condition("incentive-compatibility").verdict == "fail"
