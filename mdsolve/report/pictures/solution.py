"""The picture that fits a solution, whatever it is of."""

from __future__ import annotations

from mdsolve.context import Context
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import Instance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.report.legible import legible_data
from mdsolve.report.legible_solution import legible_solution
from mdsolve.report.pictures.curves import can_draw_curves, draw_curves
from mdsolve.report.pictures.dynamics import draw_dynamics
from mdsolve.report.pictures.market import MOST_AGENTS, can_draw, draw_outcome
from mdsolve.report.pictures.sharing import Floats, can_draw_sharing, draw_sharing
from mdsolve.report.pictures.style import Target
from mdsolve.report.pictures.trade_off import can_draw_trade_off, draw_trade_off
from mdsolve.report.pictures.training import can_draw_training, draw_training
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.solution import Solution
from mdsolve.study.sharing_problem import without_payments

UNPAID_LIMIT = 10_000
"""Most agents for whom the equilibrium without payments is computed once more for a picture."""


def draw_solution(solution: Solution, target: Target, instance: Instance | None) -> str:
    """Draw a solution; return why there is no picture, nothing where there is one.

    Simulations are drawn as such; shaped models as curves; everything else as its outcome.

    Parameters
    ----------
    instance : Instance or None
        What was solved; None where it is not at hand.
    """
    title = None if instance is None else legible_data(instance.title)
    solution = legible_solution(solution)
    game = sharing_game(instance) if isinstance(instance, SharingInstance) else None
    if "dynamics" in solution.answers:
        draw_dynamics(solution, target, title)
    elif can_draw_trade_off(solution):
        draw_trade_off(solution, target, title, Units.of(instance))
    elif game is not None and can_draw_curves(solution):
        draw_curves(solution, game, target, title)
    else:
        return draw_outcomes(solution, target, title, game, Units.of(instance))
    return ""


def draw_outcomes(
    solution: Solution,
    target: Target,
    title: str | None,
    game: SharingGame | None,
    units: Units = NO_UNITS,
) -> str:
    """Draw who brings what, who pays whom and who gains; return why not, nothing if so."""
    if can_draw_training(solution):
        draw_training(solution, target, title)
    elif can_draw_sharing(solution):
        draw_sharing(
            solution,
            target,
            title,
            game=game,
            without=_unpaid(solution, game),
            unit=units.data or "samples",
            money=units.money or "money",
        )
    elif can_draw(solution):
        if len(solution.agents) > MOST_AGENTS:
            return f"{len(solution.agents):,} agents of a market, more than {MOST_AGENTS}"
        draw_outcome(solution, target, title, money=units.money or "money")
    else:
        return f"the {solution.mechanism.name} solution holds no outcome to draw"
    return ""


def _unpaid(solution: Solution, game: SharingGame | None) -> Floats | None:
    """Return what agents would bring without payments, where that says something new."""
    unpaid = "equilibrium" if game is None else solution.mechanism.name
    if game is None or unpaid == "none" or game.private or game.size > UNPAID_LIMIT:
        return None
    return without_payments(game, Context())
