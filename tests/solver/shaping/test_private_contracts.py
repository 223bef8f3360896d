"""Private contracts: best among all menus by other methods, and never more than can be kept."""

from __future__ import annotations

import itertools
import math
from math import comb

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.curve import MeasuredCurve
from mdsolve.game.accuracies.linear import LinearCurve
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracies.threshold_power import ThresholdPowerCurve
from mdsolve.progress import Monitor
from mdsolve.solver.shaping.others_data import OthersData, others_data
from mdsolve.solver.shaping.private_contracts import (
    PrivateAgent,
    Worth,
    best_alone,
    best_contract,
    published_contract,
)
from mdsolve.solver.shaping.private_equilibrium import private_equilibrium
from mdsolve.solver.shaping.private_population import Population

RELATIVE = 1e-9


@st.composite
def agents(draw, families=("power", "threshold-power", "pac", "curve")):
    family = draw(st.sampled_from(families))
    exponent = draw(st.floats(0.3, 2.0))
    curve = {
        "power": PowerCurve(1.0, 1.0, exponent),
        "threshold-power": ThresholdPowerCurve(1.0, draw(st.floats(1.0, 30.0)), exponent),
        "pac": PacCurve(0.95, draw(st.floats(0.5, 3.0))),
        "curve": MeasuredCurve((0.0, 5.0, 20.0, 100.0), (0.0, 0.4, 0.7, 0.9)),
    }[family]
    low = 10 ** draw(st.floats(-3.0, -1.0))
    high = low * (1 + 10 ** draw(st.floats(-1.5, 1.0)))
    capacity = draw(st.one_of(st.just(math.inf), st.floats(1.0, 40.0)))
    return PrivateAgent(
        curve,
        20.0 if family == "pac" else 1.0,
        low,
        high,
        draw(st.floats(0.02, 0.98)),
        capacity,
        draw(st.sampled_from([0.0, 2.0])),
    )


@st.composite
def distributions(draw):
    size = draw(st.integers(1, 4))
    amounts = draw(st.lists(st.floats(0.01, 60.0), min_size=size, max_size=size))
    weights = np.array(draw(st.lists(st.floats(0.1, 1.0), min_size=size, max_size=size)))
    return OthersData(np.array(amounts), weights / weights.sum())


def utilities(agent, found):
    low = found.low_worth - agent.low * found.low
    return low, found.high_worth - agent.high * found.high


@settings(max_examples=150, deadline=None)
@given(agents(), distributions())
def test_contracts_are_kept_accepted_and_chosen_as_meant(agent, others):
    found = best_contract(agent, others)
    worth, alone = Worth(agent, others), agent.alone()
    low, high = utilities(agent, found)
    scale = 1e-12 * max(1.0, worth(found.low))
    assert 0 <= found.high <= found.low <= agent.capacity
    assert found.low_worth <= worth(found.low) + scale
    assert found.high_worth <= worth(found.high) + scale
    assert low >= found.high_worth - agent.low * found.high - scale
    assert high >= found.low_worth - agent.high * found.low - scale
    grid = np.linspace(0.0, min(agent.capacity, 3 * found.low + 30.0), 400)
    own = np.array([alone(m) for m in grid])
    assert low >= (own - agent.low * grid).max() - scale
    assert high >= (own - agent.high * grid).max() - scale


@settings(max_examples=40, deadline=None)
@given(agents(), distributions())
def test_no_menu_on_a_grid_collects_more(agent, others):
    found = best_contract(agent, others)
    worth = Worth(agent, others)
    limit = min(agent.capacity, 1.1 * found.low + 1.0)
    m = np.unique(np.append(np.linspace(0.0, limit, 300), [found.low, found.high]))
    full = np.array([worth(x) for x in m])
    spread, p = agent.high - agent.low, agent.probability_low
    m_low, m_high = m[:, None], m[None, :]
    # The least utilities that a menu must leave, whatever its worths.
    low = np.maximum(found.alone_low[1], found.alone_high[1] + spread * m_high)
    high = np.maximum(found.alone_high[1], low - spread * m_low)
    low = np.maximum(low, high + spread * m_high)
    possible = (
        (low <= full[:, None] - agent.low * m_low)
        & (high <= full[None, :] - agent.high * m_high)
        & (m_low >= m_high)
    )
    expected = np.where(possible, p * m_low + (1 - p) * m_high, 0.0)
    assert expected.max() <= found.expected + RELATIVE * max(1.0, found.expected)


