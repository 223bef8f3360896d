"""Value shaping: right answers are proved, every kind of wrong one fails, in any unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.numbers import INTERVALS
from tests.certificate.shaped.stated import (
    CURVES,
    broken,
    checked,
    claim_of,
    instance_of,
    shaped_answer,
    value_of,
)

CLAIMS = ("curve-feasibility", "individual-rationality-alone", "nash", "data-maximality", "rule")
PAC = CURVES["pac"]
THREE = [{"cost": 0.1}] * 176
MIXED = [
    {"cost": 1e-4, "capacity": 1500},
    {"cost": 3e-4, "value": 2},
    {"cost": 0.1},
    {"cost": 0, "capacity": 300},
]
BIG = [{"cost": 0.003}, {"cost": 0.00062}, {"cost": 0.02}]
"""Nobody is viable alone, and without the second the others stay below the threshold."""


def solved(agents, accuracy=PAC, **options):
    instance = instance_of(accuracy, agents)
    return instance, claim_of(md.solve(instance, "value-shaping", options=options or None))


def edited(claim, change, key="curves"):
    table = np.array(claim[key], dtype=float)
    change(table)
    return {**claim, key: table}


def moved_to(instance, claim, factor, accuracy=PAC, platform=0.0):
    """Return a claim that is consistent at another total: contributions, curves and models."""
    curves = np.array(claim["curves"], dtype=float)
    s = factor * np.array(claim["contributions"], dtype=float)
    curves[:, 2, 0] = s
    curves[:, 2, 1] = value_of(accuracy)(s.sum() + platform)
    models = curves[:, 2, 1].copy()
    gone = {"equilibria": None, "equilibrium_totals": None}
    return {**claim, "contributions": s, "curves": curves, "accuracies": models, **gone}


@pytest.mark.parametrize("agents", [THREE, MIXED, BIG])
def test_right_answers_are_proved(agents):
    instance, claim = solved(agents)
    found = checked(instance, claim)
    for name in (*CLAIMS, "equilibria", "feasibility", "individual-rationality", "budget-balance"):
        condition = found.condition(name)
        assert condition.verdict == "pass", condition
        assert condition.proved
    for path in ("curves", "equilibria", "equilibrium_totals", "contributions", "accuracies"):
        assert path in found.vouched


@pytest.mark.parametrize("agents", [THREE, MIXED, BIG])
def test_perturbed_answers_fail(agents):
    instance, claim = solved(agents)
    last = len(claim["contributions"]) - 1
    s = np.array(claim["contributions"])

    def raised(curves):
        curves[last, 2, 1] += 1e-9

    assert "curve-feasibility" in broken(
        instance, edited(claim, raised), only=("curve-feasibility",)
    )
    for factor in (1 - 1e-6, 1 + 1e-6):
        assert {"rule"} <= broken(instance, moved_to(instance, claim, factor), only=("rule",))
        assert broken(instance, moved_to(instance, claim, factor)) & {
            "nash",
            "data-maximality",
            "individual-rationality-alone",
        }
    for agent in (0, last):
        for step in (1e-6, -1e-6):

            def one(column, agent=agent, step=step):
                column[agent] += step * max(1.0, s[agent])

            assert "nash" in broken(instance, edited(claim, one, "contributions"), only=("nash",))

            def other(column, agent=agent, step=step):
                column[agent] += step

            assert {"nash", "rule"} <= broken(
                instance, edited(claim, other, "accuracies"), only=("nash", "rule")
            )

    def paid(column):
        column[0] = 1e-6

    assert {"rule", "budget-balance"} <= broken(
        instance, edited(claim, paid, "payments"), only=("rule", "budget-balance")
    )


def test_every_break_point_is_the_rules():
    instance, claim = solved(MIXED)
    curves = np.array(claim["curves"])
    for agent in range(3):
        for point in range(3):
            for column in range(2):
                for step in (1e-6, -1e-6):
                    size = max(curves[agent, point, column], 1.0 if column == 0 else 0.1)

                    def moved(table, at=(agent, point, column), by=step * size):
                        table[at] += by

                    assert "rule" in broken(instance, edited(claim, moved), only=("rule",)), (
                        agent,
                        point,
                        column,
                    )


def test_a_slope_below_the_cost_is_not_a_best_response():
    instance, claim = solved(MIXED)

    def flatter(curves):
        rise = curves[1, 2, 1] - curves[1, 1, 1]
        curves[1, 1, 1] += 1e-6 * rise  # starts higher, so it climbs more slowly than it costs

    assert {"nash", "rule"} <= broken(instance, edited(claim, flatter), only=("nash", "rule"))

    def lower(curves):
        curves[1, 2, 1] -= 1e-6

    poor = edited(claim, lower)
    poor["accuracies"] = poor["curves"][:, 2, 1].copy()
    assert {"nash", "individual-rationality-alone"} <= broken(
        instance, poor, only=("nash", "individual-rationality-alone")
    )


def test_a_straight_line_through_what_nobody_can_give_is_infeasible():
    instance, claim = solved(BIG)
    curves = np.array(claim["curves"])
    late = np.flatnonzero(curves[:, 1, 0] > curves[:, 0, 0])
    assert late.size  # the minimum in the curve is needed here

    def as_printed(table):
        table[late, 1] = table[late, 0]

    assert broken(instance, edited(claim, as_printed)) == {"curve-feasibility"}


def test_a_curve_below_what_own_data_give_is_not_rational():
    instance, claim = solved(MIXED)

    def sunk(curves):
        curves[0, 0, 1] -= 1e-6

    assert "individual-rationality-alone" in broken(
        instance, edited(claim, sunk), only=("individual-rationality-alone",)
    )

    def shortcut(curves):  # a line from the origin, under v for small own contributions
        curves[0, :2] = 0

    found = checked(instance, edited(claim, shortcut))
    assert found.condition("individual-rationality-alone").verdict == "fail"


def test_least_data_is_another_equilibrium_and_not_the_one_with_most():
    instance, claim = solved(THREE, select="least-data")
    assert sum(claim["contributions"]) == 0
    found = checked(instance, claim)
    assert found.condition("data-maximality").verdict == "fail"
    assert not found.condition("data-maximality").claimed
    assert broken(instance, claim) == {"data-maximality"}
    options = {"name": "value-shaping", "options": {"select": "most-data"}}
    assert "rule" in broken(instance, {**claim, "mechanism": options}, only=("rule",))
    _, most = solved(THREE)
    options = {"name": "value-shaping", "options": {"select": "least-data"}}
    assert "rule" in broken(instance, {**most, "mechanism": options}, only=("rule",))


def test_nothing_viable_is_proved():
    instance, claim = solved([{"cost": 0.1}] * 175)
    assert sum(claim["contributions"]) == 0
    assert broken(instance, claim) == set()


def test_lists_of_equilibria_are_right_and_complete():
    instance, claim = solved(THREE)
    low, middle, high = claim["equilibrium_totals"]
    assert low == 0
    for wrong in (
        [0, high],
        [middle, high],
        [0, middle * (1 + 1e-6), high],
        [0, middle, high * (1 - 1e-6)],
        [0, middle, high, 2 * high],
        [0],
        "unique",
        "continuum",
    ):
        listed = wrong if isinstance(wrong, list) else claim["equilibrium_totals"]
        stated = {**claim, "equilibria": wrong, "equilibrium_totals": listed}
        assert "equilibria" in broken(instance, stated, only=("equilibria",)), wrong
    only, unique = solved([{"cost": 1e-4}] * 3)
    assert unique["equilibria"] == "unique"
    assert broken(only, unique) == set()
    assert "equilibria" in broken(
        only,
        {**unique, "equilibrium_totals": [0, *unique["equilibrium_totals"]]},
        only=("equilibria",),
    )


@pytest.mark.parametrize("agents", [THREE, BIG, [{"cost": 1e-4}, {"cost": 0.1}]])
def test_figures_of_viability(agents):
    instance, claim = solved(agents)
    context = check_of(instance, claim, Request()).context(INTERVALS)
    figures = context.rule.figures(context)
    for path, figure in figures.items():
        assert figure().problem(claim[path]) == "", path
    k = claim["smallest_viable"]
    for wrong in (k - 1, k + 1, 0, 2.5, True, "many"):
        assert figures["smallest_viable"]().problem(wrong)
    told = list(claim["viable_alone"])
    told[0] = not told[0]
    assert "a0" in figures["viable_alone"]().problem(told)
    assert figures["viable_alone"]().problem([1.0] * len(told))
    assert figures["viable_alone"]().problem(told[:-1])


def test_flags_beside_a_solution(tmp_path):
    instance, claim = solved(BIG)
    np.save(tmp_path / "viable.npy", np.array(claim["viable_alone"]))
    stated = {**claim, "viable_alone": {"file": "viable.npy"}}
    context = check_of(instance, stated, Request(folder=tmp_path)).context(INTERVALS)
    assert context.rule.figures(context)["viable_alone"]().problem(stated["viable_alone"]) == ""


@st.composite
def games(draw):
    name = draw(st.sampled_from(sorted(CURVES)))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    agents = []
    for _ in range(draw(st.integers(1, 5))):
        agent = {"cost": float(f"{10 ** rng.uniform(-4, -2):.6g}")}
        agent["value"] = float(f"{rng.uniform(0.5, 3):.4g}")
        if rng.random() < 0.3:
            agent["capacity"] = float(f"{rng.uniform(1, 2000):.5g}")
        if rng.random() < 0.3:
            agent["cost"] = {"family": "linear", "rate": agent["cost"], "fixed": 0.2}
        agents.append(agent)
    return name, agents, draw(st.sampled_from([0.0, 40.0, 400.0]))


@settings(max_examples=25, deadline=None)
@given(games())
def test_answers_by_halving_pass_and_agree_with_the_definitions_on_a_grid(game):
    name, agents, platform = game
    instance, claim = shaped_answer(CURVES[name], agents, platform)
    # Fixed costs alone may make staying out better.
    assert broken(instance, claim) <= {"individual-rationality"}
    v, s, points = value_of(CURVES[name]), np.array(claim["contributions"]), claim["curves"]
    full = v(s.sum() + platform)
    for agent, spec in enumerate(agents):
        others = s.sum() - s[agent] + platform
        rate = spec["cost"] if not isinstance(spec["cost"], dict) else spec["cost"]["rate"]
        top = min(spec.get("capacity", np.inf), 3 * (s.sum() + 10))
        grid = np.unique(np.append(np.linspace(0, top, 200), [x for x, _ in points[agent]]))
        handed = np.array([curve_at(points[agent], v, others, x) for x in grid])
        possible = np.array([v(x + others) for x in grid])
        assert np.all(handed <= possible + 1e-12)
        assert np.all(handed >= np.array([v(x) for x in grid]) - 1e-12)
        have = spec["value"] * full - rate * s[agent]
        assert have >= (spec["value"] * handed - rate * grid).max() - 1e-9


def curve_at(points, v, others, own):
    """Return the model of one agent as the documentation says."""
    (x1, _), (x2, y2), (x3, y3) = points
    if own < x1:
        return v(own)
    if own < x2 or own >= x3:
        return v(own + others)
    return y2 + (y3 - y2) * (own - x2) / (x3 - x2)


@settings(max_examples=8, deadline=None)
@given(games())
def test_solver_and_halving_agree_without_platform_data(game):
    name, agents, _ = game
    instance, claim = shaped_answer(CURVES[name], agents)
    solution = md.solve(instance, "value-shaping")
    assert broken(instance, claim_of(solution)) <= {"individual-rationality"}
    np.testing.assert_allclose(solution.contributions, claim["contributions"], rtol=1e-6, atol=1e-6)


def test_alone_means_without_the_platforms_data():
    """Agents who count the platform's data as theirs are asked for less than they would give."""
    agents, accuracy = [{"cost": 0.003, "value": 2}, {"cost": 0.002}], CURVES["pac"]
    instance, claim = shaped_answer(accuracy, agents, 500.0)
    assert broken(instance, claim) == set()
    v = value_of(accuracy)
    alone = np.array([2.0, 1.0]) * v(500.0)
    s = np.array(claim["contributions"])
    less = s - alone / np.array([0.003, 0.002])
    assert np.all(less < s)
    wrong = moved_to(instance, claim, 0.5, platform=500.0)
    assert {"rule", "data-maximality"} <= broken(instance, wrong, only=("rule", "data-maximality"))


