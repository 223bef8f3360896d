"""What all verbs of the Python interface have in common: they raise, or return, what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar, NoReturn, ParamSpec, TypeVar

from mdsolve.errors import EXIT_STOPPED, MdsolveError
from mdsolve.progress import StopRequested
from mdsolve.status import Termination

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Failure:
    """What a verb called with ``throw=False`` returns where it would have raised; it is false.

    It has the attributes by which answers are told apart, so that loops over many instances need
    no `try`.

    Parameters
    ----------
    error : MdsolveError or StopRequested
        With its findings, where the input was wrong.

    Examples
    --------
    >>> import mdsolve as md
    >>> market = md.parse({"kind": "market", "agents": 2, "types": [1, 2],
    ...                    "valuation": {"family": "share"}})
    >>> found = md.solve(market, "shapley", throw=False)
    >>> bool(found), found.termination.label, found.exit_code
    (False, 'failed', 2)
    """

    error: MdsolveError | StopRequested
    certificate: ClassVar[None] = None
    verdict: ClassVar[str] = "not-checked"

    @property
    def termination(self) -> Termination:
        """Whether the time limit came first, or something was wrong."""
        stopped = isinstance(self.error, StopRequested)
        return Termination.LIMIT if stopped else Termination.FAILED

    @property
    def message(self) -> str:
        """What went wrong, with every finding."""
        return str(self.error)

    @property
    def exit_code(self) -> int:
        """Exit code of the command that would have raised."""
        error = self.error
        return EXIT_STOPPED if isinstance(error, StopRequested) else error.exit_code

    def __bool__(self) -> bool:
        """Tell that there is no answer."""
        return False

    def raise_it(self) -> NoReturn:
        """Raise the error after all."""
        raise self.error

    def __repr__(self) -> str:
        """Return one line: the kind of error, and the first thing that is wrong."""
        return f"<Failure: {type(self.error).__name__}: {self.message.splitlines()[0]}>"


def verb(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Return the function, which with ``throw=False`` returns a `Failure` instead of raising.

    Only errors raised on purpose are caught, and time limits that left nothing.
    """

    @wraps(function)
    def called(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        if kwargs.get("throw", True):
            return function(*args, **kwargs)
        try:
            return function(*args, **kwargs)
        except (MdsolveError, StopRequested) as error:
            failure: Any = Failure(error)
            return failure  # type: ignore[no-any-return]

    return called
