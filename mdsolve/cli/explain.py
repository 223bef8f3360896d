"""`mdsolve explain`: in words where the numbers of a solution come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.caution import Yes, heed
from mdsolve.cli.common import Json, print_json


def explain(
    file: Annotated[Path, typer.Argument(help="Instance file.")],
    solution: Annotated[Path, typer.Argument(help="Solution file (JSON), from any source.")],
    agent: Annotated[
        str | None, typer.Option("--agent", help="Explain this agent's numbers only.")
    ] = None,
    at: Annotated[
        str,
        typer.Option("--at", help="In a market: types separated by commas, profile or minimal."),
    ] = "profile",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Say where utilities and payments come from, agent by agent."""
    from mdsolve.instance import load
    from mdsolve.report.explain import explain as explained
    from mdsolve.solution import Solution

    instance = load(file)
    heed(instance, yes)
    found = explained(instance, Solution.load(solution), agent, at=at)
    if as_json:
        agents = {name: list(sentences) for name, sentences in found.agents.items()}
        print_json({"general": list(found.general), "agents": agents})
    else:
        typer.echo(str(found))
