"""Games without an equilibrium: the Nash gap from below and above, and proofs that do not hold."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.nonexistence import nash_gap
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.status import Termination
from tests.claims import condition


def no_equilibrium(instance, tree):
    """Return what the checker makes of a tree."""
    data = {"mechanism": "none", "equilibria": [], "witness": {"kind": "box-tree", "tree": tree}}
    return condition(instance, data, "no-equilibrium")


def theorem_a2(eps, cost="1/4", neighbours=((0, 2), (1, 0), (2, 1))):
    low, high = Fraction(1, 2) - Fraction(eps), Fraction(1, 2) + Fraction(eps)
    return md.parse(
        {
            "kind": "sharing",
            "agents": [{"name": name, "cost": cost, "capacity": 1} for name in "abc"],
            "accuracy": {
                "family": "union",
                "curve": {"points": [[0, 0], [str(low), 0], [str(high), 1]]},
                "neighbours": [list(row) for row in neighbours],
            },
        }
    )


@pytest.mark.parametrize("eps", ["1/20", "1/8", "1/4", "2/5", "9/20"])
def test_the_gap_of_theorem_a2_for_every_eps(eps):
    instance = theorem_a2(eps)
    known = (1 - 4 * Fraction(eps) ** 2) / 64
    found = nash_gap(sharing_game(instance), Monitor())
    assert found.lower <= known <= found.upper + 1e-12
    assert found.lower > 0.998 * float(known)
    proved = no_equilibrium(instance, found.tree)
    assert proved.verdict == "pass"
    assert float(Fraction(proved.witness["nash_gap"])) == pytest.approx(found.lower, abs=1e-12)


def test_the_upper_bound_is_a_regret_that_a_grid_confirms():
    game = sharing_game(theorem_a2("1/8"))
    found = nash_gap(game, Monitor())
    stakes = AccuracyStakes(game, game.costs)
    own = np.linspace(0, 1, 2001)
    regrets = []
    for agent in range(3):
        utility = stakes.own(found.point, agent).value(own)
        now = stakes.own(found.point, agent).value(found.point[agent : agent + 1])[0]
        regrets.append(utility.max() - now)
    assert max(regrets) == pytest.approx(found.upper, abs=1e-3)


def test_a_game_with_an_equilibrium_is_not_refuted():
    instance = theorem_a2("1/8", neighbours=((0,), (1,), (2,)))
    solution = md.solve(instance, "none")
    assert solution.termination is Termination.SOLVED
    np.testing.assert_allclose(solution.contributions, 5 / 8)
    assert nash_gap(sharing_game(instance), Monitor(), limit=2000).lower == 0


@pytest.fixture(scope="module")
def proof():
    instance = theorem_a2("1/8")
    return instance, nash_gap(sharing_game(instance), Monitor()).tree


def test_the_solution_says_so_and_verifies(proof, tmp_path):
    instance, _ = proof
    solution = md.solve(instance, "none")
    assert solution.exit_code == 3
    assert solution.nash_gap > 0.0146
    assert "contributions" not in solution.answers
    data = solution.to_dict()
    assert md.verify(instance, data).verdict == "pass"
    data["witness"]["tree"] = data["witness"]["tree"][:-1]
    assert md.verify(instance, data).verdict == "not-checked"


def mutate(tree, kind):
    tree = [list(node) for node in tree]
    leaf = next(k for k, node in enumerate(tree) if len(node) == 3)
    if kind == "wrong deviation":
        for node in tree:
            if len(node) == 3:
                node[2] = 0.5
    elif kind == "missing leaf":
        del tree[leaf]
    elif kind == "extra leaf":
        tree.append([0, None, 0.0])
    elif kind == "split outside":
        tree[0] = [tree[0][0], 1.5]
    elif kind == "unknown agent":
        tree[leaf][0] = 7
    elif kind == "deviation outside":
        tree[leaf][2] = 2.0
    elif kind == "no tree":
        tree = []
    return tree


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("wrong deviation", "fail"),
        ("missing leaf", "not-checked"),
        ("extra leaf", "not-checked"),
        ("split outside", "not-checked"),
        ("unknown agent", "not-checked"),
        ("deviation outside", "not-checked"),
        ("no tree", "not-checked"),
    ],
)
def test_wrong_proofs_are_rejected(proof, kind, verdict):
    instance, tree = proof
    assert no_equilibrium(instance, mutate(tree, kind)).verdict == verdict


def test_a_proof_for_another_cost_fails(proof):
    _, tree = proof
    assert no_equilibrium(theorem_a2("1/8", cost="2"), tree).verdict == "fail"


def test_what_is_not_covered_is_refused():
    with pytest.raises(UnsupportedError, match="capacity"):
        nash_gap(
            sharing_game(
                md.parse(
                    {
                        "kind": "sharing",
                        "agents": [{"name": "a", "cost": 1}],
                        "accuracy": {
                            "family": "union",
                            "curve": {"points": [[0, 0], [1, 1]]},
                            "neighbours": [[0]],
                        },
                    }
                )
            ),
            Monitor(),
        )
