"""Comparing what a solution states with what follows from the instance and the answer.

A figure lies between two numbers, up to the tolerance times the instance's scale in its unit. That
it is written as a double, and that doubles were used on the way, is allowed for at any tolerance
(`ROUND_OFF` of the scale). A number where none is defined is wrong; null states nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import Context, NoRouteError
from mdsolve.certificate.keys import STATED
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.rationals import IrrationalError
from mdsolve.conditions import Condition
from mdsolve.instance.findings import shown
from mdsolve.instance.numbers import exact_number
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

KEYS_NAMED = 6
"""Most keys that the scope of a condition names; the certificate lists all that are vouched for."""

NOT_SO = "what is stated does not follow from the instance and the answer"


@dataclass(frozen=True)
class Figure:
    """What a stated number, or each number of a stated table, has to be.

    Parameters
    ----------
    low, high : quantities of one shape
        The right number lies between them.
    scale : number or array
        Of the instance, in the unit of the number.
    rounding : number or array
        What doubles cannot tell apart, in the unit of the number, besides `ROUND_OFF`.
    free : bool
        Whether every number between them is right; otherwise one is, and which is not known.
    """

    low: Quantity
    high: Quantity
    scale: Any
    rounding: Any = 0.0
    free: bool = False

    @classmethod
    def exactly(cls, value: Quantity, scale: Any, rounding: Any = 0.0) -> Figure:
        """Return the figure that is one number, or encloses it."""
        return cls(value, value, scale, rounding)

    @classmethod
    def within(cls, low: Quantity, high: Quantity, scale: Any) -> Figure:
        """Return the figure that is any number from one to another."""
        return cls(low, high, scale, free=True)


@dataclass(frozen=True)
class Said:
    """What a stated word, or list of words, has to be.

    Parameters
    ----------
    problem : callable
        Takes what is stated; returns what is wrong with it, "" if nothing is.
    """

    problem: Callable[[Any], str]

    @classmethod
    def exactly(cls, expected: Any) -> Said:
        """Return the statement that is one value; numbers count as numbers."""
        return cls(lambda stated: "" if _same(stated, expected) else f"not {shown(expected)}")


@dataclass(frozen=True)
class Judged:
    """What stated numbers have to achieve, where many of them may be right.

    Parameters
    ----------
    shape : tuple of int
        Of what is stated.
    violations : callable
        Takes what is stated; returns rows that have to be at most 0, up to the tolerance times the
        scales that it returns with them.
    """

    shape: tuple[int, ...]
    violations: Callable[[Floats], tuple[Quantity, Any]]


Recompute = Callable[[], "Figure | Said | Judged | None"]
"""None: no number is defined there. Raises `NoRouteError` where the checker has no way to it."""


class Statement(Protocol):
    """A claim, by paths."""

    def at(self, path: str) -> Any:
        """Return what stands under a path; None if nothing does."""

    def stored(self, path: str, shape: tuple[int, ...]) -> Floats | str:
        """Return a table of numbers, or the reason why there is none."""


@dataclass(frozen=True)
class _Compared:
    path: str
    condition: Condition


def compare(
    context: Context,
    claim: Statement,
    sources: Mapping[str, Recompute],
    *,
    name: str = STATED,
    names: Sequence[str] = (),
    words: str = "what is stated follows from the instance and the answer",
) -> Condition:
    """Return the condition that every stated figure decides, and cover those that are right.

    Parameters
    ----------
    sources : mapping of str to callable
        By path, in order of cause: what follows from a wrong number is wrong as well, and the first
        wrong one is named.
    name : str
        Of the condition.
    names : sequence of str
        Of the agents, for columns that have one number for each.
    """
    found: list[_Compared] = []
    open_paths: dict[str, str] = {}
    for path, recompute in sources.items():
        stated = claim.at(path)
        if stated is None:
            continue
        context.monitor.check_time()
        place = (id(claim), name, path)
        if place in context.proved:
            found.append(_Compared(path, context.proved[place]))
            continue
        try:
            figure = recompute()
        except NoRouteError as error:
            open_paths[path] = str(error)
        except IrrationalError as error:
            open_paths[path] = f"exact arithmetic cannot hold {error}"
        except ZeroDivisionError:
            open_paths[path] = "a division by zero: the formula is not defined here"
        else:
            compared = _compared(context, claim, name, path, figure, stated, names)
            if compared.verdict == "fail":
                return replace(compared, claimed=True)
            if compared.verdict == "not-checked":
                open_paths[path] = compared.detail
            else:
                context.proved[place] = compared
            found.append(_Compared(path, compared))
    return _concluded(context, name, found, open_paths, words)


def _concluded(
    context: Context,
    name: str,
    found: Sequence[_Compared],
    open_paths: Mapping[str, str],
    words: str,
) -> Condition:
    """Return the condition where nothing is wrong: whether everything could be compared."""
    context.cover(name, [one.path for one in found if one.path not in open_paths])
    if open_paths:
        path, reason = next(iter(open_paths.items()))
        more = f" ({len(open_paths) - 1} more)" if len(open_paths) > 1 else ""
        base = next((one.condition for one in found if one.path == path), None)
        if base is None:
            base = context.unchecked(name, "")
        return replace(base, claimed=True, detail=f"{path}: {reason}{more}")
    if not found:
        nothing = "the solution states no such figures"
        return Condition(name, True, "pass", arithmetic=context.arithmetic.name, detail=nothing)
    worst = max((one.condition for one in found), key=_relative)
    keys = dict.fromkeys(one.path.partition(".")[0] for one in found)
    left = len(keys) - KEYS_NAMED
    scope = ", ".join(list(keys)[:KEYS_NAMED]) + (f" and {left} more" if left > 0 else "")
    arithmetic = context.arithmetic.name  # of the last figures; what came before was exact
    return replace(worst, claimed=True, arithmetic=arithmetic, detail=words, scope=scope)


def _relative(condition: Condition) -> float:
    """Return a violation in units of what is allowed; words have none."""
    if condition.violation is None:
        return -1.0
    return condition.violation / condition.tolerance if condition.tolerance else 0.0


def _compared(
    context: Context,
    claim: Statement,
    name: str,
    path: str,
    figure: Figure | Said | Judged | None,
    stated: Any,
    names: Sequence[str],
) -> Condition:
    if figure is None:
        return _wrong(context, name, path, f"{shown(stated)}, where no number is defined")
    if isinstance(figure, Said):
        problem = figure.problem(stated)
        if problem:
            return _wrong(context, name, path, f"{shown(stated)}: {problem}")
        return Condition(name, True, "pass", arithmetic=context.arithmetic.name)
    if isinstance(figure, Figure):
        low, high = (_array(end) for end in (figure.low, figure.high))
        figure = replace(figure, low=low, high=high)
        shape = tuple(int(length) for length in low.shape)
    else:
        shape = figure.shape
    read = claim.stored(path, shape)
    if isinstance(read, str):
        return _wrong(context, name, path, read)
    if isinstance(figure, Judged):
        return _judged(context, name, path, figure, read, names)
    return _numbers(context, name, path, figure, read, names)


def _array(number: Quantity) -> Quantity:
    """Return a quantity as an array: arithmetic on a single exact number leaves a bare one."""
    return number if hasattr(number, "shape") else np.asarray(number, dtype=object)


def _numbers(
    context: Context, name: str, path: str, figure: Figure, read: Floats, names: Sequence[str]
) -> Condition:
    """Compare a table with what it has to be, entry by entry."""
    arithmetic, shape = context.arithmetic, read.shape
    scale = np.broadcast_to(np.asarray(figure.scale, dtype=np.float64), shape)
    slack = np.broadcast_to(np.asarray(figure.rounding, dtype=np.float64), shape)
    allowed = arithmetic.stored((ROUND_OFF * scale + slack).reshape(-1))
    flat = arithmetic.stored(read.reshape(-1))
    low, high = figure.low.reshape(-1), figure.high.reshape(-1)
    # The number lies between low and high: certainly off by the first, at most by the second.
    surely = arithmetic.maximum(flat - high, low - flat) - allowed
    known = figure.free or (arithmetic.exact and figure.low is figure.high)
    perhaps = surely if known else arithmetic.maximum(flat - low, high - flat) - allowed
    bound = arithmetic.stored(context.tolerance * scale.reshape(-1))
    open_rows = ~arithmetic.at_most(perhaps, bound).holds
    if open_rows.any():
        open_rows = open_rows & ~arithmetic.less(bound, surely).holds
    zero = arithmetic.zeros(flat.shape)
    right = arithmetic.nearest(low)

    def witness(row: int) -> dict[str, Any]:
        found: dict[str, Any] = {"key": path, "stated": float(read.reshape(-1)[row])}
        if np.isfinite(right[row]):
            found["recomputed"] = float(right[row])
        return found | _place(row, shape, names)

    return context.decided(
        name,
        arithmetic.maximum(
            arithmetic.where(open_rows, perhaps, surely) if open_rows.any() else surely, zero
        ),
        scale.reshape(-1),
        words=("", f"{path}: {NOT_SO}"),
        scope=f"{path}, {read.size:,} numbers",
        witness=witness,
        undecided=open_rows,
    )


def _judged(
    context: Context, name: str, path: str, figure: Judged, read: Floats, names: Sequence[str]
) -> Condition:
    """Return whether stated numbers achieve what they have to."""
    rows, scale = figure.violations(read)

    def witness(row: int) -> dict[str, Any]:
        found: dict[str, Any] = {"key": path}
        if read.size and rows.shape[0] % read.size == 0:
            row = row % read.size
            found["stated"] = float(read.reshape(-1)[row])
            found |= _place(row, figure.shape, names)
        return found

    return context.decided(
        name,
        context.arithmetic.maximum(rows, 0 * rows),
        scale,
        words=("", f"{path}: {NOT_SO}"),
        scope=f"{path}, {read.size:,} numbers",
        witness=witness,
    )


def _place(row: int, shape: tuple[int, ...], names: Sequence[str]) -> dict[str, Any]:
    """Return which agent, and which round of a history, an entry belongs to."""
    if not shape or shape[-1] != len(names):
        return {}
    found: dict[str, Any] = {"agent": names[row % len(names)]}
    return found if len(shape) == 1 else found | {"round": row // len(names) + 1}


def _wrong(context: Context, name: str, path: str, problem: str) -> Condition:
    return Condition(
        name,
        True,
        "fail",
        arithmetic=context.arithmetic.name,
        detail=f"{path}: {NOT_SO}",
        witness={"key": path, "problem": problem},
    )


def _same(stated: Any, expected: Any) -> bool:
    """Compare plain data; numbers as numbers, sequences entry by entry."""
    if isinstance(stated, np.ndarray):
        stated = stated.tolist()
    if isinstance(expected, list | tuple):
        if not isinstance(stated, list | tuple) or len(stated) != len(expected):
            return False
        return all(_same(one, other) for one, other in zip(stated, expected, strict=True))
    if isinstance(stated, bool | np.bool_) or isinstance(expected, bool):
        return isinstance(stated, bool | np.bool_) and bool(stated) == expected
    if expected is None or isinstance(expected, str):
        return bool(stated == expected)
    try:
        return exact_number(stated) == exact_number(expected)
    except (TypeError, ValueError):
        return False
