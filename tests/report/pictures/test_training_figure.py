"""The picture of a training run: its lines are the history's, whatever the number of agents."""

from __future__ import annotations

from contextlib import contextmanager
from io import BytesIO

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mdsolve.report.pictures import training as training_figure
from mdsolve.report.pictures.training import can_draw_training, draw_training
from mdsolve.solution import InstanceReference, MechanismUsed, Provenance, Solution
from mdsolve.status import Termination


def run_of(agents, rounds, paid=0.0):
    shape = (rounds, agents)
    values = np.arange(rounds * agents, dtype=float).reshape(shape)
    history = {
        "rounds": list(range(1, rounds + 1)),
        "phases": ["choosing"] * (rounds - 1) + ["learning"],
        "contributions": values,
        "accuracies": values / 100,
        "payments": np.full(shape, paid),
    }
    return Solution(
        instance=InstanceReference("run", None),
        mechanism=MechanismUsed("fedbr"),
        termination=Termination.SOLVED,
        message="",
        agents=tuple(f"$a_{k}" for k in range(agents)),
        answers={"history": history, "protocol": {"unit": "batches"}},
        provenance=Provenance("none"),
    )


@pytest.fixture
def drawn(monkeypatch):
    """Return a function that draws a run and returns the figure instead of a file."""

    def draw(solution):
        kept = []

        @contextmanager
        def keep(target, width, height):
            figure = Figure(figsize=(width, height), layout="constrained")
            FigureCanvasAgg(figure)
            kept.append(figure)
            yield figure

        monkeypatch.setattr(training_figure, "picture", keep)
        draw_training(solution, BytesIO())
        kept[0].canvas.draw()
        return kept[0]

    return draw


def test_a_line_per_agent_and_the_rounds_of_choosing_shaded(drawn):
    solution = run_of(3, 4)
    brings, accuracy = drawn(solution).axes
    lines = np.array([line.get_ydata() for line in brings.lines])
    np.testing.assert_array_equal(lines.T, solution.history["contributions"])
    lines = np.array([line.get_ydata() for line in accuracy.lines])
    np.testing.assert_array_equal(lines.T, solution.history["accuracies"])
    (shade,) = brings.patches
    assert (shade.get_x(), shade.get_width()) == (0.5, 3.0)


def test_payments_have_a_panel_where_money_moves(drawn):
    assert len(drawn(run_of(2, 3, paid=0.5)).axes) == 3


def test_many_agents_are_a_mean_and_a_range(drawn):
    solution = run_of(40, 2)
    brings = drawn(solution).axes[0]
    (line,) = brings.lines
    np.testing.assert_allclose(line.get_ydata(), solution.history["contributions"].mean(axis=1))


def test_one_round_is_visible_and_none_is_no_picture(drawn):
    assert drawn(run_of(2, 1)).axes[0].lines[0].get_marker() == "o"
    assert not can_draw_training(run_of(2, 0))
