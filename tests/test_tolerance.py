"""Tolerances: relative to large scales only, in one place only."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.tolerance import DEFAULT, Tolerances
from tests.test_architecture import PACKAGE, code_of


@given(st.floats(0, 1e12), st.floats(1e-15, 1e-3))
def test_the_allowance_never_falls_below_that_of_scale_one(scale, verify):
    allowance = Tolerances(verify=verify).allowance(scale)
    assert allowance == verify * max(1.0, scale)
    assert Tolerances(verify=verify).accepts(allowance, scale)
    assert not Tolerances(verify=verify).accepts(2 * allowance, scale)


def test_the_defaults_are_those_of_the_contract():
    assert DEFAULT.verify == pytest.approx(1e-9)
    assert DEFAULT.solve == pytest.approx(DEFAULT.verify / 100)


def test_no_small_literals_outside_the_tolerances():
    literal = re.compile(r"[^\w.]1e-(?:[6-9]|1\d)\b")
    files = [file for file in PACKAGE.rglob("*.py") if file.name != "tolerance.py"]
    assert [file.name for file in files if literal.search(code_of(file))] == []
