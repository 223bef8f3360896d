"""Every shipped market is solved a second time from its file, in plain Python.

The files are read with a plain YAML reader, not with mdsolve; payments come from the definitions in
theory: the harm done to others, the gain from taking part, and one pass over all lower reports.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml

from mdsolve.instance import load
from mdsolve.study.solve import solve
from tests.conftest import INSTANCES
from tests.oracles import PlainMarket

FOLDERS = ("cases", "small", "papers/chen2020")
FILES = sorted(file for folder in FOLDERS for file in (INSTANCES / folder).glob("*.yaml"))
CLOSE = 1e-9


def raw(file: Path) -> dict:
    return yaml.safe_load(file.read_text())


MARKETS = [file for file in FILES if raw(file)["kind"] == "market"]
TABLES = [file for file in MARKETS if raw(file)["valuation"]["family"] == "table"]
PLAIN = [file for file in MARKETS if file not in TABLES]


def fraction(entry) -> Fraction:
    return Fraction(str(entry))


def grid(entry) -> list[Fraction]:
    if isinstance(entry, list):
        return [fraction(t) for t in entry]
    first, last, step = (fraction(entry.get(key, 1)) for key in ("from", "to", "step"))
    return [first + k * step for k in range(int((last - first) / step) + 1)]


def quality_function(spec):
    family = spec["family"]
    if family == "table":
        points = [(fraction(x), fraction(y)) for x, y in spec["points"]]

        def interpolated(t):
            for (x0, y0), (x1, y1) in itertools.pairwise(points):
                if t <= x1:
                    return y0 + (y1 - y0) * (t - x0) / (x1 - x0)
            raise AssertionError(t)

        return interpolated, True
    if family == "power":
        exponent = float(fraction(spec["exponent"]))
        return lambda t: float(t) ** exponent, False
    if family == "saturation":
        return lambda t: math.tanh(float(t) / 2), False
    return lambda t: t, True


def valuation_function(spec):
    family, scale = spec["family"], fraction(spec.get("scale", 1))
    if family == "sum":
        terms = [valuation_function(term) for term in spec["terms"]]
        exact = all(term[1] for term in terms)
        return lambda i, q: sum(float(term[0](i, q)) for term in terms), exact
    if family == "linear":
        matrix = [[fraction(w) for w in row] for row in spec["matrix"]]
        return lambda i, q: sum(scale * w * x for w, x in zip(matrix[i], q, strict=True)), True
    exponent = Fraction(-1) if family == "share" else fraction(spec["exponent"])
    if exponent == -1:
        return lambda i, q: scale * q[i] / sum(q) if sum(q) else q[i], True
    return (
        lambda i, q: (
            float(scale) * float(sum(q)) ** float(exponent) * float(q[i]) if sum(q) else 0.0
        ),
        False,
    )


def plain_market(data: dict) -> PlainMarket:
    agents = data["agents"]
    count = agents if isinstance(agents, int) else len(agents)
    types = data["types"]
    shared = isinstance(types, list) or "from" in types
    grids = [grid(types if shared else types[agents[i]]) for i in range(count)]
    quality, exact_quality = quality_function(data.get("quality", {"family": "identity"}))
    value, exact_value = valuation_function(data["valuation"])
    if not (exact_quality and exact_value):
        exact, exact_value = value, value
        return PlainMarket(
            grids,
            lambda t: float(quality(t)),
            lambda i, q: float(exact(i, [float(x) for x in q])),
            data.get("outside", "pooled"),
            data.get("allocation", "efficient"),
        )
    return PlainMarket(
        grids, quality, value, data.get("outside", "pooled"), data.get("allocation", "efficient")
    )


def one_pass(plain: PlainMarket, agent: int, true) -> object:
    """Return the largest payment: lower types in rising order, each bounded by all below it."""
    bounds: list = []
    own = [t for t in plain.types[agent] if t <= true[agent]]
    for k, t in enumerate(own):
        at = [t if j == agent else x for j, x in enumerate(true)]
        truth = plain.report_value(agent, at, t)
        limits = [truth - plain.outside_value(agent, at)]
        limits += [bounds[r] + truth - plain.report_value(agent, at, own[r]) for r in range(k)]
        bounds.append(min(limits))
    return bounds[-1]


def value_without(plain: PlainMarket, absent: int, agent: int, true) -> object:
    """Return an agent's value when another one stays out."""
    q = [plain.quality(t) for t in true]
    others = [j for j in range(plain.n) if j != absent]
    if plain.outside == "pooled":
        best = plain.quality(sum(true[j] for j in others))
        for j in plain.recipients(true, others):
            q[j] = max(q[j], best)
    return plain.value(agent, q)


