"""What somebody claims about a market, read from any file: typed, nothing invented.

Numbers in lists keep their written value, decimals and fraction strings alike; doubles of arrays
are the dyadic numbers they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.market_side import Side, read_side
from mdsolve.certificate.tables import agents_problem, array_beside, read_doubles, read_table
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.instance.market import MarketInstance
from mdsolve.proof import Chain, ExpectedLoss, InterimChains, Rows, proof_from

Table = npt.NDArray[Any]

MarketProof = Chain | Rows | ExpectedLoss | InterimChains
"""Why there is no mechanism."""

LOTTERY_AGENTS = 10
"""Most agents among whom lots may be drawn."""


@dataclass(frozen=True)
class MarketClaim:
    """What is to be checked.

    Parameters
    ----------
    mechanism : str or None
        Name of the rule; None for a bare table.
    options : mapping
        The rule's options as stored.
    payments : array of shape (n, m_1, ..., m_n) or None
        Money that each agent pays at every profile; doubles or exact numbers.
    allocation : array of that shape or None
        Quality of the model handed to each agent, 0 for none; None is the instance's rule.
    lottery : array of shape (2^n, m_1, ..., m_n) or None
        Probability of every set of recipients, in doubles.
    probability : array of shape (n, m_1, ..., m_n) or None
        As stated: how likely each agent is handed the model.
    exists : bool or None
        False where the solution says that there is no mechanism.
    proof : Chain, Rows, ExpectedLoss, InterimChains or None
        Why there is none.
    unusable : str
        Why what stands in place of a proof is none.
    side : Side
        What the options ask of the payments besides.
    data : mapping
        The whole solution.
    folder : Path or None
        Where array files named in it lie.
    """

    mechanism: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    payments: Table | None = None
    allocation: Table | None = None
    lottery: npt.NDArray[np.float64] | None = None
    probability: npt.NDArray[np.float64] | None = None
    exists: bool | None = None
    proof: MarketProof | None = None
    unusable: str = ""
    side: Side = field(default_factory=Side)
    data: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def denies(self) -> bool:
        """Tell whether the claim is that there is no mechanism."""
        return self.exists is False and self.payments is None

    def at(self, path: str) -> Any:
        """Return what stands under a path; None if nothing does."""
        found: Any = self.data
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def stored(self, path: str, shape: tuple[int, ...]) -> npt.NDArray[np.float64] | str:
        """Return a table of numbers of the solution, or the reason why there is none."""
        findings: list[Finding] = []
        found = read_doubles(self.at(path), shape, self.folder, path, findings)
        if found is None:
            return f"{findings[0].got}; expected {findings[0].expected}"
        return found

    def rows(self, path: str, width: int) -> npt.NDArray[np.float64] | str:
        """Return a table with any number of rows, or the reason why there is none."""
        raw = self.at(path)
        if isinstance(raw, Mapping) and self.folder is not None:
            raw = array_beside(raw, self.folder)
        try:
            found = np.asarray(raw, dtype=np.float64)
        except (TypeError, ValueError):
            return "not a table of numbers"
        if found.size == 0:
            return np.zeros((0, width))
        if found.ndim != 2 or found.shape[1] != width or not np.isfinite(found).all():
            return f"not rows of {width} numbers"
        return found


def market_claim(
    data: Mapping[str, Any],
    instance: MarketInstance,
    folder: Path | None,
    label: str,
    mechanism: str | None = None,
) -> MarketClaim:
    """Return the claim in a solution's plain data.

    Parameters
    ----------
    mechanism : str or None
        Judge it as this rule, whatever it says.

    Raises
    ------
    SolutionFileError
        With every problem found: wrong shapes, ragged lists, numbers that are none, bad files.
    """
    findings: list[Finding] = []
    names, shape = instance.agents, tuple(grid.count for grid in instance.grids)
    tables = _tables(data.get("table"), (len(names), *shape), folder, label, findings)
    lots = _lottery(data.get("table"), (len(names), *shape), folder, label, findings)
    if (strangers := agents_problem(data, names, label)) is not None:
        findings.append(strangers)
    exists = data.get("exists")
    if not isinstance(exists, bool | None):
        findings.append(Finding(f"{label}: exists", repr(exists)[:60], "true or false"))
    name, options = _mechanism(data.get("mechanism"), label, findings)
    if mechanism is not None and mechanism != name:
        # Options of another rule say nothing about this one.
        options = {}
    side = _side(options, f"{label}: mechanism.options.side", findings)
    if findings:
        raise SolutionFileError(findings)
    proof, unusable = _proof(data)
    return MarketClaim(
        mechanism=mechanism or name,
        options=options,
        payments=tables["payments"],
        allocation=tables["allocation"],
        lottery=lots[0],
        probability=lots[1],
        exists=exists,
        proof=proof,
        unusable=unusable,
        side=side,
        data=data,
        folder=folder,
    )


def _tables(
    raw: Any, shape: tuple[int, ...], folder: Path | None, label: str, findings: list[Finding]
) -> dict[str, Table | None]:
    found: dict[str, Table | None] = {"payments": None, "allocation": None}
    if raw is None:
        return found
    if not isinstance(raw, Mapping):
        expected = "a mapping with payments and perhaps allocation"
        findings.append(Finding(f"{label}: table", type(raw).__name__, expected))
        return found
    for key in found:
        if raw.get(key) is not None:
            found[key] = read_table(raw[key], shape, folder, f"{label}: table.{key}", findings)
    return found


def _lottery(
    raw: Any, shape: tuple[int, ...], folder: Path | None, label: str, findings: list[Finding]
) -> tuple[npt.NDArray[np.float64] | None, npt.NDArray[np.float64] | None]:
    """Return chances of every set of recipients, and how likely each agent is one."""
    if not isinstance(raw, Mapping) or shape[0] > LOTTERY_AGENTS:
        return None, None
    shapes = {"lottery": (2 ** shape[0], *shape[1:]), "probability": shape}
    found = [
        None
        if raw.get(key) is None
        else read_doubles(raw[key], wanted, folder, f"{label}: table.{key}", findings)
        for key, wanted in shapes.items()
    ]
    if found[0] is not None and raw.get("allocation") is not None:
        expected = "either a lottery over recipients or an allocation"
        findings.append(Finding(f"{label}: table", "both", expected))
    return found[0], found[1]


def _mechanism(
    named: Any, label: str, findings: list[Finding]
) -> tuple[str | None, Mapping[str, Any]]:
    name = named.get("name") if isinstance(named, Mapping) else named
    options = named.get("options") if isinstance(named, Mapping) else None
    if not isinstance(name, str | None):
        findings.append(Finding(f"{label}: mechanism", repr(name)[:60], "the name of a mechanism"))
        name = None
    if not isinstance(options, Mapping | None):
        where = f"{label}: mechanism.options"
        findings.append(Finding(where, repr(options)[:60], "a mapping of options"))
        options = None
    given = {str(k): v for k, v in (options or {}).items() if v is not None}
    return name, given


def _side(options: Mapping[str, Any], where: str, findings: list[Finding]) -> Side:
    words = options.get("side", ())
    if isinstance(words, str) or not isinstance(words, Sequence):
        findings.append(Finding(where, repr(words)[:60], "a list of words, for example [cap=2]"))
        return Side()
    return read_side([str(word) for word in words], where, findings)


def _proof(data: Mapping[str, Any]) -> tuple[MarketProof | None, str]:
    """Return the proof that there is no mechanism, or what is wrong with it."""
    if data.get("witness") is None:
        return None, "the solution holds none"
    try:
        found = proof_from(data["witness"])
    except SolutionFileError as error:
        first = error.findings[0]
        return None, f"{first.where}: {first.got}, expected {first.expected}"
    if isinstance(found, MarketProof):
        return found, ""
    return None, f"a proof of kind {found.kind} is not about payments"
