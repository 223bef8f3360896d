"""Labelled examples in memory: checks, digest, and the seeded split into training and holdout.

Images are arrays of shape (examples, channels, height, width) with values in [0, 1]; tables are
arrays (examples, features). Tables are standardised with the mean and deviation of the training
part, so that nothing of the held-out examples enters the model.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import InstanceError
from mdsolve.learn.streams import Purpose, stream

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """Examples with labels 0 .. classes - 1.

    Parameters
    ----------
    inputs : ndarray
        Images (examples, channels, height, width) or tables (examples, features).
    labels : ndarray of int, shape (examples,)
    classes : tuple of str
        What each label is called.
    owners : ndarray of int, shape (examples,), or None
        Number of the agent that owns each example, where the files say so.
    owner_names : tuple of str
        What the files call these agents.
    own_test : ndarray of bool, shape (examples,), or None
        Marks the test set that the source brings along.
    """

    inputs: Floats
    labels: Integers
    classes: tuple[str, ...]
    owners: Integers | None = None
    owner_names: tuple[str, ...] = ()
    own_test: npt.NDArray[np.bool_] | None = None

    @property
    def images(self) -> bool:
        """Tell whether the inputs are images."""
        return self.inputs.ndim == 4

    @property
    def sha256(self) -> str:
        """Digest of the arrays as they were read: shapes, inputs, labels."""
        digest = hashlib.sha256()
        for array in (self.inputs, self.labels):
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def take(self, rows: Integers) -> Dataset:
        """Return the examples of these rows, in this order."""
        owners = None if self.owners is None else self.owners[rows]
        return replace(
            self, inputs=self.inputs[rows], labels=self.labels[rows], owners=owners, own_test=None
        )


@dataclass(frozen=True)
class Split:
    """A training part and a holdout part of the same source."""

    train: Dataset
    holdout: Dataset
    sha256: str

    def to_dict(self, source: str) -> dict[str, Any]:
        """Return what a result says about its data."""
        return {
            "source": source,
            "sha256": self.sha256,
            "training_examples": len(self.train.labels),
            "holdout_examples": len(self.holdout.labels),
            "input_shape": list(self.train.inputs.shape[1:]),
            "classes": list(self.train.classes),
        }


def require_usable(dataset: Dataset, label: str) -> None:
    """Raise `InstanceError` for data that nothing can be learned from.

    Raises
    ------
    InstanceError
        No examples, nothing known of them, values that are not finite, or a single class.
    """
    where = f"{label}: data"
    if len(dataset.labels) == 0:
        raise InstanceError.single(where, "no examples", "examples")
    if dataset.inputs.size == 0:
        got = f"inputs of shape {dataset.inputs.shape[1:]}"
        raise InstanceError.single(where, got, "at least one number for each example")
    if not np.isfinite(dataset.inputs).all():
        row = int(np.argwhere(~np.isfinite(dataset.inputs))[0][0])
        raise InstanceError.single(where, f"a value that is not finite in example {row}", "numbers")
    present = np.unique(dataset.labels)
    if len(present) < 2:
        name = dataset.classes[int(present[0])]
        raise InstanceError.single(where, f"the single class {name!r}", "at least two classes")


def split(dataset: Dataset, share: float | None, seed: int, label: str) -> Split:
    """Return training and holdout parts.

    Parameters
    ----------
    share : float or None
        Share of the examples held out, drawn at random from the seed; None takes the test set
        that the source brings along.

    Raises
    ------
    InstanceError
        The data are unusable, or a part would be empty.
    """
    require_usable(dataset, label)
    total = len(dataset.labels)
    if share is None:
        if dataset.own_test is None:
            message = "a source without a test set of its own needs a share to hold out"
            raise ValueError(message)
        chosen = dataset.own_test
    else:
        order = stream(seed, Purpose.HOLDOUT).permutation(total)
        chosen = np.zeros(total, dtype=bool)
        chosen[order[: round(share * total)]] = True
    if chosen.all() or not chosen.any():
        raise InstanceError.single(
            f"{label}: data.holdout",
            f"{int(chosen.sum())} of {total} examples held out",
            "some examples to train on and some to measure accuracy on",
            "holdout: 0.25",
        )
    rows = np.arange(total)
    train, holdout = dataset.take(rows[~chosen]), dataset.take(rows[chosen])
    if not dataset.images:
        train, holdout = _standardised(train, holdout)
    return Split(train, holdout, dataset.sha256)


def _standardised(train: Dataset, holdout: Dataset) -> tuple[Dataset, Dataset]:
    centre = train.inputs.mean(axis=0, dtype=np.float64)
    spread = train.inputs.std(axis=0, dtype=np.float64)
    spread[spread == 0] = 1.0  # a constant column carries nothing, and stays at zero

    def scaled(part: Dataset) -> Dataset:
        return replace(part, inputs=((part.inputs - centre) / spread).astype(np.float32))

    return scaled(train), scaled(holdout)
