"""The optional libraries of training: asked for by name before anything is imported."""

from __future__ import annotations

from importlib.util import find_spec

from mdsolve.errors import UnsupportedError

NEEDED = {"torch": "torch", "sklearn": "scikit-learn"}
"""Modules of the extra ``learn`` and what they are called when installed."""


def require_learning() -> None:
    """Raise `UnsupportedError` naming the extra if training cannot run here.

    Raises
    ------
    UnsupportedError
        torch or scikit-learn (which brings the bundled data) is not installed.
    """
    missing = [name for module, name in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise UnsupportedError.single(
            "training",
            f"{' and '.join(missing)} not installed",
            "the optional libraries of training",
            "pip install 'mdsolve[learn]'",
        )
