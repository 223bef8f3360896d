"""`wrong-instance`: whether a solution speaks of this instance at all.

A solution may name its instance by the hash of the data (`data_sha256`), which no comment and no
reformatting changes. Another hash means another game, and whatever holds there says nothing here.
Files of the first stage only have the hash of the file: where that differs, the data may still be
the same, and somebody has to say so (`any_instance`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mdsolve.conditions import Condition, Verdict
from mdsolve.instance.canonical import data_sha256
from mdsolve.instance.findings import shown
from mdsolve.instance.load import Instance

NAME = "wrong-instance"
DATA, FILE = "instance.data_sha256", "instance.sha256"

UNNAMED = "the solution does not say which instance it belongs to; it was checked all the same"


@dataclass(frozen=True)
class Identity:
    """What is known of the instance that a solution belongs to.

    Parameters
    ----------
    condition : Condition or None
        None where nothing speaks against it.
    covered : tuple of str
        Paths of the solution that were compared and are right.
    remarks : tuple of str
        What a reader should know.
    """

    condition: Condition | None = None
    covered: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def identity_condition(
    instance: Instance, data: Mapping[str, Any], *, any_instance: bool = False
) -> Identity:
    """Compare the instance that a solution names with the one it is checked against.

    Parameters
    ----------
    data : mapping
        The solution.
    any_instance : bool
        Accept a solution of the first stage whose file hash differs.
    """
    reference = data.get("instance")
    if reference is None:
        return Identity(remarks=(UNNAMED,))
    if not isinstance(reference, Mapping):
        detail = f"the solution names its instance by {shown(reference)}, which is no reference"
        return Identity(_found("fail", detail))
    stated, of_file = reference.get("data_sha256"), reference.get("sha256")
    if stated is not None:
        return _by_data(instance, stated, of_file)
    if of_file is None:
        return Identity(remarks=(UNNAMED,))
    return _by_file(instance, of_file, any_instance=any_instance)


def _by_file(instance: Instance, of_file: Any, *, any_instance: bool) -> Identity:
    if instance.sha256 is None:
        remark = "the instance was made in Python: the solution's hash of a file says nothing here"
        return Identity(remarks=(remark,))
    if _same(of_file, instance.sha256):
        return Identity(covered=(FILE,))
    if any_instance:
        remark = "the solution was made for a file with other content; checked as it was asked for"
        return Identity(remarks=(remark,))
    detail = (
        "the solution was made for an instance file with other content, and does not say what the "
        "data were; --any-instance checks it all the same"
    )
    return Identity(_found("not-checked", detail))


def _by_data(instance: Instance, stated: Any, of_file: Any) -> Identity:
    known = data_sha256(instance)
    if known is None:
        remark = "the instance holds Python objects: that it is the solution's cannot be told"
        return Identity(remarks=(remark,))
    if not _same(stated, known):
        detail = "the solution was made for an instance with other data"
        return Identity(_found("fail", detail, {"stated": shown(stated), "data_sha256": known}))
    if of_file is not None and instance.sha256 is not None and _same(of_file, instance.sha256):
        return Identity(covered=(DATA, FILE))
    return Identity(covered=(DATA,))


def _same(stated: Any, known: str) -> bool:
    return isinstance(stated, str) and stated.lower() == known.lower()


def _found(verdict: Verdict, detail: str, witness: Mapping[str, Any] | None = None) -> Condition:
    return Condition(NAME, True, verdict, arithmetic="exact", detail=detail, witness=witness)
