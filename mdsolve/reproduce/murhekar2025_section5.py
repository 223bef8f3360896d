"""[M25] section 5.1 in miniature: fit accuracy functions, find equilibria, train at them.

Three groups of agents hold the same kind of images, turned by 10, 90 and 180 degrees. Accuracy
functions are fitted to training runs, the equilibria of three mechanisms follow, and models are
trained at those contributions to see what accuracy they really reach.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import mdsolve as md
from mdsolve.errors import UsageError
from mdsolve.reproduce.record import BUNDLED, Floats, Recomputation, sharing
from mdsolve.reproduce.registry import ITEMS
from mdsolve.reproduce.training_runs import examples_of, training

if TYPE_CHECKING:
    from mdsolve.learn.fit_measure import Measured

MECHANISMS = ("none", "budget-balanced", "shapley")
ANGLES = (10, 90, 180)
DRAWS = 5
"""Draws of the agents' costs; the paper averages over 3."""

REPLICATES = 3
"""Training runs at each equilibrium."""

DEAREST = 0.18
"""Cost of all data of the dearest agents, in accuracy: 0.001 per batch for about 183 batches, as
for MNIST in appendix E of [M25]."""

MANY = 10_000
"""Training examples from which there are ten agents per group, as in the paper, not two."""

RECIPROCAL = 0.005
"""How near reciprocity must come to 1."""


def miniature(source: str, seed: int) -> md.TrainingInstance:
    """Return the training instance: ten agents per angle where there are images enough, else two.

    Raises
    ------
    UsageError
        The source holds no images, or is no folder.
    """
    kind, _, place = source.partition(":")
    if source != BUNDLED and (kind not in ("mnist", "cifar10") or not place):
        expected = "digits, mnist:DIR or cifar10:DIR"
        raise UsageError.single("--data", repr(source), expected)
    folder = Path(place).resolve()
    data: dict[str, Any] = {"source": f"{kind}:{folder.name}"}
    model: dict[str, Any] = {"family": "cnn"}
    if source == BUNDLED:
        data, model = {"source": source, "holdout": 0.25}, {"family": "mlp", "hidden": [32]}

    def made(each: int) -> md.TrainingInstance:
        return training(
            folder.parent,
            name="section-5.1",
            data=data,
            partition={"scheme": "rotate", "angles": ANGLES, "agents_per_group": each},
            model=model,
            agents={"cost": [0] * (len(ANGLES) * each)},
            protocol={"name": "fedavg", "rounds": 15, "learning_rate": 0.2},
            seed=seed,
        )

    few = made(2)
    return made(10) if examples_of(few) >= MANY else few


def section5(run: Recomputation) -> None:
    """Fit, play and train."""
    instance = miniature(run.data, run.seed)
    from mdsolve.learn.fit_measure import Design, measure

    design = Design() if run.data == BUNDLED else Design(levels=(0.0, 0.5, 1.0))
    measured = measure(instance, design, monitor=run.monitor)
    data, agents = measured.measurements, measured.federation.agents
    found = md.assess(data, "power")
    printed = {"ceiling": 1.0, "baseline": 0.0, "exponent": 1.0}
    fit, p, test = found.fit, found.fit.parameters, found.lack_of_fit.p_value
    weights = np.array([[p[f"weight[{r}][{c}]"] for c in fit.columns] for r in fit.rows])
    words = "; ".join(" ".join(f"{weight:.3g}" for weight in row) for row in weights)
    run.say("own", words, np.all(weights.argmax(axis=1) == np.arange(len(weights))))
    run.say(
        "fit",
        found=found,
        test="none" if test is None else f"p = {test:.1g}",
        guess=p["baseline"],
        falls=len(found.falls),
        weights=weights.size,
    )
    run.say("printed form", found=md.assess(data, "power", printed))
    as_written = {name: float(f"{value:.6g}") for name, value in p.items()}  # as `md.fit` does
    outcomes = play(run, instance, measured, as_written)
    _say_outcomes(run, outcomes)
    runs = len(data) // len(data.rows)
    counts = {"data": run.data, "agents": agents, "runs": runs, "draws": DRAWS}
    run.words |= {**counts, "dearest": DEAREST, "replicates": REPLICATES}
    whole = {key: 100 * outcomes[key] for key in ("share", "accuracy", "predicted")}
    errors = {f"{key}, error": _error(table) for key, table in whole.items()}
    run.series |= {
        "mechanisms": list(MECHANISMS),
        "fits": [
            {"measured": data.accuracies[data.row == k], "fitted": fit.fitted[data.row == k]}
            for k in range(len(data.rows))
        ],
        "diagonal": [0, 1],
        "bars": {key: table.mean(axis=0) for key, table in whole.items()} | errors,
        **{key: table.tolist() for key, table in whole.items()},
    }


