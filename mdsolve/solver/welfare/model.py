"""The p-mean welfare program of a sharing game, as solvers see it ([M23] (19)).

In the contributions s alone: maximise M_p(u(s)) subject to b(s) >= 0 and 0 <= s <= capacity, with

    u_i = b_i + value_i f_i(y),  y = w.s + platform data,
    b_i = B_i - own c_i(s_i) - shared sum_j c_j(s_j),
    own = 1 - beta - shared,  shared = beta / (n-1).

b_i and u_i are concave and b_i falls in every s_j, so the program is convex and s = 0 is the point
with the most money left. An agent without a budget has B_i = 0 and no row b_i >= 0: utilities may
then be negative, so only p = 1 has a meaning unless everybody has a budget.

Costs with kinks are split into sources: one per piece, with the piece's rate and length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.errors import Finding, InstanceError, UnsupportedError
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights
from mdsolve.solver.equilibrium.budget_rate import money_left
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

DOUBLINGS = 1000
"""Most doublings, or halvings, of an amount of data that is looked for."""

NAMES_SHOWN = 5
"""Most names in a message."""


@dataclass(frozen=True)
class Sources:
    """Smooth pieces of the agents' costs: agent `owner` contributes s_j at cost c_j(s_j).

    Parameters
    ----------
    owner : (m,) of int
        Agents, non-decreasing.
    costs : Costs
        Of the m sources, without fixed parts and without kinks.
    weight, limit : (m,)
        What one sample adds to y, and the most samples (infinite where there is no limit).
    """

    owner: Indices
    costs: Costs
    weight: Floats
    limit: Floats

    @property
    def size(self) -> int:
        """Number of sources, m."""
        return len(self.owner)


@dataclass(frozen=True)
class WelfareModel:
    """Data and functions of the program.

    Parameters
    ----------
    game : SharingGame
        With common weights.
    p, beta : float
    curve : Curve
        Accuracy as a function of y; smooth, so measured curves are frozen at one of their pieces.
    own, shared : float
        What an agent bears of their own cost beyond `shared`, and of everybody's cost.
    capacity : (n,)
        Samples; 0 for agents who cannot or need not contribute.
    reach : (n,)
        Most samples that capacity and every budget allow.
    spends : (n,) of bool
        Agents with a budget that binds only after something is spent: the rows b_i >= 0 of the
        program.
    sources : Sources
    """

    game: SharingGame
    p: float
    beta: float
    curve: Curve
    own: float
    shared: float
    capacity: Floats
    reach: Floats
    spends: npt.NDArray[np.bool_]
    sources: Sources

    @property
    def positive(self) -> bool:
        """Whether budgets keep all utilities from falling below what accuracies give."""
        return bool(self.game.limited.all())

    @property
    def weights(self) -> Floats:
        """What one sample of each agent adds to y, shape (n,)."""
        accuracy = self.game.accuracy
        assert isinstance(accuracy, WeightedAccuracy)
        assert isinstance(accuracy.weights, CommonWeights)
        return accuracy.weights.vector

    @property
    def platform(self) -> float:
        """Samples the platform brings itself."""
        accuracy = self.game.accuracy
        assert isinstance(accuracy, WeightedAccuracy)
        return accuracy.platform_data

    def amount(self, s: Floats) -> float:
        """Return y, the data everybody's model has seen."""
        return float(self.weights @ s) + self.platform

    def at(self, y: float) -> Floats:
        """Return y once per agent."""
        return np.full(self.game.size, y)

    def money_left(self, s: Floats) -> Floats:
        """Return b(s), in money."""
        return money_left(self.game, self.beta, s)

    def utilities(self, s: Floats) -> Floats:
        """Return u(s), in money, under the true curve of the game."""
        return self.money_left(s) + self.game.benefits(s)

    def slopes(self, y: float) -> Floats:
        """Return value_i f_i'(y), in money per sample."""
        return np.asarray(self.game.value * self.curve.slope(self.at(y)))

    def with_curve(self, curve: Curve) -> WelfareModel:
        """Return the model with another accuracy curve."""
        return replace(self, curve=curve)

    def with_exponent(self, p: float) -> WelfareModel:
        """Return the model with another mean."""
        return replace(self, p=p)

    def spread(self, entries: Floats) -> Floats:
        """Return per-source amounts summed per agent, shape (n,)."""
        return np.asarray(np.bincount(self.sources.owner, entries, self.game.size))


