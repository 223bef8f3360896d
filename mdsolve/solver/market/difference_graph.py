"""The graph of difference constraints of one agent at fixed types of the others, made readable.

One vertex per own type and a base vertex for payment zero; an edge base -> t bounds p(t) by
rationality, an edge r -> t bounds p(t) - p(r) by truthfulness. Shortest paths from the base are
the maximal payments, and the path itself explains a payment as a chain of lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.game.market import Market
from mdsolve.instance.numbers import written_number

if TYPE_CHECKING:
    import networkx as nx

BASE = "stay out"
CAP = "cap"
"""What stands for a report where an agent's payment is bounded by a cap."""


@dataclass(frozen=True)
class Chain:
    """A rising chain of reports that bounds one payment.

    Parameters
    ----------
    agent : int
    profile : tuple of int
        Type numbers of everybody.
    reports : tuple of int
        Own type numbers, rising, the last being the true one.
    bounds : tuple
        First the outside bound at ``reports[0]``, then one gap per step, in money.
    capped : bool
        Whether a cap takes the place of the outside bound.
    """

    agent: int
    profile: tuple[int, ...]
    reports: tuple[int, ...]
    bounds: tuple[Any, ...]
    capped: bool = False

    @property
    def total(self) -> Any:
        """The bound on the payment: the sum of `bounds`."""
        return sum(self.bounds[1:], start=self.bounds[0])

    def to_dict(self, market: Market) -> dict[str, Any]:
        """Return the chain with names and types, the form in which solutions store it."""
        exact = market.arithmetic.name == "exact"

        def type_of(agent: int, number: int) -> Any:
            value = market.grids[agent].exact(number)
            return value if exact else written_number(value)

        def money(amount: Any) -> Any:
            return amount if exact else float(amount)

        start = CAP if self.capped else BASE
        before: list[Any] = [start, *(type_of(self.agent, number) for number in self.reports)]
        return {
            "agent": market.agents[self.agent],
            "reports": [type_of(self.agent, number) for number in self.reports],
            "steps": [
                {
                    "type": type_of(self.agent, number),
                    "report": before[step],
                    "bound": money(bound),
                }
                for step, (number, bound) in enumerate(zip(self.reports, self.bounds, strict=True))
            ],
            "bound": money(self.total),
        }


def column_bounds(
    market: Market,
    agent: int,
    profile: Sequence[int],
    *,
    highest: int | None = None,
    arithmetic: Arithmetic | None = None,
) -> tuple[Array, Array]:
    """Return the bounds of one column.

    Parameters
    ----------
    highest : int or None
        Last own type number that is wanted.
    arithmetic : Arithmetic or None
        Number system of the bounds; None is the market's own.

    Returns
    -------
    outside : (m,)
        Bound on p(t) by rationality.
    gaps : (m, m)
        ``gaps[r, t]`` bounds p(t) - p(r) for r < t; other entries are unused.
    """
    others = [number for j, number in enumerate(profile) if j != agent]
    column = market.column(agent, others, highest)
    if arithmetic is not None:
        column = column.with_arithmetic(arithmetic)
    truth = column.truthful_values(agent).ravel()
    outside = truth - column.outside_values(agent).ravel()
    size = len(truth)
    gaps = np.zeros((size, size), dtype=truth.dtype)
    for report in range(size - 1):
        gaps[report, report + 1 :] = (
            truth[report + 1 :] - column.report_values(agent, report).reshape(-1)[1:]
        )
    return outside, gaps


def binding_chain(
    market: Market,
    agent: int,
    profile: Sequence[int],
    arithmetic: Arithmetic | None = None,
    cap: Fraction | None = None,
) -> Chain:
    """Return the shortest path to the agent's type at a profile.

    Where staying out or a cap on the agent's payments binds as well, no lies are shown. Work O(m^2)
    for m own types up to the true one, in `arithmetic` or the market's own.
    """
    own = profile[agent]
    outside, gaps = column_bounds(market, agent, profile, highest=own, arithmetic=arithmetic)
    limit = None if cap is None else (arithmetic or market.arithmetic).number(cap)
    capped = np.zeros(len(outside), dtype=bool) if limit is None else outside > limit
    outside = outside if limit is None else np.where(capped, limit, outside)
    payments = [outside[0]]
    previous = [-1]
    for t in range(1, own + 1):
        through = np.array([payments[r] + gaps[r, t] for r in range(t)], dtype=gaps.dtype)
        best = int(np.argmin(through))
        direct = not through[best] < outside[t]
        payments.append(outside[t] if direct else through[best])
        previous.append(-1 if direct else best)
    reports = [own]
    while previous[reports[-1]] >= 0:
        reports.append(previous[reports[-1]])
    reports.reverse()
    steps = [gaps[r, t] for r, t in pairwise(reports)]
    bounds = (outside[reports[0]], *steps)
    return Chain(agent, tuple(profile), tuple(reports), bounds, bool(capped[reports[0]]))


def explain(chain: Chain, market: Market) -> str:
    """Return why a payment is what it is, in words.

    For example: "north pays 3.2 at type 5 because: type 3 may stay out (at most 2.8); type 5 may
    report 3 (at most 0.4 more)".
    """
    stored = chain.to_dict(market)
    parts = [
        f"type {_short(step['type'])} may stay out (at most {_short(step['bound'])})"
        if step["report"] == BASE
        else f"type {_short(step['type'])} pays no more than the cap of {_short(step['bound'])}"
        if step["report"] == CAP
        else f"type {_short(step['type'])} may report {_short(step['report'])} "
        f"(at most {_short(step['bound'])} more)"
        for step in stored["steps"]
    ]
    own = _short(stored["reports"][-1])
    return f"{stored['agent']} pays {_short(stored['bound'])} at type {own} because: " + "; ".join(
        parts
    )


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def difference_graph(market: Market, agent: int, profile: Sequence[int]) -> nx.DiGraph:
    """Return the constraints of one column as a graph with labelled vertices and edges.

    Vertices are `BASE` and the own types as floats; edges carry ``weight`` and ``label``.
    """
    import networkx as nx

    outside, gaps = column_bounds(market, agent, profile)
    types = [float(value) for value in market.grids[agent].exact_values()]
    graph = nx.DiGraph(agent=market.agents[agent])
    graph.add_node(BASE, label="pays nothing")
    for t, own in enumerate(types):
        graph.add_node(own, label=f"type {own:g}")
        graph.add_edge(BASE, own, weight=float(outside[t]), label="may stay out")
        for r in range(t):
            label = f"may report {types[r]:g}"
            graph.add_edge(types[r], own, weight=float(gaps[r, t]), label=label)
    return graph