SCALES = [(2.0**-40, 1.0), (2.0**40, 2.0**-20), (1.0, 2.0**20)]


def scaled(accuracy, agents, platform, claim, money, data):
    """Return the same game and claim in other units."""
    spec = dict(accuracy)
    if "threshold" in spec:
        spec["threshold"] = spec["threshold"] * data
    if "points" in spec:
        spec["points"] = [[x * data, y] for x, y in spec["points"]]
    rows = []
    for agent in agents:
        row = {"cost": agent["cost"] * money / data, "value": agent["value"] * money}
        if "capacity" in agent:
            row["capacity"] = agent["capacity"] * data
        rows.append(row)
    curves = np.array(claim["curves"], dtype=float)
    curves[:, :, 0] *= data
    more = {"contributions": np.array(claim["contributions"]) * data, "curves": curves}
    more["payments"] = np.array(claim["payments"]) * money
    return instance_of(spec, rows, platform * data), {**claim, **more}


@pytest.mark.parametrize(("name", "platform"), [("threshold", 0.0), ("measured", 150.0)])
def test_units_change_no_verdict(name, platform):
    agents = [
        {"cost": 0.0004, "value": 1.5},
        {"cost": 0.0011, "value": 1.0},
        {"cost": 0.0002, "value": 0.7, "capacity": 200},
    ]
    accuracy = CURVES[name]
    _, claim = shaped_answer(accuracy, agents, platform)
    variants = [claim, moved_to(None, claim, 1 + 1e-6, accuracy, platform)]
    for point, column, step in ((2, 1, 3e-10), (0, 1, -1e-6), (1, 0, 1e-4), (2, 0, -1e-4)):

        def moved(table, at=(1, point, column), by=step):
            table[at] += by

        variants.append(edited(claim, moved))
    variants.append(edited(claim, lambda column: column.__setitem__(0, 1e-6), "payments"))
    for number, variant in enumerate(variants):
        plain = broken(*scaled(accuracy, agents, platform, variant, 1.0, 1.0))
        # The right answer in all units, each wrong one in two of them.
        for money, data in SCALES if variant is claim else (SCALES * 2)[number % 3 :][:2]:
            other = broken(*scaled(accuracy, agents, platform, variant, money, data))
            assert plain == other, (money, data)
    assert plain