def welfare_model(game: SharingGame, p: float, beta: float) -> WelfareModel:
    """Return the program of a game.

    Raises
    ------
    UnsupportedError
        If accuracy is not a concave function of one total, if p or beta is out of range, if p < 1
        without budgets, or if free data has no limit.
    InstanceError
        If fixed costs alone exceed the budget of some agent.
    """
    _check_options(game, p, beta)
    accuracy = game.accuracy
    assert isinstance(accuracy, WeightedAccuracy)
    assert isinstance(accuracy.weights, CommonWeights)
    share = beta if game.size > 1 and game.budgeted else 0.0
    shared = share / max(1, game.size - 1)
    own = 1 - share - shared
    own = 0.0 if abs(own) <= ROUND_OFF else own
    money = _spendable(game, share)
    reach = np.minimum(game.capacity, contributions_within(game.costs, money))
    # A capacity that the budgets never let anybody use would only blur the active bounds; where
    # nothing may be spent there is no budget row, and what is free is the capacity.
    free_only = money <= game.costs.value(game.nothing())
    capacity = np.where((game.capacity > reach) & ~free_only, np.inf, reach)
    capacity[(accuracy.weights.vector == 0) | (reach == 0)] = 0.0
    spends = game.limited & (money_left(game, share, game.nothing()) > _negligible(game))
    weight = accuracy.weights.vector
    model = WelfareModel(
        game,
        p,
        beta,
        accuracy.curve,
        own,
        shared,
        capacity,
        reach,
        spends,
        _sources(game.costs, weight, capacity),
    )
    _check_bounded(model)
    endless = np.isinf(reach) & np.isinf(capacity)
    if not endless.any():
        return model
    # Whoever gives more than this gains by giving less, so a limit there changes nothing.
    data = 2 * worthwhile(model, endless[model.sources.owner])
    limit = data / np.where(weight > 0, weight, 1.0)
    capacity, reach = np.where(endless, limit, capacity), np.where(endless, limit, reach)
    sources = _sources(game.costs, weight, capacity)
    return replace(model, capacity=capacity, reach=reach, sources=sources)


def _check_options(game: SharingGame, p: float, beta: float) -> None:
    accuracy = game.accuracy
    if not isinstance(accuracy, WeightedAccuracy) or not isinstance(
        accuracy.weights, CommonWeights
    ):
        raise UnsupportedError.single(
            "accuracy",
            f"{accuracy.family}, where agents see different amounts of data",
            "accuracy as a function of one total, the same for everybody",
            "the welfare program of [M23] covers only that case",
        )
    if not accuracy.concave:
        raise UnsupportedError.single(
            "accuracy: family",
            f"{accuracy.family}, which is not concave",
            "a concave family (power, linear, curve)",
            "fit a measured curve to it, which is made concave",
        )
    if game.costs.functions:
        agent, _ = game.costs.functions[0]
        raise UnsupportedError.single(
            f"agent {game.agents[agent]}: cost",
            "a cost that is a function only",
            "a linear, quadratic, power or piecewise-linear cost",
        )
    if math.isnan(p) or p > 1:
        raise UnsupportedError.single("option p", str(p), "a number up to 1, or -inf")
    if not 0 <= beta <= 1:
        raise UnsupportedError.single("option beta", str(beta), "a number from 0 to 1")
    if p != 1 and not game.limited.all():
        raise UnsupportedError.single(
            "option p",
            f"{p}, on agents without budgets: {_names_without_budget(game)}",
            "p = 1, which does not need budgets",
            "give every agent a budget: utilities may be negative without one",
        )
    left = np.where(game.limited, money_left(game, beta, game.nothing()), np.inf)
    short = np.flatnonzero(left < 0)
    if short.size:
        worst = int(short[np.argmin(left[short])])
        raise InstanceError(
            [
                Finding(
                    f"agent {game.agents[worst]}: budget",
                    f"{game.budget[worst]:g}, {-left[worst]:g} less than the fixed costs to be "
                    f"borne at beta = {beta:g}, even if nobody contributes",
                    "a budget that covers them: no contribution is feasible for this agent",
                )
            ]
        )


def _names_without_budget(game: SharingGame) -> str:
    """Return the agents who have no budget, shortened."""
    without = np.flatnonzero(~game.limited)
    names = ", ".join(game.agents[int(k)] for k in without[:NAMES_SHOWN])
    return (
        names if len(without) <= NAMES_SHOWN else f"{names} and {len(without) - NAMES_SHOWN:,} more"
    )


def _negligible(game: SharingGame) -> float:
    """Return the money below which a budget counts as exhausted."""
    return ROUND_OFF * float(game.money.max())


