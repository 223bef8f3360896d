r"""Closure under keys: every number that a solution states is vouched for, or named.

A solution is flattened into leaves such as ``metrics.welfare`` or ``history.payments``; a list is
one leaf, a dot inside a key is written ``\.``. Conditions say which paths they vouch for should
they pass. What nobody vouches for may stay only where nobody relies on it: where the answer came
from, messages, a stored certificate, and keys that no reader and no command uses. Anything else
that is not covered leaves the whole statement unchecked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mdsolve.certificate.claim_hash import claim_sha256
from mdsolve.certificate.tables import is_reference
from mdsolve.conditions import Certificate, Condition

STATED = "stated-numbers"

FREE = frozenset(
    {
        *("provenance", "certificate", "omitted", "status.message"),
        *("instance.name", "instance.sha256"),
    }
)
"""Paths that may stay unvouched: nothing follows from them."""

READ = ("agents",)
"""Paths that reading the claim compares: a solution with other ones is refused."""

USED = frozenset(
    {
        *("format", "mechanism", "status.termination", "instance.data_sha256"),
        # every kind
        *("contributions", "payments", "utilities", "accuracies", "metrics", "standalone"),
        *("table", "models", "revenue", "equilibria", "nash_gap", "history", "witness", "proof"),
        # sharing games
        *("shapley", "shapley_gradient", "banzhaf", "banzhaf_gradient", "regret", "baseline"),
        *("weighted_shapley", "weighted_shapley_gradient"),
        *("equilibrium_totals", "equilibrium_intervals", "equilibrium_profiles", "cycle"),
        *("beta", "p", "objective", "money_left", "duals", "warnings", "dynamics", "bands"),
        *("curves", "viable_alone", "smallest_viable", "low", "high", "information_rent"),
        *("expected_total", "gradient", "parameters", "step_sizes", "step_bounds", "rate"),
        *("rounds", "phase_one", "phase_two", "worse_off", "error_estimate"),
        # markets
        *("exists", "minimal_revenue", "minimal_profile", "profile", "values", "outside_values"),
        *("mean_revenue", "side_constraints", "off_path", "model_quality", "assumptions"),
        *("deficit", "chains", "frontier", "first_best", "loss", "model_chance"),
        # designs
        *("target", "menu", "subsidy", "cap", "expected_welfare", "expected_revenue", "binding"),
        *("slack", "upper_bound", "gap", "optimal", "multipliers", "curve", "concessions"),
        "branches",
        # training runs
        *("protocol", "data", "model", "capacities", "stages", "fit"),
    }
)
"""Paths that reports or commands use, or that speak of the answer: never left unvouched."""

NAMED_LIMIT = 5
"""Most uncovered paths that a condition names."""


@dataclass(frozen=True)
class Closure:
    """Paths of a solution by who answers for them.

    Parameters
    ----------
    vouched : tuple of str
        Covered by a condition that passed, or null, which states nothing.
    not_vouched : tuple of str
        Nobody looked at them, and nobody uses them.
    uncovered : tuple of str
        In use, and nobody vouches for them.
    """

    vouched: tuple[str, ...]
    not_vouched: tuple[str, ...]
    uncovered: tuple[str, ...]


def leaves(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    r"""Yield every path of a solution with what stands there.

    Examples
    --------
    >>> list(leaves({"metrics": {"p_mean": {"1": 2}}, "payments": [0, 1], "a.b": 3}))
    [('metrics.p_mean.1', 2), ('payments', [0, 1]), ('a\\.b', 3)]
    """
    pending: list[tuple[str, Any]] = [("", data)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, Mapping) and not (path and is_reference(value)):
            prefix = f"{path}." if path else ""
            inner = [(prefix + _escaped(str(key)), entry) for key, entry in value.items()]
            pending.extend(reversed(inner))
        else:
            yield path, value


def closure(data: Mapping[str, Any], covered: Iterable[str]) -> Closure:
    """Sort the paths of a solution by who answers for them.

    Parameters
    ----------
    covered : iterable of str
        Paths that passed conditions vouch for; a path vouches for everything below it.

    Examples
    --------
    >>> stated = {"payments": [0], "metrics": {"welfare": 1}, "note": "x"}
    >>> closure(stated, ["payments"]).uncovered
    ('metrics.welfare',)
    """
    known = frozenset(covered)
    vouched, loose, uncovered = [], [], []
    for path, value in leaves(data):
        if value is None or below(path, known):
            vouched.append(path)
        elif below(path, FREE) or not below(path, USED):
            loose.append(path)
        else:
            uncovered.append(path)
    return Closure(tuple(vouched), _merged(loose), tuple(uncovered))


def below(path: str, prefixes: frozenset[str]) -> bool:
    """Tell whether a path is one of the prefixes or lies below one.

    Examples
    --------
    >>> below("metrics.p_mean.1", frozenset({"metrics.p_mean"})), below("pay", frozenset({"p"}))
    (True, False)
    """
    end = len(path)
    while end > 0:
        if path[:end] in prefixes:
            return True
        end = _dot_before(path, end)
    return False


def _dot_before(path: str, end: int) -> int:
    """Return the last dot before a place that is no part of a key; -1 if there is none."""
    place = path.rfind(".", 0, end)
    while place > 0 and (place - len(path[:place].rstrip("\\"))) % 2:
        place = path.rfind(".", 0, place)
    return place


def _merged(paths: Sequence[str]) -> tuple[str, ...]:
    """Return paths with a stored certificate as one of them."""
    whole = frozenset({"certificate", "omitted"})
    return tuple(
        dict.fromkeys(path.partition(".")[0] if below(path, whole) else path for path in paths)
    )


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace(".", "\\.")


def closed(
    conditions: Sequence[Condition],
    data: Mapping[str, Any],
    covered: Mapping[str, Iterable[str]],
    *,
    seen: Iterable[str] = (),
    remarks: Sequence[str] = (),
    folder: Path | None = None,
) -> Certificate:
    """Return the certificate of conditions, closed under the solution's keys.

    A path in use that no passed condition vouches for makes `stated-numbers` unchecked, and names
    it; unless a claimed condition that did not pass would have vouched for it, which says enough.

    Parameters
    ----------
    data : mapping
        The whole solution.
    covered : mapping
        Paths by the condition that vouches for them.
    seen : iterable of str
        Paths that were compared outside of conditions, such as the hash of the instance.
    folder : Path or None
        Where array files named in the solution lie.
    """
    passed = {found.name for found in conditions if found.verdict == "pass"}
    owed = {found.name for found in conditions if found.claimed} - passed
    granted = {path for name in passed for path in covered.get(name, ())} | set(seen) | set(READ)
    found = closure(data, granted)
    awaited = frozenset(path for name in owed for path in covered.get(name, ()))
    missing = [path for path in found.uncovered if not below(path, awaited)]
    return Certificate(
        tuple(_with_missing(conditions, missing)),
        claim_sha256(data, folder),
        found.vouched,
        found.not_vouched,
        tuple(remarks),
    )


def _with_missing(conditions: Sequence[Condition], missing: Sequence[str]) -> list[Condition]:
    """Return the conditions, `stated-numbers` unchecked where paths are missing."""
    if not missing:
        return list(conditions)
    shown = ", ".join(missing[:NAMED_LIMIT])
    rest = len(missing) - NAMED_LIMIT
    shown += f" and {rest} more" if rest > 0 else ""
    detail = f"{shown}: no condition that passed vouches for what is stated there"
    kept = [found for found in conditions if found.name != STATED]
    stated = next((found for found in conditions if found.name == STATED), None)
    if stated is None:
        return [*kept, Condition(STATED, True, "not-checked", detail=detail)]
    if stated.verdict == "fail":
        return list(conditions)
    if stated.verdict == "not-checked":
        detail = stated.detail
    return [*kept, replace(stated, claimed=True, verdict="not-checked", detail=detail)]
