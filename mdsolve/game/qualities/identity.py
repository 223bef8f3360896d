"""`identity`: Q(t) = t."""

from __future__ import annotations

from dataclasses import dataclass

from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.instance.qualities.identity import IdentityQualitySpec


def quality(spec: IdentityQualitySpec) -> IdentityQuality:
    """Return the quality of a specification."""
    del spec
    return IdentityQuality()


@dataclass(frozen=True)
class IdentityQuality:
    """Q(t) = t, as in [C20] Example 1 and section 7.2."""

    family: str = "identity"
    rational: bool = True

    def at(self, sizes: Array, arithmetic: Arithmetic) -> Array:  # noqa: ARG002
        """Return the sizes themselves."""
        return sizes