def _spendable(game: SharingGame, share: float) -> Floats:
    """Return the largest cost each agent may have while every budget holds.

    From b_i >= 0: (1-beta) c_i(s_i) <= B_i - (fixed parts of the others), and from b_j >= 0 of the
    others: beta/(n-1) c_i(s_i) <= B_j - (fixed parts but agent i's).
    """
    n = game.size
    left = np.where(game.limited, money_left(game, share, game.nothing()), np.inf)
    left = np.where(left <= _negligible(game), 0.0, left)
    money = left / (1 - share) if share < 1 else np.full(n, np.inf)
    if n > 1 and share > 0:
        lowest = np.partition(left, 1)[:2]
        others = np.where(left > lowest[0], lowest[0], lowest[1])
        with np.errstate(over="ignore"):
            money = np.minimum(money, others * (n - 1) / share)
    return np.asarray(game.costs.value(game.nothing()) + money)


def contributions_within(costs: Costs, money: Floats) -> Floats:
    """Return bounds s_i with c_i(s) > money_i for every s > s_i, tight for each cost family.

    Each term of the cost alone bounds the contribution, since all terms are non-negative.
    """
    extra = np.maximum(money - costs.fixed, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = costs.rate + np.sqrt(costs.rate**2 + 2 * costs.curvature * extra)
        bound = np.where(np.isfinite(root) & (root > 0), 2 * extra / root, np.inf)
        power = (extra / costs.power_rate) ** (1 / costs.power_exponent)
    bound = np.minimum(bound, np.where(costs.power_rate > 0, power, np.inf))
    for agent, piece in costs.pieces:
        rest = money[agent]
        place = int(np.searchsorted(piece.costs, rest, side="right"))
        last = min(max(place, 1), len(piece.slopes)) - 1
        slope = piece.slopes[last]
        flat = piece.samples[last + 1] if last + 1 < len(piece.slopes) else np.inf
        start, paid = piece.samples[last], piece.costs[last]
        bound[agent] = start + max(0.0, rest - paid) / slope if slope > 0 else flat
    return np.asarray(bound)


def _sources(costs: Costs, weight: Floats, capacity: Floats) -> Sources:
    """Return one source per agent who can contribute, one per piece where costs have kinks."""
    pieces = dict(costs.pieces)
    plain = np.flatnonzero((capacity > 0) & ~np.isin(np.arange(len(weight)), list(pieces)))
    owner = [plain]
    limit = [capacity[plain]]
    rate = [costs.rate[plain]]
    for agent, piece in pieces.items():
        ends = np.append(piece.samples[1:-1], np.inf)
        starts = piece.samples[:-1]
        length = np.minimum(ends, capacity[agent]) - starts
        kept = np.flatnonzero(length > 0)
        owner.append(np.full(len(kept), agent))
        limit.append(length[kept])
        rate.append(piece.slopes[kept])
    owners = np.concatenate(owner)
    order = np.argsort(owners, kind="stable")
    rest = np.zeros(len(owners) - len(plain))
    zero = np.zeros(len(owners))
    smooth = Costs(
        zero,
        np.concatenate(rate),
        np.concatenate([costs.curvature[plain], rest]),
        np.concatenate([costs.power_rate[plain], rest]),
        np.concatenate([costs.power_exponent[plain], rest + 1]),
    ).take(order)
    return Sources(owners[order], smooth, weight[owners[order]], np.concatenate(limit)[order])


def _check_bounded(model: WelfareModel) -> None:
    """Refuse programs whose optimum is not attained: data without limit that costs too little."""
    sources = model.sources
    endless = np.isinf(sources.limit)
    if not endless.any():
        return
    far = np.sqrt(np.finfo(float).max)
    with np.errstate(over="ignore"):
        final = sources.costs.slope(np.full(sources.size, far))
    gain = float(model.slopes(far).sum())
    loose = endless & np.isinf(model.reach[sources.owner]) & (final <= sources.weight * gain)
    if loose.any():
        agent = int(sources.owner[np.argmax(loose)])
        raise UnsupportedError.single(
            f"agent {model.game.agents[agent]}",
            "no capacity, and every further sample is worth more than it costs",
            "a bounded optimum",
            "give the agent a capacity or a positive marginal cost",
        )


def worthwhile(model: WelfareModel, endless: npt.NDArray[np.bool_]) -> float:
    """Return an amount of data beyond which no endless source is worth its cost, within a factor 2.

    No source gains by bringing more than that amount alone, y / weight samples.

    Parameters
    ----------
    endless : (m,) of bool
        The sources to look at; where there are none, what all sources can give.
    """
    sources = model.sources
    if not endless.any():
        return float(sources.weight @ sources.limit)

    def too_much(y: float) -> bool:
        gain = float(model.slopes(y + model.platform).sum())
        slope = sources.costs.slope(y / sources.weight)
        return bool(np.all((sources.weight * gain)[endless] <= slope[endless]))

    y = 1.0
    with np.errstate(over="ignore"):
        for _ in range(DOUBLINGS):
            if too_much(y):
                break
            y *= 2
    for _ in range(DOUBLINGS):
        if not too_much(y / 2):
            break
        y /= 2
    return y
