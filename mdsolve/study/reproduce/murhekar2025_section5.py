"""[M25] section 5.1 in miniature: fit accuracy functions, find equilibria, train at them.

Three groups of agents hold the same kind of images, turned by 10, 90 and 180 degrees. Accuracy
functions are fitted to training runs, the equilibria of three mechanisms follow, and models are
trained at those contributions to see what accuracy they really reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UsageError
from mdsolve.instance import parse
from mdsolve.instance.training import TrainingInstance
from mdsolve.progress import Monitor
from mdsolve.study.fit import Assessment, assess, sharing_document
from mdsolve.study.reproduce.murhekar2025_data_sets import DATA_SETS
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.study.run import solve

if TYPE_CHECKING:
    from mdsolve.learn.fit_measure import Measured

Floats = npt.NDArray[np.float64]

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

TABLE_ACCURACY = ("88.3 / 87.6 / 90.4", "60.9 / 61.5 / 63.3", "43.6 / 44.7 / 48.5")
TABLE_ACCURACY_GAIN = ("1.00 / 0.99 / 1.02", "1.00 / 1.02 / 1.05", "1.00 / 1.02 / 1.11")
"""Printed in Table 1 for MNIST, FashionMNIST and CIFAR-10."""


@dataclass(frozen=True)
class Outcomes:
    """What the mechanisms lead to, one row per draw of costs and one column per mechanism.

    Parameters
    ----------
    predicted, accuracy : ndarray, shape (draws, mechanisms)
        Mean accuracy over agents, by the fitted functions and after training.
    share, gain, fairness, regret : ndarray, shape (draws, mechanisms)
        sum s / sum tau, data against no payments, reciprocity, the most a deviation gains.
    """

    predicted: Floats
    accuracy: Floats
    share: Floats
    gain: Floats
    fairness: Floats
    regret: Floats


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Run the miniature on the bundled digits."""
    return recompute_on(seed, monitor, "digits")


def recompute_on(seed: int, monitor: Monitor, source: str) -> Reproduction:
    """Run the miniature on ``digits``, or on a folder as ``mnist:DIR`` or ``cifar10:DIR``."""
    from mdsolve.learn.extra import require_learning

    require_learning()
    from mdsolve.learn.fit_measure import Design, measure

    instance = miniature(source, seed)
    design = Design() if source == "digits" else Design(levels=(0.0, 0.5, 1.0))
    measured = measure(instance, design, monitor=monitor)
    found = assess(measured.measurements, "power")
    published = assess(
        measured.measurements, "power", {"ceiling": 1.0, "baseline": 0.0, "exponent": 1.0}
    )
    outcomes = play(instance, measured, found, seed, monitor)
    rows = [*_fit_rows(found, published), *_outcome_rows(outcomes)]
    data = measured.measurements
    agents = measured.federation.agents
    series = {
        "groups": list(data.rows),
        "group": data.row.tolist(),
        "measured": data.accuracies.tolist(),
        "fitted": found.fit.fitted.tolist(),
        "share": (100 * outcomes.share).tolist(),
        "accuracy": (100 * outcomes.accuracy).tolist(),
        "predicted": (100 * outcomes.predicted).tolist(),
    }
    notes = (
        f"{source}: {agents} agents, {len(data) // len(data.rows)} training runs for the fit, "
        f"{DRAWS} draws of costs from U[0, {DEAREST}] for all of an agent's data, {REPLICATES} "
        "training runs at each equilibrium. Accuracies are means over agents, in %; the last "
        "digits depend on the machine.",
        *NOTES,
    )
    return Reproduction(ITEM.name, ITEM.title, SOURCE, tuple(rows), notes, series)


def miniature(source: str, seed: int) -> TrainingInstance:
    """Return the training instance: ten agents per angle where there are images enough, else two.

    Raises
    ------
    UsageError
        The source holds no images, or is no folder.
    """
    from mdsolve.learn.data import load_split

    kind, _, place = source.partition(":")
    if source != "digits" and (kind not in ("mnist", "cifar10") or not place):
        expected = "digits, mnist:DIR or cifar10:DIR"
        raise UsageError.single("--data", repr(source), expected)
    folder = Path(place).resolve()
    named = "digits" if source == "digits" else f"{kind}:{folder.name}"
    family = {"family": "mlp", "hidden": [32]} if source == "digits" else {"family": "cnn"}

    def made(per_group: int) -> TrainingInstance:
        data = {
            "kind": "training",
            "name": "section-5.1",
            "data": {"source": named, **({"holdout": 0.25} if source == "digits" else {})},
            "partition": {"scheme": "rotate", "angles": ANGLES, "agents_per_group": per_group},
            "model": family,
            "agents": {"cost": [0] * (len(ANGLES) * per_group)},
            "protocol": {"name": "fedavg", "rounds": 15, "learning_rate": 0.2},
            "seed": seed,
        }
        instance = parse(data, folder.parent)
        assert isinstance(instance, TrainingInstance)
        return instance

    few = made(2)
    return made(10) if len(load_split(few).train.labels) >= MANY else few


