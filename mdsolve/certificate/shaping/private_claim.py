"""What a solution claims about private contracts, with the others' data as it implies.

A claim states contributions of both types and, per agent, the break points A, C, D of the curve
(samples, accuracy). From them the checker works out, agent by agent, what the others may bring: a
product of binomials over agents alike under `bayes`, its mean under `mean-field`, and the known
amount at every profile of types under `ex-post`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.shaping.private_bounds import Prospect
from mdsolve.certificate.sharing.setting import SharingSetting
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import Prior, SharingGame

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

Tabled = TypeVar("Tabled")

ATOM_LIMIT = 500_000
"""Most possible totals of the others' data that are gone through for one agent."""

PROFILE_LIMIT = 10_000
TYPES = ("low", "high")


@dataclass(frozen=True)
class Case:
    """One agent (standing for those alike), what the others may bring, and what he is offered.

    Parameters
    ----------
    agent : int
    prospect : Prospect
    points : (3, 2)
        A, C, D: contribution in samples, accuracy of the model received.
    types : tuple of str
        Whose contributions are at stake: both, or the type he has at this profile.
    where : str
        The profile of types, empty where there is only one case per agent.
    """

    agent: int
    prospect: Prospect
    points: Floats
    types: tuple[str, ...] = TYPES
    where: str = ""

    def rate(self, kind: str) -> float:
        """Return a type's cost rate, in money per sample."""
        return self.prospect.low if kind == "low" else self.prospect.high

    def choice(self, kind: str) -> Floats:
        """Return the point meant for a type: D for low costs, C for high ones."""
        return np.asarray(self.points[2 if kind == "low" else 1])

    def utility(self, kind: str, point: Floats) -> float:
        """Return what a type earns at a point of the curve, in money."""
        return float(self.prospect.value * point[1] - self.rate(kind) * point[0])


@dataclass(frozen=True)
class PrivateClaim:
    """Everything stated, and all cases to look at.

    Parameters
    ----------
    low, high : (n,)
        Contributions of both types, in expectation under `ex-post`.
    low_accuracy, high_accuracy : (n,)
        Accuracy of the models they receive, as the curves have it.
    from_curves : (n, 2)
        Contributions of both types as the curves have them.
    cases : tuple of Case
    """

    low: Floats
    high: Floats
    low_accuracy: Floats
    high_accuracy: Floats
    from_curves: Floats
    cases: tuple[Case, ...]


class _NotCheckableError(Exception):
    """Why a claim cannot be checked; never leaves this module."""


def private_claim(setting: SharingSetting) -> PrivateClaim | str:
    """Return the claim, or the reason why it cannot be checked."""
    try:
        return _read(setting)
    except _NotCheckableError as reason:
        return str(reason)


def _present(found: Tabled | str) -> Tabled:
    if isinstance(found, str):
        raise _NotCheckableError(found)
    return found


def _read(setting: SharingSetting) -> PrivateClaim:
    game, claim = setting.game, setting.claim
    accuracy, prior = game.accuracy, game.prior
    if prior is None:
        raise _NotCheckableError("the instance has no prior over costs")
    if not isinstance(accuracy, WeightedAccuracy) or not accuracy.of_all_data:
        raise _NotCheckableError("models that weigh the agents' data differently are not checked")
    low = _present(claim.stored("low", (game.size,)))
    high = _present(claim.stored("high", (game.size,)))
    beliefs = claim.options.get("beliefs", "bayes")
    if beliefs == "ex-post":
        return _at_profiles(setting, accuracy, prior, low, high)
    points = _present(claim.stored("curves", (game.size, 3, 2)))
    cases = _cases(game, accuracy, prior, points, beliefs)
    return PrivateClaim(
        low, high, points[:, 2, 1], points[:, 1, 1], points[:, [2, 1], 0], tuple(cases)
    )


def _cases(
    game: SharingGame, accuracy: WeightedAccuracy, prior: Prior, points: Floats, beliefs: Any
) -> list[Case]:
    """Return one case per kind of agents alike, contracts included."""
    numbers = np.column_stack(
        [
            prior.low,
            prior.high,
            prior.probability_low,
            game.value,
            game.capacity,
            points.reshape(game.size, -1),
        ]
    )
    curves: dict[Any, int] = {}
    kinds = np.array(
        [curves.setdefault(accuracy.curve.of(k), len(curves)) for k in range(game.size)]
    )
    _, first, members = np.unique(
        np.column_stack([kinds, numbers]), axis=0, return_index=True, return_counts=True
    )
    low, high, p = points[first, 2, 0], points[first, 1, 0], prior.probability_low[first]
    cases = []
    for k, agent in enumerate(first.tolist()):
        others = members - (np.arange(len(members)) == k)
        if beliefs == "mean-field":
            amounts = np.array([float(others @ (p * low + (1 - p) * high))])
            chances = np.ones(1)
        else:
            if float(np.prod(others + 1.0)) > ATOM_LIMIT:
                reason = f"the others' data may have more than {ATOM_LIMIT:,} different totals"
                raise _NotCheckableError(reason)
            amounts, chances = _totals(others.tolist(), p, low, high)
        cases.append(
            Case(agent, _prospect(game, accuracy, prior, agent, amounts, chances), points[agent])
        )
    return cases


