"""Bytes that are nearly right, through every reader: a result, or a finding, and never more memory.

Each reader starts from files that it takes, of which some bytes are changed, cut out, doubled or
moved. Whatever it raises beside what it says it raises is a complaint.
"""

from __future__ import annotations

import io
import json
import random
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import mdsolve as md
from mdsolve.errors import InputError, MdsolveError
from mdsolve.instance import arrays, load
from mdsolve.pieces.store import FORMAT, Store, line_of
from mdsolve.solution_files import load_solutions
from mdsolve.study.agreement_table import read_agreement
from mdsolve.study.measured_csv import read_measurements
from mdsolve.study.verify import verify_file
from tests.conftest import INSTANCES
from tests.instance.samples import MARKET, SHARING, TRAINING

MEMORY = 500 * 2**20
"""Most bytes by which a reader may make the process grow."""

SIGNS = [*b"{}[]:,-&*!|>'\"%@#?~ \n\t=.0159eE/", 0, 128, 255]


@dataclass(frozen=True)
class Reader:
    """Something that reads files.

    Parameters
    ----------
    name : str
        Of the file, with the ending that the reader goes by.
    samples : tuple of bytes
        Files that it takes.
    read : callable
        Takes the path.
    raises : tuple of exception types
        What it says it raises.
    """

    name: str
    samples: tuple[bytes, ...]
    read: Callable[[Path], Any]
    raises: tuple[type[Exception], ...] = (InputError,)


def readers(folder: Path) -> dict[str, Reader]:
    """Return all readers; files that they need beside their own are written into a folder."""
    kinds = (MARKET, SHARING, TRAINING)
    documents = tuple(json.dumps(kind).encode() for kind in kinds)
    game = INSTANCES / "papers" / "murhekar2025" / "example4.yaml"
    market = INSTANCES / "small" / "growth.yaml"
    solutions = []
    for file, name in ((game, "shapley"), (game, "target"), (market, "desirable")):
        md.solve(md.load(file), name).to_json(folder / "sample.json")
        solutions.append((folder / "sample.json").read_bytes())
    head = {"format": FORMAT, "key": "k"}
    pieces = b"".join(map(line_of, (head, {"number": 0, "result": [1.5]})))
    curves = (INSTANCES / "cases" / "learning-curves.csv").read_bytes()
    agreement = b"agent,contribution,payment\nA,1,0\nB,2,0\n"

    def npy(path: Path) -> Any:
        with path.open("rb") as stream:
            return arrays.read_npy(stream, path.name)

    return {
        "yaml": Reader("i.yaml", tuple(yaml.safe_dump(k).encode() for k in kinds), load),
        "json": Reader("i.json", documents, load),
        "toml": Reader("i.toml", (_TOML,), load),
        "npy": Reader("a.npy", (_saved(np.save), _saved(np.save, np.int32)), npy, (ValueError,)),
        "npz": Reader(
            "a.npz",
            (_archive(np.savez), _archive(np.savez_compressed)),
            lambda path: arrays.read_npz(path, "a"),
            (ValueError,),
        ),
        "csv": Reader(
            "c.csv",
            (b"a,b\n1,2\n3,4\n",),
            lambda path: arrays.read_csv_column(path, "b"),
            (ValueError,),
        ),
        "solution": Reader("s.json", tuple(solutions), load_solutions),
        "verify": Reader(
            "s.json", tuple(solutions[:2]), lambda path: verify_file(game, path), (MdsolveError,)
        ),
        "market": Reader(
            "s.json", tuple(solutions[2:]), lambda path: verify_file(market, path), (MdsolveError,)
        ),
        "agreement": Reader("a.csv", (agreement,), lambda path: read_agreement(path, ("A", "B"))),
        "curves": Reader("c.csv", (curves,), read_measurements),
        "pieces": Reader("t.pieces", (pieces,), lambda path: Store.opened(path, "k", resume=True)),
    }


_TOML = b"""kind = "sharing"
agents = [{name = "A", cost = 0.1}, {name = "B", cost = "1/3", capacity = 1e3}]
[accuracy]
family = "power"
exponent = 0.5
"""


def _saved(save: Any, kind: Any = np.float64) -> bytes:
    stream = io.BytesIO()
    save(stream, np.arange(24, dtype=kind).reshape(4, 6))
    return stream.getvalue()


def _archive(save: Any) -> bytes:
    stream = io.BytesIO()
    save(stream, a=np.arange(24.0))
    return stream.getvalue()


def bent(content: bytes, draw: random.Random) -> bytes:
    """Return a file with up to four slips in it."""
    found = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        place, length = draw.randrange(len(found) + 1), draw.randint(1, 12)
        end = min(len(found), place + length)
        slip = draw.randrange(6)
        if slip == 0:
            found[place:end] = b""
        elif slip == 1:
            found[place:place] = bytes(draw.choices(SIGNS, k=length))
        elif slip == 2:
            found[place:end] = bytes(draw.choices(SIGNS, k=end - place))
        elif slip == 3:
            found[place:place] = found[place:end] * draw.randint(1, 40)
        elif slip == 4 and found:
            found[min(place, len(found) - 1)] ^= 1 << draw.randrange(8)
        else:
            del found[place:]
            found += content[draw.randrange(len(content)) :] if draw.random() < 0.5 else b""
    return bytes(found)


def campaign(folder: Path, trials: int, seed: int = 0, names: tuple[str, ...] = ()) -> list[str]:
    """Return the complaints of so many files through every reader."""
    draw, wrong = random.Random(seed), []
    known = readers(folder)
    for name in names or tuple(known):
        reader = known[name]
        path = folder / f"fuzz-{reader.name}"
        for trial in range(trials):
            content = bent(draw.choice(reader.samples), draw)
            path.write_bytes(content)
            before = _peak()
            try:
                reader.read(path)
            except reader.raises:
                pass
            except Exception as error:  # noqa: BLE001 - what it should not raise
                words = f"{type(error).__name__}: {str(error)[:120]}"
                wrong.append(f"{name}, trial {trial}: {words} from {content[:400]!r}")
            if _peak() - before > MEMORY:
                wrong.append(f"{name}, trial {trial}: {(_peak() - before) >> 20} MiB")
    return wrong


def _peak() -> int:
    """Return the most memory that this process ever had, in bytes."""
    scale = 1 if sys.platform == "darwin" else 1024
    return scale * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
