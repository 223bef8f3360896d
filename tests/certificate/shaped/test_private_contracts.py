"""Private contracts: right answers are proved, each way of being wrong is caught, in any unit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.checks.private_nash import bounds
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.numbers import INTERVALS
from mdsolve.certificate.shaped.offers import batches
from mdsolve.certificate.stated.figures import compare
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.instance import parse
from mdsolve.mechanism.value_shaping_private import curves
from mdsolve.solution_writing import write_solutions
from mdsolve.solver.shaping.others_data import OthersData
from mdsolve.solver.shaping.private_contracts import PrivateAgent, best_contract
from mdsolve.study.verify import verify_file
from tests.certificate.shaped.stated import CURVES, broken, checked, claim_of

NAME = "value-shaping-private"
BELIEFS = ("bayes", "mean-field", "ex-post")
INSIDE = {"low": 0.0075, "high": 0.045, "probability_low": 0.12}
CORNER = {"low": 0.02, "high": 0.05, "probability_low": 0.4}
POOLING = {"low": 0.02, "high": 0.05, "probability_low": 0.3}
CLAIMS = (
    *("rule", "curve-feasibility", "individual-rationality-alone"),
    *("incentive-compatibility", "data-maximality", "nash"),
)


def instance(prior, count=2, accuracy=None, **more):
    return parse(
        {
            "kind": "sharing",
            "agents": [{"name": "A{}" if count > 1 else "A", "count": count, "prior": prior}],
            "accuracy": accuracy or {"family": "power"},
            **more,
        }
    )


def mixture(prior):
    return parse(
        {
            "kind": "sharing",
            "agents": [
                {"name": "A{}", "count": 2, "prior": prior},
                {"name": "B", "value": 1.5, "prior": CORNER},
            ],
            "accuracy": {"family": "power"},
        }
    )


def solved(game, **options):
    return claim_of(md.solve(game, NAME, options=options or None))


def moved(claim, point, column, by, agent=0):
    curves = np.array(claim["curves"])
    curves[agent, point, column] += by
    return {**claim, "curves": curves}


def figures(game, claim):
    context = check_of(game, claim, Request()).context(INTERVALS)
    return compare(
        context, context.claim, context.rule.figures(context), names=context.reading.names
    )


@pytest.mark.parametrize("prior", [INSIDE, CORNER, POOLING])
@pytest.mark.parametrize("beliefs", BELIEFS)
def test_right_answers_are_proved(prior, beliefs):
    game = mixture(prior)
    claim = solved(game, beliefs=beliefs)
    found = checked(game, claim)
    for name in (*CLAIMS, "individual-rationality", "feasibility", "budget-balance"):
        assert found.condition(name).verdict == "pass", found.condition(name)
    assert all(found.condition(name).proved for name in CLAIMS)
    tables = ("profiles.curves",) if beliefs == "ex-post" else ("curves",)
    for path in ("contributions", "accuracies", "low", "high", "payments", *tables):
        assert path in found.vouched, path
    assert figures(game, claim).verdict == "pass"


@pytest.mark.parametrize(
    ("beliefs", "prior"),
    [("bayes", INSIDE), ("bayes", CORNER), *((beliefs, POOLING) for beliefs in BELIEFS)],
)
def test_contracts_as_printed_are_told_from_the_best(prior, beliefs):
    game = instance(prior)
    printed = solved(game, beliefs=beliefs, rule="published")
    assert broken(game, printed) <= {"data-maximality", "curve-feasibility"}
    assert figures(game, printed).verdict == "pass"
    exact = {"name": NAME, "options": {"beliefs": beliefs, "rule": "exact"}}
    lost = printed["exact_total"] - printed["expected_total"]
    if lost > 1e-6:
        assert {"rule", "data-maximality"} <= broken(
            game, {**printed, "mechanism": exact}, only=("rule", "data-maximality")
        )
    best = solved(game, beliefs=beliefs)
    published = {"name": NAME, "options": {"beliefs": beliefs, "rule": "published"}}
    if lost > 1e-6:
        assert "rule" in broken(game, {**best, "mechanism": published}, only=("rule",))


def test_beliefs_are_meant():
    game = instance(CORNER)
    claims = {beliefs: solved(game, beliefs=beliefs) for beliefs in BELIEFS[:2]}
    other = {"bayes": "mean-field", "mean-field": "bayes"}
    for beliefs, claim in claims.items():
        options = {"name": NAME, "options": {"beliefs": other[beliefs], "rule": "exact"}}
        assert "rule" in broken(game, {**claim, "mechanism": options}, only=("rule",))


def test_a_curve_above_the_full_model_by_a_billionth_is_rejected():
    game = instance(CORNER)
    claim = solved(game)
    found = checked(game, moved(claim, 2, 1, 1e-9))
    assert found.condition("curve-feasibility").verdict == "fail"
    below = checked(game, moved(claim, 2, 1, -1e-12))
    assert below.condition("curve-feasibility").verdict == "pass"


def test_a_contract_for_high_costs_that_low_costs_would_take_is_rejected():
    game = instance(INSIDE)
    found = checked(game, moved(solved(game), 1, 1, 1e-8)).condition("incentive-compatibility")
    assert found.verdict == "fail"
    assert found.witness["type"] == "low"
    assert found.witness["deviation"] == "C"


def test_a_slope_below_the_cost_is_rejected():
    game = instance(CORNER)
    claim = solved(game)
    (own, high, _) = np.array(claim["curves"])[0]
    flatter = own[1] + 0.999 * 0.05 * (high[0] - own[0]) - high[1]
    found = checked(game, moved(claim, 1, 1, flatter))
    assert found.condition("incentive-compatibility").verdict == "fail"
    assert found.condition("incentive-compatibility").witness["type"] == "high"
    assert found.condition("individual-rationality-alone").verdict == "fail"


def test_contracts_out_of_order_or_beyond_the_capacity_are_rejected():
    game = instance(CORNER)
    claim = solved(game)
    swapped = {**claim, "curves": np.array(claim["curves"])[:, [0, 2, 1]]}
    assert "curve-feasibility" in broken(game, swapped, only=("curve-feasibility",))
    small = parse(
        {
            "kind": "sharing",
            "agents": [{"name": "A{}", "count": 2, "prior": CORNER, "capacity": 10}],
            "accuracy": {"family": "power"},
        }
    )
    assert "curve-feasibility" in broken(small, claim, only=("curve-feasibility",))
    held = solved(small)
    assert broken(small, held) == set()
    assert max(held["low"]) == 10


@pytest.mark.parametrize("by", [-1e-6, 1e-6])
@pytest.mark.parametrize("key", ["contributions", "low", "high", "accuracies"])
def test_numbers_that_the_curves_do_not_bear_out_are_rejected(key, by):
    game = instance(INSIDE)
    claim = solved(game)
    wrong = np.array(claim[key], dtype=float)
    wrong[0] += by
    assert "nash" in broken(game, {**claim, key: wrong}, only=("nash",))
    assert figures(game, {**claim, key: wrong}).verdict == "fail"


@pytest.mark.parametrize(("prior", "by"), [(INSIDE, -1e-6), (CORNER, 1e-6), (POOLING, -1e-6)])
def test_every_break_point_is_the_rules(prior, by):
    game = instance(prior)
    claim = solved(game)
    for point in range(3):
        for column in range(2):
            step = by * max(1.0, np.array(claim["curves"])[0, point, column])
            assert "rule" in broken(game, moved(claim, point, column, step), only=("rule",)), (
                point,
                column,
            )


@pytest.mark.parametrize(
    "path",
    ["expected_total", "information_rent", "utilities", "standalone.utilities", "pooling"],
)
def test_figures_that_do_not_follow_are_rejected(path):
    game = instance(INSIDE)
    claim = solved(game)
    stated = dict(claim)
    if path == "pooling":
        stated["pooling"] = [not entry for entry in claim["pooling"]]
    elif "." in path:
        utilities = np.array(claim["standalone"]["utilities"]) + 1e-6
        stated["standalone"] = {**claim["standalone"], "utilities": utilities}
    else:
        stated[path] = np.array(claim[path], dtype=float) + 1e-6
    found = figures(game, stated)
    assert found.verdict == "fail"
    assert path in found.detail


def test_contracts_that_collect_less_are_named_with_what_is_possible():
    game = instance(POOLING)
    found = checked(game, solved(game, rule="published")).condition("data-maximality")
    assert found.verdict == "fail"
    assert not found.claimed
    assert found.witness["possible"] > found.witness["expected"] + 0.01


@pytest.mark.parametrize("key", ["low", "high", "curves"])
def test_what_is_missing_is_not_invented(key):
    game = instance(CORNER)
    claim = solved(game)
    found = checked(game, {**claim, key: None}).condition("nash")
    assert found.verdict == "not-checked"
    assert key in found.detail
    assert checked(game, {**claim, key: [1.0]}).condition("nash").verdict == "not-checked"


def test_profiles_are_checked_one_by_one():
    game = instance(CORNER)
    claim = solved(game, beliefs="ex-post")
    profiles = dict(claim["profiles"])
    table = np.array(profiles["curves"]).copy()
    table[1, 0, 0, 2, 1] += 1e-8
    wrong = checked(game, {**claim, "profiles": {**profiles, "curves": table}})
    found = wrong.condition("curve-feasibility")
    assert found.verdict == "fail"
    assert found.witness["profile"] == "low costs per class: [1]"
    for spoilt in (
        {**profiles, "low_types": np.array(profiles["low_types"])[::-1]},
        {**profiles, "classes": np.array([0, 2])},
        {key: profiles[key] for key in ("classes", "low_types")},
        None,
    ):
        refused = checked(game, {**claim, "profiles": spoilt}).condition("nash")
        assert refused.verdict == "not-checked"
    chances = np.array(profiles["probabilities"]) + 1e-6
    off = {**claim, "profiles": {**profiles, "probabilities": chances}}
    assert figures(game, off).verdict == "fail"


def test_classes_of_different_agents_are_refused():
    game = parse(
        {
            "kind": "sharing",
            "agents": [{"name": "A", "prior": CORNER}, {"name": "B", "prior": INSIDE}],
            "accuracy": {"family": "power"},
        }
    )
    same = solved(instance(CORNER), beliefs="ex-post")
    found = checked(game, {**same, "agents": ["A", "B"]}).condition("nash")
    assert found.verdict == "not-checked"
    assert "differ" in found.detail


def test_measured_curves_and_amounts_in_small_units():
    """An order in samples is relative to the instance's scale, not to one sample."""
    prior = {"low": 1e-5, "high": 1.05e-5, "probability_low": 0.5}
    accuracy = {"family": "curve", "points": [[0, 0], [300, 0.2]]}
    game = instance(prior, 2, accuracy)
    assert broken(game, solved(game)) == set()


