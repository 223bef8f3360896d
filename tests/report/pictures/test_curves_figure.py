"""The picture of shaped models: its curve is the mechanism's, and it is written by `--plot`."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

import mdsolve as md
from mdsolve.cli.main import app
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.build_sharing import sharing_game
from mdsolve.report.pictures.curve_panels import curve_panels, shaped
from mdsolve.report.pictures.curves import can_draw_curves
from tests.conftest import INSTANCES


def test_curve_is_own_data_then_all_then_the_line_then_all_again():
    curve, others = PacCurve(0.95, 10.0), 161.21387317
    points = np.array([[0.0, 0.0], [93.37456895, 0.05789223], [678.3192419603, 0.4205579300]])
    handed = shaped(curve, points, others)
    own = np.array([50.0, 93.0, 300.0, 678.4, 900.0])
    rate = 0.00062
    right = np.append(
        np.minimum(rate * own[:3], curve.value(own[:3] + others)), curve.value(own[3:] + others)
    )
    np.testing.assert_allclose(handed(own), right, atol=1e-8)


@pytest.mark.parametrize(
    "file", ["cases/driving-fleets.yaml", "papers/karimireddy2022/one-agent-short.yaml"]
)
def test_plot_writes_the_picture(file, tmp_path):
    target = tmp_path / "curves.png"
    source = str(INSTANCES / file)
    found = CliRunner().invoke(app, ["solve", source, "--plot", str(target)])
    assert found.exit_code == 0
    assert target.read_bytes().startswith(b"\x89PNG")


def test_other_mechanisms_have_no_such_picture():
    instance = md.load(INSTANCES / "cases" / "driving-fleets.yaml")
    assert can_draw_curves(md.solve(instance))
    assert not can_draw_curves(md.solve(instance, "none"))


TWO_KINDS = {
    "kind": "sharing",
    "agents": [{"name": "big", "cost": 0.01, "value": 2}, {"name": "small", "cost": 0.02}],
    "accuracy": {"family": "power"},
}


def panels_of(instance, mechanism=None):
    solution = md.solve(instance, mechanism)
    return solution, curve_panels(solution, sharing_game(instance), 9)


@pytest.mark.parametrize(
    "file",
    [
        "cases/genomics-laboratories.yaml",
        "papers/karimireddy2022/private-inside.yaml",
        "papers/karimireddy2022/private-corner.yaml",
        "papers/karimireddy2022/private-pooling.yaml",
    ],
)
def test_private_curves_pass_through_their_points_and_can_be_kept(file):
    solution, panels = panels_of(md.load(INSTANCES / file))
    points = np.unique(np.asarray(solution.curves), axis=0)
    assert len(panels) == len(points)
    own = np.linspace(0, 1.3 * panels[0].end, 301)
    for panel in panels:
        at = np.array([mark.x for mark in panel.marks])
        expected = [mark.y for mark in panel.marks]
        np.testing.assert_allclose(panel.handed(at), expected, rtol=1e-9)
        assert (panel.handed(own) <= panel.together(own) + 1e-9).all()
        assert (panel.handed(own) >= panel.alone(own) - 1e-9).all()
        low = panel.marks[-1].x  # what low costs bring is the full model in expectation
        np.testing.assert_allclose(panel.together(np.array([low])), [expected[-1]], rtol=1e-9)


def test_a_menu_is_drawn_with_a_step_for_every_contract():
    solution, (panel,) = panels_of(md.load(INSTANCES / "cases/component-suppliers.yaml"))
    amounts = np.unique(np.round(solution.menu["contributions"], 6))
    np.testing.assert_allclose([mark.x for mark in panel.marks], amounts, rtol=1e-8)
    at = np.array([mark.x for mark in panel.marks])
    np.testing.assert_allclose(panel.handed(at), [mark.y for mark in panel.marks], rtol=1e-9)
    own = np.linspace(0, 1.3 * panel.end, 301)
    assert (panel.handed(own) <= panel.together(own) + 1e-9).all()
    assert (panel.handed(own) >= panel.alone(own) - 1e-9).all()
    full = panel.marks[-1].x  # the cheapest earn the full model in expectation
    np.testing.assert_allclose(panel.together(np.array([full])), [panel.marks[-1].y], rtol=1e-9)


@pytest.mark.parametrize("measure", ["data", "value", "shapley"])
def test_proportional_curves_pass_through_what_agents_receive(measure):
    solution, panels = panels_of(md.parse(TWO_KINDS), f"proportional-{measure}")
    assert len(panels) == 2
    received = np.sort(solution.accuracies)
    drawn = np.sort([panel.marks[0].y for panel in panels])
    np.testing.assert_allclose(np.unique(drawn.round(9)), np.unique(received.round(9)))
    for panel in panels:
        mark = panel.marks[0]
        np.testing.assert_allclose(panel.handed(np.array([mark.x])), [mark.y], rtol=1e-9)
        own = np.linspace(0, panel.end, 101)
        assert (np.diff(panel.handed(own)) >= -1e-12).all()
