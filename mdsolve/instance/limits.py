"""What every document must respect, whichever format it was written in: depth, text, integers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mdsolve.instance.numbers import EXPONENT_LIMIT
from mdsolve.instance.place import Place

DEPTH_LIMIT = 40
"""Deepest nesting of lists and mappings; real instances need fewer than ten levels."""

_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")
_LARGEST = 10**EXPONENT_LIMIT


def broken_limits(tree: Any) -> Iterator[tuple[Place, str, str]]:
    r"""Yield (place, got, expected) for everything in a tree that no instance may hold.

    The walk keeps its own stack, so that no nesting exhausts the interpreter's.

    Examples
    --------
    >>> list(broken_limits({"seed": 1, "name": "\ud800"}))
    [(('name',), 'half a character (a lone surrogate)', 'text that can be printed')]
    """
    pending: list[tuple[Place, Any]] = [((), tree)]
    while pending:
        place, node = pending.pop()
        if isinstance(node, Mapping | list | tuple):
            if len(place) >= DEPTH_LIMIT:
                yield place[:3], "nesting too deep", f"at most {DEPTH_LIMIT} levels"
                return
            entries = node.items() if isinstance(node, Mapping) else enumerate(node)
            pending.extend(((*place, key), entry) for key, entry in entries)
            if isinstance(node, Mapping):
                pending.extend((place, key) for key in node)
        elif isinstance(node, str):
            if not node.isascii() and _HALF_CHARACTERS.search(node):
                yield place, "half a character (a lone surrogate)", "text that can be printed"
        elif isinstance(node, int) and not -_LARGEST < node < _LARGEST:
            yield place, f"an integer of {node.bit_length():,} bits", "a number a double can hold"
