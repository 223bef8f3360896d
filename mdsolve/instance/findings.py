"""Turning schema violations into findings: where, got, expected, how to mend it."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from mdsolve.errors import Finding
from mdsolve.instance.place import Place, line_of, located

DISPLAY_LIMIT = 70
HUGE = 10**300
"""Numbers below are doubles."""
TAGS = ("family", "kind", "name")
"""Keys that say which schema of a union a mapping follows."""

FINDINGS_KEPT = 100
"""Most findings of one file that are worded; the others are counted."""

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
) -> tuple[list[Finding], int]:
    """Return the first violations as findings, and how many more there are.

    They are in the order of the file where lines are known. Only those that are returned are
    looked at closely: a slip that is repeated a hundred thousand times is found in no time.
    """
    known_lines = lines or {}
    listed = error.errors(include_url=False)
    around = {entry["loc"][:k] for entry in listed for k in range(len(entry["loc"]))}
    violations = [
        entry
        for entry in listed  # pydantic does not count entries that are wrong themselves
        if entry["type"] != "too_short" or entry["loc"] not in around
    ]
    if known_lines:
        violations.sort(key=lambda entry: line_of(_place(entry, tree), known_lines))
    found: list[tuple[int, Finding]] = []
    more = 0
    for details in violations:
        if len(found) >= FINDINGS_KEPT:
            more += _count(details)
            continue
        for place, got, expected, fix in _problems(details, model, tree):
            where = located(label, place, known_lines)
            found.append((line_of(place, known_lines), Finding(where, got, expected, fix)))
    ordered = sorted(found, key=lambda entry: entry[0])
    kept = list(dict.fromkeys(finding for _, finding in ordered))
    return kept[:FINDINGS_KEPT], more + max(0, len(kept) - FINDINGS_KEPT)


def _place(details: ErrorDetails, tree: Any) -> Place:
    """Return where a violation is, keys that are missing included."""
    return real_place(details["loc"], tree, named=details["type"] == "missing")


def _count(details: ErrorDetails) -> int:
    """Return how many findings a violation stands for."""
    several_at_once = details["type"] == "mdsolve_several"
    return len(details["ctx"]["problems"]) if several_at_once else 1


def _problems(details: ErrorDetails, model: type[BaseModel], tree: Any) -> Iterator[Problem]:
    kind = details["type"]
    location = details["loc"]
    place = _place(details, tree)
    context = details.get("ctx", {})
    if kind == "mdsolve_several":
        for inner, got, expected, fix in context["problems"]:
            yield (*place, *inner), got, expected, fix
        return
    got = shown(details["input"])
    if kind == "mdsolve":
        yield place, got, context["expected"], context["fix"]
    elif kind == "extra_forbidden":
        allowed = allowed_keys(model, location[:-1])
        unknown = str(place[-1]) if place else ""
        expected = "one of the keys " + ", ".join(allowed) if allowed else "no such key"
        yield (
            place,
            f"the unknown key {unknown!r}",
            expected,
            did_you_mean(unknown, allowed, _why_unknown(unknown)),
        )
    elif kind == "missing":
        yield place, "nothing", f"the key {place[-1]!r}", f"add {place[-1]}: ..."
    elif kind in ("union_tag_invalid", "union_tag_not_found", "model_attributes_type"):
        yield _tag_problem(place, details["input"], *allowed_tags(model, location))
    elif kind == "literal_error":
        choices = [word.strip(" '") for word in re.split(",| or ", context["expected"])]
        fix = did_you_mean(details["input"], choices)
        yield place, got, "one of " + ", ".join(choices) if choices[1:] else choices[0], fix
    elif kind == "too_short":
        yield place, got, f"a list of at least {context['min_length']}", ""
    else:
        yield place, got, expectation(details), ""


def expectation(details: ErrorDetails) -> str:
    """Return what a simple violation says was expected, in the words of a file."""
    if details["type"] == "mdsolve":
        return str(details.get("ctx", {})["expected"])
    return PLAIN_WORDS.get(details["type"]) or _sentence(details["msg"])


PLAIN_WORDS = {
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "string_type": "text (a number in quotes is text)",
}
"""What pydantic's types are called in a file."""