def menu_program(agent, amounts, probabilities):
    """Return max p m_l + (1-p) m_h over (m_l, V_l, m_h, V_h) by tangents and linear programs."""
    c, h, p, e = agent.low, agent.high, agent.probability_low, agent.curve.exponent

    def full(m):
        return float(probabilities @ (1 - (1 + m + amounts) ** -e))

    def slope(m):
        return float(probabilities @ (e * (1 + m + amounts) ** (-e - 1)))

    def alone(rate):
        m = max(0.0, (e / rate) ** (1 / (e + 1)) - 1)
        return 1 - (1 + m) ** -e - rate * m

    scale = 1 / c
    rows = [[-c * scale, 1, h * 0, 0], [0, 0, -h * scale, 1]]
    least = [alone(c), alone(h)]
    rows += [[-c * scale, 1, c * scale, -1], [h * scale, -1, -h * scale, 1]]
    least += [0.0, 0.0]
    points = list(np.geomspace(1e-3, 3 * scale, 150))
    best = math.inf
    for _ in range(60):
        upper = [[-slope(m) * scale, 1, 0, 0] for m in points]
        upper += [[0, 0, -slope(m) * scale, 1] for m in points]
        most = [full(m) - slope(m) * m for m in points] * 2
        found = scipy.optimize.linprog(
            [-p, 0, -(1 - p), 0],
            np.vstack([-np.array(rows), np.array(upper)]),
            np.concatenate([-np.array(least), most]),
            bounds=[(0, None)] * 4,
            options={
                "primal_feasibility_tolerance": 1e-10,
                "dual_feasibility_tolerance": 1e-10,
            },
        )
        bound = -found.fun * scale
        if best - bound < 1e-12 * max(1.0, bound):
            break
        best = bound
        points += [found.x[0] * scale, found.x[2] * scale]
    return bound


@pytest.mark.parametrize("seed", range(20))
def test_the_expected_data_agree_with_a_linear_program_over_menus(seed):
    rng = np.random.default_rng(seed)
    low = 10 ** rng.uniform(-2.5, -1)
    high = low * rng.uniform(1.3, 4.0)
    agent = PrivateAgent(
        PowerCurve(1.0, 1.0, rng.uniform(0.5, 1.5)), 1.0, low, high, rng.uniform(0.05, 0.9)
    )
    amounts = rng.uniform(2.0, 60.0, size=3)
    probabilities = rng.dirichlet(np.ones(3))
    found = best_contract(agent, OthersData(amounts, probabilities))
    program = menu_program(agent, amounts, probabilities)
    assert found.expected == pytest.approx(program, rel=RELATIVE)


def test_inside_the_slope_is_the_corrected_one_and_the_corner_starts_at_the_cost_ratio():
    agent = PrivateAgent(PowerCurve(), 1.0, 0.0075, 0.045, 0.12)
    others = OthersData.certain(6.0)
    found = best_contract(agent, others)
    target = 0.0075 - 0.12 / 0.88 * (0.045 - 0.0075)
    assert (1 + found.low + 6.0) ** -2 == pytest.approx(target, rel=1e-9)
    corner = best_contract(PrivateAgent(PowerCurve(), 1.0, 0.0075, 0.045, 1 / 6 + 1e-9), others)
    assert 1 - 1 / (7 + corner.low) - 0.0075 * corner.low == pytest.approx(corner.alone_low[1])
    # The paper's corner, c_low / (c_low + c_high), lies lower.
    early = PrivateAgent(PowerCurve(), 1.0, 0.0075, 0.045, 0.1429)
    printed = published_contract(early, others)
    assert printed.low == pytest.approx(corner.low, rel=1e-6)
    assert printed.expected < best_contract(early, others).expected


@settings(max_examples=60, deadline=None)
@given(agents(("power", "threshold-power")), st.floats(0.05, 60.0))
def test_the_rent_is_that_of_theorem_8(agent, amount):
    agent = PrivateAgent(agent.curve, 1.0, agent.low, agent.high, agent.probability_low)
    others = OthersData.certain(amount)
    found, worth = best_contract(agent, others), Worth(agent, others)
    whole = best_contract(
        PrivateAgent(agent.curve, 1.0, agent.low, agent.high, 1 - 1e-12), others
    ).low
    rent = agent.low * (whole - found.low) - worth(whole) + worth(found.low)
    assert rent == pytest.approx(utilities(agent, found)[0] - found.alone_low[1], abs=1e-9)
    assert rent >= -1e-12


