"""Designing a menu of contracts: what `design` does where only the agents know their costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdsolve.context import Context
from mdsolve.errors import Finding, UsageError
from mdsolve.instance.sharing import SharingInstance
from mdsolve.solution import Solution
from mdsolve.study.problem import problem_of
from mdsolve.study.solve import solved

MECHANISM = "menu"
GOAL = "data"

ANYWAY = {
    "alone": "under every menu everybody is at least as well off as alone; there are no margins",
    "payment_limit": "nobody pays under a menu",
    "reciprocity": "contracts are the same for everybody, whatever their Shapley share",
    "contributions": "everybody chooses a contract; which one depends on their cost",
    "form": "a menu has no payments whose form could be chosen",
    "dominant": "choosing the own contract is best already for every cost",
}
"""Requirements of payment rules that a menu has no room for, with the reason."""


def menu_designed(
    instance: SharingInstance,
    maximize: str | None,
    require: Mapping[str, Any] | None,
    trade_off: Mapping[str, Any] | None,
    context: Context,
) -> Solution:
    """Return the menu that collects the most expected data.

    Raises
    ------
    UsageError
        With every finding: another goal, requirements, trade-offs.
    """
    written = instance.design
    stored: Mapping[str, Any] = {} if written is None else written.require
    goal = maximize if maximize is not None else (None if written is None else written.maximize)
    ranges = trade_off if trade_off is not None else ({} if written is None else written.trade_off)
    findings = []
    if goal is not None and goal != GOAL:
        fix = "leave --maximize out; for other goals give costs, not priors"
        findings.append(Finding("--maximize", repr(goal)[:60], f"{GOAL}: costs are private", fix))
    findings += [_refused(str(name)) for name in {**stored, **(require or {})}]
    for name in ranges:
        fix = "vary the instance: mdsolve solve FILE for each value"
        findings.append(Finding(f"--trade-off {name}", "a menu", "known costs", fix))
    if findings:
        raise UsageError(findings)
    return solved(problem_of(instance, MECHANISM, {"maximize": GOAL}), context)


def _refused(name: str) -> Finding:
    base = name.partition(".")[0].replace("-", "_")
    reason = ANYWAY.get(base, "a menu collects the most data that it can")
    return Finding(f"--require {name}", "a requirement", f"none where costs are private: {reason}")
