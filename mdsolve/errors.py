"""Errors a user can act on: where it happened, what was found, what was expected, how to mend it.

Every error mdsolve raises on purpose derives from `MdsolveError` and carries the exit code that
the command line returns for it. Bad input is collected into `Finding` records so that all the
problems of a file are reported at once instead of one per run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

EXIT_SOLVED = 0
EXIT_CONDITION_FAILS = 1
EXIT_BAD_INPUT = 2
EXIT_NONE_EXISTS = 3
EXIT_STOPPED = 4
EXIT_INTERNAL = 5

FINDINGS_SHOWN = 20
"""Most findings of one error that its text holds."""

_OPTION = re.compile(r"--(?:set )?([a-z][a-z-]*)")


@dataclass(frozen=True)
class Finding:
    """One thing wrong with the input.

    Parameters
    ----------
    where : str
        File and field path, for example ``two-labs.yaml:12: agents[1].cost``.
    got : str
        What was found there, shortened for display.
    expected : str
        What would have been right.
    fix : str
        One concrete way to mend it; may be empty when `expected` already says it.
    """

    where: str
    got: str
    expected: str
    fix: str = ""

    def __str__(self) -> str:
        """Return the finding as indented lines, ready to print."""
        lines = [self.where, f"    got:      {self.got}", f"    expected: {self.expected}"]
        if self.fix:
            lines.append(f"    fix:      {self.fix}")
        return "\n".join(lines)

    def in_python(self) -> Finding:
        """Return the finding with options as arguments: ``step_size`` for ``--step-size``.

        Examples
        --------
        >>> print(Finding("--step-size", "-1", "--set step_size=auto").in_python())
        step_size
            got:      -1
            expected: step_size=auto
        """
        words = (self.where, self.expected, self.fix)
        where, expected, fix = map(_as_arguments, words)
        return Finding(where, self.got, expected, fix)


def _as_arguments(words: str) -> str:
    """Write options as Python arguments, but not those of a command that is quoted."""
    if "mdsolve " in words:
        return words
    return _OPTION.sub(lambda option: option[1].replace("-", "_"), words)


class MdsolveError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line returns."""

    exit_code: ClassVar[int] = EXIT_INTERNAL


class InputError(MdsolveError):
    """Something the user gave is wrong; holds every finding, not only the first.

    Findings name options as they are typed, ``--step-size``; the text of the error is for Python
    callers, who know them as arguments, and `typed` is the one for the command line.

    Parameters
    ----------
    findings : iterable of Finding
    more : int
        How many further findings were counted only.

    Examples
    --------
    >>> error = InputError([Finding("a.yaml: agents", "[]", "at least one agent", "add one")])
    >>> print(error)
    a.yaml: agents
        got:      []
        expected: at least one agent
        fix:      add one
    """

    exit_code: ClassVar[int] = EXIT_BAD_INPUT

    def __init__(self, findings: Iterable[Finding], more: int = 0) -> None:
        self.findings = tuple(findings)
        self.more = more
        super().__init__(self._text([f.in_python() for f in self.findings[:FINDINGS_SHOWN]]))

    @property
    def typed(self) -> str:
        """The text for the command line, where options are typed."""
        return self._text(self.findings[:FINDINGS_SHOWN])

    def _text(self, findings: Iterable[Finding]) -> str:
        left = max(0, len(self.findings) - FINDINGS_SHOWN) + self.more
        return "\n".join([*map(str, findings), *([f"and {left:,} more"] if left else [])])

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Finding, ...], int]]:
        """Travel between processes as the findings, not as their text."""
        return type(self), (self.findings, self.more)

    @classmethod
    def single(cls, where: str, got: str, expected: str, fix: str = "") -> Self:
        """Return the error for one finding."""
        return cls([Finding(where, got, expected, fix)])


class InstanceError(InputError):
    """An instance file cannot be used as it stands."""


class SolutionFileError(InputError):
    """A solution handed to the checker cannot be read or does not fit the instance."""


class UsageError(InputError):
    """A command or function was called with unusable arguments."""


class UnsupportedError(UsageError):
    """The method asked for does not apply to this instance (and none is substituted silently)."""


class MemoryLimitError(UsageError):
    """The answer would need more memory than is allowed; nothing was allocated."""


class SolveError(MdsolveError):
    """A numerical method failed on a problem it should have solved."""
