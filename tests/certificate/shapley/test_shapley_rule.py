"""The rule `shapley`: payments, promises, and `reciprocity` of every rule."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.numbers import EXACT, FLOAT, INTERVALS
from mdsolve.errors import SolutionFileError
from tests.certificate.shapley.plain_games import (
    EXAMPLE_4,
    STEP,
    TWO,
    check,
    claim,
    context,
    shares,
    sharing,
    worth_of,
)
from tests.conftest import INSTANCES

PUBLISHED = INSTANCES / "papers" / "murhekar2025"


@pytest.mark.parametrize("arithmetic", ["auto", "enclosure", "exact", "float"])
def test_example_4_holds_and_its_shares_are_the_published_ones(arithmetic):
    for name in ("rule", "nash", "budget-balance", "reciprocity", "equal-treatment"):
        assert (
            check(TWO, claim("shapley", EXAMPLE_4), name, arithmetic=arithmetic).verdict == "pass"
        )
    found = context(TWO, claim("shapley", EXAMPLE_4), EXACT).shares.values
    np.testing.assert_allclose(EXACT.nearest(found), [1.0174118642, 0.5955493763], atol=1e-9)


def test_payments_are_shares_less_the_own_gain():
    """Platform data belong to nobody: a(0) includes them."""
    data = sharing(
        {"family": "power", "weights": [[1, 0.5], [2, 1]]},
        [{"cost": 0.1, "value": 3}, {"cost": 0.2}],
        platform_data=2,
    )
    s = [1.5, 0.25]
    worth = worth_of(data)
    accuracy = [1 - 1 / (3 + 1.5 + 0.125), 1 - 1 / (3 + 3 + 0.25)]
    gained = [3 * (accuracy[0] - 2 / 3), accuracy[1] - 2 / 3]
    expected = np.array(shares(worth, s), dtype=float) - gained
    found = context(data, claim("shapley", s), FLOAT).terms.payments
    np.testing.assert_allclose(found, expected, atol=1e-14)
    stored = {**claim("shapley", s), "payments": expected.tolist()}
    assert check(data, stored, "rule").verdict == "pass"
    for agent in range(2):
        wrong = expected.copy()
        wrong[agent] += STEP
        off = check(data, {**stored, "payments": wrong.tolist()}, "rule")
        assert (off.verdict, off.witness["agent"]) == ("fail", f"agent-{agent}")


def test_the_index_is_meant():
    """Banzhaf payments are others, and promise less."""
    three = sharing({"family": "power"}, [{"cost": 0.1}, {"cost": 0.2}, {"cost": 0.3}])
    instance = md.parse(three)
    solution = md.solve(instance, "shapley", options={"index": "banzhaf"}).to_dict()
    stored = {key: solution[key] for key in ("contributions", "payments")}
    banzhaf = {"mechanism": {"name": "shapley", "options": {"index": "banzhaf"}}, **stored}
    relabelled = {"mechanism": {"name": "shapley", "options": {}}, **stored}
    assert check(three, banzhaf, "rule").verdict == "pass"
    assert check(three, banzhaf, "nash").verdict == "pass"
    assert check(three, relabelled, "rule").verdict == "fail"
    assert check(three, relabelled, "nash").verdict == "fail"
    unknown = {**banzhaf, "mechanism": {"name": "shapley", "options": {"index": "owen"}}}
    with pytest.raises(SolutionFileError, match="owen"):
        check(three, unknown, "nash")


@pytest.mark.parametrize(
    ("options", "agent", "promised"),
    [
        ({}, {"cost": 0.1}, {"budget-balance", "reciprocity", "individual-rationality"}),
        ({}, {"cost": {"family": "linear", "rate": 0.1, "fixed": 1}}, {"reciprocity"}),
        ({"index": "banzhaf"}, {"cost": 0.1}, {"individual-rationality"}),
        ({}, {"cost": 0.1, "budget": 3}, {"feasibility", "budget-balance"}),
    ],
)
def test_promises_are_those_of_the_options_and_the_game(options, agent, promised):
    data = sharing({"family": "power"}, [agent, {"cost": 0.2}])
    setting = context(data, claim("shapley", [1, 1], **options), FLOAT)
    found = set(setting.rule.promises(setting))
    assert found >= {"nash", "equal-treatment", *promised}
    if options:
        assert not found & {"budget-balance", "reciprocity"}
    if "fixed" in str(agent):
        assert "individual-rationality" not in found


def test_reciprocity_is_the_share_of_every_agent():
    """[M25] Example 7: shares (0.9537002452, 0.7776195619); without payments .9077 of the first."""
    instance = md.load(PUBLISHED / "example7.yaml")
    s = [3.9811543556, 2.4626396141]
    bare = {"mechanism": "none", "contributions": s}
    for arithmetic in ("exact", "enclosure", "float"):
        found = check_of(instance, bare, Request(arithmetic=arithmetic)).condition("reciprocity")
        assert found.verdict == "fail"
        share, earned = (float(_number(found.witness[key])) for key in ("share", "earned"))
        assert share == pytest.approx(0.9537002452, abs=1e-9)
        assert earned / share == pytest.approx(0.9076855206, abs=1e-9)


def _number(text):
    return Fraction(text) if isinstance(text, str) else text


def test_reciprocity_counts_payments_and_rejects_a_millionth_too_little():
    setting = context(TWO, claim("shapley", EXAMPLE_4), INTERVALS)
    paid = INTERVALS.nearest(setting.terms.payments)
    stored = {**claim("shapley", EXAMPLE_4), "payments": paid.tolist()}
    assert check(TWO, stored, "reciprocity").verdict == "pass"
    for agent, name in enumerate("AB"):
        wrong = paid.copy()
        wrong[agent] -= STEP
        found = check(TWO, {**stored, "payments": wrong.tolist()}, "reciprocity")
        assert (found.verdict, found.witness["agent"]) == ("fail", name)


@pytest.mark.parametrize("money", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("data_unit", [1e-6, 1.0, 1e6])
def test_units_of_money_and_data_change_no_verdict(money, data_unit):
    agents = [
        {"name": "A", "cost": 0.1 * money / data_unit, "value": money},
        {"name": "B", "cost": 0.25 * money / data_unit, "value": money},
    ]
    weights = [1 / data_unit] * 2
    data = {**TWO, "agents": agents, "accuracy": {"family": "power", "weights": weights}}
    s = np.array(EXAMPLE_4) * data_unit
    moved = s + np.array([STEP * data_unit, 0])
    for arithmetic in ("auto", "float"):
        right = check(data, claim("shapley", s), "nash", arithmetic=arithmetic)
        wrong = check(data, claim("shapley", moved), "nash", arithmetic=arithmetic)
        assert (right.verdict, wrong.verdict) == ("pass", "fail")
    setting = context(data, claim("shapley", s), INTERVALS)
    paid = INTERVALS.nearest(setting.terms.payments)
    stored = {**claim("shapley", s), "payments": paid.tolist()}
    changed = {**stored, "payments": (paid - [STEP * money, 0]).tolist()}
    for name in ("rule", "reciprocity"):
        assert check(data, stored, name).verdict == "pass"
        assert check(data, changed, name).verdict == "fail"
