"""The JSON Schema of instance files, derived from the same models that validate them."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from pydantic import TypeAdapter

from mdsolve.instance.load import KINDS, schema_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: str | None = None) -> dict[str, Any]:
    """Return the JSON Schema of one kind of instance, or of all three.

    Examples
    --------
    >>> json_schema("market")["title"]
    'MarketInstance'
    """
    model: Any = reduce(or_, [schema_of(name) for name in ([kind] if kind else KINDS)])
    schema = TypeAdapter(model).json_schema(mode="validation")
    if kind is None:
        schema = {"title": "mdsolve instance", **schema}
    return {"$schema": DIALECT, **schema}
