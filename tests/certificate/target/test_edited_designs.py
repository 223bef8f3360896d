"""Designs edited key by key: what no longer holds must not pass, and nothing may crash the checker.

Rules are stripped down to what states them, so that it is the conditions that refuse and not some
figure beside them; limits are the smallest that will do, so that everything binds.
"""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.errors import InputError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.solver.target.concessions import smallest_uniform_limit
from mdsolve.solver.target.inequality import Inequality, alone_utilities
from mdsolve.solver.target.requirements import Requirements
from tests.campaigns.edits import changed
from tests.claims import condition
from tests.solver.target.plain_games import named

BINDING = [
    ("example 4", (3.0, 0.5)),
    ("weights", (3.0, 2.5)),
    ("linear", (2.5, 1.75)),
    ("coverage", (8.0, 4.0)),
    ("curve", (300.0, 100.0)),
]
RULE = ("mechanism", "status", "agents", "contributions", "payments", "target")
STATED = ("objective", "binding", "slack", "upper_bound", "gap", "optimal")
HINTS = ("multipliers", "prices", "prices_at")
JUNK = ("x", [], float("nan"))


def data_of(found):
    return json.loads(json.dumps(found.to_dict()))


def verdict(instance, data):
    """Return the verdict; a file that is refused as no solution at all is refused."""
    try:
        return md.verify(instance, data).verdict
    except InputError:
        return "refused"


def failing(instance, data):
    return {c.name for c in md.verify(instance, data).conditions if c.verdict == "fail"}


@cache
def binding(name, s):
    """Return an instance, and a rule whose every number matters."""
    instance = named(name).instance
    game, n = sharing_game(instance), len(s)
    asked = Requirements(None, 0.0, np.full(n, np.inf), 0.0, np.zeros(n))
    inequality = Inequality(game, asked, alone_utilities(game), np.array(s))
    limit = smallest_uniform_limit(inequality) * (1 + 1e-9)
    found = md.design(instance, require={"contributions": s, "payment_limit": limit})
    assert found.certificate.verdict == "pass"
    data = data_of(found)
    rule = {key: data[key] for key in RULE}
    assert verdict(instance, rule) == "pass"
    return instance, rule, found.to_dict()["binding"]


@pytest.mark.parametrize(("name", "s"), BINDING)
def test_a_lower_rate_and_a_rate_of_the_other_sign_are_refused(name, s):
    instance, rule, _ = binding(name, s)
    for agent, rate in enumerate(rule["target"]["rates"]):
        assert rate != 0
        factors = (1 - 1e-5,) if name in ("linear", "curve") else (1 - 1e-6,)
        for factor in (*factors, 0, -1):
            edited = changed(rule, ("target", "rates", agent), rate * factor)
            assert "nash" in failing(instance, edited)


@pytest.mark.parametrize(("name", "s"), BINDING)
def test_money_moved_from_one_lump_sum_to_another_is_refused(name, s):
    instance, rule, _ = binding(name, s)
    sums = np.array(rule["target"]["lump_sums"])
    amount = 1e-6 * np.abs(sums).max()
    for giver in range(len(s)):
        moved = sums.copy()
        moved[giver] -= amount
        moved[giver - 1] += amount
        only = changed(rule, ("target", "lump_sums"), moved.tolist())
        assert "rule" in failing(instance, only)
        both = changed(only, ("payments",), moved.tolist())
        assert failing(instance, both) & {"payment-limit", "individual-rationality-alone"}
        caps = np.array(rule["target"]["caps"]) + moved - sums
        capped = changed(both, ("target", "caps"), caps.tolist())
        assert failing(instance, capped) & {"nash", "individual-rationality-alone"}
    more = changed(rule, ("target", "lump_sums", 0), sums[0] + amount)
    more = changed(more, ("payments", 0), sums[0] + amount)
    assert "budget-balance" in failing(instance, more)


@pytest.mark.parametrize(("name", "s"), BINDING)
def test_a_cap_that_binds_can_be_neither_lower_nor_higher(name, s):
    instance, rule, reasons = binding(name, s)
    assert "deviation" in reasons
    for agent, cap in enumerate(rule["target"]["caps"]):
        step = 1e-6 * max(cap, 0.1)  # of money that is counted in ones
        higher = changed(rule, ("target", "caps", agent), cap + step)
        never = changed(rule, ("target", "caps", agent), None)
        lower = changed(rule, ("target", "caps", agent), cap - step)
        if reasons[agent] == "deviation":
            assert "nash" in failing(instance, lower)
            assert "payment-limit" in failing(instance, higher)
            assert "payment-limit" in failing(instance, never)
        negative = changed(rule, ("target", "caps", agent), -cap)
        assert "nash" in failing(instance, negative)


