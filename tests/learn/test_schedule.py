"""Schedules: a contribution's unit, fractions of a step, and common random numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.learn.schedule import Holdings

ROWS = [np.arange(10), np.arange(10, 17), np.arange(17, 50)]


def holdings(unit, batch=4, seed=3):
    return Holdings(ROWS, batch, unit, seed)


def schedule(unit, contributions, number=0, agents=None, **options):
    jobs = np.arange(len(contributions)) if agents is None else np.array(agents)
    return holdings(unit, **options).schedule(jobs, np.array(contributions, dtype=float), number)


def test_batches_count_steps_and_the_last_one_may_be_a_fraction():
    found = schedule("batches", [2.25, 0, 3])
    assert found.steps.tolist() == [3, 0, 3]
    np.testing.assert_allclose(found.weights.sum(axis=2), [[1, 1, 0.25], [0, 0, 0], [1, 1, 1]])
    assert np.ptp(found.weights[0, 2]) == 0


def test_samples_count_examples_and_are_always_the_first_ones():
    found = schedule("samples", [5.5, 7, 1], number=9)
    assert found.steps.tolist() == [2, 2, 1]
    np.testing.assert_allclose(found.weights[0] * 4, [[1, 1, 1, 1], [1, 0.5, 0, 0]])
    assert found.rows[0].ravel()[:6].tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(found.rows, schedule("samples", [5.5, 7, 1]).rows)


def test_capacities_use_every_example_once():
    assert holdings("batches").capacities().tolist() == [2.5, 1.75, 8.25]
    assert holdings("samples").capacities().tolist() == [10, 7, 33]


def test_examples_are_used_evenly_and_belong_to_the_agent():
    found = schedule("batches", [5, 7, 2])
    for agent, rows in enumerate(found.rows):
        used = rows[: found.steps[agent]].ravel()
        assert set(used) <= set(ROWS[agent])
        counts = np.bincount(used - ROWS[agent][0], minlength=len(ROWS[agent]))
        assert counts.max() - counts.min() <= 1


@given(
    unit=st.sampled_from(["batches", "samples"]),
    first=st.floats(0, 6),
    more=st.floats(0, 1),
    number=st.integers(0, 5),
)
def test_more_contribution_only_adds_at_the_end(unit, first, more, number):
    small, large = (schedule(unit, [s], number, agents=[1]) for s in (first, min(first + more, 7)))
    steps = small.rows.shape[1]
    np.testing.assert_array_equal(small.rows[0], large.rows[0, :steps])
    gain = large.weights[0, :steps] - small.weights[0]
    assert gain.min(initial=0) >= 0
    per_unit = 1 if unit == "batches" else 1 / 4
    assert large.weights.sum() - small.weights.sum() == pytest.approx(
        (min(first + more, 7) - first) * per_unit, abs=1e-12
    )


def test_rounds_agents_and_seeds_draw_apart_and_the_company_does_not_matter():
    def rows(number=0, seed=3, agents=(2,), s=(4,)):
        return schedule("batches", s, number, agents, seed=seed).rows[0]

    assert not np.array_equal(rows(), rows(number=1))
    assert not np.array_equal(rows(), rows(seed=4))
    together = schedule("batches", [1, 4, 2], agents=[0, 2, 1])
    np.testing.assert_array_equal(rows(), together.rows[1])
