"""The proportional rules: right answers are proved, wrong and perturbed ones fail, in any unit."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.numbers import BALLS, EXACT, FLOAT, INTERVALS
from mdsolve.certificate.shaped.deviations import search, utilities
from mdsolve.certificate.shaped.ranked import ranked
from mdsolve.certificate.shaped.standings import ratios
from mdsolve.instance import parse
from tests.certificate.shaped.stated import CURVES, broken, checked, claim_of, value_of

RULES = ("proportional-data", "proportional-value", "proportional-shapley")
PAC = {"family": "pac", "ceiling": 0.95, "complexity": 1}
ALIKE = [{"name": "a{}", "count": 10, "cost": 1e-4}]
MIXED = [{"name": "a{}", "count": 5, "cost": 1e-4}, {"name": "b{}", "count": 4, "cost": 3e-4}]
CLAIMS = ("rule", "nash", "feasibility", "individual-rationality", "budget-balance")


def game_of(agents, accuracy=PAC, **more):
    return parse({"kind": "sharing", "agents": agents, "accuracy": accuracy, **more})


def answer(game, name, **options):
    return claim_of(md.solve(game, name, options=options or None))


@cache
def mixed_answer():
    """Return two kinds of agents and what is solved for them, which takes a while."""
    game = game_of(MIXED)
    return game, answer(game, "proportional-data", p=0.4)


def at(claim, s, **more):
    """Return the claim at other contributions, its models and lists of equilibria left out."""
    gone = dict.fromkeys(("accuracies", "payments", "equilibria", "equilibrium_totals"))
    gone |= {"equilibrium_intervals": None, "equilibrium_profiles": None}
    return {**claim, **gone, "contributions": s, **more}


def rows(game, name, s, arithmetic=INTERVALS, **options):
    """Return the profile under a rule."""
    claim = {"mechanism": {"name": name, "options": options}, "contributions": list(map(float, s))}
    context = check_of(game, claim, Request()).context(arithmetic)
    return context.derived(ranked)


@pytest.mark.parametrize(
    ("name", "p", "agents"), [*((name, 0.4, ALIKE) for name in RULES), (RULES[0], 1.0, MIXED)]
)
def test_answers_are_proved_and_a_millionth_more_or_less_fails(name, p, agents):
    game = game_of(agents)
    claim = answer(game, name, p=p)
    found = checked(game, claim, ("individual-rationality-alone",))
    for condition in (*CLAIMS, "individual-rationality-alone"):
        assert found.condition(condition).verdict == "pass", found.condition(condition)
        assert found.condition(condition).proved
    for path in ("contributions", "accuracies", "payments"):
        assert path in found.vouched
    for agent in (0, game.agent_count - 1):
        for sign in (1, -1):
            s = np.array(claim["contributions"])
            if s[agent] > 0:
                s[agent] *= 1 + sign * 1e-6
                assert "nash" in broken(game, at(claim, s), only=("nash",)), (agent, sign)


@pytest.mark.parametrize("name", RULES)
def test_everybody_outside_the_interval_fails(name):
    game = game_of(ALIKE)
    claim = answer(game, name, p=0.5)
    low, high = claim["equilibrium_intervals"][0]
    for total in (low * (1 - 1e-6), high * (1 + 1e-6)):
        found = checked(game, at(claim, np.full(10, total / 10)), ("individual-rationality-alone",))
        alone = found.condition("individual-rationality-alone")
        assert found.condition("nash").verdict == "fail" or alone.violation > 0
    inside = at(claim, np.full(10, (low + high) / 20))
    assert checked(game, inside).condition("nash").verdict == "pass"


def test_far_deviations_are_found():
    """All at a level where slopes are right but staying out pays more."""
    game = game_of([{"name": "a{}", "count": 200, "cost": 0.02}])
    claim = answer(game, "proportional-data")
    top = claim["contributions"][0]
    moved = at(claim, np.full(200, 1.01 * top))
    found = checked(game, moved).condition("nash")
    assert found.verdict == "fail"
    assert found.witness["best_response"] == 0
    v = value_of(PAC)
    assert found.witness["gain"] == pytest.approx(0.02 * 1.01 * top - v(200 * 1.01 * top))
    assert checked(game, moved).condition("individual-rationality").verdict == "fail"


def test_models_payments_and_exponents_must_be_the_rules():
    game = game_of(ALIKE)
    claim = answer(game, "proportional-data", p=0.5)
    better = np.array(claim["accuracies"])
    better[3] += 1e-6
    assert {"rule", "feasibility"} <= broken(
        game, {**claim, "accuracies": better}, only=("rule", "feasibility")
    )
    paid = {**claim, "payments": np.full(10, 1e-6)}
    assert {"rule", "budget-balance"} <= broken(game, paid, only=("rule", "budget-balance"))
    unstated = {**at(claim, claim["contributions"]), "p": None}
    unstated["mechanism"] = {"name": "proportional-data", "options": {"p": "best"}}
    assert checked(game, unstated).condition("nash").verdict == "not-checked"
    for p, verdict in ((2, "not-checked"), (0.05, "fail"), ("many", "not-checked")):
        other = {"name": "proportional-data", "options": {"p": p}}
        assert checked(game, {**claim, "mechanism": other}).condition("nash").verdict == verdict
    negative = at(claim, np.array(claim["contributions"]) - 5000)
    found = checked(game, negative)
    assert found.condition("nash").verdict == found.condition("feasibility").verdict == "fail"


def test_an_exponent_is_no_label():
    """Right at p = 1/2, the same numbers under another exponent are not the rule's."""
    game, claim = mixed_answer()
    for p in (1.0, 0.0):
        other = {"name": "proportional-data", "options": {"p": p}}
        assert broken(game, {**claim, "mechanism": other}, only=("rule", "nash"))


