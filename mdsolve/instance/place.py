"""Places in a document: a path of keys and positions, and how findings show it."""

from __future__ import annotations

from collections.abc import Mapping

Place = tuple[str | int, ...]


def show_path(path: Place) -> str:
    """Return a path into a document as text.

    Examples
    --------
    >>> show_path(("agents", 1, "cost"))
    'agents[1].cost'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def line_of(place: Place, lines: Mapping[Place, int]) -> int:
    """Return the line of a place, or of the nearest node around it that has one, or 0."""
    return next((lines[place[:k]] for k in range(len(place), 0, -1) if place[:k] in lines), 0)


def located(label: object, place: Place, lines: Mapping[Place, int]) -> str:
    """Return file, line where one is known, and field path.

    Examples
    --------
    >>> located("a.yaml", ("types", 0), {("types",): 3})
    'a.yaml:3: types[0]'
    """
    line = line_of(place, lines)
    where = f"{label}:{line}" if line else str(label)
    return f"{where}: {show_path(place)}" if place else where
