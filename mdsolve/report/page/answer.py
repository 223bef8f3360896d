"""The answer of a solution in a few sentences: the numbers that matter, the proof of none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.conditions import Certificate
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.training import TrainingInstance
from mdsolve.report.agent_rows import MONEY, AgentTable, agent_table, largest
from mdsolve.report.alarms import Alarm, alarms_of
from mdsolve.report.contracts import menu_standing, menu_words
from mdsolve.report.numbers import amount, number
from mdsolve.report.page.source import Subject
from mdsolve.report.pictures.market import can_draw
from mdsolve.report.pictures.sharing import can_draw_sharing
from mdsolve.report.text.joint import no_step_view
from mdsolve.report.text.proofs import witness_lines
from mdsolve.report.units import Units
from mdsolve.report.verdict import tally_of
from mdsolve.report.words import heading, lower_first
from mdsolve.status import Termination
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]


def kind_of(subject: Subject) -> str:
    """Return market, sharing or training: the instance's kind, else what the answers look like."""
    if subject.instance is not None:
        return subject.instance.kind
    answers = subject.solution.answers
    if "history" in answers:
        return "training"
    market = "off_path" in answers or "exists" in answers or "profile" in answers
    return "market" if market else "sharing"


def verdict_words(subject: Subject) -> str:
    """Return what the certificate says, in one sentence."""
    certificate = subject.solution.certificate
    source = "An independent check" if subject.checked else "The solution file states that a check"
    if certificate is None:
        return (
            "Nothing was checked: the file holds no certificate, and its instance is not at hand."
        )
    failed = _headings(certificate, "fail", claimed=True)
    if failed:
        return f"{source} refutes the answer. Not true: {failed}."
    undecided = _headings(certificate, "not-checked", claimed=True)
    if undecided:
        return f"{source} leaves open: {undecided}."
    promised = tuple(c for c in certificate.conditions if c.claimed)
    kept = tally_of(Certificate(promised)).words
    broken = _headings(certificate, "fail", claimed=False)
    if broken:
        return f"Not true, and not promised: {broken}. {source} found the promises kept ({kept})."
    if subject.solution.termination is Termination.INFEASIBLE:
        return f"{source} confirmed the proof ({kept})."
    every = "the promised condition" if len(promised) == 1 else f"all {len(promised)} conditions"
    confirmed = f"confirmed {every} that the mechanism promises ({kept})"
    nothing = "was made for information; the mechanism promises nothing here"
    return f"{source} {confirmed if promised else nothing}."


def _headings(certificate: Certificate, verdict: str, *, claimed: bool) -> str:
    """Return what conditions with a verdict say, one after the other."""
    found = [c for c in certificate.conditions if c.verdict == verdict and c.claimed == claimed]
    return "; ".join(lower_first(heading(condition)) for condition in found)


def subject_alarms(subject: Subject) -> list[Alarm]:
    """Return what a board would call a failure."""
    solution = subject.solution
    columns = ("contributions", "utilities")
    known = all(solution.answers.get(key) is not None for key in columns)
    table = agent_table(solution, subject.game) if known else None
    return alarms_of(solution, table, units=subject.units)


def standing(subject: Subject) -> str:
    """Return how a check is to be marked: pass only where nothing is violated at all."""
    certificate = subject.solution.certificate
    violated = certificate is not None and tally_of(certificate).violated
    if violated or subject_alarms(subject):
        return "fail"
    return "not-checked" if certificate is None else certificate.verdict


def answer_sentences(subject: Subject) -> list[str]:
    """Return the answer in a few sentences with the numbers that matter."""
    solution = subject.solution
    if solution.termination is not Termination.SOLVED and not can_draw_sharing(solution):
        return [solution.termination.value, solution.message]
    kind = kind_of(subject)
    if kind == "market":
        sentences = _market(subject) if can_draw(solution) else []
    elif can_draw_sharing(solution):
        sentences = _sharing(subject)
    else:
        sentences = []
    early = [] if solution.termination is Termination.SOLVED else [solution.termination.value]
    return [*early, *(sentences or [solution.message])]


