"""`no-admissible-step`: no step size of the kind asked for lets Algorithm 1 of [D25] contract.

Assumption 1 bounds second derivatives over all contributions in [0, capacity] and models no farther
from the best one, parameter by parameter, than the first. Without platform data |d^2 a / dw^2| =
2 curvature / y has no bound. Otherwise two points of that region show how unfavourable the
constants are. With K_i the shortfalls at the model w, y the data there, v any vector,

    lambda <= (2 (v.qK) (v.1) / y^3 + sum_i c_i'' v_i^2) / v.v,  lambda~ <= 2 min curvature / y_far,
    P >= |q H x| / |x|,  H_ik = 2 curvature_k (w_k - target_ik) / y^2,  P~ >= sqrt(n) |mean of H|,

Rayleigh quotients of the symmetric part, and norms along one direction. Vectors are hints. c_i'' is
a difference of marginal costs over a short way: by the mean value theorem it is the second
derivative somewhere on it, and y an amount between both ends. Theorem 1 needs lambda > n P~ (H~ is
printed as a sum) and lambda~ > P; a contraction needs lambda lambda~ > P P~.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.accuracies.quadratic_fit import JointAccuracy, joint_accuracy
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import compare
from mdsolve.certificate.stated.protocol import first_model
from mdsolve.certificate.stated.step_bounds import Bounds
from mdsolve.conditions import Condition
from mdsolve.proof import NoStep
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

NAME = "no-admissible-step"

KINDS = ("auto", "published")

SHORT_WAY = 2.0**-20
"""Part of a capacity over which the second derivative of a cost is taken."""


def no_step(context: SharingContext, proof: NoStep) -> Condition:
    """Check a proof that has been found to be about the solution's rule and options.

    Raises
    ------
    NoRouteError
        If the options ask for no such step, or the points are outside the region.
    """
    found = _without_step(context, proof)
    w = first_model(context)
    if found.verdict != "pass" or w is None or context.claim.at("step_bounds") is None:
        return found
    stated = compare(context, context.claim, Bounds(context, w).sources(), name=NAME)
    return found if stated.verdict == "pass" else stated


def _without_step(context: SharingContext, proof: NoStep) -> Condition:
    _require_asked(context, proof)
    joint = joint_accuracy(context.reading)
    if joint is None:
        raise NoRouteError("no model is learned in this game")
    context.cover(NAME, ["witness", "mechanism"])
    if bool(context.arithmetic.upper(joint.platform) <= 0):
        if not np.any(context.reading.ends > 0):
            raise NoRouteError("nobody can contribute anything")
        return _decided(
            context,
            context.arithmetic.constant(-1).reshape(1),
            "|d^2 a / dw^2| = 2 curvature / S is unbounded as S falls to 0",
            {},
        )
    points = _Points.of(context, joint, proof)
    strength, coupling, model_coupling = points.strength(), points.coupling(), points.pull()
    model_strength = points.model_strength()
    arithmetic, n = context.arithmetic, context.size
    found = {
        "lambda_at_most": context.shown(strength),
        "lambda_model_at_most": context.shown(model_strength),
        "P_at_least": context.shown(coupling),
        "P_model_at_least": context.shown(
            model_coupling * n if _published(proof) else model_coupling
        ),
    }
    if _published(proof):
        # Either of the two conditions that fails is enough.
        excess = arithmetic.minimum(
            (strength - model_coupling * n) / _size(arithmetic, strength, model_coupling * n),
            (model_strength - coupling) / _size(arithmetic, model_strength, coupling),
        )
        words = "lambda > P~ and lambda~ > P, which Theorem 1 needs, do not both hold"
    else:
        # A negative strength excludes by itself; the product of two bounds needs it non-negative.
        able = arithmetic.maximum(strength, arithmetic.zeros(1)) * model_strength
        excess = (able - coupling * model_coupling) / _size(
            arithmetic, able, coupling * model_coupling
        )
        words = "lambda lambda~ > P P~, which a contraction needs, does not hold"
    return _decided(context, excess, words, found)


def _published(proof: NoStep) -> bool:
    return proof.rule == "published"


def _require_asked(context: SharingContext, proof: NoStep) -> None:
    """Raise `NoRouteError` unless the options ask for a step size of the proof's kind."""
    options = context.options
    if context.rule is None or context.rule.name != "upbred":
        raise NoRouteError("step sizes are those of upbred")
    if options.get("method") != "dynamics":
        raise NoRouteError("the options ask for no steps: method is not dynamics")
    first = options.get("step_size") or "auto"
    second = options.get("model_step_size") or (first if first in KINDS else "auto")
    asked = [kind for kind in (first, second) if kind in KINDS]
    if not asked:
        raise NoRouteError("both step sizes are given as numbers")
    kind = "published" if "published" in asked else "auto"
    if proof.rule != kind:
        message = f"the proof is about step sizes that are {proof.rule}, and {kind} is asked for"
        raise NoRouteError(message)


def _size(arithmetic: Arithmetic, left: Quantity, right: Quantity) -> Quantity:
    """Return a positive double about as large as two numbers, so that differences have no unit."""
    near = max(float(np.abs(arithmetic.nearest(x)).max()) for x in (left, right))
    return arithmetic.stored(np.array([near if 0 < near < np.inf else 1.0]))


def _decided(
    context: SharingContext, excess: Quantity, words: str, witness: dict[str, Any]
) -> Condition:
    """Return the condition that an excess decides, which may not be positive."""
    arithmetic = context.arithmetic
    zero = arithmetic.zeros(1)
    if not arithmetic.rigorous:
        zero = zero + ROUND_OFF
    truth = arithmetic.at_most(excess, zero)
    return context.decided(
        NAME,
        excess,
        0.0,
        words=(words, f"not proved at the points stated: {words}"),
        scope="every step size of the rule",
        witness=lambda _: witness,
        refuted=truth.fails,
        undecided=~(truth.holds | truth.fails),
    )


