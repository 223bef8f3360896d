"""Array files beside an instance: what is read, and everything that is refused."""

from __future__ import annotations

import contextlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import InstanceError
from mdsolve.instance import load
from mdsolve.instance.arrays import ArrayFolder

RIGHT = {"value": np.ones((2, 2, 2, 2)), "outside": np.zeros((2, 2, 2))}


def table_market(folder, arrays, name="v.npz"):
    np.savez(folder / "v.npz", **arrays)
    file = folder / "m.yaml"
    file.write_text(
        f"kind: market\nagents: [a, b]\ntypes: [0, 1]\nvaluation: {{family: table, file: {name}}}\n"
    )
    return file


def columns(folder, reference, count=3):
    file = folder / "s.yaml"
    file.write_text(
        f"kind: sharing\nagents: {{count: {count}, cost: {reference}}}\n"
        "accuracy: {family: power}\n"
    )
    return file


def test_a_column_of_a_csv_file(tmp_path):
    (tmp_path / "c.csv").write_text('\ufeffname, gamma\n"x, y",0.1\n\nz,1e-3\nw,3\n', "utf-8")
    game = load(columns(tmp_path, "{file: c.csv, column: gamma}"))
    np.testing.assert_array_equal(game.agents.cost, [0.1, 0.001, 3])


def test_the_only_column_or_array_needs_no_name(tmp_path):
    (tmp_path / "c.csv").write_text("gamma\n1\n2\n3\n")
    np.savez(tmp_path / "c.npz", anything=np.array([1, 2, 3], dtype=np.int8))
    np.save(tmp_path / "c.npy", np.array([1, 2, 3], dtype=">f4"))
    for name in ("c.csv", "c.npz", "c.npy"):
        game = load(columns(tmp_path, f"{{file: {name}}}"))
        assert game.agents.cost.dtype == np.float64
        np.testing.assert_array_equal(game.agents.cost, [1, 2, 3])


def test_columns_of_text_are_groups(tmp_path):
    (tmp_path / "c.csv").write_text("gamma,group\n1/2,north\n2,south\n3,north\n")
    file = tmp_path / "s.yaml"
    file.write_text(
        "kind: sharing\naccuracy: {per_group: {north: {family: power}, south: {family: power}}}\n"
        "agents: {count: 3, cost: {file: c.csv, column: gamma},"
        " group: {file: c.csv, column: group}}\n"
    )
    game = load(file)
    assert game.agents.group.tolist() == ["north", "south", "north"]
    np.testing.assert_array_equal(game.agents.cost, [0.5, 2, 3])


def test_a_million_agents_from_columns(tmp_path):
    np.savez(tmp_path / "d.npz", costs=np.full(10**6, 0.1))
    assert load(columns(tmp_path, "{file: d.npz, key: costs}", 10**6)).agent_count == 10**6


@pytest.mark.parametrize(
    ("content", "reference", "words"),
    [
        ("a,b\n1,2\n1,2\n1,2\n", "{file: c.csv}", "no column None; it has: a, b"),
        ("a,b\n1,2\n1,2\n1,2\n", "{file: c.csv, column: z}", "no column 'z'"),
        ("a,b\n1,2\n1\n1,2\n", "{file: c.csv, column: b}", "line 3"),
        ("a,a\n1,2\n1,2\n1,2\n", "{file: c.csv, column: a}", "2 columns called"),
        ("a\n1\nnan\n3\n", "{file: c.csv}", "not a finite number"),
        ("a\n1\ninf\n3\n", "{file: c.csv}", "not a finite number"),
        ("a\n1\nx\n3\n", "{file: c.csv}", "'x' is not a finite number"),
        ("a\n1\n-2\n3\n", "{file: c.csv}", "not negative"),
        ("a\n1\n2\n", "{file: c.csv}", "3 entries, one per agent"),
        ("", "{file: c.csv}", "no column"),
        ('a\n"1\n2\n3\n', "{file: c.csv}", "is not a finite number"),
        ("a\n" + "1" * 200_000 + "\n", "{file: c.csv}", "CSV file|field"),
        ("a\n" + " " * 3_000_000 + "\n", "{file: c.csv}", "a line of over"),
        ("a\n1\n2\n3\n", "{file: c.csv, key: a}", "leave key: out"),
        ("a\n1\n2\n3\n", "{file: c.csv, colum: a}", "nothing else"),
        ("a\n1\n2\n3\n", "{file: 3}", "needs file:"),
        ("a\n1\n2\n3\n", "{file: c.txt}", "no file c.txt"),
        ("a\n1\n2\n3\n", "{column: a}", "a number, a list of numbers"),
    ],
)
def test_bad_columns_are_findings(tmp_path, content, reference, words):
    (tmp_path / "c.csv").write_text(content)
    with pytest.raises(InstanceError, match=words) as caught:
        load(columns(tmp_path, reference))
    assert "agents.cost" in str(caught.value)


def test_a_table_of_values_from_an_archive(tmp_path):
    assert load(table_market(tmp_path, RIGHT)).valuation.value.shape == (2, 2, 2, 2)


