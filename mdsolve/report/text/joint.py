"""Jointly learned models for reading: the model, both gradients, rounds, why no step size fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from mdsolve.report.numbers import number
from mdsolve.solution import Solution

SHOWN = 6
"""Most entries of a vector that are printed."""


def joint_view(answers: Mapping[str, Any]) -> RenderableType:
    """Return the model, the norms of both gradients, and what the rounds did, in sentences."""
    gradient = answers["gradient"]
    lines = []
    if answers.get("parameters") is not None:
        lines.append(f"Model: w = {vector(answers['parameters'])}.")
    norms = [f"{_norm(gradient['projected'])} in s (projected)"]
    if gradient["parameters"] is not None:
        norms.append(f"{_norm(gradient['parameters'])} in w")
    lines.append(f"Gradient norms: {', '.join(norms)}.")
    if "step_sizes" in answers:
        steps = answers["step_sizes"]
        lines.append(
            f"Step sizes: {number(steps['contributions'], 5)} for s, "
            f"{number(steps['parameters'], 5)} for w"
            + (
                f"; every round brings two paths together by the factor {answers['rate']:.6g}."
                if answers.get("rate") is not None
                else "; no rate is proved for them."
            )
        )
    for key, what in (("phase_one", "Phase 1, contributions"), ("phase_two", "Phase 2, the model")):
        if key in answers:
            phase = answers[key]
            bound = "no bound" if phase["bound"] is None else f"at most {phase['bound']:,} proved"
            rounds = f"{phase['rounds']:,} round{'' if phase['rounds'] == 1 else 's'}"
            lines.append(f"{what}: {rounds}, {bound}.")
    return Text("\n".join(lines) + "\n")


def no_step_view(solution: Solution) -> RenderableType:
    """Return the numbers that the checker found for the proof that no step size is admissible."""
    conditions = () if solution.certificate is None else solution.certificate.conditions
    named = {c.name: c.witness for c in conditions if c.verdict == "pass" and c.witness}
    found = named.get("no-admissible-step")
    if not found:
        return Text("")
    near = solution.answers["witness"]["near"]
    bounds = {key: number(value, 6) for key, value in found.items()}
    return Text(
        f"Proof: at s = {vector(near['contributions'])}, w = {vector(near['parameters'])} the "
        f"second derivatives give lambda <= {bounds['lambda_at_most']}, "
        f"P >= {bounds['P_at_least']} and P~ >= {bounds['P_model_at_least']}; "
        f"at s = capacity lambda~ <= {bounds['lambda_model_at_most']}.\n"
    )


def vector(values: Any) -> str:
    """Return the first entries of a vector.

    Examples
    --------
    >>> vector([0.5, 1.5]), vector(range(9))
    ('(0.5, 1.5)', '(0, 1, 2, 3, 4, 5, ...)')
    """
    entries = list(values)
    shown = ", ".join(number(entry, 6) for entry in entries[:SHOWN])
    return f"({shown}{', ...' if len(entries) > SHOWN else ''})"


def _norm(values: Any) -> str:
    return f"{float(np.linalg.norm(np.asarray(values, dtype=float))):.3g}"
