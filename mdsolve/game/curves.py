"""Accuracy as a function of one number, the (weighted) amount of data y that a model has seen.

Each curve gives value, slope (right derivative) and second derivative, elementwise. Parameters are
numbers, or arrays of shape (n,) with one entry per agent; `of(agent)` picks one agent's curve.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BISECTIONS = 200
"""Halvings that narrow any interval of doubles down to neighbouring ones."""


Parts: TypeAlias = "tuple[tuple[npt.NDArray[np.intp], Curve], ...]"
"""Rising agent numbers and the curve they have."""


class Curve(ABC):
    """A non-decreasing function of the amount of data, y >= 0."""

    family: ClassVar[str]
    concave: ClassVar[bool]
    """Whether every curve of the family is concave on [0, inf)."""
    strictly_concave: ClassVar[bool] = False
    """Whether every curve of the family is known to be strictly concave on [0, inf)."""
    straight: ClassVar[bool] = False
    """Whether accuracy is the amount of data itself."""

    @abstractmethod
    def value(self, y: Floats) -> Floats:
        """Return the accuracy at each amount of data."""

    @abstractmethod
    def slope(self, y: Floats) -> Floats:
        """Return the right derivative."""

    @abstractmethod
    def second(self, y: Floats) -> Floats:
        """Return the second derivative, from the right where there are two."""

    def amount_at(self, slope: float, low: float, high: float) -> float:
        """Return where in [low, high] a concave curve has a slope, for one curve of all agents.

        The nearer end where it has it nowhere between.
        """
        scale_and_exponent = self.decay
        if scale_and_exponent is not None:
            scale, exponent = scale_and_exponent
            found = (scale * exponent / slope) ** (1 / (exponent + 1)) - 1 if slope > 0 else high
            return float(min(max(found, low), high))
        while not np.isfinite(high):
            further = 1.0 + 2 * low
            if not np.isfinite(further):
                return high
            if self._falls_to(slope, further):
                high = further
            else:
                low = further
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            if not low < middle < high:
                break
            if self._falls_to(slope, middle):
                high = middle
            else:
                low = middle
        return high

    def _falls_to(self, slope: float, y: float) -> bool:
        return float(self.slope(np.asarray(y))) <= slope

    @property
    @abstractmethod
    def kinks(self) -> tuple[Floats, ...]:
        """Amounts of data where the slope jumps, one array (or number) per kink."""

    @property
    def decay(self) -> tuple[Any, Any] | None:
        """Scale and exponent where a(y) = a(inf) - scale (1 + y)^-exponent, else None."""
        return None

    @property
    def measured(self) -> tuple[float, float] | None:
        """Least and largest amount of data that was measured; None for a formula."""
        return None

    @property
    def shared(self) -> bool:
        """Tell whether no parameter is given per agent."""
        entries = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        return not any(isinstance(entry, np.ndarray) for entry in entries)

    def parted(self, agents: int) -> Parts:
        """Return which agents, of so many, have a curve of one family."""
        return ((np.arange(agents), self),)

    def take(self, agents: npt.NDArray[np.intp]) -> Curve:
        """Return the curves of some of the agents, in the order given."""
        return self._picked(lambda entry: entry[agents])

    def of(self, agent: int) -> Curve:
        """Return the curve of one agent."""
        return self._picked(lambda entry: float(entry[agent]))

    def _picked(self, pick: Callable[[Floats], Any]) -> Curve:
        """Return the curve with `pick` applied to every parameter given per agent."""
        entries = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        single = {
            name: pick(entry) for name, entry in entries.items() if isinstance(entry, np.ndarray)
        }
        return replace(self, **single) if single else self  # type: ignore[type-var]


@dataclass(frozen=True)
class MixedCurve(Curve):
    """Different families for different agents.

    Parameters
    ----------
    parts : tuple of (agents, Curve)
        Rising agent numbers and the curve they share; together they cover 0 .. n-1 once.
    """

    parts: Parts
    family: ClassVar[str] = "mixed"

    @property
    def concave(self) -> bool:  # type: ignore[override]
        """Tell whether every part is concave."""
        return all(curve.concave for _, curve in self.parts)

    @property
    def kinks(self) -> tuple[Floats, ...]:
        """Return the kinks of all parts; only `of(agent)` says whose they are."""
        return tuple(kink for _, curve in self.parts for kink in curve.kinks)

    @property
    def shared(self) -> bool:
        """Do not hold: agents differ."""
        return False

    def parted(self, agents: int) -> Parts:
        """Return the parts."""
        del agents
        return self.parts

    def _gather(self, name: str, y: Floats) -> Floats:
        result = np.empty(np.shape(y))
        for agents, curve in self.parts:
            result[agents] = getattr(curve, name)(y[agents])
        return result

    def value(self, y: Floats) -> Floats:
        """Return each agent's accuracy at their own amount of data, shape (n,)."""
        return self._gather("value", y)

    def slope(self, y: Floats) -> Floats:
        """Return each agent's slope, shape (n,)."""
        return self._gather("slope", y)

    def second(self, y: Floats) -> Floats:
        """Return each agent's second derivative, shape (n,)."""
        return self._gather("second", y)

    def take(self, agents: npt.NDArray[np.intp]) -> Curve:
        """Return the curves of some of the agents, in the order given."""
        kept = []
        for members, curve in self.parts:
            found = np.searchsorted(members, agents)
            inside = members[np.minimum(found, len(members) - 1)] == agents
            if inside.any():
                kept.append((np.flatnonzero(inside), curve.take(found[inside])))
        return MixedCurve(tuple(kept))

    def of(self, agent: int) -> Curve:
        """Return the curve of one agent."""
        for members, curve in self.parts:
            place = int(np.searchsorted(members, agent))
            if place < len(members) and members[place] == agent:
                return curve.of(place)
        raise IndexError(agent)


def mixed(curves: Sequence[Curve]) -> Curve:
    """Return one curve for n agents from a curve each; equal ones are shared."""
    groups: list[tuple[Curve, list[int]]] = []
    for agent, curve in enumerate(curves):
        for known, agents in groups:
            if known == curve:
                agents.append(agent)
                break
        else:
            groups.append((curve, [agent]))
    if len(groups) == 1:
        return groups[0][0]
    return MixedCurve(tuple((np.array(agents, dtype=np.intp), known) for known, agents in groups))
