"""Proofs of non-existence: right ones pass, for the mechanism they name; bent ones never do."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.game.build_sharing import sharing_game
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.nonexistence import nash_gap
from mdsolve.solver.equilibrium.stakes import AccuracyStakes

CYCLE = ((0, 2), (1, 0), (2, 1))


def theorem_a2(eps="1/8", cost="1/4", neighbours=CYCLE, money=1, data=1, columns=False, **agent):
    """Return the game of [M23] Theorem A.2, in units of money and data."""
    low, high = Fraction(1, 2) - Fraction(eps), Fraction(1, 2) + Fraction(eps)
    scale = Fraction(data)
    rate = Fraction(cost) * Fraction(money) / scale
    if columns:
        agents = {"count": 3, "cost": float(rate), "capacity": float(scale)}
    else:
        common = {"cost": str(rate), "capacity": str(scale), "value": str(Fraction(money))}
        agents = [{"name": name, **common, **agent} for name in "abc"]
    return md.parse(
        {
            "kind": "sharing",
            "agents": agents,
            "accuracy": {
                "family": "union",
                "curve": {"points": [[0, 0], [str(low * scale), 0], [str(high * scale), 1]]},
                "neighbours": [list(row) for row in neighbours],
            },
        }
    )


def solved(instance):
    game = sharing_game(instance)
    found = nash_gap(game, Monitor())
    return {
        "mechanism": {"name": "none", "options": {}},
        "status": {"termination": "infeasible"},
        "equilibria": [],
        "nash_gap": found.lower,
        "nash_gap_at_most": found.upper,
        "least_regret_profile": found.point.tolist(),
        "witness": {"kind": "box-tree", "mechanism": "none", "options": {}, "tree": found.tree},
    }


def checked(instance, data, name="no-equilibrium", arithmetic="auto"):
    return check_of(instance, data, Request(arithmetic=arithmetic)).condition(name)


def verdict(instance, data):
    return check_of(instance, data, Request()).certificate().verdict


@pytest.fixture(scope="module")
def proof():
    instance = theorem_a2("1/4")
    return instance, solved(instance)


@pytest.mark.parametrize("eps", ["1/20", "1/8", "1/4", "2/5", "9/20"])
def test_the_gap_of_theorem_a2_for_every_eps(eps):
    instance = theorem_a2(eps)
    data = solved(instance)
    condition = checked(instance, data)
    assert condition.verdict == "pass"
    assert condition.arithmetic == "exact"
    known = (1 - 4 * Fraction(eps) ** 2) / 64
    assert Fraction(condition.witness["nash_gap"]) <= known <= data["nash_gap_at_most"] + 1e-12
    gap = float(Fraction(condition.witness["nash_gap"]))
    assert gap == pytest.approx(data["nash_gap"], abs=1e-12)


@pytest.mark.parametrize("arithmetic", ["enclosure", "exact", "float"])
def test_every_number_system(proof, arithmetic):
    instance, data = proof
    condition = checked(instance, data, arithmetic=arithmetic)
    assert condition.verdict == "pass"
    assert condition.proved == (arithmetic != "float")


def test_the_whole_solution_is_vouched_for(proof):
    instance, data = proof
    certificate = check_of(instance, data, Request()).certificate()
    assert certificate.verdict == "pass"
    assert {"witness", "nash_gap", "nash_gap_at_most", "least_regret_profile"} <= {
        path.partition(".")[0] for path in certificate.vouched
    }


def test_what_solving_stores_verifies_with_its_cycle():
    instance = theorem_a2()
    solution = md.solve(instance, "none")
    data = solution.to_dict()
    assert data["cycle"]
    certificate = check_of(instance, data, Request()).certificate()
    assert certificate.verdict == "pass"
    assert "cycle" in certificate.vouched
    for spoilt in ([[0.625, 0, 0.625], [0, 0.6, 0]], [[2, 0, 0], [0, 0, 0]], [[0, 0, 0]], "x"):
        assert verdict(instance, {**data, "cycle": spoilt}) != "pass"


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
    elif kind == "a text":
        tree = "s0s1"
    elif kind == "half a node":
        tree[leaf] = [0]
    elif kind == "nan":
        tree[leaf][2] = float("nan")
    return tree


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("wrong deviation", "fail"),
        *(
            (kind, "not-checked")
            for kind in (
                *("missing leaf", "extra leaf", "split outside", "unknown agent"),
                *("deviation outside", "no tree", "a text", "half a node", "nan"),
            )
        ),
    ],
)
def test_wrong_trees_prove_nothing(proof, kind, expected):
    instance, data = proof
    witness = {**data["witness"], "tree": mutate(data["witness"]["tree"], kind)}
    assert checked(instance, {**data, "witness": witness}).verdict == expected


def test_a_proof_for_another_cost_fails(proof):
    _, data = proof
    assert checked(theorem_a2("1/4", cost="2"), data).verdict == "fail"


def test_a_game_with_an_equilibrium_is_never_refuted():
    instance = theorem_a2(neighbours=((0,), (1,), (2,)))
    data = solved(theorem_a2())
    assert checked(instance, data).verdict == "fail"


# --- about which mechanism ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["shapley", "budget-balanced", "contribution-transfer", "welfare"])
@pytest.mark.parametrize("bare", [True, False])
def test_a_proof_of_none_is_none_of_another_mechanism(proof, name, bare):
    instance, data = proof
    witness = data["witness"]
    if bare:  # files of the first stage do not say what they are about
        witness = {"tree": witness["tree"]}
    options = {"beta": 0.3} if name != "shapley" else {}
    relabelled = {**data, "mechanism": {"name": name, "options": options}, "witness": witness}
    condition = checked(instance, relabelled)
    assert condition.verdict == "not-checked"
    assert "about none" in condition.detail
    assert verdict(instance, relabelled) != "pass"


def test_a_relabelled_proof_is_read_with_the_payments_it_names(proof):
    """Under budget-balanced payments the equilibrium (.625, .625, .625) exists: the tree fails."""
    instance, data = proof
    about = {"name": "budget-balanced", "options": {"beta": 0.9}}
    witness = {**data["witness"], "mechanism": about["name"], "options": about["options"]}
    relabelled = {**data, "mechanism": about, "witness": witness}
    assert checked(instance, relabelled).verdict == "fail"
    other = {**relabelled, "mechanism": {**about, "options": {"beta": 0.8}}}
    assert "beta" in checked(instance, other).detail


def test_a_tree_under_payments_that_change_nothing_passes(proof):
    """With beta = 0 nobody pays anything, so the proof of `none` is one of the rule as well."""
    instance, data = proof
    about = {"name": "budget-balanced", "options": {"beta": 0}}
    witness = {**data["witness"], "mechanism": about["name"], "options": {"beta": 0.0}}
    assert checked(instance, {**data, "mechanism": about, "witness": witness}).verdict == "pass"


def test_other_mechanisms_have_no_tree(proof):
    instance, data = proof
    for name in ("shapley", "welfare"):
        witness = {**data["witness"], "mechanism": name, "options": {}}
        other = {**data, "mechanism": {"name": name, "options": {}}, "witness": witness}
        assert checked(instance, other).verdict == "not-checked"


# --- budgets, columns, families -------------------------------------------------------------------


def test_agents_given_by_columns():
    instance = theorem_a2(columns=True)
    assert checked(instance, solved(instance)).verdict == "pass"


def test_budgets_that_bind_nobody_change_nothing(proof):
    _, data = proof
    instance = theorem_a2("1/4", budget=10)
    assert checked(instance, data).verdict == "pass"


def test_budgets_shrink_the_box_and_what_agents_can_turn_to(proof):
    """With money for 0.2 samples only, nobody contributes: an equilibrium, and no proof of none."""
    _, data = proof
    poor = theorem_a2("1/4", budget="1/20")
    condition = checked(poor, data)
    assert condition.verdict == "not-checked"
    stays = {"mechanism": {"name": "none"}, "contributions": [0, 0, 0]}
    assert checked(poor, stays, "nash").verdict == "pass"


def test_with_payments_budgets_leave_no_box(proof):
    _, data = proof
    instance = theorem_a2("1/4", budget=10)
    about = {"name": "budget-balanced", "options": {"beta": 0.3}}
    witness = {**data["witness"], "mechanism": about["name"], "options": about["options"]}
    condition = checked(instance, {**data, "mechanism": about, "witness": witness})
    assert condition.verdict == "not-checked"
    assert "depends on the others" in condition.detail


def test_boxes_without_end_are_refused():
    instance = md.parse(
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
    tree = {"kind": "box-tree", "mechanism": "none", "options": {}, "tree": [[0, None, 0.5]]}
    data = {"mechanism": {"name": "none"}, "witness": tree, "status": {"termination": "infeasible"}}
    assert "has no capacity" in checked(instance, data).detail


@pytest.mark.parametrize(
    "accuracy",
    [
        {"family": "power"},
        {"family": "linear", "weights": [[1, 0.5], [0.5, 1]]},
        {"family": "pac", "ceiling": 0.95, "complexity": 1},
        {"family": "coverage", "distributions": [[0.5, 0.5], [0.9, 0.1]]},
    ],
)
def test_other_families_are_bounded_too(accuracy):
    """Without the point where nobody gains, a tree gains; with it, none can."""
    agents = [{"name": name, "cost": 0.001, "capacity": 300} for name in "ab"]
    instance = md.parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    tree = [[0, 100], [0, None, 300], [1, 100], [1, None, 300], [0, None, 200]]
    data = {
        "mechanism": {"name": "none"},
        "status": {"termination": "infeasible"},
        "witness": {"tree": tree},
    }
    assert checked(instance, data).verdict in ("fail", "not-checked")


def test_the_bound_of_a_box_is_below_every_gain_in_it():
    from mdsolve.certificate.box_gains import BoxGains
    from mdsolve.certificate.numbers import FLOAT, INTERVALS
    from mdsolve.certificate.reading.sharing import sharing_reading
    from mdsolve.certificate.rules.base import Terms

    rng = np.random.default_rng(3)
    families = [
        {"family": "power", "exponent": 0.7},
        {"family": "pac", "ceiling": 0.95, "complexity": 2},
        {"family": "coverage", "distributions": [[0.5, 0.5], [0.9, 0.1]]},
        {"family": "union", "curve": {"points": [[0, 0], [3, 0.2], [9, 0.9]]},
         "neighbours": [[0, 1], [0, 1]]},
    ]  # fmt: skip
    cost = {"family": "quadratic", "rate": 0.01, "curvature": 0.02}
    for family in families:
        agents = [{"name": name, "cost": cost, "capacity": 10, "value": 3} for name in "ab"]
        instance = md.parse({"kind": "sharing", "agents": agents, "accuracy": family})
        stakes = AccuracyStakes(sharing_game(instance), sharing_game(instance).costs)
        for arithmetic in (INTERVALS, FLOAT):
            reading = sharing_reading(instance, arithmetic)
            terms = Terms(arithmetic.constant(1), arithmetic.constant(0), reading.nothing)
            gains = BoxGains(reading, terms)
            for _ in range(5):
                ends = np.sort(rng.uniform(0, 10, (2, 2)), axis=1).round(3)
                box = tuple((Fraction(str(a)), Fraction(str(b))) for a, b in ends)
                agent, deviation = int(rng.integers(2)), Fraction(str(round(rng.uniform(0, 10), 3)))
                bound = float(arithmetic.lower(gains.least(agent, box, deviation, None))[0])
                if box[agent][0] <= deviation <= box[agent][1]:
                    assert bound == 0  # proves nothing
                    continue
                for s in rng.uniform(ends[:, 0], ends[:, 1], (40, 2)):
                    now, there = stakes.own(s, agent).value(np.array([s[agent], float(deviation)]))
                    assert bound <= there - now + 1e-9


# --- stated beside the proof ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"nash_gap": 17}, "fail"),
        ({"nash_gap": "lots"}, "fail"),
        ({"nash_gap": 0.011715}, "not-checked"),
        ({"nash_gap": 0.01}, "pass"),
        ({"nash_gap": -1}, "pass"),
        ({"nash_gap_at_most": 17}, "fail"),
        ({"nash_gap_at_most": 0.0116}, "fail"),
        ({"nash_gap_at_most": "x"}, "fail"),
        ({"least_regret_profile": [0.5, 0.5, 0.5]}, "fail"),
        ({"least_regret_profile": [0.5, 0.5]}, "not-checked"),
        ({"least_regret_profile": [9, 9, 9]}, "not-checked"),
        ({"least_regret_profile": None}, "not-checked"),
        ({"equilibria": "unique"}, "fail"),
        ({"equilibria": [1.0]}, "fail"),
        ({"equilibria": None}, "pass"),
    ],
)
def test_gaps_are_those_of_the_proof(proof, change, expected):
    instance, data = proof
    assert checked(instance, {**data, **change}, arithmetic="exact").verdict == expected


def test_a_gap_above_what_is_proved_is_left_open_by_every_number_system(proof):
    instance, data = proof
    assert checked(instance, {**data, "nash_gap": 0.011715}).verdict == "not-checked"


@pytest.mark.parametrize("money", [1e-12, 1e12])
@pytest.mark.parametrize("amount", [1e-6, 1e6])
def test_units_change_no_verdict(proof, money, amount):
    _, data = proof
    instance = theorem_a2("1/4", money=Fraction(str(money)), data=Fraction(str(amount)))

    def scaled(node):
        place = Fraction(str(node[-1])) * Fraction(str(amount))
        return [*node[:-1], str(place)]

    other = {
        **data,
        "nash_gap": data["nash_gap"] * money,
        "nash_gap_at_most": data["nash_gap_at_most"] * money,
        "least_regret_profile": [x * amount for x in data["least_regret_profile"]],
        "witness": {**data["witness"], "tree": [scaled(node) for node in data["witness"]["tree"]]},
    }
    assert checked(instance, other).verdict == "pass"
    assert (
        checked(instance, {**other, "nash_gap": 1.01 * other["nash_gap_at_most"]}).verdict == "fail"
    )


# --- lack of money --------------------------------------------------------------------------------


def poor(fixed=2, budget=1, mechanism="none", money=1, **options):
    agents = [
        {"name": "rich", "cost": 0.1 * money, "capacity": 9, "value": money},
        {
            "name": "poor",
            "value": money,
            "cost": {"family": "linear", "rate": 0.1 * money, "fixed": fixed * money},
            "budget": budget * money,
            "capacity": 9,
        },
    ]
    accuracy = {"family": "power"}
    instance = md.parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    data = {
        "mechanism": {"name": mechanism, "options": options},
        "status": {"termination": "infeasible"},
        "equilibria": [],
        "witness": {"agent": "poor", "reason": "budget"},
    }
    return instance, data


@pytest.mark.parametrize(
    ("mechanism", "options"),
    [
        ("none", {}),
        ("upbred", {}),
        ("budget-balanced", {"beta": 0.25}),
        ("contribution-transfer", {"beta": 0.01}),
        ("2p-upbred", {"beta": 0.05}),
    ],
)
def test_who_lacks_money_everywhere(mechanism, options):
    instance, data = poor(mechanism=mechanism, **options)
    condition = checked(instance, data)
    assert condition.verdict == "pass"
    assert condition.arithmetic == "exact"
    assert verdict(instance, data) == "pass"
    assert "lacks" in condition.detail
    named = {**data["witness"], "kind": "unaffordable", "mechanism": mechanism, "options": options}
    assert checked(instance, {**data, "witness": named}).verdict == "pass"


def test_who_has_enough_money_does_not_lack_it():
    instance, data = poor(budget=2)
    assert checked(instance, data).verdict == "fail"
    instance, data = poor(budget=3)
    assert checked(instance, data).verdict == "fail"
    instance, data = poor(mechanism="budget-balanced", beta=0.75)  # others bear most of it
    assert checked(instance, data).verdict == "fail"


def test_samples_that_earn_money_may_pay_for_what_is_lacking():
    instance, data = poor(mechanism="contribution-transfer", beta=0.5)
    condition = checked(instance, data)
    assert condition.verdict == "not-checked"
    assert "bring poor money" in condition.detail


@pytest.mark.parametrize("agent", ["rich", "nobody", 3])
def test_others_lack_nothing(agent):
    instance, data = poor()
    wrong = {**data, "witness": {"agent": agent, "reason": "budget"}}
    assert checked(instance, wrong).verdict == "not-checked"


def test_a_proof_about_money_under_another_rule():
    instance, data = poor()
    witness = {**data["witness"], "kind": "unaffordable", "mechanism": "none", "options": {}}
    other = {**data, "mechanism": {"name": "shapley"}, "witness": witness}
    assert "about none" in checked(instance, other).detail


@pytest.mark.parametrize("money", [1e-12, 1e12])
def test_money_in_other_units(money):
    instance, data = poor(money=money)
    assert checked(instance, data).verdict == "pass"
    instance, data = poor(budget=2, money=money)
    assert checked(instance, data).verdict == "fail"


# --- what is no proof at all ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "witness",
    [
        {},
        {"tree": None},
        [],
        3,
        {"kind": "wish"},
        {"profile": {"a": 1}, "chains": []},
        {"rows": []},
        {"reason": "no-admissible-step", "rule": "auto", "near": {}, "far": {}},
    ],
)
def test_what_is_no_proof_proves_nothing(proof, witness):
    instance, data = proof
    assert checked(instance, {**data, "witness": witness}).verdict == "not-checked"


def test_without_a_witness_nothing_is_proved(proof):
    instance, data = proof
    bare = {key: value for key, value in data.items() if key != "witness"}
    assert checked(instance, bare).verdict == "not-checked"
    assert verdict(instance, bare) != "pass"


def test_a_proof_beside_contributions_switches_nothing_off(proof):
    instance, data = proof
    both = {**data, "contributions": [0.5, 0.5, 0.5]}
    certificate = check_of(instance, both, Request()).certificate()
    assert certificate.condition("nash").verdict == "fail"
    assert certificate.verdict == "fail"
