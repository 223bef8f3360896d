"""What `upbred` and `2p-upbred` share: starts and step sizes from options, and what is reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mdsolve.errors import UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.sharing_base import Floats
from mdsolve.solver.joint.dynamics import JointPath
from mdsolve.solver.joint.equilibrium import gradient, is_singular, located

STEPS = 100_000
"""Most rounds, unless the option `steps` says otherwise."""

METHOD = Option(
    "method",
    "direct",
    "direct: compute where the protocol ends; dynamics: run it round by round",
    ("direct", "dynamics"),
)
START = Option(
    "start",
    None,
    "with dynamics, first contributions in samples: numbers, half the capacities (the default), "
    "capacity or zero",
    ("half", "capacity", "zero"),
    numbers=True,
)
MODEL_START = Option(
    "model_start",
    None,
    "with dynamics, the first model: one number per parameter; zeros by default",
    ("zero",),
    numbers=True,
)
LIMIT = Option("steps", None, f"with dynamics, most rounds; {STEPS:,} by default", number=True)

COURSE_SHOWN = 500
"""Most states of a path in a solution."""


def refuse_unused(options: Mapping[str, Any], names: Sequence[str]) -> None:
    """Raise `UsageError` for options that only running the protocol uses."""
    for name in names:
        if options[name] is not None:
            raise UsageError.single(
                f"option {name}",
                f"{options[name]} with method: direct",
                "an option of method: dynamics",
                "add --set method=dynamics, or leave the option out",
            )


def first_contributions(game: SharingGame, given: Any) -> Floats:
    """Return first contributions in [0, capacity], shape (n,); raises `UsageError`."""
    where = "option start"
    if given in (None, "half", "capacity"):
        if not np.all(np.isfinite(game.capacity)):
            got = f"{given or 'half'}, of a capacity without end"
            raise UsageError.single(where, got, "finite capacities, or numbers")
        return game.capacity * (1.0 if given == "capacity" else 0.5)
    if given == "zero":
        return game.nothing()
    if len(given) not in (1, game.size):
        got, expected = f"{len(given)} numbers", f"one number, or {game.size}, one per agent"
        raise UsageError.single(where, got, expected)
    s = np.broadcast_to(np.array(given, dtype=np.float64), (game.size,)).copy()
    if np.any((s < 0) | (s > game.capacity)):
        k = int(np.argmax((s < 0) | (s > game.capacity)))
        expected = f"from 0 to {game.capacity[k]:g} samples"
        raise UsageError.single(where, f"{s[k]:g} for {game.agents[k]}", expected)
    return s


def first_model(game: SharingGame, given: Any) -> Floats | None:
    """Return the first model, shape (m,); None where none is learned; raises `UsageError`."""
    if game.learning is None:
        if given not in (None, "zero"):
            expected = "nothing: this accuracy depends on no model"
            raise UsageError.single("option model_start", str(given), expected)
        return None
    m = game.learning.parameters
    if given in (None, "zero"):
        return np.zeros(m)
    if len(given) != m:
        expected = f"{m} numbers, one per parameter of the model"
        raise UsageError.single("option model_start", f"{len(given)} numbers", expected)
    return np.array(given, dtype=np.float64)


def positive(name: str, given: float) -> float:
    """Return a step size; raises `UsageError` unless it is positive."""
    if not given > 0:
        raise UsageError.single(f"option {name}", f"{given:g}", "a positive number")
    return given


def rounds_allowed(given: float | None) -> int:
    """Return the most rounds; raises `UsageError` unless it is a positive whole number."""
    if given is None:
        return STEPS
    if not (given >= 1 and given == int(given)):
        raise UsageError.single("option steps", f"{given:g}", "a positive whole number")
    return int(given)


def state(game: SharingGame, s: Floats, w: Floats | None, price: float) -> dict[str, Any]:
    """Return the keys that say where a protocol is: the model, and both gradient blocks."""
    details: dict[str, Any] = {"gradient": dict(gradient(game, w, s, price))}
    if w is not None:
        details |= {"parameters": w, "singular": is_singular(game, s)}
    return details


def received(game: SharingGame, s: Floats, w: Floats | None) -> Floats | None:
    """Return the accuracies at a model, (n,); None where the game's own are meant."""
    return None if w is None else located(game, w).accuracies(s)


def course(path: JointPath) -> dict[str, Any]:
    """Return the key ``course`` of a solution: rounds, contributions and models on the way."""
    stride = max(1, -(-len(path.kept) // COURSE_SHOWN))
    shown = np.unique(np.append(np.arange(0, len(path.kept), stride), len(path.kept) - 1))
    return {
        "rounds": path.kept[shown],
        "contributions": path.states[shown],
        "parameters": None if path.parameters is None else path.models[shown],
        "ending": path.ending.value,
        "left_box_at": path.left_at,
    }
