"""[K22] Appendix D: contracts for private costs as printed, beside the best ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.curves import Curve, PacCurve, PowerCurve, ThresholdPowerCurve
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import parse
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.solver.shaping.others_data import OthersData
from mdsolve.solver.shaping.private_contracts import (
    Contract,
    PrivateAgent,
    Worth,
    accepted_amounts,
    best_alone,
    best_contract,
    published_contract,
)
from mdsolve.solver.shaping.private_equilibrium import private_equilibrium
from mdsolve.solver.shaping.private_population import population_of
from mdsolve.solver.shaping.value_shaping import shaped_equilibria
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.tolerance import DEFAULT, SEARCH_MARGIN

DRAWS = 400
AGENTS = 10_000
COSTS = (1e-4, 2e-4)
ACCURACY = {"family": "pac", "ceiling": 0.95, "complexity": 10}
"""Agents, costs and ceiling of [K22] C.2.3, where the complexity is not stated."""

SHARES = tuple(sorted((0.3333, 0.3334, *(round(0.05 * k, 2) for k in range(1, 20)))))
"""Chances of low costs, among them both sides of c_low/(c_low + c_high)."""

SHOWN = (0.2, 0.4, 0.6)
PICTURED = PrivateAgent(PowerCurve(), 1.0, low=0.01, high=0.1, probability_low=0.5)
OTHERS = 0.5
MANY = 1e6
"""An agent whose printed contract cannot be kept; the figures of the paper have no numbers."""


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Check the statements of Appendix D on random agents and on the crowd of C.2.3."""
    rng = np.random.default_rng(seed)
    kept, best, inside, rents, losses, excesses = 0, 0, 0, 0.0, [0.0], [0.0]
    for done in range(DRAWS):
        monitor.advance("random agents", done, DRAWS)
        agent, amount = _random_agent(rng)
        others = OthersData.certain(amount)
        exact, printed = best_contract(agent, others), published_contract(agent, others)
        worth = Worth(agent, others)
        least, most = (_full_information(worth, rate) for rate in (agent.high, agent.low))
        slack = DEFAULT.verify * max(1.0, most)
        inside += least - slack <= exact.low <= most + slack
        rent = agent.low * (most - exact.low) - worth(most) + worth(exact.low)
        earned = exact.low_worth - agent.low * exact.low - exact.alone_low[1]
        rents = max(rents, abs(rent - earned))
        kept += printed.excess == 0
        excesses.append(printed.excess / agent.value)
        if printed.excess == 0:
            missed = exact.expected - printed.expected
            best += missed <= slack
            losses.append(missed / max(exact.expected, slack))
    share_kept, share_best = kept / DRAWS, best / max(1, kept)
    corner = _corner(PICTURED)
    low, high = PICTURED.low, PICTURED.high
    rows = [
        Row(
            "the mechanism is feasible (Theorem VII)",
            "always",
            f"in {100 * share_kept:.1f} % of {DRAWS} random cases",
            kept == DRAWS,
            note=f"otherwise promised accuracies are up to {max(excesses):.3g} too high",
        ),
        Row(
            "it collects the most data in expectation (Theorem VII)",
            "always",
            f"in {100 * share_best:.1f} % of the {kept} cases where it is feasible",
            best == kept,
            note=f"otherwise up to {100 * max(losses):.0f} % less than the best contracts",
        ),
        Row(
            "low costs contribute what they would under known costs from p =",
            f"c_low/(c_low + c_high) = {low / (low + high):.6g}",
            round(corner, 6),
            abs(corner - low / (low + high)) <= SEARCH_MARGIN,
            note=f"c_low/c_high = {low / high:.6g}, the agent of the picture among many",
        ),
        Row(
            "m_down is between the contributions of both costs when known (Remark 5)",
            "always",
            f"in {100 * inside / DRAWS:.1f} % of the random cases",
            inside == DRAWS,
            note="with the best contracts",
        ),
        Row(
            "the information rent of Theorem VIII",
            "an identity",
            f"differs by at most {rents:.1g}",
            rents <= DEFAULT.verify,
        ),
    ]
    series = _crowd(monitor)
    rows += [
        Row(
            f"total data of {AGENTS:,} agents, {share:.0%} with low costs",
            "",
            f"{known:,.0f} known, {best_total:,.0f} private, {printed_total:,.0f} as printed",
        )
        for share, known, best_total, printed_total in zip(
            series["shares"], series["known"], series["private"], series["printed"], strict=True
        )
        if share in SHOWN
    ]
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "[K22] Appendix D, Figures 8 and 10, Theorems VII and VIII; the figures show no numbers",
        tuple(rows),
        (
            "Condition (16) has c_low - p/(1-p) c_high; maximising p m_down + (1-p) m_up gives "
            "c_low - p/(1-p) (c_high - c_low). Nothing in (17) keeps m_up below what high costs "
            "would give if known.",
            "Random cases: power, threshold-power and pac curves, costs over two orders of "
            "magnitude, others' data between 0.01 and 100 samples.",
            "In a large crowd the model hardly improves with one agent's data, and the best "
            "contracts jump from equal ones to different ones at p = c_low/c_high.",
        ),
        {**series, **_picture()},
    )


