"""Time the stacked training of clients against a plain loop over them, and compare the numbers.

Run with `python scripts/bench_engine.py [cpu|cuda]`. Times are processor seconds (wall seconds on
cuda) of one round, the least of several warm ones; the models are those of the digits run. Exits
with 1 if the stack misses its target on the processor or the numbers differ by more than 1e-6.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from mdsolve.instance import parse
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.engine import reproducible
from mdsolve.learn.federation import build_federation

MODELS: dict[str, dict[str, Any]] = {
    "linear": {"family": "linear"},
    "mlp": {"family": "mlp", "hidden": [64]},
    "cnn": {"family": "cnn"},
}
TARGETS = {("linear", 10): 2.0, ("linear", 100): 5.0, ("mlp", 10): 2.0, ("mlp", 100): 5.0}
"""Convolutions are bound by arithmetic, which a stack cannot save: they are shown, not judged."""

AGREEMENT = 1e-6
BATCH, STEPS, REPEATS = 16, 3, 5


def clock(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def least(work: Callable[[], Any], device: str) -> tuple[float, Any]:
    result, times = work(), []
    for _ in range(REPEATS):
        start = clock(device)
        result = work()
        times.append(clock(device) - start)
    return min(times), result


def measure(agents: int, model: dict[str, Any], device: str) -> tuple[float, float, float]:
    made = parse(
        {
            "kind": "training",
            "data": {"source": "digits"},
            "model": model,
            "agents": {"cost": [0] * agents},
            "protocol": {"name": "fedavg", "rounds": 1, "batch_size": BATCH},
        }
    )
    assert isinstance(made, TrainingInstance)
    federation = build_federation(made, device)
    engine, theta = federation.engine, federation.start()
    schedule = federation.holdings.schedule(np.arange(agents), np.full(agents, float(STEPS)), 0)
    loop, one = least(lambda: engine.train_in_turn(theta, schedule), device)
    stack, other = least(lambda: engine.train_stacked(theta, schedule), device)
    return loop, stack, float((one - other).abs().max())


def main() -> int:
    device = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    print(f"One round of {STEPS} steps, batches of {BATCH}, float32, {device}, one thread.\n")
    print("| model | clients | loop, ms | stack, ms | factor | target | largest difference |")
    print("|---|---|---|---|---|---|---|")
    missed = False
    with reproducible():
        for name, model in MODELS.items():
            for agents in (10, 100):
                loop, stack, gap = measure(agents, model, device)
                factor, target = loop / stack, TARGETS.get((name, agents), 0.0)
                missed |= gap > AGREEMENT or (device == "cpu" and factor < target)
                print(
                    f"| {name} | {agents} | {1e3 * loop:.2f} | {1e3 * stack:.2f} "
                    f"| {factor:.1f} | {target or '-'} | {gap:.1e} |"
                )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
