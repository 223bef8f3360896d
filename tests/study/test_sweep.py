"""Sweeps: every row is what solving that instance says, however the work is shared or stopped."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import signal
import sys
from fractions import Fraction

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import InputError, InstanceError, UsageError
from mdsolve.pieces.store import payload_of
from mdsolve.progress import Monitor
from mdsolve.status import Termination
from mdsolve.study.sweep import _row
from mdsolve.study.sweep_plan import latin_hypercube, plan_of
from mdsolve.study.sweep_table import Row
from mdsolve.table import require_table

AGENTS = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
GAME = {"kind": "sharing", "agents": AGENTS, "accuracy": {"family": "power"}, "name": "two"}
MARKET = {
    "kind": "market",
    "agents": ["a", "b"],
    "types": {"from": 1, "to": 3},
    "valuation": {"family": "growth", "exponent": "-1/2"},
    "profile": [2, 1],
}
GRID = ["agents.B.cost=0.15:0.25:3", "platform_data=0,1"]


@pytest.fixture(scope="module")
def game():
    return md.parse(GAME)


@pytest.fixture(scope="module")
def table(game):
    return md.sweep(game, GRID, ["none", "shapley"], per_agent=True)


def test_rows_are_what_solving_the_written_instance_says(table):
    settings = itertools.product(["3/20", "1/5", "1/4"], [0, 1], ["none", "shapley"])
    for row, (cost, given, name) in zip(table.rows, settings, strict=True):
        agents = [AGENTS[0], {"name": "B", "cost": cost}]
        solution = md.solve(md.parse({**GAME, "agents": agents, "platform_data": given}), name)
        assert row.mechanism == name
        assert row.settings == (float(Fraction(cost)), float(given))
        assert (row.termination, row.verdict) == ("solved", solution.certificate.verdict)
        for key in ("total_data", "welfare", "alone_margin"):
            assert row.numbers[key] == solution.metrics[key]
        assert row.numbers["least_utility"] == min(solution.utilities)
        for key in ("contributions", "payments", "utilities"):
            assert row.agents[key] == list(solution.answers[key])


def test_columns_are_those_of_the_contract(table):
    assert table.columns == (
        *("point", "agents.B.cost", "platform_data", "scenario", "mechanism", "termination"),
        *("verdict", "total_data", "welfare", "least_utility", "alone_margin"),
        *("A.contribution", "A.payment", "A.utility", "B.contribution", "B.payment", "B.utility"),
    )
    assert table.column("point") == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    assert (table.exit_code, table.complete) == (0, True)
    with pytest.raises(KeyError):
        table.column("time")


def test_floats_come_back_from_the_files_as_they_were(table, tmp_path):
    rows = list(csv.DictReader(io.StringIO(table.to_csv())))
    assert [float(row["welfare"]) for row in rows] == table.column("welfare")
    assert {row["scenario"] for row in rows} == {""}
    table.write(tmp_path / "t.json")
    data = json.loads((tmp_path / "t.json").read_text())
    place = data["columns"].index("welfare")
    assert [row[place] for row in data["rows"]] == table.column("welfare")
    with pytest.raises(UsageError, match="the ending"):
        table.write(tmp_path / "t.xls")


def test_two_processes_make_the_same_table(game, table):
    again = md.sweep(game, GRID, ["none", "shapley"], per_agent=True, jobs=2)
    assert again.to_dict() == table.to_dict()
    assert again.to_csv() == table.to_csv()


def test_scenarios_happen_after_the_paths_are_set(game):
    found = md.sweep(
        game,
        {"agents.B.cost": [0.2, 0.3]},
        "none",
        scenarios={"now": "", "dear": "cost*=1.5", "without A": ["remove agents.A"]},
        per_agent=True,
    )
    assert found.column("scenario") == ["now", "dear", "without A"] * 2
    agents = [{"name": "A", "cost": 0.15}, {"name": "B", "cost": 0.3}]
    dear = md.solve(md.parse({**GAME, "agents": agents}), "none")
    assert found.column("welfare")[1] == dear.metrics["welfare"]
    alone = md.solve(md.parse({**GAME, "agents": [{"name": "B", "cost": 0.3}]}), "none")
    assert found.rows[5].numbers["total_data"] == alone.metrics["total_data"]
    assert found.column("A.utility")[2::3] == [None, None]
    assert found.to_csv().splitlines()[3].split(",")[10:13] == ["", "", ""]


def test_options_of_mechanisms_vary_too(game):
    found = md.sweep(game, ["mechanism.beta=0,1/2"], ["none", "budget-balanced"])
    for row, beta in zip(found.rows[1::2], (0, 0.5), strict=True):
        solution = md.solve(game, "budget-balanced", options={"beta": beta})
        assert row.numbers["welfare"] == solution.metrics["welfare"]
    assert found.rows[0].numbers == found.rows[2].numbers


def test_markets_have_revenues_and_payments_received():
    market = md.parse(MARKET)
    found = md.sweep(market, ["types.to=2:4:3"], ["free", "desirable"], per_agent=True)
    for row, size in zip(found.rows[1::2], (2, 3, 4), strict=True):
        types = {"from": 1, "to": size}
        solution = md.solve(md.parse({**MARKET, "types": types}), "desirable")
        assert row.numbers["minimal_revenue"] == solution.minimal_revenue
        assert row.numbers["exists"] is solution.exists
        assert row.agents["payments"] == [-float(x) for x in solution.payments]


def test_points_without_an_answer_are_rows_with_the_reason(game, tmp_path):
    output = tmp_path / "t.csv"
    names = ["none", "value-shaping-private"]
    found = md.sweep(game, ["platform_data=0,1"], names, output=output)
    assert not list(tmp_path.iterdir())  # nothing is left to be done
    assert found.column("termination") == ["solved", "failed"] * 2
    assert found.rows[1].reason
    assert found.column("verdict")[1] is None
    assert found.exit_code == 4


def test_a_latin_hypercube_has_one_point_in_every_stratum():
    shares = latin_hypercube(50, 3, seed=4)
    for column in shares.T:
        assert sorted((50 * column).astype(int).tolist()) == list(range(50))
    assert not np.array_equal(shares, latin_hypercube(50, 3, seed=5))
    plan = plan_of({"a": "2:4", "b": ["x", "y"]}, sample=10, seed=1)
    points = list(plan.points())
    assert [point.number for point in points] == list(range(1, 11))
    first = sorted(float(point.settings[0][1]) for point in points)
    assert all(2 + k / 5 <= x < 2 + (k + 1) / 5 for k, x in enumerate(first))
    assert sorted(point.settings[1][1] for point in points) == ["x"] * 5 + ["y"] * 5


@pytest.mark.parametrize(
    ("vary", "scenarios", "words"),
    [
        (["cost"], [], "PATH="),
        (["cost=1:2"], [], "increment"),
        (["cost=1:2:0.5"], [], "whole number"),
        (["cost=1:2:1"], [], "whole number"),
        (["cost=1,,2"], [], "empty"),
        (["cost=1,2", "cost=3"], [], "twice"),
        ([], ["no changes"], "NAME: change"),
        ([], ["x: cost"], "cost"),
        ([], ["x: cost*=2", "x: cost*=3"], "twice"),
        ([], [], "nothing"),
        (["cost=0:1:2000", "value=0:1:2000"], [], "points"),
    ],
)
def test_plans_that_are_none(vary, scenarios, words):
    with pytest.raises(UsageError, match=words):
        plan_of(vary, scenarios)


def test_everything_wrong_is_said_at_once(game):
    with pytest.raises(UsageError) as raised:
        md.sweep(game, ["cots=1,2", "platform=1"], "none", scenarios=["x: remove agents.C"])
    assert len(raised.value.findings) == 3
    with pytest.raises(InstanceError) as raised:
        md.sweep(game, ["platform_data=-1,1,-2"], "none")
    assert ["point 1" in str(raised.value), "point 3" in str(raised.value)] == [True, True]
    for arguments in ({"mechanisms": "non"}, {"vary": ["mechanism.x=1"]}, {"sample": 0}):
        with pytest.raises(InputError):
            md.sweep(game, **{"vary": ["platform_data=1,2"], "mechanisms": "none", **arguments})


class StopAfter(Monitor):
    """A monitor that stops the work, as Ctrl-C does, after so many points."""

    def __init__(self, points):
        super().__init__()
        self.left = points

    def advance(self, label, done, total):
        super().advance(label, done, total)
        if label == "points":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt


@pytest.mark.parametrize("torn", [0, 1, 40])
def test_an_interrupted_sweep_goes_on_where_it_was(game, table, tmp_path, torn, monkeypatch):
    target = tmp_path / "t.csv"
    kept = tmp_path / "t.csv.pieces"
    stopped = md.sweep(
        game, GRID, ["none", "shapley"], per_agent=True, output=target, monitor=StopAfter(5)
    )
    assert (stopped.stopped, stopped.exit_code, len(stopped.rows)) == (
        Termination.INTERRUPTED,
        4,
        5,
    )
    assert stopped.rows == table.rows[:5]
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) - torn])
    with pytest.raises(UsageError, match="resume"):
        md.sweep(game, GRID, ["none", "shapley"], per_agent=True, output=target)
    with pytest.raises(UsageError, match="delete"):
        md.sweep(game, GRID, "none", per_agent=True, output=target, resume=True)
    solved = []
    module = sys.modules["mdsolve.study.sweep"]
    monkeypatch.setattr(
        module, "solve", lambda *args, **kwargs: solved.append(1) or md.solve(*args, **kwargs)
    )
    again = md.sweep(game, GRID, ["none", "shapley"], per_agent=True, output=target, resume=True)
    assert again.to_csv() == table.to_csv()
    assert len(solved) == 12 - 5 + (torn > 0)
    assert not kept.exists()


def test_a_damaged_line_costs_its_piece_alone(game, table, tmp_path):
    target = tmp_path / "t.csv"
    kept = tmp_path / "t.csv.pieces"
    md.sweep(game, GRID, ["none", "shapley"], per_agent=True, output=target, monitor=StopAfter(6))
    lines = kept.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b"solved", b"failed")
    kept.write_bytes(b"".join(lines))
    assert payload_of(lines[3]) is None
    again = md.sweep(game, GRID, ["none", "shapley"], per_agent=True, output=target, resume=True)
    assert again.to_csv() == table.to_csv()


def test_what_a_time_limit_stopped_is_not_kept(game, tmp_path):
    target = tmp_path / "t.csv"
    found = md.sweep(game, GRID, "none", output=target, time_limit=0.0)
    assert (found.stopped, found.rows, found.exit_code) == (Termination.LIMIT, (), 4)
    assert md.sweep(game, GRID, "none", output=target).complete


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_point_that_reaches_a_limit_of_size_is_done(tmp_path, jobs):
    """The table of the larger market would take more memory than is allowed."""
    market = md.parse(MARKET)
    found = md.sweep(
        market,
        ["types.to=3,4000"],
        "desirable",
        memory_limit=10**6,
        jobs=jobs,
        output=tmp_path / "t",
    )
    assert found.column("termination") == ["solved", "failed"]
    assert "which need about" in found.rows[1].reason
    assert not list(tmp_path.iterdir())


def test_a_lost_point_is_a_row_and_tried_again_when_it_goes_on(game, tmp_path, monkeypatch):
    """A process that is killed for every point of one cost, until the sweep is taken up."""
    module = sys.modules["mdsolve.study.sweep"]
    monkeypatch.setattr(module, "_row", killed_at_a_fifth)
    output = tmp_path / "t.csv"
    arguments = {"per_agent": True, "output": output}
    found = md.sweep(game, GRID[:1], "none", jobs=2, **arguments)
    monkeypatch.undo()
    assert found.exit_code == 4
    assert found.column("termination") == ["solved", "limit", "solved"]
    assert "killed" in found.rows[1].reason
    again = md.sweep(game, GRID[:1], "none", resume=True, **arguments)
    assert again.to_csv() == md.sweep(game, GRID[:1], "none", per_agent=True).to_csv()
    assert not list(tmp_path.iterdir())


def killed_at_a_fifth(piece, monitor):
    if float(piece.point.settings[0][1]) == 0.2:
        os.kill(os.getpid(), signal.SIGKILL)
    return _row(piece, monitor)


def test_without_an_output_pieces_are_kept_in_the_cache(game, cache):
    stopped = md.sweep(game, GRID, "none", monitor=StopAfter(3))
    assert len(stopped.rows) == 3
    assert len(list(cache.rglob("*.pieces"))) == 1
    assert md.sweep(game, GRID, "none", resume=True).complete
    assert not list(cache.rglob("*.pieces"))


def test_work_goes_on_where_nothing_can_be_kept(game, cache, monkeypatch):
    (cache / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache / "file"))
    found = md.sweep(game, GRID, "none")
    assert found.complete
    assert "file" in found.trouble


def test_rows_travel_as_plain_data(table):
    for row in table.rows:
        assert Row.from_list(json.loads(json.dumps(row.to_list()))) == row


def test_parquet_holds_the_same_table(table, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table.write(tmp_path / "t.parquet")
    found = parquet.read_table(tmp_path / "t.parquet")
    assert tuple(found.column_names) == table.columns
    assert found.column("welfare").to_pylist() == table.column("welfare")


def test_without_the_extra_parquet_is_refused_before_the_work(mdsolve_without_pyarrow, tmp_path):
    with pytest.raises(UsageError, match="pip install"):
        require_table(tmp_path / "t.parquet")


@pytest.fixture
def mdsolve_without_pyarrow(monkeypatch):
    """Make pyarrow impossible to import."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
