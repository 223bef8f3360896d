"""From a file (or plain data) to a validated instance, with every problem reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mdsolve.errors import Finding, InstanceError
from mdsolve.instance.arrays import ArrayFolder, sha256_of
from mdsolve.instance.common import InstanceBase
from mdsolve.instance.findings import findings_of, shown
from mdsolve.instance.frames import without_frames
from mdsolve.instance.limits import broken_limits
from mdsolve.instance.place import Place, located
from mdsolve.instance.text import read_document

if TYPE_CHECKING:
    from mdsolve.instance.market import MarketInstance
    from mdsolve.instance.sharing import SharingInstance
    from mdsolve.instance.training import TrainingInstance

    Instance = MarketInstance | SharingInstance | TrainingInstance
else:
    Instance = InstanceBase

KINDS = {"market": "MarketInstance", "sharing": "SharingInstance", "training": "TrainingInstance"}
"""Kind -> class, of the module of that name, imported when a file is of that kind."""


def load(path: str | Path) -> Instance:
    """Return the instance in a YAML, JSON or TOML file.

    Raises
    ------
    InstanceError
        With one finding per problem.
    """
    file = Path(path)
    document = read_document(file)
    folder = ArrayFolder(file.parent)
    instance = _validated(document.tree, folder, str(file), document.lines)
    instance.located(file, sha256_of(document.content, folder))
    return instance


def parse(data: Mapping[str, Any], folder: str | Path | None = None) -> Instance:
    """Return the instance in plain data, as a file would hold it.

    Examples
    --------
    >>> share = {"family": "share"}
    >>> parse({"kind": "market", "agents": 2, "types": [1, 2], "valuation": share}).kind
    'market'
    """
    array_folder = ArrayFolder(Path(folder) if folder is not None else None)
    return _validated(without_frames(data), array_folder, "instance", {})


def _validated(tree: Any, folder: ArrayFolder, label: str, lines: Mapping[Place, int]) -> Instance:
    broken = list(broken_limits(tree))
    if broken:
        raise InstanceError(
            Finding(located(label, place, lines), got, expected) for place, got, expected in broken
        )
    if not isinstance(tree, Mapping):
        raise _single(label, shown(tree), "a mapping with the keys format, kind, agents, ...")
    kind = tree.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        close = get_close_matches(str(kind), KINDS, n=1)
        fix = f"did you mean {close[0]!r}?" if close else "add kind: market"
        if str(tree.get("format", "")).startswith("mdsolve-solution"):
            fix = "this is a solution: name the instance first, then the solution"
        got = "nothing" if kind is None else shown(kind)
        raise _single(located(label, ("kind",), lines), got, "one of " + ", ".join(KINDS), fix)
    model = schema_of(kind)
    try:
        instance = model.model_validate(tree, context=folder)
    except ValidationError as error:
        raise InstanceError(*findings_of(error, model, tree, label, lines)) from None
    return instance


def schema_of(kind: str) -> type[Instance]:
    """Return the class of the instances of a kind."""
    found: type[Instance] = getattr(import_module(f"mdsolve.instance.{kind}"), KINDS[kind])
    return found


def _single(where: str, got: str, expected: str, fix: str = "") -> InstanceError:
    return InstanceError([Finding(where, got, expected, fix)])
