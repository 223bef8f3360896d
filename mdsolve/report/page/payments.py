"""How each payment comes about: by the rule's own formula where it is short, and as a balance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mdsolve.report.agent_rows import AgentTable, Floats, Row, largest, without_rounding
from mdsolve.report.numbers import column
from mdsolve.report.page.answer import kind_of
from mdsolve.report.page.markup import Html, joined, table, tag
from mdsolve.report.page.source import Subject
from mdsolve.report.pictures.market import can_draw
from mdsolve.report.pictures.sharing import can_draw_sharing
from mdsolve.tolerance import DEFAULT

MOST_ROWS = 40
"""Rows of a table; the solution file has all."""

Columns = dict[str, tuple[str, Floats]]
"""Heading -> (what the numbers are an amount of, the numbers per party)."""


def payments_section(subject: Subject) -> Html:
    """Return how payments come about, nothing where nobody pays or little is known."""
    if kind_of(subject) == "market":
        return _market(subject) if can_draw(subject.solution) else Html()
    if kind_of(subject) != "sharing" or not can_draw_sharing(subject.solution):
        return Html()
    parts = [_formula(subject), _balance(subject)]
    return joined(part for part in parts if part)


def _market(subject: Subject) -> Html:
    """Return what each model is worth, less what staying out is worth, less the gain."""
    answers = subject.solution.answers
    worth, outside, inside, paid = (
        np.array([float(x) for x in answers[key]])
        for key in ("values", "outside_values", "utilities", "payments")
    )
    lead = (
        "What a party pays is what the model is worth to them in the case shown, less what they "
        "would have if they stayed out, less the gain that the rule leaves them. Who is left less "
        "than nothing receives money."
    )
    columns: Columns = {
        "the model is worth": ("values", worth),
        "less: staying out is worth": ("values", outside),
        "less: the gain left to them": ("values", inside - outside),
        "pays (negative: receives)": ("payments", paid),
    }
    return joined([tag("p", lead, class_="lead"), _table("Case shown", columns, subject)])


def _balance(subject: Subject) -> Html:
    """Return utility as worth of the model, less the cost of data, and the payment."""
    solution, game = subject.solution, subject.game
    if game is None or game.private or game.learning is not None:
        return Html()
    answers = solution.answers
    s, received, paid, utility = (
        np.asarray(answers[key], dtype=np.float64)
        for key in ("contributions", "accuracies", "payments", "utilities")
    )
    worth, cost = game.value * received, game.costs.value(s)
    if np.abs(worth - cost + paid - utility).max() > DEFAULT.verify * largest(worth, cost, utility):
        return Html()  # budgets or the instance's own money are in it as well
    columns: Columns = {
        "the model is worth": ("payments", worth),
        "less: own data cost": ("payments", cost),
        "and receives, or pays if negative": ("payments", paid),
        "makes a utility of": ("payments", utility),
    }
    return _table("What each result is made of", columns, subject)


def _formula(subject: Subject) -> Html:
    """Return the payments by the rule's own formula, where they follow from it."""
    rule = FORMULAS.get(subject.solution.mechanism.name)
    payments = np.asarray(subject.solution.answers["payments"], dtype=np.float64)
    if not np.any(payments):
        return tag("p", "Nobody pays and nobody receives money under this rule.")
    if rule is None or subject.game is None or subject.game.size < 2:
        return Html()
    found = rule(subject)
    if found is None:
        return Html()
    lead, caption, columns, total = found
    if np.abs(total - payments).max() > DEFAULT.verify * largest(payments, total):
        return Html()  # not the whole story: a cap or a part is in it
    return joined([tag("p", lead, class_="lead"), _table(caption, columns, subject)])


Formula = tuple[str, str, Columns, Floats]


def _shapley(subject: Subject) -> Formula | None:
    """Return shares of all gains less the own gain."""
    shares, game = subject.solution.answers.get("shapley"), subject.game
    if shares is None or game is None:
        return None
    received = np.asarray(subject.solution.answers["accuracies"], dtype=np.float64)
    own = game.value * (received - game.accuracies(np.zeros(game.size)))
    share = np.asarray(shares, dtype=np.float64)
    lead = (
        "Everybody earns what their data add to everybody's models (their Shapley share). What "
        "their own model gains is part of that already; the rest is received, or paid if negative."
    )
    columns: Columns = {
        "share: worth of the data to all": ("payments", share),
        "less: gain of the own model": ("payments", own),
        "receives, or pays if negative": ("payments", share - own),
    }
    return lead, "Share less own gain", columns, share - own


