"""Accuracies and costs as Python objects: same answers as the families, wrong ones refused."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import InstanceError, UnsupportedError, UsageError
from mdsolve.game.build_sharing import sharing_game


class PowerOfAll:
    """1 - 1 / (1 + sum s) for everybody."""

    concave = True

    def value(self, s):
        return np.full(len(s), 1 - 1 / (1 + s.sum()))

    def gradient(self, s):
        return np.full((len(s), len(s)), (1 + s.sum()) ** -2)


class Quadratic:
    def value(self, s):
        return 0.02 + 0.1 * s + 0.01 * s * s

    def gradient(self, s):
        return 0.1 + 0.02 * s


FAMILY_COST = {"family": "quadratic", "rate": 0.1, "curvature": 0.02, "fixed": 0.02}


def objects(accuracy=None, cost=None, **more):
    agents = [{"name": "A", "cost": cost or Quadratic(), **more}, {"name": "B", "cost": 0.2}]
    return md.SharingInstance(agents=agents, accuracy=accuracy or PowerOfAll())


def families():
    agents = [{"name": "A", "cost": FAMILY_COST}, {"name": "B", "cost": 0.2}]
    return md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})


@pytest.mark.parametrize(
    ("mechanism", "options"),
    [("none", {}), ("shapley", {}), ("budget-balanced", {"beta": 0.4})],
)
def test_objects_and_families_have_the_same_equilibrium(mechanism, options):
    mine = md.solve(objects(), mechanism, options=options)
    theirs = md.solve(families(), mechanism, options=options)
    assert mine.certificate.verdict == "pass"
    np.testing.assert_allclose(mine.contributions, theirs.contributions, atol=1e-8)
    np.testing.assert_allclose(mine.payments, theirs.payments, atol=1e-8)
    np.testing.assert_allclose(mine.utilities, theirs.utilities, atol=1e-8)


def test_a_cost_object_goes_with_a_family():
    agents = [{"name": "A", "cost": Quadratic()}, {"name": "B", "cost": 0.2}]
    mixed = md.SharingInstance(agents=agents, accuracy={"family": "power"})
    for mechanism in ("none", "shapley"):
        found = md.solve(mixed, mechanism)
        expected = md.solve(families(), mechanism)
        np.testing.assert_allclose(found.contributions, expected.contributions, atol=1e-8)


def test_transformed_and_picked_costs_follow_the_object():
    costs = sharing_game(objects()).costs
    family = sharing_game(families()).costs
    own = np.array([1.5, 2.5])
    for mine, theirs in (
        (costs, family),
        (costs.transformed(0.5, 0.1), family.transformed(0.5, 0.1)),
        (costs.take(np.array([1, 0])), family.take(np.array([1, 0]))),
    ):
        np.testing.assert_allclose(mine.value(own), theirs.value(own), atol=1e-12)
        np.testing.assert_allclose(mine.slope(own), theirs.slope(own), atol=1e-12)
        np.testing.assert_allclose(mine.second(own), theirs.second(own), atol=1e-8)
        price = np.array([0.3, 0.3])
        np.testing.assert_allclose(mine.supply(price), theirs.supply(price), atol=1e-9)
    assert not costs.is_linear


class WrongGradient(PowerOfAll):
    def gradient(self, s):
        table = super().gradient(s)
        table[0, 1] *= 1.01
        return table


class WrongShape(PowerOfAll):
    def gradient(self, s):
        return super().gradient(s)[0]


class Silent(PowerOfAll):
    concave = None


class Convex:
    concave = True

    def value(self, s):
        return np.full(len(s), (s.sum() / 100) ** 2)

    def gradient(self, s):
        return np.full((len(s), len(s)), 2 * s.sum() / 10_000)


class Falling(PowerOfAll):
    def value(self, s):
        return -super().value(s)

    def gradient(self, s):
        return -super().gradient(s)


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [
        (WrongGradient(), "row 0, column 1"),
        (WrongShape(), r"shape \(2, 2\)"),
        (Silent(), "concave = True"),
        (Convex(), "concave accuracy"),
        (Falling(), "never fall"),
    ],
)
def test_wrong_accuracy_objects_are_refused(accuracy, words):
    with pytest.raises(UsageError, match=words):
        md.solve(objects(accuracy), "none")


class WrongSlope(Quadratic):
    def gradient(self, s):
        return 0.1 + 0.01 * s


class Concave:
    def value(self, s):
        return s**0.5

    def gradient(self, s):
        return 0.5 * s**-0.5


class Refund:
    def value(self, s):
        return -0.1 * s

    def gradient(self, s):
        return -0.1


@pytest.mark.parametrize(
    ("cost", "words"),
    [(WrongSlope(), "cost.gradient"), (Concave(), "convex"), (Refund(), "never falls")],
)
def test_wrong_cost_objects_are_refused(cost, words):
    with pytest.raises(UsageError, match=words):
        md.solve(objects(cost=cost), "none")


def test_something_without_gradient_is_no_object():
    with pytest.raises((InstanceError, ValueError)):
        md.SharingInstance(agents=[{"name": "A", "cost": 1}], accuracy=lambda s: s)


def test_too_many_agents_for_objects_are_refused_by_name():
    agents = [{"name": "A{}", "count": 30, "cost": 0.1}]
    game = md.SharingInstance(agents=agents, accuracy=PowerOfAll())
    assert md.solve(game, "none").certificate.verdict == "pass"
    with pytest.raises(UnsupportedError, match="at most 8"):
        md.solve(game, "shapley")
