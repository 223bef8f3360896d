"""Outcomes: one sentence, one label, one exit code each, and no truth value."""

from __future__ import annotations

import pytest

from mdsolve.status import Termination


@pytest.mark.parametrize("outcome", Termination)
def test_an_outcome_has_a_sentence_and_no_truth_value(outcome):
    assert outcome.value.endswith(".")
    assert Termination.from_label(outcome.label) is outcome
    with pytest.raises(TypeError, match="compare with"):
        bool(outcome)


def test_labels_and_exit_codes_are_those_of_the_contract():
    assert {outcome.label: outcome.exit_code for outcome in Termination} == {
        "solved": 0,
        "infeasible": 3,
        "limit": 4,
        "interrupted": 4,
        "failed": 5,
    }
    with pytest.raises(KeyError):
        Termination.from_label("fine")
