"""[D25] Figure 1: welfare of UPBReD, 2P-UPBReD, FedAvg and FedAvgStrategic, on digits or a folder.

Welfare is sum_i a_i, as in the paper, with a_i the loss below that of guessing; costs are drawn
from U[0, 1] and first contributions from the middle third of what each agent has. On the digits a
unit of accuracy is worth VALUE units of cost; at the paper's 1, costs drown every gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.reproduce.record import Floats, Recomputation
from mdsolve.reproduce.training_runs import Setting, setting_on

PROTOCOLS = ("fedavg", "2p-upbred", "upbred", "fedavg-strategic")
AGENTS = (2, 5, 10, 20)
PUBLISHED_AGENTS = 10
BETAS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
BETA = 2.0
VALUE = 1000.0
MODEST_VALUE = 100.0  # of accuracy where costs and payments are to matter
DRAWS, ROUNDS = 3, 20
COMMON = {"payoff": "loss", "learning_rate": 0.1, "rounds": ROUNDS}
MOVES = {"step_size": 20, "difference": 8}
SIZES = (20.0, 130.0)  # least and most examples of unequal agents
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
        protocol = {**MOVES, "start": np.floor(third * (1 + starts)).tolist(), **protocol}
    if name == "2p-upbred":
        protocol.setdefault("beta", BETA)
    return setting.run({"cost": costs.tolist(), "value": [value] * agents}, protocol, seed)


def whole_benefit(solution: md.Solution) -> float:
    """Return sum_i a_i after the last round, with a_i the loss below that of guessing."""
    losses = np.asarray(solution.history["losses"])[-1]
    return float((np.log(len(solution.data["classes"])) - losses).sum())


def share(solutions: Sequence[md.Solution]) -> float:
    """Return the average share of the data brought in the last round."""
    return float(np.mean([solution.metrics["data_share"] for solution in solutions]))


def protocols(run: Recomputation) -> None:
    """Recompute the figure: welfare by number of agents and by beta, and what lies behind it."""
    setting, n = setting_on(run.data, COMMON), PUBLISHED_AGENTS
    seeds = [run.seed + draw for draw in range(DRAWS)]

    def cell(name: str, agents: int = n, **keys: Any) -> list[md.Solution]:
        return [protocol_run(setting, name, agents, one, **keys) for one in seeds]

    welfare: dict[str, list[list[float]]] = {name: [] for name in PROTOCOLS}
    for agents, name in run.each("runs", [(n, name) for n in AGENTS for name in PROTOCOLS]):
        welfare[name].append([whole_benefit(solution) for solution in cell(name, agents)])
    by_beta = [cell("2p-upbred", beta=beta) for beta in run.each("betas", BETAS)]
    table = {name: np.array(values) for name, values in welfare.items()}
    paid, free = table["2p-upbred"], table["fedavg"]
    gap, runs = float(np.abs(paid - free).max()), free.size
    wins, lost = int((paid > table["upbred"]).sum()), int((table["fedavg-strategic"] < free).sum())
    run.say("same", agrees=gap == 0, gap=gap)
    run.say("outperforms", agrees=wins >= NEARLY_ALL * runs, wins=wins, runs=runs)
    run.say("harm", agrees=lost >= NEARLY_ALL * runs, lost=lost, runs=runs)
    enough = [
        beta
        for beta, solutions in zip(BETAS, by_beta, strict=True)
        if not any(solution.held_back for solution in solutions)
    ]
    falls = [[solution.steepest_fall for solution in solutions] for solutions in by_beta]
    predicted = (np.array(falls) + [draws(n, one)[0].max() for one in seeds]).max()
    words = f"from beta = {enough[0]:g} on; zeta + tau = {predicted:.3f}" if enough else "at none"
    run.say("beta", words, bool(enough) and enough[0] < predicted)
    ordered = all(_payments_rise(solution) for solutions in by_beta for solution in solutions)
    run.say("payments", "in every run" if ordered else "not in every run", ordered)
    by_rounds = {"estimate": "rounds", "step_size": 1, "difference": 1}
    printed, slopes, stuck, chosen = (
        100 * share(cell(name, value=1.0, **keys))
        for name, keys in (
            ("upbred", by_rounds),
            ("upbred", {}),
            ("fedavg-strategic", {"stopping": "published"}),
            ("fedavg-strategic", {}),
        )
    )
    run.say("upbred", printed=printed, slopes=slopes)
    run.say("strategic", stuck=stuck, chosen=chosen)
    _say_who_is_better_off(run, setting, seeds)
    means = {name: values.mean(axis=1).tolist() for name, values in table.items()}
    same = {name: [mean[AGENTS.index(n)]] * len(BETAS) for name, mean in means.items()}
    benefits = [float(np.mean([whole_benefit(one) for one in cell])) for cell in by_beta]
    run.series |= {"agents": list(AGENTS), "welfare by agents": means, "betas": list(BETAS)}
    run.series["welfare by beta"] = {**same, "2p-upbred": benefits}
    run.series["share by beta"] = [share(solutions) for solutions in by_beta]


def _payments_rise(solution: md.Solution) -> bool:
    """Tell whether payments rise with contributions in the first round, while these differ."""
    brought, paid = (np.asarray(solution.history[k])[0] for k in ("contributions", "payments"))
    more = brought[:, None] > brought
    return bool((paid[:, None] >= paid)[more].all())


def _say_who_is_better_off(run: Recomputation, setting: Setting, seeds: list[int]) -> None:
    """Say which agents with unequal data would rather train alone, paid and unpaid."""
    half, n = PUBLISHED_AGENTS // 2, PUBLISHED_AGENTS
    protocols: dict[str, dict[str, Any]] = {
        "free": {"name": "fedavg"},
        "paid": {"name": "2p-upbred", "beta": BETA, **MOVES},
    }
    losing = {}
    for key, keys in protocols.items():
        counts = np.zeros(n, dtype=int)
        for one in seeds:
            agents = {"cost": draws(n, one)[0].tolist(), "value": [MODEST_VALUE] * n}
            agents["capacity"] = np.linspace(*SIZES, n).tolist()
            solution = setting.run(agents, keys, one, alone=True)
            counts += np.asarray(solution.standalone["utilities"]) > solution.utilities
        losing[key] = (int(counts[:half].sum()), int(counts[half:].sum()))
    run.say("alone", **losing, each=half * len(seeds))
