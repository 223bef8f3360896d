"""From a training instance to a solution: run its protocol, report every round."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdsolve.context import Context
from mdsolve.errors import UsageError
from mdsolve.instance.canonical import data_sha256
from mdsolve.instance.training import TrainingInstance
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import InstanceReference, MechanismUsed, Provenance, Solution
from mdsolve.status import Termination
from mdsolve.study.certify import certified
from mdsolve.study.sharing_problem import p_means
from mdsolve.study.verb import verb

if TYPE_CHECKING:
    from mdsolve.learn.driver import TrainingRun


@verb
def train(
    instance: TrainingInstance,
    *,
    monitor: Monitor | None = None,
    seed: int | None = None,
    device: str = "cpu",
    checkpoint: Path | None = None,
    resume: bool = False,
    alone: bool = False,
    time_limit: float | None = None,
    throw: bool = True,
) -> Solution:
    """Run the federated protocol of an instance.

    Parameters
    ----------
    seed : int or None
        In place of the instance's.
    device : {"cpu", "cuda"}
        Where to compute; results of different devices differ by rounding.
    checkpoint : Path or None
        File that keeps the run while it is unfinished.
    resume : bool
        Go on with the run in that file.
    alone : bool
        Whether to train every agent alone too, to tell who gains from taking part; takes a few
        times as long as the run itself.
    time_limit : float or None
        Seconds after which the work is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Returns
    -------
    Solution
        With `history`, `protocol` and `data`; contributions, accuracies, payments and utilities
        are those of the last round.

    Raises
    ------
    InstanceError
        Data, partition and model do not fit, or the model diverged.
    UnsupportedError
        The optional libraries, the device or the protocol is missing.
    UsageError
        `resume` without a stored run of this instance, or a stored run without `resume`.
    """
    del throw  # `verb` reads it
    monitor = monitor or Monitor(time_limit=time_limit)
    from mdsolve.learn.extra import require_learning

    require_learning()
    from mdsolve.learn.checkpoint import Checkpoint, fingerprint
    from mdsolve.learn.driver import run_protocol
    from mdsolve.learn.federation import build_federation
    from mdsolve.learn.protocols.registry import protocol_of

    if seed is not None:
        instance = instance.model_copy(update={"seed": seed})
    clock = time.perf_counter()
    protocol = protocol_of(instance)
    federation = build_federation(instance, device)
    store = None
    if checkpoint is not None:
        store = Checkpoint(checkpoint, fingerprint(instance, federation.split.sha256, device))
        if store.exists() and not resume:
            raise UsageError.single(
                str(checkpoint),
                "an unfinished run",
                "to go on with it, or none",
                f"add --resume, or delete {checkpoint.name}",
            )
    built = time.perf_counter()
    run = run_protocol(
        instance,
        federation,
        protocol,
        monitor=monitor or Monitor(),
        checkpoint=store,
        resume=resume,
    )
    answers, message = training_answers(instance, run), run.conclusion.message
    if alone and run.conclusion.termination is Termination.SOLVED:
        from mdsolve.learn.alone import train_alone

        try:
            found = train_alone(federation, protocol.rounds, monitor or Monitor())
        except (StopRequested, KeyboardInterrupt):
            message = f"{message} Training alone was stopped before its end."
        else:
            answers["standalone"] = found.to_dict()
    solved = time.perf_counter()
    solution = Solution(
        instance=InstanceReference(instance.name, instance.sha256, data_sha256(instance)),
        mechanism=MechanismUsed(instance.protocol.name, run.settings()),
        termination=run.conclusion.termination,
        message=message,
        agents=federation.names,
        answers=answers,
        provenance=Provenance(
            solver=f"federated engine on {device}, one thread, {instance.model.precision}",
            seconds={"build": built - clock, "solve": solved - built},
            seed=instance.seed,
        ),
    )
    if not run.history.records:
        return solution
    return certified(instance, solution, Context(Monitor()), start=solved)


def training_answers(instance: TrainingInstance, run: TrainingRun) -> dict[str, Any]:
    """Return what a run found, under the names of the interface."""
    federation, history = run.federation, run.history
    answers: dict[str, Any] = {
        "protocol": run.settings(),
        "data": {
            **federation.split.to_dict(instance.data.source),
            "partition": instance.partition.scheme,
            "examples": [len(rows) for rows in federation.holdings.rows],
        },
        "model": {
            "family": federation.engine.model.family,
            "parameters": federation.engine.model.size,
            "precision": instance.model.precision,
        },
        "capacities": federation.capacities,
        "history": history.to_dict(),
    }
    if not history.records:
        return answers
    last = history.last
    values = federation.utilities(
        federation.payoffs_of(last), last.contributions, 0 * last.payments
    )
    metrics = {
        "total_data": float(last.contributions.sum()),
        "data_share": float(last.contributions.sum() / federation.capacities.sum()),
        "welfare": float(values.sum()),
        "mean_accuracy": float(last.accuracies.mean()),
        "p_mean": p_means(last.utilities),
        "surplus": -float(history.column("payments").sum()),
    }
    return {
        **answers,
        **run.protocol.findings(federation, run.state, history),
        "contributions": last.contributions,
        "payments": last.payments,
        "utilities": last.utilities,
        "accuracies": last.accuracies,
        "metrics": metrics,
    }
