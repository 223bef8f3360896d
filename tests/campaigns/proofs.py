"""Change proof files at random: whatever is still accepted must be true by a second judge.

Numbers move by 1e-9 to 1e-3 of themselves, hints and cells are dropped, entries swapped or
doubled, claims relabelled, exponents made huge or tiny, and values replaced by what is malformed.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from mdsolve.proving.checker import checker
from tests.campaigns.second_judge import true

SAMPLES = Path(__file__).parents[1] / "proving" / "samples"
ODD = (None, "x", "", [], {}, True, "1e400", "1e-400", "1e9999", "-1", "0", "1/0", 1e308, "nan", -1)
CLAIMS = (
    "nash",
    "unique",
    "budget-balance",
    "reciprocity",
    "none",
    "payments",
    "every-D",
    "target-rule",
)


@dataclass
class Report:
    """What became of changed proofs."""

    refused: int = 0
    true: int = 0
    unjudged: int = 0
    wrong: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)


def samples() -> list[dict[str, Any]]:
    """Return the proofs that are changed."""
    return [json.loads(path.read_text()) for path in sorted(SAMPLES.glob("*.json"))]


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every leaf."""
    if isinstance(tree, dict | list) and tree:
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            yield from places(tree[key], (*path, key))
    else:
        yield path


def holder(tree: Any, path: Sequence[Any]) -> Any:
    for key in path[:-1]:
        tree = tree[key]
    return tree


def moved(value: Any, spin: random.Random) -> Any:
    """Return a number next to another, or 1e-9 .. 1e-3 of its size away."""
    try:
        exact = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return f"{value}1" if isinstance(value, str) else value
    step = Fraction(spin.choice((-1, 1)), 10 ** spin.randrange(3, 10))
    if isinstance(value, int):
        return value + spin.choice((-1, 1)) * max(1, int(abs(value) * abs(step)))
    found = exact * (1 + step) if exact else step
    return str(found) if isinstance(value, str) else float(found)


def mutate(entry: dict[str, Any], spin: random.Random) -> tuple[str, dict[str, Any]]:
    """Return the kind of a change, and the changed entry."""
    changed = copy.deepcopy(entry)
    path = spin.choice(list(places(changed)))
    inside, key = holder(changed, path), path[-1]
    kind = spin.choice(
        ("number",) * 6 + ("drop", "cut", "swap", "double", "relabel", "odd", "move")
    )
    if kind == "number":
        inside[key] = moved(inside[key], spin)
    elif kind == "drop":
        short = path[: spin.randrange(1, len(path) + 1)]
        box = holder(changed, short)
        if isinstance(box, dict):
            del box[short[-1]]
        else:
            box.pop(short[-1])
    elif kind == "relabel":
        changed["claim"] = spin.choice(CLAIMS)
    elif kind == "odd":
        inside[key] = spin.choice(ODD)
    else:
        lists = [p[:-1] for p in places(changed) if p and isinstance(holder(changed, p), list)]
        if not lists:
            return "number", mutate_number(changed, spin)
        box = changed
        for step in spin.choice(lists):
            box = box[step]
        i, j = spin.randrange(len(box)), spin.randrange(len(box))
        if kind == "cut":
            del box[i]
        elif kind == "double":
            box.insert(i, box[j])
        elif kind == "swap":
            box[i], box[j] = box[j], box[i]
        else:
            box[i] = moved(box[i], spin) if not isinstance(box[i], list | dict) else box[j]
    return kind, changed


def mutate_number(changed: dict[str, Any], spin: random.Random) -> dict[str, Any]:
    path = spin.choice(list(places(changed)))
    inside = holder(changed, path)
    inside[path[-1]] = moved(inside[path[-1]], spin)
    return changed


def accepted(entry: Any) -> bool:
    """Tell whether the stand-alone checker accepts an entry; nothing but refusing may happen."""
    program = checker()
    program.STEPS[0] = 0
    try:
        program.judged(program.parse(json.dumps(entry)))
    except program.Refused:
        return False
    return True


def campaign(entries: Sequence[dict[str, Any]], count: int, seed: int = 0) -> Report:
    """Change entries `count` times and judge what passes."""
    spin, report = random.Random(seed), Report()
    for _ in range(count):
        entry = spin.choice(entries)
        kind, changed = mutate(entry, spin)
        report.kinds[kind] += 1
        if not accepted(changed):
            report.refused += 1
            continue
        verdict = true(changed)
        if verdict is None:
            report.unjudged += 1
        elif verdict:
            report.true += 1
        else:
            report.wrong.append(json.dumps(changed)[:2000])
    return report
