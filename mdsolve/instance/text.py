"""Reading YAML, JSON and TOML into plain trees, with exact numbers and positions.

All three are held to one standard: duplicate keys, infinities, anchors, tags, deep nesting and
oversized files are refused with the place they were found at. Nothing is ever executed or
expanded, and the file is not read before its size is known.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mdsolve.errors import Finding, InstanceError
from mdsolve.instance.limits import DEPTH_LIMIT
from mdsolve.instance.numbers import exact_number, is_number_text
from mdsolve.instance.place import Place, show_path

SIZE_LIMIT = 8 * 2**20
"""Largest instance file, in bytes; large arrays live in files of their own."""

DOTTED_KEY = re.compile(
    r"""(?<![\w."'-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+)"""
    f"{{{DEPTH_LIMIT}}}"
)
"""A TOML key that nests too deeply; parsing takes time quadratic in its number of parts."""


STANDARD_INPUT = "-"
"""Name that stands for what is piped in."""


@dataclass(frozen=True)
class Document:
    """The content of a file: a tree of dict, list, str, int, Fraction, bool and None.

    Parameters
    ----------
    lines : dict
        Line number of each node that has one, by its path.
    """

    tree: Any
    content: bytes
    lines: dict[Place, int] = field(default_factory=dict)


def read_document(path: Path) -> Document:
    """Return the content of an instance file.

    Raises
    ------
    InstanceError
        Missing, unreadable, too large, not text, of unknown ending, or malformed.
    """
    readers = {".yaml": _read_yaml, ".yml": _read_yaml, ".json": _read_json, ".toml": _read_toml}
    streamed = str(path) == STANDARD_INPUT
    reader = _read_either if streamed else readers.get(path.suffix.lower())
    if reader is None:
        raise refusal(path, f"a file ending in {path.suffix!r}", "one of .yaml, .yml, .json, .toml")
    content = standard_input(SIZE_LIMIT) if streamed else read_bytes(path)
    if len(content) > SIZE_LIMIT:
        raise refusal(path, "too long an instance", f"at most {SIZE_LIMIT:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refusal(
            path,
            f"bytes that are not UTF-8 text (at byte {error.start:,})",
            "a text file",
            "large arrays go into .csv, .npy or .npz files beside the instance",
        ) from None
    if not text.strip():
        raise refusal(path, "an empty file", "an instance", "mdsolve new market -o FILE starts one")
    _check_depth(path, text)
    tree, lines = reader(path, text)
    return Document(tree, content, lines)


def _read_either(path: Path, text: str) -> Any:
    """Read what comes without a name: JSON where it begins with a brace, else YAML."""
    return (_read_json if text.lstrip().startswith("{") else _read_yaml)(path, text)


def standard_input(most: int) -> bytes:
    """Return what is piped in, one byte more than `most` at most; the same when asked again."""
    return _piped(sys.stdin, most)


@cache
def _piped(stream: Any, most: int) -> bytes:
    if stream is None:
        return b""
    return bytes(stream.buffer.read(most + 1))


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file of acceptable size."""
    try:
        if path.is_dir():
            raise refusal(path, "a folder", "an instance file")
        if path.exists() and not path.is_file():
            raise refusal(path, "a pipe or device", "an instance file")
        size = path.stat().st_size
        if size > SIZE_LIMIT:
            raise refusal(
                path,
                f"{size:,} bytes",
                f"at most {SIZE_LIMIT:,} bytes",
                "put large arrays into a .csv, .npy or .npz file beside the instance",
            )
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise refusal(path, reason, "a readable instance file", _file_meant(path)) from None
    except ValueError as error:
        raise refusal(path, str(error), "the name of an instance file") from None


def _file_meant(path: Path) -> str:
    """Return which file of the folder has nearly that name, as a question."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    close = get_close_matches(path.name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def refusal(path: Path, got: str, expected: str, fix: str = "", line: int = 0) -> InstanceError:
    """Return the error for a file that cannot be read at all."""
    where = f"{path}:{line}" if line else str(path)
    return InstanceError([Finding(where, got, expected, fix)])


def _check_depth(path: Path, text: str) -> None:
    """Refuse files whose brackets alone nest too deeply, before any parser recurses into them."""
    depth = 0
    for match in re.finditer(r"[\[\]{}]", text):
        depth += 1 if match.group() in "[{" else -1
        depth = max(depth, 0)
        if depth > 10 * DEPTH_LIMIT:
            line = text.count("\n", 0, match.start()) + 1
            raise refusal(
                path, "brackets nested too deeply", f"at most {DEPTH_LIMIT} levels", "", line
            )


PLAIN_TAGS = ("str", "int", "float", "bool", "null", "seq", "map")

QUOTED_STYLES = ("'", '"', "|", ">")
"""Scalar styles that always mean text; the C parser writes a plain scalar as an empty style."""


def _scalar(text: str, plain: bool) -> Any:
    """Return the value of a YAML scalar: only null, true, false and numbers are special."""
    if not plain:
        return text
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text)
    return exact_number(text) if is_number_text(text) else text


def _line_of(event: yaml.Event) -> int:
    return int(event.start_mark.line) + 1 if event.start_mark else 1