@pytest.mark.parametrize(("name", "s"), BINDING[:2])
def test_other_contributions_and_other_options_are_refused(name, s):
    instance, rule, _ = binding(name, s)
    options = rule["mechanism"]["options"]
    wanted = [x * (1 + 1e-6) for x in s]
    columns = [("contributions",), ("target", "contributions")]
    asked = [*columns, ("mechanism", "options", "contributions")]
    for paths in ([columns[0]], [columns[1]], columns, asked, asked[2:]):
        edited = rule
        for path in paths:
            edited = changed(edited, path, wanted)
        assert verdict(instance, edited) != "pass"
    for key, value in {
        "payment_limit": options["payment_limit"] * (1 - 1e-6),
        "alone": 1,
        "reciprocity": 1,
        "least_total": sum(s) * (1 + 1e-6),
        "least_share": 0.99,
        "form": "rates",
        "dominant": "yes",
        "maximize": "nothing",
    }.items():
        edited = changed(rule, ("mechanism", "options", key), value)
        assert verdict(instance, edited) != "pass", key


@pytest.mark.parametrize("penalty", ["affine", "dominant", "rates", "other", None, 7])
def test_penalties_called_by_another_name_do_not_pass(penalty):
    game = named("pac")
    found = md.design(game.instance, require={"contributions": (300, 200), "payment_limit": 0.1})
    data = data_of(found)
    assert (verdict(game.instance, data), data["target"]["penalty"]) == ("pass", "general")
    assert verdict(game.instance, changed(data, ("target", "penalty"), penalty)) != "pass"


@cache
def open_design():
    """Return a design between whose value and bound there is room."""
    instance = named("example 4").instance
    found = md.design(instance, maximize="data", require={"reciprocity": 1})
    return instance, slim(found)


@cache
def closed_design(name="weights"):
    instance = named(name).instance
    found = md.design(instance, maximize="data")
    assert found.optimal
    return instance, slim(found)


def slim(found):
    """Return what states a design and how good it is, without metrics and other figures."""
    assert found.certificate.verdict == "pass"
    data = data_of(found)
    return {key: data[key] for key in (*RULE, *STATED, *HINTS) if key in data}


@pytest.mark.parametrize("called", [True, 1, "true", "yes", [True]])
def test_a_design_with_a_gap_is_not_called_optimal(called):
    instance, data = open_design()
    assert verdict(instance, changed(data, ("optimal",), called)) != "pass"
    without = changed(data, ("optimal",), called)
    del without["upper_bound"], without["gap"]
    assert verdict(instance, without) != "pass"


@pytest.mark.parametrize("make", [open_design, closed_design])
def test_a_lower_bound_and_other_figures_are_refused(make):
    instance, data = make()
    for factor in (1 - 1e-6, -1):
        lower = changed(data, ("upper_bound",), data["upper_bound"] * factor)
        assert verdict(instance, lower) != "pass"
        fitting = lower["upper_bound"] - data["objective"]
        assert verdict(instance, changed(lower, ("gap",), fitting)) != "pass"
    for key in ("objective", "gap", "upper_bound"):
        assert verdict(instance, changed(data, (key,), data[key] + 1e-5)) != "pass"
    assert verdict(instance, changed(data, ("slack",), data["slack"] + 1e-5)) != "pass"
    reasons = data["binding"]
    for word in ("deviation", "none", 7):
        assert verdict(instance, changed(data, ("binding", 0), word)) != "pass"
    assert verdict(instance, changed(data, ("binding",), reasons[:1])) != "pass"


@pytest.mark.parametrize("key", ["upper_bound", "gap", "objective", "slack", "binding", "optimal"])
@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_figures_that_are_none_do_not_pass_and_do_not_crash(key, junk):
    instance, data = open_design()
    assert verdict(instance, changed(data, (key,), junk)) != "pass"


@pytest.mark.parametrize("key", ["prices", "prices_at", "multipliers"])
@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_hints_that_are_none_do_not_crash(key, junk):
    instance, data = open_design()
    assert verdict(instance, changed(data, (key,), junk)) in ("pass", "fail", "not-checked")


