"""The checker: from an instance and somebody's solution to a certificate.

The instance is read anew, number by number as written; of the solution only what it claims is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from mdsolve.certificate.arguments import accepted_tolerance
from mdsolve.certificate.dispatch import Check, Request
from mdsolve.certificate.registry import known
from mdsolve.conditions import Certificate
from mdsolve.errors import Finding, UsageError
from mdsolve.instance.load import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor


def check_of(
    instance: Instance, data: Mapping[str, Any], request: Request, monitor: Monitor | None = None
) -> Check:
    """Return the check of a solution against an instance of any kind.

    Raises
    ------
    UsageError
        For a tolerance that is no number, and for unknown conditions, all at once.
    SolutionFileError
        For what cannot be read as a solution of this instance.
    """
    accepted_tolerance(request.tolerance)
    _known_conditions(instance, request)
    watch = monitor or Monitor()
    if isinstance(instance, SharingInstance):
        from mdsolve.certificate.sharing_check import SharingCheck

        return SharingCheck(instance, data, request, watch)
    if request.limits:
        expected = "limits for the agents of a sharing game"
        fix = "in markets a cap is a side constraint"
        raise UsageError.single("limit", f"for a {instance.kind}", expected, fix)
    if isinstance(instance, MarketInstance):
        from mdsolve.certificate.market_check import MarketCheck

        return MarketCheck(instance, data, request, watch)
    from mdsolve.certificate.training_check import TrainingCheck

    return TrainingCheck(instance, data, request, watch)


def certificate(
    instance: Instance, data: Mapping[str, Any], request: Request, monitor: Monitor | None = None
) -> Certificate:
    """Return what holds of a solution."""
    return check_of(instance, data, request, monitor).certificate()


def _known_conditions(instance: Instance, request: Request) -> None:
    names = known(instance.kind)
    findings = []
    for name in request.conditions:
        if name not in names:
            close = get_close_matches(name, names, n=1)
            fix = f"did you mean {close[0]!r}?" if close else ""
            findings.append(Finding("condition", repr(name), "one of " + ", ".join(names), fix))
    if findings:
        raise UsageError(findings)
