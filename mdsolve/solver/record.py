"""What every equilibrium solver returns: one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mdsolve.solver.iterate import Ending

Floats = npt.NDArray[np.float64]

Uniqueness = Literal["unique", "continuum", "unknown"]
"""Whether an equilibrium is the only one, one of many that share their total, or neither is known;
where several totals are known, among the equilibria with the same total."""

Totals = tuple[float, ...]
"""Contributed data at all equilibria that were found, rising, in samples."""


@dataclass(frozen=True)
class Budgets:
    """What the agents' budgets do to an equilibrium.

    Parameters
    ----------
    held : int
        Agents whom their budgets hold back.
    penniless : int or None
        The agent who is short of money where no equilibrium was found.
    impossible : bool
        Whether that agent has too little money whatever anybody contributes, so that no profile is
        feasible.
    """

    held: int = 0
    penniless: int | None = None
    impossible: bool = False


@dataclass(frozen=True)
class Equilibrium:
    """A candidate, how it was found and what is known of further equilibria; nothing is checked.

    Parameters
    ----------
    contributions : (n,)
        Samples.
    method : str
        The numerical method actually used.
    uniqueness : {"unique", "continuum", "unknown"}
    totals : tuple of float
        Those of all equilibria, rising, where these are known.
    ending : Ending
        Why the method ended.
    residual : float
        How far the method's own equations are from holding, in samples.
    steps : int
    cycle : (length, n) or None
        Profiles that best responses run through, where they do.
    shares : (n,) or None
        Shapley (or Banzhaf) shares in money, where agents earn these.
    budgets : Budgets or None
        Where agents have budgets.
    parameters : (m,) or None
        The model, where one is learned with the contributions.
    """

    contributions: Floats
    method: str
    uniqueness: Uniqueness = "unknown"
    totals: Totals = ()
    ending: Ending = Ending.RESTED
    residual: float = 0.0
    steps: int = 0
    cycle: Floats | None = None
    shares: Floats | None = None
    budgets: Budgets | None = None
    parameters: Floats | None = None

    @property
    def rested(self) -> bool:
        """Whether the method met its own tolerance."""
        return self.ending is Ending.RESTED
