"""Settings shared by all tests: hypothesis profiles without time limits, paths of instances."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick",
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("quick")

INSTANCES = Path(__file__).parents[1] / "instances"


@pytest.fixture
def instances() -> Path:
    """Return the folder of shipped instances."""
    return INSTANCES
