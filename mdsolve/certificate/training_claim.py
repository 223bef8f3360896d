"""What somebody claims about a training run, read from any file: its books, round by round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.tables import agents_problem, read_table
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.instance.findings import shown
from mdsolve.instance.protocols.fedbr_shap import FedBRShapSpec
from mdsolve.instance.training import TrainingInstance

Floats = npt.NDArray[np.float64]

CHOOSING, LEARNING = "choosing", "learning"
"""Phases of a round: agents move their contributions and the model stays, or it is trained."""

ROUND_COLUMNS = ("contributions", "accuracies", "losses", "payments", "utilities")
"""Tables of a history with a number per round and agent."""

LAST_ROUND = ("contributions", "accuracies", "payments", "utilities")
"""Columns that are the outcome of a run: those of the last round."""

STANDALONE = ("contributions", "accuracies", "losses", "utilities")
"""Columns about what agents reach with their own data alone."""


@dataclass(frozen=True)
class TrainingClaim:
    """What is to be checked.

    Parameters
    ----------
    columns : mapping of str to (rounds, n)
        The history.
    phases : tuple of str
        What each round was for.
    last : mapping of str to (n,)
        The outcome.
    capacities : (n,) or None
        Most that agents can bring, where the instance does not say.
    classes : int
        Number of classes of the examples.
    shares, worth_before : (stages, n) and (n,), or None
        Of `fedbr-shap`: shares of the stages, and what the untrained model is worth, in money.
    alone : mapping of str to (n,), or None
        What agents reach with their own data alone, where that was tried.
    data : mapping
        The whole solution.
    folder : Path or None
        Where array files named in it lie.
    """

    columns: Mapping[str, Floats]
    phases: tuple[str, ...]
    last: Mapping[str, Floats]
    capacities: Floats | None
    classes: int
    shares: Floats | None = None
    worth_before: Floats | None = None
    alone: Mapping[str, Floats] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def rounds(self) -> int:
        """Number of rounds."""
        return len(self.phases)

    @property
    def learned(self) -> int:
        """Number of rounds in which the model was trained."""
        return sum(phase != CHOOSING for phase in self.phases)

    def at(self, path: str) -> Any:
        """Return what stands under a path such as ``metrics.welfare``; None if nothing does."""
        found: Any = self.data
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def stored(self, path: str, shape: tuple[int, ...]) -> Floats | str:
        """Return a table of numbers of the solution, or the reason why there is none."""
        findings: list[Finding] = []
        found = read_table(self.at(path), shape, self.folder, path, findings)
        if found is None:
            return f"{path}: {findings[0].got}; expected {findings[0].expected}"
        return np.asarray(found, dtype=np.float64)


def training_claim(
    instance: TrainingInstance, data: Mapping[str, Any], folder: Path | None, label: str
) -> TrainingClaim:
    """Return the claim in a solution's plain data.

    Raises
    ------
    SolutionFileError
        The run followed another protocol, or parts are missing or have another shape; all of them
        are named.
    """
    findings: list[Finding] = []
    _require_protocol(instance, data, label)
    agents = len(instance.agents.cost)
    history = _mapping(data, "history", label)
    rounds = history.get("rounds")
    if not isinstance(rounds, Sequence | np.ndarray) or isinstance(rounds, str) or not len(rounds):
        expected = "the numbers of one round or more"
        raise SolutionFileError([Finding(f"{label}: history.rounds", shown(rounds), expected)])
    count = len(rounds)

    def read(source: Mapping[str, Any], key: str, shape: tuple[int, ...], where: str) -> Floats:
        found = read_table(source.get(key), shape, folder, f"{label}: {where}{key}", findings)
        return np.zeros(shape) if found is None else np.asarray(found, dtype=np.float64)

    columns = {key: read(history, key, (count, agents), "history.") for key in ROUND_COLUMNS}
    last = {key: read(data, key, (agents,), "") for key in LAST_ROUND}
    capacities = None
    if instance.agents.capacity is None or data.get("capacities") is not None:
        capacities = read(data, "capacities", (agents,), "")
    phases = _phases(history, count, label, findings)
    shares = worth = None
    if isinstance(instance.protocol, FedBRShapSpec):
        stages = _mapping(data, "stages", label)
        ended = len(stage_ends(instance.protocol, sum(phase != CHOOSING for phase in phases)))
        shares = read(stages, "shares", (ended, agents), "stages.")
        worth = read(stages, "worth_before", (agents,), "stages.")
    alone = None
    if data.get("standalone") is not None:
        tried = _mapping(data, "standalone", label)
        alone = {
            key: read(tried, key, (agents,), "standalone.")
            for key in STANDALONE
            if key == "utilities" or tried.get(key) is not None
        }
    if (strangers := agents_problem(data, instance.agent_names, label)) is not None:
        findings.append(strangers)
    if findings:
        raise SolutionFileError(findings)
    classes = _mapping(data, "data", label).get("classes", ())
    many = len(classes) if isinstance(classes, list | tuple | np.ndarray) else 0
    return TrainingClaim(
        columns, phases, last, capacities, many, shares, worth, alone, data, folder
    )


def stage_ends(spec: FedBRShapSpec, rounds: int) -> list[int]:
    """Return the rounds, counted from 1, with which stages of a run so far have ended.

    Examples
    --------
    >>> spec = FedBRShapSpec(name="fedbr-shap", rounds=7, stage=3)
    >>> stage_ends(spec, 7), stage_ends(spec, 5)
    ([3, 6, 7], [3])
    """
    return [k for k in range(1, rounds + 1) if k % spec.stage == 0 or k == spec.rounds]


def _phases(
    history: Mapping[str, Any], count: int, label: str, findings: list[Finding]
) -> tuple[str, ...]:
    """Return what the rounds were for; all for learning where nothing is said."""
    raw = history.get("phases")
    if raw is None:
        return (LEARNING,) * count
    known = isinstance(raw, list | tuple) and set(map(str, raw)) <= {CHOOSING, LEARNING}
    if not known or len(raw) != count:
        expected = f"{count} times {CHOOSING} or {LEARNING}"
        findings.append(Finding(f"{label}: history.phases", shown(raw), expected))
        return (LEARNING,) * count
    return tuple(str(phase) for phase in raw)


def _require_protocol(instance: TrainingInstance, data: Mapping[str, Any], label: str) -> None:
    """Raise `SolutionFileError` for a run under a protocol that is not the instance's."""
    mechanism, asked = data.get("mechanism"), instance.protocol.name
    named = mechanism.get("name") if isinstance(mechanism, Mapping) else mechanism
    if named is not None and named != asked:
        expected, fix = f"{asked}, the protocol of the instance", "the file of that run"
        raise SolutionFileError([Finding(f"{label}: mechanism", shown(named), expected, fix)])


def _mapping(data: Mapping[str, Any], key: str, label: str) -> Mapping[str, Any]:
    found = data.get(key)
    if not isinstance(found, Mapping):
        got = "nothing" if found is None else type(found).__name__
        raise SolutionFileError([Finding(f"{label}: {key}", got, "what mdsolve train reports")])
    return found
