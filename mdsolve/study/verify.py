"""Checking a solution against its instance, whoever made the solution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mdsolve.certificate.market.check import DESIRABLE, MARKET_CONDITIONS, verify_market
from mdsolve.certificate.market.claim import MarketClaim, claim_from
from mdsolve.certificate.market.nonexistence import NAME as NO_MECHANISM
from mdsolve.certificate.rigorous.conditions import verify_rigorously
from mdsolve.certificate.sharing.check import SHARING_CONDITIONS, verify_sharing
from mdsolve.certificate.sharing.claim import sharing_claim_from
from mdsolve.certificate.sharing.joint_learning import NO_STEP, no_admissible_step
from mdsolve.certificate.sharing.no_equilibrium import no_equilibrium
from mdsolve.certificate.sharing.stated import NAME as STATED
from mdsolve.certificate.sharing.stated import stated_numbers
from mdsolve.certificate.sharing.unaffordable import no_affordable_profile
from mdsolve.certificate.training.books import TRAINING_CONDITIONS, books_from, verify_training
from mdsolve.conditions import ArithmeticName, Certificate
from mdsolve.errors import Finding, SolutionFileError, UnsupportedError, UsageError
from mdsolve.game.build import market_game
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.market import Market
from mdsolve.game.sharing import require_costs, require_given_model
from mdsolve.instance import Instance, load
from mdsolve.instance.findings import shown
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.instance.training import TrainingInstance
from mdsolve.mechanism.base import CHECKED, efficiency_claim
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import MARKET_MECHANISMS, SHARING_MECHANISMS
from mdsolve.progress import Monitor
from mdsolve.solution import Solution
from mdsolve.solution_files import read_solution_data
from mdsolve.tolerance import DEFAULT


@dataclass(frozen=True)
class Verification:
    """One checked solution of a file: its mechanism's name, the certificate, a warning or none."""

    title: str
    certificate: Certificate
    warning: str


def verify_file(
    file: str | Path,
    solution: str | Path,
    *,
    arithmetic: ArithmeticName = "float",
    conditions: Sequence[str] = (),
    tolerance: float | None = None,
    monitor: Monitor | None = None,
) -> list[Verification]:
    """Check every solution in a file.

    Raises
    ------
    InstanceError, SolutionFileError, UsageError
        If one of the files or arguments cannot be used.
    """
    instance = load(file)
    source = Path(solution)
    data = read_solution_data(source)
    entries = data.get("solutions", [data])
    usable = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not usable or not entries:
        expected = "a list of one solution or more"
        raise SolutionFileError([Finding(f"{source}: solutions", shown(entries), expected)])
    verifications = []
    for number, entry in enumerate(entries):
        label = str(source) if len(entries) == 1 else f"{source}: solutions[{number}]"
        certificate = verify(
            instance,
            entry,
            arithmetic=arithmetic,
            conditions=conditions,
            tolerance=tolerance,
            monitor=monitor,
            folder=source.parent,
            label=label,
        )
        title = _mechanism_name(entry) or "payment table"
        verifications.append(Verification(title, certificate, _other_content(instance, entry)))
    return verifications


def verify(
    instance: Instance,
    solution: Solution | Mapping[str, Any],
    *,
    arithmetic: ArithmeticName = "float",
    conditions: Sequence[str] = (),
    tolerance: float | None = None,
    monitor: Monitor | None = None,
    folder: Path | None = None,
    label: str = "solution",
) -> Certificate:
    """Check a solution, or plain data from anywhere, against the instance.

    Parameters
    ----------
    solution : Solution or mapping
        A foreign answer needs nothing but ``{"table": {"payments": ...}}`` with payments of shape
        (n, m_1, ..., m_n), in money.
    arithmetic : {"float", "enclosure", "exact"}
        Number system of the check.
    conditions : sequence of str
        Conditions that the verdict is to speak of besides those the mechanism claims.
    tolerance : float or None
        Accepted violation relative to max(1, largest utility); None is 1e-9, and 0 if exact.
    folder : Path or None
        Where array files named in the data lie.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> market = parse({"kind": "market", "agents": 1, "types": [1, 2],
    ...                 "valuation": {"family": "growth", "exponent": 0}})
    >>> verify(market, {"table": {"payments": [[0, 0]]}}).verdict
    'pass'
    """
    if isinstance(instance, TrainingInstance):
        known: Sequence[str] = TRAINING_CONDITIONS
    else:
        sharing = (*SHARING_CONDITIONS, STATED)
        known = MARKET_CONDITIONS if isinstance(instance, MarketInstance) else sharing
    unknown = [name for name in conditions if name not in known]
    if unknown:
        raise UsageError([_unknown_condition(name, known) for name in unknown])
    if isinstance(solution, Solution):
        data: Mapping[str, Any] = {
            "mechanism": vars(solution.mechanism),
            "agents": solution.agents,
            **solution.answers,
        }
    else:
        data = solution
    if isinstance(instance, TrainingInstance):
        _require_float(arithmetic, "training runs")
        books = books_from(instance, data, label, folder)
        return verify_training(instance, books, tolerance=tolerance, conditions=conditions)
    if isinstance(instance, SharingInstance):
        return _verify_sharing(instance, data, arithmetic, conditions, tolerance, folder, label)
    market = market_game(instance)
    claim = claim_from(data, market, folder, label)
    return verify_market(
        market,
        claim,
        arithmetic=arithmetic,
        tolerance=tolerance,
        conditions=(NO_MECHANISM,) if claim.exists is False else CHECKED,
        claimed=(*claimed_conditions(market, claim, data), *conditions),
        monitor=monitor,
    )


