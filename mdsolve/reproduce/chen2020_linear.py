"""[C20] Figures 1 and 2: maximal exploitation payments in a market with linear externalities.

The setting of section 7.1: v_i(q) = sum_j alpha_ij q_j with random alpha, saturating quality.
Everything is evaluated at one profile per sample, vectorised over samples, so no grids are needed:
an efficient allocation gives the model to agent j iff column j of alpha has a non-negative sum
over the participants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.reproduce.record import Recomputation

Floats = npt.NDArray[np.float64]

OWN_EFFECTS = {
    "any-sign": "alpha_ii uniform on [-1, 1] (section 7.1)",
    "positive": "alpha_ii uniform on [0, 1] (Example 2: always positive)",
}
OFF_PATHS = {
    "efficient": "the others pool under the efficient allocation",
    "best-model": "the others all get the best model",
    "separate": "the others keep their own models",
    "harmful": "the others get whatever harms the absent agent most",
}
"""What the other agents do when one stays out; `harmful` yields the most revenue of all rules."""

STANDARD_ERRORS = 3.0
"""How many standard errors a difference must measure before it counts."""

AGENTS = tuple(range(1, 21))
PAPER_SAMPLES = 50
BATCHES = 80
"""Figure 1 is recomputed with so many times the paper's samples."""

CLOSE_TO_OPTIMAL = 0.97
"""Share of the limit 1 that the mean model quality must reach to be called close to optimal."""

TYPES = tuple(round(0.1 * k, 1) for k in range(21))
SAMPLES = 20_000
UNAFFECTED = 0.2
"""In Figure 2, a change below this share of the welfare's change counts as almost none."""


@dataclass(frozen=True)
class Outcomes:
    """Results per sample.

    Parameters
    ----------
    revenue, welfare, quality : (samples,)
        Sum of payments; sum of values; quality of the best model handed out.
    utilities : (samples, n)
        Value less payment: what each agent would have had outside.
    external : (samples, n)
        The part of it that the others cause, sum_{j != i} alpha_ij q_j.
    """

    revenue: Floats
    welfare: Floats
    quality: Floats
    utilities: Floats
    external: Floats


def quality(sizes: Floats) -> Floats:
    """Return Q(t) = (1 - exp(-t)) / (1 + exp(-t))."""
    return np.tanh(0.5 * sizes)


def draw_effects(random: np.random.Generator, samples: int, agents: int, own: str) -> Floats:
    """Return alpha, shape (samples, n, n), uniform on [-1, 1]; own effects as the reading says."""
    effects = random.uniform(-1, 1, (samples, agents, agents))
    if own == "positive":
        diagonal = np.arange(agents)
        effects[:, diagonal, diagonal] = np.abs(effects[:, diagonal, diagonal])
    return effects


def outcomes(effects: Floats, types: Floats, off_path: str) -> Outcomes:
    """Return what maximal exploitation payments yield at each sample's profile.

    Parameters
    ----------
    effects : (samples, n, n)
    types : (samples, n)
        Data sizes.
    off_path : str
        One of `OFF_PATHS`.
    """
    own, total, columns = quality(types), types.sum(axis=1), effects.sum(axis=1)
    best = quality(total)
    receives = columns >= 0
    used = np.where(receives, best[:, None], own)
    inside = np.einsum("sij,sj->si", effects, used)
    external = np.empty_like(inside)
    for i in range(types.shape[1]):
        pooled = quality(total - types[:, i])[:, None]
        given = {
            "efficient": columns - effects[:, i, :] >= 0,
            "best-model": np.True_,
            "separate": np.False_,
            "harmful": effects[:, i, :] < 0,
        }[off_path]
        kept = np.where(given, pooled, own)
        external[:, i] = np.delete(effects[:, i, :] * kept, i, axis=1).sum(axis=1)
    handed = np.where(receives.any(axis=1), best, own.max(axis=1))
    outside = np.einsum("sii,si->si", effects, own) + external
    revenue = (inside - outside).sum(axis=1)
    return Outcomes(revenue, inside.sum(axis=1), handed, outside, external)


def error_of(sample: Floats) -> float:
    """Return the standard error of the mean of a sample."""
    return float(sample.std(ddof=1)) / math.sqrt(len(sample))


