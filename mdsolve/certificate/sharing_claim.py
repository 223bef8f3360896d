"""What somebody claims about a sharing game, read from any file: typed, nothing invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.tables import agents_problem, read_doubles
from mdsolve.errors import Finding, SolutionFileError

Floats = npt.NDArray[np.float64]

COLUMNS = ("contributions", "payments", "accuracies")
"""Keys of a solution that hold a number per agent and that conditions speak of."""


@dataclass(frozen=True)
class SharingClaim:
    """What is to be checked.

    Parameters
    ----------
    mechanism : str or None
        Name of the rule; None for an agreement.
    options : mapping
        The rule's options as stored.
    contributions : (n,) or None
        Samples.
    payments : (n,) or None
        Money received; negative means paid.
    accuracies : (n,) or None
        Accuracy of the models handed out.
    data : mapping
        The whole solution.
    folder : Path or None
        Where array files named in it lie.
    """

    mechanism: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    contributions: Floats | None = None
    payments: Floats | None = None
    accuracies: Floats | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None

    def at(self, path: str) -> Any:
        """Return what stands under a path such as ``metrics.welfare``; None if nothing does."""
        found: Any = self.data
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def stored(self, path: str, shape: tuple[int, ...]) -> Floats | str:
        """Return a table of numbers of the solution, or the reason why there is none."""
        raw = self.at(path)
        if raw is None:
            return f"the solution does not state {path}"
        findings: list[Finding] = []
        found = read_doubles(raw, shape, self.folder, path, findings)
        if found is None:
            return f"{path}: {findings[0].got}; expected {findings[0].expected}"
        return found


def sharing_claim(
    data: Mapping[str, Any],
    names: list[str],
    folder: Path | None,
    label: str,
    mechanism: str | None = None,
) -> SharingClaim:
    """Return the claim in a solution's plain data.

    Parameters
    ----------
    mechanism : str or None
        Judge it as this rule, whatever it says.

    Raises
    ------
    SolutionFileError
        With every problem found: wrong lengths, numbers that are none. Contributions outside
        [0, capacity] are not a problem of the file and are left to the conditions.
    """
    findings: list[Finding] = []
    n = len(names)
    columns: dict[str, Floats | None] = dict.fromkeys(COLUMNS)
    for key in columns:
        if data.get(key) is not None:
            columns[key] = read_doubles(data[key], (n,), folder, f"{label}: {key}", findings)
    if (strangers := agents_problem(data, names, label)) is not None:
        findings.append(strangers)
    named = data.get("mechanism")
    name = named.get("name") if isinstance(named, Mapping) else named
    options = named.get("options") if isinstance(named, Mapping) else None
    if name is not None and not isinstance(name, str):
        findings.append(Finding(f"{label}: mechanism", repr(name)[:60], "the name of a mechanism"))
    if not isinstance(options, Mapping | None):
        where = f"{label}: mechanism.options"
        findings.append(Finding(where, repr(options)[:60], "a mapping of options"))
    if mechanism is not None and mechanism != name:
        # Options of another rule say nothing about this one.
        options = None
    if findings:
        raise SolutionFileError(findings)
    return SharingClaim(
        mechanism=mechanism or (name if isinstance(name, str) else None),
        options=dict(options) if isinstance(options, Mapping) else {},
        contributions=columns["contributions"],
        payments=columns["payments"],
        accuracies=columns["accuracies"],
        data=data,
        folder=folder,
    )
