"""[C20] Example 1, VCG payments that reward hiding data, and Figures 1 to 3 on exploitation.

Figures 1 and 2 are about linear externalities (section 7.1), v_i(q) = sum_j alpha_ij q_j with
random alpha and saturating quality. They are evaluated at one profile per sample, vectorised over
samples, so no grids are needed: an efficient allocation gives the model to agent j iff column j of
alpha has a non-negative sum over the participants.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np

import mdsolve as md
from mdsolve.reproduce.record import Floats, Recomputation, checked
from mdsolve.tolerance import ROUND_OFF

RATIO = 10  # t_1 / t_2 in Example 1
CURVE_POINTS = 400
BISECTIONS = 200


def utility(report: Fraction | float, own: Fraction | float) -> Fraction | float:
    """Return the large agent's VCG utility when t_2 = 1 and they own `own` but report `report`.

    q_1 = max(own, report + 1), q_2 = report + 1 and p_1 = 1/(report + 1) - 1/2.
    """
    used = max(own, report + 1)
    return used / (used + report + 1) - 1 / (report + 1) + type(report)(1) / 2


def best_report(own: float) -> float:
    """Return the maximiser of `utility` over real reports up to ``own - 1``.

    With y = report + 1 the utility is own/(own + y) - 1/y + 1/2; its slope vanishes at
    y (sqrt(own) - 1) = own, where it turns from rising to falling.
    """
    return float(own / (own**0.5 - 1) - 1)


def truthful_ratio() -> float:
    """Return the largest ratio at which the truth is still a best report, by bisection."""
    low, high = 4.0, 10.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        gains = utility(best_report(middle), middle) > utility(middle, middle)
        low, high = (low, middle) if gains else (middle, high)
    return low


def truthful_ratio_from_cubic() -> float:
    """Return the same ratio in closed form.

    With s the square root of the ratio, the best lie earns (1 - 1/s)^2 + 1/2 and the truth
    1 - 1/(s^2 + 1). They are equal where s^3 - 3 s^2 + 2 s - 2 = 0, that is s = 1 + t with
    t^3 = t + 2; by Cardano t = (1 + r)^(1/3) + (1 - r)^(1/3), r = sqrt(26/27).
    """
    root = math.sqrt(26 / 27)
    return (1 + math.cbrt(1 + root) + math.cbrt(1 - root)) ** 2


def truthful_on_integers(largest: int) -> bool:
    """Tell, in exact fractions, whether no integer lie pays for who owns `largest`."""
    own = Fraction(largest)
    return all(utility(Fraction(r), own) <= utility(own, own) for r in range(1, largest))


def example1(run: Recomputation) -> None:
    """Recompute the example in exact fractions, and the ratio at which the trouble starts."""
    values = {report: utility(Fraction(report), Fraction(RATIO)) for report in range(1, RATIO + 1)}
    best = max(values, key=lambda report: values[report])
    ratio, closed = truthful_ratio(), truthful_ratio_from_cubic()
    whole = next(k for k in range(2, RATIO) if not truthful_on_integers(k + 1))
    run.say("truth", values[RATIO], values[RATIO] == Fraction(10, 11))
    run.say("lie", values[3], values[3] == Fraction(27, 28))
    run.say("integer", best=best, utility=values[best])
    run.say("real", best=best_report(RATIO), utility=utility(best_report(RATIO), RATIO))
    run.say("ratio", ratio, abs(ratio - closed) <= ROUND_OFF * closed, closed=closed)
    run.say("whole", whole, whole == math.floor(ratio))
    types = {"large": list(range(1, RATIO + 1)), "small": [1]}
    market = {"kind": "market", "agents": list(types), "types": types}
    instance = md.parse({**market, "valuation": {"family": "share"}})
    found = md.solve(instance, "vcg", options={"arithmetic": "exact"}, monitor=run.monitor)
    run.say("witness", **(checked(found, "incentive-compatibility").witness or {}))
    reports = [1 + (RATIO - 1) * k / CURVE_POINTS for k in range(CURVE_POINTS + 1)]
    run.series |= {
        "reports": reports,
        "utilities": [float(utility(report, float(RATIO))) for report in reports],
        "truth": float(values[RATIO]),
        "marked": {str(r): float(values[r]) for r in (3, best, RATIO)},
    }


OFF_PATHS = {
    "efficient": "the others pool under the efficient allocation",
    "best-model": "the others all get the best model",
    "separate": "the others keep their own models",
    "harmful": "the others get whatever harms the absent agent most",
}
"""What the other agents do when one stays out; `harmful` yields the most revenue of all rules."""

STANDARD_ERRORS = 3.0  # by so many a difference must differ from 0 before it counts
AGENTS = tuple(range(1, 21))
PAPER_SAMPLES = 50
BATCHES = 80  # Figure 1 is recomputed with so many times the paper's samples
CLOSE_TO_OPTIMAL = 0.97  # share of the limit 1 from which a mean quality is close to optimal
TYPES = tuple(round(0.1 * k, 1) for k in range(21))
SAMPLES = 20_000
UNAFFECTED = 0.2  # in Figure 2 a change is almost none below this share of the welfare's


class Outcomes(NamedTuple):
    """Results per sample: sums over agents, the best quality handed out, and per agent outside.

    `utilities` are values less payments, what each agent would have had outside; `external` is the
    part of it that the others cause, sum_{j != i} alpha_ij q_j.
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
    best, receives = quality(total), columns >= 0
    inside = np.einsum("sij,sj->si", effects, np.where(receives, best[:, None], own))
    external = np.empty_like(inside)
    for i in range(types.shape[1]):
        given = {
            "efficient": columns - effects[:, i, :] >= 0,
            "best-model": np.True_,
            "separate": np.False_,
            "harmful": effects[:, i, :] < 0,
        }[off_path]
        kept = np.where(given, quality(total - types[:, i])[:, None], own)
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
    samples, readings = BATCHES * PAPER_SAMPLES, run.item.printed
    run.series |= {"agents": list(AGENTS), **{own: {} for own in readings}}
    for own, n in run.each("numbers of agents", [(own, n) for own in readings for n in AGENTS]):
        random, table = run.random(n), run.series[own]
        effects, types = draw_effects(random, samples, n, own), random.uniform(0, 1, (samples, n))
        measured: dict[str, Floats] = {}
        for rule in OFF_PATHS:
            seen = outcomes(effects, types, rule)
            measured |= {"welfare": seen.welfare, "quality": seen.quality}
            measured[f"revenue, {rule}"] = seen.revenue
            measured[f"surplus, {rule}"] = seen.revenue - seen.welfare
            measured[f"external, {rule}"] = seen.external.mean(axis=1)
        for key, sample in measured.items():
            table.setdefault(key, []).append(float(sample.mean()))
            table.setdefault(f"{key}, error", []).append(error_of(sample))
            if key.startswith("surplus"):
                batches = sample.reshape(BATCHES, PAPER_SAMPLES).mean(axis=1)
                table.setdefault(f"{key}, by chance", []).append(float((batches > 0).mean()))
    for own, reading in readings.items():
        _say_growth_and_surplus(run, run.series[own], reading)
    table = run.series["any-sign"]
    found = {
        rule: (table[f"external, {rule}"][-1], table[f"external, {rule}, error"][-1])
        for rule in OFF_PATHS
    }
    mean, error = found["efficient"]
    words = ", ".join(f"{rule} {m:+.3f} +- {e:.3f}" for rule, (m, e) in found.items())
    run.say("external", words, mean < -STANDARD_ERRORS * error)
    reached, optimum = table["quality"][11], float(quality(np.array([AGENTS[11] / 2]))[0])
    run.say("quality", agrees=reached > CLOSE_TO_OPTIMAL, reached=reached, optimum=optimum)
    run.words["samples"] = samples


