"""A small, independent reading of JSON Schema: enough to judge instance files by the schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

KNOWN = {
    *("$schema", "$defs", "$ref", "title", "description", "default", "discriminator", "type"),
    *("anyOf", "oneOf", "const", "enum", "properties", "required", "additionalProperties"),
    *("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength"),
    *("minimum", "maximum", "exclusiveMinimum", "pattern"),
}
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def accepts(schema: Any, value: Any, root: Mapping[str, Any]) -> bool:
    """Tell whether a value satisfies a schema; an unknown keyword is an error of the schema."""
    if isinstance(schema, bool):
        return schema
    unknown = set(schema) - KNOWN
    assert not unknown, f"keywords this reader does not know: {unknown}"
    if "$ref" in schema:
        target = root["$defs"][schema["$ref"].rpartition("/")[2]]
        if not accepts(target, value, root):
            return False
    if "anyOf" in schema and not any(accepts(part, value, root) for part in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(accepts(part, value, root) for part in schema["oneOf"]) != 1:
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "type" in schema:
        wanted = TYPES[schema["type"]]
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            return False
    return _fits(schema, value, root)


def _fits(schema: Mapping[str, Any], value: Any, root: Mapping[str, Any]) -> bool:
    if isinstance(value, dict):
        return _object_fits(schema, value, root)
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        pairs = [(part, entry) for part, entry in zip(first, value, strict=False)]
        if "items" in schema:
            pairs += [(schema["items"], entry) for entry in value[len(first) :]]
        inside = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return inside and all(accepts(part, entry, root) for part, entry in pairs)
    if isinstance(value, str):
        longest = schema.get("maxLength", len(value))
        if not schema.get("minLength", 0) <= len(value) <= longest:
            return False
        return "pattern" not in schema or re.search(schema["pattern"], value) is not None
    if isinstance(value, int | float):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        return low <= value <= high and value > schema.get("exclusiveMinimum", value - 1)
    return True


def _object_fits(schema: Mapping[str, Any], value: Any, root: Mapping[str, Any]) -> bool:
    properties = schema.get("properties", {})
    if not set(schema.get("required", ())) <= set(value):
        return False
    further = schema.get("additionalProperties", True)
    return all(accepts(properties.get(key, further), entry, root) for key, entry in value.items())
