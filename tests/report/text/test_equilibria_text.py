"""What the terminal says of other equilibria, viability and rents."""

from __future__ import annotations

import re
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

import mdsolve as md
from mdsolve.report.text.equilibria import SHOWN, findings_words
from mdsolve.report.text.sharing import sharing_view

PAC = {"family": "pac", "ceiling": 0.95, "complexity": 10}


def printed(agents, accuracy, mechanism):
    """Return the table of a solved game as text."""
    game = md.parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    console = Console(file=StringIO(), width=100)
    console.print(sharing_view(md.solve(game, mechanism)))
    return console.file.getvalue()


def test_three_equilibria_and_viability_are_shown():
    text = printed([{"name": "a-{}", "count": 176, "cost": 0.1}], PAC, "value-shaping")
    assert "Equilibrium totals: 0, 478.157, 541.664." in text
    assert "Agents who would collect data alone: 0 of 176." in text
    assert "Smallest number of agents with a positive total: 176." in text


def test_utilities_of_nothing_but_rounding_are_nothing():
    text = printed([{"name": "a-{}", "count": 176, "cost": 0.1}], PAC, "value-shaping")
    assert "total welfare: 0;" in text
    assert "e-1" not in re.sub(r"below \S+", "", text)


def test_one_equilibrium_is_not_listed():
    assert findings_words({"equilibrium_totals": [3.0], "equilibria": "unique"}) == []
    assert findings_words({"equilibria": "continuum"}) == []


def test_a_continuum_is_an_interval():
    found = {"equilibrium_totals": [1.0, 2.0], "equilibrium_intervals": [[1.0, 2.0]]}
    assert findings_words(found) == ["Equilibrium totals: 1 to 2."]


def test_many_totals_are_counted():
    (words,) = findings_words({"equilibria": [float(k) for k in range(SHOWN + 5)]})
    assert words.endswith("11, and 5 more.")


@pytest.mark.parametrize(
    ("rents", "words"),
    [
        ([0.0, 0.0], "none."),
        ([0.25, 0.25], "0.25 per agent."),
        ([0.25, 0.5], "0.25 to 0.5 per agent."),
    ],
)
def test_rents(rents, words):
    (said,) = findings_words({"information_rent": np.array(rents)})
    assert said.endswith(words)
