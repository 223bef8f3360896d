"""[M25] Tables 1 to 4, thirty agents on three image data sets, and section 5.1 in miniature.

Accuracies of Table 1 are those fitted in the paper (Appendix E), a_i = 1 - 1/(1 + sum_j w_ij s_j)
with weights per batch by group; costs per batch are drawn from U[0, 0.001], capacities from the
stated numbers of batches. The paper's contributions are the last of 1000 steps of best-response
dynamics. They are not equilibria; both are computed here, with what an agent still gains by
deviating.

In section 5.1 three groups of agents hold the same kind of images, turned by 10, 90 and 180
degrees. Accuracy functions are fitted to training runs, the equilibria of three mechanisms follow,
and models are trained at those contributions to see what accuracy they really reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import mdsolve as md
from mdsolve.errors import UsageError
from mdsolve.reproduce.record import BUNDLED, ITEMS, Floats, Recomputation, sharing
from mdsolve.reproduce.training_runs import examples_of, placed, training

if TYPE_CHECKING:
    from mdsolve.learn.fit_measure import Measured

MECHANISMS = ("none", "budget-balanced", "shapley")
GROUPS, PER_GROUP = ("group 1", "group 2", "group 3"), 10
LARGEST_COST = 0.001  # costs per batch are uniform up to here, in accuracy
STEPS, STEP_SIZE = 1000, 10.0
TABLE_DRAWS = 40  # of costs and capacities at whose equilibria averages are taken
RUNS = 3  # of which Tables 2 to 4 give average, median and standard deviation
SIMULATED_DRAWS = 6  # the first so many are simulated too; the paper averages over 3
CLOSE = 0.1  # numbers agree with printed ones where each is within a tenth of it

# Agents that move in a step, first and largest contributions in batches, the rate, in words.
DYNAMICS: dict[str, tuple[int, float, float | None, str, str]] = {
    "described": (10, 1.0, None, "optimal", "as described: 10 of 30 agents move per step, beta*"),
    "all move": (30, 0, 100, "full", "all agents move, from 0, up to 100 batches, beta = 1 - 1/n"),
    "some move": (10, 1.0, None, "full", "10 of 30 agents move per step, from 1, beta = 1 - 1/n"),
}


def draws(data: Mapping[str, Any], random: np.random.Generator) -> tuple[Floats, list[int]]:
    """Return drawn costs per batch, and numbers of batches."""
    agents = len(GROUPS) * PER_GROUP
    costs = random.uniform(0, LARGEST_COST, agents)
    least, most = map(int, data["batches"])
    return costs, random.integers(least, most, agents, endpoint=True).tolist()


def drawn(data: Mapping[str, Any], random: np.random.Generator) -> md.SharingInstance:
    """Return the game of a data set with drawn costs and capacities."""
    costs, batches = draws(data, random)
    rows = (dict(zip(GROUPS, row, strict=True)) for row in data["weights"])
    accuracy = {"family": "power", "group_weights": dict(zip(GROUPS, rows, strict=True))}
    return sharing(accuracy, costs, capacity=batches, group=np.repeat(GROUPS, PER_GROUP).tolist())


def simulated(game: md.SharingInstance, name: str, how: str, seed: int) -> md.Solution:
    """Return the last iterate of the dynamics."""
    movers, start, cap, beta, _ = DYNAMICS[how]
    options = {"beta": beta} if name == "budget-balanced" else {}
    motion: dict[str, Any] = {"agents_per_step": movers, "start": start, "cap": cap, "seed": seed}
    return md.simulate(game, name, options=options, step_size=STEP_SIZE, steps=STEPS, **motion)


def figures(cells: Sequence[Sequence[md.Solution]]) -> dict[str, Floats]:
    """Return shares in per cent, gains, reciprocities and regrets, shape (draws, mechanisms)."""
    share, total, fairness = (
        np.array([[solution.metrics[key] for solution in row] for row in cells])
        for key in ("data_share", "total_data", "reciprocity")
    )
    regret = np.array([[solution.regret for solution in row] for row in cells])
    gain = total / total[:, :1]
    return {"share": 100 * share, "gain": gain, "reciprocity": fairness, "regret": regret}


def table1(run: Recomputation) -> None:
    """Recompute data shares, data gains and reciprocities of the three image data sets."""
    for number, (name, data) in enumerate(run.item.printed.items()):
        games = [drawn(data, run.random(number, draw)) for draw in range(TABLE_DRAWS)]
        cells = [[md.solve(g, m) for m in MECHANISMS] for g in run.each(f"{name} games", games)]
        full = [md.solve(g, "budget-balanced", options={"beta": "full"}) for g in games]
        exact, words = figures(cells), {"name": name, "printed": data["share"]}
        mean = {key: table.mean(axis=0) for key, table in exact.items()}
        run.say(
            "equilibrium",
            mean["share"],
            _close(mean["share"], data["share"]),
            errors=_error(exact["share"]),
            regret=exact["regret"].max(),
            full=100 * np.mean([solution.metrics["data_share"] for solution in full]),
            **words,
        )
        for how in ("described", data["closest"]):
            draws = run.each(f"{name} {how}", enumerate(games[:SIMULATED_DRAWS]))
            steps = figures([[simulated(g, m, how, d) for m in MECHANISMS] for d, g in draws])
            after = {key: table.mean(axis=0) for key, table in steps.items()}
            words["words"] = DYNAMICS[how][-1]
            agrees = _close(after["share"], data["share"])
            run.say("steps", after["share"], agrees, regret=after["regret"], **words)
        for key, quantity in (("gain", "data gain"), ("reciprocity", "reciprocity")):
            words |= {"quantity": quantity, "printed": data[key], "after": after[key]}
            run.say("figures", mean[key], _close(mean[key], data[key]), **words)
        shares = {"simulated": after["share"], "equilibrium": mean["share"]}
        shares["published"] = _numbers(data["share"])
        run.series[name] = {**shares, "mechanisms": MECHANISMS}


def tables2_4(run: Recomputation) -> None:
    """Recompute averages, medians and deviations over as many runs as the paper makes."""
    closest = {name: data["closest"] for name, data in ITEMS["murhekar2025/table1"].printed.items()}
    sources = ITEMS["murhekar2025/table1"].printed
    words = {"share": "data share, %", "gain": "data gain", "reciprocity": "reciprocity"}
    for number, (name, printed) in enumerate(run.item.printed.items()):
        how = closest[name]
        games = [drawn(sources[name], run.random(number, draw)) for draw in range(RUNS)]
        draws = run.each(name, enumerate(games))
        found = figures([[simulated(g, m, how, d) for m in MECHANISMS] for d, g in draws])
        for key, quantity in words.items():
            table, said = found[key], printed[key]
            means, medians = table.mean(axis=0), np.median(table, axis=0)
            about = {"name": name, "quantity": quantity, "words": DYNAMICS[how][-1]}
            run.say("average", means, _close(means, said[0]), printed=said[0], **about)
            run.say("median", medians, _close(medians, said[1]), printed=said[1], **about)
            run.say("deviation", table.std(axis=0, ddof=1), printed=said[2], **about)


def _numbers(printed: str) -> Floats:
    return np.array([float(text) for text in printed.split(" / ")])


def _close(values: Floats, printed: str) -> bool:
    return bool(np.all(np.abs(values - _numbers(printed)) <= CLOSE * _numbers(printed)))


def _error(table: Floats) -> Floats:
    """Return standard errors over draws."""
    return np.asarray(table.std(axis=0, ddof=1) / np.sqrt(len(table)))


ANGLES = (10, 90, 180)
DRAWS = 5  # of the agents' costs; the paper averages over 3
REPLICATES = 3  # training runs at each equilibrium
DEAREST = 0.18  # most that all data of an agent cost: 0.001 per batch, for 183 batches of MNIST
MANY = 10_000  # training examples from which there are ten agents per group, as in the paper
RECIPROCAL = 0.005  # how near reciprocity must come to 1


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
    folder, there = placed(source)
    common: dict[str, Any] = {
        "name": "section-5.1",
        "data": {"source": there},
        "model": {"family": "cnn"},
        "protocol": {"name": "fedavg", "rounds": 15, "learning_rate": 0.2},
        "seed": seed,
    }
    if source == BUNDLED:
        common["data"] = {"source": source, "holdout": 0.25}
        common["model"] = {"family": "mlp", "hidden": [32]}

    def made(each: int) -> md.TrainingInstance:
        partition = {"scheme": "rotate", "angles": ANGLES, "agents_per_group": each}
        agents = {"cost": [0] * (len(ANGLES) * each)}
        return training(folder, partition=partition, agents=agents, **common)

    few = made(2)
    return made(10) if examples_of(few) >= MANY else few


def section5(run: Recomputation) -> None:
    """Fit, play and train."""
    instance = miniature(run.data, run.seed)
    from mdsolve.learn.fit_measure import Design, measure

    design = Design() if run.data == BUNDLED else Design(levels=(0.0, 0.5, 1.0))
    measured = measure(instance, design, monitor=run.monitor)
    data, found = measured.measurements, md.assess(measured.measurements, "power")
    fit, p, test = found.fit, found.fit.parameters, found.lack_of_fit.p_value
    weights = np.array([[p[f"weight[{r}][{c}]"] for c in fit.columns] for r in fit.rows])
    words = "; ".join(" ".join(f"{weight:.3g}" for weight in row) for row in weights)
    run.say("own", words, np.all(weights.argmax(axis=1) == np.arange(len(weights))))
    counts = {"falls": len(found.falls), "weights": weights.size, "guess": p["baseline"]}
    run.say("fit", found=found, test="none" if test is None else f"p = {test:.1g}", **counts)
    printed = {"ceiling": 1.0, "baseline": 0.0, "exponent": 1.0}
    run.say("printed form", found=md.assess(data, "power", printed))
    as_written = {name: float(f"{value:.6g}") for name, value in p.items()}  # as `md.fit` does
    outcomes = play(run, instance, measured, as_written)
    _say_outcomes(run, outcomes)
    run.words |= {"agents": measured.federation.agents, "runs": len(data) // len(data.rows)}
    whole = {key: outcomes[key] for key in ("share", "accuracy", "predicted")}
    bars = {key: table.mean(axis=0) for key, table in whole.items()}
    bars |= {f"{key}, error": _error(table) for key, table in whole.items()}
    points = {"measured": data.accuracies, "fitted": fit.fitted}
    own = [data.row == k for k in range(len(data.rows))]
    fits = [{key: values[rows] for key, values in points.items()} for rows in own]
    run.series |= {
        **whole,
        "mechanisms": MECHANISMS,
        "bars": bars,
        "fits": fits,
        "diagonal": [0, 1],
    }


def play(
    run: Recomputation, instance: md.TrainingInstance, measured: Measured, p: dict[str, float]
) -> dict[str, Floats]:
    """Return what the mechanisms lead to, each of shape (draws, mechanisms).

    Returns
    -------
    dict
        ``predicted`` and ``accuracy``: mean over agents, by the fitted functions and after
        training, in per cent; what `figures` says of the equilibria.
    """
    from mdsolve.learn.fit_measure import trained_accuracies

    federation, groups = measured.federation, measured.groups
    names, capacity = groups.names, federation.capacities
    weights = {row: {other: p[f"weight[{row}][{other}]"] for other in names} for row in names}
    shape = {"scale": p["ceiling"] - p["baseline"], "exponent": p["exponent"]}
    accuracy = {"family": "power", "ceiling": p["ceiling"], **shape, "group_weights": weights}
    columns = {"name": federation.names, "group": [names[k] for k in groups.member]}
    found = []
    for draw in run.each("draws of costs", range(DRAWS)):
        costs = run.random(draw).uniform(0, DEAREST, federation.agents) / capacity
        game = sharing(accuracy, costs, capacity=capacity, **columns)
        found.append([md.solve(game, name) for name in MECHANISMS])
    brought = [solution.contributions for row in found for solution in row]
    runs, seed = np.repeat(brought, REPLICATES, axis=0), run.seed + 1
    trained = trained_accuracies(instance, federation, runs, seed=seed, monitor=run.monitor)
    reached = trained.mean(axis=1).reshape(DRAWS, -1, REPLICATES).mean(axis=2)
    predicted = [[solution.metrics["mean_accuracy"] for solution in row] for row in found]
    return {**figures(found), "predicted": 100 * np.array(predicted), "accuracy": 100 * reached}


def _say_outcomes(run: Recomputation, found: dict[str, Floats]) -> None:
    """Set the outcomes beside the printed tables."""
    tables = ITEMS["murhekar2025/table1"].printed.items()
    printed: dict[str, str] = dict(run.item.printed)
    for key in ("share", "gain", "reciprocity"):
        printed[key] = "; ".join(f"{name} {data[key]}" for name, data in tables)
    mean = {key: values.mean(axis=0) for key, values in found.items()}
    share, accuracy, gain, fairness = (
        mean[key] for key in ("share", "accuracy", "gain", "reciprocity")
    )
    relative = (found["accuracy"] / found["accuracy"][:, :1]).mean(axis=0)
    agrees, words = share[2] > share[1] > share[0], {"regret": found["regret"].max()}
    run.say("share", share, agrees, printed=printed["share"], **words)
    run.say("gain", gain, gain[2] > gain[1], printed=printed["gain"])
    words = {"errors": _error(found["accuracy"]), "predicted": mean["predicted"]}
    agrees = accuracy[2] >= accuracy[:2].max()
    run.say("accuracy", accuracy, agrees, printed=printed["accuracy"], **words)
    run.say("accuracy gain", relative, relative[2] > 1, printed=printed["accuracy gain"])
    agrees = abs(fairness[2] - 1) < RECIPROCAL and fairness[:2].max() < 1
    run.say("reciprocity", fairness, agrees, printed=printed["reciprocity"])
