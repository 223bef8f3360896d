"""What one agent earns by their own contribution, the others' held fixed, at many profiles at once.

The model received is worth ratio(x)^p v(total): [K22] (12)-(14). Between kinks the utility is
smooth, not always concave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.solver.proportional.agent_types import AgentTypes
from mdsolve.solver.proportional.standing import Ratio

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Deviations:
    """Utilities of an agent of one type at B profiles of the others.

    Parameters
    ----------
    types : AgentTypes
    kind : int
        Their type.
    ratio : Ratio
        How they stand.
    power : float
        The exponent p.
    rest : (B, 1)
        Data of the others and the platform, samples.
    top : (B, 1)
        Contributions beyond which nothing more can be gained, samples.
    """

    types: AgentTypes
    kind: int
    ratio: Ratio
    power: float
    rest: Floats
    top: Floats

    @property
    def worth(self) -> float:
        """Money per unit of accuracy."""
        return float(self.types.value[self.kind])

    def factor(self, own: Floats) -> Floats:
        """Return ratio^p at own contributions (B, k)."""
        lead = self.ratio.lead
        if self.power == 0:
            return np.ones_like(own)
        ratio = self.ratio.value(np.minimum(own, lead))
        return np.where(own >= lead, 1.0, np.maximum(ratio, 0.0) ** self.power)

    def value(self, own: Floats) -> Floats:
        """Return the utility at own contributions (B, k), in money."""
        model = self.factor(own) * self.types.curve.value(self.rest + own)
        return np.asarray(self.worth * model - self.types.cost(self.kind, own))

    def stake(self, own: Floats) -> Floats:
        """Return the money that the utility is a difference of, (B, k)."""
        full = self.worth * np.abs(self.types.curve.value(self.rest + own))
        return np.asarray(full + self.types.cost(self.kind, own))

    def slope(self, own: Floats) -> Floats:
        """Return the derivative of the utility inside pieces, money per sample, (B, k)."""
        types, power, lead = self.types, self.power, self.ratio.lead
        total = self.rest + own
        gain = types.curve.slope(total)
        if power > 0:
            ratio, rise = self.ratio.slope(np.minimum(own, lead))
            behind = own < lead
            factor = np.where(behind, np.maximum(ratio, 0.0) ** power, 1.0)
            some = behind & (ratio > 0)
            with np.errstate(over="ignore"):  # beside nothing at all the slope may be infinite
                change = factor / np.where(some, ratio, 1.0) * np.where(some, power * rise, 0.0)
                gain = change * types.curve.value(total) + factor * gain
        return np.asarray(self.worth * gain - types.costs.slope_along(self.kind, own))

    @property
    def pieces(self) -> tuple[Floats, Floats]:
        """Ends of the pieces on which the utility is smooth, from 0 to the top: (B, P), (B, P).

        Rows with fewer pieces than others repeat an end.
        """
        rows, types = len(self.rest), self.types
        bends = [np.zeros((rows, 1)), self.top, self.ratio.lead]
        if types.curve.kinks:
            bends.append(np.array([float(kink) for kink in types.curve.kinks]) - self.rest)
        if self.power > 0:
            bends.append(self.ratio.kinks)
        costs = types.costs.kinks(self.kind)
        bends.append(np.broadcast_to(costs, (rows, len(costs))))
        ends = np.sort(np.clip(np.concatenate(bends, axis=1), 0.0, self.top), axis=1)
        low, high = ends[:, :-1], ends[:, 1:]
        order = np.argsort(high <= low, axis=1, kind="stable")
        order = order[:, : max(1, int((high > low).sum(axis=1).max(initial=0)))]
        return np.take_along_axis(low, order, axis=1), np.take_along_axis(high, order, axis=1)