def figure1(run: Recomputation) -> None:
    """Recompute averages for 1 to 20 agents, under both readings and four off-path rules."""
    samples = BATCHES * PAPER_SAMPLES
    run.series["agents"] = list(AGENTS)
    for own in OWN_EFFECTS:
        run.series[own] = {}
    for own, n in run.each("numbers of agents", [(own, n) for own in OWN_EFFECTS for n in AGENTS]):
        random = run.random(n)
        effects = draw_effects(random, samples, n, own)
        types = random.uniform(0, 1, (samples, n))
        measured: dict[str, Floats] = {}
        for rule in OFF_PATHS:
            found = outcomes(effects, types, rule)
            measured |= {
                f"revenue, {rule}": found.revenue,
                f"surplus, {rule}": found.revenue - found.welfare,
                f"external, {rule}": found.external.mean(axis=1),
                "welfare": found.welfare,
                "quality": found.quality,
            }
        table = run.series[own]
        for key, sample in measured.items():
            table.setdefault(key, []).append(float(sample.mean()))
            table.setdefault(f"{key}, error", []).append(error_of(sample))
            if key.startswith("surplus"):
                batches = sample.reshape(BATCHES, PAPER_SAMPLES).mean(axis=1)
                table.setdefault(f"{key}, by chance", []).append(float((batches > 0).mean()))
    for own, reading in OWN_EFFECTS.items():
        _say_growth_and_surplus(run, run.series[own], reading)
    table = run.series["any-sign"]
    found = {rule: (table[f"external, {rule}"][-1], table[f"external, {rule}, error"][-1])
             for rule in OFF_PATHS}
    mean, error = found["efficient"]
    words = ", ".join(f"{rule} {m:+.3f} +- {e:.3f}" for rule, (m, e) in found.items())
    run.say("external", words, mean < -STANDARD_ERRORS * error)
    reached = table["quality"][11]
    optimum = float(quality(np.array([AGENTS[11] / 2]))[0])
    run.say("quality", agrees=reached > CLOSE_TO_OPTIMAL, reached=reached, optimum=optimum)
    run.words |= {"samples": samples, "mean_of": PAPER_SAMPLES}


def _say_growth_and_surplus(run: Recomputation, table: dict[str, list[float]], reading: str) -> None:
    """Compare revenue with that of fewer agents, and with welfare at every number above 1."""
    revenue, error = table["revenue, efficient"], table["revenue, efficient, error"]
    grows = revenue[-1] - revenue[1] > STANDARD_ERRORS * math.hypot(error[1], error[-1])
    run.say("growth", agrees=grows, revenue=revenue, reading=reading)
    for rule, words in OFF_PATHS.items():
        surplus, error = table[f"surplus, {rule}"], table[f"surplus, {rule}, error"]
        pairs = zip(surplus[1:], error[1:], strict=True)
        count = sum(gap > STANDARD_ERRORS * e for gap, e in pairs)
        above = f"with {count} of {len(AGENTS) - 1} numbers of agents" if count else "never"
        last = {"surplus": surplus[-1], "error": error[-1]}
        run.say("surplus", agrees=count > 0, above=above, rule=words, reading=reading, **last)
    chance = table["surplus, efficient, by chance"][1:]
    run.say(
        "chance",
        chance=float(np.mean(chance)),
        means=len(chance) * BATCHES,
        mean_of=PAPER_SAMPLES,
        rule=OFF_PATHS["efficient"],
        reading=reading,
    )


def figure2(run: Recomputation) -> None:
    """Recompute averages at each type of the opponent, with common random effects."""
    run.series["types"] = list(TYPES)
    for step, own in run.each("readings", enumerate(OWN_EFFECTS)):
        effects = draw_effects(run.random(step), SAMPLES, 2, own)
        columns: dict[str, list[Floats]] = {name: [] for name in run.item.printed}
        for opponent in TYPES:
            types = np.broadcast_to(np.array([1.0, opponent]), (SAMPLES, 2))
            found = outcomes(effects, types, "efficient")
            columns["welfare"].append(found.welfare)
            columns["revenue"].append(found.revenue)
            columns["utility of the static agent"].append(found.utilities[:, 0])
            columns["utility of the opponent"].append(found.utilities[:, 1])
        table = run.series[own] = {}
        for name, column in columns.items():
            table[name] = [float(sample.mean()) for sample in column]
            table[f"{name}, error"] = [error_of(sample) for sample in column]
        whole = table["welfare"][-1] - table["welfare"][0]
        for name, claim in run.item.printed.items():
            change = columns[name][-1] - columns[name][0]
            mean, error = float(change.mean()), error_of(change)
            rises = mean > STANDARD_ERRORS * error
            agrees = abs(mean) < UNAFFECTED * abs(whole) if "unaffected" in claim else rises
            said = {"claim": claim, "reading": OWN_EFFECTS[own], "mean": mean, "error": error}
            run.say("change", agrees=agrees, **said)
