"""Data that need no files: two small public tables, and a synthetic quadratic rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.learn.dataset import Dataset
from mdsolve.learn.streams import Purpose, stream

DIGITS_LARGEST_PIXEL = 16.0
SYNTHETIC_EXAMPLES = 2000
SYNTHETIC_FEATURES = 10


def digits() -> Dataset:
    """Return 1797 images of handwritten digits, 8 x 8, pixels scaled to [0, 1]."""
    from sklearn.datasets import load_digits

    table: Any = load_digits()
    images = (np.asarray(table.images) / DIGITS_LARGEST_PIXEL).astype(np.float32)
    names = tuple(str(name) for name in table.target_names)
    return Dataset(images[:, None], np.asarray(table.target, dtype=np.int64), names)


def breast_cancer() -> Dataset:
    """Return 569 tumours with 30 measured features, benign or malignant."""
    from sklearn.datasets import load_breast_cancer

    table: Any = load_breast_cancer()
    names = tuple(str(name) for name in table.target_names)
    inputs = np.asarray(table.data, dtype=np.float32)
    return Dataset(inputs, np.asarray(table.target, dtype=np.int64), names)


def synthetic_quadratic(seed: int) -> Dataset:
    """Return 2000 examples with 10 normal inputs, labelled by a random quadratic form.

    The label of x is 1 if x'Qx exceeds its median, with Q a random symmetric matrix: the
    synthetic binary task of [M25] section 5, which a quadratic model can learn and a linear one
    cannot.
    """
    random = stream(seed, Purpose.SYNTHETIC)
    inputs = random.standard_normal((SYNTHETIC_EXAMPLES, SYNTHETIC_FEATURES))
    form = random.standard_normal((SYNTHETIC_FEATURES, SYNTHETIC_FEATURES))
    values = np.einsum("ki,ij,kj->k", inputs, form + form.T, inputs)
    labels = (values > np.median(values)).astype(np.int64)
    return Dataset(inputs.astype(np.float32), labels, ("0", "1"))