def _say_growth_and_surplus(
    run: Recomputation, table: dict[str, list[float]], reading: str
) -> None:
    """Compare revenue with that of fewer agents, and with welfare at every number above 1."""
    revenue, error = table["revenue, efficient"], table["revenue, efficient, error"]
    grows = revenue[-1] - revenue[1] > STANDARD_ERRORS * math.hypot(error[1], error[-1])
    run.say("growth", agrees=grows, revenue=revenue, reading=reading)
    for rule, words in OFF_PATHS.items():
        surplus, error = table[f"surplus, {rule}"], table[f"surplus, {rule}, error"]
        count = int(np.sum(np.array(surplus[1:]) > STANDARD_ERRORS * np.array(error[1:])))
        above = f"with {count} of {len(AGENTS) - 1} numbers of agents" if count else "never"
        last = {"surplus": surplus[-1], "error": error[-1], "rule": words}
        run.say("surplus", agrees=count > 0, above=above, reading=reading, **last)
    chance = table["surplus, efficient, by chance"][1:]
    said = {"rule": OFF_PATHS["efficient"], "reading": reading, "means": len(chance) * BATCHES}
    run.say("chance", chance=np.mean(chance), **said)


def figure2(run: Recomputation) -> None:
    """Recompute averages at each type of the opponent, with common random effects."""
    claims, readings = run.item.printed["claims"], run.item.printed["readings"]
    run.series["types"] = list(TYPES)
    for step, (own, reading) in run.each("readings", enumerate(readings.items())):
        effects = draw_effects(run.random(step), SAMPLES, 2, own)
        columns: dict[str, list[Floats]] = {name: [] for name in claims}
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
        for name, claim in claims.items():
            change = columns[name][-1] - columns[name][0]
            mean, error = float(change.mean()), error_of(change)
            rises, little = mean > STANDARD_ERRORS * error, abs(mean) < UNAFFECTED * abs(whole)
            agrees = little if "unaffected" in claim else rises
            run.say("change", agrees=agrees, claim=claim, reading=reading, mean=mean, error=error)


