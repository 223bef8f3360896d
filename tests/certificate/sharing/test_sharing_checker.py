"""The checker of sharing games: accepts equilibria, rejects what is off by a millionth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mdsolve.certificate.sharing.check import verify_sharing
from mdsolve.certificate.sharing.claim import SharingClaim
from mdsolve.certificate.sharing.conditions import best_alone
from mdsolve.certificate.sharing.nash import best_piece
from mdsolve.certificate.sharing.payment_rules import Rule
from mdsolve.certificate.sharing.shares import EnumeratedShares, QuadratureShares, shares_of

import mdsolve as md
from mdsolve.errors import SolutionFileError, UsageError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.shapley.routes import shapley
from tests.game.test_sharing_game import ACCURACIES, AGENTS

TWO = {
    "kind": "sharing",
    "name": "two-labs",
    "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}],
    "accuracy": {"family": "power"},
}
EXAMPLE_4 = np.array([2.9983929801, 1.1690481371])
"""[M25] Example 4: the equilibrium under Shapley payments."""


def condition(game, s, payments, mechanism, name, **options):
    claim = SharingClaim(mechanism, options, np.asarray(s), payments)
    return verify_sharing(game, claim, conditions=(name,), claimed=(name,)).condition(name)


@pytest.mark.parametrize(
    ("mechanism", "options"),
    [
        ("none", {}),
        ("budget-balanced", {"beta": "optimal"}),
        ("budget-balanced", {"beta": "full"}),
        ("budget-balanced", {"beta": "1/4"}),
        ("contribution-transfer", {"beta": 0.05}),
    ],
)
@pytest.mark.parametrize("weights", [None, [[1, 0.4], [0.3, 1]]])
def test_solved_games_pass_and_a_millionth_fails(mechanism, options, weights):
    accuracy = {"family": "power"} if weights is None else {"family": "power", "weights": weights}
    instance = md.parse({**TWO, "accuracy": accuracy})
    solution = md.solve(instance, mechanism, options=options)
    assert solution.certificate.verdict == "pass"
    assert md.verify(instance, solution).verdict == "pass"
    data = solution.to_dict()
    moved = data["contributions"][0] + 1e-6
    changed = {**data, "contributions": [moved, data["contributions"][1]]}
    changed.pop("payments")
    nash = md.verify(instance, changed).condition("nash")
    assert nash.verdict == "fail"
    assert nash.witness["agent"] == "A"
    assert nash.witness["best_response"] == pytest.approx(data["contributions"][0], abs=1e-9)
    paid = {**data, "payments": [data["payments"][0] + 1e-6, data["payments"][1]]}
    refused = md.verify(instance, paid)
    assert refused.condition("nash").verdict == "fail"
    assert refused.condition("budget-balance").verdict == "fail"


def test_shapley_equilibrium_of_example_4_is_recognised():
    game = sharing_game(md.parse(TWO))
    found = condition(game, EXAMPLE_4, None, "shapley", "nash")
    assert found.verdict == "pass"
    for name in ("budget-balance", "reciprocity", "equal-treatment", "individual-rationality"):
        assert condition(game, EXAMPLE_4, None, "shapley", name).verdict == "pass"
    wrong = condition(game, EXAMPLE_4 + np.array([1e-6, 0]), None, "shapley", "nash")
    assert wrong.verdict == "fail"
    assert wrong.witness["best_response"] == pytest.approx(EXAMPLE_4[0], abs=1e-6)
    np.testing.assert_allclose(
        shares_of(game, EXAMPLE_4).shares, [1.0174118642, 0.5955493763], atol=1e-9
    )


@given(st.integers(1, 7), st.data())
def test_quadrature_equals_enumeration(n, data):
    number = st.floats(0, 3)
    row = st.lists(number, min_size=n, max_size=n)
    weights = data.draw(st.lists(row, min_size=n, max_size=n))
    game = sharing_game(
        md.parse(
            {
                "kind": "sharing",
                "agents": [
                    {"name": f"a{k}", "cost": 1, "value": data.draw(st.floats(0.1, 3))}
                    for k in range(n)
                ],
                "accuracy": {
                    "family": "power",
                    "exponent": data.draw(st.floats(0.1, 3)),
                    "scale": 0.7,
                    "weights": weights,
                },
                "platform_data": data.draw(number),
            }
        )
    )
    s = np.array(data.draw(st.lists(st.floats(0, 100), min_size=n, max_size=n)))
    own = np.array(data.draw(st.lists(st.floats(0, 100), min_size=n, max_size=n)))
    fast, slow = QuadratureShares(game, s), EnumeratedShares(game, s)
    np.testing.assert_allclose(fast.shares, slow.shares, atol=1e-12)
    np.testing.assert_allclose(fast.slopes(own), slow.slopes(own), atol=1e-12)
    gained = game.total_benefit(s) - game.total_benefit(game.nothing())
    assert fast.shares.sum() == pytest.approx(gained, abs=1e-11)


@pytest.mark.parametrize("family", ["pac", "coverage", "union", "curve", "groups"])
def test_enumerated_slopes_are_derivatives_of_the_shares(family):
    game = sharing_game(
        md.parse({"kind": "sharing", "agents": AGENTS, "accuracy": ACCURACIES[family]})
    )
    s = np.array([21.3, 33.1, 26.7, 41.9])
    slopes = EnumeratedShares(game, s).slopes(s)
    for i in range(4):
        step = np.zeros(4)
        step[i] = 1e-5
        up, down = EnumeratedShares(game, s + step), EnumeratedShares(game, s - step)
        assert slopes[i] == pytest.approx((up.shares[i] - down.shares[i]) / 2e-5, abs=1e-7)


def test_shapley_may_fail_against_training_alone():
    """Theory 1.5: a_1 = 1 - 1/(1+s1+s2), a_2 = 1 - 1/(1+s2), costs .1 and .05."""
    data = {
        **TWO,
        "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.05}],
        "accuracy": {"family": "power", "weights": [[1, 1], [0, 1]]},
    }
    game = sharing_game(md.parse(data))
    s = np.array([0.0, 0.0])
    shares = None
    for _ in range(4000):
        shares = shares_of(game, s)
        s = np.maximum(s + 5 * (shares.slopes(s) - game.costs.slope(s)), 0.0)
    assert condition(game, s, None, "shapley", "nash").verdict == "pass"
    alone = condition(game, s, None, "shapley", "individual-rationality-alone")
    assert alone.verdict == "fail"
    assert alone.witness["agent"] == "A"
    assert alone.witness["utility"] == pytest.approx(0.167277, abs=1e-6)
    assert alone.witness["alone"] == pytest.approx(0.467544, abs=1e-6)
    assert condition(game, s, None, "shapley", "individual-rationality").verdict == "pass"


def test_clipped_utilities_are_searched_globally():
    """The second equilibrium of a PAC game is refused where a distant deviation pays."""
    data = {
        **TWO,
        "agents": [{"name": "A", "cost": 0.0005}],
        "accuracy": {"family": "pac", "complexity": 1},
    }
    game = sharing_game(md.parse(data))
    nothing = condition(game, [0.0], None, "none", "nash")
    assert nothing.verdict == "fail"
    best = nothing.witness["best_response"]
    assert best > 100
    assert condition(game, [best], None, "none", "nash").verdict == "pass"


def test_infeasible_and_partial_solutions():
    instance = md.parse(
        {**TWO, "agents": [{"name": "A", "cost": 0.1, "capacity": 1}, {"name": "B", "cost": 0.2}]}
    )
    beyond = {"mechanism": "none", "contributions": [1.5, 0]}
    assert md.verify(instance, beyond, conditions=["feasibility"]).verdict == "fail"
    assert md.verify(instance, {"mechanism": "none"}).verdict == "not-checked"
    with pytest.raises(SolutionFileError, match="shape"):
        md.verify(instance, {"contributions": [1, 2, 3]})
    with pytest.raises(UsageError, match="did you mean 'nash'"):
        md.verify(instance, {"contributions": [1, 2]}, conditions=["nahs"])


def test_metrics_against_no_payments():
    instance = md.parse(TWO)
    solution = md.solve(instance, "contribution-transfer", options={"beta": 0.05})
    base = md.solve(instance, "none")
    assert base.metrics["data_gain"] == 1
    gain = solution.contributions.sum() / base.contributions.sum()
    assert solution.metrics["data_gain"] == pytest.approx(gain)
    assert solution.metrics["p_mean"]["-inf"] == solution.utilities.min()
    assert solution.metrics["data_share"] is None
    np.testing.assert_allclose(base.standalone["utilities"], [0.4675444679663, 0.25], atol=1e-9)
    with pytest.raises(UsageError, match="price per sample"):
        md.solve(instance, "contribution-transfer")
    with pytest.raises(UsageError, match="not for a sharing game"):
        md.solve(instance, "vcg")


def test_a_relabelled_claim_is_judged_alike():
    random = np.random.default_rng(2)
    weights = random.uniform(0, 1, (4, 4))
    order = [2, 0, 3, 1]
    rates = [0.1, 0.2, 0.05, 0.3]

    def verdict(permutation):
        data = {
            "kind": "sharing",
            "agents": [{"name": f"a{k}", "cost": rates[k]} for k in permutation],
            "accuracy": {
                "family": "power",
                "weights": weights[np.ix_(permutation, permutation)].tolist(),
            },
        }
        solution = md.solve(md.parse(data), "budget-balanced")
        return {c.name: c.verdict for c in solution.certificate.conditions}

    assert verdict(range(4)) == verdict(order)


def test_agents_alike_are_searched_once_and_one_who_is_not_is_found():
    crowd = {
        "kind": "sharing",
        "agents": [{"name": "a-{}", "count": 5000, "cost": 0.1}, {"name": "cheap", "cost": 1e-5}],
        "accuracy": {"family": "pac", "ceiling": 0.95, "complexity": 10},
    }
    game = md.parse(crowd)
    solution = md.solve(game, "none")
    nash = solution.certificate.condition("nash")
    assert nash.verdict == "pass"
    assert "5,001 agents, 2 different" in nash.scope
    assert solution.certificate.condition("individual-rationality-alone").verdict == "pass"
    for agent, change in ((-1, 1e-6), (2500, 1.0)):
        moved = np.array(solution.contributions)
        moved[agent] += change * max(1.0, moved[agent])
        foreign = {"format": "mdsolve-solution/1", "mechanism": {"name": "none"}}
        found = md.verify(game, {**foreign, "contributions": moved}).condition("nash")
        assert found.verdict == "fail"
        assert found.witness["agent"] == ("cheap" if agent == -1 else "a-2501")


def test_best_contributions_alone_all_at_once_and_one_by_one():
    rng = np.random.default_rng(5)
    agents = [
        {"name": "a", "cost": 0.1},
        {"name": "b", "cost": 0, "capacity": 3},
        {"name": "c", "cost": 5},
        {"name": "d", "cost": {"family": "power", "rate": 0.1, "exponent": 1.5}, "capacity": 0.2},
        {
            "name": "e",
            "cost": {"family": "piecewise-linear", "points": [[0, 0], [1, 0.05], [2, 1]]},
        },
        {
            "name": "f",
            "cost": {"family": "quadratic", "rate": 0.01, "curvature": 0.2, "fixed": 0.1},
        },
    ]
    for budgets in (False, True):
        listed = [a | ({"budget": 0.15 * (k + 1)} if budgets else {}) for k, a in enumerate(agents)]
        weights = rng.uniform(0.1, 2, (6, 6)).tolist()
        instance = {"kind": "sharing", "agents": listed, "accuracy": {"family": "power"}}
        instance["accuracy"] |= {"weights": weights, "exponent": 0.7}
        game = sharing_game(md.parse(instance))
        own, best = best_alone(game)
        plain = Rule(1.0, 0.0, None, game.nothing(), game.budget)
        start = game.utilities(game.nothing(), game.nothing())
        for agent in range(6):
            point, gain = best_piece(game, game.nothing(), plain, agent)
            assert own[agent] == pytest.approx(point, abs=1e-9)
            assert best[agent] == pytest.approx(start[agent] + gain, abs=1e-12)


@pytest.mark.parametrize(("agents", "most"), [(161, 100.0), (400, 1e-3)])
def test_shares_of_many_agents_agree_with_the_solver(agents, most):
    generator = np.random.default_rng(agents)
    names = [{"name": f"a{k}", "cost": 0.001, "group": "ab"[k % 2]} for k in range(agents)]
    table = {"a": {"a": 0.05, "b": 0.02}, "b": {"a": 0.01, "b": 0.06}}
    accuracy = {"family": "power", "exponent": 0.5, "group_weights": table}
    game = sharing_game(md.parse({"kind": "sharing", "agents": names, "accuracy": accuracy}))
    s = generator.uniform(0, most, agents)
    mine, theirs = shares_of(game, s), shapley(game, s, derivatives=True)
    np.testing.assert_allclose(mine.shares, theirs.shares, rtol=1e-10)
    np.testing.assert_allclose(mine.slopes(s), theirs.slopes, rtol=1e-10)
