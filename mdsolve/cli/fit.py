"""`mdsolve fit`: accuracy functions from training runs or measured curves, as an instance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mdsolve.cli.caution import Yes, heed, warn
from mdsolve.cli.common import (
    DataRoot,
    Json,
    Quiet,
    Seed,
    TimeLimit,
    print_json,
    progress_monitor,
)
from mdsolve.cli.outputs import output_file
from mdsolve.cli.streams import note

if TYPE_CHECKING:
    from mdsolve.instance import Instance


def fit(
    file: Annotated[
        Path,
        typer.Argument(help="Training instance file, or table (CSV, XLSX) of measured accuracies."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the sharing instance here (YAML, JSON, TOML)."),
    ] = None,
    family: Annotated[
        str, typer.Option("--family", help="power, pac, curve, or auto: what predicts best.")
    ] = "auto",
    ceiling: Annotated[
        float | None, typer.Option("--ceiling", help="Accuracy with unlimited data, if known.")
    ] = None,
    baseline: Annotated[
        float | None, typer.Option("--baseline", help="Accuracy without data, if known.")
    ] = None,
    exponent: Annotated[
        float | None, typer.Option("--exponent", help="Exponent of the family power, if known.")
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option("--cost", help="With a table: money per sample, for all or as NAME=RATE."),
    ] = None,
    robust: Annotated[
        bool, typer.Option("--robust", help="With a table: let no outlier decide.")
    ] = False,
    predict: Annotated[
        list[float] | None,
        typer.Option("--predict", min=0, help="Predict accuracies at so many samples in all."),
    ] = None,
    decimal_comma: Annotated[
        bool,
        typer.Option("--decimal-comma", help="Numbers of a table are written 1,5 and not 1.5."),
    ] = False,
    levels: Annotated[
        str | None,
        typer.Option("--levels", help="Shares of everybody's data to train at; 0,0.25,0.5,1."),
    ] = None,
    points: Annotated[
        int | None, typer.Option("--points", help="Train at a Latin hypercube of so many points.")
    ] = None,
    replicates: Annotated[
        int | None, typer.Option("--replicates", help="Runs per point; 2 by default.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", help="Worker processes; the result is the same.")
    ] = 1,
    device: Annotated[str, typer.Option("--device", help="Where to train: cpu or cuda.")] = "cpu",
    yes: Yes = False,
    data_root: DataRoot = None,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    seed: Seed = None,
) -> None:
    """Fit accuracy functions and write a sharing instance.

    A training instance is trained at a design of contributions; a table already holds measured
    accuracies. A fit that is stopped keeps what was trained in a file beside the output, or else in
    the present folder, and the same command goes on with it.
    """
    del data_root  # named in the environment while the command runs
    from mdsolve.instance import load
    from mdsolve.study.fit_file import require_suffix, write_instance
    from mdsolve.study.fit_source import fitted_from
    from mdsolve.study.table_reading import is_table

    output_file(output, file)
    if output is not None:
        require_suffix(output)
    shape = {"ceiling": ceiling, "baseline": baseline, "exponent": exponent}
    given = {name: value for name, value in shape.items() if value is not None}
    shares = None if levels is None else parse_levels(levels)
    rates = parse_costs(cost)
    kept = (output or Path(file.name)).with_suffix(".runs.npz")
    source: Path | Instance = file
    if not is_table(file):
        source = load(file)
        heed(source, yes)
    with progress_monitor(quiet, time_limit) as monitor:
        fitted = fitted_from(
            source,
            family=family,
            given=given,
            costs=rates,
            robust=robust,
            predict=predict or (),
            decimal_comma=decimal_comma,
            levels=shares,
            points=points,
            replicates=replicates,
            seed=seed,
            device=device,
            jobs=jobs,
            store=kept,
            monitor=monitor,
            announce=lambda words: None if quiet else note(words),
        )
    warn(fitted.instance)
    if output is not None:
        for written in write_instance(fitted, output):
            if not quiet:
                note(f"wrote {written}")
        kept.unlink(missing_ok=True)
    if as_json:
        print_json(fitted.data)
    elif not quiet:
        from mdsolve.report.text.console import console_for
        from mdsolve.report.text.fit import fit_view

        console_for().print(fit_view(fitted))


def parse_levels(text: str) -> list[float]:
    """Return the numbers of ``--levels``; raises `UsageError` where it is no list of numbers."""
    from mdsolve.errors import UsageError
    from mdsolve.instance.numbers import exact_number

    try:
        return [float(exact_number(part)) for part in text.split(",")]
    except ValueError:
        raise UsageError.single("--levels", repr(text), "shares such as 0,0.5,1") from None


def parse_costs(costs: list[str] | None) -> Any:
    """Return ``--cost`` options as one rate or as rates by name; all bad ones reported at once."""
    from mdsolve.errors import Finding, UsageError
    from mdsolve.instance.numbers import exact_number

    found: dict[str, Any] = {}
    findings = []
    for option in costs or ():
        name, _, rate = option.rpartition("=")
        try:
            value = float(exact_number(rate))
        except ValueError:
            value = -1.0
        if value < 0:
            findings.append(Finding("--cost", repr(option), "RATE or NAME=RATE, not negative"))
        elif name.strip() in found or (found and ("" in found or not name.strip())):
            findings.append(Finding("--cost", repr(option), "one RATE, or each NAME once"))
        else:
            found[name.strip()] = value
    if findings:
        raise UsageError(findings)
    return found.get("", found or None)
