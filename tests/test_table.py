"""Tables: files of three kinds, frames of two libraries, and what is missing named."""

from __future__ import annotations

import sys
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import UsageError
from mdsolve.solution_table import agents_table, solutions_table
from mdsolve.table import Table

TABLE = Table({"agent": ["a, b", "c_d"], "x": [0.1, None], "y": [Fraction(1, 3), "no"]})
GAME = md.SharingInstance(
    agents=[{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}], accuracy={"family": "power"}
)
MARKET = md.MarketInstance(agents=2, types=[1, 2], valuation={"family": "share"})


def test_csv_and_latex(tmp_path):
    TABLE.write(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == 'agent,x,y\n"a, b",0.1,1/3\nc_d,,no\n'
    TABLE.write(tmp_path / "t.tex")
    lines = (tmp_path / "t.tex").read_text().splitlines()
    assert lines[0] == r"\begin{tabular}{lrl}"
    assert lines[5] == r"c\_d &  & no \\"


def test_other_files_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"one of \.csv, \.parquet, \.tex"):
        TABLE.write(tmp_path / "t.docx")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_are_made_by_the_library_asked_for(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, SimpleNamespace(DataFrame=dict))
    assert TABLE.to_frame(library) == {
        "agent": ["a, b", "c_d"],
        "x": [0.1, None],
        "y": [str(1 / 3), "no"],
    }


def test_a_library_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "polars", SimpleNamespace(DataFrame=dict))
    assert md.solve(GAME, "none").to_frame()["agent"] == ["A", "B"]
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match="pip install pandas"):
        md.solve(GAME, "none").to_frame()
    with pytest.raises(UsageError, match="pandas or polars"):
        TABLE.to_frame("numpy")


def test_a_solution_has_a_row_per_agent():
    solution = md.solve(GAME, "shapley")
    columns = agents_table(solution).columns
    assert columns["agent"] == ["A", "B"]
    np.testing.assert_array_equal(columns["payment"], solution.payments)
    np.testing.assert_array_equal(columns["alone_utility"], solution.standalone["utilities"])
    assert solution["B"]["contribution"] == solution.contributions[1]
    assert solution["B"]["transfer"] == solution.transfers[1]
    with pytest.raises(KeyError, match="no agent 'C'; there are: A, B"):
        _ = solution["C"]


def test_transfers_of_a_market_have_the_other_sign():
    columns = agents_table(md.solve(MARKET, "vcg")).columns
    assert [-x for x in columns["payment"]] == columns["transfer"]


def test_several_solutions_stand_below_each_other():
    both = solutions_table([md.solve(GAME, "none"), md.solve(GAME, "shapley")])
    assert both.columns["mechanism"] == ["none", "none", "shapley", "shapley"]
    assert both.height == 4


class Frame:
    """What data frames of pandas look like from outside."""

    columns = ("name", "cost", "capacity")

    def to_dict(self, orient):
        assert orient == "records"
        return [
            {"name": "A", "cost": np.float64(0.1), "capacity": float("nan")},
            {"name": "B", "cost": np.float64(0.25), "capacity": np.float64(30)},
        ]


class Series:
    """What series look like from outside."""

    def __init__(self, values):
        self.values = values

    def to_numpy(self):
        return np.array(self.values)


def test_frames_and_series_are_read():
    game = md.SharingInstance(agents=Frame(), accuracy={"family": "power"})
    assert game.agents[0].capacity is None
    assert game.agents[1].capacity == 30
    parsed = md.parse({"kind": "sharing", "agents": Frame(), "accuracy": {"family": "power"}})
    assert parsed == game
    claim = {"contributions": Series([3, 1]), "payments": Series([0.1, -0.1])}
    assert md.verify(game, claim).verdict == "pass"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_real_frames_go_in_and_out(library):
    frames = pytest.importorskip(library)
    rows = frames.DataFrame({"name": ["A", "B"], "cost": [0.1, 0.25], "capacity": [None, 30.0]})
    game = md.SharingInstance(agents=rows, accuracy={"family": "power"})
    assert game.agents[0].capacity is None
    found = md.solve(game, "none").to_frame(library)
    assert list(found["agent"]) == ["A", "B"]
    found = md.sweep(game, {"agents.A.cost": [0.1, 0.2]}, ["none"]).to_frame(library)
    assert list(found["agents.A.cost"]) == [0.1, 0.2]
