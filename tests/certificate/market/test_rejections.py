"""Answers that the market checker must reject, in exact arithmetic, with the witness named."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tests.certificate.market.markets import TINY, certified, market
from tests.oracles import PlainMarket, identity, share

SIX = (
    "individual-rationality",
    "incentive-compatibility",
    "efficiency",
    "weak-budget-balance",
    "maximal-revenue",
    "feasibility",
)


def fixed_market(types):
    return market(types, {"family": "share"}), PlainMarket(
        [[Fraction(t) for t in types]] * 2, identity, share
    )


def right_table(plain):
    """Return the maximal payments by Bellman-Ford on the definition, as an object array."""
    shape = tuple(len(grid) for grid in plain.types)
    table = np.empty((plain.n, *shape), dtype=object)
    for cell in np.ndindex(table.shape):
        agent, *index = cell
        true = [plain.types[j][k] for j, k in enumerate(index)]
        table[cell] = plain.maximal_payment(agent, true)
    return table


def check(instance, table, arithmetic="exact", allocation=None, conditions=SIX, **data):
    tolerance = 0 if arithmetic == "exact" else 1e-9
    return certified(
        instance,
        table,
        allocation,
        arithmetic=arithmetic,
        tolerance=tolerance,
        conditions=conditions,
        **data,
    )


@pytest.fixture(params=[(1, 2, 3, 4, 5, 6), (1, 2, 3, 5)])
def game(request):
    instance, plain = fixed_market(request.param)
    return instance, plain, right_table(plain)


@pytest.mark.parametrize("arithmetic", ["exact", "float", "enclosure", "auto"])
def test_the_right_table_is_accepted(game, arithmetic):
    instance, _, table = game
    certificate = check(instance, table, arithmetic)
    assert certificate.verdict == "pass", certificate.to_dict()


def test_one_payment_raised_by_a_billionth_breaks_rationality(game):
    instance, plain, table = game
    # where rationality binds: the smallest own type
    table[0, 0, 1] += TINY
    condition = check(instance, table).condition("individual-rationality")
    assert condition.verdict == "fail"
    assert condition.violation == pytest.approx(float(TINY))
    witness = condition.witness
    assert (witness["agent"], witness["type"]) == ("north", "1")
    assert witness["others"] == {"south": str(plain.types[1][1])}
    inside, outside = Fraction(witness["utility_in"]), Fraction(witness["utility_out"])
    assert outside - inside == TINY


def test_a_lie_that_only_pays_with_the_own_model_is_found():
    instance, plain = fixed_market(range(1, 11))
    # VCG payments of [C20] Example 1, from the definition
    table = np.empty((2, 10, 10), dtype=object)
    for i in range(2):
        for index in np.ndindex(10, 10):
            true = [plain.types[j][k] for j, k in enumerate(index)]
            other = 1 - i
            without = plain.value(other, true)
            table[(i, *index)] = without - plain.report_value(other, true, true[other])
    condition = check(instance, table).condition("incentive-compatibility")
    assert condition.verdict == "fail"
    witness = condition.witness
    assert (witness["type"], witness["report"]) == ("10", "4")
    assert witness["others"] == {next(iter(witness["others"])): "1"}
    assert (witness["utility_truth"], witness["utility_report"]) == ("10/11", "29/30")


def test_a_local_lie_is_found(game):
    instance, _, table = game
    table[0, 1, 0] = table[0, 0, 0] + Fraction(1, 2)
    condition = check(instance, table).condition("incentive-compatibility")
    assert condition.verdict == "fail"
    assert (condition.witness["type"], condition.witness["report"]) == ("2", "1")


def test_a_distant_lie_is_found_although_all_neighbouring_ones_are_fine():
    instance, plain = fixed_market((1, 2, 3))
    table = right_table(plain)

    def gap(report, own, other):
        true = [own, other]
        return plain.report_value(0, true, own) - plain.report_value(0, true, report)

    one, middle, last = plain.types[0]
    table[0, 1, 0] = table[0, 0, 0] + gap(one, middle, one)
    table[0, 2, 0] = table[0, 1, 0] + gap(middle, last, one)
    distant = table[0, 2, 0] - table[0, 0, 0] - gap(one, last, one)
    assert distant > 0, "adjacent constraints would be sufficient here"
    condition = check(instance, table).condition("incentive-compatibility")
    assert condition.verdict == "fail"
    assert (condition.witness["type"], condition.witness["report"]) == ("3", "1")
    assert distant == Fraction(1, 10)
    assert condition.violation == pytest.approx(float(distant))


def test_a_deficit_of_a_billionth_is_found(game):
    instance, _, table = game
    revenue = table[0, 2, 2] + table[1, 2, 2]
    table[0, 2, 2] -= revenue + TINY
    condition = check(instance, table).condition("weak-budget-balance")
    assert condition.verdict == "fail"
    assert Fraction(condition.witness["revenue"]) == -TINY
    assert condition.witness["profile"] == {"north": "3", "south": "3"}


def test_a_payment_lowered_by_a_billionth_is_not_maximal(game):
    instance, _, table = game
    last = table.shape[1] - 1
    table[0, last, 0] -= TINY
    condition = check(instance, table).condition("maximal-revenue")
    assert condition.verdict == "fail"
    assert Fraction(condition.witness["could_rise_by"]) == TINY


def linear_market():
    return market([1, 2], {"family": "linear", "matrix": [[1, "1/5"], ["1/10", 1]]})


def test_a_slightly_worse_allocation_is_not_efficient():
    instance = linear_market()
    allocation = np.array([[[2, 3], [3, 4]]] * 2, dtype=object) * Fraction(1)
    payments = np.full((2, 2, 2), Fraction(0), dtype=object)
    right = check(instance, payments, allocation=allocation)
    assert right.condition("efficiency").verdict == "pass"
    allocation[1, 0, 1] -= TINY
    condition = check(instance, payments, allocation=allocation).condition("efficiency")
    assert condition.verdict == "fail"
    assert condition.witness["profile"] == {"north": "1", "south": "2"}
    gain = Fraction(condition.witness["total_better"]) - Fraction(
        condition.witness["total_claimed"]
    )
    assert gain == TINY * Fraction(6, 5)


def test_a_model_better_than_all_data_allow_is_infeasible():
    allocation = np.full((2, 2, 2), Fraction(5), dtype=object)
    payments = np.full((2, 2, 2), Fraction(0), dtype=object)
    condition = check(linear_market(), payments, allocation=allocation).condition("feasibility")
    assert condition.verdict == "fail"


def test_a_model_of_negative_quality_is_infeasible():
    allocation = np.full((2, 2, 2), Fraction(-1), dtype=object)
    payments = np.full((2, 2, 2), Fraction(0), dtype=object)
    condition = check(linear_market(), payments, allocation=allocation).condition("feasibility")
    assert condition.verdict == "fail"


@pytest.mark.parametrize(
    "words", [["cap=1/10"], ["floor=0"], ["spread=1/10"], ["revenue_floor=10"]]
)
def test_violated_side_constraints_are_named(words, game):
    instance, _, table = game
    named = {"name": "desirable", "options": {"side": words}}
    condition = check(instance, table, conditions=("side-constraints",), mechanism=named).condition(
        "side-constraints"
    )
    assert condition.verdict == "fail"
    expected = words[0].split("=")[0].replace("_", "-")
    assert condition.witness["constraint"].startswith(expected)


def proof(profile, north, south):
    return {
        "profile": {"north": profile[0], "south": profile[1]},
        "chains": [
            {"agent": "north", "reports": north},
            {"agent": "south", "reports": south},
        ],
    }


@pytest.mark.parametrize("arithmetic", ["auto", "exact", "enclosure", "float"])
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
        ({"profile": {"north": 7}, "chains": []}, "not-checked", "type for each agent"),
        (None, "not-checked", "holds none"),
    ],
)
def test_proofs_of_non_existence(witness, verdict, words, arithmetic):
    instance, _ = fixed_market(range(1, 8))
    condition = certified(
        instance, conditions=(), exists=False, witness=witness, arithmetic=arithmetic
    ).condition("no-mechanism")
    if arithmetic in ("enclosure", "float") and words == "do not contradict":
        # at (6, 1) the least revenue is exactly 0, which only fractions see for certain
        assert condition.verdict != "pass"
        return
    assert condition.verdict == verdict
    assert words in condition.detail


def test_a_chain_proves_nothing_where_deficits_are_allowed():
    instance, _ = fixed_market(range(1, 8))
    named = {"name": "desirable", "options": {"side": ["deficit-allowed"]}}
    certificate = certified(
        instance,
        conditions=(),
        exists=False,
        witness=proof((7, 1), [2, 7], [1]),
        mechanism=named,
    )
    assert certificate.condition("no-mechanism").verdict == "not-checked"


@pytest.mark.parametrize("name", ["free", "vcg", "mep"])
def test_payments_that_a_formula_says_exist_whatever_a_chain_proves(name):
    instance, _ = fixed_market(range(1, 8))
    right = proof((7, 1), [3, 7], [1])
    certificate = certified(
        instance, conditions=(), exists=False, witness=right, mechanism={"name": name}
    )
    assert certificate.verdict != "pass"


def test_a_proof_about_another_mechanism_or_other_constraints_is_none():
    instance, _ = fixed_market(range(1, 8))
    right = proof((7, 1), [3, 7], [1])
    named = {"name": "desirable", "options": {}}
    about = {"kind": "chain", "mechanism": "desirable", "options": {"side": []}}
    for more, verdict in (
        (about, "pass"),
        ({**about, "mechanism": "mep"}, "not-checked"),
        ({**about, "options": {"side": ["cap=1"]}}, "not-checked"),
    ):
        certificate = certified(
            instance, conditions=(), exists=False, witness={**right, **more}, mechanism=named
        )
        assert certificate.condition("no-mechanism").verdict == verdict


@pytest.mark.parametrize("key", ["deficit", "bound", "step"])
def test_bounds_that_a_proof_states_have_to_be_right(key):
    instance, _ = fixed_market(range(1, 8))
    right = proof((7, 1), [3, 7], [1])
    north = right["chains"][0]
    # v(3, 1) - own, then what the step to 7 adds
    steps = [
        {"type": 3, "report": "stay out", "bound": "-1/4"},
        {"type": 7, "report": 3, "bound": "-3/22"},
    ]
    stated = {"deficit": right, "bound": north, "step": steps[0]}[key]
    north["steps"] = steps
    found = certified(instance, conditions=(), exists=False, witness=right).condition(
        "no-mechanism"
    )
    assert found.verdict == "pass", found
    stated["bound" if key == "step" else key] = "-1/5"
    found = certified(instance, conditions=(), exists=False, witness=right).condition(
        "no-mechanism"
    )
    assert found.verdict == "fail"
    assert "stated wrongly" in found.detail


def test_an_enclosure_never_passes_what_fails_exactly(game):
    instance, _, table = game
    table[0, 0, 0] += Fraction(1, 10**7)
    exact = check(instance, table, "exact")
    balls = check(instance, table, "enclosure")
    for condition in exact.conditions:
        if condition.verdict == "fail" and condition.violation > 1e-8:
            assert balls.condition(condition.name).verdict == "fail"


def test_exact_arithmetic_is_not_pretended_on_irrational_markets():
    instance = market([1, 2], {"family": "growth", "exponent": "-1/2"}, 2)
    certificate = check(instance, np.zeros((2, 2, 2)), conditions=("individual-rationality",))
    assert certificate.verdict == "not-checked"
    assert "enclosure" in certificate.conditions[0].detail
