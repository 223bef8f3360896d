"""Corners of sharing games: one agent, straight utilities, models worth less than nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import UnsupportedError
from mdsolve.tolerance import DEFAULT

POWER = {"family": "power", "exponent": 0.5}
LINEAR = {"family": "linear", "weights": [[0.3, 0.1, 0], [0.2, 0.5, 0.1], [0, 0.4, 0.6]]}


def parsed(agents: list[dict[str, Any]], accuracy: dict[str, Any]) -> Any:
    return md.parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})


@pytest.mark.parametrize("arithmetic", ["float", "enclosure"])
@pytest.mark.parametrize(
    ("mechanism", "options"),
    [("budget-balanced", {"beta": 0.5}), ("contribution-transfer", {"beta": 0.05})],
)
def test_a_single_agent_has_nobody_to_pay_or_be_paid_by(
    mechanism: str, options: dict[str, Any], arithmetic: Any
) -> None:
    instance = parsed([{"name": "A", "cost": 0.1}], POWER)
    solution = md.solve(instance, mechanism=mechanism, options=options)
    alone = 5 ** (2 / 3) - 1  # 1/2 (1 + s)^(-3/2) = 1/10
    assert solution.contributions == pytest.approx([alone], rel=DEFAULT.verify)
    assert md.verify(instance, solution, arithmetic=arithmetic).verdict == "pass"
    other = {"mechanism": {"name": mechanism, "options": options}, "contributions": [2 * alone]}
    assert md.verify(instance, other, arithmetic=arithmetic).verdict == "fail"


def test_straight_shapley_utilities_lead_to_the_ends_of_intervals() -> None:
    """Linear payoffs: sums of columns, 0.5, 1 and 0.7, are what a sample adds, whoever gives it."""
    agents = [
        {"name": "a", "cost": {"family": "power", "rate": 0.1, "exponent": 2}, "capacity": 10},
        {
            "name": "b",
            "cost": {"family": "piecewise-linear", "points": [[0, 0], [5, 1], [10, 11]]},
        },
        {"name": "c", "cost": 0.6, "capacity": 4},
    ]
    instance = parsed(agents, LINEAR)
    solution = md.solve(instance, mechanism="shapley")
    assert solution.contributions == pytest.approx([2.5, 5.0, 4.0], rel=DEFAULT.verify)
    assert md.verify(instance, solution, arithmetic="exact").verdict == "pass"


def test_an_unbounded_shapley_contribution_is_refused() -> None:
    agents = [{"name": name, "cost": cost} for name, cost in (("a", 2), ("b", 0.9), ("c", 2))]
    with pytest.raises(UnsupportedError, match=r"agent b\n.*no capacity"):
        md.solve(parsed(agents, LINEAR), mechanism="shapley")
    indifferent = [{"name": name, "cost": 1} for name in "abc"]
    found = md.solve(parsed(indifferent, LINEAR), mechanism="shapley")
    assert found.termination.label == "solved"
    assert np.all(np.asarray(found.contributions)[[0, 2]] == 0)


@pytest.mark.parametrize(("ceiling", "promised"), [(1.0, True), (0.25, False)])
def test_a_model_worth_less_than_nothing_keeps_nobody(ceiling: float, promised: bool) -> None:
    """Without data a = ceiling - 1: below 0 it may pay to stay out, so nothing is promised."""
    instance = parsed([{"name": name, "cost": 0.2} for name in "ab"], POWER | {"ceiling": ceiling})
    solution = md.solve(instance, mechanism="shapley")
    assert solution.termination.label == "solved"
    rational = solution.certificate.condition("individual-rationality")
    assert (rational.claimed, rational.verdict == "pass") == (promised, promised)


def test_best_responses_do_not_depend_on_the_unit_of_money() -> None:
    answers = []
    for money in (1.0, 1e-6, 1e6):
        cost = {"family": "power", "rate": 0.02 * money, "exponent": 1.5}
        agents = [
            {"name": "a", "cost": 0.0, "capacity": 5, "value": money},
            {"name": "b", "cost": cost, "value": money},
        ]
        accuracy = {"family": "pac", "ceiling": 0.95, "complexity": 0.04}
        found = md.solve(
            parsed(agents, accuracy), "contribution-transfer", options={"beta": 1e-3 * money}
        )
        answers.append(np.asarray(found.contributions))
    assert answers[1] == pytest.approx(answers[0], rel=DEFAULT.verify)
    assert answers[2] == pytest.approx(answers[0], rel=DEFAULT.verify)
    assert answers[0][1] > 0


def test_free_data_come_in_full_though_their_worth_is_below_rounding() -> None:
    """(1 + y)^-20 is 1e-13 at a few samples: slopes are rounding, but shares never fall."""
    agents = [
        {"name": name, "cost": 0, "capacity": top}
        for name, top in zip("abc", (5, 1, 9), strict=True)
    ]
    weights = [[1.0, 2.5, 0.3], [1.0, 1.0, 2.5], [1.0, 2.5, 1.0]]
    instance = parsed(agents, {"family": "power", "exponent": 20, "weights": weights})
    solution = md.solve(instance, mechanism="shapley")
    assert solution.termination.label == "solved"
    assert np.asarray(solution.contributions).tolist() == [5, 1, 9]


@pytest.mark.parametrize("size", [1, 3])
def test_payments_between_large_benefits_sum_to_zero(size: int) -> None:
    """Payments are differences of amounts near 1e9 and carry their rounding, above 1e-9."""
    agents = [{"name": f"a{k}", "cost": 0.7e8 + k, "value": 1e9 + k} for k in range(size)]
    accuracy = {"family": "power", "exponent": 0.3, "ceiling": 0.9, "scale": 0.7}
    instance = parsed(agents, accuracy)
    solution = md.solve(instance, mechanism="shapley")
    assert solution.termination.label == "solved"
    assert np.sum(np.asarray(solution.payments)) == 0
    assert md.verify(instance, solution).verdict == "pass"
    bare = {"mechanism": "shapley", "contributions": np.asarray(solution.contributions)}
    assert md.verify(instance, bare).condition("budget-balance").verdict == "pass"


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
@pytest.mark.parametrize(("mechanism", "total"), [("none", 0.4), ("shapley", 0.8)])
def test_kinks_of_measured_curves_are_found_in_any_unit_of_data(
    mechanism: str, total: float, unit: float
) -> None:
    """Without payments all data end at the first kink; under `shapley` each agent's own do."""
    points = [[0, 0.05], [0.4, 0.39], [1.6, 0.67], [3.0, 0.81], [3.3, 0.82]]
    curve = {"family": "curve", "points": [[x * unit, y] for x, y in points]}
    instance = parsed([{"name": "a", "cost": 0.6 / unit}, {"name": "b", "cost": 0.7 / unit}], curve)
    solution = md.solve(instance, mechanism=mechanism)
    assert solution.termination.label == "solved"
    assert np.sum(np.asarray(solution.contributions)) == pytest.approx(
        total * unit, rel=DEFAULT.verify
    )
