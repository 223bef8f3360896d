"""Conditions and amounts in words for readers who do not know the field."""

from __future__ import annotations

from collections.abc import Sequence

from mdsolve.conditions import Condition
from mdsolve.report.numbers import number

CONDITIONS: dict[str, tuple[str, str]] = {
    "individual-rationality": (
        "Nobody is better off staying out",
        "Taking part is worth at least as much to every agent as having no part in it.",
    ),
    "individual-rationality-alone": (
        "Nobody is better off on their own",
        "Taking part is worth at least the best that an agent can do with its own data alone.",
    ),
    "incentive-compatibility": (
        "Honesty pays",
        "No agent gains by pretending to have less data, or other costs, than it has.",
    ),
    "interim-rationality": (
        "On average nobody is better off staying out",
        "Whoever knows their own data only, and of the others no more than their chances, expects "
        "to gain by taking part.",
    ),
    "interim-truthfulness": (
        "On average honesty pays",
        "Whoever knows their own data only expects nothing from pretending to have less.",
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
    "expected-balance": (
        "The organiser does not pay in on average",
        "By the chances that the instance names, what the agents pay together is at least 0.",
    ),
    "coalitions": (
        "No group is better off on its own",
        "No agents gain together by leaving with their data and training a model of their own.",
    ),
    "maximal-revenue": (
        "The organiser could not charge more",
        "Any higher payment would drive an agent out or make a lie worth while.",
    ),
    "nash": (
        "Nobody gains by changing their contribution",
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
        "Everybody gets what they give",
        "What an agent receives is worth at least what its data add to the whole (Shapley value).",
    ),
    "equal-treatment": (
        "Equals are treated alike",
        "Agents who differ in nothing are paid the same.",
    ),
    "feasibility": (
        "Everybody can do what is asked",
        "Contributions are within what the agents have, payments within what they own, and no "
        "model is better than all data can give.",
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
    "rule": (
        "The rule is the one that is named",
        "Payments and models are those of the named mechanism with the named options.",
    ),
    "dominant-strategies": (
        "What is best does not depend on the others",
        "Bringing what is asked is best for every agent, whatever the others bring.",
    ),
    "payment-limit": (
        "Nobody pays more than the limit",
        "Whatever the agents bring, no payment is above the limit that was set.",
    ),
    "requirements": (
        "Everybody brings what was asked for",
        "Shares of capacity, the total and wanted contributions are reached.",
    ),
    "optimality": (
        "How good the answer is, is said truly",
        "No rule that respects what was asked for has more than the bound that is stated.",
    ),
    "trade-off": (
        "Every point of the curve holds",
        "Each point of the trade-off is a rule of its own, checked like a single one.",
    ),
    "no-rule": (
        "No payments can do what was asked for",
        "What everybody needs at least exceeds what all data are worth.",
    ),
    "wrong-instance": (
        "The answer belongs to this instance",
        "The solution was made for an instance with the same data as the one at hand.",
    ),
    "equilibria": (
        "What is said of other equilibria is true",
        "There is no other equilibrium where that is said, and every total listed is one's.",
    ),
    "history": (
        "The books of the run add up",
        "Every round's payments and utilities follow from what was contributed and learned.",
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


def lower_first(words: str) -> str:
    """Return words that begin in the middle of a sentence."""
    return words[:1].lower() + words[1:]


def upper_first(words: str) -> str:
    """Return words that begin a sentence."""
    return words[:1].upper() + words[1:]


def sentence(words: str) -> str:
    """Return words as a sentence, nothing where there are none."""
    return f"{upper_first(words)}." if words else ""


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
    return f"{upper_first('; '.join(parts))}."
