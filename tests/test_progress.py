"""Progress: events reach the listener, a time limit stops, nothing else does."""

from __future__ import annotations

import pytest

from mdsolve.errors import UsageError
from mdsolve.progress import Event, Monitor, StopRequested, silent


@pytest.mark.parametrize(
    ("done", "total", "share"), [(0, 4, 0), (1, 4, 0.25), (4, 4, 1), (5, 4, 1), (0, 0, 1)]
)
def test_completion_is_a_share(done, total, share):
    assert Event("work", done, total).completion == share


def test_the_listener_hears_the_event_that_stops_the_run():
    heard = []
    monitor = Monitor(heard.append, time_limit=0.0)
    with pytest.raises(StopRequested, match="time limit of 0 s"):
        monitor.advance("work", 1, 2)
    assert heard == [Event("work", 1, 2)]


def test_without_a_limit_nothing_stops():
    monitor = silent()
    for k in range(1000):
        monitor.advance("work", k, 1000)
    Monitor(time_limit=1e6).check_time()


@pytest.mark.parametrize("limit", [-1, float("nan"), "soon", True])
def test_a_limit_is_a_duration(limit):
    with pytest.raises(UsageError, match="time_limit"):
        Monitor(time_limit=limit)