def claimed_conditions(
    market: Market, claim: MarketClaim, data: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return what a solution promises: its mechanism's claims, or the four desirable properties.

    Options of the mechanism that this version does not know are refused, not ignored.
    """
    if claim.exists is False and claim.payments is None:
        return (NO_MECHANISM,)
    rule = MARKET_MECHANISMS.get(claim.mechanism or "")
    if rule is None:
        known = efficiency_claim(market)
        return tuple(name for name in DESIRABLE if name != "efficiency" or name in known)
    named = data.get("mechanism")
    options = named.get("options") if isinstance(named, Mapping) else None
    if not isinstance(options, Mapping | None):
        where = f"mechanism {rule.name}: options"
        raise SolutionFileError([Finding(where, shown(options), "a mapping of options")])
    given = {key: value for key, value in (options or {}).items() if value is not None}
    return rule.claims(market, effective_options(rule.name, rule.options, given))


def _other_content(instance: Instance, data: Mapping[str, Any]) -> str:
    """Return a warning when the solution was made for a file with other content, else nothing."""
    reference = data.get("instance")
    recorded = reference.get("sha256") if isinstance(reference, Mapping) else None
    if recorded is None or instance.sha256 is None or recorded == instance.sha256:
        return ""
    return "the solution was made for an instance file with other content; checked all the same"


def _mechanism_name(entry: Mapping[str, Any]) -> str | None:
    mechanism = entry.get("mechanism")
    name = mechanism.get("name") if isinstance(mechanism, Mapping) else mechanism
    return name if isinstance(name, str) else None


def _unknown_condition(name: str, known: Sequence[str]) -> Finding:
    close = get_close_matches(name, known, n=1)
    fix = f"did you mean {close[0]!r}?" if close else ""
    return Finding("--condition", repr(name), "one of " + ", ".join(known), fix)


def _require_float(arithmetic: ArithmeticName, what: str) -> None:
    if arithmetic != "float":
        raise UnsupportedError.single(
            "--arithmetic",
            arithmetic,
            f"float for {what}",
            "markets can be checked in exact and ball arithmetic",
        )


def _verify_sharing(
    instance: SharingInstance,
    data: Mapping[str, Any],
    arithmetic: ArithmeticName,
    conditions: Sequence[str],
    tolerance: float | None,
    folder: Path | None,
    label: str,
) -> Certificate:
    """Check a solution of a sharing game in the number system asked for."""
    game = sharing_game(instance)
    claim = sharing_claim_from(data, game, folder, label)
    rule = SHARING_MECHANISMS.get(claim.mechanism or "")
    require_costs(game, private=rule is not None and rule.private_costs)
    require_given_model(game, learns=rule is None or rule.learns)
    if game.prior is not None:
        _require_float(arithmetic, "games with private costs")
    if game.learning is not None or (rule is not None and rule.learns):
        _require_float(arithmetic, "games whose model is learned together")
    witness = data.get("witness")
    if isinstance(witness, Mapping) and witness.get("reason") == NO_STEP:
        return no_admissible_step(game, claim)
    if claim.contributions is None and "nash_gap" in data:
        tree = witness.get("tree") if isinstance(witness, Mapping) else None
        return Certificate((no_equilibrium(instance, tree, True),))
    if claim.contributions is None and data.get("equilibria") == []:
        allowed = DEFAULT.verify if tolerance is None else tolerance
        return Certificate((no_affordable_profile(game, claim, allowed, True),))
    promised: tuple[str, ...] = ("nash", "budget-balance")
    if rule is not None:
        given = {key: value for key, value in claim.options.items() if value is not None}
        effective = effective_options(rule.name, rule.options, given)
        claim = replace(claim, options={**effective, **given})  # numbers stay as written
        promised = rule.claims(game, claim.options)
    claimed = (*promised, *(name for name in conditions if name != STATED))
    if arithmetic == "float":
        certificate = verify_sharing(game, claim, tolerance=tolerance, claimed=claimed)
    else:
        certificate = verify_rigorously(
            instance, game, claim, arithmetic=arithmetic, tolerance=tolerance, claimed=claimed
        )
    stated = stated_numbers(
        game, claim, certificate, tolerance=tolerance, asked=STATED in conditions
    )
    return Certificate((*certificate.conditions, *([stated] if stated else [])))
