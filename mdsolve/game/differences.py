"""Where derivatives of Python objects are compared with differences of values, and how closely.

Gradients are compared with central differences before anything is solved, and the promises
(concave, convex, never falling) at random points: a wrong derivative would otherwise be a wrong
equilibrium. Second derivatives are differences of gradients; they only steer Newton's method.
Differences are taken over a small part of the capacity, or of the contribution itself; an object
says nothing of its scale, so that without a capacity one sample is taken for an amount that counts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.tolerance import DIFFERENCE_STEP

Floats = npt.NDArray[np.float64]

CHECK_POINTS = 6
"""Random contributions at which objects are checked."""

ROUNDINGS = 16
"""Roundings that a value of an object may have gone through."""


def points_within(capacity: Floats) -> list[Floats]:
    """Return contributions inside the box, the same ones every time."""
    reach = np.where(np.isfinite(capacity), capacity, 10.0)
    generator = np.random.default_rng(len(capacity))
    return [reach * generator.uniform(0.05, 0.95, len(capacity)) for _ in range(CHECK_POINTS)]


def units(capacity: Floats) -> Floats:
    """Return amounts of data that count: the capacities, or one sample where there is none."""
    return np.where(np.isfinite(capacity) & (capacity > 0), capacity, 1.0)


def blur(value: float, step: float) -> float:
    """Return what rounding of values makes of a difference quotient."""
    return ROUNDINGS * float(np.finfo(float).eps) * value / step


def beside(s: Floats, j: int, unit: Floats) -> tuple[Floats, Floats, float]:
    """Return points below and above in coordinate j, never negative, and their distance."""
    step = DIFFERENCE_STEP * max(float(unit[j]), float(s[j]))
    low, high = max(0.0, float(s[j]) - step), float(s[j]) + step
    return moved(s, j, low), moved(s, j, high), high - low


def moved(s: Floats, agent: int, own: float) -> Floats:
    """Return s with another contribution of one agent."""
    other = s.copy()
    other[agent] = own
    return other


def listed(s: Floats) -> str:
    """Return a profile in words, cut short."""
    shown = ", ".join(f"{x:.4g}" for x in s[:5].tolist())
    return f"[{shown}{', ...' if len(s) > 5 else ''}]"
