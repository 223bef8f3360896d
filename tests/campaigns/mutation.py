"""Break every formula of the solver's game in turn: its answers must not be certified.

Every method and function of `mdsolve.game` that returns numbers is scaled by 1.01 while small
games are solved; the checker itself must not notice: it reads the instance with its own formulas.
An answer that changed and still passes is a survivor: checker and solver share that formula.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

import mdsolve.game
from mdsolve.errors import MdsolveError
from tests.campaigns.games import Case

FACTOR = 1.01


@dataclass(frozen=True)
class Formula:
    """A function or a method of the game layer."""

    owner: Any
    name: str

    def __str__(self) -> str:
        """Return where it is."""
        module = self.owner.__module__ if inspect.isclass(self.owner) else self.owner.__name__
        place = f".{self.owner.__qualname__}" if inspect.isclass(self.owner) else ""
        return f"{module.removeprefix('mdsolve.game.')}{place}.{self.name}"


def formulas() -> list[Formula]:
    """Return everything in the game layer that may return numbers."""
    found = []
    for module in _modules():
        for name, entry in vars(module).items():
            if inspect.isfunction(entry) and entry.__module__ == module.__name__:
                found.append(Formula(module, name))
            elif inspect.isclass(entry) and entry.__module__ == module.__name__:
                found += [
                    Formula(entry, key)
                    for key, member in vars(entry).items()
                    if _computes(member) and not key.startswith("__")
                ]
    return found


def _modules() -> Iterator[Any]:
    for info in pkgutil.walk_packages(mdsolve.game.__path__, "mdsolve.game."):
        yield importlib.import_module(info.name)


def _computes(member: Any) -> bool:
    if getattr(member, "__isabstractmethod__", False):
        return False
    return inspect.isfunction(member) or isinstance(member, property | functools.cached_property)


def scaled(value: Any) -> Any:
    """Return numbers times the factor; anything else as it is."""
    if isinstance(value, bool | np.bool_ | int):
        return value
    if isinstance(value, float | np.floating):
        return value * FACTOR
    if isinstance(value, Fraction):
        return value * Fraction(101, 100)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value * FACTOR
    if isinstance(value, np.ndarray) and value.dtype == object and value.size:
        first = value.ravel()[0]
        return value * Fraction(101, 100) if isinstance(first, Fraction) else value
    return value


@contextmanager
def broken(formula: Formula) -> Iterator[list[int]]:
    """Break one formula; yields how often it returned another number."""
    original = vars(formula.owner)[formula.name]
    used: list[int] = []

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def changed(*args: Any, **more: Any) -> Any:
            value = function(*args, **more)
            other = scaled(value)
            if other is not value:
                used.append(1)
            return other

        return changed

    if isinstance(original, property):
        replacement: Any = property(wrap(original.fget))
    elif isinstance(original, functools.cached_property):
        replacement = functools.cached_property(wrap(original.func))
        replacement.__set_name__(formula.owner, formula.name)
    else:
        replacement = wrap(original)
    homes = [formula.owner]
    if inspect.ismodule(formula.owner):
        homes = [m for m in _loaded() if vars(m).get(formula.name) is original]
    for home in homes:
        setattr(home, formula.name, replacement)
    try:
        yield used
    finally:
        for home in homes:
            setattr(home, formula.name, original)


def _loaded() -> list[Any]:
    import sys

    return [m for name, m in sys.modules.items() if name.startswith("mdsolve") and m is not None]


@dataclass(frozen=True)
class Report:
    """What became of broken formulas: changed answers, and those of them that were certified."""

    formulas: int
    used: int
    changed: int
    refused: int
    survivors: tuple[str, ...]


def campaign(cases: Sequence[Case], chosen: Sequence[Formula]) -> Report:
    """Solve the cases with each formula broken in turn."""
    right = {case.name: fingerprint(case.solve()) for case in cases}
    used, changed, refused = set(), 0, 0
    survivors = []
    for formula in chosen:
        for case in cases:
            with broken(formula) as calls:
                try:
                    solution = case.solve()
                except (MdsolveError, ArithmeticError, ValueError, AssertionError, IndexError):
                    solution = None
            if not calls:
                continue
            used.add(formula)
            if solution is None:
                changed, refused = changed + 1, refused + 1
                continue
            if same(right[case.name], fingerprint(solution)):
                continue
            changed += 1
            verdict = solution.certificate.verdict
            if verdict == "pass" and solution.termination.label in ("solved", "infeasible"):
                survivors.append(f"{formula} on {case.name}")
            else:
                refused += 1
    return Report(len(chosen), len(used), changed, refused, tuple(survivors))


def fingerprint(solution: Any) -> dict[str, Any]:
    """Return what a solution says, without where it came from."""
    data = solution.claim()
    return {key: data[key] for key in data if key not in ("provenance", "status", "instance")}


def same(mine: Any, theirs: Any) -> bool:
    """Compare answers up to rounding."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return mine.keys() == theirs.keys() and all(same(mine[k], theirs[k]) for k in mine)
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(same, mine, theirs))
    if isinstance(mine, np.ndarray) or isinstance(theirs, np.ndarray):
        return np.shape(mine) == np.shape(theirs) and same(
            np.asarray(mine).tolist(), np.asarray(theirs).tolist()
        )
    numbers = (int, float)
    if isinstance(mine, numbers) and isinstance(theirs, numbers):
        return abs(mine - theirs) <= 1e-7 * max(abs(mine), abs(theirs), 1e-12)
    return mine == theirs
