"""Instances that are right as they stand, for tests that bend one thing at a time."""

from __future__ import annotations

import pytest

from mdsolve.errors import InstanceError
from mdsolve.instance import parse

MARKET = {
    "format": "mdsolve/1",
    "kind": "market",
    "name": "m",
    "agents": ["big", "small"],
    "types": {"big": {"from": 1, "to": 3, "step": "1/2"}, "small": [1, 2]},
    "quality": {"family": "power", "exponent": 0.5},
    "valuation": {"family": "growth", "exponent": -0.8},
    "profile": [1.5, 2],
}

SHARING = {
    "kind": "sharing",
    "agents": [
        {"name": "A", "cost": 0.1, "capacity": 50, "group": "g1"},
        {
            "name": "B",
            "cost": {"family": "quadratic", "rate": 0.1, "curvature": 0.01, "fixed": 0},
            "group": "g2",
            "budget": 20,
            "value": 1.5,
        },
        {"name": "edge-{}", "count": 10, "cost": 0.1, "group": "g2"},
    ],
    "accuracy": {"family": "power", "ceiling": 1, "scale": 1, "exponent": 1},
}

TRAINING = {
    "kind": "training",
    "data": {"source": "digits", "holdout": 0.25},
    "partition": {"scheme": "rotate", "angles": [10, 90, 180], "agents_per_group": 1},
    "model": {"family": "mlp", "hidden": [64]},
    "agents": {"cost": [0.002, 0.002, 0.004]},
    "protocol": {
        "name": "fedbr-shap",
        "rounds": 20,
        "batch_size": 16,
        "learning_rate": 0.1,
        "step_size": 10,
    },
    "seed": 0,
}


def problems(data) -> str:
    """Return what is said about bad data; fail if it is accepted."""
    with pytest.raises(InstanceError) as caught:
        parse(data)
    assert all(finding.got and finding.expected for finding in caught.value.findings)
    return str(caught.value)
