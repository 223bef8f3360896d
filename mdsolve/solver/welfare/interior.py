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
from mdsolve.progress import StopRequested
from mdsolve.solver.iterate import Ending, Method, Run
from mdsolve.solver.welfare.bound import DualPoint, dual_point, normalised
from mdsolve.solver.welfare.iterates import Direction, Pairs, Point
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


@dataclass(frozen=True)
class Best:
    """The best point and the best bound so far.

    Parameters
    ----------
    sources : (m,)
    objective : float
    dual : DualPoint
    now, gap : float
        Objective of the present iterate, and its own bound less that, in money.
    better : bool
        Whether the present iterate gave the point or the bound.
    """

    sources: Floats
    objective: float
    dual: DualPoint
    now: float
    gap: float
    better: bool


class InteriorPoint(Method[Best, InteriorResult]):
    """One run on one model, which holds the present iterate.

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

    label = "welfare program"
    limit = STEP_LIMIT
    patience = PATIENCE
    keeps_at = (StopRequested,)

    def __init__(
        self,
        model: WelfareModel,
        start: Floats,
        *,
        bounding: WelfareModel | None = None,
        amount: float | None = None,
    ) -> None:
        self.model, self.amount, self.before = model, amount, math.inf
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

    def init(self) -> Best:
        """Judge the start."""
        return self._judged(None)

    def step(self, state: Best) -> Best | None:
        """Take a Newton step, or the last one again if it was too long."""
        if not self._set_back(state.gap, self.before):
            self.before = state.gap
            try:
                self._advance(state.gap, abs(state.now))
            except np.linalg.LinAlgError:
                return None  # singular to working precision: the best found is all there is
        return self._judged(state)

    def terminate(self, state: Best) -> Ending | None:
        """Rest where the best bound meets the best point."""
        # Without budgets the optimum may be worth 0; the value of accuracy is the money to compare.
        unit = 0.0 if self.model.positive else float(self.model.game.value.mean())
        gap = state.dual.bound - state.objective
        return Ending.RESTED if gap <= ROUND_OFF * max(abs(state.objective), unit) else None

    def improves(self, state: Best) -> bool:
        """Tell whether the last step found a better point or a better bound."""
        return state.better

    def finish(self, run: Run[Best]) -> InteriorResult:
        """Return the best point and bound."""
        best, stopped = run.state, run.ending is Ending.STOPPED
        return InteriorResult(best.sources, best.objective, best.dual, run.steps, stopped)

    def _judged(self, before: Best | None) -> Best:
        """Return the best point and bound, the present ones included."""
        now = self._objective()
        y = self.point.y if self.amount is None else self.amount
        duals = self.duals
        bound = dual_point(self.bounding, duals.weights, duals.budgets, y, self._price())
        gap = bound.bound - now
        if before is None:
            return Best(self.point.s, now, bound, now, gap, better=True)
        s, objective, dual = before.sources, before.objective, before.dual
        higher, lower = now > objective, bound.bound < dual.bound
        if higher:
            s, objective = self.point.s, now
        return Best(s, objective, bound if lower else dual, now, gap, better=higher or lower)

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
