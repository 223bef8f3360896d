"""Instances, and right claims about shaped models, computed here by halving and nothing else."""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.check import certificate, check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.instance import parse

CURVES = {
    "pac": {"family": "pac", "ceiling": 0.95, "complexity": 10},
    "threshold": {"family": "threshold-power", "threshold": 100, "exponent": 0.3},
    "power": {"family": "power", "ceiling": 1, "scale": 0.9, "exponent": 0.5},
    "measured": {
        "family": "curve",
        "points": [[0, 0], [100, 0.5], [300, 0.8], [1000, 0.9]],
    },
}


def instance_of(accuracy, agents, platform=0.0):
    """Return an instance; agents are mappings without a name."""
    rows = [{"name": f"a{k}", **agent} for k, agent in enumerate(agents)]
    more = {"platform_data": platform} if platform else {}
    return parse({"kind": "sharing", "agents": rows, "accuracy": accuracy, **more})


def value_of(accuracy):
    """Return v, from the definitions."""
    family = accuracy["family"]
    if family == "power":
        return lambda y: accuracy["ceiling"] - accuracy["scale"] * (1 + y) ** -accuracy["exponent"]
    if family == "threshold-power":
        top, start, e = accuracy.get("value", 1), accuracy["threshold"], accuracy["exponent"]
        return lambda y: top * (1 - (start / max(y, start)) ** e)
    if family == "curve":
        x, y = np.array(accuracy["points"], dtype=float).T
        return lambda at: float(np.interp(at, x, y))
    ceiling, k = accuracy["ceiling"], accuracy["complexity"]

    def pac(m):
        if m <= k:
            return 0.0
        return max(0.0, ceiling - (4 + np.sqrt(2 * k * (2 + np.log(m / k)))) / np.sqrt(m))

    return pac


def slope_of(accuracy):
    """Return v' from the right, from the definitions."""
    family = accuracy["family"]
    if family == "power":
        factor = accuracy["scale"] * accuracy["exponent"]
        return lambda y: factor * (1 + y) ** (-accuracy["exponent"] - 1)
    if family == "threshold-power":
        top, start, e = accuracy.get("value", 1), accuracy["threshold"], accuracy["exponent"]
        return lambda y: top * e / y * (start / y) ** e if y >= start else 0.0
    if family == "curve":
        x, y = np.array(accuracy["points"], dtype=float).T
        rises = np.append(np.diff(y) / np.diff(x), 0.0)
        return lambda at: float(rises[np.searchsorted(x, at, side="right") - 1])
    k, v = accuracy["complexity"], value_of(accuracy)

    def pac(m):
        if m <= k or v(m) <= 0:
            return 0.0
        root = np.sqrt(2 * k * (2 + np.log(m / k)))
        return ((4 + root) / 2 - k / root) / (m * np.sqrt(m))

    return pac


def highest(function, low, high, rounds=3000):
    """Return where a function that is zero and then concave is largest, by golden sections."""
    points = np.unique(np.concatenate([np.geomspace(max(low, 1e-9), high, 400), [low, high]]))
    values = [function(x) for x in points]
    at = int(np.argmax(values))
    left, right = points[max(at - 1, 0)], points[min(at + 1, len(points) - 1)]
    for _ in range(rounds):
        one, two = left + (right - left) / 3, right - (right - left) / 3
        if not left < one < two < right:
            break
        left, right = (left, two) if function(one) >= function(two) else (one, right)
    best = max((points[at], left, right, 0.5 * (left + right)), key=function)
    return (0.0, function(0.0)) if function(0.0) >= function(best) else (best, function(best))


def halved(function, low, high):
    """Return where a function changes its sign."""
    sign = function(low) > 0
    while True:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            return middle
        low, high = (middle, high) if (function(middle) > 0) == sign else (low, middle)


def claim_of(solution, **changes):
    """Return a solution as plain data, some of its keys replaced."""
    mechanism = {"name": solution.mechanism.name, "options": dict(solution.mechanism.options)}
    return {"mechanism": mechanism, **solution.answers, **changes}