def test_what_cannot_be_checked_says_so():
    instance, claim = solved(THREE)
    for wrong in (None, [[1, 2]]):
        found = checked(instance, {**claim, "curves": wrong})
        for name in CLAIMS:
            assert found.condition(name).verdict == "not-checked", name
            assert "curves" in found.condition(name).detail
    bent = instance_of(PAC, [{"cost": {"family": "quadratic", "rate": 1e-4, "curvature": 1}}])
    claim = {"mechanism": "value-shaping", "contributions": [1.0], "curves": [[[0, 0]] * 3]}
    assert checked(bent, claim).condition("nash").verdict == "not-checked"
    weighted = instance_of({"family": "power", "weights": [1, 2]}, [{"cost": 0.1}, {"cost": 0.2}])
    claim = {"mechanism": "value-shaping", "contributions": [1.0, 1.0]}
    assert "sum of all data" in checked(weighted, claim).condition("rule").detail


def test_a_capacity_that_is_no_double_is_kept():
    agents = [{"cost": 1e-4, "capacity": 0.1}, {"cost": 1e-4}]
    instance, claim = solved(agents)
    assert claim["contributions"][0] == 0.1
    assert broken(instance, claim, tolerance=1e-12) == set()


def test_many_different_agents():
    rng = np.random.default_rng(1)
    n = 8_000
    instance = md.SharingInstance(
        agents={"count": n, "cost": 10 ** rng.uniform(-4, -1, n)},
        accuracy={"family": "pac", "ceiling": 0.95, "complexity": 10},
    )
    check = check_of(instance, claim_of(md.solve(instance, "value-shaping")), Request())
    found = [check.condition(name) for name in (*CLAIMS, "equilibria")]
    assert all(condition.verdict == "pass" and condition.proved for condition in found)
