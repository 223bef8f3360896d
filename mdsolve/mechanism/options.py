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
    by_agent : bool
        Whether a number may be given per agent: a mapping by name, or ``NAME.AGENT=VALUE``; the
        empty name then stands for everybody else.
    least, most : float or None
        Ends of what a number may be.
    """

    name: str
    default: Any
    about: str
    choices: tuple[str, ...] = ()
    number: bool = False
    numbers: bool = False
    by_agent: bool = False
    least: float | None = None
    most: float | None = None

    def parse(self, value: Any, where: str) -> Any | Finding:  # noqa: PLR0911
        """Return the value in its own type, or the finding that says why it is refused."""
        if self.numbers and not (isinstance(value, str) and value in self.choices):
            return self._list(value, where)
        if self.by_agent and isinstance(value, Mapping):
            return self._by_agent(value, where)
        if self.number and value not in self.choices:
            return self._number(value, where)
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

    def _number(self, value: Any, where: str) -> float | Finding:
        """Return a number within the ends that are allowed."""
        try:
            number = float(exact_number(value))
        except (TypeError, ValueError):
            return Finding(where, repr(value), " or ".join(["a number", *self.choices]))
        if self.least is not None and number < self.least:
            return Finding(where, f"{number:g}", f"at least {self.least:g}")
        if self.most is not None and number > self.most:
            return Finding(where, f"{number:g}", f"at most {self.most:g}")
        return number

    def _by_agent(self, value: Mapping[Any, Any], where: str) -> dict[str, float] | Finding:
        """Return numbers by agent, or the first that is none."""
        found: dict[str, float] = {}
        for agent, entry in value.items():
            number = self._number(entry, f"{where}.{agent}" if agent else where)
            if isinstance(number, Finding):
                return number
            found[str(agent)] = number
        return found

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
    for key, value in gathered(given, known).items():
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


def gathered(given: Mapping[str, Any], known: Mapping[str, Option]) -> dict[str, Any]:
    """Return options under their own names: hyphens as underscores, ``NAME.AGENT`` in a mapping.

    Examples
    --------
    >>> limit = Option("payment_limit", None, "", number=True, by_agent=True)
    >>> gathered({"payment-limit": 3, "payment-limit.st. anna": 1}, {"payment_limit": limit})
    {'payment_limit': {'': 3, 'st. anna': 1}}
    """
    found: dict[str, Any] = {}
    for key, value in given.items():
        base, dot, agent = key.partition(".")
        name = base.replace("-", "_")
        if name not in known or (dot and not known[name].by_agent):
            found[key] = value
            continue
        if not dot and name not in found:
            found[name] = value
            continue
        entries = found.get(name, {})
        entries = dict(entries) if isinstance(entries, Mapping) else {"": entries}
        more = value if isinstance(value, Mapping) and not dot else {agent: value}
        found[name] = {**entries, **more}
    return found


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
