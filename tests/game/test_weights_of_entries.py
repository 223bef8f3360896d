"""Accuracies given agent by agent, each with a row of weights, are the matrix of those rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game

ROWS = st.lists(st.lists(st.integers(0, 8), min_size=3, max_size=3), min_size=3, max_size=3)
AGENTS = [{"name": name, "cost": "1/100", "capacity": 40} for name in "abc"]


def instance(accuracy):
    return md.parse({"kind": "sharing", "agents": AGENTS, "accuracy": accuracy})


@given(ROWS)
def test_rows_of_entries_are_the_rows_of_a_matrix(rows):
    power = {"family": "power", "exponent": "1/2"}
    apart = sharing_game(instance({"per_agent": [{**power, "weights": row} for row in rows]}))
    whole = sharing_game(instance({**power, "weights": rows}))
    s = np.array([3.0, 0.0, 7.0])
    for table in ("jacobian", "cross", "values"):
        assert np.allclose(getattr(apart.accuracy, table)(s), getattr(whole.accuracy, table)(s))


def test_the_checker_reads_rows_of_entries_as_the_solver_does():
    rows = [["1", "1/2", "0"], ["1/4", "1", "0"], ["0", "0", "2"]]
    entries = [
        {"family": "power", "exponent": e, "weights": row}
        for e, row in zip(("1/2", "1", "1/2"), rows, strict=True)
    ]
    game = instance({"per_agent": entries})
    for mechanism in ("none", "shapley"):
        solved = md.solve(game, mechanism=mechanism)
        assert solved.certificate.verdict == "pass"
        moved = solved.to_dict()
        moved["contributions"][2] *= 1.01
        assert md.verify(game, md.Solution.from_dict(moved)).verdict == "fail"
