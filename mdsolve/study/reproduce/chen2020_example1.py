"""[C20] Example 1: in a fixed market VCG payments reward hiding data."""

from __future__ import annotations

import math
from fractions import Fraction

from mdsolve.certificate.market.check import verify_market
from mdsolve.certificate.market.claim import MarketClaim
from mdsolve.game.arithmetic import EXACT
from mdsolve.game.build import market_game
from mdsolve.instance import parse
from mdsolve.instance.market import MarketInstance
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import market_mechanism
from mdsolve.progress import Monitor
from mdsolve.solver.market.routes import MEMORY_LIMIT
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.tolerance import ROUND_OFF

RATIO = 10
"""t_1 / t_2 in the example."""

CURVE_POINTS = 400
BISECTIONS = 200


def utility(report: Fraction | float, own: Fraction | float) -> Fraction | float:
    """Return the large agent's VCG utility when t_2 = 1 and he owns `own` but reports `report`.

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
    """Tell, in exact fractions, whether no integer lie pays when he owns `largest`."""
    own = Fraction(largest)
    return all(utility(Fraction(r), own) <= utility(own, own) for r in range(1, largest))


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute the example in exact fractions, and the ratio at which the trouble starts."""
    del seed
    own = Fraction(RATIO)
    values = {report: utility(Fraction(report), own) for report in range(1, RATIO + 1)}
    best = max(values, key=lambda report: values[report])
    witness = _checked_witness(monitor)
    ratio, closed = truthful_ratio(), truthful_ratio_from_cubic()
    whole = next(k for k in range(2, RATIO) if not truthful_on_integers(k + 1))
    reports = [1 + (RATIO - 1) * k / CURVE_POINTS for k in range(CURVE_POINTS + 1)]
    rows = (
        Row(
            "utility of the truth, t_1 = 10 t_2",
            "10/11",
            values[RATIO],
            values[RATIO] == Fraction(10, 11),
        ),
        Row("utility of reporting 3 t_2", "27/28", values[3], values[3] == Fraction(27, 28)),
        Row("best report on the integers", "", f"{best} t_2, utility {values[best]}"),
        Row(
            "best real report",
            "",
            f"{best_report(RATIO):.6f} t_2, utility {utility(best_report(RATIO), RATIO):.9f}",
        ),
        Row(
            "VCG is truthful for the large agent up to the ratio",
            "",
            ratio,
            abs(ratio - closed) <= ROUND_OFF * closed,
            note=f"by bisection; (1 + t)^2 with t^3 = t + 2 gives {closed:.12g}",
        ),
        Row("largest whole ratio, integer reports", "", whole, whole == math.floor(ratio)),
        Row(
            "worst lie found by the checker, types 1..10 against 1",
            "",
            f"type {witness['type']}, report {witness['report']}: {witness['utility_report']} "
            f"instead of {witness['utility_truth']}",
        ),
    )
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "Example 1 of [C20]; the ratio is not in the paper",
        rows,
        (
            "The liar keeps his own model: after reporting 3 t_2 he still serves his customers "
            "with quality 10 t_2.",
            "Hiding is useful because payments fall with the harm that a report does to others.",
        ),
        {
            "reports": reports,
            "utilities": [float(utility(report, float(own))) for report in reports],
            "truth": float(values[RATIO]),
            "marked": {str(r): float(values[r]) for r in (3, best, RATIO)},
        },
    )


def _checked_witness(monitor: Monitor) -> dict[str, str]:
    """Return the lie that the independent checker names for the VCG table of the example."""
    instance = parse(
        {
            "kind": "market",
            "agents": ["large", "small"],
            "types": {"large": list(range(1, RATIO + 1)), "small": [1]},
            "valuation": {"family": "share"},
        }
    )
    assert isinstance(instance, MarketInstance)
    market = market_game(instance).with_arithmetic(EXACT)
    rule = market_mechanism("vcg")
    options = effective_options("vcg", rule.options, {"arithmetic": "exact"})
    payments = rule.outcome(market, options, monitor, MEMORY_LIMIT).payments
    certificate = verify_market(
        market,
        MarketClaim(mechanism="vcg", payments=payments),
        arithmetic="exact",
        conditions=("incentive-compatibility",),
        claimed=(),
    )
    witness = certificate.condition("incentive-compatibility").witness
    assert witness is not None
    return dict(witness)


ITEM = Item("chen2020/example1", "VCG payments are not truthful in a fixed market", recompute)
