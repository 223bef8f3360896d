"""From a solution file, whoever made it, to what a page needs: solution, instance, certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mdsolve.errors import Finding, InstanceError, SolutionFileError
from mdsolve.game.build import market_game
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import Instance, load
from mdsolve.instance.findings import shown
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.instance.training import TrainingInstance
from mdsolve.progress import Monitor
from mdsolve.report.legible_solution import legible_solution
from mdsolve.report.page.envelope import Envelope, envelope_of, solution_of
from mdsolve.report.page.missing import completed
from mdsolve.solution import Solution
from mdsolve.solution_files import read_solution_data
from mdsolve.study.verify import verify

ENDINGS = (".yaml", ".yml", ".json", ".toml")
MOST_CANDIDATES = 500
LARGEST_CANDIDATE = 16 * 2**20
"""Bytes of a file that is looked into for the instance."""


@dataclass(frozen=True)
class Subject:
    """One solution and everything at hand about it.

    Parameters
    ----------
    solution : Solution
        Its certificate is the new one where it was checked again.
    instance : Instance or None
    game : SharingGame or None
        Of a sharing instance.
    checked : bool
        Whether the solution was checked again, against the instance.
    computed : tuple of str
        What the file lacks and was computed from the instance for the page.
    notes : tuple of str
        What a reader must know of instance and file.
    """

    solution: Solution
    instance: Instance | None
    game: SharingGame | None
    checked: bool
    computed: tuple[str, ...]
    notes: tuple[str, ...]


def read_subjects(
    file: Path, instance_file: Path | None = None, monitor: Monitor | None = None
) -> list[Subject]:
    """Return the solutions of a file, checked again where their instance is at hand.

    Parameters
    ----------
    instance_file : Path or None
        None: the instance with the recorded content, if it lies beside the solution or in the
        present folder.

    Raises
    ------
    InstanceError, SolutionFileError
        If one of the files cannot be used.
    """
    data = read_solution_data(file)
    entries = data.get("solutions", [data])
    usable = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not usable or not entries:
        expected = "a list of one solution or more"
        raise SolutionFileError([Finding(f"{file}: solutions", shown(entries), expected)])
    given = None if instance_file is None else load(instance_file)
    found: dict[tuple[str | None, str | None], Instance | None] = {}
    subjects = []
    for place, entry in enumerate(entries):
        label = str(file) if len(entries) == 1 else f"{file}: solutions[{place}]"
        envelope = envelope_of(entry, label)
        instance = given
        if given is None:
            key = (envelope.instance.name, envelope.instance.sha256)
            if key not in found:
                found[key] = find_instance(envelope.instance.sha256, key[0], file)
            instance = found[key]
        subjects.append(_subject(entry, envelope, instance, file.parent, label, monitor))
    return subjects


def find_instance(sha256: str | None, name: str | None, solution: Path) -> Instance | None:
    """Return the instance with the recorded content beside the solution or in this folder."""
    if sha256 is None:
        return None
    folders = {solution.resolve().parent: None, Path.cwd(): None}
    files = [f for folder in folders for f in sorted(folder.iterdir()) if f.suffix in ENDINGS]
    files.sort(key=lambda file: file.stem != name)
    for file in files[:MOST_CANDIDATES]:
        if not file.is_file() or file.samefile(solution) or not _may_hold(file, name):
            continue
        try:
            instance = load(file)
        except InstanceError:
            continue
        if instance.sha256 == sha256:
            return instance
    return None


def _may_hold(file: Path, name: str | None) -> bool:
    try:
        if file.stat().st_size > LARGEST_CANDIDATE:
            return False
        content = file.read_bytes()
    except OSError:
        return False
    return b"kind" in content and (name is None or name.encode() in content)


def _subject(
    entry: Mapping[str, Any],
    envelope: Envelope,
    instance: Instance | None,
    folder: Path,
    label: str,
    monitor: Monitor | None,
) -> Subject:
    certificate = None
    if envelope.certificate is not None:
        certificate = envelope.certificate.checked()
    stated = None if certificate is None else certificate.verdict
    notes = []
    recorded = envelope.instance.sha256
    if instance is not None:
        certificate = verify(instance, entry, monitor=monitor, folder=folder, label=label)
        if recorded is not None and instance.sha256 not in (recorded, None):
            notes.append(
                "The solution was made for an instance file with other content. It was checked "
                "against the file given here."
            )
        if stated is not None and stated != certificate.verdict:
            notes.append(
                f"The solution file states the verdict {stated}; the new check says "
                f"{certificate.verdict}. This report shows the new check."
            )
    game = sharing_game(instance) if isinstance(instance, SharingInstance) else None
    names = _names(envelope, instance, game)
    solution = solution_of(entry, envelope, certificate, names, folder, label)
    computed: tuple[str, ...] = ()
    if instance is not None:
        answers, computed = completed(solution, instance, game, entry, folder)
        solution = replace(solution, answers=answers)
    shown = legible_solution(solution)
    return Subject(shown, instance, game, instance is not None, computed, tuple(notes))


def _names(
    envelope: Envelope, instance: Instance | None, game: SharingGame | None
) -> tuple[str, ...]:
    if envelope.agents is not None:
        return tuple(envelope.agents)
    if game is not None:
        return tuple(game.agents)
    if isinstance(instance, MarketInstance):
        return tuple(market_game(instance).agents)
    return instance.agent_names if isinstance(instance, TrainingInstance) else ()
