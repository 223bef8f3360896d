"""Checking a solution against its instance, whoever made the solution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import ArithmeticChoice, Request
from mdsolve.certificate.numbers import FLOAT
from mdsolve.certificate.reading.sharing import sharing_reading
from mdsolve.conditions import Certificate
from mdsolve.errors import UnsupportedError
from mdsolve.instance import Instance, load
from mdsolve.instance.frames import without_frames
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.solution import Solution
from mdsolve.solution_files import entries_of, read_solution_data
from mdsolve.study.agreement_table import read_agreement
from mdsolve.study.table_reading import is_table
from mdsolve.study.verb import verb
from mdsolve.tolerance import DEFAULT


@dataclass(frozen=True)
class Verification:
    """One checked solution of a file: its mechanism's name, and the certificate."""

    title: str
    certificate: Certificate


@verb
def verify_file(
    file: str | Path,
    solution: str | Path,
    *,
    arithmetic: ArithmeticChoice = "auto",
    conditions: Sequence[str] = (),
    tolerance: float | None = None,
    mechanism: str | None = None,
    limits: Mapping[str, Any] | None = None,
    any_instance: bool = False,
    decimal_comma: bool = False,
    monitor: Monitor | None = None,
    time_limit: float | None = None,
    throw: bool = True,
) -> list[Verification]:
    """Check every solution in a file, or the agreement in a table of agents.

    Parameters
    ----------
    time_limit : float or None
        Seconds after which the work is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Raises
    ------
    InstanceError, SolutionFileError, UsageError
        If one of the files or arguments cannot be used.
    """
    del throw  # `verb` reads it
    monitor = monitor or Monitor(time_limit=time_limit)
    instance = load(file)
    source = Path(solution)
    data = (
        _agreement(instance, source, decimal_comma)
        if is_table(source)
        else read_solution_data(source)
    )
    verifications = []
    for label, entry in entries_of(data, str(source)):
        found = verify(
            instance,
            entry,
            arithmetic=arithmetic,
            conditions=conditions,
            tolerance=tolerance,
            mechanism=mechanism,
            limits=limits,
            any_instance=any_instance,
            monitor=monitor,
            folder=source.parent,
            label=label,
        )
        title = mechanism or _mechanism_name(entry) or _unnamed(entry)
        verifications.append(Verification(title, found))
    return verifications


@verb
def verify(
    instance: Instance,
    solution: Solution | Mapping[str, Any],
    *,
    arithmetic: ArithmeticChoice = "auto",
    conditions: Sequence[str] = (),
    tolerance: float | None = None,
    mechanism: str | None = None,
    limits: Mapping[str, Any] | None = None,
    any_instance: bool = False,
    monitor: Monitor | None = None,
    time_limit: float | None = None,
    folder: Path | None = None,
    label: str = "solution",
    throw: bool = True,
) -> Certificate:
    """Check a solution, or plain data from anywhere, against the instance.

    Parameters
    ----------
    solution : Solution or mapping
        A foreign answer needs nothing but ``{"table": {"payments": ...}}`` with payments of shape
        (n, m_1, ..., m_n), in money; or ``{"contributions": ..., "payments": ...}``, an agreement.
    arithmetic : {"auto", "float", "enclosure", "exact"}
        Number system of the check; auto proves what can be proved.
    conditions : sequence of str
        Conditions that the verdict is to speak of besides those the mechanism claims.
    tolerance : float or None
        Accepted violation relative to the instance's scale; None is 1e-9.
    mechanism : str or None
        Judge the solution as this rule, whatever it says.
    limits : mapping or None
        Most that agents may be asked to pay, by name; the empty name is everybody.
    any_instance : bool
        Accept a solution that was made for a file with other content.
    folder : Path or None
        Where array files named in the data lie.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> market = parse({"kind": "market", "agents": 1, "types": [1, 2],
    ...                 "valuation": {"family": "growth", "exponent": 0}})
    >>> verify(market, {"table": {"payments": [[0, 0]]}}).verdict
    'pass'
    """
    del throw  # `verb` reads it
    data = solution.claim() if isinstance(solution, Solution) else without_frames(solution)
    request = Request(
        arithmetic,
        DEFAULT.verify if tolerance is None else tolerance,
        tuple(conditions),
        mechanism,
        limits or {},
        any_instance,
        folder,
        label,
    )
    watch = monitor or Monitor(time_limit=time_limit)
    return check_of(instance, data, request, watch).certificate()


def _agreement(instance: Instance, source: Path, decimal_comma: bool) -> dict[str, Any]:
    """Return the agreement in a table of agents."""
    if not isinstance(instance, SharingInstance):
        expected = "a table of contributions and payments for a sharing game"
        raise UnsupportedError.single(str(source), f"for a {instance.kind}", expected)
    names = sharing_reading(instance, FLOAT).names
    return read_agreement(source, names, decimal_comma=decimal_comma)


def _mechanism_name(entry: Mapping[str, Any]) -> str | None:
    mechanism = entry.get("mechanism")
    name = mechanism.get("name") if isinstance(mechanism, Mapping) else mechanism
    return name if isinstance(name, str) else None


def _unnamed(entry: Mapping[str, Any]) -> str:
    return "payment table" if "table" in entry else "agreement"
