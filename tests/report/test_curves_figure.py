"""The picture of shaped models: its curve is the mechanism's, and it is written by `--plot`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import mdsolve as md
from mdsolve.cli.main import app
from mdsolve.game.curves import PacCurve
from mdsolve.report.curve_panels import shaped
from mdsolve.report.curves_figure import can_draw_curves

ROOT = Path(__file__).parents[2]


def test_curve_is_own_data_then_all_then_the_line_then_all_again():
    curve, others, platform = PacCurve(0.95, 10.0), 161.21387317, 0.0
    points = np.array([[0.0, 0.0], [93.37456895, 0.05789223], [678.3192419603, 0.4205579300]])
    handed = shaped(curve, points, others, platform)
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
    source = str(ROOT / "instances" / file)
    found = CliRunner().invoke(app, ["solve", source, "--plot", str(target)])
    assert found.exit_code == 0
    assert target.read_bytes().startswith(b"\x89PNG")


def test_other_mechanisms_have_no_such_picture():
    instance = md.load(ROOT / "instances/cases/driving-fleets.yaml")
    assert can_draw_curves(md.solve(instance))
    assert not can_draw_curves(md.solve(instance, "none"))
