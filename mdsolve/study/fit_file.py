"""Fitted instances as files: readable YAML with a heading, written in one piece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from mdsolve.errors import UsageError
from mdsolve.outputs import write_atomically
from mdsolve.study.fit import FittedInstance

INLINE_PARAMETERS = 40
"""Most fitted parameters whose matrices are written into the file itself."""

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


def instance_text(fitted: FittedInstance) -> str:
    """Return the instance as YAML with a heading of comments."""
    unit = fitted.data["fit"]["protocol"].get("unit", "samples")
    heading = "".join(f"# {line}\n" for line in HEADING.format(unit=unit).splitlines())
    return heading + yaml.dump(
        fitted.data,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=WIDTH,
    )


def write_instance(fitted: FittedInstance, target: Path) -> list[Path]:
    """Write the instance, and large matrices into an array file beside it; return the files.

    Raises
    ------
    UsageError
        The file's ending is not .yaml or .yml.
    """
    require_yaml(target)
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
    text = instance_text(fitted)
    write_atomically(target, lambda stream: stream.write(text.encode()))
    return files


def require_yaml(target: Path) -> None:
    """Raise `UsageError` unless the file ends in .yaml or .yml; for a check before a long run."""
    if target.suffix.lower() not in (".yaml", ".yml"):
        raise UsageError.single(str(target), f"the ending {target.suffix!r}", ".yaml or .yml")
