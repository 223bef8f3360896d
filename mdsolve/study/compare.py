"""Several mechanisms on one instance, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mdsolve.context import MEMORY_LIMIT
from mdsolve.errors import UnsupportedError
from mdsolve.instance import Instance
from mdsolve.instance.canonical import data_sha256
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.chosen import Rule, names_and_options
from mdsolve.mechanism.registry import mechanisms as mechanisms_of
from mdsolve.pieces.engine import Work
from mdsolve.pieces.place import store_for
from mdsolve.pieces.store import key_of
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import Solution, plain
from mdsolve.status import Termination
from mdsolve.study.kept_solutions import is_final, solution_from_plain, solution_to_plain
from mdsolve.study.problem import options_for
from mdsolve.study.solve import solve
from mdsolve.study.verb import verb


@dataclass(frozen=True)
class Comparison:
    """Solutions of one instance by mechanism, and why some mechanisms do not apply.

    Parameters
    ----------
    solutions : mapping
        Certified solutions by mechanism.
    refused : mapping
        Reasons by mechanism.
    missing : tuple of str
        Mechanisms that were not come to before the comparison was stopped.
    """

    solutions: Mapping[str, Solution]
    refused: Mapping[str, str]
    missing: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return one line: the mechanisms, with how each ended."""
        listed = (f"{name} {found.termination.label}" for name, found in self.solutions.items())
        refused = f"; refused: {', '.join(self.refused)}" if self.refused else ""
        return f"<Comparison: {', '.join(listed)}{refused}>"

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return metric -> mechanism -> value, None where it is not defined."""
        return _by_row({name: metrics_of(found) for name, found in self.solutions.items()})

    @property
    def conditions(self) -> dict[str, dict[str, Any]]:
        """Return condition -> mechanism -> verdict, None where it was not looked at."""
        return _by_row({name: verdicts_of(found) for name, found in self.solutions.items()})

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data."""
        return {
            "metrics": plain(self.metrics),
            "conditions": self.conditions,
            "refused": dict(self.refused),
            **({"missing": list(self.missing)} if self.missing else {}),
            "solutions": [solution.to_dict() for solution in self.solutions.values()],
        }


@verb
def compare(
    instance: Instance,
    mechanisms: Sequence[str | Rule] | str | Rule = (),
    *,
    options: Mapping[str, Any] | None = None,
    monitor: Monitor | None = None,
    memory_limit: int = MEMORY_LIMIT,
    jobs: int = 1,
    cluster: str | None = None,
    resume: bool = False,
    time_limit: float | None = None,
    throw: bool = True,
) -> Comparison:
    """Solve an instance under several mechanisms.

    Parameters
    ----------
    mechanisms : sequence of str or Rule
        Names, or rules with their options; empty takes all that need no option. A mechanism that
        does not apply to the instance is listed with the reason instead of stopping the others.
    options : mapping
        ``beta`` goes to every mechanism that has such an option, ``welfare.beta`` to that one.
    jobs : int
        Processes that share the mechanisms.
    cluster : str or None
        Address of a dask scheduler to use instead (extra `cluster`).
    resume : bool
        Go on with what an earlier comparison of the same has finished.
    time_limit : float or None
        Seconds after which the work is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Raises
    ------
    UnsupportedError
        For a training run, whose protocol is part of the instance.
    UsageError
        For an unknown mechanism, or one named twice.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    >>> game = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    >>> found = compare(game, ["none", "shapley"])
    >>> round(found.metrics["data_gain"]["shapley"], 6)
    1.927339
    """
    del throw  # `verb` reads it
    monitor = monitor or Monitor(time_limit=time_limit)
    if instance.kind == "training":
        raise UnsupportedError.single(
            f"{instance.label}: kind",
            instance.kind,
            "market or sharing",
            "train one file per protocol with: mdsolve train FILE",
        )
    names, options = names_and_options(mechanisms, options)
    names = names or list(_default(instance))
    known = mechanisms_of(instance.kind)
    chosen = options_for(instance, names, options)
    pieces = [_Piece(instance, name, chosen[name], memory_limit, name in known) for name in names]
    data = data_sha256(instance)
    own = None if instance.mechanism is None else instance.mechanism.model_dump(mode="json")
    about = [instance.name, instance.sha256, data, own, memory_limit]
    given = {name: {key: str(x) for key, x in chosen[name].items()} for name in names}
    key = None if data is None else key_of("compare", about=about, mechanisms=given)
    work: Work[_Piece, Solution | str] = Work(
        task=_outcome,
        pieces=pieces,
        label="mechanisms",
        monitor=monitor or Monitor(),
        jobs=jobs,
        cluster=cluster,
        store=store_for("compare", None, key, resume=resume),
        encode=lambda found: found if isinstance(found, str) else solution_to_plain(found),
        decode=lambda plain: plain if isinstance(plain, str) else solution_from_plain(plain),
        finished=lambda found: isinstance(found, str) or is_final(found),
        settings=lambda piece: piece.name,
    )
    return _compared(work, names)


