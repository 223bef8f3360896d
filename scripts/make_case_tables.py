"""Make the shipped tables of values, deterministically: the orchard case and a small market.

Run from the root of the project: python scripts/make_case_tables.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

SPRAYINGS_SAVED = np.array([0, 9, 15, 19, 21, 22, 22.5])
"""Sprayings saved a year by a forecast from 0, 1, 2 ... stations' records, as the growers noted."""

EUROS_PER_SPRAYING = np.array([0.4, 0.3])
"""Thousands of euros that one spraying costs the valley and the hill cooperative."""

PRICE_EFFECT = 0.15
"""Share of a cooperative's saving that the other's saving takes back through the fruit price."""

TYPES = 4


INSTANCES = Path(__file__).parents[1] / "instances"


def main() -> None:
    """Write both tables: value[i, report, type, other's type], outside[i, type, other's type]."""
    write("cases/orchards.npz", *orchards())
    write("small/table.npz", *fixed_market())


def write(name: str, value: np.ndarray, outside: np.ndarray) -> None:
    """Write a table with the decimals that its file shows."""
    np.savez(INSTANCES / name, value=np.round(value, 4), outside=np.round(outside, 4))
    print(f"wrote {name}")


def fixed_market() -> tuple[np.ndarray, np.ndarray]:
    """Return 60 q_i / (q_1 + q_2) on the types 1, 2, 3, everybody receiving the best model.

    A member uses the better of the pooled model and their own; who stays out has their own, and
    so has the other.
    """
    types = np.array([1.0, 2.0, 3.0])
    value = np.zeros((2, 3, 3, 3))
    outside = np.zeros((2, 3, 3))
    for t, own in enumerate(types):
        for o, other in enumerate(types):
            outside[:, t, o] = 60 * own / (own + other)
            for r, report in enumerate(types[: t + 1]):
                pooled = report + other
                used = max(pooled, own)
                value[:, r, t, o] = 60 * used / (used + pooled)
    return value, outside


def orchards() -> tuple[np.ndarray, np.ndarray]:
    """Return the growers' values from sprayings saved."""
    types = np.arange(TYPES)
    saved = np.round(SPRAYINGS_SAVED, 1)
    value = np.zeros((2, TYPES, TYPES, TYPES))
    outside = np.zeros((2, TYPES, TYPES))
    for i in range(2):
        for own in types:
            for other in types:
                alone, rival = saved[own], saved[other]
                outside[i, own, other] = gain(i, alone, rival)
                for report in types[: own + 1]:
                    handed = saved[report + other]
                    value[i, report, own, other] = gain(i, max(handed, alone), handed)
    return value, outside


def gain(agent: int, mine: float, theirs: float) -> float:
    """Return what forecasts of this quality are worth to a cooperative, in thousands of euros."""
    return float(EUROS_PER_SPRAYING[agent] * (mine - PRICE_EFFECT * theirs))


if __name__ == "__main__":
    main()
