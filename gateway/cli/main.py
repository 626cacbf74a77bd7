"""Entry point: runs a command, and tells faults."""

from __future__ import annotations

import signal
import sys
from io import TextIOWrapper
from pathlib import Path

import typer

from gateway.cli.tree import Tree, say_fault
from gateway.domain.errors import GatewayError

app = typer.Typer(
    name="gateway",
    cls=Tree,
    help="Passerelle: nothing reaches a person that the law, her consent or the hour forbids.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # pretty tracebacks print local variables: personal data
    add_completion=False,
)


@app.callback()
def _gateway() -> None:
    """Passerelle."""


def _is_text(word: str) -> bool:
    """Whether the bytes of an argument are UTF-8: Python keeps the others apart, and no database takes them."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def end_as_by_ctrl_c() -> None:
    """From now on a machine that is shut down (SIGTERM) and a terminal that is closed (SIGHUP) end a command as Ctrl-C does.

    What it had begun is taken back, and no half of a file left. Under nohup it outlives its terminal.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def main() -> None:
    """Run a command. Faults of the gateway are one sentence on standard error and exit code 1."""
    if isinstance(sys.stdout, TextIOWrapper):
        # Of a sign that the terminal has not, or a file named in another alphabet: a question mark, and the command goes on.
        sys.stdout.reconfigure(errors="replace")
    if odd := next((word for word in sys.argv[1:] if not _is_text(word) and not Path(word).exists()), None):
        say_fault(
            f"« {odd.encode(errors='replace').decode()} » n’est pas écrit en UTF-8 : réglez le terminal sur UTF-8, "
            "ou écrivez ce mot sans accents"
        )
        sys.exit(2)
    end_as_by_ctrl_c()
    try:
        app()
    except GatewayError as fault:
        say_fault(str(fault))
        sys.exit(1)
