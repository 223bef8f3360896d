"""What a contribution means for training: which examples each job sees, and how much they count.

A job is one agent training locally at one contribution. A contribution is a real number, so that
agents can move it by small steps; whatever its unit, the local model depends continuously on it:

- `batches`: s is the number of mini-batches of a round. Step k = 0, 1, ... has weight
  min(1, max(0, s - k)); the last one is a step of a fraction of the learning rate. The order of
  examples is drawn anew for each (agent, round), and starts over when they are used up.
- `samples`: s is the number of own examples brought in, always the first ones in the order of the
  partition. Example j has weight min(1, max(0, s - j)); a round is one pass over them.

Raising a contribution only adds work at the end: what came before stays the same. Difference
quotients in s therefore compare runs with common random numbers.

With the work `gradient` all these examples make a single step: that of the mean loss over them, a
fraction of an example or of a batch counting as that fraction. A larger contribution is then no
longer training, but a mean over more examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.learn.dataset import Integers
from mdsolve.learn.streams import Purpose, stream

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Schedule:
    """The local work of several jobs.

    Parameters
    ----------
    rows : ndarray of int, shape (jobs, steps, batch)
        Row of each example in the pool of training examples.
    weights : ndarray, shape (jobs, steps, batch)
        Weight of each example in its step, at most 1 / batch.
    steps : ndarray of int, shape (jobs,)
        Number of steps with a positive weight; the ones after it are padding.
    """

    rows: Integers
    weights: Doubles
    steps: Integers


@dataclass(frozen=True)
class Holdings:
    """The examples of each agent as rows of one pool, and the unit of contributions.

    Parameters
    ----------
    rows : sequence of ndarray
        Rows of each agent's examples in the pool.
    """

    rows: Sequence[Integers]
    batch_size: int
    unit: str
    seed: int
    work: str = "steps"

    def capacities(self) -> Doubles:
        """Return the contributions that use every own example once, shape (agents,)."""
        sizes = np.array([len(rows) for rows in self.rows], dtype=np.float64)
        return sizes if self.unit == "samples" else sizes / self.batch_size

    def schedule(self, agents: Integers, contributions: Doubles, number: int) -> Schedule:
        """Return the work of jobs in round `number`.

        Parameters
        ----------
        agents : ndarray of int, shape (jobs,)
            Whose data each job trains on; an agent may occur several times.
        contributions : ndarray, shape (jobs,)
            In the unit of the holdings.
        """
        examples = contributions * (1 if self.unit == "samples" else self.batch_size)
        steps = np.ceil(examples / self.batch_size).astype(np.int64)
        longest = int(steps.max(initial=0))
        order = {int(agent): self._order(int(agent), number, longest) for agent in set(agents)}
        rows = np.stack([order[int(agent)] for agent in agents])
        weights = self._weights(contributions, longest)
        if self.work == "gradient":
            return _in_one_step(rows, weights)
        return Schedule(rows, weights, steps)

    def _order(self, agent: int, number: int, steps: int) -> Integers:
        """Return the rows (steps, batch) an agent goes through in a round."""
        own, wanted = self.rows[agent], steps * self.batch_size
        if self.unit == "samples":
            order = np.resize(own, wanted)
        else:
            random = stream(self.seed, Purpose.BATCHES, agent, number)
            passes = -(-wanted // len(own))
            order = np.concatenate([own[:0], *(random.permutation(own) for _ in range(passes))])
        return order[:wanted].reshape(steps, self.batch_size)

    def _weights(self, contributions: Doubles, steps: int) -> Doubles:
        if self.unit == "samples":
            place = np.arange(steps * self.batch_size, dtype=np.float64)
            weights = np.clip(contributions[:, None] - place, 0.0, 1.0)
            return weights.reshape(len(weights), steps, self.batch_size) / self.batch_size
        share = np.clip(contributions[:, None] - np.arange(steps), 0.0, 1.0)
        return np.repeat(share[:, :, None], self.batch_size, axis=2) / self.batch_size


def _in_one_step(rows: Integers, weights: Doubles) -> Schedule:
    """Return one step per job on all its examples, in which weights sum to 1."""
    jobs = len(rows)
    whole = weights.reshape(jobs, 1, -1)
    total = whole.sum(axis=2, keepdims=True)
    means = np.divide(whole, total, out=np.zeros_like(whole), where=total > 0)
    return Schedule(rows.reshape(jobs, 1, -1), means, (total[:, 0, 0] > 0).astype(np.int64))
