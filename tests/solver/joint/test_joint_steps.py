"""Step sizes: constants against matrices of second derivatives, bounds against the inequality."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse
from mdsolve.progress import Monitor
from mdsolve.solver.iterate import Ending
from mdsolve.solver.joint.constants import Constants, Region, constants
from mdsolve.solver.joint.dynamics import Motion, follow
from mdsolve.solver.joint.steps import argument_bounds, chosen_steps, contraction, published_bounds
from tests.solver.joint.joint_games import EXAMPLE1, games, mean_accuracy, two_targets, utilities


def derivatives(data, w, s, h=1e-3):
    """Return (G, G~, H, H~) of [D25] (5), H~ with 1/n, by central differences of the formula."""
    n, m = len(s), len(w)
    ds, dw = h * np.eye(n), h * np.eye(m)

    def own_slope(i, w, s):
        return (utilities(data, w, s + ds[i])[i] - utilities(data, w, s - ds[i])[i]) / (2 * h)

    def model_slope(k, w, s):
        rise = mean_accuracy(data, w + dw[k], s) - mean_accuracy(data, w - dw[k], s)
        return rise / (2 * h)

    def table(slope, rows, steps, of_model):
        found = np.empty((rows, len(steps)))
        for i in range(rows):
            for j, step in enumerate(steps):
                up, down = (
                    ((w + step, s), (w - step, s)) if of_model else ((w, s + step), (w, s - step))
                )
                found[i, j] = (slope(i, *up) - slope(i, *down)) / (2 * h)
        return found

    return (
        table(own_slope, n, ds, False),
        table(model_slope, m, dw, True),
        table(own_slope, n, dw, True),
        table(model_slope, m, ds, False),
    )


@settings(max_examples=20, deadline=None)
@given(
    games(platform=st.sampled_from([2, 5])),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.1, 1.0]),
)
def test_constants_hold_at_every_point(data, seed, reach):
    game, random = sharing_game(parse(data)), np.random.default_rng(seed)
    fit = game.learning
    radius = reach * random.uniform(0, 1, fit.parameters)
    c = constants(Region(game, radius))
    n, m = game.size, fit.parameters
    for _ in range(6):
        corner = random.integers(0, 2, n) * game.capacity
        s = corner if random.uniform() < 0.5 else random.uniform(0, 1, n) * game.capacity
        w = fit.optimum + random.uniform(-1, 1, m) * radius
        if random.uniform() < 0.5:
            w = fit.optimum + np.sign(random.uniform(-1, 1, m)) * radius
        own, model, across, back = derivatives(data, w, s)
        noise = 1e-5 * max(1, np.abs(own).max())
        assert c.strength <= -np.linalg.eigvalsh((own + own.T) / 2)[-1] + noise
        assert np.abs(own).max() <= c.largest + noise
        assert np.linalg.norm(own, 2) <= c.norm + noise
        assert np.linalg.norm(across, 2) <= c.coupling + noise
        assert np.linalg.norm(back, 2) <= c.model_coupling + noise
        values = -np.diagonal(model)
        assert c.model_strength - noise <= values.min() <= values.max() <= c.model_largest + noise
        np.testing.assert_allclose(model, np.diag(np.diagonal(model)), atol=noise)


def test_constants_of_a_common_target_are_attained():
    agents = [
        {
            "name": str(k),
            "cost": {"family": "quadratic", "rate": 0.1, "curvature": 0.2},
            "capacity": 3,
        }
        for k in range(3)
    ]
    accuracy = {"family": "quadratic-fit", "target": [1, 2], "noise": 1}
    data = {"kind": "sharing", "agents": agents, "accuracy": accuracy, "platform_data": 4}
    c = constants(Region(sharing_game(parse(data)), np.array([0.3, 0.4])))
    near = derivatives(data, np.array([1.3, 2.4]), np.zeros(3))
    assert c.strength == pytest.approx(0.2)
    assert c.strength == pytest.approx(-np.linalg.eigvalsh(near[0])[-1], abs=1e-6)
    assert c.largest == pytest.approx(np.abs(near[0]).max(), rel=1e-5)
    assert c.coupling == pytest.approx(np.linalg.norm(near[2], 2), rel=1e-5)
    assert c.model_coupling == pytest.approx(np.linalg.norm(near[3], 2), rel=1e-5)
    assert c.printed().model_coupling == pytest.approx(3 * c.model_coupling)
    far = derivatives(data, np.array([1.0, 2.0]), np.full(3, 3.0))
    assert c.model_strength == pytest.approx(
        -far[1].max(where=np.eye(2, dtype=bool), initial=-9), rel=1e-5
    )


assumed = st.builds(
    lambda strength, over, share, n: Constants(
        strength, strength * over, 0.1, n * strength * over, 1.0, 1.0, share * strength, n, 1
    ),
    st.floats(0.01, 5),
    st.floats(1, 4),
    st.floats(0, 0.99),
    st.integers(2, 6),
)


def first_at_one(c):
    """Return the step from which on W_1 < 1 fails, by bisection on the inequality itself."""

    def short(g):
        n_l = c.agents * c.largest
        return np.sqrt(1 + (g * n_l) ** 2 - 2 * g * c.strength) + g * c.model_coupling < 1

    low, high = 0.0, 4 / c.strength
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if short(middle) else (low, middle)
    return low


@settings(max_examples=100, deadline=None)
@given(assumed)
def test_the_published_bound_is_sufficient_and_at_most_half_of_what_its_argument_allows(c):
    published, exact = published_bounds(c)[0], argument_bounds(c)[0]
    assert exact == pytest.approx(first_at_one(c), rel=1e-6, abs=1e-9)
    assert 0 < published <= exact / 2 * (1 + 1e-12)


@settings(max_examples=50, deadline=None)
@given(assumed, st.floats(1, 3), st.floats(1e-6, 2))
def test_no_step_is_admissible_where_lambda_is_at_most_p(c, factor, step):
    worse = Constants(**{**vars(c), "model_coupling": factor * c.strength})
    assert published_bounds(worse)[0] == argument_bounds(worse)[0] == 0
    n_l = worse.agents * worse.largest
    first = np.sqrt(1 + (step * n_l) ** 2 - 2 * step * worse.strength)
    assert first + step * worse.model_coupling >= 1


@pytest.mark.parametrize("seed", range(4))
def test_proved_steps_bring_any_two_paths_together_at_the_proved_rate(seed):
    game, w = two_targets()
    c = constants(Region(game, np.abs(w - game.learning.optimum)))
    found = contraction(c)
    assert found.rate < 1
    a = np.sqrt(1 - 2 * found.gamma * c.strength + (found.gamma * c.norm) ** 2)
    b = max(abs(1 - found.eta * x) for x in (c.model_strength, c.model_largest))
    table = np.array([[a, found.gamma * c.coupling], [found.eta * c.model_coupling, b]])
    values, vectors = np.linalg.eig(table.T)
    weights = np.abs(vectors[:, np.argmax(values)])
    assert values.max() == pytest.approx(found.rate)
    random = np.random.default_rng(seed)
    pair = [(random.uniform(0, 10, 2), np.array([x])) for x in random.uniform(0.95, 1.05, 2)]
    away = np.inf
    for _ in range(50):
        (s, v), (t, u) = pair
        near = weights @ [np.linalg.norm(s - t), np.linalg.norm(v - u)]
        assert near <= found.rate * away + 1e-12
        away = near
        paths = [
            follow(game, *state, Motion(found.gamma, found.eta), 1, Monitor()) for state in pair
        ]
        pair = [(path.contributions, path.parameters) for path in paths]


def test_rules_and_reasons():
    game, w = two_targets()
    region = Region(game, np.abs(w - 1))
    safe = chosen_steps(region, "auto", "auto")
    assert safe.rate < 1
    assert safe.witness is None
    assert chosen_steps(region, 0.3, "auto").rate is None
    none = chosen_steps(region, "published", "published")
    assert none.witness["reason"] == "no-admissible-step"
    assert "lambda = " in none.reason
    wide = chosen_steps(Region(game, np.array([1.0])), "auto", "auto")
    assert wide.witness is not None
    assert "P P~" in wide.reason
    endless = chosen_steps(Region(sharing_game(parse(EXAMPLE1)), np.array([1.0, 1.0])), "auto", 1)
    assert "without bound" in endless.reason
    agents = [{"name": "A", "cost": {"family": "power", "rate": 1, "exponent": 1.5}, "capacity": 1}]
    accuracy = {"family": "quadratic-fit", "target": [1]}
    data = {"kind": "sharing", "agents": agents, "accuracy": accuracy, "platform_data": 1}
    with pytest.raises(UnsupportedError, match="bends without bound"):
        chosen_steps(Region(sharing_game(parse(data)), np.array([1.0])), "auto", "auto")


def test_published_steps_are_used_where_they_exist_and_rest_at_the_equilibrium():
    agents = [
        {"name": str(k), "cost": {"family": "quadratic", "rate": 0, "curvature": 1}, "capacity": 2}
        for k in range(2)
    ]
    accuracy = {"family": "quadratic-fit", "target": [1], "noise": 1}
    data = {"kind": "sharing", "agents": agents, "accuracy": accuracy, "platform_data": 2}
    game = sharing_game(parse(data))
    w = np.array([1.1])
    found = chosen_steps(Region(game, np.abs(w - 1)), "published", "published")
    assert found.witness is None
    bounds = found.bounds
    assert found.gamma < bounds["published"][0] < bounds["published_with_mean"][0]
    assert 2 * bounds["published_with_mean"][0] <= bounds["argument"][0] * (1 + 1e-12)
    path = follow(game, np.ones(2), w, Motion(found.gamma, found.eta), 10_000, Monitor())
    assert path.ending is Ending.RESTED
