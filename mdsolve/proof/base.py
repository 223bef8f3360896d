"""What every proof says of itself, and how it is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from mdsolve.errors import SolutionFileError
from mdsolve.fields import Fields, Read

ABOUT = ("kind", "mechanism", "options")
"""Keys that every proof may have."""


@dataclass(frozen=True, kw_only=True)
class About(ABC):
    """What a proof is about.

    Parameters
    ----------
    mechanism : str or None
        Name of the rule; None in files of the first stage, which leave it to the solution.
    options : mapping
        The rule's effective options.
    """

    mechanism: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    kind: ClassVar[str]
    denies_equilibria: ClassVar[bool] = False  # whether a sharing game has no equilibrium by it

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], where: str = "witness", read: Read | None = None
    ) -> Self:
        """Return the proof of this kind that plain data hold.

        Raises
        ------
        SolutionFileError
            With every problem found: unknown keys, entries that are no numbers.
        """
        fields = Fields(data, where, [], read)
        proof = cls.read(fields)
        if fields.findings:
            raise SolutionFileError(fields.findings)
        return proof

    @classmethod
    @abstractmethod
    def read(cls, fields: Fields) -> Self:
        """Return the proof in fields, whose findings tell what is wrong with them."""

    def _head(self) -> dict[str, Any]:
        found: dict[str, Any] = {"kind": self.kind}
        if self.mechanism is not None:
            found |= {"mechanism": self.mechanism, "options": dict(self.options)}
        return found


def about(fields: Fields) -> dict[str, Any]:
    """Return what a proof says it is about, nothing where it does not say."""
    if not fields.has("mechanism"):
        if fields.has("options"):
            fields.wrong("options", fields.data["options"], "a mechanism beside them")
        return {}
    options = fields.inside("options").data if fields.has("options") else {}
    return {"mechanism": fields.text("mechanism"), "options": dict(options)}
