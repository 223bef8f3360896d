"""What a certificate amounts to in words, and that no tick stands beside a violation."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.conditions import Certificate, Condition
from mdsolve.report.text.certificate import verification_view
from mdsolve.report.text.console import console_for
from mdsolve.report.verdict import mark_of, tally_of, worst_first

NAMES = st.sampled_from(["nash", "efficiency", "budget-balance", "reciprocity", "feasibility"])
CONDITIONS = st.builds(
    Condition,
    NAMES,
    st.booleans(),
    st.sampled_from(["pass", "fail", "not-checked"]),
    violation=st.none() | st.floats(-1, 1e6),
    tolerance=st.none() | st.floats(0, 1e6),
    arithmetic=st.sampled_from(["float", "enclosure", "exact"]),
    detail=st.just("why"),
)


def printed(certificate):
    console = console_for(StringIO())
    console.width = 110
    console.print(verification_view(certificate, "Certificate"))
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (["exact", "enclosure", "float"], "2 conditions proved, 1 checked in floats"),
        (["exact"], "1 condition proved"),
        (["float", "float"], "2 conditions checked in floats"),
        ([], "no condition was looked at"),
    ],
)
def test_the_headline_counts_what_is_proved(kinds, words):
    conditions = tuple(Condition("nash", True, "pass", arithmetic=kind) for kind in kinds)
    certificate = Certificate(conditions)
    assert tally_of(certificate).words == words
    assert words in printed(certificate)


def test_open_and_violated_conditions_are_counted_and_promises_told_apart():
    conditions = (
        Condition("nash", True, "pass", arithmetic="exact"),
        Condition("efficiency", True, "not-checked", detail="too large"),
        Condition("reciprocity", False, "fail", 2.0, detail="less"),
        Condition("feasibility", True, "fail", 3.0, detail="more"),
    )
    words = "1 condition proved, 1 not checked, 2 violated (1 not promised)"
    assert tally_of(Certificate(conditions)).words == words
    assert [c.verdict for c in worst_first(Certificate(conditions))] == [
        *("fail", "fail", "not-checked", "pass")
    ]


@given(st.lists(CONDITIONS, max_size=6))
def test_no_tick_stands_beside_a_violation_or_above_a_failure(conditions):
    certificate = Certificate(tuple(conditions))
    for condition in conditions:
        exceeded = condition.violation is not None and condition.violation > 0
        assert (mark_of(condition) == "✓") <= (condition.verdict == "pass" and not exceeded)
    text = printed(certificate)
    first_tick, first_cross = text.find("✓"), text.find("✗")
    if any(condition.verdict == "fail" for condition in conditions):
        assert first_tick == -1 or first_cross < first_tick


def test_a_tolerance_of_a_thousand_gives_no_tick():
    loose = Condition("nash", True, "pass", 0.5, 1.0, 1e3, "exact", "2 agents")
    lines = printed(Certificate((loose,))).splitlines()
    (row,) = [line for line in lines if "nash" in line]
    assert "✓" not in row
    assert "≈ nash" in row
    assert "0.5 <= 1e+03" in row


def test_what_was_not_compared_is_said():
    certificate = replace(
        Certificate((Condition("nash", True, "pass", delta=1e-8, scope="2 agents"),)),
        claim_sha256="ab" * 32,
        vouched=("contributions", "payments"),
        not_vouched=("provenance.seconds", "status.message"),
        remarks=("The file names no instance.",),
    )
    text = printed(certificate)
    assert "every best response within 1e-08" in " ".join(text.split())
    assert "Not compared with anything: provenance.seconds, status.message." in text
    assert "Compared or computed again: 2 entries" in text
    assert "ab" * 32 in text
    assert "The file names no instance." in text


def test_an_undecided_interval_is_shown():
    undecided = Condition("nash", True, "not-checked", detail="it straddles", interval=(-1.0, 2.5))
    assert "-1 to 2.5" in printed(Certificate((undecided,)))
