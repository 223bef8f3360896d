"""Numbers keep the value they were written with; what is no number is refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.instance import parse
from mdsolve.instance.numbers import exact_number, is_number_text
from tests.instance.samples import TRAINING, problems


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.1", Fraction(1, 10)),
        (0.1, Fraction(1, 10)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Fraction(1, 10), Fraction(1, 10)),
        (np.float64(0.1), Fraction(1, 10)),
        (np.float32(0.1), Fraction(1, 10)),
        (np.int64(7), Fraction(7)),
        ("1/3", Fraction(1, 3)),
        (" -2 / 6 ", Fraction(-1, 3)),
        ("1e-3", Fraction(1, 1000)),
        ("+1.5E2", Fraction(150)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        (2, Fraction(2)),
        (-(10**20), Fraction(-(10**20))),
    ],
)
def test_numbers_keep_their_written_value(written, value):
    assert exact_number(written) == value


@pytest.mark.parametrize(
    "bad",
    [
        *("nan", "inf", "-inf", ".inf", "", " ", "x", "0x1F", "1_000", "1,5", "1/0", "1/2/3"),
        *("1e999", "1" * 2000, "٣", float("nan"), float("inf")),
        *(Decimal("NaN"), Decimal("Infinity"), 10**400, -(10**400)),
        *(True, False, None, [1], {"a": 1}, object(), 1j),
    ],
)
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match=r".+"):
        exact_number(bad)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_stands_for_its_shortest_decimal(value):
    assert exact_number(value) == Fraction(repr(value))
    assert float(exact_number(value)) == value


@given(st.fractions(max_denominator=10**6), st.integers(-300, 300))
def test_fractions_and_powers_of_ten_are_exact(value, power):
    assert exact_number(f"{value.numerator}/{value.denominator}") == value
    assert exact_number(f"1e{power}") == Fraction(10) ** power


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_refused(text):
    if is_number_text(text):
        try:
            assert exact_number(text) == Fraction(text)
        except ValueError as error:
            assert "doubles" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("given_", "stored"), [(20, 20), ("20", 20), (Fraction(20), 20), (2e1, 20)]
)
def test_whole_numbers_may_be_written_in_any_way(given_, stored):
    data = {**TRAINING, "protocol": {**TRAINING["protocol"], "rounds": given_}}
    rounds = parse(data).protocol.rounds
    assert rounds == stored
    assert type(rounds) is int


@pytest.mark.parametrize("bad", [True, 1.5, "x", 0, -1, None])
def test_what_is_no_count_is_refused(bad):
    data = {**TRAINING, "protocol": {**TRAINING["protocol"], "rounds": bad}}
    assert "protocol.rounds" in problems(data)
