"""The least subsidy and the smallest cap against a linear program over all payment tables."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.errors import UsageError
from tests.campaigns.edits import changed
from tests.game.test_market import linear_instances
from tests.solver.market.test_payment_program import LP, growth_game, growth_instance, oracle

amounts = st.sampled_from([None, None, "-0.5", "0.25", "1"])


def desirable(instance, side=(), objective="revenue", **options):
    given = {"side": list(side), "objective": objective, **options}
    return md.solve(instance, "desirable", options=given)


def holds(solution):
    """Tell whether all that is claimed holds, but for efficiency, which best-model may break."""
    claimed = [c for c in solution.certificate.conditions if c.claimed and c.name != "efficiency"]
    return all(c.verdict == "pass" for c in claimed)


def capped(caps):
    """Return the side constraints that cap agents, and their numbers for the program."""
    words = [f"cap.agent-{k + 1}={cap}" for k, cap in enumerate(caps) if cap is not None]
    return words, [None if cap is None else float(cap) for cap in caps]


@given(linear_instances(), st.lists(amounts, min_size=3, max_size=3))
@settings(max_examples=40)
def test_the_least_subsidy_is_that_of_the_program(pair, caps):
    instance, plain = pair
    # Money has no scale where nothing is worth anything.
    assume(any(plain.report_value(0, t, t[0]) for t in plain.profiles()))
    words, numbers = capped(caps[: plain.n])
    words = [
        word.replace(f"agent-{k + 1}", name)
        for k, name in enumerate(instance.agents)
        for word in words
        if word.startswith(f"cap.agent-{k + 1}=")
    ]
    found = desirable(instance, words, "least-subsidy")
    optimum = oracle(plain, minimise="subsidy", caps=numbers)
    assert holds(found)
    assert float(found.subsidy) == pytest.approx(optimum, abs=LP)
    # Half of it is not enough, and the proof says so; all of it is.
    if optimum > 0.01:
        refused = desirable(instance, [*words, f"subsidy={optimum / 2}"])
        assert refused.termination is md.Termination.INFEASIBLE
        assert holds(refused)
        assert float(refused.concessions[0]["needed"]) == pytest.approx(optimum, abs=LP)
    enough = desirable(instance, [*words, f"subsidy={optimum + 0.01}"])
    assert enough.exists
    assert holds(enough)


@given(linear_instances(), st.sampled_from([None, "0.5", "4"]))
@settings(max_examples=40)
def test_the_smallest_cap_is_that_of_the_program(pair, subsidy):
    instance, plain = pair
    words = ["deficit-allowed"] if subsidy is None else [f"subsidy={subsidy}"]
    known = {"deficit": True} if subsidy is None else {"subsidy": float(subsidy)}
    found = desirable(instance, words, "smallest-cap")
    optimum = oracle(plain, minimise="limit", **known)
    assert holds(found)
    if optimum is None:
        assert found.termination is md.Termination.INFEASIBLE
        return
    assert float(found.cap) == pytest.approx(optimum, abs=LP)
    table = np.asarray(found.table["payments"], dtype=float)
    assert np.abs(table).max() == pytest.approx(optimum, abs=LP)


def test_the_known_subsidy_of_a_growing_market():
    market = growth_instance(range(1, 61), exponent="-0.8")
    found = desirable(market, objective="least-subsidy")
    assert found.subsidy == pytest.approx(0.0027586730, abs=1e-10)
    assert sorted(found.minimal_profile) == [1, 60]
    assert found.certificate.verdict == "pass"


def test_in_fractions_the_subsidy_is_one():
    fixed = md.parse(
        {
            "kind": "market",
            "agents": 2,
            "types": {"from": 1, "to": 7},
            "valuation": {"family": "share"},
        }
    )
    found = desirable(fixed, objective="least-subsidy", arithmetic="exact")
    assert found.subsidy == Fraction(1, 88)
    exact = desirable(fixed, ["subsidy=1/88"], arithmetic="exact")
    assert exact.termination is md.Termination.SOLVED
    assert md.verify(fixed, exact, arithmetic="exact", tolerance=0).verdict == "pass"
    less = desirable(fixed, ["subsidy=0.01136363636"], arithmetic="exact")
    assert less.termination is md.Termination.INFEASIBLE
    assert less.certificate.verdict == "pass"


def test_where_a_mechanism_exists_no_subsidy_is_needed():
    _, plain = growth_game()
    found = desirable(growth_instance(), objective="least-subsidy")
    assert oracle(plain, minimise="subsidy") == pytest.approx(0, abs=LP)
    assert found.subsidy == 0
    assert "No subsidy" in found.message


@given(st.integers(-3, 3))
def test_money_scales_the_subsidy(power):
    def subsidy(scale):
        valuation = {"family": "growth", "exponent": "-0.9", "scale": scale}
        market = {"kind": "market", "agents": 2, "types": {"from": 1, "to": 20}}
        return desirable(md.parse(market | {"valuation": valuation}), objective="least-subsidy")

    scaled, plain = subsidy(10.0**power), subsidy(1)
    assert scaled.certificate.verdict == "pass"
    assert scaled.subsidy == pytest.approx(plain.subsidy * 10.0**power, rel=1e-12)


WRONG = [
    (("subsidy",), {"objective": "least-subsidy"}),
    (("minimal_revenue",), {"objective": "least-subsidy"}),
    (("table", "payments", 0, 3, 4), {"objective": "least-subsidy"}),
    (("cap",), {"objective": "smallest-cap", "side": ["subsidy=0.02"]}),
    (("table", "payments", 1, 0, 6), {"objective": "smallest-cap", "side": ["subsidy=0.02"]}),
    (("table", "payments", 1, 6, 0), {"side": ["cap.south=0.3", "subsidy=0.5"]}),
    (("concessions", 0, "needed"), {"side": ["cap.south=0.3", "subsidy=0.01"]}),
    (("concessions", 0, "asked"), {"side": ["cap.south=0.3", "subsidy=0.01"]}),
]


@pytest.mark.parametrize(("path", "options"), WRONG)
@pytest.mark.parametrize("off", [1e-6, -1e-6])
def test_wrong_numbers_are_refused(path, options, off):
    fixed = md.parse(
        {
            "kind": "market",
            "agents": ["north", "south"],
            "types": {"from": 1, "to": 7},
            "valuation": {"family": "share"},
        }
    )
    data = md.solve(fixed, "desirable", options=options).to_dict()
    at = data
    for key in path:
        at = at[key]
    assert md.verify(fixed, data).verdict == "pass"
    assert md.verify(fixed, changed(data, path, float(Fraction(at)) + off)).verdict == "fail"


REFUSED = [
    (["cap.nobody=1"], "revenue", "one of the agents"),
    (["cap.agent-3=1"], "revenue", "did you mean"),
    (["subsidy=-1"], "revenue", "0 or more"),
    (["subsidy=x"], "revenue", "an amount of money"),
    (["subsidy=1", "deficit-allowed"], "revenue", "one of the two"),
    (["subsidy=1", "budget-balance"], "revenue", "one of the two"),
    (["subsidy=1", "revenue-floor=1"], "revenue", "one of the two"),
    (["cap.agent-1=1", "cap.agent-1=2"], "revenue", "given twice"),
    (["floor.agent-1=1"], "revenue", "cap.NAME=X"),
    (["subsidy=1"], "least-subsidy", "drop the constraint"),
    (["budget-balance"], "least-subsidy", "drop the constraint"),
    (["cap=1"], "smallest-cap", "drop the constraint"),
    (["floor=-1"], "least-subsidy", "drop the constraint"),
]


@pytest.mark.parametrize(("side", "objective", "words"), REFUSED)
def test_what_does_not_go_together_is_refused(side, objective, words):
    with pytest.raises(UsageError, match=words):
        desirable(growth_instance(), side, objective)


def test_a_chain_begins_at_a_cap_only_where_there_is_one():
    side = ["cap.agent-1=0.1"]
    found = desirable(growth_instance(), ["cap=-0.2"]).to_dict()
    assert found["witness"]["chains"][0]["steps"][0]["report"] == "cap"
    free = changed(found, ("mechanism", "options", "side"), [])
    free = changed(free, ("witness", "options", "side"), [])
    assert md.verify(growth_instance(), free).verdict != "pass"
    other = changed(found, ("mechanism", "options", "side"), side)
    assert md.verify(growth_instance(), other).verdict != "pass"


EXPECTED = {"kind": "market", "agents": 2, "types": {"from": 1, "to": 20}, "prior": "uniform"}


def test_on_average_the_same_payments_decide():
    growing = {"family": "growth", "exponent": "-0.9"}
    market = md.parse(EXPECTED | {"valuation": growing})
    assert not desirable(market).exists
    found = desirable(market, ["expected-balance"])
    assert found.certificate.verdict == "pass"
    highest = desirable(market, ["deficit-allowed"])
    mean = np.asarray(highest.table["payments"], dtype=float).sum(axis=0).mean()
    assert found.expected_revenue == pytest.approx(mean)
    assert mean > 0
    refused = desirable(market, ["expected-balance", "cap=-0.1"])
    assert refused.termination is md.Termination.INFEASIBLE
    assert refused.certificate.verdict == "pass"
    data = refused.to_dict()
    assert md.verify(market, {**data, "expected_revenue": -0.5}).verdict == "fail"


def test_a_loss_on_average_is_not_claimed_where_there_is_none():
    market = md.parse(EXPECTED | {"valuation": {"family": "growth", "exponent": "-0.9"}})
    data = desirable(market, ["expected-balance", "cap=-0.1"]).to_dict()
    for side in (["expected-balance"], ["cap=-0.1"]):
        wrong = changed(data, ("mechanism", "options", "side"), side)
        wrong = changed(wrong, ("witness", "options", "side"), side)
        assert md.verify(market, wrong).verdict != "pass"


@pytest.mark.parametrize(
    ("side", "objective"),
    [
        (["expected-balance", "floor=-1"], "revenue"),
        (["expected-balance"], "smallest-cap"),
        (["expected-balance"], "fairness"),
        (["expected-balance", "subsidy=1"], "revenue"),
    ],
)
def test_averages_go_with_caps_only(side, objective):
    with pytest.raises(UsageError, match="one of"):
        desirable(growth_instance(), side, objective)
