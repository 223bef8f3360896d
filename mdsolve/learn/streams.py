"""Random streams keyed by what they are for, so that no result depends on the order of work.

Every draw comes from a generator made from (seed, purpose, agent, round). Nothing advances a
shared generator: a resumed run, another chunk size or another order of agents draws the same
numbers.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What random numbers are drawn for; the values are part of every stored result."""

    SYNTHETIC = 0
    HOLDOUT = 1
    PARTITION = 2
    MODEL = 3
    BATCHES = 4
    PROTOCOL = 5
    FIT = 6


def stream(seed: int, purpose: Purpose, *place: int) -> np.random.Generator:
    """Return the generator for one purpose, for example at (agent, round).

    Examples
    --------
    >>> first = stream(0, Purpose.BATCHES, 2, 7).random()
    >>> bool(first == stream(0, Purpose.BATCHES, 2, 7).random())
    True
    >>> bool(first == stream(0, Purpose.BATCHES, 7, 2).random())
    False
    """
    key = np.random.SeedSequence(entropy=seed, spawn_key=(int(purpose), *place))
    return np.random.Generator(np.random.Philox(key))
