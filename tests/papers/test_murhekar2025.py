"""Reproductions of [M25]: every number by a second method, every counterexample by hand."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from functools import cache

import mpmath
import numpy as np
import pytest
import scipy.optimize

from mdsolve.game.build_sharing import sharing_game
from mdsolve.progress import Monitor
from mdsolve.reproduce import murhekar2025 as paper
from mdsolve.reproduce import murhekar2025_images as images
from mdsolve.reproduce.record import ITEMS, rounds_to, sharing
from mdsolve.reproduce.shown import write_reproduction
from mdsolve.solver.equilibrium.potential import potential_equilibrium
from mdsolve.study.solve import solve

ELSEWHERE = tuple(
    f"murhekar2025/{thing}" for thing in ("table1", "section5", "tables2-4", "sampling")
)
"""Tested on small runs: below, and in files of their own."""
DATA_SETS = ITEMS["murhekar2025/table1"].printed
NAMES = [name for name in ITEMS if name.startswith("murhekar2025") and name not in ELSEWHERE]


def agreement(found):
    return [row.agrees for row in found.rows]


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch):
    """Reproductions are run in full by hand; here on a few random games of each kind."""
    monkeypatch.setattr(paper, "GAMES", 2)
    monkeypatch.setattr(paper, "MORE", 25)
    monkeypatch.setattr(paper, "GAIN_GAMES", 6)


@cache
def recomputed(name):
    return ITEMS[name].recompute()


@pytest.mark.parametrize("name", NAMES)
def test_reproductions_write_their_numbers(name, tmp_path):
    found = recomputed(name)
    (numbers,) = write_reproduction(found, tmp_path)
    assert json.loads(numbers.read_text())["rows"] == found.to_dict()["rows"]


# Examples 3, 4, 7, in high precision from the definitions


def accuracy(m):
    return 1 - 1 / (1 + m)


def shares(s, t):
    """Return Shapley shares of two agents who both get accuracy(s + t)."""
    together, one, two = 2 * accuracy(s + t), 2 * accuracy(s), 2 * accuracy(t)
    return (together - two + one) / 2, (together - one + two) / 2


def test_example_3_by_hand():
    found = solve(sharing(paper.EXAMPLE, paper.RATES), "none")
    np.testing.assert_allclose(found.contributions, [math.sqrt(10) - 1, 0], atol=1e-10)
    # Agent 2 gains less than 0.25 from their first sample: 1/(1 + s_1)^2 = 0.1.
    assert agreement(recomputed("murhekar2025/example3")) == [True, True, True, True, None]


def test_example_4_from_the_first_order_conditions():
    with mpmath.workdps(30):
        s, t = mpmath.findroot(
            lambda x, y: (
                (1 + x) ** -2 + (1 + x + y) ** -2 - mpmath.mpf("0.1"),
                (1 + y) ** -2 + (1 + x + y) ** -2 - mpmath.mpf("0.25"),
            ),
            (3, 1),
        )
        phi = shares(s, t)
        gain = (s + t) / (mpmath.sqrt(10) - 1)
    found = solve(sharing(paper.EXAMPLE, paper.RATES), "shapley")
    np.testing.assert_allclose(found.contributions, [float(s), float(t)], atol=1e-9)
    np.testing.assert_allclose(found.shapley, [float(x) for x in phi], atol=1e-10)
    assert float(s) == pytest.approx(2.9983929801, abs=1e-10)
    assert float(t) == pytest.approx(1.1690481371, abs=1e-10)
    assert float(gain) == pytest.approx(1.9273385624, abs=1e-10)
    assert found.metrics["data_gain"] == pytest.approx(float(gain), abs=1e-9)
    checked = agreement(recomputed("murhekar2025/example4"))
    assert checked == [True, True, True, True, True, True, None, None]


def test_example_7_by_the_fixed_point_and_the_misprint():
    with mpmath.workdps(30):
        rates = mpmath.mpf("0.1"), mpmath.mpf("0.25")
        alone = [1 / mpmath.sqrt(c) - 1 for c in rates]

        def excess(s, t):
            total = accuracy(s + t)
            return tuple(
                total - accuracy(best) - c * (x - best)
                for x, c, best in zip((s, t), rates, alone, strict=True)
            )

        s, t = mpmath.findroot(excess, (4, 2.5))
        phi = shares(s, t)
        reciprocity = accuracy(s + t) / phi[0]
    np.testing.assert_allclose(
        paper.value_shaping_contributions(), [float(s), float(t)], atol=1e-10
    )
    assert float(phi[0]) == pytest.approx(0.9537002452, abs=1e-10)
    assert float(phi[1]) == pytest.approx(0.7776195619, abs=1e-10)
    assert float(reciprocity) == pytest.approx(0.9076855206, abs=1e-10)
    rounded = shares(3.98, 2.46)
    assert round(rounded[0], 4) == 0.9538
    assert round(rounded[1], 4) == 0.7774
    found = recomputed("murhekar2025/example7")
    assert agreement(found) == [True, True, True, True, False, True, True]


def test_what_rounds_to_a_printed_number():
    assert rounds_to(2.996, "3.00")
    assert rounds_to(0.86566, "0.8656")
    assert not rounds_to(0.9537, "0.9538")
    assert not rounds_to(3.011, "3.00")


# Table 1


def weights_of(data):
    rows = np.repeat(np.array(data["weights"], dtype=float), 10, axis=0)
    return np.repeat(rows, 10, axis=1)


@pytest.mark.parametrize("name", DATA_SETS)
def test_equilibria_of_the_table_by_plain_best_responses(name):
    data = DATA_SETS[name]
    instance = images.drawn(data, np.random.default_rng(4))
    game = sharing_game(instance)
    weights = weights_of(data)
    np.testing.assert_array_equal(game.accuracy.weights.dense(), weights)
    for rule in ("none", "budget-balanced"):
        found = solve(instance, rule)
        borne = 1.0
        if rule == "budget-balanced":
            with mpmath.workdps(40):
                rates = [mpmath.mpf(x) for x in game.costs.rate]
                n, a, c = 30, 1 / mpmath.fsum(1 / x for x in rates), mpmath.fsum(rates)
                b = a * n * (n - 2) + c
                root = mpmath.sqrt(b * b - 4 * a * c * (n - 1) ** 2)
                borne = 1 - float((b - root) / (2 * c))
        # Each agent in turn solves w_ii / (1 + y)^2 = borne c_i for their own contribution.
        s = np.zeros(30)
        for _ in range(4000):
            before = s.copy()
            for i in range(30):
                wanted = math.sqrt(weights[i, i] / (borne * game.costs.rate[i])) - 1
                others = float(weights[i] @ s) - weights[i, i] * s[i]
                s[i] = min(max((wanted - others) / weights[i, i], 0.0), game.capacity[i])
            if np.abs(s - before).max() < 1e-11:
                break
        assert found.metrics["total_data"] == pytest.approx(s.sum(), rel=1e-8)
        assert found.regret < 1e-9


@pytest.mark.parametrize("name", DATA_SETS)
def test_everybody_shares_everything_under_shapley_payments(name):
    data = DATA_SETS[name]
    instance = images.drawn(data, np.random.default_rng(9))
    assert solve(instance, "shapley").metrics["data_share"] == 1.0
    # All others at the largest capacity make every slope smaller: coalitions then differ by how
    # many agents of each group they hold.
    table, top = np.array(data["weights"], dtype=float), int(data["batches"][1])
    for group in range(3):
        others = [10 - (g == group) for g in range(3)]
        slope = 0.0
        for counts in itertools.product(*(range(k + 1) for k in others)):
            ways = math.prod(math.comb(k, c) for k, c in zip(others, counts, strict=True))
            chance = ways / (30 * math.comb(29, sum(counts)))
            full = np.array(counts) + (np.arange(3) == group)
            slope += chance * (10 * table[:, group] / (1 + top * table @ full) ** 2).sum()
        assert slope > images.LARGEST_COST


def test_simulated_contributions_by_a_plain_loop():
    data = DATA_SETS["FashionMNIST"]
    instance = images.drawn(data, np.random.default_rng(2))
    game = sharing_game(instance)
    weights = weights_of(data)
    found = images.simulated(instance, "none", "all move", 0)
    s = np.zeros(30)
    for _ in range(images.STEPS):
        slope = np.diag(weights) / (1 + weights @ s) ** 2 - game.costs.rate
        s = np.clip(s + images.STEP_SIZE * slope, 0, np.minimum(game.capacity, 100))
    assert found.metrics["total_data"] == pytest.approx(s.sum(), rel=1e-10)
    wanted = (np.sqrt(np.diag(weights) / game.costs.rate) - 1 - weights @ s) / np.diag(weights)
    best = np.clip(s + wanted, 0, game.capacity)
    moved = 1 / (1 + weights @ s) - 1 / (1 + weights @ s + np.diag(weights) * (best - s))
    gain = moved - game.costs.rate * (best - s)
    assert found.regret == pytest.approx(gain.max(), rel=1e-9)
    assert gain.max() > 0.05


def test_the_table_s_verdicts_on_a_small_run(monkeypatch, tmp_path):
    monkeypatch.setattr(images, "TABLE_DRAWS", 2)
    monkeypatch.setattr(images, "SIMULATED_DRAWS", 1)
    simulated, first = images.simulated, []

    def once_as_described(game, name, how, seed):
        """Simulate as described for one data set; equilibria stand for what is not looked at."""
        if how == "described":
            first.append(name)
            if len(first) > len(images.MECHANISMS):
                return solve(game, name)
        return simulated(game, name, how, seed)

    monkeypatch.setattr(images, "simulated", once_as_described)
    found = ITEMS["murhekar2025/table1"].recompute()
    assert next(iter(DATA_SETS)) == "MNIST"  # simulated as described, see above
    rows = {(row.what, row.note.partition(";")[0]): row for row in found.rows}
    for name, data in DATA_SETS.items():
        row = next(r for r in found.rows if r.what == f"{name}: data share at equilibrium, %")
        assert row.agrees is False
        assert row.recomputed.endswith("/ 100.0")
        after = f"{name}: data share after 1000 steps, %"
        assert rows[after, images.DYNAMICS[data["closest"]][-1]].agrees
    assert (
        rows["MNIST: data share after 1000 steps, %", images.DYNAMICS["described"][-1]].agrees
        is False
    )
    assert len(write_reproduction(found, tmp_path)) == 2


# Theorem 4.8


@pytest.mark.parametrize("family", ITEMS["murhekar2025/theorem-4-8"].printed)
@pytest.mark.parametrize("seed", range(2))
def test_no_larger_contributions_have_more_welfare_by_a_general_solver(family, seed):
    random = np.random.default_rng(seed)
    instance = paper.substitutes(family, random)
    game = sharing_game(instance)
    s = potential_equilibrium(game, Monitor()).contributions
    best = max(
        -scipy.optimize.minimize(
            lambda x: -game.welfare(x),
            s + random.uniform(0, 1, game.size) * (game.capacity - s),
            method="L-BFGS-B",
            bounds=list(zip(s, game.capacity, strict=True)),
        ).fun
        for _ in range(3)
    )
    assert best <= game.welfare(s) + 1e-9
    assert paper.larger_contributions(instance, random)[0] <= 1e-9


@pytest.mark.parametrize("family", ITEMS["murhekar2025/theorem-4-8"].printed)
def test_cross_derivatives_of_these_payoffs_are_not_positive(family):
    game = sharing_game(paper.substitutes(family, np.random.default_rng(7)))
    s, step = np.full(game.size, 0.7), 1e-4
    total = game.total_benefit
    for i, j in itertools.combinations(range(game.size), 2):
        e, f = step * np.eye(game.size)[i], step * np.eye(game.size)[j]
        mixed = total(s + e + f) - total(s + e - f) - total(s - e + f) + total(s - e - f)
        assert mixed <= 1e-12


def test_the_counterexample_with_complementary_data_by_brute_force():
    def total(s, t):
        return 2 * (1 - 1 / (1 + math.sqrt(s * t)))

    def utility(x):
        # Shapley share of agent 1 from its definition, other contribution 1.
        phi = (total(x, 1) - total(0, 1) + total(x, 0)) / 2
        return phi - x * x / 16

    grid = np.linspace(0, 20, 200_001)
    assert max(map(utility, grid)) <= utility(1.0) + 1e-12
    welfare = [total(s, s) - 2 * s * s / 16 for s in (1.0, 1.5)]
    assert welfare == pytest.approx([7 / 8, 147 / 160])
    assert float(paper.complements_welfare(Fraction(3, 2))) == pytest.approx(welfare[1])
    # Concave: no chord lies above the payoff.
    random = np.random.default_rng(0)
    ends = random.uniform(0, 5, (2000, 2, 2))
    for one, two in ends:
        middle = (one + two) / 2
        assert total(*middle) >= (total(*one) + total(*two)) / 2 - 1e-12

    def mixed(x, step=1e-4):
        high, low = x + step, x - step
        return total(high, high) - 2 * total(high, low) + total(low, low)

    # The cross derivative of A at s_1 = s_2 = g is (1 - g) / (2 g (1 + g)^3).
    assert mixed(0.1) > 0
    assert mixed(0.5) / (4 * 1e-8) == pytest.approx(0.5 / 1.5**3, rel=1e-4)


def test_theorem_4_8_fails_only_for_complementary_data():
    assert agreement(recomputed("murhekar2025/theorem-4-8")) == [True, True, False, False]


# Theorem 4.9


def gains_by_enumeration(game):
    """Return data and accuracy gain from first-order conditions and all coalitions."""
    n, top = len(game.rates), 1e9 if game.capacity is None else game.capacity
    steep = game.scale * game.exponent

    def slope(total):
        return steep * (1 + total) ** (-1 - game.exponent)

    least = min(game.rates)
    reached = max((steep / least) ** (1 / (1 + game.exponent)) - 1, 0.0)
    s = np.zeros(n)
    orders = list(itertools.permutations(range(n)))
    for _ in range(400):
        before = s.copy()
        for i in range(n):
            sums = [s[list(order[: order.index(i)])].sum() for order in orders]
            sums = np.array(sums)

            def own(x, i=i, sums=sums):
                return n * slope(sums + x).mean() - game.rates[i]

            if own(0.0) <= 0:
                s[i] = 0.0
            elif own(top) >= 0:
                s[i] = top
            else:
                s[i] = scipy.optimize.brentq(own, 0.0, top, xtol=1e-13)
        if np.abs(s - before).max() < 1e-12:
            break

    def accurate(total):
        return 1 - game.scale * (1 + total) ** -game.exponent

    return (reached, s.sum()), (accurate(reached), accurate(s.sum()))


@pytest.mark.parametrize("seed", range(4))
def test_gains_by_all_coalitions(seed):
    random = np.random.default_rng(seed)
    rates = tuple(random.uniform(0.02, 0.3, 3).tolist())
    game = paper.Alike(rates, 0.8, float(random.uniform(0.4, 1)))
    totals, accuracies = gains_by_enumeration(game)
    *gains, found_totals, found_accuracies = game.gains()
    assert found_totals == pytest.approx(totals, rel=1e-8)
    assert found_accuracies == pytest.approx(accuracies, rel=1e-8)
    assert all(gain >= bound for gain, bound in zip(gains, game.bounds(), strict=True))


@pytest.mark.parametrize("game", [paper.CAPPED, paper.IDLE, paper.STEEP])
def test_counterexamples_by_all_coalitions(game):
    totals, accuracies = gains_by_enumeration(game)
    *_, found_totals, found_accuracies = game.gains()
    assert found_totals == pytest.approx(totals, rel=1e-8)
    assert found_accuracies == pytest.approx(accuracies, rel=1e-8)
    data_bound, accuracy_bound = game.bounds()
    data_fails = totals[0] > 0 and totals[1] / totals[0] < data_bound
    assert data_fails or accuracies[1] / accuracies[0] < accuracy_bound


def test_theorem_4_9_fails_only_outside_its_hypotheses():
    found = recomputed("murhekar2025/theorem-4-9")
    assert agreement(found) == [True, True, False, False, False]


# Lemma 4.6


def test_one_way_help_by_hand():
    # phi_1 = 1/2 [a_1(s_1, 0) + a_1(s) - a_1(0, s_2)]; agent 2's data count in both a's.
    def conditions(s):
        x, y = s
        first = ((1 + x) ** -2 + (1 + x + y) ** -2) / 2 - 0.1
        second = (1 + y) ** -2 + ((1 + y) ** -2 + (1 + x + y) ** -2) / 2 - 0.05
        return [first, second]

    x, y = scipy.optimize.fsolve(conditions, [1.0, 4.0], xtol=1e-14)
    if x < 0:
        pytest.fail("agent 1 contributes in this game")
    phi = (accuracy(x) + accuracy(x + y) - accuracy(y)) / 2
    found = solve(paper.one_way_help(), "shapley")
    np.testing.assert_allclose(found.contributions, [x, y], atol=1e-8)
    assert found.utilities[0] == pytest.approx(phi - 0.1 * x, abs=1e-9)
    assert found.utilities[0] == pytest.approx(0.167277, abs=5e-7)
    assert found.standalone["utilities"][0] == pytest.approx((1 - math.sqrt(0.1)) ** 2)
    assert (1 - math.sqrt(0.1)) ** 2 == pytest.approx(0.467544, abs=5e-7)


def test_lemma_4_6_holds_without_fixed_costs_only():
    found = recomputed("murhekar2025/lemma-4-6")
    assert agreement(found) == [True, False, None, False]
    # Example 4 leaves agent 2 with 0.303287.
    assert found.rows[1].recomputed == f"u_2 = {0.303287 - paper.FIXED:.6f}"