def platform_claim(agent, data):
    """Return the contract of one agent whose only company is the platform's data."""
    found = best_contract(agent, OthersData.certain(data))
    points = curves([found], np.array([agent.value]))
    p = agent.probability_low
    return {
        "mechanism": {"name": NAME, "options": {"beliefs": "bayes", "rule": "exact"}},
        "contributions": [p * found.low + (1 - p) * found.high],
        "payments": [0.0],
        "accuracies": [p * points[0, 2, 1] + (1 - p) * points[0, 1, 1]],
        "low": [found.low],
        "high": [found.high],
        "curves": points.tolist(),
    }


def test_alone_means_without_the_platforms_data():
    prior = {"low": 1e-3, "high": 1.5e-3, "probability_low": 0.4}
    accuracy = {"family": "pac", "ceiling": 0.95, "complexity": 10}
    game = instance(prior, 1, accuracy, platform_data=5000)
    agent = PrivateAgent(PacCurve(0.95, 10), 1.0, 1e-3, 1.5e-3, 0.4)
    assert broken(game, platform_claim(agent, 5000.0)) == set()
    counted = PrivateAgent(PacCurve(0.95, 10), 1.0, 1e-3, 1.5e-3, 0.4, platform_data=5000.0)
    assert broken(game, platform_claim(counted, 0.0)) == set()
    without = instance(prior, 1, accuracy)
    assert {"rule", "curve-feasibility"} <= broken(
        without, platform_claim(agent, 5000.0), only=("rule", "curve-feasibility")
    )


