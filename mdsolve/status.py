"""Why a computation stopped: a closed set of outcomes, each with the sentence users see."""

from __future__ import annotations

from enum import Enum

from mdsolve import errors


class Termination(Enum):
    """Why a solve stopped; the value is the sentence shown to the user.

    The name in lower case (`label`) is what solution files store. An outcome has no truth value:
    ask for the one you mean.

    Examples
    --------
    >>> Termination.SOLVED.label
    'solved'
    >>> bool(Termination.FAILED)
    Traceback (most recent call last):
    TypeError: a Termination has no truth value; compare with Termination.SOLVED
    """

    SOLVED = "An answer was found and every claimed condition was checked on it."
    INFEASIBLE = "It was proved that no answer exists; the certificate holds the proof."
    LIMIT = "A time, size or range limit was reached first; the result is the best so far."
    INTERRUPTED = "The run was interrupted; the result is the best so far."
    FAILED = "The method did not produce an answer that passes its own re-check."

    def __bool__(self) -> bool:
        """Refuse: 'failed' would otherwise be truthy."""
        message = "a Termination has no truth value; compare with Termination.SOLVED"
        raise TypeError(message)

    @property
    def label(self) -> str:
        """Name used in solution files and on the command line."""
        return self.name.lower()

    @property
    def exit_code(self) -> int:
        """Exit code of a command that ends this way."""
        return _EXIT_CODES[self]

    @classmethod
    def from_label(cls, label: str) -> Termination:
        """Return the outcome stored under `label`; raises `KeyError` on an unknown one."""
        return cls[label.upper()]


_EXIT_CODES = {
    Termination.SOLVED: errors.EXIT_SOLVED,
    Termination.INFEASIBLE: errors.EXIT_NONE_EXISTS,
    Termination.LIMIT: errors.EXIT_STOPPED,
    Termination.INTERRUPTED: errors.EXIT_STOPPED,
    Termination.FAILED: errors.EXIT_INTERNAL,
}
