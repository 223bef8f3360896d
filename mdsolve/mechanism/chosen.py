"""A mechanism with its options as an object, checked when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mdsolve.errors import UsageError
from mdsolve.mechanism.described import Mechanism
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import KINDS, mechanism_named


class Rule:
    """A mechanism by name with options; `mdsolve.solve` and others take one in place of a name.

    Parameters
    ----------
    name : str
        See `mdsolve list`.
    options : Any
        Of the mechanism, in its own types; `options` then holds all of them, defaults included.

    Raises
    ------
    UsageError
        For a name or an option that there is not, or a value that cannot be, all at once.

    Examples
    --------
    >>> rule = Rule("shapley", share=0.5)
    >>> rule, rule.options["index"], rule.promises["nash"]
    (Rule('shapley', share=0.5), 'shapley', 'always')
    """

    __slots__ = ("_effective", "_given", "_mechanism", "name")

    def __init__(self, name: str, **options: Any) -> None:
        homes = [kind for kind, (known, _) in KINDS.items() if name in known]
        self.name = name
        self._mechanism: Mechanism = mechanism_named(homes[0] if homes else "sharing", name)
        self._given = dict(options)
        self._effective = effective_options(name, self._mechanism.options, options)

    @property
    def kind(self) -> str:
        """Kind of instance it is for: market or sharing."""
        return self._mechanism.kind

    @property
    def given(self) -> Mapping[str, Any]:
        """Options as they were given."""
        return MappingProxyType(self._given)

    @property
    def options(self) -> Mapping[str, Any]:
        """Effective options, defaults included."""
        return MappingProxyType(self._effective)

    @property
    def title(self) -> str:
        """What it is called."""
        return self._mechanism.title

    @property
    def promises(self) -> Mapping[str, str]:
        """Condition -> when it is promised."""
        return MappingProxyType(dict(self._mechanism.promises))

    def describe(self) -> dict[str, Any]:
        """Return what `mdsolve show NAME --json` prints."""
        return self._mechanism.describe()

    def __eq__(self, other: object) -> bool:
        """Compare names and effective options."""
        if not isinstance(other, Rule):
            return NotImplemented
        return self.name == other.name and self._effective == other._effective

    def __hash__(self) -> int:
        """Return a hash of the name alone: options may be lists."""
        return hash(self.name)

    def __repr__(self) -> str:
        """Return the call that makes it."""
        words = [repr(self.name), *(f"{key}={value!r}" for key, value in self._given.items())]
        return f"Rule({', '.join(words)})"


def name_and_options(
    mechanism: Any, options: Mapping[str, Any] | None
) -> tuple[str | None, dict[str, Any]]:
    """Return a mechanism's name and what is given for it; `options` win over a rule's own.

    Parameters
    ----------
    mechanism : str, Rule or None

    Raises
    ------
    UsageError
        For something that is neither a name nor a rule.
    """
    given = dict(options or {})
    if isinstance(mechanism, Rule):
        return mechanism.name, {**mechanism.given, **given}
    if mechanism is not None and not isinstance(mechanism, str):
        expected = "a mechanism's name, or a Rule"
        raise UsageError.single("mechanism", type(mechanism).__name__, expected)
    return mechanism, given


def names_and_options(
    mechanisms: Any, options: Mapping[str, Any] | None
) -> tuple[list[str], dict[str, Any]]:
    """Return names of mechanisms, and options as ``NAME.KEY``; `options` win over rules' own.

    Parameters
    ----------
    mechanisms : str, Rule, or a sequence of them

    Examples
    --------
    >>> names_and_options([Rule("shapley", share=0.5), "none"], {"beta": 1})
    (['shapley', 'none'], {'shapley.share': 0.5, 'beta': 1})
    """
    given = [mechanisms] if isinstance(mechanisms, str | Rule) else list(mechanisms)
    names, found = [], {}
    for mechanism in given:
        name, own = name_and_options(mechanism, None)
        names.append(str(name))
        found.update({f"{name}.{key}": value for key, value in own.items()})
    return names, {**found, **(options or {})}
