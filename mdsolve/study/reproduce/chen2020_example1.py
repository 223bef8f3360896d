"""[C20] Example 1: in a fixed market VCG payments reward hiding data."""

from __future__ import annotations

from fractions import Fraction

from mdsolve.certificate.claim import MarketClaim
from mdsolve.certificate.market import verify_market
from mdsolve.game.arithmetic import EXACT
from mdsolve.game.build import market_game
from mdsolve.instance import parse
from mdsolve.instance.market import MarketInstance
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import market_mechanism
from mdsolve.progress import Monitor
from mdsolve.solver.routes import MEMORY_LIMIT
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.tolerance import ROUND_OFF

RATIO = 10
"""t_1 / t_2 in the example."""

CURVE_POINTS = 400
PRINTED_THRESHOLD = 6.357355626
"""Ratio up to which the large agent has no useful lie, as known to ten digits."""

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


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute the example in exact fractions, and the ratio at which the trouble starts."""
    del seed
    one = Fraction(1)
    own = Fraction(RATIO)
    values = {report: utility(Fraction(report), own) for report in range(1, RATIO + 1)}
    best = max(values, key=lambda report: values[report])
    witness = _checked_witness(monitor)
    ratio = truthful_ratio()
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
            PRINTED_THRESHOLD,
            ratio,
            abs(ratio - PRINTED_THRESHOLD) <= ROUND_OFF * 1000,
        ),
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
            "unit": float(one),
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
