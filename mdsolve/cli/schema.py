"""`mdsolve schema`: the JSON Schema of instance files."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mdsolve.cli.common import print_json


class Kind(StrEnum):
    """Kinds of instances."""

    MARKET = "market"
    SHARING = "sharing"
    TRAINING = "training"


def schema(
    kind: Annotated[Kind | None, typer.Argument(help="One kind only.")] = None,
) -> None:
    """Print the JSON Schema of instance files, for editors and tools."""
    from mdsolve.instance.json_schema import json_schema

    print_json(json_schema(kind.value if kind else None))