def checked(instance, claim, names=(), **request):
    """Return the certificate of a claim."""
    return certificate(instance, claim, Request(conditions=tuple(names), **request))


def broken(instance, claim, names=(), only=(), **request):
    """Return the conditions that do not pass, figures left out.

    Parameters
    ----------
    only : sequence of str
        The conditions to be decided; all if empty.
    """
    check = check_of(instance, claim, Request(conditions=tuple(names), **request))
    asked = only or (*check.promised, *check.looked_at)
    found = [check.condition(name) for name in dict.fromkeys(asked) if name != "stated-numbers"]
    return {entry.name for entry in found if entry.verdict != "pass"}


def shaped_answer(accuracy, agents, platform=0.0):
    """Return an instance and the equilibrium of value shaping with most data, by halving.

    Returns None for the claim where the total is without limit.
    """
    instance = instance_of(accuracy, agents, platform)
    v, slope = value_of(accuracy), slope_of(accuracy)
    q, c, top, best, worth = [], [], [], [], []
    for agent in agents:
        q.append(agent.get("value", 1.0))
        c.append(agent["cost"] if not isinstance(agent["cost"], dict) else agent["cost"]["rate"])
        top.append(agent.get("capacity", np.inf))
        far = min(top[-1], (q[-1] * 1.0 + 1e-9) / c[-1] + 1)
        m, u = highest(lambda x: q[-1] * v(x) - c[-1] * x, 0.0, far)
        if m > 0:
            end = min(m * (1 + 1e-3), top[-1])
            rising = q[-1] * slope(end) > c[-1]
            m = end if rising else halved(lambda x: q[-1] * slope(x) - c[-1], m * (1 - 1e-3), end)
            u = q[-1] * v(m) - c[-1] * m
        best.append(m)
        worth.append(u)
    q, c, top, best, worth = map(np.array, (q, c, top, best, worth))

    def asked(total):
        return np.minimum(np.maximum((q * v(total + platform) - worth) / c, best), top)

    def phi(total):
        return asked(total).sum() - total

    high = float(asked(1e18).sum()) + 1.0
    total = 0.0
    grid = np.geomspace(1e-6, high, 4000)
    positive = [x for x in grid if phi(x) > 0]
    if positive:
        total = halved(phi, positive[-1], high)
    s = asked(total) if total > 0 else np.zeros(len(q))
    return instance, shaped_claim_at(accuracy, agents, platform, s, best, c / q)


def shaped_claim_at(accuracy, agents, platform, s, best, slope):
    """Return the claim that curves of the rule end at contributions s."""
    v = value_of(accuracy)
    full = v(s.sum() + platform)
    curves = np.zeros((len(s), 3, 2))
    for k, own in enumerate(s):
        others = s.sum() - own + platform
        first = (best[k], v(best[k]))
        middle = first
        steep = (full - first[1]) / (own - first[0]) if own > first[0] else slope[k]

        def gap(x, first=first, steep=steep, others=others):
            return first[1] + steep * (x - first[0]) - v(x + others)

        points = np.linspace(first[0], own, 2001)[1:-1]
        above = [x for x in points if gap(x) > 1e-12]
        if own > first[0] and above:
            at = (
                halved(gap, above[-1], 0.5 * (above[-1] + own))
                if gap(0.5 * (above[-1] + own)) <= 0
                else above[-1]
            )
            for part in np.linspace(above[-1], own, 400)[1:]:
                if gap(part) <= 0:
                    at = halved(gap, above[-1], part)
                    break
            middle = (at, min(v(at + others), first[1] + steep * (at - first[0])))
        curves[k] = first, middle, (own, full)
    return {
        "mechanism": {"name": "value-shaping", "options": {"select": "most-data"}},
        "contributions": s.tolist(),
        "payments": [0.0] * len(s),
        "accuracies": [full] * len(s),
        "curves": curves.tolist(),
    }
