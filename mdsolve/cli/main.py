"""The command line: one thin module per command, each importing what it needs when it runs."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mdsolve.cli.check import check
from mdsolve.cli.compare import compare
from mdsolve.cli.design import design
from mdsolve.cli.explain import explain
from mdsolve.cli.export import export
from mdsolve.cli.fit import fit
from mdsolve.cli.frontier import frontier
from mdsolve.cli.listing import list_mechanisms, show
from mdsolve.cli.new import new
from mdsolve.cli.outputs import release_outputs
from mdsolve.cli.payments import payments
from mdsolve.cli.prove import prove
from mdsolve.cli.report import report
from mdsolve.cli.reproduce import reproduce
from mdsolve.cli.schema import schema
from mdsolve.cli.sensitivity import sensitivity
from mdsolve.cli.solve import solve
from mdsolve.cli.stops import ClosedPipeError, StoppedError
from mdsolve.cli.streams import code_of, flush_output, note, prepare_streams, sentence_of
from mdsolve.cli.sweep import sweep
from mdsolve.cli.train import train
from mdsolve.cli.validate import validate
from mdsolve.cli.verify import verify
from mdsolve.errors import (
    EXIT_CONDITION_FAILS,
    EXIT_INTERNAL,
    EXIT_NONE_EXISTS,
    EXIT_SOLVED,
    EXIT_STOPPED,
    InputError,
    MdsolveError,
)
from mdsolve.kernel import LISTENERS
from mdsolve.progress import StopRequested
from mdsolve.report.legible import legible_lines


class Commands(TyperGroup):
    """The group of commands; typer itself would choose other exit codes for what is caught here."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command named on the command line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            message = "interrupted before there was a result"
            raise StoppedError(message) from None
        except StopRequested as stop:
            raise StoppedError(str(stop)) from None
        except BrokenPipeError:
            raise ClosedPipeError from None


app = typer.Typer(
    name="mdsolve",
    cls=Commands,
    help="Solve mechanism-design instances for shared data and prove the answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # the formatted help would take twice as long to start
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(solve)
app.command()(payments)
app.command()(verify)
app.command()(prove)
app.command()(design)
app.command(context_settings={"ignore_unknown_options": False})(frontier)
app.command()(compare)
app.command()(sweep)
app.command()(sensitivity)
app.command()(explain)
app.command()(export)
app.command()(fit)
app.command()(train)
app.command()(check)
app.command()(validate)
app.command("list")(list_mechanisms)
app.command()(show)
app.command()(schema)
app.command()(new)
app.command()(reproduce)
app.command()(report)


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


def _say_compiling() -> None:
    """Tell somebody who waits why, once."""
    LISTENERS.remove(_say_compiling)
    note("mdsolve: compiling inner loops; this is done once and takes some seconds")


def run() -> None:
    """Run the command line: errors become a message and an exit code, never a traceback."""
    prepare_streams()
    if sys.stderr.isatty():
        LISTENERS.append(_say_compiling)
    code: Any = EXIT_SOLVED
    try:
        app()
    except SystemExit as stop:
        code = stop.code
    except StoppedError as stop:
        note(f"mdsolve: {stop}")
        code = stop.exit_code
    except ClosedPipeError as closed:
        code = closed.exit_code
    except MdsolveError as error:
        words = error.typed if isinstance(error, InputError) else str(error)
        note(f"mdsolve: {type(error).__name__}\n{legible_lines(words)}")
        code = error.exit_code
    except KeyboardInterrupt:
        note("mdsolve: interrupted before there was a result")
        code = EXIT_STOPPED
    except MemoryError:
        note("mdsolve: out of memory; try coarser grids or --memory-limit")
        code = EXIT_STOPPED
    except Exception as error:  # noqa: BLE001 - the last line of defence
        code = code_of(error)
        if code != EXIT_INTERNAL:
            note(f"mdsolve: {legible_lines(sentence_of(error))}")
        else:
            note(
                f"mdsolve: internal error: {type(error).__name__}: {error}\n"
                "This is a defect; please report it with the command and the instance."
            )
    finally:
        release_outputs()
    lost = flush_output()
    if lost is not None and code in (None, EXIT_SOLVED, EXIT_CONDITION_FAILS, EXIT_NONE_EXISTS):
        note(f"mdsolve: {sentence_of(lost)}")
        code = code_of(lost)
    sys.exit(code)


if __name__ == "__main__":
    run()
