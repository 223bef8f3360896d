"""Trade-offs of markets: every point is the design one would get alone, and is judged as one."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.report.pictures.trade_off import can_draw_trade_off, draw_trade_off
from mdsolve.solution import plain
from tests.campaigns.edits import DELETED, changed
from tests.solver.market.test_payment_program import growth_instance

STEP = 1e-6


def points_of(found):
    return found.to_dict()["curve"]["points"]


@pytest.mark.parametrize(
    ("maximize", "require", "walked", "figure"),
    [
        ("revenue", {}, {"cap": (0, 0.4, 3)}, "mean_revenue"),
        ("revenue", {"cap": 0.1}, {"subsidy": (0, 0.4, 3)}, "mean_revenue"),
        ("smallest-cap", {"balanced": "profile"}, {"spread": (0.1, 0.7, 3)}, "cap"),
        ("fairness", {}, {"revenue-floor": (0, 0.2, 3)}, "least_spread"),
        ("least-subsidy", {}, {"cap": (-0.2, 0.2, 3)}, "subsidy"),
    ],
)
def test_points_are_the_designs_one_would_get_alone(maximize, require, walked, figure):
    instance = growth_instance((1, 2, 5), exponent=-0.7)
    found = md.design(instance, maximize=maximize, require=require, trade_off=walked)
    assert found.certificate.condition("trade-off").verdict == "pass"
    (name, (start, end, count)) = next(iter(walked.items()))
    settings = np.linspace(start, end, count)
    for setting, point in zip(settings, points_of(found), strict=True):
        alone = md.design(instance, maximize=maximize, require={**require, name: float(setting)})
        assert point["asked"] == pytest.approx(setting)
        assert point["termination"] == alone.termination.label
        if "objective" in point:
            assert point["objective"] == pytest.approx(float(alone.answers[figure]), abs=1e-9)


def test_a_rule_exists_from_the_least_subsidy_on():
    instance = growth_instance(range(1, 31), exponent="-0.9")
    least = float(md.design(instance, maximize="least-subsidy").subsidy)
    ends = (least - STEP, least + STEP, 3)
    found = md.design(instance, trade_off={"subsidy": ends})
    endings = [point["termination"] for point in points_of(found)]
    assert endings[0] == "infeasible"
    assert endings[2] == "solved"
    assert found.certificate.verdict == "pass"


@pytest.fixture(scope="module")
def walked():
    instance = growth_instance((1, 3, 40), exponent="-0.95")
    found = md.design(instance, trade_off={"subsidy": (0, 0.6, 4)})
    assert {point["termination"] for point in points_of(found)} == {"solved", "infeasible"}
    return instance, plain(found.to_dict())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("curve", "points", 3, "objective"), 0.5),
        (("curve", "points", 3, "asked"), 0.7),
        (("curve", "points", 3, "payments", 0, 1, 1), 0.0),
        (("curve", "points", 3, "payments"), DELETED),
        (("curve", "points", 3, "witness"), {}),
        (("curve", "points", 3, "termination"), "infeasible"),
        (("curve", "points", 3, "termination"), "limit"),
        (("curve", "points", 0, "witness", "chains", 0, "bound"), 9),
        (("curve", "points", 0, "witness"), DELETED),
        (("curve", "points", 0, "surprise"), 1),
        (("curve", "requirement"), "cap"),
        (("curve", "range", 1), 0.7),
        (("curve", "points", 0), DELETED),
        (("mechanism", "options", "objective"), "fairness"),
    ],
)
def test_changed_points_are_refused(walked, path, value):
    instance, data = walked
    assert md.verify(instance, data).verdict == "pass"
    assert md.verify(instance, changed(data, path, value)).verdict != "pass"


def test_the_picture_shows_the_goal(tmp_path):
    found = md.design(growth_instance(), trade_off={"cap": (0, 0.4, 3)})
    assert can_draw_trade_off(found)
    target = tmp_path / "curve.png"
    draw_trade_off(found, target, None)
    assert target.stat().st_size > 5000


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"trade_off": {"reciprocity": (0, 1, 3)}}, "one of subsidy, cap"),
        ({"trade_off": {"subsidy": (-1, 1, 3)}}, "0 or more"),
        ({"trade_off": {"subsidy": (0, 1, 1)}}, "from 2 to"),
        ({"trade_off": {"subsidy": (0, 1, 3)}, "require": {"balanced": "profile"}}, "one of the"),
        ({"trade_off": {"cap": (0, 1, 3)}, "maximize": "expected-welfare"}, "one of the goals"),
        ({"trade_off": {"cap": (0, 1, 3)}, "maximize": "smallest-cap"}, "smallest-cap"),
    ],
)
def test_what_cannot_be_walked_is_refused(wishes, words):
    with pytest.raises(UsageError, match=words):
        md.design(growth_instance(), **wishes)


def test_curves_too_large_to_be_kept_are_refused():
    instance = growth_instance(range(1, 401))
    with pytest.raises(UnsupportedError, match="fewer points"):
        md.design(instance, trade_off={"subsidy": (0, 1, 20)})
