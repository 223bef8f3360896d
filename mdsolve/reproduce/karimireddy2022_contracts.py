"""[K22] Appendix D: contracts for private costs as printed, beside the best ones.

One agent beside others whose data are certain is no game that can be solved by itself: these
contracts come from the solver. The crowd is solved and certified.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracies.threshold_power import ThresholdPowerCurve
from mdsolve.reproduce.record import Recomputation, sharing
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
from mdsolve.tolerance import DEFAULT, SEARCH_MARGIN

DRAWS = 400
AGENTS = 10_000  # with the costs and the ceiling of C.2.3, where the complexity is not stated
COSTS = (1e-4, 2e-4)
ACCURACY = {"family": "pac", "ceiling": 0.95, "complexity": 10}
# Chances of low costs, among them both sides of c_low/(c_low + c_high).
SHARES = tuple(sorted((0.3333, 0.3334, *(round(0.05 * k, 2) for k in range(1, 20)))))
SHOWN = (0.2, 0.4, 0.6)
# An agent whose printed contract cannot be kept; the figures of the paper have no numbers.
PICTURED = PrivateAgent(PowerCurve(), 1.0, low=0.01, high=0.1, probability_low=0.5)
OTHERS, MANY = 0.5, 1e6  # samples of the others in the picture, and where there are many of them


def figure8(run: Recomputation) -> None:
    """Check the statements of Appendix D on random agents and on the crowd of C.2.3."""
    _say_random_agents(run)
    _say_crowd(run)
    run.series |= _picture()


def _say_random_agents(run: Recomputation) -> None:
    random = run.random()
    kept, best, inside, rents, losses, excesses = 0, 0, 0, 0.0, [0.0], [0.0]
    for _ in run.each("random agents", range(DRAWS)):
        agent, amount = _random_agent(random)
        others = OthersData.certain(amount)
        exact, printed = best_contract(agent, others), published_contract(agent, others)
        worth = Worth(agent, others)
        least, most = (_full_information(worth, rate) for rate in (agent.high, agent.low))
        slack = DEFAULT.verify * max(1.0, most)
        inside += least - slack <= exact.low <= most + slack
        rent = agent.low * (most - exact.low) - worth(most) + worth(exact.low)
        earned = exact.low_worth - agent.low * exact.low - exact.alone_low[1]
        rents = max(rents, abs(rent - earned))
        excesses.append(printed.excess / agent.value)
        if printed.excess == 0:
            kept += 1
            missed = exact.expected - printed.expected
            best += missed <= slack
            losses.append(missed / max(exact.expected, slack))
    corner, ratio = _corner(PICTURED), PICTURED.low / PICTURED.high
    expected = ratio / (1 + ratio)
    share, most = kept / DRAWS, max(excesses)
    run.say("feasible", agrees=kept == DRAWS, share=share, most=most)
    share, most = best / max(1, kept), max(losses)
    run.say("best", agrees=best == kept, share=share, kept=kept, most=most)
    agrees = abs(corner - expected) <= SEARCH_MARGIN
    run.say("corner", round(corner, 6), agrees, expected=expected, ratio=ratio)
    run.say("between", agrees=inside == DRAWS, share=inside / DRAWS)
    run.say("rent", agrees=rents <= DEFAULT.verify, most=rents)


def _random_agent(random: np.random.Generator) -> tuple[PrivateAgent, float]:
    kind = int(random.integers(3))
    exponent, threshold, complexity = random.uniform((0.3, 1.0, 0.5), (2.0, 30.0, 3.0))
    power, late = PowerCurve(1.0, 1.0, exponent), ThresholdPowerCurve(1.0, threshold, exponent)
    low = 10 ** random.uniform(-2.5, -1)
    high = low * (1 + 10 ** random.uniform(-1, 1))
    curve, value = ((power, 1.0), (late, 1.0), (PacCurve(0.95, complexity), 20.0))[kind]
    agent = PrivateAgent(curve, value, low, high, random.uniform(0.02, 0.98))
    return agent, float(10 ** random.uniform(-2, 2))


def _full_information(worth: Worth, rate: float) -> float:
    """Return the most that an agent of a known cost rate can be brought to contribute."""
    alone = Worth(worth.agent, OthersData.certain(0.0))
    return accepted_amounts(worth, rate, 0.0, best_alone(alone, rate))[-1][1]


def _corner(agent: PrivateAgent) -> float:
    """Return the least p at which low costs contribute all they would if known, by halving."""
    others = OthersData.certain(MANY)
    most = _full_information(Worth(agent, others), agent.low) * (1 - DEFAULT.verify)
    start, end = 0.0, 1.0
    while end - start > DEFAULT.solve:
        p = 0.5 * (start + end)
        at_most = best_contract(replace(agent, probability_low=p), others).low >= most
        start, end = (start, p) if at_most else (p, end)
    return end


def _say_crowd(run: Recomputation) -> None:
    """Say expected totals against the share of low costs: known, best private, as printed."""
    low, high = COSTS
    keys = ("shares", "known", "private", "printed")
    run.series |= {key: [] for key in keys}
    for share in run.each("shares of low costs", SHARES):
        cheap = round(share * AGENTS)
        columns = {"name": ["low-{}", "high-{}"], "count": [cheap, AGENTS - cheap]}
        known = md.solve(sharing(ACCURACY, COSTS, **columns), "value-shaping")
        prior = {"low": low, "high": high, "probability_low": share}
        agents = [{"name": "agent-{}", "count": AGENTS, "prior": prior}]
        private = md.parse({"kind": "sharing", "agents": agents, "accuracy": ACCURACY})
        best, printed = (
            md.solve(private, "value-shaping-private", options={"rule": rule}).expected_total
            for rule in ("exact", "published")
        )
        totals = dict(zip(keys, (share, known.equilibrium_totals[-1], best, printed), strict=True))
        for key, total in totals.items():
            run.series[key].append(float(total))
        if share in SHOWN:
            run.say("crowd", share=share, **totals)


def _picture() -> dict[str, Any]:
    """Return the curves of the agent in the picture and the points A, C, D of both rules."""
    others = OthersData.certain(OTHERS)
    exact, printed = best_contract(PICTURED, others), published_contract(PICTURED, others)
    full, own = Worth(PICTURED, others), Worth(PICTURED, OthersData.certain(0.0))

    def received(m: float) -> float:
        """Return the worth of the model handed out for a contribution m."""
        if m <= exact.alone_high[0]:
            return own(m)
        samples, worths = np.array(_points(exact)).T
        line = float(np.interp(m, samples, worths)) + PICTURED.low * max(0.0, m - exact.low)
        return max(own(m), min(full(m), line))

    samples = np.linspace(0.0, 1.35 * max(exact.low, printed.low), 400)
    curves: dict[str, Any] = {"own": own, "full": full, "received": received}
    drawn = {key: np.array([curve(m) for m in samples]) for key, curve in curves.items()}
    points = {"exact": _points(exact), "as_printed": _points(printed)}
    return {"samples": samples, **drawn, **points}


def _points(found: Contract) -> list[list[float]]:
    """Return A, C, D: samples, money."""
    alone = [found.alone_high[0], found.alone_worth]
    return [alone, [found.high, found.high_worth], [found.low, found.low_worth]]
