"""Inner loops compiled by numba, which is imported when the first of them is called.

Importing numba and reading its cache takes longer than solving a small game, so a kernel stands as
a plain name until somebody calls it. Compiled code is kept beside the module, or in the user's
cache folder; where neither can be written it is compiled anew in every process.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

LISTENERS: list[Callable[[], None]] = []
"""Called before a kernel is compiled that no earlier process has left compiled."""


class Kernel:
    """A function that is compiled when it is first called.

    Parameters
    ----------
    function : function
        What the kernel computes, in the part of Python that numba knows.
    options : dict
        Options of `numba.njit` beyond ``nogil``.
    """

    def __init__(self, function: FunctionType, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._options = options
        self._compiled: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Return what the compiled function returns."""
        return (self._compiled or self.compiled())(*arguments)

    def compiled(self) -> Callable[..., Any]:
        """Return the compiled function, with the kernels that it calls compiled before it."""
        if self._compiled is None:
            names = self._function.__globals__
            for name in self._function.__code__.co_names:
                called = names.get(name)
                if isinstance(called, Kernel):
                    names[name] = called.compiled()  # numba calls its own functions only
            self._compiled = _dispatcher(self._function, self._options)
            if not _kept(self._compiled):
                for listener in tuple(LISTENERS):
                    listener()
        return self._compiled


def kernel(**options: Any) -> Callable[[Function], Function]:
    """Make a function a kernel, with further options of `numba.njit`.

    Examples
    --------
    >>> @kernel()
    ... def doubled(number):
    ...     return 2 * number
    >>> doubled.__name__, type(doubled).__name__
    ('doubled', 'Kernel')
    """

    def made(function: Function) -> Function:
        return cast("Function", Kernel(cast("FunctionType", function), options))

    return made


def _dispatcher(function: FunctionType, options: dict[str, Any]) -> Callable[..., Any]:
    """Return numba's function, cached on disk where the disk can be written."""
    from numba import njit

    try:
        made = njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # no folder for the cache
        made = njit(nogil=True, **options)(function)
    return cast("Callable[..., Any]", made)


def _kept(dispatcher: Any) -> bool:
    """Tell whether some version of a compiled function lies in the cache."""
    name, folder = dispatcher.__name__, dispatcher.stats.cache_path
    return folder is not None and any(Path(folder).glob(f"*.{name}-*.nbi"))
