"""A few drawn moments of the campaign; `scripts/kill_campaign.py` runs as many as are wanted."""

from __future__ import annotations

import pytest

from tests.campaigns.kills import COMMANDS, complaints, outcome, run, words_of

FEW = ("sweep on two processes", "frontier")
"""Two ways to keep unfinished work, trained runs are killed elsewhere; the campaign runs all."""


@pytest.mark.parametrize("name", FEW)
def test_what_is_stopped_and_taken_up_ends_as_if_it_had_not_been(name, tmp_path):
    command = COMMANDS[name]
    whole = tmp_path / "whole"
    whole.mkdir()
    if command.prepare:
        run(command.prepare, whole)
    ended = run(words_of(command, resume=False), whole)
    assert ended.code == 0, ended.err
    reference = outcome(command, whole, ended)
    stopped = tmp_path / "stopped"
    stopped.mkdir()
    assert not complaints(name, stopped, reference, seed=1, stops=1)
