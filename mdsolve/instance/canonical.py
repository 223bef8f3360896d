"""The canonical data of an instance: what two files of the same game have in common.

Numbers are exact fractions as text ("1/10"), arrays are lists of them whatever file they came from,
grids and single costs have one form, and keys that say nothing (absent, or the default) are left
out. Comments, the name, title and source, known answers, the default mechanism, designs and units
are no data. `data_sha256` is the SHA-256 of the data as JSON with sorted keys and no blanks; large
arrays are hashed block by block, so that a million agents need no document of a million lines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from pydantic import BaseModel

from mdsolve.instance.common import StrictModel, is_function
from mdsolve.instance.grid import TypeGrid
from mdsolve.instance.kept import kept
from mdsolve.instance.load import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.numbers import decimal_ratio, exact_number

NO_DATA = frozenset(
    {"name", "title", "source", "expected", "mechanism", "design", "units", "format"}
)
"""Keys of an instance that change nothing about the game."""

ALWAYS = frozenset({"kind", "family"})
"""Keys that are written even where they are the default."""

BLOCK = 1 << 14
"""Entries of an array that are hashed at once."""


COLUMNS = 64
"""Most columns of a table whose rows are hashed many at once."""


class NoDataError(Exception):
    """The instance holds Python objects, which have no canonical form."""


def canonical(instance: Instance) -> dict[str, Any]:
    """Return the instance's data: nested mappings, lists and text.

    Raises
    ------
    NoDataError
        Where accuracies or costs are Python objects.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}]
    >>> game = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    >>> canonical(game)["agents"]
    [{'name': 'A', 'cost': {'family': 'linear', 'rate': '1/10'}}]
    """
    found = _listed(_tree(instance))
    assert isinstance(found, dict)
    return found


def data_sha256(instance: Instance) -> str | None:
    """Return the SHA-256 of the canonical data; None where Python objects have none.

    It is that of ``json.dumps(canonical(instance), sort_keys=True, separators=(",", ":"))``.
    """
    return kept(instance, "data_sha256", lambda: _sha256(instance))


def _sha256(instance: Instance) -> str | None:
    try:
        tree = _tree(instance)
    except NoDataError:
        return None
    return json_sha256(tree)


def json_sha256(tree: Any) -> str:
    """Return the SHA-256 of nested data as JSON with sorted keys and no blanks.

    Parameters
    ----------
    tree : dict, list, str, bool, None or ndarray
        Arrays of numbers count as lists of fractions.
    """
    if _left(tree, BLOCK) >= 0:
        text = json.dumps(tree, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
    digest = hashlib.sha256()
    for piece in _pieces(tree):
        digest.update(piece.encode())
    return digest.hexdigest()


def _left(tree: Any, most: int) -> int:
    """Return how many more entries a document may have; negative for arrays and long ones."""
    if isinstance(tree, np.ndarray):
        return -1
    if not isinstance(tree, dict | list):
        return most
    most -= len(tree)
    for entry in tree.values() if isinstance(tree, dict) else tree:
        if most < 0:
            break
        if type(entry) is not str:
            most = _left(entry, most)
    return most


def _tree(instance: Instance) -> dict[str, Any]:
    """Return the data with arrays as they are."""
    if not isinstance(instance, MarketInstance):
        return _of_model(instance, NO_DATA)
    found = _of_model(instance, NO_DATA | {"types"})
    return found | {"types": [_grid(grid) for grid in instance.grids]}


def _of_model(model: BaseModel, left_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    skipped = left_out | getattr(type(model), "elsewhere", frozenset())
    found: dict[str, Any] = {}
    for key, field in type(model).model_fields.items():
        value = getattr(model, key)
        if key in skipped or value is None:
            continue
        if (
            key not in ALWAYS
            and not field.is_required()
            and not (isinstance(model, StrictModel) and model.says_more(key))
        ):
            default = field.get_default(call_default_factory=True)
            if not isinstance(value, np.ndarray) and value == default:
                continue
        found[key] = _plain(value)
    return found


def _says_more(model: BaseModel, key: str) -> bool:
    return isinstance(model, StrictModel) and model.says_more(key)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | np.ndarray):
        return value
    if isinstance(value, BaseModel):
        return _of_model(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if is_function(value):
        message = "an accuracy or a cost given as a Python object"
        raise NoDataError(message)
    return str(exact_number(value.item() if isinstance(value, np.generic) else value))


def _grid(grid: TypeGrid) -> Any:
    """Return a grid in its one form: a range where the steps are even, else a list."""
    if grid.listed is not None or grid.step is None:
        return [str(value) for value in grid.exact_values()]
    step = grid.step if grid.count > 1 else Fraction(1)
    return {"from": str(grid.first), "step": str(step), "to": str(grid.last)}


def _listed(tree: Any) -> Any:
    """Return the data with arrays as lists."""
    if isinstance(tree, np.ndarray):
        if tree.ndim == 1:
            return _texts(tree)
        return [_listed(row) for row in tree]
    if isinstance(tree, dict):
        return {key: _listed(entry) for key, entry in tree.items()}
    return [_listed(entry) for entry in tree] if isinstance(tree, list) else tree


def _pieces(tree: Any) -> Iterator[str]:
    """Yield the JSON text of the data, piece by piece."""
    if isinstance(tree, dict):
        yield "{"
        for number, key in enumerate(sorted(tree)):
            yield ("," if number else "") + json.dumps(key) + ":"
            yield from _pieces(tree[key])
        yield "}"
    elif isinstance(tree, np.ndarray) and tree.ndim == 1:
        yield from _blocks(tree, _texts)
    elif isinstance(tree, list) and all(type(entry) is str for entry in tree):
        yield from _blocks(tree, list)
    elif _short_rows(tree):
        yield from _blocks(tree, _texts_of_rows)
    elif isinstance(tree, list | np.ndarray):
        yield from _joined(tree)
    else:
        yield json.dumps(tree)


def _short_rows(tree: Any) -> bool:
    """Tell whether something is a table of a few columns, whose rows are written many at once."""
    if isinstance(tree, np.ndarray):
        return tree.ndim == 2 and tree.shape[1] <= COLUMNS
    return isinstance(tree, list) and all(
        type(row) is list and len(row) <= COLUMNS and all(type(entry) is str for entry in row)
        for row in tree
    )


def _texts_of_rows(rows: Any) -> list[list[str]]:
    return [_texts(row) for row in rows] if isinstance(rows, np.ndarray) else rows


def _blocks(column: Any, texts: Callable[[Any], list[Any]]) -> Iterator[str]:
    """Yield a long list of texts, or of short lists of them, many at once."""
    yield "["
    for start in range(0, len(column), BLOCK):
        text = json.dumps(texts(column[start : start + BLOCK]), separators=(",", ":"))
        yield ("," if start else "") + text[1:-1]
    yield "]"


def _joined(entries: Sequence[Any] | np.ndarray) -> Iterator[str]:
    yield "["
    for number, entry in enumerate(entries):
        yield "," if number else ""
        yield from _pieces(entry)
    yield "]"


def _texts(column: np.ndarray) -> list[str]:
    """Return a column of numbers as fractions, one of labels as it is."""
    if column.dtype.kind in "US":
        return [str(entry) for entry in column.tolist()]
    return [fraction_text(entry) for entry in column.tolist()]


def fraction_text(value: float | Fraction) -> str:
    """Return the exact number that a double's shortest decimal is.

    Examples
    --------
    >>> fraction_text(0.1), fraction_text(3.0), fraction_text(-2.5e-3)
    ('1/10', '3', '-1/400')
    """
    if not isinstance(value, float):
        return str(exact_number(value))
    top, bottom = decimal_ratio(value)
    return str(top) if bottom == 1 else f"{top}/{bottom}"
