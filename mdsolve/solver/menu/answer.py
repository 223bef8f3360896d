"""A menu and the bound it is held against, as the mechanism hands them on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.game.cost_laws import CostLaw, CostTypes
from mdsolve.solver.menu.ironing import Line
from mdsolve.solver.menu.others import Others, others_of
from mdsolve.solver.menu.program import Multipliers
from mdsolve.solver.menu.terms import MenuTerms
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Offer:
    """Contracts, each meant for the costs of a range.

    Parameters
    ----------
    contributions, values : (K,)
        Samples brought, and worth of the model received, in money.
    first, last : (K,)
        Least and largest cost that a contract is meant for.
    chances : (K,)
        Probability of these costs.
    moments : (K,)
        Expectation of these costs, others counted as 0.
    """

    contributions: Floats
    values: Floats
    first: Floats
    last: Floats
    chances: Floats
    moments: Floats

    @property
    def utility(self) -> float:
        """What an agent can expect before they know their cost, in money."""
        return float(self.chances @ self.values - self.moments @ self.contributions)

    @property
    def expected(self) -> float:
        """Expected contribution of one agent, in samples."""
        return float(self.chances @ self.contributions)

    def others(self, terms: MenuTerms) -> Others:
        """Return how many of the others may hold which contract."""
        return others_of(terms.agents - 1, self.chances)

    def full(self, terms: MenuTerms) -> Floats:
        """Return the expected worth of all data to the holder of each contract, in money, (K,)."""
        others = self.others(terms)
        seen = (others.counts @ self.contributions)[:, None] + self.contributions + terms.platform
        return np.asarray(others.chances @ terms.worth(seen))

    def keeps(self, terms: MenuTerms) -> bool:
        """Tell whether the menu can be kept, is accepted, and chosen as it is meant."""
        unit = terms.worth_at(terms.agents * float(self.contributions.max()) + terms.platform)
        slack = ROUND_OFF * unit
        if np.any(self.values > self.full(terms) + slack):
            return False
        ends = np.concatenate([self.first, self.last])
        own = self.values - self.first * self.contributions
        own = np.concatenate([own, self.values - self.last * self.contributions])
        best = (self.values - np.outer(ends, self.contributions)).max(axis=1)
        return bool(np.all(own >= np.maximum(best, terms.alone(ends)[1]) - slack))


@dataclass(frozen=True)
class Design:
    """The best menu found, and how good it is.

    Parameters
    ----------
    offer : Offer
    bound : float
        Most that any menu collects from one agent in expectation, in samples.
    proof : mapping
        What tells the checker where the bound comes from.
    method : str
    grid : (N + 1,) or None
        Ends of the cells of costs that a density was replaced by.
    """

    offer: Offer
    bound: float
    proof: Mapping[str, Any]
    method: str
    grid: Floats | None = None


def line_proof(line: Line) -> dict[str, Any]:
    """Return the proof by a line as plain data."""
    return {"line": {"slope": line.slope, "at": line.at}}


def case_proof(included: int, prices: Multipliers) -> dict[str, Any]:
    """Return the multipliers of one program as plain data."""
    return {
        "included": included,
        "participation": prices.participation,
        "cheaper": prices.cheaper,
        "dearer": prices.dearer,
        "at": prices.at,
        "kink": prices.kink,
    }


def typed_offer(law: CostTypes, contributions: Floats, values: Floats) -> Offer:
    """Return one contract per type; types beyond those given get nothing for nothing."""
    costs = np.array(law.costs)
    missing = len(costs) - len(contributions)
    return Offer(
        np.concatenate([np.maximum(contributions, 0.0), np.zeros(missing)]),
        np.concatenate([values, np.zeros(missing)]),
        costs,
        costs,
        np.array(law.probabilities),
        costs * np.array(law.probabilities),
    )


def ranged_offer(law: CostLaw, contributions: Floats, values: Floats, ends: Floats) -> Offer:
    """Return contracts whose ranges of costs end at some costs, those of no width left out.

    Parameters
    ----------
    contributions, values, ends : (K,)
        Ends rise; the last is the largest cost.
    """
    first = np.concatenate([[law.low], ends[:-1]])
    kept = ends > first
    contributions, values, first, ends = (x[kept] for x in (contributions, values, first, ends))
    shares = np.array([law.share(float(cost)) for cost in [*first, law.high]])
    moments = np.array([law.moment(float(cost)) for cost in [*first, law.high]])
    return Offer(contributions, values, first, ends, np.diff(shares), np.diff(moments))
