"""[D25] Figure 1: welfare of UPBReD, 2P-UPBReD, FedAvg and FedAvgStrategic, on digits or a folder.

Welfare is sum_i a_i, as in the paper, with a_i the loss below that of guessing; costs are drawn
from U[0, 1] and first contributions from the middle third of what each agent has. On the digits a
unit of accuracy is worth VALUE units of cost; at the paper's 1, costs drown every gain.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.progress import Monitor
from mdsolve.solution import Solution
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.study.reproduce.training_runs import DIGITS, Setting, setting_on, whole_benefit

Floats = npt.NDArray[np.float64]

PROTOCOLS = ("fedavg", "2p-upbred", "upbred", "fedavg-strategic")
LABELS = {
    "fedavg": "FedAvg",
    "2p-upbred": "2P-UPBReD",
    "upbred": "UPBReD",
    "fedavg-strategic": "FedAvgStrategic",
}
AGENTS = (2, 5, 10, 20)
PUBLISHED_AGENTS = 10
BETAS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
BETA = 2.0
VALUE = 1000.0
DRAWS = 3
ROUNDS = 20
COMMON = {"payoff": "loss", "learning_rate": 0.1, "rounds": ROUNDS}
MOVES = {"step_size": 20, "difference": 8}
SIZES = (20.0, 130.0)
"""Least and most examples of unequal agents, for the question who is better off."""

MODEST_VALUE = 100.0
"""There a unit of accuracy is worth less, so that costs and payments matter."""


def draws(agents: int, seed: int) -> tuple[Floats, Floats]:
    """Return cost rates and where in the middle third agents start, both from U[0, 1]."""
    random = np.random.default_rng([seed, agents])
    return random.uniform(0, 1, agents), random.uniform(0, 1, agents)


def run(
    setting: Setting,
    name: str,
    agents: int,
    seed: int,
    value: float = VALUE,
    **keys: Any,
) -> Solution:
    """Run one protocol with costs and first contributions drawn from the seed."""
    costs, starts = draws(agents, seed)
    third = setting.examples / setting.scale / agents / 3
    protocol: dict[str, Any] = {"name": name, **keys}
    if name != "fedavg":
        start = np.floor(third * (1 + starts)).tolist()
        protocol = {**MOVES, "start": start, **protocol}
    if name == "2p-upbred":
        protocol.setdefault("beta", BETA)
    paid = {"cost": costs.tolist(), "value": [value] * agents}
    return setting.run(paid, protocol, seed)


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute the figure on the bundled digits."""
    return recompute_on(seed, monitor, DIGITS)


def recompute_on(seed: int, monitor: Monitor, source: str) -> Reproduction:
    """Recompute the figure on a source of data, such as ``cifar10:DIR``."""
    setting = setting_on(source, COMMON)
    seeds = [seed + draw for draw in range(DRAWS)]
    by_agents: dict[str, list[list[Solution]]] = {name: [] for name in PROTOCOLS}
    steps = len(AGENTS) + len(BETAS) + 2
    for number, agents in enumerate(AGENTS):
        for name in PROTOCOLS:
            by_agents[name].append([run(setting, name, agents, one) for one in seeds])
        monitor.advance("sweeps", number + 1, steps)
    by_beta = []
    for number, beta in enumerate(BETAS):
        paid = [run(setting, "2p-upbred", PUBLISHED_AGENTS, one, beta=beta) for one in seeds]
        by_beta.append(paid)
        monitor.advance("sweeps", len(AGENTS) + number + 1, steps)
    rows = [*_agent_rows(by_agents), _beta_row(by_beta, seeds), _payment_row(by_beta)]
    rows += _unit_value_rows(setting, seeds)
    monitor.advance("sweeps", steps - 1, steps)
    rows.append(_rationality_row(setting, seeds))
    monitor.advance("sweeps", steps, steps)
    published = AGENTS.index(PUBLISHED_AGENTS)
    series = {
        "agents": list(AGENTS),
        "welfare by agents": {
            name: [_welfare(cell) for cell in by_agents[name]] for name in PROTOCOLS
        },
        "betas": list(BETAS),
        "welfare by beta": {
            name: [_welfare(cell) for cell in by_beta]
            if name == "2p-upbred"
            else [_welfare(by_agents[name][published])] * len(BETAS)
            for name in PROTOCOLS
        },
        "share by beta": [
            float(np.mean([solution.metrics["data_share"] for solution in cell]))
            for cell in by_beta
        ],
    }
    return Reproduction(ITEM.name, ITEM.title, SOURCE, tuple(rows), notes(setting), series)


SOURCE = "Section 5 and Figure 1 of [D25]; the figure prints no numbers"


def notes(setting: Setting) -> tuple[str, ...]:
    """Return what a reader must know."""
    return (
        f"Recomputed on {setting.source}, {ROUNDS} rounds, {DRAWS} draws of costs, starts and "
        "partitions; the paper trains on CIFAR-10, FeMNIST and Twitter with 100 rounds.",
        f"A unit of a_i is worth {VALUE:g} units of cost unless said otherwise, so that agents "
        "have something to weigh. With the paper's 1 an example costs more than it ever gains; "
        "contributions then only fall, at the pace the step size allows.",
        "Update (10) divides what a round of training gains by the last change of the "
        "contribution. That is no slope in the contribution; it keeps agents moving the way they "
        "moved last.",
        "With equal amounts of data the payments of 2P-UPBReD are zero in the end: costs are borne "
        "where they fall. With unequal ones those with little data pay those with much: without "
        "payments the latter would rather train alone, with them the former.",
    )


def _welfare(solutions: list[Solution]) -> float:
    return float(np.mean([whole_benefit(solution) for solution in solutions]))


