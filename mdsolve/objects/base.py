"""What games and markets share: an instance, and the verbs as methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from mdsolve.conditions import Certificate
from mdsolve.errors import UnsupportedError
from mdsolve.instance import Instance, load
from mdsolve.instance.canonical import data_sha256
from mdsolve.instance.load import KINDS, schema_of
from mdsolve.mechanism.chosen import Rule
from mdsolve.proving.prove import prove
from mdsolve.proving.record import ProofFile
from mdsolve.report.explain import Explanation, explain
from mdsolve.report.public import report
from mdsolve.solution import Solution
from mdsolve.study.compare import Comparison, compare
from mdsolve.study.design import design
from mdsolve.study.solve import solve
from mdsolve.study.sweep import sweep
from mdsolve.study.sweep_table import SweepTable
from mdsolve.study.verify import verify


class Played:
    """An instance with its verbs as methods. Every keyword of a verb is one of its method.

    Parameters
    ----------
    instance : Instance or None
        None makes one of the keys.
    keys : Any
        Of the instance format, as in a file: ``agents=[...]``.

    Raises
    ------
    InstanceError
        With one finding per problem.
    """

    kind: ClassVar[str]

    def __init__(self, instance: Instance | None = None, **keys: Any) -> None:
        made = schema_of(self.kind)(**keys) if instance is None else instance
        if not isinstance(made, schema_of(self.kind)):
            got = f"a {getattr(made, 'kind', type(made).__name__)}"
            raise UnsupportedError.single("instance", got, f"a {KINDS[self.kind]}")
        self.instance: Any = made

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the game in an instance file."""
        return cls(load(path))

    @property
    def name(self) -> str | None:
        """Name of the instance."""
        return self.instance.name if self.instance.name is None else str(self.instance.name)

    def replace(self, *changes: str | Mapping[str, Any], **fields: Any) -> Self:
        """Return the game with changes, for example ``"cost*=1.2"``; validated."""
        return type(self)(self.instance.replace(*changes, **fields))

    def solve(self, mechanism: str | Rule | None = None, **keywords: Any) -> Solution:
        """Solve under a mechanism and check the answer; see `mdsolve.solve`."""
        return solve(self.instance, mechanism, **keywords)

    def compare(self, mechanisms: Sequence[str] = (), **keywords: Any) -> Comparison:
        """Solve under several mechanisms; see `mdsolve.compare`."""
        return compare(self.instance, mechanisms, **keywords)

    def design(self, **keywords: Any) -> Solution:
        """Design a rule for a goal under requirements; see `mdsolve.design`."""
        return design(self.instance, **keywords)

    def sweep(self, vary: Any = (), mechanisms: Any = (), **keywords: Any) -> SweepTable:
        """Solve at every point of a grid; see `mdsolve.sweep`."""
        return sweep(self.instance, vary, mechanisms, **keywords)

    def verify(self, solution: Solution | Mapping[str, Any], **keywords: Any) -> Certificate:
        """Check a solution, or plain data from anywhere; see `mdsolve.verify`."""
        return verify(self.instance, solution, **keywords)

    def prove(self, solution: Solution | Mapping[str, Any], **keywords: Any) -> ProofFile:
        """Return proof objects of a solution's claims; see `mdsolve.prove`."""
        return prove(self.instance, solution, **keywords)

    def explain(self, solution: Solution, agent: str | None = None, **keywords: Any) -> Explanation:
        """Return in words where the numbers come from; see `mdsolve.explain`."""
        return explain(self.instance, solution, agent, **keywords)

    def report(self, solution: Solution, path: str | Path | None = None, **keywords: Any) -> str:
        """Return a page about a solution, and write it; see `mdsolve.report`."""
        return report(self.instance, solution, path, **keywords)

    def __eq__(self, other: object) -> bool:
        """Compare the data, whatever names and files."""
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = self.instance, other.instance
        known = data_sha256(mine)
        return mine is theirs or (known is not None and known == data_sha256(theirs))

    __hash__ = None  # type: ignore[assignment]
