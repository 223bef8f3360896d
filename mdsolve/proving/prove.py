"""`prove`: every claimed condition of a solution as a proof object, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mdsolve.instance import Instance, load
from mdsolve.instance.canonical import NoDataError, canonical, data_sha256
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.proving import boxes, contract, market, planner, rationality, shaping, sharing, target
from mdsolve.proving.checker import statement
from mdsolve.proving.reasons import without
from mdsolve.proving.record import Entry, Missing, NotProvableError, OtherRuleError, ProofFile
from mdsolve.proving.subject import Subject
from mdsolve.solution import Solution
from mdsolve.solution_files import entries_of, read_solution_data
from mdsolve.study.verb import verb
from mdsolve.study.verify import verify

Builder = Callable[[Subject], Mapping[str, Any]]

DESIRABLE = (
    "individual-rationality",
    "incentive-compatibility",
    "efficiency",
    "weak-budget-balance",
    "maximal-revenue",
    "feasibility",
    "rule",
)
"""What one claim about payments proves of a market."""

SHARING: tuple[tuple[tuple[str, ...], Builder], ...] = (
    (("nash", "feasibility"), sharing.nash),
    (("nash", "budget-balance", "rule", "payment-limit", "feasibility"), target.target_rule),
    (
        ("data-maximality", "nash", "curve-feasibility", "individual-rationality-alone"),
        shaping.value_shaping,
    ),
    (
        (
            "data-maximality",
            "curve-feasibility",
            "individual-rationality-alone",
            "incentive-compatibility",
        ),
        contract.private_contract,
    ),
    (("equilibria",), sharing.unique),
    (("budget-balance", "rule", "equal-treatment"), sharing.balance),
    (("individual-rationality",), rationality.rationality),
    (("individual-rationality-alone",), rationality.rationality_alone),
    (("reciprocity",), rationality.reciprocity),
    (("welfare-optimality", "feasibility"), planner.welfare),
    (("welfare-kkt",), planner.kkt_failure),
    (("no-equilibrium",), boxes.no_equilibrium),
    (("no-rule",), target.no_target),
)
MARKET: tuple[tuple[tuple[str, ...], Builder], ...] = (
    (("no-mechanism",), market.none),
    (DESIRABLE, market.payments),
)
"""Which conditions a builder's claim proves; the first is the one it is asked for."""


@verb
def prove(
    instance: Instance,
    solution: Solution | Mapping[str, Any],
    *,
    mechanism: str | None = None,
    monitor: Monitor | None = None,
    time_limit: float | None = None,
    folder: Path | None = None,
    label: str = "solution",
    throw: bool = True,
) -> ProofFile:
    """Return a proof object for every claimed condition of a solution that has one.

    Every entry was accepted by the stand-alone checker, bound to the instance's data.

    Parameters
    ----------
    solution : Solution or mapping
        As `verify` takes it.
    mechanism : str or None
        Judge the solution as this rule, whatever it says.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Examples
    --------
    >>> import mdsolve as md
    >>> game = md.parse({"kind": "sharing", "accuracy": {"family": "power"},
    ...                  "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]})
    >>> found = prove(game, md.solve(game, mechanism="none"))
    >>> [entry.claim for entry in found.entries][:3], found.exit_code
    (['nash', 'unique', 'budget-balance'], 0)
    """
    del throw  # `verb` reads it
    watch = monitor or Monitor(time_limit=time_limit)
    claim = solution.claim() if isinstance(solution, Solution) else solution
    certificate = verify(
        instance, claim, mechanism=mechanism, monitor=watch, folder=folder, label=label
    )
    claimed = [condition for condition in certificate.conditions if condition.claimed]
    stated = claim.get("mechanism")
    stated = stated if isinstance(stated, Mapping) else {}
    name = mechanism or str(stated.get("name", ""))
    options = stated.get("options", {}) if stated.get("name") == name else {}
    try:
        data = canonical(instance)
    except NoDataError as error:
        data, reason = {}, str(error)
    about = {
        "name": instance.name,
        "file_sha256": instance.sha256,
        "data": data,
        "data_sha256": data_sha256(instance),
    }
    names = [condition.name for condition in claimed if condition.verdict != "fail"]
    others = [
        condition.name
        for condition in certificate.conditions
        if not condition.claimed and condition.verdict == "pass"
    ]
    refuted = tuple(condition.name for condition in claimed if condition.verdict == "fail")
    if not data:
        missing = tuple(Missing(condition, reason) for condition in names)
        return ProofFile(name, about, (), missing, refuted)
    subject = Subject(instance, data, claim, name, options, folder)
    entries, reasons = _tried(subject, [*names, *others], watch)
    proved = {condition for entry in entries for condition in entry.conditions}
    missing = tuple(
        Missing(condition, reasons.get(condition, without(condition, name)))
        for condition in names
        if condition not in proved
    )
    return ProofFile(name, about, entries, missing, refuted)


def _tried(
    subject: Subject, names: list[str], watch: Monitor
) -> tuple[tuple[Entry, ...], dict[str, str]]:
    """Return entries for the conditions named, and reasons for those that have none."""
    builders: tuple[tuple[tuple[str, ...], Builder], ...] = ()
    if isinstance(subject.instance, SharingInstance):
        builders = SHARING
    elif isinstance(subject.instance, MarketInstance):
        builders = MARKET
    entries = []
    reasons: dict[str, str] = {}
    proved: set[str] = set()
    for conditions, builder in builders:
        wanted = tuple(name for name in conditions if name in names)
        if conditions[0] not in names and not (conditions is DESIRABLE and wanted):
            continue
        if proved >= set(wanted):
            continue
        watch.check_time()
        try:
            proof = builder(subject)
            entries.append(Entry(wanted, proof, statement(proof, subject.data)))
            proved |= set(wanted)
        except OtherRuleError:
            continue
        except NotProvableError as refused:
            reasons |= dict.fromkeys(wanted, str(refused))
    return tuple(entries), reasons


@verb
def prove_file(
    file: str | Path,
    solution: str | Path,
    *,
    mechanism: str | None = None,
    monitor: Monitor | None = None,
    time_limit: float | None = None,
    throw: bool = True,
) -> list[ProofFile]:
    """Prove every solution in a file.

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
    instance, source = load(file), Path(solution)
    found = []
    for label, entry in entries_of(read_solution_data(source), str(source)):
        found.append(
            prove(
                instance,
                entry,
                mechanism=mechanism,
                monitor=monitor,
                folder=source.parent,
                label=label,
            )
        )
    return found
