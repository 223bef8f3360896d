"""The training runs of a fit: many federated runs at once, in parts that are kept as they finish.

A run is plain federated averaging at fixed contributions. Runs differ in contributions and in the
random numbers of their start and batches (with contributions in samples: also in which of their
examples an agent brings); who holds what, and what is held out, is the same in all of them. The
runs of a part are trained as one stack of clients, each from its own common model.

Parts depend on the design alone, so that the number of workers changes nothing in the results.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mdsolve.errors import InstanceError, UsageError
from mdsolve.instance.arrays import DAMAGED
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.dataset import Integers
from mdsolve.learn.engine import reproducible
from mdsolve.learn.federation import Federation, build_federation
from mdsolve.learn.schedule import Doubles, Holdings, Schedule
from mdsolve.learn.streams import Purpose, stream
from mdsolve.outputs import write_atomically
from mdsolve.pieces.engine import Lost, LostPieceError, Work
from mdsolve.progress import Monitor

Bits = npt.NDArray[np.uint8]
Hits = npt.NDArray[np.bool_]

RUNS_PER_PART = 16
FORMAT = "mdsolve-fit-runs/1"

_FEDERATIONS: dict[str, Federation] = {}
"""The federation that this process trained last, by the key of its runs."""


@dataclass(frozen=True)
class RunPlan:
    """What is to be trained.

    Parameters
    ----------
    contributions : ndarray, shape (runs, agents)
    key : str
        Digest of everything that decides the results.
    """

    instance: TrainingInstance
    contributions: Doubles
    device: str
    key: str

    @property
    def parts(self) -> list[Integers]:
        """Numbers of the runs that are trained together."""
        count = len(self.contributions)
        return np.array_split(np.arange(count), -(-count // RUNS_PER_PART))


@dataclass
class RunStore:
    """Which held-out examples each run gets right, kept on disk while runs are missing.

    Parameters
    ----------
    path : Path or None
        None keeps nothing.
    done : ndarray of bool, shape (runs,)
    bits : ndarray, shape (runs, views, bytes)
        Packed marks per held-out example.
    """

    path: Path | None
    key: str
    done: npt.NDArray[np.bool_]
    bits: Bits

    @classmethod
    def opened(cls, path: Path | None, plan: RunPlan, federation: Federation) -> RunStore:
        """Return the store with what an earlier call has trained.

        Raises
        ------
        UsageError
            The file belongs to another fit, or is damaged.
        """
        runs, views = len(plan.contributions), len(federation.examiner.views)
        shape = (runs, views, -(-len(federation.examiner.labels) // 8))
        store = cls(path, plan.key, np.zeros(runs, dtype=np.bool_), np.zeros(shape, dtype=np.uint8))
        if path is None or not path.exists():
            return store
        try:
            with path.open("rb") as stream_, np.load(stream_, allow_pickle=False) as archive:
                rest = json.loads(str(archive["rest"]))
                done, bits = archive["done"], archive["bits"]
        except DAMAGED as error:
            raise _refuse(path, f"a damaged file ({error})") from None
        if rest != {"format": FORMAT, "key": plan.key} or bits.shape != shape:
            raise _refuse(path, "runs of another instance, design, data or device")
        store.done, store.bits = done, bits
        return store

    def keep(self, runs: Integers, hits: Hits) -> None:
        """Take over the results of a part, and write everything so far."""
        self.bits[runs] = np.packbits(hits, axis=2)
        self.done[runs] = True
        if self.path is None:
            return
        rest = json.dumps({"format": FORMAT, "key": self.key})
        arrays: dict[str, Any] = {"rest": np.array(rest), "done": self.done, "bits": self.bits}
        write_atomically(self.path, lambda stream_: np.savez(stream_, **arrays))

    def hits(self, examples: int) -> Hits:
        """Return the marks, shape (runs, views, examples)."""
        return np.unpackbits(self.bits, axis=2, count=examples).astype(np.bool_)


def _refuse(path: Path, got: str) -> UsageError:
    return UsageError.single(
        str(path), got, "runs of this fit, or none", f"delete {path.name}, or use another -o"
    )


def train_runs(
    plan: RunPlan,
    federation: Federation,
    *,
    store: Path | None,
    jobs: int,
    monitor: Monitor,
    announce: Callable[[str], None],
) -> Hits:
    """Train all runs that are not stored yet.

    Parameters
    ----------
    jobs : int
        Worker processes; 1 trains in this one.
    announce : callable
        Receives one sentence on what is going to be trained and how long that takes.

    Returns
    -------
    ndarray of bool, shape (runs, views, examples)
        Which held-out examples the final models get right.

    Raises
    ------
    InstanceError
        The model diverged.
    StopRequested, KeyboardInterrupt
        Stopped; parts that were finished are in the store.
    """
    kept = RunStore.opened(store, plan, federation)
    parts = [part for part in plan.parts if not kept.done[part].all()]
    examples = len(federation.examiner.labels)
    if not parts:
        return kept.hits(examples)
    announce(estimate(plan, federation, parts, jobs))
    total = len(plan.contributions)
    _FEDERATIONS.clear()
    _FEDERATIONS[plan.key] = federation
    work: Work[Integers, Hits] = Work(
        task=partial(_train, plan),
        pieces=parts,
        label="parts",
        monitor=Monitor(None, monitor.time_limit, monitor.started),
        jobs=jobs,
        settings=lambda part: f"runs {part[0] + 1} to {part[-1] + 1}",
    )
    lost: list[str] = []
    for number, hits in work.completed():
        if isinstance(hits, Lost):
            lost.append(work.named(number, hits))
            continue
        kept.keep(parts[number], hits)
        monitor.advance("runs", int(kept.done.sum()), total)
    if lost:
        raise LostPieceError("\n".join(lost))
    return kept.hits(examples)


def _train(plan: RunPlan, part: Integers, monitor: Monitor) -> Hits:
    """Train a part; a process builds its federation once."""
    del monitor
    if plan.key not in _FEDERATIONS:
        _FEDERATIONS.clear()
        _FEDERATIONS[plan.key] = build_federation(plan.instance, plan.device)
    return train_part(_FEDERATIONS[plan.key], plan, part)


def train_part(federation: Federation, plan: RunPlan, part: Integers) -> Hits:
    """Return which held-out examples the final models of some runs get right."""
    with reproducible():
        theta, holdings = _starts(federation, part)
        for number in range(plan.instance.protocol.rounds):
            theta = _one_round(federation, plan, part, theta, holdings, number)
            if not bool(torch.isfinite(theta).all()):
                raise _diverged(federation, plan, number + 1)
        return federation.examiner.hits(theta)


def estimate(plan: RunPlan, federation: Federation, parts: list[Integers], jobs: int) -> str:
    """Return what is going to be trained, and the time it takes after one round of a part."""
    rounds = plan.instance.protocol.rounds
    batch = federation.holdings.batch_size if federation.holdings.unit == "samples" else 1
    steps = np.ceil(plan.contributions / batch).sum(axis=1)
    busiest = max(parts, key=lambda part: float(steps[part].sum()))
    with reproducible():
        theta, holdings = _starts(federation, busiest)
        clock = time.perf_counter()
        _one_round(federation, plan, busiest, theta, holdings, 0)
        seconds = time.perf_counter() - clock
    runs = np.concatenate(parts)
    whole = rounds * seconds * float(steps[runs].sum()) / max(1.0, float(steps[busiest].sum()))
    workers = min(jobs, len(parts))
    return (
        f"training {len(runs):,} runs of {rounds:,} rounds, {int(rounds * steps[runs].sum()):,} "
        f"local steps: about {whole / workers:.0f} s on {workers} "
        f"worker{'s' if workers > 1 else ''}"
    )


def _starts(federation: Federation, part: Integers) -> tuple[torch.Tensor, list[Holdings]]:
    """Return the models (runs, parameters) and the examples that some runs start with."""
    engine = federation.engine
    models, holdings = [], []
    for run in part.tolist():
        random = stream(federation.seed, Purpose.FIT, run)
        seed = int(random.integers(2**62))
        models.append(engine.start(seed))
        rows = federation.holdings.rows
        if federation.holdings.unit == "samples":
            rows = [random.permutation(own) for own in rows]
        holdings.append(replace(federation.holdings, rows=rows, seed=seed))
    return torch.stack(models), holdings


def _one_round(
    federation: Federation,
    plan: RunPlan,
    part: Integers,
    theta: torch.Tensor,
    holdings: list[Holdings],
    number: int,
) -> torch.Tensor:
    """Return the common models (runs, parameters) after one more round of some runs."""
    agents, brought = np.arange(federation.agents), plan.contributions[part]
    works = [own.schedule(agents, s, number) for own, s in zip(holdings, brought, strict=True)]
    starts = theta.repeat_interleave(federation.agents, dim=0)
    local = federation.engine.train(starts, joined(works)).view(len(part), federation.agents, -1)
    shares = np.stack([federation.shares(s) for s in brought])
    weights = torch.from_numpy(shares).to(theta.device, theta.dtype)
    return theta + torch.einsum("rn,rnp->rp", weights, local - theta[:, None])


def joined(works: list[Schedule]) -> Schedule:
    """Return the work of several runs as one, padded to the longest."""
    longest, widest = (max(work.rows.shape[axis] for work in works) for axis in (1, 2))

    def padded(name: str) -> npt.NDArray[Any]:
        arrays = [getattr(work, name) for work in works]
        gaps = [
            ((0, 0), (0, longest - array.shape[1]), (0, widest - array.shape[2]))
            for array in arrays
        ]
        return np.concatenate([np.pad(a, gap) for a, gap in zip(arrays, gaps, strict=True)])

    steps = np.concatenate([work.steps for work in works])
    return Schedule(padded("rows"), padded("weights"), steps)


def _diverged(federation: Federation, plan: RunPlan, number: int) -> InstanceError:
    rate = federation.learning_rate
    return InstanceError.single(
        f"{plan.instance.label}: protocol.learning_rate",
        f"{rate:g}, with which the model diverges in round {number}",
        "parameters that stay finite",
        f"learning_rate: {rate / 10:g}",
    )
