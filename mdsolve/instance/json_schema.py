"""The JSON Schema of instance files, derived from the same models that validate them."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from mdsolve.instance.load import KINDS, Instance

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: str | None = None) -> dict[str, Any]:
    """Return the JSON Schema of one kind of instance, or of all three.

    Examples
    --------
    >>> json_schema("market")["title"]
    'MarketInstance'
    """
    model: Any = KINDS[kind] if kind else Instance
    schema = TypeAdapter(model).json_schema(mode="validation")
    if kind is None:
        schema = {"title": "mdsolve instance", **schema}
    return {"$schema": DIALECT, **schema}
