"""Exported programs and games, read back by others."""

from __future__ import annotations

import json
import re
from itertools import product

import highspy
import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import MemoryLimitError, UnsupportedError, UsageError

MARKET = md.MarketInstance(
    agents=["north", "south"], types=[1, 2, 3], valuation={"family": "growth", "exponent": "-1/2"}
)
AGENTS = [
    {"name": "A", "cost": 0.03, "capacity": 8},
    {
        "name": "B",
        "cost": {"family": "piecewise-linear", "points": [[0, 0], [2, 0.02], [9, 0.5]]},
        "capacity": 9,
    },
]
ACCURACIES = [
    {"family": "curve", "points": [[0, 0.1], [5, 0.5], [10, 0.6]]},
    {"family": "linear", "weights": [[0.1, 0.05], [0.05, 0.2]]},
]


def optimum(file):
    """Return what HiGHS makes of a file."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(file)) == highspy.HighsStatus.kOk
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return highs.getInfo().objective_function_value


def solved(data):
    """Return the optimum of a program in JSON."""
    names = [x["name"] for x in data["variables"]]
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    infinity = highs.getInfinity()
    for x in data["variables"]:
        low = -infinity if x["low"] is None else x["low"]
        high = infinity if x["high"] is None else x["high"]
        highs.addVar(low, high)
        highs.changeColCost(names.index(x["name"]), -x["objective"])
    for row in data["rows"]:
        places = [names.index(name) for name, _ in row["terms"]]
        factors = [factor for _, factor in row["terms"]]
        highs.addRow(-infinity, row["at_most"], len(places), np.array(places), np.array(factors))
    highs.run()
    return data["constant"] - highs.getInfo().objective_function_value


@pytest.mark.parametrize("options", [{}, {"side": ["budget-balance"]}, {"side": ["cap=1"]}])
@pytest.mark.parametrize("ending", ["lp", "mps", "json"])
def test_a_market_read_back_has_our_revenue(ending, options, tmp_path):
    file = tmp_path / f"m.{ending}"
    md.export(MARKET, file, options=options)
    found = solved(json.loads(file.read_text())) if ending == "json" else optimum(file)
    ours = md.solve(MARKET, "desirable", options=options)
    total = float(np.sum(np.array(ours.table["payments"], dtype=float)))
    assert found == pytest.approx(total, abs=1e-7)


@pytest.mark.parametrize("accuracy", ACCURACIES, ids=["curve", "linear"])
@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_a_welfare_program_has_the_best_of_a_grid(ending, accuracy, tmp_path):
    game = md.SharingGame(agents=AGENTS, accuracy=accuracy)
    md.export(game.instance, tmp_path / f"w.{ending}")
    grid = product(np.linspace(0, 8, 17), np.linspace(0, 9, 19))
    best = max(game.welfare(s) for s in grid)  # kinks lie on the grid
    assert optimum(tmp_path / f"w.{ending}") == pytest.approx(best, abs=1e-9)


def read_nfg(text):
    """Return agents, strategies and payoffs of a .nfg file, the table by strategy numbers."""
    head, lists, body = re.fullmatch(
        r'NFG 1 R "[^"]*" \{ (.*?) \}\n\n\{ (.*?)\n\}\n""\n\n(.*)', text, re.DOTALL
    ).groups()
    strategies = [re.findall(r'"([^"]*)"', line) for line in lists.splitlines()]
    agents = re.findall(r'"([^"]*)"', head)
    numbers = np.array([float(x) for x in body.split()]).reshape(-1, len(agents))
    sizes = [len(column) for column in strategies]
    table = np.empty((*sizes, len(agents)))
    for row, place in zip(numbers, np.ndindex(*reversed(sizes)), strict=True):
        table[tuple(reversed(place))] = row
    return agents, strategies, table


def test_a_strategic_game_holds_utilities(tmp_path):
    game = md.SharingGame(agents=AGENTS, accuracy={"family": "power"})
    written = md.export(game.instance, tmp_path / "g.nfg", mechanism="shapley", points=3)
    agents, strategies, table = read_nfg((tmp_path / "g.nfg").read_text())
    assert agents == ["A", "B"]
    assert strategies == [["0", "4", "8"], ["0", "4.5", "9"]]
    for place in np.ndindex(3, 3):
        s = [column[k] for column, k in zip(written.strategies, place, strict=True)]
        np.testing.assert_allclose(table[place], game.utilities(s, "shapley"))
    md.export(game.instance, tmp_path / "g.json", mechanism="shapley", points=3)
    assert json.loads((tmp_path / "g.json").read_text())["utilities"] == table.tolist()


@pytest.mark.parametrize(
    ("file", "mechanism", "words"),
    [
        ("x.txt", None, "one of .lp"),
        ("x.nfg", None, ".lp, .mps or .json of a market"),
        ("x.lp", "vcg", "a formula"),
    ],
)
def test_a_market_has_no_such_program(file, mechanism, words, tmp_path):
    with pytest.raises(UsageError, match=words):
        md.export(MARKET, tmp_path / file, mechanism=mechanism)
    assert not (tmp_path / file).exists()


def test_what_is_not_linear_is_named(tmp_path):
    power = md.SharingInstance(agents=AGENTS, accuracy={"family": "power"})
    with pytest.raises(UnsupportedError, match="power, which is not linear"):
        md.export(power, tmp_path / "x.lp")
    with pytest.raises(UnsupportedError, match="an equilibrium and no linear program"):
        md.export(power, tmp_path / "x.lp", mechanism="shapley")
    curved = [{"name": "A", "cost": {"family": "quadratic", "rate": 0.1, "curvature": 0.1}}]
    bent = md.SharingInstance(agents=curved, accuracy=ACCURACIES[0])
    with pytest.raises(UnsupportedError, match="a cost of A that is not linear"):
        md.export(bent, tmp_path / "x.lp")
    with pytest.raises(MemoryLimitError, match="at most 200,000 profiles"):
        md.export(power, tmp_path / "x.nfg", points=1000)
