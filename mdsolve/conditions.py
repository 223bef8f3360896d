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
        What the tolerance is relative to, in the units of the violation: taken from the instance,
        never from the claim.
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
        `nash` only: every best response lies within this many samples of what is claimed.
    interval : pair of floats or None
        What is known of an undecided violation.
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

    @property
    def proved(self) -> bool:
        """Tell whether the verdict was reached in rigorous arithmetic."""
        return self.verdict != "not-checked" and self.arithmetic != "float"

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Condition:
        """Return the condition stored as plain data, ignoring unknown keys."""
        known = {key: data[key] for key in cls.__dataclass_fields__ if key in data}
        if isinstance(known.get("interval"), list | tuple):
            known["interval"] = tuple(float(end) for end in known["interval"])
        return cls(**known)


@dataclass(frozen=True)
class Certificate:
    """All conditions of a solution; the verdict speaks of the claimed ones only.

    Parameters
    ----------
    conditions : tuple of Condition
    claim_sha256 : str or None
        Hash of the claim that was checked, numbers as rationals.
    vouched, not_vouched : tuple of str
        Paths of the solution's keys that the conditions cover, and those that nobody looked at.
    remarks : tuple of str
        What a reader should know besides, for example that the solution names no instance.

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

    def __repr__(self) -> str:
        """Return one line: the verdict, and how many conditions have which."""
        verdicts = [condition.verdict for condition in self.conditions]
        counts = ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts))
        return f"<Certificate: {self.verdict}; {counts or 'no conditions'}>"

    def __bool__(self) -> bool:
        """Refuse: a failing certificate would otherwise be truthy."""
        message = "a Certificate has no truth value; ask for its verdict"
        raise TypeError(message)

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
        return {
            "verdict": self.verdict,
            "conditions": [condition.to_dict() for condition in self.conditions],
            "claim_sha256": self.claim_sha256,
            "vouched": list(self.vouched),
            "not_vouched": list(self.not_vouched),
            "remarks": list(self.remarks),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Certificate:
        """Return the certificate stored as plain data."""
        return cls(
            tuple(Condition.from_dict(entry) for entry in data.get("conditions", ())),
            data.get("claim_sha256"),
            *(tuple(data.get(key, ())) for key in ("vouched", "not_vouched", "remarks")),
        )
