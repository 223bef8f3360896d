"""Make the table of values of the orchard case, deterministically, from the story in its file.

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


def main() -> None:
    """Write value[i, report, type, other's type] and outside[i, type, other's type]."""
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
    target = Path(__file__).parents[1] / "instances" / "cases" / "orchards.npz"
    np.savez(target, value=np.round(value, 4), outside=np.round(outside, 4))
    print(f"wrote {target.name}")


def gain(agent: int, mine: float, theirs: float) -> float:
    """Return what forecasts of this quality are worth to a cooperative, in thousands of euros."""
    return float(EUROS_PER_SPRAYING[agent] * (mine - PRICE_EFFECT * theirs))


if __name__ == "__main__":
    main()
