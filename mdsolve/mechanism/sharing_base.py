"""What a mechanism of a sharing game is: payments or models for contributions, and an outcome."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.context import Context
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.described import Mechanism
from mdsolve.mechanism.outcome import SharingOutcome

Floats = npt.NDArray[np.float64]


class SharingMechanism(Mechanism):
    """A rule for sharing games; one subclass per rule, never subclassed again."""

    kind = "sharing"

    @abstractmethod
    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return what each agent receives at contributions s, in money."""

    def received(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats | None:
        """Return the accuracy of the model handed to each agent at contributions s, shape (n,).

        None: everybody receives the full model, a_i(s).
        """
        del game, s, options
        return None

    @abstractmethod
    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return what the agents do under the rule: an equilibrium, or the proof of none."""
