"""Best-response dynamics: a loop written out, the rates of theory, the equilibria of solvers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solver.equilibrium.box_newton import BoxNewton
from mdsolve.solver.equilibrium.dynamics import RECORDS, simulate_dynamics
from mdsolve.solver.equilibrium.potential import potential_equilibrium
from mdsolve.solver.equilibrium.stakes import AccuracyStakes, ShapleyStakes
from mdsolve.solver.equilibrium.strong_concavity import StrongConcavity, strong_concavity
from mdsolve.solver.iterate import iterate
from tests.work import counted

COSTS = [
    {"family": "quadratic", "rate": 0.05, "curvature": 0.3},
    {"family": "quadratic", "rate": 0.1, "curvature": 0.4},
    {"family": "quadratic", "rate": 0.02, "curvature": 0.5},
]
CURVED = {
    "kind": "sharing",
    "agents": [{"name": name, "cost": COSTS[k], "capacity": 3} for k, name in enumerate("ABC")],
    "accuracy": {"family": "power", "weights": [[1, 0.4, 0.1], [0.2, 0.9, 0.5], [0.3, 0.1, 0.7]]},
}
COVERAGE = {**CURVED, "accuracy": {"family": "coverage", "distributions": [[0.5, 0.2, 0.1]] * 3}}
PLAIN = {
    "kind": "sharing",
    "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}],
    "accuracy": {"family": "power"},
}


def stakes_of(data, rule="none"):
    game = sharing_game(md.parse(data))
    kind = ShapleyStakes if rule == "shapley" else AccuracyStakes
    return kind(game, game.costs)


def run(stakes, step_size, steps=1000, movers=None, **more):
    game = stakes.game
    start = more.pop("start", game.nothing())
    top = more.pop("top", game.capacity)
    movers = game.size if movers is None else movers
    return simulate_dynamics(
        stakes, start, top, step_size, steps=steps, agents_per_step=movers, **more
    )


def equilibrium(stakes):
    game = stakes.game
    if isinstance(stakes, ShapleyStakes):
        return potential_equilibrium(game, Monitor()).contributions
    newton = iterate(BoxNewton(stakes, game.nothing()), Monitor())
    assert newton.rested
    return newton.contributions


def test_the_update_written_out():
    path = run(stakes_of(PLAIN), 0.7, steps=25)
    s = np.zeros(2)
    for k in range(25):
        np.testing.assert_allclose(path.iterates[k], s, atol=1e-14)
        s = np.maximum(0.0, s + 0.7 * (1 / (1 + s.sum()) ** 2 - np.array([0.1, 0.25])))
    np.testing.assert_allclose(path.contributions, s, atol=1e-14)
    assert path.kept.tolist() == list(range(26))


@pytest.mark.parametrize("rule", ["none", "shapley"])
@pytest.mark.parametrize("data", [CURVED, COVERAGE])
def test_convergence_is_at_least_as_fast_as_proved(data, rule):
    stakes = stakes_of(data, rule)
    proved = strong_concavity(stakes, stakes.game.capacity)
    assert isinstance(proved, StrongConcavity)
    goal = equilibrium(stakes)
    for factor in (0.5, 1.0, 1.9):
        step = factor * proved.safe_step
        rate = np.sqrt(1 - proved.progress(step))
        assert rate < 1
        path = run(stakes, step, steps=400)
        away = np.linalg.norm(path.iterates - goal, axis=1)
        assert np.all(away[1:] <= rate * away[:-1] * (1 + 1e-9))
        norms = path.gradient_norms
        assert np.all(norms[1:] <= rate * norms[:-1] * (1 + 1e-9))
        bound = rate**path.kept
        assert np.all(away <= bound * away[0] * (1 + 1e-9))


@pytest.mark.parametrize("rule", ["none", "shapley"])
def test_a_larger_step_comes_to_rest_at_the_equilibrium(rule):
    stakes = stakes_of(CURVED, rule)
    path = run(stakes, 0.8)
    assert path.rested
    assert path.steps < 1000
    np.testing.assert_allclose(path.contributions, equilibrium(stakes), atol=1e-9)


@pytest.mark.parametrize("rule", ["none", "shapley"])
@pytest.mark.parametrize("data", [CURVED, COVERAGE])
def test_the_constants_against_random_profiles(data, rule):
    stakes = stakes_of(data, rule)
    top = stakes.game.capacity
    proved = strong_concavity(stakes, top)
    generator = np.random.default_rng(0)
    profiles = [*generator.uniform(0, 1, (100, 3)) * top, top, 0 * top]
    tables = [stakes.jacobian(s) for s in profiles]
    least = min(float(np.linalg.eigvalsh(-0.5 * (g + g.T))[0]) for g in tables)
    assert 0 < proved.strength <= least + 1e-9
    assert proved.largest >= max(float(np.abs(g).max()) for g in tables) - 1e-9
    assert proved.strength >= 0.2 * least


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_constants_of_random_games(data):
    n = data.draw(st.integers(1, 4))
    numbers = st.floats(0.0, 2.0)
    weights = data.draw(st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=n, max_size=n))
    curvature = data.draw(st.floats(0.01, 3))
    cost = {"family": "quadratic", "rate": 0.1, "curvature": curvature}
    agents = [{"name": f"a{k}", "cost": cost, "capacity": 2 + k} for k in range(n)]
    family = {"family": "power", "weights": weights, "exponent": data.draw(st.floats(0.2, 2))}
    spec = {"kind": "sharing", "agents": agents, "accuracy": family}
    for rule in ("none", "shapley"):
        stakes = stakes_of(spec, rule)
        proved = strong_concavity(stakes, stakes.game.capacity)
        shares = np.array(data.draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)))
        table = -stakes.jacobian(shares * stakes.game.capacity)
        if isinstance(proved, StrongConcavity):
            assert np.linalg.eigvalsh(0.5 * (table + table.T))[0] >= proved.strength * (1 - 1e-9)
            assert np.abs(table).max() <= proved.largest * (1 + 1e-9)


def test_many_curves_use_a_coarser_bound_that_still_holds():
    n = 14
    generator = np.random.default_rng(1)
    cost = {"family": "quadratic", "rate": 0.1, "curvature": 2.0}
    agents = [{"name": f"a{k}", "cost": cost, "capacity": 1} for k in range(n)]
    weights = (np.eye(n) + 0.1 * generator.uniform(0, 1, (n, n))).tolist()
    stakes = stakes_of(
        {
            "kind": "sharing",
            "agents": agents,
            "accuracy": {"family": "power", "weights": weights},
        }
    )
    proved = strong_concavity(stakes, stakes.game.capacity)
    assert isinstance(proved, StrongConcavity)
    for s in generator.uniform(0, 1, (50, n)):
        table = -stakes.jacobian(s)
        assert np.linalg.eigvalsh(0.5 * (table + table.T))[0] >= proved.strength


@pytest.mark.parametrize(
    ("cost", "family", "rule", "reason"),
    [
        (0.1, {"family": "power"}, "none", "not proved strongly concave"),
        ({"family": "power", "rate": 1, "exponent": 1.5}, {"family": "power"}, "none", "below 2"),
        ({"family": "power", "rate": 1, "exponent": 3}, {"family": "power"}, "none", "above 2"),
        (
            {"family": "piecewise-linear", "points": [[0, 0], [1, 1], [2, 3]]},
            {"family": "power"},
            "none",
            "jump",
        ),
        (0.1, {"family": "pac", "complexity": 2}, "none", "pac"),
        (0.1, {"family": "coverage", "distributions": [[1.0], [0.5]]}, "none", "surely"),
    ],
)
def test_where_no_constants_are_known_the_reason_is(cost, family, rule, reason):
    agents = [{"name": name, "cost": cost} for name in "AB"]
    stakes = stakes_of({"kind": "sharing", "agents": agents, "accuracy": family}, rule)
    found = strong_concavity(stakes, stakes.game.capacity)
    assert isinstance(found, str)
    assert reason in found


def test_a_power_cost_within_a_cap():
    cost = {"family": "power", "rate": 0.5, "exponent": 3}
    agents = [{"name": "A", "cost": cost, "capacity": 2}]
    stakes = stakes_of({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    found = strong_concavity(stakes, stakes.game.capacity)
    assert found.largest == pytest.approx(2 + 0.5 * 6 * 2)
    assert found.strength == pytest.approx(2 / 27)


def test_drawn_agents_follow_the_seed_and_all_agents_need_none():
    stakes = stakes_of(CURVED)
    first, again, other = (run(stakes, 0.1, 50, 2, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.iterates, again.iterates)
    assert np.any(first.iterates != other.iterates)
    assert np.all((np.diff(first.iterates, axis=0) != 0).sum(axis=1) <= 2)
    both = [run(stakes, 0.1, 50, 3, seed=seed).iterates for seed in (3, 4)]
    np.testing.assert_array_equal(*both)


def test_the_mean_square_distance_of_drawn_agents_falls_as_proved():
    stakes = stakes_of(CURVED)
    goal = equilibrium(stakes)
    proved = strong_concavity(stakes, stakes.game.capacity)
    step = proved.safe_step
    steps = 120
    square = 1 - proved.progress(step) / 3
    distances = [
        np.linalg.norm(run(stakes, step, steps, 1, seed=seed).iterates - goal, axis=1) ** 2
        for seed in range(60)
    ]
    mean = np.mean(distances, axis=0)
    assert np.all(mean <= mean[0] * square ** np.arange(steps + 1) * (1 + 1e-9))


def test_contributions_stay_within_the_cap():
    stakes = stakes_of(PLAIN, "shapley")
    top = np.array([1.5, 0.4])
    path = run(stakes, 2.0, top=top, start=top)
    assert np.all(path.iterates <= top)
    assert path.rested
    assert path.contributions.tolist() == top.tolist()


def test_a_step_that_is_too_large_ends_in_a_loop():
    path = run(stakes_of(PLAIN, "shapley"), 10.0)
    assert path.cycle_length == 2
    assert not path.rested
    assert path.steps < 1000
    np.testing.assert_allclose(path.iterates[-1], path.iterates[-3], atol=1e-9)
    assert np.abs(path.iterates[-1] - path.iterates[-2]).max() > 0.1


def test_slow_progress_is_no_loop():
    path = run(stakes_of(PLAIN), 1e-9, steps=300)
    assert path.cycle_length is None
    assert not path.rested


def test_the_equilibrium_is_at_rest_at_once():
    stakes = stakes_of(PLAIN)
    path = run(stakes, 1.0, start=np.array([np.sqrt(10) - 1, 0.0]))
    assert (path.steps, path.rested) == (0, True)


def test_long_runs_keep_evenly_spaced_iterates():
    path = run(stakes_of(PLAIN), 1e-4, steps=10_500)
    assert len(path.kept) <= RECORDS + 1
    assert set(np.diff(path.kept)[:-1].tolist()) == {11}
    assert path.kept[-1] == 10_500
    np.testing.assert_array_equal(path.iterates[-1], path.contributions)


def test_a_time_limit_keeps_what_was_reached():
    def run_out(event):
        if event.done == 9:
            raise StopRequested("the time limit of 1 s was reached")

    path = run(stakes_of(PLAIN), 1e-6, steps=10**7, monitor=Monitor(listener=run_out))
    assert isinstance(path.stop, StopRequested)
    assert path.steps == 9
    assert path.contributions.max() > 0


def test_an_interruption_keeps_what_was_reached():
    def interrupt(event):
        if event.done == 7:
            raise KeyboardInterrupt

    path = run(stakes_of(PLAIN), 1e-3, monitor=Monitor(listener=interrupt))
    assert isinstance(path.stop, KeyboardInterrupt)
    assert path.steps == 7


def test_a_shapley_step_is_the_same_few_calls_for_all_agents():
    table = {"g1": {"g1": 3.1e-3, "g2": 4.7e-4}, "g2": {"g1": 6.7e-4, "g2": 1.9e-3}}
    costs = np.linspace(1e-5, 1e-3, 30)
    agents = [
        {"name": f"a{k}", "cost": float(cost), "capacity": 183, "group": f"g{1 + k % 2}"}
        for k, cost in enumerate(costs)
    ]
    family = {"family": "power", "group_weights": table}
    stakes = stakes_of({"kind": "sharing", "agents": agents, "accuracy": family}, "shapley")
    path, calls = counted(lambda: run(stakes, 10.0, movers=10))
    assert path.steps == 1000
    assert calls < 150 * path.steps


@pytest.mark.parametrize("step_size", [1e-300, 1e300])
def test_absurd_steps_neither_warn_nor_fail(step_size):
    path = run(stakes_of(CURVED), step_size, steps=20)
    assert np.all(path.contributions <= 3)
    assert np.all(np.isfinite(path.gradient_norms))


class Steep(AccuracyStakes):
    """Benefits that rise like square roots."""

    def benefit_slopes(self, s):
        with np.errstate(divide="ignore"):
            return 1 / np.sqrt(s)


def test_an_infinite_slope_is_named_where_nothing_bounds_it():
    game = sharing_game(md.parse(PLAIN))
    stakes = Steep(game, game.costs)
    with pytest.raises(UnsupportedError, match="agent A"):
        run(stakes, 1.0)
    path = run(stakes, 50.0, start=np.ones(2), steps=5000)
    np.testing.assert_allclose(path.contributions, [100, 16], rtol=1e-6)
