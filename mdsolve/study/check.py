"""Known answers: solve an instance and compare every number its `expected` section gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mdsolve.errors import Finding, InstanceError
from mdsolve.instance import Instance, load
from mdsolve.instance.numbers import exact_number
from mdsolve.pieces.engine import Work
from mdsolve.pieces.place import store_for
from mdsolve.pieces.store import key_of
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import Solution, plain
from mdsolve.status import Termination
from mdsolve.study.solve import solve
from mdsolve.study.verb import verb
from mdsolve.tolerance import DEFAULT

NOT_ANSWERS = frozenset({"mechanism", "options", "tolerance", "source", "note"})


@dataclass(frozen=True)
class Comparison:
    """One known answer beside the recomputed one.

    Parameters
    ----------
    difference : float or None
        Largest absolute difference of the numbers in it; None where they cannot be compared.
    """

    mechanism: str
    key: str
    expected: Any
    found: Any
    difference: float | None
    agrees: bool


@dataclass(frozen=True)
class CheckReport:
    """All comparisons of one instance.

    Parameters
    ----------
    stopped : bool
        Whether a time limit came before all answers were there.
    """

    file: str
    source: str | None
    comparisons: tuple[Comparison, ...]
    stopped: bool = False

    @property
    def agrees(self) -> bool:
        """Tell whether every known answer was met."""
        return all(comparison.agrees for comparison in self.comparisons)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        rows = [plain(asdict(comparison)) for comparison in self.comparisons]
        return {"file": self.file, "source": self.source, "agrees": self.agrees, "results": rows}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CheckReport:
        """Return the report in plain data."""
        rows = tuple(Comparison(**row) for row in data["results"])
        return cls(data["file"], data["source"], rows)


def check_files(
    files: Sequence[Path],
    *,
    monitor: Monitor | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    resume: bool = False,
) -> list[CheckReport]:
    """Check several instances; what is done is returned when the work is stopped.

    Parameters
    ----------
    jobs : int
        Processes that share the files.
    cluster : str or None
        Address of a dask scheduler to use instead (extra `cluster`).
    resume : bool
        Go on with what an earlier check of the same files has finished.

    Raises
    ------
    InstanceError
        If a file cannot be loaded or has no known answers.
    StopRequested, KeyboardInterrupt
        Stopped before the first file was done.
    """
    about = [[str(file), load(file).sha256] for file in files]
    work: Work[Path, CheckReport] = Work(
        task=check_instance,
        pieces=list(files),
        label="files",
        monitor=monitor or Monitor(),
        jobs=jobs,
        cluster=cluster,
        store=store_for("check", None, key_of("check", files=about), resume=resume),
        encode=CheckReport.to_dict,
        decode=CheckReport.from_dict,
        finished=lambda report: not report.stopped,
    )
    reports: list[CheckReport] = []
    try:
        for report in work.in_order():
            reports.append(report)  # noqa: PERF402 - what is done before a stop is kept
    except (StopRequested, KeyboardInterrupt):
        if not reports:
            raise
    else:
        if not any(report.stopped for report in reports):
            work.store.remove()
    return reports


@verb
def check(
    source: str | Path | Instance,
    *,
    monitor: Monitor | None = None,
    time_limit: float | None = None,
    throw: bool = True,
) -> CheckReport:
    """Solve an instance under every mechanism with known answers and compare.

    Parameters
    ----------
    source : str, Path or Instance
        With known answers, ``expected``.
    time_limit : float or None
        Seconds after which the work is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Raises
    ------
    InstanceError
        If the file cannot be loaded or has no known answers.
    """
    del throw  # `verb` reads it
    instance = load(source) if isinstance(source, str | Path) else source
    label = str(source) if isinstance(source, str | Path) else instance.label
    return _checked(instance, label, monitor or Monitor(time_limit=time_limit))


def check_instance(file: Path, monitor: Monitor | None = None) -> CheckReport:
    """Check one file, as a piece of `check_files`."""
    return _checked(load(file), str(file), monitor)


def _checked(instance: Instance, file: str, monitor: Monitor | None) -> CheckReport:
    if instance.expected is None or not instance.expected.results:
        raise InstanceError(
            [
                Finding(
                    f"{file}: expected",
                    "nothing",
                    "known answers to compare with",
                    "add expected: {source: ..., results: [{mechanism: ..., ...}]}",
                )
            ]
        )
    vacuous = [
        k for k, result in enumerate(instance.expected.results) if set(result) <= NOT_ANSWERS
    ]
    if vacuous:
        expected = "an answer to compare, such as exists: true"
        raise InstanceError(
            Finding(f"{file}: expected.results[{k}]", "no answer", expected) for k in vacuous
        )
    comparisons: list[Comparison] = []
    stopped = False
    for result in instance.expected.results:
        solution = solve(
            instance, result.get("mechanism"), options=result.get("options"), monitor=monitor
        )
        if solution.termination is Termination.INTERRUPTED:
            raise KeyboardInterrupt
        stopped = stopped or solution.termination is Termination.LIMIT
        comparisons.extend(compare(solution, result))
    return CheckReport(file, instance.expected.source, tuple(comparisons), stopped)


def compare(solution: Solution, result: Mapping[str, Any]) -> list[Comparison]:
    """Compare one solution with the known answers given for its mechanism."""
    tolerance = exact_number(result.get("tolerance", DEFAULT.verify))
    rows = []
    for key, expected in result.items():
        if key in NOT_ANSWERS:
            continue
        found = answer(solution, key)
        difference, agrees = distance(expected, found, tolerance)
        rows.append(Comparison(solution.mechanism.name, key, expected, found, difference, agrees))
    return rows


def answer(solution: Solution, key: str) -> Any:
    """Return one answer of a solution under its name in the interface."""
    if key == "termination":
        return solution.termination.label
    if key == "conditions":
        certificate = solution.certificate
        listed = () if certificate is None else certificate.conditions
        return {condition.name: condition.verdict for condition in listed}
    found = solution.answers.get(key)
    return found.tolist() if isinstance(found, np.ndarray) else found


def distance(expected: Any, found: Any, tolerance: Fraction) -> tuple[float | None, bool]:
    """Return the largest difference between two answers and whether they agree.

    Numbers agree within ``tolerance * max(1, |expected|)``, compared as exact fractions so that a
    tolerance of 0 means equality. In mappings only the expected keys are compared.

    Examples
    --------
    >>> distance(["1/2", 2], [Fraction(1, 2), 2.5], Fraction(1, 10))
    (0.5, False)
    """
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            return None, False
        return _worst([distance(expected[key], found.get(key), tolerance) for key in expected])
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        if isinstance(found, np.ndarray):
            found = found.tolist()
        if not isinstance(found, Sequence) or len(found) != len(expected):
            return None, False
        pairs = zip(expected, found, strict=True)
        return _worst([distance(mine, theirs, tolerance) for mine, theirs in pairs])
    if expected is None or found is None or isinstance(expected, bool):
        return None, expected is found
    return _number_distance(expected, found, tolerance)


def _number_distance(expected: Any, found: Any, tolerance: Fraction) -> tuple[float | None, bool]:
    try:
        target, value = exact_number(expected), exact_number(found)
    except (ValueError, TypeError):
        return None, expected == found
    gap = abs(target - value)
    return float(gap), gap <= tolerance * max(Fraction(1), abs(target))


def _worst(parts: Sequence[tuple[float | None, bool]]) -> tuple[float | None, bool]:
    known = [difference for difference, _ in parts if difference is not None]
    return (max(known) if known else None), all(agrees for _, agrees in parts)
