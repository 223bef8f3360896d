"""[M23] Theorem A.2: three agents without an equilibrium, and how far from one they stay.

Agent i profits from his own data and from his neighbour's: a_i = e_i + e_j - e_i e_j, with an
effort e(s) that rises from 0 to 1 between s = 1/2 - eps and 1/2 + eps. Data costs 1/4.
"""

from __future__ import annotations

from fractions import Fraction

from mdsolve.instance import Instance, parse
from mdsolve.progress import Monitor
from mdsolve.solution import Solution
from mdsolve.solver.equilibrium.nonexistence import CLOSENESS
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.study.run import solve
from mdsolve.tolerance import DEFAULT

HALF = Fraction(1, 2)
WIDTHS = tuple(Fraction(k, 64) for k in (1, 2, 4, 8, 16, 24, 28, 31))
"""Values of eps; the paper's proof covers those below 1/16."""

PAPER_LIMIT = Fraction(1, 16)


def ring_instance(eps: Fraction) -> Instance:
    """Return the three agents of the proof, for 0 < eps <= 1/2."""
    flat = [[0, 0]] if eps < HALF else []
    points = [*flat, [str(HALF - eps), 0], [str(HALF + eps), 1]]
    agents = [{"name": name, "cost": "1/4", "capacity": 1} for name in ("1", "2", "3")]
    accuracy = {
        "family": "union",
        "curve": {"points": points},
        "neighbours": [[0, 2], [1, 0], [2, 1]],
    }
    return parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})


def gap_formula(eps: Fraction) -> Fraction:
    """Return (1 - 4 eps^2) / 64, the least regret of the most tempted agent over all profiles.

    Examples
    --------
    >>> gap_formula(Fraction(1, 8))
    Fraction(15, 1024)
    """
    return (1 - 4 * eps**2) / 64


def even_regret(eps: Fraction) -> Fraction:
    """Return everybody's regret when all contribute alike, with effort e(s) = 7/8 - eps/4.

    Everybody earns 2 e - e^2 - s/4; dropping out earns e, and full effort, s = 1/2 + eps, earns
    7/8 - eps/4. At this e both tempt equally. It bounds the gap from above.

    Examples
    --------
    >>> even_regret(Fraction(1, 8)) == gap_formula(Fraction(1, 8))
    True
    """
    effort = Fraction(7, 8) - eps / 4
    own = HALF + 2 * eps * (effort - HALF)
    return effort - (2 * effort - effort**2 - own / 4)


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Prove that there is no equilibrium at several eps, and compare the proved gap."""
    del seed
    rows: list[Row] = []
    lower, upper = [], []
    for eps in WIDTHS:
        found = solve(ring_instance(eps), "none", monitor=monitor)
        gap, reached, exact = found.nash_gap, found.nash_gap_at_most, gap_formula(eps)
        lower.append(gap)
        upper.append(reached)
        closes = CLOSENESS * float(exact) <= gap <= float(exact) <= reached * (1 + DEFAULT.verify)
        rows.append(
            Row(
                f"no equilibrium at eps = {eps}",
                "yes" if eps < PAPER_LIMIT else "",
                f"{_proof(found)}: gap at least {gap:.8f}; (1 - 4 eps^2)/64 = {float(exact):.8f}",
                _proved(found) and closes and even_regret(eps) == exact,
            )
        )
    last = solve(ring_instance(HALF), "none", monitor=monitor)
    s = last.contributions
    certificate = last.certificate
    assert certificate is not None
    rows.append(
        Row(
            "eps = 1/2, e(s) = s: payoffs are concave in the own data",
            "",
            f"equilibrium ({s[0]:g}, {s[1]:g}, {s[2]:g})",
            certificate.condition("nash").verdict == "pass",
            note="1 - s = 1/4: the gap closes exactly at the end of the range",
        )
    )
    notes = (
        "The paper's proof needs eps < 1/16; there is no equilibrium for any eps below 1/2.",
        "Each proof is a tree of boxes that covers all profiles; in each box one agent gains by "
        "one fixed deviation, which the checker replays in exact fractions. The bound is within a "
        "thousandth of the formula, which even contributions at which dropping out and doing "
        "everything alone tempt equally attain.",
        "A cycle of best responses, as in the paper's argument, would only show that best "
        "responses do not settle.",
    )
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "Theorem A.2 of [M23]; the gap is not in the paper",
        tuple(rows),
        notes,
        {"eps": [float(eps) for eps in WIDTHS], "lower": lower, "upper": upper},
    )


def _proved(found: Solution) -> bool:
    certificate = found.certificate
    return certificate is not None and certificate.condition("no-equilibrium").verdict == "pass"


def _proof(found: Solution) -> str:
    certificate = found.certificate
    assert certificate is not None
    return f"{certificate.condition('no-equilibrium').scope.split(' that')[0]}, exact"


ITEM = Item("murhekar2023/theorem-a2", "A game without an equilibrium", recompute)
