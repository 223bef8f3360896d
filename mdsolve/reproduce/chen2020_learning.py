"""[C20] section 2.2: the learning protocol, which makes types of data out of models.

The platform holds validation data. An agent shows the best model of its own data; its quality q on
the validation data gives the type t = Q^-1(q). While the common model is trained, the platform also
trains n shadow models, each on the data of one agent only, and excludes an agent whose shadow model
is worth less data than it reported. Q is measured beforehand: models on random samples of the
bundled digits, least squares on class indicators, accuracy above guessing. The curve that `fit`
makes of the measurements is also the quality of a market.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

import mdsolve as md
from mdsolve.reproduce.record import Floats, Recomputation, passes

Integers = npt.NDArray[np.int64]

RIDGE = 1.0
SHADOW_RIDGE = 3.0  # shadow models are stopped early, and fit their data less closely
GUESSING = 0.1
SIZES = (25, 50, 100, 200, 400, 800)
TYPES = (50, 100, 200, 400)
GRID = (10, 25, 50, 75, 100, 150, 200, 300, 400, 600, 800)
REPEATS = 30
HELD_BACK = 0.5  # of the reported data, by an agent who cheats
ACCEPTED = 0.75  # of the reported type, which a shadow model must be worth
FOUND = 0.9


@dataclass(frozen=True)
class Platform:
    """Examples that agents draw theirs from, and the platform's validation data."""

    inputs: Floats
    labels: Integers
    validation: tuple[Floats, Integers]

    @classmethod
    def on_digits(cls, random: np.random.Generator) -> Platform:
        """Return a platform that keeps a quarter of the digits for validation."""
        from mdsolve.learn.extra import require_learning

        require_learning()
        from mdsolve.learn.bundled import digits

        data = digits()
        inputs = data.inputs.reshape(len(data.labels), -1).astype(float)
        order = random.permutation(len(inputs))
        kept, rest = np.split(order, [len(order) // 4])
        return cls(inputs[rest], data.labels[rest], (inputs[kept], data.labels[kept]))

    def quality(self, rows: Any, ridge: float = RIDGE) -> float:
        """Return how far a model on these examples is above guessing, on the validation data."""
        inputs = np.hstack([self.inputs[rows], np.ones((len(rows), 1))])
        targets = np.eye(10)[self.labels[rows]]
        gram = inputs.T @ inputs + ridge * np.eye(inputs.shape[1])
        model = np.linalg.solve(gram, inputs.T @ targets)
        there, right = self.validation
        found = (np.hstack([there, np.ones((len(there), 1))]) @ model).argmax(axis=1)
        return float((found == right).mean() - GUESSING)


def measured(platform: Platform, random: np.random.Generator) -> str:
    """Return measured accuracies on random samples, as a file for `fit`: sizes and repetitions."""
    lines = ["agent,samples,accuracy,holdout,cost"]
    held = len(platform.validation[1])
    for size in SIZES:
        for _ in range(REPEATS):
            rows = random.choice(len(platform.labels), size, replace=False)
            accuracy = platform.quality(rows) + GUESSING
            lines.append(f"platform,{size},{accuracy:.6f},{held},0")
    return "\n".join(lines)


def curve(measurements: str) -> dict[str, Any]:
    """Return the fitted curve as the quality of a market."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "measured.csv"
        file.write_text(measurements, encoding="utf-8")
        game = md.fit(file, family="power", given={"baseline": GUESSING})
    found: dict[str, Any] = md.market_quality(game, GRID)
    return found


def size_of(quality: Mapping[str, Any], reached: float) -> float:
    """Return t = Q^-1(q), the amount of data a model of this quality stands for.

    Qualities beyond the ends of the curve count as its ends: nothing is extrapolated.

    Examples
    --------
    >>> size_of({"family": "table", "points": [[0, 0], [10, 0.4], [30, 0.5]]}, 0.45)
    20.0
    """
    sizes, qualities = np.array(quality["points"], dtype=float).T
    return float(np.interp(reached, qualities, sizes))


def market_on(quality: Mapping[str, Any]) -> md.Solution:
    """Return the payments of two agents with these types, on a quality curve."""
    market = md.parse(
        {
            "kind": "market",
            "agents": ["1", "2"],
            "types": [0, *TYPES],
            "quality": dict(quality),
            "valuation": {"family": "growth", "exponent": "-1/2", "scale": 1000},
            "outside": "pooled",
        }
    )
    return md.solve(market, "desirable")


def learning_protocol(run: Recomputation) -> None:
    """Measure Q, read types off models, find cheats by their shadow models, and solve a market."""
    random = run.random()
    platform = Platform.on_digits(random)
    quality = curve(measured(platform, random))
    total = len(platform.labels)

    def worth(rows: Any, ridge: float = RIDGE) -> float:
        return size_of(quality, platform.quality(rows, ridge))

    read, honest, cheats = [], [], []
    for size in run.each("types", TYPES):
        for _ in range(REPEATS):
            own = random.choice(total, size, replace=False)
            reported = worth(own)
            read.append((size, reported))
            honest.append(worth(own, SHADOW_RIDGE) >= ACCEPTED * reported)
            brought = own[: round(HELD_BACK * size)]
            cheats.append(worth(brought, SHADOW_RIDGE) < ACCEPTED * reported)
    table = np.array(read).reshape(len(TYPES), REPEATS, 2)
    medians = np.median(table[..., 1], axis=1)
    spread = (table[..., 1] / table[..., 0]).std(axis=1)
    run.say("types", medians, bool(np.all(np.diff(medians) > 0)), spread=spread)
    run.say("honest", float(np.mean(honest)), float(np.mean(honest)) >= FOUND)
    run.say("cheats", float(np.mean(cheats)), float(np.mean(cheats)) >= FOUND)
    solution = market_on(quality)
    run.say("market", solution.termination.label, passes(solution, "incentive-compatibility"))
    run.series |= {
        "sizes": [point[0] for point in quality["points"]],
        "quality": [point[1] for point in quality["points"]],
        "types": table[..., 0].ravel().tolist(),
        "read": table[..., 1].ravel().tolist(),
    }
