"""Unfinished runs on disk: one ``.npz`` file, written under another name and moved into place.

The file holds the state between two rounds, the history so far, and a JSON text with the rest; it
is never pickled. Random numbers need no storing, because every draw is keyed by what it is for. A
resumed run therefore continues bit for bit as if it had never stopped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mdsolve.errors import Finding, UsageError
from mdsolve.instance.arrays import DAMAGED
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.history import COLUMNS, History
from mdsolve.learn.protocols.base import State
from mdsolve.outputs import write_atomically

FORMAT = "mdsolve-checkpoint/1"

PHASES = ("choosing", "learning")
"""What rounds are for."""


def fingerprint(instance: TrainingInstance, data_sha256: str, device: str) -> str:
    """Return a digest of everything that decides what a run computes."""
    written = instance.model_dump(mode="json", exclude={"expected", "title", "source", "mechanism"})
    text = json.dumps([written, data_sha256, device, torch.__version__], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """A file that an unfinished run is kept in.

    Parameters
    ----------
    key : str
        The run's `fingerprint`; a file of another run is refused.
    """

    path: Path
    key: str

    def exists(self) -> bool:
        """Tell whether an unfinished run is stored."""
        return self.path.exists()

    def save(self, state: State, history: History) -> None:
        """Store a run between two rounds, in place of what was stored before."""
        rest = {
            "format": FORMAT,
            "key": self.key,
            "phase": state.phase,
            "learned": state.learned,
            "phases": [record.phase for record in history.records],
        }
        arrays: dict[str, Any] = {
            "rest": np.array(json.dumps(rest)),
            "theta": state.theta.detach().cpu().numpy(),
            "contributions": state.contributions,
            **{f"memory.{name}": value for name, value in state.memory.items()},
        }
        if history.records:
            arrays |= {f"history.{name}": history.column(name) for name in COLUMNS}
        write_atomically(self.path, lambda stream: np.savez(stream, **arrays))

    def load(self, device: torch.device, like: State) -> tuple[State, History]:
        """Return the stored run.

        Parameters
        ----------
        like : State
            One of the same run, which says what belongs into a state.

        Raises
        ------
        UsageError
            There is none, it is damaged, or it belongs to another instance, data or device.
        """
        try:
            with self.path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            rest = json.loads(str(arrays["rest"]))
            written, key = rest["format"], rest["key"]
            stored = {name: arrays.get(f"history.{name}") for name in COLUMNS}
            history = History.from_dict({"phases": rest["phases"], **stored})
            state = State(
                theta=torch.from_numpy(arrays["theta"]).to(device),
                contributions=arrays["contributions"],
                phase=rest["phase"],
                learned=rest["learned"],
                memory={
                    name.removeprefix("memory."): value
                    for name, value in arrays.items()
                    if name.startswith("memory.")
                },
            )
        except FileNotFoundError:
            raise self._refuse(
                "no unfinished run", "one stored there", "leave --resume out"
            ) from None
        except (*DAMAGED, AttributeError, IndexError) as error:
            raise self._refuse(f"a damaged file ({error})", "a checkpoint of mdsolve") from None
        if written != FORMAT or key != self.key:
            got = "a run of another instance, data, device or version of torch"
            raise self._refuse(got, "a run of this instance", "delete it, or use another -o")
        wrong = next(_misfits(state, history, like), None)
        if wrong is not None:
            raise self._refuse(f"a damaged file ({wrong})", "a checkpoint of mdsolve")
        return state, history

    def remove(self) -> None:
        """Delete the file of a run that has come to its end."""
        self.path.unlink(missing_ok=True)

    def _refuse(self, got: str, expected: str, fix: str = "") -> UsageError:
        return UsageError([Finding(str(self.path), got, expected, fix)])


def _misfits(state: State, history: History, like: State) -> Iterator[str]:
    """Yield what a stored run cannot be, beside another state of the same run."""
    agents = like.contributions.shape
    if state.theta.shape != like.theta.shape or state.theta.dtype != like.theta.dtype:
        yield f"a model of shape {tuple(state.theta.shape)} in {state.theta.dtype}"
    if state.contributions.shape != agents or state.contributions.dtype.kind != "f":
        yield f"contributions of shape {state.contributions.shape}"
    elif not np.isfinite(state.contributions).all():
        yield "contributions that are not finite"
    if state.phase not in PHASES or not isinstance(state.learned, int) or state.learned < 0:
        yield f"the phase {state.phase!r} after {state.learned!r} rounds"
    for name, entry in like.memory.items():
        found = state.memory.get(name)
        if found is None or found.ndim != entry.ndim or found.shape[1:] != entry.shape[1:]:
            yield f"no usable {name} in its memory"
    if any(found.dtype.kind not in "fiub" for found in state.memory.values()):
        yield "a memory of other things than numbers"
    for record in history.records:
        if any(np.shape(getattr(record, name)) != agents for name in COLUMNS):
            yield "a history of other agents"
        if record.phase not in PHASES:
            yield f"the phase {record.phase!r} in its history"
