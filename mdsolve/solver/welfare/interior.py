"""Primal-dual interior point for the p-mean welfare program, O(m) work per step.

Contributions stay strictly inside the feasible set, so every iterate is an answer and its dual
variables give a bound (`welfare_bound`): the best of both are kept and their difference is the
stopping rule. Weights lambda are variables of their own, tied to the utilities by
lambda_i = (1/n) (M / u_i)^(1-p), or for the minimum by lambda_i t_i = 0 with slacks t = u - tau.
The first tie is linearised on the side on which it is flat, and very negative p are approached
through milder ones as the gap closes, so that no p needs tiny steps. Predictor and corrector as in
Mehrotra; the linear algebra is `welfare_newton`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.game.p_mean import p_mean
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solver.welfare.bound import DualPoint, dual_point, normalised
from mdsolve.solver.welfare.model import WelfareModel
from mdsolve.solver.welfare.newton import NewtonSystem
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

STEP_LIMIT = 500
PATIENCE = 12
"""Steps without a better point or bound after which the best found is returned."""
KEEP = 0.995
"""Share of the way to the boundary that a step may go."""
CENTRING = 0.01
"""Products aim at no less than this share of what would explain the current gap."""
CORRECTED = 4.0
"""Largest correction of a product, in multiples of the mean product."""
SETBACK = 4.0
"""Growth of the gap after which a step for a curved mean is cut to a quarter."""
MILD = 10.0
"""While the relative gap is g, exponents below -MILD / g are replaced by that."""
HALVINGS = 60
SHORTEST = 1 / 256
LEAST = float(np.finfo(float).tiny)


@dataclass(frozen=True)
class Point:
    """Contributions of the sources and what follows from them.

    Parameters
    ----------
    s, marginal, second : (m,)
        Samples, c' and c''.
    y : float
    left, utilities : (n,)
        b and u, in money.
    slopes : (n,)
        value_i f_i'(y).
    bend : (n,)
        value_i f_i''(y).
    """

    s: Floats
    marginal: Floats
    second: Floats
    y: float
    left: Floats
    utilities: Floats
    slopes: Floats
    bend: Floats


@dataclass(frozen=True)
class Pairs:
    """Multipliers, slacks, or changes of either, of the inequalities.

    Parameters
    ----------
    lower, upper : (m,)
        s >= 0, and s <= limit (slack infinite and multiplier 0 where there is none).
    budgets : (n,)
        b >= 0 (slack infinite where there is no such row).
    weights : (n,)
        lambda; slack u - tau for the minimum, infinite for every other mean.
    """

    lower: Floats
    upper: Floats
    budgets: Floats
    weights: Floats

    def parts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the four arrays."""
        return self.lower, self.upper, self.budgets, self.weights

    def moved(self, change: Pairs, size: float) -> Pairs:
        """Return self + size change."""
        pairs = zip(self.parts(), change.parts(), strict=True)
        return Pairs(*(a + size * b for a, b in pairs))

    def scaled(self, factor: float) -> Pairs:
        """Return factor times self."""
        return Pairs(*(factor * part for part in self.parts()))

    def room(self, change: Pairs) -> float:
        """Return the largest size, at most 1, with self + size change non-negative."""
        size = 1.0
        for amounts, changes in zip(self.parts(), change.parts(), strict=True):
            falling = changes < 0
            if falling.any():
                size = min(size, float(np.min(amounts[falling] / -changes[falling])))
        return size


@dataclass(frozen=True)
class Direction:
    """A Newton step: changes of sources, slacks, multipliers, tau and the price of prescribed y."""

    sources: Floats
    slacks: Pairs
    duals: Pairs
    level: float
    extra: float


@dataclass(frozen=True)
class InteriorResult:
    """The best feasible point and the best bound.

    Parameters
    ----------
    sources : (m,)
    objective : float
        M_p there, in money, on the model's curve.
    dual : DualPoint
    steps : int
    stopped : bool
        Whether the time limit ended it.
    """

    sources: Floats
    objective: float
    dual: DualPoint
    steps: int
    stopped: bool