EXPONENTS = tuple(Fraction(-1000 + 2 * k, 1000) for k in range(167))  # as in Figure 3
BEYOND = tuple(Fraction(-667 + k, 1000) for k in range(6))  # where the paper's computer gave up
PAPER_LIMIT, LIMIT = 10_000, 1_000_000
SHOWN = ("-1", "-0.9", "-0.8", "-0.7", "-0.68", "-0.668")


def figure3(run: Recomputation) -> None:
    """Recompute the boundary on types 1..D and 0..D, on the latter past the paper's 10,000."""
    points: list[Any] = []
    largest: dict[str, dict[Fraction, float]] = {}
    grids: dict[Literal["one", "zero"], Any] = {"one": EXPONENTS, "zero": EXPONENTS + BEYOND}
    for grid, exponents in grids.items():
        line: Any = md.frontier([2], exponents, grid, limit=LIMIT, monitor=run.monitor)
        points += line
        largest[grid] = {point.exponent: float(point.frontier) for point in line}

    def at(exponent: str | Fraction) -> dict[str, float]:
        return {grid: sizes[Fraction(exponent)] for grid, sizes in largest.items()}

    def growth(start: str) -> dict[str, float]:
        before, after = at(start), at(Fraction(start) + Fraction(1, 100))
        return {grid: after[grid] / before[grid] for grid in largest}

    threshold, last, near, far = points[0].threshold, at("-0.668"), growth("-0.68"), growth("-0.78")
    passed = {
        grid: float(next(exponent for exponent, size in sizes.items() if size > PAPER_LIMIT))
        for grid, sizes in largest.items()
    }
    monotone = all(a <= b for sizes in largest.values() for a, b in pairwise(sizes.values()))
    run.say("speed", agrees=all(near[grid] > far[grid] for grid in near), near=near, far=far)
    run.say("computable", agrees=last["zero"] <= PAPER_LIMIT, **last)
    run.say("end", agrees=float(EXPONENTS[-1]) < passed["zero"] < threshold, **passed)
    run.say("threshold", agrees=threshold < 0, threshold=threshold)
    run.say("monotone", monotone, monotone)
    run.say("fixed", agrees=max(at("-1").values()) < 1, **at("-1"))
    for exponent in SHOWN:
        run.say("largest", exponent=exponent, **at(exponent))
    run.words["threshold"] = threshold
    run.series |= {"points": points, "threshold": threshold}
    for name, sizes in largest.items():
        run.series[name] = {"exponents": [*map(float, sizes)], "largest": [*sizes.values()]}