def play(
    run: Recomputation, instance: md.TrainingInstance, measured: Measured, p: dict[str, float]
) -> dict[str, Floats]:
    """Return what the mechanisms lead to, each of shape (draws, mechanisms).

    Returns
    -------
    dict
        ``predicted`` and ``accuracy``: mean over agents, by the fitted functions and after
        training; ``share``, ``gain``, ``reciprocity`` and ``regret`` of the equilibria.
    """
    from mdsolve.learn.fit_measure import trained_accuracies

    federation, groups = measured.federation, measured.groups
    accuracy = {
        "family": "power",
        "ceiling": p["ceiling"],
        "scale": p["ceiling"] - p["baseline"],
        "exponent": p["exponent"],
        "group_weights": {
            row: {column: p[f"weight[{row}][{column}]"] for column in groups.names}
            for row in groups.names
        },
    }
    columns = {
        "name": federation.names,
        "capacity": federation.capacities,
        "group": [groups.names[k] for k in groups.member],
    }
    found = []
    for draw in run.each("draws of costs", range(DRAWS)):
        costs = run.random(draw).uniform(0, DEAREST, federation.agents) / federation.capacities
        game = sharing(accuracy, costs, **columns)
        found += [md.solve(game, name) for name in MECHANISMS]
    numbers = {
        "predicted": [solution.accuracies.mean() for solution in found],
        "share": [solution.metrics["data_share"] for solution in found],
        "gain": [solution.metrics["data_gain"] for solution in found],
        "reciprocity": [solution.metrics["reciprocity"] for solution in found],
        "regret": [solution.regret for solution in found],
    }
    runs = np.repeat([solution.contributions for solution in found], REPLICATES, axis=0)
    trained = trained_accuracies(
        instance, federation, runs, seed=run.seed + 1, monitor=run.monitor
    )
    numbers["accuracy"] = trained.mean(axis=1).reshape(-1, REPLICATES).mean(axis=1).tolist()
    return {key: np.array(row).reshape(DRAWS, -1) for key, row in numbers.items()}


def _say_outcomes(run: Recomputation, found: dict[str, Floats]) -> None:
    """Set the outcomes beside the printed tables."""
    table = ITEMS["murhekar2025/table1"].printed

    def printed(key: str) -> str:
        return "; ".join(f"{name} {data[key]}" for name, data in table.items())

    mean = {key: values.mean(axis=0) for key, values in found.items()}
    share, accuracy, gain, fairness = (
        mean[key] for key in ("share", "accuracy", "gain", "reciprocity")
    )
    relative = (found["accuracy"] / found["accuracy"][:, :1]).mean(axis=0)
    words = {"printed": printed("share"), "regret": found["regret"].max()}
    run.say("share", 100 * share, share[2] > share[1] > share[0], **words)
    run.say("gain", gain, gain[2] > gain[1], printed=printed("gain"))
    run.say(
        "accuracy",
        100 * accuracy,
        accuracy[2] >= accuracy[:2].max(),
        printed=run.item.printed["accuracy"],
        errors=100 * _error(found["accuracy"]),
        predicted=100 * mean["predicted"],
    )
    words = {"printed": run.item.printed["accuracy gain"]}
    run.say("accuracy gain", relative, relative[2] > 1, **words)
    agrees = abs(fairness[2] - 1) < RECIPROCAL and fairness[:2].max() < 1
    run.say("reciprocity", fairness, agrees, printed=printed("reciprocity"))


def _error(table: Floats) -> Floats:
    """Return standard errors over draws."""
    return np.asarray(table.std(axis=0, ddof=1) / np.sqrt(len(table)))
