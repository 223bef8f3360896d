"""The constants that make simulated dynamics converge: lambda and L of [M23] Theorem 3.2.

G is the Jacobian of own slopes, -G + diag(c'') their fall. On the box [0, top] the theorem needs
lambda > 0 with -G - lambda I positive semi-definite (its symmetric part), and L with |G_ij| <= L.
With slopes of curves that fall by d_r between those at the two ends of the box,

    own accuracies:  -G_ij = value_i w_ii d_r(i) w_ij + c_i'',  r(i) the agent's row and curve;
    Shapley shares:  -G >= 1/2 sum_r d_r V_r (w_r w_r' + diag(w_r^2)) + diag(c''),

V_r the value of all agents of row r: of all random coalitions at chance x, a pair is in x^2, each
agent in x, and shares integrate dx / x. The least eigenvalue is concave in d, so least at a corner
of the ends; that it exceeds lambda is shown by Cholesky's method, with its backward error. A step
then shortens squared distances by 2 step lambda - step^2 n^2 L^2, times k/n where k agents move.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.intervals import UNIT
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.accuracy import WeightedAccuracy
from mdsolve.certificate.reading.costs import bends_of
from mdsolve.certificate.reading.curves import Curve
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Figure, Judged, Recompute, Said
from mdsolve.certificate.stated.simulated import Path

Floats = npt.NDArray[np.float64]

CORNERS = 10
"""Most different rows and curves whose corners are looked at."""

LARGEST = 1000
"""Most agents whose matrices are formed."""


def sources(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the constants of simulated dynamics, by path."""
    if context.claim.at("dynamics") is None:
        return {}
    falls = Falls(context, Path(context))
    return {
        "dynamics.L": lambda: falls.largest,
        "dynamics.lambda": lambda: Judged((), falls.exceeds),
        "dynamics.rate": lambda: falls.rate,
        "dynamics.steps_bound": lambda: Said(falls.steps_problem),
    }


