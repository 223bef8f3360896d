"""Units stand beside numbers, whoever shows them, and change nothing."""

from __future__ import annotations

import pytest

import mdsolve as md
from mdsolve.errors import InstanceError
from mdsolve.instance.canonical import data_sha256
from mdsolve.report.text.comparison import comparison_view
from mdsolve.report.text.console import console_for
from mdsolve.report.text.solution import solution_view
from mdsolve.report.units import Units
from mdsolve.study.compare import compare

AGENTS = [{"name": "A", "cost": 0.1, "capacity": 50}, {"name": "B", "cost": 0.2}]
UNITS = {"money": "EUR", "data": "scans", "accuracy": "percent"}


def sharing(**keys):
    """Return a game of two agents."""
    return md.parse({"kind": "sharing", "agents": AGENTS, "accuracy": {"family": "power"}, **keys})


def shown(capsys, view):
    """Return what the terminal shows."""
    console_for().print(view)
    return capsys.readouterr().out


def test_units_are_no_data():
    plain, named = sharing(), sharing(units=UNITS)
    assert data_sha256(plain) == data_sha256(named)
    solution = md.solve(plain, "shapley")
    assert solution == md.solve(named, "shapley")
    assert md.verify(named, solution).verdict == "pass"


def test_tables_of_a_sharing_game_name_units(capsys):
    game = sharing(units=UNITS)
    text = shown(capsys, solution_view(md.solve(game, "shapley"), units=Units.of(game)))
    for words in ("brings [scans]", "receives [EUR]", "accuracy [percent]", "4.3714 scans"):
        assert words in text
    side_by_side = comparison_view(compare(game, ["none", "shapley"]), Units.of(game))
    assert "total data [scans]" in shown(capsys, side_by_side)


def test_tables_of_a_market_name_units(capsys):
    share = {"family": "share"}
    market = md.parse(
        {"kind": "market", "agents": 2, "types": [1, 2], "valuation": share, "units": UNITS}
    )
    text = shown(capsys, solution_view(md.solve(market, "vcg"), units=Units.of(market)))
    for words in ("type [scans]", "pays [EUR]", "gain [EUR]"):
        assert words in text


def test_a_designed_rule_names_rates(capsys):
    game = sharing(units=UNITS)
    text = shown(capsys, solution_view(md.design(game), units=Units.of(game)))
    assert "per sample [EUR/scans]" in text
    assert "lump sum [EUR]" in text


def test_unknown_units_are_refused_with_the_nearest_key():
    with pytest.raises(InstanceError, match="did you mean 'data'"):
        sharing(units={"dta": "scans"})


def test_units_cannot_turn_a_line_around():
    named = sharing(units={"money": "E\u202eUR"})
    assert Units.of(named).money == "E\\u202eUR"


def test_without_units_nothing_is_added():
    units = Units.of(sharing())
    assert units.heading("receives", "payments") == "receives"
    assert units.amount(None, "payments") == "not known"
    assert Units.of(None) == Units()
