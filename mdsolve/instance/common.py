"""What all instances share: the strict base model, the common keys, the mechanism's defaults."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeGuard, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SkipValidation,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.json_schema import SkipJsonSchema

from mdsolve.errors import InstanceError
from mdsolve.instance.arrays import ArrayFolder
from mdsolve.instance.findings import Problem, expectation, findings_of, several, shown
from mdsolve.instance.frames import without_frames
from mdsolve.instance.numbers import NonNegativeNumber, bad_value

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)


def is_label(text: str) -> bool:
    """Tell whether a name fits on one line of a terminal: no control characters."""
    return not any(unicodedata.category(character) == "Cc" for character in text)


def _label(text: str) -> str:
    if not is_label(text):
        raise bad_value("a name without control characters")
    return text


Label = Annotated[str, AfterValidator(_label)]
Name = Annotated[Label, Field(min_length=1, max_length=200)]


def is_function(raw: Any) -> TypeGuard[Any]:
    """Tell whether something is a Python object with value and gradient, to be used as it is."""
    return all(callable(getattr(raw, name, None)) for name in ("value", "gradient"))


def family_file(spec: Any) -> str:
    """Return the name of the files that a family's schema, function and reading are in.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> family_file(SimpleNamespace(family="threshold-power"))
    'threshold_power'
    """
    return "python_object" if is_function(spec) else str(spec.family).replace("-", "_")


def _function(raw: Any) -> Any:
    if not is_function(raw):
        raise bad_value("an object with value and gradient")
    return raw


FunctionField = SkipJsonSchema[Annotated[Any, SkipValidation, BeforeValidator(_function)]]
"""A Python object with value and gradient; files cannot hold one."""


class StrictModel(BaseModel):
    """A frozen record that refuses unknown keys and non-finite numbers."""

    elsewhere: ClassVar[frozenset[str]] = frozenset()
    """Keys that say where data are, not what they are."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        populate_by_name=True,
        regex_engine="python-re",
        defer_build=True,
    )

    def says_more(self, key: str) -> bool:
        """Tell whether a default that is written down means something else than one that is not."""
        del key
        return False


class MechanismChoice(BaseModel):
    """Default mechanism of an instance; every further key is an option of it."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @property
    def options(self) -> dict[str, Any]:
        """Options given beside the name."""
        return dict(self.model_extra or {})


def _by_name(raw: Any) -> Any:
    """Read ``mechanism: NAME`` as ``mechanism: {name: NAME}``."""
    return {"name": raw} if isinstance(raw, str) else raw


MechanismField = Annotated[
    MechanismChoice, BeforeValidator(_by_name, json_schema_input_type=str | MechanismChoice)
]


class KnownAnswer(BaseModel):
    """The keys of a known answer that are no answers themselves."""

    model_config = ConfigDict(extra="allow")
    mechanism: str | None = None
    options: dict[str, Any] | None = None
    tolerance: NonNegativeNumber | None = None


class Expected(StrictModel):
    """Known answers: each result names its mechanism and any keys of a solution."""

    source: str | None = None
    results: tuple[dict[str, Any], ...] = ()

    @field_validator("results")
    @classmethod
    def _usable(cls, results: tuple[dict[str, Any], ...]) -> Any:
        problems: list[Problem] = []
        for number, result in enumerate(results):
            try:
                KnownAnswer.model_validate(result)
            except ValidationError as error:
                for details in error.errors(include_url=False):
                    place = (number, *details["loc"])
                    problems.append((place, shown(details["input"]), expectation(details), ""))
        if problems:
            raise several(problems)
        return results


Unit = Annotated[Label, Field(min_length=1, max_length=30)]


class UnitsSpec(StrictModel):
    """What money, data and accuracy are counted in: shown beside numbers, and changes none."""

    money: Unit | None = None
    data: Unit | None = None
    accuracy: Unit | None = None


class _Reporting(ModelMetaclass):
    """Makes a class whose constructor reports what is wrong as `load` and `parse` do."""

    def __call__(cls, **data: Any) -> Any:  # noqa: N805 - of a class
        """Return the instance; raises `InstanceError` with one finding per problem."""
        try:
            data = {key: without_frames(entry, key) for key, entry in data.items()}
            return super().__call__(**data)
        except ValidationError as error:
            raise InstanceError(
                *findings_of(error, cast("type[BaseModel]", cls), data, "instance")
            ) from None


class InstanceBase(StrictModel, metaclass=_Reporting):
    """Keys common to every kind of instance."""

    format: Literal["mdsolve/1"] = "mdsolve/1"
    name: Label | None = None
    title: str | None = None
    source: str | None = None
    mechanism: MechanismField | None = None
    expected: Expected | None = None
    units: UnitsSpec | None = None
    _path: Path | None = PrivateAttr(default=None)
    _sha256: str | None = PrivateAttr(default=None)

    def __repr__(self) -> str:
        """Return one line: the name, the kind, and how big it is."""
        words = import_module("mdsolve.instance.summary").summary(self)
        called = f" {self.name!r}" if self.name else ""
        return f"<{type(self).__name__}{called}, {words}>"

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

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some keys changed, validated like a file.

        Raises
        ------
        InstanceError
            With one finding per problem of the changed instance.
        """
        copied = super().model_copy(deep=deep)
        if not update:
            return copied
        kept = {key: getattr(copied, key) for key in copied.model_fields_set}
        changed: Self = type(self)(**(kept | dict(update)))
        if self._path is not None and self._sha256 is not None:
            changed.located(self._path, self._sha256)
        return changed

    def replace(self, *changes: str | Mapping[str, Any], **fields: Any) -> Self:
        """Return the instance with changes, validated like a file.

        Parameters
        ----------
        changes : str or mapping
            As on the command line, ``"cost*=1.2"`` or ``"remove agents.county"``, or values by
            path, ``{"agents.city.cost": "1/5"}``. They are made one after the other.
        fields : Any
            Values by path, for paths without dots.

        Raises
        ------
        UsageError
            For paths that lead nowhere.
        InstanceError
            With one finding per problem of the changed instance.

        Examples
        --------
        >>> from mdsolve.instance import parse
        >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.2}]
        >>> game = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
        >>> cheaper = game.replace("cost*=1/2", {"agents.B.capacity": 30}, platform_data=5)
        >>> [str(agent.cost.rate) for agent in cheaper.agents], cheaper.agents[1].capacity
        (['1/20', '1/10'], Fraction(30, 1))
        """
        module = import_module("mdsolve.instance.changes")  # which knows every kind of instance
        listed = []
        for change in (*changes, fields):
            if isinstance(change, str):
                listed.append(module.parse_change(change))
            else:
                listed += [module.Change(path, "=", value) for path, value in change.items()]
        return cast("Self", module.changed(self, listed))

    def derived_from(self, other: InstanceBase) -> None:
        """Go by another instance's file in messages, without being what that file holds."""
        self._path = other.path

    def located(self, path: Path, sha256: str) -> None:
        """Remember where the instance came from."""
        self._path = path
        self._sha256 = sha256


def folder_of(info: ValidationInfo) -> ArrayFolder:
    """Return the array folder of the validation under way."""
    context = info.context
    return context if isinstance(context, ArrayFolder) else ArrayFolder()