def test_only_the_folder_of_the_instance_is_read(tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    outside = tmp_path / "outside.npz"
    np.savez(outside, **RIGHT)
    (folder / "link.npz").symlink_to(outside)
    (folder / "sub").symlink_to(tmp_path)
    for name in ("../outside.npz", str(outside), "link.npz", "sub/outside.npz", "sub/../v.npz"):
        with pytest.raises(InstanceError, match="outside the instance's folder"):
            load(table_market(folder, RIGHT, name))
    for name in ("missing.npz", ".", "'a\\0b.npz'", "x" * 180 + ".npz", "../inside"):
        with pytest.raises(InstanceError, match="valuation"):
            load(table_market(folder, RIGHT, name))
    (folder / "deep").mkdir()
    np.savez(folder / "deep" / "w.npz", **RIGHT)
    (folder / "near.npz").symlink_to(folder / "deep" / "w.npz")
    for name in ("deep/w.npz", "./deep/../deep/w.npz", "near.npz"):
        assert load(table_market(folder, RIGHT, name)).valuation.outside.shape == (2, 2, 2)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"value": RIGHT["value"]}, "no array 'outside'"),
        ({**RIGHT, "value": np.ones((2, 3, 2, 2))}, "24 entries; at most 16 are read"),
        ({**RIGHT, "value": np.ones((2, 1, 2, 2))}, r"shape \(2, 1, 2, 2\)"),
        ({**RIGHT, "outside": np.ones((2, 2))}, r"shape \(2, 2\)"),
        ({**RIGHT, "value": np.full((2, 2, 2, 2), np.nan)}, "not a finite number"),
        ({**RIGHT, "value": np.full((2, 2, 2, 2), np.inf)}, "not a finite number"),
        ({**RIGHT, "value": np.ones((2, 2, 2, 2), dtype=complex)}, "not numbers"),
        ({**RIGHT, "value": np.array([["a"]])}, "not numbers"),
        ({**RIGHT, "value": np.array([{"a": 1}], dtype=object)}, "not numbers"),
        ({**RIGHT, "value": np.zeros(3, dtype=[("x", "f8")])}, "not numbers"),
    ],
)
def test_wrong_arrays_are_findings(tmp_path, arrays, words):
    with pytest.raises(InstanceError, match=words):
        load(table_market(tmp_path, arrays))


def test_a_pickle_is_never_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was opened",))

    np.savez(tmp_path / "c.npz", costs=np.array([Trap()], dtype=object))
    np.save(tmp_path / "c.npy", np.array([Trap()], dtype=object))
    for reference in ("{file: c.npz}", "{file: c.npy}"):
        with pytest.raises(InstanceError, match="not numbers"):
            load(columns(tmp_path, reference))


def header(shape, dtype="<f8"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (header((3,)), "truncated"),
        (header((3,)) + b"\0" * 23, "truncated"),
        (header((-1,)) + b"\0" * 24, "impossible shape"),
        (header((10**9,)), "entries"),
        (header((10**30, 10**30)), "entries"),
        (header((2, 2)) + b"\0" * 32, "at most 3 are read"),
        (b"\x93NUMPY\x01\x00\xff\xff", "not a NumPy array file"),
        (b"\x93NUMPY\x07\x00\x10\x00" + b" " * 16, "not a NumPy array file"),
        (b"\x93NUMPY\x01\x00\x00\x20" + b"(" * 8192, "not a NumPy array file"),
        (b"\x93NUMPY\x01\x00\x00\x20" + b"-" * 8191 + b"1", "not a NumPy array file"),
        (b"", "not a NumPy array file"),
        (b"1\n2\n3\n", "not a NumPy array file"),
    ],
)
def test_damaged_arrays_are_findings(tmp_path, content, words):
    (tmp_path / "c.npy").write_bytes(content)
    with pytest.raises(InstanceError, match=words):
        load(columns(tmp_path, "{file: c.npy}"))
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("c.npy", content)
    with pytest.raises(InstanceError, match=words):
        load(columns(tmp_path, "{file: c.npz}"))


def archive_bytes():
    stream = io.BytesIO()
    np.savez_compressed(stream, a=np.arange(3.0))
    return stream.getvalue()


ARCHIVE = archive_bytes()


@given(st.data())
def test_any_damage_to_an_archive_is_a_message(tmp_path_factory, data):
    content = bytearray(ARCHIVE)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([len(content), len(content) // 2, len(content) - 10]))
    folder = tmp_path_factory.mktemp("zip")
    (folder / "a.npz").write_bytes(bytes(content[:cut]))
    assert_read_or_refused(folder, "a.npz")


def assert_read_or_refused(folder, name):
    array = np.zeros(0)
    with contextlib.suppress(ValueError):
        array = ArrayFolder(folder).read({"file": name})
    assert np.all(np.isfinite(array))
    assert array.dtype == np.float64


@given(
    st.one_of(
        st.text("{}()[],:'\"<>|LfiuO8421bdescrshapeTrueFalsefortran_order \n\t#\\-+*", max_size=60),
        st.sampled_from(["{'descr': %s, 'fortran_order': %s, 'shape': %s}"]).flatmap(
            lambda form: st.tuples(*[st.text("()[],:'<>f8iO21LTrueFals-~", max_size=9)] * 3).map(
                lambda parts: form % parts
            )
        ),
    )
)
def test_any_header_of_an_array_is_read_or_refused(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("npy")
    body = text.encode() + b"\n"
    start = b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little")
    (folder / "a.npy").write_bytes(start + body + b"\0" * 64)
    assert_read_or_refused(folder, "a.npy")


def test_instances_made_in_python_refer_to_no_files():
    with pytest.raises(ValueError, match="made in Python"):
        ArrayFolder().read({"file": "a.csv"})