@st.composite
def games(draw):
    name = draw(st.sampled_from(sorted(CURVES)))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    unit = {"pac": 200, "threshold": 300, "power": 20, "measured": 500}[name]
    agents = []
    for k in range(draw(st.integers(1, 3))):
        count, value = int(rng.choice([1, 1, 3])), float(f"{10 ** rng.uniform(-6, 3):.4g}")
        low = value / unit * 10 ** rng.uniform(-2, 0.2)
        prior = {
            "low": float(f"{low:.6g}"),
            "high": float(f"{low * (1 + 10 ** rng.uniform(-2, 0.7)):.7g}"),
            "probability_low": float(f"{rng.uniform(0.05, 0.95):.3g}"),
        }
        agent = {"name": f"t{k}-{{}}" if count > 1 else f"t{k}", "value": value, "prior": prior}
        if rng.random() < 0.25:
            agent["capacity"] = float(f"{unit * 10 ** rng.uniform(-1, 0.7):.5g}")
        agents.append({**agent, "count": count})
    game = parse({"kind": "sharing", "agents": agents, "accuracy": CURVES[name]})
    return game, draw(st.sampled_from(BELIEFS)), draw(st.integers(0, 10_000))


@settings(max_examples=2, deadline=None)
@given(games())
def test_random_answers_pass_and_no_menu_exceeds_the_bound(drawn):
    """The bound holds for menus on a grid, whether or not the claim is an equilibrium."""
    game, beliefs, seed = drawn
    solution = md.solve(game, NAME, options={"beliefs": beliefs})
    if solution.answers.get("low") is None:
        return
    claim = claim_of(solution)
    if "No contracts" not in (solution.message or ""):
        assert broken(game, claim) <= {"individual-rationality"}
    rng = np.random.default_rng(seed)
    context = check_of(game, claim, Request()).context(INTERVALS)
    pairs = zip(context.derived(batches), context.derived(bounds), strict=True)
    for batch, bound in list(pairs)[:4]:
        for row in range(min(3, len(batch.agent))):
            if bound.found[row]:
                compare_with_menus(batch, bound, row, rng)


