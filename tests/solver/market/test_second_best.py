"""Lotteries over recipients against a linear program over all of them, from the definition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.solution import plain
from mdsolve.solver.market import outcome_branches
from tests.campaigns.edits import DELETED, changed
from tests.conftest import INSTANCES
from tests.oracles import PlainMarket, growth, identity

LP = 1e-8


def market(types, exponent="-0.9", agents=None, **more):
    names = agents or [f"agent-{k + 1}" for k in range(len(types))]
    return md.parse(
        {
            "kind": "market",
            "agents": names,
            "types": dict(zip(names, types, strict=True)),
            "valuation": {"family": "growth", "exponent": exponent},
            **more,
        }
    )


def oracle(types, exponent, prior=None, *, whole=False):
    """Return the largest expected welfare, every inequality written down."""
    n = len(types)
    value = growth(float(exponent))
    plain = PlainMarket(types, identity, value)
    profiles = plain.profiles()
    outcomes = list(itertools.product([False, True], repeat=n))
    place = {t: k for k, t in enumerate(profiles)}
    chances = len(profiles) * len(outcomes)
    width = chances + n * len(profiles)

    def worth(i, flags, told, true):
        best = sum(told)
        q = [max(best, x) if given else x for given, x in zip(flags, true, strict=True)]
        return value(i, q)

    rows, bounds, goal = [], [], np.zeros(width)
    for t in profiles:
        k = place[t]
        weight = 1 / len(profiles) if prior is None else prior[k]
        for s, flags in enumerate(outcomes):
            goal[k * len(outcomes) + s] = -weight * sum(worth(i, flags, t, t) for i in range(n))
        balance = np.zeros(width)
        for i in range(n):
            paid = chances + i * len(profiles)
            balance[paid + k] = -1
            row = np.zeros(width)
            row[paid + k] = 1
            for s, flags in enumerate(outcomes):
                row[k * len(outcomes) + s] -= worth(i, flags, t, t)
            rows.append(row)
            bounds.append(-plain.outside_value(i, t))
            for r in types[i]:
                if r < t[i]:
                    told = tuple(r if j == i else x for j, x in enumerate(t))
                    lie = row.copy()
                    lie[paid + place[told]] -= 1
                    for s, flags in enumerate(outcomes):
                        lie[place[told] * len(outcomes) + s] += worth(i, flags, told, t)
                    rows.append(lie)
                    bounds.append(0.0)
        rows.append(balance)
        bounds.append(0.0)
    sums = np.kron(np.eye(len(profiles)), np.ones(len(outcomes)))
    sums = np.hstack([sums, np.zeros((len(profiles), width - chances))])
    found = scipy.optimize.linprog(
        goal,
        np.array(rows),
        bounds,
        sums,
        np.ones(len(profiles)),
        bounds=[(0, 1)] * chances + [(None, None)] * (width - chances),
        integrality=[1] * chances + [0] * (width - chances) if whole else None,
    )
    assert found.status == 0
    return -found.fun


grids = st.lists(st.sampled_from([0.5, 1, 3, 8, 30]), min_size=1, max_size=3, unique=True).map(
    sorted
)


@given(st.lists(grids, min_size=2, max_size=3), st.sampled_from(["-0.95", "-0.9", "-0.5"]))
@settings(max_examples=30)
def test_no_table_of_lotteries_has_more(types, exponent):
    found = md.solve(market(types, exponent), "second-best")
    assert found.certificate.verdict == "pass"
    assert found.optimal
    assert found.expected_welfare == pytest.approx(oracle(types, exponent), abs=LP)


@pytest.mark.parametrize("whole", [False, True])
def test_a_prior_decides_what_counts(whole):
    types = [[1, 4, 16], [1, 4, 16]]
    prior = np.array([[1, 2, 3], [3, 1, 1], [4, 2, 3]]) / 20
    options = {"outcomes": "single" if whole else "lottery"}
    given_prior = market(types, "-0.95", prior=prior.tolist())
    found = md.solve(given_prior, "second-best", options=options)
    assert found.certificate.verdict == "pass"
    right = oracle(types, "-0.95", prior.ravel(), whole=whole)
    assert found.expected_welfare == pytest.approx(right, abs=LP)


def test_known_losses():
    sixteen = market([list(range(1, 17))] * 2)
    lots = md.solve(sixteen, "second-best")
    assert lots.expected_welfare == pytest.approx(1.4110392922, abs=1e-10)
    assert lots.first_best == pytest.approx(1.4110459266, abs=1e-10)
    assert lots.loss == pytest.approx(lots.first_best - lots.expected_welfare)
    assert lots.optimal
    sure = md.solve(sixteen, "second-best", options={"outcomes": "single"})
    assert sure.expected_welfare == pytest.approx(1.4105203422, abs=1e-10)
    assert sure.optimal
    assert sure.upper_bound == pytest.approx(sure.expected_welfare)
    assert {lots.certificate.verdict, sure.certificate.verdict} == {"pass"}


@pytest.fixture(scope="module")
def sure():
    game = market([[1, 11, 21, 31]] * 2, "-0.95", agents=["north", "south"])
    found = md.solve(game, "second-best", options={"outcomes": "single"})
    return game, plain(found.to_dict())


def test_branches_prove_the_best_single_outcomes(sure):
    game, data = sure
    lots = md.solve(game, "second-best")
    assert data["optimal"]
    assert lots.expected_welfare > data["expected_welfare"] + 1e-3
    right = oracle([[1, 11, 21, 31]] * 2, "-0.95", whole=True)
    assert data["expected_welfare"] == pytest.approx(right, abs=LP)
    assert md.verify(game, data).condition("optimality").verdict == "pass"
    # a split for every leaf but one
    splits = sum("place" in node for node in data["branches"])
    assert len(data["branches"]) == 2 * splits + 1 > 5


@pytest.mark.parametrize(
    "path",
    [
        ("branches",),
        ("branches", 1),
        ("branches", 0, "place"),
        ("branches", 0, "outcome"),
        ("branches", -1, "revenue"),
        ("branches", -1, "lies"),
    ],
)
@pytest.mark.parametrize("value", [DELETED, 99, []])
def test_changed_branches_prove_nothing(sure, path, value):
    game, data = sure
    # without its multipliers a case has the bound of the first best, which is more
    assert md.verify(game, changed(data, path, value)).verdict != "pass"


def test_branches_prove_nothing_of_lotteries(sure):
    game, data = sure
    wrong = changed(data, ("mechanism", "options", "outcomes"), "lottery")
    assert md.verify(game, wrong).condition("optimality").verdict != "pass"


def test_a_bound_below_that_of_the_branches_is_refused(sure):
    game, data = sure
    wrong = {**data, "upper_bound": data["upper_bound"] - 1e-6, "gap": data["gap"] - 1e-6}
    assert md.verify(game, wrong).condition("optimality").verdict != "pass"


def test_where_branches_are_too_many_the_gap_is_stated(monkeypatch):
    monkeypatch.setattr(outcome_branches, "NODE_LIMIT", 5)
    game = market([[1, 11, 21, 31]] * 2, "-0.95")
    found = md.solve(game, "second-best", options={"outcomes": "single"})
    lots = md.solve(game, "second-best")
    assert not found.optimal
    assert found.certificate.verdict == "pass"
    assert found.expected_welfare < found.upper_bound < lots.expected_welfare


def test_where_a_desirable_mechanism_exists_nothing_is_lost():
    found = md.solve(market([[1, 2, 3]] * 3, "-0.5"), "second-best")
    assert found.loss == pytest.approx(0, abs=LP)
    assert np.all(np.asarray(found.table["probability"], dtype=float) == 1)


def test_agents_have_no_order():
    one = md.solve(market([[1, 4], [2, 9, 30]], agents=["a", "b"]), "second-best")
    other = md.solve(market([[2, 9, 30], [1, 4]], agents=["b", "a"]), "second-best")
    assert one.expected_welfare == pytest.approx(other.expected_welfare, abs=LP)


@pytest.fixture(scope="module")
def lots():
    game = market([[1, 4, 16]] * 2, "-0.95", agents=["north", "south"])
    return game, md.solve(game, "second-best").to_dict()


@pytest.mark.parametrize(
    "path",
    [
        ("expected_welfare",),
        ("expected_revenue",),
        ("first_best",),
        ("loss",),
        ("upper_bound",),
        ("gap",),
        ("table", "lottery", 3, 0, 0),
        ("table", "lottery", 0, 2, 0),
        ("table", "probability", 1, 2, 0),
        ("table", "payments", 0, 1, 1),
        ("values", 0),
        ("model_chance", 1),
    ],
)
@pytest.mark.parametrize("off", [1e-6, -1e-6])
def test_wrong_numbers_are_refused(lots, path, off):
    game, data = lots
    at = data
    for key in path:
        at = at[key]
    assert md.verify(game, data).verdict == "pass"
    wrong = md.verify(game, changed(data, path, float(at) + off))
    assert wrong.verdict != "pass"


def test_a_bound_without_multipliers_is_not_believed(lots):
    game, data = lots
    wrong = changed(data, ("dual", "lies"), [])
    assert md.verify(game, wrong).condition("optimality").verdict != "pass"
    wrong = changed(data, ("dual", "lies", 0, 3), -1.0)
    assert md.verify(game, wrong).condition("optimality").verdict == "not-checked"


def test_lots_are_no_single_outcomes(lots):
    game, data = lots
    wrong = changed(data, ("mechanism", "options", "outcomes"), "single")
    assert md.verify(game, wrong).condition("rule").verdict == "fail"


def test_lots_of_another_mechanism_are_not_judged_as_its_own(lots):
    game, data = lots
    wrong = changed(data, ("mechanism",), {"name": "desirable", "options": {}})
    assert md.verify(game, wrong).verdict != "pass"


def test_tables_and_large_markets_are_refused():
    table = {"family": "table", "value": np.zeros((2, 2, 2, 2)), "outside": np.zeros((2, 2, 2))}
    given_values = md.parse({"kind": "market", "agents": 2, "types": [1, 2], "valuation": table})
    with pytest.raises(UnsupportedError, match="by formula"):
        md.solve(given_values, "second-best")
    with pytest.raises(MemoryLimitError, match="coarser"):
        md.solve(market([list(range(1, 401))] * 2), "second-best")


def test_the_shipped_story():
    banks = md.load(INSTANCES / "cases" / "three-banks.yaml")
    found = md.design(banks)
    right = oracle([[5, 20, 80, 200], [1, 3], [1, 3]], "-0.9")
    assert found.expected_welfare == pytest.approx(10 * right, abs=10 * LP)
    assert found.mechanism.name == "second-best"
