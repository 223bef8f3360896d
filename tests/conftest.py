"""Settings shared by all tests: hypothesis profiles without time limits, paths of instances.

The quick profile draws the same examples every time, so that a run on a change speaks of the
change; HYPOTHESIS_PROFILE=thorough draws new ones, and many.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

for name, examples in {"quick": 25, "thorough": 2000}.items():
    settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        derandomize=name == "quick",
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

INSTANCES = Path(__file__).parents[1] / "instances"


@pytest.fixture
def instances() -> Path:
    """Return the folder of shipped instances."""
    return INSTANCES


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """Keep what tests leave unfinished out of the user's cache; return the folder instead."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder
