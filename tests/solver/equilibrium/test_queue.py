"""Agents with linear costs stand in a queue: its total is the one that the definition asks for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracies.threshold_power import ThresholdPowerCurve
from mdsolve.game.costs import Costs
from mdsolve.solver.equilibrium.total import Supply, supply_equilibrium
from tests.work import counted

CURVES = [PowerCurve(1.0, 1.0, 0.7), PowerCurve(0.9, 0.4, 2.0)]


def supply_of(curve, seed, n, endless=False):
    rng = np.random.default_rng(seed)
    rates = np.exp(rng.uniform(-6, 0, n))
    rates[rng.random(n) < 0.3] = rates[0]  # ties
    capacity = np.full(n, np.inf) if endless else rng.uniform(0, 20, n)
    weight = np.where(rng.random(n) < 0.2, 0.0, rng.uniform(0.2, 2, n))
    weight[0] = 1.0
    return Supply(curve, Costs.linear(rates), weight, rng.uniform(0, 3, n), capacity, ["a"] * n)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(CURVES),
    st.integers(0, 10_000),
    st.integers(1, 12),
    st.booleans(),
    st.sampled_from([0.0, 0.5, 40.0]),
)
def test_the_total_is_between_what_is_asked_for_just_before_and_after(
    curve, seed, n, endless, platform
):
    supply = supply_of(curve, seed, n, endless)
    assert supply.queue is not None
    found = supply_equilibrium(supply, platform)
    room = 1e-12 * max(found.total, 1e-12)
    high = supply.ends(found.total - room if found.total > room else 0.0)[1]
    low = supply.ends(found.total + room)[0]
    wanted = supply.mass > 0
    least = platform + float(supply.mass[wanted] @ low[wanted])
    most = platform + float(supply.mass[wanted] @ high[wanted])
    assert least <= found.total + room
    assert found.total <= most + room
    assert platform + supply.queue.data(platform) == pytest.approx(found.total, rel=1e-12)


@pytest.mark.parametrize("curve", [*CURVES, ThresholdPowerCurve(1.0, 2.0, 0.5)])
def test_a_curve_has_a_slope_where_it_says(curve):
    for y in (3.0, 10.0, 1e4):
        slope = float(curve.slope(np.asarray(y)))
        assert curve.amount_at(slope, 2.5, np.inf) == pytest.approx(y, rel=1e-9)
        assert curve.amount_at(slope, 2.5, y / 2 + 1) == pytest.approx(y / 2 + 1)


def test_the_work_does_not_grow_with_the_queue():
    counts = [counted(lambda n=n: supply_of(CURVES[0], 1, n).queue.data(0.0))[1] for n in (10, 900)]
    assert counts[1] < 2 * counts[0]
