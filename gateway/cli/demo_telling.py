"""How the demo speaks: a command a person would type, and what came of it."""

from __future__ import annotations

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from gateway.cli.session import out


def command(words: str) -> None:
    """A command as it would be typed."""
    out.print(f"  [dim]$ {escape(words)}[/]", soft_wrap=True)


def say(words: str) -> None:
    """A sentence of the story; may hold markup."""
    out.print(Padding(words, (0, 2)))


def done(words: str) -> None:
    """Something that went as it should."""
    _marked("[green]✓[/]", words)


def no(words: str) -> None:
    """Something that is refused."""
    _marked("[bold red]✗[/]", words)


def _marked(mark: str, words: str) -> None:
    grid = Table.grid(padding=(0, 1))
    grid.add_row(mark, words)
    out.print(Padding(grid, (0, 2)))
