"""The case in which a condition is worst, in a sentence: who would gain how much by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mdsolve.conditions import Condition
from mdsolve.report.numbers import amount, as_float, number
from mdsolve.report.words import listed

KEYS = {
    "utility_in": "utility taking part",
    "utility_out": "utility staying out",
    "sum_of_payments": "sum of all payments",
}
"""Names of numbers in witnesses that are not words yet."""


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
        gain = amount(as_float(found[there]) - as_float(found[here]))
        return f"{agent} would gain {gain} by {what}: {outside} instead of {inside}."
    return f"Closest to it is {agent}: {inside} here, {outside} by {what}."


def _deviates(found: Mapping[str, Any], fails: bool) -> str:
    if not fails and as_float(found["gain"]) <= 0:
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
    scale = max((abs(as_float(x)) for x in found["payments"].values()), default=1.0)
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


def _leave(found: Mapping[str, Any], fails: bool) -> str:
    who, case = listed([str(name) for name in found["members"]]), _compact(found["profile"])
    gain = as_float(found["coalition_gain"])
    if not fails:
        return f"Closest to it are {who} in the case {case}: leaving costs them {amount(-gain)}."
    return f"In the case {case}, {who} would gain {amount(gain)} by leaving together."


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
    (("members", "profile", "coalition_gain"), _leave),
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
