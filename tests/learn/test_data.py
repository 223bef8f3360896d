"""Sources of examples: what is read is what was written, and what cannot be read is named."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits

from mdsolve.errors import InstanceError, UsageError
from mdsolve.instance import parse
from mdsolve.instance.arrays import FILE_LIMIT
from mdsolve.learn import cifar_files, table_files
from mdsolve.learn.data import load_dataset, load_split
from mdsolve.learn.idx_files import read_idx
from tests.learn.runs import BASE, idx, instance, write_mnist


def refusal(made, load=load_split) -> str:
    with pytest.raises(InstanceError) as caught:
        load(made)
    return str(caught.value)


def source(text, folder=None, **data):
    return instance(folder, data={"source": text, **data})


def own_holdout(folder, text):
    """Return an instance that writes down no share to hold out."""
    return parse({**BASE, "data": {"source": text}}, folder)


def test_digits_are_the_bundled_images():
    found, known = load_dataset(source("digits")), load_digits()
    assert found.inputs.shape == (1797, 1, 8, 8)
    np.testing.assert_array_equal(found.inputs[:, 0] * 16, known.images)
    np.testing.assert_array_equal(found.labels, known.target)


def test_tables_are_standardised_by_the_training_part_alone():
    parts, known = load_split(source("breast_cancer")), load_breast_cancer()
    assert len(parts.train.labels) + len(parts.holdout.labels) == len(known.target)
    np.testing.assert_allclose(parts.train.inputs.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(parts.train.inputs.std(axis=0), 1, atol=1e-5)
    assert abs(parts.holdout.inputs.mean(axis=0)).max() > 1e-3


def test_the_synthetic_rule_is_quadratic_and_balanced():
    found = load_dataset(source("synthetic-quadratic"))
    assert found.labels.mean() == 0.5
    first, second = np.triu_indices(10)
    products = found.inputs[:, first] * found.inputs[:, second]
    design = np.column_stack([np.ones(2000), products])
    target = 2 * found.labels - 1

    def right(columns):
        fit = columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
        return np.mean((fit > 0) == (target > 0))

    assert right(design) > 0.95
    assert right(np.column_stack([np.ones(2000), found.inputs])) < 0.6


def test_the_split_depends_on_the_seed_only_and_loses_nothing():
    made = source("digits")
    first, again = load_split(made), load_split(made)
    other = load_split(made.model_copy(update={"seed": 1}))
    np.testing.assert_array_equal(first.holdout.inputs, again.holdout.inputs)
    assert not np.array_equal(first.holdout.labels, other.holdout.labels)
    assert len(first.holdout.labels) == round(1797 / 4)
    together = np.concatenate([first.train.inputs, first.holdout.inputs])
    sums = [np.sort(x.sum(axis=(1, 2, 3))) for x in (together, load_dataset(made).inputs)]
    np.testing.assert_array_equal(*sums)


def test_the_digest_is_of_shapes_and_bytes():
    found = load_dataset(source("digits"))
    digest = hashlib.sha256()
    for array, kind in ((found.inputs, "float32"), (found.labels, "int64")):
        digest.update(f"{kind}{array.shape}".encode() + array.tobytes())
    assert load_split(source("digits")).sha256 == digest.hexdigest()


@pytest.mark.parametrize("packed", [True, False])
def test_mnist_folders_keep_their_own_test_set(tmp_path, packed):
    arrays = write_mnist(tmp_path / "d", packed=packed)
    parts = load_split(own_holdout(tmp_path, "mnist:d"))
    images, labels = arrays["t10k"]
    assert len(parts.holdout.labels) == 20
    np.testing.assert_array_equal(parts.holdout.labels, labels)
    np.testing.assert_array_equal(np.rint(parts.holdout.inputs[:, 0] * 255), images)


def test_a_written_share_splits_a_folder_anew(tmp_path):
    write_mnist(tmp_path / "d")
    assert len(load_split(source("mnist:d", tmp_path, holdout=0.5)).holdout.labels) == 40


def test_all_missing_files_are_named(tmp_path):
    write_mnist(tmp_path / "d")
    for name in ("t10k-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"):
        (tmp_path / "d" / name).unlink()
    words = refusal(source("mnist:d", tmp_path))
    assert "lacks train-labels-idx1-ubyte, t10k-images-idx3-ubyte" in words
    assert "no folder nowhere" in refusal(source("mnist:nowhere", tmp_path))
    assert "outside" in refusal(source("mnist:../d", tmp_path))
    assert "made in Python" in refusal(source("mnist:d"))


LABELS = idx(0x801, np.arange(5))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (idx(0x803, np.zeros((5, 1, 1))), "magic 0x00000801"),
        (b"\x00\x00", "magic"),
        (LABELS[:6], "inside its header"),
        (LABELS[:-1], "truncated: 4 values where 5"),
        (LABELS + b"\x00", "too long: it goes on after the 5 values"),
        (idx(0x801, np.zeros(0))[:4] + b"\xff" * 4 + b"\x01", "announces 4,294,967,295 values"),
    ],
)
def test_damaged_idx_files_are_named(tmp_path, content, words):
    for name, stored in (("f", content), ("f.gz", gzip.compress(content))):
        (tmp_path / name).write_bytes(stored)
        with pytest.raises(ValueError, match=words) as caught:
            read_idx(tmp_path / name, 0x801)
        assert name in str(caught.value)


def test_a_truncated_archive_is_named(tmp_path):
    (tmp_path / "f.gz").write_bytes(gzip.compress(LABELS)[:-9])
    with pytest.raises(ValueError, match=r"f\.gz is truncated or damaged"):
        read_idx(tmp_path / "f.gz", 0x801)


def test_no_more_is_read_than_is_announced(tmp_path):
    """Three gigabytes of zeros, which take neither the disk nor the memory here."""
    with (tmp_path / "f").open("wb") as stream:
        stream.write(LABELS)
        stream.truncate(3 * 2**30)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="too long"):
            read_idx(tmp_path / "f", 0x801)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_large_files_are_refused_by_their_size(tmp_path, monkeypatch):
    monkeypatch.setattr(table_files, "TABLE_LIMIT", 19)
    (tmp_path / "t.csv").write_text("x,label\n1,a\n2,b\n3,c\n")
    assert "larger than 19 bytes; use .npz" in refusal(source("csv:t.csv", tmp_path))
    monkeypatch.setattr(cifar_files, "RECORD_LIMIT", 9)
    write_cifar(tmp_path / "c")
    assert "holds 10 examples; at most 9" in refusal(source("cifar10:c", tmp_path))
    with (tmp_path / "vast.npz").open("wb") as stream:
        stream.truncate(FILE_LIMIT + 1)  # of zeros, which take no room on the disk
    assert "larger than 8,589,934,592 bytes" in refusal(source("npz:vast.npz", tmp_path))


def test_images_of_different_sizes_are_refused(tmp_path):
    write_mnist(tmp_path / "d", packed=False)
    larger = idx(0x803, np.zeros((20, 9, 8)))
    (tmp_path / "d" / "t10k-images-idx3-ubyte").write_bytes(larger)
    assert "training and test images differ in size" in refusal(source("mnist:d", tmp_path))
    (tmp_path / "d" / "t10k-images-idx3-ubyte").write_bytes(idx(0x803, np.zeros((19, 8, 8))))
    assert "19 t10k images but 20 labels" in refusal(source("mnist:d", tmp_path))


def cifar_records(count):
    random = np.random.default_rng(1)
    records = random.integers(0, 256, (count, 3073)).astype(np.uint8)
    records[:, 0] = np.arange(count) % 10
    return records


def write_cifar(folder):
    folder.mkdir()
    for k in range(1, 6):
        (folder / f"data_batch_{k}.bin").write_bytes(cifar_records(10).tobytes())
    (folder / "test_batch.bin").write_bytes(cifar_records(10).tobytes())


def test_cifar10_is_read_in_its_binary_version(tmp_path):
    write_cifar(tmp_path / "c")
    made = instance(tmp_path, data={"source": "cifar10:c"})
    found = load_dataset(made)
    assert found.inputs.shape == (60, 3, 32, 32)
    assert found.classes[3] == "cat"
    pixels = cifar_records(10)[7, 1:].reshape(3, 32, 32)
    np.testing.assert_array_equal(np.rint(found.inputs[57] * 255), pixels)
    assert found.own_test.sum() == 10
    assert found.own_test[-10:].all()


def test_the_pickled_version_is_refused_with_the_reason(tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "data_batch_1").write_bytes(b"\x80\x02.")
    assert "run whatever code" in refusal(source("cifar10:c", tmp_path))
    (tmp_path / "e").mkdir()
    assert "lacks data_batch_1.bin" in refusal(source("cifar10:e", tmp_path))


def test_damaged_cifar_files_are_named(tmp_path):
    write_cifar(tmp_path / "c")
    whole = cifar_records(10).tobytes()
    (tmp_path / "c" / "data_batch_3.bin").write_bytes(whole[:-1])
    assert "data_batch_3.bin is truncated" in refusal(source("cifar10:c", tmp_path))
    wrong = cifar_records(10)
    wrong[4, 0] = 10
    (tmp_path / "c" / "data_batch_3.bin").write_bytes(wrong.tobytes())
    assert "record 4 has the label 10" in refusal(source("cifar10:c", tmp_path))


def test_csv_tables(tmp_path):
    (tmp_path / "t.csv").write_text("x,label,agent,y\n1,no,B,2.5\n3,yes,A,-1\n0,no,A,4\n")
    found = load_dataset(source("csv:t.csv", tmp_path))
    np.testing.assert_array_equal(found.inputs, [[1, 2.5], [3, -1], [0, 4]])
    assert found.classes == ("no", "yes")
    assert found.labels.tolist() == [0, 1, 0]
    assert (found.owners.tolist(), found.owner_names) == ([1, 0, 0], ("A", "B"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x,y\n1,2\n", "one column called label"),
        ("label\n1\n", "no feature columns"),
        ("x,label\n1,a\nseven,b\n", "line 3, column x: 'seven' is no number"),
        ("x,label\n1,a\n\n2\n", "line 4: 1 cells"),
        ("x,label\n1,a\nnan,b\n", "not a finite number"),
        ("x,label\n1,a\n2,a\n", "single class 'a'"),
        ("x,label\n", "no examples"),
    ],
)
def test_bad_csv_tables_are_named(tmp_path, text, words):
    (tmp_path / "t.csv").write_text(text)
    assert words in refusal(source("csv:t.csv", tmp_path))


def test_npz_arrays(tmp_path):
    images = np.arange(48).reshape(3, 4, 4)
    np.savez(tmp_path / "a.npz", inputs=images, labels=[7, 5, 7], agent=[2, 10, 2])
    found = load_dataset(source("npz:a.npz", tmp_path))
    np.testing.assert_allclose(found.inputs[:, 0] * 255, images, rtol=1e-6)
    assert found.classes == ("5", "7")
    assert found.labels.tolist() == [1, 0, 1]
    assert (found.owners.tolist(), found.owner_names) == ([0, 1, 0], ("2", "10"))
    np.savez(tmp_path / "t.npz", inputs=np.eye(3), labels=[0, 1, 0])
    assert load_dataset(source("npz:t.npz", tmp_path)).owners is None


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"inputs": np.eye(3)}, "no array 'labels'"),
        ({"inputs": np.eye(3), "labels": [0, 1]}, "do not fit"),
        ({"inputs": np.eye(3), "labels": [0, 1, 0.5]}, "not whole"),
        ({"inputs": np.full((2, 4, 4), -1), "labels": [0, 1]}, "pixels from -1"),
        ({"inputs": np.eye(2), "labels": [0, 1], "agent": [0]}, "agent (1,)"),
        ({"inputs": np.full((2, 2), np.inf), "labels": [0, 1]}, "finite"),
        ({"inputs": np.zeros((2, 0)), "labels": [0, 1]}, "inputs of shape (0,)"),
        ({"inputs": np.zeros((0, 2)), "labels": []}, "no examples"),
        ({"inputs": np.eye(2), "labels": np.array([0, "x"], dtype=object)}, "numbers"),
    ],
)
def test_bad_npz_arrays_are_named(tmp_path, arrays, words):
    np.savez(tmp_path / "a.npz", **arrays)
    assert words in refusal(source("npz:a.npz", tmp_path))


def test_something_must_be_held_out():
    assert "0 of 1797 examples held out" in refusal(source("digits", holdout=0))


def mnist_in(tmp_path, place):
    """Return an instance beside `elsewhere/`, with a source inside or outside of its folder."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return instance(folder=home, data={"source": f"mnist:{place}"})