@dataclass(frozen=True)
class Falls:
    """How fast own slopes fall on the box of simulated dynamics."""

    context: SharingContext
    path: Path

    @cached_property
    def accuracy(self) -> WeightedAccuracy:
        """The accuracies; raises `NoRouteError` where their slopes' fall is not known."""
        if not self.path.plain:
            message = "how fast slopes fall is not known of weighted, partial or Banzhaf shares"
            raise NoRouteError(message)
        found = self.context.reading.accuracy
        if not isinstance(found, WeightedAccuracy) or not all(map(_known, found.curves)):
            message = "how fast slopes fall is not known of these accuracies"
            raise NoRouteError(message)
        if self.context.size > LARGEST:
            message = f"{self.context.size:,} agents; matrices are formed for {LARGEST:,}"
            raise NoRouteError(message)
        return found

    @cached_property
    def kinds(self) -> npt.NDArray[np.intp]:
        """Number of each agent's row of weights and curve, shape (n,)."""
        accuracy = self.accuracy
        pairs = np.column_stack([accuracy.label, accuracy.weights.kinds])
        _, kinds = np.unique(pairs, axis=0, return_inverse=True)
        return np.asarray(kinds, dtype=np.intp).ravel()

    @cached_property
    def weights(self) -> Floats:
        """Weights as doubles, shape (n, n)."""
        weights = self.accuracy.weights
        rows = [self._near(weights.row(k)) for k in range(weights.kind_count)]
        return np.array(rows)[weights.kinds]

    def _near(self, numbers: Quantity) -> Floats:
        return np.asarray(self.context.arithmetic.nearest(numbers), dtype=np.float64)

    @cached_property
    def ends(self) -> tuple[Floats, Floats]:
        """Least and largest fall of each agent's curve, per sample, shape (n,) each."""
        reading, top = self.context.reading, self.path.top
        high = self._bends(self.accuracy.index(reading.nothing))
        if not np.all(np.isfinite(top)):
            return np.zeros(len(high)), high
        return self._bends(self.accuracy.index(self.context.arithmetic.stored(top))), high

    def _bends(self, y: Quantity) -> Floats:
        return self._near(self.accuracy.by_curve(y, _bend))

    @cached_property
    def costs(self) -> tuple[Floats, Floats]:
        """Least and largest c_i'' on the box, as far as agents bear it, shape (n,) each."""
        agents: Any = self.context.reading.instance.agents
        n = self.context.size
        if not isinstance(agents, tuple):
            return np.zeros(n), np.zeros(n)
        specs = [spec.cost for spec in agents for _ in range(spec.count)]
        pairs = [_cost_bends(spec, top) for spec, top in zip(specs, self.path.top, strict=True)]
        low, high = np.array(pairs).T
        return self.path.borne * low, self.path.borne * high

    def _matrix(self, bends: Floats) -> Floats:
        """Return what slopes fall by in every own and other contribution, shape (n, n)."""
        value = self._near(self.context.reading.value)
        if not self.path.shared:
            own = self._near(self.accuracy.weights.own)
            return np.asarray((value * own * bends)[:, None] * self.weights)
        _, first = np.unique(self.kinds, return_index=True)
        worth = np.bincount(self.kinds, weights=value)
        rows = self.weights[first]
        entries = (rows.T * (worth * bends[first])) @ rows
        return np.asarray(0.5 * (entries + np.diag(np.diagonal(entries))))

    @property
    def largest(self) -> Figure:
        """L: the largest entry, costs included."""
        entries = self._matrix(self.ends[1]) + np.diag(self.costs[1])
        bound = float(entries.max())
        return Figure.exactly(self.context.arithmetic.stored(np.array(bound)), bound)

    def _corners(self) -> Iterator[Floats]:
        """Yield matrices one of which has the least eigenvalue."""
        low, high = self.ends
        many = int(self.kinds.max()) + 1
        if self.path.shared:
            yield self._matrix(low)
            return
        if many > CORNERS:
            message = f"{many} different rows and curves; the corners of {CORNERS} are looked at"
            raise NoRouteError(message)
        for corner in product((False, True), repeat=many):
            yield self._matrix(np.where(np.array(corner)[self.kinds], high, low))

    def exceeds(self, strength: Floats) -> tuple[Quantity, Any]:
        """Return by how much lambda exceeds what is proved, relative to its size."""
        claimed, least, unproved = float(strength), math.inf, 0.0
        for matrix in self._corners():
            symmetric = 0.5 * (matrix + matrix.T) + np.diag(self.costs[0])
            proved, seen = _least_eigenvalue(symmetric, claimed)
            least, unproved = min(least, seen), max(unproved, claimed - proved)
        size = abs(least) if claimed > 0 else 0.0
        short = unproved if claimed > 0 else 1.0
        return self.context.arithmetic.stored(np.array([short])), size

    @cached_property
    def progress(self) -> float:
        """2 step lambda - step^2 n^2 L^2, times the part of agents who move in a step."""
        step, n = self.path.number("step_size"), self.context.size
        strength, largest = self.path.number("lambda"), self.path.number("L")
        every = step * (2 * strength - step * (n * largest) ** 2)
        return every * min(self.path.number("agents_per_step") / n, 1.0)

    @property
    def rate(self) -> Figure | None:
        """sqrt(1 - progress): what is left of a distance after a step."""
        if not 0 < self.progress <= 1:
            return None
        left = math.sqrt(1 - self.progress)
        # What tells rates near 1 apart is how far they are from it.
        return Figure.exactly(self.context.arithmetic.stored(np.array(left)), 1 - left)

    def steps_problem(self, stated: Any) -> str:
        """Return what is wrong with a number of steps until rest."""
        if not self.progress > 0:
            return "no number of steps is promised"
        first = float(self.path.norm(0))
        target = self.path.number("gradient_target")
        fall = math.log(first / target) if first > target else 0.0
        bound = 2 * fall / self.progress
        # Rounding may lift or lower a bound that is nearly whole.
        allowed = {math.ceil(bound * (1 + side * self.context.tolerance)) for side in (-1, 0, 1)}
        return "" if stated in allowed else f"the bound is {math.ceil(bound)}"


def _known(curve: Curve) -> bool:
    return curve.concave and (curve.decay is not None or curve.rate is not None)


def _bend(curve: Curve, y: Quantity) -> Quantity:
    """Return |f''| at amounts y, shape of y."""
    decay = curve.decay
    if decay is None:
        return 0 * y
    arithmetic, e = curve.arithmetic, decay.exponent
    factor = decay.scale * arithmetic.constant(e * (e + 1))
    return factor * arithmetic.power(y + arithmetic.constant(decay.offset), -e - 2)


def _cost_bends(cost: Any, top: float) -> tuple[float, float]:
    """Return the least and largest second derivative of a cost on [0, top]."""
    bounds = bends_of(cost, top)
    if bounds is None:
        message = "how fast marginal costs rise is not bounded"
        raise NoRouteError(message)
    return bounds


def _least_eigenvalue(matrix: Floats, claimed: float) -> tuple[float, float]:
    """Return a proved lower bound of the least eigenvalue, at most what is claimed, and about it.

    What doubles leave open of the entries is at most a few units of each.
    """
    n, trace = len(matrix), float(np.trace(matrix))
    seen = float(np.linalg.eigvalsh(matrix)[0])
    off = 2 * (n + 2) * UNIT * trace + 16 * UNIT * float(np.abs(matrix).sum(axis=1).max())
    shift = min(claimed, seen - off)
    try:
        np.linalg.cholesky(matrix - shift * np.eye(n))
    except np.linalg.LinAlgError:
        return -math.inf, seen
    return shift - off, seen
