"""The registry: every claim has a condition that passes, and fails on a perturbed copy."""

from __future__ import annotations

import numpy as np
import pytest

from mdsolve.certificate.market.check import verify_market
from mdsolve.certificate.market.claim import MarketClaim
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.game.build import market_game
from mdsolve.game.market import QualityMarket
from mdsolve.game.side_constraints import parse_side_constraints
from mdsolve.instance import load
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import mechanism_named, mechanisms
from mdsolve.progress import Monitor
from mdsolve.solver.market.routes import MEMORY_LIMIT
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


def hand_out_too_little(market, payments, allocation):
    assert isinstance(market, QualityMarket)
    handed = [np.broadcast_to(x, market.shape).copy() for x in market.allocated]
    agents = range(len(handed))
    best = None
    for profile in np.ndindex(market.shape):
        for agent in agents:
            worse = [x.copy() for x in handed]
            worse[agent][profile] = 0.0
            certificate = verify_market(
                market,
                MarketClaim(payments=payments, allocation=np.stack(worse)),
                conditions=("efficiency",),
                claimed=(),
            )
            if certificate.condition("efficiency").verdict == "fail":
                best = np.stack(worse)
                break
        if best is not None:
            break
    return payments, best


def leave_the_limits(market, payments, allocation):
    changed = payments.copy()
    changed[(0,) * changed.ndim] = LIMIT + STEP
    return changed, allocation


PERTURBATIONS = {
    "individual-rationality": raise_tightest_rationality,
    "incentive-compatibility": make_a_lie_pay,
    "weak-budget-balance": lose_money,
    "budget-balance": unbalance,
    "maximal-revenue": lower_one,
    "efficiency": hand_out_too_little,
    "side-constraints": leave_the_limits,
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
    "desirable": DESIRABLE | {"maximal-revenue", "budget-balance", "side-constraints"},
}
"""What each mechanism promises on some market: the contract with users."""

LIMIT = 20
VARIANTS = {
    "desirable": [
        {},
        {"side": ["budget-balance"], "objective": "fairness"},
        {"side": [f"cap={LIMIT}"]},
        {"side": ["deficit-allowed"], "objective": "spread"},
    ]
}


def applicable():
    for rule in mechanisms("market").values():
        for options in VARIANTS.get(rule.name, [{}]):
            for file in SMALL:
                words = "-".join(options.get("side", []))
                yield pytest.param(rule, options, file, id=f"{rule.name}-{words}-{file.stem}")


def outcome(rule, given, file):
    """Return market, outcome, claims, side constraints; None where the rule does not apply."""
    market = market_game(load(file))
    options = effective_options(rule.name, rule.options, given)
    try:
        found = rule.outcome(market, options, Monitor(), MEMORY_LIMIT)
    except UnsupportedError:
        return None
    if found.payments is None:
        return None
    side = parse_side_constraints(options.get("side", ()))
    claims = rule.claims(market, options)
    assert set(claims) <= set(rule.promises), "mdsolve show must name every promise"
    return market, found, claims, side


def judged(market, rule, payments, allocation, conditions, side):
    claim = MarketClaim(mechanism=rule.name, payments=payments, allocation=allocation, side=side)
    return verify_market(market, claim, conditions=conditions, claimed=conditions)


@pytest.mark.parametrize(("rule", "given", "file"), list(applicable()))
def test_every_claim_passes_and_fails_when_perturbed(rule, given, file):
    solved = outcome(rule, given, file)
    if solved is None:
        pytest.skip("the mechanism says that it does not apply, or that none exists")
    market, found, claims, side = solved
    used = found.market
    allocation = None
    if isinstance(used, QualityMarket) and used.handed_out is not None:
        allocation = np.stack([np.broadcast_to(x, market.shape) for x in used.allocated])
    assert claims
    right = judged(market, rule, found.payments, allocation, claims, side)
    assert right.verdict == "pass", right.to_dict()
    for name in claims:
        assert name in PERTURBATIONS, f"no perturbation breaks {name}; add one"
        payments, changed = PERTURBATIONS[name](used, found.payments, allocation)
        if name == "efficiency" and changed is None:
            # a market of fixed size: every allocation is efficient, nothing can break it
            assert market.valuation.family == "share"
            continue
        wrong = judged(market, rule, payments, changed, (name,), side)
        assert wrong.condition(name).verdict == "fail", name


@pytest.mark.parametrize("rule", mechanisms("market").values(), ids=lambda rule: rule.name)
def test_every_promise_is_exercised_on_some_small_instance(rule):
    claimed: set[str] = set()
    for options in VARIANTS.get(rule.name, [{}]):
        for file in SMALL:
            solved = outcome(rule, options, file)
            claimed |= set(solved[2]) if solved else set()
    assert claimed == PROMISED[rule.name]


@pytest.mark.parametrize("file", SMALL, ids=lambda file: file.stem)
def test_no_single_maximal_payment_may_rise_or_fall(file):
    rule = mechanisms("market")["desirable"]
    solved = outcome(rule, {}, file)
    assert solved is not None, "a small instance without a desirable mechanism: pick another"
    market, found, _claims, side = solved
    names = ("individual-rationality", "incentive-compatibility", "maximal-revenue")
    cells = list(np.ndindex(found.payments.shape))
    for cell in cells[:: max(1, len(cells) // 12)]:
        for change in (STEP, -STEP):
            payments = found.payments.copy()
            payments[cell] += change
            verdicts = {
                c.name: c.verdict
                for c in judged(market, rule, payments, None, names, side).conditions
            }
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
