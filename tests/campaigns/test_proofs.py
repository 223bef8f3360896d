"""Changed proofs are refused or true: a small part of what `scripts/campaigns.py proofs` tries."""

from __future__ import annotations

from tests.campaigns.proofs import accepted, campaign, samples
from tests.campaigns.second_judge import true

CHEAP = {"kkt-failure", "none", "payments", "unique", "nash", "welfare-optimality", "every-D"}


def test_the_second_judge_finds_the_samples_true():
    for entry in samples():
        if entry["claim"] in CHEAP | {"no-equilibrium", "budget-balance", "private-contract"}:
            assert accepted(entry)
            assert true(entry) is True


def test_changed_proofs_are_refused_or_true():
    entries = [entry for entry in samples() if entry["claim"] in CHEAP]
    report = campaign(entries, 700, seed=5)
    assert report.wrong == []
    assert report.refused > 400
    assert report.true > 20