def play(
    instance: TrainingInstance,
    measured: Measured,
    found: Assessment,
    seed: int,
    monitor: Monitor,
) -> Outcomes:
    """Return the equilibria of all mechanisms at random costs, and the accuracies trained there."""
    from mdsolve.learn.fit_measure import trained_accuracies

    federation, groups = measured.federation, measured.groups
    shape = (DRAWS, len(MECHANISMS))
    predicted, share, gain = np.empty(shape), np.empty(shape), np.empty(shape)
    fairness, regret = np.empty(shape), np.empty(shape)
    contributions = np.empty((*shape, federation.agents))
    for draw in range(DRAWS):
        random = np.random.default_rng([seed, draw])
        costs = random.uniform(0, DEAREST, federation.agents) / federation.capacities
        agents = [
            {
                "name": name,
                "cost": float(costs[i]),
                "capacity": float(federation.capacities[i]),
                "group": groups.names[groups.member[i]],
            }
            for i, name in enumerate(federation.names)
        ]
        game = sharing_document(found, agents, measured.protocol, {"name": "miniature"}).instance
        for k, name in enumerate(MECHANISMS):
            solution = solve(game, name, monitor=monitor)
            contributions[draw, k] = solution.contributions
            predicted[draw, k] = float(np.mean(solution.accuracies))
            share[draw, k] = solution.metrics["data_share"]
            gain[draw, k] = solution.metrics["data_gain"]
            fairness[draw, k] = solution.metrics["reciprocity"]
            regret[draw, k] = solution.regret
    runs = np.repeat(contributions.reshape(-1, federation.agents), REPLICATES, axis=0)
    trained = trained_accuracies(instance, federation, runs, seed=seed + 1, monitor=monitor)
    accuracy = trained.mean(axis=1).reshape(*shape, REPLICATES).mean(axis=2)
    return Outcomes(predicted, accuracy, share, gain, fairness, regret)


def _fit_rows(found: Assessment, published: Assessment) -> list[Row]:
    fit, test = found.fit, found.lack_of_fit
    table = np.array([[fit.parameters[f"weight[{r}][{c}]"] for c in fit.columns] for r in fit.rows])
    words = "; ".join(" ".join(f"{weight:.3g}" for weight in row) for row in table)
    own = bool(np.all(table.argmax(axis=1) == np.arange(len(table))))
    statistic = "none" if test.p_value is None else f"p = {test.p_value:.1g}"
    guess = float(found.fit.parameters["baseline"])
    return [
        Row(
            "largest weight of every group on data turned like its own",
            "on MNIST and FashionMNIST; not for the third group of CIFAR-10",
            words,
            own,
            note="fitted weights per batch, a row per group",
        ),
        Row(
            "fit of a = ceiling - scale (1 + w.s)^-exponent",
            "",
            f"R2 {found.r2:.3f}; residuals up to {found.max_residual:.3f}; lack of fit: "
            f"{statistic}",
            note=f"accuracy without data: {guess:.3f}; {len(found.falls)} of "
            f"{len(fit.rows) * len(fit.columns)} weights belong to data that lower an accuracy "
            "somewhere, which no such function can do",
        ),
        Row(
            "fit of the printed form a = 1 - 1/(1 + w.s)",
            "",
            f"R2 {published.r2:.3f}; residuals up to {published.max_residual:.3f}",
            note="it says 0 where guessing is right once in ten",
        ),
    ]


def _outcome_rows(found: Outcomes) -> list[Row]:
    table = {name: data for name, data in DATA_SETS.items() if name in SHOWN}

    def printed(texts: Mapping[str, tuple[str, ...]]) -> str:
        return "; ".join(f"{name} {' / '.join(values)}" for name, values in texts.items())

    share, accuracy = found.share.mean(axis=0), found.accuracy.mean(axis=0)
    fairness, gain = found.fairness.mean(axis=0), found.gain.mean(axis=0)
    spread = found.accuracy.std(axis=0, ddof=1) / np.sqrt(DRAWS)
    relative = (found.accuracy / found.accuracy[:, :1]).mean(axis=0)
    return [
        Row(
            "data share, %",
            printed({name: data.share for name, data in table.items()}),
            _three(100 * share, 1),
            bool(share[2] > share[1] > share[0]),
            note="the claim: Shapley payments bring out the most data, cost sharing less; regret "
            f"at most {found.regret.max():.0e}",
        ),
        Row(
            "data gain",
            printed({name: data.gain for name, data in table.items()}),
            _three(gain, 2),
            bool(gain[2] > gain[1]),
        ),
        Row(
            "accuracy of trained models, %",
            printed(dict(zip(SHOWN, [(text,) for text in TABLE_ACCURACY], strict=True))),
            _three(100 * accuracy, 1),
            bool(accuracy[2] >= accuracy[:2].max()),
            note=f"standard errors {_three(100 * spread, 1)}; the fitted functions say "
            f"{_three(100 * found.predicted.mean(axis=0), 1)}",
        ),
        Row(
            "accuracy gain of trained models",
            printed(dict(zip(SHOWN, [(text,) for text in TABLE_ACCURACY_GAIN], strict=True))),
            _three(relative, 3),
            bool(relative[2] > 1),
        ),
        Row(
            "reciprocity",
            printed({name: data.fairness for name, data in table.items()}),
            _three(fairness, 2),
            bool(abs(fairness[2] - 1) < 0.005 and fairness[:2].max() < 1),
            note="by the fitted functions, as in the paper",
        ),
    ]


def _three(values: Any, decimals: int) -> str:
    return " / ".join(f"{value:.{decimals}f}" for value in values)


SHOWN = ("MNIST", "FashionMNIST", "CIFAR-10")
SOURCE = "Section 5.1 of [M25], in miniature; columns none / budget-balanced / shapley"
NOTES = (
    "Trained models fall short of what the fitted functions say where everybody brings much: "
    "images turned otherwise then lower an accuracy, which no function of this kind can show.",
    "Printed numbers belong to larger data and other networks. Agreement means that the same claim "
    "holds here, not that the numbers are alike.",
    "The contributions behind the printed table are iterates, not equilibria; see "
    "murhekar2025/table1.",
)

ITEM = Item("murhekar2025/section5", "Fit, play and train: turned images", recompute, recompute_on)
