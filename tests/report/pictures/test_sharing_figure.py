"""The picture of a solved sharing game: what it says, for few, many and very many agents."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation

import mdsolve as md
from mdsolve.cli import main
from mdsolve.game.build_sharing import sharing_game
from mdsolve.report.agent_rows import agent_table
from mdsolve.report.pictures import sharing as sharing_figure
from mdsolve.report.pictures.sharing import can_draw_sharing, draw_sharing
from mdsolve.report.pictures.solution import draw_solution
from tests.conftest import INSTANCES

EXAMPLE = INSTANCES / "papers" / "murhekar2025" / "example4.yaml"
RIVER = INSTANCES / "cases" / "river-gauges.yaml"


@pytest.fixture
def drawn(monkeypatch):
    """Return a function that draws a solution and returns the figure instead of a file."""

    def draw(solution, instance, **more):
        kept = []

        @contextmanager
        def keep(target, width, height):
            figure = Figure(figsize=(width, height), layout="constrained")
            FigureCanvasAgg(figure)
            kept.append(figure)
            yield figure

        monkeypatch.setattr(sharing_figure, "picture", keep)
        draw_sharing(solution, BytesIO(), game=sharing_game(instance), **more)
        kept[0].canvas.draw()
        return kept[0]

    return draw


def numbers(axes):
    return [t for t in axes.findobj(Annotation) if t.get_text()]


def amount_of(text):
    return float(text.get_text().replace(",", ""))


def crowd(count):
    costs = np.linspace(0.001, 0.01, count).tolist()
    return md.parse(
        {
            "kind": "sharing",
            "agents": {"count": count, "cost": costs, "capacity": 50.0},
            "accuracy": {"family": "power"},
        }
    )


@pytest.mark.parametrize(
    ("file", "mechanism"), [(EXAMPLE, "shapley"), (RIVER, None), (EXAMPLE, "none")]
)
def test_every_number_is_the_solutions_and_none_hides_another(drawn, file, mechanism):
    instance = md.load(file)
    solution = md.solve(instance, mechanism)
    figure = drawn(solution, instance)
    brings, money, gains = figure.axes
    for axes, key in ((brings, "contributions"), (gains, "utilities")):
        said = [amount_of(t) for t in numbers(axes)]
        np.testing.assert_allclose(said, solution.answers[key], rtol=1e-3, atol=1e-9)
    paid = solution.answers["payments"]
    shown = np.abs(paid) if np.any(paid) else solution.answers["accuracies"]
    said = [amount_of(t) for t in numbers(money)]
    np.testing.assert_allclose(said, shown, rtol=1e-3, atol=1e-9)
    for axes in figure.axes:
        boxes = [t.get_window_extent() for t in numbers(axes)]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        assert all(box.x1 <= figure.bbox.x1 for box in boxes)


def test_who_pays_stands_left_and_who_receives_right(drawn):
    instance = md.load(EXAMPLE)
    solution = md.solve(instance, "shapley")
    bars = [bar.get_width() for bar in drawn(solution, instance).axes[1].patches]
    np.testing.assert_allclose(bars, solution.payments)
    assert bars[0] > 0 > bars[1]


def test_agents_alike_share_a_row_and_different_ones_become_curves(drawn):
    alike = md.load(INSTANCES / "cases" / "thirty-hospitals.yaml")
    figure = drawn(md.solve(alike), alike)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[0] == "north-centre-1 .. 3"
    assert len(names) == 5
    many = crowd(33)
    solution = md.solve(many, "shapley")
    curves = drawn(solution, many).axes[0].lines
    np.testing.assert_allclose(curves[0].get_ydata(), -np.sort(-solution.contributions))


def test_rows_have_what_the_solution_and_the_game_say():
    instance = md.load(RIVER)
    solution = md.solve(instance)
    table = agent_table(solution, sharing_game(instance))
    np.testing.assert_array_equal(table["outside"], [30, 25, 400, 250])
    np.testing.assert_allclose(table["alone_contributions"][:2], [15, 10])
    assert np.isinf(table["capacity"]).all()
    assert "capacity" not in agent_table(solution, None)
    assert len(table.rows()) == 4


def test_names_are_text_not_formulas(drawn):
    instance = md.parse(
        {
            "kind": "sharing",
            "agents": [{"name": "a$_b", "cost": 0.1}, {"name": "x" * 60, "cost": 0.2}],
            "accuracy": {"family": "power"},
        }
    )
    figure = drawn(md.solve(instance, "shapley"), instance, title="100 $ and $_x")
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["a$_b", "x" * 15 + "…" + "x" * 10]


@pytest.mark.parametrize("file", [EXAMPLE, RIVER])
def test_vectors_are_the_same_every_time(file):
    instance = md.load(file)
    solution = md.solve(instance, None if file == RIVER else "shapley")
    first, second = BytesIO(), BytesIO()
    assert draw_solution(solution, first, instance) == ""
    assert draw_solution(solution, second, instance) == ""
    assert first.getvalue() == second.getvalue()
    assert b"<svg" in first.getvalue()


def test_no_equilibrium_has_no_such_picture():
    instance = md.load(INSTANCES / "papers" / "murhekar2023" / "theorem-a2.yaml")
    solution = md.solve(instance, "none")
    assert not can_draw_sharing(solution)
    assert "no outcome" in draw_solution(solution, BytesIO(), instance)


def test_solve_plots_a_sharing_solution(monkeypatch, capsys, tmp_path):
    target = tmp_path / "out.png"
    arguments = ["mdsolve", "solve", str(EXAMPLE), "-m", "shapley", "--plot", str(target)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as stop:
        main.run()
    assert (stop.value.code or 0) == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    assert "out.png" in capsys.readouterr().err
