"""What single outcomes, one at each profile, have at most: a tree of cases, bounded leaf by leaf.

Every case is split into two that cover it: an outcome is drawn for sure at one profile, or is not
drawn there. Single outcomes lie in one leaf; lotteries over the outcomes that a leaf allows have at
most what its multipliers bound. The largest bound of a leaf is one for all. Multipliers are hints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_lottery_bound import Values, bound, multipliers_of
from mdsolve.certificate.numbers import Booleans, Floats

NODE_LIMIT = 5000
"""Most cases."""


def branches_bound(values: Values, tree: Any) -> float:
    """Return a number that no single outcomes' expected welfare is above.

    Parameters
    ----------
    tree : list of mappings
        Parents first: ``outcome`` and ``place`` of a split, whose first branch follows, then the
        second; ``revenue`` and ``lies`` of a leaf.

    Raises
    ------
    NoRouteError
        If the tree is none.
    """
    if not isinstance(tree, Sequence) or isinstance(tree, str) or len(tree) > NODE_LIMIT:
        message = f"the branches are not a list of up to {NODE_LIMIT:,} cases"
        raise NoRouteError(message)
    waiting = [np.ones((values.outcomes, values.count), dtype=np.bool_)]
    highest = -np.inf
    for number, node in enumerate(tree):
        if not waiting or not isinstance(node, Mapping):
            message = f"branch {number + 1} is no case, or one too many"
            raise NoRouteError(message)
        allowed = waiting.pop()
        if set(node) == {"outcome", "place"}:
            waiting += _halves(allowed, node["outcome"], node["place"])
        elif set(node) == {"revenue", "lies"}:
            highest = max(highest, _leaf(values, node, allowed))
        else:
            message = f"branch {number + 1} is neither a split nor multipliers"
            raise NoRouteError(message)
        values.context.monitor.check_time()
    if waiting:
        message = f"{len(waiting):,} branches are not bounded"
        raise NoRouteError(message)
    return highest


def _halves(allowed: Booleans, outcome: Any, place: Any) -> list[Booleans]:
    """Return the second case and the first, which is looked at next."""
    whole = all(isinstance(k, int) and not isinstance(k, bool) for k in (outcome, place))
    if not whole or not 0 <= outcome < allowed.shape[0] or not 0 <= place < allowed.shape[1]:
        message = "a branch is about an outcome or a profile that there is none of"
        raise NoRouteError(message)
    sure, without = allowed.copy(), allowed.copy()
    sure[:, place] = False
    sure[outcome, place] = allowed[outcome, place]
    without[outcome, place] = False
    return [without, sure]


def _leaf(values: Values, node: Mapping[str, Any], allowed: Booleans) -> float:
    """Return what the outcomes of a leaf have at most; nothing where there are none."""
    if not allowed.any(axis=0).all():
        return -np.inf
    context = values.context
    revenue = _numbers(node["revenue"], context.ruled.shape)
    lies = _numbers(node["lies"], None)
    return bound(values, multipliers_of(context, revenue, lies), allowed)


def _numbers(raw: Any, shape: tuple[int, ...] | None) -> Floats:
    """Return a table of the shape given, or rows of four numbers."""
    try:
        found = np.asarray(raw, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.full(1, np.nan)
    if shape is None and found.size == 0:
        return np.zeros((0, 4))
    fits = found.shape == shape if shape is not None else found.ndim == 2 and found.shape[1] == 4
    if not fits or not np.isfinite(found).all():
        message = "the multipliers of a branch are no numbers, or not as many as there are"
        raise NoRouteError(message)
    return found
