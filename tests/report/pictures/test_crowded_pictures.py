"""Long names, many agents, large amounts: no word of a picture hides another or leaves it."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

import mdsolve as md
from mdsolve.errors import UsageError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.report.pictures.comparison import MOST_ROWS, draw_comparison
from mdsolve.report.pictures.curves import draw_curves
from mdsolve.report.pictures.dynamics import draw_dynamics
from mdsolve.report.pictures.frontier import draw_frontier
from mdsolve.report.pictures.market import draw_outcome
from mdsolve.report.pictures.sharing import draw_sharing
from mdsolve.report.pictures.training import draw_training
from mdsolve.solution import InstanceReference, MechanismUsed, Provenance, Solution
from mdsolve.study.compare import Comparison, compare
from mdsolve.study.frontier import parse_exponents, sweep
from tests.conftest import INSTANCES

PICTURES = ("comparison", "curves", "dynamics", "frontier", "market", "sharing", "training")
LONG = "Kreiskrankenhaus Musterstadt am langen Fluss"
TITLE = (
    "A consortium of hospitals that share images of the retina in three regions of a country " * 2
)


@pytest.fixture
def drawn(monkeypatch):
    """Return a function that draws and hands out the figure."""

    def draw(function, *arguments, **options):
        kept = []

        @contextmanager
        def keep(target, width=7.0, height=4.2):
            figure = Figure(figsize=(width, height), layout="constrained")
            FigureCanvasAgg(figure)
            kept.append(figure)
            yield figure

        for name in PICTURES:
            module = importlib.import_module(f"mdsolve.report.pictures.{name}")
            monkeypatch.setattr(module, "picture", keep)
        function(*arguments, BytesIO(), **options)
        kept[0].canvas.draw()
        return kept[0]

    return draw


def words_of(figure):
    """Return every word that can be seen, and its box."""
    hidden = set()
    for axes in figure.axes:
        for axis, (low, high) in (
            (axes.xaxis, sorted(axes.get_xlim())),
            (axes.yaxis, sorted(axes.get_ylim())),
        ):
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low <= tick.get_loc() <= high or not tick.label1.get_visible():
                    hidden.update((tick.label1, tick.label2))
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    return [(t.get_text(), t.get_window_extent()) for t in found if t not in hidden]


def assert_readable(figure):
    boxes = words_of(figure)
    assert boxes
    for (first, a), (second, b) in combinations(boxes, 2):
        apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 1 or b.y1 <= a.y0 + 1
        assert apart, (first, second)
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y0 >= 0, text
        assert box.y1 <= figure.bbox.y1, text


def game(count, value=1.0, **more):
    costs = np.linspace(0.001, 0.009, count) * value
    agents = [
        {"name": f"{LONG} {k}", "cost": float(cost), "value": value, **more}
        for k, cost in enumerate(costs)
    ]
    return md.parse(
        {"kind": "sharing", "title": TITLE, "agents": agents, "accuracy": {"family": "power"}}
    )


@pytest.mark.parametrize("value", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("count", [2, 32, 60])
def test_sharing_games(drawn, count, value):
    instance = game(count, value, capacity=5000)
    solution = md.solve(instance, "budget-balanced")
    options = {"title": TITLE, "game": sharing_game(instance)}
    assert_readable(drawn(draw_sharing, solution, **options))


@pytest.mark.parametrize("count", [2, 30])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 26480.0])
def test_markets(drawn, count, scale):
    names = [f"{LONG} {k}" for k in range(count)]
    types = {name: [(10 + k) * scale] for k, name in enumerate(names)}
    market = md.parse(
        {
            "kind": "market",
            "title": TITLE,
            "agents": names,
            "types": types,
            "valuation": {"family": "growth", "exponent": -0.5},
        }
    )
    assert_readable(drawn(draw_outcome, md.solve(market, "vcg"), title=TITLE))


@pytest.mark.parametrize("count", [1, MOST_ROWS])
def test_comparisons(drawn, count):
    found = compare(game(count), ["none", "budget-balanced"][: 1 + (count > 1)])
    assert_readable(drawn(draw_comparison, found))


def test_too_many_rows_are_refused_and_agents_alike_share_one(drawn):
    agents = [{"name": f"a{k}", "cost": 0.1, "value": 1 + k} for k in range(MOST_ROWS + 1)]
    many = {"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}}
    with pytest.raises(UsageError, match="41 different agents"):
        draw_comparison(compare(md.parse(many), ["none"]), BytesIO())
    alike = md.parse(
        {
            "kind": "sharing",
            "agents": [{"name": "edge-{}", "count": 5000, "cost": 0.1}],
            "accuracy": {"family": "power"},
        }
    )
    figure = drawn(draw_comparison, compare(alike, ["none"]))
    assert "edge-1 .. 5000" in {text for text, _ in words_of(figure)}


@pytest.fixture(scope="module")
def unstable():
    """Return the game of [M23] Theorem A.2 under three rules: none exists, found, not found."""
    curve = {"points": [[0, 0], ["3/8", 0], ["5/8", 1]]}
    instance = md.parse(
        {
            "kind": "sharing",
            "name": "unstable",
            "agents": [{"name": f"{LONG} {k}", "cost": 0.25, "capacity": 1} for k in range(3)],
            "accuracy": {
                "family": "union",
                "curve": curve,
                "neighbours": [[0, 2], [1, 0], [2, 1]],
            },
        }
    )
    return instance, compare(instance, ["none", "shapley", "budget-balanced"])


def test_a_rule_without_an_equilibrium_looks_like_none(drawn, unstable):
    _, found = unstable
    ends = {name: solution.termination.label for name, solution in found.solutions.items()}
    assert ends == {"none": "infeasible", "shapley": "solved", "budget-balanced": "limit"}
    figure = drawn(draw_comparison, found)
    assert_readable(figure)
    brings = figure.axes[0]
    hatched = [bar.get_hatch() for bar in brings.patches]
    assert hatched == [None] * 3 + ["////"] * 3
    crosses = [line for line in brings.lines if line.get_marker() == "x"]
    assert len(crosses) == 1
    said = {text for text, _ in words_of(figure)}
    assert {
        "none: proved that there is none",
        "shapley",
        "budget-balanced: no equilibrium found (limit)",
    } <= said


def test_an_outcome_that_is_no_equilibrium_says_so(drawn, unstable):
    instance, found = unstable
    figure = drawn(draw_sharing, found.solutions["budget-balanced"], game=sharing_game(instance))
    assert_readable(figure)
    assert any("no equilibrium found (limit)" in text for text, _ in words_of(figure))
    assert {bar.get_hatch() for bar in figure.axes[1].patches} == {"////"}
    solved = drawn(draw_sharing, found.solutions["shapley"], game=sharing_game(instance))
    assert {bar.get_hatch() for bar in solved.axes[1].patches} == {None}


def test_nothing_to_compare_is_refused():
    with pytest.raises(UsageError, match="no solution with contributions"):
        draw_comparison(Comparison({}, {}), BytesIO())


def test_training_runs(drawn):
    rounds, count = 20, 7
    values = np.arange(rounds * count, dtype=float).reshape(rounds, count)
    history = {
        "rounds": list(range(1, rounds + 1)),
        "phases": ["choosing"] * 5 + ["learning"] * 15,
        **dict.fromkeys(("contributions", "accuracies", "payments"), values),
    }
    run = Solution(
        instance=InstanceReference("run", None),
        mechanism=MechanismUsed("fedbr-shap"),
        termination=md.Termination.SOLVED,
        message="",
        agents=tuple(f"{LONG} {k}" for k in range(count)),
        answers={"history": history, "protocol": {"unit": "batches"}},
        provenance=Provenance("none"),
    )
    assert_readable(drawn(draw_training, run, title=TITLE))


def test_frontiers(drawn):
    points = []
    for agents in (2, 3, 7, 8):
        points += sweep([agents], parse_exponents("-1,-0.95"), "one", "pooled", limit=100)[0]
    figure = drawn(draw_frontier, points)
    assert_readable(figure)
    assert "8 agents, types 1..D (every D from" in " ".join(text for text, _ in words_of(figure))


@pytest.mark.parametrize("cap", [2.99, 2.5, 1.0])
def test_dynamics(drawn, cap):
    instance = md.load(INSTANCES / "papers" / "murhekar2025" / "example4.yaml")
    found = md.simulate(instance, "shapley", step_size=1, cap=cap, steps=30)
    assert_readable(drawn(draw_dynamics, found, title=TITLE))


@pytest.mark.parametrize("file", ["cases/driving-fleets.yaml", "cases/genomics-laboratories.yaml"])
def test_shaped_models(drawn, file):
    instance = md.load(INSTANCES / file)
    solution = md.solve(instance)
    assert_readable(drawn(draw_curves, solution, sharing_game(instance), title=TITLE))
