"""Run the notebooks of docs/notebooks and store what they show: `python scripts/notebooks.py`.

Names of notebooks may follow. A cell is run as Jupyter runs it: what it prints is kept, and the
value of its last expression with its text, its page and its picture. Only text is compared by the
tests, so pictures may be drawn by any version of the drawing library.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "docs" / "notebooks"

Cell = dict[str, Any]


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """Stand in an empty folder that has the shipped instances, as somebody does who tries them."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "instances").symlink_to(ROOT / "instances")
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)


def shown(value: Any) -> dict[str, Any]:
    """Return the value of a cell as Jupyter would store it."""
    found: dict[str, Any] = {"text/plain": lines_of(repr(value))}
    if hasattr(value, "_repr_html_"):
        found["text/html"] = lines_of(value._repr_html_())
    if hasattr(value, "savefig"):
        picture = io.BytesIO()
        value.savefig(picture, format="png", dpi=80)
        found["image/png"] = base64.b64encode(picture.getvalue()).decode()
        found["text/plain"] = ["<Figure>"]
    return found


def lines_of(text: str) -> list[str]:
    """Return a text as notebooks store it."""
    return text.splitlines(keepends=True)


def run(notebook: dict[str, Any]) -> list[list[Cell]]:
    """Run all code cells in one name space; return the outputs of each."""
    names: dict[str, Any] = {"__name__": "__main__"}
    found = []
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]), f"cell {number}")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        printed, value = io.StringIO(), None
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, f"cell {number}", "exec"), names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
        outputs: list[Cell] = []
        if printed.getvalue():
            text = lines_of(printed.getvalue())
            outputs.append({"output_type": "stream", "name": "stdout", "text": text})
        if value is not None:
            data = shown(value)
            outputs.append({"output_type": "execute_result", "data": data, "metadata": {}})
        found.append(outputs)
    return found


def text_of(outputs: list[Cell]) -> str:
    """Return what outputs say in words."""
    parts = [entry.get("text") or entry["data"]["text/plain"] for entry in outputs]
    return "".join("".join(part) for part in parts)


def refresh(path: Path) -> None:
    """Run one notebook and write its outputs into it."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    with workplace():
        found = iter(run(notebook))
    count = 0
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{number}"
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = next(found)
            for entry in cell["outputs"]:
                if entry["output_type"] == "execute_result":
                    entry["execution_count"] = count
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for file in sorted(NOTEBOOKS.glob("*.ipynb")):
        if len(sys.argv) == 1 or file.stem in sys.argv[1:]:
            refresh(file)
            print(f"ran {file.name}", flush=True)
