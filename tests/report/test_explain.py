"""Explanations: every number in them is the solution's, and the parts add up."""

from __future__ import annotations

import re

import pytest

import mdsolve as md
from mdsolve.errors import UnsupportedError, UsageError
from tests.conftest import INSTANCES

GAME = md.SharingInstance(
    agents=[
        {"name": "A", "cost": 0.1, "capacity": 9},
        {"name": "B", "cost": 0.2, "capacity": 9, "value": 2},
    ],
    accuracy={"family": "power"},
)
RULES = [
    *("none", "shapley", "budget-balanced", "welfare", "target", "value-shaping"),
    *("proportional-data", "upbred"),
    md.Rule("contribution-transfer", beta=0.05),
]
NUMBER = r"-?[0-9.]*[0-9]"


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_parts_of_every_utility_add_up(rule):
    solution = md.solve(GAME, rule)
    found = md.explain(GAME, solution)
    for k, agent in enumerate(solution.agents):
        first = found.agents[agent][0]
        numbers = re.findall(rf"(?:Utility|model|cost|received) ({NUMBER})", first)
        total, worth, cost, paid = map(float, numbers)
        assert total == pytest.approx(float(solution.utilities[k]), rel=1e-3)
        assert worth - cost + paid == pytest.approx(total, abs=1e-3)


@pytest.mark.parametrize("rule", ["shapley", "budget-balanced", RULES[-1]], ids=str)
def test_the_parts_of_every_payment_add_up(rule):
    solution = md.solve(GAME, rule)
    for k, agent in enumerate(solution.agents):
        sentence = md.explain(GAME, solution, agent).agents[agent][1]
        assert sentence.startswith("Received ")
        numbers = [float(x) for x in re.findall(NUMBER, sentence)]
        paid, plus, minus = numbers[0], numbers[-2], numbers[-1]
        assert paid == pytest.approx(float(solution.payments[k]), rel=1e-3, abs=1e-4)
        assert plus - minus == pytest.approx(paid, abs=1e-3)


def test_a_number_that_is_wrong_is_not_explained_away():
    stated = md.solve(GAME, "none").to_dict()
    stated["utilities"] = [9.0, 9.0]
    found = md.explain(GAME, md.Solution.from_dict(stated), "A")
    assert "is stated, but" in str(found)


def test_a_market_is_explained_by_chains_of_lies():
    share = md.load(INSTANCES / "small" / "share.yaml")
    found = md.explain(share, md.solve(share, "desirable"))
    for sentences in found.agents.values():
        assert sentences[0].startswith("Utility ")
        assert " because: " in sentences[-1]
    under = md.explain(share, md.solve(share, "vcg"))
    assert all(len(sentences) == 1 for sentences in under.agents.values())


def test_what_cannot_be_explained_is_refused():
    solution = md.solve(GAME, "none")
    with pytest.raises(UsageError, match="one of A, B"):
        md.explain(GAME, solution, "C")
    stated = solution.to_dict()
    del stated["utilities"]
    with pytest.raises(UnsupportedError, match="no outcome"):
        md.explain(GAME, md.Solution.from_dict(stated))