class InteriorPoint:
    """One run on one model.

    Parameters
    ----------
    model : WelfareModel
        With a smooth curve.
    start : (m,)
        Strictly feasible contributions of the sources, with positive utilities where p < 1 is
        finite.
    bounding : WelfareModel or None
        What bounds are computed on, where it differs.
    amount : float or None
        Prescribed y, reached in the limit.
    """

    def __init__(
        self,
        model: WelfareModel,
        start: Floats,
        monitor: Monitor,
        *,
        bounding: WelfareModel | None = None,
        amount: float | None = None,
    ) -> None:
        self.model, self.monitor, self.amount = model, monitor, amount
        self.bounding = bounding or model
        self.maximin = model.p == -math.inf
        self.curved = not self.maximin and model.p < 1
        self.exponent = max(model.p, -MILD)
        self.idle = model.money_left(model.game.nothing())
        self.point = self._evaluate(start)
        utilities = self.point.utilities
        nothing = self.idle + model.game.value * model.curve.value(model.at(model.platform))
        scale = float(np.abs(utilities - nothing).max())  # the money that contributions move
        self.level, self.extra = float(utilities.min()) - scale, 0.0
        self.slacks = self._slacks(self.point, utilities - self.level)
        n = model.game.size
        weights = normalised(self._target(), model.p) if self.curved else np.full(n, 1 / n)
        product = scale / n
        slacks = self.slacks
        self.duals = Pairs(
            product / slacks.lower, product / slacks.upper, product / slacks.budgets, weights
        )
        finite = [np.isfinite(part) for part in slacks.parts()]
        self.finite = finite
        self.last = (self.point, self.slacks, self.duals, self.level, self.extra)
        self.tried: tuple[Direction, float] | None = None
        self.count = sum(int(mask.sum()) for mask in finite)

    def run(self) -> InteriorResult:
        """Return the best point and bound."""
        best_s, best = self.point.s, -math.inf
        dual: DualPoint | None = None
        # Without budgets the optimum may be worth 0; the value of accuracy is the money to compare.
        unit = 0.0 if self.model.positive else float(self.model.game.value.mean())
        stalled, step, stopped = 0, 0, False
        before = math.inf
        for step in range(STEP_LIMIT):
            objective = self._objective()
            y = self.point.y if self.amount is None else self.amount
            bound = dual_point(
                self.bounding, self.duals.weights, self.duals.budgets, y, self._price()
            )
            stalled += 1
            if objective > best:
                best_s, best, stalled = self.point.s, objective, 0
            if dual is None or bound.bound < dual.bound:
                dual, stalled = bound, 0
            if dual.bound - best <= ROUND_OFF * max(abs(best), unit) or stalled >= PATIENCE:
                break
            gap = bound.bound - objective
            if self._set_back(gap, before):
                continue
            before = gap
            try:
                self.monitor.advance("welfare program", step, STEP_LIMIT)
            except StopRequested:
                stopped = True
                break
            try:
                self._advance(gap, abs(objective))
            except np.linalg.LinAlgError:
                break  # singular to working precision: the best found is all there is
        assert dual is not None
        return InteriorResult(best_s, best, dual, step, stopped)

    def _evaluate(self, s: Floats) -> Point:
        model, sources = self.model, self.model.sources
        cost = sources.costs.value(s)
        y = model.platform + float(sources.weight @ s)
        left = self.idle - model.own * model.spread(cost) - model.shared * float(cost.sum())
        at, value = model.at(y), model.game.value
        return Point(
            s,
            sources.costs.slope(s),
            sources.costs.second(s),
            y,
            left,
            left + value * model.curve.value(at),
            value * model.curve.slope(at),
            value * model.curve.second(at),
        )

    def _objective(self) -> float:
        """Return M_p on the curve that counts: a frozen one flatters points off its piece."""
        if self.bounding is self.model:
            return p_mean(self.point.utilities, self.model.p)
        s = self.model.spread(self.point.s)
        return p_mean(self.bounding.utilities(s), self.model.p)

    def _slacks(self, point: Point, above: Floats) -> Pairs:
        """Return the slacks at a point, `above` being those of u >= tau."""
        return Pairs(
            point.s,
            self.model.sources.limit - point.s,
            np.where(self.model.spends, point.left, np.inf),
            above if self.maximin else np.full_like(above, np.inf),
        )

    def _target(self) -> Floats:
        """Return (1/n) (M / u)^(1-p), what the weights should be."""
        utilities = self.point.utilities
        mean = p_mean(utilities, self.exponent)
        return np.asarray(np.exp((1 - self.exponent) * np.log(mean / utilities)) / len(utilities))

    def _price(self) -> float:
        """Return G, what one more sample adds to the objective."""
        return float(self.duals.weights @ self.point.slopes) + self.extra

    def _average(self, duals: Pairs, slacks: Pairs) -> float:
        """Return the mean product of multipliers and slacks."""
        parts = zip(duals.parts(), slacks.parts(), self.finite, strict=True)
        return sum(float(dual[mask] @ slack[mask]) for dual, slack, mask in parts) / self.count

    def _weight_tie(self) -> tuple[Floats, Floats]:
        """Return (correction, curvature): d lambda = correction - curvature (du - dtau)."""
        weights, utilities = self.duals.weights, self.point.utilities
        if self.maximin:
            bend = weights / self.slacks.weights
            return -weights - bend * (utilities - self.level - self.slacks.weights), bend
        if not self.curved:
            return np.zeros_like(weights), np.zeros_like(weights)
        target = self._target()
        larger = np.maximum(target, weights)
        grown = np.where(target > weights, weights * np.log(larger / weights), target - weights)
        return grown, (1 - self.exponent) * np.minimum(weights, target) / utilities

    def _advance(self, gap: float, scale: float) -> None:
        """Take one predictor-corrector step."""
        average = self._average(self.duals, self.slacks)
        if self.curved:
            mild = -MILD * scale / (average * self.count)
            self.exponent = max(self.model.p, min(self.exponent, mild))
        pull, bend = self._weight_tie()
        system = self._system(bend)
        aim = self._direction(system, pull, 0.0, None)
        size = min(self.slacks.room(aim.slacks), self.duals.room(aim.duals))
        ahead = self._average(
            self.duals.moved(aim.duals, size), self.slacks.moved(aim.slacks, size)
        )
        target = average * min(1.0, max(ahead / average, 0.0)) ** 3
        if math.isfinite(gap):
            # A bound may be far off where budgets reach far; that asks for no larger products.
            target = max(target, min(CENTRING * gap / self.count, average))
        step = self._direction(system, pull, target, aim)
        size = KEEP * min(self.slacks.room(step.slacks), self.duals.room(step.duals), 1.0)
        self.last = (self.point, self.slacks, self.duals, self.level, self.extra)
        self.tried = (step, size)
        self._move(step, size)

    def _set_back(self, gap: float, before: float) -> bool:
        """Take the last step again, a quarter as long, if the gap has grown too much."""
        if not self.curved or self.amount is not None or self.tried is None:
            return False
        step, size = self.tried
        if gap <= SETBACK * before or size <= SHORTEST:
            return False
        self.point, self.slacks, self.duals, self.level, self.extra = self.last
        self.tried = (step, size / 4)
        self._move(step, size / 4)
        return True

    def _system(self, bend: Floats) -> NewtonSystem:
        model, point, duals, slacks = self.model, self.point, self.duals, self.slacks
        borne = self._borne()[model.sources.owner]
        return NewtonSystem(
            model.sources.owner,
            borne * point.second + duals.lower / slacks.lower + duals.upper / slacks.upper,
            point.marginal,
            model.sources.weight,
            model.own,
            model.shared,
            duals.budgets / slacks.budgets,
            bend,
            point.slopes,
            -float(duals.weights @ point.bend),
            self.maximin,
        )

    def _borne(self) -> Floats:
        """Return k_i, what a unit of agent i's cost takes from the objective."""
        share = self.duals.weights + self.duals.budgets
        return self.model.own * share + self.model.shared * float(share.sum())

    def _direction(
        self, system: NewtonSystem, pull: Floats, target: float, aim: Direction | None
    ) -> Direction:
        """Return the step towards products `target`, corrected by the predictor's own products."""
        model, point, duals, slacks = self.model, self.point, self.duals, self.slacks
        owner, weight = model.sources.owner, model.sources.weight
        lower, upper, budgets, weights = (target / slack for slack in slacks.parts())
        if aim is not None:
            # A predictor that was far off would cancel the step if it were believed in full.
            most = CORRECTED * self._average(duals, slacks)
            lower, upper, budgets, weights = (
                wanted - np.clip(dual * slack, -most, most) / room
                for wanted, dual, slack, room in zip(
                    (lower, upper, budgets, weights),
                    aim.duals.parts(),
                    aim.slacks.parts(),
                    slacks.parts(),
                    strict=True,
                )
            )
        weights = weights + pull
        added = weights + budgets - duals.budgets
        rhs = self._price() * weight - self._borne()[owner] * point.marginal + lower - upper
        rhs = rhs - (model.own * added[owner] + model.shared * float(added.sum())) * point.marginal
        rhs = rhs + float(point.slopes @ weights) * weight
        step = system.solve(
            rhs,
            1 - float(duals.weights.sum() + weights.sum()),
            None if self.amount is None else self.amount - point.y,
        )
        ds = step.sources
        spent = -model.own * model.spread(point.marginal * ds) - model.shared * step.cost
        above = spent + point.slopes * step.amount
        if self.maximin:
            above = above - step.level + point.utilities - self.level - slacks.weights
        changes = Pairs(
            lower - duals.lower - duals.lower / slacks.lower * ds,
            upper - duals.upper + duals.upper / slacks.upper * ds,
            budgets - duals.budgets + step.budget,
            weights + step.bend,
        )
        extra = 0.0
        if self.amount is not None:
            bend = float(duals.weights @ point.bend)
            extra = step.price - float(point.slopes @ step.bend) - bend * step.amount
        return Direction(ds, Pairs(ds, -ds, spent, above), changes, step.level, extra)

    def _move(self, step: Direction, size: float) -> None:
        """Go as far as the true constraints allow, then normalise the multipliers."""
        rows = self.model.spends
        for _ in range(HALVINGS):
            trial = self._evaluate(self.point.s + size * step.sources)
            inside = bool(np.all(trial.left[rows] > (1 - KEEP) ** 2 * self.point.left[rows]))
            if inside and not (self.curved and trial.utilities.min() <= 0):
                break
            size /= 2
        above = self.slacks.weights + size * step.slacks.weights
        self.point, self.slacks = trial, self._slacks(trial, above)
        self.level += size * step.level
        self.extra += size * step.extra
        duals = self.duals.moved(step.duals, size)
        if self.model.p < 1:
            duals = replace(duals, weights=np.maximum(duals.weights, LEAST))
            factor = float(normalised(duals.weights, self.model.p)[0] / duals.weights[0])
            duals = duals.scaled(factor)
            self.extra *= factor
        self.duals = duals
