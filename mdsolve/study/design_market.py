"""Designing payments for a market: goals and requirements become options of a mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from mdsolve.errors import Finding, UsageError
from mdsolve.game.side_constraints import AMOUNTS, SWITCHES
from mdsolve.instance.market import MarketInstance
from mdsolve.study.market_trade_off import walked_market
from mdsolve.study.problem import Problem, problem_of

MECHANISM = "desirable"

SECOND_BEST = "second-best"

GOALS = {
    "revenue": "revenue",
    "expected-revenue": "revenue",
    "fairness": "fairness",
    "spread": "spread",
    "least-subsidy": "least-subsidy",
    "smallest-cap": "smallest-cap",
}
"""Goal -> objective of `desirable`. The highest payments have the most revenue by any prior."""

WELFARE = "expected-welfare"

OUTCOMES = "outcomes"
"""The one requirement under which lotteries are designed: lottery or single."""

BALANCES = {
    "weak": [],
    "profile": ["budget-balance"],
    "expected": ["expected-balance"],
    "none": ["deficit-allowed"],
}
"""What ``balanced`` may be, and the side constraints that say the same; ``weak`` is the default."""

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
    if goal is not None and goal not in (*GOALS, WELFARE):
        findings.append(_unknown("--maximize", goal, (*GOALS, WELFARE)))
    ranges = trade_off if trade_off is not None else ({} if written is None else written.trade_off)
    if goal == WELFARE and ranges:
        got = f"a trade-off with the goal {WELFARE}"
        findings.append(Finding("--trade-off", got, f"one of the goals {', '.join(GOALS)}"))
    if goal == WELFARE:
        return _second_best(instance, asked, findings)
    words = [word for name, value in asked.items() for word in _word(name, value, findings)]
    if findings:
        raise UsageError(findings)
    objective = GOALS[goal or "revenue"]
    problem = problem_of(instance, MECHANISM, {"side": words, "objective": objective})
    return walked_market(problem, ranges) if ranges else problem


def _second_best(
    instance: MarketInstance, asked: Mapping[str, Any], findings: list[Finding]
) -> Problem[Any, Any]:
    """Return the problem of the largest expected welfare."""
    for name in asked:
        if name != OUTCOMES:
            expected = f"nothing but {OUTCOMES} with the goal {WELFARE}"
            fix = "name another goal with --maximize, for example revenue"
            findings.append(Finding(f"--require {name}", repr(name)[:60], expected, fix))
    if findings:
        raise UsageError(findings)
    return problem_of(instance, SECOND_BEST, dict(asked))


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
    if base in AMOUNTS:
        return [f"{name}={value}"]
    if base == BALANCED and value in BALANCES:
        return BALANCES[value]
    if base == BALANCED:
        findings.append(_unknown(where, value, tuple(BALANCES)))
    elif base in SWITCHES and value in YES:
        return [name]
    elif base in SWITCHES:
        findings.append(Finding(where, repr(value)[:60], "yes, or nothing"))
    elif base == OUTCOMES:
        findings.append(Finding(where, "without lots", f"the goal {WELFARE}"))
    else:
        findings.append(_unknown(where, name, (BALANCED, *SWITCHES, *AMOUNTS)))
    return []


def _unknown(where: str, got: Any, known: tuple[str, ...]) -> Finding:
    close = get_close_matches(str(got), known, n=1)
    fix = f"did you mean {close[0]!r}?" if close else ""
    return Finding(where, repr(got)[:60], f"for a market one of {', '.join(known)}", fix)