@settings(max_examples=60, deadline=None)
@given(agents(("power", "pac")), distributions(), st.floats(0.2, 5.0))
def test_money_has_no_unit_and_relabelled_totals_change_nothing(agent, others, factor):
    found = best_contract(agent, others)
    scaled = PrivateAgent(
        agent.curve,
        agent.value * factor,
        agent.low * factor,
        agent.high * factor,
        agent.probability_low,
        agent.capacity,
        agent.platform_data,
    )
    turned = OthersData(others.amounts[::-1], others.probabilities[::-1])
    again = best_contract(scaled, turned)
    assert again.expected == pytest.approx(found.expected, rel=1e-7, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(agents(), st.floats(0.05, 60.0), st.floats(0.0, 20.0))
def test_more_data_of_others_never_lowers_the_expected_contribution(agent, amount, more):
    before = best_contract(agent, OthersData.certain(amount)).expected
    after = best_contract(agent, OthersData.certain(amount + more)).expected
    assert after >= before - 1e-9 * max(1.0, before)


def test_an_agent_on_his_own_does_what_each_type_does_alone():
    agent = PrivateAgent(PowerCurve(), 1.0, 0.02, 0.05, 0.3)
    found = best_contract(agent, OthersData.certain(0.0))
    assert found.low == pytest.approx(0.02**-0.5 - 1)
    assert found.high == pytest.approx(0.05**-0.5 - 1)
    assert best_alone(agent.alone(), 0.02)[1] == pytest.approx((1 - 0.02**0.5) ** 2)


def test_others_data_are_a_sum_of_independent_types():
    members, p = (3, 2), np.array([0.3, 0.8])
    low, high = np.array([4.0, 7.0]), np.array([1.0, 2.0])
    found = others_data(members, p, low, high, own=1)
    expected = {}
    for types in itertools.product((0, 1), repeat=4):
        classes = (0, 0, 0, 1)
        chance = math.prod(p[k] if t else 1 - p[k] for k, t in zip(classes, types, strict=True))
        amount = sum(low[k] if t else high[k] for k, t in zip(classes, types, strict=True))
        expected[amount] = expected.get(amount, 0.0) + chance
    collected = {}
    for amount, chance in zip(found.amounts.tolist(), found.probabilities, strict=True):
        collected[amount] = collected.get(amount, 0.0) + chance
    assert collected == pytest.approx(expected)
    assert found.mean == pytest.approx(3 * (0.3 * 4 + 0.7) + 0.8 * 7 + 0.2 * 2)


def test_too_many_totals_are_refused_not_approximated():
    size = 20
    with pytest.raises(UnsupportedError, match="mean-field"):
        others_data([1] * size, np.full(size, 0.5), np.arange(1.0, size + 1), np.zeros(size), own=0)


def test_data_worth_their_cost_for_ever_and_printed_rules_with_capacities_are_refused():
    endless = PrivateAgent(LinearCurve(), 1.0, 0.1, 0.2, 0.5)
    with pytest.raises(UnsupportedError, match="capacity"):
        best_contract(endless, OthersData.certain(1.0))
    limited = PrivateAgent(PowerCurve(), 1.0, 0.1, 0.2, 0.5, capacity=3.0)
    with pytest.raises(UnsupportedError, match="published"):
        published_contract(limited, OthersData.certain(1.0))


def test_bayes_rests_where_each_contract_is_best_against_the_binomial_mixture():
    agent = PrivateAgent(PowerCurve(), 1.0, 0.0075, 0.045, 0.12)
    found = private_equilibrium(Population((agent,), (4,)), "bayes", "exact", Monitor())
    (contract,) = found.contracts
    counts = np.arange(4)
    chances = np.array([comb(3, int(k)) * 0.12**k * 0.88 ** (3 - k) for k in counts])
    others = OthersData(counts * contract.low + (3 - counts) * contract.high, chances)
    again = best_contract(agent, others)
    assert found.converged
    assert (again.low, again.high) == pytest.approx((contract.low, contract.high), rel=1e-9)


def test_mean_field_finds_the_largest_of_three_equilibria():
    agent = PrivateAgent(PacCurve(0.95, 10.0), 1.0, 0.1, 0.1000001, 0.5)
    found = private_equilibrium(Population((agent,), (176,)), "mean-field", "exact", Monitor())
    assert found.converged
    # With costs that hardly differ this is value shaping at a known cost of 0.1.
    assert 176 * found.contracts[0].expected == pytest.approx(541.663857, rel=1e-3)


def test_ex_post_contracts_rest_at_every_profile():
    classes = (
        PrivateAgent(PowerCurve(), 1.0, 0.02, 0.05, 0.4),
        PrivateAgent(PowerCurve(), 0.5, 0.01, 0.03, 0.3),
    )
    found = private_equilibrium(Population(classes, (2, 1)), "ex-post", "exact", Monitor())
    assert found.converged
    assert len(found.profiles) == 6
    assert sum(profile.probability for profile in found.profiles) == pytest.approx(1.0)
    for profile in found.profiles:
        given = [
            [pair[0].low] * k + [pair[1].high] * (m - k)
            for pair, k, m in zip(profile.contracts, profile.low_types, (2, 1), strict=True)
        ]
        total = sum(map(sum, given))
        for agent, pair, k, m in zip(
            classes, profile.contracts, profile.low_types, (2, 1), strict=True
        ):
            if k:
                alone = best_contract(agent, OthersData.certain(total - pair[0].low))
                assert alone.low == pytest.approx(pair[0].low, rel=1e-8)
            if k < m:
                alone = best_contract(agent, OthersData.certain(total - pair[1].high))
                assert alone.high == pytest.approx(pair[1].high, rel=1e-8)
