"""What a mechanism's solver computed, before anybody checked it: one record per kind of game."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from mdsolve.game.arithmetic import Array
from mdsolve.game.market import Market
from mdsolve.proof import Proof
from mdsolve.status import Termination

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Equilibria:
    """What is known of all equilibria.

    Parameters
    ----------
    uniqueness : {"unique", "continuum", "listed"}
        Whether the one found is the only one, one of a continuum with the same total, or one of
        those listed, of which there may be more.
    totals : tuple of float
        Total data of those found, in samples.
    profiles : tuple of (n,)
        Their contributions, in the order of the totals; empty where there is one only.
    """

    uniqueness: Literal["unique", "continuum", "listed"]
    totals: tuple[float, ...] = ()
    profiles: tuple[Floats, ...] = ()

    def stated(self) -> dict[str, Any]:
        """Return the keys of a solution that say this."""
        if self.uniqueness != "listed":
            return {"equilibria": self.uniqueness}
        found: dict[str, Any] = {"equilibria": list(self.totals)}
        if len(self.profiles) > 1:
            found["equilibrium_profiles"] = [list(map(float, s)) for s in self.profiles]
        return found


@dataclass(frozen=True)
class Outcome:
    """Why a computation stopped and how it went.

    Parameters
    ----------
    termination, message
        Why it stopped.
    method : str
        The numerical method actually used.
    details : mapping
        Further keys of the solution, for example ``beta``.
    proof : Proof or None
        Why there is no answer, where that was proved.
    """

    termination: Termination
    message: str
    method: str
    details: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    proof: Proof | None = field(default=None, kw_only=True)

    def with_details(self, **more: Any) -> Self:
        """Return the outcome with further keys of the solution."""
        return replace(self, details={**self.details, **more})


@dataclass(frozen=True)
class MarketOutcome(Outcome):
    """Payments of a market.

    Parameters
    ----------
    market : Market
        The market with the allocation rule and number system that were used.
    payments : array of shape (n, m_1, ..., m_n) or None
        What each agent pays at every profile, in money; None where there is no mechanism.
    """

    market: Market = field(kw_only=True)
    payments: Array | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class SharingOutcome(Outcome):
    """Contributions and payments of a sharing game.

    Parameters
    ----------
    contributions, payments : (n,) or None
        Samples, and money received (negative: paid); None where there is no answer.
    received : (n,) or None
        Accuracy of the model handed to each agent; None: everybody gets the full model, a_i(s).
    equilibria : Equilibria or None
        What is known of all equilibria, where the answer is one.
    """

    contributions: Floats | None = field(default=None, kw_only=True)
    payments: Floats | None = field(default=None, kw_only=True)
    received: Floats | None = field(default=None, kw_only=True)
    equilibria: Equilibria | None = field(default=None, kw_only=True)
