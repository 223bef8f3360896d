"""Accuracies that the user gives as a Python object, and the check of its gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mdsolve.errors import Finding, UsageError
from mdsolve.game.accuracy import Accuracy
from mdsolve.game.differences import beside, blur, listed, moved, points_within, units
from mdsolve.instance.accuracies.python_object import AccuracyFunction
from mdsolve.tolerance import GRADIENT_AGREEMENT

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FunctionAccuracy(Accuracy):
    """Accuracies given by an object.

    Parameters
    ----------
    function : AccuracyFunction
    unit : (n,)
        Amounts of data that count, in samples.
    """

    function: AccuracyFunction
    unit: Floats
    family: str = "python"
    opaque: ClassVar[bool] = True

    @property
    def agents(self) -> int:  # type: ignore[override]
        """Number of agents."""
        return len(self.unit)

    @property
    def concave(self) -> bool:
        """Hold: only functions that promise it are accepted."""
        return True

    @property
    def own_concave(self) -> bool:
        """Hold."""
        return True

    def values(self, s: Floats) -> Floats:
        """Return a_i(s)."""
        return np.asarray(self.function.value(s), dtype=np.float64)

    def jacobian(self, s: Floats) -> Floats:
        """Return da_i / ds_j."""
        return np.asarray(self.function.gradient(s), dtype=np.float64)

    def own_slopes(self, s: Floats) -> Floats:
        """Return the diagonal of the gradient."""
        return np.diagonal(self.jacobian(s)).copy()

    def own_second(self, s: Floats) -> Floats:
        """Return the diagonal of the cross derivatives."""
        return np.diagonal(self.cross(s)).copy()

    def cross(self, s: Floats) -> Floats:
        """Return d^2 a_i / ds_i ds_j by differences of own slopes."""
        table = np.empty((self.agents, self.agents))
        for j in range(self.agents):
            below, above, step = beside(s, j, self.unit)
            table[:, j] = (self.own_slopes(above) - self.own_slopes(below)) / step
        return table

    def along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return a_agent at each own contribution."""
        return np.array([self.values(moved(s, agent, x))[agent] for x in own.tolist()])

    def slope_along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return da_agent / ds_agent at each own contribution."""
        profiles = (moved(s, agent, x) for x in own.tolist())
        return np.array([self.jacobian(point)[agent, agent] for point in profiles])


def accuracy(function: AccuracyFunction, capacity: Floats) -> FunctionAccuracy:
    """Return the accuracy of an object whose shapes, gradient and promises were checked.

    Parameters
    ----------
    capacity : (n,)
        Contributions are tried between 0 and these; up to 10 where there is none.

    Raises
    ------
    UsageError
        With every finding.
    """
    size = len(capacity)
    if getattr(function, "concave", None) is not True:
        raise UsageError.single(
            "accuracy",
            "an object that does not say concave = True",
            "accuracies that are concave and smooth in all contributions",
            "set concave = True on the object where that holds; other functions are not solved",
        )
    points = points_within(capacity)
    shapes = {"value": np.shape(function.value(points[0])), "gradient": (0,)}
    shapes["gradient"] = np.shape(function.gradient(points[0]))
    expected = {"value": (size,), "gradient": (size, size)}
    wrong = [
        Finding(f"accuracy.{key}", f"shape {shapes[key]}", f"shape {shape}")
        for key, shape in expected.items()
        if shapes[key] != shape
    ]
    if wrong:
        raise UsageError(wrong)
    given = FunctionAccuracy(function, units(capacity))
    findings = [finding for s in points for finding in _wrong_gradient(given, s)]
    findings += _not_concave(given, points)
    if findings:
        raise UsageError(findings[:10])
    return given


def _wrong_gradient(given: FunctionAccuracy, s: Floats) -> Iterator[Finding]:
    """Yield the entries of the gradient that differ from central differences, or that fall."""
    table, value = given.jacobian(s), given.values(s)
    if not (np.all(np.isfinite(table)) and np.all(np.isfinite(value))):
        yield Finding("accuracy", f"numbers that are not finite at s = {listed(s)}", "finite ones")
        return
    for j in range(given.agents):
        below, above, step = beside(s, j, given.unit)
        differences = (given.values(above) - given.values(below)) / step
        scale = float(np.max(np.abs(differences), initial=0.0))
        allowed = GRADIENT_AGREEMENT * scale + blur(float(np.abs(value).max()), step)
        for i in np.flatnonzero(np.abs(table[:, j] - differences) > allowed).tolist():
            where = f"accuracy.gradient: row {i}, column {j} at s = {listed(s)}"
            yield Finding(where, f"{table[i, j]:.6g}", f"{differences[i]:.6g}, the difference")
        if np.any(differences < -allowed):
            where = f"accuracy.value: agent {j}'s data at s = {listed(s)}"
            yield Finding(where, "an accuracy that falls", "accuracies that never fall")


def _not_concave(given: FunctionAccuracy, points: list[Floats]) -> Iterator[Finding]:
    """Yield pairs of points between which an accuracy lies below its chord."""
    for s, t in pairwise(points):
        ends = np.array([given.values(s), given.values(t)])
        middle = given.values(0.5 * (s + t))
        allowed = GRADIENT_AGREEMENT * np.abs(ends).max(axis=0)
        low = np.flatnonzero(middle < ends.mean(axis=0) - allowed)
        for i in low[:1].tolist():
            where = f"accuracy.value: agent {i} between {listed(s)} and {listed(t)}"
            yield Finding(where, "a value below the chord", "a concave accuracy")
