"""Linear programs as other programs read them: LP and MPS files, and JSON with their meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

FORMAT = "mdsolve-program/1"

TERMS_A_LINE = 6


@dataclass(frozen=True)
class Variable:
    """One unknown.

    Parameters
    ----------
    name : str
        Without blanks, for files.
    objective : float
        Coefficient in what is maximised.
    low, high : float
        Bounds, perhaps infinite.
    means : mapping
        What it is, for readers: agent, types.
    """

    name: str
    objective: float
    low: float
    high: float
    means: Mapping[str, Any]


@dataclass(frozen=True)
class Inequality:
    """sum of coefficients times variables <= bound.

    Parameters
    ----------
    terms : tuple of (int, float)
        Number of a variable, and its coefficient.
    kind : str
        What it says: rationality, incentive, ...
    """

    name: str
    kind: str
    terms: tuple[tuple[int, float], ...]
    bound: float


@dataclass(frozen=True)
class LinearProgram:
    """Maximise a sum under inequalities.

    Parameters
    ----------
    name, about : str
        What it is the program of, and what its unknowns and its goal are.
    constant : float
        Added to the objective.
    """

    name: str
    about: str
    variables: Sequence[Variable]
    rows: Sequence[Inequality]
    constant: float = 0.0

    def __repr__(self) -> str:
        """Return one line: the name and the size."""
        size = f"{len(self.variables):,} variables, {len(self.rows):,} rows"
        return f"<LinearProgram {self.name}: {size}>"

    def text(self, ending: Literal[".lp", ".mps"]) -> str:
        """Return the file of that ending."""
        lines = _lp(self) if ending == ".lp" else _mps(self)
        return "\n".join(lines) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Return the program as plain data; infinite bounds are null."""
        return {
            "format": FORMAT,
            "name": self.name,
            "about": self.about,
            "sense": "maximize",
            "constant": self.constant,
            "variables": [
                {
                    "name": x.name,
                    "objective": x.objective,
                    "low": _finite(x.low),
                    "high": _finite(x.high),
                    **x.means,
                }
                for x in self.variables
            ],
            "rows": [
                {
                    "name": row.name,
                    "kind": row.kind,
                    "terms": [[self.variables[k].name, factor] for k, factor in row.terms],
                    "at_most": row.bound,
                }
                for row in self.rows
            ],
        }


def _lp(program: LinearProgram) -> Iterator[str]:
    yield f"\\ {program.name}: {program.about}"
    yield "Maximize"
    goal = [(k, x.objective) for k, x in enumerate(program.variables) if x.objective]
    constant = f" {program.constant:+.17g}" if program.constant else ""
    yield from _expression(program, " objective:", goal, constant)
    yield "Subject To"
    for row in program.rows:
        yield from _expression(program, f" {row.name}:", row.terms, f" <= {row.bound!r}")
    yield "Bounds"
    for x in program.variables:
        low = "-inf" if x.low == -float("inf") else repr(x.low)
        high = "+inf" if x.high == float("inf") else repr(x.high)
        yield f" {low} <= {x.name} <= {high}"
    yield "End"


def _expression(
    program: LinearProgram, head: str, terms: Sequence[tuple[int, float]], tail: str
) -> Iterator[str]:
    """Yield an expression on lines that are not too long for any reader."""
    words = [f"{factor:+.17g} {program.variables[k].name}" for k, factor in terms]
    parts = [words[k : k + TERMS_A_LINE] for k in range(0, len(words), TERMS_A_LINE)] or [["0"]]
    for number, part in enumerate(parts):
        start = head if number == 0 else "  "
        end = tail if number == len(parts) - 1 else ""
        yield f"{start} {' '.join(part)}{end}"


def _mps(program: LinearProgram) -> Iterator[str]:
    yield f"* {program.name}: {program.about}"
    yield "NAME program"
    yield "OBJSENSE"
    yield "    MAX"
    yield "ROWS"
    yield " N objective"
    for row in program.rows:
        yield f" L {row.name}"
    columns: list[list[tuple[str, float]]] = [[] for _ in program.variables]
    for row in program.rows:
        for k, factor in row.terms:
            columns[k].append((row.name, factor))
    yield "COLUMNS"
    for x, entries in zip(program.variables, columns, strict=True):
        for name, factor in [("objective", x.objective), *entries]:
            yield f"    {x.name} {name} {factor!r}"
    yield "RHS"
    if program.constant:
        yield f"    RHS objective {-program.constant!r}"
    for row in program.rows:
        yield f"    RHS {row.name} {row.bound!r}"
    yield "BOUNDS"
    for x in program.variables:
        yield from _mps_bounds(x)
    yield "ENDATA"


def _mps_bounds(x: Variable) -> Iterator[str]:
    endless = (x.low == -float("inf"), x.high == float("inf"))
    if all(endless):
        yield f" FR BND {x.name}"
        return
    yield f" MI BND {x.name}" if endless[0] else f" LO BND {x.name} {x.low!r}"
    if not endless[1]:
        yield f" UP BND {x.name} {x.high!r}"


def _finite(bound: float) -> float | None:
    return bound if abs(bound) < float("inf") else None
