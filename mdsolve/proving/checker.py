"""The stand-alone checker, `check_proof.py`, as a module: nothing is written that it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from mdsolve.proving.record import NotProvableError

FILE = "check_proof.py"


@cache
def checker_path() -> Path:
    """Return where the checker is: beside this package's files, or in the source tree's scripts."""
    here = Path(__file__).parent
    places = (here / FILE, here.parents[1] / "scripts" / FILE)
    return next(place for place in places if place.is_file())


@cache
def checker() -> Any:
    """Return the checker as a module."""
    spec = spec_from_file_location("mdsolve_check_proof", checker_path())
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def statement(entry: Mapping[str, Any], data: Any = None) -> str:
    """Return what the checker accepts of an entry, bound to an instance's data.

    Raises
    ------
    NotProvableError
        With the checker's reason where it refuses.
    """
    program = checker()
    program.STEPS[0] = 0
    try:
        return str(program.judged(program.parse(program.json.dumps(entry)), data))
    except program.Refused as refused:
        message = f"the checker says: {refused}"
        raise NotProvableError(message) from None


def first_accepted(entries: Iterable[Mapping[str, Any]], data: Any = None) -> Mapping[str, Any]:
    """Return the first of several forms of a claim that the checker accepts.

    Raises
    ------
    NotProvableError
        With the checker's reason for the last where it accepts none.
    """
    reason: NotProvableError | None = None
    for entry in entries:
        try:
            statement(entry, data)
        except NotProvableError as refused:
            reason = refused
        else:
            return entry
    assert reason is not None
    raise reason
