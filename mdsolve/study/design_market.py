"""Designing payments for a market: goals and requirements become options of a mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from mdsolve.errors import Finding, UsageError
from mdsolve.game.side_constraints import AMOUNTS, SWITCHES
from mdsolve.instance.market import MarketInstance
from mdsolve.study.problem import Problem, problem_of

MECHANISM = "desirable"

GOALS = ("revenue", "fairness", "spread", "least-subsidy", "smallest-cap")
"""What may be made as good as possible."""

BALANCES = {"profile": "budget-balance", "none": "deficit-allowed"}
"""What ``balanced`` may be, and the side constraint that says the same; ``weak`` is the default."""

BALANCED = "balanced"

YES = ("yes", "true", True)


def market_problem(
    instance: MarketInstance,
    maximize: str | None,
    require: Mapping[str, Any] | None,
    trade_off: Mapping[str, Any] | None,
) -> Problem[Any, Any]:
    """Return the problem that a goal and requirements make; what is said wins over the instance's.

    Raises
    ------
    UsageError
        With every finding: goals and requirements that are none of a market.
    """
    written = instance.design
    stored = {} if written is None else dict(written.require)
    goal = maximize if maximize is not None else (None if written is None else written.maximize)
    asked = _flat(stored) | _flat(require or {})
    findings: list[Finding] = []
    if goal is not None and goal not in GOALS:
        findings.append(_unknown("--maximize", goal, GOALS))
    if trade_off or (trade_off is None and written is not None and written.trade_off):
        got = "a trade-off on a market"
        findings.append(Finding("--trade-off", got, "none: trade-offs are for sharing games"))
    words = [word for name, value in asked.items() for word in _word(name, value, findings)]
    if findings:
        raise UsageError(findings)
    return problem_of(instance, MECHANISM, {"side": words, "objective": goal or "revenue"})


def _flat(require: Mapping[str, Any]) -> dict[str, Any]:
    """Return requirements by name, one agent's as ``cap.NAME``; hyphens and underscores agree.

    Examples
    --------
    >>> _flat({"revenue_floor": 1, "cap": {"big": 2}})
    {'revenue-floor': 1, 'cap.big': 2}
    """
    found: dict[str, Any] = {}
    for key, value in require.items():
        base, dot, agent = str(key).partition(".")
        name = base.replace("_", "-")
        if isinstance(value, Mapping):
            found |= {f"{name}.{one}" if one else name: amount for one, amount in value.items()}
        else:
            found[name + dot + agent] = value
    return found


def _word(name: str, value: Any, findings: list[Finding]) -> list[str]:
    """Return a requirement as side constraints; a problem becomes a finding."""
    where, base = f"--require {name}", name.partition(".")[0]
    if base == BALANCED:
        if value == "weak":
            return []
        if value not in BALANCES:
            findings.append(_unknown(where, value, ("weak", *BALANCES)))
            return []
        return [BALANCES[value]]
    if base in SWITCHES:
        if value not in YES:
            findings.append(Finding(where, repr(value)[:60], "yes, or nothing"))
        return [name]
    if base in AMOUNTS:
        return [f"{name}={value}"]
    known = (BALANCED, *SWITCHES, *AMOUNTS)
    findings.append(_unknown(where, name, known))
    return []


def _unknown(where: str, got: Any, known: tuple[str, ...]) -> Finding:
    close = get_close_matches(str(got), known, n=1)
    fix = f"did you mean {close[0]!r}?" if close else ""
    return Finding(where, repr(got)[:60], f"for a market one of {', '.join(known)}", fix)
