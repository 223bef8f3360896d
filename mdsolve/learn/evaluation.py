"""What models are worth to each agent: accuracy and loss on held-out examples like their own.

An agent's test set is the holdout turned by their angle, its examples weighted so that the classes
have the shares they have in their own training examples. With a balanced random partition this is
the plain accuracy; under `dirichlet` and `label-ratio` each agent cares for their own mix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mdsolve.learn.dataset import Dataset, Floats, Integers
from mdsolve.learn.engine import CHUNK_BYTES, indicators
from mdsolve.learn.models import Model
from mdsolve.learn.partition import class_shares
from mdsolve.learn.schedule import Doubles


@dataclass(frozen=True)
class Evaluation:
    """Accuracies and losses of several models, both of shape (models, agents)."""

    accuracies: Doubles
    losses: Doubles


@dataclass(frozen=True)
class Examiner:
    """Measures models on every agent's held-out examples.

    Parameters
    ----------
    views : sequence of Tensor
        The holdout's inputs, once per different angle.
    view_of : ndarray of int, shape (agents,)
        Which view each agent sees.
    weights : Tensor, shape (agents, examples), on the device
        Weight of each held-out example for each agent; rows sum to 1.
    """

    model: Model
    views: Sequence[Tensor]
    view_of: Integers
    labels: Tensor
    targets: Tensor
    weights: Tensor

    @classmethod
    def of(
        cls,
        model: Model,
        holdout: Dataset,
        views: Sequence[Floats],
        view_of: Integers,
        own_labels: Sequence[Integers],
        device: torch.device,
        dtype: torch.dtype,
    ) -> Examiner:
        """Return the examiner for agents whose training labels are `own_labels`."""
        kinds = len(holdout.classes)
        labels = torch.from_numpy(holdout.labels)
        weights = np.stack([example_weights(holdout.labels, own, kinds) for own in own_labels])
        return cls(
            model,
            [torch.from_numpy(view).to(device, dtype) for view in views],
            view_of,
            labels.to(device),
            indicators(labels, kinds, dtype).to(device),
            torch.from_numpy(weights).to(device),
        )

    def evaluate(self, models: Tensor) -> Evaluation:
        """Return accuracies and losses of models (models, parameters) for every agent."""
        count, agents = len(models), len(self.view_of)
        accuracies, losses = np.empty((count, agents)), np.empty((count, agents))
        for number, view in enumerate(self.views):
            members = np.flatnonzero(self.view_of == number)
            weights = self.weights[torch.from_numpy(members).to(self.weights.device)].T
            for rows in self._slices(view, count):
                right, loss = self._measure(models[rows], view)
                accuracies[rows, members] = (right @ weights).cpu().numpy()
                losses[rows, members] = (loss @ weights).cpu().numpy()
        return Evaluation(accuracies, losses)

    def hits(self, models: Tensor) -> npt.NDArray[np.bool_]:
        """Tell which held-out examples models get right, shape (models, views, examples)."""
        found = np.empty((len(models), len(self.views), len(self.labels)), dtype=np.bool_)
        for number, view in enumerate(self.views):
            for rows in self._slices(view, len(models)):
                found[rows, number] = self._measure(models[rows], view)[0].bool().cpu().numpy()
        return found

    def _slices(self, view: Tensor, count: int) -> list[slice]:
        """Return slices of models that fit into memory together."""
        per_model = view[0].numel() * len(view) + self.model.size
        size = max(1, CHUNK_BYTES // (4 * per_model * view.dtype.itemsize))
        return [slice(start, start + size) for start in range(0, count, size)]

    def _measure(self, models: Tensor, view: Tensor) -> tuple[Tensor, Tensor]:
        """Return, per model and example, whether it is right and its loss, as doubles."""
        with torch.no_grad():
            scores = torch.func.vmap(self.model.scores, in_dims=(0, None))(models, view)
            right = scores.argmax(-1) == self.labels
            return right.double(), self.model.losses_of(scores, self.targets).double()


def example_weights(labels: Integers, own: Integers, kinds: int) -> Doubles:
    """Return weights of held-out examples that give each class its share among own labels.

    Classes that are not held out at all are left to the others, in proportion; raises `ValueError`
    where that leaves nothing.

    Examples
    --------
    >>> example_weights(np.array([0, 0, 1]), np.array([0, 1, 1, 1]), 2).tolist()
    [0.125, 0.125, 0.75]
    """
    counts = np.bincount(labels, minlength=kinds)
    shares = np.where(counts > 0, class_shares(own, kinds), 0.0)
    weights = (shares / np.maximum(counts, 1))[labels]
    total = weights.sum()
    if total == 0:
        message = "none of the classes is among the held-out examples"
        raise ValueError(message)
    return np.asarray(weights / total)
