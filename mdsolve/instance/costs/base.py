"""What the schemas of all cost families share: they can be made cheaper or dearer as a whole."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar, Self

from mdsolve.instance.common import StrictModel


class CostFamily(StrictModel):
    """What the user wrote about what contributing costs one agent."""

    amounts: ClassVar[tuple[str, ...]] = ("rate",)
    """Keys that are proportional to the cost."""

    def scaled(self, factor: Fraction) -> Self:
        """Return the cost ``factor * c(s)``.

        Raises
        ------
        ValidationError
            If the factor is negative.
        """
        kept = {key: getattr(self, key) for key in type(self).model_fields}
        return type(self)(**kept | {key: factor * kept[key] for key in self.amounts})
