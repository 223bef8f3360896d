"""Protocols of training runs: how contributions move while a model is learned, and who is paid.

One file per protocol; the union below is the one place that names them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator

from mdsolve.instance.findings import several
from mdsolve.instance.protocols.base import ProtocolSpec
from mdsolve.instance.protocols.fedavg import FedAvgSpec
from mdsolve.instance.protocols.fedavg_strategic import FedAvgStrategicSpec
from mdsolve.instance.protocols.fedbr import FedBRSpec
from mdsolve.instance.protocols.fedbr_bg import FedBRBGSpec
from mdsolve.instance.protocols.fedbr_shap import FedBRShapSpec
from mdsolve.instance.protocols.upbred import UPBReDSpec
from mdsolve.instance.protocols.upbred_two_phases import UPBReDTwoPhasesSpec

ProtocolUnion = (
    FedAvgSpec
    | FedAvgStrategicSpec
    | FedBRSpec
    | FedBRBGSpec
    | FedBRShapSpec
    | UPBReDSpec
    | UPBReDTwoPhasesSpec
)

SPECS: dict[str, type[ProtocolSpec]] = {
    get_args(spec.model_fields["name"].annotation)[0]: spec for spec in get_args(ProtocolUnion)
}
"""Schemas of the protocols by name."""

OPTIONS = {key for spec in SPECS.values() for key in spec.model_fields} - set(
    ProtocolSpec.model_fields
)
"""Keys that only some protocols have."""


def protocol_file(spec: type[ProtocolSpec]) -> str:
    """Return the name of the files that a protocol's schema, run and reading by the checker are in.

    Examples
    --------
    >>> protocol_file(SPECS["2p-upbred"])
    'upbred_two_phases'
    """
    return spec.__module__.rpartition(".")[2]


def _with_its_own_keys(raw: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Read a protocol, and refuse keys of other protocols; an option without a value says nothing.

    The others' keys are taken out first, so that one finding tells where they belong.
    """
    if not isinstance(raw, Mapping):
        return read(raw)
    given = {k: value for k, value in raw.items() if value is not None or k not in OPTIONS}
    name = given.get("name")
    own = SPECS.get(name) if isinstance(name, str) else None
    foreign = [k for k in given if own is not None and k in OPTIONS - set(own.model_fields)]
    spec = read({k: value for k, value in given.items() if k not in foreign})
    if foreign:
        homes = {
            k: [name for name, spec in SPECS.items() if k in spec.model_fields] for k in foreign
        }
        raise several(
            [((k,), f"with {name}", f"{k} with {', '.join(homes[k])} only", "") for k in foreign]
        )
    return spec


ProtocolField = Annotated[
    Annotated[ProtocolUnion, Field(discriminator="name")],
    WrapValidator(_with_its_own_keys, json_schema_input_type=ProtocolUnion),
]
