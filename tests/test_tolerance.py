"""Tolerances: in one place only, and none that knows a unit."""

from __future__ import annotations

import re

import pytest

from mdsolve.tolerance import DEFAULT
from tests.test_architecture import PACKAGE, code_of


def test_the_defaults_are_those_of_the_contract():
    assert DEFAULT.verify == pytest.approx(1e-9)
    assert DEFAULT.solve == pytest.approx(DEFAULT.verify / 100)


def test_no_small_literals_outside_the_tolerances():
    literal = re.compile(r"[^\w.]1e-(?:[6-9]|1\d)\b")
    # What papers printed is data, however small.
    elsewhere = [file for file in PACKAGE.rglob("*.py") if file.name != "tolerance.py"]
    files = [file for file in elsewhere if file.parent.name != "reproduce"]
    assert [file.name for file in files if literal.search(code_of(file))] == []
