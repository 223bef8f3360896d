"""Options of mechanisms: declared once, parsed from files and from the command line alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from mdsolve.errors import Finding, UsageError
from mdsolve.instance.numbers import exact_number


@dataclass(frozen=True)
class Option:
    """One option of a mechanism.

    Parameters
    ----------
    name : str
        Key under ``mechanism:`` in a file and in ``--set KEY=VALUE``.
    default : Any
        Effective value when nothing is said.
    about : str
        One sentence for `mdsolve show`.
    choices : tuple of str
        Allowed words.
    number : bool
        Whether a number is allowed (beside the words). With neither, a list of words is read.
    numbers : bool
        Whether a list of numbers is allowed (beside the words), as text separated by commas.
    """

    name: str
    default: Any
    about: str
    choices: tuple[str, ...] = ()
    number: bool = False
    numbers: bool = False

    def parse(self, value: Any, where: str) -> Any | Finding:  # noqa: PLR0911
        """Return the value in its own type, or the finding that says why it is refused."""
        if self.numbers and not (isinstance(value, str) and value in self.choices):
            return self._list(value, where)
        if self.number and value not in self.choices:
            try:
                return float(exact_number(value))
            except ValueError:
                expected = " or ".join(["a number", *self.choices])
                return Finding(where, repr(value), expected)
        if self.choices:
            if value in self.choices:
                return value
            close = get_close_matches(str(value), self.choices, n=1)
            fix = f"did you mean {close[0]!r}?" if close else ""
            return Finding(where, repr(value), "one of " + ", ".join(self.choices), fix)
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
            return tuple(value)
        return Finding(where, repr(value), "a list of words, for example budget-balance, cap=2")

    def _list(self, value: Any, where: str) -> Any | Finding:
        """Return a list of numbers as a tuple; one number stands for a list of one."""
        parts = value.split(",") if isinstance(value, str) else value
        entries = parts if isinstance(parts, Sequence) else [parts]
        try:
            return tuple(float(exact_number(entry)) for entry in entries)
        except (TypeError, ValueError):
            expected = " or ".join(["numbers separated by commas", *self.choices])
            return Finding(where, repr(value)[:60], expected)


def effective_options(
    mechanism: str, declared: Sequence[Option], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return every option's effective value; raises `UsageError` with all findings at once."""
    known = {option.name: option for option in declared}
    values = {option.name: option.default for option in declared}
    findings = []
    for key, value in given.items():
        where = f"mechanism {mechanism}: option {key}"
        if key not in known:
            close = get_close_matches(key, known, n=1)
            fix = f"did you mean {close[0]!r}?" if close else ""
            expected = "one of " + ", ".join(known) if known else "no options"
            findings.append(Finding(where, "an unknown option", expected, fix))
            continue
        parsed = known[key].parse(value, where)
        if isinstance(parsed, Finding):
            findings.append(parsed)
        else:
            values[key] = parsed
    if findings:
        raise UsageError(findings)
    return values


def options_by_mechanism(
    given: Mapping[str, Any], declared: Mapping[str, Sequence[Option]]
) -> dict[str, dict[str, Any]]:
    """Return what is given for each of several mechanisms.

    ``beta`` goes to every mechanism that has such an option, ``budget-balanced.beta`` to that one.

    Raises
    ------
    UsageError
        For an option that none of them has.

    Examples
    --------
    >>> rules = {"welfare": [Option("beta", 0, ""), Option("p", 1, "")], "none": []}
    >>> options_by_mechanism({"beta": "1/3", "welfare.p": 0}, rules)
    {'welfare': {'beta': '1/3', 'p': 0}, 'none': {}}
    """
    found: dict[str, dict[str, Any]] = {name: {} for name in declared}
    findings = []
    for key, value in given.items():
        name, dot, rest = key.partition(".")
        one = bool(dot) and name in declared
        option = rest if one else key
        targets = [name] if one else list(declared)
        having = [t for t in targets if any(known.name == option for known in declared[t])]
        for target in having:
            found[target][option] = value
        if not having:
            expected = f"an option of {' or '.join(targets)}"
            findings.append(Finding(f"option {key}", "an unknown option", expected))
    if findings:
        raise UsageError(findings)
    return found


def describe_options(declared: Sequence[Option]) -> list[dict[str, Any]]:
    """Return options as plain data, for `mdsolve list` and `mdsolve show`."""
    return [
        {
            "name": option.name,
            "default": option.default,
            "choices": [
                *option.choices,
                *(["a number"] if option.number else []),
                *(["numbers"] if option.numbers else []),
            ],
            "about": option.about,
        }
        for option in declared
    ]