def did_you_mean(word: Any, known: Sequence[str], otherwise: str = "") -> str:
    """Return the advice to use the nearest known word, if one is near."""
    close = get_close_matches(str(word), known, n=1)
    return f"did you mean {close[0]!r}?" if close else otherwise


def _tag_problem(place: Place, value: Any, tag: str, known: Sequence[str]) -> Problem:
    choices = ", ".join(known)
    if not isinstance(value, Mapping):
        example = f"write {{{tag}: {known[0]}, ...}}" if known else ""
        return place, shown(value), f"a mapping with the key {tag!r}", example
    if tag not in value:
        return (*place, tag), "nothing", f"one of {choices}", f"add {tag}: {known[0]}"
    fix = did_you_mean(value[tag], known)
    return (*place, tag), shown(value[tag]), f"one of {choices}", fix


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


def real_place(location: Sequence[str | int], tree: Any, *, named: bool = False) -> Place:
    """Return an error location without the union tags that pydantic puts into it.

    Parameters
    ----------
    named : bool
        Whether the last part is a key that the document should have but has not.

    Examples
    --------
    >>> real_place(("agents", "list", 0, "cost"), {"agents": [{}]}, named=True)
    ('agents', 0, 'cost')
    """
    place: list[str | int] = []
    node: Any = tree
    for position, part in enumerate(location):
        if _reaches(node, part):
            node = node[part]
        elif not (named and position == len(location) - 1):
            continue
        place.append(part)
    return tuple(place)


def _why_unknown(key: str) -> str:
    """Return how to mend a key that no close one is known for."""
    if key.isdigit():  # the second half of 12,000
        return "write numbers without commas between thousands"
    return "remove it"


def shown(value: Any) -> str:
    """Return a value for display, shortened.

    Examples
    --------
    >>> shown(Fraction(-21, 5)), shown(Fraction(1, 3)), shown("x" * 100)[-5:]
    ('-4.2', '1/3', 'xxxx…')
    """
    if isinstance(value, Fraction):
        text = _written(value)
    elif isinstance(value, Mapping):
        text = "a mapping with keys " + ", ".join(str(key) for key in list(value)[:6])
        text = text if value else "an empty mapping"
    elif isinstance(value, list | tuple):
        few = len(value) <= 4
        text = f"[{', '.join(shown(v) for v in value)}]" if few else f"a list of {len(value):,}"
    else:
        text = " ".join(repr(value).split())
    return text if len(text) <= DISPLAY_LIMIT else text[: DISPLAY_LIMIT - 1] + "…"


def _written(number: Fraction) -> str:
    """Return a number as a decimal where it is one, as people write it."""
    decimal = f"{float(number):.15g}" if abs(number) < HUGE else str(number)
    return decimal if Fraction(decimal) == number else str(number)


def allowed_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Return the keys known at a location of the schema, following unions by their tags."""
    keys: dict[str, None] = {}
    for record in _records_at(model, location):
        keys.update((field.alias or name, None) for name, field in record.model_fields.items())
    return list(keys)


def allowed_tags(model: type[BaseModel], location: Sequence[str | int]) -> tuple[str, list[str]]:
    """Return the key that selects among the schemas of a mapping, and what it may say."""
    tags = [tag for record in _records_at(model, location) for tag in _tags(record)]
    key = tags[0][0] if tags else TAGS[0]
    return key, [word for tag, words in tags if tag == key for word in words]


def _tags(record: type[BaseModel]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the keys of a schema that can tell it from others, with the words that do."""
    for tag in TAGS:
        if tag in record.model_fields:
            yield tag, get_args(record.model_fields[tag].annotation)


def _records_at(model: type[BaseModel], location: Sequence[str | int]) -> list[type[BaseModel]]:
    candidates: list[Any] = [model]
    for part in location:
        following: list[Any] = []
        for candidate in candidates:
            for branch in _branches(candidate):
                following.extend(_step(branch, part))
        candidates = following or candidates  # a union tag selects nothing by itself
    branches = [branch for candidate in candidates for branch in _branches(candidate)]
    return [b for b in branches if isinstance(b, type) and issubclass(b, BaseModel)]


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
        if any(part in words for _, words in _tags(branch)):
            yield branch
    elif get_origin(branch) in (list, tuple) and isinstance(part, int):
        yield get_args(branch)[0]
    elif get_origin(branch) in (dict, Mapping):
        yield get_args(branch)[1]