def compare_with_menus(batch, bound, row, rng):
    """No menu that both types accept and choose as meant collects more than the bound."""
    plain = batch.outlook.take(np.array([row])).plain
    low, high, p = plain.low[0], plain.high[0], plain.probability_low[0]
    alone = {kind: batch.alone[kind].value.high[row] for kind in ("low", "high")}
    top = 2 * max(batch.places[row, 2], 1e-9)
    if plain.bounded[0]:
        top = min(top, plain.capacity[0])
    best = bound.most.high[row]
    near = batch.places[row, [1, 2]]
    grid = np.unique(
        np.concatenate([np.linspace(0, top, 60), near, near * (1 + rng.uniform(-1e-3, 1e-3, 2))])
    )
    worth = np.array([float(plain.worth(np.array([m]))[0]) for m in grid])
    for j, m_low in enumerate(grid):
        if m_low > top or worth[j] - low * m_low < alone["low"]:
            continue
        allowed = min(m_low, (worth[j] - low * m_low - alone["high"]) / (high - low))
        fits = (grid <= allowed) & (worth - high * grid >= alone["high"])
        if fits.any():
            expected = p * m_low + (1 - p) * grid[fits].max()
            assert expected <= best * (1 + 1e-12) + 1e-12


SCALES = {
    "threshold": [(2.0**-40, 1.0), (2.0**40, 2.0**20)],
    "measured": [(2.0**40, 2.0**-20), (1.0, 2.0**20)],
}


