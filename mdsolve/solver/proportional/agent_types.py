"""Agents alike, counted once: the types of a game with one accuracy curve of all data added up.

Rules that compare agents with each other ([K22] (12)-(14)) treat agents alike alike, so a profile
in which they act alike is one number per type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.costs import Costs
from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame
from mdsolve.solver.shaping.value_shaping import common_curve

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AgentTypes:
    """Costs, values and capacities of T types of agents who see one curve of the total.

    Parameters
    ----------
    curve : Curve
        Accuracy as a function of all data, the same for everybody.
    costs : Costs
        Of one agent per type.
    value, capacity : (T,)
        Money per unit of accuracy; samples.
    counts : (T,)
        Agents per type.
    members : (n,) of int
        Type of every agent.
    names : sequence of str
        One agent's name per type, for messages.
    platform : float
        Samples the platform brings itself.
    """

    curve: Curve
    costs: Costs
    value: Floats
    capacity: Floats
    counts: Floats
    members: npt.NDArray[np.intp]
    names: Sequence[str]
    platform: float

    @property
    def size(self) -> int:
        """Number of types, T."""
        return len(self.value)

    @property
    def beyond_kinks(self) -> float:
        """An amount of data from which on the curve of the total is concave, in samples; positive.

        Searches for larger amounts start here and double it.
        """
        kinks = [float(kink) - self.platform for kink in self.curve.kinks]
        return max([float(np.finfo(float).tiny), *kinks])

    def total(self, levels: Floats) -> Floats:
        """Return all data at contributions by type (..., T), the platform's included."""
        return np.asarray(self.platform + levels @ self.counts)

    def others(self, kind: int) -> Floats:
        """Return how many others of each type an agent of type `kind` has, shape (T,)."""
        others = self.counts.copy()
        others[kind] -= 1
        return others

    def leading(self, levels: Floats, kind: int) -> Floats:
        """Return the largest contribution among the others of an agent, levels (..., T)."""
        beside = levels[..., self.others(kind) > 0]
        return np.asarray(beside.max(axis=-1, initial=0.0))

    def cost(self, kind: int, own: Floats) -> Floats:
        """Return what contributions of any shape cost an agent of the type, in money."""
        return self.costs.along(kind, own)

    def marginal_costs(self, levels: Floats) -> Floats:
        """Return the right derivatives of every type's cost at contributions (..., T)."""
        each = [self.costs.slope_along(kind, levels[..., kind]) for kind in range(self.size)]
        return np.stack(each, axis=-1)


def agent_types(game: SharingGame, rule: str, s: Floats | None = None) -> AgentTypes:
    """Return the types of a game; given contributions (n,), agents alike who contribute the same.

    Raises
    ------
    UnsupportedError
        Where data are not simply added up, agents have different curves, or no data has a
        negative value.
    """
    curve = _plain(common_curve(game), rule)
    acts = np.zeros(game.size) if s is None else s
    table = np.column_stack([game.costs.kinds, game.value, game.capacity, acts])
    _, first, members, counts = np.unique(
        table, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    if float(curve.value(np.array([game.platform_data]))[0]) < 0:
        raise UnsupportedError.single(
            f"mechanism {rule}",
            "an accuracy below 0 before anybody contributes",
            "an accuracy of at least 0",
            "raise the ceiling, or lower the scale",
        )
    return AgentTypes(
        curve,
        game.costs.take(first.astype(np.intp)),
        game.value[first],
        game.capacity[first],
        counts.astype(np.float64),
        members.reshape(-1).astype(np.intp),
        [game.agents[k] for k in first],
        game.platform_data,
    )


def _plain(curve: Curve, rule: str) -> Curve:
    """Return the curve with numbers for parameters."""
    single: dict[str, Any] = {}
    for field in fields(curve):  # type: ignore[arg-type]
        entry = getattr(curve, field.name)
        if isinstance(entry, np.ndarray):
            if np.any(entry != entry.flat[0]):
                raise UnsupportedError.single(
                    f"mechanism {rule}",
                    f"agents with different parameters of the family {curve.family}",
                    "one accuracy curve of all data added up",
                    "give all agents the same parameters",
                )
            single[field.name] = float(entry.flat[0])
    return replace(curve, **single) if single else curve  # type: ignore[type-var]