def _random_agent(rng: np.random.Generator) -> tuple[PrivateAgent, float]:
    kind = int(rng.integers(3))
    exponent, threshold, complexity = rng.uniform((0.3, 1.0, 0.5), (2.0, 30.0, 3.0))
    curves: tuple[Curve, ...] = (
        PowerCurve(1.0, 1.0, exponent),
        ThresholdPowerCurve(1.0, threshold, exponent),
        PacCurve(0.95, complexity),
    )
    low = 10 ** rng.uniform(-2.5, -1)
    high = low * (1 + 10 ** rng.uniform(-1, 1))
    value = 20.0 if kind == 2 else 1.0
    agent = PrivateAgent(curves[kind], value, low, high, rng.uniform(0.02, 0.98))
    return agent, float(10 ** rng.uniform(-2, 2))


def _full_information(worth: Worth, rate: float) -> float:
    """Return the most that an agent of a known cost rate can be brought to contribute."""
    alone = Worth(worth.agent, OthersData.certain(0.0))
    return accepted_amounts(worth, rate, 0.0, best_alone(alone, rate))[-1][1]


def _corner(agent: PrivateAgent) -> float:
    """Return the least p at which low costs contribute all they would if known, by halving."""
    others = OthersData.certain(MANY)
    most = _full_information(Worth(agent, others), agent.low)
    start, end = 0.0, 1.0
    while end - start > DEFAULT.solve:
        p = 0.5 * (start + end)
        found = best_contract(
            PrivateAgent(agent.curve, agent.value, agent.low, agent.high, p), others
        )
        at_most = found.low >= most * (1 - DEFAULT.verify)
        start, end = (start, p) if at_most else (p, end)
    return end


def _crowd(monitor: Monitor) -> dict[str, list[float]]:
    """Return expected totals against the share of low costs: known, best private, as printed."""
    low, high = COSTS
    found: dict[str, list[float]] = {"shares": [], "known": [], "private": [], "printed": []}
    for done, share in enumerate(SHARES):
        monitor.advance("shares of low costs", done, len(SHARES))
        cheap = round(share * AGENTS)
        known = [{"name": "low-{}", "count": cheap, "cost": low}]
        known.append({"name": "high-{}", "count": AGENTS - cheap, "cost": high})
        prior = {"low": low, "high": high, "probability_low": share}
        private = [{"name": "agent-{}", "count": AGENTS, "prior": prior}]
        population, _ = population_of(_game(private))
        found["shares"].append(share)
        found["known"].append(float(shaped_equilibria(_game(known)).totals[-1]))
        for key, rule in (("private", "exact"), ("printed", "published")):
            rest = private_equilibrium(population, "bayes", rule, monitor)
            found[key].append(AGENTS * rest.contracts[0].expected)
    return found


def _game(agents: list[dict[str, Any]]) -> SharingGame:
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": ACCURACY})
    assert isinstance(instance, SharingInstance)
    return sharing_game(instance)


def _picture() -> dict[str, Any]:
    """Return the curves of the agent in the picture and the points A, C, D of both rules."""
    others = OthersData.certain(OTHERS)
    exact, printed = best_contract(PICTURED, others), published_contract(PICTURED, others)
    full, own = Worth(PICTURED, others), Worth(PICTURED, OthersData.certain(0.0))
    samples = np.linspace(0.0, 1.35 * max(exact.low, printed.low), 400)
    return {
        "samples": samples,
        "own": np.array([own(m) for m in samples]),
        "full": np.array([full(m) for m in samples]),
        "received": np.array([_received(exact, full, own, m) for m in samples]),
        "exact": _points(exact),
        "as_printed": _points(printed),
    }


def _received(found: Contract, full: Worth, own: Worth, m: float) -> float:
    """Return the worth of the model handed out for a contribution m."""
    if m <= found.alone_high[0]:
        return own(m)
    samples, worths = zip(*_points(found), strict=True)
    beyond = full.agent.low * max(0.0, m - found.low)
    return max(own(m), min(full(m), float(np.interp(m, samples, worths)) + beyond))


def _points(found: Contract) -> list[list[float]]:
    """Return A, C, D: samples, money."""
    return [
        [found.alone_high[0], found.alone_worth],
        [found.high, found.high_worth],
        [found.low, found.low_worth],
    ]


ITEM = Item("karimireddy2022/figure8", "Contracts for private costs", recompute)