def _market(subject: Subject) -> list[str]:
    solution = subject.solution
    answers, names = solution.answers, solution.agents
    payments = _column(answers["payments"])
    scale = largest(_column(answers["values"]), payments)
    units = subject.units
    money = _moved(names, -payments, scale, units)
    kept = float(answers["revenue"])
    rest = (
        "the organiser keeps nothing"
        if abs(kept) <= ROUND_OFF * scale
        else f"the organiser {'keeps' if kept > 0 else 'adds'} "
        f"{units.amount(abs(kept), 'money', scale)}"
    )
    pairs = zip(names, answers["profile"], strict=True)
    case = ", ".join(f"{name} {units.after(number(data, 5), 'data')}" for name, data in pairs)
    least = ""
    if "minimal_revenue" in answers:
        kept_least = units.amount(answers["minimal_revenue"], "money", scale)
        least = f"; in no case does it keep less than {kept_least}"
    return [f"In the case shown ({case}), {money}; {rest}{least}."]


def gain_sentences(subject: Subject) -> list[str]:
    """Return who gains and who loses, compared with each alternative, in sentences."""
    solution, units = subject.solution, subject.units
    if kind_of(subject) == "market" and can_draw(solution):
        answers = solution.answers
        scale = largest(_column(answers["values"]), _column(answers["payments"]))
        when = "by taking part, compared with staying out"
        return [_who_gains(solution.agents, market_gains(answers), when, scale, units)]
    if kind_of(subject) == "market" or not can_draw_sharing(solution):
        return []
    table = agent_table(solution, subject.game)
    scale = largest(*(table[key] for key in MONEY if key in table))
    return [
        _who_gains(table.agents, gains, f"compared with {key}", scale, units)
        for key, gains in gain_columns(table).items()
    ]


def market_gains(answers: Mapping[str, Any]) -> Floats:
    """Return utility minus the value of staying out per agent, in money."""
    return _column(answers["utilities"]) - _column(answers["outside_values"])


def _sharing(subject: Subject) -> list[str]:
    solution = subject.solution
    table = agent_table(solution, subject.game)
    found = solution.answers.get("metrics") or {}
    training = kind_of(subject) == "training"
    units = subject.units
    unit = solution.answers.get("protocol", {}).get("unit", units.data or "samples")
    total = found.get("total_data", float(table["contributions"].sum()))
    who = f"the {len(table.agents):,} agents" if len(table.agents) > 1 else "the agent"
    first = f"Together {who} bring {amount(total)} {unit}" + (" a round" if training else "")
    if found.get("data_share") is not None:
        first += f", {100 * found['data_share']:.3g} % of what they have"
    if found.get("data_gain") is not None and solution.mechanism.name != "none":
        first += f", {amount(found['data_gain'])} times what they would bring without the rule"
    if "accuracies" in table:
        low, high = float(table["accuracies"].min()), float(table["accuracies"].max())
        same = amount(low) == amount(high)
        models = amount(high) if same else f"{amount(low)} to {amount(high)}"
        first += f"; the models they receive have the accuracy {units.after(models, 'accuracy')}"
    scale = largest(*(table[key] for key in MONEY if key in table))
    money = _moved(table.agents, table["payments"], scale, units)
    surplus = -float(table["payments"].sum())
    if abs(surplus) > DEFAULT.verify * scale:
        word = "remain with the organiser" if surplus > 0 else "have to come from outside"
        money += f"; {units.amount(abs(surplus), 'money')} {word}"
    sentences = [f"{first}.", f"{money[:1].upper()}{money[1:]}."]
    if "menu" in solution.answers:
        sentences += [f"The menu: {lower_first(menu_words(solution))}", menu_standing(solution)]
    return sentences


def gain_columns(table: AgentTable) -> dict[str, Floats]:
    """Return what taking part is worth above each alternative, in money, by its name."""
    names = {"outside": "staying out", "alone": "training alone"}
    return {words: table["utilities"] - table[key] for key, words in names.items() if key in table}


