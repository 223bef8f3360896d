"""Solution files written: with their arrays as one unit, and never over a better answer.

Arrays with more than `INLINE_ENTRIES` entries go into ``.npy`` files beside the JSON file, so that
they can be memory-mapped; nothing is ever pickled, and every file is written under a temporary name
and then moved into place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mdsolve.errors import SolutionFileError
from mdsolve.outputs import write_atomically
from mdsolve.solution import Solution, plain
from mdsolve.solution_files import load_solutions, read_solution_data

RANKS = {"failed": 0, "interrupted": 1, "limit": 2, "solved": 3, "infeasible": 3}
"""How good an answer is by how its computation ended."""

SIDE_DIGEST = 8
"""Characters that tell an array file from an older one of the same name."""


def write_solutions(solutions: Sequence[Solution], path: str | Path) -> None:
    """Write one solution, or several as ``{"solutions": [...]}``, with their arrays as one unit.

    Large arrays go beside the file as ``<stem>.<path>.npy``, for example ``s.table.payments.npy``,
    with the mechanism's name in between where there are several solutions. An array file that the
    file in place refers to is never touched: another name is taken, the new file moved into place,
    and only then are array files deleted that nothing refers to any longer.
    """
    target = Path(path)
    before = side_files(target)
    written: set[str] = set()

    def document(solution: Solution) -> dict[str, Any]:
        infix = f".{solution.mechanism.name}" if len(solutions) > 1 else ""

        def store(key: str, array: np.ndarray) -> dict[str, str]:
            storable = array.astype(str) if array.dtype == object else np.ascontiguousarray(array)
            name = f"{target.stem}{infix}.{key}.npy"
            if name in before:
                digest = hashlib.sha256(storable.tobytes()).hexdigest()[:SIDE_DIGEST]
                name = f"{target.stem}{infix}.{key}-{digest}.npy"
            if name not in before:
                side = target.with_name(name)
                write_atomically(side, lambda handle: np.save(handle, storable, allow_pickle=False))
            written.add(name)
            return {"file": name}

        return solution.to_dict(store)

    try:
        documents = [document(solution) for solution in solutions]
        data = documents[0] if len(documents) == 1 else {"solutions": documents}
        text = json.dumps(data, indent=1, allow_nan=False) + "\n"
        write_atomically(target, lambda handle: handle.write(text.encode()))
    except BaseException:
        _delete(target, written - before)
        raise
    _delete(target, before - written)


def side_files(path: Path) -> set[str]:
    """Return the names of the array files of ours that a solution file refers to."""
    try:
        found: list[Any] = [read_solution_data(path)]
    except SolutionFileError:
        return set()
    names = set()
    while found:
        node = found.pop()
        if isinstance(node, Mapping):
            name = str(node.get("file"))
            if name.startswith(f"{path.stem}.") and name.endswith(".npy") and "/" not in name:
                names.add(name)
            found.extend(node.values())
        elif isinstance(node, list):
            found.extend(entry for entry in node if isinstance(entry, Mapping | list))
    return names


def _delete(target: Path, names: set[str]) -> None:
    for name in names:
        target.with_name(name).unlink(missing_ok=True)


def place_for(solutions: Sequence[Solution], target: Path) -> Path:
    """Return where solutions are to be written: beside a file that holds better answers.

    Answers are compared where they are about the same data, mechanism and options.
    """
    try:
        stored = {_question(old): _rank(old) for old in load_solutions(target)}
    except SolutionFileError:
        return target
    known = (stored.get(_question(new), -1) > _rank(new) for new in solutions)
    return target.with_name(f"{target.stem}.partial{target.suffix}") if any(known) else target


def _question(solution: Solution) -> tuple[str | None, str, str]:
    options = json.dumps(plain(dict(solution.mechanism.options)), sort_keys=True, default=str)
    data = solution.instance.data_sha256 or solution.instance.sha256
    return data, solution.mechanism.name, options


def _rank(solution: Solution) -> int:
    return RANKS[solution.termination.label]
