"""`mdsolve train`: run a federated protocol on data, round by round."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.common import (
    DataRoot,
    Json,
    Quiet,
    Seed,
    TimeLimit,
    print_json,
    progress_monitor,
)
from mdsolve.cli.outputs import keep_solutions, output_file
from mdsolve.cli.streams import note


def train(
    file: Annotated[Path, typer.Argument(help="Training instance file.")],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the solution to this JSON file.")
    ] = None,
    alone: Annotated[
        bool, typer.Option("--alone", help="Also train everybody alone, to tell who gains.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the rounds into this .png file.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="Where to compute: cpu or cuda.")] = "cpu",
    data_root: DataRoot = None,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    seed: Seed = None,
) -> None:
    """Run a federated protocol.

    Agents choose contributions while the model is learned. A run that is stopped is kept in a
    checkpoint file, beside the output or else in the present folder.
    """
    del data_root  # named in the environment while the command runs
    from mdsolve.instance import load
    from mdsolve.instance.training import TrainingInstance
    from mdsolve.status import Termination
    from mdsolve.study.train import train as run

    output_file(output, file)
    output_file(plot)
    if plot is not None:
        from mdsolve.report.pictures.style import require_picture

        require_picture(plot)
    instance = load(file)
    if not isinstance(instance, TrainingInstance):
        from mdsolve.errors import UsageError

        fix = "mdsolve solve"
        raise UsageError.single(f"{file}: kind", instance.kind, "a training instance", fix)
    kept = (output or Path(file.name)).with_suffix(".checkpoint.npz")
    with progress_monitor(quiet, time_limit) as monitor:
        solution = run(
            instance,
            monitor=monitor,
            seed=seed,
            device=device,
            checkpoint=kept,
            resume=resume,
            alone=alone,
        )
    if output is not None:
        keep_solutions([solution], output, quiet=quiet)
    if plot is not None:
        from mdsolve.report.pictures.solution import draw_solution

        reason = draw_solution(solution, plot, instance)
        if not quiet:
            note(f"no picture: {reason}" if reason else f"wrote {plot}")
    if solution.termination not in (Termination.LIMIT, Termination.INTERRUPTED):
        kept.unlink(missing_ok=True)
    if as_json:
        print_json(solution.to_dict())
    elif not quiet:
        from mdsolve.report.text.console import console_for
        from mdsolve.report.text.training import training_view
        from mdsolve.report.units import Units

        console_for().print(training_view(solution, Units.of(instance)))
    raise typer.Exit(solution.exit_code)
