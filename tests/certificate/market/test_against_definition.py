"""The checker against the definition: every condition, in every number system, on any claim."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mdsolve.certificate.market.check import verify_market
from mdsolve.certificate.market.claim import MarketClaim

from mdsolve.game.build import market_game
from mdsolve.instance import parse
from mdsolve.tolerance import DEFAULT
from tests.markets import rational_markets
from tests.oracles import PlainMarket, growth, identity

CONDITIONS = (
    "individual-rationality",
    "incentive-compatibility",
    "efficiency",
    "weak-budget-balance",
    "budget-balance",
    "maximal-revenue",
    "feasibility",
)
ADMISSIBLE = ("individual-rationality", "incentive-compatibility")
TINY = Fraction(1, 10**9)
steps = st.sampled_from([0, 0, 0, 1, -1, TINY, -TINY, Fraction(1, 7), Fraction(-2, 3)])


def right_payments(plain):
    """Return the maximal payments per profile, from the definition."""
    return {t: [plain.maximal_payment(i, t) for i in range(plain.n)] for t in plain.profiles()}


def as_table(plain, per_profile):
    """Return numbers per profile as an array of shape (n, m_1, ..., m_n)."""
    shape = tuple(len(grid) for grid in plain.types)
    table = np.empty((plain.n, *shape), dtype=object)
    for agent, *index in np.ndindex(table.shape):
        true = tuple(plain.types[j][k] for j, k in enumerate(index))
        table[(agent, *index)] = per_profile[true][agent]
    return table


@st.composite
def claims(draw):
    """Return a market, its definition, payments and perhaps an allocation, right or wrong."""
    market, plain = draw(rational_markets())
    payments = right_payments(plain)
    for paid in payments.values():
        for agent in range(plain.n):
            paid[agent] += draw(steps)
    if not draw(st.booleans()):
        return market, plain, payments, None
    handed = {}
    for true in plain.profiles():
        best = plain.quality(sum(true))
        models = st.sampled_from([best, best, 0, best / 2, best + TINY, best - TINY])
        handed[true] = [Fraction(draw(models)) for _ in true]
    claimed = PlainMarket(
        plain.types, plain.quality, plain.value, plain.outside, plain.allocation, handed
    )
    return market, claimed, payments, as_table(plain, handed)


def check(market, payments, allocation, arithmetic, **more):
    return verify_market(
        market,
        MarketClaim(payments=payments, allocation=allocation),
        arithmetic=arithmetic,
        conditions=CONDITIONS,
        claimed=CONDITIONS,
        **more,
    )


@given(claims())
@settings(max_examples=60)
def test_exact_verdicts_and_violations_equal_the_definition(claim):
    market, plain, payments, allocation = claim
    worst = plain.violations(payments)
    certificate = check(market, as_table(plain, payments), allocation, "exact")
    broken = max(worst[name] for name in ADMISSIBLE if name in worst) > 0
    for name in worst:
        condition = certificate.condition(name)
        # payments that are too high somewhere and nowhere too low are not maximal, but not loose
        if name == "maximal-revenue" and broken and worst[name] <= 0:
            assert condition.verdict == "not-checked"
            continue
        assert condition.violation == float(worst[name]), name
        assert condition.verdict == ("pass" if worst[name] <= 0 else "fail"), name
        assert condition.arithmetic == "exact"
        assert condition.tolerance == 0
    wrong = [name for name in worst if worst[name] > 0]
    assert (certificate.verdict == "fail") == bool(wrong)


@given(claims())
@settings(max_examples=25)
def test_witnesses_prove_the_worst_violation(claim):
    market, plain, payments, allocation = claim
    worst = plain.violations(payments)
    certificate = check(market, as_table(plain, payments), allocation, "exact")
    number = {name: k for k, name in enumerate(market.agents)}

    def profile(agent, own, others):
        types = {**others, agent: own}
        return tuple(Fraction(types[name]) for name in market.agents)

    lie = certificate.condition("incentive-compatibility").witness
    if lie is not None:
        agent, report = number[lie["agent"]], Fraction(lie["report"])
        true = profile(lie["agent"], lie["type"], lie["others"])
        told = profile(lie["agent"], lie["report"], lie["others"])
        honest = plain.report_value(agent, true, true[agent]) - payments[true][agent]
        lying = plain.report_value(agent, true, report) - payments[told][agent]
        assert Fraction(lie["utility_truth"]) == honest
        assert Fraction(lie["utility_report"]) == lying
        assert lying - honest == worst["incentive-compatibility"]
    apart = certificate.condition("individual-rationality").witness
    agent = number[apart["agent"]]
    true = profile(apart["agent"], apart["type"], apart["others"])
    outside = plain.outside_value(agent, true)
    inside = plain.report_value(agent, true, true[agent]) - payments[true][agent]
    assert (Fraction(apart["utility_in"]), Fraction(apart["utility_out"])) == (inside, outside)
    assert outside - inside == worst["individual-rationality"]
    poor = certificate.condition("weak-budget-balance").witness
    true = tuple(Fraction(poor["profile"][name]) for name in market.agents)
    assert Fraction(poor["revenue"]) == sum(payments[true]) == -worst["weak-budget-balance"]


@given(claims(), st.sampled_from(["float", "enclosure"]))
@settings(max_examples=40)
def test_other_number_systems_agree_outside_the_tolerance(claim, arithmetic):
    market, plain, payments, allocation = claim
    worst = plain.violations(payments)
    certificate = check(market, as_table(plain, payments), allocation, arithmetic)
    for name in worst:
        condition = certificate.condition(name)
        if condition.verdict == "not-checked":
            assert name == "maximal-revenue"  # only admissible payments can be maximal
            excess = max(worst[other] for other in ADMISSIBLE if other in worst)
            assert excess > Fraction(certificate.condition("individual-rationality").tolerance) / 2
            continue
        allowed = Fraction(condition.tolerance)
        assert condition.tolerance == pytest.approx(DEFAULT.allowance(condition.scale))
        if worst[name] > allowed * Fraction(101, 100):
            assert condition.verdict == "fail", name
        if worst[name] < allowed * Fraction(99, 100):
            assert condition.verdict == "pass", name


@given(claims())
@settings(max_examples=40)
def test_an_enclosure_without_tolerance_decides_rational_markets_like_exact(claim):
    market, plain, payments, allocation = claim
    table = as_table(plain, payments)
    exact = check(market, table, allocation, "exact")
    balls = check(market, table, allocation, "enclosure", tolerance=0.0)
    for condition in exact.conditions:
        assert balls.condition(condition.name).verdict == condition.verdict


@pytest.fixture(scope="module")
def irrational():
    """Return a growth market with irrational values and its right payments in floats."""
    types = [1.0, 2.0, 3.0, 7.0]
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": ["a", "b"],
                "types": types,
                "valuation": {"family": "growth", "exponent": "-1/2"},
            }
        )
    )
    plain = PlainMarket([types] * 2, identity, growth(-0.5))
    return market, as_table(plain, right_payments(plain)).astype(float)


RIGHT = tuple(name for name in CONDITIONS if name != "budget-balance")


@pytest.mark.parametrize("arithmetic", ["float", "enclosure"])
def test_the_right_table_of_an_irrational_market_is_accepted(irrational, arithmetic):
    market, table = irrational
    certificate = check(market, table, None, arithmetic)
    assert {name: certificate.condition(name).verdict for name in RIGHT} == dict.fromkeys(
        RIGHT, "pass"
    )


@pytest.mark.parametrize("arithmetic", ["float", "enclosure"])
@pytest.mark.parametrize("step", [1e-6, -1e-6])
def test_a_millionth_on_any_payment_is_noticed(irrational, arithmetic, step):
    market, table = irrational
    for cell in np.ndindex(table.shape):
        wrong = table.copy()
        wrong[cell] += step
        certificate = check(market, wrong, None, arithmetic)
        failed = {c.name for c in certificate.conditions if c.verdict == "fail"}
        assert failed & {*ADMISSIBLE, "maximal-revenue"}, cell
        assert certificate.condition("maximal-revenue").verdict != "pass", cell


@pytest.mark.parametrize("arithmetic", ["float", "enclosure"])
def test_a_millionth_off_any_model_is_noticed(irrational, arithmetic):
    market, table = irrational
    right = np.stack([np.broadcast_to(x, market.shape) for x in market.allocated])
    for step, name in ((-1e-6, "efficiency"), (1e-6, "feasibility")):
        for cell in np.ndindex(right.shape):
            wrong = right.copy()
            wrong[cell] += step
            condition = check(market, table, wrong, arithmetic).condition(name)
            assert condition.verdict == "fail", cell


@pytest.mark.parametrize(("step", "verdict"), [(-1e-14, "pass"), (1e-14, "fail")])
def test_an_enclosure_sees_what_floats_cannot(irrational, step, verdict):
    market, table = irrational
    name = "individual-rationality"
    certificate = check(market, table + step, None, "enclosure", tolerance=0.0)
    assert certificate.condition(name).verdict == verdict
