"""[C20] Figure 1: maximal exploitation payments against the number of agents."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mdsolve.progress import Monitor
from mdsolve.study.reproduce.chen2020_linear import (
    OFF_PATHS,
    OWN_EFFECTS,
    Floats,
    OffPath,
    OwnEffect,
    draw_effects,
    outcomes,
    quality,
)
from mdsolve.study.reproduce.record import Item, Reproduction, Row

AGENTS = tuple(range(1, 21))
PAPER_SAMPLES = 50
BATCHES = 80
SAMPLES = BATCHES * PAPER_SAMPLES
STANDARD_ERRORS = 3.0
"""How many standard errors a difference must measure before it counts."""

CLOSE_TO_OPTIMAL = 0.97
"""Share of the limit 1 that the mean model quality must reach to be called close to optimal."""

Series = dict[str, list[float]]


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute the averages for 1 to 20 agents, under both readings and four off-path rules."""
    series: dict[str, Any] = {"agents": list(AGENTS)}
    done = 0
    for own in OWN_EFFECTS:
        table: Series = {}
        for n in AGENTS:
            for key, sample in _samples(seed, n, own).items():
                table.setdefault(key, []).append(float(sample.mean()))
                error = float(sample.std(ddof=1)) / math.sqrt(SAMPLES)
                table.setdefault(f"{key}, error", []).append(error)
                if key.startswith("surplus"):
                    batches = sample.reshape(BATCHES, PAPER_SAMPLES).mean(axis=1)
                    table.setdefault(f"{key}, by chance", []).append(float((batches > 0).mean()))
            done += 1
            monitor.advance("numbers of agents", done, len(OWN_EFFECTS) * len(AGENTS))
        series[own] = table
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "Figure 1 and section 7.1 of [C20]; the figure's numbers are not printed",
        tuple(_rows(series)),
        (
            "The paper draws alpha_ii from [-1, 1] in section 7.1 and calls it always positive in "
            "Example 2; both readings are shown.",
            "What the others do when one agent stays out is a free choice that changes revenue. "
            "If they pool efficiently, all get the best model, or keep their own, then what they "
            "do does not depend on how they affect the absent agent: these effects average to 0, "
            "not to something negative as the paper says. So mean revenue equals mean welfare "
            "with alpha_ii of either sign, and stays below it with positive alpha_ii.",
            "On average the claim holds only if the platform threatens: whoever stays out faces "
            "the models that harm him most. Such payments are individually rational, truthful "
            "where alpha_ii > 0 (Theorem 2), and no rule for the others yields more revenue; but "
            "the platform would have to be inefficient whenever somebody did stay out.",
            f"Means over {SAMPLES:,} samples with standard errors. The paper averages over "
            f"{PAPER_SAMPLES}; such means scatter widely enough to show the claim by chance.",
        ),
        series,
    )


def _samples(seed: int, n: int, own: OwnEffect) -> dict[str, Floats]:
    """Return the measured quantities at every sample with n agents."""
    random = np.random.default_rng([seed, n])
    effects = draw_effects(random, SAMPLES, n, own)
    types = random.uniform(0, 1, (SAMPLES, n))
    measured: dict[str, Floats] = {}
    for off_path in OFF_PATHS:
        found = outcomes(effects, types, off_path)
        measured[f"revenue, {off_path}"] = found.revenue
        measured[f"surplus, {off_path}"] = found.revenue - found.welfare
        measured[f"external, {off_path}"] = found.external.mean(axis=1)
        measured["welfare"], measured["quality"] = found.welfare, found.quality
    return measured


def _rows(series: dict[str, Any]) -> list[Row]:
    rows = []
    for own, reading in OWN_EFFECTS.items():
        table: Series = series[own]
        rows.append(_growth(table, reading))
        rows.extend(_surplus(table, off_path, reading) for off_path in OFF_PATHS)
        chance = table["surplus, efficient, by chance"][1:]
        rows.append(
            Row(
                f"the same in a mean of {PAPER_SAMPLES} samples, by chance",
                "",
                f"{np.mean(chance):.0%} of {len(chance) * BATCHES:,} such means",
                note=f"{OFF_PATHS['efficient']}; {reading}",
            )
        )
    rows.append(_external(series["any-sign"]))
    reached = series["any-sign"]["quality"][11]
    optimum = float(quality(np.array([AGENTS[11] / 2]))[0])
    rows.append(
        Row(
            "model quality with 12 agents is close to optimal",
            "yes",
            f"{reached:.4f} of 1",
            reached > CLOSE_TO_OPTIMAL,
            note=f"Q at the mean total of data is {optimum:.4f}",
        )
    )
    return rows


def _growth(table: Series, reading: str) -> Row:
    revenue, error = table["revenue, efficient"], table["revenue, efficient, error"]
    rise = revenue[-1] - revenue[1]
    return Row(
        "revenue rises with the number of agents",
        "yes",
        f"{revenue[1]:.3f} at 2, {revenue[-1]:.3f} at 20 agents",
        rise > STANDARD_ERRORS * math.hypot(error[1], error[-1]),
        note=reading,
    )


def _surplus(table: Series, off_path: OffPath, reading: str) -> Row:
    """Compare mean revenue with mean welfare at every number of agents above 1."""
    surplus, error = table[f"surplus, {off_path}"], table[f"surplus, {off_path}, error"]
    above = sum(gap > STANDARD_ERRORS * e for gap, e in zip(surplus[1:], error[1:], strict=True))
    numbers = f"with {above} of {len(AGENTS) - 1} numbers of agents" if above else "never"
    return Row(
        "revenue may surpass social welfare",
        "yes",
        f"{numbers}; {surplus[-1]:+.3f} +- {error[-1]:.3f} at 20",
        above > 0,
        note=f"{OFF_PATHS[off_path]}; {reading}",
    )


def _external(table: Series) -> Row:
    """Test the paper's reason: the others' effect on an absent agent is negative on average."""
    found = {
        off_path: (table[f"external, {off_path}"][-1], table[f"external, {off_path}, error"][-1])
        for off_path in OFF_PATHS
    }
    mean, error = found["efficient"]
    return Row(
        "the others' mean effect on an absent agent is negative, 20 agents",
        "yes",
        ", ".join(f"{name} {m:+.3f} +- {e:.3f}" for name, (m, e) in found.items()),
        mean < -STANDARD_ERRORS * error,
        note="by what the others do; the verdict is on the efficient rule",
    )


ITEM = Item("chen2020/figure1", "Maximal exploitation against the number of agents", recompute)
