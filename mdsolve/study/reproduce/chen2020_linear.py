"""Maximal exploitation payments at random profiles of a market with linear externalities.

The setting of [C20] section 7.1: v_i(q) = sum_j alpha_ij q_j with random alpha, saturating quality.
Everything is evaluated at one profile per sample, vectorised over samples, so no grids are needed:
an efficient allocation gives the model to agent j iff his column of alpha has a non-negative sum
over the participants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
OwnEffect = Literal["any-sign", "positive"]
OffPath = Literal["efficient", "best-model", "separate", "harmful"]

OWN_EFFECTS: dict[OwnEffect, str] = {
    "any-sign": "alpha_ii uniform on [-1, 1] (section 7.1)",
    "positive": "alpha_ii uniform on [0, 1] (Example 2: always positive)",
}
OFF_PATHS: dict[OffPath, str] = {
    "efficient": "the others pool under the efficient allocation",
    "best-model": "the others all get the best model",
    "separate": "the others keep their own models",
    "harmful": "the others get whatever harms the absent agent most",
}
"""What the other agents do when one stays out; `harmful` yields the most revenue of all rules."""


@dataclass(frozen=True)
class Outcomes:
    """Results per sample.

    Parameters
    ----------
    revenue, welfare, quality : (samples,)
        Sum of payments; sum of values; quality of the best model handed out.
    utilities : (samples, n)
        Value less payment: what each agent would have had outside.
    external : (samples, n)
        The part of it that the others cause, sum_{j != i} alpha_ij q_j.
    """

    revenue: Floats
    welfare: Floats
    quality: Floats
    utilities: Floats
    external: Floats


def quality(sizes: Floats) -> Floats:
    """Return Q(t) = (1 - exp(-t)) / (1 + exp(-t))."""
    return np.tanh(0.5 * sizes)


def draw_effects(random: np.random.Generator, samples: int, agents: int, own: OwnEffect) -> Floats:
    """Return alpha, shape (samples, n, n), uniform on [-1, 1]; own effects as the reading says."""
    effects = random.uniform(-1, 1, (samples, agents, agents))
    if own == "positive":
        diagonal = np.arange(agents)
        effects[:, diagonal, diagonal] = np.abs(effects[:, diagonal, diagonal])
    return effects


def outcomes(effects: Floats, types: Floats, off_path: OffPath) -> Outcomes:
    """Return what maximal exploitation payments yield at each sample's profile.

    Parameters
    ----------
    effects : (samples, n, n)
    types : (samples, n)
        Data sizes.
    """
    agents = types.shape[1]
    own = quality(types)
    total = types.sum(axis=1)
    best = quality(total)
    columns = effects.sum(axis=1)
    receives = columns >= 0
    used = np.where(receives, best[:, None], own)
    inside = np.einsum("sij,sj->si", effects, used)
    external = np.empty_like(inside)
    for i in range(agents):
        others_best = quality(total - types[:, i])[:, None]
        if off_path == "separate":
            kept = own
        elif off_path == "best-model":
            kept = np.broadcast_to(others_best, own.shape)
        elif off_path == "harmful":
            kept = np.where(effects[:, i, :] < 0, others_best, own)
        else:
            without = columns - effects[:, i, :]
            kept = np.where(without >= 0, others_best, own)
        others = np.delete(effects[:, i, :] * kept, i, axis=1)
        external[:, i] = others.sum(axis=1)
    handed = np.where(receives.any(axis=1), best, own.max(axis=1))
    outside = np.einsum("sii,si->si", effects, own) + external
    revenue = (inside - outside).sum(axis=1)
    return Outcomes(revenue, inside.sum(axis=1), handed, outside, external)
