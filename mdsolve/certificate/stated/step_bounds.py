"""Step sizes of Algorithm 1 of [D25] and what they are bounded by, as solutions state them.

With platform data y_0 > 0, Assumption 1 holds on contributions in [0, capacity] and models within r
of the best one, parameter by parameter. With K_i the shortfalls, q_i values, A the curvatures,
reach_ik = |w*_k - target_ik| + r_k and Y all data,

    |G_ij| <= L,  L = max_i (2 q_i max K_i / y_0^3 + c_i''),      P = |2 A q_i reach_ik| / y_0^2,
    lambda~ = 2 min A / Y,  L~ = 2 max A / y_0,  P~ = sqrt(n) |2 A r| / y_0^2,

and -(G + G')/2 has no eigenvalue below min c'' - (sqrt(n) |k| - sum k) / 2 for the least favourable
k_i = 2 q_i K_i / y_0^3; that difference is at most n z / 2 + sum (k_i^2 / (2 z) - k_i), convex in
each k_i, for every z > 0. Bounds on step sizes and the rate are recomputed from the constants as
stated. All in floats.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.accuracies.quadratic_fit import JointAccuracy, joint_accuracy
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Figure, Judged, Recompute
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

BELOW = 0.99
"""Share of a bound that a step size takes where the bound itself is not allowed."""

SPLITS = 512
"""Values of z at which the bound on the least eigenvalue is tried."""

NAMES = ("lambda", "L", "P", "lambda_model", "L_model", "P_model", "P_model_printed")


@dataclass(frozen=True)
class Bounds:
    """The constants of Assumption 1 in one game, and what is stated to follow from them.

    Parameters
    ----------
    first : (m,)
        The model at which the protocol begins.
    """

    context: SharingContext
    first: Floats

    def sources(self) -> Mapping[str, Recompute]:
        """Return the figures, by path."""
        constants = "step_bounds.constants"
        found: dict[str, Recompute] = {
            f"{constants}.lambda": lambda: Judged((), self._strength),
            "step_bounds.published": lambda: self._pair(self.published(printed=True)),
            "step_bounds.published_with_mean": lambda: self._pair(self.published(printed=False)),
            "step_bounds.argument": lambda: self._pair(self.argument()),
            "step_bounds.contraction.step_sizes": lambda: Judged((2,), self._positive),
            "step_bounds.contraction.rate": lambda: self._number(self._contraction()),
        }
        return found | {f"{constants}.{name}": self._closed_form(name) for name in NAMES[1:]}

    def _closed_form(self, name: str) -> Recompute:
        return lambda: self._number(self.constants[name])

    @cached_property
    def joint(self) -> JointAccuracy:
        """The accuracy in floats."""
        found = joint_accuracy(self.context.reading.rounded)
        if found is None:
            raise NoRouteError("no model is learned in this game")
        return found

    @property
    def least(self) -> float:
        """Data that are there when nobody contributes."""
        found = float(self.joint.platform)
        if not found > 0:
            raise NoRouteError("without platform data Assumption 1 has no constants")
        return found

    @cached_property
    def _bend(self) -> Floats:
        """c_i'' where it is the same everywhere, shape (n,)."""
        game = self.context.reading.rounded
        ends = game.ends
        if not np.all(np.isfinite(ends) & (ends > 0)):
            raise NoRouteError("capacities have no end, or are 0")
        first, last = game.costs.slope(0 * ends, "right"), game.costs.slope(ends, "left")
        bend = np.asarray((last - first) / ends, dtype=np.float64)
        for part in (0.25, 0.5):
            off = game.costs.slope(part * ends, "right") - first - part * ends * bend
            if np.any(np.abs(off) > ROUND_OFF * last):
                raise NoRouteError("second derivatives of costs that change are not bounded here")
        return bend

    @cached_property
    def _apart(self) -> tuple[Floats, Floats]:
        """|w* - targets|, (n, m), and the radius, (m,)."""
        best = self.joint.best_doubles
        return np.abs(best - np.asarray(self.joint.targets)), np.abs(self.first - best)

    @cached_property
    def constants(self) -> dict[str, float]:
        """Return the constants that have a closed form, and the bound on |G|."""
        game, joint, near = self.context.reading.rounded, self.joint, self.least
        apart, radius = self._apart
        n, value = self.context.size, np.asarray(game.value)
        steep, reach = 2 * np.asarray(joint.curvature), apart + radius
        most = self._shortfall(reach)
        bend = 2 * value * most / near**3
        own = float(np.linalg.norm(steep * radius)) * math.sqrt(n) / near**2
        return {
            "L": float((bend + self._bend).max()),
            "P": float(np.linalg.norm(value[:, None] * steep * reach)) / near**2,
            "lambda_model": float(steep.min()) / (near + float(game.ends.sum())),
            "L_model": float(steep.max()) / near,
            "P_model": own,
            "P_model_printed": n * own,
            "norm": float(np.linalg.norm(bend)) * math.sqrt(n) + float(self._bend.max()),
        }

    def _shortfall(self, off: Floats) -> Floats:
        return np.asarray(off**2 @ np.asarray(self.joint.curvature) + float(self.joint.noise))

    def _strength(self, stated: Floats) -> tuple[Quantity, float]:
        """Return by how much lambda as stated is above what is proved of it."""
        apart, radius = self._apart
        value = np.asarray(self.context.reading.rounded.value)
        ends = self._shortfall(np.maximum(apart - radius, 0.0)), self._shortfall(apart + radius)
        low, high = (2 * value * short / self.least**3 for short in ends)
        n, top = self.context.size, float(high.max())
        slack = 0.0
        if top > 0:
            z = np.linspace(top / SPLITS, top, SPLITS)[:, None]
            tilts = np.maximum(low**2 / (2 * z) - low, high**2 / (2 * z) - high).sum(axis=1)
            slack = max(0.0, float((0.5 * n * z[:, 0] + tilts).min()))
            if np.all(apart == apart[0]):
                # With one target for all, K is the same for everybody, whatever the model.
                slack = max(0.0, math.sqrt(n) * float(np.linalg.norm(high)) - float(high.sum()))
        proved = float(self._bend.min()) - 0.5 * slack
        scale = self.constants["L"] * n
        above = float(stated) - proved - ROUND_OFF * scale
        return self.context.arithmetic.stored(np.array([above])), scale

    @cached_property
    def stated(self) -> dict[str, float]:
        """Constants as stated; raises `NoRouteError` where one is missing."""
        found = {}
        for name in NAMES:
            number = self.context.claim.stored(f"step_bounds.constants.{name}", ())
            if isinstance(number, str):
                raise NoRouteError(number)
            found[name] = float(number)
        return found

    def _pairs(self, *, printed: bool) -> list[tuple[float, float, float]]:
        """Return strength, norm and coupling of both blocks."""
        c, m = self.stated, len(self.joint.best_doubles)
        pull = c["P_model_printed" if printed else "P_model"]
        return [
            (c["lambda"], self.context.size * c["L"], pull),
            (c["lambda_model"], m * c["L_model"], c["P"]),
        ]

    def published(self, *, printed: bool) -> tuple[float, float]:
        """Return the bounds of Theorem 1; 0 where its condition does not hold."""

        def bound(strength: float, norm: float, coupling: float) -> float:
            if not strength > coupling:
                return 0.0
            terms = [1.0, 2 * strength / norm**2]
            terms += [1 / coupling] if coupling > 0 else []
            if norm > coupling:
                terms.append((strength - coupling) / (norm**2 - coupling**2))
            return min(terms)

        first, second = (bound(*pair) for pair in self._pairs(printed=printed))
        return first, second

    def argument(self) -> tuple[float, float]:
        """Return the bounds that the proof of Theorem 1 needs."""
        first, second = (
            2 * (strength - coupling) / (norm**2 - coupling**2) if strength > coupling else 0.0
            for strength, norm, coupling in self._pairs(printed=False)
        )
        return first, second

    def sizes(self) -> tuple[float, float]:
        """Return the step sizes of a contraction, as stated."""
        found = self.context.claim.stored("step_bounds.contraction.step_sizes", (2,))
        if isinstance(found, str):
            raise NoRouteError(found)
        return float(found[0]), float(found[1])

    def rate(self, gamma: float, eta: float) -> float:
        """Return the factor per round of the distance of two paths at these step sizes."""
        c, norm = self.stated, self.constants["norm"]
        a = math.sqrt(max(0.0, 1 - 2 * gamma * c["lambda"] + (gamma * norm) ** 2))
        b = max(abs(1 - eta * c["lambda_model"]), abs(1 - eta * c["L_model"]))
        cross = gamma * c["P"] * eta * c["P_model"]
        return 0.5 * (a + b + math.sqrt((a - b) ** 2 + 4 * cross))

    def _contraction(self) -> float:
        found = self.rate(*self.sizes())
        if not found < 1:
            raise NoRouteError("step sizes at which nothing contracts are stated as a contraction")
        return found

    def _positive(self, sizes: Floats) -> tuple[Quantity, float]:
        return self.context.arithmetic.stored(-sizes), 0.0

    def _number(self, value: float) -> Figure:
        right = np.array(value)
        return Figure.exactly(self.context.arithmetic.stored(right), abs(value))

    def _pair(self, values: tuple[float, float]) -> Figure:
        right = np.array(values)
        return Figure.exactly(self.context.arithmetic.stored(right), np.abs(right))


def asked(context: SharingContext, name: str) -> Any:
    """Return the step size that the options ask for: a number, or the name of a rule."""
    first = context.options.get("step_size") or "auto"
    second = context.options.get("model_step_size")
    if name == "step_size":
        return first
    if second is not None:
        return second
    return first if isinstance(first, str) else "auto"
