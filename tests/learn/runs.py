"""Small training runs that tests bend one key at a time, and files of examples made on the spot."""

from __future__ import annotations

import gzip
import struct
from typing import Any

import numpy as np

from mdsolve.instance import parse
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.driver import TrainingRun, run_protocol
from mdsolve.learn.federation import Federation, build_federation
from mdsolve.learn.protocols.registry import protocol_of
from mdsolve.progress import Monitor

BASE: dict[str, Any] = {
    "kind": "training",
    "name": "run",
    "data": {"source": "digits", "holdout": 0.25},
    "partition": {"scheme": "iid"},
    "model": {"family": "linear"},
    "agents": {"cost": [0.001, 0.003, 0.006]},
    "protocol": {"name": "fedavg", "rounds": 3, "batch_size": 16, "learning_rate": 0.1},
    "seed": 0,
}


def instance(folder: Any = None, **changes: Any) -> TrainingInstance:
    """Return the base instance with the keys of some parts replaced or added."""
    data = dict(BASE)
    for part, keys in changes.items():
        merged = isinstance(keys, dict) and part in ("protocol", "agents", "data")
        data[part] = {**BASE[part], **keys} if merged else keys
    made = parse(data, folder)
    assert isinstance(made, TrainingInstance)
    return made


def federation(**changes: Any) -> Federation:
    return build_federation(instance(**changes))


def run(made: TrainingInstance, **options: Any) -> TrainingRun:
    options.setdefault("monitor", Monitor())
    return run_protocol(made, build_federation(made), protocol_of(made), **options)


def idx(magic: int, array: np.ndarray) -> bytes:
    head = struct.pack(f">I{array.ndim}I", magic, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def write_mnist(folder: Any, packed: bool = True) -> dict[str, Any]:
    """Write the four files of a tiny MNIST look-alike; return the arrays in it."""
    random = np.random.default_rng(5)
    folder.mkdir(exist_ok=True)
    arrays = {}
    for part, count in (("train", 60), ("t10k", 20)):
        labels = np.arange(count) % 4
        images = random.integers(0, 40, (count, 8, 8))
        bands = np.arange(8)[None, :, None] // 2 == labels[:, None, None]
        images = images + 200 * bands  # two bright lines, whose place is the class
        arrays[part] = (images, labels)
        for name, magic, array in (
            (f"{part}-images-idx3-ubyte", 0x803, images),
            (f"{part}-labels-idx1-ubyte", 0x801, labels),
        ):
            content = idx(magic, array)
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
    return arrays
