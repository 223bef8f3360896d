"""Fitted instances as files: YAML or TOML with a heading, or JSON, written in one piece."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from mdsolve.errors import UsageError
from mdsolve.outputs import write_atomically
from mdsolve.study.fit import FittedInstance

INLINE_PARAMETERS = 40
"""Most fitted parameters whose matrices are written into the file itself."""

SUFFIXES = (".yaml", ".yml", ".json", ".toml")

MATRICES = ("covariance", "information")

WIDTH = 100
HEADING = (
    "Accuracy fitted to measurements by mdsolve fit. The section fit says how well: parameters\n"
    "with standard errors and covariance, residuals, lack of fit, and what was measured and how.\n"
    "Units: a contribution is counted in {unit}; costs are money per one of them; accuracy is the\n"
    "share of held-out examples that the model gets right.\n"
    "mdsolve solve FILE --draws 200 carries the uncertainty over to the equilibrium.\n"
)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Write a repeated list twice: instance files have no anchors."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists inside mappings, for reading."""
        super().increase_indent(flow, indentless=False)


def instance_text(fitted: FittedInstance, suffix: str = ".yaml") -> str:
    """Return the instance as YAML or TOML with a heading of comments, or as JSON.

    Parameters
    ----------
    suffix : str
        One of `SUFFIXES`.
    """
    if suffix == ".json":
        return json.dumps(fitted.data, indent=2, ensure_ascii=False) + "\n"
    unit = fitted.data["fit"]["protocol"].get("unit", "samples")
    heading = "".join(f"# {line}\n" for line in HEADING.format(unit=unit).splitlines())
    if suffix == ".toml":
        lines = (f"{_toml(key)} = {_toml_value(value)}\n" for key, value in fitted.data.items())
        return heading + "".join(lines)
    return heading + yaml.dump(
        fitted.data,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=WIDTH,
    )


def _toml(key: str) -> str:
    """Return a key, in quotes where it is not bare."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _toml_value(value: Any) -> str:
    """Return a value on one line: JSON, but for the equal signs of inline tables."""
    if isinstance(value, Mapping):
        inner = (f"{_toml(key)} = {_toml_value(entry)}" for key, entry in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def write_instance(fitted: FittedInstance, target: Path) -> list[Path]:
    """Write the instance, and large matrices into an array file beside it; return the files.

    Raises
    ------
    UsageError
        The file's ending is none of `SUFFIXES`.
    """
    require_suffix(target)
    files = [target]
    section = fitted.data["fit"]
    if len(section["fitted"]) > INLINE_PARAMETERS:
        side = target.with_suffix(".fit.npz")
        tables: dict[str, Any] = {key: np.array(section[key]) for key in MATRICES}
        write_atomically(side, lambda stream: np.savez(stream, **tables))
        smaller = {**section, **{key: {"file": side.name, "key": key} for key in MATRICES}}
        data = {**fitted.data, "fit": smaller}
        fitted = FittedInstance(fitted.assessment, data, fitted.instance)
        files.append(side)
    text = instance_text(fitted, target.suffix.lower())
    write_atomically(target, lambda stream: stream.write(text.encode()))
    return files


def require_suffix(target: Path) -> None:
    """Raise `UsageError` unless the file ends as an instance does, before a long run."""
    if target.suffix.lower() not in SUFFIXES:
        expected = "one of " + ", ".join(SUFFIXES)
        raise UsageError.single(str(target), f"the ending {target.suffix!r}", expected)
