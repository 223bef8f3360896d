"""Reproductions of [D25]: verdicts, numbers by hand, pictures; plain loops as second opinions."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mdsolve.progress import Monitor
from mdsolve.reproduce import doshi2025 as paper
from mdsolve.reproduce.record import ITEMS
from mdsolve.reproduce.shown import draw_reproduction
from mdsolve.solver.joint.equilibrium import joint_equilibrium
from mdsolve.study.solve import solve


@pytest.fixture(scope="module")
def example():
    return ITEMS["doshi2025/example1"].recompute()


@pytest.fixture(scope="module")
def steps():
    return ITEMS["doshi2025/step-sizes"].recompute()


def verdicts(found):
    return {row.what: row.agrees for row in found.rows}


def test_example_1_says_what_holds(example):
    found = verdicts(example)
    wrong = [what for what, agrees in found.items() if agrees is False]
    assert wrong == [
        "the model (1/2, 3/2) is at rest there",
        "Algorithm 1, gamma = eta = 0.25, ends there",
        "Algorithm 1 as printed stays in [0, 5]",
    ]
    rows = {row.what: row.recomputed for row in example.rows}
    assert "gradient 0.2" in rows["the model (1/2, 3/2) is at rest there"]
    assert "w = (1, 2), s = (0, 0)" in rows["Algorithm 1, gamma = eta = 0.25, ends there"]
    assert rows["where contributions go while w is held at (1/2, 3/2)"] == "s = (0, 5)"


def test_the_rounds_shown_are_those_of_a_plain_loop(example):
    series = example.series
    s, w = np.array(paper.CONTRIBUTIONS[0]), np.array(paper.MODELS[1])
    states, target = [s], np.array([1.0, 2.0])
    for _ in range(series["rounds"][-1]):
        rise = ((w - target) ** 2).sum() / s.sum() ** 2 - np.array([0.04, 0.02])
        s, w = np.clip(s + 0.25 * rise, 0, 5), w - 0.5 * (w - target) / s.sum()
        states.append(s)
    shown = np.array(series["contributions"])
    np.testing.assert_allclose(shown, np.array(states)[series["rounds"]], atol=1e-9)
    assert shown[-1].tolist() == [0, 0]


def test_with_noise_a_half_the_printed_contributions_are_an_equilibrium():
    found = solve(paper.example(0.5), "upbred")
    np.testing.assert_allclose(found.contributions, [0, 5], atol=1e-9)  # 1/2 / 5^2 = 0.02
    assert found.accuracies.sum() == pytest.approx(1.8)
    assert solve(paper.example(0.5), "2p-upbred").accuracies.sum() == pytest.approx(1.9)


def test_step_sizes_say_what_holds(steps):
    found = verdicts(steps)
    assert [what for what, agrees in found.items() if agrees is False] == [
        "H~ of (5) is the derivative of the mean gradient in s"
    ]
    for line in steps.series.values():
        published, allowed = np.array(line["published"]), np.array(line["argument"])
        assert np.all((published > 0) == (allowed > 0))
        some = published > 0
        assert np.all(allowed[some] >= 2 * published[some] * (1 - 1e-12))


def test_the_game_of_two_targets_is_at_rest_where_theory_has_it():
    game = paper.two_targets()
    found = joint_equilibrium(game, 0.0, Monitor())
    np.testing.assert_allclose(found.contributions, [2, 8])
    measured = paper.derivative_of_mean_gradient(game, np.array([1.05]), np.array([2.0, 8.0]))
    np.testing.assert_allclose(measured, 2 * 0.05 / 20**2 * np.ones((1, 2)), rtol=1e-6)


@pytest.mark.parametrize("name", ["example", "steps"])
def test_pictures_and_numbers_can_be_written(name, request, tmp_path):
    found = request.getfixturevalue(name)
    draw_reproduction(found, tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 10_000
    json.dumps(found.to_dict(), allow_nan=False)
