"""Right answers pass: a sample of what `scripts/campaigns.py answers` solves in full."""

from __future__ import annotations

from tests.campaigns.answers import campaign

KNOWN = (53, 277, 516)
"""Seeds that once showed a right design refused, and warnings of a library."""


def test_no_answer_of_a_random_instance_is_refused():
    report = campaign([*range(1000, 1004), *KNOWN])
    assert report.refused == []
    assert report.verdicts["solved: pass"] >= 4
