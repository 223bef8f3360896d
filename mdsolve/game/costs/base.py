"""What a cost family offers beside its formula: the costs of k agents who have it, all at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Side = Literal["left", "right"]
End = Literal["low", "high"]


class Terms(NamedTuple):
    """One agent's cost fixed + rate s + curvature s^2 / 2 + power_rate s^power_exponent.

    Families with this formula share one array operation for all their agents.

    Parameters
    ----------
    fixed, rate, curvature : float
        Money, money per sample, money per sample squared.
    power_rate, power_exponent : float
        Money per sample to the exponent; exponent at least 1.
    """

    fixed: float = 0.0
    rate: float = 0.0
    curvature: float = 0.0
    power_rate: float = 0.0
    power_exponent: float = 1.0


class CostForm(ABC):
    """Costs c(s) of k agents: non-decreasing and convex on [0, inf), in money; s in samples.

    Implementations are frozen dataclasses. Parameters that differ between agents are arrays of
    shape (k,); anything else is the same for all of them. The methods take arrays of shape (k,), or
    of any shape where there is one agent or nothing differs.
    """

    @abstractmethod
    def value(self, s: Floats) -> Floats:
        """Return c(s), in money."""

    @abstractmethod
    def slope(self, s: Floats, side: Side = "right") -> Floats:
        """Return c'(s), in money per sample; at a kink the derivative of the side asked for."""

    @abstractmethod
    def second(self, s: Floats) -> Floats:
        """Return c''(s), in money per sample squared; 0 at a kink."""

    @abstractmethod
    def supply(self, price: Floats, end: End = "high") -> Floats:
        """Return argmax over s >= 0 of price s - c(s), infinite where all samples are worth it.

        Where marginal cost equals the price on an interval, its far end or its near one.
        """

    @abstractmethod
    def transformed(self, factor: float, shift: float) -> CostForm:
        """Return factor c(s) + shift s."""

    @property
    def kinks(self) -> Floats:
        """Contributions where the marginal cost jumps, the same for all k agents."""
        return np.empty(0)

    @property
    def shared(self) -> bool:
        """Tell whether all k agents have the same cost."""
        return not self._per_agent()

    def take(self, places: Indices) -> Self:
        """Return the form of some of the k agents, in the order given."""
        own = {key: entry[places] for key, entry in self._per_agent().items()}
        return replace(self, **own) if own else self  # type: ignore[type-var]

    def key(self, place: int) -> Hashable:
        """Return something equal for agents of this family who have the same cost."""
        own = self._per_agent()
        return tuple(
            float(own[field.name][place]) if field.name in own else getattr(self, field.name)
            for field in fields(self)  # type: ignore[arg-type]
        )

    def _per_agent(self) -> dict[str, Any]:
        """Return the parameters that differ between agents."""
        entries = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {key: entry for key, entry in entries.items() if isinstance(entry, np.ndarray)}


Forms = list[tuple[Sequence[int], CostForm]]
"""Places in a list of agents, and the form of those agents' costs, in this order."""
