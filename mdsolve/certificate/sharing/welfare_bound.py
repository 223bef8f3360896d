"""An upper bound on the p-mean over all feasible contributions, from two vectors of multipliers."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.welfare_claim import WelfareClaim, money_left
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.p_mean import conjugate_exponent, p_mean
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights

Floats = npt.NDArray[np.float64]

BISECTIONS = 1100
"""Enough halvings to separate any two doubles."""

BACK_OFFS = 60

ROUNDINGS = 16
"""Roundings charged per term of a sum, each of one unit in the last place of the term."""

LARGEST = float(np.finfo(float).max)


def multipliers(claim: WelfareClaim) -> tuple[Floats, Floats] | str:
    """Return weights and budget multipliers to try, or why there are none."""
    n = claim.game.size
    duals = np.zeros(n) if claim.budget_duals is None else np.maximum(claim.budget_duals, 0.0)
    duals = np.where(claim.game.limited, duals, 0.0)
    if claim.p == 1:
        # All weights are equal; the stored ones only say in which unit the multipliers are.
        unit = 1 / n if claim.weights is None else float(np.mean(np.maximum(claim.weights, 0.0)))
        weights = np.full(n, unit)
    elif claim.weights is not None:
        weights = np.maximum(claim.weights, 0.0)
    elif claim.p == -math.inf:
        return "the minimum needs the weights of a proof, and the solution holds none"
    elif claim.utilities.min() <= 0:
        return "a utility is not positive, so its weight is not defined"
    else:
        weights = (claim.utilities / claim.utilities.min()) ** (claim.p - 1)
    if not (np.isfinite(weights).all() and np.isfinite(duals).all() and weights.max() > 0):
        return "the multipliers of the proof are not finite"
    return weights, duals


class WelfareBound:
    """An upper bound on M_p over all feasible contributions, from multipliers.

    With mu = lambda + gamma, T = sum mu, k_i = (1-beta) mu_i + beta/(n-1) (T - mu_i), and a
    tangent of slope G at y0 of g(y) = sum_i lambda_i value_i f_i(y),

        sum_i lambda_i u_i <= mu.B + g(y0) + G (platform - y0)
                              + sum_i max_{0 <= s <= most_i} (G w_i s - k_i c_i(s)).

    Every maximum is replaced by the value at some s plus what the one-sided slopes there allow up
    to the ends of the interval, so that it need not be found exactly; sums are exact and each term
    is charged for its rounding.
    """

    def __init__(self, claim: WelfareClaim, weights: Floats, duals: Floats) -> None:
        game = claim.game
        accuracy = game.accuracy
        assert isinstance(accuracy, WeightedAccuracy)
        assert isinstance(accuracy.weights, CommonWeights)
        self.game, self.accuracy, self.data = game, accuracy, accuracy.weights.vector
        n = game.size
        norm = p_mean(n * weights, conjugate_exponent(claim.p)) if claim.p != 1 else n * weights[0]
        self.valid = norm > 0
        with np.errstate(divide="ignore", invalid="ignore"):
            self.weights, duals = weights / norm, duals / norm
        share = self.weights + duals
        beta = claim.beta if n > 1 and game.budgeted else 0.0
        self.borne = (1 - beta) * share + beta / max(1, n - 1) * (share.sum() - share)
        self.money = share * game.money
        self.most = most_contributions(game, beta)
        self.worth = self.weights * game.value
        self.own_amount = accuracy.platform_data + float(self.data @ claim.contributions)

    def best(self) -> float:
        """Return the smallest bound found over tangents, infinite if there is none."""
        if not self.valid:
            return math.inf
        low, high = self.crossing()
        bound = min(self._at_slope(low, high), self.value(self.own_amount))
        step = float(np.spacing(high))
        for _ in range(BACK_OFFS):
            if math.isfinite(bound):
                break
            bound = self.value(high + step)
            step *= 2
        return bound

    def crossing(self) -> tuple[float, float]:
        """Return neighbouring amounts of data between which supply falls short of the amount."""
        low, high = self.accuracy.platform_data, max(1.0, 2 * self.own_amount)
        while self._surplus(high, self._slope(high)) > 0 and high < LARGEST / 4:
            low, high = high, 2 * high
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            if not low < middle < high:
                break
            if self._surplus(middle, self._slope(middle)) > 0:
                low = middle
            else:
                high = middle
        return low, high

    def _at_slope(self, low: float, high: float) -> float:
        """Return the best bound from tangents at two points and mixtures of the two."""
        cheap, dear = 0.0, 1.0
        lines = [self._line(high), self._line(low)]
        best = self._bound(lines[0])
        for _ in range(BACK_OFFS):
            share = 0.5 * (cheap + dear)
            mixed = tuple((1 - share) * a + share * b for a, b in zip(*lines, strict=True))
            best = min(best, self._bound((mixed[0], mixed[1])))
            if self._surplus(high, mixed[1]) > 0:
                dear = share
            else:
                cheap = share
            if lines[0][1] >= lines[1][1]:
                break
        return best

    def value(self, y: float) -> float:
        """Return the bound from the tangent at y."""
        return self._bound(self._line(y))

    def _slope(self, y: float) -> float:
        at = np.full(self.game.size, y)
        return float(self.worth @ self.accuracy.curve.slope(at))

    def _line(self, y: float) -> tuple[float, float]:
        """Return the height at the platform's data, rounding charged, and slope of a tangent."""
        at = np.full(self.game.size, y)
        terms = self.worth * self.accuracy.curve.value(at)
        slope = self._slope(y)
        parts = [*terms.tolist(), slope * (self.accuracy.platform_data - y)]
        return _sum_up(parts), slope

    def _bound(self, line: tuple[float, float]) -> float:
        height, slope = line
        gains = self._gains(slope)
        if not np.isfinite(gains).all():
            return math.inf
        return _sum_up([height, *self.money.tolist(), *gains.tolist()])

    def _places(self, price: float) -> Floats:
        """Return contributions at which price w_i s - borne_i c_i(s) is about largest."""
        worth = price * self.data
        ratio = np.full_like(worth, np.inf)
        np.divide(worth, self.borne, out=ratio, where=self.borne > 0)
        return np.where(worth > 0, np.minimum(self.game.costs.supply(ratio), self.most), 0.0)

    def _surplus(self, y: float, price: float) -> float:
        places = self._places(price)
        used = places > 0
        return self.accuracy.platform_data + float(self.data[used] @ places[used]) - y

    def _gains(self, price: float) -> Floats:
        places = self._places(price)
        if not np.isfinite(places).all():
            return np.full_like(places, np.inf)
        costs, worth = self.game.costs, price * self.data
        at = worth * places - self.borne * costs.value(places)
        up = np.maximum(worth - self.borne * costs.slope(places, "right"), 0.0)
        down = np.maximum(self.borne * costs.slope(places, "left") - worth, 0.0)
        return np.asarray(at + np.maximum(up * self._ahead(worth, places, up), down * places))

    def _ahead(self, worth: Floats, places: Floats, up: Floats) -> Floats:
        """Return how far beyond a place w_i s - borne_i c_i(s) could still rise."""
        end, step = places, np.spacing(places)
        for _ in range(BACK_OFFS):
            if not up.any():
                break
            step = 2 * step
            end = np.minimum(np.where(up > 0, places + step, end), self.most)
            slope = worth - self.borne * self.game.costs.slope(end, "right")
            up = np.where(end < self.most, np.maximum(slope, 0.0), 0.0)
        return np.where(up > 0, self.most, end) - places