hints = st.lists(st.floats(0, 2), min_size=2, max_size=2)


@settings(max_examples=4)
@given(
    prices=hints,
    at=hints,
    alone=st.floats(-1, 50),
    total=st.floats(-1, 2),
    kept=st.sampled_from([*HINTS, ""]),
)
@pytest.mark.parametrize("make", [open_design, closed_design])
def test_no_hints_prove_a_bound_that_is_too_low(make, prices, at, alone, total, kept):
    instance, data = make()
    wrong = {
        "prices": prices,
        "prices_at": [x * 10 for x in at],
        "multipliers": {"alone": alone, "least_total": total},
    }
    edited = {**data, **wrong, **({kept: data[kept]} if kept in data else {})}
    edited["upper_bound"] = data["upper_bound"] * (1 - 1e-6)
    edited["gap"] = edited["upper_bound"] - data["objective"]
    edited["optimal"] = False
    assert condition(instance, edited, "optimality").verdict != "pass"


@cache
def refuted(kind):
    if kind == "share":
        instance = named("example 4").instance
        require = {"contributions": (3, 1), "payment_limit": 0.2, "reciprocity": 1}
    else:
        instance = named("two targets").instance
        require = {"least_share": 0.6, "alone": 0.05}
    found = md.design(instance, require=require)
    assert (found.termination.label, found.certificate.verdict) == ("infeasible", "pass")
    return instance, data_of(found)


KINDS = ["share", "any"]


@pytest.mark.parametrize("kind", KINDS)
def test_edited_refutations_do_not_pass(kind):
    instance, data = refuted(kind)
    witness = data["witness"]
    more = [1.001 * float(Fraction(x)) for x in witness["contributions"]]
    edits = {
        ("witness", "shortfall"): [0, "1/3", -1, "x", []],
        ("witness", "contributions"): [more if kind != "any" else [], [], ["x", 1], [-1, 1]],
        ("witness", "mechanism"): ["shapley", 7],
        ("witness", "kind"): ["no-affordable", 7],
        ("witness",): [None, {}, [], "x"],
        ("status", "termination"): ["x", 7],
        ("mechanism", "name"): ["shapley"],
    }
    for path, values in edits.items():
        for value in values:
            edited = changed(data, path, value)
            assert verdict(instance, edited) != "pass", (path, value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("payment_limit", 5.0),
        ("alone", "no"),
        ("alone", 0.0),
        ("reciprocity", 0.5),
        ("least_total", 1.0),
        ("contributions", [3.0, 1.01]),
        ("contributions", None),
        ("form", "rates"),
        ("maximize", "x"),
    ],
)
def test_a_refutation_does_not_speak_of_other_options(kind, option, value):
    instance, data = refuted(kind)
    if data["mechanism"]["options"][option] == value:
        pytest.skip("this is what was asked")
    for paths in (["mechanism"], ["witness"], ["mechanism", "witness"]):
        edited = data
        for path in paths:
            edited = changed(edited, (path, "options", option), value)
        silent = changed(edited, ("witness", "shortfall"), None)
        del silent["concessions"]
        if len(paths) == 1:
            assert verdict(instance, edited) != "pass"
        if verdict(instance, silent) == "pass":  # then it must be true of those options as well
            again = md.design(instance, require=_said(silent["mechanism"]["options"]))
            assert again.termination.label == "infeasible"


def _said(options):
    return {key: value for key, value in options.items() if value is not None and key != "maximize"}


@pytest.mark.parametrize("kind", KINDS)
def test_concessions_other_than_the_smallest_are_refused(kind):
    instance, data = refuted(kind)
    assert data["concessions"]
    for k, entry in enumerate(data["concessions"]):
        place = ("concessions", k)
        wrong = [] if k else [1, "x"]
        if entry["needed"] is not None:
            size = abs(entry["needed"])
            wrong += [entry["needed"] + 1e-5 * size]
            wrong += [None] if kind == "share" else []
        for value in wrong:
            assert verdict(instance, changed(data, (*place, "needed"), value)) != "pass"
        for value in () if k else (entry["asked"] + 0.1, None):
            assert verdict(instance, changed(data, (*place, "asked"), value)) != "pass"
        for value in () if k else ("least_total", []):
            assert verdict(instance, changed(data, (*place, "requirement"), value)) != "pass"
    for value in (7, [7]):
        assert verdict(instance, changed(data, ("concessions",), value)) != "pass"
