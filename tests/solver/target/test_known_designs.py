"""Designs whose answers are known to ten digits, and the smallest payment limits they need."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game
from mdsolve.solver.target.concessions import smallest_uniform_limit
from mdsolve.solver.target.inequality import Inequality, alone_utilities
from mdsolve.solver.target.requirements import Requirements
from tests.conftest import INSTANCES
from tests.solver.target.plain_games import two_targets


def example4():
    return md.load(INSTANCES / "papers" / "murhekar2025" / "example4.yaml")


def smallest_limit(instance, s):
    game = sharing_game(instance)
    n = game.size
    asked = Requirements(None, 0.0, np.full(n, np.inf), 0.0, np.zeros(n))
    return smallest_uniform_limit(Inequality(game, asked, alone_utilities(game), np.array(s)))


def test_the_welfare_optimum_of_example_4_needs_the_limit_that_is_known():
    found = md.design(example4())
    assert found.contributions == pytest.approx([3.472135955, 0], abs=1e-9)
    assert found.metrics["welfare"] == pytest.approx(1.205572809, abs=1e-9)
    assert found.optimal
    assert smallest_limit(example4(), found.contributions) == pytest.approx(0.038364861, abs=1e-9)


@pytest.mark.parametrize("factor", [1 - 1e-6, 1 + 1e-6])
def test_that_limit_decides_whether_the_optimum_can_be_agreed_on(factor):
    limit = 0.038364861216 * factor
    options = {"contributions": [3.472135954999579, 0], "payment_limit": limit}
    found = md.design(example4(), require=options)
    assert found.termination.label == ("solved" if factor > 1 else "infeasible")
    assert found.certificate.verdict == "pass"


@pytest.mark.parametrize(
    ("goal", "contributions", "value"),
    [
        ("data", (9.0376932933, 0.7748643631), 9.8125576564),
        ("welfare", (2.7113203523, 0.5405546307), 1.1233485909),
    ],
)
def test_the_best_of_example_4_at_full_reciprocity(goal, contributions, value):
    found = md.design(example4(), maximize=goal, require={"reciprocity": 1})
    # The goal is flat at its maximum, so that contributions are known to half the digits there.
    close = 1e-9 if goal == "data" else 1e-6
    assert found.contributions == pytest.approx(contributions, abs=close)
    assert found.objective == pytest.approx(value, abs=1e-9)
    assert found.certificate.verdict == "pass"
    assert not found.optimal


def test_full_contributions_of_the_two_targets_are_refuted():
    game = two_targets()
    assert game.plain.welfare(np.array([1.0, 9.0])) == pytest.approx(-0.031818, abs=1e-6)
    assert game.plain.alone.sum() == pytest.approx(0.755573, abs=1e-6)
    for require in ({"contributions": [1, 9]}, {"least_share": 1}):
        found = md.design(game.instance, require=require)
        assert (found.termination.label, found.exit_code) == ("infeasible", 3)
        assert found.certificate.verdict == "pass"
        missing = next(c for c in found.concessions if c["requirement"] == "compensation")
        assert missing["needed"] == pytest.approx(0.755573 + 0.031818, abs=1e-6)


def test_the_most_data_of_the_two_targets_need_the_limit_that_is_known():
    instance = two_targets().instance
    found = md.design(instance, maximize="data")
    assert found.optimal
    assert found.contributions == pytest.approx([1, 4.4127401682], abs=1e-9)
    assert smallest_limit(instance, found.contributions) == pytest.approx(0.3652506921, abs=1e-9)
    limited = md.design(instance, maximize="data", require={"payment_limit": 0.3652506922})
    assert limited.optimal
    assert limited.objective == pytest.approx(found.objective, abs=1e-9)


def test_individual_rates_repair_the_rationality_of_the_two_targets():
    found = md.design(two_targets().instance, maximize="data", require={"form": "rates"})
    assert found.contributions == pytest.approx([1, 4.4127401682], abs=1e-9)
    assert found.to_dict()["target"]["penalty"] == "rates"
    assert found.certificate.verdict == "pass"


@pytest.mark.parametrize("limit", [None, 0.2])
def test_thirty_hospitals_reach_the_largest_welfare_with_and_without_a_limit(limit):
    instance = md.load(INSTANCES / "cases" / "thirty-hospitals.yaml")
    found = md.design(instance, require={} if limit is None else {"payment_limit": limit})
    assert found.optimal
    assert found.objective == pytest.approx(27.820, abs=5e-4)
    assert ("deviation" in found.to_dict()["binding"]) is (limit is not None)
    assert found.certificate.verdict == "pass"
