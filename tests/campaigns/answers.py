"""Right answers are not refused: random instances of every kind, solved by every mechanism.

What the solver calls solved or infeasible has to pass the checker in its default arithmetic, and a
rule that does not apply says so. Nothing here knows what the answers are: an answer that does not
pass is either wrong, or right and refused; both are findings.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.errors import MemoryLimitError, UnsupportedError, UsageError

Random = np.random.Generator
RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("none", {}),
    ("budget-balanced", {}),
    ("budget-balanced", {"beta": "full"}),
    ("budget-balanced", {"beta": "0.3"}),
    ("contribution-transfer", {"beta": "0.001"}),
    ("shapley", {}),
    ("shapley", {"index": "banzhaf"}),
    ("welfare", {}),
    ("welfare", {"p": 0}),
    ("welfare", {"p": "-inf"}),
    ("target", {}),
    ("target", {"maximize": "data"}),
    ("target", {"maximize": "least-utility"}),
    ("value-shaping", {}),
    ("value-shaping", {"select": "least-data"}),
    ("proportional-data", {"p": "0.5"}),
    ("proportional-value", {"p": 1}),
    ("proportional-shapley", {"p": "0.7"}),
)
MARKET_RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("free", {}),
    ("vcg", {}),
    ("mep", {}),
    ("desirable", {}),
    ("desirable", {"side": "cap=2"}),
    ("desirable", {"side": "budget-balance"}),
    ("desirable", {"objective": "least-subsidy"}),
    ("desirable", {"side": "cap=1,subsidy=1"}),
    ("desirable", {"side": "expected-balance"}),
    ("desirable", {"side": "subsidy=3", "objective": "smallest-cap"}),
    ("desirable", {"side": "coalitions"}),
    ("desirable", {"side": "budget-balance", "objective": "smallest-cap"}),
    ("desirable", {"side": "interim,deficit-allowed"}),
    ("second-best", {}),
    ("second-best", {"outcomes": "single"}),
)
JOINT_RULES: tuple[tuple[str, dict[str, Any]], ...] = (("upbred", {}), ("2p-upbred", {}))


@dataclass
class Report:
    """What became of the answers; `refused` tells which did not pass, and how they were made."""

    verdicts: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


def campaign(seeds: Iterable[int], time_limit: float = 20.0) -> Report:
    """Solve one random instance per seed by one rule, and look at its certificate."""
    report = Report()
    for seed in seeds:
        data, name, options = drawn(seed)
        where = f"seed {seed}: {name} {options}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                solution = md.solve(md.parse(data), name, options=options, time_limit=time_limit)
        except (UnsupportedError, MemoryLimitError, UsageError):
            report.verdicts["does not apply"] += 1
            continue
        except Exception as error:  # noqa: BLE001 - a crash is a finding like any other
            report.refused.append(f"{where}: {type(error).__name__}: {error}")
            continue
        ended, certificate = solution.termination.name.lower(), solution.certificate
        assert certificate is not None
        report.verdicts[f"{ended}: {certificate.verdict}"] += 1
        report.by_rule[name] += 1
        if ended in ("solved", "infeasible") and certificate.verdict != "pass":
            wrong = [
                f"{found.name} {found.verdict} ({found.detail})"
                for found in certificate.conditions
                if found.claimed and found.verdict != "pass"
            ]
            report.refused.append(f"{where}: {ended}, {'; '.join(wrong)}")
    return report


def drawn(seed: int) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """Return an instance as plain data, a rule, and its options."""
    random = np.random.default_rng(seed)
    kind = random.choice(["sharing", "market", "private", "joint"], p=PARTS)
    if kind == "market":
        name, options = MARKET_RULES[int(random.integers(len(MARKET_RULES)))]
        return _market(random), name, dict(options)
    if kind == "private":
        rule = str(random.choice(["value-shaping-private", "menu"]))
        return _private(random, rule), rule, {}
    if kind == "joint":
        name, options = JOINT_RULES[int(random.integers(len(JOINT_RULES)))]
        return _joint(random), name, dict(options)
    name, options = RULES[int(random.integers(len(RULES)))]
    return sharing(random), name, dict(options)


PARTS = (0.6, 0.25, 0.08, 0.07)
COSTS = (0.6, 0.2, 0.1, 0.1)
FAMILIES = {
    "power": 0.45,
    "pac": 0.15,
    "threshold-power": 0.1,
    "curve": 0.15,
    "union": 0.1,
    "linear": 0.05,
}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def sharing(random: Random) -> dict[str, Any]:
    n = int(random.integers(1, 6))
    size = 10.0 ** random.integers(0, 5)
    money = 10.0 ** random.integers(-3, 7)
    alike = random.random() < 0.3
    limited, budgets = random.random() < 0.6, random.random() < 0.15
    agents: list[dict[str, Any]] = []
    for k in range(n):
        agent: dict[str, Any] = {"name": f"a{k}", "cost": _cost(random, size, money)}
        agent["value"] = _rounded(money * random.uniform(0.3, 3))
        if limited or random.random() < 0.3:
            agent["capacity"] = _rounded(size * random.uniform(0.2, 5))
        if budgets:
            agent["budget"] = _rounded(money * random.uniform(0.05, 2))
        agents.append(agent if not alike or k == 0 else {**agents[0], "name": f"a{k}"})
    data = {"kind": "sharing", "agents": agents, "accuracy": _accuracy(random, n, size)}
    if random.random() < 0.2:
        data["platform_data"] = _rounded(size * random.uniform(0, 0.5))
    return data


def _cost(random: Random, size: float, money: float) -> Any:
    rate = money / size * 10.0 ** random.uniform(-2.5, -0.3)
    form = random.choice(["linear", "quadratic", "power", "piecewise-linear"], p=COSTS)
    if form == "linear":
        return _rounded(rate)
    if form == "quadratic":
        bend = _rounded(rate / size * random.uniform(0, 2))
        return {"family": "quadratic", "rate": _rounded(rate), "curvature": bend}
    if form == "power":
        exponent = _rounded(random.uniform(1.1, 2))
        return {
            "family": "power",
            "rate": _rounded(rate / size ** (exponent - 1)),
            "exponent": exponent,
        }
    bends = np.cumsum(random.uniform(0.2, 1, 2)) * size
    slopes = np.sort(random.uniform(0.3, 3, 2)) * rate
    heights = np.cumsum(np.diff(np.append(0, bends)) * slopes)
    points = [[0, 0], *([_rounded(x), _rounded(y)] for x, y in zip(bends, heights, strict=True))]
    return {"family": "piecewise-linear", "points": points}


def _accuracy(random: Random, n: int, size: float) -> dict[str, Any]:
    family = str(random.choice(list(FAMILIES), p=list(FAMILIES.values())))
    high = _rounded(random.uniform(0.5, 1))
    if family == "power":
        scale, exponent = _rounded(high * size**0.2), _rounded(random.uniform(0.2, 1.2))
        found: dict[str, Any] = {"family": family, "ceiling": high, "scale": scale}
        found["exponent"] = exponent
        if random.random() < 0.5:
            table = random.uniform(0, 0.6, (n, n)).round(3)
            np.fill_diagonal(table, 1)
            found["weights"] = table.tolist()
        return found
    if family == "pac":
        return {
            "family": family,
            "ceiling": high,
            "complexity": _rounded(size * random.uniform(0.01, 0.3)),
        }
    if family == "threshold-power":
        threshold = _rounded(size * random.uniform(0.02, 0.5))
        exponent = _rounded(random.uniform(0.3, 1))
        return {"family": family, "threshold": threshold, "exponent": exponent}
    amounts = np.cumsum(random.uniform(0.1, 1, 4)) * size
    heights = np.cumsum(np.sort(random.uniform(0.05, 1, 4))[::-1] * np.diff(np.append(0, amounts)))
    heights *= high / heights[-1]
    points = [[0, 0], *([_rounded(x), _rounded(y)] for x, y in zip(amounts, heights, strict=True))]
    if family == "curve":
        return {"family": family, "points": points}
    if family == "union":
        around = [sorted({k, int(random.integers(n))}) for k in range(n)]
        return {"family": family, "curve": {"points": points}, "neighbours": around}
    weights = random.uniform(0, 1, (n, n)).round(3) / (size * n)
    return {"family": family, "weights": [[_rounded(x) for x in row] for row in weights]}


def _market(random: Random) -> dict[str, Any]:
    n = int(random.integers(1, 4))
    most = (30, 12, 5)[n - 1]
    names = [f"a{k}" for k in range(n)]
    if random.random() < 0.6:
        types: Any = list(range(1, int(random.integers(2, most)) + 1))
    else:
        types = sorted({_rounded(x) for x in random.uniform(0.5, 9, int(random.integers(2, 6)))})
    form = random.choice(["growth", "share", "linear", "sum"])
    exponent = _rounded(-random.uniform(0, 1))
    growth = {"family": "growth", "exponent": exponent}
    matrix = random.uniform(-0.4, 0.6, (n, n)).round(2) + np.eye(n)
    linear = {"family": "linear", "matrix": matrix.round(2).tolist()}
    valuation = {
        "growth": growth,
        "share": {"family": "share"},
        "linear": linear,
        "sum": {"family": "sum", "terms": [growth, linear]},
    }[str(form)]
    outside = str(random.choice(["pooled", "separate"]))
    return {
        "kind": "market",
        "agents": names,
        "types": types,
        "valuation": valuation,
        "outside": outside,
    }


def _private(random: Random, rule: str) -> dict[str, Any]:
    low = _rounded(10.0 ** random.uniform(-4.5, -3))
    high = _rounded(low * random.uniform(1.1, 4))
    prior: dict[str, Any] = {
        "low": low,
        "high": high,
        "probability_low": _rounded(random.uniform(0.1, 0.9)),
    }
    if rule == "menu" and random.random() < 0.5:
        weights = random.integers(1, 9, 3)
        chances = [f"{weight}/{weights.sum()}" for weight in weights.tolist()]
        prior = {"costs": [low, _rounded((low + high) / 2), high], "probabilities": chances}
    elif rule == "menu":
        prior = {"density": {"family": "uniform", "low": low, "high": high}}
    agents = [{"name": "a{}", "count": int(random.integers(1, 4)), "prior": prior}]
    accuracy = {"family": "pac", "ceiling": 0.95, "complexity": _rounded(random.uniform(1, 40))}
    return {"kind": "sharing", "agents": agents, "accuracy": accuracy}


def _joint(random: Random) -> dict[str, Any]:
    n = int(random.integers(2, 4))
    agents = [
        {
            "name": f"a{k}",
            "cost": _rounded(random.uniform(0.005, 0.1)),
            "capacity": _rounded(random.uniform(1, 10)),
        }
        for k in range(n)
    ]
    targets = random.integers(-3, 4, (n, 2)).tolist()
    accuracy = {
        "family": "quadratic-fit",
        "targets": targets,
        "noise": _rounded(random.uniform(0, 2)),
    }
    return {"kind": "sharing", "agents": agents, "accuracy": accuracy}
