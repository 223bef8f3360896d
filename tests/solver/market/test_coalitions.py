"""Side constraint `coalitions`: against an own linear program, a formula, and changed answers."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pytest
from scipy.optimize import linprog

import mdsolve as md
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.instance import parse
from mdsolve.solution import plain

AGENTS = ("a", "b", "c")
STEP = 1e-6


def market(types, exponent, outside="pooled", **more):
    data = {
        "kind": "market",
        "agents": list(AGENTS),
        "types": {name: list(types) for name in AGENTS},
        "valuation": {"family": "growth", "exponent": exponent},
        "outside": outside,
        **more,
    }
    return parse(data)


def solved(instance, *side, objective="revenue"):
    return md.solve(instance, "desirable", options={"side": list(side), "objective": objective})


def shares(groups, types):
    """Return everybody's quality in use when groups pool, and everybody else trains alone."""
    used = [float(t) for t in types]
    for group in groups:
        for j in group:
            used[j] = float(sum(types[k] for k in group))
    return used


def worth(agent, used, exponent):
    return sum(used) ** exponent * used[agent]


def program(types, exponent, outside, subsidy=0.0):
    """Return the most that payments sum to over all profiles, by an own program; None if none."""
    profiles = list(product(types, repeat=3))
    number = {(i, p): 3 * k + i for k, p in enumerate(profiles) for i in range(3)}
    rows, bounds = [], []

    def row(terms, bound):
        line = np.zeros(3 * len(profiles))
        for cell, sign in terms:
            line[number[cell]] += sign
        rows.append(line)
        bounds.append(bound)

    for profile in profiles:
        everybody = shares([range(3)], profile)
        for size in (1, 2, 3):
            for members in combinations(range(3), size):
                rest = [j for j in range(3) if j not in members]
                groups = [members] if outside == "separate" else [members, rest]
                left = shares(groups, profile)
                lost = sum(
                    worth(i, everybody, exponent) - worth(i, left, exponent) for i in members
                )
                row([((i, profile), 1) for i in members], lost)
        row([((i, profile), -1) for i in range(3)], subsidy)
        for agent in range(3):
            for report in [t for t in types if t < profile[agent]]:
                told = tuple(report if j == agent else t for j, t in enumerate(profile))
                used = shares([range(3)], told)
                used[agent] = max(used[agent], profile[agent])
                gap = worth(agent, everybody, exponent) - worth(agent, used, exponent)
                row([((agent, profile), 1), ((agent, told), -1)], gap)
    sums = -np.ones(3 * len(profiles))
    found = linprog(sums, np.array(rows), np.array(bounds), bounds=(None, None))
    return -found.fun if found.status == 0 else None


def test_equal_types_need_the_growth_that_a_formula_names():
    # three agents: alpha >= ln(n / (n - 1)) / ln(((n - 1)^2 + 1) / n^2)
    threshold = math.log(3 / 2) / math.log(5 / 9)
    assert threshold == pytest.approx(-0.6898167861, abs=1e-10)
    enough = solved(market([1], threshold + STEP), "coalitions")
    short = solved(market([1], threshold - STEP), "coalitions")
    assert enough.termination is md.Termination.SOLVED
    assert enough.certificate.verdict == "pass"
    assert short.termination is md.Termination.INFEASIBLE
    assert short.certificate.verdict == "pass"
    kinds = [row["kind"] for row in short.to_dict()["witness"]["rows"]]
    assert sorted(kinds) == ["coalition"] * 3 + ["revenue"]


@pytest.mark.parametrize("outside", ["pooled", "separate"])
@pytest.mark.parametrize("exponent", [-0.85, -0.71, -0.6])
def test_payments_exist_where_an_own_program_finds_some(outside, exponent):
    found = solved(market([1, 3], exponent, outside), "coalitions")
    best = program([1, 3], exponent, outside)
    assert (found.termination is md.Termination.SOLVED) == (best is not None)
    assert found.certificate.verdict == "pass"


def test_the_most_revenue_within_a_subsidy_is_that_of_an_own_program():
    # too little growth for sums of zero, so that multipliers have to prove the most there is
    instance = market([1, 3], -0.72)
    assert program([1, 3], -0.72, "pooled") is None
    found = solved(instance, "coalitions", "subsidy=0.05")
    total = float(np.sum(found.table["payments"]))
    assert total == pytest.approx(program([1, 3], -0.72, "pooled", 0.05), abs=1e-8)
    assert found.certificate.condition("rule").verdict == "pass"
    data = plain(found.to_dict())
    lowered = np.asarray(data["table"]["payments"]) - STEP
    data["table"]["payments"] = lowered.tolist()
    worse = md.verify(instance, data, conditions=("rule",))
    assert worse.condition("rule").verdict != "pass"


def test_a_coalition_that_gains_is_named():
    instance = market([1, 2], -0.6)
    data = plain(solved(instance, "coalitions").to_dict())
    payments = np.asarray(data["table"]["payments"])
    profile = (1, 0, 1)
    payments[0][profile] += 1.0
    payments[1][profile] += 1.0
    payments[2][profile] -= 2.0
    data["table"]["payments"] = payments.tolist()
    found = md.verify(instance, data).condition("coalitions")
    assert found.verdict == "fail"
    assert found.witness["members"] == ["a", "b"]
    assert found.witness["profile"] == {"a": 2.0, "b": 1.0, "c": 2.0}
    assert 0 < found.witness["coalition_gain"] <= 2


@pytest.mark.parametrize("arithmetic", ["float", "enclosure", "exact"])
def test_judged_in_every_arithmetic_and_refused_where_too_high(arithmetic):
    # exponent 0: values are fractions, and nobody loses anything by others' models
    instance = market([1, 2], 0)
    data = plain(solved(instance, "coalitions").to_dict())
    right = md.verify(instance, data, arithmetic=arithmetic).condition("coalitions")
    assert right.verdict == "pass"
    payments = np.asarray(data["table"]["payments"])
    payments[:, 0, 0, 0] += STEP
    data["table"]["payments"] = payments.tolist()
    wrong = md.verify(instance, data, arithmetic=arithmetic).condition("coalitions")
    assert wrong.verdict == "fail"
    assert wrong.witness["members"] == list(AGENTS)


@pytest.mark.parametrize("change", ["members", "multiplier", "kind"])
def test_changed_proofs_are_refused(change):
    instance = market([1], -0.7)
    data = plain(solved(instance, "coalitions").to_dict())
    row = next(row for row in data["witness"]["rows"] if row["kind"] == "coalition")
    row[change] = {"members": ["a", "a"], "multiplier": "1/3", "kind": "no-surplus"}[change]
    assert md.verify(instance, data).verdict != "pass"


def test_what_coalitions_have_is_no_part_of_a_table():
    instance = md.load("instances/small/table.yaml")
    with pytest.raises(UnsupportedError, match="leave together"):
        solved(instance, "coalitions")


@pytest.mark.parametrize(
    ("side", "objective"),
    [(["coalitions", "expected-balance"], "revenue"), (["coalitions"], "least-subsidy")],
)
def test_what_does_not_go_together_is_said(side, objective):
    with pytest.raises(UsageError, match="coalitions"):
        solved(market([1], -0.5), *side, objective=objective)
