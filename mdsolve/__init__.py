"""mdsolve: solve mechanism-design instances for shared data and prove the answer.

>>> import mdsolve as md
>>> market = md.parse({"kind": "market", "agents": ["north", "south"], "types": [1, 2, 3],
...                    "valuation": {"family": "growth", "exponent": "-1/2"}})
>>> solution = md.solve(market, mechanism="desirable")
>>> solution.exists, md.verify(market, solution).verdict
(True, 'pass')
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mdsolve.conditions import Certificate, Condition
    from mdsolve.instance import MarketInstance, SharingInstance, TrainingInstance, load, parse
    from mdsolve.mechanism.chosen import Rule
    from mdsolve.objects.market import Market
    from mdsolve.objects.sharing_game import SharingGame
    from mdsolve.proving.prove import prove, prove_file
    from mdsolve.report.explain import Explanation, explain
    from mdsolve.report.public import report
    from mdsolve.solution import Solution
    from mdsolve.status import Termination
    from mdsolve.study.check import check
    from mdsolve.study.compare import compare
    from mdsolve.study.design import design
    from mdsolve.study.dynamics import simulate
    from mdsolve.study.export import export
    from mdsolve.study.fit import assess
    from mdsolve.study.fit_source import fit
    from mdsolve.study.frontier import frontier
    from mdsolve.study.payments_at import payments_at
    from mdsolve.study.people_table import agents_from
    from mdsolve.study.sensitivity import Sensitivity, sensitivity
    from mdsolve.study.solve import payments, solve
    from mdsolve.study.sweep import sweep
    from mdsolve.study.train import train
    from mdsolve.study.verb import Failure
    from mdsolve.study.verify import verify, verify_file

    __version__: str

_HOMES = {
    "agents_from": "mdsolve.study.people_table",
    "Certificate": "mdsolve.conditions",
    "Condition": "mdsolve.conditions",
    "Explanation": "mdsolve.report.explain",
    "Failure": "mdsolve.study.verb",
    "Market": "mdsolve.objects.market",
    "MarketInstance": "mdsolve.instance",
    "Rule": "mdsolve.mechanism.chosen",
    "Sensitivity": "mdsolve.study.sensitivity",
    "SharingGame": "mdsolve.objects.sharing_game",
    "SharingInstance": "mdsolve.instance",
    "Solution": "mdsolve.solution",
    "Termination": "mdsolve.status",
    "TrainingInstance": "mdsolve.instance",
    "assess": "mdsolve.study.fit",
    "check": "mdsolve.study.check",
    "compare": "mdsolve.study.compare",
    "design": "mdsolve.study.design",
    "explain": "mdsolve.report.explain",
    "export": "mdsolve.study.export",
    "fit": "mdsolve.study.fit_source",
    "frontier": "mdsolve.study.frontier",
    "load": "mdsolve.instance",
    "market_quality": "mdsolve.study.quality_curve",
    "parse": "mdsolve.instance",
    "payments": "mdsolve.study.solve",
    "payments_at": "mdsolve.study.payments_at",
    "prove": "mdsolve.proving.prove",
    "prove_file": "mdsolve.proving.prove",
    "report": "mdsolve.report.public",
    "sensitivity": "mdsolve.study.sensitivity",
    "simulate": "mdsolve.study.dynamics",
    "solve": "mdsolve.study.solve",
    "sweep": "mdsolve.study.sweep",
    "train": "mdsolve.study.train",
    "verify": "mdsolve.study.verify",
    "verify_file": "mdsolve.study.verify",
}

__all__ = [
    "Certificate",
    "Condition",
    "Explanation",
    "Failure",
    "Market",
    "MarketInstance",
    "Rule",
    "Sensitivity",
    "SharingGame",
    "SharingInstance",
    "Solution",
    "Termination",
    "TrainingInstance",
    "__version__",
    "agents_from",
    "assess",
    "check",
    "compare",
    "design",
    "explain",
    "export",
    "fit",
    "frontier",
    "load",
    "market_quality",
    "parse",
    "payments",
    "payments_at",
    "prove",
    "prove_file",
    "report",
    "sensitivity",
    "simulate",
    "solve",
    "sweep",
    "train",
    "verify",
    "verify_file",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that a bare import stays fast."""
    if name == "__version__":
        from importlib.metadata import version

        return version("mdsolve")
    if name not in _HOMES:
        message = f"module 'mdsolve' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return list(__all__)