def _compared(work: Work[_Piece, Solution | str], names: Sequence[str]) -> Comparison:
    """Return what was found, also where the work was stopped."""
    outcomes: dict[str, Solution | str] = {}
    try:
        for name, found in zip(names, work.in_order(), strict=True):
            outcomes[name] = found  # noqa: PERF403 - what is done before a stop is kept
    except (StopRequested, KeyboardInterrupt):
        if not outcomes:
            raise
    else:
        if all(isinstance(found, str) or is_final(found) for found in outcomes.values()):
            work.store.remove()
    return Comparison(
        {name: one for name, one in outcomes.items() if isinstance(one, Solution)},
        {name: one for name, one in outcomes.items() if isinstance(one, str)},
        tuple(name for name in names if name not in outcomes),
    )


@dataclass(frozen=True)
class _Piece:
    """One mechanism to solve under; `known` ones may turn out not to apply."""

    instance: Instance
    name: str
    options: Mapping[str, Any]
    memory_limit: int
    known: bool


def _outcome(piece: _Piece, monitor: Monitor) -> Solution | str:
    """Return the solution, or why the mechanism does not apply.

    Raises
    ------
    KeyboardInterrupt
        Interrupted: the others are not begun.
    """
    try:
        found = solve(
            piece.instance,
            piece.name,
            options=piece.options,
            monitor=monitor,
            memory_limit=piece.memory_limit,
        )
    except UnsupportedError as error:
        if not piece.known:
            raise
        return "; ".join(finding.got for finding in error.findings)
    if found.termination is Termination.INTERRUPTED:
        raise KeyboardInterrupt
    return found


def _default(instance: MarketInstance | SharingInstance) -> Sequence[str]:
    """Return what is compared where nothing is named: rules for such a game, without options."""
    joint = isinstance(instance, SharingInstance) and instance.learns
    private = isinstance(instance, SharingInstance) and instance.private
    return [
        name
        for name, rule in mechanisms_of(instance.kind).items()
        if rule.compared and rule.learns == joint and rule.private_costs == private
    ]


def _by_row(columns: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    keys = dict.fromkeys(key for column in columns.values() for key in column)
    return {key: {name: column.get(key) for name, column in columns.items()} for key in keys}


def metrics_of(solution: Solution) -> dict[str, Any]:
    """Return the numbers of one solution that comparisons show."""
    answers = solution.answers
    if "metrics" in answers:
        metrics = {key: value for key, value in answers["metrics"].items() if key != "p_mean"}
        means = {f"p_mean {p}": value for p, value in answers["metrics"]["p_mean"].items()}
        return {**metrics, **means}
    keys = ("exists", "revenue", "minimal_revenue", "mean_revenue")
    return {key: answers[key] for key in keys if key in answers}


def verdicts_of(solution: Solution) -> dict[str, Any]:
    """Return the checker's verdicts by condition."""
    conditions = () if solution.certificate is None else solution.certificate.conditions
    return {condition.name: condition.verdict for condition in conditions}