def by_definition(plain: PlainMarket, mechanism: str, true) -> list:
    agents = range(plain.n)
    if mechanism == "free":
        return [0] * plain.n
    if mechanism == "vcg":
        inside = [plain.report_value(i, true, true[i]) for i in agents]
        return [
            sum(value_without(plain, i, j, true) - inside[j] for j in agents if j != i)
            for i in agents
        ]
    if mechanism == "mep":
        return [plain.report_value(i, true, true[i]) - plain.outside_value(i, true) for i in agents]
    return [one_pass(plain, i, true) for i in agents]


def name_of(file: Path) -> str:
    return str(file.relative_to(INSTANCES))


@pytest.mark.parametrize("mechanism", ["free", "vcg", "mep", "desirable"])
@pytest.mark.parametrize("file", PLAIN, ids=name_of)
def test_payments_and_least_revenue(file, mechanism):
    data = raw(file)
    plain = plain_market(data)
    options = {"side": [], "objective": "revenue"} if mechanism == "desirable" else {}
    solution = solve(load(file), mechanism, options=options)
    answers = solution.answers
    if "payments" in answers:
        shown = data.get("profile") or [types[-1] for types in plain.types]
        true = [fraction(t) for t in shown]
        wanted = [float(p) for p in by_definition(plain, mechanism, true)]
        scale = max(
            1.0, *(abs(float(plain.report_value(i, true, true[i]))) for i in range(plain.n))
        )
        assert [float(p) for p in answers["payments"]] == pytest.approx(wanted, abs=CLOSE * scale)
    lowest = [fraction(t).limit_denominator(10**6) for t in answers["minimal_profile"]]
    revenue = float(sum(by_definition(plain, mechanism, lowest)))
    assert float(answers["minimal_revenue"]) == pytest.approx(revenue, abs=CLOSE * 1000)
    if mechanism == "desirable":
        assert answers["exists"] == (revenue >= -CLOSE)


def table_payments(value, outside, agent: int, others: int) -> list[Fraction]:
    """Return an agent's largest payments at every own type, from a table of values."""
    bounds: list[Fraction] = []
    for t in range(value.shape[2]):
        truth = fraction(value[agent, t, t, others])
        limits = [truth - fraction(outside[agent, t, others])]
        limits += [bounds[r] + truth - fraction(value[agent, r, t, others]) for r in range(t)]
        bounds.append(min(limits))
    return bounds


@pytest.mark.parametrize("file", TABLES, ids=name_of)
def test_tables_of_values_in_fractions(file):
    with np.load(file.parent / raw(file)["valuation"]["file"]) as arrays:
        value, outside = arrays["value"], arrays["outside"]
    solution = solve(load(file), "desirable", options={"arithmetic": "exact"})
    payments = solution.answers["table"]["payments"]
    size = value.shape[2]
    mine = [[table_payments(value, outside, i, other) for other in range(size)] for i in range(2)]
    for a in range(size):
        for b in range(size):
            assert payments[0, a, b] == mine[0][b][a]
            assert payments[1, a, b] == mine[1][a][b]
    least = min(mine[0][b][a] + mine[1][a][b] for a in range(size) for b in range(size))
    assert solution.answers["minimal_revenue"] == least


def test_the_refused_market_loses_money_at_no_worse_profile():
    """Enumerate all 1080 profiles of the case without a mechanism by its own recursion."""
    a = -0.95

    def truthful_utility(types, tau):
        found: dict[int, float] = {}
        for t in types:
            best = t * (t + 2 * tau) ** a
            for r, known in found.items():
                total = r + tau
                used = max(t, total)
                lie = used * (used + 2 * total) ** a - 3**a * total ** (1 + a)
                best = max(best, known + lie)
            found[t] = best
        return found

    grids = [range(1, 61), range(1, 7), [1, 2, 4]]
    cache = {
        (k, tau): truthful_utility(types, tau) for k, types in enumerate(grids) for tau in range(70)
    }
    least = math.inf, ()
    for big in grids[0]:
        for bank in grids[1]:
            for fintech in grids[2]:
                profile = (big, bank, fintech)
                total = sum(profile)
                kept = sum(cache[k, total - t][t] for k, t in enumerate(profile) if total > t)
                least = min(least, (12 * ((3 * total) ** (1 + a) - kept), profile))
    answers = solve(load(INSTANCES / "cases" / "two-banks-fintech.yaml")).answers
    assert tuple(answers["minimal_profile"]) == least[1]
    assert float(answers["minimal_revenue"]) == pytest.approx(least[0], abs=CLOSE)
    assert least[0] < 0
