"""Rigorous checks of sharing games: known equilibria are proved, millionths are refuted."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import mdsolve as md
from mdsolve.cli.main import app
from mdsolve.errors import SolutionFileError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.enclosure import ENCLOSURE as BALLS
from tests.conftest import INSTANCES

STEP = 1e-6
ROUNDING = 1e-16
"""Of differences of numbers near 1/2 in doubles."""

TWO = {
    "kind": "sharing",
    "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}],
    "accuracy": {"family": "power"},
}
KNOWN = [
    ("none", TWO, (np.sqrt(10) - 1, 0.0)),
    ("shapley", TWO, (2.9983929801, 1.1690481371)),
]
"""[M25] Examples 3 and 4 (theory of the project, known answers)."""


@pytest.fixture(autouse=True)
def _balls():
    with BALLS.context():
        yield


def verdict(data, claim, arithmetic, name="nash", **options):
    found = md.verify(md.parse(data), claim, arithmetic=arithmetic, conditions=[name], **options)
    return found.condition(name)


@pytest.mark.parametrize("arithmetic", ["exact", "enclosure"])
@pytest.mark.parametrize(("mechanism", "data", "s"), KNOWN)
def test_known_equilibria_are_proved_and_a_millionth_is_refuted(arithmetic, mechanism, data, s):
    claim = {"mechanism": mechanism, "contributions": list(s)}
    found = verdict(data, claim, arithmetic)
    assert found.verdict == "pass"
    assert found.arithmetic == arithmetic
    assert found.violation < 1e-13
    for agent, sign in ((0, 1), (0, -1), (1, 1)):
        moved = list(s)
        moved[agent] += sign * STEP
        wrong = verdict(data, {**claim, "contributions": moved}, arithmetic)
        assert wrong.verdict == "fail"
        assert wrong.witness["agent"] == "AB"[agent]
        assert wrong.witness["best_response"] == pytest.approx(s[agent], abs=2e-6)
        assert 0 < wrong.witness["gain"] < 1e-6


def test_a_refuted_gain_is_a_lower_bound_of_the_true_gain():
    """Agent A at 1 instead of sqrt(10) - 1 gains 1/2 - 1/sqrt(10) - (sqrt(10) - 2)/10."""
    found = verdict(TWO, {"mechanism": "none", "contributions": [1, 0]}, "exact")
    true = 0.5 - 1 / np.sqrt(10) - (np.sqrt(10) - 2) / 10
    assert 0.7 * true < found.witness["gain"] <= true + ROUNDING
    far = verdict(TWO, {"mechanism": "none", "contributions": [9, 0]}, "enclosure")
    true = 0.1 - 1 / np.sqrt(10) + (10 - np.sqrt(10)) / 10
    assert 0.7 * true < far.witness["gain"] <= true + ROUNDING


def test_an_exact_equilibrium_needs_no_tolerance():
    """Capacity 1/10, written as such: both agents at their bounds, in exact arithmetic."""
    data = {
        **TWO,
        "agents": [{"name": "A", "cost": 0.1, "capacity": 0.1}, {"name": "B", "cost": 1}],
    }
    claim = {"mechanism": "none", "contributions": ["1/10", 0], "payments": [0, 0]}
    certificate = md.verify(md.parse(data), claim, arithmetic="exact", tolerance=0.0)
    assert certificate.verdict == "pass"
    for name in ("nash", "feasibility", "individual-rationality", "budget-balance"):
        found = certificate.condition(name)
        assert (found.verdict, found.tolerance) == ("pass", 0)
    assert certificate.condition("nash").violation == 0
    beyond = {**claim, "contributions": [np.nextafter(0.1, 1), 0.0]}
    exactly = {"tolerance": 0.0}
    assert verdict(data, beyond, "exact", "feasibility", **exactly).verdict == "fail"
    below = {**claim, "contributions": [-1e-300, 0.0]}
    assert verdict(data, below, "exact", "feasibility", **exactly).verdict == "fail"


@pytest.mark.parametrize("arithmetic", ["exact", "enclosure"])
@pytest.mark.parametrize(
    ("mechanism", "options"),
    [
        ("none", {}),
        ("budget-balanced", {"beta": "optimal"}),
        ("contribution-transfer", {"beta": 0.05}),
    ],
)
def test_solutions_pass_and_changed_payments_fail(arithmetic, mechanism, options):
    instance = md.parse(TWO)
    solution = md.solve(instance, mechanism, options=options)
    certificate = md.verify(instance, solution, arithmetic=arithmetic)
    assert certificate.verdict == "pass"
    data = json.loads(json.dumps(solution.to_dict()))
    paid = [data["payments"][0] + STEP, data["payments"][1]]
    changed = md.verify(instance, {**data, "payments": paid}, arithmetic=arithmetic)
    assert changed.condition("rule").verdict == "fail"
    assert changed.condition("budget-balance").verdict == "fail"


def test_budget_balance_is_an_exact_sum():
    """One part in 2^-52 is a failure where no tolerance is accepted, and none otherwise."""
    claim = {"mechanism": "none", "contributions": [0, 0], "payments": [0.25, -0.25]}
    assert verdict(TWO, claim, "exact", "budget-balance").verdict == "pass"
    off = {**claim, "payments": [0.25, -0.25 + 2**-52]}
    found = verdict(TWO, off, "exact", "budget-balance", tolerance=0.0)
    assert (found.verdict, found.tolerance) == ("fail", 0)
    assert found.witness["sum_of_payments"] == f"1/{2**52}"
    for arithmetic in ("exact", "enclosure"):
        assert verdict(TWO, off, arithmetic, "budget-balance").verdict == "pass"


@pytest.mark.parametrize("arithmetic", ["exact", "enclosure"])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("reciprocity", lambda s, p: (s, [x - STEP for x in p])),
        ("individual-rationality", lambda s, p: (s, [p[0] - 1.0, p[1]])),
        ("individual-rationality-alone", lambda s, p: (s, [p[0] - 1.0, p[1]])),
        ("feasibility", lambda s, p: ([-STEP, s[1]], p)),
        ("equal-treatment", lambda s, p: ([s[0], s[0]], [p[0], p[0] + STEP])),
    ],
)
def test_every_condition_rejects_a_perturbed_answer(arithmetic, name, change):
    data = {**TWO, "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.1}]}
    instance = md.parse(data)
    with pytest.MonkeyPatch.context():
        s = [1.2, 1.2]
        rule = md.verify(instance, {"mechanism": "shapley", "contributions": s}, conditions=[name])
    assert rule.condition(name).verdict == "pass"
    payments = [0.0, 0.0]
    right = {"mechanism": "shapley", "contributions": s, "payments": payments}
    assert verdict(data, right, arithmetic, name).verdict == "pass"
    s, payments = change(s, payments)
    wrong = {"mechanism": "shapley", "contributions": s, "payments": payments}
    assert verdict(data, wrong, arithmetic, name).verdict == "fail"


def test_training_alone_can_be_better_than_shapley():
    """Theory: u_1 = .167277 against .467544 alone, where 1 - 2 sqrt(.1) - .1 is the value."""
    data = {
        **TWO,
        "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.05}],
        "accuracy": {"family": "power", "weights": [[1, 1], [0, 1]]},
    }
    s = [0.0, 5.0]
    found = verdict(
        data,
        {"mechanism": "shapley", "contributions": s},
        "enclosure",
        "individual-rationality-alone",
    )
    assert found.verdict == "fail"
    assert found.witness["alone"] == pytest.approx(1.1 - 2 * np.sqrt(0.1), abs=1e-12)


def test_irrational_games_are_left_to_enclosures_and_say_why():
    data = {**TWO, "accuracy": {"family": "power", "exponent": 0.5}}
    claim = {"mechanism": "none", "contributions": [5 ** (2 / 3) - 1, 0], "payments": [0, 0]}
    exact = md.verify(md.parse(data), claim, arithmetic="exact")
    assert exact.verdict == "not-checked"
    assert "enclosure" in exact.condition("nash").detail
    assert exact.condition("budget-balance").verdict == "pass"
    assert md.verify(md.parse(data), claim, arithmetic="enclosure").verdict == "pass"
    many = {**TWO, "agents": [{"name": f"a{k}", "cost": 0.1} for k in range(12)]}
    shares = {"mechanism": "shapley", "contributions": [0.1 + k / 100 for k in range(12)]}
    assert "enumeration" in verdict(many, shares, "exact").detail


def test_measured_curves_are_fitted_in_fractions():
    """The concave fit of (0, 0), (1, .2), (2, .9) is the line through (0, -1/12) and (2, 49/60)."""
    points = {"family": "curve", "points": [[0, 0], [1, 0.2], [2, 0.9]]}
    fitted = {**TWO, "accuracy": points}
    for arithmetic in ("exact", "enclosure"):
        right = verdict(fitted, {"mechanism": "none", "contributions": [1, 1]}, arithmetic)
        assert (right.verdict, right.arithmetic) == ("pass", arithmetic)
        # Both slopes are .45, above both rates, up to a total of 2.
        for s, names in (([1, 1 - STEP], "AB"), ([2 + STEP, 0], "A")):
            wrong = verdict(fitted, {"mechanism": "none", "contributions": s}, arithmetic)
            assert wrong.verdict == "fail"
            assert wrong.witness["agent"] in names
    claim = {"mechanism": "none", "contributions": [1, 1], "accuracies": ["49/60", "49/60"]}
    stated = md.verify(md.parse(fitted), claim, arithmetic="exact", tolerance=0.0)
    assert "accuracies" in stated.vouched


FAMILIES = {
    "power": {"family": "power", "exponent": 0.7},
    "linear": {"family": "linear", "weights": [0.2, 0.1]},
    "coverage": {"family": "coverage", "distributions": [[0.2, 0.3], [0.1, 0.6]]},
    "curve": {"family": "curve", "points": [[0, 0], [2, 0.5], [6, 0.9]]},
    "pac": {"family": "pac", "complexity": 1},
    "threshold-power": {"family": "threshold-power", "value": 1, "threshold": 2, "exponent": 0.8},
    "union": {
        "family": "union",
        "curve": {"points": [[0, 0], [2, 0.5], [6, 0.9]]},
        "neighbours": [[0, 1], [0, 1]],
    },
}
COSTS = {
    "linear": {"family": "linear", "rate": 0.01, "fixed": 0.2},
    "quadratic": {"family": "quadratic", "rate": 0.01, "curvature": 0.02},
    "power": {"family": "power", "rate": 0.02, "exponent": 1.5},
    "piecewise-linear": {"family": "piecewise-linear", "points": [[0, 0], [3, 0.1], [5, 1]]},
}


def shares_by_permutations(value, n):
    """Shapley shares straight from the definition, in the numbers that `value` returns."""
    found = [Fraction(0)] * n
    for order in permutations(range(n)):
        inside = []
        for agent in order:
            before = value(inside)
            inside = [*inside, agent]
            found[agent] += Fraction(value(inside) - before) / factorial(n)
    return found


def test_thirty_agents_are_proved_and_refuted():
    random = np.random.default_rng(3)
    data = {
        "kind": "sharing",
        "agents": [
            {"name": f"a{k}", "cost": float(rate), "group": "abc"[k % 3]}
            for k, rate in enumerate(random.uniform(0.01, 0.05, 30).round(4))
        ],
        "accuracy": {
            "family": "power",
            "exponent": 0.5,
            "group_weights": {g: {h: 1 if g == h else 0.2 for h in "abc"} for g in "abc"},
        },
    }
    instance = md.parse(data)
    solution = md.solve(instance, "shapley")
    assert md.verify(instance, solution, arithmetic="enclosure").verdict == "pass"
    moved = solution.contributions.copy()
    moved[int(np.argmax(moved))] += STEP
    claim = {"mechanism": "shapley", "contributions": moved.tolist()}
    assert verdict(data, claim, "enclosure").verdict == "fail"
    assert "enumeration" in verdict(data, claim, "exact").detail


@pytest.mark.parametrize("family", ["pac", "threshold-power", "union"])
def test_clipped_and_joined_accuracies_are_searched_branch_by_branch(family):
    cheap = {"pac": 0.0005, "threshold-power": 0.02, "union": 0.12}[family]
    data = {
        **TWO,
        "agents": [{"name": "A", "cost": cheap}, {"name": "B", "cost": 5}],
        "accuracy": FAMILIES[family],
    }
    instance = md.parse(data)
    game = sharing_game(instance)
    nothing = verdict(data, {"mechanism": "none", "contributions": [0, 0]}, "enclosure")
    assert nothing.verdict == "fail"
    points = np.linspace(0, 3000, 300_001)
    values = game.accuracy.along(0, np.zeros(2), points) - cheap * points
    gain = values.max() - values[0]
    assert nothing.violation == pytest.approx(gain, rel=0.5)
    assert nothing.violation <= gain + 1e-6  # the grid misses the maximum by a little
    solution = md.solve(instance, "none")
    assert md.verify(instance, solution, arithmetic="enclosure").verdict == "pass"
    best = float(solution.contributions[0])
    assert best == pytest.approx(points[np.argmax(values)], abs=0.02)
    off = {"mechanism": "none", "contributions": [best * (1 + STEP), 0]}
    moved = verdict(data, off, "enclosure")
    assert moved.verdict == "fail"
    alone = md.verify(instance, solution, arithmetic="enclosure").condition(
        "individual-rationality-alone"
    )
    assert alone.verdict == "pass"


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_verdicts_agree_with_float_checks(data):
    """Wherever both decide, they say the same; only edges may be left open."""
    n = data.draw(st.integers(2, 4))
    rate = st.floats(0.01, 1).map(lambda x: round(x, 4))
    row = st.lists(st.floats(0.05, 2).map(lambda x: round(x, 3)), min_size=n, max_size=n)
    accuracy = {
        "family": "power",
        "exponent": data.draw(st.sampled_from([0.3, 1, 2])),
        "weights": [data.draw(row) for _ in range(n)],
    }
    game = {
        "kind": "sharing",
        "agents": [{"name": f"a{k}", "cost": data.draw(rate), "capacity": 5} for k in range(n)],
        "accuracy": accuracy,
    }
    instance = md.parse(game)
    mechanism = data.draw(st.sampled_from(["none", "shapley", "contribution-transfer"]))
    options = {"beta": 0.01} if mechanism == "contribution-transfer" else {}
    contributions = [data.draw(st.floats(0, 5)) for _ in range(n)]
    if mechanism != "shapley" and data.draw(st.booleans()):
        contributions = md.solve(instance, mechanism, options=options).contributions.tolist()
    claim = {
        "mechanism": {"name": mechanism, "options": options},
        "contributions": contributions,
    }
    rough = md.verify(instance, claim, arithmetic="float")
    rigorous = md.verify(instance, claim, arithmetic="enclosure")
    for condition in rough.conditions:
        found = rigorous.condition(condition.name)
        assert found.verdict == condition.verdict, (condition, found)
        assert (condition.arithmetic, found.arithmetic) == ("float", "enclosure")


BANKS = {
    "kind": "sharing",
    "agents": [
        {"name": "A", "cost": 1, "value": 4, "budget": 10},
        {"name": "B", "cost": 1, "value": 4, "budget": 10},
        {"name": "C", "cost": 2, "value": 8, "budget": 12},
    ],
    "accuracy": {"family": "power"},
}


@pytest.mark.parametrize("p", [1, 0.5, 0, -1, "-inf"])
def test_the_welfare_optimum_is_proved_and_a_worse_choice_refuted(p):
    instance = md.parse(BANKS)
    solution = md.solve(instance, "welfare", options={"p": p})
    data = json.loads(json.dumps(solution.to_dict()))
    found = md.verify(instance, data, arithmetic="enclosure").condition("welfare-optimality")
    assert (found.verdict, found.arithmetic) == ("pass", "enclosure")
    assert found.violation < 1e-8
    rough = md.verify(instance, data).condition("welfare-optimality")
    assert found.witness["objective"] == pytest.approx(rough.witness["objective"], rel=1e-12)
    exact = md.verify(instance, data, arithmetic="exact").condition("welfare-optimality")
    assert exact.verdict == ("pass" if p in (1, "-inf") else "not-checked")
    worse = {**data, "contributions": [0.8 * x for x in data["contributions"]]}
    worse.pop("payments")
    refuted = md.verify(instance, worse, arithmetic="enclosure").condition("welfare-optimality")
    assert refuted.verdict == "fail"
    assert refuted.witness["better"] > refuted.witness["objective"]
    if p != 1:
        blind = {**data, "weights": [1.0, 1e-9, 1e-9]}
        open_one = md.verify(instance, blind, arithmetic="enclosure")
        assert open_one.condition("welfare-optimality").verdict == "not-checked"


def test_budgets_end_what_an_agent_can_choose():
    """A spends their whole budget: more would pay, but they have no money for it."""
    data = {
        **TWO,
        "agents": [
            {"name": "A", "cost": 0.1, "budget": 0.05},
            {"name": "B", "cost": 9, "budget": 1},
        ],
    }
    claim = {"mechanism": "none", "contributions": [0.5, 0.0]}
    for arithmetic in ("exact", "enclosure"):
        assert verdict(data, claim, arithmetic).verdict == "pass"
        assert verdict(data, claim, arithmetic, "feasibility").verdict == "pass"
        alone = verdict(data, claim, arithmetic, "individual-rationality-alone")
        assert alone.verdict == "pass"
        assert alone.witness["alone"] == pytest.approx(1 - 1 / 1.5 - 0.05 + 0.05, abs=1e-9) or (
            alone.witness["agent"] == "B"
        )
        less = {**claim, "contributions": [0.5 - STEP, 0.0]}
        assert verdict(data, less, arithmetic).verdict == "fail"
        more = {**claim, "contributions": [0.5 + STEP, 0.0]}
        assert verdict(data, more, arithmetic, "feasibility").verdict == "fail"
        assert verdict(data, more, arithmetic).verdict == "fail"


def test_the_command_line_checks_in_every_arithmetic(tmp_path):
    instance, solution = tmp_path / "two.json", tmp_path / "solution.json"
    instance.write_text(json.dumps({"format": "mdsolve/1", **TWO}))
    answer = {"format": "mdsolve-solution/1", "mechanism": {"name": "shapley"}}
    runner = CliRunner()
    for moved, code in ((0.0, 0), (STEP, 1)):
        answer["contributions"] = [2.9983929801 + moved, 1.1690481371]
        solution.write_text(json.dumps(answer))
        for arithmetic in ("float", "enclosure", "exact"):
            arguments = ["verify", str(instance), str(solution), "--arithmetic", arithmetic]
            done = runner.invoke(app, [*arguments, "--json"])
            assert done.exit_code == code, done.output
            for condition in json.loads(done.stdout)["conditions"]:
                assert condition["arithmetic"] == arithmetic


@pytest.mark.parametrize("arithmetic", ["float", "enclosure", "exact"])
def test_what_is_no_choice_and_no_share_never_passes(arithmetic):
    """Contributions beyond the capacity, a beta above 1, a mean with p above 1."""
    agents = [{"name": "A", "cost": 0.1, "capacity": 1}, {"name": "B", "cost": 0.2}]
    for s in ([1.5, 0], [-STEP, 0]):
        claim = {"mechanism": "none", "contributions": s, "payments": [0, 0]}
        assert verdict({**TWO, "agents": agents}, claim, arithmetic).verdict == "fail"
    bent = {"family": "quadratic", "rate": 0, "curvature": 1}
    agents = [{"name": "A", "cost": bent, "capacity": 10}, {"name": "B", "cost": 0}]
    data = {**TWO, "agents": agents, "accuracy": {"family": "linear", "weights": [0, 0]}}
    rule = {"name": "budget-balanced", "options": {"beta": 2}}
    subsidised = {"mechanism": rule, "contributions": [0, 0]}
    assert verdict(data, subsidised, arithmetic).verdict == "not-checked"
    solution = md.solve(md.parse(BANKS), "welfare").to_dict()
    rule = {"name": "welfare", "options": {"p": 2}}
    found = verdict(BANKS, {**solution, "mechanism": rule}, arithmetic, "welfare-optimality")
    assert found.verdict == "not-checked"
    # What is stated beside the options decides nothing, and has to be what they say.
    said = md.verify(md.parse(BANKS), {**solution, "p": 2.0}, arithmetic=arithmetic)
    assert said.condition("stated-numbers").verdict == "fail"
    assert said.verdict == "fail"


PUBLISHED = INSTANCES / "papers" / "murhekar2025"


@pytest.mark.parametrize("file", ["example3", "example4"])
def test_known_answers_of_instance_files_are_proved(file):
    """Contributions as printed, to ten digits: slopes put every best response within 1e-8."""
    instance = md.load(PUBLISHED / f"{file}.yaml")
    known = [x for x in instance.expected.results if "contributions" in x]
    assert known
    for entry in known:
        s = [float(x) for x in entry["contributions"]]
        claim = {"mechanism": entry["mechanism"], "contributions": s}
        moved = {**claim, "contributions": [s[0] + STEP, *s[1:]]}
        for arithmetic in ("exact", "enclosure"):
            found = md.verify(instance, claim, arithmetic=arithmetic, conditions=["nash"])
            assert found.condition("nash").verdict == "pass"
            wrong = md.verify(instance, moved, arithmetic=arithmetic, conditions=["nash"])
            assert wrong.condition("nash").verdict == "fail"


def test_other_indices_and_overdrawn_budgets_do_not_pass():
    claim = {"mechanism": {"name": "shapley", "options": {"index": "banzhaf"}}}
    banzhaf = {**claim, "contributions": [2.9983929801, 1.1690481371]}
    # Of two agents Banzhaf's shares are Shapley's; of three they are not.
    assert verdict(TWO, banzhaf, "enclosure").verdict == "pass"
    three = {**TWO, "agents": [*TWO["agents"], {"name": "C", "cost": 0.2}]}
    s = md.solve(md.parse(three), "shapley").contributions.tolist()
    for arithmetic in ("exact", "enclosure"):
        assert verdict(three, {"mechanism": "shapley", "contributions": s}, arithmetic).verdict == (
            "pass"
        )
        other = verdict(three, {**claim, "contributions": s}, arithmetic)
        assert other.verdict == "fail"
    unknown = {"name": "shapley", "options": {"index": "owen"}}
    with pytest.raises(SolutionFileError, match="one of shapley, banzhaf"):
        verdict(TWO, {**banzhaf, "mechanism": unknown}, "enclosure")
    agents = [{"name": "A", "cost": 0.1, "budget": 0.01}, {"name": "B", "cost": 0.25, "budget": 9}]
    broke = {"mechanism": "shapley", "contributions": [2.9983929801, 1.1690481371]}
    for arithmetic in ("exact", "enclosure"):
        found = verdict({**TWO, "agents": agents}, broke, arithmetic)
        assert (found.verdict, found.witness["agent"]) == ("fail", "A")


def test_many_agents_are_compared_where_few_are_alike():
    rates = [str(Fraction(k + 1, 10**6)) for k in range(5000)]
    agents = {"count": 5000, "cost": rates, "capacity": 1}
    game = md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    solution = md.solve(game, "contribution-transfer", options={"beta": "0.001"})
    found = {c.name: c.verdict for c in solution.certificate.conditions}
    assert found["equal-treatment"] == "pass"
