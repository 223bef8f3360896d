"""The checker against the definition: every condition, in every number system, on any claim."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.certificate.market.markets import (
    ADMISSIBLE,
    CONDITIONS,
    as_table,
    certified,
    claims,
    market,
    right_payments,
)
from tests.oracles import PlainMarket, growth, identity


@given(claims())
@settings(max_examples=30, phases=[Phase.generate])
def test_exact_verdicts_and_violations_equal_the_definition(claim):
    instance, plain, payments, allocation = claim
    worst = plain.violations(payments)
    certificate = certified(
        instance, as_table(plain, payments), allocation, arithmetic="exact", tolerance=0
    )
    broken = max(worst[name] for name in ADMISSIBLE if name in worst) > 0
    for name in worst:
        condition = certificate.condition(name)
        # payments that are too high somewhere and nowhere too low are not maximal, but not loose
        if name == "maximal-revenue" and broken and worst[name] <= 0:
            assert condition.verdict == "not-checked"
            continue
        assert condition.verdict == ("pass" if worst[name] <= 0 else "fail"), name
        # shown is the worst row relative to its own agent's scale
        largest = float(worst[name])
        assert condition.violation <= largest + 1e-12 * abs(largest), name
        assert (condition.violation > 0) == (worst[name] > 0), name
        assert condition.arithmetic == "exact"
        assert condition.tolerance == 0
    wrong = [name for name in worst if worst[name] > 0]
    assert (certificate.verdict == "fail") == bool(wrong)


def shown(stated, right):
    """Tell whether a witness shows a number: as a fraction where that is short."""
    exact = isinstance(stated, str)
    return Fraction(stated) == right if exact else stated == pytest.approx(float(right))


@given(claims())
@settings(max_examples=15, phases=[Phase.generate])
def test_witnesses_prove_the_worst_violation(claim):
    instance, plain, payments, allocation = claim
    worst = plain.violations(payments)
    certificate = certified(
        instance, as_table(plain, payments), allocation, arithmetic="exact", tolerance=0
    )
    number = {name: k for k, name in enumerate(instance.agents)}

    def profile(agent, own, others):
        types = {**others, agent: own}
        return tuple(Fraction(types[name]) for name in instance.agents)

    lie = certificate.condition("incentive-compatibility").witness
    if lie is not None:
        agent, report = number[lie["agent"]], Fraction(lie["report"])
        true = profile(lie["agent"], lie["type"], lie["others"])
        told = profile(lie["agent"], lie["report"], lie["others"])
        honest = plain.report_value(agent, true, true[agent]) - payments[true][agent]
        lying = plain.report_value(agent, true, report) - payments[told][agent]
        assert shown(lie["utility_truth"], honest)
        assert shown(lie["utility_report"], lying)
        assert (lying > honest) == (worst["incentive-compatibility"] > 0)
    apart = certificate.condition("individual-rationality").witness
    agent = number[apart["agent"]]
    true = profile(apart["agent"], apart["type"], apart["others"])
    outside = plain.outside_value(agent, true)
    inside = plain.report_value(agent, true, true[agent]) - payments[true][agent]
    assert shown(apart["utility_in"], inside)
    assert shown(apart["utility_out"], outside)
    poor = certificate.condition("weak-budget-balance").witness
    true = tuple(Fraction(poor["profile"][name]) for name in instance.agents)
    assert shown(poor["revenue"], sum(payments[true]))
    assert (outside > inside) == (worst["individual-rationality"] > 0)
    if worst["weak-budget-balance"] > 0:
        assert sum(payments[true]) == -worst["weak-budget-balance"]


@given(claims(), st.sampled_from(["float", "enclosure", "auto"]))
@settings(max_examples=20, phases=[Phase.generate])
def test_other_number_systems_agree_outside_the_tolerance(claim, arithmetic):
    instance, plain, payments, allocation = claim
    worst = plain.violations(payments)
    certificate = certified(instance, as_table(plain, payments), allocation, arithmetic=arithmetic)
    for name in worst:
        condition = certificate.condition(name)
        if condition.verdict == "not-checked":
            assert name == "maximal-revenue"  # only admissible payments can be maximal
            continue
        scale = Fraction(condition.scale)
        slack = Fraction(1, 10**14)
        if worst[name] > scale / 10**9 * Fraction(101, 100) + slack:
            assert condition.verdict == "fail" or worst[name] < 1e-6, name
        if worst[name] <= 0:
            assert condition.verdict == "pass" or arithmetic == "float", name


@given(claims())
@settings(max_examples=20, phases=[Phase.generate])
def test_an_enclosure_without_tolerance_decides_rational_markets_like_exact(claim):
    instance, plain, payments, allocation = claim
    table = as_table(plain, payments)
    exact = certified(instance, table, allocation, arithmetic="exact", tolerance=0)
    balls = certified(instance, table, allocation, arithmetic="enclosure", tolerance=0)
    for condition in exact.conditions:
        assert balls.condition(condition.name).verdict == condition.verdict


@pytest.fixture(scope="module")
def irrational():
    """Return a growth market with irrational values and its right payments in floats."""
    types = [1.0, 2.0, 3.0, 7.0]
    instance = market(["1", "2", "3", "7"], {"family": "growth", "exponent": "-1/2"}, ("a", "b"))
    plain = PlainMarket([types] * 2, identity, growth(-0.5))
    return instance, as_table(plain, right_payments(plain)).astype(float)


RIGHT = tuple(name for name in CONDITIONS if name != "budget-balance")


@pytest.mark.parametrize("arithmetic", ["float", "enclosure", "auto"])
def test_the_right_table_of_an_irrational_market_is_accepted(irrational, arithmetic):
    instance, table = irrational
    certificate = certified(instance, table, arithmetic=arithmetic)
    assert {name: certificate.condition(name).verdict for name in RIGHT} == dict.fromkeys(
        RIGHT, "pass"
    )


@pytest.mark.parametrize("arithmetic", ["float", "enclosure", "auto"])
@pytest.mark.parametrize("step", [1e-6, -1e-6])
def test_a_millionth_on_any_payment_is_noticed(irrational, arithmetic, step):
    instance, table = irrational
    for cell in np.ndindex(table.shape):
        wrong = table.copy()
        wrong[cell] += step
        certificate = certified(instance, wrong, arithmetic=arithmetic)
        failed = {c.name for c in certificate.conditions if c.verdict == "fail"}
        assert failed & {*ADMISSIBLE, "maximal-revenue"}, cell
        assert certificate.condition("maximal-revenue").verdict != "pass", cell


@pytest.mark.parametrize("arithmetic", ["float", "enclosure", "auto"])
def test_a_millionth_off_any_model_is_noticed(irrational, arithmetic):
    instance, table = irrational
    types = np.array([1.0, 2.0, 3.0, 7.0])
    best = types[:, None] + types[None, :]
    right = np.stack([best, best])
    for step, name in ((-1e-6, "efficiency"), (1e-6, "feasibility")):
        for cell in np.ndindex(right.shape):
            wrong = right.copy()
            wrong[cell] += step
            condition = certified(
                instance, table, wrong, arithmetic=arithmetic, conditions=(name,)
            ).condition(name)
            assert condition.verdict == "fail", cell


@pytest.mark.parametrize(("step", "verdict"), [(-1e-14, "pass"), (1e-14, "fail")])
def test_an_enclosure_sees_what_floats_cannot(irrational, step, verdict):
    instance, table = irrational
    name = "individual-rationality"
    certificate = certified(
        instance, table + step, arithmetic="enclosure", tolerance=0, conditions=(name,)
    )
    assert certificate.condition(name).verdict == verdict
