"""Conditions, witnesses and amounts in words for readers who do not know the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from mdsolve.conditions import Condition
from mdsolve.report.numbers import number
from mdsolve.tolerance import ROUND_OFF

CONDITIONS: dict[str, tuple[str, str]] = {
    "individual-rationality": (
        "Nobody is better off staying out",
        "Taking part is worth at least as much to every agent as having no part in it.",
    ),
    "individual-rationality-alone": (
        "Nobody is better off on his own",
        "Taking part is worth at least the best that an agent can do with his own data alone.",
    ),
    "incentive-compatibility": (
        "Honesty pays",
        "No agent gains by pretending to have less data, or other costs, than he has.",
    ),
    "efficiency": (
        "Models go where they are worth most",
        "No other choice of who gets the best model has a larger total value.",
    ),
    "weak-budget-balance": (
        "The organiser never pays in",
        "In every case, what the agents pay together is at least 0.",
    ),
    "budget-balance": (
        "The money adds up",
        "What some agents pay is exactly what others receive; nothing is left and nothing lacks.",
    ),
    "maximal-revenue": (
        "The organiser could not charge more",
        "Any higher payment would drive an agent out or make a lie worth while.",
    ),
    "nash": (
        "Nobody gains by changing his contribution",
        "As long as the others do as stated, bringing more or less data does not pay.",
    ),
    "no-equilibrium": (
        "No stable outcome exists",
        "Whatever the agents bring, somebody would rather bring something else.",
    ),
    "no-mechanism": (
        "No payments work",
        "No payments make taking part, honesty and a balanced purse hold together.",
    ),
    "no-admissible-step": (
        "No step size is safe",
        "For no step size is it proved that the agents' steps lead to rest.",
    ),
    "reciprocity": (
        "Everybody gets what he gives",
        "What an agent receives is worth at least what his data add to the whole (Shapley value).",
    ),
    "equal-treatment": (
        "Equals are treated alike",
        "Agents who differ in nothing are paid the same.",
    ),
    "feasibility": (
        "Everybody can do what is asked",
        "Contributions are within what the agents have, and payments within what they own.",
    ),
    "welfare-optimality": (
        "No plan does better",
        "No contributions give the agents together more, by the measure that was asked for.",
    ),
    "welfare-kkt": (
        "The planner would choose the same",
        "The equations that a planner's best choice must satisfy hold as well.",
    ),
    "curve-feasibility": (
        "Every promised model can be made",
        "No agent is promised a model better than all data together can give.",
    ),
    "data-maximality": (
        "No rule without payments collects more data",
        "Nothing that agents would agree to brings in more data.",
    ),
    "side-constraints": (
        "The further wishes are met",
        "Payments keep within the limits that were asked for.",
    ),
    "stated-numbers": (
        "The numbers stated are right",
        "What else the solution states follows from contributions and payments.",
    ),
    "stationarity": (
        "The learning has come to rest",
        "Neither the model nor the contributions would still move.",
    ),
}
"""Condition -> heading and meaning."""

VERDICTS = {"pass": "holds", "fail": "does not hold", "not-checked": "not checked"}

ARITHMETIC = {
    "float": "computed in ordinary floating-point numbers",
    "enclosure": "proved with rigorous bounds on rounding",
    "exact": "proved in exact fractions",
}

KEYS = {
    "utility_in": "utility taking part",
    "utility_out": "utility staying out",
    "sum_of_payments": "sum of all payments",
}
"""Names of numbers in witnesses that are not words yet."""


def amount(value: Any, scale: float = 1.0) -> str:
    """Return a number for a board: thousands apart, four digits, rounding noise as 0.

    Examples
    --------
    >>> amount(12345.678), amount(-0.0713449), amount(1e-15), amount(None)
    ('12,346', '-0.07134', '0', 'not known')
    """
    if value is None:
        return "not known"
    found = _float(value)
    if abs(found) <= ROUND_OFF * max(1.0, scale):
        return "0"
    return f"{found:,.0f}" if abs(found) >= 1000 else number(found, 4)


def _float(value: Any) -> float:
    """Return a number, or a text such as 1/3 that stands for one."""
    return float(Fraction(value) if isinstance(value, str) else value)


def listed(names: Sequence[str], most: int = 12) -> str:
    """Return names as a list in words, cut where there are many.

    Examples
    --------
    >>> listed(["A"]), listed(["A", "B", "C"]), listed(["A", "B", "C"], most=2)
    ('A', 'A, B and C', 'A, B and 1 other')
    """
    if len(names) > most:
        left = len(names) - most
        return f"{', '.join(names[:most])} and {left:,} other{'s' if left > 1 else ''}"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def heading(condition: Condition) -> str:
    """Return what a condition says, as a heading."""
    words = CONDITIONS.get(condition.name)
    return words[0] if words else condition.name.replace("-", " ").capitalize()


def meaning(condition: Condition) -> str:
    """Return what a condition says, in a sentence."""
    words = CONDITIONS.get(condition.name)
    return words[1] if words else ""


def how_decided(condition: Condition) -> str:
    """Return how a verdict came about: what was covered, arithmetic, tolerance."""
    parts = [condition.scope] if condition.scope else []
    parts.append(ARITHMETIC.get(condition.arithmetic, condition.arithmetic))
    if condition.violation is not None and condition.violation > 0:
        parts.append(f"worst violation {number(condition.violation, 3)}")
    elif condition.violation is not None:
        parts.append("not violated anywhere")
    if condition.tolerance is not None:
        allowed = number(condition.tolerance, 2) if condition.tolerance > 0 else "0"
        parts.append(f"tolerance {allowed}")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def witness_words(condition: Condition) -> str:
    """Return the case in which a condition is worst, in a sentence.

    Examples
    --------
    >>> found = {"agent": "C", "contribution": 3.0, "best_response": 5.0, "gain": 120.0}
    >>> witness_words(Condition("nash", True, "fail", witness=found))
    'C would gain 120 by bringing 5 instead of 3.'
    """
    found = condition.witness
    if not found:
        return ""
    for keys, sentence in SENTENCES:
        if all(key in found for key in keys):
            try:
                return sentence(found, condition.verdict == "fail")
            except (TypeError, ValueError, AttributeError):  # a foreign witness may hold anything
                break
    return f"{_sentence_of(found)}." if condition.verdict == "fail" else ""


def _where(found: Mapping[str, Any]) -> str:
    """Return the case of a market or of private costs, in brackets; nothing where there is one."""
    parts = []
    if "type" in found:
        kind = found["type"]
        parts.append(f"{kind} costs" if kind in ("low", "high") else f"type {number(kind)}")
    if isinstance(found.get("others"), Mapping):
        parts.append("others " + _compact(found["others"]))
    return f" ({'; '.join(parts)})" if parts else ""


def _against(found: Mapping[str, Any], fails: bool, here: str, there: str, what: str) -> str:
    """Return the comparison of two utilities."""
    agent = f"{found['agent']}{_where(found)}"
    inside, outside = amount(found[here]), amount(found[there])
    if fails:
        gain = amount(_float(found[there]) - _float(found[here]))
        return f"{agent} would gain {gain} by {what}: {outside} instead of {inside}."
    return f"Closest to it is {agent}: {inside} here, {outside} by {what}."


def _deviates(found: Mapping[str, Any], fails: bool) -> str:
    if not fails and _float(found["gain"]) <= 0:
        return f"Closest to it is {found['agent']}, who brings {amount(found['contribution'])}."
    gain = amount(found["gain"]) if fails else number(found["gain"], 2)
    word = "would gain" if fails else "gains at most"
    return (
        f"{found['agent']} {word} {gain} by bringing {amount(found['best_response'])} "
        f"instead of {amount(found['contribution'])}."
    )


def _lies(found: Mapping[str, Any], fails: bool) -> str:
    what = f"reporting {number(found['report'])}"
    return _against(found, fails, "utility_truth", "utility_report", what)


def _pretends(found: Mapping[str, Any], fails: bool) -> str:
    there = found["deviation"]
    what = there if isinstance(there, str) else f"bringing {amount(there)}"
    return _against(found, fails, "utility", "utility_there", f"choosing {what}")


def _unequal(found: Mapping[str, Any], fails: bool) -> str:
    received, given = amount(found["received"]), amount(found["contributed"])
    start = "" if fails else "Closest to it: "
    return f"{start}{found['agent']} receives {received} and contributes {given}."


def _could_rise(found: Mapping[str, Any], fails: bool) -> str:
    if not fails:
        return ""
    more = amount(found["could_rise_by"])
    return f"{found['agent']}{_where(found)} could be charged {more} more."


def _lacks(found: Mapping[str, Any], fails: bool) -> str:
    del fails
    return (
        f"{found['agent']} owns {amount(found['budget'])} and would have to spend "
        f"{amount(found['spends_at_least'])} at least."
    )


def _gap(found: Mapping[str, Any], fails: bool) -> str:
    del fails
    return f"Whatever is brought, somebody gains at least {found['nash_gap']} by changing it."


def _revenue(found: Mapping[str, Any], fails: bool) -> str:
    del fails
    scale = max((abs(_float(x)) for x in found["payments"].values()), default=1.0)
    total = amount(found["revenue"], scale)
    return f"Worst case {_compact(found['profile'])}: the payments add up to {total}."


def _sum(found: Mapping[str, Any], fails: bool) -> str:
    del fails
    return f"All payments together are {amount(found['sum_of_payments'])}."


def _better_use(found: Mapping[str, Any], fails: bool) -> str:
    if not fails:
        return ""
    names = listed([str(name) for name in found["better_recipients"]] or ["nobody"])
    better, claimed = amount(found["total_better"]), amount(found["total_claimed"])
    case = _compact(found["profile"])
    return f"In the case {case}, models for {names} are worth {better} together, not {claimed}."


def _deficit(found: Mapping[str, Any], fails: bool) -> str:
    del fails
    case, bounds = _compact(found["profile"]), _compact(found["bounds"])
    most = amount(found["deficit"])
    return f"In the case {case}, at most these can be charged: {bounds}. That is {most} together."


def _near(found: Mapping[str, Any], fails: bool) -> str:
    words = "Worst is" if fails else "Closest to it is"
    return f"{words} {found['agent']}, who brings {amount(found['contribution'])}."


SENTENCES: tuple[tuple[tuple[str, ...], Callable[[Mapping[str, Any], bool], str]], ...] = (
    (("agent", "contribution", "best_response", "gain"), _deviates),
    (("agent", "report", "utility_truth", "utility_report"), _lies),
    (("agent", "deviation", "utility", "utility_there"), _pretends),
    (
        ("agent", "utility_in", "utility_out"),
        lambda x, fails: _against(x, fails, "utility_in", "utility_out", "staying out"),
    ),
    (
        ("agent", "utility", "outside"),
        lambda x, fails: _against(x, fails, "utility", "outside", "staying out"),
    ),
    (
        ("agent", "utility", "alone"),
        lambda x, fails: _against(x, fails, "utility", "alone", "training alone"),
    ),
    (("agent", "received", "contributed"), _unequal),
    (("agent", "could_rise_by"), _could_rise),
    (("agent", "budget", "spends_at_least"), _lacks),
    (("nash_gap",), _gap),
    (("profile", "payments", "revenue"), _revenue),
    (("better_recipients", "total_better", "total_claimed", "profile"), _better_use),
    (("profile", "bounds", "deficit"), _deficit),
    (("sum_of_payments",), _sum),
    (("agent", "contribution", "marginal_utility"), _near),
)
"""Keys of a witness -> the sentence made of them; the first that fits is taken."""


def _sentence_of(found: Mapping[str, Any]) -> str:
    parts = [f"{KEYS.get(k, k.replace('_', ' '))} {_compact(v)}" for k, v in found.items()]
    sentence = ", ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _compact(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_compact(entry)}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return "(" + ", ".join(_compact(entry) for entry in value) + ")"
    if value is None or isinstance(value, bool | str):
        return str(value)
    return amount(value)
