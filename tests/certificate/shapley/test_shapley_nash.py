"""`nash` under Shapley payments: concave by peaks, anything else by pieces, budgets respected."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from tests.certificate.shapley.plain_games import (
    EXAMPLE_4,
    STEP,
    TWO,
    check,
    claim,
    shares,
    sharing,
    worth_of,
)
from tests.conftest import INSTANCES

COSTS = [
    0.1,
    {"family": "quadratic", "rate": 0.05, "curvature": 0.02},
    {"family": "piecewise-linear", "points": [[0, 0], [1, 0.05], [4, 0.8]]},
    {"family": "power", "rate": 0.05, "exponent": 1.7},
]
CONCAVE = [
    {"family": "power", "weights": [[1, 0.4, 0.1], [0.2, 0.9, 0.5], [0.3, 0.1, 0.7]]},
    {"family": "coverage", "distributions": [[0.5, 0.2], [0.1, 0.4], [0.3, 0.3]]},
    {"family": "curve", "points": [[0, 0], [2, 0.5], [5, 0.8], [20, 0.9]]},
]
BENT = [
    {"family": "pac", "complexity": 0.05},
    {"family": "threshold-power", "threshold": 2, "exponent": 1},
    {
        "family": "union",
        "curve": {"points": [[0, 0], [2, 0.4], [7, 0.9]]},
        "neighbours": [[0, 1], [1, 2], [0, 2]],
    },
]


def cost_of(spec, x):
    if isinstance(spec, float):
        return spec * x
    if spec["family"] == "quadratic":
        return spec["rate"] * x + spec["curvature"] * x * x / 2
    if spec["family"] == "power":
        return spec["rate"] * x ** spec["exponent"]
    points = np.array(spec["points"], dtype=float)
    last = (points[-1, 1] - points[-2, 1]) / (points[-1, 0] - points[-2, 0])
    return float(np.interp(x, points[:, 0], points[:, 1]) + last * max(0.0, x - points[-1, 0]))


def utility_of(data, s, agent):
    """Return an agent's utility along the own contribution, from the definition."""
    worth, spec = worth_of(data), data["agents"][agent]

    def utility(own):
        moved = list(s)
        moved[agent] = own
        return float(shares(worth, moved)[agent]) - cost_of(spec["cost"], own)

    return utility


@pytest.mark.parametrize("arithmetic", ["exact", "enclosure", "float"])
def test_example_4_is_proved_and_a_millionth_refuted(arithmetic):
    assert check(TWO, claim("shapley", EXAMPLE_4), "nash", arithmetic=arithmetic).verdict == "pass"
    for agent, name in enumerate("AB"):
        for step in (STEP, -STEP):
            moved = list(EXAMPLE_4)
            moved[agent] += step
            found = check(TWO, claim("shapley", moved), "nash", arithmetic=arithmetic)
            assert (found.verdict, found.witness["agent"]) == ("fail", name)
            best = found.witness["best_response"]
            assert best == pytest.approx(EXAMPLE_4[agent], abs=2 * STEP)


@pytest.mark.parametrize("file", ["example3", "example4", "example7"])
def test_known_answers_of_instance_files(file):
    instance = md.load(INSTANCES / "papers" / "murhekar2025" / f"{file}.yaml")
    for entry in instance.expected.results:
        if entry["mechanism"] != "shapley" or "contributions" not in entry:
            continue
        s = [float(x) for x in entry["contributions"]]
        for arithmetic in ("auto", "enclosure"):
            right = check_of(instance, claim("shapley", s), Request(arithmetic=arithmetic))
            assert right.condition("nash").verdict == "pass"


