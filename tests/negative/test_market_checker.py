"""Answers that the market checker must reject, in exact arithmetic, with the witness named."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from mdsolve.certificate.market.check import verify_market
from mdsolve.certificate.market.claim import MarketClaim

from mdsolve.game.arithmetic import EXACT
from mdsolve.game.build import market_game
from mdsolve.game.side_constraints import parse_side_constraints
from mdsolve.instance import parse
from tests.oracles import PlainMarket, identity, share

TINY = Fraction(1, 10**9)


def fixed_market(types):
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": ["north", "south"],
                "types": list(types),
                "valuation": {"family": "share"},
            }
        )
    )
    plain = PlainMarket([[Fraction(t) for t in types]] * 2, identity, share)
    return market, plain


def right_table(plain):
    """Return the maximal payments by Bellman-Ford on the definition, as an object array."""
    shape = tuple(len(grid) for grid in plain.types)
    table = np.empty((plain.n, *shape), dtype=object)
    for cell in np.ndindex(table.shape):
        agent, *index = cell
        true = [plain.types[j][k] for j, k in enumerate(index)]
        table[cell] = plain.maximal_payment(agent, true)
    return table


def check(market, table, arithmetic="exact", allocation=None, conditions=(), **claim):
    wanted = conditions or (
        "individual-rationality",
        "incentive-compatibility",
        "efficiency",
        "weak-budget-balance",
        "maximal-revenue",
        "feasibility",
    )
    return verify_market(
        market,
        MarketClaim(payments=table, allocation=allocation, **claim),
        arithmetic=arithmetic,
        conditions=wanted,
        claimed=wanted,
    )


@pytest.fixture(params=[(1, 2, 3, 4, 5, 6), (1, 2, 3, 5)])
def game(request):
    market, plain = fixed_market(request.param)
    return market, plain, right_table(plain)


@pytest.mark.parametrize("arithmetic", ["exact", "float"])
def test_the_right_table_is_accepted(game, arithmetic):
    market, _, table = game
    certificate = check(market, table, arithmetic)
    assert certificate.verdict == "pass", certificate.to_dict()


def test_enclosures_accept_the_right_table_with_its_tolerance(game):
    market, _, table = game
    certificate = check(market, table, "enclosure")
    assert certificate.verdict == "pass", certificate.to_dict()


def test_one_payment_raised_by_a_billionth_breaks_rationality(game):
    market, plain, table = game
    # where rationality binds: the smallest own type
    table[0, 0, 1] += TINY
    condition = check(market, table).condition("individual-rationality")
    assert condition.verdict == "fail"
    assert condition.violation == pytest.approx(float(TINY))
    witness = condition.witness
    assert (witness["agent"], witness["type"]) == ("north", "1")
    assert witness["others"] == {"south": str(plain.types[1][1])}
    inside, outside = Fraction(witness["utility_in"]), Fraction(witness["utility_out"])
    assert outside - inside == TINY


def test_a_lie_that_only_pays_with_the_own_model_is_found():
    market, plain = fixed_market(range(1, 11))
    # VCG payments of [C20] Example 1, from the definition
    table = np.empty((2, 10, 10), dtype=object)
    for i in range(2):
        for index in np.ndindex(10, 10):
            true = [plain.types[j][k] for j, k in enumerate(index)]
            other = 1 - i
            without = plain.value(other, true)
            table[(i, *index)] = without - plain.report_value(other, true, true[other])
    condition = check(market, table).condition("incentive-compatibility")
    assert condition.verdict == "fail"
    witness = condition.witness
    assert (witness["type"], witness["report"]) == ("10", "4")
    assert witness["others"] == {next(iter(witness["others"])): "1"}
    assert (witness["utility_truth"], witness["utility_report"]) == ("10/11", "29/30")


def test_a_local_lie_is_found(game):
    market, _, table = game
    table[0, 1, 0] = table[0, 0, 0] + Fraction(1, 2)
    condition = check(market, table).condition("incentive-compatibility")
    assert condition.verdict == "fail"
    assert (condition.witness["type"], condition.witness["report"]) == ("2", "1")


def test_a_distant_lie_is_found_although_all_neighbouring_ones_are_fine():
    market, plain = fixed_market((1, 2, 3))
    table = right_table(plain)

    def gap(report, own, other):
        true = [own, other]
        return plain.report_value(0, true, own) - plain.report_value(0, true, report)

    one, middle, last = plain.types[0]
    table[0, 1, 0] = table[0, 0, 0] + gap(one, middle, one)
    table[0, 2, 0] = table[0, 1, 0] + gap(middle, last, one)
    distant = table[0, 2, 0] - table[0, 0, 0] - gap(one, last, one)
    assert distant > 0, "adjacent constraints would be sufficient here"
    condition = check(market, table).condition("incentive-compatibility")
    assert condition.verdict == "fail"
    assert (condition.witness["type"], condition.witness["report"]) == ("3", "1")
    assert distant == Fraction(1, 10)
    assert condition.violation == pytest.approx(float(distant))


def test_a_deficit_of_a_billionth_is_found(game):
    market, _, table = game
    revenue = table[0, 2, 2] + table[1, 2, 2]
    table[0, 2, 2] -= revenue + TINY
    condition = check(market, table).condition("weak-budget-balance")
    assert condition.verdict == "fail"
    assert Fraction(condition.witness["revenue"]) == -TINY
    assert condition.witness["profile"] == {"north": "3", "south": "3"}


def test_a_payment_lowered_by_a_billionth_is_not_maximal(game):
    market, _, table = game
    last = table.shape[1] - 1
    table[0, last, 0] -= TINY
    condition = check(market, table).condition("maximal-revenue")
    assert condition.verdict == "fail"
    assert Fraction(condition.witness["could_rise_by"]) == TINY


def linear_market():
    return market_game(
        parse(
            {
                "kind": "market",
                "agents": ["north", "south"],
                "types": [1, 2],
                "valuation": {"family": "linear", "matrix": [[1, "1/5"], ["1/10", 1]]},
            }
        )
    )


def test_a_slightly_worse_allocation_is_not_efficient():
    market = linear_market()
    exact = market.with_arithmetic(EXACT)
    allocation = np.stack([np.broadcast_to(x, market.shape) for x in exact.allocated]).copy()
    payments = np.full((2, 2, 2), Fraction(0), dtype=object)
    assert check(market, payments, allocation=allocation).condition("efficiency").verdict == "pass"
    allocation[1, 0, 1] -= TINY
    condition = check(market, payments, allocation=allocation).condition("efficiency")
    assert condition.verdict == "fail"
    assert condition.witness["profile"] == {"north": "1", "south": "2"}
    gain = Fraction(condition.witness["total_better"]) - Fraction(
        condition.witness["total_claimed"]
    )
    assert gain == TINY * Fraction(6, 5)


def test_a_model_better_than_all_data_allow_is_infeasible():
    market = linear_market()
    allocation = np.full((2, 2, 2), Fraction(5), dtype=object)
    payments = np.full((2, 2, 2), Fraction(0), dtype=object)
    condition = check(market, payments, allocation=allocation).condition("feasibility")
    assert condition.verdict == "fail"


@pytest.mark.parametrize(
    "words", [["cap=1/10"], ["floor=0"], ["spread=1/10"], ["revenue-floor=10"]]
)
def test_violated_side_constraints_are_named(words, game):
    market, _, table = game
    condition = check(
        market, table, conditions=("side-constraints",), side=parse_side_constraints(words)
    ).condition("side-constraints")
    assert condition.verdict == "fail"
    assert condition.witness["constraint"].startswith(words[0].split("=")[0])


def proof(profile, north, south):
    return {
        "profile": {"north": profile[0], "south": profile[1]},
        "chains": [
            {"agent": "north", "reports": north},
            {"agent": "south", "reports": south},
        ],
    }


@pytest.mark.parametrize(
    ("witness", "verdict", "words"),
    [
        (proof((7, 1), [3, 7], [1]), "pass", "contradict"),
        (proof((7, 1), [7], [1]), "fail", "do not contradict"),
        (proof((6, 1), [3, 6], [1]), "fail", "do not contradict"),
        (proof((7, 1), [2, 6], [1]), "not-checked", "does not rise"),
        (proof((7, 1), [7, 2], [1]), "not-checked", "does not rise"),
        (proof((7, 1), [], [1]), "not-checked", "does not rise"),
        (proof((8, 1), [2, 8], [1]), "not-checked", "not a type"),
        ({"profile": {"north": 7}}, "not-checked", "profile and chains"),
        (None, "not-checked", "profile and chains"),
    ],
)
def test_proofs_of_non_existence(witness, verdict, words):
    market, _ = fixed_market(range(1, 8))
    condition = verify_market(
        market, MarketClaim(exists=False, witness=witness), claimed=("no-mechanism",), conditions=()
    ).condition("no-mechanism")
    assert condition.verdict == verdict
    assert words in condition.detail


def test_a_chain_proves_nothing_where_deficits_are_allowed():
    market, _ = fixed_market(range(1, 8))
    side = parse_side_constraints(["deficit-allowed"])
    claim = MarketClaim(exists=False, witness=proof((7, 1), [2, 7], [1]), side=side)
    certificate = verify_market(market, claim, claimed=("no-mechanism",), conditions=())
    assert certificate.verdict == "not-checked"


def test_an_enclosure_never_passes_what_fails_exactly(game):
    market, _, table = game
    table[0, 0, 0] += Fraction(1, 10**7)
    exact = check(market, table, "exact")
    balls = check(market, table, "enclosure")
    for condition in exact.conditions:
        if condition.verdict == "fail" and condition.violation > 1e-8:
            assert balls.condition(condition.name).verdict == "fail"


def test_exact_arithmetic_is_not_pretended_on_irrational_markets():
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": 2,
                "types": [1, 2],
                "valuation": {"family": "growth", "exponent": "-1/2"},
            }
        )
    )
    certificate = check(market, np.zeros((2, 2, 2)))
    assert certificate.verdict == "not-checked"
    assert "enclosure" in certificate.conditions[0].detail
