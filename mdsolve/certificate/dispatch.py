"""How a check runs, whatever the kind of instance: which conditions, in which number system.

Every condition is decided in the first number system that decides it: exact fractions where they
are few enough, intervals, balls. Floats are used where somebody asks for them, or where nothing
rigorous has a route or a reading, and the condition says so. Each condition is decided once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from mdsolve.certificate.closing import concluded
from mdsolve.certificate.context import Context, Figure, NoRouteError
from mdsolve.certificate.numbers import (
    BALLS,
    EXACT,
    FLOAT,
    INTERVALS,
    Arithmetic,
)
from mdsolve.certificate.rationals import IrrationalError
from mdsolve.certificate.reading.unread import UnreadError
from mdsolve.certificate.registry import Kind, Registered, registered
from mdsolve.conditions import Certificate, Condition
from mdsolve.instance.load import Instance
from mdsolve.progress import Monitor
from mdsolve.tolerance import DEFAULT

ArithmeticChoice = Literal["auto", "float", "enclosure", "exact"]


@dataclass(frozen=True)
class Request:
    """How a solution is to be checked.

    Parameters
    ----------
    arithmetic : {"auto", "float", "enclosure", "exact"}
        Number system; auto is exact where that is possible and small, else enclosures.
    tolerance : float
        Accepted violation relative to the instance's scale.
    conditions : sequence of str
        What the verdict speaks of besides what the solution claims.
    mechanism : str or None
        Judge the solution as this rule, whatever it says.
    limits : mapping of str to number
        Most that agents may be asked to pay, by name; the empty name is everybody.
    any_instance : bool
        Accept a solution whose file hash is another file's.
    folder : Path or None
        Where array files named in the solution lie.
    label : str
        What the solution is called in messages.
    """

    arithmetic: ArithmeticChoice = "auto"
    tolerance: float = DEFAULT.verify
    conditions: Sequence[str] = ()
    mechanism: str | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)
    any_instance: bool = False
    folder: Path | None = None
    label: str = "solution"


class Check(ABC):
    """One check of one solution: contexts per number system, made when they are needed.

    Parameters
    ----------
    data : mapping
        The solution, as its file would hold it.
    """

    kind: ClassVar[Kind]

    def __init__(
        self,
        instance: Any,
        data: Mapping[str, Any],
        request: Request,
        monitor: Monitor,
    ) -> None:
        self.instance, self.request, self.monitor = instance, request, monitor
        self.data: dict[str, Any] = dict(data)
        self._contexts: dict[str, Any] = {}
        self._decided: dict[str, Condition] = {}
        self._covered: dict[str, set[str]] = {}
        self._figures: dict[Figure, Condition] = {}

    @property
    @abstractmethod
    def rule_name(self) -> str | None:
        """Name of the rule whose own versions of conditions count."""

    @property
    @abstractmethod
    def claimed(self) -> tuple[str, ...]:
        """What the verdict speaks of, besides what was asked for."""

    @property
    @abstractmethod
    def looked_at(self) -> tuple[str, ...]:
        """What is looked at besides."""

    @abstractmethod
    def made(self, arithmetic: Arithmetic) -> Context:
        """Return the claim in a number system.

        Raises
        ------
        UnreadError, IrrationalError
            Where the instance cannot be read in it.
        """

    @abstractmethod
    def small_enough(self, arithmetic: Arithmetic, condition: Registered) -> bool:
        """Tell whether a slow number system may be tried unasked."""

    @property
    def promised(self) -> tuple[str, ...]:
        """Every condition that the verdict speaks of."""
        return tuple(dict.fromkeys([*self.claimed, *self.request.conditions]))

    def regret(self) -> float | None:
        """Return the proved bound on what anybody gains by deviating, None where there is none."""
        return None

    def state(self, key: str, value: Any) -> None:
        """Let the solution say something else under a key, before what is stated is compared."""
        self.data[key] = value
        self._decided.pop(key, None)
        self._figures.clear()

    def certificate(self) -> Certificate:
        """Return what holds, what does not, and which keys of the solution that covers."""
        wanted = list(dict.fromkeys([*self.promised, *self.looked_at]))
        found = []
        for number, name in enumerate(wanted):
            self.monitor.advance("checking", number, len(wanted))
            found.append(self.condition(name))
        return concluded(
            self.instance,
            self.data,
            found,
            self._covered,
            any_instance=self.request.any_instance,
            folder=self.request.folder,
        )

    def condition(self, name: str) -> Condition:
        """Return one condition, decided in the first number system that can."""
        if name not in self._decided:
            self._decided[name] = self._decide(name)
        return self._decided[name]

    def _decide(self, name: str) -> Condition:
        entry = registered(self.kind, name, self.rule_name)
        if entry is None:
            claimed = name in self.promised
            reason = f"not a condition of a {self.kind} instance"
            return Condition(name, claimed, "not-checked", detail=reason)
        best: Condition | None = None
        for arithmetic in self._ladder(entry):
            found = self._tried(entry, arithmetic)
            if found.verdict != "not-checked":
                return found
            if best is None or best.interval is None:
                best = found
        assert best is not None
        return best

    def _ladder(self, entry: Registered) -> Iterator[Arithmetic]:
        asked, known = self.request.arithmetic, entry.arithmetics
        if asked == "float" or known == ("float",):
            yield FLOAT
        elif asked == "exact":
            yield EXACT
        else:
            if asked == "auto" and "exact" in known and self.small_enough(EXACT, entry):
                yield EXACT
            if "enclosure" in known:
                yield INTERVALS
                if self.small_enough(BALLS, entry):
                    yield BALLS
            if asked == "auto" and not self._rigorously_read:
                yield FLOAT

    @property
    def _rigorously_read(self) -> bool:
        """Whether the instance can be read in intervals."""
        try:
            self.context(INTERVALS)
        except UnreadError:
            return False
        return True

    def context(self, arithmetic: Arithmetic) -> Any:
        """Return the claim in a number system, made once.

        Raises
        ------
        UnreadError
            Where the instance cannot be read in it.
        """
        key = type(arithmetic).__name__
        if key not in self._contexts:
            try:
                self._contexts[key] = replace(self.made(arithmetic), proved=self._figures)
            except (UnreadError, IrrationalError) as error:
                self._contexts[key] = str(error)
        found = self._contexts[key]
        if isinstance(found, str):
            raise UnreadError(found)
        return found

    def _tried(self, entry: Registered, arithmetic: Arithmetic) -> Condition:
        try:
            with arithmetic.context():
                context = self.context(arithmetic)
                found: Condition = entry.decide(context)
        except (NoRouteError, IrrationalError, UnreadError, ZeroDivisionError) as error:
            return Condition(
                entry.name,
                entry.name in self.promised,
                "not-checked",
                arithmetic=arithmetic.name,
                detail=reason_of(error),
            )
        self._covered.setdefault(entry.name, set()).update(context.covered[entry.name])
        return replace(found, claimed=entry.name in self.promised)


def reason_of(error: Exception) -> str:
    """Return why a condition was not decided, in words."""
    if isinstance(error, IrrationalError):
        return f"exact arithmetic cannot hold {error}; use --arithmetic enclosure"
    if isinstance(error, UnreadError):
        return f"no reading of {error} in this number system"
    if isinstance(error, ZeroDivisionError):
        return "a division by zero: the formula is not defined here"
    return str(error)


Make = Callable[[Instance, Mapping[str, Any], Request, Monitor], Check]
"""From an instance and a solution to its check."""
