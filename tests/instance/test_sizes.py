"""Array files are read within the size that the instance implies, and refused before."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mdsolve.errors import InstanceError
from mdsolve.instance import arrays, load


@pytest.fixture
def unread(monkeypatch):
    """Make reading the data of an array file an error, after its header."""

    def read(*arguments, **keywords):
        pytest.fail("the data of a file that cannot fit were read")

    monkeypatch.setattr(np.lib.format, "read_array", read)


def written(tmp_path, data):
    np.savez_compressed(tmp_path / "z.npz", value=np.zeros(100_000), outside=np.zeros(100_000))
    np.save(tmp_path / "z.npy", np.zeros(100_000))
    (tmp_path / "z.csv").write_text("a\n" + "1\n" * 100_000)
    file = tmp_path / "i.json"
    file.write_text(json.dumps(data))
    return file


@pytest.mark.parametrize("name", ["z.npz", "z.npy", "z.csv"])
@pytest.mark.parametrize("key", ["cost", "capacity", "value", "budget"])
def test_columns_of_agents_have_as_many_entries_as_agents(tmp_path, unread, name, key):
    reference = {"file": name, **({"key": "value"} if name == "z.npz" else {})}
    agents = {"count": 3, "cost": 1, key: reference}
    data = {"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}}
    with pytest.raises(InstanceError, match=r"at most 3|over 3 rows"):
        load(written(tmp_path, data))


@pytest.mark.parametrize("broken", [False, True])
def test_weights_have_a_row_and_a_column_per_agent(tmp_path, unread, broken):
    agents = {"count": 3, "cost": -1 if broken else 1}
    accuracy = {"family": "power", "weights": {"file": "z.npy"}}
    data = {"kind": "sharing", "agents": agents, "accuracy": accuracy}
    with pytest.raises(InstanceError, match="at most 9 are read"):
        load(written(tmp_path, data))


def test_tables_of_markets_have_an_entry_per_agent_and_profile(tmp_path, unread):
    valuation = {"family": "table", "file": "z.npz"}
    data = {"kind": "market", "agents": 2, "types": [1, 2, 3], "valuation": valuation}
    with pytest.raises(InstanceError, match="at most 54 are read"):
        load(written(tmp_path, data))


def test_what_takes_more_bytes_than_doubles_is_refused(tmp_path):
    if np.dtype(np.longdouble).itemsize == arrays.DOUBLE:
        pytest.skip("long doubles are doubles here")
    np.save(tmp_path / "a.npy", np.zeros(3, dtype=np.longdouble))
    with (tmp_path / "a.npy").open("rb") as stream, pytest.raises(ValueError, match="use float64"):
        arrays.read_npy(stream, "a.npy")
