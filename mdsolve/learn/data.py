"""Where examples come from: one loader per source named in an instance; nothing is downloaded.

Files and folders are looked for inside the instance's folder, like every other file that an
instance refers to, and in the data root: a folder that the user names in the environment or at the
command line, where data of many instances lie.
"""

from __future__ import annotations

from collections.abc import Callable

from mdsolve.data_root import DATA_ROOT, data_root
from mdsolve.errors import InstanceError
from mdsolve.instance.arrays import ArrayFolder
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.bundled import breast_cancer, digits, synthetic_quadratic
from mdsolve.learn.cifar_files import cifar10
from mdsolve.learn.dataset import Dataset, Split, split
from mdsolve.learn.idx_files import mnist
from mdsolve.learn.table_files import csv_table, npz_arrays

BUNDLED: dict[str, Callable[[int], Dataset]] = {
    "digits": lambda _: digits(),
    "breast_cancer": lambda _: breast_cancer(),
    "synthetic-quadratic": synthetic_quadratic,
}
FIX_OUTSIDE = f"or name the folder it lies in in {DATA_ROOT}, or with --data-root"
FROM_FILES: dict[str, Callable[[ArrayFolder, str], Dataset]] = {
    "mnist": mnist,
    "cifar10": cifar10,
    "npz": npz_arrays,
    "csv": csv_table,
}


def load_dataset(instance: TrainingInstance) -> Dataset:
    """Return the examples an instance names.

    Raises
    ------
    InstanceError
        Files are missing, damaged or outside the instance's folder; all missing ones are named.
    """
    source = instance.data.source
    if source in BUNDLED:
        return BUNDLED[source](instance.seed)
    kind, _, place = source.partition(":")
    try:
        return FROM_FILES[kind](ArrayFolder(instance.folder, data_root=data_root()), place)
    except ValueError as error:
        expected = {"mnist": "a folder of IDX files", "cifar10": "the binary version of CIFAR-10"}
        fix = FIX_OUTSIDE if "lies outside" in str(error) else ""
        raise InstanceError.single(
            f"{instance.label}: data.source",
            str(error),
            expected.get(kind, f"a usable .{kind}"),
            fix,
        ) from None


def load_split(instance: TrainingInstance) -> Split:
    """Return the training and holdout parts of an instance's data.

    A source that brings a test set of its own (MNIST, CIFAR-10) is split that way, unless the
    instance writes down a share to hold out.
    """
    dataset = load_dataset(instance)
    written = "holdout" in instance.data.model_fields_set
    own = dataset.own_test is not None and not written
    share = None if own else float(instance.data.holdout)
    return split(dataset, share, instance.seed, instance.label)
