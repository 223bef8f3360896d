"""The one loop around all protocols: rounds, progress, checkpoints, divergence, clean stops."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mdsolve.errors import InstanceError
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.checkpoint import Checkpoint
from mdsolve.learn.engine import reproducible
from mdsolve.learn.federation import Federation
from mdsolve.learn.history import History, Record
from mdsolve.learn.protocols.base import Conclusion, Protocol, State
from mdsolve.progress import Monitor, StopRequested
from mdsolve.status import Termination

SECONDS_BETWEEN_CHECKPOINTS = 1.0


@dataclass(frozen=True)
class TrainingRun:
    """A run with everything it left behind.

    Parameters
    ----------
    resumed_at : int
        Number of rounds that an earlier call had done.
    """

    federation: Federation
    protocol: Protocol
    state: State
    history: History
    conclusion: Conclusion
    resumed_at: int = 0

    def settings(self) -> dict[str, Any]:
        """Return the protocol with every setting in force."""
        return self.protocol.settings()


def run_protocol(
    instance: TrainingInstance,
    federation: Federation,
    protocol: Protocol,
    *,
    monitor: Monitor,
    checkpoint: Checkpoint | None = None,
    resume: bool = False,
) -> TrainingRun:
    """Run a protocol to its end, or until it is stopped.

    Parameters
    ----------
    checkpoint : Checkpoint or None
        Where the run is kept while it is unfinished; None keeps nothing.
    resume : bool
        Go on with the stored run.

    Raises
    ------
    InstanceError
        The model diverged; the round is named.
    UsageError
        The stored run cannot be resumed.
    """
    history = History()
    with reproducible():
        state = protocol.start(federation)
        if resume and checkpoint is not None:
            state, history = checkpoint.load(federation.engine.device, state)
        before = len(history)
        saved = time.monotonic()
        try:
            while not protocol.finished(state):
                following, record = protocol.step(federation, state)
                _require_finite(instance, federation, following, record, len(history) + 1)
                state, history = following, history.and_then(record)
                if checkpoint is not None and (
                    time.monotonic() - saved >= SECONDS_BETWEEN_CHECKPOINTS
                ):
                    checkpoint.save(state, history)
                    saved = time.monotonic()
                done = len(history)
                monitor.advance("rounds", done, done + protocol.planned(state))
        except (StopRequested, KeyboardInterrupt) as stop:
            if not protocol.finished(state):
                if checkpoint is not None:
                    checkpoint.save(state, history)
                conclusion = _stopped(stop, history, checkpoint)
                return TrainingRun(federation, protocol, state, history, conclusion, before)
        conclusion = protocol.conclusion(state, history)
    return TrainingRun(federation, protocol, state, history, conclusion, before)


def _stopped(stop: BaseException, history: History, checkpoint: Checkpoint | None) -> Conclusion:
    requested = isinstance(stop, StopRequested)
    reason = str(stop) if requested else "interrupted by the user"
    kept = f" Go on with --resume ({checkpoint.path.name})." if checkpoint is not None else ""
    message = f"Stopped after {len(history)} rounds: {reason}.{kept}"
    return Conclusion(Termination.LIMIT if requested else Termination.INTERRUPTED, message)


def _require_finite(
    instance: TrainingInstance,
    federation: Federation,
    state: State,
    record: Record,
    number: int,
) -> None:
    """Raise `InstanceError` naming the round in which parameters or losses left the numbers.

    Slopes of a diverging model can spoil contributions a round before the model itself.
    """
    finite = np.isfinite(record.losses)
    whole = bool(torch.isfinite(state.theta).all()) and bool(np.isfinite(state.contributions).all())
    if whole and finite.all():
        return
    who = [federation.names[i] for i in np.flatnonzero(~finite)] or list(federation.names)
    rate = federation.learning_rate
    raise InstanceError.single(
        f"{instance.label}: protocol.learning_rate",
        f"{rate:g}, with which the model diverges in round {number} (loss of {', '.join(who[:5])})",
        "losses that stay finite",
        f"learning_rate: {rate / 10:g}",
    )
