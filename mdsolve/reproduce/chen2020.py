"""[C20] Example 1, VCG payments that reward hiding data, and Figure 3, the boundary of existence."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import mdsolve as md
from mdsolve.reproduce.record import Recomputation, checked
from mdsolve.tolerance import ROUND_OFF

RATIO = 10
"""t_1 / t_2 in Example 1."""

CURVE_POINTS = 400
BISECTIONS = 200


def utility(report: Fraction | float, own: Fraction | float) -> Fraction | float:
    """Return the large agent's VCG utility when t_2 = 1 and they own `own` but report `report`.

    q_1 = max(own, report + 1), q_2 = report + 1 and p_1 = 1/(report + 1) - 1/2.

    Examples
    --------
    >>> utility(Fraction(10), Fraction(10)), utility(Fraction(3), Fraction(10))
    (Fraction(10, 11), Fraction(27, 28))
    """
    used = max(own, report + 1)
    return used / (used + report + 1) - 1 / (report + 1) + type(report)(1) / 2


def best_report(own: float) -> float:
    """Return the maximiser of `utility` over real reports up to ``own - 1``.

    With y = report + 1 the utility is own/(own + y) - 1/y + 1/2; its slope vanishes at
    y (sqrt(own) - 1) = own, where it turns from rising to falling.
    """
    return float(own / (own**0.5 - 1) - 1)


def truthful_ratio() -> float:
    """Return the largest ratio at which the truth is still a best report, by bisection."""
    low, high = 4.0, 10.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        gains = utility(best_report(middle), middle) > utility(middle, middle)
        low, high = (low, middle) if gains else (middle, high)
    return low


def truthful_ratio_from_cubic() -> float:
    """Return the same ratio in closed form.

    With s the square root of the ratio, the best lie earns (1 - 1/s)^2 + 1/2 and the truth
    1 - 1/(s^2 + 1). They are equal where s^3 - 3 s^2 + 2 s - 2 = 0, that is s = 1 + t with
    t^3 = t + 2; by Cardano t = (1 + r)^(1/3) + (1 - r)^(1/3), r = sqrt(26/27).
    """
    root = math.sqrt(26 / 27)
    return (1 + math.cbrt(1 + root) + math.cbrt(1 - root)) ** 2


def truthful_on_integers(largest: int) -> bool:
    """Tell, in exact fractions, whether no integer lie pays for who owns `largest`."""
    own = Fraction(largest)
    return all(utility(Fraction(r), own) <= utility(own, own) for r in range(1, largest))


def example1(run: Recomputation) -> None:
    """Recompute the example in exact fractions, and the ratio at which the trouble starts."""
    values = {report: utility(Fraction(report), Fraction(RATIO)) for report in range(1, RATIO + 1)}
    best = max(values, key=lambda report: values[report])
    ratio, closed = truthful_ratio(), truthful_ratio_from_cubic()
    whole = next(k for k in range(2, RATIO) if not truthful_on_integers(k + 1))
    run.say("truth", values[RATIO], values[RATIO] == Fraction(10, 11))
    run.say("lie", values[3], values[3] == Fraction(27, 28))
    run.say("integer", best=best, utility=values[best])
    run.say("real", best=best_report(RATIO), utility=utility(best_report(RATIO), RATIO))
    run.say("ratio", ratio, abs(ratio - closed) <= ROUND_OFF * closed, closed=closed)
    run.say("whole", whole, whole == math.floor(ratio))
    market = md.parse(
        {
            "kind": "market",
            "agents": ["large", "small"],
            "types": {"large": list(range(1, RATIO + 1)), "small": [1]},
            "valuation": {"family": "share"},
        }
    )
    found = md.solve(market, "vcg", options={"arithmetic": "exact"}, monitor=run.monitor)
    run.say("witness", **(checked(found, "incentive-compatibility").witness or {}))
    reports = [1 + (RATIO - 1) * k / CURVE_POINTS for k in range(CURVE_POINTS + 1)]
    run.series |= {
        "reports": reports,
        "utilities": [float(utility(report, float(RATIO))) for report in reports],
        "truth": float(values[RATIO]),
        "marked": {str(r): float(values[r]) for r in (3, best, RATIO)},
    }


EXPONENTS = tuple(Fraction(-1000 + 2 * k, 1000) for k in range(167))
"""-1 to -0.668 in steps of 0.002, as in the paper's Figure 3."""

BEYOND = tuple(Fraction(-667 + k, 1000) for k in range(6))
"""-0.667 to -0.662 in steps of 0.001, where the paper's computer gave up."""

PAPER_LIMIT = 10_000
LIMIT = 1_000_000
SHOWN = ("-1", "-0.9", "-0.8", "-0.7", "-0.68", "-0.668")


def figure3(run: Recomputation) -> None:
    """Recompute the boundary on types 1..D and 0..D, on the latter past the paper's 10,000."""
    points, largest = [], {}
    for grid in ("one", "zero"):
        exponents = EXPONENTS + (BEYOND if grid == "zero" else ())
        line = md.frontier([2], exponents, grid, limit=LIMIT, monitor=run.monitor)
        points += line
        largest[grid] = {point.exponent: float(point.frontier) for point in line}
    threshold = points[0].threshold

    def at(exponent: str | Fraction) -> dict[str, float]:
        return {grid: sizes[Fraction(exponent)] for grid, sizes in largest.items()}

    def growth(start: str) -> dict[str, float]:
        before, after = at(start), at(Fraction(start) + Fraction(1, 100))
        return {grid: after[grid] / before[grid] for grid in largest}

    near, far = growth("-0.68"), growth("-0.78")
    run.say("speed", agrees=all(near[grid] > far[grid] for grid in near), near=near, far=far)
    last = at(EXPONENTS[-1])
    run.say("computable", agrees=last["zero"] <= PAPER_LIMIT, **last)
    passed = {
        grid: float(next(exponent for exponent, size in sizes.items() if size > PAPER_LIMIT))
        for grid, sizes in largest.items()
    }
    run.say("end", agrees=float(EXPONENTS[-1]) < passed["zero"] < threshold, **passed)
    run.say("threshold", agrees=threshold < 0, threshold=threshold)
    monotone = all(a <= b for sizes in largest.values() for a, b in pairwise(sizes.values()))
    run.say("monotone", monotone, monotone)
    run.say("fixed", agrees=max(at("-1").values()) < 1, **at("-1"))
    for exponent in SHOWN:
        run.say("largest", exponent=exponent, **at(exponent))
    run.words["threshold"] = threshold
    lines = {
        grid: {"exponents": [float(exponent) for exponent in sizes], "largest": [*sizes.values()]}
        for grid, sizes in largest.items()
    }
    run.series |= {"points": points, "threshold": threshold, **lines}
