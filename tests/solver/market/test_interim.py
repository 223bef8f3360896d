"""Side constraint `interim`: against a program over all payment tables, and changed answers."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.instance import parse
from mdsolve.solution import plain
from mdsolve.study.explain import explain_payments

STEP = 1e-6
LP = 1e-6


def market(types, exponent, margins=None, prior=None, **more):
    names = [f"agent-{k + 1}" for k in range(len(types))]
    data = {
        "kind": "market",
        "agents": names,
        "types": dict(zip(names, [list(grid) for grid in types], strict=True)),
        "valuation": {"family": "growth", "exponent": exponent},
        **more,
    }
    if margins is not None:
        table = np.ones(())
        for chances in margins:
            table = np.multiply.outer(table, np.array(chances, dtype=float))
        prior = table.tolist()
    return parse(data if prior is None else data | {"prior": prior})


def solved(instance, *side, objective="revenue", **options):
    given = {"side": ["interim", *side], "objective": objective, **options}
    return md.solve(instance, "desirable", options=given)


def worth(agent, told, true, exponent):
    """Return the value of a report, everybody else being truthful and sharing one model."""
    pooled = float(sum(told))
    used = [pooled] * len(told)
    used[agent] = max(pooled, true)
    return sum(used) ** exponent * used[agent]


def alone(agent, types, exponent):
    rest = float(sum(types) - types[agent])
    used = [rest] * len(types)
    used[agent] = float(types[agent])
    return sum(used) ** exponent * used[agent]


def program(types, exponent, prior, least):
    """Return the most expected revenue over all payment tables; None where there is no table."""
    profiles = list(product(*types))
    chance = dict(zip(profiles, np.asarray(prior).ravel(), strict=True))
    place = {profile: k for k, profile in enumerate(profiles)}
    pay = cp.Variable((len(types), len(profiles)))
    rows = [] if least is None else [cp.sum(pay, axis=0) >= least]
    for agent, grid in enumerate(types):
        for true in grid:
            here = [p for p in profiles if p[agent] == true]
            told = {t: [(*p[:agent], t, *p[agent + 1 :]) for p in here] for t in grid}
            weights = np.array([chance[p] for p in here])

            def average(report, true=true, here=here, told=told, weights=weights, agent=agent):
                values = [worth(agent, p, true, exponent) for p in told[report]]
                cost = cp.sum(cp.multiply(weights, pay[agent, [place[p] for p in told[report]]]))
                return float(weights @ values) - cost

            out = float(weights @ [alone(agent, p, exponent) for p in here])
            rows.append(average(true) >= out)
            rows += [average(true) >= average(report) for report in grid if report < true]
    goal = cp.sum(cp.multiply(np.array([[chance[p] for p in profiles]]), cp.sum(pay, axis=0)[None]))
    problem = cp.Problem(cp.Maximize(goal), rows)
    problem.solve(solver=cp.HIGHS)
    return float(problem.value) if problem.status == "optimal" else None


CASES = (
    (((1, 3, 9), (1, 2)), -0.9, ((0.5, 0.25, 0.25), (0.75, 0.25))),
    (((1, 20, 40), (1, 2)), -1, ((0.1, 0.3, 0.6), (0.5, 0.5))),
    (((1, 4), (2, 3), (1, 5)), -0.8, ((0.5, 0.5), (0.25, 0.75), (0.125, 0.875))),
    (((1, 60), (1, 2), (1, 2)), -1, ((0.2, 0.8), (0.5, 0.5), (0.5, 0.5))),
)


def table_of(margins):
    found = np.ones(())
    for chances in margins:
        found = np.multiply.outer(found, np.array(chances))
    return found


@pytest.mark.parametrize(("types", "exponent", "margins"), CASES)
def test_the_largest_expected_revenue_is_that_of_a_program_over_all_tables(
    types, exponent, margins
):
    instance, prior = market(types, exponent, margins), table_of(margins)
    free = solved(instance, "deficit-allowed")
    best = program(types, exponent, prior, None)
    sums = np.asarray(free.table["payments"]).sum(axis=0)
    assert float((prior * sums).sum()) == pytest.approx(best, abs=LP)
    assert np.ptp(sums) == pytest.approx(0, abs=1e-12)
    # sums of zero or more at every profile ask no more than on average
    exists = program(types, exponent, prior, 0.0) is not None
    assert exists == (best >= -LP)
    for word in ([], ["budget-balance"], ["expected-balance"]):
        found = solved(instance, *word)
        ended = md.Termination.SOLVED if exists else md.Termination.INFEASIBLE
        assert found.termination is ended
        assert found.certificate.verdict == "pass"
    least = solved(instance, objective="least-subsidy")
    assert float(least.subsidy) == pytest.approx(max(0.0, -best), abs=LP)
    assert least.certificate.verdict == "pass"


def test_a_subsidy_suffices_from_the_least_one_on():
    types, exponent, margins = CASES[1]
    instance = market(types, exponent, margins)
    need = float(solved(instance, objective="least-subsidy").subsidy)
    assert need > 0.01
    enough = solved(instance, f"subsidy={need + STEP}")
    short = solved(instance, f"subsidy={need - STEP}")
    assert enough.termination is md.Termination.SOLVED
    assert short.termination is md.Termination.INFEASIBLE
    assert short.certificate.verdict == enough.certificate.verdict == "pass"
    assert float(short.concessions[0]["needed"]) == pytest.approx(need, abs=1e-12)


def test_a_revenue_of_exactly_zero_is_decided_in_fractions():
    # A market of fixed size: what everybody has sums to one, in or out, where no lie pays.
    found = solved(market(((1, 2), (1, 2)), -1))
    assert found.termination is md.Termination.SOLVED
    assert found.to_dict()["decided"] == "exact"
    exact = solved(market(((1, 2), (1, 2)), -1), arithmetic="exact")
    assert {Fraction(x) for x in np.sum(exact.table["payments"], axis=0).ravel()} == {Fraction(0)}


@given(
    st.lists(st.integers(1, 12), min_size=2, max_size=3, unique=True).map(sorted),
    st.lists(st.integers(1, 12), min_size=2, max_size=3, unique=True).map(sorted),
    st.sampled_from([-1, -0.9, -0.6]),
    st.sampled_from([1, 7]),
)
@settings(max_examples=15, deadline=None)
def test_units_and_names_do_not_matter(first, second, exponent, scale):
    plain_market = market((first, second), exponent)
    swapped = market((second, first), exponent)
    larger = market((first, second), exponent)
    larger = larger.replace(valuation={**_written(exponent), "scale": scale})
    found = [
        float(solved(x, "deficit-allowed").mean_revenue) for x in (plain_market, swapped, larger)
    ]
    assert found[1] == pytest.approx(found[0], abs=1e-12)
    assert found[2] == pytest.approx(scale * found[0], abs=1e-11)


def _written(exponent):
    return {"family": "growth", "exponent": exponent}


@pytest.mark.parametrize("arithmetic", ["auto", "float", "enclosure"])
def test_changed_answers_are_refused(arithmetic):
    types, exponent, margins = CASES[0]
    instance = market(types, exponent, margins)
    right = plain(solved(instance).to_dict())
    assert md.verify(instance, right, arithmetic=arithmetic).verdict == "pass"

    def verdicts(agent, profile, change):
        data = plain(right)
        payments = np.array(data["table"]["payments"], dtype=float)
        payments[(agent, *profile)] += change
        data = {**data, "table": {**data["table"], "payments": payments.tolist()}}
        found = md.verify(instance, data, arithmetic=arithmetic)
        return {c.name: c for c in found.conditions if c.claimed}

    # agent 1's lowest type is kept at what staying out is worth; paying more drives it out
    higher = verdicts(0, (0, 0), STEP)
    assert higher["interim-rationality"].verdict == "fail"
    assert higher["interim-rationality"].witness["agent"] == "agent-1"
    # a cheaper low report makes lies pay, unless staying out binds the types above as well
    cheaper = verdicts(0, (0, 0), -0.5)
    assert cheaper["interim-truthfulness"].verdict == "fail"
    assert cheaper["interim-truthfulness"].witness["report"] == 1.0
    assert cheaper["rule"].verdict == "fail"


def test_an_average_that_could_be_higher_is_refused():
    types, exponent, margins = CASES[0]
    instance = market(types, exponent, margins)
    data = plain(solved(instance).to_dict())
    data["table"]["payments"] = (np.asarray(data["table"]["payments"]) - STEP).tolist()
    found = md.verify(instance, data).condition("rule")
    assert found.verdict == "fail"
    assert "could be higher" in found.detail


def test_beliefs_that_depend_on_the_own_type_are_read_off_the_table():
    # types that are always equal: who knows the own one knows everything
    together = market(((1, 3), (1, 3)), -0.9, prior=[[0.5, 0], [0, 0.5]])
    apart = market(((1, 3), (1, 3)), -0.9)
    payments = np.zeros((2, 2, 2))
    # at (3, 3) and (1, 1) nothing is charged; elsewhere the first agent is asked for a lot
    payments[0, 0, 1] = payments[0, 1, 0] = 5.0
    data = {"table": {"payments": payments.tolist()}}
    names = ("interim-rationality", "interim-truthfulness")
    sure = md.verify(together, data, conditions=names)
    assert all(sure.condition(name).verdict == "pass" for name in names)
    open_minded = md.verify(apart, data, conditions=names)
    assert open_minded.condition("interim-rationality").verdict == "fail"


@pytest.mark.parametrize("change", ["chain", "bound", "types", "agents", "side"])
def test_changed_proofs_are_refused(change):
    types, exponent, margins = CASES[1]
    instance = market(types, exponent, margins)
    data = plain(solved(instance).to_dict())
    assert md.verify(instance, data).verdict == "pass"
    first = data["witness"]["agents"][0]
    if change == "chain":
        for entry in first["types"]:
            entry["report"] = "stay out"
            del entry["bound"]
    if change == "bound":
        first["types"][2]["bound"] = float(Fraction(first["types"][2]["bound"])) + STEP
    if change == "types":
        del first["types"][1]
    if change == "agents":
        first["agent"] = "nobody"
    if change == "side":
        for options in (data["mechanism"]["options"], data["witness"]["options"]):
            options["side"] = []
        data["side_constraints"] = []
    assert md.verify(instance, data).verdict != "pass"


def test_proofs_are_about_the_instances_own_models():
    types, exponent, margins = CASES[1]
    instance = market(types, exponent, margins)
    exists = plain(solved(instance, "subsidy=10").to_dict())
    data = plain(solved(instance).to_dict())
    nothing = np.zeros_like(exists["table"]["payments"]).tolist()
    stated = md.verify(instance, {**data, "table": {"allocation": nothing}})
    assert stated.condition("no-mechanism") == md.verify(instance, data).condition("no-mechanism")


@pytest.mark.parametrize(
    ("side", "objective"),
    [(["cap=1"], "revenue"), (["coalitions"], "revenue"), ([], "fairness")],
)
def test_what_averages_say_nothing_of_is_refused(side, objective):
    with pytest.raises(UsageError, match="interim"):
        solved(market(((1, 2), (1, 2)), -0.5), *side, objective=objective)


@pytest.mark.parametrize(
    ("prior", "words"),
    [
        ([[0.5, 0], [0, 0.5]], "depend on each other"),
        ([[0.5, 0.5], [0, 0]], "without a chance"),
    ],
)
def test_priors_that_the_rule_does_not_cover_are_refused(prior, words):
    with pytest.raises(UnsupportedError, match=words):
        solved(market(((1, 3), (1, 3)), -0.5, prior=prior))
    with pytest.raises(UnsupportedError, match="one agent"):
        solved(market(((1, 3),), -0.5))


def test_only_what_chains_decide_is_explained():
    instance = market(((1, 2), (1, 2)), -0.5)
    with pytest.raises(UsageError, match="no chain of reports alone"):
        explain_payments(instance, solved(instance), "1,2")
    capped = md.solve(instance, "desirable", options={"side": ["cap=0.001"]})
    assert "no more than the cap of 0.001" in explain_payments(instance, capped, "2,1")[1]
