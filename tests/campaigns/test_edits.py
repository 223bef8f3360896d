"""No edited claim passes: a sample of the edits that `scripts/campaigns.py edits` makes in full."""

from __future__ import annotations

import pytest

from tests.campaigns.edits import campaign
from tests.campaigns.games import cases

EVERY = 97
"""One edit in so many, another one for each case."""


@pytest.mark.parametrize("number", range(len(cases())), ids=[case.name for case in cases()])
def test_no_edited_claim_passes_unnoticed(number):
    case = cases()[number]
    report = campaign([case], every=EVERY, start=number % EVERY)
    assert report.edits
    assert report.wrong == []
