"""Designed rules of random games: a few of those that `scripts/campaigns.py designs` makes."""

from __future__ import annotations

from tests.campaigns.designs import campaign


def test_designs_pass_what_binds_cannot_be_moved_and_nothing_beats_them():
    report = campaign((1, 2, 3, 756, 765))
    assert report.wrong == []
    assert report.ended["solved: pass"] >= 2
    assert report.moved["a rate: refused"] >= 2