def _passed_on(subject: Subject) -> Formula | None:
    """Return the part of the own cost that is passed on, less the part of the others'."""
    answers, game = subject.solution.answers, subject.game
    beta = answers.get("beta", subject.solution.mechanism.options.get("beta"))
    if game is None or not isinstance(beta, int | float):
        return None
    cost = game.costs.value(np.asarray(answers["contributions"], dtype=np.float64))
    others = (cost.sum() - cost) / (game.size - 1)
    lead = f"Everybody hands on {100 * beta:.4g} % of what their data cost, to all others equally."
    columns: Columns = {
        "own data cost": ("payments", cost),
        "handed on to the others": ("payments", beta * cost),
        "less: taken on from the others": ("payments", beta * others),
        "receives, or pays if negative": ("payments", beta * (cost - others)),
    }
    return lead, "Costs passed on", columns, beta * (cost - others)


def _priced(subject: Subject) -> Formula | None:
    """Return the price of every sample above the others' mean."""
    answers = subject.solution.answers
    beta = subject.solution.mechanism.options.get("beta")
    if beta is None:
        return None
    s = np.asarray(answers["contributions"], dtype=np.float64)
    others = (s.sum() - s) / (len(s) - 1)
    price = float(beta)
    lead = (
        "Every sample above the others' mean earns the price, every one below it costs the price."
    )
    columns: Columns = {
        "brings": ("contributions", s),
        "the others bring on average": ("contributions", others),
        "price per sample": ("rate", np.full(len(s), price)),
        "receives, or pays if negative": ("payments", price * (s - others)),
    }
    return lead, "Price of the difference", columns, price * (s - others)


def _designed(subject: Subject) -> Formula | None:
    """Return lump sums and rates of a designed rule."""
    rule = subject.solution.answers.get("target")
    if not isinstance(rule, Mapping) or rule.get("penalty") == "general":
        return None
    sums, rates, wanted = (
        np.asarray(rule[key], dtype=np.float64) for key in ("lump_sums", "rates", "contributions")
    )
    if rule.get("penalty") == "rates":
        priced = rates * wanted
        others = (priced.sum() - priced) / (len(priced) - 1)
        lead = "Each party has a price of their own per sample; the others pay it in equal parts."
        columns: Columns = {
            "brings": ("contributions", wanted),
            "rate per sample": ("rate", rates),
            "less: part of the others' earnings": ("payments", others),
            "receives, or pays if negative": ("payments", priced - others),
        }
        return lead, "A rate for each", columns, priced - others
    lead = (
        "Each party receives (or pays, if negative) a lump sum when all bring what is asked. Who "
        "brings less loses the rate for every sample that is missing, which the others share."
    )
    columns = {
        "is asked to bring": ("contributions", wanted),
        "lump sum": ("payments", sums),
        "rate lost per missing sample": ("rate", rates),
    }
    return lead, "Lump sum and rate", columns, sums


FORMULAS: dict[str, Callable[[Subject], Formula | None]] = {
    "shapley": _shapley,
    "budget-balanced": _passed_on,
    "welfare": _passed_on,
    "contribution-transfer": _priced,
    "target": _designed,
}
"""Rule -> its payments in parts."""


def _table(caption: str, columns: Columns, subject: Subject) -> Html:
    """Return columns by party, one row per run of parties alike."""
    numbers = without_rounding_of(columns)
    rows: Sequence[Row] = AgentTable(subject.solution.agents, numbers).rows()
    units = subject.units
    shown = rows[:MOST_ROWS]
    heads = ["party", *(units.heading(words, key) for words, (key, _) in columns.items())]
    cells = [column(values[row.first] for row in shown) for values in numbers.values()]
    body = zip([row.name for row in shown], *cells, strict=True)
    more = len(rows) - len(shown)
    note = f"{more:,} more rows follow from the solution file in the same way."
    return joined(
        [table(caption, heads, body), *([tag("p", note, class_="note")] if more > 0 else [])]
    )


def without_rounding_of(columns: Columns) -> dict[str, Any]:
    """Return the numbers of columns, money that is rounding beside other money as 0."""
    money = {words: x for words, (key, x) in columns.items() if key in ("payments", "values")}
    scale = DEFAULT.verify * largest(*money.values())
    cleared = without_rounding({words: x for words, (_, x) in columns.items()})
    return {
        words: np.where(np.abs(x) <= scale, 0.0, x) if words in money else cleared[words]
        for words, (_, x) in columns.items()
    }
