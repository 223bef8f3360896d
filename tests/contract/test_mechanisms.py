"""The registry: every claim has a condition that passes, and fails on a perturbed copy."""

from __future__ import annotations

import numpy as np
import pytest

from mdsolve.certificate.claim import MarketClaim
from mdsolve.certificate.market import verify_market
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.game.build import market_game
from mdsolve.game.market import QualityMarket
from mdsolve.instance import load
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import MARKET_MECHANISMS, market_mechanism
from mdsolve.progress import Monitor
from mdsolve.solver.routes import MEMORY_LIMIT
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


PERTURBATIONS = {
    "individual-rationality": raise_tightest_rationality,
    "incentive-compatibility": make_a_lie_pay,
    "weak-budget-balance": lose_money,
    "budget-balance": unbalance,
    "maximal-revenue": lower_one,
    "efficiency": hand_out_too_little,
}


def applicable():
    for rule in MARKET_MECHANISMS.values():
        for file in SMALL:
            yield pytest.param(rule, file, id=f"{rule.name}-{file.stem}")


def outcome(rule, file):
    market = market_game(load(file))
    options = effective_options(rule.name, rule.options, {})
    try:
        found = rule.outcome(market, options, Monitor(), MEMORY_LIMIT)
    except UnsupportedError:
        pytest.skip("the mechanism says that it does not apply")
    if found.payments is None:
        pytest.skip("no mechanism exists here")
    return found, options


@pytest.mark.parametrize(("rule", "file"), list(applicable()))
def test_every_claim_passes_and_fails_when_perturbed(rule, file):
    found, options = outcome(rule, file)
    market = market_game(load(file))
    used = found.market
    allocation = None
    if isinstance(used, QualityMarket) and used.handed_out is not None:
        allocation = np.stack([np.broadcast_to(x, market.shape) for x in used.allocated])
    claims = rule.claims(market, options)
    assert claims
    right = verify_market(
        market,
        MarketClaim(mechanism=rule.name, payments=found.payments, allocation=allocation),
        conditions=claims,
        claimed=claims,
    )
    assert right.verdict == "pass", right.to_dict()
    for name in claims:
        assert name in PERTURBATIONS, f"no perturbation breaks {name}; add one"
        payments, changed = PERTURBATIONS[name](used, found.payments, allocation)
        if name == "efficiency" and changed is None:
            # a market of fixed size: every allocation is efficient, nothing can break it
            assert market.valuation.family == "share"
            continue
        wrong = verify_market(
            market,
            MarketClaim(mechanism=rule.name, payments=payments, allocation=changed),
            conditions=(name,),
            claimed=(name,),
        )
        assert wrong.condition(name).verdict == "fail", name


@pytest.mark.parametrize("rule", MARKET_MECHANISMS.values(), ids=lambda rule: rule.name)
def test_every_mechanism_is_described(rule):
    described = rule.describe()
    for key in ("name", "title", "source", "summary", "maturity"):
        assert described[key]
    assert all(option["about"] for option in described["options"])
    assert market_mechanism(rule.name) is rule


def test_unknown_names_and_options_are_refused_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'desirable'"):
        market_mechanism("desirabel")
    rule = MARKET_MECHANISMS["desirable"]
    with pytest.raises(UsageError) as caught:
        effective_options("desirable", rule.options, {"rout": "sweep", "objective": "revenu"})
    assert "did you mean 'route'" in str(caught.value)
    assert "did you mean 'revenue'" in str(caught.value)
