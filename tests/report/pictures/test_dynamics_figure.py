"""The picture of simulated dynamics: what is drawn, read off the axes themselves."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
from matplotlib.figure import Figure

import mdsolve as md
from mdsolve.report.pictures import dynamics as dynamics_figure

COST = {"family": "quadratic", "rate": 0.05, "curvature": 0.3}
GAME = {
    "kind": "sharing",
    "agents": [
        {"name": "A", "cost": COST, "capacity": 4},
        {"name": "B", "cost": 0.02, "capacity": 4},
    ],
    "accuracy": {"family": "power", "weights": [[1, 0.1], [0.1, 1]]},
}


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Return a function that draws a solution and hands out the two axes."""

    def draw(solution):
        figure = Figure()

        @contextmanager
        def kept(*_):
            yield figure

        monkeypatch.setattr(dynamics_figure, "picture", kept)
        dynamics_figure.draw_dynamics(solution, tmp_path / "p.png")
        return figure.axes

    return draw


def labels(axes):
    return [line.get_label() for line in axes.get_lines()]


def test_the_course_and_the_bound_are_those_of_the_solution(drawn):
    solution = md.simulate(md.parse(GAME), "shapley", steps=300)
    above, below = drawn(solution)
    found = solution.dynamics
    course, bound = above.get_lines()
    np.testing.assert_allclose(course.get_ydata(), found["trajectory"]["distance"])
    assert labels(above) == ["simulated", "proved bound"]
    first = found["trajectory"]["distance"][0]
    np.testing.assert_allclose(bound.get_ydata(), first * found["rate"] ** bound.get_xdata())
    assert above.get_yscale() == "log"
    total, goal = below.get_lines()
    np.testing.assert_allclose(total.get_ydata(), found["trajectory"]["total_data"])
    assert set(goal.get_ydata()) == {found["equilibrium"].sum()}


def test_without_a_proof_no_bound_is_drawn(drawn):
    above, _ = drawn(md.simulate(md.parse(GAME), "none", step_size=3, steps=50))
    assert labels(above) == ["simulated; no bound is proved"]


def test_drawn_agents_have_a_bound_in_the_mean(drawn):
    above, _ = drawn(md.simulate(md.parse(GAME), "shapley", steps=50, agents_per_step=1))
    assert labels(above)[1] == "proved bound, root mean square"


def test_where_equilibria_tie_the_gradient_is_shown(drawn):
    agents = [{"name": name, "cost": 0.1} for name in "AB"]
    plain = {**GAME, "agents": agents, "accuracy": {"family": "power"}}
    solution = md.simulate(md.parse(plain), "none", step_size=1, steps=50)
    above, below = drawn(solution)
    assert above.get_ylabel() == "norm of the projected gradient"
    assert len(below.get_lines()) == 1


def test_nothing_to_go_is_drawn_without_a_warning(drawn):
    agents = [{"name": name, "cost": 5, "capacity": 1} for name in "AB"]
    solution = md.simulate(md.parse({**GAME, "agents": agents}), "shapley", cap=0.5)
    assert solution.dynamics["distance"] == 0
    above, below = drawn(solution)
    assert labels(above) == ["simulated"]
    assert len(below.texts) == 1


def test_a_cap_adds_its_own_equilibrium(drawn):
    _, below = drawn(md.simulate(md.parse(GAME), "shapley", step_size=1, cap=0.5, steps=50))
    words = [text.get_text().split(":")[0] for text in below.texts]
    assert words == ["equilibrium", "equilibrium under the cap"]