def _prospect(
    game: SharingGame,
    accuracy: WeightedAccuracy,
    prior: Prior,
    agent: int,
    amounts: Floats,
    probabilities: Floats,
) -> Prospect:
    return Prospect(
        accuracy.curve.of(agent),
        float(game.value[agent]),
        float(prior.low[agent]),
        float(prior.high[agent]),
        float(prior.probability_low[agent]),
        float(game.capacity[agent]),
        accuracy.platform_data,
        amounts,
        probabilities,
    )


def _totals(
    others: Sequence[int], chances: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Return every total the others may bring, with its probability (product of binomials)."""
    amounts, logs = np.zeros(1), np.zeros(1)
    for size, p, down, up in zip(others, chances, low, high, strict=True):
        count = np.arange(size + 1)
        steps = np.log((size - count[:-1]) / count[1:]) if size else np.zeros(0)
        ways = np.concatenate([[0.0], np.cumsum(steps)])
        log = ways + count * np.log(p) + (size - count) * np.log1p(-p)
        amounts = np.add.outer(amounts, count * down + (size - count) * up).ravel()
        logs = np.add.outer(logs, log).ravel()
    weights = np.exp(logs - logs.max())
    return amounts, weights / weights.sum()


def _at_profiles(
    setting: SharingSetting,
    accuracy: WeightedAccuracy,
    prior: Prior,
    low: Floats,
    high: Floats,
) -> PrivateClaim:
    """Return the cases of every profile of types and the expectations they amount to."""
    game = setting.game
    classes, low_types, points = _profile_tables(setting)
    members = np.bincount(classes)
    first = np.array([int(np.argmax(classes == k)) for k in range(len(members))])
    alike = (prior.low, prior.high, prior.probability_low, game.value, game.capacity)
    if any(np.any(column != column[first][classes]) for column in alike) or any(
        accuracy.curve.of(agent) != accuracy.curve.of(int(first[k]))
        for agent, k in enumerate(classes)
    ):
        raise _NotCheckableError("agents of one class in profiles.classes differ")
    p = prior.probability_low[first]
    cases: list[Case] = []
    expected, weight = np.zeros((len(members), 2, 2)), np.zeros((len(members), 2))
    for count, offered in zip(low_types, points, strict=True):
        give_low, give_high = offered[:, 0, 2, 0], offered[:, 1, 1, 0]
        total = float(count @ give_low + (members - count) @ give_high)
        chance = float(
            np.prod([_binomial(m, c, q) for m, c, q in zip(members, count, p, strict=True)])
        )
        for k, agent in enumerate(first.tolist()):
            shares = (
                count[k] / (members[k] * p[k]),
                (members[k] - count[k]) / (members[k] * (1 - p[k])),
            )
            for kind, (own, share) in enumerate(
                zip((give_low[k], give_high[k]), shares, strict=True)
            ):
                if share == 0:
                    continue
                known = np.array([max(0.0, total - own)])
                prospect = _prospect(game, accuracy, prior, agent, known, np.ones(1))
                where = f"low costs per class: {count.tolist()}"
                cases.append(Case(agent, prospect, offered[k, kind], (TYPES[kind],), where))
                expected[k, kind] += chance * share * offered[k, kind, 2 - kind]
                weight[k, kind] += chance * share
    expected = expected / weight[:, :, None]
    spread = expected[classes]
    return PrivateClaim(low, high, spread[:, 0, 1], spread[:, 1, 1], spread[:, :, 0], tuple(cases))


def _profile_tables(setting: SharingSetting) -> tuple[Indices, Indices, Floats]:
    """Return class of each agent (n,), low types (T, K), points (T, K, 2 types, 3, 2)."""
    stated = setting.claim.details.get("profiles")
    if not isinstance(stated, Mapping):
        raise _NotCheckableError("the solution does not state profiles")
    inner = replace(setting.claim, details=stated)
    classes = _present(inner.stored("classes", (setting.game.size,))).astype(np.intp)
    members = np.bincount(np.maximum(classes, 0))
    number = int(np.prod(members + 1.0))
    if classes.min() < 0 or members.min() < 1 or number > PROFILE_LIMIT:
        expected = f"classes 0, 1, ... with at most {PROFILE_LIMIT:,} profiles"
        raise _NotCheckableError(f"profiles.classes: expected {expected}")
    size = len(members)
    low_types = _present(inner.stored("low_types", (number, size))).astype(np.intp)
    points = _present(inner.stored("curves", (number, size, 2, 3, 2)))
    every = np.stack(np.meshgrid(*(np.arange(m + 1) for m in members), indexing="ij"), axis=-1)
    if not np.array_equal(low_types, every.reshape(number, -1)):
        expected = "every profile once, the last class moving fastest"
        raise _NotCheckableError(f"profiles.low_types: expected {expected}")
    return classes, low_types, points


def _binomial(size: int, count: int, p: float) -> float:
    _, chances = _totals([size], np.array([p]), np.ones(1), np.zeros(1))
    return float(chances[count])