class _Composer:
    """Builds a tree from YAML events without recursion."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.findings: list[Finding] = []
        self.stack: list[tuple[Any, Place]] = []
        self.pending: list[tuple[str, int] | None] = []
        self.root: Any = None

    def _place(self, value: Any, line: int) -> Place:
        """Put a finished or opened node where it belongs and return its path."""
        if not self.stack:
            self.root = value
            return ()
        container, at = self.stack[-1]
        key: str | int
        if isinstance(container, list):
            key = len(container)
            container.append(value)
        else:
            named = self.pending[-1]
            assert named is not None
            key, line = named
            if key in container:
                self._complain(line, at, f"the key {key!r} twice", "each key once", "remove one")
            container[key] = value
            self.pending[-1] = None
        self.lines[(*at, key)] = line
        return (*at, key)

    def _complain(self, line: int, at: Place, got: str, expected: str, fix: str = "") -> None:
        where = f"{self.path}:{line}" + (f": {show_path(at)}" if at else "")
        self.findings.append(Finding(where, got, expected, fix))

    def feed(self, event: yaml.Event) -> None:
        line = _line_of(event)
        at = self.stack[-1][1] if self.stack else ()
        if isinstance(event, yaml.AliasEvent):
            self._complain(line, at, f"the alias *{event.anchor}", "plain values", "write it out")
            if self.stack and isinstance(self.stack[-1][0], dict) and self.pending[-1] is None:
                self.pending[-1] = f"*{event.anchor}", line
            else:
                self._place(None, line)
            return
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            self._complain(line, at, f"the anchor &{event.anchor}", "no anchors", "remove it")
        tag = getattr(event, "tag", None)
        if tag and tag.removeprefix("tag:yaml.org,2002:") not in PLAIN_TAGS:
            self._complain(line, at, f"the tag {tag}", "no tags", "remove it")
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line, at)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [], line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()
            self.pending.pop()

    def _scalar(self, event: yaml.ScalarEvent, line: int, at: Place) -> None:
        container = self.stack[-1][0] if self.stack else None
        if isinstance(container, dict) and self.pending[-1] is None:
            self.pending[-1] = event.value, line
            return
        try:
            plain = event.implicit[0] and event.style not in QUOTED_STYLES
            self._place(_scalar(event.value, plain), line)
        except ValueError as error:
            self._complain(line, at, str(error), "a number within the range of doubles")
            self._place(None, line)

    def _open(self, node: Any, line: int) -> None:
        container = self.stack[-1][0] if self.stack else None
        if isinstance(container, dict) and self.pending[-1] is None:
            raise refusal(self.path, "a list or mapping used as a key", "text keys", "", line)
        if len(self.stack) >= DEPTH_LIMIT:
            raise refusal(self.path, "nesting too deep", f"at most {DEPTH_LIMIT} levels", "", line)
        path = self._place(node, line)
        self.stack.append((node, path))
        self.pending.append(None)


def _read_yaml(path: Path, text: str) -> tuple[Any, dict[Place, int]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    composer = _Composer(path)
    documents = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                raise refusal(
                    path,
                    "a second document",
                    "one instance per file",
                    "",
                    _line_of(event),
                )
            composer.feed(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        row = (text.splitlines() or [""])[max(0, line - 1) : line]
        tab = any("\t" in left[: len(left) - len(left.lstrip())] for left in row)
        fix = "indent with blanks, not with tabs" if tab else ""
        raise refusal(path, error.problem or "a syntax error", "valid YAML", fix, line) from None
    except yaml.YAMLError as error:
        raise refusal(path, str(error).splitlines()[0], "valid YAML") from None
    if composer.findings:
        raise InstanceError(composer.findings)
    return composer.root, composer.lines


def _read_json(path: Path, text: str) -> tuple[Any, dict[Place, int]]:
    doubled: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        seen: set[str] = set()
        for key, _ in items:
            if key in seen:
                doubled.append(key)
            seen.add(key)
        return result

    try:
        tree = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_float=exact_number,
            parse_int=_integer,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise refusal(path, error.msg, "valid JSON", "", error.lineno) from None
    except RecursionError:
        raise refusal(path, "nesting too deep", f"at most {DEPTH_LIMIT} levels") from None
    except ValueError as error:
        raise refusal(path, str(error), "finite numbers within the range of doubles") from None
    if doubled:
        raise InstanceError(
            Finding(str(path), f"the key {key!r} twice", "each key once", "remove one")
            for key in dict.fromkeys(doubled)
        )
    return tree, {}


def _integer(digits: str) -> int:
    return int(exact_number(digits))


def _refuse_constant(name: str) -> None:
    message = f"the value {name}"
    raise ValueError(message)


def _read_toml(path: Path, text: str) -> tuple[Any, dict[Place, int]]:
    try:
        deep = DOTTED_KEY.search(text)
        if deep:
            line = text.count("\n", 0, deep.start()) + 1
            expected = f"at most {DEPTH_LIMIT} levels"
            raise refusal(path, "a dotted key that nests too deeply", expected, "", line)
        return tomllib.loads(text, parse_float=_toml_float), {}
    except tomllib.TOMLDecodeError as error:
        raise refusal(path, str(error), "valid TOML") from None
    except RecursionError:
        raise refusal(path, "nesting too deep", f"at most {DEPTH_LIMIT} levels") from None
    except ValueError as error:
        raise refusal(path, str(error), "finite numbers within the range of doubles") from None


def _toml_float(text: str) -> Fraction:
    return exact_number(text.replace("_", ""))
