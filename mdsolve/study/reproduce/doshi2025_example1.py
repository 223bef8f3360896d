"""[D25] Example 1: where the rounds of Algorithm 1 end, from several starts.

The paper says w* = (1/2, 3/2), s* = (0, 5) with welfare 1.8. That is where contributions go while
the model is held at (1/2, 3/2); the mean accuracy still rises with w there.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import Instance, parse
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.solver.joint.dynamics import JointPath, Motion, follow
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.study.run import solve
from mdsolve.study.verify import verify
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

STEP = 0.25
"""gamma and eta of the paper."""

ROUNDS = 1500
HELD_ROUNDS = 6000
"""Rounds with the model held, where agent 2 comes to be nearly indifferent."""

PRINTED_MODEL, PRINTED_CONTRIBUTIONS = (0.5, 1.5), (0.0, 5.0)
MODELS = ((0.0, 0.0), (0.5, 1.5), (1.0, 2.0), (3.0, -1.0))
CONTRIBUTIONS = ((5.0, 5.0), (2.5, 2.5), (1.0, 4.0))
NOISE = 0.5
"""With this noise the contributions printed are an equilibrium."""


def example(noise: float = 0.0) -> Instance:
    """Return the game of Example 1, with noise if asked for."""
    agents = [
        {"name": "1", "cost": 0.04, "capacity": 5},
        {"name": "2", "cost": 0.02, "capacity": 5},
    ]
    accuracy = {"family": "quadratic-fit", "target": [1, 2], "noise": noise}
    return parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})


def _game() -> SharingGame:
    instance = example()
    assert isinstance(instance, SharingInstance)
    return sharing_game(instance)


def _rounds(
    start: tuple[Any, Any], motion: Motion, monitor: Monitor, limit: int = ROUNDS
) -> JointPath:
    s, w = (np.array(part, dtype=np.float64) for part in start)
    return follow(_game(), s, w, motion, limit, monitor)


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Run the rounds, check the printed point, and compute the end directly."""
    del seed
    claim = {
        "mechanism": {"name": "upbred"},
        "contributions": list(PRINTED_CONTRIBUTIONS),
        "parameters": list(PRINTED_MODEL),
        "payments": [0, 0],
    }
    found = verify(example(), claim)
    nash, model = found.condition("nash"), found.condition("stationarity")
    assert model.violation is not None
    assert model.witness is not None
    full = solve(example(), "2p-upbred")
    slopes = _game().at(np.array([1.0, 2.0]))
    at_full = slopes.value * slopes.accuracy.own_slopes(np.full(2, 5.0)) - slopes.costs.rate
    starts = list(product(CONTRIBUTIONS, MODELS))
    paths = [_rounds(start, Motion(STEP, STEP), monitor) for start in starts]
    ended = all(_at_nothing(path) for path in paths)
    counts = [path.steps for path in paths]
    printed = [_rounds(start, Motion(STEP, STEP, projected=False), monitor) for start in starts]
    outside = [path.left_at for path in printed if path.left_at is not None]
    held = _rounds(((5, 5), PRINTED_MODEL), Motion(STEP, 0.0), monitor, HELD_ROUNDS)
    direct = solve(example(), "upbred")
    noisy = solve(example(NOISE), "upbred")
    certified = direct.certificate is not None and direct.certificate.verdict == "pass"
    rows = (
        Row("welfare at s = (5, 5), w = (1, 2)", 2, float(full.accuracies.sum()), True),
        Row(
            "contributing all is no equilibrium",
            "yes",
            f"own slopes {at_full[0]:g} and {at_full[1]:g}",
            bool(np.all(at_full < 0)),
        ),
        Row(
            "nobody gains at s = (0, 5) while w = (1/2, 3/2)",
            "yes",
            f"the checker finds gains of {nash.violation:g} at most",
            nash.verdict == "pass",
            note="agent 2 is indifferent: 1/2 / 5^2 is his cost",
        ),
        Row(
            "welfare at s = (0, 5), w = (1/2, 3/2)",
            1.8,
            2 * (1 - 0.5 / 5),
            True,
        ),
        Row(
            "the model (1/2, 3/2) is at rest there",
            "yes",
            f"gradient {model.witness['gradient']:g} in each parameter",
            model.verdict == "pass",
            note=f"the best model is better by {model.witness['gain']:g} for everybody",
        ),
        Row(
            "Algorithm 1, gamma = eta = 0.25, ends there",
            "yes",
            f"w = (1, 2), s = (0, 0) after {min(counts)} to {max(counts)} rounds",
            not ended,
            note=f"projected on [0, 5], from {len(paths)} starts, the paper's among them",
        ),
        Row(
            "Algorithm 1 as printed stays in [0, 5]",
            "yes",
            f"left in round {min(outside)} to {max(outside)}, from all {len(printed)} starts"
            if len(outside) == len(printed)
            else f"left from {len(outside)} of {len(printed)} starts",
            not outside,
            note="mu stops a contribution that is exactly 0; a round steps over it",
        ),
        Row(
            "where contributions go while w is held at (1/2, 3/2)",
            "",
            f"s = ({held.contributions[0]:.4g}, {held.contributions[1]:.4g})",
            note="the printed equilibrium",
        ),
        Row(
            "the end of the rounds, computed directly",
            "",
            f"w = ({direct.parameters[0]:g}, {direct.parameters[1]:g}), "
            f"s = ({direct.contributions[0]:g}, {direct.contributions[1]:g}), "
            f"regret {direct.regret:g}",
            certified,
            note="with the accuracy continued by its limit along w = (1, 2); slopes in s "
            f"{direct.gradient['contributions'][0]:g} and {direct.gradient['contributions'][1]:g}, "
            "cut to 0 at the bound; gradient in w 0",
        ),
        Row(
            f"the same with noise {NOISE:g}: a = 1 - (|w - target|^2 + {NOISE:g}) / S",
            "",
            f"s = ({noisy.contributions[0]:.4g}, {noisy.contributions[1]:.4g}), "
            f"w = ({noisy.parameters[0]:g}, {noisy.parameters[1]:g}), "
            f"welfare {float(noisy.accuracies.sum()):.6g}",
            noisy.certificate is not None and noisy.certificate.verdict == "pass",
            note="what the example wants to show: less than the 1.9 of s = (5, 5)",
        ),
    )
    notes = (
        "For every S > 0 the best model is (1, 2). There the accuracy is 1 whatever S, so any "
        "contributor gains by giving less: no s other than 0 is part of an equilibrium.",
        "At S = 0 the accuracy is singular: 0/0 at w = (1, 2), unbounded for any other w. The "
        "limit along w = (1, 2) is 1, no less than the optimum.",
        "No step size is proved for this game: lambda = 0, and -2/S is unbounded.",
    )
    shown, unheld = paths[1], printed[1]
    series = {
        "rounds": shown.kept.tolist(),
        "contributions": shown.states.tolist(),
        "distance": np.linalg.norm(shown.models - [1, 2], axis=1).tolist(),
        "printed_rounds": unheld.kept.tolist(),
        "printed_contributions": unheld.states.tolist(),
    }
    return Reproduction(ITEM.name, ITEM.title, "Example 1 of [D25]", rows, notes, series)


def _at_nothing(path: JointPath) -> bool:
    assert path.parameters is not None
    near = np.abs(path.parameters - [1, 2]) <= DEFAULT.verify
    return path.ending == "singular" and not path.contributions.any() and bool(near.all())


ITEM = Item("doshi2025/example1", "A model is learned, and then nobody contributes", recompute)
