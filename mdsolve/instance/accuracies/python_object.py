"""A Python object instead of a family: what it must offer. Files cannot hold one."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class AccuracyFunction(Protocol):
    """What an accuracy object offers."""

    concave: bool
    """True: every a_i is concave and smooth in s; anything else is not solved."""

    def value(self, s: Floats) -> Floats:
        """Return a_i(s) of all agents, shape (n,), at contributions s of shape (n,), in samples."""

    def gradient(self, s: Floats) -> Floats:
        """Return da_i / ds_j, shape (n, n), row i being the gradient of a_i."""