def most_contributions(game: SharingGame, beta: float) -> Floats:
    """Return contributions beyond which no optimum needs to go.

    Without budgets these are where data stops being worth its cost; with them, where some budget is
    overdrawn: b_i >= 0 asks for (1-beta) c_i(s_i) <= B_i - beta/(n-1) sum_{j != i} c_j(0), and
    b_j >= 0 of another agent for beta/(n-1) c_i(s_i) <= B_j - (what j bears but agent i's cost).
    The answer is found by bisection on c_i itself.
    """
    if not game.limited.all():
        return _worthwhile_contributions(game)
    n = game.size
    fixed = game.costs.value(game.nothing())
    left = np.maximum(money_left(game, beta, fixed), 0.0)
    money = np.divide(left, 1 - beta, out=np.full(n, np.inf), where=np.full(n, beta < 1))
    if n > 1 and beta > 0:
        order = np.argsort(left)
        least = np.full(n, left[order[0]])
        least[order[0]] = left[order[1]]
        with np.errstate(over="ignore"):
            money = np.minimum(money, least * (n - 1) / beta)
    limit = fixed + money
    limit = limit + ROUNDINGS * np.spacing(np.maximum(limit, game.budget))
    return np.minimum(game.capacity, _largest_within(game, limit))


def _worthwhile_contributions(game: SharingGame) -> Floats:
    """Return bounds that some maximiser of the total of utilities respects.

    If w_i sum_k value_k f_k'(platform + y) <= c_i'(y), then whoever gives more than y max(1, 1/w_i)
    does not lose by giving less: data exceeds y already, and so does his own contribution.
    """
    accuracy = game.accuracy
    assert isinstance(accuracy, WeightedAccuracy)
    assert isinstance(accuracy.weights, CommonWeights)
    data = accuracy.weights.vector
    endless = np.isinf(game.capacity)
    y = 1.0
    while endless.any() and y < LARGEST / 4:
        at = np.full(game.size, y)
        gain = float(game.value @ accuracy.curve.slope(at + accuracy.platform_data))
        with np.errstate(over="ignore"):
            slope = game.costs.slope(at, "left")
        if np.all(data[endless] * gain <= slope[endless]):
            break
        y *= 2
    bound = y / np.minimum(1.0, np.where(data > 0, data, 1.0))
    return np.where(endless, bound if y < LARGEST / 4 else np.inf, game.capacity)


def _largest_within(game: SharingGame, limit: Floats) -> Floats:
    """Return s with c_i(s_i) > limit_i, as small as doubles allow; infinite where there is none."""
    high = np.ones(game.size)
    with np.errstate(over="ignore"):
        for _ in range(BISECTIONS):
            short = game.costs.value(high) <= limit
            if not short.any() or high.max() > LARGEST / 4:
                break
            high = np.where(short, 2 * high, high)
        short = game.costs.value(high) <= limit
        low = np.zeros(game.size)
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            if not np.any((low < middle) & (middle < high)):
                break
            inside = game.costs.value(middle) <= limit
            low = np.where(inside, middle, low)
            high = np.where(inside, high, middle)
    return np.where(short, np.inf, high)


def _sum_up(terms: list[float]) -> float:
    """Return an upper bound of the sum of terms that carry a few roundings each."""
    charge = ROUNDINGS * float(np.finfo(float).eps) * math.fsum(abs(term) for term in terms)
    return math.fsum(terms) + charge
