"""What all instances share: the strict base model, the common keys, the mechanism's defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, model_validator

from mdsolve.instance.arrays import ArrayFolder


class StrictModel(BaseModel):
    """A frozen record that refuses unknown keys and non-finite numbers."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        populate_by_name=True,
        regex_engine="python-re",
    )


class MechanismChoice(BaseModel):
    """Default mechanism of an instance; every further key is an option of it."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @property
    def options(self) -> dict[str, Any]:
        """Options given beside the name."""
        return dict(self.model_extra or {})


class Expected(StrictModel):
    """Known answers: each result names its mechanism and any keys of a solution."""

    source: str | None = None
    results: tuple[dict[str, Any], ...] = ()


class InstanceBase(StrictModel):
    """Keys common to every kind of instance."""

    format: Literal["mdsolve/1"] = "mdsolve/1"
    name: str | None = None
    title: str | None = None
    source: str | None = None
    mechanism: MechanismChoice | None = None
    expected: Expected | None = None
    _path: Path | None = PrivateAttr(default=None)
    _sha256: str | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _mechanism_by_name(cls, data: Any) -> Any:
        """Accept ``mechanism: NAME`` for ``mechanism: {name: NAME}``."""
        if isinstance(data, dict) and isinstance(data.get("mechanism"), str):
            return {**data, "mechanism": {"name": data["mechanism"]}}
        return data

    @property
    def path(self) -> Path | None:
        """File the instance was loaded from."""
        return self._path

    @property
    def sha256(self) -> str | None:
        """Digest of the file and its array files; None for instances made in Python."""
        return self._sha256

    @property
    def label(self) -> str:
        """Name to use in messages."""
        return str(self._path) if self._path else self.name or "instance"

    def located(self, path: Path, sha256: str) -> None:
        """Remember where the instance came from."""
        self._path = path
        self._sha256 = sha256


def folder_of(info: ValidationInfo) -> ArrayFolder:
    """Return the array folder of the validation under way."""
    context = info.context
    return context if isinstance(context, ArrayFolder) else ArrayFolder()


Name = Annotated[str, Field(min_length=1, max_length=200)]
