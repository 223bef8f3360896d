"""[D25] Figure 1: welfare of UPBReD, 2P-UPBReD, FedAvg and FedAvgStrategic, on digits or a folder.

Welfare is sum_i a_i, as in the paper, with a_i the loss below that of guessing; costs are drawn
from U[0, 1] and first contributions from the middle third of what each agent has. On the digits a
unit of accuracy is worth VALUE units of cost; at the paper's 1, costs drown every gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import mdsolve as md
from mdsolve.reproduce.record import Recomputation
from mdsolve.reproduce.training_runs import Setting, setting_on

Floats = npt.NDArray[np.float64]

PROTOCOLS = ("fedavg", "2p-upbred", "upbred", "fedavg-strategic")
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

NEARLY_ALL = 0.9


def draws(agents: int, seed: int) -> tuple[Floats, Floats]:
    """Return cost rates and where in the middle third agents start, both from U[0, 1]."""
    random = np.random.default_rng([seed, agents])
    return random.uniform(0, 1, agents), random.uniform(0, 1, agents)


def protocol_run(
    setting: Setting, name: str, agents: int, seed: int, value: float = VALUE, **keys: Any
) -> md.Solution:
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


def whole_benefit(solution: md.Solution) -> float:
    """Return sum_i a_i after the last round, with a_i the loss below that of guessing."""
    losses = np.asarray(solution.history["losses"])[-1]
    return float((np.log(len(solution.data["classes"])) - losses).sum())


def shares(solutions: Sequence[md.Solution]) -> float:
    """Return the average share of the data brought in the last round."""
    return float(np.mean([solution.metrics["data_share"] for solution in solutions]))


def protocols(run: Recomputation) -> None:
    """Recompute the figure: welfare by number of agents and by beta, and what lies behind it."""
    setting = setting_on(run.data, COMMON)
    seeds = [run.seed + draw for draw in range(DRAWS)]

    def cell(name: str, agents: int = PUBLISHED_AGENTS, **keys: Any) -> list[md.Solution]:
        return [protocol_run(setting, name, agents, one, **keys) for one in seeds]

    welfare: dict[str, list[list[float]]] = {name: [] for name in PROTOCOLS}
    for agents, name in run.each("runs", [(n, name) for n in AGENTS for name in PROTOCOLS]):
        welfare[name].append([whole_benefit(solution) for solution in cell(name, agents)])
    by_beta = [cell("2p-upbred", beta=beta) for beta in run.each("betas", BETAS)]
    table = {name: np.array(values) for name, values in welfare.items()}
    paid, free = table["2p-upbred"], table["fedavg"]
    gap, runs = float(np.abs(paid - free).max()), free.size
    wins, lost = int((paid > table["upbred"]).sum()), int((table["fedavg-strategic"] < free).sum())
    run.say("same", agrees=gap == 0, gap=gap, agents=AGENTS, beta=BETA)
    run.say("outperforms", agrees=wins >= NEARLY_ALL * runs, wins=wins, runs=runs)
    run.say("harm", agrees=lost >= NEARLY_ALL * runs, lost=lost, runs=runs)
    _say_enough(run, by_beta, seeds)
    ordered = all(_payments_rise(solution) for solutions in by_beta for solution in solutions)
    run.say("payments", "in every run" if ordered else "not in every run", ordered)
    run.say(
        "upbred",
        printed=100 * shares(cell("upbred", value=1.0, estimate="rounds", step_size=1, difference=1)),
        slopes=100 * shares(cell("upbred", value=1.0)),
        step=MOVES["step_size"],
    )
    run.say(
        "strategic",
        stuck=100 * shares(cell("fedavg-strategic", value=1.0, stopping="published")),
        chosen=100 * shares(cell("fedavg-strategic", value=1.0)),
    )
    _say_who_is_better_off(run, setting, seeds)
    run.words |= {"data": run.data, "rounds": ROUNDS, "draws": DRAWS, "value": VALUE}
    means = {name: values.mean(axis=1) for name, values in table.items()}
    same = {name: [mean[AGENTS.index(PUBLISHED_AGENTS)]] * len(BETAS) for name, mean in means.items()}
    benefits = [float(np.mean([whole_benefit(one) for one in cell])) for cell in by_beta]
    run.series |= {
        "agents": list(AGENTS),
        "welfare by agents": {name: mean.tolist() for name, mean in means.items()},
        "betas": list(BETAS),
        "welfare by beta": {**same, "2p-upbred": benefits},
        "share by beta": [shares(solutions) for solutions in by_beta],
    }


def _say_enough(run: Recomputation, by_beta: list[list[md.Solution]], seeds: list[int]) -> None:
    """Say from which beta on everything is brought, beside what Theorem 2 asks for."""
    cells = list(zip(BETAS, by_beta, strict=True))
    enough = [b for b, cell in cells if not any(solution.held_back for solution in cell)]
    predicted = max(
        float(draws(PUBLISHED_AGENTS, one)[0].max()) + solution.steepest_fall
        for _, cell in cells
        for one, solution in zip(seeds, cell, strict=True)
    )
    words = "at none"
    if enough:
        words = f"from beta = {min(enough):g} on; zeta + tau = {predicted:.3f}"
    agrees = bool(enough) and min(enough) < predicted
    run.say("beta", words, agrees, n=PUBLISHED_AGENTS, betas=BETAS)


def _payments_rise(solution: md.Solution) -> bool:
    """Tell whether payments rise with contributions in the first round, while these differ."""
    brought, paid = (np.asarray(solution.history[k])[0] for k in ("contributions", "payments"))
    more = brought[:, None] > brought
    return bool((paid[:, None] >= paid)[more].all())


def _say_who_is_better_off(run: Recomputation, setting: Setting, seeds: list[int]) -> None:
    """Say which agents with unequal data would rather train alone, paid and unpaid."""
    half, n = PUBLISHED_AGENTS // 2, PUBLISHED_AGENTS
    losing = {}
    for key, keys in (
        ("free", {"name": "fedavg"}),
        ("paid", {"name": "2p-upbred", "beta": BETA, **MOVES}),
    ):
        counts = np.zeros(n, dtype=int)
        for one in seeds:
            costs, capacity = draws(n, one)[0].tolist(), np.linspace(*SIZES, n).tolist()
            agents = {"cost": costs, "value": [MODEST_VALUE] * n, "capacity": capacity}
            solution = setting.run(agents, keys, one, alone=True)
            counts += np.asarray(solution.standalone["utilities"]) > solution.utilities
        losing[key] = (int(counts[:half].sum()), int(counts[half:].sum()))
    sizes = {"least": SIZES[0], "most": SIZES[1]}
    run.say("alone", **losing, each=half * len(seeds), value=MODEST_VALUE, **sizes)
