"""No edited claim passes: a sample of the edits that `scripts/campaigns.py edits` makes in full."""

from __future__ import annotations

import pytest

from tests.campaigns.edits import campaign
from tests.campaigns.games import cases

EVERY = 193
"""One edit in so many, another one for each case."""

SLOW = ("proportional-value", "proportional-shapley")
"""Cases of which five times fewer edits are tried: a verification takes a second."""


@pytest.mark.parametrize("number", range(len(cases())), ids=[case.name for case in cases()])
def test_no_edited_claim_passes_unnoticed(number):
    case = cases()[number]
    every = 5 * EVERY if case.name in SLOW else EVERY
    report = campaign([case], every=every, start=number % every)
    assert report.edits
    assert report.wrong == []
