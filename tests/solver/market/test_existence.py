"""The sign of the least revenue: ties, tiny units of money, what decided it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mdsolve.game.arithmetic import EXACT
from mdsolve.game.build import market_game
from mdsolve.instance import parse
from mdsolve.progress import Monitor
from mdsolve.solver.market.difference_graph import binding_chain, explain
from mdsolve.solver.market.existence import certain_revenues, least_revenue
from mdsolve.solver.market.routes import maximal_payments
from tests.oracles import PlainMarket, identity, share


def game(types, agents=2, **valuation):
    return market_game(
        parse({"kind": "market", "agents": agents, "types": types, "valuation": valuation})
    )


def decide(market):
    return least_revenue(market, maximal_payments(market).payments, Monitor())


@pytest.mark.parametrize("scale", ["1", "1/1000000", "1/1000000000000", "1000000000"])
@pytest.mark.parametrize("largest", [6, 7, 30])
def test_the_unit_of_money_does_not_change_the_answer(scale, largest):
    found = decide(game({"from": 1, "to": largest}, family="share", scale=scale))
    assert found.exists == (largest <= 6)
    plain = PlainMarket([[Fraction(k) for k in range(1, largest + 1)]] * 2, identity, share)
    if largest < 10:
        least = min(plain.revenue(t) for t in plain.profiles()) * Fraction(scale)
        assert float(found.value) == pytest.approx(float(least), rel=1e-9, abs=1e-15)


def flat_market(size, deficit_at):
    """Return one agent whose payment bound is zero but for a deficit of 10^-13 at one type."""
    value, outside = np.ones((1, size, size)), np.ones((1, size))
    outside[0, deficit_at] = 1.0000000000001
    valuation = {"family": "table", "value": value, "outside": outside}
    types = {"from": 1, "to": size}
    return market_game(
        parse({"kind": "market", "agents": 1, "types": types, "valuation": valuation})
    )


@pytest.mark.parametrize("deficit_at", [0, 299])
def test_the_lowest_of_many_near_ties_is_decided(deficit_at):
    found = decide(flat_market(300, deficit_at))
    assert (found.exists, found.decided) == (False, "exact")
    assert found.value == Fraction(-1, 10**13)
    assert found.profile == (deficit_at,)


def test_ties_beyond_the_work_limit_are_a_matter_of_tolerance(monkeypatch):
    market = game({"from": 1, "to": 12}, agents=1, family="share")
    assert decide(market).decided == "exact"
    monkeypatch.setattr("mdsolve.solver.market.existence.TIE_ROW_LIMIT", 30)
    found = decide(market)
    assert (found.value, found.exists, found.decided) == (0, True, "tolerance")
    monkeypatch.setattr("mdsolve.solver.market.existence.TIE_ROW_LIMIT", 0)
    assert decide(market).decided == "tolerance"


@pytest.mark.parametrize("agents", [1, 2, 3])
def test_certain_revenues_equal_the_definition(agents):
    market = game({"from": 1, "to": 5}, agents=agents, family="share")
    plain = PlainMarket([[Fraction(k) for k in range(1, 6)]] * agents, identity, share)
    profiles = [tuple((k * j + 1) % 5 for j in range(1, agents + 1)) for k in range(5)]
    found = certain_revenues(market, profiles, EXACT, Monitor())
    assert found == [plain.revenue([Fraction(k + 1) for k in profile]) for profile in profiles]


def test_ties_of_irrational_values_are_enclosed():
    # what two even agents lose by pooling: 1 - 2^a, priced by its own formula
    found = decide(game([1, 2], family="growth", exponent="-1/2"))
    assert (found.exists, found.decided) == (True, "float")
    alone = decide(game([1, 2], agents=1, family="growth", exponent="-1/2"))
    assert (alone.value, alone.exists, alone.decided) == (0, True, "tolerance")


def test_exact_arithmetic_decides_exactly():
    found = decide(game({"from": 1, "to": 6}, family="share").with_arithmetic(EXACT))
    assert (found.value, found.exists, found.decided) == (0, True, "exact")
    found = decide(game({"from": 1, "to": 7}, family="share").with_arithmetic(EXACT))
    assert (found.value, found.exists, found.decided) == (Fraction(-1, 88), False, "exact")


def test_an_explanation_names_every_step_in_exact_numbers():
    market = game({"from": 1, "to": 7}, family="share").with_arithmetic(EXACT)
    chain = binding_chain(market, 0, (6, 0))
    plain = PlainMarket([[Fraction(k) for k in range(1, 8)]] * 2, identity, share)
    true = (Fraction(7), Fraction(1))
    assert chain.total == plain.maximal_payment(0, true)
    first, *rest = [market.grids[0].exact(k) for k in chain.reports]
    at = (first, true[1])
    bound = plain.report_value(0, at, first) - plain.outside_value(0, at)
    words = [f"type {first} may stay out (at most {bound})"]
    for report, own in zip([first, *rest], rest, strict=False):
        at = (own, true[1])
        gap = plain.report_value(0, at, own) - plain.report_value(0, at, report)
        words.append(f"type {own} may report {report} (at most {gap} more)")
        bound += gap
    assert len(words) > 1
    assert explain(chain, market) == f"agent-1 pays {bound} at type 7 because: " + "; ".join(words)


def test_the_chain_with_the_fewest_lies_is_shown():
    # in a market without externalities every chain is equally long: the direct one is shown
    market = game([1, 2, 3, 4], family="linear", matrix=[[1, 0], [0, 1]]).with_arithmetic(EXACT)
    assert binding_chain(market, 0, (3, 1)).reports == (3,)
