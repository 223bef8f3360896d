"""`rule` and `equilibria` of the proportional rules.

Payments are 0 and models are what the rule makes of the contributions with the exponent that was
asked for. Every total stated as an equilibrium has a profile (its own, that of nobody contributing,
one that is stated, or the equal one of agents alike), and the profile passes `nash`; a little
beyond an interval of equilibria it does not, or somebody would rather be alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.checks.shaped_rule import no_payments
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.registry import condition
from mdsolve.certificate.rules.proportional import PROPORTIONAL
from mdsolve.certificate.shaped.alike import alike
from mdsolve.certificate.shaped.ranked import ranked
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition
from mdsolve.instance.findings import shown
from mdsolve.tolerance import INTERVAL_END

Floats = npt.NDArray[np.float64]

RULE = "rule"
NASH = "nash"
ALONE = "individual-rationality-alone"
EQUILIBRIA = "equilibria"

TOTALS = "equilibrium_totals"
INTERVALS = "equilibrium_intervals"
PROFILES = "equilibrium_profiles"
SELECT = ("most-data", "best-utility", "least-data")


@condition(
    RULE,
    "sharing",
    about="payments and models are those of the rule with its exponent",
    rules=PROPORTIONAL,
)
def rule(context: SharingContext) -> Condition:
    """Compare payments, models, and which of the stated equilibria was asked for."""
    found = no_payments(context, RULE)
    if found.verdict != "pass":
        return found
    wrong = _selected(context)
    game = context.derived(ranked)
    stored = context.claim.accuracies
    received = game.models if stored is None else context.arithmetic.stored(stored)
    context.cover(RULE, ["mechanism", "payments", "accuracies"])
    return context.decided(
        RULE,
        abs(received - game.models),
        context.scales.accuracy,
        words=(
            "payments and models are those of the mechanism",
            wrong or "a model handed out is not the mechanism's",
        ),
        scope=f"{context.size:,} models, exponent {float(game.power):g}",
        witness=lambda k: context.agent(k, received=received, recomputed=game.models),
        refuted=np.full(context.size, bool(wrong)),
    )


def _selected(context: SharingContext) -> str:
    """Return what is wrong with the equilibrium that was chosen among those stated."""
    asked = context.options.get("select", "most-data")
    if asked not in SELECT:
        message = f"select: expected one of {', '.join(SELECT)}, got {asked!r}"
        raise NoRouteError(message)
    totals = _listed(context)
    if not totals:
        return ""
    total, slack = float(context.given.sum()), context.tolerance * context.scales.samples.sum()
    if asked == "most-data" and max(totals) > total + slack:
        return "an equilibrium with more data is stated, and most-data was asked for"
    if asked == "least-data" and min(totals) < total - slack:
        return "an equilibrium with less data is stated, and least-data was asked for"
    return ""


def _listed(
    context: SharingContext, paths: Sequence[str] = (TOTALS, EQUILIBRIA, INTERVALS)
) -> list[float]:
    """Return all totals stated as those of equilibria under some keys."""
    found: list[float] = []
    for path in paths:
        said = context.claim.at(path)
        if said is None or isinstance(said, str):
            continue
        try:
            found.extend(float(x) for x in np.asarray(said, dtype=object).ravel())
        except (TypeError, ValueError):
            message = f"{path}: expected totals"
            raise NoRouteError(message) from None
    return list(dict.fromkeys(found))


@condition(
    EQUILIBRIA,
    "sharing",
    about="the totals stated are those of equilibria",
    rules=PROPORTIONAL,
    arithmetics=("enclosure", "float"),
)
def equilibria(context: SharingContext) -> Condition:
    """Check a profile for every total; a continuum needs one between two of them."""
    which = context.claim.at(EQUILIBRIA)
    totals = _listed(context)
    if which is None and not totals:
        message = "the solution states no equilibria"
        raise NoRouteError(message)
    if which == "unique":
        message = "that there is no other equilibrium has no proof under this rule"
        raise NoRouteError(message)
    wrong = _inconsistent(context)
    if wrong:
        return _refuted(context, wrong)
    stated = _stated(context)
    strange = [s for s in stated if not _among(context, float(s.sum()), totals)]
    profiles: list[tuple[float, Floats | None]] = [(float(s.sum()), s) for s in stated]
    profiles += [
        (total, _profile(context, total))
        for total in totals
        if not _among(context, total, [float(s.sum()) for s in stated])
    ]
    if which == "continuum":
        profiles.append(_between(context, totals))
    missing = [total for total, profile in profiles if profile is None]
    if missing:
        message = f"no profile is stated for the total {missing[0]:.12g}"
        raise NoRouteError(message)
    verdicts = [context.elsewhere(NASH, s).verdict for _, s in profiles if s is not None]
    if all(verdict == "pass" for verdict in verdicts):
        for s in _beyond(context):
            if all(context.elsewhere(name, s).verdict == "pass" for name in (NASH, ALONE)):
                return _refuted(context, "an interval of equilibria reaches further than is stated")
    context.cover(EQUILIBRIA, [EQUILIBRIA, TOTALS, INTERVALS, PROFILES])
    return context.decided(
        EQUILIBRIA,
        context.arithmetic.zeros(len(profiles)),
        1.0,
        words=(
            "every total stated is that of an equilibrium; there may be others",
            "a profile stated has a total that is not"
            if strange
            else "a total stated is not that of an equilibrium",
        ),
        scope=f"{len(profiles):,} profiles",
        witness=lambda k: {"total": float(profiles[k][0])},
        refuted=np.array([verdict == "fail" for verdict in verdicts]) | bool(strange),
        undecided=np.array([verdict == "not-checked" for verdict in verdicts]),
    )


def _refuted(context: SharingContext, words: str) -> Condition:
    """Return the failing condition of statements that contradict each other."""
    return context.decided(
        EQUILIBRIA,
        context.arithmetic.zeros(1),
        1.0,
        words=("", words),
        scope="what is stated of equilibria",
        refuted=np.ones(1, dtype=np.bool_),
    )


def _inconsistent(context: SharingContext) -> str:
    """Return in what the statements about equilibria contradict each other, "" if in nothing.

    The words are known ones, every total is that of the profile stated for it, and intervals reach
    from one stated total to another.
    """
    which = context.claim.at(EQUILIBRIA)
    if not (which in (None, "continuum") or isinstance(which, list | tuple | np.ndarray)):
        return f"equilibria: {shown(which)}; expected continuum, or a list of totals"
    slack = context.tolerance * float(context.scales.samples.sum())
    said, profiles = context.claim.at(TOTALS), _stated(context)
    totals = _listed(context, (TOTALS,)) if said is not None else []
    if said is not None and len(profiles):
        sums = [float(profile.sum()) for profile in profiles]
        known = _column(said)
        if len(known) != len(sums) or np.any(np.abs(known - sums) > slack):
            return "a total stated is not that of the profile stated for it"
    for low, high in _intervals(context):
        if not 0 <= low <= high:
            return "an interval of equilibria does not reach upwards from a total"
        for end in (low, high):
            if not any(abs(end - total) <= slack for total in totals):
                return "an end of an interval of equilibria is no total that is stated"
    return ""


def _column(said: Any) -> Floats:
    return np.asarray(said, dtype=np.float64).reshape(-1)


def _intervals(context: SharingContext) -> Floats:
    """Return intervals of equilibria as stated, shape (k, 2).

    Raises
    ------
    NoRouteError
        If they are none.
    """
    said = context.claim.at(INTERVALS)
    try:
        return np.asarray([] if said is None else said, dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError):
        message = f"{INTERVALS}: expected pairs of totals"
        raise NoRouteError(message) from None


def _among(context: SharingContext, total: float, totals: Sequence[float]) -> bool:
    """Tell whether a total is one of some, or lies in an interval of equilibria that is stated."""
    slack = context.tolerance * float(context.scales.samples.sum())
    pairs = [(x, x) for x in totals]
    pairs += [(float(low), float(high)) for low, high in _intervals(context)]
    return any(low - slack <= total <= high + slack for low, high in pairs)


def _profile(context: SharingContext, total: float) -> Floats | None:
    """Return contributions with a total; None where nothing says what they are."""
    slack = context.tolerance * float(context.scales.samples.sum())
    if abs(total - float(context.given.sum())) <= slack:
        return context.given
    if total == 0:
        return np.zeros(context.size)
    for profile in _stated(context):
        if abs(total - float(profile.sum())) <= slack:
            return profile
    return np.full(context.size, total / context.size) if _all_alike(context) else None


def _stated(context: SharingContext) -> Sequence[Floats]:
    """Return profiles that the solution states."""
    said: Any = context.claim.at(PROFILES)
    if said is None:
        return []
    table = context.claim.stored(PROFILES, (len(said), context.size))
    if isinstance(table, str):
        raise NoRouteError(table)
    return list(table)


def _all_alike(context: SharingContext) -> bool:
    reading = context.reading
    table = np.column_stack([reading.bounded, reading.limited, reading.costs.kinds]).astype(float)
    columns = [reading.value, reading.capacity, reading.budget]
    return len(alike(context.arithmetic, table, columns)[0]) == 1


def _beyond(context: SharingContext) -> Iterator[Floats]:
    """Yield profiles that stretch an interval of equilibria a little at either end."""
    for low, high in _intervals(context):
        ends = _profile(context, float(low)), _profile(context, float(high))
        if low == high or ends[0] is None or ends[1] is None:
            continue
        further = INTERVAL_END * high / (high - low) * (ends[1] - ends[0])
        for s in (ends[1] + further, ends[0] - further):
            if np.all(s >= 0) and np.all(s <= context.reading.ends):
                yield s


def _between(context: SharingContext, totals: Sequence[float]) -> tuple[float, Floats | None]:
    """Return a total between two ends of an interval of equilibria, and a profile with it."""
    said = context.claim.at(INTERVALS)
    ends = np.asarray([totals], dtype=np.float64) if said is None else _intervals(context)
    if ends.shape[1] != 2:
        message = "a continuum needs an interval of totals"
        raise NoRouteError(message)
    wide = ends[ends[:, 0] < ends[:, 1]]
    if not len(wide):
        message = "a continuum needs an interval of totals"
        raise NoRouteError(message)
    middle = 0.5 * float(wide[0].sum())
    low, high = (_profile(context, float(end)) for end in wide[0])
    return middle, None if low is None or high is None else 0.5 * (low + high)
