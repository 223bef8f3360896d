"""The end of every check: whose instance it is, how the solution says it ended, what is left over.

`infeasible` says that nothing exists, which needs a condition that proves it; beside an answer, or
under a name that no outcome has, the status is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mdsolve.certificate.identity import identity_condition
from mdsolve.certificate.keys import STATED, closed
from mdsolve.conditions import Certificate, Condition
from mdsolve.instance.findings import shown
from mdsolve.instance.load import Instance
from mdsolve.status import Termination

FORMAT = "mdsolve-solution/1"

ENDED = "status.termination"

ANSWERS = ("contributions", "table", "history")
"""Keys that are an answer, beside which nothing can be proved not to exist."""


def concluded(
    instance: Instance,
    data: Mapping[str, Any],
    conditions: Sequence[Condition],
    covered: Mapping[str, Iterable[str]],
    *,
    any_instance: bool = False,
    folder: Path | None = None,
    remarks: Sequence[str] = (),
) -> Certificate:
    """Return the certificate of a solution whose conditions have been decided.

    Parameters
    ----------
    data : mapping
        The whole solution.
    covered : mapping
        Paths by the condition that vouches for them, should it pass.
    any_instance : bool
        Accept a solution of the first stage whose file hash differs.
    folder : Path or None
        Where array files named in the solution lie.
    """
    identity = identity_condition(instance, data, any_instance=any_instance)
    found = list(conditions) if identity.condition is None else [identity.condition, *conditions]
    status = data.get("status")
    ended = status.get("termination") if isinstance(status, Mapping) else None
    problems = {
        ENDED: "" if ended is None else _problem(ended, data, found),
        "format": "" if data.get("format", FORMAT) == FORMAT else f"expected {FORMAT}",
    }
    for key, problem in problems.items():
        if problem:
            found = _failing(found, {"key": key, "problem": problem})
    return closed(
        found,
        data,
        covered,
        seen=(*identity.covered, *(key for key, problem in problems.items() if not problem)),
        remarks=(*identity.remarks, *remarks),
        folder=folder,
    )


def _problem(ended: Any, data: Mapping[str, Any], conditions: Sequence[Condition]) -> str:
    """Return what is wrong with how a solution says it ended, "" if nothing is."""
    known = [outcome.label for outcome in Termination]
    if ended not in known:
        return f"{shown(ended)} is none of {', '.join(known)}"
    answered = any(data.get(key) is not None for key in ANSWERS)
    proofs = [found for found in conditions if found.claimed and found.name.startswith("no-")]
    if ended == Termination.SOLVED.label:
        return "solved, beside a proof that nothing exists" if proofs and not answered else ""
    if ended != Termination.INFEASIBLE.label:
        return ""
    if answered:
        return "nothing exists, beside an answer"
    return "" if proofs else "nothing exists, without a proof"


def _failing(conditions: Sequence[Condition], witness: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions with `stated-numbers` failing, unless it fails already."""
    stated = next((found for found in conditions if found.name == STATED), None)
    if stated is not None and stated.verdict == "fail":
        return list(conditions)
    kept = [found for found in conditions if found.name != STATED]
    detail = f"{witness['key']}: what is stated is wrong"
    base = stated or Condition(STATED, True, "fail", arithmetic="exact")
    failed = replace(base, claimed=True, verdict="fail", detail=detail, witness=witness)
    return [*kept, replace(failed, violation=None, scale=None, tolerance=None, interval=None)]
