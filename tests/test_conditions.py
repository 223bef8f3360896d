"""Certificates: the verdict speaks of what was claimed; records survive storage."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.conditions import Certificate, Condition

VERDICTS = st.sampled_from(["pass", "fail", "not-checked"])
CONDITIONS = st.builds(Condition, st.text(max_size=5), st.booleans(), VERDICTS)


@given(st.lists(CONDITIONS, max_size=6))
def test_the_verdict_is_the_worst_claimed_one(conditions):
    claimed = [condition.verdict for condition in conditions if condition.claimed]
    verdict = Certificate(tuple(conditions)).verdict
    if "fail" in claimed:
        assert verdict == "fail"
    elif claimed and set(claimed) == {"pass"}:
        assert verdict == "pass"
    else:
        assert verdict == "not-checked"


@given(st.lists(CONDITIONS, max_size=4))
def test_a_certificate_survives_storage(conditions):
    certificate = Certificate(tuple(conditions))
    stored = json.loads(json.dumps(certificate.to_dict()))
    assert Certificate.from_dict(stored) == certificate
    assert Certificate.from_dict({**stored, "later": 1}) == certificate


def test_a_condition_is_found_by_name():
    certificate = Certificate((Condition("efficiency", True, "pass"),))
    assert certificate.condition("efficiency").verdict == "pass"
    with pytest.raises(KeyError):
        certificate.condition("nash")
