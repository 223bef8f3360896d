"""Whether a proof is about the options that a solution names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.instance.numbers import exact_number


def differing_option(
    defaults: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> str:
    """Return in which effective option a proof and a solution differ, "" if in none.

    Parameters
    ----------
    defaults : mapping
        Of the rule, for what either leaves out.
    mine, theirs : mapping
        Options of the solution and of the proof.

    Examples
    --------
    >>> differing_option({"beta": "optimal"}, {"beta": "1/2"}, {"beta": 0.5})
    ''
    >>> differing_option({"beta": "optimal"}, {"beta": "1/2"}, {})
    'beta: optimal, not 1/2'
    """
    one, other = (_effective(defaults, options) for options in (mine, theirs))
    for key in sorted({*one, *other}):
        if _plain(one.get(key)) != _plain(other.get(key)):
            return f"{key}: {other.get(key)}, not {one.get(key)}"
    return ""


def _effective(defaults: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    return {**defaults, **{key: value for key, value in options.items() if value is not None}}


def _plain(value: Any) -> Any:
    """Return an option so that numbers written differently compare equal."""
    if isinstance(value, np.ndarray | list | tuple):
        return tuple(_plain(entry) for entry in np.asarray(value, dtype=object).tolist())
    try:
        return exact_number(value)
    except (TypeError, ValueError):
        return value
