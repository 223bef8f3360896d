"""Local training of many clients at once, and the models that coalitions of them make.

One step of all clients is one evaluation of the loss mapped over the rows of the parameter matrix
(`torch.func.vmap`) and one reverse pass: the losses of different clients share no parameters, so
the gradient of their sum holds every client's own gradient. Clients with little to do drop out of
the stack when they are done. Below `STACK_FROM` jobs a plain loop over clients is used.

Determinism: one torch thread, deterministic algorithms, chunks that depend on the problem alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mdsolve.errors import UnsupportedError
from mdsolve.learn.dataset import Dataset, Floats
from mdsolve.learn.models import Model
from mdsolve.learn.schedule import Doubles, Schedule

STACK_FROM = 5
"""Fewest jobs that are stacked; below it the plain loop costs less."""

CHUNK_BYTES = 2**28
"""Memory that the stacked parameters, gradients and activations of a chunk may take, roughly."""

DTYPES = {"float32": torch.float32, "float64": torch.float64}


@contextmanager
def reproducible() -> Iterator[None]:
    """Run torch on one thread with deterministic algorithms; put the settings back afterwards.

    The debug mode "error" is what `torch.use_deterministic_algorithms` sets, which also loads
    torch's compiler; that takes longer than a small run.
    """
    threads, strictness = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read by CUDA's matrix products
    torch.set_num_threads(1)
    torch.set_deterministic_debug_mode("error")
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(strictness)
        torch.set_num_threads(threads)


def device_named(name: str) -> torch.device:
    """Return the device to compute on; raises `UnsupportedError` where there is none."""
    if name not in ("cpu", "cuda"):
        raise UnsupportedError.single("--device", repr(name), "cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise UnsupportedError.single("--device", "cuda, which is not there", "cpu")
    return torch.device(name)


@dataclass(frozen=True)
class Pool:
    """Training examples on the device: inputs (examples, ...) and class indicators."""

    inputs: Tensor
    targets: Tensor


def indicators(labels: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """Return class indicators (examples, classes) of integer labels (examples,)."""
    return torch.nn.functional.one_hot(labels, classes).to(dtype)


@dataclass(frozen=True)
class Engine:
    """Trains clients of one model on one device.

    Parameters
    ----------
    learning_rate : float
        Step size of stochastic gradient descent.
    """

    model: Model
    pool: Pool
    learning_rate: float
    device: torch.device
    dtype: torch.dtype

    @classmethod
    def on(
        cls,
        device: torch.device,
        model: Model,
        train: Dataset,
        inputs: Floats,
        learning_rate: float,
        precision: str,
    ) -> Engine:
        """Return the engine with its examples moved to the device."""
        dtype = DTYPES[precision]
        targets = indicators(torch.from_numpy(train.labels), len(train.classes), dtype)
        pool = Pool(torch.from_numpy(inputs).to(device, dtype), targets.to(device))
        return cls(model, pool, learning_rate, device, dtype)

    def start(self, seed: int) -> Tensor:
        """Return the parameters before training, shape (parameters,)."""
        return self.model.start(seed, self.dtype).to(self.device)

    def train(self, theta: Tensor, schedule: Schedule) -> Tensor:
        """Return the local models (jobs, parameters) after each job's work.

        Parameters
        ----------
        theta : Tensor, shape (parameters,) or (jobs, parameters)
            Where all jobs start from, or each of them.
        """
        jobs = len(schedule.steps)
        if jobs < STACK_FROM:
            return self.train_in_turn(theta, schedule)
        return self.train_stacked(theta, schedule)

    def train_stacked(self, theta: Tensor, schedule: Schedule) -> Tensor:
        """Train all jobs as one stack, in chunks that fit into memory."""
        starts = theta.expand(len(schedule.steps), -1)
        models = starts.clone()
        order = np.argsort(-schedule.steps, kind="stable")
        losses = torch.func.vmap(self._loss)
        for chunk in np.array_split(order, -(-len(order) // self._jobs_per_chunk(schedule))):
            stack = starts[torch.from_numpy(chunk).to(self.device)]
            rows = torch.from_numpy(schedule.rows[chunk]).to(self.device)
            weights = torch.from_numpy(schedule.weights[chunk]).to(self.device, self.dtype)
            steps = schedule.steps[chunk]
            for k in range(int(steps[0])):
                active = int(np.count_nonzero(steps > k))  # longest jobs come first
                chosen = rows[:active, k]
                leaf = stack[:active].detach().requires_grad_()
                total = losses(
                    leaf, self.pool.inputs[chosen], self.pool.targets[chosen], weights[:active, k]
                ).sum()
                (gradient,) = torch.autograd.grad(total, leaf)
                stack[:active] -= self.learning_rate * gradient
            models[torch.from_numpy(chunk).to(self.device)] = stack
        return models

    def train_in_turn(self, theta: Tensor, schedule: Schedule) -> Tensor:
        """Train one job after the other."""
        models = []
        for own, rows, weights, steps in zip(
            theta.expand(len(schedule.steps), -1),
            torch.from_numpy(schedule.rows).to(self.device),
            torch.from_numpy(schedule.weights).to(self.device, self.dtype),
            schedule.steps.tolist(),
            strict=True,
        ):
            model = own
            for k in range(steps):
                leaf = model.detach().requires_grad_()
                loss = self._loss(
                    leaf, self.pool.inputs[rows[k]], self.pool.targets[rows[k]], weights[k]
                )
                (gradient,) = torch.autograd.grad(loss, leaf)
                model = model - self.learning_rate * gradient
            models.append(model)
        return torch.stack(models)

    def combine(self, theta: Tensor, local: Tensor, weights: Doubles) -> Tensor:
        """Return the models that weighted averages of local models make.

        theta + weights @ (local - theta): rows of `weights` that sum to 1 are averages, and a row
        of zeros (the empty coalition) leaves the old model.

        Parameters
        ----------
        theta : Tensor, shape (parameters,)
            The model the local ones started from.
        local : Tensor, shape (jobs, parameters)
        weights : ndarray, shape (coalitions, jobs)

        Returns
        -------
        Tensor, shape (coalitions, parameters)
        """
        matrix = torch.from_numpy(np.ascontiguousarray(weights)).to(self.device, self.dtype)
        return theta + matrix @ (local - theta)

    def _loss(self, theta: Tensor, inputs: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        return (weights * self.model.losses(theta, inputs, targets)).sum()

    def _jobs_per_chunk(self, schedule: Schedule) -> int:
        batch = schedule.rows.shape[2]
        values = 4 * self.model.size + 8 * batch * self.pool.inputs[0].numel()
        return max(1, CHUNK_BYTES // int(values * self.dtype.itemsize))