def test_the_equilibrium_asked_for_is_the_one_with_most_data_of_those_stated():
    game = game_of(ALIKE)
    least = answer(game, "proportional-data", select="least-data")
    most = {"name": "proportional-data", "options": {"p": 1, "select": "most-data"}}
    assert not broken(game, least, only=("rule",))
    assert "rule" in broken(game, {**least, "mechanism": most}, only=("rule",))


def test_totals_stated_are_those_of_equilibria():
    game = game_of(ALIKE)
    claim = answer(game, "proportional-data", p=0.5)
    assert claim["equilibria"] == "continuum"
    assert not broken(game, claim, only=("equilibria",))
    low, high = claim["equilibrium_intervals"][0]
    # Just above the highest total nobody gains either, and somebody would rather be alone.
    for wrong in ([low * (1 - 1e-5), high], [low, high, 3 * high]):
        stated = {**claim, "equilibrium_totals": wrong}
        assert "equilibria" in broken(game, stated, only=("equilibria",))
    assert "equilibria" in broken(game, {**claim, "equilibria": "unique"}, only=("equilibria",))
    mixed, other = mixed_answer()
    s = np.array(other["contributions"])
    stated = {**at(other, s), "equilibria": [float(s.sum())]}
    assert not broken(mixed, stated, only=("equilibria",))
    unknown = {**stated, "equilibria": [1.0, float(s.sum())]}
    assert checked(mixed, unknown).condition("equilibria").verdict == "not-checked"
    told = {**unknown, "equilibrium_profiles": [np.full(9, 1 / 9), s]}
    assert checked(mixed, told).condition("equilibria").verdict == "fail"


def test_capacities_and_budgets_bound_deviations():
    capped = game_of([{"name": "a{}", "count": 4, "cost": 1e-4, "capacity": 500}])
    claim = answer(capped, "proportional-data")
    assert np.all(np.array(claim["contributions"]) == 500)
    assert not broken(capped, claim, only=("nash",))
    assert "nash" in broken(capped, at(claim, np.full(4, 200.0)), only=("nash",))
    poor = game_of([{"name": "a{}", "count": 3, "cost": 1e-4, "budget": 0.05}])
    spent = answer(poor, "proportional-data")
    assert not broken(poor, spent, only=("nash",))
    assert {"feasibility", "nash"} <= broken(
        poor, at(spent, np.full(3, 501.0)), only=("feasibility", "nash")
    )


@st.composite
def profiles(draw):
    name = draw(st.sampled_from(sorted(CURVES)))
    levels = draw(st.lists(st.integers(0, 900), min_size=2, max_size=5))
    cost = draw(
        st.sampled_from(
            [
                1e-4,
                {"family": "quadratic", "rate": 1e-5, "curvature": 1e-6},
                {"family": "piecewise-linear", "points": [[0, 0], [100, 0.01], [300, 0.2]]},
            ]
        )
    )
    agents = [{"name": f"a{k}", "cost": cost} for k in range(len(levels))]
    game = game_of(agents, CURVES[name], platform_data=draw(st.sampled_from([0, 30])))
    return game, draw(st.sampled_from(RULES)), levels, draw(st.sampled_from([0.3, 0.8, 1.0]))


