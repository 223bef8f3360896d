"""How a command ends that has no result: stopped, or nobody reads on."""

from __future__ import annotations

from typing import ClassVar

from mdsolve.errors import EXIT_SOLVED, EXIT_STOPPED, MdsolveError


class StoppedError(MdsolveError):
    """Ctrl-C, a refusal or the time limit came where there was no partial result to keep."""

    exit_code: ClassVar[int] = EXIT_STOPPED


class ClosedPipeError(MdsolveError):
    """Whoever reads the output has seen enough; no complaint, no failure."""

    exit_code: ClassVar[int] = EXIT_SOLVED
