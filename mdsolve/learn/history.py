"""What happened round by round: one typed record per round, stored as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

PHASES = ("choosing", "learning")
"""What a round is for: agents move their contributions, or the model is trained."""


@dataclass(frozen=True)
class Record:
    """One round, after it.

    Parameters
    ----------
    phase : {"choosing", "learning"}
        ``choosing`` where only contributions moved and the model stayed.
    contributions : ndarray, shape (agents,)
        What each agent brought in this round, in the protocol's unit.
    accuracies, losses : ndarray, shape (agents,)
        Of the model after the round, on each agent's held-out examples.
    payments, utilities : ndarray, shape (agents,)
        Money received in this round, and payoff minus cost plus payment.
    """

    phase: str
    contributions: Doubles
    accuracies: Doubles
    losses: Doubles
    payments: Doubles
    utilities: Doubles


COLUMNS = tuple(entry.name for entry in fields(Record) if entry.name != "phase")


@dataclass(frozen=True)
class History:
    """All rounds so far."""

    records: tuple[Record, ...] = ()

    def __len__(self) -> int:
        return len(self.records)

    @property
    def last(self) -> Record:
        """The latest round."""
        return self.records[-1]

    def and_then(self, record: Record) -> History:
        """Return the history with one more round."""
        return History((*self.records, record))

    def column(self, name: str) -> Doubles:
        """Return one field of every round, shape (rounds, agents)."""
        return np.stack([getattr(record, name) for record in self.records])

    def to_dict(self) -> dict[str, Any]:
        """Return the history as columns: round numbers, phases, and arrays (rounds, agents)."""
        if not self.records:
            return {"rounds": [], "phases": []}
        return {
            "rounds": list(range(1, len(self) + 1)),
            "phases": [record.phase for record in self.records],
            **{name: self.column(name) for name in COLUMNS},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> History:
        """Return the history stored as columns.

        Examples
        --------
        >>> one = np.ones(2)
        >>> history = History((Record("learning", one, one, one, one, one),))
        >>> History.from_dict(history.to_dict()).last.phase
        'learning'
        """
        phases: Sequence[str] = data["phases"]
        columns = [np.asarray(data[name], dtype=np.float64) for name in COLUMNS if phases]
        return cls(
            tuple(
                Record(str(phase), *(column[k] for column in columns))
                for k, phase in enumerate(phases)
            )
        )