@settings(max_examples=15, deadline=None)
@given(profiles())
def test_bounds_hold_at_every_deviation_and_are_tight(drawn):
    """No point of a dense grid lies above the bound, and a goal just above the best is reached."""
    game, name, levels, p = drawn
    found = rows(game, name, levels, p=p)
    for kind in np.flatnonzero(found.lead > 0):
        lead = found.lead[kind]
        grid = np.concatenate([np.linspace(0, lead, 2001), lead * np.geomspace(1e-6, 1, 500)])
        worth = utilities(found, np.full(len(grid), kind), grid)
        best = float(worth.high.max())
        goal = np.full(found.size, np.inf)
        goal[kind] = best + 1e-3  # kinks between the points of the grid may lie higher
        nothing = np.full(found.size, np.inf)
        outcome = search(found, nothing, goal, nothing)
        assert outcome.done[kind]
        assert outcome.bound[kind] >= worth.low.max() - 1e-15
        assert outcome.utility[kind] <= best + 1e-3
        short = np.full(found.size, np.inf)
        short[kind] = best - 1e-6
        stopped = search(found, nothing, short, short)
        assert not stopped.done[kind]
        assert stopped.utility[kind] > best - 1e-6


@settings(max_examples=40, deadline=None)
@given(profiles())
def test_the_ratio_is_that_of_the_definition(drawn):
    game, name, levels, _ = drawn
    v = value_of(game_accuracy(game))
    platform = float(game.platform_data)
    profile = np.array(levels, dtype=float)
    if name == "proportional-data":
        psi = profile
    elif name == "proportional-value":
        psi = np.array([v(platform + x) - v(platform) for x in profile])
    else:
        psi = shares_by_orders(v, profile, platform)
    right = psi / psi.max() if psi.max() > 0 else np.ones(len(psi))
    for arithmetic in (FLOAT, INTERVALS, BALLS):
        with arithmetic.context():
            found = rows(game, name, levels, arithmetic, p=1)
            factors = found.at_profile[found.kind]
            low, high = arithmetic.lower(factors), arithmetic.upper(factors)
        scale = np.maximum(psi.max(), 1e-9)
        assert np.all(low - 1e-13 / scale <= right), arithmetic.name
        assert np.all(right <= high + 1e-13 / scale), arithmetic.name


def game_accuracy(game):
    """Return which of the curves a game has."""
    family = game.accuracy.family
    return next(spec for spec in CURVES.values() if spec["family"] == family)


def shares_by_orders(v, profile, platform):
    n = len(profile)
    shares, orders = np.zeros(n), list(permutations(range(n)))
    for order in orders:
        seen = platform
        for agent in order:
            shares[agent] += v(seen + profile[agent]) - v(seen)
            seen += profile[agent]
    return shares / len(orders)


def test_quotients_of_large_integers():
    top = np.array([1, 10**400, 7], dtype=object)
    bottom = np.array([3, 3 * 10**400, 7], dtype=object)
    for arithmetic in (FLOAT, INTERVALS, BALLS, EXACT):
        found = ratios(arithmetic, top, bottom)
        low, high = arithmetic.lower(found), arithmetic.upper(found)
        assert np.all(low <= [1 / 3 + 1e-16, 1 / 3 + 1e-16, 1])
        assert np.all(high >= [1 / 3 - 1e-16, 1 / 3 - 1e-16, 1])


def test_what_the_checker_cannot_read_is_left_open():
    weighted = game_of(
        [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.2}],
        {"family": "power", "weights": [[1, 0.5], [0.5, 1]]},
    )
    claim = {"mechanism": "proportional-data", "contributions": [1.0, 1.0]}
    for condition in ("nash", "rule"):
        assert checked(weighted, claim).condition(condition).verdict == "not-checked"
    crowd = game_of([{"name": f"a{i}", "cost": 1e-4} for i in range(30)])
    spread = {"mechanism": "proportional-shapley", "contributions": np.linspace(100, 200, 30)}
    assert checked(crowd, spread).condition("nash").verdict == "not-checked"
    below = game_of(ALIKE, {"family": "power", "ceiling": 0.5, "scale": 1})
    claim = {"mechanism": "proportional-data", "contributions": [1.0] * 10}
    assert "negative" in checked(below, claim).condition("nash").detail


