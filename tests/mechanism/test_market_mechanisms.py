"""Market mechanisms by their definitions; what they promise, and what the papers do not keep."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.context import MEMORY_LIMIT, Context
from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.build import market_game
from mdsolve.game.market import QualityMarket
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import mechanisms
from mdsolve.status import Termination
from tests.claims import table_of
from tests.markets import entries, rational_markets
from tests.oracles import PlainMarket, growth, identity

EXACTLY = {"arithmetic": "exact"}


def outcome(name, market, memory_limit=MEMORY_LIMIT, **options):
    rule = mechanisms("market")[name]
    chosen = effective_options(name, rule.options, options)
    return rule.outcome(market, chosen, Context(memory_limit=memory_limit))


def claims(name, data, **options):
    """Return what the checker makes a mechanism promise, besides what every solution does."""
    mechanism = {"name": name, "options": options}
    check = check_of(md.parse(data), {"mechanism": mechanism, **table_of(zeros(data))}, Request())
    return set(check.claimed) - {"rule", "feasibility"}


def zeros(data):
    market = market_game(md.parse(data))
    return np.zeros((len(market.agents), *market.shape))


def vcg_payment(plain, agent, true):
    others = [j for j in range(plain.n) if j != agent]
    without = sum(plain.value_without(agent, j, true) for j in others)
    return without - sum(plain.report_value(j, true, true[j]) for j in others)


def mep_payment(plain, agent, true):
    return plain.report_value(agent, true, true[agent]) - plain.outside_value(agent, true)


@pytest.mark.parametrize(("name", "definition"), [("vcg", vcg_payment), ("mep", mep_payment)])
@given(pair=rational_markets())
@settings(max_examples=30)
def test_closed_forms_equal_their_definition(name, definition, pair):
    market, plain = pair
    exact = outcome(name, market, **EXACTLY).payments
    floats = outcome(name, market).payments
    for agent, *index in np.ndindex(exact.shape):
        true = [plain.types[j][k] for j, k in enumerate(index)]
        cell = (agent, *index)
        assert exact[cell] == definition(plain, agent, true)
        assert floats[cell] == pytest.approx(float(exact[cell]), abs=1e-9)


@given(rational_markets())
@settings(max_examples=30)
def test_desirable_exists_iff_the_maximal_payments_never_lose_money(pair):
    market, plain = pair
    least = min(plain.revenue(true) for true in plain.profiles())
    for found in (outcome("desirable", market, **EXACTLY), outcome("desirable", market)):
        assert found.details["exists"] == (least >= 0)
        assert float(found.details["minimal_revenue"]) == pytest.approx(float(least), abs=1e-9)
        assert (found.payments is not None) == (least >= 0)
    if least < 0:
        witness = found.proof.to_dict()
        true = [Fraction(witness["profile"][name]) for name in market.agents]
        assert plain.revenue(true) < 0
        bounds = float(sum(chain.bound for chain in found.proof.chains))
        assert bounds == pytest.approx(float(plain.revenue(true)), abs=1e-9)


@given(rational_markets())
@settings(max_examples=30)
def test_free_exchange_hands_the_best_model_to_everybody(pair):
    market, plain = pair
    found = outcome("free", market, **EXACTLY)
    assert not found.payments.any()
    best = PlainMarket(plain.types, plain.quality, plain.value, plain.outside, "best-model")
    assert isinstance(found.market, QualityMarket)
    for agent in range(plain.n):
        truth, apart = found.market.truthful_values(agent), found.market.outside_values(agent)
        for index in np.ndindex(market.shape):
            true = [plain.types[j][k] for j, k in enumerate(index)]
            assert truth[index] == best.report_value(agent, true, true[agent])
            # the off-path rule stays the instance's, which is what the checker compares with
            assert apart[index] == plain.outside_value(agent, true)


def linear(matrix, types=(1, 2), **more):
    return {
        "kind": "market",
        "agents": len(matrix),
        "types": list(types),
        "valuation": {"family": "linear", "matrix": matrix},
        **more,
    }


def test_free_exchange_shows_the_outside_values_it_is_checked_against():
    # without agent 1 the others lose by sharing: off the path agent 3 receives nothing
    data = linear([[0, 0, 3], [0, 1, -2], [0, 0, 1]])
    solution = md.solve(md.parse(data), "free")
    condition = solution.certificate.condition("individual-rationality")
    plain = PlainMarket(
        [[1, 2]] * 3,
        identity,
        lambda i, q: (3 * q[2], q[1] - 2 * q[2], q[2])[i],
    )
    for agent, shown in enumerate(solution.outside_values):
        assert shown == pytest.approx(plain.outside_value(agent, [2, 2, 2]))
    assert condition.verdict == "fail"
    worst = max(
        plain.outside_value(i, t) - plain.report_value(i, t, t[i])
        for t in plain.profiles()
        for i in range(3)
    )
    assert condition.violation == pytest.approx(worst)


def test_what_each_rule_claims_where():
    even = linear([[1, "1/2"], [0, 1]])
    rivals = linear([[1, "-1/2"], [0, 1]])
    perverse = linear([[-1, 2], [2, -1]])
    four = {
        "individual-rationality",
        "incentive-compatibility",
        "efficiency",
        "weak-budget-balance",
    }
    assert claims("free", even) == four
    assert claims("free", rivals) == {"efficiency", "weak-budget-balance"}
    assert claims("vcg", rivals) == {"efficiency", "individual-rationality"}
    exploited = {"individual-rationality", "maximal-revenue"}
    assert claims("mep", rivals) == {*exploited, "incentive-compatibility"}
    assert claims("mep", perverse) == exploited
    assert claims("desirable", rivals) == {*four, "maximal-revenue"}
    assert claims("desirable", rivals, side=["budget-balance"]) == {*four, "budget-balance"}
    assert claims("desirable", rivals, side=["cap=1"]) == {*four, "side-constraints"}
    assert claims("desirable", rivals, objective="spread") == four
    lossy = four - {"weak-budget-balance"} | {"maximal-revenue"}
    assert claims("desirable", rivals, side=["deficit-allowed"]) == lossy
    assert claims("desirable", rivals, objective="least-subsidy") == lossy
    assert claims("desirable", rivals, side=["subsidy=1"]) == lossy | {"side-constraints"}
    assert claims("desirable", rivals, objective="smallest-cap") == four


@given(st.integers(1, 3), st.data())
@settings(max_examples=30)
def test_vcg_is_rational_and_efficient_in_linear_markets(n, data):
    matrix = [[str(data.draw(entries)) for _ in range(n)] for _ in range(n)]
    solution = md.solve(md.parse(linear(matrix, types=(0, 1, 3))), "vcg", options=EXACTLY)
    assert solution.certificate.verdict == "pass"


@given(st.integers(2, 3), st.data(), st.sampled_from(["pooled", "separate"]))
@settings(max_examples=60)
def test_exploitation_covers_its_costs_with_up_to_three_agents_in_growing_markets(n, data, outside):
    matrix = [[data.draw(entries) for _ in range(n)] for _ in range(n)]
    for j in range(n):
        matrix[j][j] -= min(0, sum(row[j] for row in matrix))
    written = [[str(x) for x in row] for row in matrix]
    market = market_game(md.parse(linear(written, types=(0, 1, 5), outside=outside)))
    assert market.property_named("growing-market").holds
    assert (outcome("mep", market, **EXACTLY).payments.sum(axis=0) >= 0).all()


def test_exploitation_may_lose_money_with_four_agents_in_a_growing_market():
    # only agent 4's model matters; agent 1 fears it, 2 and 3 gain by it
    matrix = [[0, 0, 0, -1], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    data = linear(matrix, types=(1, 10), profile=[10, 1, 1, 1])
    solution = md.solve(md.parse(data), "mep", options=EXACTLY)
    assert market_game(md.parse(data)).property_named("growing-market").holds
    assert solution.revenue == -10 + 1 + 1
    condition = solution.certificate.condition("weak-budget-balance")
    assert (condition.claimed, condition.verdict) == (False, "fail")


@pytest.mark.parametrize(("exponent", "largest"), [("-1", 6), ("-9/10", 8), ("-4/5", 10)])
def test_exploitation_is_truthful_on_small_grids_only(exponent, largest):
    # kappa_2 of the theory: 6.357, 8.098, 10.68
    for top, verdict in ((largest, "pass"), (largest + 1, "fail")):
        data = {
            "kind": "market",
            "agents": 2,
            "types": {"from": 1, "to": top},
            "valuation": {"family": "growth", "exponent": exponent},
        }
        condition = md.solve(md.parse(data), "mep").certificate.condition("incentive-compatibility")
        assert (condition.claimed, condition.verdict) == (False, verdict)


def test_a_shrinking_market_is_best_left_alone():
    data = {
        "kind": "market",
        "agents": 3,
        "types": [1, 2, 4],
        "valuation": {"family": "growth", "exponent": "-3/2"},
    }
    solution = md.solve(md.parse(data), "desirable")
    assert solution.termination is Termination.SOLVED
    assert solution.certificate.verdict == "pass"
    assert solution.minimal_revenue >= 0
    nothing = np.zeros((3, 3, 3, 3))
    claim = {"table": {"payments": nothing, "allocation": nothing}}
    assert md.verify(md.parse(data), claim, arithmetic="enclosure").verdict == "pass"
    plain = PlainMarket([[1.0, 2.0, 4.0]] * 3, identity, growth(-1.5))
    assert plain.recipients([1.0, 2.0, 4.0], range(3)) == ()


@pytest.mark.parametrize("name", mechanisms("market"))
def test_refusals(name):
    irrational = {**linear([[1]]), "valuation": {"family": "growth", "exponent": "-1/2"}}
    lots = name == "second-best"  # computes in floats only, and counts lies
    if not lots:
        with pytest.raises(UnsupportedError, match="rational"):
            outcome(name, market_game(md.parse(irrational)), **EXACTLY)
    large = {**linear([[1, 0], [0, 1]]), "types": {"from": 1, "to": 10**6}}
    with pytest.raises(MemoryLimitError, match="lies" if lots else "TiB"):
        outcome(name, market_game(md.parse(large)))


def test_vcg_needs_the_others_values():
    table = {"family": "table", "value": np.zeros((2, 1, 1, 1)), "outside": np.zeros((2, 1, 1))}
    data = {"kind": "market", "agents": 2, "types": [1], "valuation": table}
    market = market_game(md.parse(data))
    with pytest.raises(UnsupportedError, match="others' values"):
        outcome("vcg", market)
    for name in ("free", "mep", "desirable"):
        assert not outcome(name, market).payments.any()
        assert "efficiency" not in claims(name, data)


@pytest.mark.parametrize("name", mechanisms("market"))
@pytest.mark.parametrize("objective", ["revenue", "fairness", "spread"])
def test_a_single_agent_has_nothing_to_pay(name, objective):
    data = {**linear([[2]], types=(0, 1, 4)), "agents": ["alone"]}
    options = {"objective": objective} if name == "desirable" else {}
    solution = md.solve(md.parse(data), name, options=options)
    assert solution.certificate.verdict == "pass"
    np.testing.assert_allclose(solution.table["payments"], 0, atol=1e-9)


def thirds(last, valuation):
    return {
        "kind": "market",
        "agents": ["north", "south"],
        "types": {"from": "1/3", "to": str(Fraction(last, 3)), "step": "1/3"},
        "valuation": valuation,
    }


def test_proofs_on_a_grid_of_thirds_are_checked():
    solution = md.solve(md.parse(thirds(7, {"family": "share"})), "desirable")
    assert solution.termination is Termination.INFEASIBLE
    assert solution.certificate.verdict == "pass"
    assert solution.minimal_revenue == pytest.approx(-1 / 88)
    types = dict(solution.witness["profile"])
    assert {Fraction(str(t)) for t in types.values()} == {Fraction(7, 3), Fraction(1, 3)}


def test_contradictions_on_a_grid_of_thirds_are_checked():
    market = md.parse(thirds(4, {"family": "growth", "exponent": "-1/2"}))
    solution = md.payments(market, side=["cap=0.1"])
    assert solution.termination is Termination.INFEASIBLE
    assert solution.certificate.verdict == "pass"


def test_a_deficit_that_only_fractions_see_is_proved():
    # v is 1/10 + 2/10 - 3/10 - 2^-60 at the first profile and generous everywhere else
    value, outside = np.zeros((2, 2, 2, 2)), np.zeros((2, 2, 2))
    value[:, :, 1] = 10.0
    value[:, 0, 0, 1] = 10.0
    value[0, 0, 0, 0], value[1, 0, 0, 0] = 0.1, 0.2
    outside[1, 0, 0] = np.nextafter(0.3, 1)
    data = {
        "kind": "market",
        "agents": ["north", "south"],
        "types": [1, 2],
        "valuation": {"family": "table", "value": value, "outside": outside},
    }
    solution = md.solve(md.parse(data), "desirable")
    written = Fraction(str(np.nextafter(0.3, 1)))
    assert solution.minimal_revenue == Fraction(3, 10) - written < 0
    assert solution.decided == "exact"
    assert solution.termination is Termination.INFEASIBLE
    assert solution.certificate.verdict == "pass"
