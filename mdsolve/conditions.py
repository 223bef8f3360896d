"""Records of what was checked: one `Condition` per property, a `Certificate` for all of them.

These are plain data, so that solutions can store them and reports can show them without importing
the checker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["pass", "fail", "not-checked"]
ArithmeticName = Literal["float", "enclosure", "exact"]


@dataclass(frozen=True)
class Condition:
    """One checked property of a solution.

    Parameters
    ----------
    name : str
        Name from the closed list of the interface, for example ``incentive-compatibility``.
    claimed : bool
        Whether the mechanism promises it; unclaimed ones are information.
    verdict : {"pass", "fail", "not-checked"}
        ``not-checked`` always comes with the reason in `detail`.
    violation : float or None
        Worst violation found, in the units of the condition; at most 0 when every inequality holds.
    scale : float or None
        Largest absolute quantity that entered; the tolerance is relative to ``max(1, scale)``.
    tolerance : float or None
        Absolute violation that would still have passed.
    arithmetic : {"float", "enclosure", "exact"}
        How the verdict was reached.
    scope : str
        What was covered, for example "all 400 profiles, all 3,800 lower reports".
    detail : str
        One sentence: what the verdict means or why nothing was checked.
    witness : mapping or None
        Where the worst violation is: agent, profile, deviation and both utilities.
    delta : float or None
        Of ``nash``: every best response lies within this distance, in samples.
    interval : (float, float) or None
        Bounds on the violation that leave it undecided; None where it was decided.
    """

    name: str
    claimed: bool
    verdict: Verdict
    violation: float | None = None
    scale: float | None = None
    tolerance: float | None = None
    arithmetic: ArithmeticName = "float"
    scope: str = ""
    detail: str = ""
    witness: Mapping[str, Any] | None = None
    delta: float | None = None
    interval: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Condition:
        """Return the condition stored as plain data, ignoring unknown keys."""
        known = {key: data[key] for key in cls.__dataclass_fields__ if key in data}
        return cls(**known)


@dataclass(frozen=True)
class Certificate:
    """All conditions of a solution; the verdict speaks of the claimed ones only.

    Parameters
    ----------
    conditions : tuple of Condition
        In the order in which they were checked.
    claim_sha256 : str or None
        Digest of the claim that was checked.
    vouched, not_vouched : tuple of str
        Paths of the claim, such as ``metrics.welfare``, that were compared or recomputed, and
        those that were not looked at.
    remarks : tuple of str
        What a reader must know besides, a sentence each.

    Examples
    --------
    >>> passed = Condition("efficiency", claimed=True, verdict="pass")
    >>> failed = Condition("incentive-compatibility", claimed=False, verdict="fail")
    >>> Certificate((passed, failed)).verdict
    'pass'
    """

    conditions: tuple[Condition, ...]
    claim_sha256: str | None = None
    vouched: tuple[str, ...] = ()
    not_vouched: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """``fail`` if a claimed condition fails, ``not-checked`` if one is open, else ``pass``."""
        verdicts = {condition.verdict for condition in self.conditions if condition.claimed}
        if "fail" in verdicts:
            return "fail"
        if "not-checked" in verdicts or not verdicts:
            return "not-checked"
        return "pass"

    def condition(self, name: str) -> Condition:
        """Return the condition of that name; raises `KeyError` if it was not looked at."""
        for condition in self.conditions:
            if condition.name == name:
                return condition
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate as plain data, as `mdsolve verify --json` prints it."""
        listed = [condition.to_dict() for condition in self.conditions]
        return {"verdict": self.verdict, "conditions": listed}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Certificate:
        """Return the certificate stored as plain data."""
        return cls(tuple(Condition.from_dict(entry) for entry in data.get("conditions", ())))
