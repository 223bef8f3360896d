"""The costs of a few agents who have one formula, over any number system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.curves import Side

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class CostForm:
    """c(s) of a few agents whose costs have one formula; parameters may be arrays over them.

    Parameters
    ----------
    taken : callable or None
        The form of some of its agents, by their places in it; None where all share all parameters.
    levels : (k,) or None
        All marginal costs, where there are finitely many and all agents share them.
    """

    value: Callable[[Quantity], Quantity]
    slope: Callable[[Quantity, Side], Quantity]
    taken: Callable[[Indices], CostForm] | None = None
    levels: Quantity | None = None

    def take(self, places: Indices) -> CostForm:
        """Return the form of some of its agents, which may repeat."""
        return self if self.taken is None else self.taken(places)


class Part(NamedTuple):
    """Some of the costs of one family.

    Parameters
    ----------
    places : sequence of int
        Which of the costs given.
    form : CostForm
        Of these, in this order.
    linear, curved : bool or (k,) of bool
        Whose marginal cost is constant, and whose certainly rises everywhere.
    """

    places: Sequence[int]
    form: CostForm
    linear: Any = False
    curved: Any = False


def parabola(fixed: Quantity, rate: Quantity, curvature: Quantity) -> CostForm:
    """Return fixed + rate s + curvature s^2 / 2."""
    return CostForm(
        lambda s: fixed + s * (rate + curvature * s / 2),
        lambda s, side: rate + curvature * s,  # noqa: ARG005 - smooth
        lambda places: parabola(fixed[places], rate[places], curvature[places]),
    )
