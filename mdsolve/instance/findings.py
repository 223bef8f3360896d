"""Turning schema violations into findings: where, got, expected, how to mend it."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from mdsolve.errors import Finding
from mdsolve.instance.text import Place, show_path

DISPLAY_LIMIT = 70
Problem = tuple[Place, str, str, str]
"""Place relative to the model, got, expected, fix."""


def several(problems: Sequence[Problem]) -> PydanticCustomError:
    """Return one validation error that carries several findings of a model-wide check."""
    return PydanticCustomError("mdsolve_several", "several problems", {"problems": list(problems)})


def findings_of(
    error: ValidationError,
    model: type[BaseModel],
    tree: Any,
    label: str,
    lines: Mapping[Place, int] | None = None,
) -> list[Finding]:
    """Return every violation as a finding, in the order of the file where lines are known."""
    known_lines = lines or {}
    found: list[tuple[int, Finding]] = []
    listed = error.errors()
    for details in listed:
        at = details["loc"]
        inside = any(len(o["loc"]) > len(at) and o["loc"][: len(at)] == at for o in listed)
        if details["type"] == "too_short" and inside:
            continue  # pydantic does not count entries that are wrong themselves
        for place, got, expected, fix in _problems(details, model, tree):
            line = _line_of(place, known_lines)
            prefix = f"{label}:{line}" if line else label
            where = f"{prefix}: {show_path(place)}" if place else prefix
            found.append((line, Finding(where, got, expected, fix)))
    ordered = sorted(found, key=lambda entry: entry[0])
    return list(dict.fromkeys(finding for _, finding in ordered))


def _line_of(place: Place, lines: Mapping[Place, int]) -> int:
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return 0


def _problems(details: ErrorDetails, model: type[BaseModel], tree: Any) -> Iterator[Problem]:
    place = real_place(details["loc"], tree)
    kind = details["type"]
    context = details.get("ctx", {})
    if kind == "mdsolve_several":
        for inner, got, expected, fix in context["problems"]:
            yield (*place, *inner), got, expected, fix
        return
    got = shown(details["input"])
    if kind == "mdsolve":
        yield place, got, context["expected"], context["fix"]
    elif kind == "extra_forbidden":
        allowed = allowed_keys(model, details["loc"][:-1])
        unknown = str(place[-1]) if place else ""
        close = get_close_matches(unknown, allowed, n=1)
        fix = f"did you mean {close[0]!r}?" if close else "remove it"
        expected = "one of the keys " + ", ".join(allowed) if allowed else "no such key"
        yield place, f"the unknown key {unknown!r}", expected, fix
    elif kind == "missing":
        yield place, "nothing", f"the key {place[-1]!r}", f"add {place[-1]}: ..."
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        yield _tag_problem(place, details["input"], context)
    else:
        yield place, got, _sentence(details["msg"]), ""


def _tag_problem(place: Place, value: Any, context: Mapping[str, Any]) -> Problem:
    tags = [tag.strip(" '") for tag in str(context.get("expected_tags", "")).split(",")]
    key = str(context.get("discriminator", "")).strip("'")
    if not isinstance(value, Mapping):
        return place, shown(value), f"a mapping with a key {key!r}", f"write {{{key}: ...}}"
    if key not in value:
        return (*place, key), "nothing", "one of " + ", ".join(tags) or "a family", ""
    close = get_close_matches(str(value[key]), tags, n=1)
    fix = f"did you mean {close[0]!r}?" if close else ""
    return (*place, key), shown(value[key]), "one of " + ", ".join(tags), fix


def _sentence(message: str) -> str:
    for prefix in ("Input should be ", "Value should be "):
        if message.startswith(prefix):
            return message[len(prefix) :]
    return message[:1].lower() + message[1:]


def _reaches(node: Any, part: str | int) -> bool:
    """Tell whether `part` is a key or a position inside a node of the document."""
    if isinstance(node, Mapping):
        return part in node
    return isinstance(node, list | tuple) and isinstance(part, int) and part < len(node)


def real_place(location: Sequence[str | int], tree: Any) -> Place:
    """Return an error location without the union tags that pydantic puts into it."""
    place: list[str | int] = []
    node: Any = tree
    for position, part in enumerate(location):
        if _reaches(node, part):
            node = node[part]
        elif position < len(location) - 1:
            continue
        place.append(part)
    return tuple(place)


def shown(value: Any) -> str:
    """Return a value for display, shortened.

    Examples
    --------
    >>> shown(Fraction(1, 2)), shown("x" * 100)[-5:]
    ('1/2', 'xxxx…')
    """
    if isinstance(value, Fraction):
        text = str(value)
    elif isinstance(value, Mapping):
        text = "a mapping with keys " + ", ".join(str(key) for key in list(value)[:6])
        text = text if value else "an empty mapping"
    elif isinstance(value, list | tuple):
        text = f"a list of {len(value)}" if len(value) > 4 else str([shown(v) for v in value])
    else:
        text = repr(value)
    return text if len(text) <= DISPLAY_LIMIT else text[: DISPLAY_LIMIT - 1] + "…"


def allowed_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Return the keys known at a location of the schema, following unions by their tags."""
    candidates: list[Any] = [model]
    for part in location:
        following: list[Any] = []
        for candidate in candidates:
            for branch in _branches(candidate):
                following.extend(_step(branch, part))
        candidates = following or candidates  # a union tag selects nothing by itself
    keys: dict[str, None] = {}
    for candidate in candidates:
        for branch in _branches(candidate):
            if isinstance(branch, type) and issubclass(branch, BaseModel):
                keys.update(
                    (field.alias or name, None) for name, field in branch.model_fields.items()
                )
    return list(keys)


def _branches(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _branches(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for branch in get_args(annotation):
            yield from _branches(branch)
    else:
        yield annotation


def _step(branch: Any, part: str | int) -> Iterator[Any]:
    if isinstance(branch, type) and issubclass(branch, BaseModel):
        for name, field in branch.model_fields.items():
            if part in (name, field.alias):
                yield field.annotation
                return
        family = branch.model_fields.get("family") or branch.model_fields.get("kind")
        if family is not None and part in get_args(family.annotation):
            yield branch
    elif get_origin(branch) in (list, tuple) and isinstance(part, int):
        yield get_args(branch)[0]
    elif get_origin(branch) in (dict, Mapping):
        yield get_args(branch)[1]
