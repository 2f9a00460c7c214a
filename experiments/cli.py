"""The command ``revorg``: every command by its name, with a line to copy below its help."""

import signal
import sys
from collections.abc import Callable
from types import FrameType

import typer

from revorg.experiments.commands.bench import bench
from revorg.experiments.commands.claims import claims
from revorg.experiments.commands.dock import dock
from revorg.experiments.commands.exit_codes import BAD_INPUT
from revorg.experiments.commands.names import list_, show, validate
from revorg.experiments.commands.patterns import patterns
from revorg.experiments.commands.run import run
from revorg.experiments.commands.streams import speak_plainly
from revorg.experiments.commands.sweep import sweep

COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "claims": (claims, "--quick"),
    "run": (run, "complex-multi --seat cro --leader executor"),
    "sweep": (sweep, "study.toml --out results"),
    "dock": (dock, "belief renewals"),
    "patterns": (patterns, "--seeds 32"),
    "list": (list_, "parameters"),
    "show": (show, "decision_latency"),
    "validate": (validate, "my-company.toml"),
    "bench": (bench, "--quick"),
}
"""Every command with the arguments of its example."""

app = typer.Typer(
    name="revorg",
    help="Simulate revenue organizations agent by agent, and test claims about their leaders.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for _name, (_command, _arguments) in COMMANDS.items():
    app.command(_name, epilog=f"Example: [bold]revorg {_name} {_arguments}[/bold]")(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"revorg {version('revorg')}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """Simulate revenue organizations agent by agent, and test claims about their leaders."""


def _end_as_interrupt(_number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C would do now, also where the command was started deaf to it."""
    handler = signal.getsignal(signal.SIGINT)
    (handler if callable(handler) else signal.default_int_handler)(signal.SIGINT, frame)


def _end_well_when_told() -> None:
    """Let the system's wish to end the command, and the loss of its terminal, end it as Ctrl-C does."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, _end_as_interrupt)


def main() -> None:
    """Run the command; what a user got wrong is told in a line, with exit code 2."""
    speak_plainly()
    _end_well_when_told()
    try:
        app()
    except ValueError as fault:
        from revorg.simulation.errors import BadInput

        if not isinstance(fault, BadInput):
            raise
        print(fault, file=sys.stderr)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
