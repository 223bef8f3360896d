"""A cost given as a Python object: taken as it is, in floats only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.costs.base import CostForm, Part
from mdsolve.certificate.reading.unread import UnreadError


def parts(specs: Sequence[Any], arithmetic: Arithmetic) -> list[Part]:
    """Return the objects' own values and gradients.

    Raises
    ------
    UnreadError
        In rigorous arithmetic: a Python object computes with doubles.
    """
    if arithmetic.rigorous:
        message = "a cost given as a Python object"
        raise UnreadError(message)
    return [Part([place], _form(given)) for place, given in enumerate(specs)]


def _form(given: Any) -> CostForm:
    return CostForm(
        lambda s: np.array([float(given.value(x)) for x in s.tolist()]),
        lambda s, side: np.array([float(given.gradient(x)) for x in s.tolist()]),  # noqa: ARG005
    )
