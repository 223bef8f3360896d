"""Solutions and certificates whose names and sentences are legible, whoever wrote them."""

from __future__ import annotations

from dataclasses import replace

from mdsolve.conditions import Certificate, Condition
from mdsolve.report.legible import legible, legible_data
from mdsolve.solution import Solution


def legible_certificate(certificate: Certificate) -> Certificate:
    """Return a certificate with legible texts."""
    return replace(
        certificate,
        conditions=tuple(map(_condition, certificate.conditions)),
        vouched=tuple(map(legible, certificate.vouched)),
        not_vouched=tuple(map(legible, certificate.not_vouched)),
        remarks=tuple(map(legible, certificate.remarks)),
    )


def _condition(condition: Condition) -> Condition:
    return replace(
        condition,
        name=legible(condition.name),
        scope=legible(condition.scope),
        detail=legible(condition.detail),
        witness=legible_data(condition.witness),
    )


def legible_solution(solution: Solution) -> Solution:
    """Return a solution for showing: the same numbers, every name and sentence legible."""
    certificate = solution.certificate
    return replace(
        solution,
        instance=replace(solution.instance, name=legible_data(solution.instance.name)),
        mechanism=replace(
            solution.mechanism,
            name=legible(solution.mechanism.name),
            options=legible_data(solution.mechanism.options),
        ),
        message=legible(solution.message),
        agents=tuple(map(legible, solution.agents)),
        answers=legible_data(solution.answers),
        provenance=replace(solution.provenance, solver=legible(solution.provenance.solver)),
        certificate=None if certificate is None else legible_certificate(certificate),
    )
