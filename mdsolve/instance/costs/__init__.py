"""Cost families of a sharing game: what contributing costs one agent, non-decreasing and convex.

One file per family; the union below is the one place that names them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator

from mdsolve.instance.common import is_function
from mdsolve.instance.costs.linear import LinearCostSpec
from mdsolve.instance.costs.piecewise_linear import PiecewiseLinearCostSpec
from mdsolve.instance.costs.power import PowerCostSpec
from mdsolve.instance.costs.quadratic import QuadraticCostSpec
from mdsolve.instance.numbers import NonNegativeNumber

CostSpec = Annotated[
    LinearCostSpec | QuadraticCostSpec | PowerCostSpec | PiecewiseLinearCostSpec,
    Field(discriminator="family"),
]


def _bare_rate(raw: Any) -> Any:
    """Read a bare number as a linear rate."""
    if isinstance(raw, int | float | Fraction | str) and not isinstance(raw, bool):
        return {"family": "linear", "rate": raw}
    if isinstance(raw, Mapping) and "family" not in raw and "rate" in raw:
        return {"family": "linear", **raw}
    return raw


def _or_function(raw: Any, family: ValidatorFunctionWrapHandler) -> Any:
    """Read a cost family; a Python object with value and gradient is taken as it is."""
    return raw if is_function(raw) else family(_bare_rate(raw))


CostField = Annotated[
    CostSpec, WrapValidator(_or_function, json_schema_input_type=NonNegativeNumber | CostSpec)
]
