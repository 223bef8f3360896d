"""Tables for the terminal: whatever the width, no number is cut and no column is lost."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest

from mdsolve.conditions import Certificate, Condition
from mdsolve.report.text.bands import bands_view
from mdsolve.report.text.certificate import certificate_view
from mdsolve.report.text.console import Grid, console_for

NAMES = ["metropolitan", "n" * 60, "[red]x", "東京"]
COLUMNS = [[f"{k},{j}00.25 (0.00{j})" for j in range(4)] for k in range(9)]


def printed(view, width):
    console = console_for(StringIO())
    console.width = width
    console.print(view)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [30, 40, 60, 80, 84, 120, 300])
def test_a_table_goes_on_below_instead_of_being_cut(width):
    heads = ["agent", *(f"column {k}" for k in range(9))]
    text = printed(Grid("Title", heads, [NAMES, *COLUMNS]), width)
    assert "…" not in text
    assert all(cell in text for column in COLUMNS for cell in column)
    assert all(f"column {k}" in text for k in range(9))
    assert text.count("n" * 5) >= 11
    assert max(map(len, text.splitlines())) <= width


def test_bands_are_whole_and_have_the_same_decimals():
    columns = np.array([[26480.0, 0.001], [26500.5, 0.002], [31000.0, 0.003]])
    bands = {
        **dict.fromkeys(("contributions", "payments", "utilities"), columns),
        **dict.fromkeys(("total_data", "welfare"), columns[:, 0]),
        **dict.fromkeys(("draws", "solved"), 3),
        **dict.fromkeys(("without_equilibrium", "failed", "inadmissible"), 0),
    }
    text = printed(bands_view(bands, ["a", "b"]), 50)
    assert "…" not in text
    assert text.count("26,500 [26,480, 31,000]") >= 3
    assert "e+04" not in text


CONDITIONS = (
    Condition("individual-rationality-alone", True, "pass", 0.0, 1.0, 1e-9, "exact", "5 agents"),
    Condition("nash", True, "pass", 1e-12, 1.0, 1e-9, "float", "5 agents; a long story of scope"),
    Condition("reciprocity", False, "fail", 227.0, 1.0, 1e-9, "enclosure", "5 agents"),
    Condition("efficiency", False, "not-checked", detail="too large"),
)


@pytest.mark.parametrize("width", [40, 60, 80, 84, 120])
def test_a_certificate_is_never_cut(width):
    text = printed(certificate_view(Certificate(CONDITIONS)), width)
    assert "…" not in text
    for condition in CONDITIONS:
        assert condition.name in text
    words = " ".join(text.split())
    assert "227 > 1e-09" in words
    assert "1e-12 <= 1e-09" in words
    assert max(map(len, text.splitlines())) <= width
