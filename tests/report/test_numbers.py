"""Numbers for reading: money written out, the same decimals down a column, nothing rounded away."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.report.numbers import amount, column, number


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        *((26480.3, 4, "26,480"), (97051.2, 5, "97,051"), (-1234567.8, 4, "-1,234,568")),
        *((227.3, 2, "227"), (1234.5, 6, "1,234.5"), (0.5, 4, "0.5"), (3.0, 6, "3")),
        *((1e-7, 3, "1e-07"), (1e20, 3, "1e+20"), (999999.5, 4, "1,000,000")),
        *((Fraction(120000), 6, "120,000"), (Fraction(-1, 3), 6, "-1/3"), (None, 6, "")),
    ],
)
def test_a_number_is_written_out(value, digits, text):
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([26480.3, -975.25, 0], ["26,480", "-975", "0"]),
        ([4515.2, 2273.1, 126.25], ["4,515.2", "2,273.1", "126.2"]),
        ([1e6, 1e6], ["1,000,000", "1,000,000"]),
        ([5000, 0.00012], ["5,000.0", "0.00012"]),
        ([5000, 0.25], ["5,000.00", "0.25"]),
        ([math.inf, 2.5], ["no limit", "2.5"]),
        ([Fraction(2, 25), Fraction(351, 100)], ["2/25", "351/100"]),
        ([-0.0, 1.5], ["0.0", "1.5"]),
        ([], []),
        ([None, None], ["", ""]),
    ],
)
def test_a_column_has_the_same_decimals(values, shown):
    assert column(values) == shown


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=8))
def test_no_entry_of_a_column_is_far_from_its_number(values):
    for value, text in zip(values, column(values), strict=True):
        shown = float(text.replace(",", ""))
        assert abs(shown - value) <= 5e-4 * abs(value) or abs(shown - value) <= 1e-4 * max(
            map(abs, values)
        )
        assert (shown == 0) == (value == 0)


def test_amounts_are_small_only_beside_something():
    assert amount(3e-13, 1.0) == "0"
    assert amount(3e-13) == "3e-13"