def test_thirty_agents_are_proved_and_refuted():
    random = np.random.default_rng(3)
    rates = random.uniform(0.01, 0.05, 30).round(4)
    agents = [{"cost": float(r), "group": "abc"[k % 3]} for k, r in enumerate(rates)]
    table = {g: {h: 1 if g == h else 0.2 for h in "abc"} for g in "abc"}
    data = sharing({"family": "power", "exponent": 0.5, "group_weights": table}, agents)
    solution = md.solve(md.parse(data), "shapley")
    s = solution.contributions
    found = check(data, claim("shapley", s), "nash")
    assert (found.verdict, found.arithmetic) == ("pass", "enclosure")
    assert found.delta is not None
    moved = s.copy()
    at = int(np.argmax(moved))
    moved[at] += STEP
    wrong = check(data, claim("shapley", moved), "nash")
    assert wrong.verdict == "fail"
    stored = {**claim("shapley", s), "payments": solution.payments.tolist()}
    for name in ("rule", "budget-balance", "reciprocity", "equal-treatment"):
        assert check(data, stored, name).verdict == "pass"


@given(st.data())
@settings(max_examples=12, deadline=None)
def test_the_gain_shown_is_the_largest_of_anybody(data):
    """Against a search over each agent's own utility, which is concave."""
    accuracy = data.draw(st.sampled_from(CONCAVE))
    agents = [
        {"cost": data.draw(st.sampled_from(COSTS)), "capacity": 9, "value": 1 + k} for k in range(3)
    ]
    game = sharing(accuracy, agents)
    s = data.draw(st.lists(st.floats(0, 9), min_size=3, max_size=3))
    gains = []
    for agent in range(3):
        utility = utility_of(game, s, agent)
        best = scipy.optimize.minimize_scalar(
            lambda own, u=utility: -u(own),
            bounds=(0, 9),
            method="bounded",
            options={"xatol": 1e-11, "maxiter": 1000},
        )
        gains.append(max(-best.fun, utility(0.0), utility(9.0)) - utility(s[agent]))
    for arithmetic in ("enclosure", "float"):
        found = check(game, claim("shapley", s), "nash", arithmetic=arithmetic)
        assert found.verdict in ("pass", "fail")
        if max(gains) > 1e-6:
            assert found.verdict == "fail"
            relative = [gain / (1 + k) for k, gain in enumerate(gains)]
            worst = int(np.argmax(relative))
            if found.witness["agent"] == f"agent-{worst}":
                assert found.violation == pytest.approx(gains[worst], abs=1e-7)


@given(st.data())
@settings(max_examples=12, deadline=None)
def test_payoffs_of_any_shape_agree_with_a_search_on_a_grid(data):
    """Pieces never call a profile an equilibrium from which a step on a grid pays."""
    accuracy = data.draw(st.sampled_from(BENT))
    agents = [
        {"cost": data.draw(st.sampled_from(COSTS)), "capacity": 9, "value": 1 + k} for k in range(3)
    ]
    game = sharing(accuracy, agents)
    s = data.draw(st.lists(st.sampled_from([0.0, 0.5, 2.0, 7.0, 9.0]), min_size=3, max_size=3))
    found = check(game, claim("shapley", s), "nash", arithmetic="enclosure")
    gains = []
    for agent in range(3):
        utility = utility_of(game, s, agent)
        grid = [utility(x) for x in np.linspace(0, 9, 181)]
        gains.append(max(grid) - utility(s[agent]))
    if max(gains) > 1e-6:
        assert found.verdict == "fail"
        agent = int(found.witness["agent"].partition("-")[2])
        answer = utility_of(game, s, agent)
        real = answer(found.witness["best_response"]) - answer(s[agent])
        assert real == pytest.approx(found.violation, abs=1e-9)
    else:
        assert found.violation is None or found.violation < 0.05
    rough = check(game, claim("shapley", s), "nash", arithmetic="float")
    assert {found.verdict, rough.verdict} != {"pass", "fail"}


@pytest.mark.parametrize("accuracy", BENT)
def test_solved_games_of_any_shape_are_proved(accuracy):
    agents = [{"cost": 0.1, "capacity": 9}, {"cost": 0.12, "capacity": 9}, {"cost": 0.08}]
    data = sharing(accuracy, agents)
    solution = md.solve(md.parse(data), "shapley")
    found = check(data, claim("shapley", solution.contributions), "nash")
    assert found.verdict == "pass"
    assert found.arithmetic in ("exact", "enclosure")
    moved = solution.contributions + np.array([1e-5, 0, 0])
    assert check(data, claim("shapley", moved), "nash").verdict == "fail"