def _moved(names: Any, received: Floats, scale: float, units: Units) -> str:
    """Return who receives and who pays, in words without a capital or a stop."""
    small = DEFAULT.verify * scale
    giving, getting = np.flatnonzero(received < -small), np.flatnonzero(received > small)
    if not len(giving) and not len(getting):
        return "no money moves between the agents"
    parts = []
    for who, one, several in ((giving, "pays", "pay"), (getting, "receives", "receive")):
        if not len(who):
            continue
        sizes = np.abs(received[who])
        most = int(who[np.argmax(sizes >= sizes.max() - small)])
        money = units.amount(abs(received[most]), "money", scale)
        if len(who) == 1:
            parts.append(f"{names[most]} {one} {money}")
        elif sizes.max() - sizes.min() <= small:
            parts.append(f"{len(who):,} agents {several} {money} each")
        else:
            parts.append(f"{len(who):,} agents {several} money, {names[most]} most: {money}")
    return ", and ".join(parts)


def _who_gains(names: Any, gains: Floats, when: str, scale: float, units: Units) -> str:
    small = DEFAULT.verify * scale

    def said(money: float) -> str:
        return units.amount(money, "money", scale)

    losers = int((gains < -small).sum())
    worst, best = (
        int(np.argmax(gains <= gains.min() + small)),
        int(np.argmax(gains >= gains.max() - small)),
    )
    if losers:
        who = f"{losers:,} of {len(gains):,} agents lose" if len(gains) > 1 else f"{names[0]} loses"
        return (
            f"{who} {when}, {names[worst]} most, by {units.amount(-gains[worst], 'money', scale)}."
        )
    if gains[worst] <= small:
        even = int((gains <= small).sum())
        left = "" if even == len(gains) else f"; {names[best]} gains most: {said(gains[best])}"
        who = "everybody is" if even == len(gains) else f"{even:,} of {len(gains):,} are"
        return f"Nobody loses {when}, {who} exactly as well off{left}."
    if gains[best] - gains[worst] <= small:
        return f"Everybody gains the same {when}: {said(gains[best])}."
    return (
        f"Everybody gains {when}: at least {said(gains[worst])} ({names[worst]}), "
        f"at most {said(gains[best])} ({names[best]})."
    )


def proof_lines(subject: Subject) -> list[str]:
    """Return the proof that there is no answer, a line per step; empty where none can be read."""
    try:
        return _proof(subject)
    except (KeyError, TypeError, ValueError, AttributeError):  # a foreign proof may hold anything
        return []


def _proof(subject: Subject) -> list[str]:
    solution = subject.solution
    witness = solution.answers.get("witness")
    if solution.termination is not Termination.INFEASIBLE or not isinstance(witness, Mapping):
        return []
    if "step_bounds" in solution.answers:
        return str(no_step_view(solution)).splitlines()
    if "tree" in witness:
        lines = [
            "Everything that the agents could bring was cut into boxes that leave no gap.",
            "For each box one agent is named who gains by one contribution, wherever in the box "
            "the outcome lies. So no outcome is stable.",
        ]
        if "nash_gap" in solution.answers:
            gap = amount(solution.answers["nash_gap"])
            lines.append(f"The gain is at least {gap} everywhere, so no outcome is nearly stable.")
        cycle = solution.answers.get("cycle")
        if cycle:
            steps = " → ".join("(" + ", ".join(amount(x) for x in point) + ")" for point in cycle)
            lines.append(f"For example, best answers to each other go round in a circle: {steps}.")
        return lines
    return witness_lines(witness)


def asked(subject: Subject) -> str:
    """Return what kind of question the instance is, in one sentence."""
    instance = subject.instance
    if isinstance(instance, MarketInstance):
        return (
            "A market for models: agents own data, may hide some, and may stay out. Which payments "
            "make all take part and tell the truth?"
        )
    if isinstance(instance, TrainingInstance):
        return (
            "A training run: agents choose round by round how much data to bring while a model is "
            "learned together. What do they bring, and what does it give them?"
        )
    words = {
        "market": "A market for models.",
        "training": "A training run.",
        "sharing": "A sharing game: data cost their owners, and everybody profits from the model. "
        "How much does each agent bring under the mechanism, and who pays whom?",
    }
    return words[kind_of(subject)]


def _column(values: Any) -> Floats:
    return np.array([float(value) for value in values], dtype=np.float64)
