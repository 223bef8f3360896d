"""Payments with side constraints against an independent linear program and exact proofs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.errors import MemoryLimitError, UnsupportedError, UsageError
from mdsolve.game.arithmetic import EXACT
from mdsolve.game.build import market_game
from mdsolve.game.side_constraints import SideConstraints, parse_side_constraints
from mdsolve.instance import parse
from mdsolve.solver.market.payment_program import payment_program
from mdsolve.solver.market.routes import maximal_payments
from mdsolve.status import Termination
from mdsolve.tolerance import ROUND_OFF
from tests.claims import condition
from tests.game.test_market import linear_instances, linear_markets
from tests.oracles import PlainMarket, growth, identity

LP = 1e-7


def growth_instance(types=(1, 2, 3, 4), exponent=-0.5, agents=2):
    return parse(
        {
            "kind": "market",
            "agents": agents,
            "types": list(types),
            "valuation": {"family": "growth", "exponent": exponent},
        }
    )


def no_mechanism(instance, words, rows):
    """Return what the checker makes of rows that contradict each other."""
    data = {
        "mechanism": {"name": "desirable", "options": {"side": list(words)}},
        "exists": False,
        "witness": {"kind": "rows", "side_constraints": list(words), "rows": rows},
    }
    return condition(instance, data, "no-mechanism")


def growth_game(types=(1, 2, 3, 4), exponent=-0.5, agents=2):
    market = market_game(growth_instance(types, exponent, agents))
    plain = PlainMarket([[float(t) for t in types]] * agents, identity, growth(exponent))
    return market, plain


def oracle(
    plain,
    *,
    balanced=False,
    cap=None,
    floor=None,
    revenue=None,
    spread=None,
    deficit=False,
    subsidy=None,
    caps=None,
    minimise=None,
):
    """Return the optimum of the program, with rows written from the definition."""
    profiles = plain.profiles()
    cells = list(itertools.product(range(plain.n), profiles))
    number = {cell: k for k, cell in enumerate(cells)}
    extra = minimise is not None
    rows, bounds, equal = [], [], []

    def add(terms, bound, slack=0.0):
        row = np.zeros(len(cells) + extra)
        for cell, sign in terms:
            row[number[cell]] += sign
        if extra:
            row[-1] = slack
        rows.append(row)
        bounds.append(float(bound))

    def inside(i, t):
        return plain.report_value(i, t, t[i])

    for i, t in cells:
        add([((i, t), 1)], inside(i, t) - plain.outside_value(i, t))
        for r in plain.types[i]:
            if r < t[i]:
                lie = tuple(r if j == i else x for j, x in enumerate(t))
                add([((i, t), 1), ((i, lie), -1)], inside(i, t) - plain.report_value(i, t, r))
        if cap is not None:
            add([((i, t), 1)], cap)
        if caps is not None and caps[i] is not None:
            add([((i, t), 1)], caps[i])
        if minimise == "limit":
            add([((i, t), 1)], 0, -1.0)
            add([((i, t), -1)], 0, -1.0)
        if floor is not None:
            add([((i, t), -1)], -floor)
        for j in range(plain.n):
            if j != i and spread is not None:
                add([((i, t), 1), ((j, t), -1)], spread)
            if j != i and minimise == "spread":
                add([((i, t), 1), ((j, t), -1)], 0, -1.0)
            if j != i and minimise == "fairness":
                gains = [inside(k, t) - plain.outside_value(k, t) for k in (i, j)]
                add([((i, t), 1), ((j, t), -1)], gains[0] - gains[1], -1.0)
    for t in profiles:
        everybody = [((i, t), -1) for i in range(plain.n)]
        if minimise == "subsidy":
            add(everybody, 0, -1.0)
        elif not deficit:
            add(everybody, subsidy or 0)
        if revenue is not None:
            add(everybody, -revenue)
        if balanced:
            equal.append(rows[-1] if not deficit else None)
    objective = np.zeros(len(cells) + extra)
    objective[: len(cells)] = 0 if extra else -1
    if extra:
        objective[-1] = 1
    found = scipy.optimize.linprog(
        objective,
        np.array(rows),
        bounds,
        A_eq=np.array(equal) if equal else None,
        b_eq=np.zeros(len(equal)) if equal else None,
        bounds=[(None, None)] * len(cells) + [(0, None)] * extra,
    )
    return found.fun if found.status == 0 else None


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ([], {}),
        (["budget-balance"], {"balanced": True}),
        (["cap=0.5"], {"cap": 0.5}),
        (["floor=-0.5", "cap=0.6"], {"cap": 0.6, "floor": -0.5}),
        (["revenue-floor=0.05"], {"revenue": 0.05}),
        (["spread=0.6"], {"spread": 0.6}),
        (["budget-balance", "spread=1"], {"balanced": True, "spread": 1}),
    ],
)
def test_most_revenue_equals_scipy(words, known):
    market, plain = growth_game()
    found = payment_program(market, parse_side_constraints(words), "revenue")
    optimum = oracle(plain, **known)
    assert found.termination is Termination.SOLVED
    assert -found.payments.sum() == pytest.approx(optimum, abs=LP)


@pytest.mark.parametrize("objective", ["fairness", "spread"])
@pytest.mark.parametrize("words", [[], ["budget-balance"]])
def test_least_spread_equals_scipy(objective, words):
    market, plain = growth_game(types=(1, 2, 5), exponent=-0.6)
    found = payment_program(market, parse_side_constraints(words), objective)
    optimum = oracle(plain, minimise=objective, balanced=bool(words))
    assert found.spread == pytest.approx(optimum, abs=LP)


@given(linear_markets())
@settings(max_examples=25)
def test_without_side_constraints_it_is_the_shortest_path(pair):
    market, _ = pair
    side = SideConstraints(deficit_allowed=True)
    found = payment_program(market, side, "revenue")
    payments = maximal_payments(market).payments
    scale = max(1.0, float(np.abs(payments).max()))
    np.testing.assert_allclose(found.payments, payments, rtol=0, atol=ROUND_OFF * scale)


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (["cap=0.2"], {"cap": 0.2}),
        (["spread=0.1"], {"spread": 0.1}),
        (["revenue-floor=1"], {"revenue": 1}),
        (["floor=0.5"], {"floor": 0.5}),
    ],
)
def test_infeasible_programs_come_with_a_proof_the_checker_accepts(words, known):
    market, plain = growth_game()
    side = parse_side_constraints(words)
    found = payment_program(market, side, "revenue")
    assert oracle(plain, **known) is None
    assert found.termination is Termination.INFEASIBLE
    assert no_mechanism(growth_instance(), words, found.proof).verdict == "pass"


CAP = ["cap=0.2"]


@pytest.fixture
def proof():
    found = payment_program(growth_game()[0], parse_side_constraints(CAP), "revenue")
    return [dict(row) for row in found.proof]


def verdict(words, rows):
    return no_mechanism(growth_instance(), words, rows)


def test_a_proof_with_a_row_that_is_not_imposed_is_refused(proof):
    found = verdict([], proof)
    assert found.verdict != "pass"
    assert "impose" in found.detail


def test_a_proof_whose_payments_do_not_cancel_is_refused(proof):
    found = verdict(CAP, proof[1:])
    assert found.verdict != "pass"
    assert "cancel" in found.detail


def test_a_proof_with_a_negative_multiplier_is_refused(proof):
    found = verdict(CAP, [{**row, "multiplier": "-1/3"} for row in proof])
    assert found.verdict != "pass"
    assert "negative" in found.detail


def test_a_proof_that_reads_zero_below_something_positive_fails(proof):
    assert verdict(["cap=0.9"], proof).verdict == "fail"


def test_every_bad_word_is_named():
    with pytest.raises(UsageError) as caught:
        parse_side_constraints(["budget-balanc", "cap=x", "cap", "spread=-1", "floor=1", "floor=2"])
    text = str(caught.value)
    assert "did you mean 'budget-balance'" in text
    assert text.count("side constraint") >= 5


def test_exact_arithmetic_is_refused_with_advice():
    market, _ = growth_game(exponent=-1)
    with pytest.raises(UnsupportedError, match="float"):
        payment_program(market.with_arithmetic(EXACT), SideConstraints(), "revenue")


def test_a_huge_program_is_refused_before_it_is_built():
    market, _ = growth_game(types=range(1, 400))
    with pytest.raises(MemoryLimitError, match="rows"):
        payment_program(market, SideConstraints(budget_balance=True), "revenue")


sides = st.fixed_dictionaries(
    {},
    optional={
        "balanced": st.just(True),
        "cap": st.sampled_from([-0.5, 0.25, 1.0]),
        "floor": st.sampled_from([-1.0, -0.25]),
        "revenue": st.sampled_from([0.125, 0.75]),
        "spread": st.sampled_from([0.0, 0.5, 2.0]),
    },
)
WORDS = {"balanced": "budget-balance", "revenue": "revenue-floor"}


@given(linear_instances(), sides, st.sampled_from(["revenue", "fairness", "spread"]))
@settings(max_examples=50)
def test_any_program_equals_scipy_s_or_is_refuted(pair, known, objective):
    instance, plain = pair
    market = market_game(instance)
    words = [
        WORDS.get(name, name) + ("" if amount is True else f"={amount}")
        for name, amount in known.items()
    ]
    side = parse_side_constraints(words)
    found = payment_program(market, side, objective)
    minimise = None if objective == "revenue" else objective
    optimum = oracle(plain, **known, minimise=minimise)
    if optimum is None:
        assert found.termination is Termination.INFEASIBLE
        assert no_mechanism(instance, words, found.proof).verdict == "pass"
        return
    assert found.termination is Termination.SOLVED
    reached = -found.payments.sum() if minimise is None else found.spread
    assert reached == pytest.approx(optimum, abs=LP)


@pytest.mark.parametrize("objective", ["spread", "fairness"])
def test_nothing_is_written_to_standard_output(capfd, objective):
    # undoing one of HiGHS's presolve rules prints on this program, whatever its log level
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": ["north", "south"],
                "types": {"north": [2], "south": [7]},
                "valuation": {"family": "linear", "matrix": [[4, -1], [4, 2]]},
            }
        )
    )
    payment_program(market, SideConstraints(deficit_allowed=True), objective)
    assert capfd.readouterr() == ("", "")