def test_a_union_is_decided_in_fractions():
    data = sharing(BENT[2], [{"cost": "1/10"}] * 3)
    solution = md.solve(md.parse(data), "shapley")
    found = check(data, claim("shapley", solution.contributions), "nash", arithmetic="exact")
    assert (found.verdict, found.arithmetic) == ("pass", "exact")


class TestBudgets:
    """A budget bounds c_i - p_i, and under Shapley payments p_i depends on the own data."""

    data = sharing(
        {"family": "power", "weights": [[1, 0.3], [0.2, 1]]},
        [{"cost": 0.189, "value": 1.4}, {"cost": 0.127, "value": 1.3, "budget": 0.2096}],
    )

    def test_solved_within_budgets_passes_and_more_or_less_does_not(self):
        solution = md.solve(md.parse(self.data), "shapley")
        assert "1 budget holds an agent back" in solution.message
        s = solution.contributions
        for arithmetic in ("auto", "enclosure", "float"):
            found = check(self.data, claim("shapley", s), "nash", arithmetic=arithmetic)
            assert found.verdict == "pass"
            for agent in range(2):
                for step in (1e-5, -1e-5):
                    moved = s.copy()
                    moved[agent] += step
                    wrong = check(self.data, claim("shapley", moved), "nash", arithmetic=arithmetic)
                    assert wrong.verdict == "fail"

    def test_without_the_budgets_it_is_no_equilibrium(self):
        s = md.solve(md.parse(self.data), "shapley").contributions
        free = [{k: v for k, v in a.items() if k != "budget"} for a in self.data["agents"]]
        found = check({**self.data, "agents": free}, claim("shapley", s), "nash")
        assert found.verdict == "fail"

    def test_who_overspends_is_named(self):
        agents = [
            {"name": "A", "cost": 0.1, "budget": 0.01},
            {"name": "B", "cost": 0.25, "budget": 9},
        ]
        for arithmetic in ("exact", "enclosure"):
            found = check(
                {**TWO, "agents": agents},
                claim("shapley", EXAMPLE_4),
                "nash",
                arithmetic=arithmetic,
            )
            assert (found.verdict, found.witness["agent"]) == ("fail", "A")


def test_training_alone_can_be_better():
    """Theory 1.5: a_1 = 1 - 1/(1+s1+s2), a_2 = 1 - 1/(1+s2), costs .1 and .05."""
    agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.05}]
    data = {
        **TWO,
        "agents": agents,
        "accuracy": {"family": "power", "weights": [[1, 1], [0, 1]]},
    }
    s = md.solve(md.parse(data), "shapley").contributions
    assert check(data, claim("shapley", s), "individual-rationality").verdict == "pass"
    found = check(data, claim("shapley", s), "individual-rationality-alone")
    assert (found.verdict, found.witness["agent"]) == ("fail", "A")
    assert found.violation == pytest.approx(0.467544 - 0.167277, abs=1e-5)


def test_many_agents_within_intervals():
    """Four hundred agents with different contributions; that one is off by a little is found."""
    generator = np.random.default_rng(5)
    rates = generator.uniform(0.01, 0.05, 400).round(5)
    agents = [{"cost": float(r), "group": "ab"[k % 2], "capacity": 50} for k, r in enumerate(rates)]
    table = {"a": {"a": 1, "b": 0.3}, "b": {"a": 0.2, "b": 1}}
    data = sharing({"family": "power", "exponent": 0.5, "group_weights": table}, agents)
    s = md.solve(md.parse(data), "shapley").contributions
    assert check(data, claim("shapley", s), "nash").verdict == "pass"
    inside = np.flatnonzero((s > 1) & (s < 49))
    moved = s.copy()
    moved[inside[7]] *= 1 + 1e-6
    assert check(data, claim("shapley", moved), "nash").verdict == "fail"
