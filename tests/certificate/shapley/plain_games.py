"""Games of a few agents, and Shapley shares straight from the definition: no part of mdsolve."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

Worth = Callable[[Sequence[Any]], Any]
"""What contributions are worth to everybody together."""

TWO = {
    "kind": "sharing",
    "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}],
    "accuracy": {"family": "power"},
}
EXAMPLE_4 = [2.9983929801, 1.1690481371]
"""[M25] Example 4: the equilibrium of these two under Shapley payments."""

STEP = 1e-6


def sharing(accuracy: dict[str, Any], agents: Sequence[dict[str, Any]], **more: Any) -> Any:
    """Return an instance's data."""
    named = [{"name": f"agent-{k}", **agent} for k, agent in enumerate(agents)]
    return {"kind": "sharing", "agents": named, "accuracy": accuracy, **more}


def check(data: Any, claim: dict[str, Any], name: str, **how: Any) -> Condition:
    """Return one condition of a claim."""
    return check_of(md.parse(data), claim, Request(**how)).condition(name)


def context(data: Any, claim: dict[str, Any], arithmetic: Arithmetic) -> SharingContext:
    """Return a claim in a number system."""
    found: SharingContext = check_of(md.parse(data), claim, Request()).context(arithmetic)
    return found


def claim(mechanism: str, s: Sequence[float], **options: Any) -> dict[str, Any]:
    """Return a solution that holds nothing but contributions."""
    return {
        "mechanism": {"name": mechanism, "options": options},
        "contributions": [float(x) for x in s],
    }


def shares(worth: Worth, s: Sequence[Any], banzhaf: bool = False) -> list[Any]:
    """Return the average gain from joining, coalition by coalition."""
    n = len(s)
    found = []
    for agent in range(n):
        others, total = [k for k in range(n) if k != agent], 0
        for size in range(n):
            weight = (
                Fraction(1, 2 ** (n - 1)) if banzhaf else Fraction(1, n * math.comb(n - 1, size))
            )
            for members in combinations(others, size):
                without = [s[k] if k in members else 0 * s[k] for k in range(n)]
                joined = [s[k] if k in (*members, agent) else 0 * s[k] for k in range(n)]
                gain = worth(joined) - worth(without)
                total += gain * weight if isinstance(gain, Fraction) else gain * float(weight)
        found.append(total)
    return found


def worth_of(data: Any) -> Worth:
    """Return the total value of accuracies, from an instance's data, in doubles."""
    agents, spec = data["agents"], data["accuracy"]
    values = [float(agent.get("value", 1)) for agent in agents]
    platform = float(data.get("platform_data", 0))
    curves = [_curve(entry) for entry in spec["per_agent"]] if "per_agent" in spec else None
    n = len(agents)
    if spec.get("family") == "coverage":
        table = np.array(spec["distributions"], dtype=float)

        def covered(s: Sequence[Any]) -> float:
            missing = np.prod((1 - table) ** np.array(s, dtype=float)[:, None], axis=0)
            return float(sum(v * (1 - 0.5 * row @ missing) for v, row in zip(values, table)))  # noqa: B905

        return covered
    if spec.get("family") == "union":
        points = np.array(spec["curve"]["points"], dtype=float)

        def united(s: Sequence[Any]) -> float:
            found = np.interp(np.array(s, dtype=float), points[:, 0], points[:, 1])
            missed = [math.prod(1 - found[j] for j in set(row)) for row in spec["neighbours"]]
            return sum(v * (1 - m) for v, m in zip(values, missed, strict=True))

        return united
    curve = None if curves else _curve(spec)
    weights = np.array(spec.get("weights", np.ones((n, n))), dtype=float)
    if "group_weights" in spec:
        weights = np.array(
            [[spec["group_weights"][a["group"]][b["group"]] for b in agents] for a in agents]
        )
    if weights.ndim == 1:
        weights = np.tile(weights, (n, 1))

    def seen(s: Sequence[Any]) -> float:
        amounts = weights @ np.array(s, dtype=float) + platform
        each = [(curves[k] if curves else curve)(y) for k, y in enumerate(amounts)]  # type: ignore[misc]
        return sum(v * a for v, a in zip(values, each, strict=True))

    return seen


def _curve(spec: dict[str, Any]) -> Callable[[float], float]:
    family = spec["family"]
    if family == "power":
        top, scale = float(spec.get("ceiling", 1)), float(spec.get("scale", 1))
        exponent = float(spec.get("exponent", 1))
        return lambda y: top - scale * (1 + y) ** -exponent
    if family == "linear":
        return lambda y: y
    if family == "threshold-power":
        top, start = float(spec.get("value", 1)), float(spec["threshold"])
        return lambda y: max(0.0, top * (1 - (start / y) ** spec["exponent"])) if y > 0 else 0.0
    if family == "pac":
        ceiling, k = float(spec.get("ceiling", 1)), float(spec["complexity"])

        def bound(y: float) -> float:
            if y < k:
                return 0.0
            return max(0.0, ceiling - (4 + math.sqrt(2 * k * (2 + math.log(y / k)))) / math.sqrt(y))

        return bound
    points = np.array(spec["points"], dtype=float)
    return lambda y: float(np.interp(y, points[:, 0], points[:, 1]))
