"""What is computed of an instance alone, kept beside it: instances are frozen records.

Whoever checks many solutions of one instance reads and hashes it once. Nothing is kept of copies:
those of pydantic share attributes with what they were made from, and may differ in their fields.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from pydantic import BaseModel

Made = TypeVar("Made")

PLACE = "_kept"
"""Attribute beside the fields, where pydantic looks for no data either."""


class Kept:
    """Results by key, of one instance."""

    def __init__(self, owner: BaseModel | None = None) -> None:
        self.owner = owner
        self.results: dict[Hashable, Any] = {}

    def __reduce__(self) -> tuple[type[Kept], tuple[()]]:
        """Leave everything behind where instances are copied or sent to other processes."""
        return (Kept, ())


def kept(instance: BaseModel, key: Hashable, make: Callable[[], Made]) -> Made:
    """Return what is kept of an instance under a key, made at the first time.

    Parameters
    ----------
    key : hashable
        Says what is made, and of what besides the instance.
    make : callable
        Returns the same every time, and nothing that anybody changes.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> market = parse({"kind": "market", "agents": 1, "types": [1, 2],
    ...                 "valuation": {"family": "share"}})
    >>> kept(market, "answer", lambda: 42), kept(market, "answer", lambda: 43)
    (42, 42)
    >>> kept(market.model_copy(), "answer", lambda: 44)
    44
    """
    found = vars(instance).get(PLACE)
    if found is None or found.owner is not instance:
        found = Kept(instance)
        vars(instance)[PLACE] = found
    if key not in found.results:
        found.results[key] = make()
    return cast("Made", found.results[key])
