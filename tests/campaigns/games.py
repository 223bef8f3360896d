"""Small games of every kind and mechanism, solved once: what the campaigns work on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import mdsolve as md
from mdsolve.solution import Solution


@dataclass(frozen=True)
class Case:
    """An instance under a mechanism."""

    name: str
    instance: Any
    mechanism: str
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    trade_off: dict[str, Any] = field(default_factory=dict, hash=False)
    """Of a design for what the instance and nobody else asks for."""

    def solve(self) -> Solution:
        """Return the certified solution."""
        if self.trade_off:
            return md.design(self.instance, trade_off=self.trade_off)
        return md.solve(self.instance, self.mechanism, options=self.options)


def sharing(agents: list[dict[str, Any]], accuracy: dict[str, Any], **more: Any) -> Any:
    """Return a sharing instance."""
    named = [{"name": f"agent-{k}", **agent} for k, agent in enumerate(agents)]
    return md.parse({"kind": "sharing", "agents": named, "accuracy": accuracy, **more})


def market(types: Any, valuation: dict[str, Any], **more: Any) -> Any:
    """Return a market of two agents, unless others are named."""
    data = {"kind": "market", "agents": ["north", "south"], "types": types}
    return md.parse({**data, "valuation": valuation, **more})


POWER = {"family": "power", "ceiling": "0.9", "scale": "0.8", "exponent": "0.7"}
PAC = {"family": "pac", "ceiling": "0.95", "complexity": 10}
CURVE = {
    "family": "curve",
    "points": [[0, "0.1"], [50, "0.62"], [200, "0.78"], [500, "0.85"], [900, "0.87"]],
}
COSTS = [{"cost": "0.002", "value": 3, "capacity": 900}, {"cost": "0.004", "capacity": 700}]
MIXED = [
    {"cost": {"family": "quadratic", "rate": "0.001", "curvature": "0.00001"}, "capacity": 800},
    {"cost": {"family": "power", "rate": "0.0004", "exponent": "1.3"}, "capacity": 500},
    {
        "cost": {"family": "piecewise-linear", "points": [[0, 0], [100, "0.1"], [900, "3.1"]]},
        "capacity": 900,
        "value": 2,
    },
]
BUDGETS = [
    {"cost": 1, "value": 4, "budget": 10},
    {"cost": 1, "value": 4, "budget": 10},
    {"cost": 2, "value": 8, "budget": 12},
]
PRIOR = {"low": "0.0004", "high": "0.0009", "probability_low": "0.4"}


@cache
def cases() -> tuple[Case, ...]:
    """Return one case or more per mechanism, families of every kind among them."""
    power = sharing(COSTS, POWER)
    mixed = sharing(MIXED, {**POWER, "weights": [[1, "0.5", 0], ["0.2", 1, "0.3"], [0, "0.1", 1]]})
    measured = sharing([{"cost": "0.0004", "value": 1}, {"cost": "0.0007", "value": 2}], CURVE)
    clipped = sharing([{"cost": "0.0005"}, {"cost": "0.0007", "value": 2}], PAC)
    platform = sharing(COSTS, POWER, platform_data=30)
    covering = sharing(
        [{"cost": "0.02", "capacity": 50}, {"cost": "0.03", "capacity": 40}],
        {"family": "coverage", "distributions": [["0.3", "0.2", "0.1"], ["0.1", "0.1", "0.5"]]},
    )
    linear = sharing(
        [{"cost": {"family": "quadratic", "rate": 0, "curvature": 1}}, {"cost": 2, "capacity": 3}],
        {"family": "linear", "weights": [[2, 1], ["0.5", 3]]},
    )
    threshold = sharing(
        [{"cost": "0.0008"}, {"cost": "0.001", "value": "1.5"}],
        {"family": "threshold-power", "value": 1, "threshold": 40, "exponent": "0.5"},
    )
    budgets = sharing(BUDGETS, {"family": "power"})
    private = sharing([{"prior": PRIOR}, {"prior": PRIOR, "value": 2}], PAC)
    types = {"costs": ["0.0001", "0.0003", "0.001"], "probabilities": ["0.3", "0.5", "0.2"]}
    several = sharing([{"prior": types}], PAC, platform_data=300)
    ironed = sharing(
        [{"prior": {**types, "costs": ["0.001", "0.0012", "0.002"]}}], PAC, platform_data=5000
    )
    together = sharing([{"prior": PRIOR, "value": "1.5", "capacity": 4000}] * 2, PAC)
    normal = {"family": "truncated-normal", "low": "0.0002", "high": "0.001"}
    normal = {"density": {**normal, "mean": "0.0004", "deviation": "0.0001"}}
    dense = sharing([{"prior": normal}], PAC, platform_data=300)
    falling = {"family": "truncated-exponential", "low": "0.001", "high": "0.003", "rate": 2000}
    thinning = sharing([{"prior": {"density": falling}}], PAC, platform_data=5000)
    alike = sharing([{"cost": "0.0006", "value": 1}] * 3, PAC)
    joint = md.parse(
        {
            "kind": "sharing",
            "agents": [
                {"name": "a", "cost": "0.05", "capacity": 1},
                {"name": "b", "cost": "0.2", "capacity": 9},
            ],
            "accuracy": {"family": "quadratic-fit", "target": [1, 2]},
        }
    )
    growth = market({"from": 1, "to": 6, "step": 1}, {"family": "growth", "exponent": "-1/2"})
    share = market([1, 2, 4], {"family": "share"}, profile=[4, 1])
    free = market([1, 2, 3], {"family": "linear", "matrix": [[2, 1], [1, 3]]})
    rival = market([1, 2, 3], {"family": "linear", "matrix": [[2, "-0.5"], ["-0.25", 3]]})
    rivals = market(
        [1, 4, 16],
        {"family": "growth", "exponent": "-0.9"},
        prior=[[0.125] * 3, [0.125] * 3, [0.25, 0, 0]],
    )
    apart = market([1, 11, 21, 31], {"family": "growth", "exponent": "-0.95"})
    lopsided = market(
        {"north": [1, 20, 40], "south": [1, 2]},
        {"family": "growth", "exponent": -1},
        prior=[[0.125, 0.125], [0.125, 0.125], [0.25, 0.25]],
    )
    three = {name: [1, 2] for name in "abc"}
    trio = market(three, {"family": "growth", "exponent": "-0.7"}, agents=["a", "b", "c"])
    slow = market(three, {"family": "growth", "exponent": "-0.72"}, agents=["a", "b", "c"])
    fixed = market({"from": 1, "to": 7}, {"family": "share"})
    saturated = market(
        ["0.5", 1, 2], {"family": "growth", "exponent": 0}, quality={"family": "saturation"}
    )
    beta = {"beta": "0.001"}
    return (
        Case("power-none", power, "none"),
        Case("mixed-none", mixed, "none"),
        Case("measured-none", measured, "none"),
        Case("clipped-none", clipped, "none"),
        Case("platform-none", platform, "none"),
        Case("coverage-none", covering, "none"),
        Case("linear-none", linear, "none"),
        Case("threshold-none", threshold, "none"),
        Case("power-balanced", power, "budget-balanced"),
        Case("power-balanced-full", power, "budget-balanced", {"beta": "full"}),
        Case("mixed-balanced", mixed, "budget-balanced", {"beta": "0.4"}),
        Case("budgets-balanced", budgets, "budget-balanced"),
        Case("power-transfer", power, "contribution-transfer", beta),
        Case("power-shapley", power, "shapley"),
        Case("mixed-shapley", mixed, "shapley"),
        Case("coverage-shapley", covering, "shapley"),
        Case("clipped-shapley", clipped, "shapley"),
        Case("power-banzhaf", power, "shapley", {"index": "banzhaf"}),
        Case("mixed-weighted", mixed, "shapley", {"weights": [1, 2, "1/2"]}),
        Case("power-partial", power, "shapley", {"share": "0.5", "weights": {"agent-1": 3}}),
        Case("power-welfare", power, "welfare"),
        Case("budgets-welfare", budgets, "welfare", {"p": 0}),
        Case("budgets-least", budgets, "welfare", {"p": "-inf"}),
        Case("power-target", power, "target", {"payment_limit": "0.02"}),
        Case("platform-target", platform, "target", {"maximize": "data", "reciprocity": 1}),
        Case("measured-target", measured, "target", {"maximize": "least-utility"}),
        Case("power-target-none", power, "target", {"least_share": 1, "alone": "0.5"}),
        Case("clipped-shaping", alike, "value-shaping"),
        Case("measured-shaping", measured, "value-shaping"),
        Case("private-contracts", private, "value-shaping-private"),
        Case("menu-program", several, "menu"),
        Case("menu-ironed", ironed, "menu"),
        Case("menu-together", together, "menu"),
        Case("menu-grid", dense, "menu"),
        Case("menu-density", thinning, "menu"),
        Case("proportional-data", alike, "proportional-data"),
        Case("proportional-value", alike, "proportional-value", {"p": "0.5"}),
        Case("proportional-shapley", alike, "proportional-shapley"),
        Case("joint-upbred", joint, "upbred"),
        Case("joint-two-phases", joint, "2p-upbred"),
        Case("growth-desirable", growth, "desirable"),
        Case("growth-vcg", growth, "vcg"),
        Case("share-mep", share, "mep"),
        Case("linear-free", free, "free"),
        Case("rival-desirable", rival, "desirable"),
        Case("saturated-desirable", saturated, "desirable"),
        Case("growth-expected", rivals, "desirable", {"side": "expected-balance"}),
        Case("growth-expected-none", rivals, "desirable", {"side": "expected-balance,cap=-0.5"}),
        Case("growth-coalitions", trio, "desirable", {"side": "coalitions,subsidy=0.01"}),
        Case("growth-coalitions-none", slow, "desirable", {"side": "coalitions"}),
        Case("growth-interim", lopsided, "desirable", {"side": "interim,subsidy=1"}),
        Case("growth-interim-none", lopsided, "desirable", {"side": "interim"}),
        Case(
            "growth-balanced-cap",
            growth,
            "desirable",
            {"side": "budget-balance,spread=2", "objective": "smallest-cap"},
        ),
        Case("growth-paid", growth, "desirable", {"side": "budget-balance"}),
        Case("growth-trade-off", growth, "desirable", trade_off={"cap": ("0.1", "0.3", 2)}),
        Case("growth-lottery", rivals, "second-best"),
        Case("growth-single", rivals, "second-best", {"outcomes": "single"}),
        Case("growth-branches", apart, "second-best", {"outcomes": "single"}),
        Case("growth-balanced", growth, "desirable", {"side": "budget-balance,cap=2"}),
        Case("rival-subsidy", rival, "desirable", {"objective": "least-subsidy"}),
        Case("fixed-subsidy", fixed, "desirable", {"side": "subsidy=0.2,cap.south=0.3"}),
        Case(
            "fixed-cap", fixed, "desirable", {"side": "subsidy=0.02", "objective": "smallest-cap"}
        ),
        Case("fixed-none-exists", fixed, "desirable", {"side": "subsidy=0.01,cap=0.5"}),
        Case(
            "growth-none-exists",
            market({"from": 1, "to": 30, "step": 1}, {"family": "growth", "exponent": "-0.9"}),
            "desirable",
        ),
    )
