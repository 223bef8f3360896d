"""Adam at the centre: the mean gradient of the agents moves the common model ([D25] section 5).

With the mean gradient g of a round (Kingma and Ba, 2015, Algorithm 1),

    m <- b1 m + (1 - b1) g,    v <- b2 v + (1 - b2) g^2,
    theta <- theta - rate * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon).

The moments belong to the common model. A model that an agent, or another average, would have made
of the same round starts from the same moments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mdsolve.learn.schedule import Doubles

FIRST_DECAY, SECOND_DECAY = 0.9, 0.999
"""b1 and b2 of Kingma and Ba, which libraries take by default."""

EPSILON = 0.01**4
"""What keeps the quotient finite, 10^-8 in Kingma and Ba."""

KEYS = ("adam_first", "adam_second", "adam_steps")
"""Names under which a state remembers the moments."""


@dataclass(frozen=True)
class Moments:
    """Moving averages of the mean gradient and of its squares.

    Parameters
    ----------
    first, second : Tensor, shape (parameters,)
    steps : int
        How many gradients they are made of.
    """

    first: Tensor
    second: Tensor
    steps: int = 0

    @classmethod
    def none(cls, theta: Tensor) -> Moments:
        """Return the moments before the first gradient."""
        return cls(torch.zeros_like(theta), torch.zeros_like(theta))

    @classmethod
    def recalled(cls, memory: Mapping[str, Doubles], like: Tensor) -> Moments | None:
        """Return the moments that a state remembers; None without any."""
        if KEYS[0] not in memory:
            return None
        first, second, steps = (memory[key] for key in KEYS)
        return cls(
            torch.from_numpy(first).to(like.device, like.dtype),
            torch.from_numpy(second).to(like.device, like.dtype),
            int(steps[0]),
        )

    def entries(self) -> dict[str, Doubles]:
        """Return the moments as a state remembers them; doubles hold them without rounding."""
        first, second = (each.cpu().double().numpy() for each in (self.first, self.second))
        return dict(zip(KEYS, (first, second, np.array([float(self.steps)])), strict=True))

    def after(self, gradients: Tensor) -> Moments:
        """Return the moments after gradients (..., parameters)."""
        first = FIRST_DECAY * self.first + (1 - FIRST_DECAY) * gradients
        second = SECOND_DECAY * self.second + (1 - SECOND_DECAY) * gradients**2
        return Moments(first, second, self.steps + 1)

    def change(self, rate: float) -> Tensor:
        """Return what these moments add to the model."""
        first = self.first / (1 - FIRST_DECAY**self.steps)
        second = self.second / (1 - SECOND_DECAY**self.steps)
        return -rate * first / (second.sqrt() + EPSILON)