@pytest.mark.parametrize("name", SCALES)
def test_units_change_no_verdict(name):
    spec = CURVES[name]

    def game(money, data):
        accuracy = dict(spec)
        if "threshold" in accuracy:
            accuracy["threshold"] = accuracy["threshold"] * data
        if "points" in accuracy:
            accuracy["points"] = [[x * data, y] for x, y in accuracy["points"]]
        low, high = 0.0004 * money / data, 0.0009 * money / data
        prior = {"low": low, "high": high, "probability_low": 0.4}
        agents = [{"name": "A{}", "count": 3, "value": money, "prior": prior}]
        return parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})

    claim = {
        key: value
        for key, value in solved(game(1.0, 1.0)).items()
        if key in ("mechanism", "contributions", "payments", "accuracies", "low", "high", "curves")
    }
    variants = [
        claim,
        moved(claim, 1, 1, 1e-6),
        moved(claim, 2, 0, -1e-4),
        moved(claim, 2, 1, 3e-10),
    ]
    variants.append({**claim, "payments": [1e-6, 0, 0]})
    plain = [broken(game(1.0, 1.0), variant) for variant in variants]
    assert plain[0] == set()
    for (money, data), number in itertools.product(SCALES[name], range(len(variants))):
        variant = variants[number]
        other = dict(variant)
        table = np.array(variant["curves"]).copy()
        table[:, :, 0] *= data
        for key in ("contributions", "low", "high"):
            other[key] = np.array(variant[key]) * data
        other |= {"curves": table, "payments": np.array(variant["payments"]) * money}
        assert broken(game(money, data), other) == plain[number], (money, data)


HEAD = "format: mdsolve/1\nkind: sharing\nname: game\n"


@pytest.mark.parametrize("beliefs", ["bayes", "ex-post"])
def test_right_answers_survive_storage(beliefs, tmp_path):
    file = tmp_path / "game.yaml"
    file.write_text(
        f"{HEAD}agents: [{{name: 'A{{}}', count: 2, prior: {INSIDE}}}, "
        f"{{name: B, prior: {CORNER}}}]\n"
        "accuracy: {family: power}\n"
    )
    solution = md.solve(md.load(file), NAME, options={"beliefs": beliefs})
    assert solution.certificate.verdict == "pass"
    write_solutions([solution], tmp_path / "solution.json")
    (checked,) = verify_file(file, tmp_path / "solution.json")
    assert checked.certificate.verdict == "pass"
    assert all(checked.certificate.condition(name).proved for name in CLAIMS)


def test_many_agents_store_their_curves_beside_the_solution(tmp_path):
    file = tmp_path / "game.yaml"
    file.write_text(
        f"{HEAD}agents: [{{name: 'A{{}}', count: 3000, "
        "prior: {low: 0.1, high: 0.2, probability_low: 0.55}}]\n"
        "accuracy: {family: pac, ceiling: 0.95, complexity: 10}\n"
    )
    solution = md.solve(md.load(file), NAME)
    write_solutions([solution], tmp_path / "solution.json")
    table = tmp_path / "solution.curves.npy"
    assert table.exists()
    (checked,) = verify_file(file, tmp_path / "solution.json")
    assert checked.certificate.verdict == "pass"
    assert all(checked.certificate.condition(name).proved for name in CLAIMS)
    curves = np.load(table)
    curves[1711, 1, 1] += 1e-6
    np.save(table, curves)
    (checked,) = verify_file(file, tmp_path / "solution.json")
    assert checked.certificate.condition("rule").verdict == "fail"
