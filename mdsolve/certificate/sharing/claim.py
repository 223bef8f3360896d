"""What somebody claims about a sharing game: contributions, payments, under which mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.market.claim import names_match, read_table
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.game.sharing import SharingGame

Floats = npt.NDArray[np.float64]

COLUMNS = ("contributions", "payments", "accuracies")
"""Keys of a solution that hold a number per agent."""


@dataclass(frozen=True)
class SharingClaim:
    """What is to be checked.

    Parameters
    ----------
    mechanism : str or None
        Name of the rule, if the solution names one.
    options : mapping
        The rule's options as stored.
    contributions : (n,) or None
        Samples.
    payments : (n,) or None
        Money received; negative means paid.
    accuracies : (n,) or None
        Accuracy of the models handed out, where the mechanism shapes them.
    details : mapping
        All further keys of the solution.
    folder : Path or None
        Where array files named in the details lie.
    """

    mechanism: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    contributions: Floats | None = None
    payments: Floats | None = None
    accuracies: Floats | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None

    def stored(self, key: str, shape: tuple[int, ...]) -> Floats | str:
        """Return a further table of numbers of the solution, or the reason why there is none."""
        if self.details.get(key) is None:
            return f"the solution does not state {key}"
        findings: list[Finding] = []
        found = read_table(self.details[key], shape, self.folder, key, findings)
        if found is None:
            return f"{key}: {findings[0].got}; expected {findings[0].expected}"
        return np.asarray(found, dtype=np.float64)


def sharing_claim_from(
    data: Mapping[str, Any], game: SharingGame, folder: Path | None, label: str
) -> SharingClaim:
    """Return the claim in a solution's plain data.

    Raises
    ------
    SolutionFileError
        With every problem found: wrong lengths, numbers that are none, contributions outside
        [0, capacity] are not a problem of the file and are left to the conditions.
    """
    findings: list[Finding] = []
    columns: dict[str, Floats | None] = dict.fromkeys(COLUMNS)
    for key in columns:
        if data.get(key) is not None:
            found = read_table(data[key], (game.size,), folder, f"{label}: {key}", findings)
            columns[key] = None if found is None else np.asarray(found, dtype=np.float64)
    if isinstance(data.get("curves"), Mapping):  # many agents: the numbers lie in a file beside
        curves = read_table(data["curves"], (game.size, 3, 2), folder, f"{label}: curves", findings)
        data = {**data, "curves": curves}
    agents = data.get("agents")
    if agents is not None and not names_match(agents, game.agents):
        got = f"{len(agents)} names" if isinstance(agents, list | tuple) else str(agents)
        findings.append(Finding(f"{label}: agents", got, "the instance's agents, in its order"))
    mechanism = data.get("mechanism")
    name = mechanism.get("name") if isinstance(mechanism, Mapping) else mechanism
    options = mechanism.get("options") if isinstance(mechanism, Mapping) else None
    if not isinstance(options, Mapping | None):
        where = f"{label}: mechanism.options"
        findings.append(Finding(where, repr(options), "a mapping of options"))
    if findings:
        raise SolutionFileError(findings)
    return SharingClaim(
        mechanism=name if isinstance(name, str) else None,
        options=options or {},
        contributions=columns["contributions"],
        payments=columns["payments"],
        accuracies=columns["accuracies"],
        details=data,
        folder=folder,
    )
