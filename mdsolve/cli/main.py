"""The command line: one thin module per command, each importing what it needs when it runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mdsolve.cli.check import check
from mdsolve.cli.frontier import frontier
from mdsolve.cli.listing import list_mechanisms, show
from mdsolve.cli.new import new
from mdsolve.cli.payments import payments
from mdsolve.cli.reproduce import reproduce
from mdsolve.cli.schema import schema
from mdsolve.cli.solve import solve
from mdsolve.cli.validate import validate
from mdsolve.cli.verify import verify
from mdsolve.errors import EXIT_INTERNAL, EXIT_STOPPED, MdsolveError

app = typer.Typer(
    name="mdsolve",
    help="Solve mechanism-design instances for shared data and prove the answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(solve)
app.command()(payments)
app.command()(verify)
app.command(context_settings={"ignore_unknown_options": False})(frontier)
app.command()(check)
app.command()(validate)
app.command("list")(list_mechanisms)
app.command()(show)
app.command()(schema)
app.command()(new)
app.command()(reproduce)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mdsolve {version('mdsolve')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print version."),
    ] = False,
) -> None:
    """Solve mechanism-design instances for shared data and prove the answer."""


def run() -> None:
    """Run the command line: errors become a message and an exit code, never a traceback."""
    try:
        app()
    except MdsolveError as error:
        typer.echo(f"mdsolve: {type(error).__name__}\n{error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("mdsolve: interrupted before there was a result", err=True)
        sys.exit(EXIT_STOPPED)
    except MemoryError:
        typer.echo("mdsolve: out of memory; try coarser grids or --memory-limit", err=True)
        sys.exit(EXIT_STOPPED)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - the last line of defence, exit code 5
        typer.echo(
            f"mdsolve: internal error: {type(error).__name__}: {error}\n"
            "This is a defect; please report it with the command and the instance.",
            err=True,
        )
        sys.exit(EXIT_INTERNAL)
