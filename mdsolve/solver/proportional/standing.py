"""How an agent stands beside the leading contributor: the ratio psi_i / max_j psi_j of [K22].

Three measures psi of a contribution: the data themselves (12), the value they would have on their
own (13), their Shapley value (14). Each gives, along one agent's own contribution x and up to the
largest contribution of the others, the ratio and its derivative; from there on the agent leads and
the ratio is 1. Where nobody's contribution has any measure, nobody stands behind anybody: ratio 1.

What the others contribute is worked out once for B profiles; ratios at many own contributions of
each profile follow in a few array operations.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mdsolve.game.curves import Curve
from mdsolve.solver.proportional.agent_types import AgentTypes

Floats = npt.NDArray[np.float64]

TINY = float(np.finfo(np.float64).tiny)


class Ratio(ABC):
    """The ratio of one type's agents at B profiles of the others.

    Attributes
    ----------
    lead : (B, 1)
        Largest contribution of the others, samples.
    """

    lead: Floats

    @abstractmethod
    def value(self, own: Floats) -> Floats:
        """Return the ratio, without unit, at own contributions (B, k) up to the leading one."""

    @abstractmethod
    def slope(self, own: Floats) -> tuple[Floats, Floats]:
        """Return the ratio and its derivative per sample, from the left at the leading one."""

    @property
    def kinks(self) -> Floats:
        """Own contributions at which the derivative jumps, shape (B, any)."""
        return np.empty((len(self.lead), 0))


class Standing(ABC):
    """The ratio of one measure."""

    name: ClassVar[str]
    many: ClassVar[int] = 128
    """Profiles that take little longer together than one."""

    @abstractmethod
    def beside(self, types: AgentTypes, levels: Floats, kind: int) -> Ratio:
        """Return the ratio of an agent of the type at profiles of contributions by type (B, T)."""

    def below(
        self, types: AgentTypes, levels: Floats, kind: int, own: Floats
    ) -> tuple[Floats, Floats]:
        """Return ratio and derivative (k,) at one profile (T,) and own contributions (k,)."""
        ratio, slope = self.beside(types, levels[None, :], kind).slope(own[None, :])
        return ratio[0], slope[0]


@dataclass(frozen=True)
class DataRatio(Ratio):
    """Own contribution over the leading one; 1 where nobody else contributes."""

    lead: Floats

    def value(self, own: Floats) -> Floats:
        """Return the ratio."""
        return np.where(self.lead > 0, own / np.maximum(self.lead, TINY), 1.0)

    def slope(self, own: Floats) -> tuple[Floats, Floats]:
        """Return the ratio and its derivative."""
        rate = np.where(self.lead > 0, 1 / np.maximum(self.lead, TINY), 0.0)
        return self.value(own), np.broadcast_to(rate, own.shape)


class DataStanding(Standing):
    """Psi_i = s_i, [K22] (12)."""

    name = "data"

    def beside(self, types: AgentTypes, levels: Floats, kind: int) -> Ratio:
        """Return the ratio of data."""
        return DataRatio(types.leading(levels, kind)[:, None])


@dataclass(frozen=True)
class ValueRatio(Ratio):
    """Value of the own data over that of the leading data; 1 where these have no value.

    Parameters
    ----------
    lead : (B, 1)
    best : (B, 1)
        What the leading data add to the platform's, in accuracy.
    nothing : float
        Accuracy of the platform's data.
    """

    lead: Floats
    best: Floats
    nothing: float
    curve: Curve
    platform: float

    def value(self, own: Floats) -> Floats:
        """Return the ratio."""
        gained = self.curve.value(self.platform + own) - self.nothing
        return np.divide(gained, self.best, out=np.ones_like(own), where=self.best > 0)

    def slope(self, own: Floats) -> tuple[Floats, Floats]:
        """Return the ratio and its derivative."""
        rise = self.curve.slope(self.platform + own)
        slope = np.divide(rise, self.best, out=np.zeros_like(own), where=self.best > 0)
        return self.value(own), slope

    @property
    def kinks(self) -> Floats:
        """Where the agent's own data begin to have a value, and later kinks of the curve."""
        kinks = np.array([float(kink) - self.platform for kink in self.curve.kinks])
        return np.broadcast_to(kinks, (len(self.lead), len(kinks)))


class ValueStanding(Standing):
    """Psi_i = v(s_i + platform data) - v(platform data), [K22] (13)."""

    name = "value"

    def beside(self, types: AgentTypes, levels: Floats, kind: int) -> Ratio:
        """Return the ratio of own values."""
        curve, platform = types.curve, types.platform
        lead = types.leading(levels, kind)[:, None]
        nothing = float(curve.value(np.array([platform]))[0])
        return ValueRatio(lead, curve.value(platform + lead) - nothing, nothing, curve, platform)