@pytest.mark.parametrize("layout", ["", "raw", "MNIST/raw", "FashionMNIST/raw"])
@pytest.mark.parametrize("named", ["relative", "absolute", "home", "link"])
def test_folders_may_be_named_in_several_ways(tmp_path, monkeypatch, layout, named):
    folder = tmp_path / "home" / "images"
    (folder / layout).mkdir(parents=True)
    write_mnist(folder / layout)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "home" / "link").symlink_to(folder)
    name = {
        "relative": "images",
        "absolute": str(folder),
        "home": "~/home/images",
        "link": "link",
    }[named]
    assert len(load_dataset(mnist_in(tmp_path, name)).labels) == 80


@pytest.mark.parametrize("named", ["relative", "absolute", "link"])
def test_a_data_root_opens_one_folder_more(tmp_path, monkeypatch, named):
    write_mnist(tmp_path / "store")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "link").symlink_to(tmp_path / "store")
    name = {"relative": "store", "absolute": str(tmp_path / "store"), "link": "link"}[named]
    made = mnist_in(tmp_path, name)
    with pytest.raises(InstanceError) as caught:
        load_dataset(made)
    expected = "there is no folder" if named == "relative" else "lies outside"
    assert expected in str(caught.value)
    monkeypatch.setenv("MDSOLVE_DATA_ROOT", str(tmp_path))
    assert len(load_dataset(made).labels) == 80
    monkeypatch.setenv("MDSOLVE_DATA_ROOT", str(tmp_path / "nothing"))
    with pytest.raises(UsageError):
        load_dataset(made)


def test_links_out_of_the_data_root_are_refused(tmp_path, monkeypatch):
    write_mnist(tmp_path / "secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "secret")
    monkeypatch.setenv("MDSOLVE_DATA_ROOT", str(root))
    with pytest.raises(InstanceError) as caught:
        load_dataset(mnist_in(tmp_path, "link"))
    assert "lies outside" in str(caught.value)
    assert "MDSOLVE_DATA_ROOT" in str(caught.value)


def test_a_folder_that_lacks_files_says_what_it_holds(tmp_path):
    folder = tmp_path / "home" / "images"
    folder.mkdir(parents=True)
    write_mnist(folder)
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(InstanceError) as caught:
        load_dataset(mnist_in(tmp_path, "images"))
    assert "lacks t10k-labels-idx1-ubyte; it holds t10k-images-idx3-ubyte.gz" in str(caught.value)
