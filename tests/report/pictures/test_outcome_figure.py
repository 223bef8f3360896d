"""The picture of a solved market: what it says, what it refuses, and that no text overlaps."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from mdsolve.cli import main
from mdsolve.errors import UsageError
from mdsolve.instance import load, parse
from mdsolve.report.pictures import market as outcome_figure
from mdsolve.report.pictures.market import can_draw, draw_outcome
from mdsolve.study.solve import solve
from tests.conftest import INSTANCES

PAPERS = INSTANCES / "papers" / "chen2020"


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Return a function that draws a solution and returns the figure instead of a file."""

    def draw(solution, title=None):
        kept = []

        @contextmanager
        def keep(target, width, height):
            figure = Figure(figsize=(width, height), layout="constrained")
            FigureCanvasAgg(figure)
            kept.append(figure)
            yield figure

        monkeypatch.setattr(outcome_figure, "picture", keep)
        draw_outcome(solution, tmp_path / "unused.png", title)
        kept[0].canvas.draw()
        return kept[0]

    return draw


def texts(figure):
    """Return every text that we place; tick labels are matplotlib's, also those out of view."""
    ticks = {label for axes in figure.axes for label in axes.get_xticklabels()}
    found = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]
    return [t for t in found if t not in ticks]


def market(agents, types, **more):
    return parse(
        {
            "kind": "market",
            "agents": agents,
            "types": {name: [t] for name, t in zip(agents, types, strict=True)},
            "valuation": {"family": "share"},
            **more,
        }
    )


CASES = [
    (INSTANCES / "cases" / "three-hospitals.yaml", None),
    (INSTANCES / "cases" / "even-market.yaml", None),
    (PAPERS / "example1.yaml", "vcg"),
    (PAPERS / "example2.yaml", "mep"),
    (PAPERS / "section7-1.yaml", "mep"),
]


@pytest.mark.parametrize(("file", "mechanism"), CASES, ids=lambda x: getattr(x, "stem", x))
def test_no_two_texts_overlap_and_none_leaves_the_picture(drawn, file, mechanism):
    figure = drawn(solve(load(file), mechanism), load(file).title)
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts(figure)]
    for (first, a), (second, b) in combinations(boxes, 2):
        assert not a.overlaps(b), (first, second)
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y0 >= 0, text
        assert box.y1 <= figure.bbox.y1, text


def test_it_says_who_pays_whom_and_what_each_gains(drawn):
    file = INSTANCES / "cases" / "three-hospitals.yaml"
    said = {t.get_text() for t in texts(drawn(solve(load(file))))}
    assert {"city", "brings 2.4", "receives 230", "pays 75", "pays 155"} <= said
    assert {"760 staying out", "1,032 taking part (+272)", "platform: keeps nothing"} <= said
    assert any("Nobody is better off outside" in text for text in said)


def test_it_names_who_is_better_off_outside(drawn):
    solution = solve(market(["large", "small"], [10, 1]), "free")
    assert any("Better off outside: large." in t.get_text() for t in texts(drawn(solution)))


def test_names_are_text_not_formulas_and_long_ones_are_cut(drawn):
    solution = solve(market(["a$_b", "a name that goes on and on"], [2, 1]), "mep")
    said = {t.get_text() for t in texts(drawn(solution, "100 $ and $_x"))}
    assert {"a$_b", "a name …d on", "100 $ and $_x"} <= said


def test_without_payments_or_with_too_many_agents_it_refuses(tmp_path):
    unsolved = solve(load(PAPERS / "fixed-market-7.yaml"), "desirable")
    assert not can_draw(unsolved)
    with pytest.raises(UsageError, match="without payments"):
        draw_outcome(unsolved, tmp_path / "x.png")
    names = [f"a{k}" for k in range(31)]
    crowd = solve(market(names, [1] * 31), "free")
    with pytest.raises(UsageError, match="31 agents"):
        draw_outcome(crowd, tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["mdsolve", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main.run()
    return stop.value.code or 0, capsys.readouterr()


def test_solve_plots_one_file_per_mechanism(monkeypatch, capsys, tmp_path):
    target = tmp_path / "out.png"
    names = ("-m", "vcg", "-m", "mep")
    code, captured = run(
        monkeypatch, capsys, "solve", PAPERS / "example1.yaml", *names, "--plot", target, "--json"
    )
    assert code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.mep.png", "out.vcg.png"]
    assert (tmp_path / "out.vcg.png").read_bytes().startswith(b"\x89PNG")
    assert captured.out.startswith("{")
    assert "out.vcg.png" in captured.err


def test_plot_keeps_the_exit_code_when_there_is_nothing_to_draw(monkeypatch, capsys, tmp_path):
    file = PAPERS / "fixed-market-7.yaml"
    code, captured = run(monkeypatch, capsys, "solve", file, "--plot", tmp_path / "out.png")
    assert (code, list(tmp_path.iterdir())) == (3, [])
    assert "no picture" in captured.err


def test_a_wrong_ending_is_refused_before_anything_is_solved(monkeypatch, capsys, tmp_path):
    code, captured = run(
        monkeypatch, capsys, "solve", tmp_path / "missing.yaml", "--plot", "out.pdf"
    )
    assert code == 2
    assert ".png" in captured.err
    assert "missing.yaml" not in captured.err
