"""Units never matter: money by 1e-12 or 1e12, data by 1e-6 or 1e6; no claim sets a tolerance."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tests.certificate.market.markets import CONDITIONS, as_table, certified, market
from tests.certificate.market.markets import right_payments as right
from tests.oracles import PlainMarket, growth, identity

TYPES = [1, 2, 3, 5]
MATRIX = [["1", "1/5"], ["-1/10", "1"]]
MONEY = ["1e-12", "1e-3", "1", "1e12"]
SYSTEMS = ["auto", "enclosure", "float"]


def scaled_growth(money, unit="1"):
    types = [str(Fraction(t) * Fraction(unit)) for t in TYPES]
    return market(types, {"family": "growth", "exponent": "-1/2", "scale": money})


def verdicts(instance, table, arithmetic):
    certificate = certified(instance, table, arithmetic=arithmetic)
    return {found.name: found.verdict for found in certificate.conditions}


@pytest.fixture(scope="module")
def payments():
    plain = PlainMarket([[float(t) for t in TYPES]] * 2, identity, growth(-0.5))
    return as_table(plain, right(plain)).astype(float)


def wrong_tables(table):
    """Yield tables with one payment off by a millionth of the scale of money, which is 1.58."""
    for cell in [(0, 0, 0), (1, 3, 0), (0, 2, 3), (1, 1, 1)]:
        for step in (1e-6, -1e-6):
            wrong = table.copy()
            wrong[cell] += step
            yield wrong


@pytest.mark.parametrize("arithmetic", SYSTEMS)
@pytest.mark.parametrize("money", MONEY)
def test_the_unit_of_money_changes_no_verdict(payments, money, arithmetic):
    one, other = scaled_growth("1"), scaled_growth(money)
    factor = float(Fraction(money))
    for table in (payments, *wrong_tables(payments), payments * 0, payments * 0 - 1):
        assert verdicts(one, table, arithmetic) == verdicts(other, table * factor, arithmetic)


@pytest.mark.parametrize("unit", ["1e-6", "1e6", "1/3"])
def test_the_unit_of_data_changes_no_verdict(payments, unit):
    # with identity, values are homogeneous of degree 1/2 in the data
    one, other = scaled_growth("1"), scaled_growth("1", unit)
    factor = float(Fraction(unit)) ** 0.5
    for table in (payments, *wrong_tables(payments)):
        assert verdicts(one, table, "auto") == verdicts(other, table * factor, "auto")


@pytest.mark.parametrize("arithmetic", ["exact", *SYSTEMS])
@pytest.mark.parametrize("money", MONEY)
def test_a_millionth_is_noticed_in_every_unit_of_money(money, arithmetic):
    instance = market([1, 2], {"family": "linear", "matrix": MATRIX, "scale": money})
    factor = Fraction(money)
    best = lambda i, j: Fraction((1, 2)[i] + (1, 2)[j])  # noqa: E731
    own = lambda k: Fraction((1, 2)[k])  # noqa: E731
    rows = [[Fraction(x) for x in row] for row in MATRIX]
    table = np.empty((2, 2, 2), dtype=object)
    for i in range(2):
        for j in range(2):
            # the gain from taking part: everybody has the best model, or everybody their own
            table[0, i, j] = factor * (sum(rows[0]) * best(i, j)) - factor * (
                rows[0][0] * own(i) + rows[0][1] * own(j)
            )
            table[1, i, j] = factor * (sum(rows[1]) * best(i, j)) - factor * (
                rows[1][0] * own(i) + rows[1][1] * own(j)
            )
    named = {"name": "mep"}
    assert (
        certified(
            instance, table, arithmetic=arithmetic, conditions=("rule",), mechanism=named
        ).verdict
        == "pass"
    )
    for cell in np.ndindex(table.shape):
        for step in (Fraction(1, 10**6), -Fraction(1, 10**6)):
            wrong = table.copy()
            wrong[cell] += step * factor
            found = certified(
                instance, wrong, arithmetic=arithmetic, conditions=("rule",), mechanism=named
            )
            assert found.verdict == "fail", cell


@pytest.mark.parametrize("arithmetic", ["exact", *SYSTEMS])
def test_a_claim_does_not_set_its_tolerance(arithmetic):
    instance = market([1, 2, 3], {"family": "share"})
    table = np.zeros((2, 3, 3))
    table[0, 0, 0] = 0.5 + 1e-6  # above what rationality allows by a millionth
    for huge in (0.0, -1e12, -1e300):
        table[1, 2, 2] = huge
        condition = certified(
            instance, table, arithmetic=arithmetic, conditions=("individual-rationality",)
        ).condition("individual-rationality")
        assert condition.verdict == "fail"
        assert condition.scale == pytest.approx(0.75)


@pytest.mark.parametrize("arithmetic", ["exact", *SYSTEMS])
def test_models_nobody_can_train_are_refused_named_or_not(arithmetic):
    instance = market([1, 2, 3], {"family": "growth", "exponent": 0})
    payments, models = np.full((2, 3, 3), 900000.0), np.full((2, 3, 3), 1e6)
    for named in ({}, *({"mechanism": {"name": n}} for n in ("free", "vcg", "desirable"))):
        certificate = certified(
            instance, payments, models, arithmetic=arithmetic, conditions=(), **named
        )
        assert certificate.verdict == "fail"
        assert certificate.condition("feasibility").verdict == "fail"


def test_values_beyond_doubles_are_not_checked_rather_than_passed():
    instance = market(["1e200", "2e200"], {"family": "growth", "exponent": 1})
    certificate = certified(instance, np.zeros((2, 2, 2)), conditions=CONDITIONS[:2])
    assert {found.verdict for found in certificate.conditions} == {"not-checked"}
