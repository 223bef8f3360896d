"""What `prove` returns: entries of a proof file, and the conditions without, with reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdsolve.errors import EXIT_CONDITION_FAILS, EXIT_SOLVED, EXIT_STOPPED
from mdsolve.outputs import write_atomically

FORMAT = "mdsolve-proof/1"


FOLLOWS = frozenset({"stated-numbers"})
"""Conditions that no mechanism promises: their figures follow from what is proved."""


class NotProvableError(Exception):
    """There is no proof object for a claim; the text is the reason."""


class OtherRuleError(NotProvableError):
    """A claim is about other mechanisms than the solution's."""

    def __init__(self, mechanism: str) -> None:
        super().__init__(f"the claim is not about {mechanism or 'an agreement'}")


@dataclass(frozen=True)
class Entry:
    """One claim with its data and hints.

    Parameters
    ----------
    conditions : tuple of str
        The certificate's conditions that it proves.
    proof : mapping
        What stands in the file.
    statement : str
        What the stand-alone checker says it proves.
    """

    conditions: tuple[str, ...]
    proof: Mapping[str, Any]
    statement: str

    @property
    def claim(self) -> str:
        """Name of the claim."""
        return str(self.proof["claim"])


@dataclass(frozen=True)
class Missing:
    """A condition without a proof object."""

    condition: str
    reason: str


@dataclass(frozen=True)
class ProofFile:
    """All that was proved of one solution, bound to its instance.

    Parameters
    ----------
    mechanism : str
    instance : mapping
        ``name``, ``file_sha256``, ``data`` and ``data_sha256``.
    entries : tuple of Entry
    missing : tuple of Missing
        Claimed conditions that no entry proves.
    refuted : tuple of str
        Claimed conditions that fail.
    """

    mechanism: str
    instance: Mapping[str, Any]
    entries: tuple[Entry, ...]
    missing: tuple[Missing, ...]
    refuted: tuple[str, ...] = ()

    @property
    def proved(self) -> tuple[str, ...]:
        """Names of the conditions that entries prove."""
        return tuple(dict.fromkeys(name for entry in self.entries for name in entry.conditions))

    @property
    def exit_code(self) -> int:
        """Exit code of `mdsolve prove`."""
        if self.refuted:
            return EXIT_CONDITION_FAILS
        open_ones = {missing.condition for missing in self.missing} - FOLLOWS
        return EXIT_STOPPED if open_ones else EXIT_SOLVED

    def to_dict(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {
            "format": FORMAT,
            "instance": dict(self.instance),
            "proofs": [dict(entry.proof) for entry in self.entries],
        }

    def summary(self) -> dict[str, Any]:
        """Return what was proved, and what was not and why."""
        return {
            "mechanism": self.mechanism,
            "proved": [
                {
                    "claim": entry.claim,
                    "conditions": list(entry.conditions),
                    "statement": entry.statement,
                }
                for entry in self.entries
            ],
            "not_proved": [
                {"condition": missing.condition, "reason": missing.reason}
                for missing in self.missing
            ],
            "refuted": list(self.refuted),
        }

    def to_json(self, path: str | Path) -> None:
        """Write the file whole, or not at all."""
        write_proofs([self], path)


def write_proofs(files: Sequence[ProofFile], path: str | Path) -> int:
    """Write what was proved of solutions of one instance into one file; return its bytes."""
    document = files[0].to_dict()
    document["proofs"] = [dict(entry.proof) for file in files for entry in file.entries]
    content = (json.dumps(document, separators=(",", ":")) + "\n").encode()
    write_atomically(Path(path), lambda stream: stream.write(content))
    return len(content)
