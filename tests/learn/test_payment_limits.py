"""Limits on what agents pay under `2p-upbred`: they hold at every profile, and the books say so."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest

from mdsolve.errors import InstanceError
from mdsolve.study.train import train
from mdsolve.study.verify import verify
from tests.learn.runs import instance

CAPS = [10, 20, 60]


def limited(limit, **changes):
    protocol = {"name": "2p-upbred", "rounds": 2, "payoff": "loss", "unit": "samples"}
    return instance(
        agents={"cost": [0.001, 0.003, 0.006], "capacity": CAPS},
        protocol={**protocol, "step_size": 1000, "payment_limit": limit, **changes},
    )


@pytest.mark.parametrize("limit", [0.1, [0.2, 1, 0.05], [5, 5, 5]])
def test_the_rate_is_the_largest_that_respects_every_profile(limit):
    made = limited(limit, beta=0.05)
    solution = train(made)
    rate = solution.answers["beta"]
    limits = np.broadcast_to(limit, 3)
    corners = np.array(list(product(*([0, cap] for cap in CAPS))), dtype=float)
    above = corners - (corners.sum(axis=1, keepdims=True) - corners) / 2
    most = (-above).max(axis=0)  # per unit of the rate, by brute force over the corners
    assert np.all(rate * most <= limits + 1e-12)
    assert rate == pytest.approx(min(0.05, (limits / most).min()))
    assert solution.certificate.condition("payment-limit").verdict == "pass"
    assert np.all(-solution.answers["history"]["payments"] <= limits + 1e-12)


@pytest.mark.parametrize("limit", [0.1, [0.1, 0.2, 0.3]])
def test_a_payment_above_the_limit_is_refused(limit):
    made = limited(limit, beta=0.05)
    data = json.loads(json.dumps(train(made).to_dict()))
    assert verify(made, data).verdict == "pass"
    data["history"]["payments"][0][0] -= 0.2
    data["history"]["payments"][0][2] += 0.2
    found = verify(made, data)
    assert found.condition("payment-limit").verdict == "fail"
    assert found.condition("rule").verdict == "fail"


def test_another_rate_is_refused():
    made = limited(0.1, beta=0.05)
    data = train(made).to_dict()
    data["beta"] = 0.05
    assert verify(made, data).condition("stated-numbers").verdict == "fail"


def test_units_of_money_do_not_matter():
    plain = train(limited(0.1, beta=0.05)).answers
    made = instance(
        agents={"cost": [0.007, 0.021, 0.042], "capacity": CAPS, "value": [7, 7, 7]},
        protocol={**limited(0.7).protocol.model_dump(), "beta": 0.35, "step_size": 1000 / 7},
    )
    scaled = train(made).answers
    assert scaled["beta"] == pytest.approx(7 * plain["beta"])
    np.testing.assert_allclose(scaled["contributions"], plain["contributions"])


def test_limits_are_one_per_agent():
    with pytest.raises(InstanceError) as caught:
        limited([1, 2])
    assert "one per agent" in str(caught.value)
