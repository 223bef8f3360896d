"""From a solution file, whoever made it, to what a page needs: solution, instance, certificate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mdsolve.conditions import Certificate
from mdsolve.errors import InstanceError
from mdsolve.game.build import market_game
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import Instance, load
from mdsolve.instance.canonical import data_sha256
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.instance.training import TrainingInstance
from mdsolve.progress import Monitor
from mdsolve.report.legible_solution import legible_solution
from mdsolve.report.units import Units
from mdsolve.solution import InstanceReference, Solution
from mdsolve.solution_files import entries_of, read_solution_data, solution_from
from mdsolve.study.completed import completed
from mdsolve.study.outlook import Outlook, outlook
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
    outlook : Outlook or None
        Other rules, scenarios and sensitivities, where they were asked for.
    file : Path or None
        The solution file.
    """

    solution: Solution
    instance: Instance | None
    game: SharingGame | None
    checked: bool
    computed: tuple[str, ...]
    notes: tuple[str, ...]
    outlook: Outlook | None = None
    file: Path | None = None

    @property
    def units(self) -> Units:
        """Units that the instance names."""
        return Units.of(self.instance)


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
    given = None if instance_file is None else load(instance_file)
    found: dict[InstanceReference, Instance | None] = {}
    subjects = []
    for label, entry in entries_of(read_solution_data(file), str(file)):
        stored = solution_from(entry, file.parent, label)
        instance = given
        if given is None:
            if stored.instance not in found:
                found[stored.instance] = find_instance(stored.instance, file)
            instance = found[stored.instance]
        if instance is None:
            shown = legible_solution(stored)
            subjects.append(Subject(shown, None, None, False, (), (), file=file))
            continue
        certificate = verify(
            instance,
            entry,
            any_instance=True,
            monitor=monitor,
            folder=file.parent,
            label=label,
        )
        checked = replace(stored, certificate=certificate)
        subject = subject_of(instance, checked)
        notes = tuple(_notes(stored, instance, certificate))
        subjects.append(replace(subject, notes=notes, file=file))
    return subjects


def subject_of(instance: Instance, solution: Solution) -> Subject:
    """Return what a page shows of a checked solution in memory."""
    game = sharing_game(instance) if isinstance(instance, SharingInstance) else None
    named = replace(solution, agents=_names(solution, instance, game))
    answers, computed = completed(named, instance, game)
    shown = legible_solution(replace(named, answers=answers))
    return Subject(shown, instance, game, True, computed, ())


def with_outlook(
    subject: Subject, parts: Sequence[str], scenarios: Sequence[str], monitor: Monitor
) -> Subject:
    """Return a subject with what a board asks beside the answer, where the instance is at hand.

    Raises
    ------
    UsageError
        For scenarios that the instance does not know.
    """
    if subject.instance is None:
        return subject
    found = outlook(
        subject.instance, subject.solution, parts=parts, scenarios=scenarios, monitor=monitor
    )
    return replace(subject, outlook=found)


def _notes(stored: Solution, instance: Instance, certificate: Certificate) -> Iterator[str]:
    recorded = stored.instance.sha256
    same = stored.instance.data_sha256 in (None, data_sha256(instance))
    if recorded is not None and instance.sha256 not in (recorded, None) and same:
        yield (
            "The solution was made for an instance file with other content. It was checked "
            "against the file given here."
        )
    stated = stored.certificate
    if stated is not None and stated.verdict != certificate.verdict:
        yield (
            f"The solution file states the verdict {stated.verdict}; the new check says "
            f"{certificate.verdict}. This report shows the new check."
        )


def find_instance(reference: InstanceReference, solution: Path) -> Instance | None:
    """Return the instance with the recorded content beside the solution or in this folder."""
    if reference.sha256 is None and reference.data_sha256 is None:
        return None
    folders = {solution.resolve().parent: None, Path.cwd(): None}
    files = [f for folder in folders for f in sorted(folder.iterdir()) if f.suffix in ENDINGS]
    files.sort(key=lambda file: file.stem != reference.name)
    for file in files[:MOST_CANDIDATES]:
        if not file.is_file() or file.samefile(solution) or not _may_hold(file, reference.name):
            continue
        try:
            instance = load(file)
        except InstanceError:
            continue
        if instance.sha256 == reference.sha256:
            return instance
        if reference.data_sha256 is not None and data_sha256(instance) == reference.data_sha256:
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


def _names(solution: Solution, instance: Instance, game: SharingGame | None) -> tuple[str, ...]:
    if game is not None:
        return tuple(game.agents)
    if isinstance(instance, MarketInstance):
        return tuple(market_game(instance).agents)
    return instance.agent_names if isinstance(instance, TrainingInstance) else solution.agents