def _agent_rows(by_agents: dict[str, list[list[Solution]]]) -> list[Row]:
    """Return the statements about welfare against the number of agents."""
    table = {
        name: np.array([[whole_benefit(solution) for solution in cell] for cell in cells])
        for name, cells in by_agents.items()
    }
    gap = float(np.abs(table["2p-upbred"] - table["fedavg"]).max())
    wins = int((table["2p-upbred"] > table["upbred"]).sum())
    lost = int((table["fedavg-strategic"] < table["fedavg"]).sum())
    runs = table["fedavg"].size
    words = ", ".join(str(n) for n in AGENTS)
    return [
        Row(
            "2P-UPBReD and FedAvg have the same welfare for every number of agents",
            "yes",
            f"largest difference {gap:.3g}",
            gap == 0,
            note=f"n = {words}; with beta = {BETA:g} everybody brings all he has, and the same "
            "model is trained",
        ),
        Row(
            "2P-UPBReD outperforms UPBReD in nearly all runs",
            "yes",
            f"{wins} of {runs}",
            wins >= 0.9 * runs,
        ),
        Row("strategic agents harm FedAvg", "yes", f"{lost} of {runs} runs", lost >= 0.9 * runs),
    ]


def _beta_row(by_beta: list[list[Solution]], seeds: list[int]) -> Row:
    """Return from which beta on everything is brought, beside what Theorem 2 asks for."""
    enough = [
        beta
        for beta, cell in zip(BETAS, by_beta, strict=True)
        if all(not solution.answers["held_back"] for solution in cell)
    ]
    predicted = max(
        float(draws(PUBLISHED_AGENTS, one)[0].max()) + solution.answers["steepest_fall"]
        for cell in by_beta
        for one, solution in zip(seeds, cell, strict=True)
    )
    least = min(enough, default=None)
    return Row(
        "everything is brought at a beta below zeta + tau",
        "yes",
        "at none" if least is None else f"from beta = {least:g} on; zeta + tau = {predicted:.3f}",
        least is not None and least < predicted,
        note=f"n = {PUBLISHED_AGENTS}; beta among {', '.join(f'{beta:g}' for beta in BETAS)}; tau "
        "as seen in phase 1",
    )


def _payment_row(by_beta: list[list[Solution]]) -> Row:
    """Return whether payments rise with contributions, while these still differ."""
    ordered = True
    for cell in by_beta:
        for solution in cell:
            history = solution.answers["history"]
            brought, paid = (np.asarray(history[k])[0] for k in ("contributions", "payments"))
            more = brought[:, None] > brought
            ordered &= bool((paid[:, None] >= paid)[more].all())
    return Row(
        "payments never fall with the contribution",
        "yes",
        "in every run" if ordered else "not in every run",
        ordered,
        note="(7) is increasing in s_i for n > 1; first round of phase 1",
    )


def _unit_value_rows(setting: Setting, seeds: list[int]) -> list[Row]:
    """Return what agents bring in the end where accuracy is worth 1, by update and protocol."""

    def share(name: str, **keys: Any) -> float:
        cell = [run(setting, name, PUBLISHED_AGENTS, one, value=1.0, **keys) for one in seeds]
        return float(np.mean([solution.metrics["data_share"] for solution in cell]))

    printed = share("upbred", estimate="rounds", step_size=1, difference=1)
    slopes = share("upbred")
    chosen = share("fedavg-strategic")
    stuck = share("fedavg-strategic", stopping="published")
    return [
        Row(
            "accuracy worth 1, UPBReD: share of the data brought in the last round",
            "",
            f"{100 * printed:.0f} % by (10), {100 * slopes:.0f} % by slopes with steps of "
            f"{MOVES['step_size']}",
            note="nobody contributes in equilibrium; after 20 rounds agents are on their way there",
        ),
        Row(
            "accuracy worth 1, FedAvgStrategic: share of the data",
            "",
            f"{100 * stuck:.0f} % by the printed stopping rule, {100 * chosen:.0f} % after 100 "
            "rounds of choosing",
            note="Algorithm 3 stops at once where no slope is positive, with the contributions "
            "drawn at the start",
        ),
    ]


def _rationality_row(setting: Setting, seeds: list[int]) -> Row:
    """Return which agents with unequal data would rather train alone, paid and unpaid."""
    half = PUBLISHED_AGENTS // 2
    losing = {}
    for name in ("fedavg", "2p-upbred"):
        keys = {"name": name} if name == "fedavg" else {"name": name, "beta": BETA, **MOVES}
        counts = np.zeros(PUBLISHED_AGENTS, dtype=int)
        for one in seeds:
            agents = {
                "cost": draws(PUBLISHED_AGENTS, one)[0].tolist(),
                "value": [MODEST_VALUE] * PUBLISHED_AGENTS,
                "capacity": np.linspace(*SIZES, PUBLISHED_AGENTS).tolist(),
            }
            solution = setting.run(agents, keys, one, alone=True)
            alone = np.asarray(solution.answers["standalone"]["utilities"])
            counts += alone > np.asarray(solution.answers["utilities"])
        losing[name] = f"{counts[:half].sum()} and {counts[half:].sum()}"
    each = half * len(seeds)
    return Row(
        "agents who would rather train alone, of those with little and with much data",
        "",
        f"{losing['2p-upbred']} of {each} each under 2P-UPBReD; {losing['fedavg']} under FedAvg",
        note=f"accuracy worth {MODEST_VALUE:g}, {SIZES[0]:g} to {SIZES[1]:g} examples of digits "
        "per agent; the paper promises balance only",
    )


ITEM = Item(
    "doshi2025/protocols", "Welfare of protocols with strategic agents", recompute, recompute_on
)