@dataclass(frozen=True)
class _Points:
    """A point of strong coupling and one with most data, in the region of Assumption 1.

    Parameters
    ----------
    near, far : (n,)
        Contributions in samples.
    model : (m,)
        Parameters at the near point.
    """

    context: SharingContext
    joint: JointAccuracy
    near: Quantity
    far: Quantity
    model: Quantity

    @classmethod
    def of(cls, context: SharingContext, joint: JointAccuracy, proof: NoStep) -> _Points:
        """Return the points of a proof; raises `NoRouteError` if they are outside the region."""
        arithmetic, m = context.arithmetic, joint.targets.shape[1]
        near, far, model = (
            np.array([float(x) for x in numbers])
            for numbers in (proof.near, proof.far, proof.model)
        )
        first = first_model(context)
        assert first is not None
        shapes = (near.shape, far.shape, model.shape, first.shape)
        if shapes != ((context.size,), (context.size,), (m,), (m,)):
            raise NoRouteError("the points of the proof have other sizes than the game")
        if not all(np.all((x >= 0) & (x <= context.reading.ends)) for x in (near, far)):
            raise NoRouteError("a point of the proof is outside [0, capacity]")
        best = joint.best_model
        radius = abs(arithmetic.stored(first) - best)
        middle, reach = (np.asarray(arithmetic.nearest(x)) for x in (best, radius))
        slack = ROUND_OFF * np.maximum(np.abs(middle), reach)
        if np.any(np.abs(model - middle) > reach + slack):
            reason = "the model of the proof is farther from the best one than the first model"
            raise NoRouteError(reason)
        inside = arithmetic.minimum(
            arithmetic.maximum(arithmetic.stored(model), best - radius), best + radius
        )
        return cls(context, joint, arithmetic.stored(near), arithmetic.stored(far), inside)

    @property
    def arithmetic(self) -> Arithmetic:
        """Number system."""
        return self.context.arithmetic

    def strength(self) -> Quantity:
        """Return an upper bound of lambda, shape (1,)."""
        arithmetic, reading = self.arithmetic, self.context.reading
        if np.any(reading.ends == 0):
            raise NoRouteError("a capacity of 0 leaves no way along which costs could bend")
        near = np.asarray(arithmetic.nearest(self.near))
        way = np.where(np.isfinite(reading.ends), reading.ends, near + 1)
        step = arithmetic.stored(np.exp2(np.floor(np.log2(way))) * SHORT_WAY)
        ahead = 2 * near <= way
        low = arithmetic.where(ahead, self.near, self.near - step)
        high = arithmetic.where(ahead, self.near + step, self.near)
        bends = (reading.costs.slope(high, "left") - reading.costs.slope(low, "right")) / step
        least, most = (self._data(s) for s in (low, high))
        short = reading.value * self.joint.shortfalls(self.model)
        v = arithmetic.stored(self._direction(short, bends, least))
        along = arithmetic.total(v * short).reshape(1) * arithmetic.total(v).reshape(1)
        # The quotient is monotone in the amount of data: one of both ends bounds it.
        pull = arithmetic.maximum(along / (least * least * least), along / (most * most * most))
        bent = arithmetic.total(bends * v * v).reshape(1)
        return (2 * pull + bent) / arithmetic.total(v * v).reshape(1)

    def _direction(self, short: Quantity, bends: Quantity, y: Quantity) -> Floats:
        """Return about the eigenvector of the largest eigenvalue, in floats."""
        near = self.arithmetic.nearest
        pull, bend, data = (np.asarray(near(x)) for x in (short, bends, y))
        with np.errstate(all="ignore"):
            rows = np.broadcast_to((pull / data**3)[:, None], (len(pull), len(pull)))
        matrix = -(rows + rows.T) - np.diag(bend)
        if not np.isfinite(matrix).all():
            raise NoRouteError("second derivatives at the points are not finite")
        return np.asarray(np.linalg.eigh(matrix)[1][:, -1])

    def model_strength(self) -> Quantity:
        """Return an upper bound of lambda~, shape (1,)."""
        curvature = self.joint.curvature
        least = int(np.argmin(self.arithmetic.nearest(curvature)))
        return 2 * curvature[least : least + 1] / self._data(self.far)

    def coupling(self) -> Quantity:
        """Return a lower bound of P, shape (1,)."""
        arithmetic = self.arithmetic
        matrix = self.context.reading.value.reshape(-1, 1) * self._slopes()
        x = np.linalg.svd(np.asarray(arithmetic.nearest(matrix)))[2][0]
        direction = arithmetic.stored(x)
        moved = arithmetic.product(matrix, direction)
        size, unit = (arithmetic.total(x * x).reshape(1) for x in (moved, direction))
        return arithmetic.root(size / unit)

    def pull(self) -> Quantity:
        """Return P~ at the point, with the mean, shape (1,)."""
        arithmetic, n = self.arithmetic, self.context.size
        mean = arithmetic.total(self._slopes(), 0) / n
        return arithmetic.root(arithmetic.total(mean * mean).reshape(1) * n)

    def _slopes(self) -> Quantity:
        """Return d^2 a_i / ds dw_k, shape (n, m)."""
        y = self._data(self.near)
        off = self.model - self.joint.targets
        return 2 * self.joint.curvature * off / (y * y)

    def _data(self, s: Quantity) -> Quantity:
        """Return platform data and contributions, shape (1,)."""
        return self.joint.platform + self.arithmetic.total(s).reshape(1)
