"""Tables, pictures and pages about solutions; called, it is `mdsolve.report.public.report`.

The verb has the name of this package, and Python keeps one attribute for both.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Verb(ModuleType):
    """A package that can be called as the function of its name."""

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return _verb()(*args, **keywords)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(_verb())

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return _verb().__doc__  # type: ignore[no-any-return]


def _verb() -> Any:
    return import_module("mdsolve.report.public").report


sys.modules[__name__].__class__ = _Verb
