"""The registry: every claim has a condition that passes, and fails on a perturbed copy."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.context import Context
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.game.build import market_game
from mdsolve.game.market import QualityMarket
from mdsolve.instance import load
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import mechanism_named, mechanisms
from tests.claims import changed, judged, table_of
from tests.conftest import INSTANCES

SMALL = sorted((INSTANCES / "small").glob("*.yaml"))
STEP = 1e-6


def raise_tightest_rationality(market, payments, allocation):
    agents = range(len(market.agents))
    slack = np.stack(
        [market.truthful_values(i) - market.outside_values(i) - payments[i] for i in agents]
    )
    changed = payments.copy()
    changed[np.unravel_index(int(np.argmin(slack)), slack.shape)] += slack.min() + STEP
    return changed, allocation


def make_a_lie_pay(market, payments, allocation):
    changed = payments.copy()
    agent = int(np.argmax(market.shape))
    rows = np.moveaxis(changed[agent], agent, 0)
    truth = np.moveaxis(market.truthful_values(agent), agent, 0)
    lying = market.report_values(agent, 0)
    gap = truth[-1] - lying[-1]
    rows[-1] = rows[0] + gap + STEP
    return changed, allocation


def lose_money(market, payments, allocation):
    changed = payments.copy()
    changed[0] -= changed.sum(axis=0) + STEP
    return changed, allocation


def unbalance(market, payments, allocation):
    changed = payments.copy()
    changed[0] += STEP - changed.sum(axis=0)
    return changed, allocation


def lower_one(market, payments, allocation):
    changed = payments.copy()
    changed[(0,) * changed.ndim] -= STEP
    return changed, allocation


def hand_out_too_little(instance, market, data):
    """Return an allocation that wastes something at one profile; None where nothing does."""
    handed = [np.broadcast_to(x, market.shape).copy() for x in market.allocated]
    for profile in np.ndindex(market.shape):
        for agent in range(len(handed)):
            worse = [x.copy() for x in handed]
            worse[agent][profile] = 0.0
            wrong = changed(data, **table_of(data["table"]["payments"], np.stack(worse)))
            if judged(instance, wrong, ("efficiency",)).verdict == "fail":
                return np.stack(worse)
    return None


def leave_alone(_market, payments, allocation):
    return payments, allocation


def raise_everybody(_market, payments, allocation):
    return payments + STEP, allocation


def leave_the_limits(market, payments, allocation):
    changed = payments.copy()
    changed[(0,) * changed.ndim] = LIMIT + STEP
    return changed, allocation


def hand_out_too_much(market, payments, allocation):
    if allocation is None and isinstance(market, QualityMarket):
        allocation = np.stack([np.broadcast_to(x, market.shape) for x in market.allocated])
    return payments, None if allocation is None else 2 * allocation + 1


PERTURBATIONS = {
    "individual-rationality": raise_tightest_rationality,
    "incentive-compatibility": make_a_lie_pay,
    "weak-budget-balance": lose_money,
    "budget-balance": unbalance,
    "maximal-revenue": lower_one,
    "efficiency": leave_alone,
    "stated-numbers": leave_alone,
    "rule": lower_one,
    "feasibility": hand_out_too_much,
    "side-constraints": leave_the_limits,
    "optimality": leave_alone,
    "expected-balance": lose_money,
    "coalitions": raise_everybody,
    "interim-rationality": raise_everybody,
    "interim-truthfulness": make_a_lie_pay,
}

DESIRABLE = {
    "individual-rationality",
    "incentive-compatibility",
    "efficiency",
    "weak-budget-balance",
}
PROMISED = {
    "free": DESIRABLE,
    "vcg": {"efficiency", "individual-rationality"},
    "mep": {"individual-rationality", "maximal-revenue", "incentive-compatibility"},
    "desirable": DESIRABLE
    | {"maximal-revenue", "budget-balance", "expected-balance", "side-constraints", "coalitions"}
    | {"interim-rationality", "interim-truthfulness"},
    "second-best": DESIRABLE - {"efficiency"} | {"maximal-revenue", "optimality"},
}
"""What each mechanism promises on some market: the contract with users."""

LIMIT = 20
VARIANTS = {
    "desirable": [
        {},
        {"side": ["budget-balance"], "objective": "fairness"},
        {"side": [f"cap={LIMIT}"]},
        {"side": ["deficit-allowed"], "objective": "spread"},
        {"side": ["expected-balance"]},
        {"side": ["coalitions"]},
        {"side": ["interim"]},
    ]
}


def applicable():
    for rule in mechanisms("market").values():
        for options in VARIANTS.get(rule.name, [{}]):
            for file in SMALL:
                words = "-".join(options.get("side", []))
                yield pytest.param(rule, options, file, id=f"{rule.name}-{words}-{file.stem}")


def outcome(rule, given, file):
    """Return instance, outcome, solution and promises; None where the rule does not apply."""
    instance = load(file)
    options = effective_options(rule.name, rule.options, given)
    try:
        found = rule.outcome(market_game(instance), options, Context())
        data = md.solve(instance, rule.name, options=options).claim()
    except UnsupportedError:
        return None
    if found.payments is None:
        return None
    promises = check_of(instance, data, Request()).promised
    own = set(promises) - {"rule", "feasibility", "stated-numbers"}
    assert own <= set(rule.promises), "mdsolve show must name every promise"
    return instance, found, data, promises


@pytest.mark.parametrize(("rule", "given", "file"), list(applicable()))
def test_every_claim_passes_and_fails_when_perturbed(rule, given, file):
    solved = outcome(rule, given, file)
    if solved is None:
        pytest.skip("the mechanism says that it does not apply, or that none exists")
    instance, found, data, promises = solved
    used = found.market
    allocation = None
    if isinstance(used, QualityMarket) and used.handed_out is not None:
        allocation = np.stack([np.broadcast_to(x, used.shape) for x in used.allocated])
    right = judged(instance, data, promises)
    assert right.verdict == "pass", right.to_dict()
    for name in promises:
        assert name in PERTURBATIONS, f"no perturbation breaks {name}; add one"
        payments, handed = PERTURBATIONS[name](used, found.payments, allocation)
        if name == "efficiency":
            handed = hand_out_too_little(instance, used, data)
            if handed is None:
                # a market of fixed size: every allocation is efficient, nothing can break it
                assert used.valuation.family == "share"
                continue
        if name == "feasibility" and handed is None:
            continue  # nothing is handed out where values are a table
        table = table_of(payments, handed)
        if "lottery" in data["table"]:
            table["table"] = {**data["table"], **table["table"]}
        wrong = changed(data, **table)
        if name == "optimality":
            wrong = changed(data, upper_bound=data["upper_bound"] - STEP)
        if name == "stated-numbers":
            wrong = changed(data, minimal_revenue=float(data["minimal_revenue"]) + STEP)
        verdict = judged(instance, wrong, (name,)).condition(name).verdict
        # the rule of a linear program is its optimum, which payments beyond its bounds leave open
        assert verdict == "fail" or (name == "rule" and verdict == "not-checked"), name


@pytest.mark.parametrize("rule", mechanisms("market").values(), ids=lambda rule: rule.name)
def test_every_promise_is_exercised_on_some_small_instance(rule):
    claimed: set[str] = set()
    for options in VARIANTS.get(rule.name, [{}]):
        for file in SMALL:
            solved = outcome(rule, options, file)
            claimed |= set(solved[3]) if solved else set()
    assert claimed == PROMISED[rule.name] | {"rule", "feasibility", "stated-numbers"}


@pytest.mark.parametrize("file", SMALL, ids=lambda file: file.stem)
def test_no_single_maximal_payment_may_rise_or_fall(file):
    rule = mechanisms("market")["desirable"]
    solved = outcome(rule, {}, file)
    assert solved is not None, "a small instance without a desirable mechanism: pick another"
    instance, found, data, _promises = solved
    names = ("individual-rationality", "incentive-compatibility", "maximal-revenue")
    cells = list(np.ndindex(found.payments.shape))
    for cell in cells[:: max(1, len(cells) // 12)]:
        for change in (STEP, -STEP):
            payments = found.payments.copy()
            payments[cell] += change
            found_now = judged(instance, changed(data, **table_of(payments)), names)
            verdicts = {c.name: c.verdict for c in found_now.conditions}
            broken = "fail" in (
                verdicts["individual-rationality"],
                verdicts["incentive-compatibility"],
            )
            # a rise breaks rationality or truthfulness; a fall that does not is not maximal
            assert broken or (change < 0 and verdicts["maximal-revenue"] == "fail")


@pytest.mark.parametrize("rule", mechanisms("market").values(), ids=lambda rule: rule.name)
def test_every_mechanism_is_described(rule):
    described = rule.describe()
    for key in ("name", "title", "source", "summary", "maturity"):
        assert described[key]
    assert type(rule).__doc__
    assert "[C20]" in described["source"]
    assert all(len(option["about"]) > 10 for option in described["options"])
    assert mechanism_named("market", rule.name) is rule


def test_unknown_names_and_options_are_refused_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'desirable'"):
        mechanism_named("market", "desirabel")
    rule = mechanisms("market")["desirable"]
    with pytest.raises(UsageError) as caught:
        effective_options("desirable", rule.options, {"rout": "sweep", "objective": "revenu"})
    assert "did you mean 'route'" in str(caught.value)
    assert "did you mean 'revenue'" in str(caught.value)