@pytest.mark.parametrize(
    ("name", "money", "data"),
    [(RULES[0], 2.0**-40, 1.0), (RULES[0], 2.0**40, 2.0**-20), (RULES[1], 1.0, 2.0**20)],
)
def test_units_change_no_verdict(name, money, data):
    def game(money, data):
        points = [[x * data, y] for x, y in CURVES["measured"]["points"]]
        rates = [0.0002 * money / data, 0.0004 * money / data]
        agents = [
            {"name": f"t{k}-{{}}", "count": 2, "value": money, "cost": rate}
            for k, rate in enumerate(rates)
        ]
        return game_of(agents, {"family": "curve", "points": points})

    plain = game(1.0, 1.0)
    claim = answer(plain, name, p=0.5)
    s = np.array(claim["contributions"])
    for variant in (s, s * (1 + 1e-6), s * [1, 1, 1, 1 - 1e-4], s * 0.5):
        kept = broken(plain, at(claim, variant))
        assert kept == broken(game(money, data), at(claim, variant * data))


def test_ten_thousand_agents_with_shapley_values():
    game = game_of([{"name": "a{}", "count": 10_000, "cost": 0.001}], PAC)
    claim = {
        "mechanism": {"name": "proportional-shapley", "options": {"p": 0.5}},
        "contributions": np.full(10_000, 0.05),
    }
    found = checked(game, claim).condition("nash")
    assert found.verdict != "not-checked"
    assert found.proved


def test_thousands_of_different_agents():
    rng = np.random.default_rng(1)
    n = 20_000
    game = md.SharingInstance(
        agents={"count": n, "cost": rng.uniform(1e-4, 2e-4, n)},
        accuracy={"family": "power", "ceiling": 1, "scale": 1, "exponent": 0.5},
    )
    claim = {"mechanism": "proportional-data", "contributions": np.full(n, 1e-3)}
    check = check_of(game, claim, Request())
    assert check.condition("nash").verdict != "not-checked"


def test_what_is_said_of_equilibria_fits_together():
    agents = [{"name": f"agent-{k}", "cost": "0.0001", "capacity": 2000} for k in range(3)]
    accuracy = {"family": "pac", "ceiling": "0.95", "complexity": 10}
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    data = md.solve(instance, "proportional-data").to_dict()
    assert verdict_of(instance, data) == "pass"
    totals = data["equilibrium_totals"]
    for key, value in [
        ("equilibria", "continuum and more"),
        ("equilibria", 17),
        ("equilibrium_totals", [*totals[:-1], totals[-1] * (1 + 1e-6)]),
        ("equilibrium_totals", [totals[-1], *totals[1:]]),
        ("equilibrium_intervals", [[-1.0, totals[-1]]]),
        ("equilibrium_intervals", [[totals[-1] * (1 - 1e-6), totals[-1]]]),
    ]:
        assert verdict_of(instance, {**data, key: value}) in ("fail", "not-checked"), (key, value)


def verdict_of(instance, data):
    return check_of(instance, data, Request()).condition("equilibria").verdict


def test_an_interval_of_equilibria_ends_where_equilibria_end():
    agents = [{"name": f"agent-{k}", "cost": "0.0001", "capacity": 2000} for k in range(3)]
    accuracy = {"family": "pac", "ceiling": "0.95", "complexity": 10}
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    data = md.solve(instance, "proportional-value", options={"p": "0.5"}).to_dict()
    assert verdict_of(instance, data) == "pass"
    for name in ("proportional-data", "proportional-shapley"):  # stable further, as they say
        other = {**data, "mechanism": {"name": name, "options": {}}, "p": 1}
        assert verdict_of(instance, other) == "fail", name
    low, high = data["equilibrium_intervals"][-1]
    for ends in ([low, 0.9 * high], [low + 0.1 * (high - low), high]):
        profiles = [[total / 3] * 3 for total in ends]
        narrow = data | {
            "equilibrium_totals": ends,
            "equilibrium_intervals": [ends],
            "equilibrium_profiles": profiles,
            "contributions": profiles[-1],
        }
        assert verdict_of(instance, narrow) == "fail", ends
