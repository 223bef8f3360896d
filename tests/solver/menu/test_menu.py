"""Menus for several costs: known answers, an independent program, brute force, invariances."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.errors import UnsupportedError
from tests import menus

PAC = {"family": "pac", "ceiling": "0.95", "complexity": 10}
POWER = {"family": "power"}


def game(costs, chances, platform=0, agents=1, accuracy=PAC, **agent):
    prior = {"costs": list(costs), "probabilities": list(chances)}
    named = {"name": "a-{}" if agents > 1 else "a", "count": agents, "prior": prior, **agent}
    data = {"kind": "sharing", "agents": [named], "accuracy": accuracy}
    return md.parse({**data, "platform_data": platform})


def solved(*arguments, **more):
    found = md.solve(game(*arguments, **more), "menu")
    assert found.certificate.verdict == "pass", found.message
    return found


FIFTHS, THIRDS = ["1/5"] * 5, ["1/3"] * 3


def test_the_same_from_the_three_cheapest_of_five():
    found = solved(["0.001", "0.0012", "0.0015", "0.002", "0.003"], FIFTHS, 5000)
    assert found.optimal
    assert found.expected_total == pytest.approx(288.751067, abs=1e-6)
    wanted = [481.251778] * 3 + [0, 0]
    assert found.menu["contributions"] == pytest.approx(wanted, abs=1e-6)


def test_training_alone_binds_and_the_bound_by_a_line_is_not_reached():
    found = solved(["0.0001", "0.0003", "0.001"], THIRDS, 300)
    assert found.optimal
    assert found.expected_total == pytest.approx(1271.421992, abs=1e-6)
    wanted = [2452.029976, 1120.604857, 241.631144]
    assert found.menu["contributions"] == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("platform", [300, 1000])
@pytest.mark.parametrize("chance", [0.2, 0.4, 0.7])
def test_two_costs_of_one_agent_are_those_of_private_contracts(platform, chance):
    """The rule of the paper, corrected, is solved and checked by other code."""
    prior = {"low": 0.0004, "high": 0.0009, "probability_low": chance}
    data = {"kind": "sharing", "agents": [{"name": "a", "prior": prior}], "accuracy": PAC}
    instance = md.parse({**data, "platform_data": platform})
    one, two = md.solve(instance, "menu"), md.solve(instance, "value-shaping-private")
    assert one.optimal
    assert one.certificate.verdict == "pass"
    assert one.expected_total == pytest.approx(two.expected_total, rel=1e-9)
    assert one.menu["contributions"] == pytest.approx([two.low[0], two.high[0]], rel=1e-6)


@pytest.mark.parametrize("chance", [0.3, 0.4])
def test_one_menu_for_several_collects_at_least_what_own_contracts_do(chance):
    prior = {"low": 0.02, "high": 0.05, "probability_low": chance}
    agents = [{"name": "a-{}", "count": 3, "prior": prior}]
    instance = md.parse({"kind": "sharing", "agents": agents, "accuracy": POWER})
    one, two = md.solve(instance, "menu"), md.solve(instance, "value-shaping-private")
    assert one.optimal
    assert one.expected_total >= two.expected_total * (1 - 1e-9)


@settings(max_examples=12, deadline=None)
@given(
    costs=st.lists(st.integers(10, 200), min_size=2, max_size=4, unique=True),
    weights=st.lists(st.integers(1, 9), min_size=4, max_size=4),
    platform=st.integers(220, 3000),
    agents=st.integers(1, 3),
)
def test_an_independent_program_finds_the_same(costs, weights, platform, agents):
    rates = [f"{cost}/100000" for cost in sorted(costs)]
    total = sum(weights[: len(costs)])
    chances = [f"{weight}/{total}" for weight in weights[: len(costs)]]
    found = solved(rates, chances, platform, agents)
    numbers = [cost / 100000 for cost in sorted(costs)]
    parts = [weight / total for weight in weights[: len(costs)]]
    other, _ = menus.best_total(menus.pac(0.95, 10), numbers, parts, agents, platform)
    scale = agents * 0.95 / numbers[0]
    assert found.expected_total <= other + 1e-7 * scale
    assert found.upper_bound >= other - 1e-6 * scale
    if found.optimal:
        assert found.expected_total == pytest.approx(other, abs=1e-6 * scale)


@pytest.mark.parametrize(
    ("costs", "chances", "platform"),
    [([4, 9], [4, 6], 300), ([4, 9], [7, 3], 100), ([2, 6, 20], [3, 3, 4], 150)],
)
def test_no_menu_on_a_grid_beats_what_is_called_optimal(costs, chances, platform):
    """Every menu with amounts and rents on a grid, below the threshold of v as well."""
    rates = [cost / 10000 for cost in costs]
    parts = [chance / 10 for chance in chances]
    found = solved(rates, [f"{c}/10" for c in chances], platform)
    assert found.optimal
    value, _, _ = menus.pac(0.95, 10)
    amounts = np.linspace(0, 1.3 * max(found.menu["contributions"]), 60)
    alone = [menus.alone(value, rate, 0.95 / rate)[1] for rate in rates]
    full = np.array([value(m + platform) for m in amounts])
    best = 0.0
    for row in itertools.product(range(len(amounts)), repeat=len(costs)):
        if any(a < b for a, b in itertools.pairwise(row)):
            continue
        m = amounts[list(row)]
        # The least utilities that are accepted and make nobody pose as dearer; with them nobody
        # poses as cheaper as long as contributions fall.
        utility, fits = alone[-1], True
        rents = [utility]
        for k in range(len(costs) - 2, -1, -1):
            step = rates[k + 1] - rates[k]
            utility = max(alone[k], utility + step * m[k + 1])
            fits = fits and utility - rents[0] <= step * m[k] + 1e-12
            rents.insert(0, utility)
        if fits and all(
            rents[k] + rates[k] * m[k] <= full[row[k]] + 1e-12 for k in range(len(costs))
        ):
            best = max(best, float(np.dot(parts, m)))
    assert best <= found.expected_total * (1 + 1e-9)
    assert best >= 0.9 * found.expected_total


def test_money_and_samples_are_units():
    plain = solved(["0.0001", "0.0003", "0.001"], THIRDS, 300)
    dear = solved(["0.1", "0.3", "1"], THIRDS, 300, value=1000)
    assert dear.optimal
    assert dear.menu["contributions"] == pytest.approx(plain.menu["contributions"], rel=1e-9)
    assert dear.menu["values"] == pytest.approx(1000 * plain.menu["values"], rel=1e-9)
    threshold = {"family": "threshold-power", "value": 1, "threshold": 40, "exponent": "0.5"}
    few = solved(["0.0008", "0.001"], ["0.5", "0.5"], 100, accuracy=threshold)
    larger = {**threshold, "threshold": 40000}
    many = solved(["0.0000008", "0.000001"], ["0.5", "0.5"], 100000, accuracy=larger)
    assert many.expected_total == pytest.approx(1000 * few.expected_total, rel=1e-9)


def test_the_order_of_costs_means_nothing():
    one = solved(["0.0001", "0.0003", "0.001"], ["0.2", "0.3", "0.5"], 300)
    two = solved(["0.001", "0.0001", "0.0003"], ["0.5", "0.2", "0.3"], 300)
    assert two.expected_total == pytest.approx(one.expected_total, rel=1e-12)
    assert two.menu["costs"]["from"].tolist() == [0.0001, 0.0003, 0.001]


@pytest.mark.parametrize("agents", [1, 2])
def test_more_data_of_the_platform_collect_more(agents):
    totals = [
        solved(["0.0002", "0.0005", "0.001"], THIRDS, platform, agents).expected_total
        for platform in (220, 300, 600, 2000)
    ]
    assert np.all(np.diff(totals) > 0)


def test_a_capacity_is_respected():
    found = solved(["0.0001", "0.0003", "0.001"], THIRDS, 300, capacity=900)
    assert found.optimal
    assert max(found.menu["contributions"]) <= 900
    other, _ = menus.best_total(
        menus.pac(0.95, 10), [0.0001, 0.0003, 0.001], [1 / 3] * 3, 1, 300, capacity=900
    )
    assert found.expected_total == pytest.approx(other, rel=1e-6)


def test_concave_families_need_no_threshold():
    found = solved(["0.02", "0.03", "0.05"], THIRDS, 0, 2, accuracy=POWER)
    other, _ = menus.best_total(menus.power(1.0), [0.02, 0.03, 0.05], [1 / 3] * 3, 2, 0.0)
    assert found.optimal
    assert found.expected_total == pytest.approx(other, rel=1e-6)
    points = [[0, "0.1"], [50, "0.62"], [200, "0.78"], [500, "0.85"], [900, "0.87"]]
    measured = {"family": "curve", "points": points}
    assert solved(["0.0004", "0.0007"], ["0.5", "0.5"], 100, accuracy=measured).optimal


def test_nobody_brings_anything_where_no_model_is_worth_it():
    found = solved(["0.01", "0.02"], ["0.5", "0.5"], 10)
    assert found.expected_total == 0
    assert found.optimal


def test_agents_who_differ_are_refused():
    prior = {"costs": [0.1, 0.2], "probabilities": [0.5, 0.5]}
    agents = [{"name": "a", "prior": prior}, {"name": "b", "prior": prior, "value": 2}]
    instance = md.parse({"kind": "sharing", "agents": agents, "accuracy": POWER})
    with pytest.raises(UnsupportedError, match="differ in value"):
        md.solve(instance, "menu")


@pytest.mark.parametrize(
    ("costs", "accuracy"), [(["0.02", "0.05"], POWER), (["0.0001", "0.0008"], PAC)]
)
def test_without_anybody_elses_data_there_is_nothing_to_gain(costs, accuracy):
    found = solved(costs, ["0.3", "0.7"], accuracy=accuracy)
    alone = found.menu["alone"]["contributions"]
    assert found.menu["contributions"] == pytest.approx(alone)
    assert found.gap <= 1e-5 * found.expected_total
