"""Shapley (and Banzhaf) values of a sharing game: which route fits, and what it gives.

The shares of agent i are those of the cooperative game X -> A(s[X]) - A(0), where
A(s) = sum_i value_i a_i(s) in money and s[X] is s with the agents outside X contributing nothing.
Shapley shares sum to A(s) - A(0), weighted ones too.

| route | payoffs | effort |
|---|---|---|
| quadrature | `power`, any weights | agents x rows x 20 x 100, and less by grouping |
| coverage | products over agents: `coverage`, `union` | agents x items x 20 |
| linear | `linear` | closed form |
| lattice | any curve of one total, samples whole or multiples of the least | agents^2 x total |
| split-lattice | any curve of one total, with an error estimate | agents^2 x 16,000 |
| enumeration | all | coalitions that differ, 2^agents at most |
| sampling | all | with standard errors |

With weights (`agent_weights`) quadrature and coverage take half the sum of the whole weights as
nodes, and neither lattices nor sampling are at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor, silent
from mdsolve.shapley.agent_weights import Ratios
from mdsolve.shapley.enumeration import COALITIONS, coalition_count, enumeration_shares
from mdsolve.shapley.lattice import lattice_shares, split_lattice, whole_lattice
from mdsolve.shapley.power_rows import power_parameters, power_rows
from mdsolve.shapley.power_shares import Sums, power_shares
from mdsolve.shapley.product_shares import product_rows, product_shares
from mdsolve.shapley.rules import PRECISION, banzhaf_rule, shapley_rule
from mdsolve.shapley.sampling import sampled_shares
from mdsolve.shapley.weighted import weighted_power_sums, weighted_product_sums
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]
Route = Literal[
    "auto",
    "quadrature",
    "coverage",
    "linear",
    "enumeration",
    "lattice",
    "split-lattice",
    "sampling",
]
Index = Literal["shapley", "banzhaf"]

SAMPLES = 4096
"""Random orders drawn unless told otherwise."""

MANY_COALITIONS = 12
"""More agents than that are not enumerated for Python objects, nor where a lattice is quicker."""


@dataclass(frozen=True)
class ShapleyValues:
    """Shares of all agents.

    Parameters
    ----------
    shares : (n,)
        phi_i(s), in money.
    slopes : (n,) or None
        d phi_i / d s_i (from the right at kinks), in money per sample.
    method : str
        The route used, with its size.
    error_estimate : float
        Estimate of the largest error of a share, in money; for sampling the largest standard error.
    standard_errors : (n,) or None
        Of the shares, for sampling.
    """

    shares: Floats
    slopes: Floats | None
    method: str
    error_estimate: float
    standard_errors: Floats | None = None


def shapley(
    game: SharingGame,
    s: Floats,
    *,
    route: Route = "auto",
    index: Index = "shapley",
    ratios: Ratios | None = None,
    tolerance: float = ROUND_OFF,
    seed: int | None = None,
    samples: int = SAMPLES,
    monitor: Monitor | None = None,
    derivatives: bool = False,
) -> ShapleyValues:
    """Return Shapley or Banzhaf shares of a sharing game at contributions s.

    Parameters
    ----------
    s : (n,)
        Samples, non-negative and finite.
    route : str
        A route of the table above; "auto" takes the most accurate one that fits.
    index : {"shapley", "banzhaf"}
        Banzhaf values ([M25] Appendix F) weigh all coalitions alike; their sum is not A(s) - A(0).
    ratios : tuple of int or None
        Whole weights of the agents (`whole_ratios`), for weighted Shapley values.
    tolerance : float
        Relative error the quadrature aims at.
    seed, samples
        Of the sampling route.
    derivatives : bool
        Whether to return slopes too.

    Raises
    ------
    UnsupportedError
        If a route is named that does not fit the game.
    MemoryLimitError
        If a route would be too large.

    Examples
    --------
    >>> from mdsolve.game.build_sharing import sharing_game
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    >>> spec = {"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}}
    >>> game = sharing_game(parse(spec))
    >>> shapley(game, np.array([3.0, 1.0])).shares.round(12).tolist()
    [1.05, 0.55]
    """
    s = checked_contributions(game, s)
    banzhaf = _banzhaf(index)
    chosen = route if route != "auto" else fitting_route(game, s, ratios)
    watch = monitor or silent()
    if chosen == "sampling":
        if ratios is not None:
            raise _unweighted(chosen)
        if samples < 4:
            raise UsageError.single("samples", str(samples), "at least 4")
        drawn = sampled_shares(game, s, samples, seed, banzhaf, watch)
        largest = float(np.max(drawn.standard_errors, initial=0.0))
        method = f"sampling, {2 * drawn.pairs:,} {'coalitions' if banzhaf else 'orders'} in pairs"
        slopes = drawn.slopes if derivatives else None
        return ShapleyValues(drawn.shares, slopes, method, largest, drawn.standard_errors)
    sums = exact_sums(game, s, chosen, banzhaf, tolerance, watch, slopes=derivatives, ratios=ratios)
    error = sums.error * float(np.max(np.abs(sums.shares), initial=0.0))
    return ShapleyValues(sums.shares, sums.slopes if derivatives else None, chosen, error)


def fitting_route(game: SharingGame, s: Floats, ratios: Ratios | None = None) -> Route:
    """Return the most accurate route that fits a game at s."""
    accuracy, amounts = game.accuracy, game.accuracy.of_amounts
    if amounts is not None:
        if amounts.curve.straight:
            return "linear"
        if power_parameters(amounts.curve, game.size) is not None:
            return "quadrature"
    elif accuracy.opaque:
        return "enumeration" if ratios is not None or game.size <= MANY_COALITIONS else "sampling"
    elif product_rows(game, s) is not None:
        return "coverage"
    return "enumeration" if ratios is not None else _route_of_totals(game, s)


def _route_of_totals(game: SharingGame, s: Floats) -> Route:
    """Return the best route that asks nothing of the curves."""
    count = coalition_count(game, s)
    if count <= 1 << MANY_COALITIONS:
        return "enumeration"
    whole = whole_lattice(game, s)
    if whole is not None and whole.fits and whole.work < count * game.size:
        return "lattice"
    if count <= COALITIONS:
        return "enumeration"
    if whole is not None and whole.fits:
        return "lattice"
    split = split_lattice(game, s)
    return "split-lattice" if split is not None and split.fits else "sampling"


def exact_sums(  # noqa: PLR0911 - one return per route
    game: SharingGame,
    s: Floats,
    route: Route,
    banzhaf: bool,
    tolerance: float,
    monitor: Monitor,
    bend: bool = False,
    slopes: bool = True,
    ratios: Ratios | None = None,
) -> Sums:
    """Return shares, own slopes and potential by one of the exact routes.

    Without `slopes`, routes that would have to work for them leave zeros.

    Raises
    ------
    UnsupportedError
        If the route does not fit the game, or is none.
    """
    rule = banzhaf_rule() if banzhaf else shapley_rule()
    if route == "quadrature":
        rows = power_rows(game)
        if rows is None:
            raise _unfit(game, route, "power payoffs of weighted data")
        if ratios is not None:
            return weighted_power_sums(rows, s, ratios, tolerance, monitor, bend)
        return power_shares(rows, s, tolerance, rule, bend, monitor)
    if route == "coverage":
        products = product_rows(game, s)
        if products is None:
            raise _unfit(game, route, "coverage or union payoffs")
        if ratios is not None:
            return weighted_product_sums(products, ratios, bend)
        return product_shares(products, rule, bend)
    if route == "linear":
        return _linear_shares(game, s, ratios)
    if route == "enumeration":
        return enumeration_shares(game, s, banzhaf, slopes, ratios)
    if route not in {"lattice", "split-lattice"}:
        raise UsageError.single("route", str(route), ", ".join(get_args(Route)))
    if ratios is not None:
        raise _unweighted(route)
    lattice = whole_lattice(game, s) if route == "lattice" else split_lattice(game, s)
    return lattice_shares(game, s, lattice, banzhaf, monitor)


def _linear_shares(game: SharingGame, s: Floats, ratios: Ratios | None) -> Sums:
    """Return s_i (W' value)_i: what an agent adds does not depend on the others."""
    accuracy = game.accuracy.of_amounts
    if accuracy is None or not accuracy.curve.straight:
        raise _unfit(game, "linear", "linear payoffs")
    slopes = accuracy.weights.transposed(game.value)
    shares = slopes * s
    potential = float((shares if ratios is None else shares / np.array(ratios)).sum())
    return Sums(potential, shares, slopes, np.zeros(game.size), PRECISION * game.size)


def checked_contributions(game: SharingGame, s: Floats) -> Floats:
    """Return contributions as an array of doubles.

    Raises
    ------
    UsageError
        If they are not n finite, non-negative numbers.
    """
    given = np.ascontiguousarray(s, dtype=np.float64)
    if given.shape != (game.size,):
        raise UsageError.single("contributions", f"shape {given.shape}", f"shape ({game.size},)")
    if not np.all(np.isfinite(given)) or np.any(given < 0):
        worst = given[~np.isfinite(given) | (given < 0)][0]
        raise UsageError.single("contributions", f"{worst}", "finite, non-negative samples")
    return given


def _banzhaf(index: Index) -> bool:
    if index not in {"shapley", "banzhaf"}:
        raise UsageError.single("index", str(index), "shapley or banzhaf")
    return index == "banzhaf"


def _unfit(game: SharingGame, route: str, expected: str) -> UnsupportedError:
    return UnsupportedError.single(
        "route", f"{route} for the family {game.accuracy.family}", expected, "use route auto"
    )


def _unweighted(route: str) -> UnsupportedError:
    return UnsupportedError.single(
        "option weights",
        f"the route {route}",
        "power, linear, coverage or union payoffs, or few coalitions that differ",
        "use route auto, or leave the weights out",
    )
