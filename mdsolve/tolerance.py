"""The only place with literal tolerances: what solvers aim at and what the checker accepts.

A condition passes when its violation is at most ``verify`` times the scale of the instance, in the
units of the violation. The scale is read from the instance alone, so that a claim cannot widen it,
units of the violation. The scale is read from the instance alone, so that a claim cannot widen it,
answer is never refused because of rounding.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerances:
    """Relative tolerances of solving and of verifying.

    Parameters
    ----------
    verify : float
        Largest accepted violation relative to the scale of the instance.
    solve : float
        What numerical methods aim at, relative to the sizes of their own unknowns.
    """

    verify: float = 1e-9
    solve: float = 1e-11


DEFAULT = Tolerances()

TIE = 1e-9
"""Relative width within which a float comparison is re-decided in exact or ball arithmetic."""

ROUND_OFF = 1e-12
"""Relative size of accumulated rounding that two float routes to one number may differ by."""

ALLOCATION_TIE = 1e-12
"""Relative difference of total valuations below which two allocations tie; ties give the model."""

SEARCH_MARGIN = 1e-6
"""Relative safety margin on constants that switch a search off where it cannot find anything."""

PROGRAM_FEASIBILITY = 1e-10
"""Feasibility tolerance given to the linear programming solver, the tightest it accepts."""

DIFFERENCE_STEP = 1e-6
"""Relative step of finite differences where no derivative is at hand."""

EQUILIBRIUM_SLACK = 1e-8
"""Relative distance within which every best response must lie for a contribution to pass."""

GRADIENT_AGREEMENT = 1e-4
"""Relative difference allowed between a gradient that a user wrote and central differences."""

AT_BOUND = 1e-5
"""Distance to a bound, in scaled units, at which a fitted parameter is tried on the bound."""

INDISTINCT = 1e-9
"""Relative singular value below which measurements do not tell parameters apart."""

STEEPER = 1e-6
"""How much steeper, relatively, designed rates are where a straight payoff would leave a tie."""

NUDGE = 1e-10
"""How much less a sample is taken to be worth where it is worth just what it costs."""

LOCAL_SEARCH = 1e-13
"""Relative change of a goal at which a local search stops."""

STRAIGHT = 1e-6
"""Distance of a curve from the line between its ends, relative to its range, that is none."""

INTERVAL_END = 1e-3
"""How far beyond an interval of equilibria, of its larger end, there must be none."""

PAYMENT_MARGIN_OF_VALUE = 1e-14
"""Share of the value by which proved payments of irrational markets stay below the largest."""

PAYMENT_MARGIN_OF_UTILITY = 1e-12
"""Share of what is left to agents by which such payments stay below the largest as well."""

PAYMENT_AGREEMENT = 1e-9
"""Distance, relative to the largest value, within which stored payments are those proved."""
