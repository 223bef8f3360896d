"""What looks like a slip is named; what is meant is not."""

from __future__ import annotations

import pytest

import mdsolve as md
from mdsolve.instance.suspicions import suspicions
from tests.conftest import INSTANCES

POWER = {"family": "power"}


def found(accuracy=POWER, units=None, **agent):
    """Return the places of the suspicions about a game of one agent."""
    agents = [{"name": "A", "cost": 0.1, **agent}]
    data = {"kind": "sharing", "agents": agents, "accuracy": accuracy}
    game = md.parse(data | ({} if units is None else {"units": units}))
    return [finding.where.removeprefix("instance: ") for finding in suspicions(game)]


@pytest.mark.parametrize(
    ("accuracy", "place"),
    [
        ({"family": "power", "ceiling": 94}, "accuracy.ceiling"),
        ({"per_agent": [{"family": "power", "ceiling": 94}]}, "accuracy.per_agent[0].ceiling"),
        ({"family": "curve", "points": [[0, 10], [50, 94]]}, "accuracy.points"),
    ],
)
def test_accuracies_in_percent(accuracy, place):
    assert found(accuracy) == [place]
    assert found(accuracy, units={"accuracy": "percent"}) == []


def test_money_per_percentage_point():
    assert found(capacity=20_000, value=3_000) == []
    assert found(capacity=20_000, value=30) == ["agents[0].value"]


def test_crowds():
    assert found(count=3_000_000, name="x-{}") == ["agents[0].count"]


def test_no_shipped_instance_is_suspected():
    for file in sorted(INSTANCES.glob("cases/*.yaml")):
        assert suspicions(md.load(file)) == (), file
