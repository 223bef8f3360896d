"""`equilibria`: proofs that there is one equilibrium only, continua, lists; false claims fail."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.certificate.numbers import EXACT, INTERVALS
from mdsolve.certificate.uniqueness.matrices import strictly_monotone
from tests.certificate.shapley.plain_games import EXAMPLE_4, TWO, check, claim, sharing

EXAMPLE_3 = [np.sqrt(10) - 1, 0.0]
THRESHOLD = {"family": "threshold-power", "threshold": 1, "exponent": "1/2"}
TIED = sharing({"family": "power"}, [{"cost": 0.1}, {"cost": 0.1}, {"cost": 0.25}])
"""Two agents share sqrt(10) - 1 in any way."""

TOTAL = float(np.sqrt(10) - 1)


def says(data, mechanism, s, stated, *, options=None, arithmetic="auto", **more):
    solution = {**claim(mechanism, s, **(options or {})), "equilibria": stated, **more}
    return check(data, solution, "equilibria", arithmetic=arithmetic)


@pytest.mark.parametrize("arithmetic", ["exact", "enclosure", "float"])
@pytest.mark.parametrize(
    ("mechanism", "s", "options"),
    [
        ("none", EXAMPLE_3, {}),
        ("shapley", EXAMPLE_4, {}),
        ("shapley", EXAMPLE_4, {"index": "shapley"}),
    ],
)
def test_the_published_examples_have_one_equilibrium(mechanism, s, options, arithmetic):
    found = says(TWO, mechanism, s, "unique", options=options, arithmetic=arithmetic)
    assert found.verdict == "pass"
    other = says(TWO, mechanism, s, "continuum", options=options, arithmetic=arithmetic)
    assert other.verdict == "fail"


@pytest.mark.parametrize("split", [(0.5, 0.5), (0.2, 0.8), (1.0, 0.0)])
def test_tied_agents_make_a_continuum(split):
    s = [part * TOTAL for part in split] + [0.0]
    assert says(TIED, "none", s, "continuum").verdict == "pass"
    found = says(TIED, "none", s, "unique")
    assert found.verdict == "fail"
    assert found.witness["agents"] in (["agent-0", "agent-1"], ["agent-1", "agent-0"])
    assert sum(found.witness["other_equilibrium"]) == pytest.approx(sum(split) * TOTAL)


def test_a_tie_is_one_in_exact_fractions():
    """One third and its nearest double differ in the 17th digit: one equilibrium, not many."""
    agents = [{"cost": "1/3"}, {"cost": 0.3333333333333333}]
    data = sharing({"family": "power"}, [{**agent, "value": 9} for agent in agents])
    s = [0.0, float(np.sqrt(27)) - 1]
    assert says(data, "none", s, "continuum").verdict != "pass"
    twice = sharing({"family": "power"}, [{"cost": "1/3", "value": 9}] * 2)
    assert says(twice, "none", s, "continuum").verdict == "pass"


def test_agents_at_their_capacities_are_in_no_tie():
    """Equal costs well below the marginal benefit: everybody gives all, and only that."""
    data = sharing({"family": "power"}, [{"cost": 0.01, "capacity": 2}] * 3)
    assert says(data, "none", [2, 2, 2], "unique").verdict == "pass"
    assert says(data, "none", [2, 2, 2], "continuum").verdict == "fail"


def test_weights_that_prove_nothing_leave_it_open():
    """Rows that cross: data of the others count more than the own."""
    weights = [[1, 3], [3, 1]]
    data = sharing({"family": "power", "weights": weights}, [{"cost": 0.1}, {"cost": 0.1}])
    s = [float(np.sqrt(10) - 1), 0.0]
    assert check(data, claim("none", s), "nash").verdict == "pass"
    found = says(data, "none", s, "unique")
    assert found.verdict == "not-checked"
    assert "positive definite" in found.detail
    swapped = says(data, "none", s, [TOTAL, TOTAL], equilibrium_profiles=[s, s[::-1]])
    assert swapped.verdict == "pass"


@pytest.mark.parametrize("arithmetic", ["auto", "enclosure", "exact"])
def test_below_a_threshold_nothing_may_be_an_equilibrium_too(arithmetic):
    """v(m) = 1 - m^-1/2 from 1 on: at cost .1 both totals exist, at .02 only the larger one."""
    dear = sharing(THRESHOLD, [{"cost": 0.22}] * 3)
    solution = md.solve(md.parse(dear), "none")
    totals = [float(x) for x in solution.equilibria]
    assert totals[0] == 0.0
    s = solution.contributions
    assert says(dear, "none", s, totals, arithmetic=arithmetic).verdict in ("pass", "not-checked")
    assert says(dear, "none", s, totals).verdict == "pass"
    found = says(dear, "none", s, "unique")
    assert found.verdict == "fail"
    cheap = sharing(THRESHOLD, [{"cost": 0.02}, {"cost": 0.03}])
    s = md.solve(md.parse(cheap), "none").contributions
    assert says(cheap, "none", s, "unique").verdict == "pass"
    assert says(cheap, "none", s, [0.0, float(s.sum())]).verdict == "fail"
    idle = sharing(THRESHOLD, [{"cost": 5}, {"cost": 6}])
    assert says(idle, "none", [0, 0], "unique").verdict == "pass"


def test_lists_need_a_profile_for_every_total():
    s = [0.25 * TOTAL, 0.75 * TOTAL, 0.0]
    assert says(TIED, "none", s, [TOTAL]).verdict == "pass"
    assert says(TIED, "none", s, [TOTAL + 1e-5]).verdict == "not-checked"
    other = [0.5 * TOTAL, 0.5 * TOTAL, 0.0]
    both = says(TIED, "none", s, [TOTAL, TOTAL], equilibrium_profiles=[s, other])
    assert both.verdict == "pass"
    wrong = [0.5 * TOTAL, 0.4 * TOTAL, 0.1 * TOTAL]
    worse = says(TIED, "none", s, [TOTAL, TOTAL], equilibrium_profiles=[s, wrong])
    assert worse.verdict == "fail"
    off = says(TIED, "none", s, [TOTAL, 2 * TOTAL], equilibrium_profiles=[s, other])
    assert off.verdict == "fail"
    short = says(TIED, "none", s, [TOTAL, TOTAL], equilibrium_profiles=[s])
    assert short.verdict == "fail"


@pytest.mark.parametrize("stated", [[], "one", 3, [[1]], ["much"], {"totals": [1]}])
def test_what_is_no_statement_fails(stated):
    s = [TOTAL, 0.0, 0.0]
    assert says(TIED, "none", s, stated).verdict == "fail"


def test_totals_beside_are_looked_at_too():
    s = [TOTAL, 0.0, 0.0]
    right = says(TIED, "none", s, "continuum", equilibrium_totals=[TOTAL])
    assert right.verdict == "pass"
    wrong = says(TIED, "none", s, "continuum", equilibrium_totals=[1.0])
    assert wrong.verdict == "not-checked"


def test_nothing_stated_is_nothing_checked():
    found = check(TIED, claim("none", [TOTAL, 0, 0]), "equilibria")
    assert (found.verdict, found.claimed) == ("not-checked", False)
    assert says(TIED, "none", [TOTAL, 0, 0], "unknown").verdict == "pass"


def test_kinks_of_measured_curves_hold_many_splits():
    curve = {"family": "curve", "points": [[0, 0], [2, 0.5], [5, 0.8], [20, 0.9]]}
    data = sharing(curve, [{"cost": 0.11}, {"cost": 0.12}])
    for s in ([2.0, 0.0], [0.5, 1.5]):
        assert check(data, claim("none", s), "nash").verdict in ("pass", "fail")
    s = md.solve(md.parse(data), "none").contributions
    total = float(s.sum())
    assert total == pytest.approx(2) or total == pytest.approx(5)
    assert says(data, "none", s, "continuum").verdict == "pass"
    assert says(data, "none", s, "unique").verdict == "fail"


def test_costs_with_kinks_have_no_tie_at_them():
    bent = {"family": "piecewise-linear", "points": [[0, 0], [1, 0.01], [6, 1]]}
    data = sharing({"family": "power"}, [{"cost": bent}, {"cost": bent}])
    s = md.solve(md.parse(data), "none").contributions
    np.testing.assert_allclose(s, [1, 1])
    assert says(data, "none", s, "unique").verdict == "pass"
    flat = {"family": "piecewise-linear", "points": [[0, 0], [3, 0.3], [6, 3]]}
    data = sharing({"family": "power"}, [{"cost": flat}, {"cost": flat}])
    s = md.solve(md.parse(data), "none").contributions
    assert says(data, "none", s, "continuum").verdict == "pass"


class TestBudgets:
    agents = (
        {"cost": 2, "value": 2500, "budget": 30},
        {"cost": 2.5, "value": 2400, "budget": 25},
        {"cost": 5, "value": 4000, "budget": 400},
        {"cost": 7, "value": 1500, "budget": 250},
    )
    data = sharing({"family": "power"}, agents)

    def test_budgets_that_only_own_costs_draw_on_are_capacities(self):
        s = md.solve(md.parse(self.data), "none").contributions
        assert says(self.data, "none", s, "unique").verdict == "pass"

    def test_coupled_budgets(self):
        options = {"beta": "1/4"}
        s = md.solve(md.parse(self.data), "budget-balanced", options=options).contributions
        found = says(self.data, "budget-balanced", s, "unique", options=options)
        assert found.verdict == "pass"
        tied = sharing({"family": "power"}, [self.agents[0], self.agents[0], *self.agents[1:]])
        s = md.solve(md.parse(tied), "budget-balanced", options=options).contributions
        found = says(tied, "budget-balanced", s, "unique", options=options)
        assert found.verdict != "pass"


def test_shapley_needs_data_that_help_strictly():
    agents = [{"cost": 0.1, "capacity": 3}, {"cost": 0.2, "capacity": 3}]
    weights = {"family": "power", "weights": [[0, 1], [0, 1]]}
    data = sharing(weights, agents)
    s = md.solve(md.parse(data), "shapley").contributions
    found = says(data, "shapley", s, "unique")
    assert found.verdict == "not-checked"
    assert "agent-0" in found.detail
    coverage = {"family": "coverage", "distributions": [[0.5, 0], [0, 0.2]]}
    data = sharing(coverage, agents)
    s = md.solve(md.parse(data), "shapley").contributions
    assert says(data, "shapley", s, "unique").verdict == "pass"


def test_positive_definite_tables():
    """Against eigenvalues; a table whose least eigenvalue is 0 is never accepted."""
    generator = np.random.default_rng(2)
    for _ in range(50):
        n = int(generator.integers(1, 6))
        table = generator.uniform(0, 1, (n, n)).round(3) + np.eye(n) * generator.uniform(0, 2)
        for arithmetic in (EXACT, INTERVALS):
            found = strictly_monotone(arithmetic, arithmetic.written(table))
            if found is None:
                continue
            symmetric = found.diagonal[:, None] * table
            true = np.linalg.eigvalsh(symmetric + symmetric.T)[0]
            assert 0 < found.least <= true
        if np.linalg.eigvalsh(table + table.T)[0] > 1e-6:
            assert strictly_monotone(INTERVALS, INTERVALS.written(table)) is not None
    assert strictly_monotone(EXACT, EXACT.written([[1, 1], [1, 1]])) is None
    assert strictly_monotone(EXACT, EXACT.written([[1, 0.9], [1.1, 1]])) is not None
    assert strictly_monotone(EXACT, EXACT.written([[0, 1], [1, 2]])) is None


def equilibria_found(data, mechanism, starts):
    """Return where best responses of a small power game come to rest, from several starts."""
    agents, n = data["agents"], len(data["agents"])
    weights = np.array(data["accuracy"].get("weights", np.ones((n, n))), dtype=float)
    caps = [agent["capacity"] for agent in agents]
    found = []
    for start in starts:
        s = np.array(start, dtype=float)
        for _ in range(400):
            before = s.copy()
            for k, agent in enumerate(agents):
                others = weights[k] @ s - weights[k, k] * s[k]
                best = (weights[k, k] / agent["cost"]) ** 0.5 - 1 - others
                s[k] = min(max(best / weights[k, k], 0.0), caps[k])
            if np.abs(s - before).max() < 1e-13:
                found.append(s)
                break
    assert mechanism == "none"
    return found


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_no_second_equilibrium_where_uniqueness_is_proved(data):
    n = data.draw(st.integers(2, 4))
    costs = st.sampled_from([0.02, 0.03, 0.05, 0.1])
    agents = [{"cost": data.draw(costs), "capacity": 6} for _ in range(n)]
    weight = st.sampled_from([0.0, 0.3, 0.9, 1.0, 1.5])
    table = [[1.0 if i == j else data.draw(weight) for j in range(n)] for i in range(n)]
    game = sharing({"family": "power", "weights": table}, agents)
    starts = [[0] * n, [6] * n] + [[6 if i == j else 0 for j in range(n)] for i in range(n)]
    rests = equilibria_found(game, "none", starts)
    if not rests:
        return
    s = rests[0]
    if check(game, claim("none", s), "nash").verdict != "pass":
        return
    found = says(game, "none", s, "unique")
    apart = max(np.abs(s - other).max() for other in rests)
    if apart > 1e-6:
        assert found.verdict != "pass"
    if found.verdict == "pass":
        assert says(game, "none", s, "continuum").verdict != "pass"


def test_the_oracle_finds_what_the_equations_say():
    """The search of the test above against a root finder."""
    game = sharing(
        {"family": "power", "weights": [[1, 0.3], [0.9, 1]]},
        [{"cost": 0.02, "capacity": 60}, {"cost": 0.05, "capacity": 60}],
    )
    (s,) = equilibria_found(game, "none", [[1, 1]])
    root = scipy.optimize.fsolve(
        lambda x: [
            (1 + x[0] + 0.3 * x[1]) ** -2 - 0.02,
            (1 + 0.9 * x[0] + x[1]) ** -2 - 0.05,
        ],
        [5, 1],
    )
    inside = bool(np.all(root > 0))
    if inside:
        np.testing.assert_allclose(s, root)
