"""Questions to whoever sits at the terminal, in French; the answer between brackets is that of a bare Enter."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import typer
from rich.markup import escape

from gateway.cli.session import out
from gateway.domain.errors import InvalidInput

T = TypeVar("T")

_YES = frozenset({"o", "oui", "y", "yes"})
_NO = frozenset({"n", "non", "no"})


def somebody_sits_there() -> bool:
    """Whether questions can be asked: a terminal on both sides."""
    return sys.stdin.isatty() and out.is_terminal


def step(rank: int, of: int, title: str) -> None:
    """A new step begins."""
    out.print()
    out.rule(f"[bold]{rank}/{of} · {title}[/]", align="left", style="cyan")


def ask(question: str, *, default: str = "") -> str:
    """One line of text. Ends the command when the terminal closes."""
    shown = f" [dim]\\[{escape(default)}][/]" if default else ""
    try:
        given = out.input(f"[cyan]?[/] {question}{shown} ")
    except EOFError:
        out.print("\nAbandonné : rien n’a été écrit.")
        raise typer.Exit(1) from None
    except KeyboardInterrupt as stopped:
        out.print()
        raise KeyboardInterrupt("abandonné : rien n’a été écrit") from stopped
    return given.strip() or default


def ask_until(question: str, read: Callable[[str], T], *, default: str = "") -> T:
    """The same, asked again until `read` takes the answer: it raises InvalidInput for one that it does not."""
    while True:
        try:
            return read(ask(question, default=default))
        except InvalidInput as fault:
            out.print(f"  [yellow]{escape(str(fault))}[/]")


def yes(question: str, *, default: bool) -> bool:
    """Yes or no."""

    def read(answer: str) -> bool:
        if answer.casefold() in _YES:
            return True
        if answer.casefold() in _NO:
            return False
        raise InvalidInput("répondez oui ou non")

    return ask_until(f"{question} [dim](o/n)[/]", read, default="oui" if default else "non")


def choose(question: str, options: Sequence[tuple[T, str]], *, default: int | None = None) -> T:
    """One of numbered options; `default` is its number, from 1."""
    width = len(str(len(options)))
    for rank, (_, words) in enumerate(options, start=1):
        out.print(f"  [bold]{rank:>{width}}[/]  {escape(words)}")

    def read(answer: str) -> T:
        if answer.isdecimal() and 0 < int(answer) <= len(options):
            return options[int(answer) - 1][0]
        raise InvalidInput(f"répondez par un nombre de 1 à {len(options)}")

    return ask_until(question, read, default=str(default) if default else "")
