"""`coverage`: agents draw items at random, and know those that anybody drew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import SkipValidation, ValidationInfo, field_validator

from mdsolve.instance.accuracies.base import AccuracySpec, Groups, weight_array, wrong_rows
from mdsolve.instance.findings import Problem
from mdsolve.instance.numbers import bad_value


class CoverageAccuracySpec(AccuracySpec):
    """a_i = 1 - 1/2 sum_x q_ix prod_j (1 - q_jx) ** s_j."""

    agent_axes: ClassVar[Mapping[str, int]] = {"distributions": 1}
    family: Literal["coverage"]
    distributions: SkipValidation[Any]

    @field_validator("distributions", mode="before")
    @classmethod
    def _distributions(cls, raw: Any, info: ValidationInfo) -> Any:
        table = weight_array(raw, info, square=False)
        if table is None or table.ndim != 2 or np.any(table > 1):
            raise bad_value("an agents x items matrix of probabilities")
        return table

    def misfits(self, agents: int, groups: Groups) -> Iterator[Problem]:
        """Yield distributions that are not one per agent."""
        del groups
        yield from wrong_rows("distributions", self.distributions, agents, square=False)
