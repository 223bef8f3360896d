"""FedBR-Shap: shares against orders and definitions, payments per stage, options of the paper."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import InstanceError
from mdsolve.instance.protocols.fedbr_shap import models_per_round
from mdsolve.learn.protocols.coalition_shares import coalition_weights, round_shares
from mdsolve.learn.protocols.joining import exact_joining, sampled_joining
from mdsolve.learn.protocols.registry import protocol_of
from mdsolve.learn.protocols.slopes import Beside, train_pairs
from tests.learn.runs import federation, instance, run

COSTS = [0.001, 0.003, 0.006]


def shap(costs=COSTS, **keys):
    protocol = {"name": "fedbr-shap", "payoff": "loss", "step_size": 200, "rounds": 7, "stage": 3}
    return instance(agents={"cost": costs}, protocol={**protocol, **keys})


def by_definition(n, value, banzhaf=False):
    """Shares from the definition: averages over orders, or over all coalitions of the others."""
    shares = np.zeros(n)
    if banzhaf:
        for i in range(n):
            others = [j for j in range(n) if j != i]
            for size in range(n):
                for chosen in combinations(others, size):
                    shares[i] += value({*chosen, i}) - value(set(chosen))
        return shares / 2 ** (n - 1)
    for order in permutations(range(n)):
        before = set()
        for i in order:
            shares[i] += value(before | {i}) - value(before)
            before = before | {i}
    return shares / math.factorial(n)


@given(st.integers(1, 5), st.booleans(), st.integers(0, 1000))
def test_exact_shares_by_orders_of_the_agents(n, banzhaf, seed):
    joining = exact_joining(n, banzhaf)
    values = np.random.default_rng(seed).normal(size=2**n)
    number = {frozenset(np.flatnonzero(row)): k for k, row in enumerate(joining.members)}
    assert len(number) == 2**n
    known = by_definition(n, lambda coalition: values[number[frozenset(coalition)]], banzhaf)
    np.testing.assert_allclose(joining.shares(values), known, atol=1e-12)


@given(st.integers(2, 9), st.integers(1, 20), st.integers(0, 1000))
def test_sampled_shares_hand_out_the_whole_gain(n, draws, seed):
    joining = sampled_joining(n, draws, np.random.default_rng(seed), banzhaf=False)
    values = np.random.default_rng(seed + 1).normal(size=len(joining.members))
    assert not joining.members[0].any()
    assert joining.members[-1].all()
    assert joining.shares(values).sum() == pytest.approx(values[-1] - values[0], abs=1e-9)
    np.testing.assert_array_equal(
        joining.members[joining.after].sum(axis=1), joining.members[joining.before].sum(axis=1) + 1
    )
    assert joining.members[joining.after, joining.agent].all()
    assert not joining.members[joining.before, joining.agent].any()


@pytest.mark.parametrize("banzhaf", [False, True])
def test_sampled_shares_approach_the_exact_ones(banzhaf):
    exact = exact_joining(4, banzhaf)
    value = {row.tobytes(): float(np.sqrt(row @ [1, 2, 3, 4])) for row in exact.members}
    known = exact.shares(np.array([value[row.tobytes()] for row in exact.members]))
    drawn = sampled_joining(4, 4000, np.random.default_rng(1), banzhaf)
    found = drawn.shares(np.array([value[row.tobytes()] for row in drawn.members]))
    np.testing.assert_allclose(found, known, atol=0.02)
    assert abs(known[0] - known[3]) > 0.3


@pytest.mark.parametrize("aggregation", ["mean", "weighted"])
@pytest.mark.parametrize("banzhaf", [False, True])
def test_shares_and_slopes_by_training_every_coalition(aggregation, banzhaf):
    group = federation(
        agents={"cost": COSTS, "value": [1, 2, 0.5]},
        model={"family": "linear", "precision": "float64"},
        protocol={"aggregation": aggregation, "payoff": "loss"},
    )
    theta, here, width = group.start(), np.array([3.0, 1.0, 6.0]), 0.5
    pairs = train_pairs(group, theta, here, 2, Beside(width))
    before = float(group.payoffs(group.evaluate(theta[None]))[0] @ group.values)
    found = round_shares(
        group, theta, pairs, exact_joining(3, banzhaf), before, np.ones(3, dtype=bool)
    )

    def shares_at(contributions):
        local = group.train(theta, contributions, 2)

        def value(coalition):
            chosen = sorted(coalition)
            model = theta
            if chosen:
                counted = (
                    contributions[chosen] if aggregation == "weighted" else np.ones(len(chosen))
                )
                model = torch.from_numpy(counted / counted.sum()) @ local[chosen]
            return float(group.payoffs(group.evaluate(model[None]))[0] @ group.values)

        return by_definition(3, value, banzhaf), value(range(3)) - value(())

    known, gain = shares_at(here)
    np.testing.assert_allclose(found.shares, known, atol=1e-10)
    assert (abs(found.shares.sum() - gain) < 1e-10) == (not banzhaf)
    for i in range(3):
        there = here.copy()
        there[i] += width
        slope = (shares_at(there)[0][i] - known[i]) / width
        assert found.slopes[i] == pytest.approx(slope, abs=1e-9)


def test_weights_of_coalitions_that_bring_nothing():
    group = federation(protocol={"aggregation": "weighted"})
    members = np.array([[False, False, False], [True, False, False], [True, True, False]])
    weights = coalition_weights(group, np.array([0.0, 2.0, 1.0]), members)
    np.testing.assert_array_equal(weights, [[0, 0, 0], [0, 0, 0], [0, 1, 0]])


def test_digits_are_learned_and_who_pays_more_brings_less():
    done = run(shap(rounds=10))
    assert done.history.last.accuracies.min() > 0.85
    base = done.history.last.contributions
    assert base[0] > base[1] > base[2]
    for agent in range(3):
        costs = list(COSTS)
        costs[agent] *= 4
        assert run(shap(costs, rounds=10)).history.last.contributions[agent] < base[agent]


def test_shapley_payments_bring_more_data_than_none():
    none = run(instance(agents={"cost": COSTS}, protocol={**shap_keys(), "name": "fedbr"}))
    assert run(shap()).history.last.contributions.sum() > none.history.last.contributions.sum() + 1


def shap_keys():
    return {"payoff": "loss", "step_size": 200, "rounds": 7}


def test_stages_pay_shares_less_gains_and_cancel_exactly():
    made = instance(
        agents={"cost": COSTS, "value": [1, 2, 3]},
        protocol={**shap_keys(), "name": "fedbr-shap", "stage": 3},
    )
    done = run(made)
    group, history = done.federation, done.history
    stages = done.protocol.findings(group, done.state, history)["stages"]
    assert stages["last_rounds"] == [3, 6, 7]
    payoffs = [group.payoffs(group.evaluate(group.start()[None]))[0]]
    payoffs += [group.payoffs_of(record) for record in history.records]
    np.testing.assert_allclose(stages["worth_before"], group.values * payoffs[0], atol=1e-12)
    start = 0
    for end, shares in zip(stages["last_rounds"], stages["shares"], strict=True):
        gain = group.values * (payoffs[end] - payoffs[start])
        paid = history.records[end - 1].payments
        np.testing.assert_allclose(paid, shares - gain, rtol=0, atol=1e-12)
        assert shares.sum() == pytest.approx(gain.sum(), abs=1e-12)
        assert sum(Fraction(entry) for entry in paid.tolist()) == 0
        assert np.abs(paid).max() > 1e-3
        start = end
    between = [r.payments for k, r in enumerate(history.records, 1) if k not in (3, 6, 7)]
    assert not np.any(between)


def test_shares_of_a_stage_are_those_of_its_rounds():
    one = run(shap(stage=1))
    whole = run(shap(stage=7))
    shares = [
        done.protocol.findings(done.federation, done.state, done.history)["stages"]["shares"]
        for done in (one, whole)
    ]
    np.testing.assert_allclose(shares[0].sum(axis=0), shares[1][0], atol=1e-12)
    torch.testing.assert_close(one.state.theta, whole.state.theta, rtol=0, atol=0)


def test_the_papers_shortcuts_do_not_balance():
    banzhaf = run(shap(index="banzhaf"))
    assert np.abs(banzhaf.history.column("payments").sum(axis=1)).max() > 1e-3
    last = run(shap(stage_shares="last"))
    assert np.abs(last.history.column("payments").sum(axis=1)).max() > 1e-3
    found = last.protocol.findings(last.federation, last.state, last.history)["stages"]["shares"]
    rounds = run(shap(stage=1))
    each = rounds.protocol.findings(rounds.federation, rounds.state, rounds.history)["stages"]
    for row, end, length in zip(found, (3, 6, 7), (3, 3, 1), strict=True):
        np.testing.assert_allclose(row, length * each["shares"][end - 1], atol=1e-12)


def test_gains_of_a_stage_against_one_cost_bring_more():
    once, often = run(shap()), run(shap(gain_over="stage"))
    assert often.history.last.contributions.sum() > once.history.last.contributions.sum()


def test_only_those_drawn_move():
    brought = run(shap(agents_per_move=1, stage=2)).history.column("contributions")
    changed = (brought[1:] != brought[:-1]).sum(axis=1)
    assert (changed <= 1).all()
    assert changed.sum() >= 3


def test_many_agents_are_sampled_and_too_many_coalitions_refused():
    costs = [0.002] * 9
    protocol = {**shap_keys(), "name": "fedbr-shap", "rounds": 2, "permutations": 3}
    done = run(instance(agents={"cost": costs}, protocol=protocol))
    found = done.protocol.findings(done.federation, done.state, done.history)
    assert found["method"] == "3 orders"
    assert sum(Fraction(paid) for paid in done.history.last.payments.tolist()) == 0
    few = run(shap(rounds=1))
    assert few.protocol.findings(few.federation, few.state, few.history)["method"] == (
        "all coalitions"
    )
    for agents, count in ((11, "needs 13,312"), (1200, "needs over 29,273,397,577,908,224")):
        with pytest.raises(InstanceError, match=rf"{count} models(.|\n)*coalitions: sampled"):
            instance(
                agents={"cost": [0.002] * agents},
                protocol={"name": "fedbr-shap", "rounds": 1, "coalitions": "exact"},
            )


def test_the_count_of_models():
    for n in range(1, 7):
        joining = exact_joining(n, banzhaf=False)
        assert models_per_round(n) == len(joining.members) + len(joining.agent)


def test_sampled_orders_of_few_agents_are_close_to_all_of_them():
    exact, drawn = run(shap(rounds=1)), run(shap(rounds=1, coalitions="sampled", permutations=2000))
    shares = [
        done.protocol.findings(done.federation, done.state, done.history)["stages"]["shares"][0]
        for done in (exact, drawn)
    ]
    np.testing.assert_allclose(shares[1], shares[0], atol=0.002)


def test_settings_name_the_options_in_force():
    settings = protocol_of(shap(stage=None)).settings()
    assert (settings["stage"], settings["index"], settings["stage_shares"]) == (
        5,
        "shapley",
        "summed",
    )
